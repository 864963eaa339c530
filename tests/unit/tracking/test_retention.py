"""Traces that no answer can poison: what is kept, what is the same event, what is taken back."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.parcels import Checkpoint, Stage, Trace
from stallwatch.tracking.codes import code_of_status
from stallwatch.tracking.fingerprint import MOST_EVENTS, added_to, fingerprint, is_news
from stallwatch.tracking.source import Event, TrackingResult
from stallwatch.tracking.trace_codec import pack_answer
from stallwatch.tracking.trace_record import (
    FirstSeenRun,
    SecondRecord,
    TraceRecord,
    absorb,
    change_number,
)
from tests.support.effort import examples

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NUMBER, OTHER = "LP00000000000001", "LP00000000000002"
ITEM = 300_000
"""How many bytes a trace may take; the store takes 400 KB."""


def event(at: datetime, code: str, text: str = "") -> Event:
    return Event(at, str((at + 8 * HOUR).replace(tzinfo=None)), "GMT+8", code, text or code)


REAL = (
    event(NOW - 20 * DAY, "PU_PICKUP_SUCCESS"),
    event(NOW - 15 * DAY, "SC_OUTBOUND_SUCCESS"),
    event(NOW - 10 * DAY, "LH_DEPART"),
)


def answer(events: Iterable[Event], *, delivered: bool | None = False) -> TrackingResult:
    return TrackingResult(NUMBER, known=True, events=tuple(sorted(events)), delivered=delivered)


def written(record: TraceRecord, told: TrackingResult, now: datetime) -> TraceRecord:
    """What the poll leaves of an answer: nothing of an old one, a blind write, or a merge."""
    if not is_news(told, record.fingerprint):
        return replace(record, answered_at=now)
    added = added_to(told, record.fingerprint)
    if added is None:
        return absorb(record, told, "cainiao", now)
    return replace(
        record,
        events=pack_answer(told, "cainiao"),
        seen=(*record.seen, FirstSeenRun(now, added)) if added else record.seen,
        fingerprint=fingerprint(told),
        answered_at=now,
        asked_at=now,
    )


def told(*answers: TrackingResult, every: timedelta = DAY) -> Trace:
    record = TraceRecord(NUMBER)
    for count, one in enumerate(answers):
        record = written(record, one, NOW + count * every)
    return record.open()


def codes(trace: Trace) -> list[str]:
    return [checkpoint.code for checkpoint in trace.checkpoints]


def deciding(trace: Trace) -> list[Checkpoint]:
    """The checkpoints that are not from the future."""
    return [c for c in trace.checkpoints if c.at <= c.first_seen + DAY]


# What keeps its place.


@pytest.mark.parametrize("real_again", [True, False])
def test_200_events_from_the_future_displace_nothing(*, real_again: bool) -> None:
    """Whether they come beside the real ones, or instead of them."""
    future = [event(NOW + 30_000 * DAY + n * HOUR, f"F{n}") for n in range(200)]
    trace = told(answer(REAL), answer([*(REAL if real_again else ()), *future]), answer(REAL))
    assert [e.code for e in REAL] == [c.code for c in deciding(trace)]
    assert len(trace.checkpoints) <= MOST_EVENTS
    assert not trace.cut
    at_first = told(answer([*REAL, *future]), answer(REAL))
    assert [e.code for e in REAL] == [c.code for c in deciding(at_first)]


def test_a_delivery_stays_however_many_events_follow_it() -> None:
    """So do the first scan, the departure and the newest update."""
    delivery = event(NOW - 5 * DAY, "GTMS_SIGNED")
    newer = [event(NOW - 4 * DAY + n * timedelta(minutes=9), f"SCAN {n}") for n in range(250)]
    for trace in (
        told(answer([*REAL, delivery, *newer])),
        told(answer([*REAL, delivery]), answer([*REAL, delivery, *newer])),
        told(answer([*REAL, delivery]), answer(newer)),
    ):
        kept = codes(trace)
        assert {"PU_PICKUP_SUCCESS", "LH_DEPART", "GTMS_SIGNED", "SCAN 249"} <= set(kept)
        assert MOST_EVENTS == len(kept)
        assert trace.cut


def test_what_the_present_answer_tells_comes_before_what_older_ones_told() -> None:
    """A source that tells another story each day loses its old ones first."""
    days = [
        [event(NOW - DAY + n * timedelta(minutes=1), f"D{day} E{n}") for n in range(150)]
        for day in range(4)
    ]
    trace = told(*(answer(events) for events in days))
    assert {f"D3 E{n}" for n in range(150)} <= set(codes(trace))
    assert MOST_EVENTS == len(trace.checkpoints)


def test_events_older_than_any_order_go_before_real_ones() -> None:
    """Another parcel's scans of years ago are no first scan."""
    old = [event(datetime(1999, 1, 1, tzinfo=UTC) + n * DAY, f"OLD {n}") for n in range(300)]
    trace = told(answer([*REAL, *old]))
    assert {e.code for e in REAL} <= set(codes(trace))
    assert not trace.cut


# Events that come again with another clock.


def test_events_that_are_redated_by_a_second_stay_as_they_were() -> None:
    """23 events, 60 answers, each a second later: the trace is that of the first answer."""
    events = [*REAL, *(event(NOW - 9 * DAY + n * HOUR, "LH_OTHER", f"{n}") for n in range(20))]
    answers = [
        answer(event(e.at + n * timedelta(seconds=1), e.code, e.text) for e in events)
        for n in range(60)
    ]
    control = told(answers[0])
    trace = told(*answers, every=6 * HOUR)
    assert control.checkpoints == trace.checkpoints


def test_events_that_are_dated_now_at_each_answer_keep_their_age() -> None:
    """The first scan and the departure stand where they were first told."""
    first = told(answer(REAL)).checkpoints
    redated = [answer(event(NOW + n * 12 * HOUR, e.code) for e in REAL) for n in range(1, 200)]
    trace = told(answer(REAL), *redated, every=12 * HOUR)
    assert first[0] == trace.checkpoints[0]
    assert first[2] in trace.checkpoints
    assert MOST_EVENTS >= len(trace.checkpoints)


@pytest.mark.parametrize(
    ("moved", "scans"),
    [(HOUR, 1), (-HOUR, 1), (timedelta(hours=19, minutes=59), 1), (timedelta(hours=20), 2)],
)
def test_an_event_that_moves_by_20_hours_is_another_one(moved: timedelta, scans: int) -> None:
    """One that moves by less is the same event, first seen when it first was."""
    attempt = event(NOW - DAY, "GTMS_DEL_FAILURE")
    again = event(attempt.at + moved, attempt.code)
    trace = told(answer([*REAL, attempt]), answer([*REAL, again]))
    attempts = [c for c in trace.checkpoints if c.code == attempt.code]
    assert scans == len(attempts)
    assert (NOW, attempt.at) in [(c.first_seen, c.at) for c in attempts]


def test_an_event_beside_its_old_self_is_another_one() -> None:
    """Two attempts on one day, both told."""
    attempt = event(NOW - DAY, "GTMS_DEL_FAILURE")
    second = event(attempt.at + 5 * HOUR, attempt.code)
    trace = told(answer([*REAL, attempt]), answer([*REAL, attempt, second]))
    assert 2 == sum(c.code == attempt.code for c in trace.checkpoints)


def test_another_text_is_another_event() -> None:
    """The same code may stand for two things that happened."""
    trace = told(
        answer([event(NOW - DAY, "LH_OTHER", "one")]),
        answer([event(NOW - DAY + HOUR, "LH_OTHER", "two")]),
    )
    assert ["one", "two"] == [c.text for c in trace.checkpoints]


def test_a_zone_that_is_corrected_is_believed() -> None:
    """The wall clock stays what it was; the instant was not known before."""
    wall = "2026-02-27 11:05:00"
    before = Event(datetime(2026, 2, 27, 3, 5, tzinfo=UTC), wall, "", "GTMS_STA_SIGNED", "x")
    after = replace(before, at=datetime(2026, 2, 27, 10, 5, tzinfo=UTC), zone="GMT+1")
    (checkpoint,) = told(answer([before]), answer([after])).checkpoints
    assert (after.at, NOW) == (checkpoint.at, checkpoint.first_seen)


# Deliveries that only a status tells.


def test_a_delivery_by_status_stands_when_it_was_first_told() -> None:
    """And is no checkpoint."""
    trace = told(answer(REAL), answer(REAL, delivered=True), answer(REAL, delivered=True))
    assert NOW + DAY == trace.status_delivered_at
    assert [e.code for e in REAL] == codes(trace)
    assert trace.status_withdrawn_at is None


NEWER = event(NOW - DAY, "LH_ARRIVE")


@pytest.mark.parametrize(
    ("later", "stands"),
    [
        (answer(REAL, delivered=False), False),
        (answer([*REAL, NEWER], delivered=False), False),
        (answer([*REAL, NEWER], delivered=None), False),
        (answer(REAL, delivered=None), True),
        (answer([], delivered=None), True),
        (answer([], delivered=False), True),
        (answer(REAL[:1], delivered=None), True),
        (answer([*REAL, NEWER], delivered=True), True),
    ],
    ids=[
        "another status",
        "another status, newer events",
        "no status, newer events",
        "no status",
        "nothing",
        "another status without events",
        "no status, fewer events",
        "still told",
    ],
)
def test_a_delivery_by_status_stands_only_while_it_is_told(
    later: TrackingResult, *, stands: bool
) -> None:
    """Nor does it come back with the answers after the one that took it back."""
    for answers in (
        [answer(REAL, delivered=True), later],
        [answer(REAL), answer(REAL, delivered=True), later],
    ):
        trace = told(*answers)
        told_at = NOW + (len(answers) - 2) * DAY
        taken_back_at = NOW + (len(answers) - 1) * DAY
        assert (told_at if stands else None) == trace.status_delivered_at
        assert (None if stands else taken_back_at) == trace.status_withdrawn_at
    if not stands:
        news = answer([*REAL, event(NOW - HOUR, "X")])
        trace = told(answer(REAL, delivered=True), later, news)
        assert (None, NOW + DAY) == (trace.status_delivered_at, trace.status_withdrawn_at)


def test_a_delivery_that_is_told_again_stands_anew() -> None:
    """From the instant at which it was told again."""
    trace = told(answer(REAL, delivered=True), answer(REAL), answer(REAL, delivered=True))
    assert NOW + 2 * DAY == trace.status_delivered_at


def test_a_delivery_with_a_scan_needs_no_status() -> None:
    """Where the scan comes later, the status's delivery stands on while it is told."""
    delivery = event(NOW - HOUR, "GTMS_SIGNED")
    assert told(answer([*REAL, delivery], delivered=True)).status_delivered_at is None
    late = told(answer(REAL, delivered=True), answer([*REAL, delivery], delivered=True))
    assert NOW == late.status_delivered_at


def test_a_status_undoes_no_return() -> None:
    """Whoever has the parcel back will say that it was delivered."""
    returned = event(NOW - HOUR, "RT_INBOUND")
    trace = told(answer([*REAL, returned]), answer([], delivered=True))
    assert trace.status_delivered_at is None


def test_a_changed_number_takes_no_delivery_by_status_along() -> None:
    """It was the other parcel's."""
    record = written(TraceRecord(NUMBER), answer(REAL, delivered=True), NOW)
    trace = change_number(change_number(record, OTHER), NUMBER).open()
    assert trace.status_delivered_at is None
    assert Stage.DELIVERED not in {c.stage for c in trace.checkpoints}


def test_neither_a_changed_number_nor_another_source_takes_what_a_status_told_along() -> None:
    """Nobody could take it back any more."""
    said = [*REAL, event(NOW - HOUR, "NEW_THING"), event(NOW - HOUR, code_of_status("RETURNED"))]
    record = written(TraceRecord(NUMBER), answer(said), NOW)
    assert Stage.RETURNED in {c.stage for c in record.open().checkpoints}
    back = change_number(change_number(record, OTHER), NUMBER)
    other = absorb(record, answer([event(NOW, "InTransit_Other")]), "17track", NOW + DAY)
    for trace in (back.open(), other.open()):
        assert Stage.RETURNED not in {c.stage for c in trace.checkpoints}
        assert "NEW_THING" in codes(trace)


def test_what_only_the_second_source_s_status_told_is_taken_back_too() -> None:
    """By its next answer, whatever the first says."""
    told_once = answer([event(NOW, "InTransit_Other"), event(NOW, "status:EXCEPTION_RETURNING")])
    second = SecondRecord().absorb(told_once, "17track", NOW)
    returned = replace(TraceRecord(NUMBER), second=second).open()
    assert Stage.RETURNED in {c.stage for c in returned.checkpoints}
    second = second.absorb(answer([event(NOW, "InTransit_Other")]), "17track", NOW + DAY)
    later = replace(TraceRecord(NUMBER), second=second).open()
    assert [Stage.IN_TRANSIT_UNPLACED] == [c.stage for c in later.checkpoints]


# Bytes.

ODD = "".join(map(chr, (*range(0x4E00, 0x9FA5), *range(0xAC00, 0xD7A3), *range(0x1F300, 0x1F5FF))))


def incompressible(seed: int, number: str = NUMBER) -> TrackingResult:
    """200 events with the longest texts, of random characters of three and four bytes."""
    chance = random.Random(seed)  # noqa: S311
    events = [
        Event(
            NOW - 20 * DAY + n * HOUR,
            str((NOW - 20 * DAY + n * HOUR).replace(tzinfo=None)),
            "".join(chance.choices(ODD, k=32)),
            f"LH_{n}_" + "".join(chance.choices(ODD, k=50)),
            "".join(chance.choices(ODD, k=200)),
            "".join(chance.choices(ODD, k=60)),
        )
        for n in range(200)
    ]
    return TrackingResult(number, known=True, events=tuple(events), delivered=False)


def size_of(record: TraceRecord) -> int:
    parts = (record.events, record.second.events, record.past)
    runs = 24 * (len(record.seen) + len(record.second.seen))
    return sum(len(part or b"") for part in parts) + runs


def test_a_trace_is_bounded_by_bytes() -> None:
    """200 incompressible events each from two sources, again after a change of number."""
    record = TraceRecord(NUMBER)
    for seed, number in enumerate((NUMBER, OTHER, NUMBER)):
        record = change_number(record, number)
        record = written(record, incompressible(seed, number), NOW)
        second = record.second.absorb(incompressible(10 + seed, number), "17track", NOW)
        record = replace(record, second=second)
        assert size_of(record) <= ITEM
    trace = record.open()
    assert trace.cut
    assert {"cainiao", "17track"} == {c.source for c in trace.checkpoints}
    assert incompressible(2).events[-1].code in codes(trace)


def test_an_answer_that_was_cut_is_no_news_when_it_comes_again() -> None:
    """Else each turn would write 140 KB."""
    record = written(TraceRecord(NUMBER), incompressible(1), NOW)
    assert not is_news(incompressible(1), record.fingerprint)


pasts = st.integers(0, 60).map(lambda hours: NOW - hours * HOUR)
events = st.builds(
    event,
    pasts | st.integers(1, 3).map(lambda years: NOW + years * 365 * DAY),
    st.sampled_from(["PU_PICKUP_SUCCESS", "LH_DEPART", "GTMS_ACCEPT", "X", "LAST_MILE_ASN_NOTIFY"]),
    st.sampled_from(["a", "b"]),
)


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.lists(events, max_size=6), min_size=1, max_size=6))
def test_every_event_is_told_or_stands_for_one_that_was(stories: list[list[Event]]) -> None:
    """Nothing is made up: each checkpoint was told as it stands, and is first seen when it was."""
    record = TraceRecord(NUMBER)
    first_told: dict[tuple[datetime, str], datetime] = {}
    for day, story in enumerate(stories):
        now = NOW + day * DAY
        for e in story:
            first_told.setdefault((e.at, e.code), now)
        unique = {(e.at, e.code): e for e in story}.values()
        record = written(record, answer(unique), now)
    for checkpoint in record.open().checkpoints:
        assert first_told[checkpoint.at, checkpoint.code] <= checkpoint.first_seen
