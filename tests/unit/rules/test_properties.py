"""The laws of the rules, over random journeys.

1. **No alert without its condition.** Whatever is sent, its clause of the rules holds.
2. **None twice.** What is said once an order is said once; `stalled` once an episode; a claim for
   silence three times an episode (and once after each deadline), for a return three times an order;
   a deadline once a date and threshold; an attempt, a stay, an all-clear once; a reminder once a
   word of the buyer's.
3. **Delivered ends the ladder.** Nothing but a return is said of a parcel that was delivered.
4. **Order does not matter.** Checkpoints mean the same in whatever order they are given.
5. **No answer is not silence.** A day without an answer changes no number of days.
6. **Evaluating twice changes nothing.**
7. **Looking when one is told to is enough.** Evaluating only at news, at the buyer's words, and
   when `next_rule_at` (with a newer answer) or `next_clock_at` says so sends the same, at the same
   hours, as evaluating every hour.
8. **Once closed, silent.** A closed order sends nothing, and has no next instant.
"""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallwatch.domain.alerts import DISPUTE, PICKUP, RETURNED, SILENCE, Alert, AlertKind
from stallwatch.domain.clock import days
from stallwatch.domain.orders import ActionKind, State
from stallwatch.domain.parcels import Stage
from stallwatch.rules.decision import Decision
from stallwatch.rules.evaluate import evaluate
from tests.support.journeys import HOUR, LIMITS, START, Journey, Life, journeys

CLOCKED = {ActionKind.SELLER_CONTACTED, ActionKind.DISPUTE_OPENED}
"""The words that start a clock."""

thorough = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def hourly(journey: Journey, step: int = 1) -> Life:
    """The life of an order that is evaluated every hour, or every so many hours."""
    life = Life(journey)
    for hour in range(0, journey.hours, step):
        for passed in range(hour - step + 1, hour + 1):
            life.live(passed)
        life.evaluate(hour)
    return life


def when_told(journey: Journey) -> Life:
    """The life of an order that is evaluated only at news and when an evaluation said so."""
    life = Life(journey)
    decision: Decision | None = None
    before = None
    for hour in range(journey.hours):
        now = START + hour * HOUR
        said = life.live(hour)
        trace = journey.trace_at(hour, life.order)
        news = before is None or (
            (trace.checkpoints, trace.mail_type, trace.eta, trace.unanswered_since, trace.second)
            != before
        )
        first_answer = decision is not None and (
            decision.answered_at is None and trace.answered_at is not None
        )
        before = (
            trace.checkpoints,
            trace.mail_type,
            trace.eta,
            trace.unanswered_since,
            trace.second,
        )
        told = decision is None or (
            (
                decision.next_rule_at is not None
                and decision.next_rule_at <= now
                and journey.answers.at(hour)
            )
            or (decision.next_clock_at is not None and decision.next_clock_at <= now)
        )
        if said or news or first_answer or told:
            decision = life.evaluate(hour)
    return life


@thorough
@given(journeys(days=75))
def test_looking_when_told_to_is_enough(journey: Journey) -> None:
    """Law 7."""
    expected = [(a.key, a.raised_at) for a in hourly(journey).alerts]
    actual = [(a.key, a.raised_at) for a in when_told(journey).alerts]
    assert expected == actual


@thorough
@given(journeys())
def test_no_alert_without_its_condition(journey: Journey) -> None:
    """Law 1."""
    life = Life(journey)
    for hour in range(0, journey.hours, 6):
        for passed in range(hour - 5, hour + 1):
            life.live(passed)
        decision = life.evaluate(hour)
        for alert in decision.due:
            assert condition_holds(alert, decision, life), (alert, decision)


def condition_holds(alert: Alert, decision: Decision, life: Life) -> bool:
    """Whether the clause of the rules that an alert stands for holds."""
    reading, now = decision.reading, alert.raised_at
    silent, transit = decision.silent_days, decision.days_in_transit
    left = None
    if life.order.protection_ends_on is not None:
        left = (life.order.protection_ends_on - now.date()).days
    if alert.kind is AlertKind.NEVER_SCANNED:
        return not reading.scanned and (decision.untracked_days or 0) >= 11
    if alert.kind is AlertKind.LATE:
        return (transit or 0) > decision.window.high and reading.scanned
    if alert.kind is AlertKind.STALLED:
        past = (transit or 0) > decision.window.high
        return (silent or 0) >= 12 and reading.scanned and (past or not reading.departed)
    if alert.kind is AlertKind.REFUND_CLAIM:
        return reading.place is Stage.RETURNED if alert.reason == RETURNED else (silent or 0) >= 60
    if alert.kind is AlertKind.PROTECTION_ENDING:
        return left is not None and 0 <= left <= 5
    if alert.kind is AlertKind.ACTION_NEEDED:
        return (
            reading.stay is not None
            if alert.reason == PICKUP
            else reading.stage is Stage.FAILED_ATTEMPT or reading.flag is not None
        )
    if alert.kind is AlertKind.DELIVERED:
        return reading.stage is Stage.DELIVERED
    if alert.kind is AlertKind.MOVING_AGAIN:
        alarms = {AlertKind.NEVER_SCANNED, AlertKind.STALLED, AlertKind.REFUND_CLAIM}
        return reading.moved and any(a.kind in alarms for a in life.alerts)
    if alert.kind is AlertKind.REMINDER:
        return clock_has_run_out(alert, decision, life)
    return alert.kind is AlertKind.UNANSWERED


def clock_has_run_out(alert: Alert, decision: Decision, life: Life) -> bool:
    """Whether the word that a reminder goes back to was said that long ago, and still stands."""
    reading, now, order = decision.reading, alert.raised_at, life.order
    deed = ActionKind.DISPUTE_OPENED if alert.reason == DISPUTE else ActionKind.SELLER_CONTACTED
    word = order.last_said(deed)
    if word is None or reading.stage is Stage.DELIVERED:
        return False
    if alert.reason == DISPUTE:
        return now - word.done_at >= timedelta(days=5)
    answered_at = decision.answered_at
    ends_on = order.protection_ends_on
    return (
        word.episode == reading.episode
        and answered_at is not None
        and answered_at - word.done_at >= timedelta(days=3)
        and (reading.told_at is None or reading.told_at < word.at)
        and (reading.last_update is None or reading.last_update <= word.done_at)
        and (decision.silent_days or 0) < 60
        and not decision.snoozed
        and order.last_said(ActionKind.DISPUTE_OPENED) is None
        and not {a.kind for a in decision.due}
        & {AlertKind.PROTECTION_ENDING, AlertKind.REFUND_CLAIM}
        and (ends_on is None or ends_on < word.done_at.date() or (ends_on - now.date()).days > 5)
    )


@thorough
@given(journeys(days=200))
def test_nothing_is_said_twice(journey: Journey) -> None:
    """Law 2."""
    life = hourly(journey, 6)
    keys = Counter(a.key for a in life.alerts)
    kinds = Counter(a.kind for a in life.alerts)
    assert all(n == 1 for n in keys.values()), keys
    for kind in (AlertKind.NEVER_SCANNED, AlertKind.LATE, AlertKind.DELIVERED):
        assert kinds[kind] <= 1
    stalls = Counter(a.episode for a in life.alerts if a.kind is AlertKind.STALLED)
    assert all(n == 1 for n in stalls.values())
    claims = [a for a in life.alerts if a.kind is AlertKind.REFUND_CLAIM]
    silences = Counter(a.episode for a in claims if a.reason == SILENCE)
    deadlines = 1 + sum(said.deed is None for said in journey.said)
    assert all(n <= 3 + deadlines for n in silences.values())
    assert sum(a.reason == RETURNED for a in claims) <= 3
    reminders = [a for a in life.alerts if a.kind is AlertKind.REMINDER]
    words = sum(said.deed in CLOCKED for said in journey.said)
    assert len(reminders) <= words
    for one, other in itertools.pairwise(claims):
        assert other.raised_at - one.raised_at >= timedelta(days=7)


@thorough
@given(journeys(days=200))
def test_delivered_ends_the_ladder(journey: Journey) -> None:
    """Law 3."""
    life = Life(journey)
    for hour in range(0, journey.hours, 12):
        for passed in range(hour - 11, hour + 1):
            life.live(passed)
        decision = life.evaluate(hour)
        if decision.reading.stage is Stage.DELIVERED:
            assert {a.kind for a in decision.due} <= {AlertKind.DELIVERED}


@thorough
@given(journeys(events=16), st.integers(0, 2399), st.randoms(use_true_random=False))
def test_the_order_of_checkpoints_does_not_matter(
    journey: Journey, hour: int, random: Random
) -> None:
    """Law 4."""
    trace = journey.trace_at(hour, journey.order)
    shuffled = list(trace.checkpoints)
    random.shuffle(shuffled)
    now = START + hour * HOUR
    life = Life(journey)

    one = evaluate(life.order, trace, [], life.memory, now, LIMITS)
    other = evaluate(
        life.order, replace(trace, checkpoints=tuple(shuffled)), [], life.memory, now, LIMITS
    )

    assert one == other


@thorough
@given(journeys(), st.integers(0, 2399), st.integers(1, 40))
def test_no_answer_is_not_silence(journey: Journey, hour: int, more: int) -> None:
    """Law 5."""
    trace = journey.trace_at(hour, journey.order)
    now = START + hour * HOUR
    life = Life(journey)

    today = evaluate(life.order, trace, [], life.memory, now, LIMITS)
    later = evaluate(life.order, trace, [], life.memory, now + days(more), LIMITS)

    if life.order.tracking_number is not None:
        assert (today.silent_days, today.days_in_transit) == (
            later.silent_days,
            later.days_in_transit,
        )


@thorough
@given(journeys())
def test_evaluating_twice_changes_nothing(journey: Journey) -> None:
    """Law 6."""
    life = Life(journey)
    for hour in range(0, journey.hours, 12):
        for passed in range(hour - 11, hour + 1):
            life.live(passed)
        first = life.evaluate(hour)
        again = life.evaluate(hour)
        assert first._replace(due=()) == again._replace(escalation=first.escalation)


@thorough
@given(journeys(days=200))
def test_once_closed_it_is_silent(journey: Journey) -> None:
    """Law 8."""
    life = Life(journey)
    for hour in range(0, journey.hours, 12):
        for passed in range(hour - 11, hour + 1):
            life.live(passed)
        decision = life.evaluate(hour)
        if decision.state is State.CLOSED:
            assert ((), None, None) == (
                decision.due,
                decision.next_rule_at,
                decision.next_clock_at,
            )
