"""The evaluation's view of an order, and its place in the watch."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.errors import (
    ConflictError,
)
from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.snapshot import WatchEntry
from stallwatch.rules.decision import InitialFindings
from stallwatch.tracking.schedule import NEW, SlotStay
from stallwatch.tracking.trace_record import TraceRecord
from tests.aws.store.contract import DAY, DEPARTED, HOUR, Store, create
from tests.support.builders import NOON, NUMBER, an_order


def test_an_entry_comes_back_as_it_was_kept(store: Store) -> None:
    """Every field, in the watch and in none."""
    snapshot = store.add()
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
    assert [] == store.files.keep(snapshot, entry, [])
    assert entry == store.snapshot().entry
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
    store.files.keep(store.snapshot(), bare, [])
    assert bare == store.snapshot().entry


def test_an_entry_that_was_written_meanwhile_is_not_written_over(store: Store) -> None:
    """By another evaluation, by the buyer, by forgetting or adding it again."""
    stale = store.add()
    store.settle()
    with pytest.raises(ConflictError):
        store.files.keep(stale, stale.entry, [])
    seen = store.snapshot()
    store.book.replace(seen, replace(seen.order, title="another"))
    alert = Alert(AlertKind.STALLED, NOON)
    for alerts in ([], [alert]):
        with pytest.raises(ConflictError):
            store.files.keep(seen, seen.entry, alerts)
    assert () == store.snapshot().alerts
    seen = store.snapshot()
    store.book.forget("x")
    with pytest.raises(ConflictError):
        store.files.keep(seen, seen.entry, [alert])
    create(store, an_order("x", incarnation="1"))
    with pytest.raises(ConflictError):
        store.files.keep(stale, stale.entry, [alert])
    assert () == store.snapshot().alerts


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
    snapshot = store.add()
    (pending,) = store.files.keep(snapshot, snapshot.entry, [ALERT])
    (found,) = store.snapshot().alerts
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
    entry = store.snapshot().entry
    with pytest.raises(ConflictError):
        store.raise_alert(at=NOON + 2 * DAY)
    assert entry == store.snapshot().entry


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
    assert "1" == store.snapshot().order.incarnation
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
    snapshot = store.snapshot()
    assert ((), TraceRecord(NUMBER)) == (snapshot.alerts, snapshot.trace)
    fresh = store.raise_alert(kind=AlertKind.STALLED)
    assert fresh != old
    assert [fresh] == store.outbox.pending()
    assert {fresh} == set(store.outbox.orders([fresh]))


def test_an_order_that_is_added_again_is_counted_anew(store: Store) -> None:
    """The forgotten one is no longer counted, whoever clears it away."""
    store.add()
    store.settle()
    store.files.add_to_totals({(State.WATCHING, Stage.UNKNOWN): 1})
    store.book.forget("x")
    assert create(store, an_order("x", incarnation="1"))
    assert store.files.clear("x") is None
    assert {0} == set(store.book.totals().states.values())
    assert "1" == store.snapshot().order.incarnation
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
