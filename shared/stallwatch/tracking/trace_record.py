"""Trace records: how what the sources said about an order's number is kept.

A record holds each source's events compressed, and beside them when they were first seen, as runs
over the events from the oldest to the newest. An answer that only adds newer events is written
without reading what is there (`fingerprint.added_to`). Any other news is merged (`absorb`): a
source may leave out what it once said, and evidence must not vanish with it. How much is kept, and
what goes first, is for `retention` to say.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from stallwatch.domain.parcels import Checkpoint, LocalCarrier, SecondOpinion, Trace
from stallwatch.tracking.codes import Placed, is_of_status
from stallwatch.tracking.fingerprint import MOST_EVENTS, SILENT, UNANSWERED, fingerprint
from stallwatch.tracking.profiles import SEVENTEEN_TRACK, profile_of
from stallwatch.tracking.retention import (
    MOST_BYTES,
    MOST_PAST_BYTES,
    MOST_SECOND_BYTES,
    KeptEvent,
    bounded,
    delivered_since,
    is_dated_well,
    merge_events,
    without_withdrawn_states,
)
from stallwatch.tracking.source import TrackingResult
from stallwatch.tracking.trace_codec import (
    details_of,
    instant_of,
    pack_events,
    pack_past,
    seconds_of,
    to_checkpoint,
    unpack_events,
    unpack_past,
)

_FUTURE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FirstSeenRun:
    """A run of neighbouring events that were first seen at the same time."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class SecondRecord:
    """What the second source said about a trace's number, as it is stored."""

    events: bytes | None = None
    """Its answer, compressed; None: it never answered."""
    seen: tuple[FirstSeenRun, ...] = ()
    fingerprint: bytes | None = None
    answered_at: datetime | None = None
    """Its last answer that was written down: one without news only where the gate needs it."""
    failing_since: datetime | None = None

    def open(self) -> SecondOpinion | None:
        """In the product's words; None where it was never asked."""
        if self == SecondRecord():
            return None
        details, events = unpack_events(self.events)
        return SecondOpinion(
            answered_at=self.answered_at,
            failing_since=self.failing_since,
            source=details.get("source", SEVENTEEN_TRACK.name),
            known=bool(details.get("known")) or bool(events),
        )

    def absorb(self, answer: TrackingResult, source: str, now: datetime) -> "SecondRecord":
        """The record with an answer merged into it; what the answer leaves out stays."""
        events, seen, mark = _merged(
            self.events, self.seen, answer, source, now, most_bytes=MOST_SECOND_BYTES
        )
        return SecondRecord(events, seen, mark, answered_at=now)


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """A trace as it is stored."""

    number: str | None
    events: bytes | None = None
    """The first source's answer about the number, compressed."""
    seen: tuple[FirstSeenRun, ...] = ()
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
        details, events = unpack_events(self.events)
        second, _ = unpack_events(self.second.events)
        eta = details.get("eta")
        return Trace(
            number=self.number,
            checkpoints=tuple(_all_checkpoints(self)),
            answered_at=self.answered_at,
            asked_at=self.asked_at,
            known=bool(details.get("known")) or bool(events),
            mail_type=details.get("mail_type"),
            eta=None if eta is None else instant_of(eta),
            carrier=_carrier(details, second),
            country=details.get("country"),
            points_to=details.get("points_to"),
            other_number=details.get("other_number"),
            status_delivered_at=min(_instants_in((details, second), "delivered"), default=None),
            status_withdrawn_at=max(_instants_in((details, second), "withdrawn"), default=None),
            cut="cut" in details or "cut" in second,
            unanswered_since=self.silent_since if self.unanswered else None,
            second=self.second.open(),
        )


def _instants_in(said: Iterable[dict[str, Any]], name: str) -> Iterable[datetime]:
    return (instant_of(details[name]) for details in said if name in details)


def _carrier(first: dict[str, Any], second: dict[str, Any]) -> LocalCarrier | None:
    """The local carrier: as the first source names it, unless only the second has its number."""
    named = [LocalCarrier(*said["carrier"]) for said in (first, second) if "carrier" in said]
    numbered = [carrier for carrier in named if carrier.number is not None]
    return next(iter([*numbered, *named]), None)


def absorb(record: TraceRecord, answer: TrackingResult, source: str, now: datetime) -> TraceRecord:
    """A trace record with an answer merged into it.

    What the answer leaves out stays, and so does what another source said while it was the first;
    what is new is first seen now.
    """
    details, events = unpack_events(record.events)
    if events and details["source"] != source:
        record = replace(change_number(record, record.number), second=record.second)
    packed, seen, mark = _merged(
        record.events, record.seen, answer, source, now, most_bytes=MOST_BYTES
    )
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
    packed: bytes | None,
    seen: Iterable[FirstSeenRun],
    answer: TrackingResult,
    source: str,
    now: datetime,
    *,
    most_bytes: int,
) -> tuple[bytes, tuple[FirstSeenRun, ...], bytes]:
    """What a source has said with an answer merged into it, and the fingerprint of that."""
    before, events = unpack_events(packed)
    stage_of = profile_of(source).stage_of
    merged = without_withdrawn_states(
        merge_events(list(zip(events, _instants(seen), strict=True)), answer.events, now),
        has_status=answer.delivered is not None,
        now=now,
    )
    details = details_of(answer, source) if answer.events or not events else dict(before)
    details.pop("delivered", None)
    details |= _delivery_by_status(before, merged, answer, stage_of, now)
    kept = bounded(
        merged,
        stage_of,
        lambda some: len(pack_events(details, [one.event for one in some])),
        most_bytes,
    )
    is_cut = any(is_dated_well(one) for one in _left_out(merged, kept))
    if is_cut or "cut" in before:
        details["cut"] = 1
    every = [one.event for one in kept]
    return (
        pack_events(details, every),
        _runs([one.first_seen for one in kept]),
        fingerprint(
            answer,
            merged=every != sorted(answer.events)
            or not details.keys().isdisjoint({"delivered", "withdrawn"}),
        ),
    )


def _delivery_by_status(
    before: dict[str, Any],
    merged: Sequence[KeptEvent],
    answer: TrackingResult,
    stage_of: Callable[[str], Placed],
    now: datetime,
) -> dict[str, int]:
    """When a delivery that the status alone tells was first told, and when one was taken back."""
    known = instant_of(before["delivered"]) if "delivered" in before else None
    since = delivered_since(known, merged, says=answer.delivered, stage_of=stage_of, now=now)
    if since is not None:
        delivered = {"delivered": seconds_of(since)}
        return delivered | ({"withdrawn": before["withdrawn"]} if "withdrawn" in before else {})
    if known is not None:
        return {"withdrawn": seconds_of(now)}
    return {"withdrawn": before["withdrawn"]} if "withdrawn" in before else {}


def _left_out(merged: Sequence[KeptEvent], kept: Sequence[KeptEvent]) -> Iterable[KeptEvent]:
    if len(kept) == len(merged):
        return ()
    places = {id(one) for one in kept}
    return (one for one in merged if id(one) not in places)


def change_number(record: TraceRecord, number: str | None) -> TraceRecord:
    """A trace record for another tracking number.

    The old number's checkpoints stay as evidence under their number, without what only a status
    told; there is no answer yet about the new one.
    """
    scans = [c for c in _all_checkpoints(record) if not is_of_status(c.code)]
    return TraceRecord(number=number, past=_bounded_past(scans))


def _bounded_past(checkpoints: Sequence[Checkpoint]) -> bytes | None:
    """The checkpoints of earlier numbers, packed: the newest that fit, those that decide first."""
    ranked = sorted(checkpoints, key=lambda c: c.at - c.first_seen <= _FUTURE)[-MOST_EVENTS:]
    while True:
        kept = frozenset(map(id, ranked))
        packed = pack_past([c for c in checkpoints if id(c) in kept])
        if packed is None or len(packed) <= MOST_PAST_BYTES:
            return packed
        ranked = ranked[1 + len(ranked) // 10 :]


def _runs(instants: Sequence[datetime]) -> tuple[FirstSeenRun, ...]:
    runs: list[FirstSeenRun] = []
    for instant in instants:
        if runs and runs[-1].at == instant:
            runs[-1] = FirstSeenRun(instant, runs[-1].count + 1)
        else:
            runs.append(FirstSeenRun(instant, 1))
    return tuple(runs)


def _instants(runs: Iterable[FirstSeenRun]) -> list[datetime]:
    return [run.at for run in runs for _ in range(run.count)]


def _all_checkpoints(record: TraceRecord) -> list[Checkpoint]:
    """Those of the numbers before and of the present one, of every source, each once.

    A number may come back, and its checkpoints with it: they were first seen when they first were.
    """
    past = {_identity(c): c for c in reversed(unpack_past(record.past))}
    present = {
        _identity(c): c
        for said in (record.second, record)
        for c in _checkpoints(record.number or "", said.events, said.seen)
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
    number: str, packed: bytes | None, runs: Iterable[FirstSeenRun]
) -> list[Checkpoint]:
    details, events = unpack_events(packed)
    return [
        to_checkpoint(number, event, details["source"], first_seen)
        for event, first_seen in zip(events, _instants(runs), strict=True)
    ]
