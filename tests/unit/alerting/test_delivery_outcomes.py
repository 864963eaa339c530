"""Sending where the outcome is unknown, refused, or no longer wanted."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from stallwatch.alerting.delivery import FIRST_RETRY, LONGEST_RETRY, SendReport
from stallwatch.alerting.ports import Outcome
from stallwatch.domain.alerts import AlertRef, Notification
from stallwatch.domain.orders import ActionKind
from tests.support.builders import NOON, an_order
from tests.support.memory_outbox import MemoryOutbox
from tests.unit.alerting.sending_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


# An unknown outcome.


def test_an_unknown_outcome_keeps_the_batch_and_pauses(office: Office) -> None:
    """The very same message goes out again later: with the same id, so that it can be dropped."""
    office.raise_alert("a")
    assert 1 == office.send(outcomes=(Outcome.UNKNOWN,)).unknown
    batch = office.store.open_batch
    assert batch is not None
    assert (1, NOON + FIRST_RETRY, False) == (batch.attempts, batch.retry_at, batch.sent)
    assert office.store.send_owner is None

    office.raise_alert("b")
    assert SendReport() == office.send()
    assert 1 == len(office.notifier.notifications)

    office.clock.at = NOON + FIRST_RETRY
    assert SendReport(messages=2, alerts=2) == office.send()
    first, again, after = office.notifier.notifications
    assert first.batch_id == again.batch_id != after.batch_id
    assert [["a"], ["a"], ["b"]] == office.notifier.order_ids


def test_pauses_grow_to_an_hour(office: Office) -> None:
    """While nobody knows what becomes of a message, it is not tried more and more."""
    office.raise_alert("a")
    pauses = []
    for _ in range(8):
        office.send(outcomes=(Outcome.UNKNOWN,))
        batch = office.store.open_batch
        assert batch is not None
        assert batch.retry_at is not None
        pauses.append((batch.retry_at - office.clock.now()) // timedelta(minutes=1))
        office.clock.at = batch.retry_at
    assert [1, 2, 4, 8, 16, 32, 60, 60] == pauses
    assert LONGEST_RETRY == timedelta(hours=1)
    assert 1 == len({notification.batch_id for notification in office.notifier.notifications})


def test_not_now_waits_like_an_unknown_outcome(office: Office) -> None:
    """Too many messages, or no permission: nothing was sent, and nothing is lost."""
    office.raise_alert("a")
    report = office.send(outcomes=(Outcome.NOT_NOW,))
    assert SendReport() == report
    assert ["a"] == office.pending
    office.clock.at = NOON + FIRST_RETRY
    assert 1 == office.send().messages
    assert [] == office.pending


def test_a_batch_that_is_tried_again_leaves_out_what_no_longer_fits(office: Office) -> None:
    """Who said meanwhile that it came is not told that it is stalled."""
    office.raise_alert("a")
    office.raise_alert("b")
    office.send(outcomes=(Outcome.UNKNOWN,))
    office.say("a", ActionKind.RECEIVED)
    office.clock.at = NOON + FIRST_RETRY
    report = office.send()
    assert (1, 1, 1) == (report.messages, report.alerts, report.dropped)
    assert [["a", "b"], ["b"]] == office.notifier.order_ids


# A refusal.


def test_a_refused_batch_is_tried_one_by_one(office: Office) -> None:
    """The one that is refused by itself is set aside, and costs its neighbours nothing."""
    for order_id in ("a", "b", "c"):
        office.raise_alert(order_id)

    def refuse_b(notification: Notification) -> None:
        about = {member.order_id for member, _, _ in notification.members}
        office.notifier.outcomes.append(Outcome.REFUSED if "b" in about else Outcome.SENT)

    office.notifier.before = refuse_b
    report = office.sending().send()
    assert [["a", "b", "c"], ["a"], ["b"], ["c"]] == office.notifier.order_ids
    assert (2, 2, 2) == (report.messages, report.alerts, report.refused)
    assert [] == office.pending
    assert [("b", None)] == [
        (order_id, kept.alert.sent_at)
        for (order_id, _), kept in office.store.kept.items()
        if kept.alert.sent_at is None
    ]
    assert SendReport() == office.sending().send()


# What no longer fits.


@pytest.mark.parametrize(
    ("deed", "given"),
    [
        (ActionKind.RECEIVED, {}),
        (ActionKind.CLOSE, {}),
        (ActionKind.DISPUTE_OPENED, {}),
        (ActionKind.SELLER_CONTACTED, {}),
        (ActionKind.SNOOZE, {"until": date(2026, 7, 1)}),
    ],
)
def test_what_the_buyer_said_meanwhile_takes_an_alert_back(
    office: Office, deed: ActionKind, given: dict[str, object]
) -> None:
    """It is deleted, and nothing goes out."""
    office.raise_alert("a")
    office.say("a", deed, **given)
    assert SendReport(dropped=1) == office.send()
    assert [] == office.notifier.notifications
    assert {} == office.store.kept


def test_nothing_is_sent_about_a_forgotten_order(office: Office) -> None:
    """Nor about another one that was added with its id."""
    office.raise_alert("a")
    office.raise_alert("b")
    for order_id in ("a", "b"):
        office.store.forget(order_id)
    office.store.create(an_order("b", incarnation="1"))
    assert 2 == office.send().dropped
    assert [] == office.notifier.notifications


def test_an_alert_about_another_number_is_taken_back(office: Office) -> None:
    """The old parcel's silence is nobody's business any more."""
    office.raise_alert("a")
    snapshot = office.store.open("a")
    assert snapshot is not None
    office.store.replace(snapshot, replace(snapshot.order, tracking_number="LP2"))
    assert SendReport(dropped=1) == office.send()


def test_an_order_that_changes_while_its_alert_is_dropped_is_looked_at_again(
    office: Office,
) -> None:
    """Closed and reopened in between: the alert fits after all."""
    office.raise_alert("a")
    office.say("a", ActionKind.CLOSE)

    @dataclass
    class Racing(MemoryOutbox):
        def drop(self, member: AlertRef, read: object) -> bool:
            if office.store.shelves["a"].version == 2:
                office.say("a", ActionKind.REOPEN)
            return super().drop(member, read)  # type: ignore[arg-type]

    report = office.sending(Racing(office.store)).send()
    assert (1, 0) == (report.messages, report.dropped)
