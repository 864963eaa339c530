"""The cases of the rules, through the rules as they were written a second time."""

from datetime import UTC, date, datetime

import pytest

from stallwatch.model import Deed, Service
from tests.case_runner import Case, Look, load
from tests.faults.naive import NaiveOrder, Seen

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def order_of(case: Case) -> NaiveOrder:
    given = case.order

    def day(name: str) -> date | None:
        return date.fromisoformat(given[name]) if name in given else None

    ordered_on = day("ordered_on")
    assert ordered_on is not None
    order = NaiveOrder(
        ordered_on=ordered_on,
        destination=given["destination"],
        number=given.get("tracking_number"),
        service=Service(given["service"]) if "service" in given else None,
        remote=given.get("remote"),
        shipped_on=day("shipped_on"),
        protection_ends_on=day("protection_ends_on"),
    )
    order.mail_type = case.mail_type
    return order


def prepare(order: NaiveOrder, case: Case, look: Look, answered_at: datetime | None) -> None:
    """What happened before an evaluation: the buyer's words, a new number, an answer."""
    for deed in look.actions:
        order.say(Deed(deed), look.until, at=look.now, on=look.on)
    if look.change_number is not None:
        order.change_number(look.change_number, look.now)
    if answered_at is None or order.number is None:
        return
    order.answered_at = answered_at
    order.seen += [
        Seen(order.number, at, at.strftime("%Y-%m-%d %H:%M:%S"), code, "cainiao", look.now)
        for at, code in look.checkpoints
    ]
    order.known = bool(order.seen) or case.answer != "not_found"


@pytest.mark.parametrize("case", load(START), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """Each look at the order gives what the case says."""
    order = order_of(case)
    for index, look in enumerate(case.looks):
        answered_at = look.now if look.answered else None
        prepare(order, case, look, case.first_answer_at if index == 0 else answered_at)

        sent = order.look(look.now)

        expect = look.expect
        assert sorted(expect["alerts"]) == sorted(kind.value for kind, _ in sent)
        if "stage" in expect:
            assert expect["stage"] == order.stage
        if "silent_days" in expect:
            assert expect["silent_days"] == order.silent_days(look.now)
        if "reason" in expect:
            assert expect["reason"] in {reason for _, reason in sent}
