"""The reason of a claim: what a mediator reads first."""

from enum import StrEnum

from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Flag, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import Decision


class ClaimReason(StrEnum):
    """Why the money is asked back; the last three ask for nothing yet."""

    DESTROYED = "destroyed"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"
    NOT_RECEIVED = "not_received"
    """Marked as delivered; the buyer has noted that it is not there."""
    NO_NUMBER = "no_number"
    """No tracking number, for as long as a first scan usually takes."""
    NEVER_SCANNED = "never_scanned"
    SILENCE = "silence"
    """No update for as long as a parcel takes to count as stalled."""
    OVERDUE = "overdue"
    """A date that AliExpress gave has passed, or the usual time in transit."""
    DELIVERED = "delivered"
    """Marked as delivered, and nothing was noted against it."""
    IN_TRANSIT = "in_transit"
    UNKNOWN = "unknown"
    """No valid answer about the number yet."""


ASKING = frozenset(ClaimReason) - {
    ClaimReason.DELIVERED,
    ClaimReason.IN_TRANSIT,
    ClaimReason.UNKNOWN,
}
"""The reasons for which money is asked back."""


def reason_of(order: Order, decision: Decision, thresholds: Thresholds) -> ClaimReason:
    """The strongest reason that the data hold, whatever was sent about the order.

    Args:
        order: The order.
        decision: What its data means now.
        thresholds: The numbers of the rules.
    """
    journey = decision.journey
    untracked = decision.untracked_days or 0
    delivered = journey.delivered_at is not None
    holds = {
        ClaimReason.DESTROYED: journey.destroyed,
        ClaimReason.RETURNED: journey.place is Stage.RETURNED,
        ClaimReason.NOT_RECEIVED: delivered and decision.not_received,
        ClaimReason.DELIVERED: delivered,
        ClaimReason.LOST: journey.lost,
        ClaimReason.CANCELLED: journey.flag is Flag.CANCELLED,
        ClaimReason.NO_NUMBER: order.tracking_number is None
        and untracked >= thresholds.never_scanned,
        ClaimReason.NEVER_SCANNED: order.tracking_number is not None
        and not journey.scanned
        and untracked >= thresholds.never_scanned,
        ClaimReason.SILENCE: journey.scanned and (decision.silent_days or 0) >= thresholds.stalled,
        ClaimReason.OVERDUE: _is_overdue(order, decision),
        ClaimReason.UNKNOWN: decision.answered_at is None and order.tracking_number is not None,
    }
    return next((reason for reason, held in holds.items() if held), ClaimReason.IN_TRANSIT)


def _is_overdue(order: Order, decision: Decision) -> bool:
    """Whether a date that AliExpress gave, or the usual time in transit, has passed."""
    answered_at = decision.answered_at
    if answered_at is None:
        return False
    dates = [day for day in (order.promised_on, order.protection_ends_on) if day is not None]
    return answered_at >= decision.late_at or any(answered_at.date() > day for day in dates)
