"""The commands `claim`, `calendar`, `subscribers` and `stats`."""

import stat
from pathlib import Path

import pytest

from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.fake_replies import Reply
from tests.unit.cli.terminal import Terminal


def test_a_claim_is_written_in_its_forms(cli: Terminal, api: FakeApi) -> None:
    """From one snapshot, whose link is revoked at once; only the owner can read the files."""
    api.put("lamp")

    ended = cli.ok("claim", "lamp")

    files = [Path("claim-lamp") / f"lamp.{form}" for form in ("json", "html", "svg", "png")]
    assert [str(file) for file in files] == ended.stdout.splitlines()
    assert [b"{", b"<", b"<", b"\x89"] == [file.read_bytes()[:1] for file in files]
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert {} == api.claim_links


def test_a_claims_link_may_be_kept(cli: Terminal, api: FakeApi) -> None:
    """Its address and its end are told."""
    api.put("lamp")

    made = cli.ok("claim", "lamp", "--link", "-o", "files", "--json").json

    [link] = api.claim_links.values()
    assert {
        "order_id": "lamp",
        "files": [f"files/lamp.{form}" for form in ("json", "html", "svg", "png")],
        "link": f"{api.url}/claims/{link['token']}",
        "link_ends_at": "2026-07-15T12:00:00Z",
    } == made
    assert f"{api.url}/claims/" in cli.ok("claim", "lamp", "--link").stdout


def test_a_bank_gets_a_page_of_its_own(cli: Terminal, api: FakeApi) -> None:
    """Beside the JSON that it was made from; the link opens that page."""
    api.put("lamp")

    made = cli.ok("claim", "lamp", "--for", "bank", "--link", "--json").json

    assert ["claim-lamp/lamp-bank.json", "claim-lamp/lamp-bank.html"] == made["files"]
    assert "bank" in Path(made["files"][1]).read_text("utf-8")
    assert made["link"].endswith("?for=bank")


def test_a_claim_that_comes_damaged_leaves_no_link(cli: Terminal, api: FakeApi) -> None:
    """And is no file."""
    api.put("lamp")
    api.damaged_form = "png"
    ended = cli.run("claim", "lamp", "--link")

    assert (3, {}) == (ended.exit_code, api.claim_links)
    assert not Path("claim-lamp/lamp.png").exists()
    assert 4 == cli.run("claim", "chair").exit_code


def test_a_calendar_comes_and_goes(cli: Terminal, api: FakeApi) -> None:
    """Its address is told once."""
    assert f"{api.url}/calendar/t0ken\n" == cli.ok("calendar", "new").stdout
    [link_id] = api.calendar_links
    assert link_id in cli.ok("calendar", "list").stdout
    assert f"Revoked: {link_id}.\n" == cli.ok("calendar", "revoke", link_id).stdout
    assert "No calendar addresses;" in cli.ok("calendar", "list").stdout
    assert 4 == cli.run("calendar", "revoke", link_id).exit_code


def test_a_calendars_address_is_told_to_scripts(cli: Terminal, api: FakeApi) -> None:
    """Beside what the API says of it."""
    made = cli.ok("calendar", "new", "--json").json

    assert f"{api.url}/calendar/t0ken" == made["url"]
    assert made["id"] in api.calendar_links


def test_subscribers_come_change_and_go(cli: Terminal, api: FakeApi) -> None:
    """With their kinds and their language."""
    assert "Nobody gets alerts;" in cli.ok("subscribers", "list").stdout
    added = cli.ok("subscribers", "add", "a@example.com", "-k", "late", "--language", "de")
    [subscription_id] = api.subscriptions
    assert added.stdout.startswith(f"Subscribed: a@example.com ({subscription_id});")
    expected = {"protocol": "email", "endpoint": "a@example.com", "kinds": ["late"]}
    assert expected | {"language": "de"} == api.requests[-1].json

    cli.ok("subscribers", "change", subscription_id, "--all-kinds")
    assert {"kinds": None} == api.requests[-1].json
    cli.ok("subscribers", "change", subscription_id, "-k", "late", "-k", "stalled")
    assert {"kinds": ["late", "stalled"]} == api.requests[-1].json
    listed = cli.ok("subscribers", "list").stdout
    assert "not yet" in listed
    assert "late, stalled" in listed

    cli.ok("subscribers", "remove", subscription_id)
    assert {} == api.subscriptions


def test_a_phone_gets_sms(cli: Terminal, api: FakeApi) -> None:
    """A number is known by its form; a bad one is refused by the API."""
    cli.ok("subscribers", "add", "+4915112345678")

    assert {"protocol": "sms", "endpoint": "+4915112345678", "kinds": None} == (
        api.requests[-1].json
    )
    assert 4 == cli.run("subscribers", "add", "0151").exit_code


@pytest.mark.parametrize("options", [(), ("--kind", "late", "--all-kinds"), ("--kind", "dance")])
def test_a_change_of_nothing_is_wrong_use(
    cli: Terminal, api: FakeApi, options: tuple[str, ...]
) -> None:
    """And so is one that contradicts itself."""
    assert 2 == cli.run("subscribers", "change", "0" * 16, *options).exit_code
    assert [] == api.requests


def test_a_test_message_is_sent(cli: Terminal, api: FakeApi) -> None:
    """Once."""
    assert "A test message is on its way" in cli.ok("subscribers", "test").stdout
    assert ["/subscriptions/test"] == [request.path for request in api.requests]


def test_an_older_stack_is_told_apart_from_a_wrong_key(cli: Terminal, api: FakeApi) -> None:
    """The gateway answers 403 to both."""
    api.unknown_routes = {"test", "new_calendar"}

    assert "does not know this request" in cli.run("subscribers", "test").stderr
    assert "does not know this request" in cli.run("calendar", "new").stderr


def test_counts_are_shown(cli: Terminal, api: FakeApi) -> None:
    """Orders, money, days, and how the sources are."""
    api.put("lamp")
    api.verdict = "blocked"
    shown = cli.ok("stats").stdout

    for text in ("watching", "departed origin", "EUR", "12.50 (1)", "15-25", "blocked"):
        assert text in shown, text


def test_what_reads_prints_json_and_nothing_else(cli: Terminal, api: FakeApi) -> None:
    """As the API says it, on every command that reads or changes."""
    api.put("lamp", title="Lämp")
    added = cli.ok("subscribers", "add", "a@example.com", "--json").json
    made = cli.ok("calendar", "new", "--json").json
    acted = cli.ok("act", "lamp", "seller_contacted", "--json").json
    printed = {
        "show": ("show", "lamp"),
        "list": ("list",),
        "change": ("change", "lamp", "--seller", "A"),
        "check": ("check", "lamp"),
        "undo": ("undo", "lamp", acted["actions"][0]["action_id"]),
        "add": ("add", "chair"),
        "stats": ("stats",),
        "calendars": ("calendar", "list"),
        "subscribers": ("subscribers", "list"),
        "resubscribe": ("subscribers", "change", added["id"], "--all-kinds"),
        "test": ("subscribers", "test"),
        "doctor": ("doctor", "--api-only"),
    }
    found = {name: cli.run(*command, "--json").json for name, command in printed.items()}

    assert "Lämp" == found["show"]["title"] == found["list"]["orders"][0]["title"]
    assert "lamp" == found["change"]["order_id"] == found["check"]["order_id"]
    assert [] == found["undo"]["actions"]
    assert "chair" == found["add"]["order_id"]
    assert "cainiao" == found["stats"]["sources"][0]["name"]
    assert made["id"] == found["calendars"]["links"][0]["id"]
    assert added["id"] == found["subscribers"]["subscriptions"][0]["id"]
    assert found["resubscribe"]["kinds"] is None
    assert {"messages": 1} == found["test"]
    assert {"well", "checks"} == found["doctor"].keys()


def test_an_empty_answer_is_an_empty_object(cli: Terminal, api: FakeApi) -> None:
    """Where the API answers nothing, as it may to an undo."""
    api.replies = [Reply(204)]
    assert {} == cli.ok("undo", "lamp", "0" * 16, "--json").json
