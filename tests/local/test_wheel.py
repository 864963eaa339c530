"""The command line as people install it: from a wheel, on a machine without the checkout."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

from stallwatch import __version__
from tests.local.machine import LOCAL, ROOT
from tests.support.folders import large_folder

UV = LOCAL / "bootstrap" / "bin" / "uv"
INSTALL = ("pip", "install")

COMMANDS = """
    login logout list show add import export change act undo check claim delete stats subscribers
    calendar doctor poll
""".split()


def run(*command: str | Path, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a program in this environment, without the checkout in it."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**known, "NO_COLOR": "1", **environment},
        text=True,
    )


def call(
    installed: Path, *arguments: str, home: Path, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the installed program for somebody who has never used it, away from the checkout."""
    lean = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "COLUMNS": "100", **environment}
    return run(installed / "stallwatch", *arguments, cwd=home, **lean)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the project's own build backend."""
    folder = tmp_path_factory.mktemp("wheel")
    build = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert 0 == build.returncode, build.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """The folder of programs of a fresh environment with the wheel, in the versions tested here."""
    if not UV.exists():
        pytest.skip("`make environments` installs uv")
    with large_folder(tmp_path_factory, request.session, "machine") as folder:
        yield install(wheel, folder)


def install(wheel: Path, folder: Path) -> Path:
    versions = folder / "constraints.txt"
    pins = {f"{found.name}=={found.version}" for found in distributions()}
    pins = {pin for pin in pins if not pin.startswith("stallwatch=")}
    versions.write_text("\n".join(sorted(pins)), "utf-8")
    python = folder / "venv" / "bin" / "python"
    for step in (
        ("venv", "--no-project", "--python", sys.executable, folder / "venv"),
        (*INSTALL, "--python", python, "--constraint", versions, wheel),
    ):
        ended = run(UV, *step, cwd=folder)
        assert 0 == ended.returncode, ended.stderr
    return python.parent


def test_the_wheel_is_of_this_version_and_holds_the_client_alone(wheel: Path) -> None:
    """What only the stack needs stays in the stack."""
    assert f"stallwatch-{__version__}-py3-none-any.whl" == wheel.name
    names = ZipFile(wheel).namelist()
    folders = {name.split("/")[1] for name in names if name.startswith("stallwatch/")}

    assert {"cli", "sources", "dynamodb", "aws", "wiring.py"} <= folders
    assert set() == {"api", "web", "__pycache__"} & folders
    assert set() == {name.split("/")[0] for name in names} - {
        "stallwatch",
        f"stallwatch-{__version__}.dist-info",
    }


def test_the_version_is_told(installed: Path, tmp_path: Path) -> None:
    """By the installed program."""
    ended = call(installed, "--version", home=tmp_path)

    assert f"stallwatch {__version__}\n" == ended.stdout, ended.stderr


def test_every_command_is_there(installed: Path, tmp_path: Path) -> None:
    """In the help of the whole; some with a help of their own."""
    whole = call(installed, "--help", home=tmp_path)
    assert (0, "") == (whole.returncode, whole.stderr)
    for command in COMMANDS:
        assert f"\n  {command} " in whole.stdout
    for command in ("claim", "import", "poll"):
        ended = call(installed, command, "--help", home=tmp_path)
        assert (0, "") == (ended.returncode, ended.stderr)
        assert ended.stdout.startswith(f"Usage: stallwatch {command}")


def test_who_is_not_logged_in_is_told_so(installed: Path, tmp_path: Path) -> None:
    """Before anything is asked."""
    ended = call(installed, "list", home=tmp_path)

    assert (2, "") == (ended.returncode, ended.stdout)
    assert "stallwatch: You are not logged in; `stallwatch login` does it.\n" == ended.stderr


def test_a_keyring_that_keeps_nothing_is_done_without(installed: Path, tmp_path: Path) -> None:
    """The library itself is installed, and asked."""
    ended = call(
        *(installed, "list"),
        home=tmp_path,
        STALLWATCH_URL="https://stallwatch.example",
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )

    assert (2, "") == (ended.returncode, ended.stdout)
    assert "stallwatch: There is no key for https://stallwatch.example;" in ended.stderr


def test_what_needs_aws_names_its_extra(installed: Path, tmp_path: Path) -> None:
    """Where it is not installed."""
    ended = call(installed, "poll", "--here", home=tmp_path)

    assert (2, "") == (ended.returncode, ended.stdout)
    assert "[aws]" in ended.stderr


def test_the_extra_is_enough_for_a_poll(wheel: Path, installed: Path, tmp_path: Path) -> None:
    """All that a run consists of can be imported; without the stack's own libraries."""
    python = installed / "python"
    versions = installed.parents[1] / "constraints.txt"
    added = run(
        *(UV, *INSTALL, "--python", python, "--constraint", versions, f"{wheel}[aws]"),
        cwd=tmp_path,
    )
    assert 0 == added.returncode, added.stderr
    script = (
        "import stallwatch.cli.cloud, stallwatch.aws.settings, stallwatch.wiring as w; print(w)"
    )
    ended = run(python, "-I", "-c", script, cwd=tmp_path)

    assert (0, "") == (ended.returncode, ended.stderr)
    assert str(installed.parent) in ended.stdout
