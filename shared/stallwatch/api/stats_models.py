"""What the API answers about all orders: counts, money, delivery days, and the sources."""

from typing import Literal

from pydantic import Field

from stallwatch.api.fields import Amount, Instant
from stallwatch.api.models import Answered, WindowOut
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Service, State
from stallwatch.domain.parcels import Stage


class CreditsOut(Answered):
    """What asking a source costs: a credit for each new number."""

    spent: int = Field(description="On numbers that were registered here")
    left: int | None = Field(description="As the source last reported")
    total: int | None
    asked_at: Instant | None = Field(description="When it was asked for that")


class SourceOut(Answered):
    """The health of a source."""

    name: str
    verdict: Literal["ok", "blocked", "failing"]
    down_since: Instant | None
    next_try_at: Instant | None = Field(description="During a pause: when it is tried again")
    credits: CreditsOut | None = Field(description="Of a source that charges credits")


class SumOut(Answered):
    """The prices of some orders, in one currency."""

    amount: Amount
    count: int
    average_days: int | None = Field(description="From the order to its outcome")


class MoneyOut(Answered):
    """How it stands with the money in one currency. Amounts of two are never added."""

    currency: str
    at_risk: SumOut = Field(description="Paid, and not arrived yet")
    claimed: SumOut = Field(description="A dispute is open")
    recovered: SumOut = Field(description="Refunded: the amount, or the price")
    lost: SumOut = Field(description="Given up")
    unsettled: SumOut = Field(
        description="The watch ended without a delivery and without an action"
    )


class DaysOut(Answered):
    """Whole days within which so many per cent of the parcels stayed."""

    median: int
    p80: int
    p95: int


class ExperienceOut(Answered):
    """What the own parcels have shown, each counted once at its first delivery."""

    service: Service
    destination: str
    parcels: int
    days: DaysOut = Field(description="From the first scan to the delivery")
    silence: DaysOut = Field(description="The longest time between two updates of a parcel")
    window: WindowOut = Field(description="The window that the rules use")


class StatsOut(Answered):
    """Counts over all orders."""

    orders: dict[State, int]
    stages: dict[Stage, int] = Field(description="Of the orders that are not closed")
    pressing: dict[Literal["claim", "action", "attention"], int] = Field(
        description="How many orders ask something of the buyer now, over all pages, by severity"
    )
    alerts: dict[AlertKind, int] = Field(description="Sent so far, by kind")
    money: list[MoneyOut] = Field(description="By currency")
    deliveries: list[ExperienceOut] = Field(description="By service and destination")
    sources: list[SourceOut]
