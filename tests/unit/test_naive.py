"""The rules and the naive model, written separately from one text, say the same."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.model import Checkpoint, Deed, Service, Trace
from tests.case_runner import Case, load
from tests.faults.naive import NaiveOrder, Seen
from tests.journeys import LIMITS, START, HOUR, Journey, Life, journeys

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def naive_of(case: Case) -> NaiveOrder:
    given = case.order

    def day(name: str) -> date | None:
        return date.fromisoformat(given[name]) if name in given else None

    return NaiveOrder(
        ordered_on=date.fromisoformat(given["ordered_on"]),
        destination=given["destination"],
        number=given.get("tracking_number"),
        service=Service(given["service"]) if "service" in given else None,
        remote=given.get("remote"),
        shipped_on=day("shipped_on"),
        protection_ends_on=day("protection_ends_on"),
    )


@pytest.mark.parametrize("case", load(NOW), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """The naive model gives what every case says."""
    order = naive_of(case)
    order.mail_type = case.mail_type
    order.answered_at = case.first_answer_at
    order.known = case.answer != "not_found"
    for index, look in enumerate(case.looks):
        for deed in look.actions:
            order.say(Deed(deed), look.until)
        if look.change_number is not None:
            order.change_number(look.change_number, look.now)
        if look.answered and order.number is not None:
            for at, code in look.checkpoints:
                wall = at.strftime("%Y-%m-%d %H:%M:%S")
                order.seen.append(Seen(order.number, at, wall, code, "cainiao", look.now))
            if index > 0:
                order.answered_at = look.now

        sent = order.look(look.now)

        expect = look.expect
        assert sorted(expect["alerts"]) == sorted(kind.value for kind, _ in sent)
        if "stage" in expect:
            assert expect["stage"] == order.stage
        if "silent_days" in expect:
            assert expect["silent_days"] == order.silent_days(look.now)
        if "reason" in expect:
            assert expect["reason"] in {reason for _, reason in sent}
        assert [] == order.look(look.now)


class Twin:
    """An order that lives through a journey twice: with the product's rules and naively."""

    def __init__(self, journey: Journey) -> None:
        order = journey.order
        self.life = Life(journey)
        self.naive = NaiveOrder(
            ordered_on=order.ordered_on,
            destination=order.destination,
            number=order.tracking_number,
            service=order.service,
            remote=order.remote,
            shipped_on=order.shipped_on,
            protection_ends_on=order.protection_ends_on,
            second_source=journey.second,
            limits=LIMITS,
        )
        self._shown: set[Checkpoint] = set()

    def live(self, hour: int) -> None:
        """Let happen what happens at an hour."""
        now = START + hour * HOUR
        naive, journey = self.naive, self.life.journey
        self._show(journey.trace_at(hour, self.life.order))
        for said in journey.said:
            if said.hour != hour:
                continue
            if said.deed is not None:
                naive.say(said.deed, now.date() + said_days(said.days + 1))
            elif said.number is not None:
                naive.change_number(said.number, now)
            else:
                naive.protection_ends_on = now.date() + said_days(said.days)
        self.life.live(hour)
        self._answer(journey.trace_at(hour, self.life.order))
