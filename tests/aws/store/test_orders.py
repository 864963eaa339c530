"""The orders as the buyer gives them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from stallwatch.domain.errors import (
    ConflictError,
)
from stallwatch.domain.orders import Action, ActionKind, Order, Service, State
from stallwatch.orders.ports import PageQuery
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.source import TrackingResult
from stallwatch.tracking.trace_record import TraceRecord
from tests.aws.store.contract import DAY, DEPARTED, EMPTY, HOUR, Store, create
from tests.support.builders import NOON, NUMBER, an_order

FULL = an_order(
    service=Service.ECONOMY,
    remote=False,
    shipped_on=date(2026, 6, 1),
    protection_ends_on=date(2026, 8, 1),
    title="Größe “L” 运",
    seller="Shop №1",
    price=Decimal("0.10"),
    currency="EUR",
    actions=(
        Action(ActionKind.SELLER_CONTACTED, NOON, on=date(2026, 6, 2), episode="scan x"),
        Action(ActionKind.SNOOZE, NOON, until=date(2026, 7, 1), episode="0"),
        Action(ActionKind.REFUNDED, NOON, amount=Decimal("12.50"), episode="0"),
    ),
    number_changed_at=NOON - DAY,
)


@pytest.mark.parametrize("order", [FULL, an_order(tracking_number=None)])
def test_an_order_comes_back_as_it_was_given(store: Store, order: Order) -> None:
    """Every field, and nothing added."""
    assert store.book.create(order)
    snapshot = store.snapshot()
    assert order == snapshot.order
    assert TraceRecord(order.tracking_number) == snapshot.trace
    assert (1, ()) == (snapshot.version, snapshot.alerts)
    assert (NEW, order.tracking_number, None, State.WATCHING) == (
        snapshot.entry.slot,
        snapshot.entry.number,
        snapshot.entry.stage,
        snapshot.entry.state,
    )


def test_an_id_is_given_once(store: Store) -> None:
    """The second is refused, and nothing of the first changes."""
    store.add()
    before = store.settle()
    assert not store.book.create(an_order("x", title="another"))
    assert before == store.snapshot()


def test_a_change_has_the_order_looked_at_again(store: Store) -> None:
    """As if the evaluation had never seen it; its trace stays."""
    store.add()
    store.answer(DEPARTED)
    before = store.settle(rule_at=30_000_001, in_slot_since=NOON)
    order = replace(before.order, title="another", ordered_on=date(2026, 5, 1))
    store.book.replace(before, order)
    after = store.snapshot()
    assert order == after.order
    assert before.trace == after.trace
    assert 2 == after.version == after.entry.order_version
    assert after.revision > before.revision
    assert WatchRow("x", NEW, NUMBER, None, None, None) == store.row()
    assert "2026-05-01#x" == after.entry.listed


def test_a_change_keeps_what_the_ledger_knows(store: Store) -> None:
    """The last answer and since when there is none, unless a newer answer was written."""
    store.add()
    store.answer(DEPARTED)
    before = store.settle()
    looked = replace(before.trace, answered_at=NOON + HOUR, silent_since=NOON + 2 * HOUR)
    store.book.replace(before, replace(before.order, title="one"), looked)
    assert looked == store.snapshot().trace
    stale = store.snapshot()
    store.watch.touch_answered(store.row(), NOON + 3 * HOUR)
    later = replace(looked, answered_at=NOON + 2 * HOUR)
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, title="other"), later)
    assert NOON + 3 * HOUR == store.snapshot().trace.answered_at
    assert store.snapshot().trace.silent_since is None


def test_a_change_of_what_is_no_longer_so_is_refused(store: Store) -> None:
    """Somebody else changed it, or it was forgotten, or it is another one."""
    stale = store.add()
    store.book.replace(stale, replace(stale.order, title="first"))
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, title="second"))
    assert "first" == store.snapshot().order.title
    fresh = store.snapshot()
    store.book.forget("x")
    with pytest.raises(ConflictError):
        store.book.replace(fresh, replace(fresh.order, title="third"))
    create(store, an_order("x", incarnation="1"))
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, title="fourth"))
    assert store.snapshot().order.title is None


def test_another_number_begins_another_trace(store: Store) -> None:
    """With the old checkpoints as evidence."""
    store.add()
    store.answer(DEPARTED)
    before = store.settle()
    store.book.replace(before, replace(before.order, tracking_number="LP2"))
    trace = store.snapshot().trace
    assert ("LP2", None, None) == (trace.number, trace.answered_at, trace.fingerprint)
    assert [NUMBER] == [c.number for c in trace.open().checkpoints]
    assert "LP2" == store.row().number
    store.book.replace(store.snapshot(), replace(store.snapshot().order, tracking_number=None))
    assert store.row().number is None
    assert TraceRecord(None, past=trace.past) == store.snapshot().trace


@pytest.mark.parametrize("known", [EMPTY, DEPARTED])
def test_another_number_waits_for_an_answer_that_was_just_written(
    store: Store, known: TrackingResult
) -> None:
    """Else its checkpoints would be lost."""
    stale = store.add()
    store.answer(known)
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, tracking_number="LP2"))
    assert NUMBER == store.snapshot().trace.number


def test_a_forgotten_order_is_no_more(store: Store) -> None:
    """It is only in the watch still, for the clearing away."""
    assert not store.book.forget("x")
    store.add()
    store.settle()
    assert store.book.forget("x")
    assert store.files.open("x") is None
    assert store.book.open("x") is None
    assert WatchRow("x", NEW, None, None, None, None, gone=True) == store.row()
    assert () == store.book.page(PageQuery(10), None).snapshots
    assert not store.book.forget("x")


def test_a_forgotten_closed_order_is_cleared_away_too(store: Store) -> None:
    """It was in no slot."""
    store.add()
    store.settle(slot=None, state=State.CLOSED)
    assert store.book.forget("x")
    assert store.row().gone
    store.files.clear("x")
    assert store.watch.row("x") is None
