"""orders.view."""

from dataclasses import dataclass
from datetime import datetime

from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Trace
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.rules.anomalies import Anomaly
from stallwatch.rules.decision import Decision
from stallwatch.tracking.trace_record import TraceRecord


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it stands, with what is known of our looking at it."""

    at: datetime
    order: Order
    trace: Trace
    state: State
    decision: Decision
    observations: tuple[Anomaly, ...]
    """What is odd about its number; in a list without what other orders have."""
    dossier: OrderSnapshot
    looked: TraceRecord
    """The trace as it is stored, with what the ledger knows of later looks."""
    turn_lengths: tuple[int, ...]
    """The lengths, in minutes, that turns have had."""
    checked_at: datetime | None
    next_check_at: datetime | None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
