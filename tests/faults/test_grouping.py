"""Many orders at once: how many messages come of it, from the API to the inbox.

The functions run beside each other: while the poll waits for its next request, orders are added,
and the stream's records are delivered in their window.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.faults.journeys import Journey
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.wired_handlers import running
from tests.local.demo_parcels import PARCELS, SPEAKER
from tests.support.template import template

CHANGES = template()["Resources"]["EvaluateOrdersFunction"]["Properties"]["Events"]["Changes"]
WINDOW = timedelta(seconds=CHANGES["Properties"]["MaximumBatchingWindowInSeconds"])
BATCH = CHANGES["Properties"]["BatchSize"]
TICK = timedelta(minutes=15)

Scans = Sequence[tuple[float, str]]
"""How many days ago a parcel was scanned, and with what code."""


@dataclass
class Arrival:
    """An order, and when it is added."""

    at: datetime
    number: str
    body: dict[str, Any]


class Rush:
    """Orders that are added one after the other while everything else goes on."""

    def __init__(self, world: World, arrivals: Iterable[Arrival]) -> None:
        self.world = world
        self.arrivals = list(arrivals)
        self._waiting_since: datetime | None = None
        self._busy = False
        world.on_call = self.meanwhile

    def meanwhile(self, _: str = "") -> None:
        """What the other functions do until now."""
        if self._busy:
            return
        self._busy = True
        world = self.world
        while self.arrivals and self.arrivals[0].at <= world.now:
            arrival = self.arrivals.pop(0)
            assert 201 == world.api("POST", "/orders", arrival.body)["statusCode"]
        if not world.stream:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = world.now
        elif world.now - self._waiting_since >= WINDOW or len(world.stream) >= BATCH:
            self._waiting_since = None
            world.deliver()
        self._busy = False

    def live(self, until: datetime) -> None:
        """Let time pass: the schedule ticks, and an order that was added starts a poll."""
        world, next_tick = self.world, self.world.now + TICK
        while world.now < until:
            self.meanwhile()
            if world.nudges or world.now >= next_tick:
                next_tick = next_tick if world.nudges else next_tick + TICK
                world.nudges = 0
                world.pull()
            quiet = not self.arrivals and not world.stream
            world.now = min(next_tick, until) if quiet else world.now + timedelta(seconds=1)


@contextmanager
def rush(
    parcels: Iterable[tuple[str, int, Scans, dict[str, Any]]], every: timedelta
) -> Iterator[Rush]:
    """Parcels (id, days since the order, scans, fields) that are added one after the other."""
    world = World(EPOCH, remember=False)
    arrivals = []
    for n, (order_id, ordered_ago, scans, fields) in enumerate(parcels):
        number = f"LP{n:014}"
        shown = tuple((EPOCH - timedelta(days=100), EPOCH - timedelta(days=a), c) for a, c in scans)
        world.journeys[number] = Journey(shown)
        body = {
            "order_id": order_id,
            "ordered_on": str((EPOCH - timedelta(days=ordered_ago)).date()),
            "tracking_number": number,
            "destination": "DE",
            **fields,
        }
        arrivals.append(Arrival(EPOCH + n * every, number, body))
    logging.disable(logging.WARNING)
    try:
        with running(world):
            yield Rush(world, arrivals)
    finally:
        logging.disable(logging.NOTSET)


FATES: tuple[tuple[str, Scans], ...] = (
    ("delivered", ((9, "PU_PICKUP_SUCCESS"), (0.1, "GTMS_SIGNED"))),
    ("action_needed", ((9, "PU_PICKUP_SUCCESS"), (0.1, "GTMS_STA_SIGNED"))),
    ("refund_claim", ((70, "PU_PICKUP_SUCCESS"), (61, "LH_DEPART"))),
    ("stalled", ((28, "PU_PICKUP_SUCCESS"), (20, "LH_DEPART"))),
    ("", ((5, "PU_PICKUP_SUCCESS"), (1, "LH_DEPART"))),
)
"""What comes of a parcel at once, and its scans."""


def test_three_hundred_orders_within_a_minute_make_at_most_a_dozen_messages() -> None:
    """Four of five have something to say, of four kinds; each is told of once, and within the hour.

    Fifty go into one message, so that eight is the least.
    """
    many: Iterator[tuple[str, int, Scans, dict[str, Any]]] = (
        (f"o{n}", 75, FATES[n % len(FATES)][1], {}) for n in range(300)
    )
    with rush(many, timedelta(seconds=0.2)) as rushed:
        rushed.live(EPOCH + timedelta(hours=1))
        published = rushed.world.published
    assert {
        (f"o{n}", FATES[n % len(FATES)][0]): 1 for n in range(300) if FATES[n % 5][0]
    } == Counter((order, message.kind) for message in published for order in message.orders)
    assert 8 <= len(published) <= 12


def test_the_first_day_of_the_demonstration_makes_one_message_a_kind() -> None:
    """All of its parcels are added at once, and a day goes by."""
    parcels = [
        (
            parcel.order_id,
            parcel.ordered_ago,
            parcel.scans,
            {"service": parcel.service}
            | (
                {}
                if parcel.protection_in is None
                else {
                    "protection_ends_on": str((EPOCH + timedelta(days=parcel.protection_in)).date())
                }
            ),
        )
        for parcel in (*PARCELS, SPEAKER)
    ]
    with rush(parcels, timedelta(seconds=1)) as rushed:
        rushed.live(EPOCH + timedelta(days=1))
        kinds = Counter(message.kind for message in rushed.world.published)
    assert kinds.keys() >= {"stalled", "action_needed", "delivered", "refund_claim", "late"}
    assert {1} == set(kinds.values())
