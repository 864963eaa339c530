"""What the command line does on the API's bad days."""

import pytest

from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.fake_replies import CUT, Reply
from tests.unit.cli.terminal import Terminal

BUSY = Reply(429, {"message": "Too Many Requests"})
BROKEN = Reply(502, {"message": "Internal server error"})


@pytest.mark.parametrize("reply", [BUSY, BROKEN, CUT], ids=["429", "502", "cut"])
def test_a_short_trouble_is_waited_for(cli: Terminal, api: FakeApi, reply: Reply) -> None:
    """Reading is tried again, with longer and longer pauses."""
    api.put("lamp")
    api.replies = [reply, reply]

    assert "lamp" == cli.ok("show", "lamp", "--json").json["order_id"]
    assert [1.0, 2.0] == cli.waited


@pytest.mark.parametrize(
    ("reply", "exit_code", "message"),
    [
        (BUSY, 4, "Too Many Requests (429)."),
        (BROKEN, 3, "The API failed (502);"),
        (CUT, 3, "broke off before an answer came."),
        (Reply(200, b"<html>"), 3, "does not belong to a Stallwatch API."),
        (Reply(200, [1]), 3, "does not belong to a Stallwatch API."),
        (Reply(403, {"message": "Forbidden"}), 4, "The key was refused (403);"),
        (Reply(403, {"message": "Missing Authentication Token"}), 4, "does not know this request"),
        (Reply(404, b"?"), 4, "The API refused the request (404)."),
        (Reply(301, None, {"Location": "https://elsewhere.example"}), 2, "elsewhere.example"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_lasting_trouble_ends_in_a_sentence(
    cli: Terminal, api: FakeApi, reply: Reply, exit_code: int, message: str
) -> None:
    """On standard error, with nothing on standard output, JSON or not."""
    for options in ((), ("--json",)):
        api.replies = [reply] * 4
        ended = cli.run("show", "lamp", *options)

        assert (exit_code, "") == (ended.exit_code, ended.stdout)
        assert message in ended.stderr
        assert 1 == ended.stderr.count("\n")


def test_a_pause_that_is_told_is_kept(cli: Terminal, api: FakeApi) -> None:
    """Unless it is longer than anybody waits before a terminal."""
    api.replies = [Reply(429, {"message": "Slow down"}, {"Retry-After": "7"})]
    cli.ok("list")
    assert [7.0] == cli.waited

    api.replies = [Reply(429, {"message": "Slow down"}, {"Retry-After": "700"})]
    assert "again in 700 s (429)" in cli.run("list").stderr


def test_what_must_not_happen_twice_is_sent_once(cli: Terminal, api: FakeApi) -> None:
    """Where no answer came, nobody knows what was done."""
    for arguments in (
        ("subscribers", "test"),
        ("calendar", "new"),
        ("check", "lamp"),
        ("claim", "lamp"),
        ("undo", "lamp", "0" * 16),
    ):
        api.requests.clear()
        api.replies = [CUT]

        assert 3 == cli.run(*arguments).exit_code, arguments
        assert 1 == len(api.requests)


def test_an_address_without_an_answer_is_named(cli: Terminal) -> None:
    """At once: who is not there will not be there in a second."""
    cli.environ["STALLWATCH_URL"] = "http://127.0.0.1:9/live"
    ended = cli.run("list")

    assert (3, []) == (ended.exit_code, cli.waited)
    assert "stallwatch: http://127.0.0.1:9/live cannot be reached;" in ended.stderr


def test_the_key_goes_with_no_redirect(cli: Terminal, api: FakeApi) -> None:
    """A redirect is told, not followed."""
    api.replies = [Reply(302, None, {"Location": f"{api.url}/stats"})]

    assert 2 == cli.run("list").exit_code
    assert 1 == len(api.requests)


def test_a_password_of_netrc_is_not_sent(
    cli: Terminal, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is none of the API's business."""
    netrc = cli.folder.parent / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    cli.ok("list")

    assert "authorization" not in api.requests[-1].headers
