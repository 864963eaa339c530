"""The product's rules and the reference model, written separately from one text, say the same.

The journeys are drawn so that they fall on the rules' boundaries: see `tests.reference.journeys`.
Freaks are left out that the text leaves open: two answers, or an answer and an action, of the same
instant; a delivery contradicted that was never announced, or after the buyer had ended the watch; a
number that comes back.
"""

import os
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from stallwatch.domain.alerts import Alert
from stallwatch.domain.orders import State
from stallwatch.rules.decision import Decision
from tests.reference import journeys as beats
from tests.reference.evaluate import candidates, first_due
from tests.reference.journeys import Beat, Journey, begin, happen, journeys
from tests.reference.model import DAY, Evaluation, Event, Order
from tests.support.effort import examples
from tests.support.product_twin import ProductTwin

THOROUGH = settings(
    deadline=None,
    max_examples=examples(20),
    # The suite compares the same journeys each time; `SEARCH=1` draws others. Where one divides the
    # two, it belongs into `test_lives_that_divided.py`.
    derandomize="SEARCH" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    # A journey takes long to shrink; the one that was drawn tells enough.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

DATES = (
    *("late_on", "claim_opens_on", "protection_ends_on", "refund_until", "bank_until"),
    "reminder_on",
)

INSTANT = timedelta(microseconds=1)
WINDOW = 26 * DAY
"""When a standard parcel to a major destination is past its window."""


class Pair:
    """An order that lives through a journey twice: by the product's rules and by the model."""

    def __init__(self, journey: Journey) -> None:
        self.world = begin(journey)
        self.twin = ProductTwin.of(journey)
        self.numbers = {journey.order.number}
        """Every tracking number that the order has had."""
        self.is_closed = False
        """Nobody asks about a closed order; a beat that was left out may have kept it open."""

    def live(self, beat: Beat) -> tuple[Decision, Evaluation]:
        """Let a beat happen, and have both decide."""
        if isinstance(beat, beats.Renumbered):
            self.numbers.add(beat.number)
        happen(self.world, beat)
        self.twin.happen(beat)
        decision, evaluation = self.twin.evaluate(beat.at), self.world.evaluate(beat.at)
        self.is_closed = decision.state is State.CLOSED
        return decision, evaluation

    def is_left_open(self, beat: Beat) -> bool:
        """Whether the text leaves open what a beat means."""
        match beat:
            case beats.Said():
                is_odd = self.twin.memory.old_delivery or self.twin.order.ending() is not None
                contradicts = beat.word.kind == "not_received"
                return beat.word.after_answer or (contradicts and is_odd)
            case beats.Answered() | beats.SecondAsked():
                said_at = [a.at for a in self.twin.order.actions[-1:]]
                return self.is_closed or beat.at in {self.twin.trace.answered_at, *said_at}
            case beats.Renumbered():
                return beat.number in self.numbers
            case _:
                return False

    def deadline_passed_in_an_outage(self, decision: Decision, evaluation: Evaluation) -> bool:
        """Whether the seller's clock ran out while nobody answered, before or in those days.

        The model knows every answer, and reminds after them; the product knows the last one, and
        reminds of nothing that is older than the days of the deadline.
        """
        only_by_model = set(said_by_model(evaluation)) - set(said_by_product(decision.due))
        has_deadline = self.twin.order.protection_ends_on is not None
        return has_deadline and ("reminder", "seller") in only_by_model


def agree(decision: Decision, evaluation: Evaluation, now: datetime) -> None:
    """Both say the same."""
    assert said_by_model(evaluation) == said_by_product(decision.due)
    assert evaluation.stage == decision.stage.value
    assert evaluation.state == decision.state.value
    assert evaluation.silent_days == decision.silent_days
    assert evaluation.days_in_transit == decision.days_in_transit
    for name in DATES:
        expected, actual = getattr(evaluation.dates, name), getattr(decision.key_dates, name)
        if name == "reminder_on" and expected != actual:
            # It passed while nobody answered.
            assert expected is not None
            assert expected < now.date()
        else:
            assert (name, expected) == (name, actual)
    until = decision.key_dates.dispute_until
    assert until in {None, evaluation.dates.dispute_until}


def said_by_model(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Kinds and reasons."""
    return sorted((sent.kind, sent.reason) for sent in evaluation.due)


def said_by_product(due: tuple[Alert, ...]) -> list[tuple[str, str]]:
    """Kinds and reasons."""
    return sorted((alert.kind.value, alert.reason) for alert in due)


@THOROUGH
@given(journeys())
def test_random_journeys(journey: Journey) -> None:
    """Whatever happens to an order, both say the same at the same instants."""
    pair = Pair(journey)
    for beat in journey.beats:
        if pair.is_left_open(beat):
            continue
        decision, evaluation = pair.live(beat)
        if pair.deadline_passed_in_an_outage(decision, evaluation):
            return
        agree(decision, evaluation, beat.at)


@settings(THOROUGH, max_examples=examples(5))
@given(journeys(beats=8))
def test_the_next_instants_are_never_too_late(journey: Journey) -> None:
    """What the model raises at an instant to come, the product looks for by then."""
    pair = Pair(journey)
    decision: Decision | None = None
    for beat in journey.beats:
        if not pair.is_left_open(beat):
            decision, _ = pair.live(beat)
    if decision is None or decision.state is State.CLOSED:
        return
    now = journey.beats[-1].at
    horizon = now + 25 * DAY
    world = pair.world
    state = (world.order, world.known, world.sent)
    instants = list(candidates(*state, now, horizon))
    assert decision.next_clock_at is not None
    without = first_due(*state, world.memory, instants, answers=False)
    if without is not None:
        assert decision.next_clock_at <= without[0]
    if decision.answered_at is not None and world.order.number is not None:
        with_answers = first_due(*state, world.memory, instants, answers=True)
        if with_answers is not None:
            soonest = [i for i in (decision.next_rule_at, decision.next_clock_at) if i is not None]
            assert min(soonest) <= with_answers[0]


@settings(THOROUGH, max_examples=examples(5))
@given(journeys(beats=12))
def test_the_next_instants_are_right(journey: Journey) -> None:
    """At `next_rule_at`, with an answer without news, something is due."""
    pair = Pair(journey)
    decision: Decision | None = None
    for beat in journey.beats:
        if not pair.is_left_open(beat):
            decision, _ = pair.live(beat)
    if decision is None or decision.next_rule_at is None:
        return
    twin = pair.twin
    # One that has passed costs a look; and a claim may wait for the second source's answer.
    if decision.next_rule_at > journey.beats[-1].at and not twin.has_second:
        assert twin.look(decision.next_rule_at, answered=True).due


def order_at(transit: timedelta, now: datetime) -> Order:
    """An order whose parcel has been on its way for some time."""
    return Order(ordered_on=(now - transit).date(), destination="DE", number=beats.NUMBERS[0])


def event(code: str, at: datetime, seen: datetime) -> Event:
    """An event of the first number, in Beijing's zone."""
    wall = (at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
    return Event(beats.NUMBERS[0], at, wall, code, seen)


@pytest.mark.parametrize(
    "estimate",
    [None, *(WINDOW + d for d in (-INSTANT, timedelta(0), INSTANT, DAY, 30 * DAY, 31 * DAY))],
    ids=str,
)
@pytest.mark.parametrize("beside", [-INSTANT, timedelta(0), INSTANT], ids=str)
@pytest.mark.parametrize("transit", [WINDOW, WINDOW + DAY, WINDOW + 30 * DAY], ids=str)
def test_estimate_and_window(
    estimate: timedelta | None, beside: timedelta, transit: timedelta
) -> None:
    """Where window, estimate and grace end, to the instant."""
    now = beats.START
    transit += beside
    scanned_at = now - transit
    answer = beats.Answered(
        now,
        (event("PU_PICKUP_SUCCESS", scanned_at, now), event("LH_ARRIVE", now - DAY, now)),
        eta=None if estimate is None else scanned_at + estimate,
    )
    pair = Pair(Journey(order_at(transit, now), second=False, beats=()))
    agree(*pair.live(answer), now)


@pytest.mark.parametrize("days", [5, 11, 12, 15, 21, 30, 60])
@pytest.mark.parametrize("beside", [-INSTANT, timedelta(0), INSTANT], ids=str)
@pytest.mark.parametrize("code", ["PU_PICKUP_SUCCESS", "GWMS_ACCEPT", "LH_DEPART", "LOST"])
def test_thresholds_to_the_instant(days: int, beside: timedelta, code: str) -> None:
    """Silence, days without a scan and days of filler, equal to the threshold and beside it."""
    now = beats.START
    age = days * DAY + beside
    order = order_at(65 * DAY, now)
    events = (event(code, now - age, now), event("XX_NEW", now - age + 30 * DAY, now))
    pair = Pair(Journey(order, second=False, beats=()))
    agree(*pair.live(beats.Answered(now, tuple(e for e in events if e.at <= now))), now)
    agree(*pair.live(beats.Answered(now + 5 * DAY)), now + 5 * DAY)


def test_the_order_of_events_does_not_matter() -> None:
    """Both say the same of events that are told in another order."""
    now = beats.START
    codes = (
        "PU_PICKUP_SUCCESS",
        "CC_IM_START",
        "LH_DEPART",
        "LH_ARRIVE",
        "SC_INBOUND",
        "GTMS_ACCEPT",
    )
    events = [event(code, now - (20 - n) * DAY, now) for n, code in enumerate(codes)]
    for turn in range(5):
        Random(turn).shuffle(events)  # noqa: S311 - nothing secret is drawn
        pair = Pair(Journey(order_at(30 * DAY, now), second=False, beats=()))
        agree(*pair.live(beats.Answered(now, tuple(events))), now)
