"""rules.due."""

from datetime import datetime

from stallwatch.domain.alerts import DISPUTE, RETURNED, Alert, AlertKind
from stallwatch.domain.orders import Order
from stallwatch.rules.case import _LADDER, _OF_THE_SOURCE, _ActionsInForce
from stallwatch.rules.reminders import _word


def still_applies(alert: Alert, order: Order, now: datetime) -> bool:
    """Whether the buyer's words still leave room for a pending alert.

    Only what the buyer says can take an alert back: an order that was closed, muted, or given
    another number or date. Time alone never does.
    """
    if alert.kind in _OF_THE_SOURCE:
        return True
    words = _ActionsInForce.of(order)
    if words.ended:
        return False
    if alert.kind is AlertKind.PROTECTION_ENDING:
        return not words.disputed and alert.about.startswith(f"{order.protection_ends_on} ")
    if alert.kind is AlertKind.REMINDER and alert.reason == DISPUTE:
        return words.dispute is not None and alert.about == _word(words.dispute)
    if alert.number != order.tracking_number:
        return False
    if alert.kind is AlertKind.REMINDER:
        contact = words.contact(alert.episode)
        return (
            contact is not None
            and alert.about == _word(contact)
            and not words.disputed
            and not words.snoozed(now)
        )
    if alert.kind in _LADDER and words.disputed:
        return False
    if alert.kind in {AlertKind.LATE, AlertKind.STALLED} and alert.episode in words.contacts:
        return False
    snoozable = alert.kind is AlertKind.MOVING_AGAIN or (
        alert.kind in _LADDER and alert.reason != RETURNED
    )
    return not (snoozable and words.snoozed(now))
