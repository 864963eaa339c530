"""Sending what is pending: none lost, none twice."""

import itertools
from dataclasses import dataclass
from datetime import timedelta

import pytest

from stallwatch.alerting.delivery import GAP, MOST_IN_ONE, SendReport
from stallwatch.alerting.ports import Outcome
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from tests.support.builders import NOON
from tests.support.memory_outbox import MemoryOutbox
from tests.unit.alerting.sending_office import SECOND, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_what_is_pending_goes_out_once(office: Office) -> None:
    """And is marked; a second run finds nothing."""
    office.raise_alert("a")
    assert SendReport(messages=1, alerts=1) == office.send()
    assert [["a"]] == office.notifier.order_ids
    assert [] == office.pending
    assert SendReport() == office.send()
    assert office.store.send_owner is None
    assert office.store.open_batch is None


def test_the_log_is_written_before_the_message_and_marked_before_the_alerts(office: Office) -> None:
    """So that whoever comes next after a crash knows which of the two to do."""
    office.raise_alert("a")
    office.store.journal.clear()
    office.notifier.journal = office.store.journal
    office.send()
    assert [
        "take_lease",
        "log_batch",
        "publish",
        "log_sent",
        "mark_sent",
        "release_lease",
    ] == office.store.journal


def test_a_message_goes_out_in_every_language_that_is_wanted(office: Office) -> None:
    """Once in each, under one id, and the log says after each how far it is."""
    office.store.languages = ("de", "fr")
    office.raise_alert("a")
    office.store.journal.clear()
    office.notifier.journal = office.store.journal
    office.send()
    assert [None, "de", "fr"] == office.notifier.languages
    assert 1 == len({notification.batch_id for notification in office.notifier.notifications})
    assert [
        "take_lease",
        "log_batch",
        *("publish", "log_batch", "publish", "log_batch", "publish"),
        "log_sent",
        "mark_sent",
        "release_lease",
    ] == office.store.journal


@pytest.mark.parametrize("failed", [0, 1, 2])
def test_no_language_is_told_again_after_a_failure(office: Office, failed: int) -> None:
    """The next try goes on with the one that failed, though others are wanted by then."""
    office.store.languages = ("de", "fr")
    office.raise_alert("a")
    office.send(outcomes=(*[Outcome.SENT] * failed, Outcome.UNKNOWN))
    assert ["a"] == office.pending
    office.store.languages = ("es",)
    office.clock.advance(hours=1)
    office.send()
    every = [None, "de", "fr"]
    assert [*every[: failed + 1], *every[failed:]] == office.notifier.languages
    assert [] == office.pending


def test_a_translation_that_is_refused_stops_no_other(office: Office) -> None:
    """It never goes out as it is; the rest does."""
    office.store.languages = ("de", "fr")
    office.raise_alert("a")
    office.send(outcomes=(Outcome.SENT, Outcome.REFUSED))
    assert [None, "de", "fr"] == office.notifier.languages
    assert [] == office.pending
    assert 1 == office.store.sent[AlertKind.STALLED]


def test_what_was_just_raised_goes_out_though_the_index_hides_it(office: Office) -> None:
    """The index lags; the alert itself is read consistently."""
    fresh = office.raise_alert("a")

    @dataclass
    class Lagging(MemoryOutbox):
        def pending(self) -> list[AlertRef]:
            return []

    assert 1 == office.sending(Lagging(office.store)).send([fresh]).messages


def test_what_the_index_still_shows_is_not_sent_again(office: Office) -> None:
    """The index lags the other way too."""
    shown = office.raise_alert("a")
    office.send()

    @dataclass
    class Lagging(MemoryOutbox):
        def pending(self) -> list[AlertRef]:
            return [shown]

    assert SendReport() == office.sending(Lagging(office.store)).send([shown])
    assert 1 == len(office.notifier.notifications)


def test_one_message_carries_one_kind_and_the_oldest_goes_first(office: Office) -> None:
    """Those that came due together stand in one."""
    office.raise_alert("c", AlertKind.LATE, after=2)
    office.raise_alert("b", AlertKind.STALLED, after=1)
    office.raise_alert("a", AlertKind.LATE, after=0)
    assert 2 == office.send().messages
    assert [["a", "c"], ["b"]] == office.notifier.order_ids
    assert [NOON, NOON + SECOND] == [
        notification.raised_at for notification in office.notifier.notifications
    ]


def test_a_message_names_fifty_orders_at_the_most(office: Office) -> None:
    """So that five hundred imported orders do not send five hundred mails."""
    for n in range(101):
        office.raise_alert(f"{n:03}", after=n)
    report = office.send()
    assert (3, 101) == (report.messages, report.alerts)
    assert [50, 50, 1] == [len(ids) for ids in office.notifier.order_ids]
    assert MOST_IN_ONE == 50
    assert [f"{n:03}" for n in range(101)] == [o for ids in office.notifier.order_ids for o in ids]
    assert 101 == office.store.sent[AlertKind.STALLED]


def test_between_two_messages_there_is_a_gap(office: Office) -> None:
    """Also between the last of one run and the first of the next: SNS suspends who gets too many."""  # noqa: E501
    times = []
    office.notifier.before = lambda _: times.append(office.clock.now())
    for n, kind in enumerate((AlertKind.LATE, AlertKind.STALLED, AlertKind.DELIVERED)):
        office.raise_alert(f"{n}", kind)
    office.send()
    office.raise_alert("x")
    office.send()
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert [GAP, GAP, GAP] == gaps
    assert timedelta(milliseconds=200) < GAP


def test_a_message_that_comes_late_anyway_waits_for_nothing(office: Office) -> None:
    """The gap is measured, not added."""
    office.raise_alert("a")
    office.send()
    office.clock.advance(seconds=10)
    office.raise_alert("b")
    office.send()
    assert [] == office.clock.slept


def test_alerts_about_the_source_need_no_order(office: Office) -> None:
    """They go to the stack's owner."""
    office.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON, about=NOON.isoformat()))
    assert 1 == office.send().messages
    (notification,) = office.notifier.notifications
    assert [None] == [order for _, _, order in notification.members]
