"""One order's data, for checking and evaluating it without any table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import Alert, AlertRef
from stallwatch.domain.clock import epoch_minutes
from stallwatch.domain.orders import Order, Service
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.snapshot import Counted, OrderSnapshot, WatchEntry
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.fingerprint import is_news
from stallwatch.tracking.schedule import NEW, PollSchedule
from stallwatch.tracking.source import TrackingResult
from stallwatch.tracking.trace_record import TraceRecord, absorb

WHEEL = PollSchedule(30)
DEFAULTS = Thresholds()


class Find(Enum):
    """What a check comes to."""

    NEWS = auto()
    AGAIN = auto()
    """Nothing new, but its time has come to be looked at again."""
    NOTHING = auto()


@dataclass
class Shelf:
    """One order's data, for evaluating it without any table."""

    order: Order
    record: TraceRecord = field(init=False)
    entry: WatchEntry = field(init=False)
    alerts: list[Alert] = field(default_factory=list)
    revision: int = 1

    def __post_init__(self) -> None:
        order = self.order
        self.record = TraceRecord(order.tracking_number)
        self.entry = WatchEntry.of_new(order)

    def find(self, answer: TrackingResult, now: datetime) -> Find:
        """What a check comes to."""
        entry, minutes = self.entry, epoch_minutes(now)
        if is_news(answer, entry.fingerprint):
            return Find.NEWS
        instants = [at for at in (entry.rule_at, entry.clock_at) if at is not None]
        return Find.AGAIN if min(instants, default=minutes) <= minutes else Find.NOTHING

    def check(self, answer: TrackingResult, now: datetime) -> bool:
        """What a check writes, and the evaluation that follows. Whether there was news."""
        find = self.find(answer, now)
        if find is Find.NEWS:
            self.record = absorb(self.record, answer, "cainiao", now)
        elif find is Find.AGAIN:
            self.record = replace(self.record, answered_at=now, asked_at=now)
        if find is not Find.NOTHING:
            self.evaluate(now)
        return find is Find.NEWS

    def evaluate(self, now: datetime) -> None:
        """Apply the rules, and take the alerts as sent."""
        Evaluation(self, WHEEL, DEFAULTS).evaluate(self.order.order_id, now)

    def next_check(self, now: datetime) -> datetime:
        """When its slot has its turn next."""
        return WHEEL.next_turn(self.entry.slot or NEW, now) or now + timedelta(minutes=15)

    def snapshot(self) -> OrderSnapshot:
        """Everything of the order."""
        return OrderSnapshot(
            self.order, 1, self.record, self.entry, self.revision, tuple(self.alerts)
        )

    # What the evaluation reads and writes.

    def open(self, order_id: str) -> OrderSnapshot | None:  # noqa: ARG002
        return self.snapshot()

    def keep(
        self,
        snapshot: OrderSnapshot,  # noqa: ARG002
        entry: WatchEntry,
        alerts: Sequence[Alert],
    ) -> list[AlertRef]:
        self.entry, self.revision = entry, self.revision + 1
        self.alerts += [replace(a, sent_at=a.raised_at + timedelta(seconds=2)) for a in alerts]
        return []

    def clear(self, order_id: str) -> Counted | None:
        raise NotImplementedError

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        raise NotImplementedError

    def experience(self, service: Service, destination: str) -> DeliveryStats:  # noqa: ARG002
        return DeliveryStats()

    def sharing(self, order: Order) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def health(self, source: str) -> CircuitBreaker:
        raise NotImplementedError

    def alerts_about_sources(self) -> list[Alert]:
        raise NotImplementedError

    def keep_source_alert(self, alert: Alert) -> None:
        raise NotImplementedError
