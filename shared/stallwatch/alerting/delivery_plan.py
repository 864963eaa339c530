"""What a stack's parameters say of when and how alerts go out, as far as its owner wants to see it.

No secret is among it: of the push services only that there are some. Their addresses are tokens, in
whole or in part (`tgram://TOKEN/…`, `ntfy://TOPIC`), and only the function that pushes reads them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_CRON = re.compile(r"cron\((\d{1,2}) (\d{1,2}) (\S+) (\S+) (\S+) (\S+)\)")

_EVERY = frozenset({"*", "?"})

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
"""As EventBridge counts them, from 1."""


class Rhythm(StrEnum):
    """How often a digest comes."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DigestTimes:
    """When a digest comes."""

    every: Rhythm
    at: str | None = None
    """The time of day by the wall clock, like `08:00`, where it is daily or weekly."""
    weekday: int | None = None
    """From 0 for Sunday, where it is weekly."""
    schedule: str | None = None
    """The schedule expression, where there is one."""

    @classmethod
    def of(cls, schedule: str) -> "DigestTimes":
        """What a schedule expression of EventBridge says; empty: no digest."""
        if not schedule:
            return cls(Rhythm.NONE)
        match = _CRON.fullmatch(schedule)
        if match is None:
            return cls(Rhythm.OTHER, schedule=schedule)
        minute, hour, day, month, weekday, year = match.groups()
        at = f"{int(hour):02}:{int(minute):02}"
        if not {day, month, year} <= _EVERY:
            return cls(Rhythm.OTHER, schedule=schedule)
        if weekday in _EVERY:
            return cls(Rhythm.DAILY, at, schedule=schedule)
        number = _weekday(weekday)
        if number is None:
            return cls(Rhythm.OTHER, schedule=schedule)
        return cls(Rhythm.WEEKLY, at, number, schedule)


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """When and how alerts go out, besides to the subscribers.

    Args:
        quiet_hours: Begin and end by the wall clock, like `22:00`; None: none.
        time_zone: Of the quiet hours and of the digest, an IANA name.
        digest: When a digest comes.
        has_push: Whether push services get the alerts too.
    """

    quiet_hours: tuple[str, str] | None
    time_zone: str
    digest: DigestTimes
    has_push: bool


def _weekday(name: str) -> int | None:
    if name.upper() in _WEEKDAYS:
        return _WEEKDAYS.index(name.upper())
    return int(name) - 1 if re.fullmatch("[1-7]", name) else None
