"""Stories: what happens to some orders, step by step, and what must have been sent in the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from stallwatch.alerting.subscriptions import Preference
from stallwatch.dynamodb.subscribers import DynamoSubscriberStore
from stallwatch.dynamodb.table import Table
from stallwatch.tracking.schedule import CADENCES, NEW, PollSchedule
from tests.faults.simulated_stack import EPOCH, Journey, World

Step = Callable[[World], None]

A, B, C = "LP00000000000001", "LP00000000000002", "LP00000000000003"
ANOTHER = "CNG00000000000009"

X = next(
    name
    for name in (f"x{n}" for n in range(10_000))
    if all(
        PollSchedule(30).slot(name, hours) == PollSchedule(30).slot("a", hours)
        for hours in CADENCES
    )
)
"""An order that sits in the slots of the order `a`."""

NIGHT, MORNING = "05:30-06:45", EPOCH + timedelta(hours=21, minutes=6)
"""Quiet hours in which the order `a` is stalled, and when they have ended."""

UNBLOCKED = EPOCH + timedelta(days=1.5)
TOLD = EPOCH + timedelta(days=2)
RECOVERED = EPOCH + timedelta(days=5)
REMINDED = EPOCH + timedelta(days=10)
"""The day on which a dispute about a delivery of today is reminded of."""


@dataclass(frozen=True)
class Story:
    """A story: how it begins without any fault, and the steps in which something may go wrong."""

    name: str
    begin: Callable[[World], None]
    steps: tuple[Step, ...]
    sent: frozenset[tuple[str, str]]
    """What must be sent: order and kind."""
    optional: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """What may be sent, when a fault delays what makes it needless."""
    languages: tuple[str, ...] = ("",)
    """In which each alert goes out; an empty one stands for the stack's."""
    fine_from: datetime = EPOCH
    """When the source's last outage is over."""
    second: bool = False
    """Whether a second source is configured."""
    redriven: bool = False
    """Whether what was given up on is done again at the end; else the world must do without it."""
    quiet_hours: str = ""
    """In UTC, when nothing may be said; they do not cross midnight."""


def days(number: float) -> timedelta:
    return timedelta(days=number)


def events(
    *shown: tuple[float, str], seen: float = 100
) -> tuple[tuple[datetime, datetime, str], ...]:
    """Events so many days before the story, shown to us since `seen` days before it."""
    return tuple((EPOCH - days(seen), EPOCH - days(ago), code) for ago, code in shown)


def _body(order_id: str, number: str | None, ordered_ago: int) -> dict[str, object]:
    return {
        "order_id": order_id,
        "ordered_on": (EPOCH - days(ordered_ago)).date().isoformat(),
        "destination": "DE",
        **({"tracking_number": number} if number else {}),
    }


def add(world: World, order_id: str, number: str | None, ordered_ago: int, **more: object) -> None:
    """Add an order through the API."""
    answer = world.api("POST", "/orders", _body(order_id, number, ordered_ago) | more)
    assert answer is not None
    assert 201 == answer["statusCode"], answer


def settle(world: World) -> None:
    """Let the pull and the evaluation do all there is to do now."""
    world.pull()
    while world.deliver():
        pass


def at(**duration: float) -> timedelta:
    return timedelta(**duration)


def deliver(world: World) -> None:
    """The stream's records are delivered, as they come."""
    world.deliver()


def request(method: str, path: str, body: object = None) -> Step:
    """The buyer's request; who gets no answer asks again."""

    def step(world: World) -> None:
        for _ in range(4):
            answer = world.api(method, path, body)
            if answer is not None and answer["statusCode"] < 500:
                return

    return step


def order(order_id: str, number: str, ordered_ago: int) -> Step:
    """The buyer adds an order."""
    return request("POST", "/orders", _body(order_id, number, ordered_ago))


def nudged(world: World) -> None:
    """The run that a new order has started."""
    if world.nudges:
        world.nudges = 0
        world.pull()


def next_turn(world: World, order_id: str) -> datetime:
    """When the slot of an order has its turn next; soon, where it is in none."""
    watch = world.db.items.get((f"ORDER#{order_id}", "WATCH"), {})
    slot = watch.get("slot", {"S": NEW})["S"]
    return PollSchedule(30).next_turn(slot, world.now) or world.now + timedelta(minutes=15)


def turn_of(order_id: str) -> Step:
    """The tick in which an order's slot has its turn."""

    def tick(world: World) -> None:
        world.now = next_turn(world, order_id) + timedelta(seconds=1)
        world.tick()

    return tick


def tick_at(instant: datetime) -> Step:
    """The first tick after an instant."""

    def tick(world: World) -> None:
        world.now = max(world.now, instant + timedelta(seconds=1))
        world.tick()

    return tick


def digest_at(instant: datetime) -> Step:
    """The digest of an instant: Lambda tries it three times, and the redrive once more."""

    def digest(world: World) -> None:
        world.now = max(world.now, instant)
        for _ in range(4):
            if world.make_digest(instant) is not None:
                return
            world.now += timedelta(minutes=1)

    return digest


def _young(world: World) -> None:
    world.journeys[A] = Journey(events((3, "PU_PICKUP_SUCCESS"), (1, "LH_DEPART")))


def _silent(world: World) -> None:
    """An order that will be stalled at its next turn but one."""
    world.journeys[A] = Journey(events((15, "PU_PICKUP_SUCCESS"), (11.6, "SC_INBOUND_SUCCESS")))
    add(world, "a", A, 16)
    settle(world)


def _spoken_of(world: World) -> None:
    """The same, and somebody wants to be told in Spanish, somebody in German."""
    _silent(world)
    client: Any = world.db
    subscribers = DynamoSubscriberStore(Table(client, world.db.name))
    for name, language in (("1", "es"), ("2", "de")):
        subscribers.keep(name, Preference(None, None, language), world.now)


def _two_silent(world: World) -> None:
    """Two orders that sit in one slot and will be stalled at its next turn but one."""
    for order_id, number in (("a", A), (X, B)):
        world.journeys[number] = Journey(
            events((15, "PU_PICKUP_SUCCESS"), (11.6, "SC_INBOUND_SUCCESS"))
        )
        add(world, order_id, number, 16)
    settle(world)
    assert next_turn(world, "a") == next_turn(world, X)


def _three_late(world: World) -> None:
    """Three orders of which each comes past its window within the day."""
    for order_id, number in (("a", A), ("b", B), ("c", C)):
        world.journeys[number] = Journey(events((25.7, "PU_PICKUP_SUCCESS"), (2, "GTMS_ACCEPT")))
        add(world, order_id, number, 27)
    settle(world)


def _alarmed(world: World) -> None:
    """An order that was told to be stalled, and moves tomorrow."""
    world.journeys[A] = Journey(
        (
            *events((28, "PU_PICKUP_SUCCESS"), (20, "LH_DEPART")),
            (EPOCH + at(hours=1), EPOCH + at(minutes=30), "LH_ARRIVE"),
        )
    )
    add(world, "a", A, 30)
    settle(world)
    assert ["stalled"] == [p.kind for p in world.published]


def _protected(world: World) -> None:
    """An order whose protection comes near at midnight, while the source is blocked."""
    world.journeys[A] = Journey(events((9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")))
    add(world, "a", A, 10, protection_ends_on=(EPOCH + days(6)).date().isoformat())
    settle(world)
    world.source_mode = lambda now: "blocked" if now < UNBLOCKED else "fine"


def _owed(world: World) -> None:
    """An order whose refund is due from midnight on: its protection ends today."""
    world.journeys[A] = Journey(events((9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")))
    add(world, "a", A, 20, protection_ends_on=EPOCH.date().isoformat())
    settle(world)
    assert ["protection_ending"] == [p.kind for p in world.published]


def _delivered(world: World) -> None:
    """An order that the carrier says was delivered."""
    world.journeys[A] = Journey(
        events((9, "PU_PICKUP_SUCCESS"), (5, "LH_DEPART"), (0.1, "GTMS_SIGNED"))
    )
    add(world, "a", A, 10)
    settle(world)
    assert ["delivered"] == [p.kind for p in world.published]


def _delivered_by_status(world: World) -> None:
    """An order of which the status alone says that it was delivered, and soon takes it back."""
    world.journeys[A] = Journey(
        events((9, "PU_PICKUP_SUCCESS"), (5, "LH_DEPART"), (1, "GTMS_ACCEPT")),
        statuses=((EPOCH - days(1), True), (EPOCH + at(hours=1), False)),
    )
    add(world, "a", A, 10)
    settle(world)
    assert ["delivered"] == [p.kind for p in world.published]


def _failing(world: World) -> None:
    """A parcel on its way whose source will fail for five days."""
    _young(world)
    add(world, "a", A, 4)
    settle(world)
    world.source_mode = lambda now: "down" if now < RECOVERED else "fine"


def collectable(world: World) -> None:
    """An order that waits at a pickup point, as was told, so that a digest has something to say."""
    world.journeys[A] = Journey(
        events((9, "PU_PICKUP_SUCCESS"), (5, "LH_DEPART"), (0.1, "GTMS_STA_SIGNED"))
    )
    add(world, "a", A, 10)
    settle(world)
    assert ["action_needed"] == [p.kind for p in world.published]


def _near_a_claim(world: World, *second: tuple[float, str]) -> None:
    """An order that was told to be stalled, and opens a claim at its next turn but one."""
    departed = 59.2
    world.journeys[A] = Journey(events((70, "PU_PICKUP_SUCCESS"), (departed, "LH_DEPART")))
    world.second_journeys[A] = Journey(events((departed, "InTransit_Departure"), *second))
    add(world, "a", A, 75)
    settle(world)
    assert ["stalled"] == [p.kind for p in world.published]


def _delivered_unseen(world: World) -> None:
    """The same, but the second source knows that the parcel was delivered."""
    _near_a_claim(world, (3, "Delivered_Other"))


def _given_up(world: World) -> None:
    """A silent order whose evaluation is given up on as it is stalled."""
    _silent(world)
    turn_of("a")(world)
    settle(world)
    turn_of("a")(world)
    world.give_up()


def redrive(world: World) -> None:
    """What was given up on is done again."""
    world.redrive()


def _numberless(world: World) -> None:
    """An order without a number that is eleven days old at midnight."""
    add(world, "a", None, 10)
    settle(world)


_OUTAGE = frozenset({("", "source_down"), ("", "source_up")})
"""Where the one order is asked about once a day, two requests that failed are a day's outage."""

STORIES = (
    Story(
        "new order",
        _young,
        (
            order("a", A, 4),
            deliver,
            nudged,
            deliver,
            deliver,
        ),
        frozenset(),
    ),
    Story(
        "stalled",
        _silent,
        (turn_of("a"), deliver, deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled")}),
    ),
    Story(
        "three languages",
        _spoken_of,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled")}),
        languages=("", "de", "es"),
    ),
    Story(
        "two in one mail",
        _two_silent,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled"), (X, "stalled")}),
    ),
    Story(
        "three late",
        _three_late,
        (turn_of("a"), deliver, turn_of("b"), deliver, turn_of("c"), deliver),
        frozenset({("a", "late"), ("b", "late"), ("c", "late")}),
    ),
    Story(
        "moving again",
        _alarmed,
        (turn_of("a"), deliver, deliver),
        frozenset({("a", "stalled"), ("a", "moving_again")}),
    ),
    Story(
        "deadline while blocked",
        _protected,
        (turn_of("a"), deliver, turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "protection_ending"), ("", "source_down"), ("", "source_up")}),
        fine_from=UNBLOCKED,
    ),
    Story(
        "refund due",
        _owed,
        (tick_at(EPOCH + days(0.7)), deliver, turn_of("a"), deliver),
        frozenset({("a", "protection_ending"), ("a", "refund_due")}),
    ),
    Story(
        "delivered and not received",
        _delivered,
        (
            request("POST", "/orders/a/actions", {"action": "not_received"}),
            deliver,
            tick_at(REMINDED),
            deliver,
            turn_of("a"),
            deliver,
        ),
        frozenset({("a", "delivered"), ("a", "reminder")}),
    ),
    Story(
        "delivery withdrawn",
        _delivered_by_status,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "delivered"), ("a", "moving_again")}),
    ),
    Story(
        "source down and up",
        _failing,
        (turn_of("a"), deliver, tick_at(TOLD), deliver, turn_of("a"), deliver),
        frozenset({("", "source_down"), ("", "source_up")}),
        fine_from=RECOVERED,
    ),
    Story(
        "no number",
        _numberless,
        (turn_of("a"), deliver, deliver),
        frozenset({("a", "never_scanned")}),
    ),
    Story(
        "claim with a second source",
        _near_a_claim,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled"), ("a", "refund_claim")}),
        optional=_OUTAGE,
        second=True,
    ),
    Story(
        "delivered, as the second source knows",
        _delivered_unseen,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled"), ("a", "delivered")}),
        optional=_OUTAGE,
        second=True,
    ),
    Story(
        "redriven",
        _given_up,
        (redrive, deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled")}),
        redriven=True,
    ),
    Story(
        "held at night",
        _silent,
        (turn_of("a"), deliver, turn_of("a"), deliver, tick_at(MORNING), deliver),
        frozenset({("a", "stalled")}),
        quiet_hours=NIGHT,
    ),
    Story(
        "two held at night",
        _two_silent,
        (turn_of("a"), deliver, turn_of("a"), deliver, tick_at(MORNING), deliver),
        frozenset({("a", "stalled"), (X, "stalled")}),
        quiet_hours=NIGHT,
    ),
    Story(
        "digest",
        collectable,
        (digest_at(EPOCH + at(minutes=35)), tick_at(EPOCH + at(minutes=50)), deliver),
        frozenset({("a", "action_needed"), ("", "digest")}),
    ),
    Story(
        "digest at night",
        collectable,
        (digest_at(EPOCH + at(minutes=35)), deliver, tick_at(EPOCH + at(minutes=70)), deliver),
        frozenset({("a", "action_needed"), ("", "digest")}),
        quiet_hours="10:00-10:45",
    ),
    Story(
        "forgotten while an alert is pending",
        _silent,
        (turn_of("a"), request("DELETE", "/orders/a"), deliver, deliver),
        frozenset(),
        optional=frozenset({("a", "stalled")}),
    ),
    Story(
        "forgotten and added again",
        _silent,
        (
            request("DELETE", "/orders/a"),
            deliver,
            order("a", A, 16),
            deliver,
            nudged,
            deliver,
        ),
        frozenset({("a", "stalled")}),
    ),
    Story(
        "another number",
        _silent,
        (
            request("PATCH", "/orders/a", {"tracking_number": ANOTHER}),
            deliver,
            nudged,
            deliver,
            turn_of("a"),
            deliver,
        ),
        frozenset(),
        optional=frozenset({("a", "stalled")}),
    ),
    Story(
        "muted and reopened",
        _silent,
        (
            request("POST", "/orders/a/actions", {"action": "dispute_opened"}),
            deliver,
            turn_of("a"),
            deliver,
            request("POST", "/orders/a/actions", {"action": "reopen"}),
            deliver,
            turn_of("a"),
            deliver,
        ),
        frozenset({("a", "stalled")}),
    ),
)
