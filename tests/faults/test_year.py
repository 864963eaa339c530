"""A part of a year, and what it sees when something is broken.

CI lives through more days with more orders (`make year`), each state of the project from another
seed.
"""

import json
from datetime import datetime, timedelta
from unittest import mock

from stallwatch.alerting import evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Order
from stallwatch.orders.cadence import cadence
from stallwatch.polling import notes, state
from stallwatch.rules.decision import Decision
from tests.faults import wired_handlers
from tests.faults.year import live
from tests.faults.year_judged import judge
from tests.faults.year_plan import Plan, plan
from tests.support.template import thresholds_variable


def some_weeks() -> Plan:
    """Just enough to see each thing that is broken: five orders in twenty-eight days."""
    return plan(15, 5, 28, every=60)


def test_a_part_of_a_year() -> None:
    """Nothing undue, nothing missed or late, nobody starved, nobody rude: whatever happens."""
    record = live(plan(5, 30, 90, every=60))
    judgement = judge(record)
    assert [] == judgement.wrong
    sent = {kind for kind, tally in judgement.kinds.items() if tally.sent}
    # A digest has its own stories in the explorer.
    assert set(AlertKind) - {AlertKind.DIGEST} == sent
    assert 0 < sum(tally.passed for tally in judgement.kinds.values())
    assert all(tally.due == tally.sent for tally in judgement.kinds.values())
    assert {timedelta(minutes=30), timedelta(days=1)} <= set(record.manners.pauses)


def test_weeks_in_which_nothing_is_broken() -> None:
    """What the following tests break is whole before."""
    assert [] == judge(live(some_weeks())).wrong


def test_a_clock_that_nobody_looks_at_is_seen() -> None:
    """A breakage: the instants that need no answer are passed over."""
    with (
        mock.patch.object(notes, "is_clock_due", return_value=False),
        mock.patch.object(state, "is_clock_due", return_value=False),
    ):
        judgement = judge(live(some_weeks()))
    assert judgement.kinds[AlertKind.PROTECTION_ENDING].missed


def test_a_wrong_cadence_after_silence_is_seen() -> None:
    """A breakage: whoever was silent for long is looked at as seldom ever after."""
    slow: set[str] = set()

    def wrong(order: Order, decision: Decision, now: datetime) -> int:
        if (decision.silent_days or 0) >= 12:
            slow.add(order.order_id)
        return 24 if order.order_id in slow else cadence(order, decision, now)

    with mock.patch.object(evaluation, "cadence", wrong):
        judgement = judge(live(some_weeks()))
    assert judgement.starved


def test_a_number_that_is_a_day_off_is_seen() -> None:
    """A breakage: eleven days of silence are taken for too many."""
    rules = {**json.loads(thresholds_variable()), "stalled": 11}
    with mock.patch.object(wired_handlers, "thresholds_variable", return_value=json.dumps(rules)):
        judgement = judge(live(some_weeks()))
    assert judgement.kinds[AlertKind.STALLED].undue
