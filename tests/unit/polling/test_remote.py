"""A run whose requests are made by workers: the same orders, one pace, one circuit."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.aws.workers import FunctionWorkers
from stallwatch.domain.errors import UnavailableError
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.requests import WORKERS_LEAD
from stallwatch.polling.run import PollRun
from stallwatch.polling.state import Pace
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.schedule import NEW, PollSchedule
from stallwatch.tracking.source import Verdict
from tests.support.builders import NOON, an_answer, an_event, an_order
from tests.support.effort import examples
from tests.support.fake_clock import FakeClock
from tests.support.fake_source import FakeSource
from tests.support.memory_store import MemoryStore

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
WARM = timedelta(milliseconds=30)
COLD = timedelta(seconds=2)


@dataclass
class Crew:
    """A run, its workers, and a source that they all ask."""

    pace: Pace = field(default_factory=lambda: Pace(batch=10, per_minute=60))
    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    source: FakeSource = field(init=False)
    comes_after: Callable[[int], timedelta] = lambda _: WARM
    """How long the nth task takes to reach a worker."""
    dies: Callable[[int], str] = lambda _: ""
    """Whether the worker of the nth task dies: "before" or "after" its request."""
    tasks: list[Mapping[str, Any]] = field(default_factory=list)
    in_vain: int = 0
    """How many tasks came too late."""

    def __post_init__(self) -> None:
        self.source = FakeSource(self.clock)

    def add(self, count: int) -> None:
        for n in range(count):
            number = f"LP{n:014}"
            self.store.create(an_order(f"o{n}", tracking_number=number))
            event = an_event(NOON - HOUR, "LH_DEPART")
            self.source.answers[number] = an_answer(number, event)

    def check(self, owner: str = "run", clock: FakeClock | None = None, **more: Any) -> PollRun:
        clock = clock or self.clock
        source = replace(self.source, clock=clock)
        return PollRun(
            watch=self.store,
            source=source,
            clock=clock,
            schedule=PollSchedule(),
            pace=self.pace,
            thresholds=Thresholds(),
            owner=owner,
            catch_up=HOUR,
            **more,
        )

    def run(self, request_task: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a task as another function does: from JSON, at its own time, to JSON."""
        nth = len(self.tasks)
        self.tasks.append(request_task)
        if self.dies(nth) == "before":
            raise UnavailableError("it died")
        clock = FakeClock(self.clock.now() + self.comes_after(nth))
        told = self.check(clock=clock).run_request_task(json.loads(json.dumps(request_task)))
        self.in_vain += not told
        if self.dies(nth) == "after":
            raise UnavailableError("it died")
        found: Mapping[str, Any] = json.loads(json.dumps(told))
        return found

    def due(self) -> RunReport:
        return self.check(workers=self).check_due()

    @property
    def asked_at(self) -> list[Any]:
        return sorted(self.source.asked_at)

    def gaps(self) -> list[timedelta]:
        return [two - one for one, two in pairwise(self.asked_at)]


def test_workers_ask_about_everything_once() -> None:
    """A run with workers does what a run without them does, and each number is asked about once."""
    alone, crew = Crew(), Crew()
    for one in (alone, crew):
        one.add(95)
    assert alone.check().check_due() == crew.due()
    assert alone.store.journal == crew.store.journal
    assert 10 == len(crew.tasks)
    assert 0 == crew.in_vain
    assert {1} == set(Counter(crew.source.numbers_asked).values())
    assert sorted(alone.source.numbers_asked) == sorted(crew.source.numbers_asked)


def test_whatever_came_of_a_request_is_told() -> None:
    """Numbers without an answer, placeholders, failures: the run notes them as its own."""
    alone, crew = Crew(), Crew()
    for one in (alone, crew):
        one.add(24)
        one.source.mute.update({"LP00000000000003", "LP00000000000017"})
        number = "LP00000000000005"
        one.source.answers[number] = an_answer(number, points_to="CNG00000000000001")
        one.source.poison.add("LP00000000000021")
    assert alone.check().check_due() == crew.due()
    assert Counter(alone.store.journal) == Counter(crew.store.journal)
    assert alone.store.health("cainiao") == crew.store.health("cainiao")


def test_an_answer_that_says_nothing_new_is_told_with_its_instant() -> None:
    """What the evaluation is to look at again, it looks at as after a run without workers."""
    looked_at: list[dict[str, datetime]] = []
    for crew in (Crew(), Crew()):
        crew.add(24)
        crew.check().check_due()
        for n in range(24):
            Evaluation(crew.store, PollSchedule(), Thresholds()).evaluate(f"o{n}", crew.clock.now())
        crew.clock.advance(hours=1)
        workers = crew if looked_at else None
        report = crew.check("again", workers=workers).check_orders([f"o{n}" for n in range(24)])
        assert (24, 24, 0) == (report.due, report.checked, report.changed)
        assert (3 if workers else 0) == len(crew.tasks)
        assert 0 == crew.in_vain
        looked_at.append(
            {n: shelf.record.answered_at or NOON for n, shelf in crew.store.shelves.items()}
        )
    alone, helped = looked_at
    assert alone.keys() == helped.keys()
    # A worker is handed its task a little before the time at which it asks.
    assert all(
        timedelta(0) <= helped[n] - alone[n] <= WORKERS_LEAD and helped[n] > NOON + HOUR
        for n in alone
    )


def test_the_pace_is_the_run_s() -> None:
    """One request a second, whoever makes it."""
    crew = Crew()
    crew.add(95)
    crew.due()
    assert [SECOND] * 9 == crew.gaps()


def test_an_task_that_comes_too_late_is_run_by_no_worker() -> None:
    """A cold start would bring two requests into one second: the run makes the late one itself."""
    crew = Crew(comes_after=lambda nth: COLD if nth % 2 else WARM)
    crew.add(95)
    report = crew.due()
    assert (95, 95, 0) == (report.due, report.checked, report.unanswered)
    assert 5 == crew.in_vain
    assert min(crew.gaps()) >= SECOND
    assert {1} == set(Counter(crew.source.numbers_asked).values())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dead_worker_s_share_is_picked_up(when: str) -> None:
    """By the run itself, at once, at the pace; what the worker wrote is no news twice."""
    crew = Crew(dies=lambda nth: when if nth in {2, 5} else "")
    crew.add(95)
    report = crew.due()
    assert (95, 95, 0) == (report.due, report.checked, report.unanswered)
    assert all(crew.store.shelves[f"o{n}"].record.fingerprint for n in range(95))
    assert min(crew.gaps()) >= SECOND
    assert Counter(crew.store.journal)["add_answer"] == 95


@given(
    comes=st.lists(st.sampled_from([5, 100, 249, 250, 251, 900, 3000]), min_size=1),
    dies=st.lists(st.sampled_from(["", "", "", "before", "after"]), min_size=1),
    per_minute=st.sampled_from([20, 60, 600, 6000]),
    count=st.integers(1, 120),
)
@settings(max_examples=examples(15), deadline=None)
def test_no_trouble_breaks_the_pace_or_loses_an_order(
    comes: list[int], dies: list[str], per_minute: int, count: int
) -> None:
    """However late workers come and however many die."""
    crew = Crew(
        pace=Pace(batch=10, per_minute=per_minute),
        comes_after=lambda nth: timedelta(milliseconds=comes[nth % len(comes)]),
        dies=lambda nth: dies[nth % len(dies)],
    )
    crew.add(count)
    report = crew.due()
    assert (count, count) == (report.due, report.checked)
    assert all(gap >= crew.pace.interval for gap in crew.gaps())


def test_a_block_that_one_sees_stops_all() -> None:
    """Only what is under way still goes out: a request for each worker at the most."""
    crew = Crew(pace=Pace(batch=10, per_minute=60000, parallel=4))
    crew.add(400)
    crew.source.verdicts.extend([Verdict.OK, Verdict.OK, *[Verdict.BLOCKED] * 100])
    report = crew.due()
    assert Verdict.BLOCKED is report.source
    # Four are under way when the first block comes in, and each that landed before made room.
    assert len(crew.tasks) <= 8
    assert len(crew.source.asked) == len(crew.tasks)
    assert 400 - 10 * 2 == report.unanswered


def test_a_probe_is_made_by_the_run_itself() -> None:
    """After a block there is one request, and workers only where it went well."""
    crew = Crew()
    crew.add(30)
    crew.source.verdicts.append(Verdict.BLOCKED)
    crew.due()
    crew.tasks.clear()
    crew.clock.advance(hours=2)
    report = crew.due()
    assert Verdict.OK is report.source
    assert 2 == len(crew.tasks)


def test_no_two_serve_one_slot() -> None:
    """Two runs with workers at the same time: one has the lease, and the other just ends."""
    crew = Crew(pace=Pace(batch=10, per_minute=6000))
    crew.add(60)
    reports: list[RunReport] = []
    was = crew.run

    def another_run(request_task: Mapping[str, Any]) -> Mapping[str, Any]:
        if not reports:
            reports.append(crew.check("another", workers=crew).check_due())
        return was(request_task)

    crew.run = another_run  # type: ignore[method-assign]
    assert 60 == crew.due().checked
    assert [0] == [report.due for report in reports]
    assert {1} == set(Counter(crew.source.numbers_asked).values())


def test_workers_of_a_run_that_is_gone_write_nothing_wrong() -> None:
    """What a worker learnt for a run that died meanwhile is what the next run would have learnt."""
    crew = Crew()
    crew.add(10)
    crew.due()
    late = crew.tasks[0]
    before = {order_id: shelf.record for order_id, shelf in crew.store.shelves.items()}
    at = crew.clock.now()
    crew.check(clock=FakeClock(at)).run_request_task({**late, "at": at.isoformat()})
    after = {order_id: shelf.record for order_id, shelf in crew.store.shelves.items()}
    events = {order_id: record.events for order_id, record in before.items()}
    assert events == {order_id: record.events for order_id, record in after.items()}


def test_without_workers_requests_are_made_in_threads() -> None:
    """As ever: so many at a time, in one process."""
    crew = Crew(pace=Pace(batch=10, per_minute=60000, parallel=8))
    crew.add(95)
    assert 95 == crew.check().check_due().checked
    assert [] == crew.tasks
    assert [] == [row for row in crew.store.rows(NEW) if row.fingerprint]


class _Lambda:
    """A client of the functions' service that answers, or fails, as told."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.invoked: list[dict[str, Any]] = []

    def invoke(self, **call: Any) -> Any:
        self.invoked.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_task_is_an_invocation_that_is_waited_for() -> None:
    """Of the function itself, once."""
    client = _Lambda({"Payload": BytesIO(b'{"verdict": "ok"}')})
    workers = FunctionWorkers(client, "pull")  # type: ignore[arg-type]
    assert {"verdict": "ok"} == workers.run({"at": "now"})
    ((call,),) = [client.invoked]
    assert ("pull", "RequestResponse") == (call["FunctionName"], call["InvocationType"])
    assert {"request_task": {"at": "now"}} == json.loads(call["Payload"])


@pytest.mark.parametrize(
    "answer",
    [
        {"FunctionError": "Unhandled", "Payload": BytesIO(b'{"errorMessage": "boom"}')},
        {"Payload": BytesIO(b"no JSON")},
        ReadTimeoutError(endpoint_url="http://lambda"),
        ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "Invoke"),
    ],
    ids=["error", "nonsense", "time out", "throttled"],
)
def test_an_invocation_that_came_to_nothing_is_said(answer: Any) -> None:
    """Whatever the reason: the run then makes the request itself."""
    workers = FunctionWorkers(_Lambda(answer), "pull")  # type: ignore[arg-type]
    with pytest.raises(UnavailableError):
        workers.run({})
