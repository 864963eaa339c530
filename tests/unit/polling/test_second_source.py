"""Asking the second source: about what nears a claim, apart from the first."""

from collections import deque
from dataclasses import replace
from itertools import pairwise

import pytest

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.clock import epoch_minutes
from stallwatch.domain.orders import Action, ActionKind, State
from stallwatch.domain.parcels import Stage
from stallwatch.polling.gate import LAST_REQUEST
from stallwatch.polling.registration import Attempt, Credits, RegistrationRun
from stallwatch.polling.second_source import SecondSourceCheck
from stallwatch.polling.state import Pace
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.source import Verdict
from tests.support.base_rig import DAY, DEFAULTS, HOUR, SECOND
from tests.support.builders import NOON, an_answer, an_event
from tests.support.memory_store import MemoryStore
from tests.support.two_sources_rig import TwoSourcesRig


@pytest.fixture
def rig() -> TwoSourcesRig:
    return TwoSourcesRig()


# Who is asked about, and when.


def test_only_what_nears_a_claim_is_asked_about(rig: TwoSourcesRig) -> None:
    """Each number costs a credit: a parcel that was seen lately costs none."""
    rig.add("near")
    rig.add("far", silent_days=40)
    rig.add("fresh", silent_days=1)
    rig.live(2 * DAY)
    assert {"LP0000000000near"} == set(rig.track.accounts)


def test_few_rows_of_the_watch_say_when_to_ask(rig: TwoSourcesRig) -> None:
    """Only those of which no other evaluation comes before."""
    rig.add("stalled", silent_days=40)
    rig.add("fresh", silent_days=1)
    rig.check()
    rig.pump()
    assert epoch_minutes(NOON + 16 * DAY) == rig.second_at("stalled")
    assert rig.second_at("fresh") is None


def test_a_claim_comes_on_its_day(rig: TwoSourcesRig) -> None:
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


def test_it_is_asked_only_where_the_first_had_nothing_new(rig: TwoSourcesRig) -> None:
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


def test_it_is_not_asked_while_the_first_does_not_answer(rig: TwoSourcesRig) -> None:
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
def test_the_buyer_s_word_saves_the_credit(rig: TwoSourcesRig, deed: ActionKind) -> None:
    """Where no claim can follow, nobody needs to be asked."""
    rig.add("a", actions=(Action(deed, NOON, on=NOON.date()),))
    rig.live(10 * DAY)
    assert [] == rig.track.asked


def test_an_answer_without_news_is_written_only_where_it_counts(rig: TwoSourcesRig) -> None:
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


def test_a_claim_that_waits_is_made_on_the_second_s_answer(rig: TwoSourcesRig) -> None:
    """An order that is old when it is added: registered at its first turn, answered at the next."""
    rig.add("a", silent_days=70)
    raised = rig.live(3 * DAY)
    assert AlertKind.REFUND_CLAIM in raised
    assert {"LP0000000000000a": 1} == dict(rig.track.accounts)


# What it says.


def test_a_delivery_that_the_first_never_saw_ends_the_watch(rig: TwoSourcesRig) -> None:
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


def test_a_scan_that_the_first_never_saw_ends_the_silence(rig: TwoSourcesRig) -> None:
    """The sixty days count from it."""
    rig.add("a")
    number = "LP0000000000000a"
    at = rig.clock.now() - 20 * DAY
    rig.track.answers[number] = an_answer(number, an_event(at, "InTransit_Arrival"))
    assert AlertKind.REFUND_CLAIM not in rig.live(30 * DAY)
    assert AlertKind.REFUND_CLAIM in rig.live(12 * DAY)


def test_the_same_told_by_both_begins_no_episode(rig: TwoSourcesRig) -> None:
    """The second's report of a known scan is an echo: no all-clear, no second warning."""
    rig.add("a", silent_days=56.5)
    raised = rig.live(10 * DAY)
    assert AlertKind.MOVING_AGAIN not in raised
    assert 1 == raised.count(AlertKind.STALLED)


# Its bad days.


def test_a_failing_second_source_is_passed_over(rig: TwoSourcesRig) -> None:
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
def test_its_bad_days_never_stop_the_first(rig: TwoSourcesRig, verdict: Verdict) -> None:
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


def test_orders_that_its_pause_kept_from_being_asked_count_as_tried(rig: TwoSourcesRig) -> None:
    """Else a key that was refused would keep every claim back for ever."""
    rig.add(*(f"{n:03}" for n in range(60)), silent_days=61)
    rig.track.verdicts = deque([Verdict.BLOCKED] * 10_000)
    rig.live(6 * DAY)
    assert 60 == sum(kind is AlertKind.REFUND_CLAIM for _, _, kind in rig.sent)


def test_its_pace_and_its_batches_are_kept(rig: TwoSourcesRig) -> None:
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


def test_its_pace_is_kept_though_a_write_takes_long(rig: TwoSourcesRig) -> None:
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


def test_what_there_is_no_time_for_is_no_attempt(rig: TwoSourcesRig) -> None:
    """Nobody need find out what it has cost."""
    registering = RegistrationRun(
        rig.track, rig.store, rig.clock.now, lambda: False, batch=40, owner="x"
    )
    registering.register(["LP0000000000000a"])
    assert [] == rig.track.registrations
    assert Credits() == rig.store.credits("17track")


def test_a_run_that_is_out_of_time_leaves_it_to_the_next_turn(rig: TwoSourcesRig) -> None:
    """And that is no failure of the source."""
    rig.add("a")
    rig.check()
    rig.pump()
    rig.clock.ends = rig.clock.now() + LAST_REQUEST
    row = rig.store.row("a")
    assert row is not None
    SecondSourceCheck(rig.store, rig.track, rig.clock, rig.pace, DEFAULTS).check([row])
    assert [] == rig.track.asked
    assert rig.opinion() is None


def test_two_orders_with_one_number_cost_one_credit(rig: TwoSourcesRig) -> None:
    """And are asked about together."""
    rig.add("a", "b", tracking_number="LP00000000000077", silent_days=61)
    rig.live(3 * DAY)
    assert {"LP00000000000077": 1} == dict(rig.track.accounts)
    assert 1 == rig.store.credits("17track").spent
    assert 2 == sum(kind is AlertKind.REFUND_CLAIM for _, _, kind in rig.sent)


def test_what_it_said_of_another_number_is_not_kept(rig: TwoSourcesRig) -> None:
    """The buyer changed it while the request was under way."""
    rig.add("a")
    rig.check()
    rig.pump()
    row = rig.store.row("a")
    assert row is not None
    stale = replace(row, number="LP00000000000099")
    SecondSourceCheck(rig.store, rig.track, rig.clock, rig.pace, DEFAULTS).check([stale], note=True)
    assert [] == rig.track.asked
    assert rig.opinion() is None
