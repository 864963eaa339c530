"""What a year holds before it begins: parcels, outages, deployments and clocks that go wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from tests.faults.nights import NO_NIGHTS, Nights, digests_between
from tests.faults.random_parcels import Parcel, parcels
from tests.faults.strict_source import Outage

BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
DAYS = timedelta(days=1)


@dataclass(frozen=True)
class Deployment:
    """From when on the stack has which parameters."""

    at: datetime
    every: int
    """Minutes from tick to tick."""
    turn: int
    """Minutes of a turn of the wheel."""
    per_minute: int = 60
    batch: int = 10


@dataclass(frozen=True)
class Shift:
    """A time in which the functions' clock is wrong."""

    begin: datetime
    end: datetime
    by: timedelta


@dataclass(frozen=True)
class Plan:
    """What happens in a year."""

    seed: int
    end: datetime
    parcels: tuple[Parcel, ...]
    outages: tuple[Outage, ...]
    deployments: tuple[Deployment, ...]
    shifts: tuple[Shift, ...]
    nights: Nights = NO_NIGHTS
    digests: tuple[datetime, ...] = ()
    """The instants that digests are scheduled for."""

    def clock(self, at: datetime) -> datetime:
        """What the functions' clock shows at an instant."""
        return at + sum((s.by for s in self.shifts if s.begin <= at < s.end), timedelta())

    def true_time(self, shown: datetime, until: datetime) -> datetime:
        """The instant at which the functions' clock showed a time, not after some other instant."""
        for by in dict.fromkeys((timedelta(), *(shift.by for shift in self.shifts))):
            at = shown - by
            if at <= until and self.clock(at) == shown:
                return at
        return shown

    def deployments_between(self, since: datetime, until: datetime) -> list[Deployment]:
        """What was deployed at some time between two instants."""
        before = [d for d in self.deployments if d.at <= since]
        return [*before[-1:], *(d for d in self.deployments if since < d.at <= until)]


def plan(
    seed: int,
    orders: int,
    days: int,
    *,
    every: int = 15,
    nights: Nights = NO_NIGHTS,
    digest: str = "",
) -> Plan:
    """A year, or a part of one.

    Args:
        seed: What it is drawn from.
        orders: How many orders are added in it.
        days: How long it is.
        every: Minutes from tick to tick, most of the time.
        nights: The quiet hours.
        digest: `daily` or `weekly`, at eight in the zone of the nights; empty for none.
    """
    random = Random(seed)  # noqa: S311
    end = BEGIN + days * DAYS
    outages = tuple(_outages(random, days))
    turn = max(every, 30)
    return Plan(
        seed=seed,
        end=end,
        parcels=tuple(parcels(random, orders, BEGIN, end)),
        outages=outages,
        deployments=(
            Deployment(BEGIN, every, turn),
            *_deployments(random, days, outages, every, turn),
        ),
        shifts=tuple(_shifts(random, days, outages)),
        nights=nights,
        digests=tuple(digests_between(BEGIN, end, digest, nights.zone)),
    )


_OUTAGES = (
    *((0.05, "down"), (0.1, "blocked"), (0.3, "slow"), (0.6, "down"), (1.5, "blocked")),
    *((3.5, "blocked"), (9, "down"), (16, "blocked")),
)
"""How many days each lasts, and what it is like."""


def _outages(random: Random, days: int) -> Iterator[Outage]:
    """Some for each part of the year, never two at once."""
    drawn = list(_OUTAGES)
    random.shuffle(drawn)
    for part, (length, how) in enumerate(drawn):
        room = days / len(drawn)
        lasts = min(length * random.uniform(0.8, 1), room * 0.7)
        begin = BEGIN + (part * room + random.uniform(0.1, room - lasts)) * DAYS
        yield Outage(begin, begin + lasts * DAYS, how)


def _deployments(
    random: Random, days: int, outages: Sequence[Outage], every: int, turn: int
) -> Iterator[Deployment]:
    """Other parameters for some days, and the usual ones again; one in the longest outage."""
    longest = max(outages, key=lambda outage: outage.end - outage.begin)
    instants = [longest.begin + (longest.end - longest.begin) / 2]
    instants += [BEGIN + random.uniform(0, days) * DAYS for _ in range(4)]
    found = []
    for at in instants:
        other = Deployment(
            at=at,
            every=random.choice([10, 30, 60]) if every < 60 else 30,
            turn=random.choice([5, 10, 15, 20, 60]),
            per_minute=random.choice([20, 45, 100]),
            batch=random.choice([3, 20, 40]),
        )
        usual = Deployment(at + random.uniform(1, 6) * DAYS, every, turn)
        found += [other, usual]
    yield from sorted(found, key=lambda deployment: deployment.at)


def _shifts(random: Random, days: int, outages: Sequence[Outage]) -> Iterator[Shift]:
    """A clock that goes ahead or behind, while the source answers: who is told to stay away for
    half an hour can only go by the clock."""
    for by in (90, -300, 1200, -20):
        begin = BEGIN + random.uniform(0, days) * DAYS
        end = begin + random.uniform(0.1, 3) * DAYS
        if not any(o.begin < end + 2 * DAYS and begin < o.end + 2 * DAYS for o in outages):
            yield Shift(begin, end, timedelta(seconds=by))
