"""The steps that stories are made of: ticks, deliveries of the stream, requests of the buyer."""

from collections.abc import Callable
from datetime import datetime, timedelta

from stallwatch.tracking.schedule import CADENCES, NEW, PollSchedule
from tests.faults.simulated_stack import EPOCH, World

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


def redrive(world: World) -> None:
    """What was given up on is done again."""
    world.redrive()
