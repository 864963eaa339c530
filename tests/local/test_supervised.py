"""What is started on a leash ends with its starter, whoever is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.machine import ROOT
from tests.local.supervised import Supervised

FAMILY = """
import subprocess, sys, time
child = "import os, time; os.write(1, b'born'); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", child])
time.sleep(600)
"""
"""A program that starts another; both would run for ten minutes."""

STARTER = """
import os, sys
from pathlib import Path
from tests.local.supervised import Supervised

output, doomed, *command = sys.argv[1:]
with Supervised(
    command,
    output=os.fdopen(int(output), "wb"),
    environment=os.environ,
    folder=Path.cwd(),
    remove=[Path(doomed)],
):
    input()
"""


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """A pipe that the family writes to: it ends when the last of them has ended."""
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)


def read_all(reader: int) -> bytes:
    """Read until nobody is left who could write."""
    return b"".join(iter(lambda: os.read(reader, 1024), b""))


def leashed(writer: int, tmp_path: Path, *remove: Path) -> Supervised:
    """Put a family on a leash."""
    with os.fdopen(writer, "wb") as output:
        return Supervised(
            [sys.executable, "-c", FAMILY],
            output=output,
            environment=os.environ,
            folder=tmp_path,
            remove=remove,
        )


def test_an_ended_leash_ends_the_whole_family(family: tuple[int, int], tmp_path: Path) -> None:
    """What the command has started ends with it."""
    reader, writer = family
    with leashed(writer, tmp_path):
        assert os.read(reader, 1024) == b"born"
    assert read_all(reader) == b""


def test_what_must_not_stay_behind_is_removed(family: tuple[int, int], tmp_path: Path) -> None:
    """A folder and a file that were named are gone, others stay."""
    folder, file, other = tmp_path / "folder", tmp_path / "file", tmp_path / "other"
    folder.mkdir()
    (folder / "inside").touch()
    file.touch()
    other.touch()
    with leashed(family[1], tmp_path, folder, file):
        assert os.read(family[0], 1024) == b"born"
    assert list(tmp_path.iterdir()) == [other]


def test_killing_the_starter_ends_the_family(family: tuple[int, int], tmp_path: Path) -> None:
    """A starter that had no time to clear up leaves nothing."""
    reader, writer = family
    doomed = tmp_path / "doomed"
    doomed.touch()
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(writer), doomed, sys.executable, "-c", FAMILY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        pass_fds=[writer],
    ) as starter:
        os.close(writer)
        assert os.read(reader, 1024) == b"born"
        starter.kill()
    assert read_all(reader) == b""
    assert not doomed.exists()


def test_killing_the_leash_ends_the_family(family: tuple[int, int], tmp_path: Path) -> None:
    """The starter ends what the leash could not."""
    reader, writer = family
    with leashed(writer, tmp_path) as leash:
        assert os.read(reader, 1024) == b"born"
        os.kill(leash.pid, signal.SIGKILL)
    assert read_all(reader) == b""


@pytest.mark.parametrize(
    ("program", "code"),
    [("", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 128 + 9)],
)
def test_a_commands_own_end_is_known(program: str, code: int, tmp_path: Path) -> None:
    """Its exit code is the command's, and 128 more than the signal that ended it."""
    with (
        (tmp_path / "log").open("wb") as output,
        Supervised(
            [sys.executable, "-c", program], output=output, environment=os.environ, folder=tmp_path
        ) as leash,
    ):
        assert leash.wait(60) == code
