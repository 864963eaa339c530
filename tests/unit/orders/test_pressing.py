"""What presses: the place of an order among those that ask something of the buyer."""

from datetime import timedelta

from stallwatch.domain.alerts import Severity
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.pressing import CALM, pressing_of, severity_of
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)


def seen(*codes: str) -> Decision:
    """The decision about a parcel of ten days, with a scan a day, the last one a day ago."""
    order = an_order(ordered_on=(NOON - 10 * DAY).date(), created_at=NOON - 10 * DAY)
    events = [an_event(NOON - n * DAY, code) for n, code in enumerate(reversed(codes), start=1)]
    record = absorb(TraceRecord(NUMBER), an_answer(NUMBER, *events), "cainiao", NOON)
    return evaluate(order, record.open(), (), InitialFindings(), NOON, Thresholds())


def test_a_parcel_to_be_fetched_presses() -> None:
    """As much as its alert does, though no silence has escalated."""
    waiting = seen("PU_PICKUP_SUCCESS", "LH_ARRIVE", "GSTA_INFORM_BUYER")
    assert severity_of(waiting) is Severity.ACTION
    pressing = pressing_of(waiting, NOON.date())
    assert pressing is not None
    assert Severity.ACTION.value == pressing.severity


def test_a_parcel_on_its_way_is_calm() -> None:
    """It has its place after those that press."""
    pressing = pressing_of(seen("PU_PICKUP_SUCCESS", "LH_DEPART"), NOON.date())
    assert pressing is not None
    assert CALM == pressing.severity


def test_a_delivered_parcel_has_no_place() -> None:
    """Nothing is left to do about it."""
    assert pressing_of(seen("PU_PICKUP_SUCCESS", "GTMS_SIGNED"), NOON.date()) is None
