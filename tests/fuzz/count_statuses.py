"""A hook of schemathesis, in its own environment: writes down the status of each answer."""

import os
from pathlib import Path
from typing import Any

import schemathesis  # type: ignore[import-not-found] # in an environment of its own


@schemathesis.hook  # type: ignore[untyped-decorator]
def after_call(context: Any, case: Any, response: Any) -> None:  # noqa: ARG001
    """Add a line to the file that `STATUSES` names."""
    with Path(os.environ["STATUSES"]).open("a", encoding="ascii") as file:
        file.write(f"{response.status_code}\n")
