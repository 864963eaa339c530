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
    comes_when: str
    """When it is sent, with the days that the thresholds have by default: for the README."""
    asks_to: str
    """What its reader should do: for the README."""
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
        ),
        AlertKindProfile(
            AlertKind.LATE,
            Severity.ATTENTION,
            comes_when="it is on its way for longer than its usual window, and not out for "
            "delivery or at a pickup point",
            asks_to="contact the seller",
        ),
        AlertKindProfile(
            AlertKind.STALLED,
            Severity.ATTENTION,
            comes_when="nothing has moved for 12 days, and it is past its window or still in its "
            "country of origin",
            asks_to="contact the seller",
        ),
        AlertKindProfile(
            AlertKind.REFUND_CLAIM,
            Severity.CLAIM,
            comes_when="nothing has moved for 60 days, or it goes back, was destroyed, or is "
            "called lost",
            asks_to="make sure that it did not arrive, open a dispute",
        ),
        AlertKindProfile(
            AlertKind.PROTECTION_ENDING,
            Severity.CLAIM,
            comes_when="buyer protection ends in 5 days; again at 1 day",
            asks_to="get the evidence ready, open the dispute",
        ),
        AlertKindProfile(
            AlertKind.REFUND_DUE,
            Severity.CLAIM,
            comes_when='the date of "Refund if no delivery before" has passed by 1, 10 and 14 days',
            asks_to="open the dispute now: AliExpress takes it until the 15th day",
        ),
        AlertKindProfile(
            AlertKind.ACTION_NEEDED,
            Severity.ACTION,
            comes_when="it waits at a pickup point, a delivery failed, or customs, a duty, an "
            "address or a cancellation hold it up",
            asks_to="do what only you can do",
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
        ),
        AlertKindProfile(
            AlertKind.REMINDER,
            Severity.ACTION,
            comes_when="3 days without news after you contacted the seller; 5 days after you "
            "opened a dispute; 10 days after a delivery that you did not receive; 14 days before "
            "the bank's last day",
            asks_to="take the next step",
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
