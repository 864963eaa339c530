"""The scheduled check, through its handler and a look-alike of Cainiao."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from stallwatch.aws import clients
from tests.aws import moto
from tests.aws.moto_stack import Context, World, world_at

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        yield built


def add(world: World, count: int, *codes: str, **fields: object) -> list[str]:
    """Orders with a number each, whose parcels were seen a day ago."""
    numbers = [f"LP{n:014}" for n in range(count)]
    for n, number in enumerate(numbers):
        if codes:
            world.cainiao.put(number, [(world.now - DAY, code) for code in codes])
        body = {"order_id": f"{n:02}", "ordered_on": "2026-06-01", "tracking_number": number}
        status, answer = world.call("POST", "/orders", body | fields)
        assert 201 == status, answer
    return numbers


def order(world: World, order_id: str = "00") -> Any:
    status, answer = world.call("GET", f"/orders/{order_id}")
    assert 200 == status
    return answer


def versions(world: World) -> dict[tuple[str, str], Any]:
    """All that stands in the table of orders."""
    items = moto.client("dynamodb").scan(TableName=world.table)["Items"]
    return {
        (item["pk"]["S"], item["sk"]["S"]): item
        for item in items
        if item["pk"]["S"].startswith("ORDER#")
    }


def asked(world: World) -> list[str]:
    return [number for asked in world.cainiao.asked for number in asked.numbers]


def test_fifty_orders_in_a_row_are_each_checked_at_once(world: World) -> None:
    """By the run that they call for: nobody waits for a tick."""
    numbers = add(world, 50, "LH_DEPART")
    assert world.nudges > 0
    assert {"due": 50, "checked": 50, "changed": 50, "unanswered": 0, "left_over": 0} | {
        "source": "ok"
    } == world.pull()
    world.pump()
    assert sorted(numbers) == sorted(asked(world))
    assert [10] * 5 == [len(a.numbers) for a in world.cainiao.asked]
    seen = order(world, "49")
    assert "departed_origin" == seen["stage"]
    assert "2026-06-15T12:00" == seen["answered_at"][:16]
    assert seen["next_check_at"] > seen["answered_at"]


def test_orders_are_asked_about_by_cadence(world: World) -> None:
    """Twice a day under way; what was never news is never written, and answered all the same."""
    numbers = add(world, 4, "LH_DEPART")
    world.pull()
    world.pump()
    before = versions(world)
    first = len(world.cainiao.asked)
    for _ in range(48):
        world.advance(minutes=30)
        world.pull()
    found = [number for a in world.cainiao.asked[first:] for number in a.numbers]
    assert dict.fromkeys(numbers, 2) == {n: found.count(n) for n in numbers}
    assert before == versions(world)
    world.pump()
    assert [] == world.messages()
    seen = order(world)
    answered_at = datetime.fromisoformat(seen["answered_at"])
    assert world.now - answered_at <= timedelta(hours=12)
    assert (answered_at - (START - DAY)).days == seen["silent_days"]


def test_a_run_with_nothing_to_do_writes_nothing(world: World) -> None:
    """The tick costs a few reads."""
    add(world, 1, "LH_DEPART")
    world.pull()
    world.pump()
    world.pull()
    before = whole_table(world)
    world.advance(minutes=5)
    assert 0 == world.pull()["due"]
    assert before == whole_table(world)


def whole_table(world: World) -> list[Any]:
    items: list[Any] = moto.client("dynamodb").scan(TableName=world.table)["Items"]
    return items


def test_some_orders_are_checked_now(world: World) -> None:
    """Whatever their slots; one that is not there is left out."""
    add(world, 3, "LH_DEPART")
    world.pull()
    world.pump()
    world.advance(minutes=10)
    count = len(world.cainiao.asked)
    report = world.pull("01", "nobody")
    assert (1, 1, 0, "ok") == tuple(report[n] for n in ("due", "checked", "changed", "source"))
    assert [("LP00000000000001",)] == [a.numbers for a in world.cainiao.asked[count:]]
    world.pump()
    assert "2026-06-15T12:10" == order(world, "01")["checked_at"][:16]
    assert "2026-06-15T12:00" == order(world, "02")["answered_at"][:16]


@pytest.mark.parametrize(
    "order_ids", ["00", {"a": 1}, [7], [None], ["x"] * 1001, 7, True, [["00"]]]
)
def test_what_is_no_list_of_orders_is_refused(world: World, order_ids: object) -> None:
    """At most a thousand."""
    with pytest.raises(ValueError, match="order_ids"):
        world.handlers["pull_tracking"].handler({"order_ids": order_ids}, Context())
    assert [] == world.cainiao.asked


def test_an_empty_list_checks_nothing(world: World) -> None:
    """It is a list, after all."""
    add(world, 1, "LH_DEPART")
    world.pull()
    answer = world.handlers["pull_tracking"].handler({"order_ids": []}, Context())
    assert (0, 0) == (answer["due"], answer["checked"])


def test_a_blocked_source_is_said(world: World) -> None:
    """In the answer, in the statistics, and to the owner after a day."""
    add(world, 12, "LH_DEPART")
    world.cainiao.be("block_page")
    report = world.pull()
    assert (12, 0, 12, "blocked") == tuple(
        report[n] for n in ("due", "checked", "unanswered", "source")
    )
    assert 1 == len(world.cainiao.asked)
    for _ in range(26):
        world.advance(hours=1)
        assert "blocked" == world.pull()["source"]
        world.pump()
    assert ["source_down"] == [message.kind for message in world.messages()]
    assert len(world.cainiao.asked) < 10
    world.cainiao.be("fine")
    for _ in range(25):
        world.advance(hours=1)
        world.pull()
        world.pump()
    assert ["source_up"] == [message.kind for message in world.messages()]
    assert "departed_origin" == order(world)["stage"]


def test_a_placeholder_is_followed(world: World) -> None:
    """The checkpoints are the order's own."""
    world.cainiao.put("LP00000000000000", points_to="CNG00000000000001")
    world.cainiao.put("CNG00000000000001", [(START - DAY, "LH_DEPART")])
    add(world, 1)
    world.pull()
    world.pump()
    seen = order(world)
    assert ("departed_origin", "LP00000000000000") == (
        seen["stage"],
        seen["last_checkpoint"]["tracking_number"],
    )
    world.cainiao.put("LP00000000000000", [(START - DAY, "LH_DEPART"), (START, "LH_ARRIVE")])
    world.check("00")
    assert ["LH_ARRIVE", "LH_DEPART"] == [c["code"] for c in order(world)["checkpoints"]]


def test_an_alert_is_sent_once_whatever_is_repeated(world: World) -> None:
    """Runs, wake-ups and evaluations may come again and again."""
    add(world, 3, "GTMS_STA_SIGNED")
    for _ in range(3):
        world.pull("00", "01", "02")
        world.pump()
    messages = world.messages()
    assert ["action_needed"] == [message.kind for message in messages]
    assert ["00", "01", "02"] == sorted(o["order_id"] for o in messages[0].body["orders"])
    assert {"alert": "action_needed", "severity": "action"} == messages[0].attributes
    assert "Action needed: 3 orders" == messages[0].subject


def test_what_could_not_be_sent_is_sent_later(world: World) -> None:
    """The alert waits in its outbox, and a later tick wakes the sending."""
    add(world, 1, "GTMS_STA_SIGNED")
    world.pull()
    events = clients.sns_once().meta.events
    error = {"Error": {"Code": "Throttling", "Message": ""}}
    error |= {"ResponseMetadata": {"HTTPStatusCode": 400}}  # type: ignore[dict-item]

    def refuse(**_: object) -> Any:
        return SimpleNamespace(status_code=400), error

    events.register("before-call.sns.Publish", refuse)
    world.pump()
    assert [] == world.messages()
    world.advance(minutes=15)
    world.pull()
    world.pump()
    assert [] == world.messages()
    events.unregister("before-call.sns.Publish", refuse)
    world.advance(minutes=15)
    world.pull()
    world.pump()
    assert ["action_needed"] == [message.kind for message in world.messages()]
    world.advance(minutes=15)
    world.pull()
    world.pump()
    assert [] == world.messages()
