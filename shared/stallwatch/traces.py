"""How a trace is kept: small, and so that a source that says nothing new costs nothing.

A *fingerprint* stands for an answer. The watch holds the fingerprint that the evaluation has seen;
an answer with another one is news. It has two parts, one of the events and one of everything else,
so that an answer that only adds newer events can be told from the fingerprint alone: such an answer
is written without reading what is there (`added_to`). Any other news is merged (`absorb`), because
a source may leave out what it once said, and evidence must not vanish with it.

A *trace record* is what is stored: the events compressed, and beside them when they were first
seen, as runs over the events from the oldest to the newest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any

from stallwatch.answers import Answer, Event
from stallwatch.model import Checkpoint, LocalCarrier, SecondOpinion, Trace
from stallwatch.packing import pack, unpack
from stallwatch.vocabulary import place_of

MOST_EVENTS = 200
"""How many events are kept of a number, and how many of all earlier ones: more than any journey
has. A source that tells another story each day must not fill the table."""

_EVENTS_BYTES = 6
_REST_BYTES = 3

UNANSWERED = b"?"
"""Stands in the watch for a trace whose number is unanswered, so that any answer is news."""

SILENT = b"-"
"""The same for one whose silence was written down and is not too long yet: the next answer must
end it, whatever it says."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A run of neighbouring events that were first seen at the same time."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class SecondRecord:
    """What the second source said about a trace's number, as it is stored."""

    events: bytes | None = None
    """Its answer, compressed; None: it never answered."""
    seen: tuple[Seen, ...] = ()
    fingerprint: bytes | None = None
    answered_at: datetime | None = None
    """Its last answer that was written down: one without news only where the gate needs it."""
    failing_since: datetime | None = None

    def open(self) -> SecondOpinion | None:
        """In the product's words; None where it was never asked."""
        if self == SecondRecord():
            return None
        rest, events = _unpack(self.events)
        return SecondOpinion(
            answered_at=self.answered_at,
            failing_since=self.failing_since,
            source=rest.get("source", "17track"),
            known=bool(rest.get("known")) or bool(events),
        )

    def absorb(self, answer: Answer, source: str, now: datetime) -> "SecondRecord":
        """The record with an answer merged into it; what the answer leaves out stays."""
        events, seen, mark = _merged(self.events, self.seen, answer, source, now)
        return SecondRecord(events, seen, mark, answered_at=now)


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """A trace as it is stored."""

    number: str | None
    events: bytes | None = None
    """The first source's answer about the number, compressed."""
    seen: tuple[Seen, ...] = ()
    fingerprint: bytes | None = None
    """Of the last answer that was written."""
    answered_at: datetime | None = None
    asked_at: datetime | None = None
    silent_since: datetime | None = None
    """The number's last answer, written down while it gets none."""
    unanswered: bool = False
    """Whether that has lasted for too long."""
    past: bytes | None = None
    """What was said about the numbers that the order had before, compressed."""
    second: SecondRecord = SecondRecord()
    """What the second source said."""

    @property
    def seen_fingerprint(self) -> bytes | None:
        """What the watch holds once the evaluation has seen this record."""
        if self.silent_since is not None:
            return UNANSWERED if self.unanswered else SILENT
        return self.fingerprint

    def open(self) -> Trace:
        """The trace in the product's words."""
        rest, events = _unpack(self.events)
        eta = rest.get("eta")
        return Trace(
            number=self.number,
            checkpoints=tuple(_all_checkpoints(self)),
            answered_at=self.answered_at,
            asked_at=self.asked_at,
            known=bool(rest.get("known")) or bool(events),
            mail_type=rest.get("mail_type"),
            eta=None if eta is None else _instant(eta),
            carrier=_carrier(rest, _unpack(self.second.events)[0]),
            country=rest.get("country"),
            points_to=rest.get("points_to"),
            unanswered_since=self.silent_since if self.unanswered else None,
            second=self.second.open(),
        )


def _carrier(first: dict[str, Any], second: dict[str, Any]) -> LocalCarrier | None:
    """The local carrier: as the first source names it, unless only the second has its number."""
    named = [LocalCarrier(*rest["carrier"]) for rest in (first, second) if "carrier" in rest]
    numbered = [carrier for carrier in named if carrier.number is not None]
    return next(iter([*numbered, *named]), None)


# Fingerprints.


def fingerprint(answer: Answer, *, merged: bool = False) -> bytes:
    """What stands for an answer.

    Args:
        answer: The answer.
        merged: Whether the trace keeps events that the answer leaves out. Such a fingerprint is
            never taken for one that an answer can add to.
    """
    return _of_events(answer.events, merged=merged) + _of_rest(answer)


def is_news(answer: Answer, known: bytes | None) -> bool:
    """Whether an answer says something that a fingerprint does not stand for."""
    return known is None or (
        fingerprint(answer) != known and fingerprint(answer, merged=True) != known
    )


def added_to(answer: Answer, known: bytes | None) -> int | None:
    """How many events an answer adds, at the end, to the one that a fingerprint stands for.

    None where it does not simply add to it. No fingerprint stands for no answer yet.
    """
    if known is None:
        return len(answer.events)
    if not answer.events or known in {UNANSWERED, SILENT}:
        return None
    events = known[:_EVENTS_BYTES]
    digest = blake2b(digest_size=_EVENTS_BYTES)
    for count, event in enumerate(answer.events, start=1):
        digest.update(_event_key(event))
        if digest.copy().digest() == events:
            return len(answer.events) - count
    return len(answer.events) if events == _of_events(()) else None


def _event_key(event: Event) -> bytes:
    return f"{event.wall}|{event.zone}|{event.code}\n".encode()


def _of_events(events: Iterable[Event], *, merged: bool = False) -> bytes:
    digest = blake2b(digest_size=_EVENTS_BYTES, person=b"merged" if merged else b"")
    digest.update(b"".join([_event_key(e) for e in events]))
    return digest.digest()


def _of_rest(answer: Answer) -> bytes:
    """A fingerprint of all but the events. Of the estimate only the day counts: it drifts."""
    eta = answer.eta.date() if answer.eta else None
    carrier = answer.carrier.name if answer.carrier else None
    if answer.carrier and answer.carrier.number:
        carrier = f"{carrier} {answer.carrier.number}"
    said = (answer.known, answer.mail_type, eta, carrier, answer.country, answer.points_to)
    return blake2b(repr(said).encode(), digest_size=_REST_BYTES).digest()


# News.


def pack_answer(answer: Answer, source: str) -> bytes:
    """An answer as a trace record keeps it: compressed, with the name of its source."""
    return _pack(_rest(answer, source), answer.events)


def absorb(record: TraceRecord, answer: Answer, source: str, now: datetime) -> TraceRecord:
    """A trace record with an answer merged into it.

    What the answer leaves out stays, and so does what another source said while it was the first;
    what is new is first seen now.
    """
    rest, events = _unpack(record.events)
    if events and rest["source"] != source:
        record = replace(change_number(record, record.number), second=record.second)
    packed, seen, mark = _merged(record.events, record.seen, answer, source, now)
    return replace(
        record,
        events=packed,
        seen=seen,
        fingerprint=mark,
        answered_at=now,
        asked_at=now,
        silent_since=None,
        unanswered=False,
    )


def _merged(
    packed: bytes | None, seen: Iterable[Seen], answer: Answer, source: str, now: datetime
) -> tuple[bytes, tuple[Seen, ...], bytes]:
    """What a source has said with an answer merged into it, and the fingerprint of that."""
    rest, events = _unpack(packed)
    first_seen = dict(zip(map(_event_key, events), _instants(seen), strict=True))
    merged = {_event_key(e): e for e in events} | {_event_key(e): e for e in answer.events}
    every = sorted(merged.values())[-MOST_EVENTS:]
    if answer.events or not events:
        rest = _rest(answer, source)
    return (
        _pack(rest, every),
        _runs([first_seen.get(_event_key(e), now) for e in every]),
        fingerprint(answer, merged=every != sorted(answer.events)),
    )


def change_number(record: TraceRecord, number: str | None) -> TraceRecord:
    """A trace record for another tracking number.

    The old number's checkpoints stay as evidence under their number; there is no answer yet about
    the new one.
    """
    return TraceRecord(number=number, past=_pack_past(_all_checkpoints(record)[-MOST_EVENTS:]))


def _runs(instants: Sequence[datetime]) -> tuple[Seen, ...]:
    runs: list[Seen] = []
    for instant in instants:
        if runs and runs[-1].at == instant:
            runs[-1] = Seen(instant, runs[-1].count + 1)
        else:
            runs.append(Seen(instant, 1))
    return tuple(runs)


def _instants(runs: Iterable[Seen]) -> list[datetime]:
    return [run.at for run in runs for _ in range(run.count)]


def _all_checkpoints(record: TraceRecord) -> list[Checkpoint]:
    """Those of the numbers before and of the present one, of every source, each once.

    A number may come back, and its checkpoints with it: they were first seen when they first were.
    """
    past = {_identity(c): c for c in reversed(_unpack_past(record.past))}
    present = {
        _identity(c): c
        for said in (record.second, record)
        for c in _checkpoints(record.number, *_unpack(said.events), said.seen)
    }
    return [
        *(c for identity, c in reversed(past.items()) if identity not in present),
        *(
            replace(c, first_seen=past[identity].first_seen) if identity in past else c
            for identity, c in present.items()
        ),
    ]


def _identity(checkpoint: Checkpoint) -> tuple[str, ...]:
    c = checkpoint
    return c.number, c.source, c.wall, c.zone, c.code


def _checkpoints(
    number: str | None, rest: dict[str, Any], events: Sequence[Event], runs: Iterable[Seen]
) -> list[Checkpoint]:
    return [
        _checkpoint(number or "", event, rest["source"], seen)
        for event, seen in zip(events, _instants(runs), strict=True)
    ]


def _checkpoint(number: str, event: Event, source: str, first_seen: datetime) -> Checkpoint:
    stage, flag = place_of(source, event.code)
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


def _rest(answer: Answer, source: str) -> dict[str, Any]:
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
