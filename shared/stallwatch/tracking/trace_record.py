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
from datetime import datetime
from typing import Any

from stallwatch.domain.parcels import Checkpoint, LocalCarrier, SecondOpinion, Trace
from stallwatch.tracking.fingerprint import SILENT, UNANSWERED, _event_key, fingerprint
from stallwatch.tracking.source import Event, TrackingResult
from stallwatch.tracking.trace_codec import (
    _checkpoint,
    _instant,
    _pack,
    _pack_past,
    _rest,
    _unpack,
    _unpack_past,
)

MOST_EVENTS = 200
"""How many events are kept of a number, and how many of all earlier ones: more than any journey
has. A source that tells another story each day must not fill the table."""


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

    def absorb(self, answer: TrackingResult, source: str, now: datetime) -> "SecondRecord":
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


def absorb(record: TraceRecord, answer: TrackingResult, source: str, now: datetime) -> TraceRecord:
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
    packed: bytes | None, seen: Iterable[Seen], answer: TrackingResult, source: str, now: datetime
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
