"""Add, look up, change and forget orders, and take down what the buyer says of them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from secrets import token_hex

from stallwatch.domain import actions, validation
from stallwatch.domain.errors import (
    ConflictError,
    ExistsError,
    MissingError,
    SenselessError,
    TooSoonError,
    UnreadableError,
)
from stallwatch.domain.orders import Action, Order
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.conflicts import retry_on_conflict
from stallwatch.orders.importing import ADDED, FILLED, ImportResult, OrderImport, fill_order
from stallwatch.orders.ports import OrderStore, Page, PageCursor, PageQuery, PollTrigger
from stallwatch.orders.pressing import Counts
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry
from stallwatch.orders.view import OrderView, OrderViewer
from stallwatch.rules.decision import Decision
from stallwatch.tracking.schedule import PollSchedule
from stallwatch.tracking.trace_record import TraceRecord

_log = logging.getLogger(__name__)


_TRIES = 5


IMPORT_WORKERS = 2
"""How many requests of an import are under way at once: DynamoDB Local makes more wait in vain."""


_NOT_GIVEN = frozenset({"created_at", "incarnation", "number_changed_at", "actions"})
"""What is in an order that the buyer does not give with it."""


Rewrite = Callable[[Order, Decision], Order]
"""Makes another order of one, given what it means now."""


@dataclass(frozen=True, slots=True)
class OrderService:
    """The order service: handles what the buyer asks of the orders.

    Args:
        store: The orders.
        start_poll: Starts a run of the poll.
        schedule: The slots.
        thresholds: The numbers of the rules.
        second_source: Whether a second source is configured.
        import_workers: How many requests of an import are under way at once.
    """

    store: OrderStore
    start_poll: PollTrigger
    schedule: PollSchedule
    thresholds: Thresholds
    second_source: bool = False
    import_workers: int = IMPORT_WORKERS

    @property
    def _viewer(self) -> OrderViewer:
        return OrderViewer(self.store, self.schedule, self.thresholds, self.second_source)

    def add(self, order: Order, now: datetime) -> tuple[OrderView, bool]:
        """Add an order and have it checked at once.

        Returns:
            The order as it stands, and whether it is new.

        Raises:
            ExistsError: there is another one with its id.
            UnacceptableError: it makes no sense.
        """
        validation.check(order, now)
        order = replace(order, created_at=now, incarnation=token_hex(4))
        for _ in range(_TRIES):
            if retry_on_conflict(lambda: self.store.create(order)):
                _log.info("order added", extra={"order_id": order.order_id})
                self._call_for_check(now)
                return self._added(order, now), True
            try:
                existing = self.get(order.order_id, now)
            except MissingError:
                # It was forgotten in between, so there is room for this one.
                continue
            if not _is_same(order, existing.order):
                raise ExistsError(order.order_id)
            return existing, False
        raise ConflictError(order.order_id)

    def _added(self, order: Order, now: datetime) -> OrderView:
        """An order that was just added; as it was added where it is forgotten by now."""
        try:
            return self.get(order.order_id, now)
        except MissingError:
            record = TraceRecord(number=order.tracking_number)
            snapshot = OrderSnapshot(order, 1, record, WatchEntry.of_new(order), 1, ())
            return self._viewer.view(snapshot, self.store.progress(), now)

    def read_many(self, order_ids: Sequence[str]) -> Mapping[str, Order]:
        """Those of many orders that there are, by their ids, as the buyer gave them."""
        return OrderImport(self.store, self.import_workers).read(order_ids)

    def import_orders(
        self,
        orders: Sequence[Order],
        now: datetime,
        *,
        known: Mapping[str, Order | None] | None = None,
        dry_run: bool = False,
    ) -> Sequence[ImportResult]:
        """Add many orders at once; those that there are get what they lack, and no more.

        Args:
            orders: The orders as given; one id may come several times.
            now: The present instant.
            known: Orders that were read a moment ago, None for one that there is not.
            dry_run: Whether nothing is written.

        Returns:
            What became of each of them, in their order.
        """
        importing = OrderImport(self.store, self.import_workers)
        results = importing.run(orders, now, known=known, dry_run=dry_run)
        changed = sum(result.outcome in {ADDED, FILLED} for result in results)
        if changed and not dry_run:
            _log.info("orders imported", extra={"orders": changed})
            self._call_for_check(now)
        return results

    def fill(self, order_id: str, fields: Mapping[str, object], now: datetime) -> OrderView:
        """Give an order what it lacks. What the buyer gave is never overwritten.

        Args:
            order_id: The order.
            fields: Fields of `Order` with their values.
            now: The present instant.

        Raises:
            MissingError: there is no such order.
            UnacceptableError: the order makes no sense with them.
        """

        def filled(order: Order, _: Decision) -> Order:
            wanted = fill_order(order, fields)
            validation.check(wanted, now)
            return actions.change(order, wanted, now)

        return self._rewrite(order_id, filled, now)

    def check_now(self, order_id: str, now: datetime) -> None:
        """Have an order checked now, whatever its slot.

        Raises:
            MissingError: there is no such order.
            SenselessError: it has no tracking number, or its watch is over.
            TooSoonError: that was asked for within the last ten minutes.
        """
        snapshot = self._open(order_id)
        if snapshot.order.tracking_number is None:
            raise SenselessError("The order has no tracking number to ask about.")
        if snapshot.entry.slot is None:
            raise SenselessError("The order is closed. Reopen it first.")
        again_at = self.store.claim_check(order_id, now)
        if again_at is not None:
            raise TooSoonError(again_at)
        self.start_poll([order_id])

    def get(self, order_id: str, now: datetime) -> OrderView:
        """An order as it stands.

        Raises:
            MissingError: there is none.
        """
        return self._viewer.view(self._open(order_id), self.store.progress(), now, alone=True)

    def page(
        self, query: PageQuery, cursor: PageCursor | None, now: datetime
    ) -> tuple[Sequence[OrderView], PageCursor | None]:
        """A page of orders, and where the list goes on; it may be short.

        Raises:
            UnreadableError: the cursor is not of such a list.
        """
        page = self._read_page(query, cursor)
        progress = self.store.progress()
        viewer = self._viewer
        return [viewer.listed_view(s, progress, now) for s in page.snapshots], page.next

    def export(
        self, cursor: PageCursor | None, limit: int = 200
    ) -> tuple[Sequence[Order], PageCursor | None]:
        """A page of all orders as they were given, with the buyer's actions.

        Raises:
            UnreadableError: the cursor is not of such a list.
        """
        page = self._read_page(PageQuery(limit), cursor)
        return [snapshot.order for snapshot in page.snapshots], page.next

    def pressing_counts(self) -> Counts:
        """How many orders press, by severity (`orders.pressing.BY_URGENCY`)."""
        return self.store.pressing_counts()

    def _read_page(self, query: PageQuery, cursor: PageCursor | None) -> Page:
        try:
            return self.store.page(query, cursor)
        except ValueError as error:
            raise UnreadableError("This cursor belongs to another list.") from error

    def change(self, order_id: str, changes: Mapping[str, object], now: datetime) -> OrderView:
        """Change what the buyer gave of an order.

        Args:
            order_id: The order.
            changes: Fields of `Order` with their new values.
            now: The present instant.

        Raises:
            MissingError: there is no such order.
            UnacceptableError: the order makes no sense with the changes.
        """

        def changed(order: Order, _: Decision) -> Order:
            wanted: Order = replace(order, **changes)  # type: ignore[arg-type]
            validation.check(wanted, now)
            return actions.change(order, wanted, now)

        return self._rewrite(order_id, changed, now)

    def act(self, order_id: str, action: Action, now: datetime) -> OrderView:
        """Take down an action of the buyer's.

        Raises:
            MissingError: there is no such order.
            SenselessError: it makes no sense now.
        """

        def acted(order: Order, decision: Decision) -> Order:
            recorded = replace(action, at=now, episode=decision.journey.episode)
            return actions.act(order, recorded, decision.state)

        return self._rewrite(order_id, acted, now)

    def take_back(self, order_id: str, action_id: str, now: datetime) -> OrderView:
        """Take one of the buyer's actions back, and nothing else.

        Raises:
            MissingError: there is no such order, or it has no such action.
        """
        return self._rewrite(order_id, lambda order, _: actions.take_back(order, action_id), now)

    def forget(self, order_id: str) -> None:
        """Forget an order.

        Raises:
            MissingError: there is none.
        """
        if not retry_on_conflict(lambda: self.store.forget(order_id)):
            raise MissingError(order_id)
        _log.info("order forgotten", extra={"order_id": order_id})

    def _rewrite(self, order_id: str, rewrite: Rewrite, now: datetime) -> OrderView:
        for _ in range(_TRIES):
            snapshot = self._open(order_id)
            shown = self._viewer.view(snapshot, self.store.progress(), now)
            order = rewrite(snapshot.order, shown.decision)
            if order == snapshot.order:
                return shown
            try:
                self.store.replace(snapshot, order, shown.checked)
            except ConflictError:
                continue
            _log.info("order changed", extra={"order_id": order_id})
            if order.tracking_number != snapshot.order.tracking_number:
                self._call_for_check(now)
            return self.get(order_id, now)
        raise ConflictError(order_id)

    def _open(self, order_id: str) -> OrderSnapshot:
        snapshot = self.store.open(order_id)
        if snapshot is None:
            raise MissingError(order_id)
        return snapshot

    def _call_for_check(self, now: datetime) -> None:
        if self.store.call_for_check(now):
            self.start_poll()


def _is_same(one: Order, other: Order) -> bool:
    """Whether the buyer gave the same of both."""
    given = {f.name for f in fields(Order)} - _NOT_GIVEN
    return all(getattr(one, name) == getattr(other, name) for name in given)
