"""What is kept of a trace: so much, and the important first.

A source may tell nonsense: hundreds of events from the future, another story at each answer, the
same events with new clocks. An item of the store holds 400 KB. So each source's events of a number
are bounded in number and bytes, and these have their place before all others:

1. the first physical scan, the first departure, the first delivery and the newest update;
2. updates, those that the present answer tells before those that only older ones told;
3. what decides nothing: advisory events, events from the future, events older than any order.

Of equals the newest come first.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stallwatch.domain.parcels import RANK, Flag, Stage
from stallwatch.tracking.codes import Placed, is_of_status
from stallwatch.tracking.fingerprint import MOST_EVENTS, characters_in, event_key
from stallwatch.tracking.source import Event

MOST_BYTES = 140_000
"""How large the first source's events may be, compressed."""

MOST_SECOND_BYTES = 80_000
"""The same of the second source's events, and of those of earlier numbers: 300 KB in all."""

MOST_PAST_BYTES = 80_000

_SMALL_CHARACTERS = 15_000
"""A character takes four bytes at most."""

REDATED_WITHIN = timedelta(hours=20)
"""An event that comes again within this time of its old clock is the same event."""

_FUTURE = timedelta(days=1)
"""How far ahead of its first sight an event may be dated: zones are loosely kept."""

_TOO_OLD = timedelta(days=400)
"""Nobody watches an order for so long: what is older at first sight is another parcel's."""

_DEPARTED = RANK[Stage.DEPARTED_ORIGIN]

_SCANNED = frozenset(stage for stage in RANK if RANK[stage] >= RANK[Stage.ACCEPTED])


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event with what decides whether it keeps its place."""

    event: Event
    first_seen: datetime
    told: bool
    """Whether the present answer tells it."""


def merge_events(
    known: Sequence[tuple[Event, datetime]], told: Sequence[Event], now: datetime
) -> list[KeptEvent]:
    """What was known and what the present answer tells, each event once.

    Args:
        known: The known events, each with the instant at which it was first seen.
        told: The events of the present answer.
        now: The present instant.
    """
    seen = {event_key(event): first_seen for event, first_seen in known}
    told_now = {event_key(event): event for event in told}
    gone = [(event, at) for event, at in known if event_key(event) not in told_now]
    new = [event for key, event in told_now.items() if key not in seen]
    again = _redated([event for event, _ in gone], new)
    merged = []
    for key, event in told_now.items():
        before = again.get(key)
        if before is None:
            merged.append(KeptEvent(event, seen.get(key, now), told=True))
        else:
            # Only a zone that was corrected is believed: a clock that moves is not the event's.
            same = event if event.wall == before.wall else before
            merged.append(KeptEvent(same, seen[event_key(before)], told=True))
    replaced = {event_key(event) for event in again.values()}
    merged += [
        KeptEvent(event, first_seen, told=False)
        for event, first_seen in gone
        if event_key(event) not in replaced
    ]
    return sorted(merged, key=lambda kept: kept.event)


def without_withdrawn_states(
    merged: Sequence[KeptEvent], *, has_status: bool, now: datetime
) -> list[KeptEvent]:
    """The events without those that only a status told, and that the present answer takes back.

    As a delivery by status, they stand while the answers tell them: an answer with another status,
    or with newer events, takes them back. An answer without events takes nothing back.

    Args:
        merged: All events with those of the present answer, oldest first.
        has_status: Whether the present answer has a status.
        now: The present instant.
    """
    told = {kept.event.code for kept in merged if kept.told}
    newest = merged[-1] if merged else None
    is_newer = newest is not None and newest.told and newest.first_seen == now
    if not told or not (has_status or is_newer):
        return list(merged)
    return [k for k in merged if k.event.code in told or not is_of_status(k.event.code)]


def _redated(gone: Iterable[Event], new: Iterable[Event]) -> dict[bytes, Event]:
    """The new events that are known ones with another clock, by key, each with the known one.

    It has the same code, text and place; the known one is no longer told, and the clocks are less
    than 20 hours apart. Each known event is found again at most once, the nearest in time first.
    """
    waiting: defaultdict[tuple[str, str, str | None], list[Event]] = defaultdict(list)
    for event in sorted(new):
        waiting[event.code, event.text, event.place].append(event)
    again: dict[bytes, Event] = {}
    for event in gone:
        others = waiting.get((event.code, event.text, event.place))
        if not others:
            continue
        index = bisect_left(others, event)
        near = others[max(0, index - 1) : index + 1]
        nearest = min(near, key=lambda other: abs(other.at - event.at))
        if abs(nearest.at - event.at) < REDATED_WITHIN:
            again[event_key(nearest)] = event
            others.remove(nearest)
    return again


def by_importance(events: Sequence[KeptEvent], stage_of: Callable[[str], Placed]) -> list[int]:
    """The places of events in a list, the most important first.

    Args:
        events: The events, oldest first.
        stage_of: The stage that a code means, and its flag.
    """
    placed = [stage_of(kept.event.code) for kept in events]
    updates = [
        index
        for index, kept in enumerate(events)
        if placed[index][0] is not Stage.ADVISORY and is_dated_well(kept)
    ]
    landmarks = _landmarks(updates, placed)
    deciding = frozenset(updates)

    def weight(index: int) -> tuple[bool, bool, bool, int]:
        return index in landmarks, index in deciding, events[index].told, index

    return sorted(range(len(events)), key=weight, reverse=True)


def is_dated_well(kept: KeptEvent) -> bool:
    """Whether an event's clock can be true, as far as its first sight tells."""
    return -_TOO_OLD <= kept.event.at - kept.first_seen <= _FUTURE


def _landmarks(updates: Sequence[int], placed: Sequence[Placed]) -> frozenset[int]:
    """The first scan, the first departure, the first delivery and the newest update."""

    def first(fits: Callable[[Stage, Flag | None], bool]) -> list[int]:
        return [index for index in updates if fits(*placed[index])][:1]

    return frozenset(
        [
            *first(lambda stage, flag: flag is not Flag.EARLY and stage in _SCANNED),
            *first(lambda stage, flag: flag is not Flag.EARLY and RANK.get(stage, -1) >= _DEPARTED),
            *first(lambda stage, _: stage is Stage.DELIVERED),
            *updates[-1:],
        ]
    )


def _is_small(events: Iterable[KeptEvent]) -> bool:
    """Whether events are short enough for every bound, whatever they hold."""
    return sum(characters_in(kept.event) for kept in events) <= _SMALL_CHARACTERS


def bounded(
    events: Sequence[KeptEvent],
    stage_of: Callable[[str], Placed],
    size_of: Callable[[Sequence[KeptEvent]], int],
    most_bytes: int,
) -> list[KeptEvent]:
    """The events that are kept, oldest first: at most 200, and within the bytes.

    Args:
        events: All events, oldest first.
        stage_of: The stage that a code means, and its flag.
        size_of: How many bytes some events take.
        most_bytes: How many they may take.
    """
    if len(events) <= MOST_EVENTS and (_is_small(events) or size_of(events) <= most_bytes):
        return list(events)
    ranked = by_importance(events, stage_of)[:MOST_EVENTS]
    kept = [events[index] for index in sorted(ranked)]
    while len(ranked) > 1 and size_of(kept) > most_bytes:
        ranked = ranked[: len(ranked) * 9 // 10]
        kept = [events[index] for index in sorted(ranked)]
    return kept


def delivered_since(
    before: datetime | None,
    merged: Sequence[KeptEvent],
    *,
    says: bool | None,
    stage_of: Callable[[str], Placed],
    now: datetime,
) -> datetime | None:
    """Since when a source says by its status alone that the parcel was delivered.

    It is taken back by an answer with another status, or with newer events and no status. An answer
    without events takes nothing back. A status undoes no return.

    Args:
        before: Since when it said so before this answer.
        merged: All events with those of this answer, oldest first.
        says: Whether this answer says so; None: it has no status.
        stage_of: The stage that a code means, and its flag.
        now: The present instant.
    """
    placed = [stage for kept in merged if (stage := stage_of(kept.event.code)[0]) in RANK]
    if Stage.DELIVERED in placed:
        return before  # It has its scan: what the status says from now on changes nothing.
    if says:
        return before if placed[-1:] == [Stage.RETURNED] else before or now.replace(microsecond=0)
    if not any(kept.told for kept in merged):
        return before
    newest = merged[-1]
    is_newer = newest.told and newest.first_seen == now
    return None if says is False or is_newer else before
