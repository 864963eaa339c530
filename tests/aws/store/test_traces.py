"""The traces: answers that add, answers that are merged, touches."""

from dataclasses import replace
from datetime import datetime

from stallwatch.domain.parcels import LocalCarrier
from stallwatch.polling.state import Silence, WatchRow
from stallwatch.tracking.fingerprint import fingerprint
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.trace_record import TraceRecord
from tests.aws.store.contract import (
    ARRIVED,
    DAY,
    DEPARTED,
    EMPTY,
    HOUR,
    MINUTE,
    Store,
    event,
)
from tests.support.builders import NOON, NUMBER, an_answer


def codes(store: Store, order_id: str = "x") -> list[str]:
    return [c.code for c in store.snapshot(order_id).trace.open().checkpoints]


def first_seen(store: Store) -> list[datetime]:
    return [c.first_seen for c in store.snapshot().trace.open().checkpoints]


def test_answers_that_add_are_written_blindly(store: Store) -> None:
    """Each event keeps the instant at which it was first seen."""
    store.add()
    assert store.answer(DEPARTED, NOON)
    store.settle()
    assert store.answer(ARRIVED, NOON + DAY)
    assert ["LH_DEPART", "LH_ARRIVE"] == codes(store)
    assert [NOON, NOON + DAY] == first_seen(store)
    trace = store.snapshot().trace
    assert (NOON + DAY, NOON + DAY) == (trace.answered_at, trace.asked_at)
    assert fingerprint(ARRIVED) == trace.fingerprint


def test_what_is_said_besides_events_is_written_blindly_too(store: Store) -> None:
    """No event is seen anew by it. The answer says that it takes no delivery back."""
    store.add()
    store.answer(DEPARTED)
    store.settle()
    carrier = LocalCarrier("La Poste", "https://example.org/")
    assert store.answer(replace(DEPARTED, carrier=carrier, delivered=False), NOON + DAY)
    assert [NOON] == first_seen(store)
    assert carrier == store.snapshot().trace.open().carrier


def test_an_empty_answer_is_an_answer(store: Store) -> None:
    """And the first events are added to it."""
    store.add()
    assert store.answer(EMPTY)
    assert NOON == store.snapshot().trace.answered_at
    store.settle()
    assert store.answer(DEPARTED, NOON + DAY)
    assert [NOON + DAY] == first_seen(store)


def test_the_first_events_are_added_to_an_empty_answer_that_was_merged(store: Store) -> None:
    """It came twice before the evaluation saw it."""
    store.add()
    assert store.answer(EMPTY)
    assert not store.answer(EMPTY, NOON + MINUTE)
    store.watch.merge_answer(store.row(), EMPTY, "cainiao", NOON + MINUTE)
    store.settle()
    assert store.answer(DEPARTED, NOON + DAY)
    assert [NOON + DAY] == first_seen(store)


def test_a_blind_write_is_refused_where_the_trace_has_moved_on(store: Store) -> None:
    """Another run was faster, the number changed, or the order is gone: nothing is written over."""
    store.add()
    stale = store.row()
    store.answer(DEPARTED)
    assert not store.watch.add_answer(stale, ARRIVED, "cainiao", NOON, 2)
    store.settle()
    seen = store.row()
    store.answer(ARRIVED)
    assert not store.watch.add_answer(seen, ARRIVED, "cainiao", NOON, 1)
    assert ["LH_DEPART", "LH_ARRIVE"] == codes(store)
    other = replace(store.snapshot().order, tracking_number="LP2")
    store.book.replace(store.snapshot(), other)
    assert not store.watch.add_answer(seen, ARRIVED, "cainiao", NOON, 2)
    assert store.snapshot().trace.answered_at is None
    nobody = WatchRow("nobody", NEW, NUMBER, None, None, None)
    assert not store.watch.add_answer(nobody, DEPARTED, "cainiao", NOON, 1)
    assert store.files.open("nobody") is None


def test_merging_loses_nothing(store: Store) -> None:
    """What the source leaves out stays; whether anything was new is told."""
    store.add()
    store.answer(ARRIVED)
    fewer = an_answer(NUMBER, event(1, "LH_ARRIVE"), event(0, "GTMS_ACCEPT"))
    assert store.watch.merge_answer(store.row(), fewer, "cainiao", NOON + DAY)
    assert ["LH_DEPART", "LH_ARRIVE", "GTMS_ACCEPT"] == codes(store)
    assert [NOON, NOON, NOON + DAY] == first_seen(store)
    assert not store.watch.merge_answer(store.row(), fewer, "cainiao", NOON + 2 * DAY)
    assert NOON + 2 * DAY == store.snapshot().trace.answered_at


def test_nothing_is_merged_into_another_number_s_trace(store: Store) -> None:
    """Nor into that of an order that is not there."""
    store.add()
    stale = store.row()
    store.book.replace(store.snapshot(), replace(store.snapshot().order, tracking_number="LP2"))
    assert not store.watch.merge_answer(stale, DEPARTED, "cainiao", NOON)
    assert [] == codes(store)
    nobody = WatchRow("nobody", NEW, NUMBER, None, None, None)
    assert not store.watch.merge_answer(nobody, DEPARTED, "cainiao", NOON)


def test_a_touch_says_when_it_was_answered(store: Store) -> None:
    """Nothing else changes, but a silence that was written down ends."""
    store.add()
    store.answer(DEPARTED)
    silent = Silence(NOON - DAY, too_long=False)
    store.watch.touch_unanswered(store.row(), NOON + HOUR, asked=True, silent=silent)
    before = store.snapshot().trace
    store.watch.touch_answered(store.row(), NOON + DAY)
    expected = replace(before, answered_at=NOON + DAY, asked_at=NOON + DAY, silent_since=None)
    assert expected == store.snapshot().trace
    assert store.watch.silent_since("x") is None


def test_a_touch_without_an_answer_leaves_the_last_answer_alone(store: Store) -> None:
    """It says when it was asked about, and since when it is silent."""
    store.add()
    store.answer(DEPARTED)
    before = store.snapshot().trace
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=False)
    assert before == store.snapshot().trace
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=True)
    assert replace(before, asked_at=NOON + DAY) == store.snapshot().trace
    silent = Silence(NOON - 10 * DAY, too_long=True)
    store.watch.touch_unanswered(store.row(), NOON + 2 * DAY, asked=True, silent=silent)
    trace = store.snapshot().trace
    assert (NOON, NOON - 10 * DAY, True) == (
        trace.answered_at,
        trace.silent_since,
        trace.unanswered,
    )
    assert NOON - 10 * DAY == store.watch.silent_since("x")
    store.watch.merge_answer(store.row(), DEPARTED, "cainiao", NOON + 3 * DAY)
    trace = store.snapshot().trace
    assert (None, False) == (trace.silent_since, trace.unanswered)


def test_a_touch_carries_the_ledger_s_answer_only_where_it_is_newer(store: Store) -> None:
    """It is never set back, and never invented."""
    store.add()
    store.watch.touch_unanswered(store.row(), NOON, asked=False, answered_at=NOON)
    assert store.snapshot().trace.answered_at is None
    store.answer(DEPARTED)
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=False, answered_at=NOON - HOUR)
    assert NOON == store.snapshot().trace.answered_at
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=False, answered_at=NOON + HOUR)
    assert NOON + HOUR == store.snapshot().trace.answered_at


def test_a_touch_carries_the_ledger_s_answer_beside_a_silence(store: Store) -> None:
    """Whichever of the two answers is the newer, the silence is written."""
    store.add()
    store.answer(DEPARTED)
    silent = Silence(NOON + 2 * DAY, too_long=False)
    for answered_at, expected in ((NOON + DAY, NOON + DAY), (NOON, NOON + DAY)):
        now = answered_at + 2 * DAY
        store.watch.touch_unanswered(
            store.row(), now, asked=True, answered_at=answered_at, silent=silent
        )
        trace = store.snapshot().trace
        assert (expected, now, silent.since) == (
            trace.answered_at,
            trace.asked_at,
            trace.silent_since,
        )


def test_another_number_s_trace_is_not_touched(store: Store) -> None:
    """An answer about the old number is none about the new one."""
    store.add()
    stale = store.row()
    store.book.replace(store.snapshot(), replace(store.snapshot().order, tracking_number="LP2"))
    store.watch.touch_answered(stale, NOON)
    assert TraceRecord("LP2") == store.snapshot().trace


def test_what_has_no_number_can_be_touched(store: Store) -> None:
    """The calendar wakes it."""
    store.add(tracking_number=None)
    store.watch.touch_unanswered(store.row(), NOON, asked=False)
    assert TraceRecord(None) == store.snapshot().trace
    store.watch.touch_unanswered(WatchRow("nobody", NEW, None, None, None, None), NOON, asked=False)
    assert store.files.open("nobody") is None
