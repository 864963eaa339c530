"""The cases of the rules, through the pure rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stallwatch.domain.actions import change
from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.orders import Action, ActionKind, Order, PaidWith, SearchPlace, Service
from stallwatch.domain.parcels import Checkpoint, SecondOpinion, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.rules.journey import read_journey
from stallwatch.tracking.profiles import stage_of_entry
from tests.local.parts import FACTS
from tests.support.case_runner import CASES, GATE_CASES, Case, Look, load

START = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
BEFORE_A_LEAP_DAY = datetime(2028, 2, 9, 9, 30, tzinfo=UTC)
DEFAULTS = Thresholds()


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
        promised_on=day("promised_on"),
        paid_with=PaidWith(given["paid_with"]) if "paid_with" in given else None,
        paid_on=day("paid_on"),
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


@dataclass
class Watched:
    """An order of a case as it is watched: what is known of it, and what was said."""

    order: Order
    trace: Trace
    asked_since: datetime
    alerts: list[Alert] = field(default_factory=list)
    memory: InitialFindings = field(default_factory=InitialFindings)

    @classmethod
    def of(cls, case: Case) -> "Watched":
        order = order_of(case)
        trace = Trace(number=order.tracking_number, mail_type=case.mail_type, eta=case.eta)
        return cls(order, trace, case.looks[0].now)

    def prepare(self, look: Look) -> None:
        """What happened before an evaluation: corrections, a new number, actions, an answer."""
        self._correct(look)
        for kind in look.actions:
            self._act(ActionKind(kind), look)
        if self.order.tracking_number is not None:
            self._answer(look)

    def evaluate(self, now: datetime, *, second_source: bool = False) -> Decision:
        """Evaluate, and send what is due."""
        decision = evaluate(
            self.order,
            self.trace,
            self.alerts,
            self.memory,
            now,
            DEFAULTS,
            second_source=second_source,
        )
        self.memory = decision.memory
        self.alerts += [replace(alert, sent_at=now) for alert in decision.due]
        return decision

    def _correct(self, look: Look) -> None:
        order = self.order
        if look.ordered_on is not None:
            order = replace(order, ordered_on=look.ordered_on)
        if look.corrects_protection:
            order = replace(order, protection_ends_on=look.protection_ends_on)
        number = look.change_number
        if number is not None and number != order.tracking_number:
            changed = replace(order, tracking_number=number)
            order = change(order, changed, look.now)
            self.trace = Trace(number=number, checkpoints=self.trace.checkpoints)
            self.asked_since = look.now
        self.order = order

    def _act(self, kind: ActionKind, look: Look) -> None:
        journey = read_journey(
            self.order, self.trace.checkpoints, DEFAULTS, first_answer_at=self.memory.answered_at
        )
        action = Action(
            kind=kind,
            at=look.now,
            on=look.on,
            until=look.until if kind is ActionKind.SNOOZE else None,
            answers=tuple(
                (SearchPlace(s), date.fromisoformat(day)) for s, day in look.answers.items()
            ),
            episode=journey.episode,
        )
        self.order = replace(self.order, actions=(*self.order.actions, action))

    def _answer(self, look: Look) -> None:
        trace = replace(self.trace, asked_at=look.now)
        if look.answered is True and look.answered_at is not None:
            new = [
                checkpoint(self.order.tracking_number or "", at, code, look.now)
                for at, code in look.checkpoints
            ]
            trace = replace(
                trace,
                checkpoints=(*trace.checkpoints, *new),
                answered_at=look.answered_at,
                known=trace.known or bool(new) or look.answer != "not_found",
                unanswered_since=None,
            )
            trace = with_status(trace, look, has_news=bool(new))
        elif look.answered == "others":
            since = trace.answered_at or self.asked_since
            if look.now - since >= timedelta(days=DEFAULTS.unanswered):
                trace = replace(trace, unanswered_since=since)
        self.trace = trace


def with_status(trace: Trace, look: Look, *, has_news: bool) -> Trace:
    """The trace with what the answer's coarse status tells, or no longer tells."""
    if look.status == "DELIVERED":
        return replace(trace, status_delivered_at=trace.status_delivered_at or look.now)
    takes_back = look.status is not None or has_news
    if trace.status_delivered_at is None or not takes_back:
        return trace
    return replace(trace, status_delivered_at=None, status_withdrawn_at=look.now)


def hold(
    expect: Mapping[str, Any], sent: Sequence[Alert], decision: Decision, now: datetime
) -> None:
    """Hold what an evaluation gave to what its case says."""
    assert sorted(expect["alerts"]) == sorted(a.kind.value for a in sent)
    if "stage" in expect:
        assert expect["stage"] == decision.stage
    if "silent_days" in expect:
        assert expect["silent_days"] == decision.silent_days
    if "state" in expect:
        assert expect["state"] == decision.state
    if "reason" in expect:
        assert expect["reason"] in {a.reason for a in sent}
    for name, expected in expect.get("dates", {}).items():
        day = getattr(decision.key_dates, name)
        actual = None if day is None else (day - now.date()).days
        assert (name, expected) == (name, actual)


@pytest.mark.skipif(not FACTS.is_dir(), reason="../shared is not there")
def test_the_cases_are_the_published_ones() -> None:
    """A copy that differs from what it was taken from is a mistake."""
    assert (FACTS / "rules2" / "cases.json").read_bytes() == CASES.read_bytes()


@pytest.mark.parametrize("case", load(START), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """Each evaluation of the case gives what the case says, and nothing more when repeated."""
    watched = Watched.of(case)
    for look in case.looks:
        watched.prepare(look)

        decision = watched.evaluate(look.now)

        hold(look.expect, decision.due, decision, look.now)
        assert () == watched.evaluate(look.now).due


@pytest.mark.parametrize("case", load(BEFORE_A_LEAP_DAY), ids=lambda case: case.name)
def test_case_over_a_leap_day(case: Case) -> None:
    """A day is a day: the 29th of February moves nothing."""
    watched = Watched.of(case)
    for look in case.looks:
        watched.prepare(look)

        decision = watched.evaluate(look.now)

        hold(look.expect, decision.due, decision, look.now)


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
    watched = Watched.of(case)
    asked = False
    second_from: datetime | None = None
    for look in case.looks:
        watched.prepare(look)
        sent: list[Alert] = []
        if look.checkpoints or look.actions or look.change_number:
            second_from = None  # the first source has news, or every run looks at the order anew
        if look.answered and second_from is not None and second_from <= look.now:
            asked = True
            watched.trace = ask_second(watched.order, watched.trace, look)
        for _ in range(2):
            decision = watched.evaluate(look.now, second_source=True)
            sent += decision.due
            second_from = decision.second_from
            if look.answered and second_from is not None and second_from <= look.now:
                asked = True
                watched.trace = ask_second(watched.order, watched.trace, look)

        expect = look.expect
        hold(expect, sent, decision, look.now)
        if "asked" in expect:
            assert expect["asked"] is asked
        if "passed_over" in expect:
            assert AlertKind.REFUND_CLAIM in {a.kind for a in sent}
            assert expect["passed_over"] is decision.second_passed_over
