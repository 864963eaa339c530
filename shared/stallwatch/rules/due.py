"""Which alerts are due, and which pending ones still apply."""

from collections.abc import Sequence
from datetime import datetime

from stallwatch.domain.alerts import (
    BANK,
    DISPUTE,
    NOT_RECEIVED,
    PROFILES,
    Alert,
    AlertKind,
)
from stallwatch.domain.clock import days, midnight
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Flag
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.case import Case, DueAlert, bank_of
from stallwatch.rules.deadline import deadline_alerts
from stallwatch.rules.in_force import ActionsInForce
from stallwatch.rules.ladder import AT_ONCE, LADDER, escalation_level, ladder_alerts
from stallwatch.rules.notices import (
    USES_UP_ALL_CLEAR,
    delivered_alerts,
    moving_again_alerts,
    notice_alerts,
)
from stallwatch.rules.reminders import name_of, reminder_alerts

_OF_THE_DEADLINE = frozenset({AlertKind.PROTECTION_ENDING, AlertKind.REFUND_DUE})


_NAMES_ONLY = Thresholds()


def due_alerts(case: Case, alerts: Sequence[Alert], now: datetime, end: datetime) -> list[Alert]:
    """The alerts that the rules call for and that were not raised yet.

    A delivery that becomes known when the watch would end is told before it does, without waiting
    for a first check of the number.

    Args:
        case: The order's data.
        alerts: Those raised so far.
        now: The instant of the evaluation.
        end: When the watch ends by itself.
    """
    if now >= end:
        if case.actions.ended or _was_never_watched(case):
            return []
        return [_raised(case, call, now) for call in delivered_alerts(case, alerts)]
    return [_raised(case, call, now) for call in calls_at(case, alerts, case.answered_at, now)]


def _was_never_watched(case: Case) -> bool:
    """Whether the delivery was known at the first evaluation, and the watch over by its age then.

    It says nothing as long as the dates stand; a mistyped year, corrected, opens the watch.
    """
    first, delivery = case.memory.evaluated_at, case.delivery
    over_at = midnight(case.order.ordered_on) + days(case.thresholds.end_after_order)
    return first is not None and delivery is not None and max(delivery.known_at, over_at) <= first


def _raised(case: Case, call: DueAlert, now: datetime) -> Alert:
    return Alert(
        call.kind,
        now,
        call.reason,
        call.about,
        call.nth,
        episode=case.journey.episode,
        number=case.order.tracking_number,
    )


def calls_at(
    case: Case,
    alerts: Sequence[Alert],
    answered_at: datetime | None,
    now: datetime,
    *,
    second_answers: bool = False,
) -> list[DueAlert]:
    """What is due before the watch ends, at an instant and with a last answer.

    It is asked at every instant at which something may become due, so each clause is looked into
    only where the order has what it is about. `second_answers` supposes that the second source
    answers, for looking ahead.
    """
    actions, journey = case.actions, case.journey
    if actions.ended or now < case.first_look_until:
        return []
    found: list[DueAlert] = []
    if case.is_delivered:
        found += delivered_alerts(case, alerts)
        if case.not_received is None:
            return found
    else:
        found += notice_alerts(case, alerts, answered_at)
        level = escalation_level(case, alerts, answered_at, now, second_answers=second_answers)
        if level is not None and answered_at is not None:
            found += ladder_alerts(case, level, alerts, answered_at, now)
    if case.deadline_from is not None and now >= case.deadline_from:
        found += deadline_alerts(case, alerts, found, now.date())
    if (
        alerts
        and (journey.moved or case.trace.status_withdrawn_at is not None)
        and not case.is_delivered
        and not any(call.kind in USES_UP_ALL_CLEAR for call in found)
    ):
        found += moving_again_alerts(case, alerts, answered_at, now)
    if actions.dispute is not None or actions.contacts or case.not_received or case.bank:
        # What is due with it is a message of the ladder too.
        raised = [*alerts, *(_raised(case, call, now) for call in found)]
        found += reminder_alerts(case, raised, answered_at, now)
    return found


def still_applies(alert: Alert, order: Order, now: datetime) -> bool:
    """Whether the buyer's words still leave room for a pending alert.

    Only what the buyer says can take an alert back: an order that was closed, muted, or given
    another number or date. Time alone never does.
    """
    if not PROFILES[alert.kind].about_order:
        return True
    actions = ActionsInForce.of(order)
    if actions.ended:
        return False
    if alert.kind in _OF_THE_DEADLINE:
        return not actions.disputed and alert.about.startswith(f"{order.protection_ends_on} ")
    if alert.kind is AlertKind.REMINDER and alert.reason in {DISPUTE, BANK}:
        return _reminder_applies(alert, order, actions)
    if alert.number != order.tracking_number:
        return False
    if alert.kind is AlertKind.REMINDER:
        if alert.reason == NOT_RECEIVED:
            return _reminder_applies(alert, order, actions)
        contact = actions.contacts.get(alert.episode)
        return (
            contact is not None
            and alert.about == name_of(contact)
            and not actions.disputed
            and not actions.snoozed(now)
        )
    if alert.kind in LADDER or alert.kind is AlertKind.MOVING_AGAIN:
        return _ladder_applies(alert, actions, now)
    is_second_cancellation = (
        alert.kind is AlertKind.ACTION_NEEDED and alert.reason == Flag.CANCELLED and alert.nth > 1
    )
    return not (is_second_cancellation and actions.disputed)


def _ladder_applies(alert: Alert, actions: ActionsInForce, now: datetime) -> bool:
    if actions.disputed:
        return False
    if alert.kind in {AlertKind.LATE, AlertKind.STALLED} and alert.episode in actions.contacts:
        return False
    return alert.reason in AT_ONCE or not actions.snoozed(now)


def _reminder_applies(alert: Alert, order: Order, actions: ActionsInForce) -> bool:
    """Whether the word that a reminder goes back to is still the one in force."""
    if alert.reason == BANK:
        bank = bank_of(order, _NAMES_ONLY)
        return bank is not None and alert.about == bank.name
    if alert.reason == NOT_RECEIVED:
        word = actions.not_received
        return word is not None and alert.about == name_of(word) and not actions.disputed
    word = actions.dispute
    return word is not None and alert.about == name_of(word) and not actions.rejected
