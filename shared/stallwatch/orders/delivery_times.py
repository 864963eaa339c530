"""What the own parcels have shown: how long they took, and how silent they were on the way.

Each order counts once, at its first delivery, under its service and destination. What is kept are
histograms by whole days, from which every percentile can be read exactly, however many parcels
there are. The rules do not follow them: they stay the guide's.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from stallwatch.domain.clock import whole_days
from stallwatch.domain.orders import Order, Service
from stallwatch.rules.decision import Decision

ENOUGH = 30
"""How many parcels it takes before a message speaks of them."""


MOST_DAYS = 400
"""What took longer is counted as this long."""


@dataclass(frozen=True, slots=True)
class DeliverySample:
    """What one order has shown by its first delivery."""

    service: Service
    destination: str
    days: int
    """From its first scan to the delivery."""
    silence: int
    """The longest time between two updates on the way."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many parcels took how many days."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def parcels(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def percentile(self, share: int) -> int | None:
        """The days within which so many per cent of the parcels stayed; None where there is none.

        The smallest number of days that at least that share did not exceed.
        """
        days = sorted(self.counts)
        reached = accumulate(self.counts[day] for day in days)
        parcels = self.parcels
        return next(
            (day for day, n in zip(days, reached, strict=True) if n * 100 >= share * parcels), None
        )


@dataclass(frozen=True, slots=True)
class DeliveryStats:
    """What the parcels of one service to one destination have shown."""

    days: Histogram = Histogram()
    silences: Histogram = Histogram()

    def after(self, lived: DeliverySample) -> "DeliveryStats":
        """With one more parcel."""
        return DeliveryStats(_with(self.days, lived.days), _with(self.silences, lived.silence))


def lived_of(order: Order, decision: Decision) -> DeliverySample | None:
    """What an order has shown; None where it was not delivered, or was not seen before that."""
    journey = decision.journey
    begun, ended = journey.dispatched, journey.delivered_at
    if begun is None or ended is None or ended <= begun:
        return None
    return DeliverySample(
        service=decision.service,
        destination=order.destination,
        days=min(whole_days(begun, ended), MOST_DAYS),
        silence=min(journey.longest_silence.days, MOST_DAYS),
    )


def _with(histogram: Histogram, days: int) -> Histogram:
    return Histogram(Counter(histogram.counts) + Counter({days: 1}))
