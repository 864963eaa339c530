"""The rules and the naive model, written separately from one text, say the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from stallwatch.model import Checkpoint, Deed, Kind, Order, Service, State, Trace
from tests.case_runner import Case, load
from tests.faults.naive import NaiveOrder, Seen
from tests.journeys import HOUR, LIMITS, NUMBERS, START, Answers, Journey, Life, Shown, journeys

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
            order.say(Deed(deed), look.now, look.until, look.on)
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


@pytest.mark.parametrize("estimate", [26 * 24, 27 * 24])
@pytest.mark.parametrize(("beside", "expected"), [(-1, []), (0, []), (1, [(Kind.LATE, "")])])
def test_an_estimate_has_not_passed_at_its_own_hour(
    estimate: int, beside: int, expected: list[tuple[Kind, str]]
) -> None:
    """Where the estimate is the end of the window, or later, `late` comes an hour after it."""
    order = NaiveOrder(ordered_on=START.date(), destination="DE", number=NUMBERS[0])
    order.known, order.eta = True, START + estimate * HOUR
    now = order.answered_at = order.eta + beside * HOUR
    for at, code in ((START, "PU_PICKUP_SUCCESS"), (now - HOUR, "LH_ARRIVE")):
        order.seen.append(Seen(NUMBERS[0], at, str(at), code, "cainiao", now))

    assert expected == order.look(now)


class Twins:
    """An order that lives through a journey twice: by the product's rules, and naively."""

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
        journey = self.life.journey
        self._show(journey.trace_at(hour, self.life.order))
        for said in journey.said:
            if said.hour != hour:
                continue
            if said.deed is not None:
                on = now.date() - timedelta(days=said.days % 4) if said.days % 2 else None
                self.naive.say(said.deed, now, now.date() + timedelta(days=said.days + 1), on)
            elif said.number is not None:
                self.naive.change_number(said.number, now)
            else:
                self.naive.protection_ends_on = now.date() + timedelta(days=said.days)
        self.life.live(hour)
        self._answer(journey.trace_at(hour, self.life.order))

    def _show(self, trace: Trace) -> None:
        for c in trace.checkpoints:
            if c not in self._shown:
                self._shown.add(c)
                self.naive.seen.append(Seen(c.number, c.at, c.wall, c.code, c.source, c.first_seen))

    def _answer(self, trace: Trace) -> None:
        naive = self.naive
        naive.answered_at, naive.known = trace.answered_at, trace.known
        naive.mail_type, naive.eta = trace.mail_type, trace.eta
        naive.unanswered_since = trace.unanswered_since
        naive.second_answered_at = None if trace.second is None else trace.second.answered_at


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(journeys(days=120))
def test_random_journeys(journey: Journey) -> None:
    """Whatever happens to an order, both say the same at the same hours."""
    live_twice(journey)


@pytest.mark.parametrize(
    ("seen", "closed_after"),
    [
        ({"17track": 54}, 16),
        ({"cainiao": 54}, 15),
        ({"cainiao": 48, "17track": 54}, 15),
        ({"cainiao": 60, "17track": 54}, 16),
    ],
    ids=["second", "first", "first, then second", "second, then first"],
)
def test_both_close_after_a_delivery(seen: dict[str, int], closed_after: int) -> None:
    """After 15 days; from when it was seen, where the second source alone knew of it then."""
    delivered = START + 30 * HOUR
    journey = Journey(
        order=Order(
            order_id="x",
            born="0",
            ordered_on=START.date(),
            created_at=START,
            destination="DE",
            tracking_number=NUMBERS[0],
        ),
        shown=tuple(
            Shown(hour, delivered, "GTMS_SIGNED", 8, source, NUMBERS[0])
            for source, hour in seen.items()
        ),
        said=(),
        answers=Answers(0, 6),
        hours=20 * 24,
        mail_type=None,
        eta=None,
        unanswered=(),
        second=True,
        second_answers=Answers(0, 6),
    )

    states = live_twice(journey)

    closed = next(hour for hour, state in sorted(states.items()) if state is State.CLOSED)
    assert closed == 30 + closed_after * 24


def live_twice(journey: Journey) -> dict[int, State]:
    """Live through a journey with both, compare what they say, and give the states by hour."""
    states = {}
    twins = Twins(journey)
    for hour in range(journey.hours):
        twins.live(hour)
        if hour % 6 == 0:
            decision = twins.life.evaluate(hour)
            now = START + hour * HOUR
            expected = twins.naive.look(now)
            actual = [(alert.kind, alert.reason) for alert in decision.due]
            assert sorted(expected) == sorted(actual), (hour, decision.reading)
            assert twins.naive.stage is decision.stage
            assert twins.naive.state(now) is decision.state
            states[hour] = decision.state
    return states
