"""Apply the rules to an order as it stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Stage, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.case import Case, case_of, ends_at, is_raised, state_of
from stallwatch.rules.classify import situation_of
from stallwatch.rules.deadline import step_of
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.due import due_alerts, still_applies
from stallwatch.rules.key_dates import key_dates
from stallwatch.rules.ladder import (
    CLAIM_FOR_SILENCE,
    Level,
    escalation_level,
    second_is_awaited,
    second_is_passed_over,
)
from stallwatch.rules.lookahead import NEVER_AGAIN, look_ahead
from stallwatch.rules.reminders import bank_countdown, countdown


def evaluate(
    order: Order,
    trace: Trace,
    alerts: Sequence[Alert],
    memory: InitialFindings,
    now: datetime,
    thresholds: Thresholds,
    *,
    second_source: bool = False,
) -> Decision:
    """Apply the rules to an order as it stands now.

    Args:
        order: The order and the buyer's words.
        trace: What the sources said.
        alerts: Those raised so far, sent or pending.
        memory: What earlier evaluations decided for good.
        now: The instant of the evaluation, UTC.
        thresholds: The numbers of the rules.
        second_source: Whether a second source is configured.
    """
    case = case_of(order, trace, memory, now, thresholds, second_source=second_source)
    so_far = [a for a in alerts if a.sent_at is not None or still_applies(a, order, now)]
    end = ends_at(case, so_far)
    due = tuple(due_alerts(case, so_far, now, end))
    # Looking ahead, what is pending is as good as sent.
    then = [
        a if a.sent_at is not None else replace(a, sent_at=a.raised_at) for a in (*so_far, *due)
    ]
    if due:  # A claim brings the end nearer.
        end = ends_at(case, then)
    # A delivery that becomes known when the watch would end is told before it does.
    reported_at_the_end = bool(due) and now >= end
    state = State.DELIVERED if reported_at_the_end else state_of(case, end, now)
    is_open = state is not State.CLOSED
    level = _level(case, then, now) if is_open else None
    clock = countdown(case, then, case.answered_at, now) if is_open else None
    bank_clock = bank_countdown(case, now) if is_open else None
    is_near = case.deadline_from is not None and now >= case.deadline_from
    step = step_of(case, now.date()) if is_near else None
    passed_over = second_is_passed_over(case, now)
    ahead = look_ahead(case, then, now, end) if is_open else NEVER_AGAIN
    return Decision(
        state=state,
        stage=case.stage,
        journey=case.journey,
        window=case.window,
        service=case.service,
        last_update=case.last_update,
        dispatched=case.dispatched,
        answered_at=case.answered_at,
        silent_days=case.days_to_answer(case.last_update),
        days_in_transit=case.days_to_answer(case.dispatched),
        untracked_days=case.days_to_answer(case.unscanned_since),
        late_at=case.late_at,
        claim_opens_at=_claim_opens_at(case, now),
        escalation=None if level is None else level[0],
        is_last_notice=step is not None and step.is_last,
        snoozed=case.actions.snoozed(now),
        contacted=case.journey.episode in case.actions.contacts,
        not_received=case.not_received is not None,
        countdown=clock,
        bank_countdown=bank_clock,
        due=due,
        memory=case.memory,
        ends_at=end,
        next_rule_at=ahead.rule_at,
        next_clock_at=ahead.clock_at,
        second_from=ahead.second_from,
        second_awaited=second_source
        and is_open
        and level != CLAIM_FOR_SILENCE
        and second_is_awaited(case, now),
        second_passed_over=passed_over,
        key_dates=key_dates(case, then, state, (clock, bank_clock), now),
        situation=situation_of(
            case, state, level, clock, bank_clock, then, now, second_passed_over=passed_over
        ),
    )


def _level(case: Case, alerts: Sequence[Alert], now: datetime) -> Level | None:
    """The level of the ladder that holds.

    What the second source said counts for a claim when it is made, not for the days after.
    """
    claimed = is_raised(alerts, AlertKind.REFUND_CLAIM, episode=case.journey.episode)
    return escalation_level(case, alerts, case.answered_at, now, second_answers=claimed)


def _claim_opens_at(case: Case, now: datetime) -> datetime | None:
    journey = case.journey
    if journey.place is Stage.RETURNED:
        return journey.newest.at if journey.newest is not None else now
    return None if case.is_delivered else case.claim_at
