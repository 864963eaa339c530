"""The rows of the watch: what a run of the poll reads of each order."""

from stallwatch.domain.orders import State
from stallwatch.polling.state import Row
from stallwatch.tracking.fingerprint import fingerprint
from stallwatch.tracking.schedule import NEW
from tests.aws.store.contract import DEPARTED, Store
from tests.support.builders import NOON, NUMBER, an_order


def test_a_slot_lists_its_orders_by_id(store: Store) -> None:
    """From one on; orders in other slots, and closed ones, are not there."""
    for order_id in ("b", "a.1", "c", "a-2", "d", "B"):
        store.add(order_id)
        store.settle(order_id)
    store.settle("c", slot="24h0430")
    store.settle("d", slot=None, state=State.CLOSED)
    store.add("n")
    assert ["B", "a-2", "a.1", "b"] == [row.order_id for row in store.watch.rows("12h0430")]
    assert ["a.1", "b"] == [row.order_id for row in store.watch.rows("12h0430", "a.1")]
    assert ["b"] == [row.order_id for row in store.watch.rows("12h0430", "aa")]
    assert ["n"] == [row.order_id for row in store.watch.rows(NEW)]
    assert [] == list(store.watch.rows("12h0500"))
    assert store.watch.row("d") is None
    assert store.watch.row("nobody") is None


def test_a_row_has_all_that_a_check_needs(store: Store) -> None:
    """The number, what the evaluation has seen, and when it wants to look again."""
    store.add()
    assert Row("x", NEW, NUMBER, None, None, None) == store.row()
    store.answer(DEPARTED)
    store.settle(rule_at=30_000_001, in_slot_since=NOON)
    row = Row("x", "12h0430", NUMBER, fingerprint(DEPARTED), 30_000_001, 30_000_000)
    assert [row] == list(store.watch.rows("12h0430"))
    assert row == store.row()
    assert NOON == store.watch.in_slot_since("x")
    assert store.watch.in_slot_since("nobody") is None


def test_a_long_slot_is_listed_whole(store: Store) -> None:
    """However many orders it holds, each once and in order."""
    ids = [f"{n:03}" for n in range(40)]
    for order_id in ids:
        store.book.create(an_order(order_id))
    assert ids == [row.order_id for row in store.watch.rows(NEW)]
    assert ids[20:] == [row.order_id for row in store.watch.rows(NEW, "020")]
