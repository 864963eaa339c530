"""The days that page, message and calendar show: only such as can still come."""

from collections.abc import Sequence
from datetime import date, datetime

from stallwatch.domain.alerts import SILENCE, Alert, AlertKind
from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Stage
from stallwatch.rules.case import Case
from stallwatch.rules.deadline import is_after_deadline, is_before_deadline, last_day
from stallwatch.rules.decision import NO_DATES, Countdown, KeyDates
from stallwatch.rules.ladder import (
    NEVER_LATE_AFTER,
    NO_DAY_FOR_A_COMPLAINT,
    silence_claim_is_left,
)
from stallwatch.rules.reminders import dispute_until, is_reminded

_RULES_CLAIM_OUT = frozenset({Stage.READY_FOR_PICKUP, Stage.RETURNED})


def key_dates(
    case: Case,
    alerts: Sequence[Alert],
    state: State,
    clocks: Sequence[Countdown | None],
    now: datetime,
) -> KeyDates:
    """The key dates of an order.

    Args:
        case: The order's data.
        alerts: Those raised so far, with those that are due now.
        state: The state of its watch.
        clocks: The clocks of the buyer's words, and the bank's.
        now: The instant asked about.
    """
    today = now.date()
    if state is State.CLOSED:
        return NO_DATES
    if case.delivery_mutes:
        return KeyDates(dispute_until=_until(dispute_until(case), today))
    due_on = [
        clock.ends_at.date()
        for clock in clocks
        if clock is not None and clock.ends_at is not None and not is_reminded(clock, alerts)
    ]
    reminder_on = min(due_on, default=None)
    bank_until = None if case.bank is None else _until(case.bank.last_day, today)
    if case.actions.disputed:
        return KeyDates(reminder_on=reminder_on, bank_until=bank_until)
    ends_on = _until(case.order.protection_ends_on, today)
    refund_until = None if ends_on is not None else _until(last_day(case), today)
    is_watching = state is State.WATCHING
    return KeyDates(
        late_on=_late_on(case, alerts) if is_watching else None,
        claim_opens_on=_claim_opens_on(case, alerts, today) if is_watching else None,
        protection_ends_on=ends_on,
        refund_until=refund_until,
        dispute_until=_until(dispute_until(case), today)
        if case.not_received is not None
        and (case.order.protection_ends_on is None or is_after_deadline(case, today))
        else None,
        reminder_on=reminder_on,
        bank_until=bank_until if ends_on is None and refund_until is None else None,
    )


def _until(day: date | None, today: date) -> date | None:
    """A day, until it has passed."""
    return None if day is None or today > day else day


def _late_on(case: Case, alerts: Sequence[Alert]) -> date | None:
    """The day of `late`, where it can still come; a past one stays until it is sent."""
    day = case.late_at.date()
    if (
        case.memory.old_order
        or case.cancelled
        or case.journey.place in _RULES_CLAIM_OUT
        or case.stage in NO_DAY_FOR_A_COMPLAINT
        or case.journey.episode in case.actions.contacts
        or any(a.kind in NEVER_LATE_AFTER and case.of_number(a) for a in alerts)
        or not is_before_deadline(case, day)
        or is_after_deadline(case, day)
    ):
        return None
    return day


def _claim_opens_on(case: Case, alerts: Sequence[Alert], today: date) -> date | None:
    """The day of a claim for silence, where one is still left."""
    day = case.claim_at.date()
    if (
        case.memory.old_order
        or case.journey.place in _RULES_CLAIM_OUT
        or case.journey.lost
        or not (is_before_deadline(case, day) or is_after_deadline(case, today))
    ):
        return None
    said = [
        a
        for a in alerts
        if a.kind is AlertKind.REFUND_CLAIM and a.reason == SILENCE and case.of_number(a)
    ]
    return day if silence_claim_is_left(case, said, today) else None
