"""What every store must do, whatever it keeps things in: memory, moto, AWS's own engine."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.alerting.ports import Batch, EvaluationStore, OrderRead, Outbox
from stallwatch.alerting.subscriptions import Preference
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import (
    ConditionFailedError,
    ConflictError,
    TransactionRefusedError,
    UnavailableError,
)
from stallwatch.domain.orders import Action, ActionKind, Order, Service, State
from stallwatch.domain.parcels import LocalCarrier, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.outbox import DynamoOutbox
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.subscribers import DynamoSubscriberStore
from stallwatch.dynamodb.table import STACK, Table, key
from stallwatch.orders.delivery_times import DeliverySample, DeliveryStats, Histogram
from stallwatch.orders.money import Exposure, MoneyStatus, Sum
from stallwatch.orders.ports import OrderStore, PageCursor
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry
from stallwatch.polling.ports import PollStore
from stallwatch.polling.registration import Attempt, Credits, CreditStore
from stallwatch.polling.run import PollRun
from stallwatch.polling.second_source import SecondWatch
from stallwatch.polling.state import Cursor, Pace, Progress, Row, Silent
from stallwatch.rules.decision import InitialFindings
from stallwatch.tracking.circuit_breaker import CircuitBreaker, Outage
from stallwatch.tracking.fingerprint import added_to, fingerprint
from stallwatch.tracking.run_log import LastRun, RunRecord, SlotStay, short_name
from stallwatch.tracking.schedule import NEW, PollSchedule, Turn
from stallwatch.tracking.source import Quota, TrackingResult, Verdict
from stallwatch.tracking.trace_record import SecondRecord, TraceRecord
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order
from tests.support.fake_clock import FakeClock
from tests.support.fake_source import FakeSource
from tests.support.memory_outbox import MemoryOutbox
from tests.support.memory_store import MemoryStore

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SHARING = 5
"""How many other orders with one number are named."""


@dataclass
class Store:
    """The ports over one table."""

    watch: PollStore
    files: EvaluationStore
    outbox: Outbox
    book: OrderStore
    second: SecondWatch
    credits: CreditStore

    # What the tests begin with.

    def add(self, order_id: str = "x", **given: object) -> OrderSnapshot:
        assert self.book.create(an_order(order_id, **given))
        return self.dossier(order_id)

    def dossier(self, order_id: str = "x") -> OrderSnapshot:
        dossier = self.files.open(order_id)
        assert dossier is not None
        return dossier

    def row(self, order_id: str = "x") -> Row:
        row = self.watch.row(order_id)
        assert row is not None
        return row

    def settle(
        self, order_id: str = "x", slot: str | None = "12h0430", **given: Any
    ) -> OrderSnapshot:
        """Evaluate an order: it has seen what the trace holds."""
        dossier = self.dossier(order_id)
        entry = replace(
            dossier.entry,
            slot=slot,
            number=dossier.order.tracking_number if slot else None,
            fingerprint=dossier.trace.seen_fingerprint,
            stage=Stage.UNKNOWN,
            clock_at=30_000_000,
            **given,
        )
        self.files.keep(dossier, entry, [])
        return self.dossier(order_id)

    def raise_alert(
        self,
        order_id: str = "x",
        kind: AlertKind = AlertKind.STALLED,
        at: datetime = NOON,
        about: str = "",
    ) -> AlertRef:
        dossier = self.dossier(order_id)
        alert = Alert(kind, at, about=about, number=NUMBER, facts={"silent_days": 12})
        (pending,) = self.files.keep(dossier, dossier.entry, [alert])
        return pending

    def answer(self, answer: TrackingResult, now: datetime = NOON, order_id: str = "x") -> bool:
        """Write an answer as the pull does; whether it could be written blindly."""
        row = self.row(order_id)
        added = added_to(answer, row.fingerprint)
        return added is not None and self.watch.add_answer(row, answer, "cainiao", now, added)


def over(table: Table) -> Store:
    return Store(
        watch=DynamoPollStore(table),
        files=DynamoEvaluationStore(table),
        outbox=DynamoOutbox(table),
        book=DynamoOrderStore(table),
        second=DynamoPollStore(table),
        credits=DynamoPollStore(table),
    )


TABLES = {"standin": "standin_table", "moto": "moto_table", "dynamodb": "local_table"}
"""The engines, and the fixtures that give a table in each."""


@pytest.fixture(params=["memory", *TABLES])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        memory = MemoryStore()
        return Store(memory, memory, MemoryOutbox(memory), memory, memory, memory)
    return over(request.getfixturevalue(TABLES[request.param]))


@pytest.fixture(params=[*TABLES])
def table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.getfixturevalue(TABLES[request.param])
    return found


def event(days_ago: float, code: str = "LH_DEPART", text: str = "") -> Any:
    return an_event(NOON - days_ago * DAY, code, text)


EMPTY = TrackingResult(NUMBER, known=False)
DEPARTED = an_answer(NUMBER, event(3))
ARRIVED = an_answer(NUMBER, event(3), event(1, "LH_ARRIVE"))


# The pull's lease.


def test_a_lease_is_held_by_one(store: Store) -> None:
    """Until it is given back, or its end has come."""
    assert store.watch.take_lease("a", NOON + HOUR, NOON) is not None
    assert store.watch.take_lease("b", NOON + HOUR, NOON) is None
    assert store.watch.release_lease("a", Progress(), 0) is None
    assert store.watch.take_lease("b", NOON + HOUR, NOON) is not None
    assert store.watch.take_lease("c", NOON + 3 * HOUR, NOON + HOUR) is None
    assert store.watch.take_lease("c", NOON + 3 * HOUR, NOON + HOUR + MINUTE) is not None


def test_a_lease_whose_acknowledgement_was_lost_is_ours(store: Store) -> None:
    """The client tries again, and finds its own name there."""
    for _ in range(2):
        assert store.watch.take_lease("a", NOON + HOUR, NOON) is not None
    for _ in range(2):
        assert store.outbox.take_lease("a", NOON + HOUR, NOON) is not None


def test_whoever_lost_the_lease_changes_nothing(store: Store) -> None:
    """Neither its progress nor its holder."""
    store.watch.take_lease("a", NOON + HOUR, NOON)
    late = Progress(done_until=NOON)
    assert not store.watch.save_progress("b", late)
    assert store.watch.release_lease("b", late, 0) is None
    store.watch.abandon_lease("b", NOON)
    assert store.watch.take_lease("b", NOON + HOUR, NOON) is None
    assert Progress() == store.watch.lease().progress


def test_a_lease_that_was_abandoned_is_free(store: Store) -> None:
    """With the progress as it was kept last, but for the instant of the last request."""
    store.watch.take_lease("a", NOON + HOUR, NOON)
    assert store.watch.save_progress("a", Progress(done_until=NOON, asked_at=NOON))
    store.watch.abandon_lease("a", None)
    lease = store.watch.take_lease("b", NOON + HOUR, NOON)
    assert lease is not None
    assert Progress(done_until=NOON, asked_at=NOON) == lease.progress
    store.watch.abandon_lease("b", NOON + MINUTE)
    lease = store.watch.take_lease("c", NOON + HOUR, NOON)
    assert lease is not None
    assert Progress(done_until=NOON, asked_at=NOON + MINUTE) == lease.progress


def test_a_lease_is_not_given_back_where_a_run_was_called_for_meanwhile(store: Store) -> None:
    """Whoever called is served first."""
    assert store.book.call_for_check(NOON)
    lease = store.watch.take_lease("a", NOON + HOUR, NOON)
    assert lease is not None
    assert (1, 0) == (lease.wanted, lease.served)
    assert not store.book.call_for_check(NOON)
    assert 2 == store.watch.release_lease("a", Progress(), 1)
    assert store.watch.take_lease("b", NOON + HOUR, NOON) is None
    assert store.watch.release_lease("a", Progress(), 2) is None
    assert (2, 2) == (store.watch.lease().wanted, store.watch.lease().served)


def test_a_call_under_a_lease_that_has_ended_starts_a_run(store: Store) -> None:
    """Its holder is dead."""
    store.watch.take_lease("a", NOON + HOUR, NOON)
    assert not store.book.call_for_check(NOON)
    assert store.book.call_for_check(NOON + HOUR + MINUTE)


PROGRESS = Progress(
    done_until=NOON - 30 * MINUTE,
    cursor=Cursor(
        turn=Turn(NOON, timedelta(minutes=30)),
        began=NOON + timedelta(seconds=7),
        slot="12h0000",
        order_id="x",
        due=7,
        checked=5,
        answered=False,
        silent={short_name("y"): NOON - DAY},
    ),
    asked_at=NOON + timedelta(milliseconds=250),
    turns={
        "1130+15": LastRun(NOON, NOON - DAY, silent=True),
        "1200+30": LastRun(NOON, None, silent=False),
    },
    turn_lengths=(15, 30),
)


def test_a_run_s_progress_is_kept_whole(store: Store) -> None:
    """For the next one, for the API, and until another is kept."""
    store.watch.take_lease("a", NOON + HOUR, NOON)
    assert store.watch.save_progress("a", PROGRESS)
    assert PROGRESS == store.watch.lease().progress == store.book.progress()
    without = replace(PROGRESS, cursor=None)
    assert store.watch.release_lease("a", without, 0) is None
    assert without == store.watch.lease().progress


# The sources' health, the runs.


@pytest.mark.parametrize(
    "health",
    [
        CircuitBreaker(),
        CircuitBreaker(Verdict.FAILING, 2, down_since=NOON),
        CircuitBreaker(
            Verdict.BLOCKED,
            5,
            timedelta(minutes=240),
            NOON + HOUR,
            NOON - DAY,
            NOON - HOUR,
            (Outage(NOON - 5 * DAY, NOON - 3 * DAY), Outage(NOON - 2 * DAY, NOON - DAY)),
        ),
    ],
)
def test_a_source_s_health_is_kept_whole(store: Store, health: CircuitBreaker) -> None:
    """By source, for everyone who asks."""
    assert CircuitBreaker() == store.watch.health("cainiao")
    store.watch.save_health("cainiao", health)
    for port in (store.watch, store.files, store.book):
        assert health == port.health("cainiao")
    assert CircuitBreaker() == store.watch.health("17track")


def test_the_runs_of_a_turn_are_kept(store: Store) -> None:
    """Newest first; which orders were silent says the last that was answered."""
    assert {} == store.watch.silent_of("1200+30")
    silent = {short_name("y"): NOON - 3 * DAY}
    runs = [
        RunRecord(NOON - 2 * DAY, answered=True, due=3, checked=3),
        RunRecord(NOON - DAY, answered=True, due=3, checked=2, silent=silent),
        RunRecord(NOON, answered=False, due=3, verdict=Verdict.BLOCKED),
    ]
    for run in runs:
        store.watch.save_run("1200+30", run)
    store.watch.save_run("1200+60", RunRecord(NOON, answered=True))
    assert runs[::-1] == list(store.book.runs("1200+30"))
    assert silent == store.watch.silent_of("1200+30")
    store.watch.save_run("1200+30", RunRecord(NOON, answered=True, due=3, checked=3))
    assert {} == store.watch.silent_of("1200+30")
    assert 3 == len(store.book.runs("1200+30"))


# The rows of the watch.


def test_a_slot_lists_its_orders_by_id(store: Store) -> None:
    """From one on; orders in other slots, and closed ones, are not there."""
    for order_id in ("b", "a.1", "c", "a-2", "d", "B"):
        store.add(order_id)
        store.settle(order_id)
    store.settle("c", slot="24h0430")
    store.settle("d", slot=None, state=State.CLOSED)
    store.add("n")
    assert ["B", "a-2", "a.1", "b"] == [row.order_id for row in store.watch.rows("12h0430")]
    assert ["a.1", "b"] == [row.order_id for row in store.watch.rows("12h0430", "a.1")]
    assert ["b"] == [row.order_id for row in store.watch.rows("12h0430", "aa")]
    assert ["n"] == [row.order_id for row in store.watch.rows(NEW)]
    assert [] == list(store.watch.rows("12h0500"))
    assert store.watch.row("d") is None
    assert store.watch.row("nobody") is None


def test_a_row_has_all_that_a_check_needs(store: Store) -> None:
    """The number, what the evaluation has seen, and when it wants to look again."""
    store.add()
    assert Row("x", NEW, NUMBER, None, None, None) == store.row()
    store.answer(DEPARTED)
    store.settle(rule_at=30_000_001, in_slot_since=NOON)
    row = Row("x", "12h0430", NUMBER, fingerprint(DEPARTED), 30_000_001, 30_000_000)
    assert [row] == list(store.watch.rows("12h0430"))
    assert row == store.row()
    assert NOON == store.watch.in_slot_since("x")
    assert store.watch.in_slot_since("nobody") is None


def test_a_long_slot_is_listed_whole(store: Store) -> None:
    """However many orders it holds, each once and in order."""
    ids = [f"{n:03}" for n in range(40)]
    for order_id in ids:
        store.book.create(an_order(order_id))
    assert ids == [row.order_id for row in store.watch.rows(NEW)]
    assert ids[20:] == [row.order_id for row in store.watch.rows(NEW, "020")]


# The second source, and its credits.


SAID = SecondRecord().absorb(
    an_answer(NUMBER, event(9, "InTransit_Departure"), event(2, "InTransit_Arrival")),
    "17track",
    NOON,
)


def test_what_the_second_source_said_stands_beside_the_first_s(store: Store) -> None:
    """Each checkpoint keeps its source, and neither writes over the other's."""
    store.add()
    store.answer(DEPARTED)
    store.settle()
    assert SecondRecord() == store.second.second(store.row())
    store.second.keep_second(store.row(), SAID)
    assert SAID == store.second.second(store.row())
    assert store.answer(ARRIVED, NOON + DAY)
    trace = store.dossier().trace
    assert (SAID, NOON + DAY) == (trace.second, trace.answered_at)
    assert {
        ("cainiao", "LH_DEPART"),
        ("cainiao", "LH_ARRIVE"),
        ("17track", "InTransit_Departure"),
        ("17track", "InTransit_Arrival"),
    } == {(c.source, c.code) for c in trace.open().checkpoints}
    fewer = an_answer(NUMBER, event(1, "LH_ARRIVE"))
    store.watch.merge_answer(store.row(), fewer, "cainiao", NOON + 2 * DAY)
    assert SAID == store.dossier().trace.second


@pytest.mark.parametrize(
    "record",
    [
        SecondRecord(failing_since=NOON),
        replace(SAID, failing_since=NOON + DAY),
        SecondRecord().absorb(TrackingResult(NUMBER, known=False), "17track", NOON),
    ],
)
def test_how_the_second_source_fares_is_kept_whole(store: Store, record: SecondRecord) -> None:
    """Whatever was there before, and it wakes the evaluation."""
    store.add()
    store.second.keep_second(store.row(), replace(SAID, failing_since=NOON))
    store.second.keep_second(store.row(), record)
    assert record == store.dossier().trace.second


def test_the_second_source_s_word_about_another_number_is_dropped(store: Store) -> None:
    """The buyer changed it meanwhile; what was said of the old one stays as evidence."""
    store.add()
    stale = store.row()
    store.second.keep_second(stale, SAID)
    store.book.replace(store.dossier(), replace(store.dossier().order, tracking_number="LP2"))
    assert store.second.second(stale) is None
    store.second.keep_second(stale, SAID)
    trace = store.dossier().trace
    assert SecondRecord() == trace.second
    assert {NUMBER} == {c.number for c in trace.open().checkpoints}
    nobody = Row("nobody", NEW, NUMBER, None, None, None)
    assert store.second.second(nobody) is None
    store.second.keep_second(nobody, SAID)
    assert store.files.open("nobody") is None


def test_a_row_says_from_when_on_the_second_source_is_asked(store: Store) -> None:
    """Until the order is changed: then the evaluation says anew."""
    store.add()
    store.settle(second_at=29_000_000)
    assert 29_000_000 == store.row().second_at
    assert [29_000_000] == [row.second_at for row in store.watch.rows("12h0430")]
    assert 29_000_000 == store.dossier().entry.second_at
    store.book.replace(store.dossier(), replace(store.dossier().order, title="Cup"))
    assert store.row().second_at is None


def test_an_attempt_is_counted_once(store: Store) -> None:
    """However often its end is told; another waits until it is settled."""
    book = store.credits
    assert Credits() == book.credits("17track")
    first, other = Attempt("a-1", ("LP1", "LP2")), Attempt("b-1", ("LP3",))
    for _ in range(2):  # an acknowledgement may get lost
        assert book.begin_attempt("17track", first)
    assert not book.begin_attempt("17track", other)
    assert Credits(attempt=first) == book.credits("17track")
    book.settle_attempt("17track", other.token, 7)
    for _ in range(2):
        book.settle_attempt("17track", first.token, 2)
    assert Credits(spent=2) == book.credits("17track")
    assert book.begin_attempt("17track", other)
    book.settle_attempt("17track", other.token, 1)
    assert Credits(spent=3) == book.credits("17track") == store.book.credits("17track")
    assert Credits() == book.credits("cainiao")


def test_the_quota_is_kept_as_it_was_told_last(store: Store) -> None:
    """With the instant at which the source was asked, answered or not."""
    book = store.credits
    book.save_quota("17track", None, NOON)
    assert Credits(quota_at=NOON) == book.credits("17track")
    book.save_quota("17track", Quota(98, 100), NOON + DAY)
    book.save_quota("17track", None, NOON + 2 * DAY)
    assert Credits(0, Quota(98, 100), NOON + 2 * DAY) == book.credits("17track")


# The traces.


def codes(store: Store, order_id: str = "x") -> list[str]:
    return [c.code for c in store.dossier(order_id).trace.open().checkpoints]


def first_seen(store: Store) -> list[datetime]:
    return [c.first_seen for c in store.dossier().trace.open().checkpoints]


def test_answers_that_add_are_written_blindly(store: Store) -> None:
    """Each event keeps the instant at which it was first seen."""
    store.add()
    assert store.answer(DEPARTED, NOON)
    store.settle()
    assert store.answer(ARRIVED, NOON + DAY)
    assert ["LH_DEPART", "LH_ARRIVE"] == codes(store)
    assert [NOON, NOON + DAY] == first_seen(store)
    trace = store.dossier().trace
    assert (NOON + DAY, NOON + DAY) == (trace.answered_at, trace.asked_at)
    assert fingerprint(ARRIVED) == trace.fingerprint


def test_what_is_said_besides_events_is_written_blindly_too(store: Store) -> None:
    """No event is seen anew by it."""
    store.add()
    store.answer(DEPARTED)
    store.settle()
    carrier = LocalCarrier("La Poste", "https://example.org/")
    assert store.answer(replace(DEPARTED, carrier=carrier), NOON + DAY)
    assert [NOON] == first_seen(store)
    assert carrier == store.dossier().trace.open().carrier


def test_an_empty_answer_is_an_answer(store: Store) -> None:
    """And the first events are added to it."""
    store.add()
    assert store.answer(EMPTY)
    assert NOON == store.dossier().trace.answered_at
    store.settle()
    assert store.answer(DEPARTED, NOON + DAY)
    assert [NOON + DAY] == first_seen(store)


def test_the_first_events_are_added_to_an_empty_answer_that_was_merged(store: Store) -> None:
    """It came twice before the evaluation saw it."""
    store.add()
    assert store.answer(EMPTY)
    assert not store.answer(EMPTY, NOON + MINUTE)
    store.watch.merge_answer(store.row(), EMPTY, "cainiao", NOON + MINUTE)
    store.settle()
    assert store.answer(DEPARTED, NOON + DAY)
    assert [NOON + DAY] == first_seen(store)


def test_a_blind_write_is_refused_where_the_trace_has_moved_on(store: Store) -> None:
    """Another run was faster, the number changed, or the order is gone: nothing is written over."""
    store.add()
    stale = store.row()
    store.answer(DEPARTED)
    assert not store.watch.add_answer(stale, ARRIVED, "cainiao", NOON, 2)
    store.settle()
    seen = store.row()
    store.answer(ARRIVED)
    assert not store.watch.add_answer(seen, ARRIVED, "cainiao", NOON, 1)
    assert ["LH_DEPART", "LH_ARRIVE"] == codes(store)
    other = replace(store.dossier().order, tracking_number="LP2")
    store.book.replace(store.dossier(), other)
    assert not store.watch.add_answer(seen, ARRIVED, "cainiao", NOON, 2)
    assert store.dossier().trace.answered_at is None
    nobody = Row("nobody", NEW, NUMBER, None, None, None)
    assert not store.watch.add_answer(nobody, DEPARTED, "cainiao", NOON, 1)
    assert store.files.open("nobody") is None


def test_orders_with_one_number_know_of_each_other(store: Store) -> None:
    """From the adding on, after a change of number, and no longer once one is forgotten."""
    one, other = store.add("x").order, store.add("y").order
    bare = store.add("bare", tracking_number=None).order
    assert (("y",), ("x",), ()) == tuple(map(store.files.sharing, (one, other, bare)))
    assert ("y",) == store.book.sharing(one)
    changed = replace(other, tracking_number="LP2")
    store.book.replace(store.dossier("y"), changed)
    assert ((), ()) == tuple(map(store.files.sharing, (one, changed)))
    store.book.replace(store.dossier("bare"), replace(bare, tracking_number=NUMBER))
    assert ("bare",) == store.files.sharing(one)
    store.book.replace(store.dossier("bare"), bare)
    assert () == store.files.sharing(one)
    store.add("z")
    assert store.book.forget("z")
    assert () == store.files.sharing(one)
    store.add("z", incarnation="1")
    assert ("z",) == store.files.sharing(one)


def test_an_order_that_shares_its_number_with_many_names_a_few(store: Store) -> None:
    """However many they are, it costs the same."""
    for n in range(9):
        store.add(f"{n}")
    sharing = store.files.sharing(store.add("x").order)
    assert len(set(sharing)) == len(sharing) == SHARING
    assert "x" not in sharing


def count_as(
    store: Store, stake: Exposure | None, lived: DeliverySample | None = None
) -> OrderSnapshot:
    """Have the evaluation say what an order counts as; the order as it was read before."""
    dossier = store.dossier()
    entry = replace(dossier.entry, stage=Stage.UNKNOWN, stake=stake, lived=lived)
    store.files.keep(dossier, entry, [])
    return dossier


RISK = Exposure(MoneyStatus.AT_RISK, "EUR", Decimal("12.505"))
BACK = Exposure(MoneyStatus.RECOVERED, "EUR", Decimal("10.40"), 34)


def test_the_money_follows_what_an_order_counts_as(store: Store) -> None:
    """From its first evaluation to its outcome; what it counted as stays with it."""
    store.add()
    assert {} == store.book.totals().money
    count_as(store, RISK)
    assert RISK == store.dossier().entry.stake
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.505"), 1)} == store.book.totals().money
    count_as(store, BACK)
    assert BACK == store.dossier().entry.stake
    assert {
        ("EUR", MoneyStatus.RECOVERED): Sum(Decimal("10.4"), 1, 34)
    } == store.book.totals().money
    count_as(store, None)
    assert store.dossier().entry.stake is None
    assert {} == store.book.totals().money


def test_the_money_of_many_orders_is_added_up(store: Store) -> None:
    """Each currency by itself."""
    for n in range(40):
        dossier = store.add(f"{n}")
        stake = replace(RISK, currency=("EUR", "USD")[n % 2])
        store.files.keep(dossier, replace(dossier.entry, stake=stake), [])
    assert {
        ("EUR", MoneyStatus.AT_RISK): Sum(Decimal("250.1"), 20),
        ("USD", MoneyStatus.AT_RISK): Sum(Decimal("250.1"), 20),
    } == store.book.totals().money


def test_totals_change_with_the_entry_or_not_at_all(store: Store) -> None:
    """A write that is tried again after its acknowledgement got lost is refused as a whole."""
    store.add()
    lived = DeliverySample(Service.STANDARD, "DE", 31, 26)
    before = count_as(store, RISK, lived)
    alert = Alert(AlertKind.LATE, NOON)
    for _ in range(2):
        with pytest.raises(ConflictError):
            store.files.keep(before, replace(before.entry, stake=BACK, lived=lived), [])
        with pytest.raises(ConflictError):
            store.files.keep(before, replace(before.entry, stake=BACK), [alert])
    totals = store.book.totals()
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.505"), 1)} == totals.money
    assert 1 == totals.experiences[Service.STANDARD, "DE"].days.parcels


def test_a_change_of_the_order_leaves_what_it_counts_as(store: Store) -> None:
    """Until the evaluation says otherwise."""
    store.add()
    lived = DeliverySample(Service.STANDARD, "DE", 31, 26)
    count_as(store, RISK, lived)
    store.book.replace(store.dossier(), replace(store.dossier().order, tracking_number="LP2"))
    entry = store.dossier().entry
    assert (RISK, lived) == (entry.stake, entry.lived)


def test_a_forgotten_order_s_money_is_forgotten_once(store: Store) -> None:
    """Its parcel's days are kept: they name nobody."""
    store.add()
    count_as(store, RISK, DeliverySample(Service.STANDARD, "DE", 31, 26))
    store.book.forget("x")
    store.files.clear("x")
    store.files.clear("x")
    totals = store.book.totals()
    assert {} == totals.money
    assert 1 == totals.experiences[Service.STANDARD, "DE"].days.parcels
    store.add(incarnation="1")
    count_as(store, RISK)
    store.book.forget("x")
    # Added again before it was cleared away.
    with suppress(ConflictError):
        store.book.create(an_order(incarnation="2"))
    store.book.create(an_order(incarnation="2"))
    assert {} == store.book.totals().money


def test_a_delivery_is_counted_once(store: Store) -> None:
    """By whole days, under its service and destination, whatever comes after it."""
    store.add()
    lived = DeliverySample(Service.ECONOMY, "BR", 31, 26)
    count_as(store, None, lived)
    assert lived == store.dossier().entry.lived
    count_as(store, RISK, lived)
    store.add("y")
    dossier = store.dossier("y")
    entry = replace(dossier.entry, lived=replace(lived, silence=4))
    store.files.keep(dossier, entry, [])
    found = store.files.experience(Service.ECONOMY, "BR")
    assert DeliveryStats(Histogram({31: 2}), Histogram({26: 1, 4: 1})) == found
    assert {(Service.ECONOMY, "BR"): found} == store.book.totals().experiences
    assert DeliveryStats() == store.files.experience(Service.STANDARD, "BR")


def test_merging_loses_nothing(store: Store) -> None:
    """What the source leaves out stays; whether anything was new is told."""
    store.add()
    store.answer(ARRIVED)
    fewer = an_answer(NUMBER, event(1, "LH_ARRIVE"), event(0, "GTMS_ACCEPT"))
    assert store.watch.merge_answer(store.row(), fewer, "cainiao", NOON + DAY)
    assert ["LH_DEPART", "LH_ARRIVE", "GTMS_ACCEPT"] == codes(store)
    assert [NOON, NOON, NOON + DAY] == first_seen(store)
    assert not store.watch.merge_answer(store.row(), fewer, "cainiao", NOON + 2 * DAY)
    assert NOON + 2 * DAY == store.dossier().trace.answered_at


def test_nothing_is_merged_into_another_number_s_trace(store: Store) -> None:
    """Nor into that of an order that is not there."""
    store.add()
    stale = store.row()
    store.book.replace(store.dossier(), replace(store.dossier().order, tracking_number="LP2"))
    assert not store.watch.merge_answer(stale, DEPARTED, "cainiao", NOON)
    assert [] == codes(store)
    nobody = Row("nobody", NEW, NUMBER, None, None, None)
    assert not store.watch.merge_answer(nobody, DEPARTED, "cainiao", NOON)


def test_a_touch_says_when_it_was_answered(store: Store) -> None:
    """Nothing else changes, but a silence that was written down ends."""
    store.add()
    store.answer(DEPARTED)
    silent = Silent(NOON - DAY, too_long=False)
    store.watch.touch_unanswered(store.row(), NOON + HOUR, asked=True, silent=silent)
    before = store.dossier().trace
    store.watch.touch_answered(store.row(), NOON + DAY)
    expected = replace(before, answered_at=NOON + DAY, asked_at=NOON + DAY, silent_since=None)
    assert expected == store.dossier().trace
    assert store.watch.silent_since("x") is None


def test_a_touch_without_an_answer_leaves_the_last_answer_alone(store: Store) -> None:
    """It says when it was asked about, and since when it is silent."""
    store.add()
    store.answer(DEPARTED)
    before = store.dossier().trace
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=False)
    assert before == store.dossier().trace
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=True)
    assert replace(before, asked_at=NOON + DAY) == store.dossier().trace
    silent = Silent(NOON - 10 * DAY, too_long=True)
    store.watch.touch_unanswered(store.row(), NOON + 2 * DAY, asked=True, silent=silent)
    trace = store.dossier().trace
    assert (NOON, NOON - 10 * DAY, True) == (
        trace.answered_at,
        trace.silent_since,
        trace.unanswered,
    )
    assert NOON - 10 * DAY == store.watch.silent_since("x")
    store.watch.merge_answer(store.row(), DEPARTED, "cainiao", NOON + 3 * DAY)
    trace = store.dossier().trace
    assert (None, False) == (trace.silent_since, trace.unanswered)


def test_a_touch_carries_the_ledger_s_answer_only_where_it_is_newer(store: Store) -> None:
    """It is never set back, and never invented."""
    store.add()
    store.watch.touch_unanswered(store.row(), NOON, asked=False, answered_at=NOON)
    assert store.dossier().trace.answered_at is None
    store.answer(DEPARTED)
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=False, answered_at=NOON - HOUR)
    assert NOON == store.dossier().trace.answered_at
    store.watch.touch_unanswered(store.row(), NOON + DAY, asked=False, answered_at=NOON + HOUR)
    assert NOON + HOUR == store.dossier().trace.answered_at


def test_another_number_s_trace_is_not_touched(store: Store) -> None:
    """An answer about the old number is none about the new one."""
    store.add()
    stale = store.row()
    store.book.replace(store.dossier(), replace(store.dossier().order, tracking_number="LP2"))
    store.watch.touch_answered(stale, NOON)
    assert TraceRecord("LP2") == store.dossier().trace


def test_what_has_no_number_can_be_touched(store: Store) -> None:
    """The calendar wakes it."""
    store.add(tracking_number=None)
    store.watch.touch_unanswered(store.row(), NOON, asked=False)
    assert TraceRecord(None) == store.dossier().trace
    store.watch.touch_unanswered(Row("nobody", NEW, None, None, None, None), NOON, asked=False)
    assert store.files.open("nobody") is None


# The orders.

FULL = an_order(
    service=Service.ECONOMY,
    remote=False,
    shipped_on=date(2026, 6, 1),
    protection_ends_on=date(2026, 8, 1),
    title="Größe “L” 运",
    seller="Shop №1",
    price=Decimal("0.10"),
    currency="EUR",
    actions=(
        Action(ActionKind.SELLER_CONTACTED, NOON, on=date(2026, 6, 2), episode="scan x"),
        Action(ActionKind.SNOOZE, NOON, until=date(2026, 7, 1), episode="0"),
        Action(ActionKind.REFUNDED, NOON, amount=Decimal("12.50"), episode="0"),
    ),
    number_changed_at=NOON - DAY,
)


@pytest.mark.parametrize("order", [FULL, an_order(tracking_number=None)])
def test_an_order_comes_back_as_it_was_given(store: Store, order: Order) -> None:
    """Every field, and nothing added."""
    assert store.book.create(order)
    dossier = store.dossier()
    assert order == dossier.order
    assert TraceRecord(order.tracking_number) == dossier.trace
    assert (1, ()) == (dossier.version, dossier.alerts)
    assert (NEW, order.tracking_number, None, State.WATCHING) == (
        dossier.entry.slot,
        dossier.entry.number,
        dossier.entry.stage,
        dossier.entry.state,
    )


def test_an_id_is_given_once(store: Store) -> None:
    """The second is refused, and nothing of the first changes."""
    store.add()
    before = store.settle()
    assert not store.book.create(an_order("x", title="another"))
    assert before == store.dossier()


def test_a_change_has_the_order_looked_at_again(store: Store) -> None:
    """As if the evaluation had never seen it; its trace stays."""
    store.add()
    store.answer(DEPARTED)
    before = store.settle(rule_at=30_000_001, in_slot_since=NOON)
    order = replace(before.order, title="another", ordered_on=date(2026, 5, 1))
    store.book.replace(before, order)
    after = store.dossier()
    assert order == after.order
    assert before.trace == after.trace
    assert 2 == after.version == after.entry.order_version
    assert after.revision > before.revision
    assert Row("x", NEW, NUMBER, None, None, None) == store.row()
    assert "2026-05-01#x" == after.entry.listed


def test_a_change_keeps_what_the_ledger_knows(store: Store) -> None:
    """The last answer and since when there is none, unless a newer answer was written."""
    store.add()
    store.answer(DEPARTED)
    before = store.settle()
    looked = replace(before.trace, answered_at=NOON + HOUR, silent_since=NOON + 2 * HOUR)
    store.book.replace(before, replace(before.order, title="one"), looked)
    assert looked == store.dossier().trace
    stale = store.dossier()
    store.watch.touch_answered(store.row(), NOON + 3 * HOUR)
    later = replace(looked, answered_at=NOON + 2 * HOUR)
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, title="other"), later)
    assert NOON + 3 * HOUR == store.dossier().trace.answered_at
    assert store.dossier().trace.silent_since is None


def test_a_change_of_what_is_no_longer_so_is_refused(store: Store) -> None:
    """Somebody else changed it, or it was forgotten, or it is another one."""
    stale = store.add()
    store.book.replace(stale, replace(stale.order, title="first"))
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, title="second"))
    assert "first" == store.dossier().order.title
    fresh = store.dossier()
    store.book.forget("x")
    with pytest.raises(ConflictError):
        store.book.replace(fresh, replace(fresh.order, title="third"))
    create(store, an_order("x", incarnation="1"))
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, title="fourth"))
    assert store.dossier().order.title is None


def test_another_number_begins_another_trace(store: Store) -> None:
    """With the old checkpoints as evidence."""
    store.add()
    store.answer(DEPARTED)
    before = store.settle()
    store.book.replace(before, replace(before.order, tracking_number="LP2"))
    trace = store.dossier().trace
    assert ("LP2", None, None) == (trace.number, trace.answered_at, trace.fingerprint)
    assert [NUMBER] == [c.number for c in trace.open().checkpoints]
    assert "LP2" == store.row().number
    store.book.replace(store.dossier(), replace(store.dossier().order, tracking_number=None))
    assert store.row().number is None
    assert TraceRecord(None, past=trace.past) == store.dossier().trace


@pytest.mark.parametrize("known", [EMPTY, DEPARTED])
def test_another_number_waits_for_an_answer_that_was_just_written(
    store: Store, known: TrackingResult
) -> None:
    """Else its checkpoints would be lost."""
    stale = store.add()
    store.answer(known)
    with pytest.raises(ConflictError):
        store.book.replace(stale, replace(stale.order, tracking_number="LP2"))
    assert NUMBER == store.dossier().trace.number


def test_a_forgotten_order_is_no_more(store: Store) -> None:
    """It is only in the watch still, for the clearing away."""
    assert not store.book.forget("x")
    store.add()
    store.settle()
    assert store.book.forget("x")
    assert store.files.open("x") is None
    assert store.book.open("x") is None
    assert Row("x", NEW, None, None, None, None, gone=True) == store.row()
    assert () == store.book.page(None, 10, None).dossiers
    assert not store.book.forget("x")


def test_a_forgotten_closed_order_is_cleared_away_too(store: Store) -> None:
    """It was in no slot."""
    store.add()
    store.settle(slot=None, state=State.CLOSED)
    assert store.book.forget("x")
    assert store.row().gone
    store.files.clear("x")
    assert store.watch.row("x") is None


# The evaluation.


def test_an_entry_comes_back_as_it_was_kept(store: Store) -> None:
    """Every field, in the watch and in none."""
    dossier = store.add()
    entry = WatchEntry(
        order_version=1,
        slot="12h0430",
        number=NUMBER,
        fingerprint=b"\x00123",
        rule_at=30_000_000,
        clock_at=30_000_001,
        state=State.DELIVERED,
        stage=Stage.DELIVERED,
        listed="2026-05-26#x",
        in_slot_since=NOON,
        memory=InitialFindings(old_order=False, old_delivery=True),
        stays=(
            SlotStay("24h0430", NOON - DAY),
            SlotStay("", NOON - HOUR),
            SlotStay("12h0430", NOON),
        ),
    )
    assert [] == store.files.keep(dossier, entry, [])
    assert entry == store.dossier().entry
    bare = replace(
        entry,
        slot=None,
        number=None,
        fingerprint=None,
        rule_at=None,
        clock_at=None,
        in_slot_since=None,
        memory=InitialFindings(),
        stays=(),
    )
    store.files.keep(store.dossier(), bare, [])
    assert bare == store.dossier().entry


def test_an_entry_that_was_written_meanwhile_is_not_written_over(store: Store) -> None:
    """By another evaluation, by the buyer, by forgetting or adding it again."""
    stale = store.add()
    store.settle()
    with pytest.raises(ConflictError):
        store.files.keep(stale, stale.entry, [])
    seen = store.dossier()
    store.book.replace(seen, replace(seen.order, title="another"))
    alert = Alert(AlertKind.STALLED, NOON)
    for alerts in ([], [alert]):
        with pytest.raises(ConflictError):
            store.files.keep(seen, seen.entry, alerts)
    assert () == store.dossier().alerts
    seen = store.dossier()
    store.book.forget("x")
    with pytest.raises(ConflictError):
        store.files.keep(seen, seen.entry, [alert])
    create(store, an_order("x", incarnation="1"))
    with pytest.raises(ConflictError):
        store.files.keep(stale, stale.entry, [alert])
    assert () == store.dossier().alerts


ALERT = Alert(
    AlertKind.ACTION_NEEDED,
    NOON + timedelta(microseconds=5),
    reason="ready_for_pickup",
    about="2026-06-14 08:00:00",
    nth=2,
    episode="scan 2026-06-14T08:00:00Z",
    number=NUMBER,
    facts={"silent_days": 3, "window": [15, 25], "last_text": "Größe “L” 运"},
)


def test_alerts_are_kept_with_the_entry(store: Store) -> None:
    """Pending, with all that their texts need."""
    dossier = store.add()
    (pending,) = store.files.keep(dossier, dossier.entry, [ALERT])
    (found,) = store.dossier().alerts
    assert ALERT == found
    assert ALERT.facts == found.facts
    assert ("x", AlertKind.ACTION_NEEDED, ALERT.raised_at) == (
        pending.order_id,
        pending.kind,
        pending.raised_at,
    )
    assert [pending] == store.outbox.pending()
    assert ALERT.raised_at == store.watch.oldest_pending()


def test_a_pending_alert_is_superseded_and_a_sent_one_is_not(store: Store) -> None:
    """One that no longer fitted makes room; what went out is never raised again."""
    store.add()
    first = store.raise_alert(at=NOON)
    second = store.raise_alert(at=NOON + DAY)
    assert [second] == store.outbox.pending()
    assert {} == store.outbox.alerts([first])
    store.outbox.mark_sent([second], "b", NOON + DAY)
    entry = store.dossier().entry
    with pytest.raises(ConflictError):
        store.raise_alert(at=NOON + 2 * DAY)
    assert entry == store.dossier().entry


def test_clearing_away_takes_all_that_is_left(store: Store) -> None:
    """And says as what it was counted, once."""
    store.add()
    store.raise_alert()
    store.settle(state=State.DELIVERED)
    store.book.forget("x")
    assert (State.DELIVERED, Stage.UNKNOWN) == store.files.clear("x")
    assert store.watch.row("x") is None
    assert [] == store.outbox.pending()
    assert store.files.clear("x") is None


def test_what_was_never_evaluated_was_not_counted(store: Store) -> None:
    """It was added and forgotten in one breath."""
    store.add()
    store.book.forget("x")
    assert store.files.clear("x") is None
    assert store.watch.row("x") is None


def test_clearing_away_leaves_an_order_alone_that_is_there(store: Store) -> None:
    """It was added again meanwhile."""
    store.add()
    store.raise_alert()
    store.book.forget("x")
    create(store, an_order("x", incarnation="1"))
    assert store.files.clear("x") is None
    assert "1" == store.dossier().order.incarnation
    assert NEW == store.row().slot


def test_an_order_that_was_added_again_shares_nothing_with_its_former_self(store: Store) -> None:
    """Neither its alerts, sent or pending, nor its checkpoints."""
    store.add()
    store.answer(DEPARTED)
    sent = store.raise_alert(kind=AlertKind.LATE)
    store.outbox.mark_sent([sent], "b", NOON)
    old = store.raise_alert(kind=AlertKind.STALLED)
    store.book.forget("x")
    create(store, an_order("x", incarnation="1"))
    assert {} == store.outbox.orders([old])
    dossier = store.dossier()
    assert ((), TraceRecord(NUMBER)) == (dossier.alerts, dossier.trace)
    fresh = store.raise_alert(kind=AlertKind.STALLED)
    assert fresh != old
    assert [fresh] == store.outbox.pending()
    assert {fresh} == set(store.outbox.orders([fresh]))


def create(store: Store, order: Order) -> bool:
    """Create an order, as insistently as the desk does."""
    for _ in range(3):
        try:
            return store.book.create(order)
        except ConflictError:
            continue
    raise AssertionError("it is refused again and again")


def test_an_order_that_is_added_again_is_counted_anew(store: Store) -> None:
    """The forgotten one is no longer counted, whoever clears it away."""
    store.add()
    store.settle()
    store.files.add_to_totals({(State.WATCHING, Stage.UNKNOWN): 1})
    store.book.forget("x")
    assert create(store, an_order("x", incarnation="1"))
    assert store.files.clear("x") is None
    assert {0} == set(store.book.totals().states.values())
    assert "1" == store.dossier().order.incarnation
    assert not create(store, an_order("x", incarnation="2"))


def test_counts_are_added_up(store: Store) -> None:
    """By state and stage; closed ones have no stage worth counting."""
    store.files.add_to_totals(
        {
            (State.WATCHING, Stage.ACCEPTED): 3,
            (State.CLOSED, Stage.RETURNED): 1,
        }
    )
    store.files.add_to_totals(
        {(State.WATCHING, Stage.ACCEPTED): -1, (State.DELIVERED, Stage.DELIVERED): 1}
    )
    totals = store.book.totals()
    assert {State.WATCHING: 2, State.DELIVERED: 1, State.CLOSED: 1} == dict(totals.states)
    assert {Stage.ACCEPTED: 2, Stage.DELIVERED: 1} == dict(totals.stages)
    assert {0} == set(totals.alerts.values())
    assert set(AlertKind) == set(totals.alerts)


def test_an_alert_about_a_source_is_kept_once(store: Store) -> None:
    """By kind and outage; it is pending like any other."""
    down = Alert(AlertKind.SOURCE_DOWN, NOON, about=NOON.isoformat(), facts={"source": "cainiao"})
    store.files.keep_source_alert(down)
    store.files.keep_source_alert(replace(down, raised_at=NOON + DAY))
    assert [down] == store.files.alerts_about_sources()
    (pending,) = store.outbox.pending()
    assert ("", AlertKind.SOURCE_DOWN, NOON) == (pending.order_id, pending.kind, pending.raised_at)
    assert {} == store.outbox.orders([pending])
    store.outbox.mark_sent([pending], "b", NOON)
    assert [] == store.outbox.pending()
    store.files.keep_source_alert(down)
    assert [] == store.outbox.pending()


# The sending's lease.


def a_batch(*members: AlertRef, number: int = 1) -> Batch:
    return Batch(f"b-{number}", AlertKind.STALLED, NOON, members)


def test_whoever_finds_the_sending_s_lease_held_calls_its_holder(store: Store) -> None:
    """It looks once more before it gives the lease back."""
    lease = store.outbox.take_lease("a", NOON + HOUR, NOON)
    assert lease is not None
    assert (0, None, None) == (lease.wanted, lease.batch, lease.published_at)
    assert store.outbox.take_lease("b", NOON + HOUR, NOON) is None
    assert 1 == store.outbox.release_lease("a", 0, keep_batch=None)
    assert store.outbox.release_lease("a", 1, keep_batch=None) is None
    found = store.outbox.take_lease("b", NOON + HOUR, NOON)
    assert found is not None
    assert 1 == found.wanted


def test_the_sending_s_lease_runs_out(store: Store) -> None:
    """With its batch as it was logged; its former holder logs nothing more."""
    batch = a_batch(AlertRef("x", "k", AlertKind.STALLED, NOON))
    store.outbox.take_lease("a", NOON + HOUR, NOON)
    assert store.outbox.log_batch("a", batch)
    lease = store.outbox.take_lease("b", NOON + 3 * HOUR, NOON + HOUR + MINUTE)
    assert lease is not None
    assert batch == lease.batch
    assert not store.outbox.log_batch("a", batch)
    assert not store.outbox.log_sent("a", batch, NOON)
    assert store.outbox.release_lease("a", 0, keep_batch=None) is None
    store.outbox.abandon_lease("a")
    assert store.outbox.take_lease("c", NOON + 3 * HOUR, NOON + HOUR + MINUTE) is None


def test_a_batch_is_logged_whole(store: Store) -> None:
    """And kept open with the lease given back, whoever called."""
    retried = replace(
        a_batch(
            AlertRef("x", "k", AlertKind.STALLED, NOON),
            AlertRef("", "s", AlertKind.STALLED, NOON + timedelta(microseconds=5)),
        ),
        attempts=2,
        retry_at=NOON + HOUR,
    )
    store.outbox.take_lease("a", NOON + HOUR, NOON)
    store.outbox.take_lease("b", NOON + HOUR, NOON)
    assert store.outbox.release_lease("a", 0, keep_batch=retried) is None
    lease = store.outbox.take_lease("c", NOON + HOUR, NOON)
    assert lease is not None
    assert retried == lease.batch


def test_an_abandoned_lease_keeps_its_batch(store: Store) -> None:
    """For the next run to settle."""
    batch = a_batch(AlertRef("x", "k", AlertKind.STALLED, NOON))
    store.outbox.take_lease("a", NOON + HOUR, NOON)
    store.outbox.log_batch("a", batch)
    store.outbox.abandon_lease("a")
    lease = store.outbox.take_lease("b", NOON + HOUR, NOON)
    assert lease is not None
    assert batch == lease.batch


def test_a_batch_is_marked_as_sent_and_counted_once(store: Store) -> None:
    """Also where the acknowledgement got lost and it is marked again."""
    batch = a_batch(*(AlertRef(f"{n}", "k", AlertKind.STALLED, NOON) for n in range(3)))
    store.outbox.take_lease("a", NOON + HOUR, NOON)
    store.outbox.log_batch("a", batch)
    at = NOON + timedelta(milliseconds=123)
    assert store.outbox.log_sent("a", batch, at)
    assert store.outbox.log_sent("a", batch, at)
    assert 3 == store.book.totals().alerts[AlertKind.STALLED]
    store.outbox.abandon_lease("a")
    lease = store.outbox.take_lease("b", NOON + HOUR, NOON)
    assert lease is not None
    assert replace(batch, sent=True) == lease.batch
    assert at == lease.published_at
    store.outbox.log_batch("b", a_batch(number=2))
    assert store.outbox.release_lease("b", 0, keep_batch=None) is None
    empty = store.outbox.take_lease("c", NOON + HOUR, NOON)
    assert empty is not None
    assert (None, at) == (empty.batch, empty.published_at)


# The pending alerts.


def test_pending_alerts_are_listed_oldest_first(store: Store) -> None:
    """Of every order, until they are sent or set aside."""
    for n in range(4):
        store.add(f"{n}")
    members = [store.raise_alert(f"{n}", at=NOON - n * MINUTE) for n in range(4)]
    assert members[::-1] == store.outbox.pending()
    assert NOON - 3 * MINUTE == store.watch.oldest_pending()
    store.outbox.mark_sent(members[2:3], "b", NOON)
    store.outbox.set_aside(members[3])
    assert [members[1], members[0]] == store.outbox.pending()
    assert NOON - MINUTE == store.watch.oldest_pending()
    assert {NOON} == {a.sent_at for a in store.dossier("2").alerts}
    assert {None} == {a.sent_at for a in store.dossier("3").alerts}


def test_nothing_is_pending_at_first(store: Store) -> None:
    """The lists are empty."""
    assert [] == store.outbox.pending()
    assert store.watch.oldest_pending() is None
    assert {} == store.outbox.alerts([])
    assert {} == store.outbox.orders([])


def test_only_what_is_pending_as_it_was_raised_can_be_sent(store: Store) -> None:
    """Read consistently, whatever the index says."""
    store.add()
    member = store.raise_alert()
    later = replace(member, raised_at=NOON + DAY)
    (found,) = store.outbox.alerts([member]).values()
    assert (AlertKind.STALLED, NOON, {"silent_days": 12}) == (
        found.kind,
        found.raised_at,
        found.facts,
    )
    assert {} == store.outbox.alerts([later])
    store.outbox.mark_sent([later], "b", NOON)
    assert [member] == store.outbox.pending()
    store.outbox.mark_sent([member], "b", NOON)
    store.outbox.mark_sent([member], "b", NOON + DAY)
    assert {} == store.outbox.alerts([member])
    assert NOON == store.dossier().alerts[0].sent_at


def test_the_orders_of_alerts_are_read_with_their_versions(store: Store) -> None:
    """Where they still are; many at once."""
    ids = [f"{n:03}" for n in range(9)]
    members = []
    for order_id in ids:
        store.add(order_id)
        members.append(store.raise_alert(order_id))
    store.book.replace(store.dossier("000"), replace(store.dossier("000").order, title="another"))
    store.book.forget("001")
    found = store.outbox.orders(members)
    assert set(members) - {members[1]} == set(found)
    assert (2, "another") == (found[members[0]].version, found[members[0]].order.title)
    assert 9 == len(store.outbox.alerts(members))


def test_an_alert_is_dropped_only_while_its_order_is_as_read(store: Store) -> None:
    """Else one must look again."""
    store.add()
    member = store.raise_alert()
    read = store.outbox.orders([member])[member]
    assert not store.outbox.drop(member, None)
    store.book.replace(store.dossier(), replace(store.dossier().order, title="another"))
    assert not store.outbox.drop(member, read)
    assert [member] == store.outbox.pending()
    read = store.outbox.orders([member])[member]
    assert store.outbox.drop(member, read)
    assert [] == store.outbox.pending()
    assert () == store.dossier().alerts


@pytest.mark.parametrize("added_again", [False, True])
def test_an_alert_is_dropped_with_its_order_gone(store: Store, *, added_again: bool) -> None:
    """Whether or not another one has its id by now."""
    store.add()
    member = store.raise_alert()
    store.book.forget("x")
    if added_again:
        create(store, an_order("x", incarnation="1"))
    assert {} == store.outbox.orders([member])
    assert store.outbox.drop(member, None)
    assert [] == store.outbox.pending()


def test_what_was_sent_or_raised_anew_is_not_dropped(store: Store) -> None:
    """Only this very raising."""
    store.add()
    old = store.raise_alert()
    new = store.raise_alert(at=NOON + DAY)
    read: OrderRead = store.outbox.orders([new])[new]
    assert not store.outbox.drop(old, read)
    assert [new] == store.outbox.pending()
    store.outbox.mark_sent([new], "b", NOON)
    assert not store.outbox.drop(new, read)
    assert 1 == len(store.dossier().alerts)


# Lists.


def listed(store: Store, state: State | None, limit: int) -> list[list[str]]:
    """The pages of a list."""
    pages = []
    place: PageCursor | None = None
    for _ in range(20):
        page = store.book.page(state, limit, place)
        pages.append([dossier.order.order_id for dossier in page.dossiers])
        place = page.next
        if place is None:
            return pages
    raise AssertionError("the list has no end")


def test_orders_are_listed_by_state_and_the_newest_first(store: Store) -> None:
    """Page by page, each once, without their alerts."""
    for n in range(7):
        store.add(f"{n}", ordered_on=date(2026, 6, 1) + timedelta(days=n))
        state = list(State)[n % 3]
        store.settle(f"{n}", state=state, slot=None if state is State.CLOSED else "12h0430")
    store.raise_alert("0")
    assert [["6", "3"], ["0"], ["4", "1"], ["5", "2"]] == [p for p in listed(store, None, 2) if p]
    assert [["4"], ["1"]] == [p for p in listed(store, State.DELIVERED, 1) if p]
    assert [["6", "3", "0"]] == listed(store, State.WATCHING, 100)
    (first, *_) = store.book.page(None, 100, None).dossiers
    assert replace(store.dossier("6"), alerts=()) == first


def test_orders_of_the_same_day_are_listed_once_each(store: Store) -> None:
    """By their ids."""
    ids = [f"{n:02}" for n in range(25)]
    for order_id in ids:
        store.book.create(an_order(order_id))
    assert ids[::-1] == [o for page in listed(store, None, 4) for o in page]


def test_an_empty_list_has_an_end(store: Store) -> None:
    """At once, or after an empty page."""
    assert [] == [o for page in listed(store, None, 10) for o in page]
    assert [] == [o for page in listed(store, State.CLOSED, 10) for o in page]


def test_a_page_goes_on_where_nothing_stands_any_more(store: Store) -> None:
    """The last order of the page before was forgotten, or changed its state."""
    for order_id in "abcd":
        store.book.create(an_order(order_id))
    page = store.book.page(State.WATCHING, 2, None)
    assert ["d", "c"] == [d.order.order_id for d in page.dossiers]
    store.book.forget("c")
    rest = store.book.page(State.WATCHING, 2, page.next)
    assert ["b", "a"] == [d.order.order_id for d in rest.dossiers]


# What only the table does.


def test_subscribers_wishes_are_kept(table: Table) -> None:
    """Which alerts, and the ARN; a forgotten one for a week."""
    preferences = DynamoSubscriberStore(table)
    assert {} == preferences.preferences()
    all_kinds = Preference("arn:1", None)
    some = Preference(None, (AlertKind.LATE, AlertKind.STALLED))
    preferences.keep("a", all_kinds, NOON)
    preferences.keep("b", some, NOON)
    assert {"a": all_kinds, "b": some} == preferences.preferences()
    preferences.keep("b", replace(some, forgotten=True), NOON)
    assert preferences.preferences()["b"].forgotten
    item = table.get(STACK, "SUBSCRIPTION#b")
    assert item is not None
    assert int((NOON + 7 * DAY).timestamp()) == int(item["expires"]["N"])
    preferences.drop("a")
    preferences.drop("a")
    assert {"b"} == set(preferences.preferences())


def test_a_run_record_goes_after_400_days(table: Table) -> None:
    """By the table's own tidying."""
    DynamoPollStore(table).save_run("1200+30", RunRecord(NOON, answered=True))
    item = table.get("TURN#1200+30", "RUN#2026-06-15T12:00:00Z")
    assert item is not None
    assert int((NOON + 400 * DAY).timestamp()) == int(item["expires"]["N"])


def keys_written(table: Table, work: Callable[[], object]) -> list[str]:
    """The sort keys of the items that some work changes, which the stream then tells of."""
    before = everything(table)
    work()
    after = everything(table)
    return sorted(
        sk for pk, sk in after.keys() | before.keys() if before.get((pk, sk)) != after.get((pk, sk))
    )


def everything(table: Table) -> dict[tuple[str, str], Any]:
    found = table.client.scan(TableName=table.name, ConsistentRead=True)
    assert "LastEvaluatedKey" not in found
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found["Items"]}


def test_what_wakes_the_evaluation(table: Table) -> None:
    """Orders, traces and the wake-up; what it writes itself never does."""
    store = over(table)
    assert {"ORDER", "TRACE", "WATCH", "ORDER#x"} == set(keys_written(table, store.add))
    row = store.row()
    assert ["TRACE"] == keys_written(table, lambda: store.answer(DEPARTED))
    assert ["TRACE"] == keys_written(table, lambda: store.watch.touch_answered(row, NOON + DAY))
    assert ["TRACE"] == keys_written(
        table, lambda: store.watch.touch_unanswered(row, NOON + 2 * DAY, asked=False)
    )
    assert ["WATCH"] == keys_written(table, store.settle)
    assert {"WATCH", f"ALERT#0#{Alert(AlertKind.STALLED, NOON).key}"} == set(
        keys_written(table, store.raise_alert)
    )
    (member,) = store.outbox.pending()
    assert [member.key] == keys_written(table, lambda: store.outbox.mark_sent([member], "b", NOON))
    assert ["WAKE"] == keys_written(table, lambda: store.watch.wake_sending(NOON))
    assert ["WAKE"] == keys_written(table, lambda: store.watch.wake_sending(NOON + MINUTE))
    assert ["ORDER", "ORDER#x", "WATCH"] == keys_written(table, lambda: store.book.forget("x"))


def test_more_items_than_one_call_takes_are_read_in_several(table: Table) -> None:
    """Each once, also where a key is asked for twice or has no item."""
    keys = [(f"P#{n:03}", "S") for n in range(130)]
    for pk, sk in keys:
        table.put(key(pk, sk))
    found = table.get_many([*keys, keys[0], ("P#nobody", "S")])
    assert keys == sorted((item["pk"]["S"], item["sk"]["S"]) for item in found)
    assert [] == table.get_many([])


def test_what_the_engine_left_unread_is_asked_for_again(moto_table: Table) -> None:
    """A busy table answers a part."""
    left = {"orders": {"Keys": [key("b", "S")]}}
    with Stubber(moto_table.client) as stubber:
        stubber.add_response(
            "batch_get_item",
            {"Responses": {"orders": [key("a", "S")]}, "UnprocessedKeys": left},
        )
        stubber.add_response(
            "batch_get_item",
            {"Responses": {"orders": [key("b", "S")]}},
            {"RequestItems": {"orders": {"Keys": [key("b", "S")], "ConsistentRead": True}}},
        )
        found = moto_table.get_many([("a", "S"), ("b", "S")])
    assert [key("a", "S"), key("b", "S")] == found


def test_refusals_are_told_in_our_words(table: Table) -> None:
    """With the item that stood in the way, and the part of a transaction that was refused."""
    table.put({**key("a", "S"), "owner": {"S": "me"}})
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(ConditionFailedError) as refused:
        table.put(key("a", "S"), **absent, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert {**key("a", "S"), "owner": {"S": "me"}} == refused.value.item
    with pytest.raises(TransactionRefusedError) as half:
        table.transact(
            [{"Put": {"Item": key("b", "S")}}, {"Put": {"Item": key("a", "S"), **absent}}]
        )
    assert ("None", "ConditionalCheckFailed") == half.value.reasons
    assert table.get("b", "S") is None
    with pytest.raises(UnavailableError):
        Table(table.client, "no-such-table").get("a", "S")


def test_no_answer_is_told_in_our_words(moto_table: Table) -> None:
    """Whatever the client calls it: what was asked may have been done, or not."""

    def fail(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example/")

    moto_table.client.meta.events.register_first("before-send.dynamodb", fail)
    with pytest.raises(UnavailableError):
        moto_table.get("a", "S")


def test_items_that_are_no_dossier_are_none(table: Table) -> None:
    """An order that was half written by hand, say."""
    table.put({**key("ORDER#x", "ORDER"), "born": {"S": "0"}})
    assert over(table).files.open("x") is None


# What it costs, as AWS's own engine counts it.


@dataclass
class Bill:
    """What the calls of a client took."""

    reads: float = 0
    writes: float = 0
    calls: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """The partitions that single writes went to."""

    def note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        if "Key" in params or "Item" in params:
            self.written.append((params.get("Key") or params["Item"])["pk"]["S"])
        self.calls.append(model.name)

    def add(self, parsed: dict[str, Any], model: Any, **_: object) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        for one in consumed if isinstance(consumed, list) else [consumed]:
            if model.name in {"Query", "GetItem", "BatchGetItem"}:
                self.reads += one["CapacityUnits"]
            else:
                self.writes += one["CapacityUnits"]


@pytest.fixture
def bill(local_table: Table) -> Iterator[Bill]:
    """Counts what the table's client does from now on."""
    counting = Bill()
    events = local_table.client.meta.events
    events.register("provide-client-params.dynamodb", counting.note)
    events.register("after-call.dynamodb", counting.add)
    yield counting
    events.unregister("provide-client-params.dynamodb", counting.note)
    events.unregister("after-call.dynamodb", counting.add)


LONG = an_answer(
    NUMBER,
    *(
        an_event(NOON - (20 - n) * DAY, code, "Departed from departure country/region")
        for n, code in enumerate(
            [
                "GWMS_ACCEPT",
                "GWMS_OUTBOUND",
                "PU_PICKUP_SUCCESS",
                "SC_INBOUND_SUCCESS",
                "SC_OUTBOUND_SUCCESS",
                "CC_EX_START",
                "CC_EX_SUCCESS",
                "LH_HO_IN_SUCCESS",
                "LH_HO_AIRLINE",
                "LH_DEPART",
                "LH_ARRIVE",
                "CC_IM_START",
                "CC_IM_SUCCESS",
                "CC_HO_OUT_SUCCESS",
                "GTMS_ACCEPT",
            ]
        )
    ),
)


def a_check(table: Table, clock: FakeClock, source: FakeSource) -> PollRun:
    return PollRun(
        watch=DynamoPollStore(table),
        source=source,
        clock=clock,
        schedule=PollSchedule(),
        pace=Pace(batch=10, per_minute=60),
        limits=Thresholds(),
        owner="me",
        catch_up=timedelta(hours=1),
    )


def test_a_check_without_news_writes_nothing_to_its_orders(local_table: Table, bill: Bill) -> None:
    """Twenty orders that are due cost the run's own few writes, and one read of the index."""
    store, clock = over(local_table), FakeClock()
    source = FakeSource(clock)
    ids = [f"{n:02}" for n in range(20)]
    for order_id in ids:
        number = f"LP{order_id:0>14}"
        store.add(order_id, tracking_number=number)
        source.answers[number] = replace(LONG, number=number)
    a_check(local_table, clock, source).check_due()
    for order_id in ids:
        store.settle(order_id, slot="12h0030", in_slot_since=NOON - DAY)
    clock.at = NOON + 30 * MINUTE
    bill.reads, bill.writes = 0, 0
    bill.calls.clear()
    bill.written.clear()

    report = a_check(local_table, clock, source).check_due()

    assert (20, 20, 0) == (report.due, report.checked, report.changed)
    assert not any(pk.startswith("ORDER#") for pk in bill.written)
    assert {"UpdateItem": 2, "PutItem": 1} == {
        name: bill.calls.count(name) for name in bill.calls if name in {"UpdateItem", "PutItem"}
    }
    assert bill.writes == 3
    # An index row stays near 80 bytes, so twenty of them are half a read unit.
    assert bill.reads <= 8


def test_news_cost_one_write_unit(local_table: Table, bill: Bill) -> None:
    """Fifteen checkpoints and what is told of them fit into a kilobyte."""
    store = over(local_table)
    store.add()
    bill.writes = 0
    assert store.answer(LONG)
    assert bill.writes == 1
    store.settle()
    bill.writes = 0
    assert store.answer(an_answer(NUMBER, *LONG.events, event(0, "GTMS_SIGNED")), NOON + DAY)
    assert bill.writes == 1


def test_an_evaluation_is_one_query(local_table: Table, bill: Bill) -> None:
    """And one write, where something changed."""
    store = over(local_table)
    store.add()
    store.answer(LONG)
    evaluation = Evaluation(DynamoEvaluationStore(local_table), PollSchedule(), Thresholds())
    bill.calls.clear()
    evaluation.evaluate("x", NOON)
    assert ["Query", "PutItem"] == bill.calls
    bill.calls.clear()
    bill.reads = 0
    evaluation.evaluate("x", NOON)
    assert ["Query"] == bill.calls
    assert bill.reads == 1
