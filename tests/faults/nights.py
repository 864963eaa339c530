"""Quiet hours, written once more from their text: the clock on the wall, minute by minute."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DIGESTS = {"": 0, "daily": 1, "weekly": 7}
"""How many days lie between two digests; 0: there are none."""

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Nights:
    """The quiet hours of every day.

    Args:
        span: Like `22:00-07:00`; empty for none.
        zone: An IANA name.
    """

    span: str = ""
    zone: str = "UTC"

    def is_quiet(self, at: datetime) -> bool:
        """Whether an instant lies in them."""
        begin, _, end = self.span.partition("-")
        wall = f"{at.astimezone(ZoneInfo(self.zone)):%H:%M}"
        if begin <= end:
            return begin <= wall < end
        return wall >= begin or wall < end

    def over_at(self, at: datetime) -> datetime:
        """When they are over that an instant lies in; the instant itself where it lies in none."""
        if not self.is_quiet(at):
            return at
        at = at.replace(second=0, microsecond=0)
        while self.is_quiet(at):
            at += _MINUTE
        return at

    def put_off(self, since: datetime, until: datetime) -> datetime:
        """Until when something may wait that had to be said at some time between two instants.

        Whatever was raised in a night waits until it is over: at the latest what was raised in
        the last of them.
        """
        if not self.span:
            return until
        night = until
        while night >= since:
            if self.is_quiet(night):
                return max(until, self.over_at(night))
            night -= 10 * _MINUTE
        return max(until, self.over_at(since))


NO_NIGHTS = Nights()


def digests_between(begin: datetime, end: datetime, every: str, zone: str) -> list[datetime]:
    """The instants of a digest at eight in the morning, by the clock on the wall."""
    days = DIGESTS[every]
    found: list[datetime] = []
    day = begin.date() + _DAY
    while days and day < end.date():
        found.append(datetime.combine(day, time(8), tzinfo=ZoneInfo(zone)).astimezone(UTC))
        day += days * _DAY
    return found
