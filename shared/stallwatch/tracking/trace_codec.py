"""tracking.trace_codec."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from stallwatch.domain.parcels import Checkpoint, LocalCarrier
from stallwatch.tracking.codes import stage_of_entry
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.source import Event, TrackingResult


# News.
def pack_answer(answer: TrackingResult, source: str) -> bytes:
    """An answer as a trace record keeps it: compressed, with the name of its source."""
    return _pack(_rest(answer, source), answer.events)


def _checkpoint(number: str, event: Event, source: str, first_seen: datetime) -> Checkpoint:
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


# Compression.
@lru_cache(maxsize=1)
def _dictionary() -> bytes:
    """What traces are made of, so that a short one compresses like a long one.

    Stored traces can only be read with the dictionary they were written with: it never changes.
    """
    return files(__package__).joinpath("data", "trace_dictionary.txt").read_bytes()


def _rest(answer: TrackingResult, source: str) -> dict[str, Any]:
    rest = {
        "source": source,
        "known": answer.known,
        "mail_type": answer.mail_type,
        "eta": None if answer.eta is None else _seconds(answer.eta),
        "carrier": _carrier_row(answer.carrier),
        "country": answer.country,
        "points_to": answer.points_to,
    }
    return {name: value for name, value in rest.items() if value}


def _carrier_row(carrier: LocalCarrier | None) -> list[str | None] | None:
    if carrier is None:
        return None
    number = [carrier.number] if carrier.number else []
    return [carrier.name, carrier.url, *number]


def _pack(rest: dict[str, Any], events: Iterable[Event]) -> bytes:
    rows = [_event_row(e.at, e.wall, e.zone, e.code, e.text, e.place) for e in events]
    return pack([rest, rows], _dictionary())


def _unpack(packed: bytes | None) -> tuple[dict[str, Any], list[Event]]:
    if packed is None:
        return {}, []
    rest, rows = unpack(packed, _dictionary())
    return rest, [_event(row) for row in rows]


def _pack_past(checkpoints: Sequence[Checkpoint]) -> bytes | None:
    if not checkpoints:
        return None
    rows = [
        [
            c.number,
            c.source,
            _seconds(c.first_seen),
            *_event_row(c.at, c.wall, c.zone, c.code, c.text, c.place),
        ]
        for c in checkpoints
    ]
    return pack(rows, _dictionary())


def _unpack_past(packed: bytes | None) -> list[Checkpoint]:
    if packed is None:
        return []
    return [
        _checkpoint(number, _event(row), source, _instant(seen))
        for number, source, seen, *row in unpack(packed, _dictionary())
    ]


def _event_row(
    at: datetime, wall: str, zone: str, code: str, text: str, where: str | None
) -> list[Any]:
    read_as_utc = datetime.fromisoformat(wall).replace(tzinfo=UTC)
    offset = int((read_as_utc - at).total_seconds()) // 60
    return [_seconds(at), offset, zone, code, text, where]


def _event(row: Sequence[Any]) -> Event:
    seconds, offset, zone, code, text, where = row
    at = _instant(seconds)
    wall = (at + timedelta(minutes=offset)).replace(tzinfo=None).isoformat(" ")
    return Event(at=at, wall=wall, zone=zone, code=code, text=text, place=where)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
