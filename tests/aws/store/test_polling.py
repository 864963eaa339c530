"""The poll's lease, progress, health of the sources and run records."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stallwatch.domain.orders import State
from stallwatch.polling.state import Cursor, Progress
from stallwatch.tracking.circuit_breaker import CircuitBreaker, Outage
from stallwatch.tracking.run_log import LastRun, RunRecord, short_name
from stallwatch.tracking.schedule import Turn
from stallwatch.tracking.source import Verdict
from tests.aws.store.contract import DAY, HOUR, MINUTE, Store
from tests.support.builders import NOON


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
    woken_at=NOON - DAY,
    reviewed_version=1,
    review_from="watching|2026-06-01#x",
)


def test_a_run_s_progress_is_kept_whole(store: Store) -> None:
    """For the next one, for the API, and until another is kept."""
    store.watch.take_lease("a", NOON + HOUR, NOON)
    assert store.watch.save_progress("a", PROGRESS)
    assert PROGRESS == store.watch.lease().progress == store.book.progress()
    without = replace(PROGRESS, cursor=None)
    assert store.watch.release_lease("a", without, 0) is None
    assert without == store.watch.lease().progress


def test_the_watched_orders_come_a_part_at_a_time_the_oldest_first(store: Store) -> None:
    """The delivered ones after the others, and the closed ones never."""
    states = {
        "young": (State.WATCHING, 3),
        "old": (State.WATCHING, 30),
        "here": (State.DELIVERED, 40),
        "over": (State.CLOSED, 50),
    }
    for order_id, (state, days) in states.items():
        number = f"LP{days:014}"
        ordered = (NOON - days * DAY).date()
        store.add(order_id, ordered_on=ordered, tracking_number=number)
        store.settle(order_id, slot=None if state is State.CLOSED else "12h0430", state=state)
    found = []
    place = None
    while True:
        rows, place = store.watch.watched(place, 1)
        found += [row.order_id for row, _ in rows]
        if place is None:
            break
    assert ["old", "young", "here"] == found
    rows, following = store.watch.watched(None, 3)
    assert found == [row.order_id for row, _ in rows]
    assert following is None
    assert ["here"] == [row.order_id for row, _ in store.watch.watched(rows[2][1], 9)[0]]


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
