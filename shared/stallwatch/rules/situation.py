"""What situation the buyer is in: the key of the one advice that page, message and claim give."""

from enum import StrEnum


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
    """Delivered long before the order was added."""
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
    """On the way back, and there is nothing more to say."""
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
