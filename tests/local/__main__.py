"""`make local`: the stack on this machine, until Ctrl-C.

From the environment: `LOCAL_PORT`, `CAINIAO_URL`, and `PARAMETERS`, the template's as a shell
would read them: ``PARAMETERS="Stalled=10 CheckEvery='rate(1 minute)'"``. With `SIMULATED=1` a
simulated Cainiao is asked, which knows the demonstration's parcels.
"""

import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from tests.local.local_stack import STACK_FILE, LocalStack
from tests.local.machine import ROOT, LocalError, told
from tests.local.sam import known_parameters
from tests.local.supervised import end_with_parent
from tests.local.tutorial import put_parcels
from tests.simulators.cainiao import Simulator


def _stop(number: int, _: FrameType | None) -> None:
    # A second signal must not cut the clearing short.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(0 if number == signal.SIGINT else 128 + number)


def parameters() -> dict[str, str]:
    """The template's parameters that are to be set. Raises `LocalError` where one is unknown."""
    try:
        pairs = shlex.split(os.environ.get("PARAMETERS", ""))
    except ValueError as error:
        raise LocalError(f"PARAMETERS cannot be read as a shell would: {error}") from error
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise LocalError(f"PARAMETERS has no value for {', '.join(wrong)}")
    parameters = dict(pair.split("=", 1) for pair in pairs)
    unknown = [name for name in parameters if name not in known_parameters()]
    if unknown:
        raise LocalError(
            f"The template has no parameter {', '.join(unknown)}; docs/deploy.md lists what it has"
        )
    if os.environ.get("CAINIAO_URL"):
        parameters["CainiaoUrl"] = os.environ["CAINIAO_URL"]
    return parameters


def _port() -> int:
    text = os.environ.get("LOCAL_PORT") or "4566"
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise LocalError(f"LOCAL_PORT is no port: {text}")
    return int(text)


@contextmanager
def _simulated(parameters: dict[str, str]) -> Iterator[None]:
    """Have the stack ask a simulated Cainiao, where that is asked for."""
    if not os.environ.get("SIMULATED"):
        yield
        return
    with Simulator() as cainiao:
        put_parcels(cainiao, datetime.now(UTC))
        parameters["CainiaoUrl"] = cainiao.url
        yield


def _told(local: LocalStack) -> str:
    """What its user needs; the key itself is on a terminal only, never in a log of the output."""
    file = STACK_FILE.relative_to(ROOT)
    page = local.stack["page_url"]
    if sys.stdout.isatty():
        page = f"{page}#key={local.stack['api_key']}"
    return f"""
The page   {page}
The API    {local.stack["api_url"]}
Its key    "api_key" in {file}, for the page and for the header x-api-key
The logs   {local.log.relative_to(ROOT)}

For another terminal, in this folder:

export API={local.stack["api_url"]}
export KEY="$(python3 -c 'import json; print(json.load(open("{file}"))["api_key"])')"

Ctrl-C ends it and forgets every order."""


def main() -> int:
    """Keep the stack until a signal ends it; answers the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    end_with_parent()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    try:
        given = parameters()
        with (
            _simulated(given),
            LocalStack(
                "local", port=_port(), parameters=given, stack_file=STACK_FILE, say=say
            ) as local,
        ):
            say("Ready")
            print(_told(local), flush=True)
            local.watch()
    except (LocalError, OSError) as error:
        print(told(error), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
