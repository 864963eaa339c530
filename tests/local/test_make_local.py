"""`make local` in a copy of the project: what it gives, and that nothing is left of it.

Nor of `make demo`.
"""

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.local import __main__ as local_command
from tests.local import tutorial
from tests.local.emulated_stack import Stack
from tests.local.local_stack import LocalStack
from tests.local.machine import HOST, LOCAL, ROOT, LocalError, check_free, free_port
from tests.local.parts import need
from tests.local.sam import known_parameters
from tests.support.folders import large_folder
from tests.support.template import template

PATIENCE = 60.0
"""Seconds within which a process ends."""


class Made:
    """A running `make local`, or another target with a stack."""

    def __init__(
        self,
        project: Path,
        port: int,
        target: str = "local",
        ready: str = "Ctrl-C",
        variables: Sequence[str] = (),
    ) -> None:
        """Start it and wait until it says that it is ready."""
        self.project = project
        self.port = port
        self.file = project / ".local" / "stack.json"
        self.process = subprocess.Popen(
            ["make", target, f"LOCAL_PORT={port}", f"PYTHON={sys.executable}", *variables],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "AWS_PROFILE": "nobody"},
            process_group=0,
            text=True,
        )
        assert self.process.stdout
        self.said: list[str] = []
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith(ready):
                self.ports = {int(address.rpartition(":")[2]) for address in self.listens_on()}
                return
        self.end()
        pytest.fail("".join(self.said))

    def processes(self) -> dict[int, str]:
        """All that belongs to it, with their command lines."""
        listing = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],
            capture_output=True,
            text=True,
            check=True,
        )
        rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
        found = {self.process.pid} if self.process.poll() is None else set()
        for pid, parent, *command in rows:
            if int(parent) in found or str(self.project) in " ".join(command):
                found.add(int(pid))
        return {int(pid): " ".join(command) for pid, _, *command in rows if int(pid) in found}

    def listens_on(self) -> list[str]:
        """The addresses that it listens on."""
        listing = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True)
        own = tuple(f"pid={pid}," for pid in self.processes())
        return [
            line.split()[3]
            for line in listing.stdout.splitlines()
            if any(pid in line for pid in own)
        ]

    def end(self) -> None:
        """Leave nothing, whatever was left."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.communicate()

    def is_gone(self) -> bool:
        """Whether neither process nor port nor file is left."""
        self.process.poll()
        try:
            for port in self.ports:
                check_free(port)
        except LocalError:
            return False
        return not self.processes() and not self.file.exists()


def becomes(condition: Callable[[], bool]) -> bool:
    """Wait until something holds; answers whether it does."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """The project as it stands, with the installed environments."""
    need("emulator")
    with large_folder(tmp_path_factory, request.session, "project") as folder:
        # A folder may be called anything.
        copy = folder / """it's "$HOME" & a b"""
        copy_project(copy)
        yield copy


def copy_project(copy: Path) -> None:
    copy.mkdir()
    for name in (
        "functions",
        "shared",
        "push",
        "tests",
        "LICENSE",
        "README.md",
        "Makefile",
        "template.yaml",
    ):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy / name)
    (copy / ".local").mkdir()
    for name in ("bootstrap", "sam", "emulator"):
        (copy / ".local" / name).symlink_to(LOCAL / name)


@contextmanager
def running(project: Path, *variables: str) -> Iterator[Made]:
    """A stack that is ready, and has served its page."""
    local = Made(project, free_port(), variables=variables)
    try:
        assert _status(json.loads(local.file.read_text())["page_url"]) == HTTPStatus.OK
        yield local
    finally:
        local.end()


@pytest.fixture
def make_local(project: Path) -> Iterator[Made]:
    """A stack that the test ends."""
    with running(project) as local:
        yield local


@pytest.fixture(scope="class")
def lasting(project: Path) -> Iterator[Made]:
    """A stack that several tests look at, and the last of them ends."""
    with running(project) as local:
        yield local


class TestUntilCtrlC:
    """One stack is looked at, used and ended: each start takes seconds."""

    def test_it_is_for_this_machine_and_its_owner_alone(self, lasting: Made) -> None:
        """It listens on 127.0.0.1, and only who may read its file can use the API."""
        stack = json.loads(lasting.file.read_text())
        assert set(stack) == Stack.__required_keys__
        assert stat.S_IMODE(lasting.file.stat().st_mode) == 0o600
        assert stack["api_key"] not in "".join(lasting.said)
        assert _status(f"{stack['api_url']}/orders") == HTTPStatus.FORBIDDEN
        assert _status(f"{stack['api_url']}/orders", stack["api_key"]) == HTTPStatus.OK
        assert lasting.listens_on() == [f"{HOST}:{lasting.port}"]

    def test_its_lines_to_paste_open_the_api(self, lasting: Made) -> None:
        """In a shell, in the folder of the project."""
        lines = [line for line in lasting.said if line.startswith("export ")]
        asked = "import os; print(os.environ['API'], os.environ['KEY'])"
        pasted = subprocess.run(
            ["sh", "-c", f'{"".join(lines)}{sys.executable} -c "{asked}"'],
            cwd=lasting.project,
            capture_output=True,
            text=True,
            check=True,
        )
        api, key = pasted.stdout.split()
        assert _status(f"{api}/orders", key) == HTTPStatus.OK

    def test_ctrl_c_leaves_nothing(self, lasting: Made) -> None:
        """A terminal's Ctrl-C reaches make and what it has started."""
        os.killpg(lasting.process.pid, signal.SIGINT)
        assert becomes(lasting.is_gone), lasting.processes()


@pytest.fixture(scope="class")
def simulated(project: Path) -> Iterator[Made]:
    """A stack with simulated parcels, that one test uses and the next one ends."""
    with running(project, "SIMULATED=1") as local:
        yield local


class TestUntilMakeIsKilled:
    """The stack of the tutorial."""

    def test_the_tutorial_can_be_followed(self, simulated: Made) -> None:
        """Each of its commands, in its order, on the stack that its first one starts."""
        start, second, *others = tutorial.steps()
        make, _, names = start.partition("\n")
        assert "SIMULATED=1 make local" == make

        def answer(commands: str) -> str:
            return tutorial.run(f"{names}\n{commands}", simulated.project)

        def ask(path: str) -> dict[str, Any]:
            answered: dict[str, Any] = json.loads(answer(tutorial.request(path)).splitlines()[-1])
            return answered

        answer(second)
        assert becomes(lambda: bool(ask("/orders/jacket")["alerts"]))
        (alert,) = ask("/orders/jacket")["alerts"]
        assert "refund_claim" == alert["kind"]
        answer("\n".join([tutorial.definition_of_day(), *others]))
        assert becomes(lambda: ask("/stats")["money"][0]["recovered"]["amount"] == "34.90")
        assert "closed" == ask("/orders/jacket")["state"]

    def test_a_kill_of_make_leaves_nothing(self, simulated: Made) -> None:
        """Processes, ports and file are gone, and a next start works."""
        os.kill(simulated.process.pid, signal.SIGKILL)
        assert becomes(simulated.is_gone), simulated.processes()


@pytest.mark.parametrize("victim", ["-m tests.local", "supervised.py", "emulator.py"])
def test_a_kill_leaves_nothing(make_local: Made, victim: str) -> None:
    """Nor does one of what make has started, whichever is killed."""
    killed = [
        pid
        for pid, command in make_local.processes().items()
        if victim in command and ("supervised.py" in command) == (victim == "supervised.py")
    ]
    assert len(killed) == 1
    os.kill(killed[0], signal.SIGKILL)
    assert becomes(make_local.is_gone), make_local.processes()


@pytest.mark.parametrize("victim", ["make demo", "-m tests.local.demo"])
def test_a_killed_demonstration_leaves_nothing(project: Path, victim: str) -> None:
    """Neither its stack nor its Cainiao, 17TRACK and ntfy, whichever process is killed."""
    demo = Made(project, 0, target="demo", ready="Day 0")
    try:
        (killed,) = (pid for pid, command in demo.processes().items() if victim in command)
        assert 4 == len(demo.ports)
        os.kill(killed, signal.SIGKILL)
        assert becomes(demo.is_gone), demo.processes()
    finally:
        demo.end()


def test_a_taken_port_is_named() -> None:
    """Who finds the port taken is told so, and nothing is left of the attempt."""
    with create_server((HOST, 0)) as stranger:
        port = stranger.getsockname()[1]
        with (
            pytest.raises(LocalError, match=f"^Port {port} of {HOST} cannot be had: Address alr"),
            LocalStack("taken", port=port),
        ):
            pytest.fail("It has started")
    assert not (LOCAL / "run" / "taken").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Stalled=10 Staled=11", "The template has no parameter Staled; docs/deploy.md lists"),
        ("Stalled", "PARAMETERS has no value for Stalled"),
        ("CheckEvery='rate(1 minute)", "PARAMETERS cannot be read as a shell would"),
    ],
)
def test_parameters_that_make_no_sense_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str, said: str
) -> None:
    """Before anything is built or started, in one sentence."""
    monkeypatch.setenv("PARAMETERS", given)
    monkeypatch.setattr(local_command, "LocalStack", None)
    monkeypatch.setattr(local_command, "end_with_parent", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert 1 == local_command.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


def test_every_parameter_of_the_template_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is read by the indentation of its lines."""
    assert sorted(known_parameters()) == sorted(template()["Parameters"])
    monkeypatch.setenv("PARAMETERS", "Stalled=10 CheckEvery='rate(1 minute)'")
    monkeypatch.setenv("CAINIAO_URL", "http://127.0.0.1:9")
    assert local_command.parameters() == {
        "Stalled": "10",
        "CheckEvery": "rate(1 minute)",
        "CainiaoUrl": "http://127.0.0.1:9",
    }


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "Nothing can be written here: No space left on device"),
        (errno.EROFS, "Nothing can be written here: Read-only file system"),
        (errno.EACCES, "Nothing can be written here: Permission denied"),
        (errno.EMFILE, "This machine refuses it: Too many open files"),
    ],
)
def test_a_machine_that_refuses_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, said: str
) -> None:
    """A full disk, and a checkout that nobody may write to."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "/full/.local/run")

    monkeypatch.setattr(local_command, "LocalStack", fail)
    monkeypatch.setattr(local_command, "end_with_parent", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.delenv("PARAMETERS", raising=False)
    assert 1 == local_command.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{said} (/full/.local/run).")


def _status(url: str, key: str | None = None) -> int:
    request = Request(url, headers={"x-api-key": key} if key else {})  # noqa: S310
    try:
        with build_opener(ProxyHandler({})).open(request) as answer:
            status: int = answer.status
    except HTTPError as error:
        with error:
            status = error.code
    return status
