"""The outbox: the lease, the open batch, the pending alerts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stallwatch.alerting.ports import Batch, OrderRead
from stallwatch.domain.alerts import AlertKind, AlertRef
from tests.aws.store.contract import DAY, HOUR, MINUTE, Store, create
from tests.support.builders import NOON, an_order


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
    assert {NOON} == {a.sent_at for a in store.snapshot("2").alerts}
    assert {None} == {a.sent_at for a in store.snapshot("3").alerts}


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
    assert NOON == store.snapshot().alerts[0].sent_at


def test_the_orders_of_alerts_are_read_with_their_versions(store: Store) -> None:
    """Where they still are; many at once."""
    ids = [f"{n:03}" for n in range(9)]
    members = []
    for order_id in ids:
        store.add(order_id)
        members.append(store.raise_alert(order_id))
    store.book.replace(store.snapshot("000"), replace(store.snapshot("000").order, title="another"))
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
    store.book.replace(store.snapshot(), replace(store.snapshot().order, title="another"))
    assert not store.outbox.drop(member, read)
    assert [member] == store.outbox.pending()
    read = store.outbox.orders([member])[member]
    assert store.outbox.drop(member, read)
    assert [] == store.outbox.pending()
    assert () == store.snapshot().alerts


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
    assert 1 == len(store.snapshot().alerts)
