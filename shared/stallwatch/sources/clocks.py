"""Clocks as sources write them: wall clocks, zones, and numbers of seconds or milliseconds."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from stallwatch.sources.numbers import number_in

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

BEIJING = timedelta(hours=8)

_YEARS = range(1970, 2201)

_YEARS_OF_NUMBERS = range(2000, 2201)
"""A number near zero stands for no clock at all."""

_WALL = re.compile(
    r"(\d{4})([-/.])(\d\d?)\2(\d\d?)[ T](\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(\D.*)?", re.ASCII
)

_ZONE = re.compile(
    r"Z|(?:GMT|UTC)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d)(?::?00)?)?|(?:GMT|UTC)",
    re.ASCII | re.IGNORECASE,
)

_SIGNS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\uff1a": ":"})
"""Minus signs and colons of typesetters, each as the plain one."""

_LONGEST = 64
"""Characters of a clock with its zone, and more."""

_WIDEST_ZONE = timedelta(hours=14)

_MILLISECONDS_FROM = 10**11
"""Smaller numbers are seconds: no parcel was under way before 1973."""


def wall_and_zone(text: object) -> tuple[datetime, str] | None:
    """A wall clock, and the zone that stands behind it, if any; None where none can be read."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    match = _WALL.fullmatch(text.strip())
    if match is None:
        return None
    year, _, month, day, hour, minute, second, zone = match.groups(default="")
    if zone and offset_of(zone) is None:
        return None
    try:
        wall = datetime(  # its zone stands apart  # noqa: DTZ001
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0)
        )
    except ValueError:
        return None
    return (wall, zone) if wall.year in _YEARS else None


def wall_in_beijing(number: object) -> datetime | None:
    """The wall clock in Beijing at a number of milliseconds or seconds; a small one is no clock."""
    since = number_in(number)
    if since is None:
        return None
    unit = 1 if abs(since) >= _MILLISECONDS_FROM else 1000
    try:
        instant = EPOCH + timedelta(milliseconds=since * unit)
    except (OverflowError, ValueError):
        return None
    wall = (instant + BEIJING).replace(tzinfo=None, microsecond=0)
    return wall if wall.year in _YEARS_OF_NUMBERS else None


@lru_cache(maxsize=256)
def offset_of(zone: str) -> timedelta | None:
    """How far a zone is ahead of UTC; None where it cannot be read."""
    match = _ZONE.fullmatch(zone.translate(_SIGNS).strip(" ()[]"))
    if match is None:
        return None
    sign, hours, minutes = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _WIDEST_ZONE:
        return None
    return -offset if sign == "-" else offset
