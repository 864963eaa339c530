"""The commands `login` and `logout`, and where the key is kept."""

import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail, null

from stallwatch.cli.credentials import Login, checked_url, system_keyring
from stallwatch.cli.errors import InvalidUseError
from tests.support.template import ROOT
from tests.unit.cli.fake_api import KEY, FakeApi
from tests.unit.cli.terminal import FakeKeyring, Terminal


@pytest.fixture
def stranger(cli: Terminal) -> Terminal:
    """A terminal that is not logged in."""
    cli.environ.clear()
    return cli


def log_in(terminal: Terminal, api: FakeApi, *options: str) -> str:
    """Log in with the key on standard input; what was said."""
    return terminal.ok("login", "--url", api.url, "--key-stdin", *options, stdin=f"{KEY}\n").stdout


def test_the_key_goes_into_the_keyring(stranger: Terminal, api: FakeApi) -> None:
    """No file holds it, and the next commands find it."""
    stranger.keyring = FakeKeyring()

    assert "the system's keyring" in log_in(stranger, api)

    assert [KEY] == list(stranger.keyring.secrets.values())
    assert KEY not in (stranger.folder / "login.json").read_text("utf-8")
    stranger.ok("list")


@pytest.mark.parametrize("ring", [None, FakeKeyring(is_locked=True)])
def test_without_a_keyring_a_file_keeps_the_key(
    stranger: Terminal, api: FakeApi, ring: FakeKeyring | None
) -> None:
    """Nobody but its owner can read it."""
    stranger.keyring = ring

    assert str(stranger.folder / "login.json") in log_in(stranger, api).replace("\n", "")

    file = stranger.folder / "login.json"
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert 0o700 == stat.S_IMODE(stranger.folder.stat().st_mode)
    assert {"url": api.url, "key": KEY} == json.loads(file.read_text("utf-8"))
    stranger.ok("list")


def test_a_file_may_be_asked_for(stranger: Terminal, api: FakeApi) -> None:
    """Even where there is a keyring."""
    stranger.keyring = FakeKeyring()
    log_in(stranger, api, "--no-keyring")

    assert {} == stranger.keyring.secrets
    stranger.ok("list")


def test_a_new_login_takes_the_place_of_the_old_one(stranger: Terminal, api: FakeApi) -> None:
    """No key is left behind, wherever it was."""
    stranger.keyring = FakeKeyring()
    log_in(stranger, api, "--no-keyring")
    log_in(stranger, api)
    assert KEY not in (stranger.folder / "login.json").read_text("utf-8")
    log_in(stranger, api, "--no-keyring")
    assert {} == stranger.keyring.secrets


@pytest.mark.parametrize("option", [(), ("--no-keyring",)], ids=["keyring", "file"])
def test_a_logout_forgets_the_key(
    stranger: Terminal, api: FakeApi, option: tuple[str, ...]
) -> None:
    """From the keyring and from the file."""
    stranger.keyring = FakeKeyring()
    log_in(stranger, api, *option)

    assert "Logged out.\n" == stranger.ok("logout").stdout
    assert {} == stranger.keyring.secrets
    assert [] == list(stranger.folder.iterdir())
    assert "You were not logged in.\n" == stranger.ok("logout").stdout
    ended = stranger.run("list")
    assert (2, "stallwatch: You are not logged in; `stallwatch login` does it.\n") == (
        ended.exit_code,
        ended.stderr,
    )


def test_a_refused_key_is_not_kept(stranger: Terminal, api: FakeApi) -> None:
    """The stack has the last word on it."""
    ended = stranger.run("login", "--url", api.url, "--key-stdin", stdin="another\n")

    assert 4 == ended.exit_code
    assert "stallwatch: The key was refused (403); `stallwatch login` stores another.\n" == (
        ended.stderr
    )
    assert not stranger.folder.exists()


def test_an_address_that_is_no_stack_is_not_kept(stranger: Terminal, api: FakeApi) -> None:
    """Even if it answers."""
    api.unknown_routes = {"stats"}
    assert 4 == stranger.run("login", "--url", api.url, "--key-stdin", stdin=KEY).exit_code
    assert (
        3
        == stranger.run("login", "--url", "http://127.0.0.1:9", "--key-stdin", stdin=KEY).exit_code
    )
    assert not stranger.folder.exists()


def test_the_environment_comes_first(stranger: Terminal, api: FakeApi) -> None:
    """Before what was kept; and it may bring the key to `login`."""
    stranger.environ = {"STALLWATCH_URL": api.url, "STALLWATCH_KEY": KEY}
    stranger.ok("login")
    assert KEY in (stranger.folder / "login.json").read_text("utf-8")

    stranger.environ = {"STALLWATCH_KEY": "another"}
    assert 4 == stranger.run("list").exit_code


def test_a_key_goes_to_no_other_address(stranger: Terminal, api: FakeApi) -> None:
    """An address in the environment does not get the key that was kept for another."""
    log_in(stranger, api)
    before = len(api.requests)
    stranger.environ = {"STALLWATCH_URL": api.url + "/other"}

    assert 2 == stranger.run("list").exit_code
    assert before == len(api.requests)


def test_without_a_terminal_nothing_is_asked(stranger: Terminal) -> None:
    """What is missing is named."""
    assert "--url" in stranger.run("login").stderr
    ended = stranger.run("login", "--url", "https://stallwatch.example")
    assert (2, True) == (ended.exit_code, "--key-stdin" in ended.stderr)


def test_a_damaged_file_is_named(stranger: Terminal, api: FakeApi) -> None:
    """With what to do about it."""
    log_in(stranger, api)
    (stranger.folder / "login.json").write_text("{", "utf-8")
    ended = stranger.run("list")

    assert 2 == ended.exit_code
    assert "stallwatch login" in ended.stderr


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (
            " https://a.execute-api.eu-central-1.amazonaws.com/live/ ",
            "https://a.execute-api.eu-central-1.amazonaws.com/live",
        ),
        ("https://stallwatch.example/live/#/orders/1", "https://stallwatch.example/live"),
        ("http://localhost:4566/live", "http://localhost:4566/live"),
        ("http://[::1]:4566/live", "http://[::1]:4566/live"),
    ],
)
def test_an_address_may_be_pasted(text: str, url: str) -> None:
    """That of the API or of the page."""
    assert url == checked_url(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "stallwatch.example", "ftp://stallwatch.example", "http://stallwatch.example"),
        *("https://user:secret@stallwatch.example", "https://", "http://127.0.0.1.example"),
        "https://[",
    ],
)
def test_an_address_that_would_give_the_key_away_is_refused(text: str) -> None:
    """Or that is none."""
    with pytest.raises(InvalidUseError):
        checked_url(text)


def test_a_key_is_in_no_representation() -> None:
    """What is printed of a login by mistake does not give it away."""
    assert KEY not in repr(Login("https://stallwatch.example", KEY, "file"))


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_a_keyring_that_keeps_nothing_is_none(
    backend: type[keyring.backend.KeyringBackend],
) -> None:
    """As on a machine without a desktop."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend())
    try:
        assert system_keyring() is None
    finally:
        keyring.set_keyring(before)


def test_at_a_terminal_address_and_key_are_asked_for(api: FakeApi, tmp_path: Path) -> None:
    """The key is not shown while it is typed, nor afterwards."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "stallwatch.cli.main", "login", "--no-keyring"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT / "shared"),
            "HOME": str(tmp_path),
            "COLUMNS": "200",
        },
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = read_until(ours, "ApiUrl): ")
        os.write(ours, f"{api.url}\n".encode())
        shown += read_until(ours, "Key: ")
        os.write(ours, f"{KEY}\n".encode())
        shown += read_until(ours, "login.json.")
        assert 0 == process.wait(timeout=30)
    os.close(ours)

    assert KEY not in shown
    file = tmp_path / ".config" / "stallwatch" / "login.json"
    assert {"url": api.url, "key": KEY} == json.loads(file.read_text("utf-8"))


def read_until(terminal: int, end: str) -> str:
    """What appears on a terminal until something does."""
    shown = b""
    while end.encode() not in shown:
        shown += os.read(terminal, 4096)
    return shown.decode()
