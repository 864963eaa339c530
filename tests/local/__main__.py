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
from tests.local.machine import ROOT, LocalError
from tests.local.supervised import end_with_parent
from tests.local.tutorial import put_parcels
from tests.simulators.cainiao import Simulator


def _stop(number: int, _: FrameType | None) -> None:
    # A second signal must not cut the clearing short.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(0 if number == signal.SIGINT else 128 + number)


def _parameters() -> dict[str, str]:
    pairs = shlex.split(os.environ.get("PARAMETERS", ""))
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise LocalError(f"PARAMETERS has no value for {', '.join(wrong)}")
    parameters = dict(pair.split("=", 1) for pair in pairs)
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


def main() -> int:
    """Keep the stack until a signal ends it; answers the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    end_with_parent()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    try:
        parameters = _parameters()
        with (
            _simulated(parameters),
            LocalStack(
                "local", port=_port(), parameters=parameters, stack_file=STACK_FILE, say=say
            ) as local,
        ):
            say("Ready")
            file = STACK_FILE.relative_to(ROOT)
            print(
                f"""
The page   {local.stack["page_url"]}
The API    {local.stack["api_url"]}
Its key    "api_key" in {file}, for the page and for the header x-api-key
The logs   {local.log.relative_to(ROOT)}

Ctrl-C ends it and forgets every order.""",
                flush=True,
            )
            local.watch()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
