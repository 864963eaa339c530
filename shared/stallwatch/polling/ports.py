"""The ports of the poll: what a run needs of its stores, its second source and its workers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from stallwatch.polling.state import Lease, Progress, Silence, WatchRow
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.run_log import RunRecord
from stallwatch.tracking.source import TrackingResult


class CircuitStore(Protocol):
    """Where the circuits of the sources are kept."""

    def health(self, source: str) -> CircuitBreaker:
        """The circuit of a source."""

    def save_health(self, source: str, health: CircuitBreaker) -> None:
        """Keep the circuit of a source."""


class AnswerStore(Protocol):
    """Where answers are written to the traces."""

    def add_answer(
        self, row: WatchRow, answer: TrackingResult, source: str, now: datetime, added: int
    ) -> bool:
        """Write an answer that only adds events to the one the row stands for.

        Returns:
            False where the trace is no longer what the row stands for.
        """

    def merge_answer(
        self, row: WatchRow, answer: TrackingResult, source: str, now: datetime
    ) -> bool:
        """Read the trace, merge an answer into it and write it. False where it said nothing new."""


class SilenceStore(Protocol):
    """What tells since when an order gets no answer."""

    def in_slot_since(self, order_id: str) -> datetime | None:
        """When an order came into its slot."""

    def silent_since(self, order_id: str) -> datetime | None:
        """Since when a number gets no answer, where its trace says so."""

    def silent_of(self, turn: str) -> Mapping[str, datetime]:
        """The silent orders of a turn's last run that was answered, by short name."""

    def runs(self, turn: str) -> Sequence[RunRecord]:
        """The last runs of a turn, newest first."""


class NoteStore(Protocol):
    """Where the evaluation is told to look again."""

    def touch_answered(self, row: WatchRow, now: datetime) -> None:
        """Have the evaluation look again, with a valid answer that says nothing new.

        It ends a silence that was written down.
        """

    def touch_unanswered(
        self,
        row: WatchRow,
        now: datetime,
        *,
        asked: bool,
        answered_at: datetime | None = None,
        silent: Silence | None = None,
    ) -> None:
        """Have the evaluation look again without an answer.

        Args:
            row: The order.
            now: The present instant.
            asked: Whether the source was asked about it.
            answered_at: Its last valid answer as the run log knows it, if the trace may not.
            silent: That its number gets no answer.
        """


class ReviewStore(NoteStore, Protocol):
    """What a review after an update needs."""

    @property
    def version(self) -> int:
        """The version of the stored data that this code writes."""

    def watched(
        self, start: str | None, limit: int
    ) -> tuple[Sequence[tuple[WatchRow, str]], str | None]:
        """Some orders that are not closed, the oldest first.

        Args:
            start: The place to begin with; None: the first.
            limit: How many at most.

        Returns:
            Rows that name no more than the order, each with its place; and the place that follows,
            None at the end.
        """


class PollStore(AnswerStore, ReviewStore, SilenceStore, CircuitStore, Protocol):
    """Everything that a run of the poll reads and writes."""

    def lease(self) -> Lease:
        """The lease as it stands, without taking it."""

    def take_lease(self, owner: str, until: datetime, now: datetime) -> Lease | None:
        """Take the lease; None while another run holds it."""

    def save_progress(self, owner: str, progress: Progress) -> bool:
        """Keep the progress; False where the lease is no longer the owner's."""

    def release_lease(self, owner: str, progress: Progress, wanted: int) -> int | None:
        """Give the lease back, unless a run was called for meanwhile.

        Returns:
            None when it was given back or lost, else how often a run has been called for.
        """

    def abandon_lease(self, owner: str, asked_at: datetime | None) -> None:
        """Give the lease back with the progress as it was kept last.

        Args:
            owner: Who holds it.
            asked_at: When the last request was sent, for whoever sends the next one.
        """

    def rows(self, slot: str, start: str = "") -> Iterator[WatchRow]:
        """The orders in a slot, by id, from one on."""

    def row(self, order_id: str) -> WatchRow | None:
        """One watched order, whatever its slot."""

    def save_run(self, turn: str, run: RunRecord) -> None:
        """Keep the record of a run."""

    def oldest_pending(self) -> datetime | None:
        """When the oldest of the alerts that are not sent yet was raised."""

    def wake_sending(self, now: datetime) -> None:
        """Have the evaluation send what is pending, and tell what the source's health asks for."""


class SecondSource(Protocol):
    """Asks the second source."""

    def check(self, rows: Sequence[WatchRow], *, note: bool = False) -> int:
        """Ask about some orders, about which the first source had nothing new to say.

        Args:
            rows: The orders.
            note: Whether the evaluation is about to look at all of them.

        Returns:
            How many orders' answers could not be read or written.
        """


class Workers(Protocol):
    """Other invocations, which make a run's requests for it."""

    def run(self, request_task: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have one of them make the request of a task (see `remote.encode_task`).

        Raises:
            UnavailableError: it came to no end, and nobody knows what was done.
        """
