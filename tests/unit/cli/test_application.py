"""The application as a whole: help, version, completion, and what it imports."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from stallwatch import __version__
from stallwatch.cli.main import app
from tests.support.template import ROOT
from tests.unit.cli.terminal import Terminal


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words."""
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)


ALL = dict(commands(get_command(app)))


def start(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with the package alone."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        check=False,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "shared"), **environment},
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_explains_itself(cli: Terminal, words: tuple[str, ...]) -> None:
    """What it does, and what each of its options and arguments is."""
    shown = cli.ok(*words, "--help").stdout

    assert f"stallwatch {' '.join(words)}" in shown or "Usage: root" in shown
    assert ALL[words].help
    for parameter in ALL[words].params:
        assert getattr(parameter, "help", None), parameter.name


def test_the_help_names_the_exit_codes(cli: Terminal) -> None:
    """And every command but those that are hidden."""
    shown = cli.ok("--help").stdout
    names = {words[0] for words, command in ALL.items() if not command.hidden}

    assert "Exit codes: 0 done; 1 findings" in shown
    assert {words[0] for words in ALL if f"\n  {words[0]} " in shown} == names


def test_the_version_is_told(cli: Terminal) -> None:
    """That of the package."""
    assert f"stallwatch {__version__}\n" == cli.ok("--version").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_are_completed(shell: str) -> None:
    """Shells get those that begin alike."""
    complete = {
        "_STALLWATCH_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "stallwatch ex",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "stallwatch ex",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    script = "import sys; sys.argv = ['stallwatch']; from stallwatch.cli.main import main; main()"
    ended = start("-c", script, **complete)

    assert "export" in ended.stdout, ended.stderr
    assert "import" not in ended.stdout


def test_the_command_line_imports_neither_aws_nor_the_api() -> None:
    """What only `doctor` and `poll` need comes with them."""
    script = "import sys, stallwatch.cli.main; print(*sys.modules)"
    ended = start("-W", "error", "-c", script)

    assert "" == ended.stderr
    modules = set(ended.stdout.split())
    outside = {"boto3", "botocore", "aws_lambda_powertools", "babel", "keyring"}
    assert set() == modules & outside
    ours = {name for name in modules if name.startswith("stallwatch.")}
    assert {"cli", "domain", "aws"} == {name.split(".")[1] for name in ours}
    assert {"stallwatch.aws", "stallwatch.aws.lambda_clock"} == {
        name for name in ours if name.startswith("stallwatch.aws")
    }
