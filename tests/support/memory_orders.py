"""What the API reads and writes, in memory."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Order, State
from stallwatch.orders.ports import Page, PageCursor, Totals
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry, listed
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.trace_record import TraceRecord, change_number
from tests.support.memory_evaluations import MemoryEvaluationStore
from tests.support.memory_table import StoredOrder

if TYPE_CHECKING:
    from stallwatch.domain.parcels import Stage


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

    def page(self, state: State | None, limit: int, place: PageCursor | None) -> Page:
        states = list(State) if state is None else [state]
        if place is not None:
            states = states[states.index(place.state) :]
        for index, at in enumerate(states):
            listed = sorted(
                (
                    (stored.entry.listed, order_id)
                    for order_id, stored in self.shelves.items()
                    if not stored.gone and stored.entry.state is at
                ),
                reverse=True,
            )
            if place is not None and place.listed and index == 0:
                listed = [pair for pair in listed if pair[0] < place.listed]
            following = PageCursor(states[index + 1]) if index + 1 < len(states) else None
            if len(listed) > limit:
                following = PageCursor(at, listed[limit - 1][0])
            if listed or following is None:
                dossiers = (self.open(order_id) for _, order_id in listed[:limit])
                return Page(
                    tuple(replace(d, alerts=()) for d in dossiers if d is not None), following
                )
        return Page((), None)

    def replace(
        self, dossier: OrderSnapshot, order: Order, looked: TraceRecord | None = None
    ) -> None:
        stored = self.shelves.get(order.order_id)
        if stored is None or stored.order is None:
            raise ConflictError(order.order_id)
        if (stored.version, stored.incarnation) != (dossier.version, order.incarnation):
            raise ConflictError(order.order_id)
        if order.tracking_number != dossier.order.tracking_number:
            if stored.record.fingerprint != dossier.trace.fingerprint:
                raise ConflictError(order.order_id)
            stored.record = change_number(stored.record, order.tracking_number)
        elif looked is not None and looked != dossier.trace:
            if stored.record.answered_at != dossier.trace.answered_at:
                raise ConflictError(order.order_id)
            stored.record = replace(
                stored.record, answered_at=looked.answered_at, silent_since=looked.silent_since
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
