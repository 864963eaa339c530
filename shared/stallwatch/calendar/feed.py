"""A calendar feed: all-day entries as iCalendar (RFC 5545).

An entry's UID follows from its order and its kind, so that a date that moves is moved by whoever
reads the calendar again, and one that no longer applies is gone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_FOLDED_AT = 75
"""Bytes in a line, without its end (RFC 5545, 3.1)."""

_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True)
class Entry:
    """An all-day entry.

    Args:
        uid: The same as long as it is about the same.
        day: The day, UTC as all days are.
        summary: What the calendar shows.
        description: What to do.
        url: Where to do it; empty for nowhere.
    """

    uid: str
    day: date
    summary: str
    description: str
    url: str = ""


def icalendar(name: str, entries: Iterable[Entry], made_at: datetime) -> str:
    """A calendar with some entries.

    Args:
        name: What the calendar is called.
        entries: Its entries.
        made_at: The present instant.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Stallwatch//Deadlines//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        *(line for entry in entries for line in _event(entry, made_at)),
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(entry: Entry, made_at: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(entry.uid)}"
    yield f"DTSTAMP:{made_at:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(entry.summary)}"
    yield f"DESCRIPTION:{_text(entry.description)}"
    if entry.url:
        yield f"URL:{entry.url}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _folded(line: str) -> str:
    """A line in parts of at most 75 bytes, none of which cuts a character."""
    parts, part, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _FOLDED_AT:
            parts.append(part)
            # The space at the beginning of a continued line counts too.
            part, size = "", 1
        part += character
        size += width
    return "\r\n ".join([*parts, part])
