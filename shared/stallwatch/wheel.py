"""When each order is asked about: a wheel of slots.

A watched order sits in one slot of one ring. There is a ring for each cadence, and a ring goes
round once in its cadence: the slot `12h0430` has its turn at 04:30 and at 16:30. Which slot of its
ring is an order's follows from its id, so the day's work is spread evenly and an order keeps its
place whatever happens. Slots go by the clock and not by the tick: after an outage the wheel just
goes on, and no stampede follows. New and changed orders sit in the slot `NEW`, which every run
checks whole.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

from stallwatch.limits import days
from stallwatch.model import Order, Stage, State, midnight

if TYPE_CHECKING:
    from stallwatch.rules import Decision

NEW = "NEW"

_MINUTE = timedelta(minutes=1)

CADENCES = (3, 6, 12, 24)
"""Hours between two checks."""

PROTECTION_WATCH = 6
"""Days before the end of protection from which on an order is checked every 3 hours."""

LONG_SILENT = 12
"""Days of silence from which on an order is checked once a day."""

_IN_DESTINATION = frozenset(
    {
        Stage.ARRIVED_DESTINATION,
        Stage.IMPORT_CUSTOMS,
        Stage.LAST_MILE_CARRIER,
        Stage.FAILED_ATTEMPT,
    }
)
_ON_THE_DOORSTEP = frozenset({Stage.OUT_FOR_DELIVERY, Stage.READY_FOR_PICKUP})
_UNDERWAY = frozenset(
    {
        Stage.ACCEPTED,
        Stage.ORIGIN_SORTING,
        Stage.EXPORT_CUSTOMS,
        Stage.DEPARTED_ORIGIN,
        Stage.IN_TRANSIT_UNPLACED,
    }
)


def cadence(order: Order, decision: "Decision", now: datetime) -> int:
    """Hours between two checks of an order, by where its parcel is."""
    if order.tracking_number is None or decision.state is State.DELIVERED:
        return 24
    if _near_deadline(order, now):
        return 3
    if (decision.silent_days or 0) >= LONG_SILENT:
        return 24
    place = decision.reading.place or decision.stage
    if place in _ON_THE_DOORSTEP:
        return 3
    if place in _IN_DESTINATION:
        return 6
    return 12 if place in _UNDERWAY else 24


def next_change_at(order: Order, now: datetime) -> datetime | None:
    """The next instant at which the calendar alone changes an order's cadence."""
    ends_on = order.protection_ends_on
    if ends_on is None or order.tracking_number is None:
        return None
    bounds = (midnight(ends_on) - days(PROTECTION_WATCH), midnight(ends_on) + days(1))
    return min((b for b in bounds if b > now), default=None)


def grows_silent_at(decision: "Decision") -> datetime | None:
    """The instant at which further silence makes the cadence a day's; None where it has."""
    if (decision.silent_days or 0) >= LONG_SILENT:
        return None
    return decision.last_update + days(LONG_SILENT)


def _near_deadline(order: Order, now: datetime) -> bool:
    ends_on = order.protection_ends_on
    return ends_on is not None and 0 <= (ends_on - now.date()).days <= PROTECTION_WATCH


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of the day, whose slots are served together."""

    start: datetime
    length: timedelta

    @property
    def end(self) -> datetime:
        """When it is over and the next begins."""
        return self.start + self.length

    @property
    def name(self) -> str:
        """Its place in the day and its length in minutes, `HHMM+MM`."""
        return _turn_name(self.start.hour * 60 + self.start.minute, self.length // _MINUTE)


@dataclass(frozen=True, slots=True)
class Wheel:
    """The slots of a day that is cut into turns.

    The turn's length divides three hours and is a multiple of five minutes.
    """

    turn_minutes: int = 30

    @property
    def _turn(self) -> timedelta:
        return timedelta(minutes=self.turn_minutes)

    def slot(self, order_id: str, hours: int) -> str:
        """The slot of an order in the ring of a cadence.

        Its minute is the same whatever the ring and the turn's length, so that an order which goes
        from one to another is not waited for longer than the new one's cadence.
        """
        minute = crc32(order_id.encode()) % (hours * 60)
        return _slot(hours, minute - minute % self.turn_minutes)

    def turn_at(self, instant: datetime) -> Turn:
        """The turn that an instant falls into."""
        minute = instant.hour * 60 + instant.minute
        into = timedelta(
            minutes=minute % self.turn_minutes,
            seconds=instant.second,
            microseconds=instant.microsecond,
        )
        return Turn(instant - into, self._turn)

    def turns(self, after: datetime, until: datetime) -> Iterator[Turn]:
        """The turns that began after one instant and not after another, oldest first."""
        turn = self.turn_at(after)
        if turn.start <= after:
            turn = Turn(turn.end, self._turn)
        while turn.start <= until:
            yield turn
            turn = Turn(turn.end, self._turn)

    def next_turn(self, slot: str, now: datetime) -> datetime | None:
        """When a slot's next turn begins; None for `NEW`, which each run serves."""
        if slot == NEW:
            return None
        hours, minute = _place_of(slot)
        ring = timedelta(hours=hours)
        start = midnight(now.date()) + timedelta(minutes=minute)
        start = self.turn_at(start).start
        while start <= now:
            start += ring
        return start


def turns_of(slot: str, lengths: Iterable[int]) -> list[str]:
    """The names of the turns of the day that serve a slot, for some lengths of a turn."""
    if slot == NEW:
        return []
    hours, minute = _place_of(slot)
    of_day = [minute + 60 * hours * lap for lap in range(24 // hours)]
    return [_turn_name(at - at % length, length) for at in of_day for length in lengths]


def minutes_of(turn: str) -> range:
    """The minutes of the day whose slots a turn of some name serves."""
    clock, length = turn.split("+")
    start = _minute_of(clock)
    return range(start, start + int(length))


def slots_of(turn: Turn, lengths: Iterable[int]) -> list[str]:
    """The slots that a turn serves.

    Args:
        turn: The turn.
        lengths: The lengths of a turn, in minutes, by which orders may have been put into slots:
            the present one, and those before the stack's parameter was changed.
    """
    slots = {
        _slot(hours, minute % (hours * 60))
        for hours in CADENCES
        for length in lengths
        for minute in minutes_of(turn.name)
        if minute % length == 0
    }
    return sorted(slots)


def _slot(hours: int, minute: int) -> str:
    return f"{hours:02}h{_clock(minute)}"


def _turn_name(minute: int, length: int) -> str:
    return f"{_clock(minute)}+{length:02}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}{minute % 60:02}"


def _minute_of(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[2:])


def _place_of(slot: str) -> tuple[int, int]:
    hours, clock = slot.split("h")
    return int(hours), _minute_of(clock)


def epoch_minutes(instant: datetime) -> int:
    """Minutes since 1970, rounded down: how instants stand in the watch's rows.

    What is waited for there may come some seconds after its minute has begun. To look a moment too
    early costs a write; to pass over the one look in that minute would cost a whole cadence.
    """
    return int(instant.timestamp()) // 60


def from_epoch_minutes(minutes: int) -> datetime:
    """The instant of a number of minutes since 1970."""
    return datetime.fromtimestamp(minutes * 60, UTC)
