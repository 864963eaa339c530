"""Alerts: their kinds, the situations in which they ask something, and what a message holds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Flag, Stage

_RAISED_AT: Callable[["Alert"], datetime] = attrgetter("raised_at")


class AlertKind(StrEnum):
    """What an alert says."""

    NEVER_SCANNED = "never_scanned"
    LATE = "late"
    STALLED = "stalled"
    REFUND_CLAIM = "refund_claim"
    PROTECTION_ENDING = "protection_ending"
    REFUND_DUE = "refund_due"
    """The date from which AliExpress owes the refund has passed."""
    ACTION_NEEDED = "action_needed"
    DELIVERED = "delivered"
    MOVING_AGAIN = "moving_again"
    UNANSWERED = "unanswered"
    REMINDER = "reminder"
    """A clock of the buyer's own ladder has run out."""
    SOURCE_DOWN = "source_down"
    SOURCE_UP = "source_up"
    DIGEST = "digest"
    """What is true of all orders, on a schedule."""


TEST = "test"
"""The kind of a test message, which is no alert."""


class Severity(StrEnum):
    """How much an alert asks of its reader."""

    INFO = "info"
    ATTENTION = "attention"
    ACTION = "action"
    CLAIM = "claim"


# The reasons of alerts; besides, each flag is one.
RETURNED = "returned"
SILENCE = "silence"
LOST = "lost"
SELLER = "seller"
DISPUTE = "dispute"
NOT_RECEIVED = "not_received"
BANK = "bank"
PICKUP = Stage.READY_FOR_PICKUP.value
ATTEMPT = Stage.FAILED_ATTEMPT.value


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

    # Nothing was heard about this number for long: look by hand.
    UNANSWERED = "unanswered"
    UNANSWERED_DISPUTED = "unanswered_disputed"
    """A dispute stands, decided against the buyer or not."""

    # Nothing is asked now.
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


@dataclass(frozen=True, slots=True)
class AlertKindProfile:
    """What is true of every alert of one kind."""

    kind: AlertKind
    severity: Severity
    comes_when: str
    """When it is sent, with the days that the thresholds have by default: for the README."""
    asks_to: str
    """What its reader should do: for the README."""
    situations: Mapping[Situation, str] = field(default_factory=dict)
    """The situations in which the same is asked of the buyer, sent or not, each with its reason."""
    about_order: bool = True
    """Whether it is about one order; else it is about a source, or about all orders."""


PROFILES: dict[AlertKind, AlertKindProfile] = {
    profile.kind: profile
    for profile in (
        AlertKindProfile(
            AlertKind.NEVER_SCANNED,
            Severity.ATTENTION,
            comes_when="11 days after shipping nobody has scanned it; again at 21",
            asks_to="ask the seller, the number may be made up; at 21 open a dispute",
            situations={
                Situation.NEVER_SCANNED: "",
                Situation.NEVER_SCANNED_UNKNOWN: "",
                Situation.NEVER_SCANNED_NO_NUMBER: "",
                Situation.NEVER_SCANNED_AGAIN: "",
                Situation.NEVER_SCANNED_AGAIN_NO_NUMBER: "",
            },
        ),
        AlertKindProfile(
            AlertKind.LATE,
            Severity.ATTENTION,
            comes_when="it is on its way for longer than its usual window, and not out for "
            "delivery or at a pickup point",
            asks_to="contact the seller",
            situations={
                Situation.LATE: "",
                Situation.LATE_ECONOMY: "",
            },
        ),
        AlertKindProfile(
            AlertKind.STALLED,
            Severity.ATTENTION,
            comes_when="nothing has moved for 12 days, and it is past its window or still in its "
            "country of origin",
            asks_to="contact the seller",
            situations={
                Situation.STALLED: "",
            },
        ),
        AlertKindProfile(
            AlertKind.REFUND_CLAIM,
            Severity.CLAIM,
            comes_when="nothing has moved for 60 days, or it goes back, was destroyed, or is "
            "called lost",
            asks_to="make sure that it did not arrive, open a dispute",
            situations={
                Situation.CLAIM_SILENCE: SILENCE,
                Situation.CLAIM_RETURNED: RETURNED,
                Situation.CLAIM_LOST: LOST,
                Situation.CLAIM_ECONOMY: SILENCE,
                Situation.CLAIM_AFTER_DEADLINE: SILENCE,
                Situation.CLAIM_SECOND_PASSED_OVER: SILENCE,
            },
        ),
        AlertKindProfile(
            AlertKind.PROTECTION_ENDING,
            Severity.CLAIM,
            comes_when="buyer protection ends in 5 days; again at 1 day",
            asks_to="get the evidence ready, open the dispute",
            situations={
                Situation.PROTECTION_ENDING: "",
                Situation.PROTECTION_ENDING_TAKE_FIRST: "",
            },
        ),
        AlertKindProfile(
            AlertKind.REFUND_DUE,
            Severity.CLAIM,
            comes_when='the date of "Refund if no delivery before" has passed by 1, 10 and 14 days',
            asks_to="open the dispute now: AliExpress takes it until the 15th day",
            situations={
                Situation.REFUND_DUE: "",
                Situation.REFUND_DUE_TAKE_FIRST: "",
            },
        ),
        AlertKindProfile(
            AlertKind.ACTION_NEEDED,
            Severity.ACTION,
            comes_when="it waits at a pickup point, a delivery failed, or customs, a duty, an "
            "address or a cancellation hold it up",
            asks_to="do what only you can do",
            situations={
                Situation.PICKUP: PICKUP,
                Situation.FAILED_ATTEMPT: ATTEMPT,
                Situation.CUSTOMS: Flag.CUSTOMS,
                Situation.TAX: Flag.TAX,
                Situation.ADDRESS: Flag.ADDRESS,
                Situation.CANCELLED: Flag.CANCELLED,
            },
        ),
        AlertKindProfile(
            AlertKind.DELIVERED,
            Severity.INFO,
            comes_when="it was delivered",
            asks_to="nothing; not there? say `not_received`",
        ),
        AlertKindProfile(
            AlertKind.MOVING_AGAIN,
            Severity.INFO,
            comes_when="it was scanned after an alarm",
            asks_to="nothing",
        ),
        AlertKindProfile(
            AlertKind.UNANSWERED,
            Severity.ATTENTION,
            comes_when="for 10 days the source answers about other numbers, but not about this one",
            asks_to="look by hand",
            situations={
                Situation.UNANSWERED: "",
                Situation.UNANSWERED_DISPUTED: "",
            },
        ),
        AlertKindProfile(
            AlertKind.REMINDER,
            Severity.ACTION,
            comes_when="3 days without news after you contacted the seller; 5 days after you "
            "opened a dispute; 10 days after a delivery that you did not receive; 14 days before "
            "the bank's last day",
            asks_to="take the next step",
            situations={
                Situation.REMINDER_SELLER: SELLER,
                Situation.REMINDER_DISPUTE: DISPUTE,
                Situation.REMINDER_NOT_RECEIVED: NOT_RECEIVED,
                Situation.REMINDER_BANK: BANK,
            },
        ),
        AlertKindProfile(
            AlertKind.SOURCE_DOWN,
            Severity.ATTENTION,
            comes_when="the source has answered nothing for 24 hours",
            asks_to="nothing: no silence is counted",
            about_order=False,
        ),
        AlertKindProfile(
            AlertKind.SOURCE_UP,
            Severity.INFO,
            comes_when="it answers again",
            asks_to="nothing",
            about_order=False,
        ),
        AlertKindProfile(
            AlertKind.DIGEST,
            Severity.INFO,
            comes_when="on the schedule `DigestSchedule`, where there is something to say",
            asks_to="look at what it names",
            about_order=False,
        ),
    )
}
"""One record an alert kind."""


SEVERITY = {kind: profile.severity for kind, profile in PROFILES.items()}


ASKED_BY: Mapping[Situation, tuple[AlertKind, str]] = {
    situation: (profile.kind, reason)
    for profile in PROFILES.values()
    for situation, reason in profile.situations.items()
}
"""The kind and reason of the alert that asks the same; a situation that is missing asks nothing."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A message that was raised about an order, about a source, or about all orders."""

    kind: AlertKind
    raised_at: datetime
    reason: str = ""
    about: str = ""
    """What it is about within its kind: a deadline, an attempt, a stay, an episode."""
    nth: int = 1
    """Which repetition it is."""
    episode: str = ""
    """The episode of the journey in which it was raised."""
    number: str | None = None
    """The tracking number that it was raised about."""
    sent_at: datetime | None = None
    """When it went out; None while it is pending."""
    facts: dict[str, object] = field(default_factory=dict, compare=False)
    """What was true when it was raised, for its text."""

    @property
    def key(self) -> str:
        """What makes it the same alert when it is raised again."""
        return f"{self.kind}#{self.reason}#{self.about}#{self.nth}"

    @property
    def message_at(self) -> datetime:
        """The instant of the message: when it was sent, or raised while it is pending."""
        return self.sent_at or self.raised_at


def last_raised(alerts: Iterable[Alert], kind: AlertKind) -> Alert | None:
    """The newest alert of a kind."""
    of_kind = [alert for alert in alerts if alert.kind is kind]
    return max(of_kind, key=_RAISED_AT) if of_kind else None


@dataclass(frozen=True, slots=True)
class AlertRef:
    """Names one raising of an alert."""

    order_id: str
    """Empty for an alert about no single order."""
    key: str
    """Where it stands within its order."""
    kind: AlertKind
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """What a message is made of."""

    batch_id: str
    kind: AlertKind
    raised_at: datetime
    members: tuple[tuple[AlertRef, Alert, Order | None], ...]
    """Each alert with its order; none for an alert about no single order."""
