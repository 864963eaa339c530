"""A function in a process of its own, with nothing beside it that a deployed one has not.

    python tests/bench/alone.py import pull_tracking dynamodb
    python tests/bench/alone.py bare dynamodb sns
    python tests/bench/alone.py run pull_tracking

Prints a line of JSON. Imports nothing of the tests. `FUNCTION_PATH` says where it imports from: the
built layer, then what Lambda's Python brings along.
"""

import importlib.util
import json
import os
import resource
import sys
import time
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


class Context:
    """What a function is told of its invocation."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "function"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"

    def get_remaining_time_in_millis(self) -> int:
        """Enough."""
        return 840_000


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Linux counts what the parent had, until this program took its place, in `ru_maxrss`.
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


def load(name: str) -> ModuleType:
    """The module of a function, by its name or its path."""
    path = Path(name) if name.endswith(".py") else ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location("app", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imported(name: str, services: list[str]) -> None:
    """Import a function and make its clients."""
    load(name)
    from stallwatch.aws import clients  # noqa: PLC0415

    made = {"dynamodb": "dynamodb", "sns": "sns_once", "lambda": "functions"}
    for service in services:
        getattr(clients, made[service])()


def bare(services: list[str]) -> None:
    """Import botocore alone and make some clients."""
    from botocore.session import get_session  # noqa: PLC0415

    session = get_session()
    for service in services:
        session.create_client(service)


def main() -> None:
    """Do what the arguments say."""
    sys.path[:0] = os.environ["FUNCTION_PATH"].split(os.pathsep)
    what, *arguments = sys.argv[1:]
    answer = None
    if what == "import":
        imported(arguments[0], arguments[1:])
    elif what == "bare":
        bare(arguments)
    else:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        answer = load(arguments[0]).handler({}, Context())
    figures = {
        "cpu": time.process_time(),
        "peak": peak(),
        "modules": sorted(sys.modules),
        "answer": answer,
    }
    print(json.dumps(figures), file=sys.__stdout__)


if __name__ == "__main__":
    main()
