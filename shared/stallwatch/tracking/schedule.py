"""Poll schedule: when each order is asked about, as a timing wheel of slots.

A watched order sits in one slot of one ring. There is a ring for each cadence, and a ring goes
round once in its cadence: the slot `12h0430` has its turn at 04:30 and at 16:30. Which slot of its
ring is an order's follows from its id, so the day's work is spread evenly and an order keeps its
place whatever happens. Slots go by the clock and not by the tick: after an outage the wheel just
goes on, and no stampede follows. New and changed orders sit in the slot `NEW`, which every run
checks whole.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from stallwatch.domain.clock import midnight

NEW = "NEW"


_MINUTE = timedelta(minutes=1)


CADENCES = (3, 6, 12, 24)
"""Hours between two checks."""


@dataclass(frozen=True, slots=True)
class SlotStay:
    """A slot that an order came into."""

    slot: str
    """Empty where it came out of the watch."""
    since: datetime
    """In whole minutes."""


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
class PollSchedule:
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
