"""What the fakes of the stores share: one table in memory."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from stallwatch.alerting.ports import Batch
from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.orders import Order, Service
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.money import MoneyStatus, Sum
from stallwatch.orders.snapshot import Counted, WatchEntry
from stallwatch.polling.registration import Credits
from stallwatch.polling.state import Progress
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.run_log import RunRecord
from stallwatch.tracking.trace_record import TraceRecord
from tests.support.builders import NOON


@dataclass
class StoredOrder:
    """What stands in the table of one order."""

    incarnation: str
    order: Order | None
    version: int
    record: TraceRecord
    entry: WatchEntry
    revision: int = 1
    gone: bool = False


@dataclass
class StoredAlert:
    alert: Alert
    incarnation: str
    pending: bool = True


@dataclass
class MemoryTable:
    """What stands in the table, as every fake over it sees it."""

    shelves: dict[str, StoredOrder] = field(default_factory=dict)
    kept: dict[tuple[str, str], StoredAlert] = field(default_factory=dict)
    """By order and key; the empty order is the sources'."""
    journal: list[str] = field(default_factory=list)
    """The writes, by name, in their order."""
    stream: list[str] = field(default_factory=list)
    """The orders whose writes wake the evaluation; the empty one stands for the stack."""
    healths: dict[str, CircuitBreaker] = field(default_factory=dict)
    credit_books: dict[str, Credits] = field(default_factory=dict)
    run_records: dict[str, dict[datetime, RunRecord]] = field(default_factory=dict)
    counted: Counter[Counted] = field(default_factory=Counter)
    money: dict[tuple[str, MoneyStatus], Sum] = field(default_factory=dict)
    experiences: dict[tuple[Service, str], DeliveryStats] = field(default_factory=dict)
    sent: Counter[AlertKind] = field(default_factory=Counter)
    progress_kept: Progress = field(default_factory=Progress)
    pull_owner: str | None = None
    pull_ends: datetime = NOON
    wanted: int = 0
    served: int = 0
    send_owner: str | None = None
    send_ends: datetime = NOON
    send_wanted: int = 0
    open_batch: Batch | None = None
    published_at: datetime | None = None
    languages: tuple[str, ...] = ()
    page_keys: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """Where the orders of the pages so far stood in their lists."""
    checks_claimed: dict[str, datetime] = field(default_factory=dict)

    def write(self, name: str, wakes: str | None = None) -> None:
        self.journal.append(name)
        if wakes is not None:
            self.stream.append(wakes)
