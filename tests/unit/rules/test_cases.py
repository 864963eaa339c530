"""The cases of the rules, through the pure rules."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.orders import Action, ActionKind, Order, SearchPlace, Service
from stallwatch.domain.parcels import Checkpoint, SecondOpinion, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.rules.journey import read_journey
from stallwatch.tracking.profiles import stage_of_entry
from tests.local.parts import FACTS
from tests.support.case_runner import CASES, GATE_CASES, Case, Look, load

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
LIMITS = Thresholds()


def order_of(case: Case) -> Order:
    given = case.order

    def day(name: str) -> date | None:
        return date.fromisoformat(given[name]) if name in given else None

    ordered_on = day("ordered_on")
    assert ordered_on is not None
    return Order(
        order_id="case",
        incarnation="0",
        ordered_on=ordered_on,
        created_at=case.looks[0].now,
        destination=given["destination"],
        tracking_number=given.get("tracking_number"),
        service=Service(given["service"]) if "service" in given else None,
        remote=given.get("remote"),
        shipped_on=day("shipped_on"),
        protection_ends_on=day("protection_ends_on"),
    )


def checkpoint(
    number: str, at: datetime, code: str, seen: datetime, source: str = "cainiao"
) -> Checkpoint:
    stage, flag = stage_of_entry(source, code)
    return Checkpoint(
        number=number,
        at=at,
        wall=at.strftime("%Y-%m-%d %H:%M:%S"),
        zone="GMT+0",
        code=code,
        stage=stage,
        flag=flag,
        text=code,
        place=None,
        source=source,
        first_seen=seen,
    )


def prepare(order: Order, trace: Trace, look: Look) -> tuple[Order, Trace]:
    """What happened before an evaluation: the buyer's words, a new number, an answer."""
    for deed in look.actions:
        action = Action(
            kind=ActionKind(deed),
            at=look.now,
            on=look.on,
            until=look.until,
            answers=tuple(
                (SearchPlace(s), date.fromisoformat(day)) for s, day in look.answers.items()
            ),
            episode=read_journey(order, trace.checkpoints, LIMITS).episode,
        )
        order = replace(order, actions=(*order.actions, action))
    if look.change_number is not None:
        order = replace(order, tracking_number=look.change_number, number_changed_at=look.now)
        trace = Trace(number=look.change_number, checkpoints=trace.checkpoints)
    if look.answered and order.tracking_number is not None:
        new = [
            checkpoint(order.tracking_number, at, code, look.now) for at, code in look.checkpoints
        ]
        trace = replace(
            trace,
            checkpoints=(*trace.checkpoints, *new),
            answered_at=look.now,
            asked_at=look.now,
            known=trace.known or bool(new),
        )
    return order, trace


@pytest.mark.skipif(not FACTS.is_dir(), reason="../shared is not there")
def test_the_cases_are_the_published_ones() -> None:
    """A copy that differs from what it was taken from is a mistake."""
    assert (FACTS / "rules" / "cases.json").read_bytes() == CASES.read_bytes()


@pytest.mark.parametrize("case", load(START), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """Each evaluation of the case gives what the case says."""
    order = order_of(case)
    trace = Trace(number=order.tracking_number, mail_type=case.mail_type)
    alerts: list[Alert] = []
    memory = InitialFindings()
    for index, look in enumerate(case.looks):
        order, trace = prepare(order, trace, look)
        if index == 0:
            known = case.answer != "not_found"
            trace = replace(trace, answered_at=case.first_answer_at, known=known)

        decision = evaluate(order, trace, alerts, memory, look.now, LIMITS)

        expect = look.expect
        assert sorted(expect["alerts"]) == sorted(a.kind.value for a in decision.due)
        if "stage" in expect:
            assert expect["stage"] == decision.stage
        if "silent_days" in expect:
            assert expect["silent_days"] == decision.silent_days
        if "reason" in expect:
            assert expect["reason"] in {a.reason for a in decision.due}
        memory = decision.memory
        alerts += [replace(a, sent_at=look.now) for a in decision.due]
        again = evaluate(order, trace, alerts, memory, look.now, LIMITS)
        assert () == again.due


def ask_second(order: Order, trace: Trace, look: Look) -> Trace:
    """What the second source said before an evaluation, and that it was asked at all."""
    before = trace.second or SecondOpinion()
    if look.second == "fails":
        since = before.failing_since or look.now
        return replace(trace, second=replace(before, failing_since=since))
    number = order.tracking_number or ""
    known = {(c.at, c.code) for c in trace.checkpoints}
    new = [
        checkpoint(number, at, code, look.now, "17track")
        for at, code in look.second_checkpoints
        if (at, code) not in known
    ]
    return replace(
        trace,
        checkpoints=(*trace.checkpoints, *new),
        second=SecondOpinion(answered_at=look.now, known=bool(new)),
    )


@pytest.mark.parametrize("case", load(START, GATE_CASES), ids=lambda case: case.name)
def test_gate_case(case: Case) -> None:
    """Each evaluation gives what the case says; the second source is asked where the rules say."""
    order = order_of(case)
    trace = Trace(number=order.tracking_number, mail_type=case.mail_type)
    alerts: list[Alert] = []
    memory = InitialFindings()
    asked = False
    second_from: datetime | None = None
    for index, look in enumerate(case.looks):
        order, trace = prepare(order, trace, look)
        if index == 0:
            trace = replace(
                trace, answered_at=case.first_answer_at, known=case.answer != "not_found"
            )
        sent: list[Alert] = []
        if look.checkpoints or look.actions or look.change_number:
            second_from = None  # the first source has news, or every run looks at the order anew
        if look.answered and second_from is not None and second_from <= look.now:
            asked, trace = True, ask_second(order, trace, look)
        for _ in range(2):
            decision = evaluate(order, trace, alerts, memory, look.now, LIMITS, second_source=True)
            memory = decision.memory
            sent += decision.due
            alerts += [replace(a, sent_at=look.now) for a in decision.due]
            second_from = decision.second_from
            if look.answered and second_from is not None and second_from <= look.now:
                asked, trace = True, ask_second(order, trace, look)

        expect = look.expect
        assert sorted(expect["alerts"]) == sorted(a.kind.value for a in sent)
        if "stage" in expect:
            assert expect["stage"] == decision.stage
        if "silent_days" in expect:
            assert expect["silent_days"] == decision.silent_days
        if "reason" in expect:
            assert expect["reason"] in {a.reason for a in sent}
        if "asked" in expect:
            assert expect["asked"] is asked
        if "passed_over" in expect:
            assert AlertKind.REFUND_CLAIM in {a.kind for a in sent}
            assert expect["passed_over"] is decision.second_passed_over
