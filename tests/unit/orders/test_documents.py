"""Documents taken in over a store in memory: orders added once, and filled without overwriting."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.orders import PaidWith, Service
from stallwatch.domain.thresholds import Thresholds
from stallwatch.imports.records import ImportDocument, Parcel, ReadOrder
from stallwatch.orders.documents import DocumentImport, make_order
from stallwatch.orders.service import OrderService
from stallwatch.tracking.schedule import PollSchedule
from tests.support.builders import NOON
from tests.support.memory_store import MemoryStore

ORDER_ID = "8100000000001234"
NUMBER = "LP00123456789012"
TODAY = NOON.date()


def importer(store: MemoryStore) -> DocumentImport:
    service = OrderService(store, lambda _=(): None, PollSchedule(30), Thresholds())
    return DocumentImport(service, lambda given: make_order(given, "DE", NOON))


def document(*orders: ReadOrder) -> ImportDocument:
    return ImportDocument("mail", orders)


def test_an_order_is_added_with_the_home_country() -> None:
    """And the same document again changes nothing."""
    store = MemoryStore()
    read = ReadOrder((1,), order_id=ORDER_ID, latest_on=TODAY, parcels=(Parcel(NUMBER),))
    first = importer(store).run(document(read), NOON).as_dict()
    again = importer(store).run(document(read), NOON).as_dict()
    order = store.orders([ORDER_ID])[ORDER_ID]
    assert (1, 0) == (first["added"], again["added"])
    assert 1 == again["unchanged"]
    assert (NUMBER, "DE", TODAY) == (order.tracking_number, order.destination, order.ordered_on)


def test_a_number_is_filled_and_never_overwritten() -> None:
    """A later number of the same order is another parcel of it."""
    store = MemoryStore()
    take = importer(store)
    take.run(document(ReadOrder((1,), order_id=ORDER_ID, ordered_on=TODAY)), NOON)
    parcels = (Parcel(NUMBER),)
    filled = take.run(document(ReadOrder((1,), order_id=ORDER_ID, parcels=parcels)), NOON)
    other = (Parcel("LP00999999999999"),)
    take.run(document(ReadOrder((1,), order_id=ORDER_ID, parcels=other)), NOON)
    assert 1 == filled.as_dict()["filled"]
    stored = store.orders([ORDER_ID, f"{ORDER_ID}.2"])
    assert [NUMBER, "LP00999999999999"] == [order.tracking_number for order in stored.values()]


def test_a_number_alone_finds_the_order_that_has_it() -> None:
    """Whatever that order is called: it is not added again under its number."""
    store = MemoryStore()
    take = importer(store)
    known = ReadOrder((1,), order_id=ORDER_ID, ordered_on=TODAY, parcels=(Parcel(NUMBER),))
    take.run(document(known), NOON)
    report = take.run(document(ReadOrder((1,), parcels=(Parcel(NUMBER),))), NOON)
    assert 1 == report.as_dict()["unchanged"]
    assert {ORDER_ID} == store.shelves.keys()


def test_a_dry_run_writes_nothing() -> None:
    """And reports the same."""
    store = MemoryStore()
    read = document(ReadOrder((1,), order_id=ORDER_ID, ordered_on=TODAY))
    dry = importer(store).run(read, NOON, dry_run=True).as_dict()
    assert {} == store.shelves
    assert dry == importer(store).run(read, NOON).as_dict()


def test_what_the_rules_of_orders_refuse_is_a_rejected_row() -> None:
    """With the reason, and without harm to the other rows."""
    store = MemoryStore()
    late = ReadOrder((1,), order_id="1", ordered_on=TODAY + timedelta(days=9))
    good = ReadOrder((2,), order_id=ORDER_ID, ordered_on=TODAY)
    report = importer(store).run(document(late, good), NOON).as_dict()
    assert (1, 1) == (report["rejected"], report["added"])
    assert {ORDER_ID} == store.shelves.keys()


def test_every_field_is_made_of_its_json_value() -> None:
    """Days, amounts and the words of lists."""
    order = make_order(
        {
            "order_id": ORDER_ID,
            "ordered_on": "2026-06-01",
            "promised_on": "2026-07-01",
            "service": "economy",
            "paid_with": "card",
            "price": "12.30",
            "currency": "EUR",
            "remote": True,
        },
        "DE",
        NOON,
    )
    assert (date(2026, 6, 1), date(2026, 7, 1)) == (order.ordered_on, order.promised_on)
    assert (Service.ECONOMY, PaidWith.CARD) == (order.service, order.paid_with)
    assert (Decimal("12.30"), "EUR", True) == (order.price, order.currency, order.remote)


@pytest.mark.parametrize(
    ("name", "value"), [("ordered_on", "someday"), ("price", "much"), ("service", "owl")]
)
def test_a_value_of_another_type_is_named(name: str, value: str) -> None:
    """By its field, and not by what it says."""
    given = {"order_id": "1", "ordered_on": "2026-06-01", name: value}
    with pytest.raises(UnacceptableError) as refused:
        make_order(given, "DE", NOON)
    assert {name: "cannot be read"} == refused.value.reasons
