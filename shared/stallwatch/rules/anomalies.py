"""What is odd about an order's tracking number: what the buyers' guide calls made-up or incorrect.

It is said as what was seen, never as an accusation: a digit may be mistyped, a date wrong, and
a seller may send two orders in one parcel. Nothing here raises an alert or closes a gate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stallwatch.domain.clock import DAY, midnight, whole_days
from stallwatch.domain.countries import are_apart, code_of
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Stage, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.domain.tracking_numbers import s10_check_digit_is_wrong
from stallwatch.rules.decision import Decision
from stallwatch.rules.moments import is_scan


class AnomalyKind(StrEnum):
    """What can be odd about a number."""

    CHECK_DIGIT = "check_digit"
    """It looks like S10, and its check digit does not fit."""
    UNKNOWN = "unknown"
    """The source does not know it, long after the parcel should have been scanned."""
    SCANNED_BEFORE = "scanned_before"
    """Its first scan is older than the order."""
    DELIVERED_BEFORE = "delivered_before"
    """Its parcel was delivered before the order was made."""
    OTHER_COUNTRY = "other_country"
    """Its parcel goes to another country than the order."""
    DELIVERED_ELSEWHERE = "delivered_elsewhere"
    """Its parcel was delivered in another country than the order's."""
    OTHER_NUMBER = "other_number"
    """The tracking names another number, as a combined delivery does."""
    SAME_NUMBER = "same_number"
    """It stands on another order too."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something odd that was seen."""

    kind: AnomalyKind
    values: dict[str, str | int]
    """What its sentence is filled in with, as JSON: days as dates, countries as codes."""


def anomalies(
    order: Order,
    decision: Decision,
    trace: Trace,
    sharing: Sequence[str],
    thresholds: Thresholds,
) -> list[Anomaly]:
    """What is odd about an order's tracking number.

    Args:
        order: The order.
        decision: What it means now.
        trace: What the sources said.
        sharing: The other orders with the same number.
        thresholds: The numbers of the rules.
    """
    return list(_odd(order, decision, trace, sharing, thresholds))


def _odd(
    order: Order, decision: Decision, trace: Trace, sharing: Sequence[str], thresholds: Thresholds
) -> Iterator[Anomaly]:
    number = order.tracking_number
    if number is None:
        return
    if s10_check_digit_is_wrong(number):
        yield Anomaly(AnomalyKind.CHECK_DIGIT, {"number": number})
    days_without = decision.untracked_days
    if decision.stage is Stage.NOT_FOUND and (days_without or 0) >= thresholds.never_scanned:
        yield Anomaly(AnomalyKind.UNKNOWN, {"n": days_without or 0})
    yield from _too_early(order, trace)
    yield from _elsewhere(order, decision, trace)
    if trace.other_number is not None:
        yield Anomaly(AnomalyKind.OTHER_NUMBER, {"number": trace.other_number})
    if sharing:
        yield Anomaly(AnomalyKind.SAME_NUMBER, {"order_id": sharing[0], "n": len(sharing)})


def _too_early(order: Order, trace: Trace) -> Iterator[Anomaly]:
    """A scan or a delivery from before the order: a day earlier at least, for zones differ."""
    own = [c for c in trace.checkpoints if c.number == order.tracking_number]
    ordered_at = midnight(order.ordered_on)
    for oddity, found in (
        (AnomalyKind.DELIVERED_BEFORE, [c for c in own if c.stage is Stage.DELIVERED]),
        (AnomalyKind.SCANNED_BEFORE, [c for c in own if is_scan(c)]),
    ):
        first = min((c.at for c in found), default=ordered_at)
        if ordered_at - first >= DAY:
            n = whole_days(first, ordered_at)
            yield Anomaly(oddity, {"date": first.date().isoformat(), "n": n})
            return


def _elsewhere(order: Order, decision: Decision, trace: Trace) -> Iterator[Anomaly]:
    """Another country, where the source names one that can be told from the order's."""
    other = None if trace.country is None else code_of(trace.country)
    if other is None or not are_apart(other, order.destination):
        return
    is_delivered = decision.stage is Stage.DELIVERED
    oddity = AnomalyKind.DELIVERED_ELSEWHERE if is_delivered else AnomalyKind.OTHER_COUNTRY
    yield Anomaly(oddity, {"country": order.destination, "other": other})
