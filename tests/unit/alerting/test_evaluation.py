"""Evaluating an order: all that is known of it is read, and only differences are written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Action, ActionKind, Order, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.delivery_times import DeliverySample, DeliveryStats
from stallwatch.orders.money import MoneyStatus, Sum
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.circuit_breaker import CircuitBreaker, Outage
from stallwatch.tracking.fingerprint import UNANSWERED
from stallwatch.tracking.run_log import SlotStay
from stallwatch.tracking.schedule import NEW, PollSchedule
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order
from tests.support.memory_store import MemoryStore

DAY = timedelta(days=1)


@dataclass
class Office:
    """A store, and what evaluates its orders."""

    store: MemoryStore = field(default_factory=MemoryStore)
    evaluation: Evaluation = field(init=False)

    def __post_init__(self) -> None:
        self.evaluation = Evaluation(self.store, PollSchedule(), Thresholds())

    def add(self, order: Order, *codes: str, days_ago: float = 1, at: datetime = NOON) -> None:
        """An order, and where codes are given, an answer with them."""
        self.store.create(order)
        if codes:
            self.see(order.order_id, *codes, days_ago=days_ago, at=at)

    def see(self, order_id: str, *codes: str, days_ago: float = 1, at: datetime = NOON) -> None:
        row = self.store.row(order_id)
        assert row is not None
        events = [
            an_event(at - days_ago * DAY - timedelta(hours=len(codes) - n), code)
            for n, code in enumerate(codes, start=1)
        ]
        self.store.merge_answer(row, an_answer(NUMBER, *events), "cainiao", at)

    def evaluate(self, order_id: str = "x", now: datetime = NOON) -> list[AlertKind]:
        self.store.journal.clear()
        return [p.kind for p in self.evaluation.evaluate(order_id, now)]

    def entry(self, order_id: str = "x") -> WatchEntry:
        return self.store.shelves[order_id].entry


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


# Counts.


def counts(office: Office) -> dict[tuple[State, Stage], int]:
    office.evaluation.write_counts()
    return {counted: n for counted, n in office.store.counted.items() if n}


def test_orders_are_counted_by_what_they_are(office: Office) -> None:
    """As they come, change, and go."""
    office.add(an_order("a"), "LH_DEPART")
    office.add(an_order("b"), "LH_DEPART")
    for order_id in ("a", "b", "a"):
        office.evaluate(order_id)
    assert {(State.WATCHING, Stage.DEPARTED_ORIGIN): 2} == counts(office)
    office.see("a", "LH_DEPART", "GTMS_SIGNED", days_ago=0.5)
    office.evaluate("a")
    office.store.forget("b")
    office.evaluate("b")
    office.evaluate("b")
    assert {(State.DELIVERED, Stage.DELIVERED): 1} == counts(office)


def test_counts_are_written_once_for_all_that_was_evaluated_together(office: Office) -> None:
    """And not at all where nothing changed on balance."""
    for n in range(5):
        office.add(an_order(f"{n}"), "LH_DEPART")
        office.evaluate(f"{n}")
    office.store.journal.clear()
    office.evaluation.write_counts()
    office.evaluation.write_counts()
    assert ["add_to_totals"] == office.store.journal
    assert Counter() == office.evaluation.counts


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


# The money and the delivery days.


def priced() -> Order:
    return an_order(price=Decimal("12.50"), currency="EUR")


def test_a_price_counts_once_however_often_it_is_evaluated(office: Office) -> None:
    """From the first evaluation on, and at its outcome as something else."""
    office.add(priced(), "LH_DEPART")
    for _ in range(3):
        office.evaluate()
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.50"), 1)} == office.store.totals().money
    refund = Action(ActionKind.REFUNDED, NOON, amount=Decimal("10.40"))
    snapshot = office.store.open("x")
    assert snapshot is not None
    office.store.replace(snapshot, replace(snapshot.order, actions=(refund,)))
    for _ in range(3):
        office.evaluate()
    assert {
        ("EUR", MoneyStatus.RECOVERED): Sum(Decimal("10.40"), 1, 20)
    } == office.store.totals().money


def test_a_write_that_got_lost_counts_nothing(office: Office) -> None:
    """The evaluation reads again, and says the difference to what is there."""
    office.add(priced(), "LH_DEPART")
    keep, tries = office.store.keep, []

    def kept_but_not_heard_of(
        snapshot: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        pending = keep(snapshot, entry, alerts)
        tries.append(pending)
        if len(tries) == 1:
            raise ConflictError("x")
        return pending

    office.store.keep = kept_but_not_heard_of  # type: ignore[method-assign]
    office.evaluate()
    assert {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.50"), 1)} == office.store.totals().money


def test_a_delivery_teaches_once(office: Office) -> None:
    """A later scan, a return and another delivery change nothing of it."""
    office.add(an_order(), "PU_PICKUP_SUCCESS", "LH_DEPART", days_ago=9)
    office.see("x", "GTMS_SIGNED", days_ago=2)
    office.evaluate()
    (experience,) = office.store.experiences.values()
    assert {7: 1} == experience.days.counts
    office.see("x", "GTMS_SIGNED", days_ago=1)
    office.evaluate()
    office.see("x", "RT_INBOUND", days_ago=0.5)
    office.evaluate()
    assert [experience] == list(office.store.experiences.values())


def test_the_own_parcels_are_read_only_for_what_tells_of_them(office: Office) -> None:
    """Once for all that is evaluated together, and told from thirty parcels on."""
    read = []
    experience = office.store.experience

    def reading(service: Service, destination: str) -> DeliveryStats:
        read.append((service, destination))
        return experience(service, destination)

    office.store.experience = reading  # type: ignore[method-assign]
    for n in range(30):
        lived = DeliverySample(Service.STANDARD, "DE", n, n)
        place = (Service.STANDARD, "DE")
        office.store.experiences[place] = experience(*place).after(lived)
    office.add(an_order("moving"), "LH_DEPART")
    office.evaluate("moving")
    assert [] == read
    for name in ("a", "b"):
        office.add(an_order(name), "SC_INBOUND_SUCCESS", days_ago=13)
        assert [AlertKind.STALLED] == office.evaluate(name)
    assert [(Service.STANDARD, "DE")] == read
    alerts = [kept.alert for kept in office.store.kept.values()]
    assert [[30, 28]] * 2 == [alert.facts["experience"] for alert in alerts]


def test_a_few_own_parcels_are_not_spoken_of(office: Office) -> None:
    """Twenty-nine say too little."""
    for n in range(29):
        lived = DeliverySample(Service.STANDARD, "DE", n, n)
        place = (Service.STANDARD, "DE")
        office.store.experiences[place] = office.store.experience(*place).after(lived)
    office.add(an_order(), "SC_INBOUND_SUCCESS", days_ago=13)
    office.evaluate()
    (kept,) = office.store.kept.values()
    assert "experience" not in kept.alert.facts


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
