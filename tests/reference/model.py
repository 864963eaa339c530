"""Plain values of the reference model: an order, what was seen of it, what was raised for it.

Nothing of the product is used here. Instants are timezone-aware and UTC, days are dates, and kinds,
stages, flags and words are the strings that the text of the rules uses.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

NEAR_TO_FAR = (
    "ordered",
    "accepted",
    "origin_sorting",
    "export_customs",
    "departed_origin",
    "arrived_destination",
    "import_customs",
    "last_mile_carrier",
    "out_for_delivery",
    "ready_for_pickup",
    "failed_attempt",
    "delivered",
    "returned",
)
ORIGIN = frozenset(NEAR_TO_FAR[:4])
"""`ordered` … `export_customs`."""
DEPARTED = frozenset(NEAR_TO_FAR[4:])
"""From `departed_origin` on."""
ABROAD = frozenset(NEAR_TO_FAR[5:11])
"""`arrived_destination` … `failed_attempt`: what an arrival is."""
HANDED_OVER = frozenset(NEAR_TO_FAR[7:])
"""From `last_mile_carrier` on."""
SCANNED = frozenset(NEAR_TO_FAR[1:]) | {"in_transit_unplaced"}
"""What a physical scan says: `accepted` or further, or `in_transit_unplaced`."""

LADDER = ("never_scanned", "late", "stalled", "refund_claim")
"""Near to far: "in an episode never a lower one after a higher"."""
ENDING_WORDS = frozenset({"received", "refunded", "lost", "close"})

MAJOR_DESTINATIONS = frozenset(
    """
    US CA MX GB IE NO CH IS IL TR UA JP KR SG AU NZ SA AE
    AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
    """.split()
)


def midnight(day: date) -> datetime:
    """ "Dates: `ordered_on` and `shipped_on` begin at 00:00Z"."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def days_between(since: datetime, until: datetime) -> int:
    """ "A number of days is whole 24-hour days, rounded down"; what has not begun is 0."""
    return max((until - since) // DAY, 0)


@dataclass(frozen=True)
class Numbers:
    """Every number of the rules, with its default; days unless the name says hours."""

    future: int = 1
    before_the_order: int = 2
    filler: int = 30
    standard_major: int = 25
    standard_remote: int = 35
    expedited: int = 20
    economy_major: int = 45
    economy_remote: int = 60
    estimate_grace: int = 30
    never_scanned: int = 11
    never_scanned_again: int = 21
    after_never_scanned: int = 5
    stalled: int = 12
    after_late: int = 5
    claim: int = 60
    claim_repeat: int = 7
    claim_times: int = 3
    claim_after_refund_due: int = 7
    protection_first: int = 5
    protection_last: int = 1
    refund_first: int = 1
    refund_second: int = 10
    refund_third: int = 14
    refund_until: int = 15
    pickup_reminder: int = 5
    cancelled_again: int = 10
    action_hours: int = 20
    action_times: int = 3
    unanswered: int = 10
    gate_hours: int = 24
    second_hours: int = 24
    second_patience_hours: int = 72
    fresh_hours: int = 24
    old_delivery: int = 15
    old_protection: int = 15
    old_order: int = 120
    end_after_delivery: int = 15
    end_after_claim: int = 60
    end_after_order: int = 180
    dispute_after_delivery: int = 15
    seller_reminder: int = 3
    dispute_reminder: int = 5
    not_received_reminder: int = 10
    bank_reminder: int = 14
    bank_paypal: int = 180
    bank_card: int = 120


@dataclass(frozen=True)
class Word:
    """Something that the buyer said. Only valid words are given (see `World.may_say`)."""

    kind: str
    said_at: datetime
    on: date | None = None
    """The earlier day that it names."""
    until: date | None = None
    """The day of a snooze."""
    after_answer: bool = False
    """Whether it was said after what was first seen at the same instant."""

    @property
    def counts_from(self) -> datetime:
        """ "From when it is said, or from the beginning of an earlier day that it names"."""
        if self.on is None or self.on >= self.said_at.date():
            return self.said_at
        return midnight(self.on)

    def knew(self, seen_at: datetime) -> bool:
        """Whether something had been seen when the word was said."""
        return seen_at < self.said_at or (seen_at == self.said_at and self.after_answer)


@dataclass(frozen=True)
class Order:
    """An order as the buyer gave it, and the buyer's words."""

    ordered_on: date
    destination: str
    number: str | None = None
    number_changed_at: datetime | None = None
    """The last change; "a first number for an order without one is no change"."""
    service: str | None = None
    remote: bool | None = None
    shipped_on: date | None = None
    protection_ends_on: date | None = None
    promised_on: date | None = None
    paid_with: str | None = None
    """`paypal` or `card`."""
    paid_on: date | None = None
    words: tuple[Word, ...] = ()
    """In the order in which they were said."""


@dataclass(frozen=True)
class Event:
    """A checkpoint that a source showed."""

    number: str
    at: datetime
    """The true instant."""
    wall: str
    """The wall clock (`timeStr`)."""
    code: str
    first_seen: datetime
    source: str = "cainiao"


@dataclass(frozen=True)
class Answer:
    """A valid answer about a number (what it showed first are events with its instant)."""

    at: datetime
    number: str
    known: bool = True
    status: str | None = None
    source: str = "cainiao"


@dataclass(frozen=True)
class Second:
    """The second source, where one is configured: how it answered about the present number."""

    answered_at: datetime | None = None
    failing_since: datetime | None = None
    """The first of the tries that have failed since its last answer, or since it was asked."""


@dataclass(frozen=True)
class Known:
    """All that the sources have told, about whatever number; it only ever grows."""

    events: tuple[Event, ...] = ()
    answers: tuple[Answer, ...] = ()
    others_at: tuple[datetime, ...] = ()
    """When the source answered, but not about this number."""
    asked_since: datetime | None = None
    """When asking about the present number began."""
    mail_type: str | None = None
    eta: datetime | None = None
    second: Second | None = None


@dataclass(frozen=True)
class Sent:
    """An alert that was raised."""

    kind: str
    at: datetime
    reason: str = ""
    about: Hashable = None
    """What tells it from another of its kind: threshold, stay, attempt, spell, word."""
    nth: int = 1
    """2: the reminder of a stay, the second word of a cancellation."""
    episode: tuple[datetime | None, datetime | None] = (None, None)
    change: datetime | None = None
    """The change of number that had been the last one then."""
    answer_at: datetime | None = None
    """The last answer then."""
    event_at: datetime | None = None
    """The instant of the event that it is about."""
    uses: tuple[str, date, int] | None = None
    """The threshold of the deadline that it uses up: kind, date, threshold."""


@dataclass(frozen=True)
class Memory:
    """What was decided at the first evaluations, and is kept."""

    first_day: date | None = None
    """Of the first evaluation; None: there was none yet."""
    decided_at: datetime | None = None
    """The first evaluation that had a valid answer."""
    old_delivery: bool = False
    """Whether it showed a delivery too old to be announced."""
    closed: bool = False
    """Whether the evaluation before this one found the watch ended."""


@dataclass(frozen=True)
class KeyDates:
    """The key dates that page, message and calendar show; None: not shown."""

    late_on: date | None = None
    claim_opens_on: date | None = None
    protection_ends_on: date | None = None
    refund_until: date | None = None
    bank_until: date | None = None
    dispute_until: date | None = None
    reminder_on: date | None = None


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation decides."""

    due: tuple[Sent, ...]
    stage: str
    state: str
    silent_days: int | None
    days_in_transit: int | None
    dates: KeyDates
    advice: str | None
    """The kind whose advice all carry that are raised together; None: none is raised."""
    memory: Memory
