"""`read_mailbox` as it is deployed, over a real IMAP server: Debian's Dovecot, with TLS."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from stallwatch.aws import clients
from stallwatch.dynamodb.mailbox import DynamoBookmarkStore
from stallwatch.dynamodb.table import Table
from stallwatch.mailbox.access import MailboxError
from tests.aws import moto
from tests.aws.moto_stack import Context, World, world_at
from tests.local.machine import HOST, ROOT
from tests.local.parts import need
from tests.simulators.dovecot import PASSWORD, USER, Dovecot
from tests.support.mailbox import (
    SECRETS,
    START,
    Expected,
    detail,
    expected,
    mail,
    number,
    order_id,
    pair,
    whole_mailbox,
)

NAME = "/stallwatch/mailbox"
FOLDER = "K&AOQ-ufe"
"""`Käufe`, as IMAP writes it."""


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    need("dovecot")
    with Dovecot() as built:
        built.put(whole_mailbox())
        yield built


@pytest.fixture
def world(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        built.roles.ids = {**built.roles.ids, "Mailbox": NAME}
        built.deploy({"Mailbox": NAME, "HomeCountry": "DE"}, {})
        tell(server)
        yield built


def tell(server: Dovecot, **changed: object) -> None:
    """Write down how the mailbox is reached."""
    access = {
        "host": HOST,
        "user": USER,
        "password": PASSWORD,
        "port": server.port,
        "ca": server.ca,
        **changed,
    }
    moto.client("ssm").put_parameter(
        Name=NAME, Value=json.dumps(access), Type="SecureString", Overwrite=True
    )


def read(world: World) -> dict[str, Any]:
    event = json.loads((ROOT / "events/read_mailbox/hourly.json").read_text("utf-8"))
    answer: dict[str, Any] = world.handlers["read_mailbox"].handler(event, Context())
    return answer


def orders(world: World) -> dict[str, Expected]:
    """What stands in the table of each order."""
    rows = moto.items_of(world.table)
    items = [item.to_json()["Attributes"] for row in rows.values() for item in row.values()]
    found = [item for item in items if item["sk"]["S"] == "ORDER"]
    return {
        item["pk"]["S"].removeprefix("ORDER#"): Expected(
            item.get("tracking_number", {}).get("S"),
            START.date().fromisoformat(item["ordered_on"]["S"]),
        )
        for item in found
    }


def everything_stored(world: World) -> str:
    rows = moto.items_of(world.table)
    return json.dumps(
        [item.to_json() for row in rows.values() for item in row.values()],
        default=repr,
        ensure_ascii=False,
    )


def test_forty_of_five_hundred_mails_become_their_orders(
    world: World,
    server: Dovecot,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """No other does, nothing of the others is stored or logged, and the mailbox stays as it was."""
    caplog.set_level(logging.DEBUG, logger="stallwatch")
    before = server.state()
    report = read(world)
    assert expected() == orders(world)
    assert {"mails": 500, "aliexpress": 40, "added": 24, "unplaced": 0, "left_over": False} == {
        name: report[name] for name in report if name != "filled"
    }
    assert before == server.state()
    assert not any(b"Seen" in flags for _, flags in server.state())
    stored = everything_stored(world)
    out = capfd.readouterr()
    logged = out.out + out.err + repr([vars(record) for record in caplog.records])
    assert "mailbox" in logged
    for kept in (stored, logged):
        assert not {secret for secret in (*SECRETS, PASSWORD, USER) if secret in kept}
        for foreign in ("81099999999", "LP00999", "RB123456", "evil.example", "Appointment"):
            assert foreign not in kept


def test_the_next_run_reads_what_came_since(world: World, server: Dovecot) -> None:
    """A mail fills a number; the poll is called for as it is by the API."""
    server.put([mail("Order", detail(70), 2)], FOLDER)
    tell(server, folder="Käufe")
    assert (1, 1) == ((report := read(world))["mails"], report["added"])
    assert 1 == world.nudges
    dinner = mail("Dinner", "<p>At eight?</p>", 1, "friend@home.example")
    server.put([mail("Order", pair(70), 1), dinner], FOLDER)
    report = read(world)
    assert (2, 1, 0, 1) == tuple(report[n] for n in ("mails", "aliexpress", "added", "filled"))
    assert number(70) == orders(world)[order_id(70)].tracking_number
    assert 0 == read(world)["mails"]


def test_a_folder_made_anew_is_read_anew(world: World, server: Dovecot) -> None:
    """Its UIDs begin again: what lies there would be missed otherwise."""
    server.put([mail("Order", pair(80), 2), mail("Order", pair(81), 2)], "Again")
    tell(server, folder="Again")
    assert 2 == read(world)["added"]
    server.remake("Again")
    server.put([mail("Order", pair(82), 1)], "Again")
    assert 1 == read(world)["added"]
    assert {order_id(place) for place in (80, 81, 82)} == orders(world).keys()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "swordfish"}, "login"),
        ({"folder": "swordfish"}, "folder"),
        ({"ca": None}, "certificate"),
        ({"ca": "swordfish"}, "certificate"),
        ({"port": 1}, "reached"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(
    world: World,
    server: Dovecot,
    capfd: pytest.CaptureFixture[str],
    changed: dict[str, object],
    said: str,
) -> None:
    """The run ends with an error, which Lambda counts, and nothing is written."""
    given = {"host": HOST, "user": USER, "password": PASSWORD, "port": server.port}
    access = {**given, "ca": server.ca, **changed}
    moto.client("ssm").put_parameter(
        Name=NAME,
        Value=json.dumps({name: value for name, value in access.items() if value is not None}),
        Type="SecureString",
        Overwrite=True,
    )
    with pytest.raises(MailboxError, match=said) as failed:
        read(world)
    out = capfd.readouterr()
    for told in (str(failed.value), out.out, out.err):
        assert not {one for one in ("swordfish", USER, PASSWORD) if one in told}
    assert {} == orders(world)


@pytest.mark.parametrize("writes", [1, 2, 3, 5, 8, 13, 21])
def test_a_run_that_is_cut_off_is_made_up_for(world: World, writes: int) -> None:
    """After any of its writes to the table: each order is there once, each mail is counted once."""
    left = writes

    def cut_off(**_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    events = clients.dynamodb().meta.events
    for operation in ("PutItem", "UpdateItem", "TransactWriteItems"):
        events.register(f"after-call.dynamodb.{operation}", cut_off)
    try:
        with pytest.raises(KeyboardInterrupt):
            read(world)
        left = -1
        read(world)
    finally:
        for operation in ("PutItem", "UpdateItem", "TransactWriteItems"):
            events.unregister(f"after-call.dynamodb.{operation}", cut_off)
    assert expected() == orders(world)
    bookmark = DynamoBookmarkStore(Table(clients.dynamodb(), world.table)).read()
    assert (500, 40, 500) == (bookmark.mails, bookmark.aliexpress, bookmark.last_uid)
