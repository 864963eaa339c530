"""What the API takes and answers.

A model is built when a request first needs it: to build all of them would take longer than the rest
of a cold start.
"""

from datetime import date
from difflib import get_close_matches
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictBool,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from stallwatch.api.fields import (
    Amount,
    Country,
    Currency,
    Day,
    Instant,
    Language,
    Note,
    OrderId,
    Text,
    TrackingNumber,
)
from stallwatch.domain.alerts import AlertKind, Severity
from stallwatch.domain.orders import ActionKind, PaidWith, SearchPlace, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.messages.drafts import DraftKind
from stallwatch.orders.money import MoneyStatus
from stallwatch.rules.anomalies import AnomalyKind


class Sent(BaseModel):
    """What is sent: unknown fields are refused, with the known field that was probably meant."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    @model_validator(mode="wrap")
    @classmethod
    def _suggest(cls, sent: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return validate(sent)
        except ValidationError as error:
            details = [cls._with_suggestion(problem) for problem in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, details) from None

    @classmethod
    def _with_suggestion(cls, problem: Any) -> InitErrorDetails:
        reason = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            meant = get_close_matches(str(problem["loc"][-1]), cls.model_fields, n=1)
            reason = (
                f"There is no such field. Did you mean {meant[0]}?"
                if meant
                else ("There is no such field.")
            )
        return InitErrorDetails(
            type=PydanticCustomError(problem["type"], "{reason}", {"reason": reason}),
            loc=problem["loc"],
            input=problem["input"],
        )


class OrderFields(Sent):
    """What the buyer gives of an order, besides its id and its date."""

    tracking_number: TrackingNumber | None = None
    service: Service | None = Field(None, description="Default: by the rules")
    destination: Country | None = Field(
        None, description="ISO 3166-1 alpha-2. Default: the stack's home country"
    )
    remote: StrictBool | None = Field(
        None, description="Whether the longer windows apply. Default: by the destination"
    )
    shipped_on: Day | None = None
    protection_ends_on: Day | None = Field(
        None, description="'Refund if no delivery before' on the order's page"
    )
    promised_on: Day | None = Field(None, description="'Delivery by' on the order's page")
    paid_with: PaidWith | None = Field(
        None, description="It decides until when the bank accepts a complaint"
    )
    paid_on: Day | None = Field(None, description="Default: the day of the order")
    order_number: OrderId | None = Field(
        None, description="AliExpress's order number, if `order_id` is not it"
    )
    title: Text | None = None
    seller: Text | None = None
    price: Amount | None = None
    currency: Currency | None = Field(None, description="ISO 4217")
    language: Language | None = Field(
        None, description="Of the drafts for the seller and the dispute. Default: the stack's"
    )


class NewOrder(OrderFields):
    """An order to add."""

    order_id: OrderId
    ordered_on: Day


class OrderChanges(OrderFields):
    """Changes of an order: what is missing stays, null clears."""

    ordered_on: Day | None = None


class LookedAt(Sent):
    """Where an unscanned delivery was looked for in vain, each with the day of the look."""

    neighbour: Day | None = None
    locker: Day | None = None
    post_office: Day | None = None
    doorstep: Day | None = None


class ActionIn(Sent):
    """What the buyer says of an order."""

    action: ActionKind
    on: Day | None = Field(None, description="The day it happened. Default: today")
    until: Day | None = Field(None, description="The day on which a snooze ends")
    amount: Amount | None = Field(None, description="What was refunded, in the order's currency")
    answers: LookedAt | None = Field(
        None, description="With not_found_here: at least one; later answers add to earlier ones"
    )
    note: Note | None = Field(
        None, description="A note, such as the seller's reply; no names, no addresses"
    )


class Answered(BaseModel):
    """What a client is answered."""

    model_config = ConfigDict(defer_build=True)


class WindowOut(Answered):
    """How long such a parcel usually takes, in days from its dispatch."""

    low: int
    high: int


class AlertOut(Answered):
    """An alert that was raised."""

    kind: AlertKind
    reason: str | None = None
    sent_at: Instant | None = Field(description="Null: it is still to be sent")


class CheckpointOut(Answered):
    """A checkpoint, as its source told it."""

    at: Instant
    code: str
    stage: Stage
    text: str
    place: str | None = None
    source: str
    tracking_number: str


class ActionOut(Answered):
    """What the buyer has said."""

    action_id: str = Field(description="Takes it back with `DELETE …/actions/{action_id}`")
    action: ActionKind
    at: Instant
    on: date | None = None
    until: date | None = None
    amount: Amount | None = None
    answers: dict[SearchPlace, date] | None = None
    note: str | None = None


class CarrierOut(Answered):
    """The carrier that delivers in the destination country."""

    name: str | None = Field(description="Null if only its number is known")
    url: str | None = None
    number: str | None = Field(None, description="What the carrier knows the parcel by")


class OrderLinks(Answered):
    """Pages elsewhere about an order."""

    order: str | None = Field(description="The order on AliExpress, if its number is known")
    tracking: str | None = Field(description="The parcel on Cainiao")
    carrier: str | None = Field(description="The local carrier's page")


class StakeOut(Answered):
    """What an order's price counts as."""

    standing: MoneyStatus
    amount: Amount
    currency: str
    days: int | None = Field(description="From the order to its outcome")


class OrderOut(Answered):
    """An order as it stands. Days are whole 24-hour days in UTC."""

    order_id: str
    ordered_on: date
    tracking_number: str | None
    service: Service
    destination: str
    remote: bool | None
    shipped_on: date | None
    protection_ends_on: date | None
    promised_on: date | None
    paid_with: PaidWith | None
    paid_on: date | None
    order_number: str | None
    title: str | None
    seller: str | None
    price: Amount | None
    currency: str | None
    language: str | None
    stake: StakeOut | None = Field(description="Null: it has no price, or has arrived")
    state: State
    stage: Stage
    last_checkpoint: CheckpointOut | None
    checked_at: Instant | None = Field(description="The last try")
    answered_at: Instant | None = Field(description="The last valid answer")
    silent_days: int | None
    days_in_transit: int | None
    window: WindowOut
    late_on: date | None
    claim_opens_on: date | None
    refund_until: date | None = Field(
        description="The last day on which the refund can be asked for, once protection has ended"
    )
    dispute_until: date | None = Field(
        description="The last day of a dispute about a delivered order"
    )
    bank_until: date | None = Field(
        description="The last day on which the bank accepts a complaint"
    )
    reminder_on: date | None = Field(
        description="When the clock of the seller or of the dispute runs out"
    )
    next_check_at: Instant | None
    pressing: AlertKind | None = Field(
        description="The alert whose advice holds now; none: no alert's does"
    )
    severity: Severity | None = Field(description="How much it asks of the buyer now")
    advice: str
    carrier: CarrierOut | None
    links: OrderLinks


class ObservationOut(Answered):
    """Something odd about the tracking number, as it was seen."""

    code: AnomalyKind
    text: str


class OrderDetails(OrderOut):
    """An order with all that is known of it."""

    observations: list[ObservationOut]
    alerts: list[AlertOut] = Field(description="Newest first")
    checkpoints: list[CheckpointOut] = Field(description="Newest first")
    actions: list[ActionOut] = Field(description="Newest first")


class OrdersPage(Answered):
    """A page of orders. It may be short; only a null cursor ends the list."""

    orders: list[OrderOut]
    next_cursor: str | None


class ImportRowOut(Answered):
    """What became of one order of an import, or why a row of it was not taken."""

    row: int = Field(description="The first row that tells of it, from 1 with the header counted")
    outcome: Literal["added", "filled", "unchanged", "rejected"]
    order_id: str | None = None
    reason: str | None = Field(
        None, description="Why it is rejected, otherwise what is worth knowing about it"
    )
    read: dict[str, Any] | None = Field(None, description="The order's fields as read")
    rows: list[int] | None = Field(None, description="All rows that tell of it, if several")


class ImportReportOut(Answered):
    """What an import did, or in a dry run would do."""

    added: int
    filled: int
    unchanged: int
    rejected: int
    format: str = Field(description="The format that was recognized")
    rows: list[ImportRowOut]


class DraftOut(Answered):
    """A text to copy and send."""

    kind: DraftKind
    language: str
    text: str


class DraftsOut(Answered):
    """Words to send about an order."""

    drafts: list[DraftOut]


class FieldError(Answered):
    """Why a field was refused."""

    field: str
    reason: str


class ErrorOut(Answered):
    """Why a request was refused."""

    message: str
    errors: list[FieldError] | None = None
