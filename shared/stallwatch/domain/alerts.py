"""What a message is made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Stage

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


@dataclass(frozen=True, slots=True)
class AlertKindProfile:
    """What is true of every alert of one kind."""

    kind: AlertKind
    severity: Severity
    about_order: bool = True
    """Whether it is about one order; else it is about a source, or about all orders."""


PROFILES: dict[AlertKind, AlertKindProfile] = {
    profile.kind: profile
    for profile in (
        AlertKindProfile(AlertKind.NEVER_SCANNED, Severity.ATTENTION),
        AlertKindProfile(AlertKind.LATE, Severity.ATTENTION),
        AlertKindProfile(AlertKind.STALLED, Severity.ATTENTION),
        AlertKindProfile(AlertKind.REFUND_CLAIM, Severity.CLAIM),
        AlertKindProfile(AlertKind.PROTECTION_ENDING, Severity.CLAIM),
        AlertKindProfile(AlertKind.REFUND_DUE, Severity.CLAIM),
        AlertKindProfile(AlertKind.ACTION_NEEDED, Severity.ACTION),
        AlertKindProfile(AlertKind.DELIVERED, Severity.INFO),
        AlertKindProfile(AlertKind.MOVING_AGAIN, Severity.INFO),
        AlertKindProfile(AlertKind.UNANSWERED, Severity.ATTENTION),
        AlertKindProfile(AlertKind.REMINDER, Severity.ACTION),
        AlertKindProfile(AlertKind.SOURCE_DOWN, Severity.ATTENTION, about_order=False),
        AlertKindProfile(AlertKind.SOURCE_UP, Severity.INFO, about_order=False),
        AlertKindProfile(AlertKind.DIGEST, Severity.INFO, about_order=False),
    )
}
"""One record an alert kind."""


SEVERITY = {kind: profile.severity for kind, profile in PROFILES.items()}


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


RETURNED = "returned"


SILENCE = "silence"


LOST = "lost"


SELLER = "seller"


DISPUTE = "dispute"


NOT_RECEIVED = "not_received"


BANK = "bank"


PICKUP = Stage.READY_FOR_PICKUP.value


ATTEMPT = Stage.FAILED_ATTEMPT.value


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
