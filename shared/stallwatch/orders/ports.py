"""The ports of the order service: what it reads and writes, and what it starts."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.pressing import Counts
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.orders.totals import Totals
from stallwatch.polling.registration import Credits
from stallwatch.polling.state import Progress
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.run_log import RunRecord
from stallwatch.tracking.trace_record import TraceRecord


class Sort(StrEnum):
    """In which order orders are listed."""

    NEWEST = "newest"
    """By state, and within a state the newest first."""
    URGENT = "urgent"
    """What presses most first: by severity, and within a severity the nearest deadline first."""
    DEADLINE = "deadline"
    """The nearest deadline first, whatever the severity."""


SEARCH = "search"
"""The section of a search in titles and sellers."""


@dataclass(frozen=True, slots=True)
class PageCursor:
    """Where a page of orders goes on: a section of the list and a place in it.

    The sections are the states, the severities of `orders.pressing`, `deadline` and `search`.
    """

    section: str
    place: str = ""
    """Where the last order stood in it; empty for its beginning."""

    def as_text(self) -> str:
        """The cursor as a client carries it."""
        return urlsafe_b64encode(f"{self.section}|{self.place}".encode()).decode().rstrip("=")

    @classmethod
    def of_text(cls, text: str) -> "PageCursor":
        """The reverse of `as_text`.

        Raises:
            ValueError: it is no cursor.
        """
        padded = text + "=" * (-len(text) % 4)
        section, bar, place = b64decode(padded, b"-_", validate=True).decode().partition("|")
        if not bar or not section:
            raise ValueError("not a cursor")
        return cls(section, place)


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which orders are listed, and how."""

    limit: int
    state: State | None = None
    stage: Stage | None = None
    sort: Sort = Sort.NEWEST
    q: str | None = None
    """An id, a tracking number, or part of a title, a seller or an order number. It is listed with
    the newest first."""


CHECK_PAUSE = timedelta(minutes=10)
"""How long an order waits between two checks that the buyer asks for."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of orders."""

    snapshots: tuple[OrderSnapshot, ...]
    next: PageCursor | None


class OrderStore(Protocol):
    """What the API reads and writes."""

    def create(self, order: Order) -> bool:
        """Write a new order. False where there is one with its id.

        Raises:
            ConflictError: another write was in the way.
        """

    def create_many(self, orders: Sequence[Order]) -> set[str]:
        """Write new orders, several at once; each is written whole or not at all.

        Returns:
            The ids of those that could not be written: there is one, or another write was at it.
        """

    def open(self, order_id: str) -> OrderSnapshot | None:
        """Everything of an order; None where there is no such order."""

    def sharing(self, order: Order) -> tuple[str, ...]:
        """Other orders with the same tracking number, some of them where there are many."""

    def page(self, query: PageQuery, cursor: PageCursor | None) -> Page:
        """A page of orders without their alerts. It may be short: only no next cursor ends.

        Raises:
            ValueError: the cursor is not of such a list.
        """

    def pressing_counts(self) -> Counts:
        """How many orders press, by severity."""

    def replace(
        self, snapshot: OrderSnapshot, order: Order, checked: TraceRecord | None = None
    ) -> None:
        """Write an order that was changed, and have it checked and evaluated.

        Args:
            snapshot: The order as it was read.
            order: The order as it shall be.
            checked: Its trace with what the run log knows of later looks: the order leaves its
                slot, and what follows from the runs of that would be forgotten.

        Raises:
            ConflictError: it was changed since the snapshot was read.
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

    def orders(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """Those of some orders that there are, by their ids, as the buyer gave them."""

    def claim_check(self, order_id: str, now: datetime) -> datetime | None:
        """Note that a check of an order is asked for, at most once in `CHECK_PAUSE`.

        Returns:
            None where it may be checked, else from when on it may be again.
        """

    def call_for_check(self, now: datetime) -> bool:
        """Count a call for a run of the pull. False where one is running and will heed it."""


class PollTrigger(Protocol):
    """Starts a run of the poll."""

    def __call__(self, order_ids: Sequence[str] = ()) -> None:
        """Start it, without waiting for it.

        Args:
            order_ids: What it checks, whatever is due; none: what is due.
        """
