"""Evaluating an order: all that is known of it is read, and only differences are written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Action, ActionKind, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.circuit_breaker import CircuitBreaker, Outage
from stallwatch.tracking.fingerprint import UNANSWERED
from stallwatch.tracking.schedule import NEW, PollSchedule, SlotStay
from tests.support.builders import NOON, NUMBER, an_answer, an_order
from tests.support.memory_store import MemoryStore
from tests.unit.alerting.evaluating_office import DAY, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_news_are_put_down_and_alerts_raised(office: Office) -> None:
    """In one write: entry and alerts together."""
    office.add(an_order(), "GTMS_STA_SIGNED")
    assert [AlertKind.ACTION_NEEDED] == office.evaluate()
    assert ["keep"] == office.store.journal
    entry = office.entry()
    assert (State.WATCHING, Stage.READY_FOR_PICKUP) == (entry.state, entry.stage)
    assert office.store.shelves["x"].record.fingerprint == entry.fingerprint
    (kept,) = office.store.kept.values()
    assert (True, NUMBER, NOON) == (kept.pending, kept.alert.number, kept.alert.raised_at)
    assert "ready_for_pickup" == kept.alert.facts["stage"]


def test_evaluating_twice_writes_once(office: Office) -> None:
    """Being woken for nothing does no harm, and costs nothing."""
    office.add(an_order(), "GTMS_STA_SIGNED")
    office.evaluate()
    assert [] == office.evaluate()
    assert [] == office.store.journal
    assert [] == office.evaluate(now=NOON + timedelta(hours=3))
    assert [] == office.store.journal


@pytest.mark.parametrize("ended", [ActionKind.RECEIVED, None])
def test_a_closed_order_costs_nothing_either(office: Office, ended: ActionKind | None) -> None:
    """It leaves the wheel, and is written no more."""
    actions = () if ended is None else (Action(ended, NOON),)
    ordered_on = NOON.date() - timedelta(days=200)
    office.add(an_order(ordered_on=ordered_on, actions=actions), "LH_DEPART")
    office.evaluate()
    entry = office.entry()
    assert (State.CLOSED, None, None, None) == (
        entry.state,
        entry.slot,
        entry.rule_at,
        entry.clock_at,
    )
    assert [] == office.evaluate()
    assert [] == office.store.journal


def test_an_order_stays_new_until_its_number_was_asked_about(office: Office) -> None:
    """Where every run looks; one without a number needs no asking."""
    office.add(an_order())
    office.add(an_order("bare", tracking_number=None))
    office.evaluate()
    office.evaluate("bare")
    assert NEW == office.entry().slot
    assert PollSchedule().slot("bare", 24) == office.entry("bare").slot
    office.see("x", "LH_DEPART")
    office.evaluate()
    assert PollSchedule().slot("x", 12) == office.entry().slot


def test_an_order_that_was_asked_about_in_vain_leaves_the_new_ones(office: Office) -> None:
    """It has a place in the wheel like any other."""
    office.add(an_order())
    office.store.touch_unanswered(WatchRow("x", NEW, NUMBER, None, None, None), NOON, asked=True)
    office.evaluate()
    assert PollSchedule().slot("x", 24) == office.entry().slot
    assert Stage.UNKNOWN is office.entry().stage


def test_the_instant_at_which_it_came_into_its_slot_is_kept(office: Office) -> None:
    """Until it comes into another: runs from then on tell of its last answer."""
    office.add(an_order(), "LH_DEPART")
    office.evaluate()
    office.see("x", "LH_DEPART", days_ago=1, at=NOON + DAY / 2)
    office.evaluate(now=NOON + DAY / 2)
    assert NOON == office.entry().in_slot_since
    office.see("x", "GTMS_DO_DEPART", days_ago=0, at=NOON + DAY)
    office.evaluate(now=NOON + DAY)
    assert NOON + DAY == office.entry().in_slot_since


def test_the_slots_that_it_came_through_are_kept(office: Office) -> None:
    """Each once, with the minute, and the end of the watch: its looks follow from them."""
    office.add(an_order(), "LH_DEPART")
    office.evaluate()
    office.evaluate(now=NOON + timedelta(hours=1))
    office.see("x", "GTMS_DO_DEPART", days_ago=0, at=NOON + DAY)
    office.evaluate(now=NOON + DAY + timedelta(seconds=1))
    office.see("x", "GTMS_SIGNED", days_ago=0, at=NOON + DAY)
    # A delivery is told before the watch can end, however late it is evaluated.
    office.evaluate(now=NOON + 17 * DAY)
    office.evaluate(now=NOON + 18 * DAY)
    slots = [PollSchedule().slot("x", hours) for hours in (12, 3, 24)]
    later = timedelta(minutes=1)
    assert (
        SlotStay(slots[0], NOON),
        SlotStay(slots[1], NOON + DAY + later),
        SlotStay(slots[2], NOON + 17 * DAY),
        SlotStay("", NOON + 18 * DAY),
    ) == office.entry().stays


def test_it_says_when_to_look_again(office: Office) -> None:
    """With a newer answer, and without one."""
    ends_on = NOON.date() + timedelta(days=30)
    office.add(an_order(protection_ends_on=ends_on), "LH_DEPART", days_ago=2)
    office.evaluate()
    entry = office.entry()
    assert entry.rule_at is not None
    assert entry.clock_at is not None
    # Silence makes the cadence a day's before any rule can fire.
    assert NOON + 10 * DAY == from_epoch_minutes(entry.rule_at)
    # Six days before the end of protection it is checked more often.
    assert epoch_minutes(NOON.replace(hour=0) + 24 * DAY) == entry.clock_at


def test_the_instants_are_rounded_down(office: Office) -> None:
    """To whole minutes: the look of that minute may be the last for a whole cadence."""
    office.add(an_order(), "LH_DEPART", days_ago=2 - 1 / 86400)
    office.evaluate()
    rule_at = office.entry().rule_at
    assert rule_at is not None
    assert NOON + 10 * DAY == from_epoch_minutes(rule_at)


def test_an_unanswered_number_makes_any_answer_news(office: Office) -> None:
    """The watch holds a mark in the place of the fingerprint."""
    office.add(an_order(), "LH_DEPART")
    office.evaluate()
    shelf = office.store.shelves["x"]
    shelf.record = replace(shelf.record, silent_since=NOON - 10 * DAY, unanswered=True)
    assert [AlertKind.UNANSWERED] == office.evaluate()
    assert UNANSWERED == office.entry().fingerprint


@dataclass
class Racing(MemoryStore):
    """A store in which somebody else writes in between, a number of times."""

    races: int = 1

    def keep(
        self, snapshot: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        if self.races:
            self.races -= 1
            order = replace(snapshot.order, title=f"race {self.races}")
            self.replace(snapshot, order)
        return super().keep(snapshot, entry, alerts)


def test_a_change_in_between_is_read_again_in_the_same_run() -> None:
    """What was decided on older data is never written."""
    office = Office(Racing())
    office.add(an_order(), "GTMS_STA_SIGNED")
    assert [AlertKind.ACTION_NEEDED] == office.evaluate()
    assert 2 == office.entry().order_version
    assert 1 == len(office.store.kept)


def test_changes_again_and_again_are_told() -> None:
    """The stream brings it back."""
    office = Office(Racing(races=100))
    office.add(an_order(), "GTMS_STA_SIGNED")
    with pytest.raises(ConflictError):
        office.evaluate()
    assert {} == office.store.kept


def test_a_forgotten_order_is_cleared_away(office: Office) -> None:
    """With all that is left of it, once; evaluating it creates nothing."""
    office.add(an_order(), "GTMS_STA_SIGNED")
    office.evaluate()
    office.store.forget("x")
    assert [] == office.evaluate()
    assert {} == office.store.shelves
    assert {} == office.store.kept
    assert [] == office.evaluate()
    assert {} == office.store.shelves


def test_a_pending_alert_that_no_longer_fits_makes_room(office: Office) -> None:
    """Muted and unmuted before it was sent, it is raised anew."""
    office.add(an_order(), "GTMS_STA_SIGNED")
    office.evaluate()
    (first,) = office.store.kept.values()
    for deeds in ((ActionKind.CLOSE,), (ActionKind.CLOSE, ActionKind.REOPEN)):
        snapshot = office.store.open("x")
        assert snapshot is not None
        actions = tuple(Action(deed, NOON) for deed in deeds)
        office.store.replace(snapshot, replace(snapshot.order, actions=actions))
        office.evaluate(now=NOON + DAY)
    (kept,) = office.store.kept.values()
    assert first.alert.key == kept.alert.key
    assert kept.pending


# Alerts about the source.


def test_the_owner_is_told_of_an_outage_once(office: Office) -> None:
    """Whatever wakes the evaluation, and however often."""
    office.store.healths["cainiao"] = CircuitBreaker(
        down_since=NOON - 25 * timedelta(hours=1), missed_at=NOON
    )
    for now in (NOON, NOON + DAY):
        office.evaluation.evaluate_source("cainiao", now)
    assert [AlertKind.SOURCE_DOWN] == [kept.alert.kind for kept in office.store.kept.values()]
    office.store.healths["cainiao"] = CircuitBreaker(
        outages=(Outage(NOON - 25 * timedelta(hours=1), NOON + DAY),)
    )
    for now in (NOON + DAY, NOON + 2 * DAY):
        office.evaluation.evaluate_source("cainiao", now)
    kept = [kept.alert for kept in office.store.kept.values()]
    assert [AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP] == [alert.kind for alert in kept]
    assert {"source": "cainiao"} == kept[0].facts


def test_never_scanned_tells_what_is_odd_about_the_number(office: Office) -> None:
    """Also that it stands on another order."""
    office.store.create(an_order("other"))
    office.store.create(an_order())
    row = office.store.row("x")
    assert row is not None
    office.store.merge_answer(row, an_answer(NUMBER, known=False), "cainiao", NOON)
    assert [AlertKind.NEVER_SCANNED] == office.evaluate()
    (kept,) = office.store.kept.values()
    assert [["unknown", {"n": 20}], ["same_number", {"order_id": "other", "n": 1}]] == (
        kept.alert.facts["seen"]
    )
