"""What is asked, how fast, and what a bad day of the source costs."""

from collections import deque
from itertools import pairwise

from stallwatch.domain.alerts import AlertKind
from stallwatch.polling.state import Pace
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.source import TrackingResult, Verdict
from tests.support.base_rig import DAY, SECOND
from tests.support.builders import NOON
from tests.support.poll_rig import Rig, neighbours, number_of

# What is asked, and how fast.


def test_new_orders_are_asked_about_first_and_once(rig: Rig) -> None:
    """Whatever else is due."""
    settled = neighbours(3)
    rig.add_settled(*settled)
    rig.to_turn_of(settled[0])
    rig.add("new1", "new2")
    report = rig.check()
    assert [number_of("new1"), number_of("new2")] == rig.source.asked[0]
    assert {number_of(order_id) for order_id in settled} <= set(rig.source.numbers_asked)
    assert len(set(rig.source.numbers_asked)) == len(rig.source.numbers_asked)
    assert 2 == report.changed


def test_requests_keep_the_pace_and_the_batch(rig: Rig) -> None:
    """So many numbers each, so many requests a minute, also from one run to the next."""
    rig.pace = Pace(batch=4, per_minute=30)
    rig.add(*(f"{n:02}" for n in range(18)))
    report = rig.check()
    rig.pump()
    assert [4, 4, 4, 4, 2] == [len(numbers) for numbers in rig.source.asked]
    rig.add("more")
    rig.check()
    gaps = [b - a for a, b in pairwise(rig.source.asked_at)]
    assert [2 * SECOND] * 5 == gaps
    assert RunReport(due=18, checked=18, changed=18) == report


def test_a_slow_answer_counts_towards_the_pause(rig: Rig) -> None:
    """The pace is kept from request to request, not from answer to request."""
    rig.pace = Pace(batch=1, per_minute=60)
    rig.source.takes = 3 * SECOND
    rig.add("a", "b")
    rig.check()
    assert [] == rig.clock.slept
    assert [3 * SECOND] == [b - a for a, b in pairwise(rig.source.asked_at)]


def test_several_requests_at_once_keep_the_pace_too() -> None:
    """They only overlap."""
    rig = Rig(pace=Pace(batch=2, per_minute=120, parallel=2))
    rig.add(*(f"{n:02}" for n in range(9)))
    report = rig.check()
    assert 9 == report.checked
    assert [SECOND / 2] * 4 == rig.clock.slept
    assert {number_of(f"{n:02}") for n in range(9)} == set(rig.source.numbers_asked)


def test_one_number_is_asked_about_once_for_all_its_orders(rig: Rig) -> None:
    """A seller who sends two orders in one parcel."""
    rig.add("a", "b", tracking_number=number_of("both"))
    report = rig.check()
    assert [[number_of("both")]] == rig.source.asked
    assert (2, 2, 2) == (report.due, report.checked, report.changed)
    rig.pump()
    assert rig.answered_at("a") == rig.answered_at("b") == NOON


def test_an_order_without_a_number_is_never_asked_about(rig: Rig) -> None:
    """It is looked at when the calendar says so."""
    rig.add("bare", tracking_number=None, ordered_on=NOON.date() - 10 * DAY)
    assert RunReport() == rig.check()
    rig.pump()
    rig.store.journal.clear()
    assert [AlertKind.NEVER_SCANNED] == rig.live(3 * DAY)
    assert 1 == rig.store.journal.count("touch")
    assert [] == rig.source.asked


# A placeholder.


def test_a_placeholder_is_followed_once(rig: Rig) -> None:
    """What is said of the number that it stands for is said of the order."""
    rig.add("a")
    rig.source.answers[number_of("a")] = TrackingResult(
        number_of("a"), known=True, points_to="CNG00000000000001"
    )
    rig.source.answers["CNG00000000000001"] = rig.departed("CNG00000000000001")
    report = rig.check()
    assert [[number_of("a")], ["CNG00000000000001"]] == rig.source.asked
    assert (1, 1, 1) == (report.due, report.checked, report.changed)
    trace = rig.store.shelves["a"].record.open()
    assert [number_of("a")] == [c.number for c in trace.checkpoints]
    assert trace.known


def test_a_placeholder_for_a_placeholder_is_an_answer(rig: Rig) -> None:
    """The number is known, and nothing has happened; nobody is led in circles."""
    rig.add("a")
    first, second = number_of("a"), "CNG00000000000001"
    rig.source.answers[first] = TrackingResult(first, known=True, points_to=second)
    rig.source.answers[second] = TrackingResult(second, known=True, points_to=first)
    assert 1 == rig.check().checked
    assert [[first], [second]] == rig.source.asked
    assert rig.store.shelves["a"].record.open().known


# Bad days.


def test_the_first_block_stops_everything(rig: Rig) -> None:
    """For this run and the next ones, until the pause is over and a probe has been answered."""
    rig.pace = Pace(batch=1, per_minute=60)
    rig.add(*(f"{n:02}" for n in range(5)))
    rig.source.verdicts = deque([Verdict.OK, Verdict.BLOCKED])
    report = rig.check()
    assert 2 == len(rig.source.asked)
    assert (5, 1, 4, Verdict.BLOCKED) == (
        report.due,
        report.checked,
        report.unanswered,
        report.source,
    )
    rig.clock.advance(minutes=15)
    assert Verdict.BLOCKED is rig.check().source
    assert 2 == len(rig.source.asked)
    rig.clock.advance(minutes=16)
    rig.source.verdicts = deque([Verdict.BLOCKED])
    rig.check()
    assert 3 == len(rig.source.asked)
    rig.clock.advance(minutes=61)
    assert Verdict.OK is rig.check().source
    assert 8 == len(rig.source.asked)


def test_a_block_stops_what_is_not_under_way_yet() -> None:
    """An answer to a request that was sent before the block does not take it back."""
    rig = Rig(pace=Pace(batch=1, per_minute=120, parallel=2))
    rig.add(*(f"{n:02}" for n in range(8)))
    rig.source.verdicts = deque([Verdict.BLOCKED])
    report = rig.check()
    assert len(rig.source.asked) <= 3
    assert Verdict.BLOCKED is report.source
    assert rig.store.healths["cainiao"].is_half_open


def test_a_probe_is_sent_alone() -> None:
    """The others wait for what comes of it."""
    rig = Rig(pace=Pace(batch=1, per_minute=120, parallel=2))
    rig.add(*(f"{n:02}" for n in range(6)))
    rig.source.verdicts = deque([Verdict.BLOCKED] * 2)
    rig.check()
    rig.forget_the_past()
    rig.clock.advance(hours=2)
    rig.source.verdicts = deque([Verdict.BLOCKED])
    rig.check()
    assert 1 == len(rig.source.asked)


def test_a_run_that_was_blocked_with_nothing_due_says_so_too(rig: Rig) -> None:
    """Whoever calls it is told how the source is."""
    rig.check()
    rig.store.healths["cainiao"] = CircuitBreaker(verdict=Verdict.BLOCKED, open_until=NOON + DAY)
    rig.store.journal.clear()
    assert RunReport(source=Verdict.BLOCKED) == rig.check()
    assert [] == rig.store.journal


def test_a_number_that_breaks_its_request_costs_no_neighbour_its_answer(rig: Rig) -> None:
    """Where others were answered, those of a failed request are asked about once more, alone."""
    rig.pace = Pace(batch=3, per_minute=60)
    rig.add(*"abcdef")
    rig.source.poison = {number_of("b")}
    report = rig.check()
    assert [3, 3, 1, 1, 1] == [len(numbers) for numbers in rig.source.asked]
    assert (6, 5, 1) == (report.due, report.checked, report.unanswered)
    rig.pump()
    for order_id in "acdef":
        assert rig.answered_at(order_id) is not None
    assert rig.answered_at("b") is None
    assert NEW != rig.slot("b")


def test_a_source_that_fails_everyone_is_not_asked_again_one_by_one(rig: Rig) -> None:
    """It has enough to do."""
    rig.pace = Pace(batch=3, per_minute=60)
    rig.add(*"abcdef")
    rig.source.verdicts = deque([Verdict.FAILING] * 2)
    rig.check()
    assert 2 == len(rig.source.asked)
