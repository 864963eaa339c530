"""How a trace is kept: nothing that was seen vanishes, and nothing new costs nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.parcels import Checkpoint, LocalCarrier
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.codes import stage_of
from stallwatch.tracking.fingerprint import MOST_EVENTS, UNANSWERED, added_to, fingerprint, is_news
from stallwatch.tracking.source import Event, TrackingResult
from stallwatch.tracking.trace_codec import pack_answer
from stallwatch.tracking.trace_record import (
    FirstSeenRun,
    SecondRecord,
    TraceRecord,
    absorb,
    change_number,
)

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
A, B = "LP00000000000001", "CNG00000000000002"
SAMPLES = Path(__file__).parents[2] / "data" / "cainiao"

JOURNEY = (
    ("GWMS_ACCEPT", "Shipment information received by warehouse electronically", None),
    ("GWMS_PACKAGE", "Package ready for shipping from warehouse", None),
    ("GWMS_OUTBOUND", "Package shipped out from warehouse", None),
    ("PU_PICKUP_SUCCESS", "Received by logistics company", None),
    ("SC_INBOUND_SUCCESS", "Processing at sorting center", "Dongguan"),
    ("SC_OUTBOUND_SUCCESS", "Departed from sorting center", "Dongguan"),
    ("CC_EX_SUCCESS", "Export customs clearance complete", None),
    ("LH_HO_IN_SUCCESS", "Arrived at departure transport hub", None),
    ("LH_DEPART", "Departed from departure country/region", None),
    ("LH_ARRIVE", "Arrived at linehaul office", None),
    ("CC_IM_SUCCESS", "Import customs clearance complete", None),
    ("CC_HO_OUT_SUCCESS", "Departed from customs", None),
    ("GTMS_ACCEPT", "Received by local delivery company", "Roissy"),
    ("GTMS_DO_DEPART", "Out for delivery", "Roissy"),
    ("GTMS_SIGNED", "Package delivered", "Roissy"),
)
"""A typical journey: code, text, town."""


def event(minutes: int, code: str, text: str = "", town: str | None = None, zone: int = 8) -> Event:
    at = NOW - 60 * DAY + timedelta(minutes=minutes)
    wall = at + timedelta(hours=zone)
    return Event(at, str(wall.replace(tzinfo=None)), f"GMT{zone:+}", code, text, town)


def typical(count: int) -> TrackingResult:
    events = []
    for index in range(count):
        code, text, town = JOURNEY[index % len(JOURNEY)]
        abroad = index % len(JOURNEY) >= 9
        events.append(event(index * 1777, code, text, town, zone=2 if abroad else 8))
    return TrackingResult(A, known=True, events=tuple(events))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
events = st.builds(
    event,
    minutes=st.integers(0, 5000),
    code=st.sampled_from([code for code, _, _ in JOURNEY] + ["NEW_CODE", ""]),
    text=texts,
    town=st.none() | texts.filter(bool),
    zone=st.sampled_from([8, 2, 0, -3]),
)
journeys = st.lists(events, max_size=12, unique=True).map(sorted)


def answer(told: list[Event], **given: object) -> TrackingResult:
    values = {"known": True, "delivered": False, **given}
    return TrackingResult(A, events=tuple(told), **values)  # type: ignore[arg-type]


def written(record: TraceRecord, told: TrackingResult, now: datetime) -> TraceRecord:
    """What the pull leaves of an answer: written blindly where it only adds, else merged."""
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


def keys(checkpoints: tuple[Checkpoint, ...]) -> list[tuple[object, ...]]:
    return [(c.number, c.at, c.wall, c.zone, c.code) for c in checkpoints]


@settings(deadline=None)
@given(journeys)
def test_an_answer_comes_out_of_its_record_as_it_went_in(told: list[Event]) -> None:
    """Each event with its clocks, its words and the instant at which it was first seen."""
    trace = written(TraceRecord(A), answer(told), NOW).open()
    expected = tuple(
        Checkpoint(
            number=A,
            at=e.at,
            wall=e.wall,
            zone=e.zone,
            code=e.code,
            stage=stage_of(e.code)[0],
            flag=stage_of(e.code)[1],
            text=e.text,
            place=e.place,
            source="cainiao",
            first_seen=NOW,
        )
        for e in told
    )
    assert expected == trace.checkpoints
    assert trace.known


def test_what_an_answer_says_besides_comes_out_too() -> None:
    """Mail type, estimate, local carrier, the number it stands for."""
    eta = NOW + 20 * DAY
    told = TrackingResult(
        A,
        known=True,
        mail_type="Economy",
        eta=eta,
        carrier=LocalCarrier("La Poste", "https://example.org/track"),
        points_to=B,
    )
    trace = written(TraceRecord(A), told, NOW).open()
    assert (A, "Economy", eta, B) == (trace.number, trace.mail_type, trace.eta, trace.points_to)
    assert LocalCarrier("La Poste", "https://example.org/track") == trace.carrier
    assert (NOW, NOW) == (trace.answered_at, trace.asked_at)


@pytest.mark.parametrize("known", [True, False])
def test_an_empty_answer_says_whether_the_number_is_known(*, known: bool) -> None:
    """No events are an answer too."""
    assert known is written(TraceRecord(A), TrackingResult(A, known=known), NOW).open().known
    assert not TraceRecord(A).open().known


@settings(deadline=None)
@given(journeys, journeys, st.booleans())
def test_writing_blindly_is_the_same_as_merging(
    first: list[Event],
    second: list[Event],
    only_newer: bool,  # noqa: FBT001
) -> None:
    """Where an answer only adds to what is there, reading first would have changed nothing."""
    if only_newer and first:
        second = [*first, *(e for e in second if e > first[-1])]
    first, second = ([replace(e, text=e.wall + e.zone) for e in told] for told in (first, second))
    record = written(TraceRecord(A), answer(first), NOW)

    blind = written(record, answer(second), NOW + DAY)

    merged = absorb(record, answer(second), "cainiao", NOW + DAY)
    assert keys(merged.open().checkpoints) == keys(blind.open().checkpoints)
    assert [c.first_seen for c in merged.open().checkpoints] == [
        c.first_seen for c in blind.open().checkpoints
    ]
    if only_newer and len(second) > len(first):
        assert added_to(answer(second), record.fingerprint) == len(second) - len(first)


@settings(deadline=None)
@given(st.lists(journeys, min_size=1, max_size=5))
def test_nothing_that_was_seen_vanishes(told: list[list[Event]]) -> None:
    """Whatever a source leaves out later, and each event keeps when it was first seen."""
    record = TraceRecord(A)
    first_seen: dict[tuple[object, ...], datetime] = {}
    for day, journey in enumerate(told):
        now = NOW + day * DAY
        # The same event with another clock is told apart elsewhere.
        distinct = [replace(e, text=f"{e.text} {e.wall} {e.zone}") for e in journey]
        if is_news(answer(distinct), record.fingerprint):
            record = written(record, answer(distinct), now)
        for e in distinct:
            first_seen.setdefault((e.wall, e.zone, e.code), now)

    found = record.open().checkpoints

    assert first_seen == {(c.wall, c.zone, c.code): c.first_seen for c in found}
    assert len(first_seen) == len(found)
    assert sorted(c.at for c in found) == [c.at for c in found]


@settings(deadline=None)
@given(journeys, journeys)
def test_the_same_answer_again_is_no_news(first: list[Event], second: list[Event]) -> None:
    """Neither after it was added nor after it was merged."""
    record = written(TraceRecord(A), answer(first), NOW)
    assert not is_news(answer(first), record.fingerprint)
    record = written(record, answer(second), NOW)
    assert not is_news(answer(second), record.fingerprint)


def test_a_merged_trace_is_never_written_over_blindly() -> None:
    """It keeps events that the source no longer shows, which a blind write would lose."""
    told = [event(n, "GTMS_ACCEPT") for n in range(4)]
    record = written(TraceRecord(A), answer(told), NOW)
    record = written(record, answer(told[2:]), NOW + DAY)
    for later in (told, told[2:], [*told, event(9, "GTMS_SIGNED")], [*told[2:], event(9, "X")]):
        assert added_to(answer(later), record.fingerprint) is None
        assert {e.code for e in [*told, *later]} == {
            c.code for c in written(record, answer(later), NOW + 2 * DAY).open().checkpoints
        }


def test_an_emptied_trace_keeps_what_it_had() -> None:
    """A source that suddenly knows nothing takes no evidence away."""
    told = [event(n, "GTMS_ACCEPT") for n in range(3)]
    record = written(TraceRecord(A), answer(told, mail_type="Economy"), NOW)
    record = written(record, TrackingResult(A, known=False), NOW + DAY)
    trace = record.open()
    assert 3 == len(trace.checkpoints)
    assert ("Economy", NOW + DAY) == (trace.mail_type, trace.answered_at)
    assert trace.known


@pytest.mark.parametrize(
    ("first", "second", "news"),
    [
        ({}, {"mail_type": "Economy"}, True),
        ({}, {"points_to": B}, True),
        ({}, {"known": False}, True),
        ({}, {"eta": NOW}, True),
        ({"eta": NOW}, {"eta": NOW + timedelta(hours=3)}, False),
        ({"eta": NOW}, {"eta": NOW + DAY}, True),
        ({}, {"carrier": LocalCarrier("DHL")}, True),
        ({"carrier": LocalCarrier("DHL", "https://a.example/")}, {"carrier": LocalCarrier("DHL")}, False),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_news_besides_events(
    first: dict[str, object], second: dict[str, object], *, news: bool
) -> None:
    """Of the estimate only the day counts, for it drifts; of the carrier the name."""
    known = fingerprint(answer([], **first))
    assert news is is_news(answer([], **second), known)


def test_words_alone_are_no_news() -> None:
    """A source that words an event anew says nothing new."""
    known = fingerprint(answer([event(0, "X", "one")]))
    assert not is_news(answer([event(0, "X", "other", "Town")]), known)


def test_no_answer_yet_and_an_unanswered_number_make_any_answer_news() -> None:
    """Even an empty one."""
    empty = TrackingResult(A, known=False)
    assert is_news(empty, None)
    assert is_news(empty, UNANSWERED)
    assert added_to(answer([event(0, "X")]), UNANSWERED) is None
    silent = TraceRecord(A, fingerprint=fingerprint(empty), silent_since=NOW, unanswered=True)
    assert UNANSWERED == silent.seen_fingerprint
    assert NOW == silent.open().unanswered_since
    assert absorb(silent, empty, "cainiao", NOW).open().unanswered_since is None


def test_another_number_keeps_the_evidence_of_the_old_one() -> None:
    """Under the old number, with the instants at which it was first seen; nothing else stays."""
    told = [event(n, "GTMS_ACCEPT", "words", "Town") for n in range(3)]
    record = written(TraceRecord(A), answer(told, mail_type="Economy"), NOW)
    before = record.open().checkpoints

    trace = change_number(record, B).open()

    assert before == trace.checkpoints
    assert {A} == {c.number for c in trace.checkpoints}
    assert (B, None, None, None) == (
        trace.number,
        trace.answered_at,
        trace.mail_type,
        trace.unanswered_since,
    )
    assert not trace.known


def test_a_number_that_comes_back_brings_no_second_copy_of_its_checkpoints() -> None:
    """From A to B and back to A: each is there once, first seen when it first was."""
    told = [event(n, "GTMS_ACCEPT", f"event {n}") for n in range(3)]
    record = written(TraceRecord(A), answer(told), NOW)
    before = record.open().checkpoints
    record = change_number(record, B)
    other = TrackingResult(B, known=True, events=(event(99, "LH_DEPART"),))
    record = written(record, other, NOW + DAY)
    record = change_number(record, A)
    assert before == tuple(c for c in record.open().checkpoints if c.number == A)

    record = written(record, answer([*told, event(7, "GTMS_SIGNED")]), NOW + 2 * DAY)

    mine = [c for c in record.open().checkpoints if c.number == A]
    assert [NOW, NOW, NOW, NOW + 2 * DAY] == [
        c.first_seen for c in sorted(mine, key=lambda c: c.at)
    ]
    assert 1 == sum(c.number == B for c in record.open().checkpoints)
    again = change_number(change_number(record, B), A)
    assert sorted(keys(record.open().checkpoints)) == sorted(keys(again.open().checkpoints))


def test_another_source_adds_to_what_the_first_said() -> None:
    """Each checkpoint keeps the source that told it."""
    record = written(TraceRecord(A), answer([event(0, "GTMS_ACCEPT")]), NOW)
    record = absorb(record, answer([event(5, "GTMS_SIGNED")]), "17track", NOW + DAY)
    trace = record.open()
    assert [("cainiao", NOW), ("17track", NOW + DAY)] == [
        (c.source, c.first_seen) for c in trace.checkpoints
    ]
    assert NOW + DAY == trace.answered_at


def test_another_source_s_answer_leaves_the_second_opinion_alone() -> None:
    """It is about the same number still."""
    opinion = SecondRecord().absorb(answer([event(0, "Delivered")]), "17track", NOW)
    record = replace(written(TraceRecord(A), answer([event(0, "X")]), NOW), second=opinion)
    assert opinion == absorb(record, answer([event(1, "Y")]), "17track", NOW).second
    other = change_number(record, B)
    assert other.second.open() is None
    assert {"X", "Delivered"} == {c.code for c in other.open().checkpoints}


def test_a_source_that_tells_another_story_each_day_does_not_fill_the_table() -> None:
    """What is kept of a number is bounded; the newest stay."""
    record = TraceRecord(A)
    for day in range(8):
        told = [event(day * 1000 + n, f"CODE_{day}_{n}") for n in range(200)]
        record = absorb(record, answer(told), "cainiao", NOW + day * DAY)
    found = record.open().checkpoints
    assert MOST_EVENTS == len(found)
    assert "CODE_7_199" == found[-1].code
    for number in (B, A, B):
        record = change_number(record, number)
        told = [event(n, f"OTHER_{n}") for n in range(200)]
        record = absorb(
            record, TrackingResult(number, known=True, events=tuple(told)), "cainiao", NOW
        )
    assert len(record.open().checkpoints) <= 2 * MOST_EVENTS


def test_the_dictionary_never_changes() -> None:
    """Stored traces can only be read with the dictionary that they were written with.

    A better one would need a second file, and a mark in each trace that says which it needs.
    """
    content = files("stallwatch").joinpath("tracking", "data", "trace_dictionary.txt").read_bytes()
    expected = "887585365f099047a81aed99b48122b31abe6ec382369f37fccc72619cb4cbaf"
    assert expected == sha256(content).hexdigest()


@pytest.mark.parametrize(("count", "limit"), [(15, 300), (40, 600)])
def test_a_trace_is_small(count: int, limit: int) -> None:
    """Write and read units are counted by the kilobyte."""
    assert len(pack_answer(typical(count), "cainiao")) < limit


def test_a_rebuilt_answer_is_small_too() -> None:
    """With mixed spellings of zones, towns and a carrier."""
    body = (SAMPLES / "economy_handed_over_with_predeclared_customs.json").read_bytes()
    (told,) = parse(body, ["RS0000000001Y"]).answers.values()
    assert 14 == len(told.events)
    assert len(pack_answer(told, "cainiao")) < 400
