"""What situation the buyer is in: the key of the one advice that page, message and claim give."""

from collections.abc import Mapping
from enum import StrEnum

from stallwatch.domain.alerts import (
    ATTEMPT,
    BANK,
    DISPUTE,
    LOST,
    NOT_RECEIVED,
    PICKUP,
    RETURNED,
    SELLER,
    SILENCE,
    AlertKind,
)
from stallwatch.domain.parcels import Flag


class Situation(StrEnum):
    """A buyer's situation; its advice is the sentence `advice.<situation>`."""

    # The watch is over.
    CLOSED_RECEIVED = "closed_received"
    CLOSED_REFUNDED = "closed_refunded"
    CLOSED_LOST = "closed_lost"
    CLOSED_BY_BUYER = "closed_by_buyer"
    CLOSED_ENDED = "closed_ended"
    """It ended by itself."""

    # Delivered, as the carrier says.
    DELIVERED = "delivered"
    DELIVERED_DISPUTED = "delivered_disputed"
    DELIVERED_OLD = "delivered_old"
    """Delivered long before the order was added; seen where a stack watches on for longer."""
    NOT_RECEIVED = "not_received"
    NOT_RECEIVED_DISPUTED = "not_received_disputed"

    # The days of the deadline.
    REFUND_DUE = "refund_due"
    REFUND_DUE_TAKE_FIRST = "refund_due_take_first"
    """At a pickup point, out for delivery or after a failed attempt: take the parcel first."""
    PROTECTION_ENDING = "protection_ending"
    PROTECTION_ENDING_TAKE_FIRST = "protection_ending_take_first"

    # What only the buyer can do.
    PICKUP = "pickup"
    FAILED_ATTEMPT = "failed_attempt"
    CUSTOMS = "customs"
    TAX = "tax"
    ADDRESS = "address"
    CANCELLED = "cancelled"

    # A claim stands.
    CLAIM_SILENCE = "claim_silence"
    CLAIM_RETURNED = "claim_returned"
    CLAIM_LOST = "claim_lost"
    CLAIM_ECONOMY = "claim_economy"
    """Tracking ended by design at the hand-over."""
    CLAIM_AFTER_DEADLINE = "claim_after_deadline"
    CLAIM_SECOND_PASSED_OVER = "claim_second_passed_over"

    # Without any scan.
    NEVER_SCANNED = "never_scanned"
    NEVER_SCANNED_UNKNOWN = "never_scanned_unknown"
    """The source does not know the number."""
    NEVER_SCANNED_NO_NUMBER = "never_scanned_no_number"
    NEVER_SCANNED_AGAIN = "never_scanned_again"
    NEVER_SCANNED_AGAIN_NO_NUMBER = "never_scanned_again_no_number"

    # Too slow.
    STALLED = "stalled"
    LATE = "late"
    LATE_ECONOMY = "late_economy"

    # A clock of the buyer's words has run out.
    REMINDER_SELLER = "reminder_seller"
    REMINDER_DISPUTE = "reminder_dispute"
    REMINDER_NOT_RECEIVED = "reminder_not_received"
    REMINDER_BANK = "reminder_bank"

    # Nothing is asked now.
    UNANSWERED = "unanswered"
    """Nothing was heard about this number for long: look by hand."""
    DISPUTED = "disputed"
    DISPUTE_REJECTED = "dispute_rejected"
    DEADLINE_OVER = "deadline_over"
    OLD_ORDER = "old_order"
    """It was too old at its first evaluation: nothing was said."""
    CONTACTED = "contacted"
    SNOOZED = "snoozed"
    RETURNED = "returned"
    """On the way back, and there is no answer yet since the number came back to the order."""
    EXCEPTION = "exception"
    NO_NUMBER = "no_number"
    AWAITING_SHIPMENT = "awaiting_shipment"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"
    """The first check is under way."""
    IN_TRANSIT = "in_transit"
    """Silence inside the window is normal."""
    IN_TRANSIT_ECONOMY = "in_transit_economy"
    OUT_FOR_DELIVERY = "out_for_delivery"
    WRONG_DATE = "wrong_date"
    """There are scans older than the order."""


ASKED_BY: Mapping[Situation, tuple[AlertKind, str]] = {
    Situation.REFUND_DUE: (AlertKind.REFUND_DUE, ""),
    Situation.REFUND_DUE_TAKE_FIRST: (AlertKind.REFUND_DUE, ""),
    Situation.PROTECTION_ENDING: (AlertKind.PROTECTION_ENDING, ""),
    Situation.PROTECTION_ENDING_TAKE_FIRST: (AlertKind.PROTECTION_ENDING, ""),
    Situation.PICKUP: (AlertKind.ACTION_NEEDED, PICKUP),
    Situation.FAILED_ATTEMPT: (AlertKind.ACTION_NEEDED, ATTEMPT),
    Situation.CUSTOMS: (AlertKind.ACTION_NEEDED, Flag.CUSTOMS),
    Situation.TAX: (AlertKind.ACTION_NEEDED, Flag.TAX),
    Situation.ADDRESS: (AlertKind.ACTION_NEEDED, Flag.ADDRESS),
    Situation.CANCELLED: (AlertKind.ACTION_NEEDED, Flag.CANCELLED),
    Situation.CLAIM_SILENCE: (AlertKind.REFUND_CLAIM, SILENCE),
    Situation.CLAIM_RETURNED: (AlertKind.REFUND_CLAIM, RETURNED),
    Situation.CLAIM_LOST: (AlertKind.REFUND_CLAIM, LOST),
    Situation.CLAIM_ECONOMY: (AlertKind.REFUND_CLAIM, SILENCE),
    Situation.CLAIM_AFTER_DEADLINE: (AlertKind.REFUND_CLAIM, SILENCE),
    Situation.CLAIM_SECOND_PASSED_OVER: (AlertKind.REFUND_CLAIM, SILENCE),
    Situation.NEVER_SCANNED: (AlertKind.NEVER_SCANNED, ""),
    Situation.NEVER_SCANNED_UNKNOWN: (AlertKind.NEVER_SCANNED, ""),
    Situation.NEVER_SCANNED_NO_NUMBER: (AlertKind.NEVER_SCANNED, ""),
    Situation.NEVER_SCANNED_AGAIN: (AlertKind.NEVER_SCANNED, ""),
    Situation.NEVER_SCANNED_AGAIN_NO_NUMBER: (AlertKind.NEVER_SCANNED, ""),
    Situation.STALLED: (AlertKind.STALLED, ""),
    Situation.LATE: (AlertKind.LATE, ""),
    Situation.LATE_ECONOMY: (AlertKind.LATE, ""),
    Situation.REMINDER_SELLER: (AlertKind.REMINDER, SELLER),
    Situation.REMINDER_DISPUTE: (AlertKind.REMINDER, DISPUTE),
    Situation.REMINDER_NOT_RECEIVED: (AlertKind.REMINDER, NOT_RECEIVED),
    Situation.REMINDER_BANK: (AlertKind.REMINDER, BANK),
    Situation.UNANSWERED: (AlertKind.UNANSWERED, ""),
}
"""The kind and reason of the alert that asks the same of the buyer, whether it was sent or not.

A situation that is missing asks for nothing.
"""
