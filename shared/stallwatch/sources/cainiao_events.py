"""The events of a Cainiao answer: clocks, zones, codes, words.

`time` is no instant: it is the wall clock read as Beijing time, whatever the zone says. The instant
is `timeStr` read in `timeZone`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from stallwatch.domain.parcels import RANK, Flag, Stage
from stallwatch.domain.text import clean
from stallwatch.sources.clocks import BEIJING, offset_of, wall_and_zone, wall_in_beijing
from stallwatch.sources.places import split_place
from stallwatch.sources.sanitize import without_contacts
from stallwatch.tracking.codes import stage_of
from stallwatch.tracking.source import Event

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
        offset = offset_of(self.zone)
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
    `globalCombinedLogisticsTraceDTO`. What comes before the shipment may have no clock: without any
    other event there is none yet.
    """
    details = entry.get("detailList")
    if details is not None and not isinstance(details, list):
        return None
    if not details:
        alone = (entry.get("latestTrace"), entry.get("globalCombinedLogisticsTraceDTO"))
        details = [detail for detail in alone if detail]
    events = _events(details)
    return events if events or all(map(_is_timeless_notice, details)) else None


def _is_timeless_notice(detail: object) -> bool:
    """Whether an event has no clock, and needs none: it announces the shipment."""
    if not isinstance(detail, dict) or detail.get("timeStr") or detail.get("time"):
        return False
    return stage_of(_code(detail))[0] is Stage.ORDERED


def _events(details: Iterable[object]) -> list[Event]:
    undated = [event for event in map(_undated_event, details) if event is not None]
    abroad = _zone_of_destination(undated)
    events: dict[tuple[datetime, str, str, str], Event] = {}
    for event_without_instant in undated:
        event = event_without_instant.at(
            abroad if _is_at_destination(event_without_instant.code) else BEIJING
        )
        events.setdefault((event.at, event.wall, event.zone, event.code), event)
    return [events[key] for key in sorted(events)]


def _zone_of_destination(undated: Iterable[_UndatedEvent]) -> timedelta:
    """The offset of destination-side events without a zone.

    It is that of the other events of that side, if they agree; else Beijing's.
    """
    offsets = {offset_of(event.zone) for event in undated if _is_at_destination(event.code)}
    known = [offset for offset in offsets if offset is not None]
    return known[0] if len(known) == 1 else BEIJING


def _is_at_destination(code: str) -> bool:
    stage, flag = stage_of(code)
    return RANK.get(stage, -1) >= _DESTINATION and flag is not Flag.EARLY


def _undated_event(detail: object) -> _UndatedEvent | None:
    """What an event says, or None where it has no clock.

    `time` stands in for a wall clock that cannot be read.
    """
    if not isinstance(detail, dict):
        return None
    wall, own_zone = wall_and_zone(detail.get("timeStr")) or (None, "")
    if wall is None:
        either = (wall_in_beijing(detail.get(name)) for name in ("time", "timeStr"))
        wall = next((clock for clock in either if clock is not None), None)
    if wall is None:
        return None
    text, place = _words(detail)
    zone = clean(own_zone or detail.get("timeZone"), 32)
    return _UndatedEvent(wall, zone, _code(detail), text, place)


def _code(detail: Mapping[str, Any]) -> str:
    """The action code of an event; the group's node where there is none."""
    code = clean(detail.get("actionCode"), 64)
    if not code and isinstance(group := detail.get("group"), dict):
        code = clean(group.get("nodeCode"), 64)
    # A colon is the mark of what a status says, and that is not an event's to say.
    return without_contacts(code.replace(":", "_"))


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
    return without_contacts(text), without_contacts(place) if place else None
