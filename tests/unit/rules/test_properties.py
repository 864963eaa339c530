"""The laws of the rules, over random journeys.

1. **No alert without its condition.** Whatever is sent, its clause of the rules holds.
2. **None twice.** What is said once a number is said once, `never_scanned` twice; `stalled` once an
   episode; a claim for silence three times an episode (and once after each deadline), for a return
   or a loss three times a number;
   a deadline once a date and threshold; an attempt, a stay, an all-clear once; a reminder once a
   word of the buyer's.
3. **Delivered ends the ladder.** Nothing but a return is said of a parcel that was delivered; where
   the buyer contradicts that, the deadline and the reminders speak.
4. **Order does not matter.** Checkpoints mean the same in whatever order they are given.
5. **No answer is not silence.** A day without an answer changes no number of days.
6. **Evaluating twice changes nothing.**
7. **Looking when one is told to is enough.** Evaluating only at news, at the buyer's words, and
   when `next_rule_at` (with a newer answer) or `next_clock_at` says so sends the same, at the same
   hours, as evaluating every hour.
8. **Once closed, silent.** A closed order sends nothing, and has no next instant.
9. **Re-dated events are no news.** Attempts and flags of one reason lie 20 hours apart.
10. **The days of the deadline have one voice**, and after them of the ladder only a claim comes.
11. **Never "nothing" while something is asked.** The situation that a message carries asks too.
12. **Only dates that can come are shown.** None of a closed order, none that has passed.
"""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallwatch.domain.alerts import (
    BANK,
    DISPUTE,
    LOST,
    NOT_RECEIVED,
    PICKUP,
    RETURNED,
    SILENCE,
    Alert,
    AlertKind,
)
from stallwatch.domain.clock import days
from stallwatch.domain.orders import ActionKind, State
from stallwatch.domain.parcels import Stage
from stallwatch.rules.decision import Decision
from stallwatch.rules.evaluate import evaluate
from tests.support.builders import an_order
from tests.support.effort import examples
from tests.support.journeys import (
    DEFAULTS,
    HOUR,
    NUMBERS,
    START,
    Answers,
    Journey,
    Life,
    Said,
    Shown,
    journeys,
)

thorough = settings(
    deadline=None, max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow]
)


def hourly(journey: Journey, step: int = 1) -> Life:
    """The life of an order that is evaluated every hour, or every so many hours."""
    life = Life(journey)
    for _ in life.evaluate_every(step):
        pass
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


def test_a_delivery_of_a_number_that_comes_back_is_told_before_the_watch_ends() -> None:
    """It became known too long ago for the watch to wait for a first check of that number."""
    corrected, back = 1, 16 * 24 + 1
    journey = Journey(
        order=an_order(ordered_on=START.date(), created_at=START, tracking_number=NUMBERS[0]),
        shown=(Shown(0, START, "GTMS_SIGNED", 8, "cainiao", NUMBERS[1]),),
        # The first correction is taken back before anything is evaluated.
        said=(
            Said(corrected, None, 0, NUMBERS[1]),
            Said(corrected, None, 0, NUMBERS[0]),
            Said(back, None, 0, NUMBERS[1]),
        ),
        answers=Answers(first=0, every=6),
        hours=back + 10,
        mail_type=None,
        eta=None,
        unanswered=(),
        second=False,
        second_answers=Answers(first=0, every=6),
    )
    for life in (hourly(journey), when_told(journey)):
        delivered = [a.raised_at for a in life.alerts if a.kind is AlertKind.DELIVERED]
        assert [START + back * HOUR] == delivered


@thorough
@given(journeys())
def test_no_alert_without_its_condition(journey: Journey) -> None:
    """Law 1."""
    life = Life(journey)
    for _, decision in life.evaluate_every(6):
        for alert in decision.due:
            assert condition_holds(alert, decision, life), (alert, decision)


def condition_holds(alert: Alert, decision: Decision, life: Life) -> bool:  # noqa: C901, PLR0912
    """Whether the clause of the rules that an alert stands for holds."""
    journey, answered_at = decision.journey, decision.answered_at
    silent = decision.silent_days or 0
    is_late = answered_at is not None and answered_at >= decision.late_at
    left = days_left(life, alert)
    match alert.kind:
        case AlertKind.NEVER_SCANNED:
            least = 11 if alert.nth == 1 else 21
            return not journey.scanned and (decision.untracked_days or 0) >= least
        case AlertKind.LATE:
            return is_late and journey.scanned
        case AlertKind.STALLED:
            waits = journey.departed or journey.consolidating
            return silent >= 12 and journey.scanned and (is_late or not waits)
        case AlertKind.REFUND_CLAIM if alert.reason == RETURNED:
            return journey.place is Stage.RETURNED
        case AlertKind.REFUND_CLAIM if alert.reason == LOST:
            return journey.lost
        case AlertKind.REFUND_CLAIM:
            return silent >= 60
        case AlertKind.PROTECTION_ENDING:
            return left is not None and 0 <= left <= 5
        case AlertKind.REFUND_DUE:
            return left is not None and 1 <= -left <= 15
        case AlertKind.ACTION_NEEDED if alert.reason == PICKUP:
            return journey.stay is not None
        case AlertKind.ACTION_NEEDED:
            return journey.stage is Stage.FAILED_ATTEMPT or journey.flag is not None
        case AlertKind.DELIVERED:
            return decision.stage is Stage.DELIVERED
        case AlertKind.MOVING_AGAIN:
            alarms = {AlertKind.NEVER_SCANNED, AlertKind.STALLED, AlertKind.REFUND_CLAIM}
            return journey.moved and any(a.kind in alarms for a in life.alerts)
        case AlertKind.REMINDER:
            return clock_has_run_out(alert, decision, life)
    return alert.kind is AlertKind.UNANSWERED


def days_left(life: Life, alert: Alert) -> int | None:
    """The days until the refund is due, negative once it is."""
    ends_on = life.order.protection_ends_on
    return None if ends_on is None else (ends_on - alert.raised_at.date()).days


def clock_has_run_out(alert: Alert, decision: Decision, life: Life) -> bool:
    """Whether the word that a reminder goes back to was said that long ago, and still stands."""
    journey, now, order = decision.journey, alert.raised_at, life.order
    dispute = order.last_said(ActionKind.DISPUTE_OPENED)
    if alert.reason == BANK:
        clock = decision.bank_countdown
        return clock is not None and 0 <= ((clock.last_on or now.date()) - now.date()).days <= 14
    if alert.reason == DISPUTE:
        return dispute is not None and now - dispute.done_at >= timedelta(days=5)
    if alert.reason == NOT_RECEIVED:
        clock = decision.countdown
        return (
            decision.stage is Stage.DELIVERED
            and dispute is None
            and clock is not None
            and clock.last_on is not None
            and 0 <= (clock.last_on - now.date()).days <= 5
        )
    word = order.last_said(ActionKind.SELLER_CONTACTED)
    left = days_left(life, alert)
    return (
        word is not None
        and decision.stage is not Stage.DELIVERED
        and word.episode == journey.episode
        and decision.answered_at is not None
        and decision.answered_at - word.done_at >= timedelta(days=3)
        and (journey.last_update is None or journey.last_update <= word.done_at)
        and (decision.silent_days or 0) < 60
        and not decision.snoozed
        and dispute is None
        and (left is None or not -15 <= left <= 5)
    )


@thorough
@given(journeys(days=200))
def test_nothing_is_said_twice(journey: Journey) -> None:
    """Law 2."""
    life = hourly(journey, 6)
    keys = Counter(a.key for a in life.alerts)
    assert all(n == 1 for n in keys.values()), keys
    numbers = Counter((a.kind, a.number) for a in life.alerts)
    contradicted = sum(said.deed is ActionKind.NOT_RECEIVED for said in journey.said)
    for (kind, _), n in numbers.items():
        most = {
            AlertKind.NEVER_SCANNED: 2,
            AlertKind.LATE: 1,
            AlertKind.DELIVERED: 1 + contradicted,
        }
        assert n <= most.get(kind, n)
    stalls = Counter(a.episode for a in life.alerts if a.kind is AlertKind.STALLED)
    assert all(n == 1 for n in stalls.values())
    claims = [a for a in life.alerts if a.kind is AlertKind.REFUND_CLAIM]
    silences = Counter(a.episode for a in claims if a.reason == SILENCE)
    deadlines = 1 + sum(said.deed is None for said in journey.said)
    assert all(n <= 3 + deadlines for n in silences.values())
    at_once = Counter((a.reason, a.number) for a in claims if a.reason != SILENCE)
    assert all(n <= 3 for n in at_once.values())
    reminders = Counter((a.reason, a.about) for a in life.alerts if a.kind is AlertKind.REMINDER)
    assert all(n == 1 for n in reminders.values())
    for reason, number in {(a.reason, a.number) for a in claims}:
        same = [a for a in claims if (a.reason, a.number) == (reason, number)]
        for one, other in itertools.pairwise(same):
            assert other.raised_at - one.raised_at >= timedelta(days=7)


@thorough
@given(journeys(days=200, events=16))
def test_events_that_are_dated_anew_are_not_told_again(journey: Journey) -> None:
    """Law 9."""
    life = hourly(journey, 6)
    told = [a for a in life.alerts if a.kind is AlertKind.ACTION_NEEDED and a.reason != PICKUP]
    for reason, number in {(a.reason, a.number) for a in told}:
        same = [a for a in told if (a.reason, a.number, a.nth) == (reason, number, 1)]
        for one, other in itertools.pairwise(same):
            assert other.raised_at - one.raised_at >= timedelta(hours=20)


@thorough
@given(journeys(days=120))
def test_the_days_of_the_deadline_have_one_voice(journey: Journey) -> None:
    """Law 10."""
    muted = {
        AlertKind.NEVER_SCANNED,
        AlertKind.LATE,
        AlertKind.STALLED,
        AlertKind.MOVING_AGAIN,
    }
    life = Life(journey)
    for _, decision in life.evaluate_every(12):
        for alert in decision.due:
            left = days_left(life, alert)
            if left is None or left > 5:
                continue
            assert alert.kind not in (muted if left >= -15 else muted - {AlertKind.MOVING_AGAIN})
            if left >= -15 and alert.kind is AlertKind.REFUND_CLAIM:
                assert alert.reason in {RETURNED, LOST}


@thorough
@given(journeys(days=200))
def test_delivered_ends_the_ladder(journey: Journey) -> None:
    """Law 3."""
    life = Life(journey)
    for _, decision in life.evaluate_every(12):
        if decision.stage is Stage.DELIVERED:
            allowed = {AlertKind.DELIVERED}
            if life.order.last_said(ActionKind.NOT_RECEIVED) is not None:
                allowed |= {
                    AlertKind.PROTECTION_ENDING,
                    AlertKind.REFUND_DUE,
                    AlertKind.REMINDER,
                }
            assert {a.kind for a in decision.due} <= allowed


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

    one = evaluate(life.order, trace, [], life.memory, now, DEFAULTS)
    other = evaluate(
        life.order, replace(trace, checkpoints=tuple(shuffled)), [], life.memory, now, DEFAULTS
    )

    assert one == other


@thorough
@given(journeys(), st.integers(0, 2399), st.integers(1, 40))
def test_no_answer_is_not_silence(journey: Journey, hour: int, more: int) -> None:
    """Law 5."""
    trace = journey.trace_at(hour, journey.order)
    now = START + hour * HOUR
    life = Life(journey)

    today = evaluate(life.order, trace, [], life.memory, now, DEFAULTS)
    later = evaluate(life.order, trace, [], life.memory, now + days(more), DEFAULTS)

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
    for hour, decision in life.evaluate_every(12):
        first = decision
        if first.next_clock_at is not None and first.next_clock_at <= START + hour * HOUR:
            # A delivery that becomes known when the watch would end is told before it ends.
            first = life.evaluate(hour)
        again = life.evaluate(hour)
        assert first._replace(due=()) == again._replace(escalation=first.escalation)


@thorough
@given(journeys(days=200))
def test_once_closed_it_is_silent(journey: Journey) -> None:
    """Law 8."""
    life = Life(journey)
    for _, decision in life.evaluate_every(12):
        if decision.state is State.CLOSED:
            assert ((), None, None) == (
                decision.due,
                decision.next_rule_at,
                decision.next_clock_at,
            )
