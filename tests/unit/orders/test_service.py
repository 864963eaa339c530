"""The order service: races, imports, filling in, single checks, actions taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from stallwatch.domain.errors import (
    ConflictError,
    ExistsError,
    MissingError,
    SenselessError,
    TooSoonError,
    UnacceptableError,
    UnreadableError,
)
from stallwatch.domain.orders import Action, ActionKind, Order, PaidWith, State
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.importing import ADDED, FILLED, REJECTED, UNCHANGED
from stallwatch.orders.ports import CHECK_PAUSE, PageCursor, PageQuery
from stallwatch.orders.service import OrderService
from stallwatch.tracking.schedule import PollSchedule
from tests.support.builders import NOON, NUMBER, an_order
from tests.support.memory_store import MemoryStore


@dataclass
class Rig:
    """The service over a table in memory, and the runs of the poll that it started."""

    store: MemoryStore = field(default_factory=MemoryStore)
    started: list[Sequence[str]] = field(default_factory=list)

    def start(self, order_ids: Sequence[str] = ()) -> None:
        self.started.append(order_ids)

    @property
    def service(self) -> OrderService:
        return OrderService(self.store, self.start, PollSchedule(30), Thresholds())

    def order(self, order_id: str = "x") -> Order:
        return self.service.get(order_id, NOON).order

    def act(self, kind: ActionKind, order_id: str = "x", at: datetime = NOON) -> str:
        view = self.service.act(order_id, Action(kind, at), at)
        return view.order.actions[-1].action_id


@pytest.fixture
def rig() -> Rig:
    return Rig()


class Forgetful(MemoryStore):
    """A store in which somebody forgets each order just after the service has written it."""

    def create(self, order: Order) -> bool:
        created = super().create(order)
        self.forget(order.order_id)
        return created


def test_an_order_that_is_forgotten_at_once_was_added_all_the_same() -> None:
    """Never is what was just added answered with "not found"."""
    rig = Rig(Forgetful())
    view, is_new = rig.service.add(an_order(), NOON)
    assert is_new
    assert ("x", NUMBER, State.WATCHING) == (
        view.order.order_id,
        view.order.tracking_number,
        view.state,
    )


class Fleeting(MemoryStore):
    """A store whose order is always there when it is to be added, and gone when it is read."""

    def create(self, order: Order) -> bool:  # noqa: ARG002
        return False


def test_an_order_that_comes_and_goes_is_a_conflict() -> None:
    """Nobody can say what it is."""
    with pytest.raises(ConflictError):
        Rig(Fleeting()).service.add(an_order(), NOON)


def test_the_same_order_again_is_the_one_that_is_there(rig: Rig) -> None:
    """Another one with its id is refused."""
    rig.service.add(an_order(), NOON)
    assert not rig.service.add(an_order(), NOON)[1]
    with pytest.raises(ExistsError):
        rig.service.add(an_order(title="Another"), NOON)


def test_an_import_adds_fills_and_leaves(rig: Rig) -> None:
    """What was given before is never overwritten; one poll is started for all."""
    rig.service.add(an_order("old", title="As typed", tracking_number=None), NOON)
    rig.service.add(an_order("same"), NOON)
    rig.started.clear()
    given = [
        an_order("new"),
        an_order("old", title="Of a file", seller="A shop", price=Decimal(3), currency="EUR"),
        an_order("same"),
        an_order("bad", ordered_on=date(1999, 1, 1)),
    ]
    results = rig.service.import_orders(given, NOON)
    assert [ADDED, FILLED, UNCHANGED, REJECTED] == [result.outcome for result in results]
    assert {"ordered_on"} == set(results[3].reasons or ())
    order = rig.order("old")
    assert ("As typed", "A shop", Decimal(3)) == (order.title, order.seller, order.price)
    assert NUMBER == order.tracking_number
    assert [()] == rig.started
    again = rig.service.import_orders(given[:3], NOON)
    assert [UNCHANGED] * 3 == [result.outcome for result in again]


def test_the_rows_of_one_order_are_one_order(rig: Rig) -> None:
    """The first adds it, the others fill it in."""
    given = [
        an_order(tracking_number=None),
        an_order(tracking_number=None, title="A kite"),
        an_order(tracking_number=NUMBER),
        an_order(title="Another title"),
    ]
    results = rig.service.import_orders(given, NOON)
    assert [ADDED, FILLED, FILLED, UNCHANGED] == [result.outcome for result in results]
    assert ("A kite", NUMBER) == (rig.order().title, rig.order().tracking_number)
    assert 1 == rig.order().created_at.year - 2025


def test_a_dry_run_says_the_same_and_writes_nothing(rig: Rig) -> None:
    """So that one may look before one imports."""
    rig.service.add(an_order("old", seller=None), NOON)
    given = [an_order("new"), an_order("old", seller="A shop"), an_order("new", title="A kite")]
    rig.store.journal.clear()
    rig.started.clear()
    dry = rig.service.import_orders(given, NOON, dry_run=True)
    assert ([], []) == (rig.store.journal, rig.started)
    assert [r.outcome for r in dry] == [r.outcome for r in rig.service.import_orders(given, NOON)]


class Busy(MemoryStore):
    """A store in which another write is always in the way of one order's."""

    def create(self, order: Order) -> bool:
        if order.order_id == "busy":
            raise ConflictError(order.order_id)
        return super().create(order)


def test_one_order_that_cannot_be_written_costs_no_other_one() -> None:
    """It is said to be rejected, with what to do."""
    results = Rig(Busy()).service.import_orders([an_order("a"), an_order("busy")], NOON)
    assert [ADDED, REJECTED] == [result.outcome for result in results]
    assert "again" in (results[1].reasons or {})["order_id"]


def test_filling_in_overwrites_nothing(rig: Rig) -> None:
    """And keeps to what an order may be."""
    rig.service.add(an_order(title="A kite"), NOON)
    fields = {
        "title": "Other",
        "paid_with": PaidWith.CARD,
        "order_number": "8100000000000001",
        "price": None,
    }
    rig.service.fill("x", fields, NOON)
    assert ("A kite", PaidWith.CARD, "8100000000000001") == (
        rig.order().title,
        rig.order().paid_with,
        rig.order().order_number,
    )
    with pytest.raises(UnacceptableError):
        rig.service.fill("x", {"shipped_on": date(1999, 1, 1)}, NOON)
    with pytest.raises(MissingError):
        rig.service.fill("nobody", {}, NOON)


def test_an_order_is_checked_now_once_in_ten_minutes(rig: Rig) -> None:
    """Whoever asks again is told from when on it may be."""
    rig.service.add(an_order(), NOON)
    rig.started.clear()
    rig.service.check_now("x", NOON)
    assert [["x"]] == rig.started
    with pytest.raises(TooSoonError) as refused:
        rig.service.check_now("x", NOON + CHECK_PAUSE - timedelta(seconds=1))
    assert NOON + CHECK_PAUSE == refused.value.again_at
    rig.service.check_now("x", NOON + CHECK_PAUSE)
    assert [["x"], ["x"]] == rig.started


def test_what_cannot_be_checked_is_said_to_be_so(rig: Rig) -> None:
    """No number, no watch, no order."""
    rig.service.add(an_order(tracking_number=None), NOON)
    rig.service.add(an_order("closed"), NOON)
    snapshot = rig.store.open("closed")
    assert snapshot is not None
    rig.store.keep(snapshot, replace(snapshot.entry, slot=None, state=State.CLOSED), [])
    for order_id in ("x", "closed"):
        with pytest.raises(SenselessError):
            rig.service.check_now(order_id, NOON)
    with pytest.raises(MissingError):
        rig.service.check_now("nobody", NOON)


def test_one_action_is_taken_back(rig: Rig) -> None:
    """And nothing else; the order is evaluated anew."""
    rig.service.add(an_order(), NOON)
    first = rig.act(ActionKind.SELLER_CONTACTED)
    second = rig.act(ActionKind.DISPUTE_OPENED, at=NOON + timedelta(hours=1))
    rig.service.take_back("x", first, NOON + timedelta(hours=2))
    assert [second] == [action.action_id for action in rig.order().actions]
    with pytest.raises(MissingError):
        rig.service.take_back("x", first, NOON)
    with pytest.raises(MissingError):
        rig.service.take_back("nobody", second, NOON)


def test_what_is_exported_goes_in_again_and_changes_nothing(rig: Rig) -> None:
    """Page by page, everything that was given."""
    for n in range(5):
        rig.service.add(an_order(f"{n}", title=f"Nr. {n}"), NOON)
    orders: list[Order] = []
    cursor: PageCursor | None = None
    for _ in range(10):
        page, cursor = rig.service.export(cursor, limit=2)
        orders += page
        if cursor is None:
            break
    assert ["0", "1", "2", "3", "4"] == sorted(order.order_id for order in orders)
    results = rig.service.import_orders(orders, NOON)
    assert {UNCHANGED} == {result.outcome for result in results}


def test_a_cursor_of_another_list_is_unreadable(rig: Rig) -> None:
    """Whoever made it up."""
    with pytest.raises(UnreadableError):
        rig.service.page(PageQuery(5), PageCursor("nowhere", "x"), NOON)
