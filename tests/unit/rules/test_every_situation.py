"""No kind of alert and no situation without a case: a rule that nothing reaches is a mistake."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stallwatch.domain.alerts import PROFILES, AlertKind, Situation
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from tests.support.case_runner import Case, Look, load
from tests.unit.rules.test_cases import START, Watched, ask_second, checkpoint

SITUATION_CASES = Path(__file__).parents[2] / "data" / "situation_cases.json"

BY_OTHER_NUMBERS = {Situation.DELIVERED_OLD}
"""Situations that no order is in with the rules' own numbers, only with a stack's."""


def lived(case: Case) -> Iterator[tuple[Look, Decision]]:
    """Each evaluation of a case, with the second source where the case has one."""
    watched = Watched.of(case)
    has_second = any(look.second for look in case.looks)
    for look in case.looks:
        watched.prepare(look)
        if look.second:
            watched.trace = ask_second(watched.order, watched.trace, look)
        yield look, watched.evaluate(look.now, second_source=has_second)


@pytest.mark.parametrize("case", load(START, SITUATION_CASES), ids=lambda case: case.name)
def test_situation(case: Case) -> None:
    """Each evaluation finds the buyer in the situation that the case says."""
    for look, decision in lived(case):
        assert look.expect["situation"] == decision.situation.value


def test_every_kind_and_every_situation_has_a_case() -> None:
    """A kind that is never raised, or a situation that is never given, is named."""
    cases = [*load(START), *load(START, SITUATION_CASES)]
    decisions = [decision for case in cases for _, decision in lived(case)]
    raised = {alert.kind for decision in decisions for alert in decision.due}
    about_orders = {kind for kind in AlertKind if PROFILES[kind].about_order}
    assert set() == about_orders - raised, f"add cases to {SITUATION_CASES.name}"
    given = {decision.situation for decision in decisions}
    assert set(Situation) - BY_OTHER_NUMBERS == given, f"add cases to {SITUATION_CASES.name}"


def test_an_old_delivery_is_watched_where_a_stack_watches_for_longer() -> None:
    """Its watch ends with the delivery's age, unless a stack's numbers keep them apart."""
    watched = Watched.of(load(START, SITUATION_CASES)[0])
    delivered = checkpoint("LP00000000000001", START - timedelta(days=20), "GTMS_SIGNED", START)
    order = replace(watched.order, ordered_on=(START - timedelta(days=40)).date())
    trace = replace(watched.trace, checkpoints=(delivered,), answered_at=START, known=True)

    def situation(numbers: Thresholds) -> Situation:
        return evaluate(order, trace, [], InitialFindings(), START, numbers).situation

    assert Situation.CLOSED_ENDED == situation(Thresholds())
    assert Situation.DELIVERED_OLD == situation(Thresholds(end_after_delivery=30))
