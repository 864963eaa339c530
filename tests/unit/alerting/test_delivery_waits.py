"""What waits before it is sent: for the morning, and for first checks."""

from datetime import timedelta

import pytest

from stallwatch.alerting.delivery import LONGEST_WAIT, OutboxDispatcher, SendReport
from stallwatch.alerting.ports import Outcome
from stallwatch.alerting.quiet_hours import QuietHours
from stallwatch.domain.alerts import Alert, AlertKind, Notification
from tests.support.builders import NOON, an_order
from tests.unit.alerting.sending_office import SECOND, Office


@pytest.fixture
def office() -> Office:
    return Office()


BERLIN = QuietHours.of("22:00-07:00", "Europe/Berlin")


def quiet_sending(office: Office) -> OutboxDispatcher:
    sending = office.sending()
    sending.quiet_hours = BERLIN
    return sending


def test_a_night_holds_what_is_pending_and_tells_it_together(office: Office) -> None:
    """Nothing is dropped, and one message goes out in the morning."""
    office.clock.at = NOON.replace(hour=20, minute=30)
    office.raise_alert("a")
    assert SendReport() == quiet_sending(office).send()
    office.raise_alert("b", after=60)
    office.clock.at += timedelta(hours=8, minutes=29)
    assert SendReport() == quiet_sending(office).send()
    assert ["a", "b"] == office.pending
    office.clock.at += timedelta(minutes=1)
    assert SendReport(messages=1, alerts=2) == quiet_sending(office).send()
    assert [["a", "b"]] == office.notifier.order_ids
    assert [] == office.pending


def test_a_deadline_that_would_pass_breaks_the_quiet_alone(office: Office) -> None:
    """What else is pending waits on."""
    office.clock.at = NOON.replace(hour=21, minute=30)
    office.raise_alert("a")
    office.store.create(an_order("b", protection_ends_on=office.clock.at.date()))
    today = office.clock.at.date().isoformat()
    office.raise_alert("b", AlertKind.PROTECTION_ENDING, about=f"{today} 1", after=34_000)
    (kept,) = (k for k in office.store.kept.values() if k.alert.about)
    kept.alert.facts["protection_ends_on"] = today
    assert SendReport(messages=1, alerts=1) == quiet_sending(office).send()
    assert [["b"]] == office.notifier.order_ids
    assert ["a"] == office.pending


def test_an_open_batch_waits_for_the_morning_too(office: Office) -> None:
    """Its outcome was unknown in the evening: it goes out again with the same id."""
    office.clock.at = NOON.replace(hour=19, minute=59)
    office.raise_alert("a")
    office.send(outcomes=(Outcome.UNKNOWN,))
    office.clock.at += timedelta(hours=1)
    quiet_sending(office).send()
    assert 1 == len(office.notifier.notifications)
    office.clock.at += timedelta(hours=9)
    assert 1 == quiet_sending(office).send().messages
    assert 1 == len({n.batch_id for n in office.notifier.notifications})


def test_the_sending_waits_until_first_checks_are_over(office: Office) -> None:
    """So that many orders added at once are told together."""
    members = [office.raise_alert(f"{n}") for n in range(3)]
    grouping = office.sending()
    grouping.groups = True
    assert SendReport(waiting=True) == grouping.send(members, {"0", "1"})
    grouping = office.sending()
    grouping.groups = True
    assert SendReport(messages=1, alerts=3) == grouping.send(members, {"0", "1", "2"})


def test_no_alert_waits_longer_than_ten_minutes_for_first_checks(office: Office) -> None:
    """The source may be down for days."""
    office.raise_alert("a")
    office.clock.at += LONGEST_WAIT - SECOND
    for expected in (SendReport(waiting=True), SendReport(messages=1, alerts=1)):
        grouping = office.sending()
        grouping.groups = True
        assert expected == grouping.send()
        office.clock.at += SECOND


def test_what_is_about_no_order_waits_for_no_first_check(office: Office) -> None:
    """While the source is down no first check ends, and the owner must hear of it."""
    office.raise_alert("a")
    office.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON, about=NOON.isoformat()))
    grouping = office.sending()
    grouping.groups = True
    assert SendReport(messages=1, alerts=1, waiting=True) == grouping.send()
    assert [AlertKind.SOURCE_DOWN] == [n.kind for n in office.notifier.notifications]
    assert ["a"] == office.pending


def test_who_wants_to_send_meanwhile_is_held_up_by_no_first_check(office: Office) -> None:
    """The last first check ends while the owner's alert goes out: the holder sends the rest."""
    office.raise_alert("a")
    office.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON, about=NOON.isoformat()))
    grouping = office.sending()
    grouping.groups = True

    def meanwhile(notification: Notification) -> None:
        if notification.kind is AlertKind.SOURCE_DOWN:
            other = office.sending()
            other.groups = True
            assert SendReport(held=True) == other.send((), {"a"})

    office.notifier.before = meanwhile
    assert 2 == grouping.send().messages
    assert [] == office.pending
