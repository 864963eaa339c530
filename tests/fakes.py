"""Fakes of the ports: a store in memory, a source and a topic that do as told, a clock that jumps.

The store passes the same contract suite as DynamoDB (`tests/aws/test_store_contract.py`).
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from stallwatch.alerting.ports import Batch, OrderRead, Outcome, SendLease
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef, Notification
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
    Event,
    Quota,
    Registration,
    SourceResponse,
    TrackingResult,
    Verdict,
)
from stallwatch.tracking.trace_codec import pack_answer
from stallwatch.tracking.trace_record import SecondRecord, Seen, TraceRecord, absorb, change_number

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NUMBER = "LP00000000000001"


def an_order(order_id: str = "x", **given: object) -> Order:
    """An order of twenty days ago, with a number; some of it as given."""
    values = {
        "ordered_on": (NOON - timedelta(days=20)).date(),
        "destination": "DE",
        "created_at": NOON - timedelta(days=20),
        "incarnation": "0",
        "tracking_number": NUMBER,
        **given,
    }
    return Order(order_id, **values)  # type: ignore[arg-type]


def an_event(at: datetime, code: str, text: str = "") -> Event:
    """An event whose wall clock stands in UTC."""
    wall = at.replace(tzinfo=None, microsecond=0)
    return Event(at.replace(microsecond=0), str(wall), "GMT+0", code, text or code)


def an_answer(number: str, *events: Event, **given: object) -> TrackingResult:
    """A valid answer about a number that is known."""
    told = {"known": True, **given}
    return TrackingResult(number, events=tuple(sorted(events)), **told)  # type: ignore[arg-type]


@dataclass
class FakeClock:
    """A clock that stands still, but for what sleeps and what is told to take time."""

    at: datetime = NOON
    ends: datetime | None = None
    """When the function ends; None: in ten minutes from whenever it is asked."""
    slept: list[timedelta] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        self.at += duration

    def remaining(self) -> timedelta:
        return timedelta(minutes=10) if self.ends is None else self.ends - self.at

    def advance(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@dataclass
class FakeSource:
    """A source that answers about the numbers it was given answers for."""

    clock: FakeClock
    name: str = "cainiao"
    answers: dict[str, TrackingResult] = field(default_factory=dict)
    """A number without one gets no answer, unless `knows_all`."""
    knows_all: bool = True
    mute: set[str] = field(default_factory=set)
    """Numbers that get no answer."""
    poison: set[str] = field(default_factory=set)
    """Numbers that make any request fail that asks about them."""
    verdicts: deque[Verdict] = field(default_factory=deque)
    """How the next requests go; after them all go well."""
    takes: timedelta = timedelta(0)
    """How long a request takes."""
    asked: list[list[str]] = field(default_factory=list)
    asked_at: list[datetime] = field(default_factory=list)

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        self.asked.append(list(numbers))
        self.asked_at.append(self.clock.now())
        self.clock.at += self.takes
        verdict = self.verdicts.popleft() if self.verdicts else Verdict.OK
        if verdict is Verdict.OK and self.poison & set(numbers):
            verdict = Verdict.FAILING
        if verdict is not Verdict.OK:
            return SourceResponse(verdict, reason="as told")
        found = {}
        for number in numbers:
            answer = self.answers.get(number)
            if answer is None and self.knows_all:
                answer = TrackingResult(number, known=False)
            if answer is not None and number not in self.mute:
                found[number] = answer
        return SourceResponse(Verdict.OK, found)

    @property
    def numbers_asked(self) -> list[str]:
        return [number for numbers in self.asked for number in numbers]


@dataclass
class FakeRegistry(FakeSource):
    """A source that answers about registered numbers only, from the next request on."""

    name: str = "17track"
    accounts: Counter[str] = field(default_factory=Counter)
    """What was registered, and how many credits each number has cost."""
    credits_left: int = 1000
    lose: deque[str] = field(default_factory=deque)
    """What happens to the next registrations: `before` or `after` they are made, or nothing."""
    registrations: list[list[str]] = field(default_factory=list)
    quotas: int = 0

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        reply = super().ask(numbers)
        if reply.verdict is not Verdict.OK:
            return reply
        known = frozenset(n for n in numbers if n in self.accounts)
        return replace(
            reply,
            answers={n: answer for n, answer in reply.answers.items() if n in known},
            registered=known,
            unregistered=frozenset(numbers) - known,
        )

    def register(self, numbers: Sequence[str]) -> Registration:
        self.registrations.append(list(numbers))
        self.asked_at.append(self.clock.now())
        self.clock.at += self.takes
        fate = self.lose.popleft() if self.lose else ""
        if fate == "before":
            return Registration(Verdict.FAILING, unknown=True, reason="as told")
        accepted = set()
        for number in numbers:
            if number not in self.accounts and self.credits_left:
                self.credits_left -= 1
                self.accounts[number] += 1
                accepted.add(number)
        if fate == "after":
            return Registration(Verdict.FAILING, unknown=True, reason="as told")
        return Registration(
            Verdict.OK, frozenset(accepted), used_up=any(n not in self.accounts for n in numbers)
        )

    def quota(self) -> Quota | None:
        self.quotas += 1
        self.asked_at.append(self.clock.now())
        spent = sum(self.accounts.values())
        return Quota(self.credits_left, self.credits_left + spent)


@dataclass
class FakeNotifier:
    """A topic with which every message ends as told; after that all are sent."""

    outcomes: deque[Outcome] = field(default_factory=deque)
    notifications: list[Notification] = field(default_factory=list)
    """What was published, whatever came of it."""
    languages: list[str | None] = field(default_factory=list)
    """In which language each of them was."""
    journal: list[str] | None = None
    before: Callable[[Notification], None] | None = None
    """What happens just before a message goes out."""

    def publish(self, notification: Notification, language: str | None) -> Outcome:
        if self.before is not None:
            self.before(notification)
        if self.journal is not None:
            self.journal.append("publish")
        self.notifications.append(notification)
        self.languages.append(language)
        return self.outcomes.popleft() if self.outcomes else Outcome.SENT

    @property
    def order_ids(self) -> list[list[str]]:
        return [
            [member.order_id for member, _, _ in notification.members]
            for notification in self.notifications
        ]


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


@dataclass
class MemoryOutbox:
    """The outbox side of a store in memory: its lease has other names than the pull's."""

    store: MemoryStore = field(default_factory=MemoryStore)

    def take_lease(self, owner: str, until: datetime, now: datetime) -> SendLease | None:
        store = self.store
        if store.send_owner not in {None, owner} and store.send_ends >= now:
            store.send_wanted += 1
            return None
        store.send_owner, store.send_ends = owner, until
        store.journal.append("take_lease")
        return SendLease(store.open_batch, store.send_wanted, store.published_at)

    def release_lease(self, owner: str, wanted: int, *, keep_batch: Batch | None) -> int | None:
        store = self.store
        if store.send_owner != owner:
            return None
        if keep_batch is None and store.send_wanted != wanted:
            return store.send_wanted
        store.send_owner, store.open_batch = None, keep_batch
        store.journal.append("release_lease")
        return None

    def abandon_lease(self, owner: str) -> None:
        if self.store.send_owner == owner:
            self.store.send_owner = None
            self.store.journal.append("abandon_lease")

    def log_batch(self, owner: str, batch: Batch) -> bool:
        if self.store.send_owner != owner:
            return False
        self.store.open_batch = batch
        self.store.journal.append("log_batch")
        return True

    def log_sent(self, owner: str, batch: Batch, now: datetime) -> bool:
        if self.store.send_owner != owner:
            return False
        sent = replace(batch, sent=True)
        if self.store.open_batch != sent:
            self.store.sent[batch.kind] += len(batch.members)
            self.store.open_batch, self.store.published_at = sent, now
            self.store.journal.append("log_sent")
        return True

    def languages(self) -> tuple[str, ...]:
        return self.store.languages

    def pending(self) -> list[AlertRef]:
        listed = [
            AlertRef(order_id, key, kept.alert.kind, kept.alert.raised_at)
            for (order_id, key), kept in self.store.kept.items()
            if kept.pending
        ]
        return sorted(listed, key=lambda p: p.raised_at)

    def alerts(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, Alert]:
        found = {}
        for member in members:
            kept = self._kept(member)
            if kept is not None:
                found[member] = kept.alert
        return found

    def _kept(self, member: AlertRef) -> _Kept | None:
        kept = self.store.kept.get((member.order_id, member.key))
        if kept is None or not kept.pending or kept.alert.raised_at != member.raised_at:
            return None
        return kept

    def orders(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, OrderRead]:
        found = {}
        for member in members:
            shelf = self.store.shelves.get(member.order_id)
            kept = self.store.kept.get((member.order_id, member.key))
            incarnation = (
                shelf.incarnation
                if kept is None and shelf is not None
                else kept and kept.incarnation
            )
            if shelf is not None and shelf.order is not None and shelf.incarnation == incarnation:
                found[member] = OrderRead(shelf.order, shelf.version)
        return found

    def mark_sent(self, members: Iterable[AlertRef], batch_id: str, now: datetime) -> None:  # noqa: ARG002
        for member in members:
            kept = self._kept(member)
            if kept is not None:
                kept.alert, kept.pending = replace(kept.alert, sent_at=now), False
        self.store.journal.append("mark_sent")

    def drop(self, member: AlertRef, read: OrderRead | None) -> bool:
        kept = self._kept(member)
        shelf = self.store.shelves.get(member.order_id)
        there = None
        if shelf is not None and shelf.order is not None and kept is not None:
            there = shelf.version if shelf.incarnation == kept.incarnation else None
        if kept is None or there != (None if read is None else read.version):
            return False
        del self.store.kept[member.order_id, member.key]
        self.store.journal.append("drop")
        return True

    def set_aside(self, member: AlertRef) -> None:
        kept = self._kept(member)
        if kept is not None:
            kept.pending = False
            self.store.journal.append("set_aside")
