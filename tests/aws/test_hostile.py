"""Forty orders and a source on its worst days, through the real handlers.

Whatever it does: nothing crashes, no alert is sent that is not due, and no order pretends to have
been answered. When it behaves again, everything goes on by itself.
"""

import copy
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stallwatch.aws import clients
from stallwatch.sources.cainiao import Cainiao
from tests.aws import moto
from tests.aws.moto_stack import World, world_at
from tests.simulators.cainiao import Mode
from tests.support.alphabets import GSM7, GSM7_TWICE

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(hours=3)
ORDERS = 40

NEVER_ENDS = {Mode.HANG, Mode.SLOW_HEADERS, Mode.SLOW_BODY}

WRONG_IN_PART = {Mode.WRONG_NUMBER, Mode.TWO_ANSWERS, Mode.MISSING_NUMBER, Mode.POISONED}
"""No answer about the first number of each request, and a good one about the others."""

NASTY = {Mode.SHUFFLED, Mode.HTML, Mode.CONTROLS, Mode.YEAR_1970, Mode.YEAR_2099}
"""Answers about every number."""

NO_ANSWER = set(Mode) - WRONG_IN_PART - NASTY - {Mode.FINE}


def number_of(n: int) -> str:
    return f"LP{n:014}"


def last_scan(n: int) -> datetime:
    """Every other parcel is a few hours from being stalled, once that can be seen."""
    return START - (timedelta(days=11, hours=21) if n % 2 else 2 * DAY)


@dataclass
class Post:
    """Every message as it was handed to SNS."""

    published: list[dict[str, str]] = field(default_factory=list)

    def note(self, params: dict[str, str], **_: object) -> None:
        self.published.append(params)


@pytest.fixture(scope="module")
def watched() -> Iterator[World]:
    """The stack with forty orders that were all looked at once."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        world_at(START, monkeypatch, CHECK_EVERY="rate(3 hours)", TURN_MINUTES="60") as world,
    ):
        for n in range(ORDERS):
            body = {"order_id": f"{n:02}", "ordered_on": "2026-06-01"}
            status, _ = world.call("POST", "/orders", body | {"tracking_number": number_of(n)})
            assert 201 == status
        tell(world)
        assert ORDERS == world.pull()["checked"]
        world.pump()
        assert [] == world.messages()
        yield world


def tell(world: World, *more: tuple[datetime, str]) -> None:
    """What the source knows of the parcels."""
    for n in range(ORDERS):
        at = last_scan(n)
        scans = [(at - DAY, "GWMS_ACCEPT"), (at, "PU_PICKUP_SUCCESS"), *more]
        world.cainiao.put(
            number_of(n), scans, carrier="Poczta", carrier_url="https://post.example/"
        )


@pytest.fixture(scope="module")
def beginning(watched: World) -> tuple[datetime, Any]:
    """When that was, and what is stored of them."""
    return watched.now, copy.deepcopy(moto.items_of(watched.table))


@pytest.fixture
def world(watched: World, beginning: tuple[datetime, Any]) -> World:
    watched.empty()
    watched.now, items = copy.deepcopy(beginning)
    moto.items_of(watched.table).update(items)
    tell(watched)
    watched.cainiao.be(Mode.FINE)
    return watched


@pytest.fixture
def post(world: World) -> Iterator[Post]:
    assert world.table
    made = Post()
    events = clients.sns_once().meta.events
    events.register("provide-client-params.sns.Publish", made.note)
    yield made
    events.unregister("provide-client-params.sns.Publish", made.note)


def live(world: World, hours: int) -> None:
    """Let the schedule run."""
    for _ in range(hours // 3):
        world.now += TICK
        world.pull()
        world.pump()


def orders(world: World) -> dict[int, Any]:
    status, page = world.call("GET", "/orders", query={"limit": "100", "state": "watching"})
    assert 200 == status
    return {int(order["order_id"]): order for order in page["orders"]}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def sent(world: World) -> list[tuple[str, int]]:
    """The alerts that were sent, each with its order; -1 for those about the source."""
    return sorted(
        (message.kind, int(order["order_id"]))
        for message in world.messages()
        for order in message.body["orders"] or [{"order_id": -1}]
    )


def check_honest(world: World, began: datetime, mode: Mode) -> dict[int, Any]:
    """Which orders were answered since, by what the mode answers, and what is made of it."""
    seen = orders(world)
    assert ORDERS == len(seen)
    answered = {n for n, order in seen.items() if instant(order["answered_at"]) > began}
    firsts = {int(asked.numbers[0][2:]) for asked in world.cainiao.asked if asked.mode is mode}
    if mode in NO_ANSWER:
        assert set() == answered
    elif mode in WRONG_IN_PART:
        # Who was the first of a request may have been answered about in another one.
        assert set(seen) - firsts <= answered < set(seen)
    else:
        assert set(seen) == answered
    for n, order in seen.items():
        assert "accepted" == order["stage"]
        assert START <= instant(order["answered_at"]) <= world.now
        silence = instant(order["answered_at"]) - last_scan(n)
        assert silence.days == order["silent_days"]
    return seen


@pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.FINE}))
def test_a_bad_answer_is_neither_silence_nor_news(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    """All are looked at while the source is at its worst, and some when it is not."""
    ids = [f"{n:02}" for n in range(ORDERS)]
    began = world.now
    world.advance(hours=4)
    world.cainiao.be(mode)
    with monkeypatch.context() as patch:
        if mode in NEVER_ENDS:
            hasty = Cainiao(world.cainiao.url, total_seconds=0.2)
            patch.setattr(world.handlers["pull_tracking"], "source", lambda *_: hasty)
        world.pull(*ids)
    world.pump()
    seen = check_honest(world, began, mode)
    due = {n for n, order in seen.items() if order["silent_days"] >= 12}
    assert sorted(("stalled", n) for n in due) == sent(world)

    world.cainiao.be(Mode.FINE)
    world.advance(hours=1)
    again = ids[:10]
    assert len(again) == world.pull(*again)["checked"]
    world.pump()
    later = {int(n) for n in again if int(n) % 2} - due
    assert sorted(("stalled", n) for n in later) == sent(world)
    for message in post.published:
        check_message(message)


@pytest.mark.parametrize("mode", [Mode.BLOCK_PAGE, Mode.STATUS_500, Mode.MISSING_NUMBER])
def test_everything_goes_on_by_itself(world: World, mode: Mode) -> None:
    """Bad for more than a day, by the schedule alone; then the source behaves again."""
    began = world.now
    world.cainiao.be(mode)
    live(world, 27)

    ended = world.now
    seen = check_honest(world, began, mode)
    due = [("stalled", n) for n, order in seen.items() if order["silent_days"] >= 12]
    down = [("source_down", -1)] if mode in NO_ANSWER else []
    told = sent(world)
    assert sorted(due + down) == told

    tell(world, (ended, "LH_DEPART"))
    world.cainiao.be(Mode.FINE)
    live(world, 36)

    for order in orders(world).values():
        assert "departed_origin" == order["stage"]
        assert world.now - instant(order["answered_at"]) <= DAY
    up = [("source_up", -1)] if down else []
    over = [("moving_again", n) for kind, n in told if kind == "stalled"]
    assert sorted(up + over) == sent(world)


def check_message(message: dict[str, str]) -> None:
    """What AWS takes, and what no text from outside has bent."""
    texts = json.loads(message["Message"])
    assert len(message["Subject"]) <= 100
    assert message["Subject"].isascii()
    assert message["Subject"].isprintable()
    assert sum(1 + (c in GSM7_TWICE) for c in texts["sms"]) <= 160
    assert set(texts["sms"]) <= GSM7 | GSM7_TWICE
    for text in (texts["email"], texts["sms"], *strings(json.loads(texts["default"]))):
        odd = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}}
        assert odd <= {"\n"}, text


def strings(value: Any) -> Iterator[str]:
    """The texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)
