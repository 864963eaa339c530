"""Orders and decisions in every situation, for the drafts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from stallwatch.domain.alerts import Situation
from stallwatch.domain.orders import Action, ActionKind, Order
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)
DEFAULTS = Thresholds()
CONTACTED = Action(ActionKind.SELLER_CONTACTED, NOON, on=date(2026, 1, 31))

TRACES: dict[str, tuple[tuple[float, str], ...]] = {
    "no_number": (),
    "never_scanned": ((14, "GWMS_ACCEPT"),),
    "silent": ((26, "PU_PICKUP_SUCCESS"), (18, "LH_DEPART")),
    "late": ((36, "PU_PICKUP_SUCCESS"), (2, "GTMS_ACCEPT")),
    "moving": ((9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")),
    "returned": ((26, "PU_PICKUP_SUCCESS"), (1, "RT_INBOUND")),
    "lost": ((26, "PU_PICKUP_SUCCESS"), (1, "LOST")),
    "delivered": ((26, "PU_PICKUP_SUCCESS"), (1, "GTMS_SIGNED")),
    "pickup": ((26, "PU_PICKUP_SUCCESS"), (1, "GTMS_STA_SIGNED")),
    "failed_attempt": ((26, "PU_PICKUP_SUCCESS"), (1, "GTMS_DEL_FAILURE")),
    "customs": ((26, "PU_PICKUP_SUCCESS"), (1, "CC_IM_FAILURE")),
}
"""What was seen of a parcel: days ago, and the code."""

OF_SITUATION = {
    Situation.CLAIM_RETURNED: "returned",
    Situation.RETURNED: "returned",
    Situation.CLAIM_LOST: "lost",
    Situation.CANCELLED: "silent",
    Situation.NOT_RECEIVED: "delivered",
    Situation.REMINDER_NOT_RECEIVED: "delivered",
    Situation.NOT_RECEIVED_DISPUTED: "delivered",
    Situation.DELIVERED: "delivered",
    Situation.DELIVERED_OLD: "delivered",
    Situation.DELIVERED_DISPUTED: "delivered",
    Situation.CUSTOMS: "customs",
    Situation.TAX: "customs",
    Situation.ADDRESS: "customs",
    Situation.FAILED_ATTEMPT: "failed_attempt",
    Situation.PICKUP: "pickup",
    Situation.LATE: "late",
    Situation.LATE_ECONOMY: "late",
    Situation.PROTECTION_ENDING: "moving",
    Situation.REFUND_DUE: "moving",
    Situation.CONTACTED: "moving",
    Situation.NEVER_SCANNED: "never_scanned",
    Situation.NEVER_SCANNED_UNKNOWN: "never_scanned",
    Situation.NEVER_SCANNED_AGAIN: "never_scanned",
    Situation.NEVER_SCANNED_NO_NUMBER: "no_number",
    Situation.NEVER_SCANNED_AGAIN_NO_NUMBER: "no_number",
    Situation.NO_NUMBER: "no_number",
    Situation.IN_TRANSIT: "moving",
}
"""The trace that a situation has; all others are silent."""


def decided(
    situation: Situation, trace: str, order: Order, text: str = "Departed"
) -> tuple[Order, Decision]:
    """An order with a trace, and its decision in a situation."""
    if trace == "no_number":
        order = replace(order, tracking_number=None)
    record = TraceRecord(order.tracking_number)
    if order.tracking_number:
        events = [an_event(NOON - days * DAY, code, text=text) for days, code in TRACES[trace]]
        record = absorb(record, an_answer(NUMBER, *events), "cainiao", NOON)
    decision = evaluate(order, record.open(), (), InitialFindings(), NOON, DEFAULTS)
    return order, decision._replace(situation=situation)


def draft_samples() -> Iterator[tuple[str, Order, Decision]]:
    """Every situation, before and after the seller was contacted, with and without a promise."""
    plain = an_order(ordered_on=NOON.date() - 40 * DAY)
    full = replace(
        plain,
        promised_on=NOON.date() - 5 * DAY,
        protection_ends_on=NOON.date() - 2 * DAY,
        price=Decimal("34.90"),
        currency="EUR",
        actions=(CONTACTED,),
    )
    due = replace(plain, protection_ends_on=NOON.date() + 3 * DAY)
    for situation in Situation:
        trace = OF_SITUATION.get(situation, "silent")
        for label, order in (("plain", plain), ("full", full), ("due", due)):
            yield f"{situation} {label}", *decided(situation, trace, order)
    for days in (1, 2, 5):
        TRACES["counted"] = ((36, "PU_PICKUP_SUCCESS"), (days, "GTMS_ACCEPT"))
        for situation in (Situation.STALLED, Situation.LATE):
            order, decision = decided(situation, "counted", plain)
            counted = decision._replace(
                silent_days=days if situation is Situation.STALLED else 0, days_in_transit=days
            )
            yield f"counted {situation} {days}", order, counted
