"""The digest: on its schedule, once, of what is true then."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws import moto
from tests.aws.moto_stack import Context, World, world_at

START = datetime(2026, 6, 15, 6, 0, tzinfo=UTC)
NUMBER = "LP00000000000001"


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def world(shared: World) -> World:
    shared.empty()
    shared.messages()
    shared.now = START
    shared.deploy({"QuietHours": ""}, {})
    return shared


def add(world: World, order_id: str, scans: list[tuple[datetime, str]], **fields: Any) -> None:
    """Add an order, and check it."""
    number = f"LP{abs(hash(order_id)) % 10**14:014}"
    world.cainiao.put(number, scans)
    body = {"order_id": order_id, "ordered_on": "2026-05-20", "tracking_number": number, **fields}
    assert 201 == world.call("POST", "/orders", body)[0]
    world.pull()
    world.pump()


def digest(world: World, at: datetime | None = None) -> Any:
    """Run the digest that was scheduled for an instant."""
    event = {"digest": f"{at or world.now:%Y-%m-%dT%H:%M:%SZ}"}
    return world.handlers["evaluate_orders"].handler(event, Context())


def sent(world: World) -> list[str]:
    """What the digests said that went out since the last call."""
    return [m.body["text"] for m in world.messages() if m.kind == "digest"]


def stored(world: World) -> list[Any]:
    items = moto.client("dynamodb").scan(TableName=world.table)["Items"]
    return [item for item in items if item["sk"]["S"].startswith("ALERT##digest#")]


def test_with_nothing_to_say_nothing_is_sent(world: World) -> None:
    """Without an order, and with one that is calm and has not moved."""
    assert 0 == digest(world)["messages"]
    add(world, "calm", [(START - timedelta(days=9), "GTMS_ACCEPT")], price="9.00", currency="EUR")
    world.messages()
    assert 0 == digest(world)["messages"]
    assert ([], []) == (sent(world), stored(world))


def test_a_digest_says_what_is_true_then(world: World) -> None:
    """What needs the buyer, the deadlines of seven days, and what moved since the last one."""
    at_shop = [(START - timedelta(days=1), "GTMS_STA_SIGNED")]
    add(world, "collect", at_shop, title="Lamp", price="12.50", currency="EUR")
    ends_on = str((START + timedelta(days=6)).date())
    add(world, "near", [(START - timedelta(days=9), "GTMS_ACCEPT")], protection_ends_on=ends_on)
    far_off = str((START + timedelta(days=7)).date())
    add(world, "far", [(START - timedelta(days=9), "GTMS_ACCEPT")], protection_ends_on=far_off)
    world.messages()
    digest(world)
    assert ["1 order needs you now. 1 deadline within seven days. 1 parcel moved."] == sent(world)
    (item,) = stored(world)
    assert "expires" in item
    # The next day nothing has moved, the lamp was collected, and two deadlines came nearer.
    world.advance(days=1)
    assert 200 == world.call("POST", "/orders/collect/actions", {"action": "received"})[0]
    world.pump()
    digest(world)
    assert ["1 order needs you now. 2 deadlines within seven days."] == sent(world)


def test_a_digest_is_made_once_however_often_it_is_told(world: World) -> None:
    """A schedule may tell it twice, and Lambda again after an error."""
    add(world, "collect", [(START - timedelta(days=1), "GTMS_STA_SIGNED")])
    world.messages()
    for _ in range(3):
        digest(world, START)
        world.advance(minutes=1)
    assert 1 == len(sent(world))
    digest(world, START + timedelta(minutes=5))
    assert ["1 order needs you now."] == sent(world)


def test_a_digest_waits_for_the_end_of_the_quiet_hours(world: World) -> None:
    """And of several that waited the newest is told, which says what the others said."""
    add(world, "collect", [(START - timedelta(days=1), "GTMS_STA_SIGNED")])
    world.messages()
    world.deploy({"QuietHours": "05:00-08:00"}, {})
    for _ in range(2):
        assert 0 == digest(world)["messages"]
        world.advance(hours=1)
    assert [] == sent(world)
    world.pull()
    world.pump()
    assert ["1 order needs you now. 1 parcel moved."] == sent(world)
    assert all("sent_at" in item for item in stored(world))


def test_a_digest_that_was_given_up_on_is_made_by_the_redrive(world: World) -> None:
    """As the letter says that Lambda leaves; one that cannot be read stays what it was before."""
    add(world, "collect", [(START - timedelta(days=1), "GTMS_STA_SIGNED")])
    world.messages()
    letter = {"requestPayload": {"digest": "2026-06-15T06:00:00Z"}, "requestContext": {}}
    moto.client("sqs").send_message(
        QueueUrl=world.dead_letters["evaluate_orders"], MessageBody=json.dumps(letter)
    )
    assert {"letters": 1, "kept": 0} == world.redrive("evaluate_orders")
    assert 1 == len(sent(world))


def test_what_names_no_instant_is_refused(world: World) -> None:
    """Loudly: Lambda tries again and then keeps it."""
    with pytest.raises(ValueError, match="isoformat"):
        world.handlers["evaluate_orders"].handler({"digest": "soon"}, Context())


def test_list_order_and_digest_name_the_same_days(world: World) -> None:
    """Once a reminder has been sent its day is over, also where no alerts are read at first."""
    add(world, "1", [(START - timedelta(days=2), "GWMS_ACCEPT")], ordered_on="2026-06-01")
    assert 200 == world.call("POST", "/orders/1/actions", {"action": "seller_contacted"})[0]
    world.pump()
    for _ in range(5):
        world.now += timedelta(days=1)
        world.check("1")
    assert "reminder" in {m.kind for m in world.messages()}
    order = world.call("GET", "/orders/1")[1]
    (listed,) = world.call("GET", "/orders")[1]["orders"]
    assert {name: order[name] for name in listed} == listed
    assert order["reminder_on"] is None
    digest(world)
    world.pump()
    assert all("reminder" not in text for text in sent(world))
