"""How traces are packed for the store: compressed rows, and what an answer says besides its events.

An answer is packed as `[details, [event, ...]]` in JSON, compressed with a dictionary of what such
answers are made of. An event is `[seconds, offset in minutes, zone, code, text, place]`; one of an
earlier number has the number, its source and the seconds of its first sight in front.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from stallwatch.domain.parcels import Checkpoint, LocalCarrier
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.profiles import stage_of_entry
from stallwatch.tracking.source import Event, TrackingResult


@lru_cache(maxsize=1)
def _dictionary() -> bytes:
    """What traces are made of, so that a short one compresses like a long one.

    Stored traces can only be read with the dictionary they were written with: it never changes.
    """
    return files(__package__).joinpath("data", "trace_dictionary.txt").read_bytes()


def pack_answer(answer: TrackingResult, source: str) -> bytes:
    """An answer as a trace record keeps it: compressed, with the name of its source."""
    return pack_events(details_of(answer, source), answer.events)


def details_of(answer: TrackingResult, source: str) -> dict[str, Any]:
    """What an answer says besides its events; what it does not say is left out."""
    details = {
        "source": source,
        "known": answer.known,
        "mail_type": answer.mail_type,
        "eta": None if answer.eta is None else seconds_of(answer.eta),
        "carrier": _carrier_row(answer.carrier),
        "country": answer.country,
        "points_to": answer.points_to,
        "other_number": answer.other_number,
    }
    return {name: value for name, value in details.items() if value}


def _carrier_row(carrier: LocalCarrier | None) -> list[str | None] | None:
    if carrier is None:
        return None
    number = [carrier.number] if carrier.number else []
    return [carrier.name, carrier.url, *number]


def pack_events(details: Mapping[str, Any], events: Iterable[Event]) -> bytes:
    """The events of a source, with what it says besides."""
    rows = [_event_row(e.at, e.wall, e.zone, e.code, e.text, e.place) for e in events]
    return pack([details, rows], _dictionary())


def unpack_events(packed: bytes | None) -> tuple[dict[str, Any], list[Event]]:
    """What was packed with `pack_events`; nothing where there is nothing."""
    if packed is None:
        return {}, []
    details, rows = unpack(packed, _dictionary())
    return details, [_event(row) for row in rows]


def pack_past(checkpoints: Sequence[Checkpoint]) -> bytes | None:
    """The checkpoints of the numbers that an order had before."""
    if not checkpoints:
        return None
    rows = [
        [
            c.number,
            c.source,
            seconds_of(c.first_seen),
            *_event_row(c.at, c.wall, c.zone, c.code, c.text, c.place),
        ]
        for c in checkpoints
    ]
    return pack(rows, _dictionary())


def unpack_past(packed: bytes | None) -> list[Checkpoint]:
    """What was packed with `pack_past`."""
    if packed is None:
        return []
    return [
        to_checkpoint(number, _event(row), source, instant_of(seen))
        for number, source, seen, *row in unpack(packed, _dictionary())
    ]


def to_checkpoint(number: str, event: Event, source: str, first_seen: datetime) -> Checkpoint:
    """An event of a number as a checkpoint, with its stage."""
    stage, flag = stage_of_entry(source, event.code)
    return Checkpoint(
        number=number,
        at=event.at,
        wall=event.wall,
        zone=event.zone,
        code=event.code,
        stage=stage,
        flag=flag,
        text=event.text,
        place=event.place,
        source=source,
        first_seen=first_seen,
    )


def _event_row(
    at: datetime, wall: str, zone: str, code: str, text: str, place: str | None
) -> list[Any]:
    read_as_utc = datetime.fromisoformat(wall).replace(tzinfo=UTC)
    offset = int((read_as_utc - at).total_seconds()) // 60
    return [seconds_of(at), offset, zone, code, text, place]


def _event(row: Sequence[Any]) -> Event:
    seconds, offset, zone, code, text, place = row
    at = instant_of(seconds)
    wall = (at + timedelta(minutes=offset)).replace(tzinfo=None).isoformat(" ")
    return Event(at=at, wall=wall, zone=zone, code=code, text=text, place=place)


def seconds_of(instant: datetime) -> int:
    """An instant in whole seconds since 1970, as it is stored."""
    return int(instant.timestamp())


def instant_of(seconds: int) -> datetime:
    """An instant as it was stored."""
    return datetime.fromtimestamp(seconds, UTC)
