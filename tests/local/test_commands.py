"""Every command of the installed command line, against a deployed stack on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.local.local_stack import LocalStack
from tests.local.parts import need
from tests.local.test_wheel import COMMANDS, INSTALL, UV, call, installed, run, wheel
from tests.simulators.cainiao import Simulator

__all__ = ["installed", "wheel"]

NUMBER = "LP00123456789012"


@pytest.fixture(scope="module")
def complete(wheel: Path, installed: Path) -> Path:
    """The folder of programs with what `poll --here` needs besides."""
    versions = installed.parents[1] / "constraints.txt"
    added = run(
        *(UV, *INSTALL, "--python", installed / "python", "--constraint", versions),
        f"{wheel}[aws]",
        cwd=installed,
    )
    assert 0 == added.returncode, added.stderr
    return installed


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStack]:
    """A stack that asks a simulated Cainiao."""
    need("emulator")
    with (
        Simulator() as cainiao,
        LocalStack("test-commands", parameters={"CainiaoUrl": cainiao.url}) as stack,
    ):
        # The first start of the function may take longer than a command waits for an answer.
        with urlopen(stack.stack["page_url"]):  # noqa: S310
            pass
        yield stack


class Shell:
    """A user's shell, in which each command must end well."""

    def __init__(self, installed: Path, home: Path, local: LocalStack) -> None:
        self.installed = installed
        self.home = home
        self.variables = {
            "STALLWATCH_URL": local.stack["api_url"],
            "STALLWATCH_KEY": local.stack["api_key"],
        }
        self.called: set[str] = set()

    def run(self, *words: str, code: int = 0) -> str:
        """What a command prints."""
        self.called.add(words[0])
        ended = call(self.installed, *words, home=self.home, **self.variables)
        assert code == ended.returncode, (words, ended.stdout, ended.stderr)
        return ended.stdout

    def json(self, *words: str, code: int = 0) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.run(*words, "--json", code=code))


def test_every_command_works_against_a_stack(
    complete: Path, tmp_path: Path, local: LocalStack
) -> None:
    """From the login to the last order that is forgotten; what prints JSON is parsed."""
    shell = Shell(complete, tmp_path, local)
    shell.run("login", "--no-keyring")
    # Who is logged in needs no variables but those of AWS.
    shell.variables = local.variables
    orders(shell)
    files(shell, tmp_path)
    words_and_dates(shell, tmp_path)
    assert [] == shell.json("calendar", "list")["links"]
    assert shell.json("doctor", "--api-only", code=1)["checks"]
    assert "ok" == shell.json("poll", "--here")["source"]
    shell.run("logout")
    assert set(COMMANDS) == shell.called


def orders(shell: Shell) -> None:
    """Adding, changing, asking, listing."""
    added = shell.json("add", "lamp", "--ordered-on", "2026-11-01", "-n", NUMBER)
    assert ("lamp", NUMBER) == (added["order_id"], added["tracking_number"])
    changed = shell.json("change", "lamp", "--price", "12.50", "--currency", "EUR")
    assert "12.50" == changed["price"]
    assert "lamp" == shell.json("check", "lamp")["order_id"]
    assert ["lamp"] == [order["order_id"] for order in shell.json("list")["orders"]]


def files(shell: Shell, folder: Path) -> None:
    """In and out, more than one page of an export."""
    rows = "".join(f"order-{n:03},2026-11-01,Lamp {n}\n" for n in range(230))
    (folder / "orders.csv").write_text(f"order_id,ordered_on,title\n{rows}", "utf-8")
    assert 230 == shell.json("import", "orders.csv")["added"]
    shell.run("export", "--format", "jsonl", "--output", "all.jsonl")
    lines = (folder / "all.jsonl").read_text("utf-8").splitlines()
    assert 231 == len({json.loads(line)["order_id"] for line in lines})
    assert 231 == shell.json("import", "all.jsonl")["unchanged"]


def words_and_dates(shell: Shell, folder: Path) -> None:
    """What is said, taken back, claimed, subscribed and forgotten."""
    shell.run("act", "lamp", "seller_contacted", "--note", "Says: wait")
    (said,) = shell.json("show", "lamp")["actions"]
    assert said["action_id"] in shell.run("show", "lamp")
    assert [] == shell.json("undo", "lamp", said["action_id"])["actions"]
    claim = shell.json("claim", "lamp", "--output", "files")
    assert {"lamp.json", "lamp.html", "lamp.svg", "lamp.png"} == {
        Path(name).name for name in claim["files"]
    }
    assert (folder / "files" / "lamp.png").read_bytes().startswith(b"\x89PNG")
    assert 231 == sum(shell.json("stats")["orders"].values())
    subscriber = shell.json("subscribers", "add", "buyer@example.org")
    assert [subscriber["id"]] == [
        one["id"] for one in shell.json("subscribers", "list")["subscriptions"]
    ]
    shell.run("subscribers", "remove", subscriber["id"])
    link = shell.json("calendar", "new")
    assert [link["id"]] == [one["id"] for one in shell.json("calendar", "list")["links"]]
    shell.run("calendar", "revoke", link["id"])
    shell.run("delete", "lamp", "--yes")
