"""`make session`: the terminal session of the documentation, recorded from what commands print.

The commands are the command line's own and the handlers the stack's; only the clock and the
simulated source stand still, and the address is that of a stack in the cloud, so that the session
stays the same as long as the commands do.
"""

import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stallwatch.cli.context import Surroundings
from stallwatch.cli.main import app
from tests.aws.moto_stack import World, world_at
from tests.local.demo_parcels import PARCELS
from tests.support.template import ROOT
from tests.web import stock
from tests.web.bridge import Bridge, bridge
from tests.web.conftest import START

DOCUMENT = ROOT / "docs" / "command_line.md"

COMMANDS = (
    "stallwatch login --url $API --key-stdin < key.txt",
    "stallwatch list --limit 5",
    "stallwatch show jacket",
    "stallwatch act jacket seller_contacted",
    "stallwatch claim jacket --output files",
    "stallwatch stats",
    "stallwatch doctor --api-only",
)

_CONFIG = "/home/you/.config/stallwatch"
_URL = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live"
_BLOCK = re.compile(r"(?<=<!-- session -->\n```console\n).*?(?=```\n<!-- /session -->)", re.DOTALL)
_COLUMNS = "118"
_QUIET = {"POWERTOOLS_LOG_LEVEL": "ERROR", "POWERTOOLS_METRICS_DISABLED": "true"}


def record() -> str:
    """The session: each command and what it printed."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        for name, value in {**_QUIET, "COLUMNS": _COLUMNS, "NO_COLOR": "1"}.items():
            patch.setenv(name, value)
        with world_at(START, patch) as world, bridge(world) as gateway, chdir(folder):
            for parcel in PARCELS:
                stock.add_parcel(world, parcel)
            stock.check(world)
            return "\n".join(_recorded(world, gateway, Path(folder)))


def _recorded(world: World, gateway: Bridge, folder: Path) -> Iterator[str]:
    for line in COMMANDS:
        words = shlex.split(line.partition(" <")[0])[1:]
        surroundings = Surroundings(
            environ={},
            folder=folder / "config",
            find_keyring=lambda: None,
            sleep=lambda _: None,
            now=lambda: world.now,
        )
        ended = CliRunner().invoke(
            app,
            [gateway.url if word == "$API" else word for word in words],
            input=gateway.key,
            obj=surroundings,
        )
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        printed = ended.output.replace(gateway.url, _URL).replace(str(folder / "config"), _CONFIG)
        yield f"$ {line}"
        yield from (printed_line.rstrip() for printed_line in printed.splitlines())
        yield ""


def recorded_in(text: str) -> str:
    """The session as it stands in a document."""
    found = _BLOCK.search(text)
    if found is None:
        raise LookupError("the document has no place for the session")
    return found[0]


def main(_: Sequence[str] = ()) -> int:
    """Record; answers the exit code."""
    session = record()
    text = DOCUMENT.read_text("utf-8")
    recorded_in(text)
    DOCUMENT.write_text(_BLOCK.sub(lambda _: session, text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
