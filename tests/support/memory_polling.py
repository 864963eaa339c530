"""What a run of the poll reads and writes, in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stallwatch.domain.orders import State
from stallwatch.polling.registration import Attempt
from stallwatch.polling.state import Lease, Progress, Silence, WatchRow
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.fingerprint import fingerprint
from stallwatch.tracking.source import (
    Quota,
    TrackingResult,
)
from stallwatch.tracking.trace_codec import pack_answer
from stallwatch.tracking.trace_record import FirstSeenRun, SecondRecord, absorb
from tests.support.memory_run_log import MemoryRunLog


@dataclass
class MemoryPollStore(MemoryRunLog):
    """The lease, the watch, the traces and the sources."""

    # The lease.

    def lease(self) -> Lease:
        return Lease(self.progress_kept, self.wanted, self.served)

    def take_lease(self, owner: str, until: datetime, now: datetime) -> Lease | None:
        if self.pull_owner not in {None, owner} and self.pull_ends >= now:
            return None
        self.pull_owner, self.pull_ends = owner, until
        self.write("take_lease")
        return self.lease()

    def save_progress(self, owner: str, progress: Progress) -> bool:
        if self.pull_owner != owner:
            return False
        self.write("save_progress")
        self.progress_kept = progress
        return True

    def release_lease(self, owner: str, progress: Progress, wanted: int) -> int | None:
        if self.pull_owner != owner:
            return None
        if self.wanted != wanted:
            return self.wanted
        self.write("release_lease")
        self.pull_owner, self.progress_kept, self.served = None, progress, wanted
        return None

    def abandon_lease(self, owner: str, asked_at: datetime | None) -> None:
        if self.pull_owner == owner:
            if asked_at is not None:
                self.progress_kept = replace(self.progress_kept, asked_at=asked_at)
            self.write("abandon_lease")
            self.pull_owner = None
            if asked_at is not None:
                self.progress_kept = replace(self.progress_kept, asked_at=asked_at)

    # The sources.

    def save_health(self, source: str, health: CircuitBreaker) -> None:
        self.write("save_health")
        self.healths[source] = health

    def begin_attempt(self, source: str, attempt: Attempt) -> bool:
        book = self.credits(source)
        if book.attempt is not None and book.attempt.token != attempt.token:
            return False
        self.write("begin_attempt")
        self.credit_books[source] = replace(book, attempt=attempt)
        return True

    def settle_attempt(self, source: str, token: str, spent: int) -> None:
        book = self.credits(source)
        if book.attempt is not None and book.attempt.token == token:
            self.write("settle_attempt")
            self.credit_books[source] = replace(book, spent=book.spent + spent, attempt=None)

    def save_quota(self, source: str, quota: Quota | None, now: datetime) -> None:
        self.write("save_quota")
        book = self.credits(source)
        self.credit_books[source] = replace(book, quota=quota or book.quota, quota_at=now)

    # The watch.

    def rows(self, slot: str, start: str = "") -> Iterator[WatchRow]:
        for order_id in sorted(self.shelves):
            if order_id >= start and self.shelves[order_id].entry.slot == slot:
                yield self._row(order_id)

    def row(self, order_id: str) -> WatchRow | None:
        stored = self.shelves.get(order_id)
        return None if stored is None or stored.entry.slot is None else self._row(order_id)

    def _row(self, order_id: str) -> WatchRow:
        stored = self.shelves[order_id]
        entry = stored.entry
        return WatchRow(
            order_id,
            entry.slot or "",
            entry.number,
            entry.fingerprint,
            entry.rule_at,
            entry.clock_at,
            stored.gone,
            entry.second_at,
        )

    @property
    def version(self) -> int:
        return 1

    def watched(
        self, start: str | None, limit: int
    ) -> tuple[Sequence[tuple[WatchRow, str]], str | None]:
        states = [State.WATCHING, State.DELIVERED]
        orders = (
            (f"{states.index(stored.entry.state)}|{stored.entry.listed}", order_id)
            for order_id, stored in self.shelves.items()
            if stored.entry.state in states
        )
        found = [
            (WatchRow(order_id, "", None, None, None, None), place)
            for place, order_id in sorted(orders)
            if start is None or place >= start
        ]
        return found[:limit], found[limit][1] if len(found) > limit else None

    def in_slot_since(self, order_id: str) -> datetime | None:
        stored = self.shelves.get(order_id)
        return None if stored is None else stored.entry.in_slot_since

    # The traces.

    def add_answer(
        self, row: WatchRow, answer: TrackingResult, source: str, now: datetime, added: int
    ) -> bool:
        stored = self.shelves.get(row.order_id)
        if stored is None or stored.record.number != row.number:
            return False
        if stored.record.fingerprint != row.fingerprint:
            return False
        seen = () if row.fingerprint is None else stored.record.seen
        if added:
            seen = (*seen, FirstSeenRun(now, added))
        stored.record = replace(
            stored.record,
            events=pack_answer(answer, source),
            seen=seen,
            fingerprint=fingerprint(answer),
            answered_at=now,
            asked_at=now,
            silent_since=None,
            unanswered=False,
        )
        self.write("add_answer", row.order_id)
        return True

    def merge_answer(
        self, row: WatchRow, answer: TrackingResult, source: str, now: datetime
    ) -> bool:
        stored = self.shelves.get(row.order_id)
        if stored is None or stored.record.number != row.number:
            return False
        merged = absorb(stored.record, answer, source, now)
        is_news = merged.fingerprint != stored.record.fingerprint
        stored.record = merged
        self.write("merge_answer", row.order_id)
        return is_news

    def touch_answered(self, row: WatchRow, now: datetime) -> None:
        self._touch(row, answered_at=now, asked_at=now, silent_since=None)

    def touch_unanswered(
        self,
        row: WatchRow,
        now: datetime,
        *,
        asked: bool,
        answered_at: datetime | None = None,
        silent: Silence | None = None,
    ) -> None:
        stored = self.shelves.get(row.order_id)
        if stored is None:
            return
        known = stored.record.answered_at
        changes: dict[str, object] = {"asked_at": now} if asked else {}
        if answered_at is not None and known is not None and known < answered_at:
            changes["answered_at"] = answered_at
        if silent is not None:
            changes |= {"silent_since": silent.since, "unanswered": silent.too_long}
        self._touch(row, **changes)

    def _touch(self, row: WatchRow, **changes: object) -> None:
        stored = self.shelves.get(row.order_id)
        if stored is None or (not row.gone and row.number not in {None, stored.record.number}):
            return
        stored.record = replace(stored.record, **changes)  # type: ignore[arg-type]
        self.write("touch", row.order_id)

    def silent_since(self, order_id: str) -> datetime | None:
        stored = self.shelves.get(order_id)
        return None if stored is None else stored.record.silent_since

    # The second source.

    def second(self, row: WatchRow) -> SecondRecord | None:
        stored = self.shelves.get(row.order_id)
        if stored is None or stored.record.number != row.number:
            return None
        return stored.record.second

    def keep_second(self, row: WatchRow, record: SecondRecord) -> None:
        stored = self.shelves.get(row.order_id)
        if stored is not None and stored.record.number == row.number:
            stored.record = replace(stored.record, second=record)
            self.write("keep_second", row.order_id)

    # The outbox, as far as the poll wakes it.

    def oldest_pending(self) -> datetime | None:
        return min(
            (kept.alert.raised_at for kept in self.kept.values() if kept.pending), default=None
        )

    def wake_sending(self, now: datetime) -> None:  # noqa: ARG002
        self.write("wake_sending", "")
