"""Checking what is due: at a set pace, with no answer taken for one, and nobody starved."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.clock import LEASE_MARGIN
from stallwatch.domain.errors import UnavailableError
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.service import OrderService
from stallwatch.polling.requests import LAST_REQUEST
from stallwatch.polling.run import LOOK_AGAIN, STUCK_AFTER, WAIT_FOR_LEASE, PollRun
from stallwatch.polling.state import Pace
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.schedule import NEW, PollSchedule
from stallwatch.tracking.source import SourceResponse, TrackingResult, Verdict
from tests.support.builders import NOON, an_answer, an_event, an_order
from tests.support.fake_clock import FakeClock
from tests.support.fake_source import FakeSource
from tests.support.memory_store import MemoryStore

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LIMITS = Thresholds()
HOUSEKEEPING = {"take_lease", "save_run", "save_progress", "release_lease", "save_health"}
"""What a run writes for itself, whatever it finds."""


@dataclass
class Rig:
    """A pull, an evaluation and a desk over one store, a source and a clock."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    pace: Pace = field(default_factory=lambda: Pace(batch=10, per_minute=60))
    schedule: PollSchedule = field(default_factory=PollSchedule)
    catch_up: timedelta = HOUR
    source: FakeSource = field(init=False)
    seconds: float | None = None
    """How long a run may take; None: as long as it needs."""
    runs: int = 0

    def __post_init__(self) -> None:
        self.source = FakeSource(self.clock)

    def add(self, *order_ids: str, **given: object) -> None:
        """Orders whose numbers are made of their ids."""
        for order_id in order_ids:
            number = given.get("tracking_number", f"LP{order_id:0>14}")
            self.store.create(an_order(order_id, **{**given, "tracking_number": number}))
            if isinstance(number, str):
                self.source.answers.setdefault(number, self.departed(number))

    def departed(self, number: str, *codes: str) -> TrackingResult:
        """An answer that says that the parcel left, and what else it did since."""
        at = NOON - DAY
        events = [an_event(at + HOUR * n, code) for n, code in enumerate(("LH_DEPART", *codes))]
        return an_answer(number, *events)

    def add_settled(self, *order_ids: str, **given: object) -> None:
        """Orders that were asked about and evaluated, and sit in a slot."""
        self.add(*order_ids, **given)
        self.check()
        self.pump()
        self.forget_the_past()

    def forget_the_past(self) -> None:
        self.store.journal.clear()
        self.source.asked.clear()
        self.source.asked_at.clear()

    @property
    def a_check(self) -> PollRun:
        self.runs += 1
        self.clock.ends = None
        if self.seconds is not None:
            self.clock.ends = self.clock.now() + timedelta(seconds=self.seconds) + LAST_REQUEST
        return PollRun(
            watch=self.store,
            source=self.source,
            clock=self.clock,
            schedule=self.schedule,
            pace=self.pace,
            limits=LIMITS,
            owner=f"run{self.runs}",
            catch_up=self.catch_up,
        )

    def check(self, *order_ids: str) -> RunReport:
        check = self.a_check
        return check.check_orders(order_ids) if order_ids else check.check_due()

    def pump(self) -> list[AlertKind]:
        """Evaluate what the stream tells of, and have everything sent."""
        evaluation = Evaluation(self.store, self.schedule, LIMITS)
        raised = []
        while self.store.stream:
            woken = list(dict.fromkeys(self.store.stream))
            self.store.stream.clear()
            for order_id in woken:
                if order_id:
                    raised += evaluation.evaluate(order_id, self.clock.now())
                else:
                    due = evaluation.evaluate_source("cainiao", self.clock.now())
                    raised += list(due)  # type: ignore[arg-type]
        self.mark_all_sent()
        return [alert.kind for alert in raised]

    def mark_all_sent(self) -> None:
        for kept in self.store.kept.values():
            if kept.pending:
                kept.pending = False
                kept.alert = Alert(
                    **{
                        name: getattr(kept.alert, name)
                        for name in Alert.__dataclass_fields__
                        if name != "sent_at"
                    },
                    sent_at=self.clock.now(),
                )

    def live(self, duration: timedelta, tick: timedelta = timedelta(minutes=30)) -> list[AlertKind]:
        """Let the schedule run for some time."""
        raised = []
        until = self.clock.now() + duration
        while self.clock.now() < until:
            began = self.clock.now()
            self.check()
            raised += self.pump()
            self.clock.at = max(self.clock.at, began + tick)
        return raised

    def answered_at(self, order_id: str) -> datetime | None:
        """The last answer about an order, as the API shows it."""
        found: datetime | None = self.seen(order_id).decision.answered_at
        return found

    def seen(self, order_id: str) -> Any:
        return self.desk.get(order_id, self.clock.now())

    @property
    def desk(self) -> OrderService:
        return OrderService(self.store, lambda _=(): None, self.schedule, LIMITS)

    def slot(self, order_id: str) -> str | None:
        return self.store.shelves[order_id].entry.slot

    def to_turn_of(self, order_id: str) -> None:
        """Let time pass until an order's turn comes, without any run."""
        slot = self.slot(order_id)
        assert slot is not None
        at = self.schedule.next_turn(slot, self.clock.now())
        assert at is not None
        self.clock.at = at


@pytest.fixture
def rig() -> Rig:
    return Rig()


def neighbours(count: int, hours: int = 12) -> list[str]:
    """Orders that share a slot of a ring."""
    schedule = PollSchedule()
    slot = schedule.slot("0000", hours)
    return [name for n in range(5000) if schedule.slot(name := f"{n:04}", hours) == slot][:count]


def in_slot(slot: str, count: int, schedule: PollSchedule | None = None) -> list[str]:
    """Orders that come into a slot."""
    named = (f"{n:05}" for n in range(100_000))
    schedule, hours = schedule or PollSchedule(), int(slot[:2])
    return list(islice((name for name in named if schedule.slot(name, hours) == slot), count))


def number_of(order_id: str) -> str:
    return f"LP{order_id:0>14}"


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


# What is written.


def test_a_run_with_nothing_due_writes_nothing(rig: Rig) -> None:
    """Not even its lease."""
    rig.add_settled("a")
    rig.live(DAY)
    rig.check()
    rig.store.journal.clear()
    rig.clock.advance(minutes=5)
    assert RunReport() == rig.check()
    assert [] == rig.store.journal


def test_a_check_without_news_writes_nothing_to_its_order(rig: Rig) -> None:
    """The run keeps its own record, and the order's last answer follows from it."""
    ids = neighbours(4)
    rig.add_settled(*ids)
    rig.to_turn_of(ids[0])
    report = rig.check()
    assert (4, 4, 0) == (report.due, report.checked, report.changed)
    assert set(rig.store.journal) <= HOUSEKEEPING
    assert [] == rig.store.stream
    assert rig.clock.now() - rig.answered_at(ids[0]) <= MINUTE  # type: ignore[operator]


def test_news_are_written_once(rig: Rig) -> None:
    """Blindly where they only add, and not again while the evaluation has seen them."""
    (order_id,) = neighbours(1)
    rig.add_settled(order_id)
    rig.source.answers[number_of(order_id)] = rig.departed(number_of(order_id), "LH_ARRIVE")
    rig.to_turn_of(order_id)
    assert 1 == rig.check().changed
    assert 1 == rig.store.journal.count("add_answer")
    rig.pump()
    rig.forget_the_past()
    rig.to_turn_of(order_id)
    assert (1, 0) == (rig.check().checked, rig.store.journal.count("add_answer"))


def test_a_wake_up_that_got_lost_heals_by_itself(rig: Rig) -> None:
    """While the evaluation has not seen the news, each turn writes them again."""
    (order_id,) = neighbours(1)
    rig.add_settled(order_id)
    rig.source.answers[number_of(order_id)] = rig.departed(number_of(order_id), "GTMS_STA_SIGNED")
    rig.to_turn_of(order_id)
    rig.check()
    rig.store.stream.clear()
    rig.to_turn_of(order_id)
    rig.check()
    assert order_id in rig.store.stream
    assert [AlertKind.ACTION_NEEDED] == rig.pump()


def test_an_evaluation_that_asked_to_look_again_is_woken(rig: Rig) -> None:
    """Once its instant has passed: with an answer that says nothing new."""
    (order_id,) = neighbours(1)
    rig.add_settled(order_id)
    rig.live(12 * DAY)
    assert "24h" == (rig.slot(order_id) or "")[:3]
    assert [AlertKind.STALLED] == rig.live(25 * DAY)


def test_the_calendar_wakes_the_evaluation_while_the_circuit_is_open(rig: Rig) -> None:
    """The deadline never waits for the source."""
    ends_on = NOON.date() + timedelta(days=8)
    (order_id,) = neighbours(1)
    rig.add_settled(order_id, protection_ends_on=ends_on)
    rig.store.healths["cainiao"] = CircuitBreaker(Verdict.BLOCKED, open_until=NOON + 100 * DAY)
    kinds = rig.live(9 * DAY)
    assert [] == rig.source.asked
    assert 2 == kinds.count(AlertKind.PROTECTION_ENDING)
    assert 1 == kinds.count(AlertKind.SOURCE_DOWN)


# Time.


def test_a_run_that_runs_out_of_time_is_taken_up_where_it_stopped() -> None:
    """By the next one: each order of the turn is served once, and nobody starves."""
    rig = Rig(pace=Pace(batch=2, per_minute=6000))
    ids = neighbours(9)
    rig.add_settled(*ids)
    rig.to_turn_of(ids[0])
    turn = rig.schedule.turn_at(rig.clock.now())
    began = rig.clock.now()
    rig.source.takes, rig.seconds = SECOND, 2
    left = []
    for _ in range(3):
        report = rig.check()
        left.append(report.left_over)
        rig.clock.advance(minutes=1)
    assert [5, 1, 0] == left
    assert [number_of(order_id) for order_id in ids] == rig.source.numbers_asked
    (run,) = rig.store.runs(turn.name)
    assert (began, True, 9, 9) == (run.at, run.answered, run.due, run.checked)


def test_half_a_run_proves_nothing_about_the_rest() -> None:
    """Until it is done, nobody's last answer follows from it."""
    rig = Rig(pace=Pace(batch=1, per_minute=6000))
    first, *_, last = neighbours(3)
    rig.add_settled(*neighbours(3))
    before = rig.answered_at(last)
    rig.source.mute = {number_of(last)}
    rig.to_turn_of(first)
    rig.check()
    assert before == rig.answered_at(last)
    rig.to_turn_of(first)
    rig.source.takes, rig.seconds = SECOND, 1
    rig.check()
    assert before == rig.answered_at(last)


def test_what_failed_when_the_time_ran_out_is_not_taken_for_answered() -> None:
    """There was no time to ask about it alone, and the next run begins behind it."""
    rig = Rig(pace=Pace(batch=2, per_minute=6000))
    ids = neighbours(6)
    rig.add_settled(*ids)
    before = rig.answered_at(ids[1])
    rig.to_turn_of(ids[0])
    rig.source.poison = {number_of(ids[0])}
    rig.source.takes, rig.seconds = SECOND, 2
    assert 2 == rig.check().left_over
    rig.source.poison = set()
    rig.seconds = None
    rig.clock.advance(minutes=1)
    rig.forget_the_past()
    rig.check()
    assert [[number_of(ids[4]), number_of(ids[5])]] == rig.source.asked
    assert before == rig.answered_at(ids[1])
    assert before != rig.answered_at(ids[2])


def test_a_placeholder_holds_nobody_up_when_time_runs_out() -> None:
    """The next run goes on behind what was asked, and not at the placeholder again."""
    rig = Rig(pace=Pace(batch=2, per_minute=6000))
    ids = neighbours(6)
    rig.add_settled(*ids)
    before = rig.answered_at(ids[0])
    rig.source.answers[number_of(ids[0])] = TrackingResult(
        number_of(ids[0]), known=True, points_to="CNG00000000000001"
    )
    rig.to_turn_of(ids[0])
    rig.source.takes, rig.seconds = SECOND, 1
    for _ in range(3):
        rig.check()
        rig.clock.advance(minutes=1)
    assert {number_of(order_id) for order_id in ids} <= set(rig.source.numbers_asked)
    assert before == rig.answered_at(ids[0])
    assert before != rig.answered_at(ids[5])


def test_ticks_that_were_missed_are_made_up_for(rig: Rig) -> None:
    """As far back as it is told; what is older waits for its next turn."""
    ids = [f"{n:03}" for n in range(200)]
    rig.add_settled(*ids)
    rig.live(HOUR)
    rig.forget_the_past()
    since = rig.clock.now()
    rig.clock.advance(hours=9, minutes=7)
    rig.check()
    due = {
        number_of(order_id)
        for order_id in ids
        if rig.clock.now() - HOUR
        < (rig.schedule.next_turn(rig.slot(order_id) or "", since) or since)
        <= rig.clock.now()
    }
    assert due == set(rig.source.numbers_asked)
    assert 0 < len(due) < 40


def test_after_an_outage_of_ours_the_wheel_just_goes_on(rig: Rig) -> None:
    """No stampede: within a day every order is asked about as often as ever."""
    ids = [f"{n:03}" for n in range(60)]
    rig.add_settled(*ids)
    rig.clock.advance(days=3, hours=5, minutes=11)
    rig.forget_the_past()
    rig.live(DAY)
    counts = [rig.source.numbers_asked.count(number_of(order_id)) for order_id in ids]
    assert {2, 3} >= set(counts)


# The lease.


def test_overlapping_runs_are_kept_apart(rig: Rig) -> None:
    """Whoever finds the lease held just ends."""
    rig.add("a")
    rig.store.take_lease("other", NOON + HOUR, NOON)
    assert RunReport() == rig.check()
    assert [] == rig.source.asked
    assert "other" == rig.store.pull_owner


def test_the_lease_outlives_its_holder(rig: Rig) -> None:
    """By half a minute, or two requests' time where they are slower."""
    for per_minute, margin in ((60, LEASE_MARGIN), (1, 2 * MINUTE)):
        rig.pace = Pace(batch=1, per_minute=per_minute)
        rig.seconds = 100
        rig.add(f"{per_minute}")
        began = rig.clock.now()
        rig.check()
        assert began + 100 * SECOND + LAST_REQUEST + margin == rig.store.pull_ends


def test_whoever_calls_meanwhile_is_served_before_the_lease_is_given_back(rig: Rig) -> None:
    """After two seconds, for the index lags."""
    rig.add("a")

    class Calling(FakeSource):
        def ask(self, numbers: Any) -> SourceResponse:
            if not self.asked:
                rig.add("b")
                assert not rig.store.call_for_check(rig.clock.now())
            return super().ask(numbers)

    answers = rig.source.answers
    rig.source = Calling(rig.clock, answers=answers)
    report = rig.check()
    assert [[number_of("a")], [number_of("b")]] == rig.source.asked
    assert LOOK_AGAIN in rig.clock.slept
    assert 2 == report.changed
    assert rig.store.pull_owner is None
    assert rig.store.wanted == rig.store.served == 1


def test_a_check_of_some_orders_serves_whoever_had_called_before(rig: Rig) -> None:
    """Their own run found the lease held, and ended."""
    rig.add_settled("a")
    rig.add("b")
    rig.store.call_for_check(rig.clock.now())
    rig.check("a")
    assert [[number_of("a")], [number_of("b")]] == rig.source.asked
    assert rig.store.wanted == rig.store.served


def test_some_orders_are_checked_now_whatever_their_slots(rig: Rig) -> None:
    """And evaluated, though nothing is new; those that are not watched are left out."""
    rig.add_settled("a", "b", "c")
    rig.clock.advance(hours=1)
    report = rig.check("a", "b", "a", "no such order")
    assert RunReport(due=2, checked=2) == report
    assert ["a", "b"] == rig.store.stream
    assert rig.clock.now() == rig.answered_at("a")
    assert rig.clock.now() > rig.answered_at("c")  # type: ignore[operator]


def test_a_check_of_some_orders_waits_a_minute_for_another_run(rig: Rig) -> None:
    """Then it says that all of it is left over."""
    rig.add("a")
    rig.store.take_lease("other", NOON + HOUR, NOON)
    report = rig.check("a", "b")
    assert (2, 2, 0) == (report.due, report.left_over, report.checked)
    assert WAIT_FOR_LEASE <= rig.clock.now() - NOON <= WAIT_FOR_LEASE + LOOK_AGAIN
    rig.store.take_lease("other", rig.clock.now() + 10 * SECOND, rig.clock.now())
    assert 1 == rig.check("a").checked


@dataclass
class Failing(MemoryStore):
    """A store that takes no answers."""

    def add_answer(self, *_: object) -> bool:
        raise UnavailableError


def test_the_pace_is_kept_after_a_run_that_the_store_failed(rig: Rig) -> None:
    """The lease is free at once, and says when the last request was sent."""
    rig.store = Failing()
    rig.add("a")
    for _ in range(2):
        with pytest.raises(UnavailableError):
            rig.check()
    first, second = rig.source.asked_at
    assert second - first >= SECOND


def test_a_store_that_fails_gives_the_lease_back(rig: Rig) -> None:
    """The next run need not wait for its end."""
    rig.store = Failing()
    rig.add("a")
    for order_ids in ((), ("a",)):
        with pytest.raises(UnavailableError):
            rig.check(*order_ids)
        assert rig.store.pull_owner is None


def test_a_run_that_has_lost_its_lease_keeps_nothing(rig: Rig) -> None:
    """The progress is its successor's."""
    ids = neighbours(2)
    rig.add_settled(*ids)
    rig.to_turn_of(ids[0])

    class Stolen(FakeSource):
        def ask(self, numbers: Any) -> SourceResponse:
            rig.store.pull_owner = "thief"
            return super().ask(numbers)

    rig.source = Stolen(rig.clock, answers=rig.source.answers)
    rig.check()
    done_until = rig.store.progress_kept.done_until
    assert done_until is None or done_until <= rig.schedule.turn_at(rig.clock.now()).start
    assert "thief" == rig.store.pull_owner


# What sleeps.


@pytest.mark.parametrize(("pending_for", "wakes"), [(STUCK_AFTER, True), (MINUTE, False)])
def test_what_is_pending_for_long_is_woken(
    rig: Rig, pending_for: timedelta, *, wakes: bool
) -> None:
    """Also with the circuit open, and with nothing due."""
    rig.store.healths["cainiao"] = CircuitBreaker(Verdict.BLOCKED, open_until=NOON + DAY)
    rig.check()
    rig.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON - pending_for, about=str(NOON)))
    rig.store.journal.clear()
    rig.check()
    assert (["wake_sending"] if wakes else []) == rig.store.journal


def test_an_outage_of_a_day_is_told(rig: Rig) -> None:
    """And its end, once each, though no order changes."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.verdicts = deque([Verdict.BLOCKED] * 100)
    kinds = rig.live(3 * DAY)
    assert [AlertKind.SOURCE_DOWN] == kinds
    rig.source.verdicts.clear()
    assert [AlertKind.SOURCE_UP] == rig.live(3 * DAY)


def test_nothing_due_is_no_outage(rig: Rig) -> None:
    """A stack without orders is never down."""
    assert [] == rig.live(3 * DAY)
    assert {} == rig.store.healths


# A number without an answer.


def test_a_number_without_an_answer_for_ten_days_is_told_once(rig: Rig) -> None:
    """While the source answers others; once for each spell."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    assert [] == rig.live(10 * DAY)
    assert [AlertKind.UNANSWERED] == rig.live(2 * DAY)
    assert [] == rig.live(8 * DAY)
    rig.source.mute = set()
    rig.live(2 * DAY)
    assert rig.clock.now() - (rig.answered_at(ids[0]) or NOON) < 25 * HOUR
    rig.source.mute = {number_of(ids[0])}
    assert AlertKind.UNANSWERED not in rig.live(9 * DAY)
    assert [AlertKind.UNANSWERED] == [k for k in rig.live(3 * DAY) if k is AlertKind.UNANSWERED]


def test_a_number_that_never_got_an_answer_is_told_of_too(rig: Rig) -> None:
    """From its first day on; meanwhile the last try is shown."""
    rig.add("a", "b")
    rig.source.mute = {number_of("a")}
    assert [] == rig.live(10 * DAY)
    seen = rig.seen("a")
    assert seen.decision.answered_at is None
    assert rig.clock.now() - seen.checked_at < 25 * HOUR
    assert [AlertKind.UNANSWERED] == [k for k in rig.live(2 * DAY) if k is AlertKind.UNANSWERED]


def test_a_silence_goes_on_in_another_slot(rig: Rig) -> None:
    """The calendar may move an order while its number gets no answer."""
    ids = neighbours(3)
    rig.add_settled(ids[0], protection_ends_on=NOON.date() + timedelta(days=14))
    rig.add_settled(*ids[1:])
    before = rig.slot(ids[0])
    rig.source.mute = {number_of(ids[0])}
    assert AlertKind.UNANSWERED not in rig.live(9 * DAY)
    assert before != rig.slot(ids[0])
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_a_silence_goes_on_whatever_the_buyer_does(rig: Rig) -> None:
    """A change has the order looked at anew, and must not begin the days anew."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    rig.live(3 * DAY)
    rig.desk.change(ids[0], {"title": "another"}, rig.clock.now())
    assert AlertKind.UNANSWERED not in rig.live(6 * DAY)
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_ten_days_without_an_answer_begin_with_the_first_look(rig: Rig) -> None:
    """Not with the first turn of the slot that a new order comes into after it.

    In whole minutes, as the ledger keeps it: it is by their beginning that spells are told apart.
    """
    rig.clock.at += 17 * SECOND
    rig.add("a", "b")
    rig.source.mute = {number_of("a")}
    rig.check()
    rig.pump()
    assert NOON == rig.store.shelves["a"].record.silent_since


def test_a_silence_that_was_written_down_ends_with_any_answer(rig: Rig) -> None:
    """Also with one that says nothing new, which else is not written."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.desk.change(ids[0], {"title": "another"}, rig.clock.now())
    rig.source.mute = {number_of(ids[0])}
    rig.check()
    rig.pump()
    assert rig.store.shelves[ids[0]].record.silent_since is not None
    rig.source.mute = set()
    rig.live(DAY)
    assert rig.store.shelves[ids[0]].record.silent_since is None


def test_other_turns_of_the_wheel_end_no_silence(rig: Rig) -> None:
    """A turn that bears the same name may have served less when turns were shorter."""
    ids = [name for n in range(500) if rig.schedule.slot(name := f"{n:04}", 12)[-2:] == "30"][:2]
    rig.schedule = PollSchedule(15)
    ids += [name for n in range(500) if rig.schedule.slot(name := f"{n:04}", 12)[-2:] in "00"][:20]
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    rig.live(5 * DAY)
    rig.schedule = PollSchedule(60)
    assert AlertKind.UNANSWERED not in rig.live(4 * DAY)
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_a_silence_goes_on_whatever_the_lengths_of_the_turns(rig: Rig) -> None:
    """It is found in the record of the turn that served the order, not in its namesake's."""
    ids = [*in_slot("24h0430", 1), *in_slot("24h0400", 1), *in_slot("24h0500", 1)]
    rig.source.answers = {number_of(name): an_answer(number_of(name)) for name in ids}
    rig.add_settled(*ids)
    rig.live(DAY)
    rig.schedule = PollSchedule(60)
    rig.live(DAY)
    answered_at = rig.answered_at(ids[0])
    rig.source.mute = {number_of(ids[0])}
    rig.live(5 * DAY)
    rig.schedule = PollSchedule(5)
    assert AlertKind.UNANSWERED not in rig.live(4 * DAY)
    assert answered_at == rig.answered_at(ids[0])
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_a_longer_turn_begins_anew_what_a_shorter_one_left() -> None:
    """What the shorter one did not come to is not all that the longer one is to serve."""
    rig = Rig(pace=Pace(batch=1, per_minute=6000), schedule=PollSchedule(5))
    ids = in_slot("12h0400", 2, rig.schedule)
    (later,) = in_slot("03h0130", 1, rig.schedule)
    rig.add_settled(*ids)
    rig.add_settled(later, protection_ends_on=NOON.date() + timedelta(days=5))
    rig.to_turn_of(ids[0])
    rig.source.takes, rig.seconds = SECOND, 1
    assert 1 == rig.check().left_over
    rig.schedule, rig.seconds = PollSchedule(60), None
    rig.check()
    assert {number_of(name) for name in (*ids, later)} == set(rig.source.numbers_asked)


def test_a_longer_turn_leaves_no_order_out(rig: Rig) -> None:
    """Where turns are made longer in the middle of one, the rest of it is still served."""
    (order_id,) = [
        name for n in range(500) if rig.schedule.slot(name := f"{n:04}", 12)[-2:] == "30"
    ][:1]
    rig.add_settled(order_id)
    rig.to_turn_of(order_id)
    rig.clock.at -= timedelta(minutes=25)
    rig.check()
    rig.schedule = PollSchedule(60)
    rig.clock.at += timedelta(minutes=15)
    rig.check()
    assert [[number_of(order_id)]] == rig.source.asked


def test_an_answer_has_its_own_instant(rig: Rig) -> None:
    """Not that of the end of its turn, when the others were asked about too."""
    ids = ["a", "b", "c"]
    rig.add_settled(*ids)
    rig.pace = Pace(batch=1, per_minute=6)
    rig.check(*ids)
    answered_at = [rig.store.shelves[order_id].record.answered_at for order_id in ids]
    assert rig.source.asked_at == answered_at


def test_an_answer_is_remembered_whatever_the_buyer_does(rig: Rig) -> None:
    """What the ledger knew of the looks at an order does not go with its slot."""
    rig.add_settled("a")
    rig.live(2 * DAY)
    before = rig.answered_at("a")
    assert before is not None
    assert before > NOON + DAY
    rig.desk.change("a", {"title": "another"}, rig.clock.now())
    assert before == rig.answered_at("a")
    rig.pump()
    assert before == rig.answered_at("a")


def test_each_number_is_told_of_though_its_turn_is_its_own(rig: Rig) -> None:
    """It is enough that the source answers others at other times of the day."""
    ids = ["00", "01", "03"]
    rig.add_settled(*ids)
    assert 3 == len({rig.slot(order_id) for order_id in ids})
    rig.source.mute = {number_of("00"), number_of("01")}
    assert 2 == rig.live(12 * DAY).count(AlertKind.UNANSWERED)


def test_where_nobody_is_answered_the_source_is_down(rig: Rig) -> None:
    """And no single number is to blame."""
    rig.add_settled("a")
    rig.source.mute = {number_of("a")}
    assert [AlertKind.SOURCE_DOWN] == rig.live(15 * DAY)


def test_outages_are_no_asking(rig: Rig) -> None:
    """Days on which nobody got an answer do not count towards the ten, nor do they end a spell."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    rig.live(5 * DAY)
    rig.source.verdicts = deque([Verdict.BLOCKED] * 1000)
    rig.live(4 * DAY)
    rig.source.verdicts.clear()
    assert AlertKind.UNANSWERED not in rig.live(4 * DAY)
    assert AlertKind.UNANSWERED in rig.live(3 * DAY)


def test_a_silence_that_was_ended_is_not_counted_on(rig: Rig) -> None:
    """Though its end was no news, and so was not written to the order."""
    ends_on = NOON.date() + timedelta(days=7)
    ids = neighbours(3)
    rig.add_settled(ids[0], protection_ends_on=ends_on)
    rig.add_settled(*ids[1:])
    rig.source.mute = {number_of(ids[0])}
    rig.live(2 * DAY)
    rig.source.mute = set()
    rig.live(9 * DAY)
    rig.source.mute = {number_of(ids[0])}
    assert AlertKind.UNANSWERED not in rig.live(8 * DAY)
    assert AlertKind.UNANSWERED in rig.live(4 * DAY)


class Told(FakeSource):
    """A source that remembers when it last gave an answer about each number."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.last: dict[str, datetime] = {}

    def ask(self, numbers: Any) -> SourceResponse:
        reply = super().ask(numbers)
        for number in reply.answers:
            self.last[number] = self.clock.now()
        return reply


weathers = st.lists(
    st.tuples(
        st.sampled_from(["fine", "fine", "blocked", "failing", "mute", "poison", "short", "flaky"]),
        st.sets(st.integers(0, 11), min_size=1, max_size=4),
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=8,
)
"""What the source is like, towards whom, and for how many hours."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(weathers, st.sets(st.integers(0, 11), max_size=3))
def test_no_answer_is_ever_taken_for_one(
    weather: list[tuple[str, set[int], int]], placeholders: set[int]
) -> None:
    """Whatever the source does, an order's last answer is never newer than it was.

    And once the source behaves again, every order has a fresh one within its cadence.
    """
    rig = Rig(pace=Pace(batch=3, per_minute=60))
    truth = Told(rig.clock)
    rig.source = truth
    ids = [f"{n:02}" for n in range(12)]
    rig.add(*ids)
    numbers = {order_id: f"LP{order_id:0>14}" for order_id in ids}
    for n in placeholders:
        real = f"CNG{n:014}"
        truth.answers[numbers[ids[n]]] = TrackingResult(numbers[ids[n]], known=True, points_to=real)
        truth.answers[real] = rig.departed(real)
        numbers[ids[n]] = real

    def check_honesty() -> None:
        for order_id in ids:
            shown = rig.answered_at(order_id)
            last = truth.last.get(numbers[order_id])
            assert shown is None or (last is not None and shown <= last), order_id

    for kind, whom, hours in weather:
        chosen = {numbers[ids[n]] for n in whom}
        truth.verdicts.clear()
        truth.mute, truth.poison = set(), set()
        rig.seconds, truth.takes = None, timedelta(0)
        if kind in {"blocked", "failing"}:
            truth.verdicts = deque([Verdict(kind)] * 1000)
        elif kind == "flaky":
            pattern = [Verdict.FAILING, Verdict.OK, Verdict.OK, Verdict.FAILING, Verdict.OK]
            truth.verdicts = deque(pattern * 200)
        elif kind == "mute":
            truth.mute = chosen
        elif kind == "poison":
            truth.poison = chosen
        elif kind == "short":
            truth.poison = chosen
            rig.seconds, truth.takes = len(whom), SECOND
        for _ in range(hours):
            began = rig.clock.now()
            rig.check()
            check_honesty()
            rig.pump()
            check_honesty()
            rig.clock.at = began + HOUR
    truth.verdicts.clear()
    truth.mute, truth.poison = set(), set()
    rig.seconds, truth.takes = None, timedelta(0)
    rig.live(3 * DAY, tick=HOUR)
    for order_id in ids:
        assert rig.clock.now() - (rig.answered_at(order_id) or NOON) <= 25 * HOUR
