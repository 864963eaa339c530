"""What the runs of the poll work with: watch rows, progress, lease, silence, pace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stallwatch.domain.clock import epoch_minutes
from stallwatch.tracking.run_log import LastRun
from stallwatch.tracking.schedule import Turn


@dataclass(frozen=True, slots=True)
class WatchRow:
    """An order as the watch lists it."""

    order_id: str
    slot: str
    number: str | None
    fingerprint: bytes | None
    """Of the answer that the evaluation has seen."""
    rule_at: int | None
    """From when on a valid answer makes the evaluation look again; epoch minutes."""
    clock_at: int | None
    """From when on it looks again in any case; epoch minutes. None: it has not looked yet."""
    gone: bool = False
    """The order was forgotten; what is left of it is to be cleared away."""
    second_at: int | None = None
    """From when on the second source is to be asked too; epoch minutes."""


def is_due(row: WatchRow, now: datetime) -> bool:
    """Whether the evaluation must run again once there is a valid answer about an order."""
    return is_clock_due(row, now) or (row.rule_at is not None and row.rule_at <= epoch_minutes(now))


def is_clock_due(row: WatchRow, now: datetime) -> bool:
    """Whether the evaluation must run again for an order in any case."""
    return row.gone or row.clock_at is None or row.clock_at <= epoch_minutes(now)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a run that ran out of time stopped."""

    turn: Turn
    began: datetime
    slot: str = ""
    order_id: str = ""
    """The first order of the slot that was not served."""
    due: int = 0
    checked: int = 0
    answered: bool = True
    silent: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """What one run of the poll leaves to the next."""

    done_until: datetime | None = None
    """The end of the last turn that was served."""
    cursor: Cursor | None = None
    asked_at: datetime | None = None
    """When the last request was sent."""
    turns: Mapping[str, LastRun] = field(default_factory=dict)
    turn_lengths: tuple[int, ...] = ()
    """The turn lengths, in minutes, by which orders may have been put into slots."""
    woken_at: datetime | None = None
    """When a run woke the evaluation last because the day was over."""
    reviewed_version: int = 0
    """The version of the stored data up to which the evaluation has looked at all orders."""
    review_from: str | None = None
    """The place of the order with which an unfinished review goes on; None: with the first."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The poll's lease as it was read."""

    progress: Progress
    wanted: int
    """How often a run was called for."""
    served: int
    """Up to which call the last run has served."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A number that gets no answer."""

    since: datetime
    too_long: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the source may be asked."""

    batch: int
    per_minute: int
    parallel: int = 1
    """How many requests may be under way at once."""

    @property
    def interval(self) -> timedelta:
        """The time between two requests."""
        return timedelta(minutes=1) / self.per_minute
