"""orders.ports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Order, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.money import Sums
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.polling.registration import Credits
from stallwatch.polling.state import Progress
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.run_log import RunRecord
from stallwatch.tracking.trace_record import TraceRecord


@dataclass(frozen=True, slots=True)
class PageCursor:
    """Where a page of orders goes on: a state and a place in its list."""

    state: State
    listed: str = ""
    """Where the last order stood in it; empty for its beginning."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of orders."""

    dossiers: tuple[OrderSnapshot, ...]
    next: PageCursor | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all orders."""

    states: Mapping[State, int]
    stages: Mapping[Stage, int]
    """Of the orders that are not closed."""
    alerts: Mapping[AlertKind, int]
    """Sent so far."""
    money: Sums
    experiences: Mapping[tuple[Service, str], DeliveryStats]
    """By service and destination."""


class OrderStore(Protocol):
    """What the API reads and writes."""

    def create(self, order: Order) -> bool:
        """Write a new order. False where there is one with its id.

        Raises:
            ConflictError: another write was in the way.
        """

    def open(self, order_id: str) -> OrderSnapshot | None:
        """Everything of an order; None where there is no such order."""

    def sharing(self, order: Order) -> tuple[str, ...]:
        """Other orders with the same tracking number, some of them where there are many."""

    def page(self, state: State | None, limit: int, place: PageCursor | None) -> Page:
        """A page of orders, the newest of each state first."""

    def replace(
        self, dossier: OrderSnapshot, order: Order, looked: TraceRecord | None = None
    ) -> None:
        """Write an order that was changed, and have it checked and evaluated.

        Args:
            dossier: The order as it was read.
            order: The order as it shall be.
            looked: Its trace with what the ledger knows of later looks: the order leaves its
                slot, and what follows from the runs of that would be forgotten.

        Raises:
            ConflictError: it was changed since the dossier was read.
        """

    def forget(self, order_id: str) -> bool:
        """Remove an order; what is left of it is cleared away later. False where there is none.

        Raises:
            ConflictError: another write was in the way.
        """

    def progress(self) -> Progress:
        """What the pull has left."""

    def runs(self, turn: str) -> Sequence[RunRecord]:
        """The last runs of a turn, newest first."""

    def health(self, source: str) -> CircuitBreaker:
        """The health of a source."""

    def credits(self, source: str) -> Credits:
        """The credits of a source that takes some."""

    def totals(self) -> Totals:
        """The counts over all orders."""

    def call_for_check(self, now: datetime) -> bool:
        """Count a call for a run of the pull. False where one is running and will heed it."""


class PollTrigger(Protocol):
    """Starts a run of the pull."""

    def __call__(self) -> None:
        """Start it, without waiting for it."""
