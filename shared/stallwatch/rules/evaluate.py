"""rules.evaluate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stallwatch.domain.alerts import Alert
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.case import _CLAIM, _CLOSED, _REFUND_CLAIM, _Case, _raised
from stallwatch.rules.decision import NO_DATES, Decision, InitialFindings, KeyDates
from stallwatch.rules.due import still_applies
from stallwatch.rules.situation import Situation


def evaluate(
    order: Order,
    trace: Trace,
    alerts: Sequence[Alert],
    memory: InitialFindings,
    now: datetime,
    limits: Thresholds,
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
        limits: The numbers of the rules.
        second_source: Whether a second source is configured.
    """
    case = _Case(order, trace, memory, now, limits, second_source=second_source)
    so_far = [a for a in alerts if a.sent_at is not None or still_applies(a, order, now)]
    due = tuple(case.due(so_far, case.answered_at, now))
    # Looking ahead, what is pending is as good as sent.
    then = [
        a if a.sent_at is not None else replace(a, sent_at=a.raised_at) for a in (*so_far, *due)
    ]
    ends_at = case.ends_at(then)
    state = case.state(ends_at, now)
    # What the second source said counts for a claim when it is made, not for the days after it.
    claimed = _raised(then, _REFUND_CLAIM, episode=case.reading.episode)
    escalation = None
    if state is not _CLOSED:
        escalation = case.escalation(then, case.answered_at, now, second_answers=claimed)
    return Decision(
        state=state,
        stage=case.stage,
        reading=case.reading,
        window=case.window,
        service=case.service,
        last_update=case.last_update,
        dispatched=case.dispatched,
        answered_at=case.answered_at,
        silent_days=case.days_to_answer(case.last_update),
        days_in_transit=case.days_to_answer(case.dispatched),
        untracked_days=case.days_to_answer(case.untracked_since),
        late_at=case.late_at,
        claim_opens_at=case.claim_opens_at(now),
        escalation=escalation[0] if escalation is not None else None,
        deadline_is_near=case.protection_left(now) is not None,
        snoozed=case.words.snoozed(now),
        contacted=case.reading.episode in case.words.contacts,
        countdown=None
        if state is not State.WATCHING
        else case.countdown(then, case.answered_at, now),
        due=due,
        memory=case.memory,
        ends_at=ends_at,
        next_rule_at=None if state is _CLOSED else case.next_rule_at(then, ends_at),
        next_clock_at=None if state is _CLOSED else case.next_clock_at(then, now, ends_at),
        second_from=None if state is _CLOSED else case.second_from(then),
        second_awaited=second_source
        and state is not _CLOSED
        and escalation != _CLAIM
        and case.second_is_awaited(now),
        second_passed_over=case.second_is_passed_over(now),
        key_dates=NO_DATES
        if state is not State.WATCHING
        else KeyDates(
            late_on=case.late_at.date(),
            claim_opens_on=case.claim_at.date(),
            protection_ends_on=order.protection_ends_on,
        ),
        situation=Situation.IN_TRANSIT,
    )
