"""How the stories begin: the orders that are there, and what the source knows of them."""

from datetime import timedelta
from typing import Any

from stallwatch.alerting.subscribers import Preference
from stallwatch.dynamodb.subscribers import DynamoSubscriberStore
from stallwatch.dynamodb.table import Table
from tests.faults.journeys import Journey
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.story_steps import A, B, C, X, add, at, days, events, next_turn, settle, turn_of

UNBLOCKED = EPOCH + timedelta(days=1.5)
RECOVERED = EPOCH + timedelta(days=5)


def young(world: World) -> None:
    world.journeys[A] = Journey(events((3, "PU_PICKUP_SUCCESS"), (1, "LH_DEPART")))


def silent(world: World) -> None:
    """An order that will be stalled at its next turn but one."""
    world.journeys[A] = Journey(events((15, "PU_PICKUP_SUCCESS"), (11.6, "SC_INBOUND_SUCCESS")))
    add(world, "a", A, 16)
    settle(world)


def spoken_of(world: World) -> None:
    """The same, and somebody wants to be told in Spanish, somebody in German."""
    silent(world)
    client: Any = world.db
    subscribers = DynamoSubscriberStore(Table(client, world.db.name))
    for name, language in (("1", "es"), ("2", "de")):
        subscribers.keep(name, Preference(None, None, language), world.now)


def two_silent(world: World) -> None:
    """Two orders that sit in one slot and will be stalled at its next turn but one."""
    for order_id, number in (("a", A), (X, B)):
        world.journeys[number] = Journey(
            events((15, "PU_PICKUP_SUCCESS"), (11.6, "SC_INBOUND_SUCCESS"))
        )
        add(world, order_id, number, 16)
    settle(world)
    assert next_turn(world, "a") == next_turn(world, X)


def three_late(world: World) -> None:
    """Three orders of which each comes past its window within the day."""
    for order_id, number in (("a", A), ("b", B), ("c", C)):
        world.journeys[number] = Journey(events((25.7, "PU_PICKUP_SUCCESS"), (2, "GTMS_ACCEPT")))
        add(world, order_id, number, 27)
    settle(world)


def alarmed(world: World) -> None:
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


def protected(world: World) -> None:
    """An order whose protection comes near at midnight, while the source is blocked."""
    world.journeys[A] = Journey(events((9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")))
    add(world, "a", A, 10, protection_ends_on=(EPOCH + days(6)).date().isoformat())
    settle(world)
    world.source_mode = lambda now: "blocked" if now < UNBLOCKED else "fine"


def owed(world: World) -> None:
    """An order whose refund is due from midnight on: its protection ends today."""
    world.journeys[A] = Journey(events((9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")))
    add(world, "a", A, 20, protection_ends_on=EPOCH.date().isoformat())
    settle(world)
    assert ["protection_ending"] == [p.kind for p in world.published]


def delivered(world: World) -> None:
    """An order that the carrier says was delivered."""
    world.journeys[A] = Journey(
        events((9, "PU_PICKUP_SUCCESS"), (5, "LH_DEPART"), (0.1, "GTMS_SIGNED"))
    )
    add(world, "a", A, 10)
    settle(world)
    assert ["delivered"] == [p.kind for p in world.published]


def delivered_by_status(world: World) -> None:
    """An order of which the status alone says that it was delivered, and soon takes it back."""
    world.journeys[A] = Journey(
        events((9, "PU_PICKUP_SUCCESS"), (5, "LH_DEPART"), (1, "GTMS_ACCEPT")),
        statuses=((EPOCH - days(1), True), (EPOCH + at(hours=1), False)),
    )
    add(world, "a", A, 10)
    settle(world)
    assert ["delivered"] == [p.kind for p in world.published]


def failing(world: World) -> None:
    """A parcel on its way whose source will fail for five days."""
    young(world)
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


def near_a_claim(world: World, *second: tuple[float, str]) -> None:
    """An order that was told to be stalled, and opens a claim at its next turn but one."""
    departed = 59.2
    world.journeys[A] = Journey(events((70, "PU_PICKUP_SUCCESS"), (departed, "LH_DEPART")))
    world.second_journeys[A] = Journey(events((departed, "InTransit_Departure"), *second))
    add(world, "a", A, 75)
    settle(world)
    assert ["stalled"] == [p.kind for p in world.published]


def delivered_unseen(world: World) -> None:
    """The same, but the second source knows that the parcel was delivered."""
    near_a_claim(world, (3, "Delivered_Other"))


def given_up(world: World) -> None:
    """A silent order whose evaluation is given up on as it is stalled."""
    silent(world)
    turn_of("a")(world)
    settle(world)
    turn_of("a")(world)
    world.give_up()


def numberless(world: World) -> None:
    """An order without a number that is eleven days old at midnight."""
    add(world, "a", None, 10)
    settle(world)
