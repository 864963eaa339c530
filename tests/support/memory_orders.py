"""What the API reads and writes, in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Order, State
from stallwatch.orders.ports import CHECK_PAUSE, Page, PageCursor, PageQuery, Sort
from stallwatch.orders.pressing import BY_URGENCY, CALM, Counts
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry, listed
from stallwatch.orders.totals import Totals
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.trace_record import TraceRecord, change_number
from tests.support.memory_evaluations import MemoryEvaluationStore
from tests.support.memory_table import StoredOrder

if TYPE_CHECKING:
    from stallwatch.domain.parcels import Stage


_SECTIONS = {*(state.value for state in State), *BY_URGENCY, "deadline", "search"}


@dataclass
class MemoryOrderStore(MemoryEvaluationStore):
    """The orders as the buyer gives them."""

    def create(self, order: Order) -> bool:
        stored = self.shelves.get(order.order_id)
        if stored is not None and stored.order is not None:
            return False
        if stored is not None and stored.entry.stage is not None:
            self.counted[stored.entry.state, stored.entry.stage] -= 1
            self._add_money(stored.entry.stake, None)
        entry = WatchEntry.of_new(order)
        record = TraceRecord(order.tracking_number)
        self.shelves[order.order_id] = StoredOrder(order.incarnation, order, 1, record, entry)
        self.write("create", order.order_id)
        return True

    def create_many(self, orders: Sequence[Order]) -> set[str]:
        failed = set()
        for order in orders:
            try:
                if not self.create(order):
                    failed.add(order.order_id)
            except ConflictError:
                failed.add(order.order_id)
        return failed

    def page(self, query: PageQuery, cursor: PageCursor | None) -> Page:
        if cursor is not None and cursor.section not in _SECTIONS:
            raise ValueError(cursor.section)
        rows = self._rows(query)
        if cursor is not None:
            after = self.page_keys[cursor.place]
            rows = [(place, order_id) for place, order_id in rows if place > after]
        # A page ends with its section.
        shown = [row for row in rows[: query.limit] if row[0][0] == rows[0][0][0]]
        self.page_keys |= {order_id: place for place, order_id in shown}
        snapshots = (self.open(order_id) for _, order_id in shown)
        following = PageCursor(State.WATCHING, shown[-1][1]) if len(rows) > len(shown) else None
        return Page(tuple(replace(s, alerts=()) for s in snapshots if s is not None), following)

    def _rows(self, query: PageQuery) -> list[tuple[tuple[object, ...], str]]:
        """A whole list: the ids of its orders, each with its place."""
        wanted = (query.q or "").casefold()
        sort = Sort.NEWEST if query.q else query.sort
        rows = []
        for order_id, shelf in self.shelves.items():
            entry = shelf.entry
            if (
                shelf.order is not None
                and query.state in {None, entry.state}
                and query.stage in {None, entry.stage}
                and wanted in _texts(shelf.order)
            ):
                newest = tuple(-ord(char) for char in entry.listed)
                section, deadline = _section(order_id, entry, sort)
                place = (section, deadline, newest)
                rows.append((place, order_id))
        return sorted(rows)

    def pressing_counts(self) -> Counts:
        counts = Counter(
            shelf.entry.pressing.severity
            for shelf in self.shelves.values()
            if shelf.entry.pressing is not None and not shelf.gone
        )
        return {severity: counts[severity] for severity in BY_URGENCY if severity != CALM}

    def orders(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        shelves = {order_id: self.shelves.get(order_id) for order_id in order_ids}
        return {
            order_id: shelf.order
            for order_id, shelf in shelves.items()
            if shelf is not None and shelf.order is not None
        }

    def claim_check(self, order_id: str, now: datetime) -> datetime | None:
        again_at = self.checks_claimed.get(order_id, now - CHECK_PAUSE) + CHECK_PAUSE
        if again_at > now:
            return again_at
        self.checks_claimed[order_id] = now
        return None

    def replace(
        self, snapshot: OrderSnapshot, order: Order, checked: TraceRecord | None = None
    ) -> None:
        stored = self.shelves.get(order.order_id)
        if stored is None or stored.order is None:
            raise ConflictError(order.order_id)
        if (stored.version, stored.incarnation) != (snapshot.version, order.incarnation):
            raise ConflictError(order.order_id)
        if order.tracking_number != snapshot.order.tracking_number:
            if stored.record.fingerprint != snapshot.trace.fingerprint:
                raise ConflictError(order.order_id)
            stored.record = change_number(stored.record, order.tracking_number)
        elif checked is not None and checked != snapshot.trace:
            if stored.record.answered_at != snapshot.trace.answered_at:
                raise ConflictError(order.order_id)
            stored.record = replace(
                stored.record, answered_at=checked.answered_at, silent_since=checked.silent_since
            )
        stored.order, stored.version = order, stored.version + 1
        stored.entry = replace(
            stored.entry,
            order_version=stored.version,
            slot=NEW,
            number=order.tracking_number,
            fingerprint=None,
            rule_at=None,
            clock_at=None,
            second_at=None,
            listed=listed(order),
        )
        stored.revision += 1
        self.write("replace", order.order_id)

    def forget(self, order_id: str) -> bool:
        stored = self.shelves.get(order_id)
        if stored is None or stored.order is None:
            return False
        stored.order, stored.gone, stored.revision = None, True, stored.revision + 1
        stored.entry = replace(
            stored.entry,
            slot=NEW,
            number=None,
            fingerprint=None,
            rule_at=None,
            clock_at=None,
            second_at=None,
            pressing=None,
        )
        self.write("forget", order_id)
        return True

    def totals(self) -> Totals:
        states: Counter[State] = Counter()
        stages: Counter[Stage] = Counter()
        for (state, stage), number in self.counted.items():
            states[state] += number
            if state is not State.CLOSED:
                stages[stage] += number
        return Totals(
            states,
            stages,
            {kind: self.sent[kind] for kind in AlertKind},
            {place: total for place, total in self.money.items() if total.count},
            dict(self.experiences),
        )

    def call_for_check(self, now: datetime) -> bool:
        self.write("call_for_check")
        self.wanted += 1
        return self.pull_owner is None or self.pull_ends <= now


def _texts(order: Order) -> str:
    texts = (order.order_id, order.tracking_number, order.title, order.seller, order.order_number)
    return "\n".join(text for text in texts if text).casefold()


def _section(order_id: str, entry: WatchEntry, sort: Sort) -> tuple[int, str]:
    """In which section of a list an order stands, and where by its deadline."""
    if sort is Sort.NEWEST or entry.pressing is None:
        return len(BY_URGENCY) + list(State).index(entry.state), ""
    rank = BY_URGENCY.index(entry.pressing.severity) if sort is Sort.URGENT else 0
    return rank, entry.pressing.place(order_id)
