"""Asking the second source: of what nears a claim, apart from the first, and never twice paid."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise, product

import pytest

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.clock import epoch_minutes
from stallwatch.domain.orders import Action, ActionKind, State
from stallwatch.domain.parcels import SecondOpinion, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.gate import LAST_REQUEST
from stallwatch.polling.registration import Attempt, Credits, RegistrationRun
from stallwatch.polling.run import PollRun
from stallwatch.polling.second_source import SecondSourceCheck
from stallwatch.polling.state import Pace
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.schedule import PollSchedule
from stallwatch.tracking.source import TrackingResult, Verdict
from tests.support.builders import NOON, an_answer, an_event, an_order
from tests.support.fake_clock import FakeClock
from tests.support.fake_source import FakeRegistry, FakeSource
from tests.support.memory_store import MemoryStore

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LIMITS = Thresholds()


@dataclass
class Rig:
    """A pull and an evaluation over one store, two sources and a clock."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    pace: Pace = field(default_factory=lambda: Pace(batch=40, per_minute=150))
    schedule: PollSchedule = field(default_factory=PollSchedule)
    first_is_17track: bool = False
    cainiao: FakeSource = field(init=False)
    track: FakeRegistry = field(init=False)
    sent: list[tuple[datetime, str, AlertKind]] = field(default_factory=list)
    runs: int = 0

    def __post_init__(self) -> None:
        self.cainiao = FakeSource(self.clock)
        self.track = FakeRegistry(self.clock)

    def add(self, *order_ids: str, silent_days: float = 57.5, **given: object) -> None:
        """Orders whose parcels left so long ago, as both sources know."""
        for order_id in order_ids:
            number = str(given.get("tracking_number", f"LP{order_id:0>14}"))
            at = self.clock.now() - timedelta(days=silent_days)
            order = {
                "ordered_on": (at - DAY).date(),
                "created_at": self.clock.now(),
                "tracking_number": number,
                **given,
            }
            self.store.create(an_order(order_id, **order))
            self.cainiao.answers[number] = an_answer(number, an_event(at, "LH_DEPART"))
            self.track.answers[number] = an_answer(number, an_event(at, "InTransit_Departure"))

    def registering(self) -> RegistrationRun:
        return RegistrationRun(
            self.track, self.store, self.clock.now, lambda: True, batch=40, owner="x"
        )

    @property
    def a_check(self) -> PollRun:
        self.runs += 1
        owner = f"run{self.runs}"

        def registering(allows_request: object) -> RegistrationRun:
            return RegistrationRun(
                self.track,
                self.store,
                self.clock.now,
                allows_request,  # type: ignore[arg-type]
                batch=self.pace.batch,
                owner=owner,
            )

        second = SecondSourceCheck(
            self.store, self.track, self.clock, self.pace, LIMITS, registering
        )
        return PollRun(
            watch=self.store,
            source=self.track if self.first_is_17track else self.cainiao,
            clock=self.clock,
            schedule=self.schedule,
            pace=self.pace,
            limits=LIMITS,
            owner=owner,
            catch_up=HOUR,
            second=None if self.first_is_17track else second,
            registering=registering if self.first_is_17track else None,
        )

    def check(self, *order_ids: str) -> RunReport:
        check = self.a_check
        return check.check_orders(order_ids) if order_ids else check.check_due()

    def pump(self) -> list[AlertKind]:
        """Evaluate what the stream tells of, and have everything sent."""
        evaluation = Evaluation(
            self.store,
            self.schedule,
            LIMITS,
            second_source=not self.first_is_17track,
            answers_come_late=self.first_is_17track,
        )
        raised = []
        while self.store.stream:
            woken = list(dict.fromkeys(self.store.stream))
            self.store.stream.clear()
            for order_id in filter(None, woken):
                raised += evaluation.evaluate(order_id, self.clock.now())
        for kept in self.store.kept.values():
            if kept.pending:
                kept.pending, kept.alert = False, replace(kept.alert, sent_at=self.clock.now())
        self.sent += [(self.clock.now(), alert.order_id, alert.kind) for alert in raised]
        return [alert.kind for alert in raised]

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

    def opinion(self, order_id: str = "a") -> SecondOpinion | None:
        return self.store.shelves[order_id].record.open().second

    def second_at(self, order_id: str = "a") -> int | None:
        return self.store.shelves[order_id].entry.second_at


@pytest.fixture
def rig() -> Rig:
    return Rig()


# Who is asked about, and when.


def test_only_what_nears_a_claim_is_asked_about(rig: Rig) -> None:
    """Each number costs a credit: a parcel that was seen lately costs none."""
    rig.add("near")
    rig.add("far", silent_days=40)
    rig.add("fresh", silent_days=1)
    rig.live(2 * DAY)
    assert {"LP0000000000near"} == set(rig.track.accounts)


def test_few_rows_of_the_watch_say_when_to_ask(rig: Rig) -> None:
    """Only those of which no other evaluation comes before."""
    rig.add("stalled", silent_days=40)
    rig.add("fresh", silent_days=1)
    rig.check()
    rig.pump()
    assert epoch_minutes(NOON + 16 * DAY) == rig.second_at("stalled")
    assert rig.second_at("fresh") is None


def test_a_claim_comes_on_its_day(rig: Rig) -> None:
    """The second source was registered days before, and is asked again when it counts."""
    rig.add("a", silent_days=55)
    raised = rig.live(7 * DAY)
    assert [AlertKind.REFUND_CLAIM] == [kind for kind in raised if kind is AlertKind.REFUND_CLAIM]
    (at,) = [at for at, _, kind in rig.sent if kind is AlertKind.REFUND_CLAIM]
    assert 5 * DAY <= at - NOON < 6 * DAY
    opinion = rig.opinion()
    assert opinion is not None
    assert opinion.failing_since is None
    assert opinion.answered_at is not None
    assert at - opinion.answered_at <= SECOND


def test_it_is_asked_only_where_the_first_had_nothing_new(rig: Rig) -> None:
    """A parcel that moves again needs no second opinion."""
    rig.add("a")
    rig.check()
    rig.pump()
    assert rig.second_at() is not None
    number = "LP0000000000000a"
    rig.cainiao.answers[number] = an_answer(number, an_event(rig.clock.now(), "LH_ARRIVE"))
    rig.live(3 * DAY)
    assert [] == rig.track.asked
    assert rig.second_at() is None


def test_it_is_not_asked_while_the_first_does_not_answer(rig: Rig) -> None:
    """No claim can be made then, so no credit is spent."""
    rig.add("a")
    rig.check()
    rig.pump()
    rig.cainiao.verdicts = deque([Verdict.BLOCKED] * 1000)
    rig.live(5 * DAY)
    assert [] == rig.track.asked


@pytest.mark.parametrize(
    "deed",
    [
        ActionKind.RECEIVED,
        ActionKind.DISPUTE_OPENED,
        ActionKind.REFUNDED,
        ActionKind.LOST,
        ActionKind.CLOSE,
    ],
)
def test_the_buyer_s_word_saves_the_credit(rig: Rig, deed: ActionKind) -> None:
    """Where no claim can follow, nobody needs to be asked."""
    rig.add("a", actions=(Action(deed, NOON, on=NOON.date()),))
    rig.live(10 * DAY)
    assert [] == rig.track.asked


def test_an_answer_without_news_is_written_only_where_it_counts(rig: Rig) -> None:
    """Once when it comes, then not again before the claim."""
    rig.add("a", silent_days=56.5)
    rig.live(4 * DAY)
    rig.store.journal.clear()
    asked = len(rig.track.asked)
    rig.live(2 * DAY)  # the claim was sent, the next is far away
    assert [] == [kind for kind in rig.store.journal if kind == "keep_second"]
    assert asked == len(rig.track.asked)
    rig.live(6 * DAY)
    assert 2 == sum(kind is AlertKind.REFUND_CLAIM for _, _, kind in rig.sent)
    assert rig.store.journal.count("keep_second") <= 3


def test_a_claim_that_waits_is_made_on_the_second_s_answer(rig: Rig) -> None:
    """An order that is old when it is added: registered at its first turn, answered at the next."""
    rig.add("a", silent_days=70)
    raised = rig.live(3 * DAY)
    assert AlertKind.REFUND_CLAIM in raised
    assert {"LP0000000000000a": 1} == dict(rig.track.accounts)


# What it says.


def test_a_delivery_that_the_first_never_saw_ends_the_watch(rig: Rig) -> None:
    """It is a checkpoint of the second source, beside those of the first."""
    rig.add("a")
    number = "LP0000000000000a"
    at = rig.clock.now() - 50 * DAY
    rig.track.answers[number] = an_answer(number, an_event(at, "Delivered_Other"))
    raised = rig.live(3 * DAY)
    assert AlertKind.DELIVERED in raised
    trace = rig.store.shelves["a"].record.open()
    assert {("cainiao", Stage.DEPARTED_ORIGIN), ("17track", Stage.DELIVERED)} == {
        (c.source, c.stage) for c in trace.checkpoints
    }
    assert State.DELIVERED is rig.store.shelves["a"].entry.state
    asked = len(rig.track.asked)
    assert AlertKind.REFUND_CLAIM not in rig.live(10 * DAY)
    assert asked == len(rig.track.asked)


def test_a_scan_that_the_first_never_saw_ends_the_silence(rig: Rig) -> None:
    """The sixty days count from it."""
    rig.add("a")
    number = "LP0000000000000a"
    at = rig.clock.now() - 20 * DAY
    rig.track.answers[number] = an_answer(number, an_event(at, "InTransit_Arrival"))
    assert AlertKind.REFUND_CLAIM not in rig.live(30 * DAY)
    assert AlertKind.REFUND_CLAIM in rig.live(12 * DAY)


def test_the_same_told_by_both_begins_no_episode(rig: Rig) -> None:
    """The second's report of a known scan is an echo: no all-clear, no second warning."""
    rig.add("a", silent_days=56.5)
    raised = rig.live(10 * DAY)
    assert AlertKind.MOVING_AGAIN not in raised
    assert 1 == raised.count(AlertKind.STALLED)


# Its bad days.


def test_a_failing_second_source_is_passed_over(rig: Rig) -> None:
    """After three days without an answer, which delay no claim where it failed from the start."""
    rig.add("a", silent_days=55.5)
    rig.track.verdicts = deque([Verdict.FAILING] * 10_000)
    rig.live(6 * DAY)
    (at,) = [at for at, _, kind in rig.sent if kind is AlertKind.REFUND_CLAIM]
    assert 4.5 * DAY <= at - NOON < 5.5 * DAY
    opinion = rig.opinion()
    assert opinion is not None
    assert opinion.answered_at is None
    assert opinion.failing_since is not None
    assert at - opinion.failing_since >= 3 * DAY


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.FAILING])
def test_its_bad_days_never_stop_the_first(rig: Rig, verdict: Verdict) -> None:
    """Each has a health of its own, and its own circuit."""
    rig.add(*(f"{n:03}" for n in range(50)))
    rig.track.verdicts = deque([verdict] * 10_000)
    rig.live(2 * DAY)
    assert rig.store.healths["17track"].open_until is not None
    assert "cainiao" not in rig.store.healths
    assert RunReport() == replace(rig.check(), due=0, checked=0, changed=0)
    asked = len(rig.track.asked)
    rig.live(3 * HOUR)
    assert len(rig.track.asked) - asked <= 3
    answered = [shelf.record.answered_at for shelf in rig.store.shelves.values()]
    assert all(at is not None for at in answered)


def test_orders_that_its_pause_kept_from_being_asked_count_as_tried(rig: Rig) -> None:
    """Else a key that was refused would keep every claim back for ever."""
    rig.add(*(f"{n:03}" for n in range(60)), silent_days=61)
    rig.track.verdicts = deque([Verdict.BLOCKED] * 10_000)
    rig.live(6 * DAY)
    assert 60 == sum(kind is AlertKind.REFUND_CLAIM for _, _, kind in rig.sent)


def test_its_pace_and_its_batches_are_kept(rig: Rig) -> None:
    """Forty numbers a request, three requests a second at the most, whatever they ask for."""
    rig.pace = Pace(batch=4, per_minute=150)
    rig.add(*(f"{n:03}" for n in range(30)), silent_days=61)
    rig.check()
    rig.pump()
    rig.live(2 * DAY)
    assert 30 == len(rig.track.accounts)
    assert all(len(numbers) <= 4 for numbers in [*rig.track.asked, *rig.track.registrations])
    gaps = [b - a for a, b in pairwise(sorted(rig.track.asked_at))]
    assert min(gaps) >= SECOND * 60 / 150


def test_its_pace_is_kept_though_a_write_takes_long(rig: Rig) -> None:
    """It counts from a request to the next, not from when the first could have been made."""

    class Slow(MemoryStore):
        def begin_attempt(self, source: str, attempt: Attempt) -> bool:
            rig.clock.at += SECOND
            return super().begin_attempt(source, attempt)

    rig.store = Slow()
    rig.add("a", silent_days=61)
    rig.live(2 * DAY)
    assert 1 == len(rig.track.registrations)
    gaps = [b - a for a, b in pairwise(sorted(rig.track.asked_at))]
    assert min(gaps) >= rig.pace.interval


def test_what_there_is_no_time_for_is_no_attempt(rig: Rig) -> None:
    """Nobody need find out what it has cost."""
    registering = RegistrationRun(
        rig.track, rig.store, rig.clock.now, lambda: False, batch=40, owner="x"
    )
    registering.register(["LP0000000000000a"])
    assert [] == rig.track.registrations
    assert Credits() == rig.store.credits("17track")


def test_a_run_that_is_out_of_time_leaves_it_to_the_next_turn(rig: Rig) -> None:
    """And that is no failure of the source."""
    rig.add("a")
    rig.check()
    rig.pump()
    rig.clock.ends = rig.clock.now() + LAST_REQUEST
    row = rig.store.row("a")
    assert row is not None
    SecondSourceCheck(rig.store, rig.track, rig.clock, rig.pace, LIMITS).check([row])
    assert [] == rig.track.asked
    assert rig.opinion() is None


def test_two_orders_with_one_number_cost_one_credit(rig: Rig) -> None:
    """And are asked about together."""
    rig.add("a", "b", tracking_number="LP00000000000077", silent_days=61)
    rig.live(3 * DAY)
    assert {"LP00000000000077": 1} == dict(rig.track.accounts)
    assert 1 == rig.store.credits("17track").spent
    assert 2 == sum(kind is AlertKind.REFUND_CLAIM for _, _, kind in rig.sent)


def test_what_it_said_of_another_number_is_not_kept(rig: Rig) -> None:
    """The buyer changed it while the request was under way."""
    rig.add("a")
    rig.check()
    rig.pump()
    row = rig.store.row("a")
    assert row is not None
    stale = replace(row, number="LP00000000000099")
    SecondSourceCheck(rig.store, rig.track, rig.clock, rig.pace, LIMITS).check([stale], note=True)
    assert [] == rig.track.asked
    assert rig.opinion() is None


# The credits.


def test_the_credits_are_counted(rig: Rig) -> None:
    """What was spent here, and what the source says is left."""
    rig.add("a", "b", silent_days=61)
    rig.live(DAY)
    book = rig.store.credits("17track")
    assert book.quota is not None
    assert (2, 998, 1000) == (book.spent, book.quota.left, book.quota.total)
    assert book.attempt is None


def test_the_quota_is_asked_for_seldom(rig: Rig) -> None:
    """After each registration, and otherwise once a day where the source is used at all."""
    rig.add("fresh", silent_days=1)
    rig.live(2 * DAY)
    assert 0 == rig.track.quotas
    rig.add("a", silent_days=56)
    rig.live(10 * DAY)
    assert 1 <= rig.track.quotas <= 12


def test_a_used_up_quota_stops_the_registering_alone(rig: Rig) -> None:
    """Who is registered is asked about as ever; the others are passed over in time."""
    rig.add("a", silent_days=61)
    rig.live(DAY)
    rig.track.credits_left = 0
    rig.add("b", silent_days=61)
    rig.live(6 * DAY)
    assert {"LP0000000000000a"} == set(rig.track.accounts)
    assert {"a", "b"} == {order for _, order, kind in rig.sent if kind is AlertKind.REFUND_CLAIM}
    assert 1 == rig.store.credits("17track").spent


@pytest.mark.parametrize("fate", ["before", "after"])
def test_a_lost_registration_is_counted_all_the_same(rig: Rig, fate: str) -> None:
    """By asking what became of it; and nothing is paid twice."""
    rig.add(*"abc", silent_days=61)
    rig.track.lose = deque([fate])
    rig.live(2 * DAY)
    assert {f"LP{n:0>14}": 1 for n in "abc"} == dict(rig.track.accounts)
    assert 3 == rig.store.credits("17track").spent


class DiedError(Exception):
    """The function was killed."""


WHERE = ("begin_attempt", "register", "settle_attempt", "ask", "save_quota", "keep_second")


@pytest.mark.parametrize(
    ("first", "second"),
    list(product([(w, a) for w in WHERE for a in ("before", "after")], repeat=2)),
)
def test_no_credit_is_lost_or_paid_twice_wherever_runs_die(
    rig: Rig,
    monkeypatch: pytest.MonkeyPatch,
    first: tuple[str, str],
    second: tuple[str, str],
) -> None:
    """Two runs die in two places, before or after what they were about to do."""
    plans = deque([first, second])
    dying: list[tuple[str, str]] = []

    def may_die(target: object, name: str) -> None:
        does = getattr(target, name)

        def call(*args: object, **kwargs: object) -> object:
            if dying == [(name, "before")]:
                raise DiedError
            answer = does(*args, **kwargs)
            if dying == [(name, "after")]:
                raise DiedError
            return answer

        monkeypatch.setattr(target, name, call)

    for name in WHERE:
        may_die(rig.track if name in {"register", "ask"} else rig.store, name)
    rig.add(*"abc", silent_days=61)
    for _ in range(100):
        dying[:] = [plans[0]] if plans else []
        try:
            rig.check()
        except DiedError:
            plans.popleft()
            rig.store.pull_owner = None  # its lease has ended by the next tick
        dying.clear()
        rig.pump()
        rig.clock.advance(hours=1)
    assert {f"LP{n:0>14}": 1 for n in "abc"} == dict(rig.track.accounts)
    assert 3 == rig.store.credits("17track").spent
    assert rig.store.credits("17track").attempt is None
    assert 3 == sum(kind is AlertKind.REFUND_CLAIM for _, _, kind in rig.sent)


def test_an_attempt_that_cannot_be_settled_stops_the_next(rig: Rig) -> None:
    """One is open at a time: else nobody could tell what they have cost."""
    rig.track.lose = deque(["after"])
    rig.registering().register(["LP1"])
    assert (0, 1) == (rig.store.credits("17track").spent, len(rig.track.accounts))
    rig.track.verdicts = deque([Verdict.FAILING])
    rig.registering().register(["LP2"])
    assert {"LP1": 1} == dict(rig.track.accounts)
    rig.registering().register(["LP2"])
    assert {"LP1": 1, "LP2": 1} == dict(rig.track.accounts)
    assert 2 == rig.store.credits("17track").spent


# As the first source.


def test_as_the_first_source_it_is_asked_about_everything(rig: Rig) -> None:
    """Each number is registered once; Cainiao is left alone."""
    rig.first_is_17track = True
    rig.add(*(f"{n:02}" for n in range(45)), silent_days=1)
    rig.live(DAY)
    assert [] == rig.cainiao.asked
    assert 45 == len(rig.track.accounts)
    assert {1} == set(rig.track.accounts.values())
    assert 45 == rig.store.credits("17track").spent
    assert max(len(numbers) for numbers in rig.track.asked) == 40
    traces = [shelf.record.open() for shelf in rig.store.shelves.values()]
    assert all(trace.answered_at is not None for trace in traces)
    assert {"17track"} == {c.source for trace in traces for c in trace.checkpoints}
    assert "cainiao" not in rig.store.healths


def test_as_the_first_source_its_first_answer_is_not_waited_for_long(rig: Rig) -> None:
    """It has to look for the number first, and is asked again within hours."""
    rig.first_is_17track = True
    rig.add("a", silent_days=1)
    rig.live(4 * HOUR)
    assert rig.store.shelves["a"].record.answered_at is not None


def test_as_the_first_source_its_claims_need_no_other(rig: Rig) -> None:
    """It is the one whose answers count."""
    rig.first_is_17track = True
    rig.add("a", silent_days=61)
    assert AlertKind.REFUND_CLAIM in rig.live(DAY)


def test_as_the_first_source_what_it_does_not_know_is_said(rig: Rig) -> None:
    """Its empty answer is an answer."""
    rig.first_is_17track = True
    rig.add("a", silent_days=1)
    rig.track.answers["LP0000000000000a"] = TrackingResult("LP0000000000000a", known=False)
    rig.live(DAY)
    assert Stage.NOT_FOUND is rig.store.shelves["a"].entry.stage


def test_as_the_first_source_it_is_asked_at_its_pace(rig: Rig) -> None:
    """Registrations too."""
    rig.first_is_17track = True
    rig.pace = Pace(batch=4, per_minute=150)
    rig.add(*(f"{n:02}" for n in range(20)), silent_days=1)
    rig.live(DAY)
    gaps = [b - a for a, b in pairwise(sorted(rig.track.asked_at))]
    assert min(gaps) >= SECOND * 60 / 150
