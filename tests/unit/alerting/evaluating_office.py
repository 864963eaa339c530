"""A store with orders and answers, and what evaluates them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Order
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.snapshot import WatchEntry
from stallwatch.tracking.schedule import PollSchedule
from tests.support.builders import NOON, NUMBER, an_answer, an_event
from tests.support.memory_store import MemoryStore

DAY = timedelta(days=1)


@dataclass
class Office:
    """A store, and what evaluates its orders."""

    store: MemoryStore = field(default_factory=MemoryStore)
    evaluation: Evaluation = field(init=False)

    def __post_init__(self) -> None:
        self.evaluation = Evaluation(self.store, PollSchedule(), Thresholds())

    def add(self, order: Order, *codes: str, days_ago: float = 1, at: datetime = NOON) -> None:
        """An order, and where codes are given, an answer with them."""
        self.store.create(order)
        if codes:
            self.see(order.order_id, *codes, days_ago=days_ago, at=at)

    def see(self, order_id: str, *codes: str, days_ago: float = 1, at: datetime = NOON) -> None:
        row = self.store.row(order_id)
        assert row is not None
        events = [
            an_event(at - days_ago * DAY - timedelta(hours=len(codes) - n), code)
            for n, code in enumerate(codes, start=1)
        ]
        self.store.merge_answer(row, an_answer(NUMBER, *events), "cainiao", at)

    def evaluate(self, order_id: str = "x", now: datetime = NOON) -> list[AlertKind]:
        self.store.journal.clear()
        return [p.kind for p in self.evaluation.evaluate(order_id, now)]

    def entry(self, order_id: str = "x") -> WatchEntry:
        return self.store.shelves[order_id].entry
