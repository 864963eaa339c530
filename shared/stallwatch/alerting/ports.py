"""alerting.ports."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from stallwatch.domain.alerts import Alert, AlertKind, AlertRef, Notification
from stallwatch.domain.orders import Order, Service
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.snapshot import Counted, OrderSnapshot, WatchEntry
from stallwatch.tracking.circuit_breaker import CircuitBreaker


class EvaluationStore(Protocol):
    """What the evaluation reads and writes."""

    def open(self, order_id: str) -> OrderSnapshot | None:
        """Everything of an order; None where there is no such order."""

    def keep(
        self, snapshot: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        """Write an order's new entry and the alerts raised about it, all or nothing.

        The totals of the money and of the delivery days change with it.

        Returns:
            The alerts as the sending names them.

        Raises:
            ConflictError: the entry was written since the snapshot was read.
        """

    def experience(self, service: Service, destination: str) -> DeliveryStats:
        """What the own parcels of a service to a destination have shown."""

    def clear(self, order_id: str) -> Counted | None:
        """Delete what is left of an order that is no longer there, and its price from the totals.

        Returns:
            As what it was counted.
        """

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        """Add to the counts over all orders."""

    def sharing(self, order: Order) -> tuple[str, ...]:
        """Other orders with the same tracking number, some of them where there are many."""

    def health(self, source: str) -> CircuitBreaker:
        """The health of a source."""

    def alerts_about_sources(self) -> list[Alert]:
        """The alerts about sources so far."""

    def keep_source_alert(self, alert: Alert) -> None:
        """Write an alert about a source, unless it is there."""


class Outcome(Enum):
    """What became of a message."""

    SENT = auto()
    REFUSED = auto()
    """It was not accepted, and never will be as it is."""
    NOT_NOW = auto()
    """It was not accepted: too many messages, no permission; later it may be."""
    UNKNOWN = auto()
    """It may have been sent or not."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The alerts of one message, as the lease logs them."""

    id: str
    kind: AlertKind
    raised_at: datetime
    members: tuple[AlertRef, ...]
    languages: tuple[str, ...] = ()
    """The other languages that it goes out in, after the stack's."""
    languages_sent: int = 0
    """In how many languages it went out."""
    sent: bool = False
    attempts: int = 0
    """How often its outcome was not known."""
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SendLease:
    """The lease of the sending as it was read."""

    batch: Batch | None
    wanted: int
    """How often a sending was called for."""
    published_at: datetime | None
    """When the last message went out."""


@dataclass(frozen=True, slots=True)
class OrderRead:
    """An order, and which of its versions it is."""

    order: Order
    version: int


class Outbox(Protocol):
    """The pending alerts and the lease."""

    def take_lease(self, owner: str, until: datetime, now: datetime) -> SendLease | None:
        """Take the lease; None while another holds it, which is then called to look again."""

    def release_lease(self, owner: str, wanted: int, *, keep_batch: Batch | None) -> int | None:
        """Give the lease back, unless a sending was called for meanwhile.

        Returns:
            None when it was given back or lost, else how often a sending has been called for.
        """

    def abandon_lease(self, owner: str) -> None:
        """Give the lease back with the open batch as it was logged, for the next run to settle."""

    def log_batch(self, owner: str, batch: Batch) -> bool:
        """Write the open batch into the lease. False where the lease is no longer the owner's."""

    def log_sent(self, owner: str, batch: Batch, now: datetime) -> bool:
        """Mark the open batch as sent, in one write. False where the lease was lost."""

    def has_first_checks(self, evaluated: Collection[str]) -> bool:
        """Whether orders other than those just evaluated wait for their first check."""

    def languages(self) -> tuple[str, ...]:
        """The languages, other than the stack's, that subscribers want."""

    def pending(self) -> list[AlertRef]:
        """The alerts that are not sent, oldest first, as the index shows them: some hundred."""

    def alerts(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, Alert]:
        """Those that are still pending, and raised when they are said to be; consistently."""

    def orders(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, OrderRead]:
        """The orders that alerts are about, where they still are; consistently."""

    def mark_sent(self, members: Iterable[AlertRef], batch_id: str, now: datetime) -> None:
        """Mark alerts as sent, where they were raised when they are said to be."""

    def drop(self, member: AlertRef, read: OrderRead | None) -> bool:
        """Delete a pending alert, together with a check that its order is still as read.

        Returns:
            False where the order changed, so that one must look again.
        """

    def set_aside(self, member: AlertRef) -> None:
        """Take an alert that was refused for good out of the pending ones, unsent."""


class ComposedMessage(Protocol):
    """A message in every form in which it is published."""

    @property
    def kind(self) -> str:
        """The kind of its alerts."""

    @property
    def severity(self) -> str:
        """How much it asks of its reader."""

    @property
    def subject(self) -> str:
        """Of the e-mail: printable ASCII, at most 100 characters."""

    @property
    def email(self) -> str:
        """The plain text of the e-mail."""

    @property
    def sms(self) -> str:
        """One segment of GSM-7."""

    @property
    def default(self) -> str:
        """JSON for machines."""


class Publisher(Protocol):
    """Publishes composed messages on the topics."""

    def publish(self, message: ComposedMessage, language: str | None) -> Outcome:
        """Publish one message, once, without trying again. Never raises for what the topic does.

        Args:
            message: The message.
            language: None for the stack's.
        """


class Notifier(Protocol):
    """Composes and publishes messages."""

    def publish(self, notification: Notification, language: str | None) -> Outcome:
        """Publish one message, once, without trying again. Never raises for what SNS does.

        Args:
            notification: The alerts of the message, with their orders.
            language: None for the stack's.
        """
