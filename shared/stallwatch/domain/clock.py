"""domain.clock."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

DAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def midnight(day: date) -> datetime:
    """The instant at which a date begins: 00:00 UTC."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def whole_days(since: datetime, until: datetime) -> int:
    """Whole 24-hour days from one instant to another, rounded down, never negative."""
    return max((until - since).days, 0)


@lru_cache(maxsize=256)
def days(number: int) -> timedelta:
    """A number of days as a duration."""
    return timedelta(days=number)


@lru_cache(maxsize=256)
def hours(number: int) -> timedelta:
    """A number of hours as a duration."""
    return timedelta(hours=number)


LEASE_MARGIN = timedelta(seconds=30)
"""How much longer a lease is than what its holder has left to run."""


class Clock(Protocol):
    """The time, and how much of it a run has left."""

    def now(self) -> datetime:
        """The present instant, UTC."""

    def sleep(self, duration: timedelta) -> None:
        """Wait."""

    def remaining(self) -> timedelta:
        """How long the run may still take."""


def epoch_minutes(instant: datetime) -> int:
    """Minutes since 1970, rounded down: how instants stand in the watch's rows.

    What is waited for there may come some seconds after its minute has begun. To look a moment too
    early costs a write; to pass over the one look in that minute would cost a whole cadence.
    """
    return int(instant.timestamp()) // 60


def from_epoch_minutes(minutes: int) -> datetime:
    """The instant of a number of minutes since 1970."""
    return datetime.fromtimestamp(minutes * 60, UTC)
