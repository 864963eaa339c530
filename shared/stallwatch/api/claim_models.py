"""What a claim file holds, for the API's documentation."""

from datetime import date, datetime
from typing import Literal

from pydantic import ConfigDict, Field

from stallwatch.api.models import Answered
from stallwatch.claims.history import GapReason
from stallwatch.claims.reason import ClaimReason
from stallwatch.domain.orders import ActionKind, PaidWith, SearchPlace, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.rules.anomalies import AnomalyKind
from stallwatch.rules.journey import SkipReason

Beginning = Literal["scan", "first_scan", "update", "shipped", "ordered", "number_changed"]


class _Part(Answered):
    model_config = ConfigDict(extra="forbid")


class ClaimOrder(_Part):
    """The order, as the buyer gave it."""

    order_id: str
    ordered_on: date
    shipped_on: date | None
    tracking_number: str | None
    tracking_number_changed_at: datetime | None
    earlier_tracking_numbers: list[str]
    destination: str
    title: str | None
    seller: str | None
    price: str | None
    currency: str | None
    protection_ends_on: date | None = Field(description='"Refund if no delivery before"')
    promised_on: date | None = Field(description='"Delivery by"')
    order_number: str | None = Field(description="AliExpress's, if `order_id` is not it")
    paid_with: PaidWith | None
    paid_on: date | None


class ClaimAsks(_Part):
    """What is asked, and why."""

    reason: ClaimReason
    refund: Literal["full"] | None = Field(description="Null if nothing is asked for yet")
    amount: str | None
    currency: str | None


class ClaimDates(_Part):
    """How long ago the dates of the order are, in calendar days (UTC)."""

    days_since_order: int
    promised_passed_days: int | None
    protection_passed_days: int | None
    refund_until: date | None = Field(description="The last day for a dispute")


class ClaimCarrier(_Part):
    """The carrier that delivers in the destination country."""

    name: str | None = Field(description="Null if only its number is known")
    url: str | None
    number: str | None = Field(description="What the carrier itself knows the parcel by")


class ClaimParcel(_Part):
    """What the sources' answers come to."""

    state: State
    stage: Stage
    service: Service
    mail_type: str | None
    known_to_source: bool | None
    stands_for: str | None = Field(description="The number that this one is a placeholder for")
    other_number: str | None = Field(
        description="Another number that the tracking names: the parcel may travel under it"
    )
    departed: bool
    delivered_at: datetime | None
    destroyed: bool
    tracking_ended_by_design: bool
    estimated_delivery: datetime | None = Field(description="The carrier's own estimate")
    local_carrier: ClaimCarrier | None


class ClaimSpan(_Part):
    """Whole 24-hour days from an instant to the last valid answer."""

    days: int | None
    since: datetime
    since_what: Beginning
    until: datetime | None


class ClaimRule(_Part):
    """A number that days are held against."""

    name: Literal["never_scanned", "stalled", "claim", "window"]
    days: int
    from_days: int | None = None
    late_from: datetime | None = None
    origin: Literal["guide", "cainiao", "ours", "owner"]
    reached: bool


class ClaimCheckpoint(_Part):
    """An event, as its source told it."""

    at: datetime
    as_given: str = Field(description="The wall clock, as the source gave it")
    zone: str = Field(description="Its zone, as the source gave it")
    code: str
    stage: Stage = Field(description="How the code is read here")
    text: str
    place: str | None
    source: str
    tracking_number: str
    first_seen_at: datetime
    set_aside: SkipReason | None = Field(description="Why it decides nothing")
    also_from: list[str] = Field(description="Other sources that tell of the same event")


class ClaimLooks(_Part):
    """How often the source was asked about the number, and what came of it."""

    on_record: int
    answered: int
    unanswered: int
    blocked: int
    failing: int


class ClaimGap(_Part):
    """A time without a valid answer about the number."""

    since: datetime
    until: datetime | None
    reason: GapReason
    tries: int


class ClaimWatching(_Part):
    """How the number was watched."""

    source: str
    since: datetime
    first_answer_at: datetime | None
    last_answer_at: datetime | None
    last_look_at: datetime | None
    looks: ClaimLooks
    trace_is_cut: bool = Field(description="Whether the oldest notices were left out")
    gap_from_hours: int
    gaps: list[ClaimGap]


class ClaimSecondSource(_Part):
    """What the second source said."""

    name: str
    asked: bool
    answered_at: datetime | None
    known: bool | None = Field(description="Whether it knows the number; null: no answer yet")
    failing_since: datetime | None
    checkpoints: int
    newest_checkpoint_at: datetime | None


class ClaimWord(_Part):
    """What the buyer did about it."""

    action: ActionKind
    said_at: datetime
    on: date | None
    channel: Literal["seller", "dispute"] | None = Field(description="Whom it went to")
    note: str | None = Field(description="What the buyer wrote down, such as the answer")
    amount: str | None
    looked: dict[SearchPlace, date] = Field(description="Where it was looked for in vain, and when")


class ClaimObservation(_Part):
    """Something odd that was seen about the number; it accuses nobody."""

    what: AnomalyKind
    values: dict[str, str | int]


class ClaimOut(_Part):
    """A claim file, in canonical form: fields sorted by name, no space between anything, UTF-8."""

    version: int
    made_at: datetime
    asks: ClaimAsks
    order: ClaimOrder
    dates: ClaimDates
    parcel: ClaimParcel
    silence: ClaimSpan
    transit: ClaimSpan
    rules: list[ClaimRule]
    checkpoints: list[ClaimCheckpoint] = Field(description="Newest first")
    watching: ClaimWatching
    second_source: ClaimSecondSource | None
    buyer: list[ClaimWord] = Field(description="Oldest first")
    observations: list[ClaimObservation]
    sha256: str = Field(
        description="Over the canonical form without this field, as"
        " `jq -cSj 'del(.sha256)' claim.json | sha256sum` prints it"
    )
