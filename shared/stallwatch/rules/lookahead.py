"""When to look again: the next instant at which a rule can fire if nothing new is seen.

Both instants follow from data, never from now and something, so that evaluating twice gives the
same. Every clause begins to hold at one of a few instants; each of them is asked in turn.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from stallwatch.domain.alerts import SILENCE, Alert
from stallwatch.domain.clock import days, hours, midnight
from stallwatch.rules.case import Case
from stallwatch.rules.deadline import instants_of
from stallwatch.rules.due import calls_at
from stallwatch.rules.ladder import (
    CLAIM_FOR_SILENCE,
    claim_alerts,
    escalation_level,
    ladder_instants,
)
from stallwatch.rules.notices import notice_instants
from stallwatch.rules.reminders import dispute_until, not_received_due_on, seller_instants


class Lookahead(NamedTuple):
    """The instants at which to look at an order again; None: no need to."""

    rule_at: datetime | None = None
    """The earliest one at which a newer answer, with nothing new in it, makes an alert due."""
    clock_at: datetime | None = None
    """The earliest one at which something changes without any answer."""
    second_from: datetime | None = None
    """From when on the second source is to be asked; None where no claim can follow."""


NEVER_AGAIN = Lookahead()


def look_ahead(case: Case, alerts: Sequence[Alert], now: datetime, end: datetime) -> Lookahead:
    """When to look again at an order whose watch has not ended.

    Args:
        case: The order's data.
        alerts: Those raised so far, with those that are due now.
        now: The instant of the evaluation.
        end: When the watch ends by itself.
    """
    dates = [*_dates(case)]
    return Lookahead(
        _next_rule_at(case, alerts, dates, end),
        _next_clock_at(case, alerts, dates, now, end),
        _second_from(case, alerts, dates, end) if case.second_source else None,
    )


def _next_rule_at(
    case: Case, alerts: Sequence[Alert], dates: Sequence[datetime], end: datetime
) -> datetime | None:
    answered_at = case.answered_at
    if answered_at is None or case.numberless or answered_at >= end:
        return None
    if calls_at(case, alerts, answered_at, answered_at, second_answers=True):
        return answered_at
    if case.delivery_mutes:
        return None  # What is said of a delivery is said at once.
    for instant in sorted([i for i in _thresholds(case, alerts, dates) if answered_at < i < end]):
        if calls_at(case, alerts, instant, instant, second_answers=True):
            return instant
    return None


def _next_clock_at(
    case: Case, alerts: Sequence[Alert], dates: Sequence[datetime], now: datetime, end: datetime
) -> datetime:
    instants = _thresholds(case, alerts, dates) if case.numberless else dates
    for instant in sorted([i for i in (case.first_look_until, *instants) if now < i < end]):
        # Until then more answers may come, which no evaluation sees.
        if (
            _is_end_of_snooze(case, instant)
            or calls_at(case, alerts, case.answered_at, instant)
            or calls_at(case, alerts, instant, instant, second_answers=True)
        ):
            return instant
    return end


def _second_from(
    case: Case, alerts: Sequence[Alert], dates: Sequence[datetime], end: datetime
) -> datetime | None:
    """It is early enough that a source which fails from the first try on delays no claim.

    And only where a claim for silence can follow: every number that is asked about costs a credit.
    """
    answered_at = case.answered_at
    if case.numberless or answered_at is None or case.actions.ended:
        return None
    lead = hours(case.thresholds.second_patience_hours + case.thresholds.second_answer_hours)
    instants = [answered_at, *_thresholds(case, alerts, dates)]
    for instant in sorted([i for i in instants if answered_at <= i < end]):
        level = escalation_level(case, alerts, instant, instant, second_answers=True)
        if level == CLAIM_FOR_SILENCE and any(
            claim_alerts(case, SILENCE, alerts, instant, instant)
        ):
            return instant - lead
    return None


def _is_end_of_snooze(case: Case, instant: datetime) -> bool:
    return case.actions.snooze is not None and instant == midnight(case.actions.snooze)


def _dates(case: Case) -> Iterator[datetime]:
    """The instants that the calendar gives."""
    yield from instants_of(case)
    actions = case.actions
    if actions.snooze is not None:
        yield midnight(actions.snooze)
    if actions.dispute is not None:
        yield actions.dispute.done_at + days(case.thresholds.dispute_answer)
    if case.not_received is not None:
        due_on, last_on = not_received_due_on(case, case.not_received), dispute_until(case)
        if due_on is not None and last_on is not None:
            yield midnight(due_on)
            yield midnight(last_on) + timedelta(days=1)
    if case.bank is not None:
        yield midnight(case.bank.last_day) - days(case.thresholds.bank_notice)


def _thresholds(case: Case, alerts: Sequence[Alert], dates: Sequence[datetime]) -> list[datetime]:
    """The instants at which some clause of the rules begins to hold, as each theme tells them.

    In any order, and some twice: to hash an instant takes longer than to look at one again.
    """
    return [
        *dates,
        *ladder_instants(case, alerts),
        *notice_instants(case, alerts),
        *seller_instants(case, alerts),
    ]
