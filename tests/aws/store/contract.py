"""The ports over one table, whatever it keeps things in, and what their tests begin with."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from stallwatch.alerting.ports import EvaluationStore, Outbox
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Stage
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.outbox import DynamoOutbox
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.table import Table
from stallwatch.orders.ports import OrderStore
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.polling.ports import PollStore
from stallwatch.polling.registration import CreditStore
from stallwatch.polling.second_source import SecondWatch
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.fingerprint import added_to
from stallwatch.tracking.source import TrackingResult
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)

HOUR = timedelta(hours=1)

MINUTE = timedelta(minutes=1)

SHARING = 5

"""How many other orders with one number are named."""


@dataclass
class Store:
    """The ports over one table."""

    watch: PollStore
    files: EvaluationStore
    outbox: Outbox
    book: OrderStore
    second: SecondWatch
    credits: CreditStore

    # What the tests begin with.

    def add(self, order_id: str = "x", **given: object) -> OrderSnapshot:
        assert self.book.create(an_order(order_id, **given))
        return self.snapshot(order_id)

    def snapshot(self, order_id: str = "x") -> OrderSnapshot:
        snapshot = self.files.open(order_id)
        assert snapshot is not None
        return snapshot

    def row(self, order_id: str = "x") -> WatchRow:
        row = self.watch.row(order_id)
        assert row is not None
        return row

    def settle(
        self, order_id: str = "x", slot: str | None = "12h0430", **given: Any
    ) -> OrderSnapshot:
        """Evaluate an order: it has seen what the trace holds."""
        snapshot = self.snapshot(order_id)
        entry = replace(
            snapshot.entry,
            slot=slot,
            number=snapshot.order.tracking_number if slot else None,
            fingerprint=snapshot.trace.seen_fingerprint,
            stage=Stage.UNKNOWN,
            clock_at=30_000_000,
            **given,
        )
        self.files.keep(snapshot, entry, [])
        return self.snapshot(order_id)

    def raise_alert(
        self,
        order_id: str = "x",
        kind: AlertKind = AlertKind.STALLED,
        at: datetime = NOON,
        about: str = "",
    ) -> AlertRef:
        snapshot = self.snapshot(order_id)
        alert = Alert(kind, at, about=about, number=NUMBER, facts={"silent_days": 12})
        (pending,) = self.files.keep(snapshot, snapshot.entry, [alert])
        return pending

    def answer(self, answer: TrackingResult, now: datetime = NOON, order_id: str = "x") -> bool:
        """Write an answer as the pull does; whether it could be written blindly."""
        row = self.row(order_id)
        added = added_to(answer, row.fingerprint)
        return added is not None and self.watch.add_answer(row, answer, "cainiao", now, added)


def over(table: Table) -> Store:
    return Store(
        watch=DynamoPollStore(table),
        files=DynamoEvaluationStore(table),
        outbox=DynamoOutbox(table),
        book=DynamoOrderStore(table),
        second=DynamoPollStore(table),
        credits=DynamoPollStore(table),
    )


def event(days_ago: float, code: str = "LH_DEPART", text: str = "") -> Any:
    return an_event(NOON - days_ago * DAY, code, text)


EMPTY = TrackingResult(NUMBER, known=False)

DEPARTED = an_answer(NUMBER, event(3))

ARRIVED = an_answer(NUMBER, event(3), event(1, "LH_ARRIVE"))


def create(store: Store, order: Order) -> bool:
    """Create an order, as insistently as the desk does."""
    for _ in range(3):
        try:
            return store.book.create(order)
        except ConflictError:
            continue
    raise AssertionError("it is refused again and again")
