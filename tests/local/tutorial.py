"""The tutorial's commands, and the parcels that they are about."""

import os
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from tests.local.demo_parcels import PARCELS
from tests.simulators.cainiao import Simulator

DOCUMENT = Path(__file__).parents[2] / "docs" / "tutorial.md"

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_FAILING_CURL = 'curl() { command curl --fail-with-body --silent --show-error "$@"; }'
"""An answer that is an error fails the command."""


def put_parcels(cainiao: Simulator, now: datetime) -> None:
    """Have a simulated Cainiao know the demonstration's parcels as on its first day."""
    for parcel in PARCELS:
        scans = [(now - timedelta(days=ago), code) for ago, code in parcel.scans]
        cainiao.put(parcel.number, scans, carrier=parcel.carrier, destination="Germany")


def steps() -> list[str]:
    """The commands of each step that has some."""
    sections = DOCUMENT.read_text("utf-8").split("\n## ")
    found = ("".join(_BLOCK.findall(section)) for section in sections)
    return [commands for commands in found if commands]


def definition_of_day() -> str:
    """The function that gives a date so many days from today."""
    (defined,) = re.findall(r"^day\(\) .*$", "".join(steps()), re.MULTILINE)
    return str(defined)


def request(path: str) -> str:
    """A command that asks the API for something."""
    return f'curl "$API{path}" -H "x-api-key: $KEY"'


def run(commands: str, folder: Path) -> str:
    """Run commands in a folder; answers what they print.

    Raises:
        CalledProcessError: A command failed, or the API refused something.
    """
    ended = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", f"{_FAILING_CURL}\n{commands}"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TZ": "UTC", "NO_PROXY": "127.0.0.1"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return ended.stdout
