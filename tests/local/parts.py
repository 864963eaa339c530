"""What some tests need beyond Python: without it they are skipped, or fail where that is asked.

`STALLWATCH_REQUIRE` names, with commas, the parts whose absence is a failure.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from tests.local import dynamodb
from tests.local.machine import LOCAL, ROOT
from tests.simulators import dovecot

CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))),
    None,
)
"""The browser, where there is one: first the one without windows, which takes half the time."""

FACTS: Final = ROOT.parent / "shared"
"""What is known of the upstream services; beside the checkout, and only where it was developed."""


def _emulator() -> str | None:
    programs = (LOCAL / "sam" / "bin" / "sam", LOCAL / "emulator" / "bin" / "python")
    made = all(program.exists() for program in programs)
    return None if made else "`make environments` installs the emulator and SAM CLI"


_MISSING: Final[Mapping[str, Callable[[], str | None]]] = {
    "chromium": lambda: None if CHROMIUM else "There is no chromium on the PATH",
    "dovecot": lambda: None if dovecot.PROGRAM else "There is no dovecot on the PATH",
    "dynamodb": dynamodb.missing,
    "emulator": _emulator,
    "facts": lambda: None if FACTS.is_dir() else f"There is no {FACTS}",
}


def need(part: str) -> None:
    """Skip the test, or fail it, where a part is missing."""
    reason = _MISSING[part]()
    if reason is None:
        return
    if part in os.environ.get("STALLWATCH_REQUIRE", "").split(","):
        pytest.fail(reason)
    pytest.skip(reason)
