"""Orders that share a number; the totals of the money and of the delivery days."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.errors import (
    ConflictError,
)
from stallwatch.domain.orders import Service
from stallwatch.domain.parcels import Stage
from stallwatch.orders.delivery_times import DeliverySample, DeliveryStats, Histogram
from stallwatch.orders.money import Exposure, MoneyStatus, Sum
from stallwatch.orders.snapshot import OrderSnapshot
from tests.aws.store.contract import SHARING, Store
from tests.support.builders import NOON, NUMBER, an_order


def test_orders_with_one_number_know_of_each_other(store: Store) -> None:
    """From the adding on, after a change of number, and no longer once one is forgotten."""
    one, other = store.add("x").order, store.add("y").order
    bare = store.add("bare", tracking_number=None).order
    assert (("y",), ("x",), ()) == tuple(map(store.files.sharing, (one, other, bare)))
    assert ("y",) == store.book.sharing(one)
    changed = replace(other, tracking_number="LP2")
    store.book.replace(store.snapshot("y"), changed)
    assert ((), ()) == tuple(map(store.files.sharing, (one, changed)))
    store.book.replace(store.snapshot("bare"), replace(bare, tracking_number=NUMBER))
    assert ("bare",) == store.files.sharing(one)
    store.book.replace(store.snapshot("bare"), bare)
    assert () == store.files.sharing(one)
    store.add("z")
    assert store.book.forget("z")
    assert () == store.files.sharing(one)
    store.add("z", incarnation="1")
    assert ("z",) == store.files.sharing(one)


def test_an_order_that_shares_its_number_with_many_names_a_few(store: Store) -> None:
    """However many they are, it costs the same."""
    for n in range(9):
        store.add(f"{n}")
    sharing = store.files.sharing(store.add("x").order)
    assert len(set(sharing)) == len(sharing) == SHARING
    assert "x" not in sharing


def count_as(
    store: Store, stake: Exposure | None, lived: DeliverySample | None = None
) -> OrderSnapshot:
    """Have the evaluation say what an order counts as; the order as it was read before."""
    snapshot = store.snapshot()
    entry = replace(snapshot.entry, stage=Stage.UNKNOWN, stake=stake, lived=lived)
    store.files.keep(snapshot, entry, [])
    return snapshot


RISK = Exposure(MoneyStatus.AT_RISK, "EUR", Decimal("12.505"))

BACK = Exposure(MoneyStatus.RECOVERED, "EUR", Decimal("10.40"), 34)


def test_the_money_follows_what_an_order_counts_as(store: Store) -> None:
    """From its first evaluation to its outcome; what it counted as stays with it."""
    store.add()
    assert {} == store.book.totals().money
    count_as(store, RISK)
    assert RISK == store.snapshot().entry.stake
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.505"), 1)} == store.book.totals().money
    count_as(store, BACK)
    assert BACK == store.snapshot().entry.stake
    assert {
        ("EUR", MoneyStatus.RECOVERED): Sum(Decimal("10.4"), 1, 34)
    } == store.book.totals().money
    count_as(store, None)
    assert store.snapshot().entry.stake is None
    assert {} == store.book.totals().money


def test_the_money_of_many_orders_is_added_up(store: Store) -> None:
    """Each currency by itself."""
    for n in range(40):
        snapshot = store.add(f"{n}")
        stake = replace(RISK, currency=("EUR", "USD")[n % 2])
        store.files.keep(snapshot, replace(snapshot.entry, stake=stake), [])
    assert {
        ("EUR", MoneyStatus.AT_RISK): Sum(Decimal("250.1"), 20),
        ("USD", MoneyStatus.AT_RISK): Sum(Decimal("250.1"), 20),
    } == store.book.totals().money


def test_totals_change_with_the_entry_or_not_at_all(store: Store) -> None:
    """A write that is tried again after its acknowledgement got lost is refused as a whole."""
    store.add()
    lived = DeliverySample(Service.STANDARD, "DE", 31, 26)
    before = count_as(store, RISK, lived)
    alert = Alert(AlertKind.LATE, NOON)
    for _ in range(2):
        with pytest.raises(ConflictError):
            store.files.keep(before, replace(before.entry, stake=BACK, lived=lived), [])
        with pytest.raises(ConflictError):
            store.files.keep(before, replace(before.entry, stake=BACK), [alert])
    totals = store.book.totals()
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.505"), 1)} == totals.money
    assert 1 == totals.experiences[Service.STANDARD, "DE"].days.parcels


def test_a_change_of_the_order_leaves_what_it_counts_as(store: Store) -> None:
    """Until the evaluation says otherwise."""
    store.add()
    lived = DeliverySample(Service.STANDARD, "DE", 31, 26)
    count_as(store, RISK, lived)
    store.book.replace(store.snapshot(), replace(store.snapshot().order, tracking_number="LP2"))
    entry = store.snapshot().entry
    assert (RISK, lived) == (entry.stake, entry.lived)


def test_a_forgotten_order_s_money_is_forgotten_once(store: Store) -> None:
    """Its parcel's days are kept: they name nobody."""
    store.add()
    count_as(store, RISK, DeliverySample(Service.STANDARD, "DE", 31, 26))
    store.book.forget("x")
    store.files.clear("x")
    store.files.clear("x")
    totals = store.book.totals()
    assert {} == totals.money
    assert 1 == totals.experiences[Service.STANDARD, "DE"].days.parcels
    store.add(incarnation="1")
    count_as(store, RISK)
    store.book.forget("x")
    # Added again before it was cleared away.
    with suppress(ConflictError):
        store.book.create(an_order(incarnation="2"))
    store.book.create(an_order(incarnation="2"))
    assert {} == store.book.totals().money


def test_a_delivery_is_counted_once(store: Store) -> None:
    """By whole days, under its service and destination, whatever comes after it."""
    store.add()
    lived = DeliverySample(Service.ECONOMY, "BR", 31, 26)
    count_as(store, None, lived)
    assert lived == store.snapshot().entry.lived
    count_as(store, RISK, lived)
    store.add("y")
    snapshot = store.snapshot("y")
    entry = replace(snapshot.entry, lived=replace(lived, silence=4))
    store.files.keep(snapshot, entry, [])
    found = store.files.experience(Service.ECONOMY, "BR")
    assert DeliveryStats(Histogram({31: 2}), Histogram({26: 1, 4: 1})) == found
    assert {(Service.ECONOMY, "BR"): found} == store.book.totals().experiences
    assert DeliveryStats() == store.files.experience(Service.STANDARD, "BR")
