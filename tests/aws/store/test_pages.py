"""Pages of orders."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.ports import PageCursor, PageQuery, Sort
from stallwatch.orders.pressing import CALM, Pressing
from tests.aws.store.contract import Store
from tests.support.builders import an_order


def listed(store: Store, state: State | None, limit: int, **more: Any) -> list[list[str]]:
    """The pages of a list."""
    pages = []
    place: PageCursor | None = None
    for _ in range(20):
        page = store.book.page(PageQuery(limit, state, **more), place)
        pages.append([snapshot.order.order_id for snapshot in page.snapshots])
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
    (first, *_) = store.book.page(PageQuery(100), None).snapshots
    assert replace(store.snapshot("6"), alerts=()) == first


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
    page = store.book.page(PageQuery(2, State.WATCHING), None)
    assert ["d", "c"] == [d.order.order_id for d in page.snapshots]
    store.book.forget("c")
    rest = store.book.page(PageQuery(2, State.WATCHING), page.next)
    assert ["b", "a"] == [d.order.order_id for d in rest.snapshots]


JULY = [date(2026, 7, n) for n in range(1, 32)]


def press(store: Store, order_id: str, severity: str | None, deadline: date | None = None) -> None:
    """An order that presses so, by its evaluation; no severity: it does not."""
    store.add(order_id)
    pressing = None if severity is None else Pressing(severity, deadline)
    state = State.DELIVERED if severity is None else State.WATCHING
    store.settle(order_id, pressing=pressing, state=state)


def test_what_presses_most_comes_first_over_all_pages(store: Store) -> None:
    """By severity, then the nearest deadline; then the delivered and the closed ones."""
    press(store, "calm", CALM, JULY[0])
    press(store, "claim-late", "claim", JULY[9])
    press(store, "claim-soon", "claim", JULY[1])
    press(store, "action", "action", JULY[0])
    press(store, "claim-open", "claim")
    press(store, "came", None)
    press(store, "asks", "attention", JULY[20])
    expected = ["claim-soon", "claim-late", "claim-open", "action", "asks", "calm", "came"]
    for limit in (1, 2, 100):
        found = listed(store, None, limit, sort=Sort.URGENT)
        assert expected == [order_id for page in found for order_id in page]
    watched = listed(store, State.WATCHING, 9, sort=Sort.URGENT)
    assert expected[:-1] == [order_id for page in watched for order_id in page]
    assert {"claim": 3, "action": 1, "attention": 1} == store.book.pressing_counts()


def test_the_nearest_deadline_comes_first_whatever_presses(store: Store) -> None:
    """Those without one come after those with one."""
    press(store, "a", "attention", JULY[5])
    press(store, "b", CALM, JULY[2])
    press(store, "c", "claim")
    press(store, "d", "claim", JULY[8])
    for limit in (1, 3, 100):
        found = listed(store, None, limit, sort=Sort.DEADLINE)
        assert ["b", "a", "d", "c"] == [order_id for page in found for order_id in page]


def test_a_delivered_order_that_presses_is_listed_once(store: Store) -> None:
    """Among those that press, and not again among the delivered ones."""
    store.add("x")
    store.settle("x", state=State.DELIVERED, pressing=Pressing("claim", JULY[0]))
    assert ["x"] == [o for page in listed(store, None, 5, sort=Sort.URGENT) for o in page]
    assert ["x"] == [o for p in listed(store, State.DELIVERED, 5, sort=Sort.URGENT) for o in p]


def test_a_new_order_is_calm_and_a_forgotten_one_presses_no_more(store: Store) -> None:
    """Before any evaluation, by the end of its protection."""
    store.add("x", protection_ends_on=JULY[0])
    store.add("y")
    assert ["x", "y"] == [o for page in listed(store, None, 1, sort=Sort.URGENT) for o in page]
    store.book.forget("x")
    assert ["y"] == [o for page in listed(store, None, 1, sort=Sort.URGENT) for o in page]
    assert {"claim": 0, "action": 0, "attention": 0} == store.book.pressing_counts()


def test_a_list_shows_one_stage_alone(store: Store) -> None:
    """A page may then be short: only no next cursor ends the list."""
    for n in range(6):
        store.add(f"{n}")
        store.settle(f"{n}")
    store.add("new")
    assert ["new"] not in listed(store, None, 2, stage=Stage.UNKNOWN)
    found = [order_id for page in listed(store, None, 2, stage=Stage.UNKNOWN) for order_id in page]
    assert [f"{n}" for n in range(5, -1, -1)] == found


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_search_finds_ids_numbers_titles_and_sellers(store: Store, limit: int) -> None:
    """What it names exactly comes first; letters' case is nothing."""
    store.add("kite", title="A red KITE", tracking_number="LP00000000000002")
    store.add("b", title="A blue lamp", seller="Kite Store", tracking_number=None)
    store.add("c", title="Straße", order_number="8123456789012345")
    store.settle("c", slot=None, state=State.CLOSED)
    store.add("d", tracking_number="LP00000000000003")

    def found(q: str) -> list[str]:
        return [order_id for page in listed(store, None, limit, q=q) for order_id in page]

    assert {"kite", "b"} == set(found("kite"))
    assert 2 == len(found("kite"))
    assert ["c"] == found("STRASSE")
    assert ["c"] == found("812345678901")
    assert ["d"] == found("LP00000000000003")
    assert [] == found("nothing of that kind")


def test_a_cursor_of_another_list_is_refused(store: Store) -> None:
    """So that nobody goes on reading where nothing is."""
    with pytest.raises(ValueError, match="no-such-section"):
        store.book.page(PageQuery(5), PageCursor("no-such-section", "x"))


@pytest.mark.parametrize("cursor", [PageCursor("watching"), PageCursor("claim", "2026-07-01#ä|b")])
def test_a_cursor_comes_back_from_a_client_as_it_was(cursor: PageCursor) -> None:
    """What stands in it is none of the client's business."""
    assert cursor == PageCursor.of_text(cursor.as_text())


@pytest.mark.parametrize("text", ["", "x", "%%%", "d2F0Y2hpbmc", "fHg"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    """Whatever a client makes up."""
    with pytest.raises(ValueError, match=r"."):
        PageCursor.of_text(text)
