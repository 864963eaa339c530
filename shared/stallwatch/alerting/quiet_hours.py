"""Quiet hours: the part of the day, by the wall clock of a time zone, in which nothing goes out.

What is held goes out, grouped, when they end. Only what is about a deadline that would pass in the
meantime goes out at once.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stallwatch.domain.alerts import SEVERITY, Alert, Severity
from stallwatch.domain.clock import midnight
from stallwatch.rules.decision import DEADLINES

_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")

_MINUTE = timedelta(minutes=1)

_LONGEST_TICK = timedelta(minutes=75)
"""How long it may take after the quiet hours until what was held has gone out: a check an hour, and
its evaluation."""

_LAST_DAYS = tuple(name for name in DEADLINES if name != "reminder_on")
"""The key dates after which something can no longer be done."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily span of the wall clock.

    Args:
        start: Its first minute.
        end: The minute in which it is over; before `start` where the span crosses midnight.
        zone: The time zone.
    """

    start: time
    end: time
    zone: ZoneInfo

    @classmethod
    def of(cls, span: str, zone: str) -> "QuietHours":
        """Quiet hours as a stack sets them.

        Args:
            span: Like `22:00-07:00`.
            zone: An IANA name, like `Europe/Berlin`.

        Raises:
            ValueError: the span makes no sense, or there is no such zone.
        """
        match = _SPAN.fullmatch(span)
        if match is None:
            raise ValueError(f"quiet hours look like 22:00-07:00, not {span[:40]!r}")
        begin_hour, begin_minute, end_hour, end_minute = map(int, match.groups())
        start, end = time(begin_hour, begin_minute), time(end_hour, end_minute)
        if start == end:
            raise ValueError("quiet hours must end at another time than they begin")
        try:
            return cls(start, end, ZoneInfo(zone))
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {zone[:40]!r}") from error

    def opens_at(self, instant: datetime) -> datetime | None:
        """When the quiet hours end that an instant lies in; None where it lies in none.

        The wall clock decides, minute by minute, so that a night in which the clock is changed is
        an hour shorter or longer, and a span whose end the clock jumps over ends with the jump.
        """
        if not self._is_quiet(instant):
            return None
        opening = instant.replace(second=0, microsecond=0)
        wall = opening.astimezone(self.zone)
        left = timedelta(hours=self.end.hour - wall.hour, minutes=self.end.minute - wall.minute)
        usual = opening + left % timedelta(days=1)
        if usual.astimezone(self.zone).utcoffset() == wall.utcoffset():
            return usual
        # The clock is changed before the usual end.
        while self._is_quiet(opening):
            opening += _MINUTE
        return opening

    def free_since(self, raised_at: datetime, now: datetime) -> datetime:
        """Since when an alert that is still pending could go out.

        That is its raising, or the end of the last quiet hours after it; in quiet hours it is now.
        """
        at = now.replace(second=0, microsecond=0)
        # Quiet hours come every day, so what is older than a day tells nothing more.
        earliest = max(raised_at, now - timedelta(days=1))
        while at > earliest:
            if self._is_quiet(at):
                return min(at + _MINUTE, now)
            at -= _MINUTE
        return raised_at

    def _is_quiet(self, instant: datetime) -> bool:
        wall = instant.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def must_go(self, alert: Alert, now: datetime) -> bool:
        """Whether an alert goes out at an instant, quiet or not.

        In quiet hours that is so where the day of its deadline, by UTC or by the wall clock, ends
        before what was held has gone out after them.
        """
        opens_at = self.opens_at(now)
        if opens_at is None:
            return True
        deadline = _deadline_of(alert)
        if deadline is None:
            return False
        after = deadline + timedelta(days=1)
        local_end = datetime.combine(after, time.min, tzinfo=self.zone).astimezone(UTC)
        out_by = opens_at + _LONGEST_TICK
        return any(now < end <= out_by for end in (midnight(after), local_end))


def _deadline_of(alert: Alert) -> date | None:
    """The nearest last day to act of an alert that asks for a claim, from its raising on."""
    if SEVERITY[alert.kind] is not Severity.CLAIM:
        return None
    given = (alert.facts.get(name) for name in _LAST_DAYS)
    days = (date.fromisoformat(day) for day in given if isinstance(day, str))
    return min((day for day in days if day >= alert.raised_at.date()), default=None)
