"""What it costs, as AWS's own engine counts it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.thresholds import Thresholds
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.table import Table
from stallwatch.polling.run import PollRun
from stallwatch.polling.state import Pace
from stallwatch.tracking.schedule import PollSchedule
from tests.aws.store.contract import DAY, MINUTE, event, over
from tests.support.builders import NOON, NUMBER, an_answer, an_event
from tests.support.fake_clock import FakeClock
from tests.support.fake_source import FakeSource


@dataclass
class Bill:
    """What the calls of a client took."""

    reads: float = 0
    writes: float = 0
    calls: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """The partitions that single writes went to."""

    def note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        if "Key" in params or "Item" in params:
            self.written.append((params.get("Key") or params["Item"])["pk"]["S"])
        self.calls.append(model.name)

    def add(self, parsed: dict[str, Any], model: Any, **_: object) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        for one in consumed if isinstance(consumed, list) else [consumed]:
            if model.name in {"Query", "GetItem", "BatchGetItem"}:
                self.reads += one["CapacityUnits"]
            else:
                self.writes += one["CapacityUnits"]


@pytest.fixture
def bill(local_table: Table) -> Iterator[Bill]:
    """Counts what the table's client does from now on."""
    counting = Bill()
    events = local_table.client.meta.events
    events.register("provide-client-params.dynamodb", counting.note)
    events.register("after-call.dynamodb", counting.add)
    yield counting
    events.unregister("provide-client-params.dynamodb", counting.note)
    events.unregister("after-call.dynamodb", counting.add)


LONG = an_answer(
    NUMBER,
    *(
        an_event(NOON - (20 - n) * DAY, code, "Departed from departure country/region")
        for n, code in enumerate(
            [
                "GWMS_ACCEPT",
                "GWMS_OUTBOUND",
                "PU_PICKUP_SUCCESS",
                "SC_INBOUND_SUCCESS",
                "SC_OUTBOUND_SUCCESS",
                "CC_EX_START",
                "CC_EX_SUCCESS",
                "LH_HO_IN_SUCCESS",
                "LH_HO_AIRLINE",
                "LH_DEPART",
                "LH_ARRIVE",
                "CC_IM_START",
                "CC_IM_SUCCESS",
                "CC_HO_OUT_SUCCESS",
                "GTMS_ACCEPT",
            ]
        )
    ),
)


def a_check(table: Table, clock: FakeClock, source: FakeSource) -> PollRun:
    return PollRun(
        watch=DynamoPollStore(table),
        source=source,
        clock=clock,
        schedule=PollSchedule(),
        pace=Pace(batch=10, per_minute=60),
        thresholds=Thresholds(),
        owner="me",
        catch_up=timedelta(hours=1),
    )


def test_a_check_without_news_writes_nothing_to_its_orders(local_table: Table, bill: Bill) -> None:
    """Twenty orders that are due cost the run's own few writes, and one read of the index."""
    store, clock = over(local_table), FakeClock()
    source = FakeSource(clock)
    ids = [f"{n:02}" for n in range(20)]
    for order_id in ids:
        number = f"LP{order_id:0>14}"
        store.add(order_id, tracking_number=number)
        source.answers[number] = replace(LONG, number=number)
    a_check(local_table, clock, source).check_due()
    for order_id in ids:
        store.settle(order_id, slot="12h0030", in_slot_since=NOON - DAY)
    clock.at = NOON + 30 * MINUTE
    bill.reads, bill.writes = 0, 0
    bill.calls.clear()
    bill.written.clear()

    report = a_check(local_table, clock, source).check_due()

    assert (20, 20, 0) == (report.due, report.checked, report.changed)
    assert not any(pk.startswith("ORDER#") for pk in bill.written)
    assert {"UpdateItem": 2, "PutItem": 1} == {
        name: bill.calls.count(name) for name in bill.calls if name in {"UpdateItem", "PutItem"}
    }
    assert bill.writes == 3
    # An index row stays near 80 bytes, so twenty of them are half a read unit.
    assert bill.reads <= 8


def test_news_cost_one_write_unit(local_table: Table, bill: Bill) -> None:
    """Fifteen checkpoints and what is told of them fit into a kilobyte."""
    store = over(local_table)
    store.add()
    bill.writes = 0
    assert store.answer(LONG)
    assert bill.writes == 1
    store.settle()
    bill.writes = 0
    assert store.answer(an_answer(NUMBER, *LONG.events, event(0, "GTMS_SIGNED")), NOON + DAY)
    assert bill.writes == 1


def test_an_evaluation_is_one_query(local_table: Table, bill: Bill) -> None:
    """And one write, where something changed."""
    store = over(local_table)
    store.add()
    store.answer(LONG)
    evaluation = Evaluation(DynamoEvaluationStore(local_table), PollSchedule(), Thresholds())
    bill.calls.clear()
    evaluation.evaluate("x", NOON)
    assert ["Query", "PutItem"] == bill.calls
    bill.calls.clear()
    bill.reads = 0
    evaluation.evaluate("x", NOON)
    assert ["Query"] == bill.calls
    assert bill.reads == 1
