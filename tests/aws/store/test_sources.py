"""The second source's answers and credits."""

from dataclasses import replace

import pytest

from stallwatch.polling.registration import Attempt, Credits
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.source import Quota, TrackingResult
from stallwatch.tracking.trace_record import SecondRecord
from tests.aws.store.contract import ARRIVED, DAY, DEPARTED, Store, event
from tests.support.builders import NOON, NUMBER, an_answer

SAID = SecondRecord().absorb(
    an_answer(NUMBER, event(9, "InTransit_Departure"), event(2, "InTransit_Arrival")),
    "17track",
    NOON,
)


def test_what_the_second_source_said_stands_beside_the_first_s(store: Store) -> None:
    """Each checkpoint keeps its source, and neither writes over the other's."""
    store.add()
    store.answer(DEPARTED)
    store.settle()
    assert SecondRecord() == store.second.second(store.row())
    store.second.keep_second(store.row(), SAID)
    assert SAID == store.second.second(store.row())
    assert store.answer(ARRIVED, NOON + DAY)
    trace = store.snapshot().trace
    assert (SAID, NOON + DAY) == (trace.second, trace.answered_at)
    assert {
        ("cainiao", "LH_DEPART"),
        ("cainiao", "LH_ARRIVE"),
        ("17track", "InTransit_Departure"),
        ("17track", "InTransit_Arrival"),
    } == {(c.source, c.code) for c in trace.open().checkpoints}
    fewer = an_answer(NUMBER, event(1, "LH_ARRIVE"))
    store.watch.merge_answer(store.row(), fewer, "cainiao", NOON + 2 * DAY)
    assert SAID == store.snapshot().trace.second


@pytest.mark.parametrize(
    "record",
    [
        SecondRecord(failing_since=NOON),
        replace(SAID, failing_since=NOON + DAY),
        SecondRecord().absorb(TrackingResult(NUMBER, known=False), "17track", NOON),
    ],
)
def test_how_the_second_source_fares_is_kept_whole(store: Store, record: SecondRecord) -> None:
    """Whatever was there before, and it wakes the evaluation."""
    store.add()
    store.second.keep_second(store.row(), replace(SAID, failing_since=NOON))
    store.second.keep_second(store.row(), record)
    assert record == store.snapshot().trace.second


def test_the_second_source_s_word_about_another_number_is_dropped(store: Store) -> None:
    """The buyer changed it meanwhile; what was said of the old one stays as evidence."""
    store.add()
    stale = store.row()
    store.second.keep_second(stale, SAID)
    store.book.replace(store.snapshot(), replace(store.snapshot().order, tracking_number="LP2"))
    assert store.second.second(stale) is None
    store.second.keep_second(stale, SAID)
    trace = store.snapshot().trace
    assert SecondRecord() == trace.second
    assert {NUMBER} == {c.number for c in trace.open().checkpoints}
    nobody = WatchRow("nobody", NEW, NUMBER, None, None, None)
    assert store.second.second(nobody) is None
    store.second.keep_second(nobody, SAID)
    assert store.files.open("nobody") is None


def test_a_row_says_from_when_on_the_second_source_is_asked(store: Store) -> None:
    """Until the order is changed: then the evaluation says anew."""
    store.add()
    store.settle(second_at=29_000_000)
    assert 29_000_000 == store.row().second_at
    assert [29_000_000] == [row.second_at for row in store.watch.rows("12h0430")]
    assert 29_000_000 == store.snapshot().entry.second_at
    store.book.replace(store.snapshot(), replace(store.snapshot().order, title="Cup"))
    assert store.row().second_at is None


def test_an_attempt_is_counted_once(store: Store) -> None:
    """However often its end is told; another waits until it is settled."""
    book = store.credits
    assert Credits() == book.credits("17track")
    first, other = Attempt("a-1", ("LP1", "LP2")), Attempt("b-1", ("LP3",))
    for _ in range(2):  # an acknowledgement may get lost
        assert book.begin_attempt("17track", first)
    assert not book.begin_attempt("17track", other)
    assert Credits(attempt=first) == book.credits("17track")
    book.settle_attempt("17track", other.token, 7)
    for _ in range(2):
        book.settle_attempt("17track", first.token, 2)
    assert Credits(spent=2) == book.credits("17track")
    assert book.begin_attempt("17track", other)
    book.settle_attempt("17track", other.token, 1)
    assert Credits(spent=3) == book.credits("17track") == store.book.credits("17track")
    assert Credits() == book.credits("cainiao")


def test_the_quota_is_kept_as_it_was_told_last(store: Store) -> None:
    """With the instant at which the source was asked, answered or not."""
    book = store.credits
    book.save_quota("17track", None, NOON)
    assert Credits(quota_at=NOON) == book.credits("17track")
    book.save_quota("17track", Quota(98, 100), NOON + DAY)
    book.save_quota("17track", None, NOON + 2 * DAY)
    assert Credits(0, Quota(98, 100), NOON + 2 * DAY) == book.credits("17track")
