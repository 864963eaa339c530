"""The events of a Cainiao answer: clocks, zones, codes, words.

`time` is no instant: it is the wall clock read as Beijing time, whatever the zone says. The instant
is `timeStr` read in `timeZone`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from stallwatch.domain.parcels import RANK, Flag, Stage
from stallwatch.domain.text import clean
from stallwatch.sources.places import split_place
from stallwatch.sources.sanitize import without_contacts
from stallwatch.tracking.codes import stage_of
from stallwatch.tracking.source import Event

_BEIJING = timedelta(hours=8)

_WALL = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?", re.ASCII)

_ZONE = re.compile(
    r"Z|(?:GMT|UTC)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?|(?:GMT|UTC)", re.ASCII | re.IGNORECASE
)

_WIDEST_ZONE = timedelta(hours=14)

_YEARS = range(1970, 2201)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_DESTINATION = RANK[Stage.ARRIVED_DESTINATION]


@dataclass(frozen=True, slots=True)
class _UndatedEvent:
    """An event before its instant is known."""

    wall: datetime
    zone: str
    code: str
    text: str
    place: str | None

    def at(self, without_zone: timedelta) -> Event:
        """The event, with the offset that holds where its own zone cannot be read."""
        offset = _offset(self.zone)
        if offset is None:
            offset = without_zone
        return Event(
            at=self.wall.replace(tzinfo=UTC) - offset,
            wall=str(self.wall),
            zone=self.zone,
            code=self.code,
            text=self.text,
            place=self.place,
        )


def events_of(entry: Mapping[str, Any]) -> list[Event] | None:
    """The events of an entry that can be read, oldest first; None where none of them can.

    Without `detailList` the newest event may stand alone, as `latestTrace` or
    `globalCombinedLogisticsTraceDTO`.
    """
    details = entry.get("detailList")
    if details is not None and not isinstance(details, list):
        return None
    if details:
        return _events(details) or None
    alone = (entry.get("latestTrace"), entry.get("globalCombinedLogisticsTraceDTO"))
    return _events(alone)


def _events(details: Iterable[object]) -> list[Event]:
    undated = [event for event in map(_undated_event, details) if event is not None]
    abroad = _zone_of_destination(undated)
    events: dict[tuple[datetime, str, str, str], Event] = {}
    for event_without_instant in undated:
        event = event_without_instant.at(
            abroad if _is_at_destination(event_without_instant.code) else _BEIJING
        )
        events.setdefault((event.at, event.wall, event.zone, event.code), event)
    return [events[key] for key in sorted(events)]


def _zone_of_destination(undated: Iterable[_UndatedEvent]) -> timedelta:
    """The offset of destination-side events without a zone.

    It is that of the other events of that side, if they agree; else Beijing's.
    """
    offsets = {_offset(event.zone) for event in undated if _is_at_destination(event.code)}
    known = [offset for offset in offsets if offset is not None]
    return known[0] if len(known) == 1 else _BEIJING


def _is_at_destination(code: str) -> bool:
    stage, flag = stage_of(code)
    return RANK.get(stage, -1) >= _DESTINATION and flag is not Flag.EARLY


def _undated_event(detail: object) -> _UndatedEvent | None:
    """What an event says, or None where it has no clock.

    `time` stands in for a wall clock that cannot be read, and the group's node for an action code
    that is missing.
    """
    if not isinstance(detail, dict):
        return None
    wall = _wall(detail.get("timeStr")) or _wall_of_time(detail.get("time"))
    if wall is None:
        return None
    code = clean(detail.get("actionCode"), 64)
    if not code and isinstance(group := detail.get("group"), dict):
        code = clean(group.get("nodeCode"), 64)
    text, place = _words(detail)
    # A colon is the mark of what a status says, and that is not an event's to say.
    return _UndatedEvent(
        wall, clean(detail.get("timeZone"), 32), code.replace(":", "_"), text, place
    )


def _wall(text: object) -> datetime | None:
    if not isinstance(text, str) or not _WALL.fullmatch(text := text.strip()):
        return None
    try:
        wall = datetime.fromisoformat(text[: len("2026-05-19 09:12:00")])
    except ValueError:
        return None
    return wall if wall.year in _YEARS else None


def _wall_of_time(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, float):
        return None
    try:
        instant = EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None
    wall = (instant + _BEIJING).replace(tzinfo=None, microsecond=0)
    return wall if wall.year in _YEARS else None


@lru_cache(maxsize=256)
def _offset(zone: str) -> timedelta | None:
    """How far a zone is ahead of UTC; None where it cannot be read."""
    match = _ZONE.fullmatch(zone)
    if match is None:
        return None
    sign, hours, minutes = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _WIDEST_ZONE:
        return None
    return -offset if sign == "-" else offset


def _words(detail: Mapping[str, Any]) -> tuple[str, str | None]:
    """The text of an event, and the town that stands in brackets in front of it."""
    text, place = _text_and_place(clean(detail.get("standerdDesc"), 400))
    if not text:
        description = clean(detail.get("desc"), 400) or clean(detail.get("descTitle"), 400)
        text, elsewhere = _text_and_place(description)
        place = place or elsewhere
    return text, place


@lru_cache(maxsize=1024)
def _text_and_place(text: str) -> tuple[str, str | None]:
    """Most texts are the same for thousands of parcels."""
    text, place = split_place(text)
    return without_contacts(text), place
