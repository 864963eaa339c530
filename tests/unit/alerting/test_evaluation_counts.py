"""What an evaluation counts: orders, prices, delivery days."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Action, ActionKind, Order, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.delivery_times import DeliverySample, DeliveryStats
from stallwatch.orders.money import MoneyStatus, Sum
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry
from tests.support.builders import NOON, an_order
from tests.unit.alerting.evaluating_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


# Counts.


def counts(office: Office) -> dict[tuple[State, Stage], int]:
    office.evaluation.write_counts()
    return {counted: n for counted, n in office.store.counted.items() if n}


def test_orders_are_counted_by_what_they_are(office: Office) -> None:
    """As they come, change, and go."""
    office.add(an_order("a"), "LH_DEPART")
    office.add(an_order("b"), "LH_DEPART")
    for order_id in ("a", "b", "a"):
        office.evaluate(order_id)
    assert {(State.WATCHING, Stage.DEPARTED_ORIGIN): 2} == counts(office)
    office.see("a", "LH_DEPART", "GTMS_SIGNED", days_ago=0.5)
    office.evaluate("a")
    office.store.forget("b")
    office.evaluate("b")
    office.evaluate("b")
    assert {(State.DELIVERED, Stage.DELIVERED): 1} == counts(office)


def test_counts_are_written_once_for_all_that_was_evaluated_together(office: Office) -> None:
    """And not at all where nothing changed on balance."""
    for n in range(5):
        office.add(an_order(f"{n}"), "LH_DEPART")
        office.evaluate(f"{n}")
    office.store.journal.clear()
    office.evaluation.write_counts()
    office.evaluation.write_counts()
    assert ["add_to_totals"] == office.store.journal
    assert Counter() == office.evaluation.counts


# The money and the delivery days.


def priced() -> Order:
    return an_order(price=Decimal("12.50"), currency="EUR")


def test_a_price_counts_once_however_often_it_is_evaluated(office: Office) -> None:
    """From the first evaluation on, and at its outcome as something else."""
    office.add(priced(), "LH_DEPART")
    for _ in range(3):
        office.evaluate()
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.50"), 1)} == office.store.totals().money
    refund = Action(ActionKind.REFUNDED, NOON, amount=Decimal("10.40"))
    snapshot = office.store.open("x")
    assert snapshot is not None
    office.store.replace(snapshot, replace(snapshot.order, actions=(refund,)))
    for _ in range(3):
        office.evaluate()
    assert {
        ("EUR", MoneyStatus.RECOVERED): Sum(Decimal("10.40"), 1, 20)
    } == office.store.totals().money


def test_a_write_that_got_lost_counts_nothing(office: Office) -> None:
    """The evaluation reads again, and says the difference to what is there."""
    office.add(priced(), "LH_DEPART")
    keep, tries = office.store.keep, []

    def kept_but_not_heard_of(
        snapshot: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        pending = keep(snapshot, entry, alerts)
        tries.append(pending)
        if len(tries) == 1:
            raise ConflictError("x")
        return pending

    office.store.keep = kept_but_not_heard_of  # type: ignore[method-assign]
    office.evaluate()
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.50"), 1)} == office.store.totals().money


def test_a_delivery_teaches_once(office: Office) -> None:
    """A later scan, a return and another delivery change nothing of it."""
    office.add(an_order(), "PU_PICKUP_SUCCESS", "LH_DEPART", days_ago=9)
    office.see("x", "GTMS_SIGNED", days_ago=2)
    office.evaluate()
    (experience,) = office.store.experiences.values()
    assert {7: 1} == experience.days.counts
    office.see("x", "GTMS_SIGNED", days_ago=1)
    office.evaluate()
    office.see("x", "RT_INBOUND", days_ago=0.5)
    office.evaluate()
    assert [experience] == list(office.store.experiences.values())


def test_the_own_parcels_are_read_only_for_what_tells_of_them(office: Office) -> None:
    """Once for all that is evaluated together, and told from thirty parcels on."""
    read = []
    experience = office.store.experience

    def reading(service: Service, destination: str) -> DeliveryStats:
        read.append((service, destination))
        return experience(service, destination)

    office.store.experience = reading  # type: ignore[method-assign]
    for n in range(30):
        lived = DeliverySample(Service.STANDARD, "DE", n, n)
        place = (Service.STANDARD, "DE")
        office.store.experiences[place] = experience(*place).after(lived)
    office.add(an_order("moving"), "LH_DEPART")
    office.evaluate("moving")
    assert [] == read
    for name in ("a", "b"):
        office.add(an_order(name), "SC_INBOUND_SUCCESS", days_ago=13)
        assert [AlertKind.STALLED] == office.evaluate(name)
    assert [(Service.STANDARD, "DE")] == read
    alerts = [kept.alert for kept in office.store.kept.values()]
    assert [[30, 28]] * 2 == [alert.facts["experience"] for alert in alerts]


def test_a_few_own_parcels_are_not_spoken_of(office: Office) -> None:
    """Twenty-nine say too little."""
    for n in range(29):
        lived = DeliverySample(Service.STANDARD, "DE", n, n)
        place = (Service.STANDARD, "DE")
        office.store.experiences[place] = office.store.experience(*place).after(lived)
    office.add(an_order(), "SC_INBOUND_SUCCESS", days_ago=13)
    office.evaluate()
    (kept,) = office.store.kept.values()
    assert "experience" not in kept.alert.facts
