"""The stores of the table in memory, over one dictionary."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from stallwatch.alerting.ports import Batch
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Order, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.money import Exposure, MoneyStatus, Sum, changes
from stallwatch.orders.ports import Page, PageCursor, Totals
from stallwatch.orders.snapshot import Counted, OrderSnapshot, WatchEntry, listed
from stallwatch.polling.registration import Attempt, Credits
from stallwatch.polling.state import Lease, Progress, Row, Silent
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.fingerprint import fingerprint
from stallwatch.tracking.run_log import RunRecord
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.source import (
    Quota,
    TrackingResult,
)
from stallwatch.tracking.trace_codec import pack_answer
from stallwatch.tracking.trace_record import SecondRecord, Seen, TraceRecord, absorb, change_number
from tests.support.builders import NOON


@dataclass
class _Shelf:
    """What stands in the table of one order."""

    incarnation: str
    order: Order | None
    version: int
    record: TraceRecord
    entry: WatchEntry
    revision: int = 1
    gone: bool = False


@dataclass
class _Kept:
    alert: Alert
    incarnation: str
    pending: bool = True


@dataclass
class MemoryStore:
    """The table in memory, behind every port that the store serves."""

    shelves: dict[str, _Shelf] = field(default_factory=dict)
    kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)
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

    def _write(self, name: str, wakes: str | None = None) -> None:
        self.journal.append(name)
        if wakes is not None:
            self.stream.append(wakes)

    # The pull's lease.

    def lease(self) -> Lease:
        return Lease(self.progress_kept, self.wanted, self.served)

    def take_lease(self, owner: str, until: datetime, now: datetime) -> Lease | None:
        if self.pull_owner not in {None, owner} and self.pull_ends >= now:
            return None
        self.pull_owner, self.pull_ends = owner, until
        self._write("take_lease")
        return self.lease()

    def save_progress(self, owner: str, progress: Progress) -> bool:
        if self.pull_owner != owner:
            return False
        self._write("save_progress")
        self.progress_kept = progress
        return True

    def release_lease(self, owner: str, progress: Progress, wanted: int) -> int | None:
        if self.pull_owner != owner:
            return None
        if self.wanted != wanted:
            return self.wanted
        self._write("release_lease")
        self.pull_owner, self.progress_kept, self.served = None, progress, wanted
        return None

    def abandon_lease(self, owner: str, asked_at: datetime | None) -> None:
        if self.pull_owner == owner:
            if asked_at is not None:
                self.progress_kept = replace(self.progress_kept, asked_at=asked_at)
            self._write("abandon_lease")
            self.pull_owner = None
            if asked_at is not None:
                self.progress_kept = replace(self.progress_kept, asked_at=asked_at)

    def call_for_check(self, now: datetime) -> bool:
        self._write("call_for_check")
        self.wanted += 1
        return self.pull_owner is None or self.pull_ends <= now

    # The sources.

    def health(self, source: str) -> CircuitBreaker:
        return self.healths.get(source, CircuitBreaker())

    def save_health(self, source: str, health: CircuitBreaker) -> None:
        self._write("save_health")
        self.healths[source] = health

    def alerts_about_sources(self) -> list[Alert]:
        return [kept.alert for (order_id, _), kept in self.kept.items() if not order_id]

    def keep_source_alert(self, alert: Alert) -> None:
        if ("", alert.key) not in self.kept:
            self._write("keep_source_alert")
            self.kept["", alert.key] = _Kept(alert, "")

    # The watch.

    def rows(self, slot: str, start: str = "") -> Iterator[Row]:
        for order_id in sorted(self.shelves):
            if order_id >= start and self.shelves[order_id].entry.slot == slot:
                yield self._row(order_id)

    def row(self, order_id: str) -> Row | None:
        shelf = self.shelves.get(order_id)
        return None if shelf is None or shelf.entry.slot is None else self._row(order_id)

    def _row(self, order_id: str) -> Row:
        shelf = self.shelves[order_id]
        entry = shelf.entry
        return Row(
            order_id,
            entry.slot or "",
            entry.number,
            entry.fingerprint,
            entry.rule_at,
            entry.clock_at,
            shelf.gone,
            entry.second_at,
        )

    def in_slot_since(self, order_id: str) -> datetime | None:
        shelf = self.shelves.get(order_id)
        return None if shelf is None else shelf.entry.in_slot_since

    # The traces.

    def add_answer(
        self, row: Row, answer: TrackingResult, source: str, now: datetime, added: int
    ) -> bool:
        shelf = self.shelves.get(row.order_id)
        if shelf is None or shelf.record.number != row.number:
            return False
        if shelf.record.fingerprint != row.fingerprint:
            return False
        seen = () if row.fingerprint is None else shelf.record.seen
        if added:
            seen = (*seen, Seen(now, added))
        shelf.record = replace(
            shelf.record,
            events=pack_answer(answer, source),
            seen=seen,
            fingerprint=fingerprint(answer),
            answered_at=now,
            asked_at=now,
            silent_since=None,
            unanswered=False,
        )
        self._write("add_answer", row.order_id)
        return True

    def merge_answer(self, row: Row, answer: TrackingResult, source: str, now: datetime) -> bool:
        shelf = self.shelves.get(row.order_id)
        if shelf is None or shelf.record.number != row.number:
            return False
        merged = absorb(shelf.record, answer, source, now)
        is_news = merged.fingerprint != shelf.record.fingerprint
        shelf.record = merged
        self._write("merge_answer", row.order_id)
        return is_news

    def touch_answered(self, row: Row, now: datetime) -> None:
        self._touch(row, answered_at=now, asked_at=now, silent_since=None)

    def touch_unanswered(
        self,
        row: Row,
        now: datetime,
        *,
        asked: bool,
        answered_at: datetime | None = None,
        silent: Silent | None = None,
    ) -> None:
        shelf = self.shelves.get(row.order_id)
        if shelf is None:
            return
        known = shelf.record.answered_at
        if answered_at is not None and known is not None and known < answered_at:
            self._touch(row, answered_at=answered_at)
            return
        changes: dict[str, object] = {"asked_at": now} if asked else {}
        if silent is not None:
            changes |= {"silent_since": silent.since, "unanswered": silent.too_long}
        self._touch(row, **changes)

    def _touch(self, row: Row, **changes: object) -> None:
        shelf = self.shelves.get(row.order_id)
        if shelf is None or (not row.gone and row.number not in {None, shelf.record.number}):
            return
        shelf.record = replace(shelf.record, **changes)  # type: ignore[arg-type]
        self._write("touch", row.order_id)

    def silent_since(self, order_id: str) -> datetime | None:
        shelf = self.shelves.get(order_id)
        return None if shelf is None else shelf.record.silent_since

    # The second source.

    def second(self, row: Row) -> SecondRecord | None:
        shelf = self.shelves.get(row.order_id)
        if shelf is None or shelf.record.number != row.number:
            return None
        return shelf.record.second

    def keep_second(self, row: Row, record: SecondRecord) -> None:
        shelf = self.shelves.get(row.order_id)
        if shelf is not None and shelf.record.number == row.number:
            shelf.record = replace(shelf.record, second=record)
            self._write("keep_second", row.order_id)

    # The credits.

    def credits(self, source: str) -> Credits:
        return self.credit_books.get(source, Credits())

    def begin_attempt(self, source: str, attempt: Attempt) -> bool:
        book = self.credits(source)
        if book.attempt is not None and book.attempt.token != attempt.token:
            return False
        self._write("begin_attempt")
        self.credit_books[source] = replace(book, attempt=attempt)
        return True

    def settle_attempt(self, source: str, token: str, spent: int) -> None:
        book = self.credits(source)
        if book.attempt is not None and book.attempt.token == token:
            self._write("settle_attempt")
            self.credit_books[source] = replace(book, spent=book.spent + spent, attempt=None)

    def save_quota(self, source: str, quota: Quota | None, now: datetime) -> None:
        self._write("save_quota")
        book = self.credits(source)
        self.credit_books[source] = replace(book, quota=quota or book.quota, quota_at=now)

    # The run records.

    def silent_of(self, turn: str) -> Mapping[str, datetime]:
        return next((run.silent for run in self.runs(turn) if run.answered), {})

    def save_run(self, turn: str, run: RunRecord) -> None:
        self._write("save_run")
        self.run_records.setdefault(turn, {})[run.at.replace(microsecond=0)] = run

    def runs(self, turn: str) -> Sequence[RunRecord]:
        records = self.run_records.get(turn, {})
        return [records[at] for at in sorted(records, reverse=True)]

    def progress(self) -> Progress:
        return self.progress_kept

    # The evaluation.

    def open(self, order_id: str) -> OrderSnapshot | None:
        shelf = self.shelves.get(order_id)
        if shelf is None or shelf.order is None:
            return None
        mine = {key: kept for (about, key), kept in list(self.kept.items()) if about == order_id}
        for key, kept in mine.items():
            if kept.incarnation != shelf.incarnation:
                del self.kept[order_id, key]
        return OrderSnapshot(
            order=shelf.order,
            version=shelf.version,
            trace=shelf.record,
            entry=shelf.entry,
            revision=shelf.revision,
            alerts=tuple(
                kept.alert for kept in mine.values() if kept.incarnation == shelf.incarnation
            ),
        )

    def keep(
        self, dossier: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        order = dossier.order
        shelf = self.shelves.get(order.order_id)
        if shelf is None or (shelf.revision, shelf.incarnation) != (
            dossier.revision,
            order.incarnation,
        ):
            raise ConflictError(order.order_id)
        keys = [f"{order.incarnation}#{alert.key}" for alert in alerts]
        for key in keys:
            there = self.kept.get((order.order_id, key))
            if there is not None and not there.pending:
                raise ConflictError(order.order_id)
        self._add_money(shelf.entry.stake, entry.stake)
        if shelf.entry.lived is None and entry.lived is not None:
            place = (entry.lived.service, entry.lived.destination)
            self.experiences[place] = self.experience(*place).after(entry.lived)
        # The number is the index's, in which only what has a slot stands.
        shelf.entry = entry if entry.slot is not None else replace(entry, number=None)
        shelf.revision += 1
        self._write("keep")
        for key, alert in zip(keys, alerts, strict=True):
            self.kept[order.order_id, key] = _Kept(alert, order.incarnation)
        return [
            AlertRef(order.order_id, key, alert.kind, alert.raised_at)
            for key, alert in zip(keys, alerts, strict=True)
        ]

    def experience(self, service: Service, destination: str) -> DeliveryStats:
        return self.experiences.get((service, destination), DeliveryStats())

    def _add_money(self, before: Exposure | None, after: Exposure | None) -> None:
        for place, change in changes(before, after).items():
            self.money[place] = self.money.get(place, Sum()) + change

    def clear(self, order_id: str) -> Counted | None:
        shelf = self.shelves.get(order_id)
        if shelf is not None and shelf.order is not None:
            return None
        self._write("clear")
        for about, key in list(self.kept):
            if about == order_id:
                del self.kept[about, key]
        if shelf is None:
            return None
        self._add_money(shelf.entry.stake, None)
        del self.shelves[order_id]
        return None if shelf.entry.stage is None else (shelf.entry.state, shelf.entry.stage)

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        self._write("add_to_totals")
        for counted, number in changes.items():
            self.counted[counted] += number

    # The book.

    def create(self, order: Order) -> bool:
        shelf = self.shelves.get(order.order_id)
        if shelf is not None and shelf.order is not None:
            return False
        if shelf is not None and shelf.entry.stage is not None:
            self.counted[shelf.entry.state, shelf.entry.stage] -= 1
            self._add_money(shelf.entry.stake, None)
        entry = WatchEntry.of_new(order)
        record = TraceRecord(order.tracking_number)
        self.shelves[order.order_id] = _Shelf(order.incarnation, order, 1, record, entry)
        self._write("create", order.order_id)
        return True

    def sharing(self, order: Order) -> tuple[str, ...]:
        number = order.tracking_number
        found = [
            order_id
            for order_id, shelf in sorted(self.shelves.items())
            if shelf.order is not None
            and number is not None
            and shelf.order.tracking_number == number
            and order_id != order.order_id
        ]
        return tuple(found[:5])

    def page(self, state: State | None, limit: int, place: PageCursor | None) -> Page:
        states = list(State) if state is None else [state]
        if place is not None:
            states = states[states.index(place.state) :]
        for index, at in enumerate(states):
            listed = sorted(
                (
                    (shelf.entry.listed, order_id)
                    for order_id, shelf in self.shelves.items()
                    if not shelf.gone and shelf.entry.state is at
                ),
                reverse=True,
            )
            if place is not None and place.listed and index == 0:
                listed = [pair for pair in listed if pair[0] < place.listed]
            following = PageCursor(states[index + 1]) if index + 1 < len(states) else None
            if len(listed) > limit:
                following = PageCursor(at, listed[limit - 1][0])
            if listed or following is None:
                dossiers = (self.open(order_id) for _, order_id in listed[:limit])
                return Page(
                    tuple(replace(d, alerts=()) for d in dossiers if d is not None), following
                )
        return Page((), None)

    def replace(
        self, dossier: OrderSnapshot, order: Order, looked: TraceRecord | None = None
    ) -> None:
        shelf = self.shelves.get(order.order_id)
        if shelf is None or shelf.order is None:
            raise ConflictError(order.order_id)
        if (shelf.version, shelf.incarnation) != (dossier.version, order.incarnation):
            raise ConflictError(order.order_id)
        if order.tracking_number != dossier.order.tracking_number:
            if shelf.record.fingerprint != dossier.trace.fingerprint:
                raise ConflictError(order.order_id)
            shelf.record = change_number(shelf.record, order.tracking_number)
        elif looked is not None and looked != dossier.trace:
            if shelf.record.answered_at != dossier.trace.answered_at:
                raise ConflictError(order.order_id)
            shelf.record = replace(
                shelf.record, answered_at=looked.answered_at, silent_since=looked.silent_since
            )
        shelf.order, shelf.version = order, shelf.version + 1
        shelf.entry = replace(
            shelf.entry,
            order_version=shelf.version,
            slot=NEW,
            number=order.tracking_number,
            fingerprint=None,
            rule_at=None,
            clock_at=None,
            second_at=None,
            listed=listed(order),
        )
        shelf.revision += 1
        self._write("replace", order.order_id)

    def forget(self, order_id: str) -> bool:
        shelf = self.shelves.get(order_id)
        if shelf is None or shelf.order is None:
            return False
        shelf.order, shelf.gone, shelf.revision = None, True, shelf.revision + 1
        shelf.entry = replace(
            shelf.entry,
            slot=NEW,
            number=None,
            fingerprint=None,
            rule_at=None,
            clock_at=None,
            second_at=None,
        )
        self._write("forget", order_id)
        return True

    def totals(self) -> Totals:
        states: Counter[State] = Counter()
        stages: Counter[Stage] = Counter()
        for (state, stage), number in self.counted.items():
            states[state] += number
            if state is not State.CLOSED:
                stages[stage] += number
        return Totals(
            states,
            stages,
            {kind: self.sent[kind] for kind in AlertKind},
            {place: total for place, total in self.money.items() if total.count},
            dict(self.experiences),
        )

    # The sending.

    def oldest_pending(self) -> datetime | None:
        return min(
            (kept.alert.raised_at for kept in self.kept.values() if kept.pending), default=None
        )

    def wake_sending(self, now: datetime) -> None:  # noqa: ARG002
        self._write("wake_sending", "")
