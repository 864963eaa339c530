"""The money: what is at stake in each order, and the totals over all of them.

An order counts with its price in one standing at a time, in its own currency: amounts of different
currencies are never added. The totals change by the difference between what an order counted as and
what it counts as now. What it counted as stands in its watch, and is written together with the
totals or not at all, so that nothing is counted twice or forgotten, however often it is tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from stallwatch.domain.orders import ActionKind, Order, State
from stallwatch.domain.parcels import Stage


class MoneyStatus(StrEnum):
    """How it stands with the money of an order."""

    AT_RISK = "at_risk"
    """Paid, and the parcel has not come yet."""
    CLAIMED = "claimed"
    """A dispute was opened, and its outcome is open. A rejected one is at risk again."""
    RECOVERED = "recovered"
    """Refunded: the amount, or where none was named the price."""
    LOST = "lost"
    """Given up by the buyer."""
    UNSETTLED = "unsettled"
    """The watch ended by itself, without a delivery and without a word."""


OUTCOMES = frozenset({MoneyStatus.RECOVERED, MoneyStatus.LOST})


_BY_WORD = {ActionKind.REFUNDED: MoneyStatus.RECOVERED, ActionKind.LOST: MoneyStatus.LOST}


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an order counts as."""

    standing: MoneyStatus
    currency: str
    amount: Decimal
    days: int | None = None
    """From the order to its outcome."""
    rest: Decimal = Decimal(0)
    """What a partial refund leaves: it counts as lost."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A total of one standing in one currency, or a change of it."""

    amount: Decimal = Decimal(0)
    count: int = 0
    days: int = 0
    """Of those with an outcome, together."""

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.amount + other.amount, self.count + other.count, self.days + other.days)

    def __neg__(self) -> "Sum":
        return Sum(-self.amount, -self.count, -self.days)


Sums = Mapping[tuple[str, MoneyStatus], Sum]
"""By currency and standing."""


def changes(before: Exposure | None, after: Exposure | None) -> Sums:
    """What is to be added to the totals when an order counts as something else."""
    found: dict[tuple[str, MoneyStatus], Sum] = {}
    for stake, is_over in ((before, True), (after, False)):
        if stake is not None:
            one = Sum(stake.amount, 1, stake.days or 0)
            key = (stake.currency, stake.standing)
            found[key] = found.get(key, Sum()) + (-one if is_over else one)
            if stake.rest:
                lost, rest = (stake.currency, MoneyStatus.LOST), Sum(stake.rest)
                found[lost] = found.get(lost, Sum()) + (-rest if is_over else rest)
    return {key: change for key, change in found.items() if change != Sum()}


def stake_of(order: Order, state: State, stage: Stage) -> Exposure | None:
    """What an order counts as; None where it has no price, or has come.

    Args:
        order: The order.
        state: The state of its watch.
        stage: Where its parcel is.
    """
    if order.price is None or order.currency is None:
        return None
    outcome = order.ending()
    if outcome is not None:
        standing = _BY_WORD.get(outcome.kind)
        if standing is None:
            return None
        amount = order.price if outcome.amount is None else outcome.amount
        rest = max(order.price - amount, Decimal(0))
        days = _days(order.ordered_on, outcome.on or outcome.at.date())
        return Exposure(standing, order.currency, amount, days, rest)
    if order.has_open_dispute():
        standing = MoneyStatus.CLAIMED
    elif state is State.WATCHING or (
        state is State.DELIVERED and order.last_said(ActionKind.NOT_RECEIVED) is not None
    ):
        standing = MoneyStatus.AT_RISK
    elif state is State.CLOSED and stage is not Stage.DELIVERED:
        standing = MoneyStatus.UNSETTLED
    else:
        return None
    return Exposure(standing, order.currency, order.price)


def _days(ordered_on: date, ended_on: date) -> int:
    return max((ended_on - ordered_on).days, 0)
