"""Pages of orders."""

from dataclasses import replace
from datetime import date, timedelta

from stallwatch.domain.orders import State
from tests.aws.store.contract import Store
from tests.support.builders import an_order
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stallwatch.orders.ports import PageCursor


def listed(store: Store, state: State | None, limit: int) -> list[list[str]]:
    """The pages of a list."""
    pages = []
    place: PageCursor | None = None
    for _ in range(20):
        page = store.book.page(state, limit, place)
        pages.append([dossier.order.order_id for dossier in page.dossiers])
        place = page.next
        if place is None:
            return pages
    raise AssertionError("the list has no end")


def test_orders_are_listed_by_state_and_the_newest_first(store: Store) -> None:
    """Page by page, each once, without their alerts."""
    for n in range(7):
        store.add(f"{n}", ordered_on=date(2026, 6, 1) + timedelta(days=n))
        state = list(State)[n % 3]
        store.settle(f"{n}", state=state, slot=None if state is State.CLOSED else "12h0430")
    store.raise_alert("0")
    assert [["6", "3"], ["0"], ["4", "1"], ["5", "2"]] == [p for p in listed(store, None, 2) if p]
    assert [["4"], ["1"]] == [p for p in listed(store, State.DELIVERED, 1) if p]
    assert [["6", "3", "0"]] == listed(store, State.WATCHING, 100)
    (first, *_) = store.book.page(None, 100, None).dossiers
    assert replace(store.dossier("6"), alerts=()) == first


def test_orders_of_the_same_day_are_listed_once_each(store: Store) -> None:
    """By their ids."""
    ids = [f"{n:02}" for n in range(25)]
    for order_id in ids:
        store.book.create(an_order(order_id))
    assert ids[::-1] == [o for page in listed(store, None, 4) for o in page]


def test_an_empty_list_has_an_end(store: Store) -> None:
    """At once, or after an empty page."""
    assert [] == [o for page in listed(store, None, 10) for o in page]
    assert [] == [o for page in listed(store, State.CLOSED, 10) for o in page]


def test_a_page_goes_on_where_nothing_stands_any_more(store: Store) -> None:
    """The last order of the page before was forgotten, or changed its state."""
    for order_id in "abcd":
        store.book.create(an_order(order_id))
    page = store.book.page(State.WATCHING, 2, None)
    assert ["d", "c"] == [d.order.order_id for d in page.dossiers]
    store.book.forget("c")
    rest = store.book.page(State.WATCHING, 2, page.next)
    assert ["b", "a"] == [d.order.order_id for d in rest.dossiers]
