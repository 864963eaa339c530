"""The words of the trade: orders, checkpoints, traces, alerts.

Plain values without behaviour beyond what follows from their own fields. Instants are
timezone-aware UTC datetimes, days are dates, durations are timedeltas; a number of days is whole
24-hour days, rounded down.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter

DAY = timedelta(days=1)

_RAISED_AT: Callable[["Alert"], datetime] = attrgetter("raised_at")


@lru_cache(maxsize=4096)
def midnight(day: date) -> datetime:
    """The instant at which a date begins: 00:00 UTC."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def whole_days(since: datetime, until: datetime) -> int:
    """Whole 24-hour days from one instant to another, rounded down, never negative."""
    return max((until - since).days, 0)


class Stage(StrEnum):
    """Where a parcel is, near to far, and the stages that are no place on the way."""

    ORDERED = "ordered"
    ACCEPTED = "accepted"
    ORIGIN_SORTING = "origin_sorting"
    EXPORT_CUSTOMS = "export_customs"
    DEPARTED_ORIGIN = "departed_origin"
    ARRIVED_DESTINATION = "arrived_destination"
    IMPORT_CUSTOMS = "import_customs"
    LAST_MILE_CARRIER = "last_mile_carrier"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    FAILED_ATTEMPT = "failed_attempt"
    DELIVERED = "delivered"
    RETURNED = "returned"
    # Seen, but no place on the way:
    IN_TRANSIT_UNPLACED = "in_transit_unplaced"
    EXCEPTION = "exception"
    ADVISORY = "advisory"
    # Said of an order without any placed checkpoint:
    AWAITING_SHIPMENT = "awaiting_shipment"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"

    # An enumeration's own is many times slower, and stages are looked up all the time.
    __hash__ = str.__hash__


JOURNEY = tuple(Stage)[: tuple(Stage).index(Stage.RETURNED) + 1]
"""The places of a journey, near to far."""

RANK = {stage: rank for rank, stage in enumerate(JOURNEY)}
"""How far along each place of a journey is; stages that are no place are missing."""


class Flag(StrEnum):
    """What a code says besides its stage."""

    EARLY = "early"
    """It may come before the parcel left, so it places nothing before a departure."""
    CUSTOMS = "customs"
    TAX = "tax"
    ADDRESS = "address"
    CANCELLED = "cancelled"


class Service(StrEnum):
    """The shipping service of an order."""

    STANDARD = "standard"
    EXPEDITED = "expedited"
    ECONOMY = "economy"


class State(StrEnum):
    """Whether an order is watched."""

    WATCHING = "watching"
    DELIVERED = "delivered"
    """Still looked at once a day, for a return."""
    CLOSED = "closed"


class Kind(StrEnum):
    """What an alert says."""

    NEVER_SCANNED = "never_scanned"
    LATE = "late"
    STALLED = "stalled"
    REFUND_CLAIM = "refund_claim"
    PROTECTION_ENDING = "protection_ending"
    ACTION_NEEDED = "action_needed"
    DELIVERED = "delivered"
    MOVING_AGAIN = "moving_again"
    UNANSWERED = "unanswered"
    REMINDER = "reminder"
    """A clock of the buyer's own ladder has run out."""
    SOURCE_DOWN = "source_down"
    SOURCE_UP = "source_up"


class Severity(StrEnum):
    """How much an alert asks of its reader."""

    INFO = "info"
    ATTENTION = "attention"
    ACTION = "action"
    CLAIM = "claim"


SEVERITY = {
    Kind.NEVER_SCANNED: Severity.ATTENTION,
    Kind.LATE: Severity.ATTENTION,
    Kind.STALLED: Severity.ATTENTION,
    Kind.REFUND_CLAIM: Severity.CLAIM,
    Kind.PROTECTION_ENDING: Severity.CLAIM,
    Kind.ACTION_NEEDED: Severity.ACTION,
    Kind.DELIVERED: Severity.INFO,
    Kind.MOVING_AGAIN: Severity.INFO,
    Kind.UNANSWERED: Severity.ATTENTION,
    Kind.REMINDER: Severity.ACTION,
    Kind.SOURCE_DOWN: Severity.ATTENTION,
    Kind.SOURCE_UP: Severity.INFO,
}


class Deed(StrEnum):
    """What the buyer says has been done."""

    SELLER_CONTACTED = "seller_contacted"
    RECEIVED = "received"
    DISPUTE_OPENED = "dispute_opened"
    REFUNDED = "refunded"
    LOST = "lost"
    SNOOZE = "snooze"
    CLOSE = "close"
    NOT_FOUND_HERE = "not_found_here"
    """It was looked for where an unscanned delivery may lie, and is not there."""
    REOPEN = "reopen"


ENDING_DEEDS = frozenset({Deed.RECEIVED, Deed.REFUNDED, Deed.LOST, Deed.CLOSE})
"""The words of the buyer that end the watch."""


class Spot(StrEnum):
    """Where a parcel may lie that was delivered without a scan."""

    NEIGHBOUR = "neighbour"
    LOCKER = "locker"
    POST_OFFICE = "post_office"
    DOORSTEP = "doorstep"


@dataclass(frozen=True, slots=True)
class Action:
    """One word of the buyer about an order, as it was given."""

    deed: Deed
    at: datetime
    """When it was said."""
    on: date | None = None
    """The day it is about, where the buyer names one."""
    until: date | None = None
    """The day on which a snooze ends."""
    amount: Decimal | None = None
    """What was refunded."""
    episode: str = ""
    """The episode of the parcel's journey in which it was said (see `reading`)."""
    answers: tuple[tuple[Spot, date], ...] = ()
    """Where it was looked for in vain, each with the day."""

    @property
    def done_at(self) -> datetime:
        """When it was done: when it was said, or the beginning of an earlier day that it names."""
        if self.on is None or self.on >= self.at.date():
            return self.at
        return midnight(self.on)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the buyer gave it, with the buyer's words about it."""

    order_id: str
    ordered_on: date
    destination: str
    """ISO 3166-1 alpha-2."""
    created_at: datetime
    born: str
    """Tells this order from an earlier, forgotten one with the same id."""
    tracking_number: str | None = None
    number_changed_at: datetime | None = None
    """When the tracking number last changed; giving a first one is no change."""
    service: Service | None = None
    remote: bool | None = None
    shipped_on: date | None = None
    protection_ends_on: date | None = None
    title: str | None = None
    seller: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    language: str | None = None
    """Of the drafts; None: the stack's."""
    actions: tuple[Action, ...] = ()

    def standing(self) -> tuple[Action, ...]:
        """The buyer's words in force: those since the last `reopen`."""
        for index in range(len(self.actions) - 1, -1, -1):
            if self.actions[index].deed is Deed.REOPEN:
                return self.actions[index + 1 :]
        return self.actions

    def last_said(self, deed: Deed) -> Action | None:
        """The newest of the buyer's words in force of one kind."""
        return next((a for a in reversed(self.standing()) if a.deed is deed), None)

    def looked(self) -> dict[Spot, date]:
        """Where the buyer has looked for it in vain, each with the last day."""
        answers = [pair for a in self.standing() for pair in a.answers]
        found = {spot: max(day for s, day in answers if s is spot) for spot, _ in answers}
        return {spot: found[spot] for spot in Spot if spot in found}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One event of a parcel's journey, as a source told it."""

    number: str
    """The tracking number that was asked."""
    at: datetime
    """The instant: the wall clock read in its own zone."""
    wall: str
    """The wall clock as given, `YYYY-MM-DD HH:MM:SS`."""
    zone: str
    """The zone as given."""
    code: str
    stage: Stage
    flag: Flag | None
    text: str
    place: str | None
    source: str
    first_seen: datetime
    """When the source first showed it to us."""


@dataclass(frozen=True, slots=True)
class LocalCarrier:
    """The carrier that delivers in the destination country."""

    name: str
    url: str | None = None
    """Its page."""
    number: str | None = None
    """What the carrier itself knows the parcel by."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What became of asking the second source about an order's number."""

    answered_at: datetime | None = None
    """Its last valid answer."""
    failing_since: datetime | None = None
    """The first of the tries that have failed since then; None while it answers."""
    source: str = "17track"
    known: bool = False
    """Whether it knows the number."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What the sources have said about an order's tracking number."""

    number: str | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    """Of this number, oldest first, and of the numbers the order had before."""
    answered_at: datetime | None = None
    """The last valid answer about this number."""
    asked_at: datetime | None = None
    """The last try that was written down; None: never asked."""
    known: bool = False
    """Whether the source knows the number."""
    mail_type: str | None = None
    eta: datetime | None = None
    """The carrier's own latest estimate of the delivery."""
    carrier: LocalCarrier | None = None
    country: str | None = None
    """Where the parcel goes, as the source names the country."""
    points_to: str | None = None
    """The number that a placeholder stands for."""
    unanswered_since: datetime | None = None
    """Set once the source has answered about others, but not about this, for too long."""
    second: SecondOpinion | None = None
    """None: the second source was never asked about this number."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A message that was raised about an order, or about the source."""

    kind: Kind
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


def last_raised(alerts: Iterable[Alert], kind: Kind) -> Alert | None:
    """The newest alert of a kind."""
    of_kind = [alert for alert in alerts if alert.kind is kind]
    return max(of_kind, key=_RAISED_AT) if of_kind else None
