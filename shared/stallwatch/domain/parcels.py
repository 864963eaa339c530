"""domain.parcels."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    LOST = "lost"
    """The carrier itself says that it is lost."""


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

    name: str | None
    """None where only its number is known."""
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
    other_number: str | None = None
    """Another of Cainiao's numbers that an answer with events names: the parcel may travel under
    it, as in a combined delivery. It is shown and not followed."""
    status_delivered_at: datetime | None = None
    """When an answer first said by its `status` alone that the parcel was delivered, without a scan
    that says so; None where none does, or where a later answer took it back. While it is set, a
    checkpoint of this instant with the code `status:DELIVERED` stands for it, which is no update
    and no scan."""
    status_withdrawn_at: datetime | None = None
    """The last answer that took such a delivery back: with another status, or with newer events and
    no such status. An empty answer takes nothing back."""
    cut: bool = False
    """Whether checkpoints were left out because a source told more than is kept."""
    unanswered_since: datetime | None = None
    """Set once the source has answered about others, but not about this, for too long."""
    second: SecondOpinion | None = None
    """None: the second source was never asked about this number."""
