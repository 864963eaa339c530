"""No kind of alert and no situation without a case: a rule that nothing reaches is a mistake."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stallwatch.domain.alerts import PROFILES, AlertKind
from stallwatch.rules.decision import Decision
from stallwatch.rules.situation import Situation
from tests.support.case_runner import Case, Look, load
from tests.unit.rules.test_cases import START, Watched, ask_second

SITUATION_CASES = Path(__file__).parents[2] / "data" / "situation_cases.json"

UNREACHED = {
    # A stack may set the days after which a delivery is old below those after which its watch ends.
    Situation.DELIVERED_OLD,
    # The claim for the return holds as long as the parcel is on its way back.
    Situation.RETURNED,
}
"""Situations that no order is in with the rules' own numbers, each with why."""


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
    assert set(Situation) - UNREACHED - given == set(), f"add cases to {SITUATION_CASES.name}"
    assert set() == UNREACHED & given, "they are reached, and no exception"
