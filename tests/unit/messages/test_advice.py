"""What to do now about an order, in a sentence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.orders import Action, ActionKind, Order
from stallwatch.domain.thresholds import Thresholds
from stallwatch.messages.advice import advise
from stallwatch.messages.translations import Translations
from stallwatch.rules.decision import InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)
TODAY = NOON.date()
LIMITS = Thresholds()


def advice(
    order: Order,
    *seen: tuple[float, str],
    known: bool = True,
    answered: bool = True,
    alerts: tuple[Alert, ...] = (),
) -> str:
    """The advice about an order whose parcel was seen some days ago, each with a code."""
    record = TraceRecord(order.tracking_number)
    if answered:
        events = [an_event(NOON - days_ago * DAY, code) for days_ago, code in seen]
        record = absorb(record, an_answer(NUMBER, *events, known=known), "cainiao", NOON)
    trace = record.open()
    decision = evaluate(order, trace, alerts, InitialFindings(), NOON, LIMITS)
    return advise(order, decision, trace, NOON, Translations())


def said(deed: ActionKind, **given: object) -> tuple[Action, ...]:
    return (Action(kind=deed, at=NOON, **given),)  # type: ignore[arg-type]


OLD = an_order(ordered_on=TODAY - 100 * DAY)
BEFORE_DEADLINE = an_order(protection_ends_on=TODAY + 3 * DAY)


@pytest.mark.parametrize(
    ("expected", "order", "seen", "given"),
    [
        # The buyer's own words.
        ("no longer watched", an_order(actions=said(ActionKind.RECEIVED)), [(1, "LH_DEPART")], {}),
        ("no longer watched", an_order(ordered_on=TODAY - 181 * DAY), [(1, "LH_DEPART")], {}),
        ("until June 20, 2026 to answer", an_order(actions=said(ActionKind.DISPUTE_OPENED)), [(1, "RT_INBOUND")], {}),  # noqa: E501
        ("asked for quiet", an_order(actions=said(ActionKind.SNOOZE, until=TODAY + DAY)), [(1, "LH_DEPART")], {}),  # noqa: E501
        ("Wait for the seller", an_order(actions=said(ActionKind.SELLER_CONTACTED, episode="0")), [(13, "CC_EX_SUCCESS")], {}),  # noqa: E501
        # What only the buyer can do, before any deadline.
        ("goes back is not delivered", BEFORE_DEADLINE, [(2, "LH_DEPART"), (1, "RT_INBOUND")], {}),
        ("Collect it", BEFORE_DEADLINE, [(1, "GTMS_STA_SIGNED")], {}),
        ("Arrange another delivery", BEFORE_DEADLINE, [(1, "GTMS_DEL_FAILURE")], {}),
        ("customs office", BEFORE_DEADLINE, [(1, "CC_IM_FAILURE")], {}),
        ("Pay the duty", BEFORE_DEADLINE, [(1, "CUS_TAX")], {}),
        ("correct address", BEFORE_DEADLINE, [(1, "GTMS_STA_WAIT_CUST_CHANGE_ADDRESS")], {}),
        # The deadline, before the ladder.
        ("open the dispute now", replace(OLD, protection_ends_on=TODAY + 3 * DAY), [(61, "LH_DEPART")], {}),  # noqa: E501
        ("dispute today", replace(OLD, protection_ends_on=TODAY), [(1, "LH_DEPART")], {}),
        # The ladder.
        ("open a dispute with the picture", OLD, [(61, "LH_DEPART")], {}),
        ("ask where the parcel is", OLD, [(30, "LH_DEPART")], {}),
        ("ask where the parcel is", an_order(), [(13, "CC_EX_SUCCESS")], {}),
        ("Contact the seller now", OLD, [(40, "PU_PICKUP_SUCCESS"), (5, "LH_DEPART")], {}),
        ("wrong or made up", an_order(), [], {"known": False}),
        ("Ask the seller for the tracking number", an_order(tracking_number=None), [], {}),
        # Where the parcel is.
        ("Be at home", an_order(), [(1, "GTMS_DO_DEPART")], {}),
        ("problem that is its own", an_order(), [(2, "LH_DEPART"), (1, "LH_ARRIVE_FAILURE")], {}),
        ("silence is normal", an_order(), [(8, "LH_DEPART")], {}),
        ("on its way", an_order(), [(0.5, "LH_DEPART")], {}),
        ("if not, open a dispute", an_order(), [(1, "GTMS_SIGNED")], {}),
        ("has not answered", an_order(), [], {"answered": False}),
        ("typing error", an_order(ordered_on=TODAY - DAY), [], {"known": False}),
        ("within 11 days", an_order(ordered_on=TODAY - DAY), [], {}),
        ("within 11 days", an_order(ordered_on=TODAY - DAY), [(1, "GWMS_ACCEPT")], {}),
        ("Add the tracking number", an_order(ordered_on=TODAY - DAY, tracking_number=None), [], {}),
        ("Check the order's date", an_order(ordered_on=TODAY - 5 * DAY), [(40, "GTMS_SIGNED")], {}),
    ],
)  # fmt: skip
def test_the_most_pressing_comes_first(
    expected: str, order: Order, seen: list[tuple[float, str]], given: dict[str, bool]
) -> None:
    """Words of the buyer, what only the buyer can do, the deadline, the ladder, the place."""
    found = advice(order, *seen, **given)  # type: ignore[arg-type]  # they are all truth values
    assert expected in found
    assert found.isprintable()


def test_past_its_window_with_nothing_left_to_do() -> None:
    """Late, said so, and the seller was asked in this episode."""
    trace = [(40.0, "PU_PICKUP_SUCCESS"), (5.0, "LH_DEPART")]
    episode = f"scan {NOON:%Y-%m-%dT%H:%M:%SZ}"
    asked = replace(OLD, actions=said(ActionKind.SELLER_CONTACTED, episode=episode))
    assert "Wait for the seller's answer" in advice(asked, *trace)
    at_the_door = [*trace, (0.1, "GTMS_DEL_FAILURE"), (0.05, "GTMS_DO_DEPART")]
    assert "Be at home" in advice(OLD, *at_the_door)


def test_a_snooze_that_is_over_says_nothing() -> None:
    """Its day has come."""
    order = an_order(actions=said(ActionKind.SNOOZE, until=TODAY))
    assert "on its way" in advice(order, (0.5, "LH_DEPART"))


def test_a_delivery_that_was_told_needs_nothing() -> None:
    """But the dispute stays open for a while."""
    alert = Alert(AlertKind.DELIVERED, NOON, sent_at=NOON)
    found = advice(an_order(), (0.2, "GTMS_SIGNED"), alerts=(alert,))
    assert "within 15 days" in found
