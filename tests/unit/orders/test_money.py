"""The ledger of the money: one standing at a time, each currency by itself, never a drift."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.domain.orders import Action, ActionKind, Order, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.money import Exposure, MoneyStatus, Sum, changes, stake_of
from tests.support.builders import NOON, an_order

DAY = timedelta(days=1)
PRICED = an_order(price=Decimal("12.50"), currency="EUR")


def said(*deeds: ActionKind, **last: object) -> Order:
    actions = [Action(deed, NOON) for deed in deeds]
    actions[-1] = replace(actions[-1], **last)  # type: ignore[arg-type]
    return replace(PRICED, actions=tuple(actions))


def standing(
    order: Order, state: State = State.WATCHING, stage: Stage = Stage.DEPARTED_ORIGIN
) -> MoneyStatus | None:
    stake = stake_of(order, state, stage)
    return None if stake is None else stake.standing


@pytest.mark.parametrize(
    ("order", "state", "stage", "expected"),
    [
        (PRICED, State.WATCHING, Stage.DEPARTED_ORIGIN, MoneyStatus.AT_RISK),
        (PRICED, State.WATCHING, Stage.RETURNED, MoneyStatus.AT_RISK),
        (PRICED, State.DELIVERED, Stage.DELIVERED, None),
        (PRICED, State.CLOSED, Stage.DELIVERED, None),
        (PRICED, State.CLOSED, Stage.DEPARTED_ORIGIN, MoneyStatus.UNSETTLED),
        (said(ActionKind.DISPUTE_OPENED), State.WATCHING, Stage.UNKNOWN, MoneyStatus.CLAIMED),
        (said(ActionKind.DISPUTE_OPENED), State.DELIVERED, Stage.DELIVERED, MoneyStatus.CLAIMED),
        (said(ActionKind.DISPUTE_OPENED), State.CLOSED, Stage.UNKNOWN, MoneyStatus.CLAIMED),
        (
            said(ActionKind.DISPUTE_OPENED, ActionKind.REFUNDED),
            State.CLOSED,
            Stage.UNKNOWN,
            MoneyStatus.RECOVERED,
        ),
        (said(ActionKind.REFUNDED, ActionKind.LOST), State.CLOSED, Stage.UNKNOWN, MoneyStatus.LOST),
        (said(ActionKind.RECEIVED), State.CLOSED, Stage.UNKNOWN, None),
        (said(ActionKind.CLOSE), State.CLOSED, Stage.UNKNOWN, None),
        (
            said(ActionKind.REFUNDED, ActionKind.REOPEN),
            State.WATCHING,
            Stage.UNKNOWN,
            MoneyStatus.AT_RISK,
        ),
        (an_order(), State.WATCHING, Stage.UNKNOWN, None),
    ],
)
def test_an_order_has_one_standing(
    order: Order, state: State, stage: Stage, expected: MoneyStatus | None
) -> None:
    """By the buyer's last word, else by where the parcel is; none without a price."""
    assert expected == standing(order, state, stage)


def test_an_outcome_has_its_days_and_its_amount() -> None:
    """From the order to the day that the word names, or on which it was said."""
    on = PRICED.ordered_on + 7 * DAY
    order = said(ActionKind.REFUNDED, amount=Decimal("10.40"), on=on)
    rest = Decimal("2.10")
    assert Exposure(MoneyStatus.RECOVERED, "EUR", Decimal("10.40"), 7, rest) == stake_of(
        order, State.CLOSED, Stage.UNKNOWN
    )
    order = said(ActionKind.REFUNDED)
    assert Exposure(MoneyStatus.RECOVERED, "EUR", Decimal("12.50"), 20) == stake_of(
        order, State.CLOSED, Stage.UNKNOWN
    )
    order = said(ActionKind.LOST, on=date(2026, 6, 1))
    assert Exposure(MoneyStatus.LOST, "EUR", Decimal("12.50"), 6) == stake_of(
        order, State.CLOSED, Stage.UNKNOWN
    )


def test_the_rest_of_a_partial_refund_counts_as_lost() -> None:
    """With its amount; the order itself counts once."""
    stake = Exposure(MoneyStatus.RECOVERED, "EUR", Decimal(10), 7, Decimal("2.50"))
    found = changes(None, stake)
    assert {
        ("EUR", MoneyStatus.RECOVERED): Sum(Decimal(10), 1, 7),
        ("EUR", MoneyStatus.LOST): Sum(Decimal("2.50")),
    } == found
    assert {key: -change for key, change in found.items()} == changes(stake, None)


def test_a_rejected_dispute_puts_the_money_at_risk_again() -> None:
    """Its outcome is no longer open; another dispute opens it."""
    opened = Action(ActionKind.DISPUTE_OPENED, NOON)
    rejected = Action(ActionKind.DISPUTE_REJECTED, NOON + DAY)
    again = Action(ActionKind.DISPUTE_OPENED, NOON + 2 * DAY)
    for actions, expected in (
        ((opened,), MoneyStatus.CLAIMED),
        ((opened, rejected), MoneyStatus.AT_RISK),
        ((opened, rejected, again), MoneyStatus.CLAIMED),
    ):
        order = replace(PRICED, actions=actions)
        assert expected == standing(order, State.WATCHING, Stage.DEPARTED_ORIGIN)


def test_what_was_not_received_is_at_risk() -> None:
    """Whatever the carrier says."""
    order = said(ActionKind.NOT_RECEIVED)
    assert MoneyStatus.AT_RISK == standing(order, State.DELIVERED, Stage.DELIVERED)
    assert standing(PRICED, State.DELIVERED, Stage.DELIVERED) is None


def test_what_stays_as_it_was_changes_nothing() -> None:
    """Nor does an order that never counted."""
    stake = Exposure(MoneyStatus.AT_RISK, "EUR", Decimal(1))
    assert {} == changes(stake, stake)
    assert {} == changes(None, None)


def test_a_change_takes_from_one_and_gives_to_another() -> None:
    """In the currency that each has."""
    risk = Exposure(MoneyStatus.AT_RISK, "EUR", Decimal("12.50"))
    back = Exposure(MoneyStatus.RECOVERED, "EUR", Decimal("10.40"), 30)
    assert {
        ("EUR", MoneyStatus.AT_RISK): Sum(Decimal("-12.50"), -1, 0),
        ("EUR", MoneyStatus.RECOVERED): Sum(Decimal("10.40"), 1, 30),
    } == changes(risk, back)
    dearer = Exposure(MoneyStatus.AT_RISK, "EUR", Decimal("13.00"))
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("0.50"))} == changes(risk, dearer)
    other = Exposure(MoneyStatus.AT_RISK, "USD", Decimal("12.50"))
    assert {"EUR", "USD"} == {currency for currency, _ in changes(risk, other)}


stakes = st.none() | st.builds(
    Exposure,
    st.sampled_from(MoneyStatus),
    st.sampled_from(["EUR", "USD", "JPY"]),
    st.decimals(0, 10**9, places=3),
    st.none() | st.integers(0, 400),
)


@given(st.lists(stakes, max_size=12), stakes)
def test_totals_are_what_the_orders_count_as(
    way: list[Exposure | None], last: Exposure | None
) -> None:
    """Whatever an order counted as on its way, only what it counts as now is in the totals."""
    totals: dict[tuple[str, MoneyStatus], Sum] = {}
    before = None
    for after in (*way, last):
        for place, change in changes(before, after).items():
            totals[place] = totals.get(place, Sum()) + change
        before = after
    assert changes(None, last) == {
        place: total for place, total in totals.items() if total != Sum()
    }
