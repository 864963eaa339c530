"""The real handlers in one process, where every call to the outside may go wrong.

Time is simulated: calls take a little of it, time-outs more, and a function that runs past its end
is killed, as are its leases by their own clocks.
"""

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from stallwatch import wiring
from stallwatch.aws import clients, metrics
from stallwatch.aws.lambda_clock import LambdaClock, ProcessClock
from stallwatch.cli import polling
from stallwatch.domain.errors import StallwatchError
from stallwatch.orders import service
from stallwatch.tracking.packing import unpack
from stallwatch.tracking.profiles import CAINIAO, SEVENTEEN_TRACK
from stallwatch.tracking.source import Event, SourceResponse, TrackingResult, Verdict
from tests.aws.moto_stack import Context, load_handler
from tests.faults.dead_letters import Letter, Queue, Stream
from tests.faults.nights import Nights
from tests.faults.registry import Registry
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb, Key, Tables
from tests.in_memory_aws.sns import StrictSns
from tests.support.template import template, thresholds_variable, woken_by

if TYPE_CHECKING:
    from types import ModuleType

CALL_TAKES = timedelta(milliseconds=5)
ENDING = timedelta(minutes=5)
"""How long what was begun before the quiet hours may go on in them."""

TIME_OUT_TAKES = timedelta(seconds=25)

OVERLAP = "overlap"
"""Another run of the same function begins and ends while this call is on its way."""

FAULTS: Mapping[str, tuple[str, ...]] = {
    "read": ("fail", "throttle", "time out", "kill"),
    "read many": ("fail", "throttle", "time out", "part", "kill"),
    "read index": ("fail", "throttle", "stale 1", "stale 2", "stale all", "part", "kill"),
    "write": (
        *("fail", "throttle", "conflict", "time out", "lost", "again"),
        *("kill", "kill after", "hang"),
    ),
    "publish": (
        *("fail", "throttle", "time out", "server error", "lost", "kill", "kill after", "hang"),
    ),
    "ask": ("error", "block", "missing", "slow", "kill", "hang"),
    "invoke": ("fail", "lost", "kill"),
    "register": ("fail", "time out", "lost", "kill", "kill after", "hang"),
    "quota": ("fail", "time out", "kill", "hang"),
    "receive": ("fail", "throttle", "time out", "lost", "kill", "kill after"),
}
"""What can go wrong with a call of each kind."""

REQUESTS = frozenset({"ask", "register", "quota"})
"""The calls that are requests to a source."""

MEANWHILE: Mapping[str, Callable[["World"], object]] = {
    "pull_tracking": lambda world: world.pull(),
    "evaluate_orders": lambda world: world.wake(),
}
"""The other run that may overlap with one of these functions: another tick, another shard."""

LANDING = frozenset({"again", "kill after", "lost", "error", "slow", "block"})
"""What lets a call land."""

LANDED = frozenset({"lost", "kill after"})
"""What lets a call land and keeps its outcome from who made it."""


class KilledError(BaseException):
    """The function was killed: at its time's end, or by the explorer."""


@dataclass
class Call:
    """A call to the outside, as it was met."""

    kind: str
    name: str
    about: str
    function: str = ""
    """The function that made it; empty where its run overlaps with another one's."""
    fault: str | None = None
    """What went wrong with it, if that made any difference."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What can go wrong with it."""
        overlaps = (OVERLAP,) if self.function in MEANWHILE else ()
        return (*FAULTS[self.kind], *overlaps)


@dataclass(frozen=True)
class Published:
    """A message that reached the topic, or may have."""

    batch: str
    kind: str
    orders: tuple[str, ...]
    """An empty name stands for the source."""
    language: str
    """Empty for the stack's."""
    run: int
    unknown: bool
    """Whether nobody can tell afterwards that it went out."""


@dataclass
class Running:
    """A run of a function, as far as it has come."""

    number: int
    function: str
    deadline: datetime
    inner: bool
    """Whether it overlaps with another run that waits for it."""
    never_sends: bool = False
    """Whether it is killed where it would begin to send."""
    tokens: int = 0
    """How many tokens it has taken."""


@dataclass
class Journey:
    """What the source knows of a number, and from when on."""

    events: tuple[tuple[datetime, datetime, str], ...] = ()
    """From when on it is shown, when it was, and its code."""
    statuses: tuple[tuple[datetime, bool], ...] = ()
    """From when on the coarse status says that it was delivered, or that it was not."""


@dataclass
class Snapshot:
    """The state of everything, to come back to."""

    tables: Tables
    earlier: dict[str, list[Any]]
    stream: tuple[tuple[Key, int], ...]
    published: tuple[Published, ...]
    asked: tuple[tuple[datetime, int], ...]
    second_asked_at: datetime | None
    charged: tuple[tuple[str, int], ...]
    lost: tuple[Key, ...]
    notifications: tuple[Letter, ...]
    marked: frozenset[tuple[str, str]]
    now: datetime
    runs: int
    nudges: int
    gone: int
    hurried: int
    overlooked: bool
    broken: str

    def key(self) -> int:
        """Stands for the state: equal states go on equally."""
        items = tuple(sorted((k, repr(sorted(v.items()))) for k, v in self.tables.items.items()))
        earlier = repr(sorted((n, repr(v)) for n, v in self.earlier.items()))
        return hash(
            (
                items,
                earlier,
                tuple(sorted(self.stream)),
                tuple((p.batch, p.kind, p.orders, p.language, p.unknown) for p in self.published),
                self.asked[-1:],
                self.second_asked_at,
                self.charged,
                self.lost,
                self.notifications,
                self.marked,
                self.now,
                self.nudges,
                self.hurried,
                self.overlooked,
                self.broken,
            )
        )


class World:
    """The functions, their surroundings, and the time.

    Args:
        now: The instant at which it begins.
        per_minute: How many requests a minute the source takes.
        call_takes: The time that a call takes.
        run_takes: The time that a run takes besides its calls.
        remember: Whether the indexes remember what they showed before.
        second: Whether a second source is configured.
        keeps_letters: Whether records that are given up on become dead letters.
        quiet_hours: Those of the stack; empty for none.
        zone: The time zone of the quiet hours.
    """

    def __init__(
        self,
        now: datetime,
        *,
        per_minute: int = 60,
        call_takes: timedelta = CALL_TAKES,
        run_takes: timedelta = timedelta(0),
        remember: bool = True,
        second: bool = False,
        keeps_letters: bool = False,
        quiet_hours: str = "",
        zone: str = "UTC",
    ) -> None:
        self.nights = Nights(quiet_hours, zone)
        self.call_takes = call_takes
        self.run_takes = run_takes
        self.db = InMemoryDynamoDb(remember=remember)
        self.sns = StrictSns()
        self.now = now
        self.journeys: dict[str, Journey] = {}
        self.second = second
        self.second_journeys: dict[str, Journey] = {}
        """What the second source knows of a number."""
        self.second_asked_at: datetime | None = None
        self.charged: Counter[str] = Counter()
        """The numbers that are registered with it, and how many credits each has cost."""
        self.keeps_letters = keeps_letters
        self.lost: list[Key] = []
        """The records that were given up on, and are in the stream still."""
        self.notifications: list[Letter] = []
        self.stream: list[tuple[Key, int]] = []
        self.published: list[Published] = []
        self.asked: list[tuple[datetime, int]] = []
        self.marked: set[tuple[str, str]] = set()
        """The batches, and in which languages, that are written down as published."""
        self.nudges = 0
        self.gone = 0
        self.hurried = 0
        """How many requests came sooner after the one before than the pace allows."""
        self.overlooked = False
        """Whether the index of what presses showed a digest an earlier state, which may be an empty
        one: then it has nothing to say."""
        self.broken = ""
        """What showed that the code has a bug, whatever the outside did."""
        self.runs = 0
        self.way = "as usual"
        """How the next delivery of the stream, or the next tick, goes."""
        self.source_mode: Callable[[datetime], str] = lambda now: "fine"  # noqa: ARG005
        self.calls: list[Call] = []
        self.keep_calls = False
        """Whether a run's calls go on counting from those of the run before."""
        self.faults: Mapping[int, str] = {}
        self.on_call: Callable[[], None] | None = None
        self.on_result: Callable[[str], None] | None = None
        self.handlers: dict[str, ModuleType] = {}
        self.running: Running | None = None
        """The run that goes on."""
        self.per_minute = per_minute

    # Running functions.

    def pull(self, *order_ids: str) -> Any:
        """Run the pull; None where it died."""
        event: dict[str, Any] = {"order_ids": list(order_ids)} if order_ids else {}
        return self.run("pull_tracking", event)

    def api(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """Send a request; None where the function died."""
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {"content-type": "application/json"},
            "multiValueHeaders": {},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {n: [v] for n, v in (query or {}).items()} or None,
            "pathParameters": None,
            "requestContext": {"resourcePath": path, "httpMethod": method, "stage": "live"},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        return self.run("orders_api", event)

    def tick(self) -> None:
        """A tick of the schedule."""
        for _ in range({"skipped": 0, "doubled": 2}.get(self.way, 1)):
            self.pull()

    def deliver(self) -> bool:
        """Deliver the stream's records to the evaluation. Whether there were any."""
        how = self.way
        if not self.stream:
            return False
        if how == "late":
            return False
        if how == "dropped":
            self.give_up()
            return False
        batch = self.stream[:1] if how == "one" else list(self.stream)
        if how == "reversed":
            batch = _reversed(batch)
        records = [_record(*key, index) for index, (key, _) in enumerate(batch)]
        rest = self.stream[len(batch) :]
        self.stream = []
        answer = self.run("evaluate_orders", {"Records": records})
        failed = 0
        if answer is not None:
            failures = [int(f["itemIdentifier"]) for f in answer["batchItemFailures"]]
            failed = min(failures) if failures else len(batch)
        again = [(key, tries + 1) for key, tries in batch[failed:]]
        kept = [(key, tries) for key, tries in again if tries <= most_tries()]
        self._give_up([key for key, tries in again if tries > most_tries()])
        if how == "twice":
            kept = kept or [(key, tries + 1) for key, tries in batch]
        self.stream = [*kept, *rest, *self.stream]
        return True

    def give_up(self) -> None:
        """The stream's records are given up on, as if the evaluation had failed all its tries."""
        self._give_up([key for key, _ in self.stream])
        self.stream.clear()

    def _give_up(self, keys: Sequence[Key]) -> None:
        self.gone += len(keys)
        if keys and self.keeps_letters:
            self.notifications.append(
                Letter(len(self.lost), len(self.lost) + len(keys) - 1, self.now)
            )
            self.lost += keys

    def redrive(self) -> Any:
        """Have the evaluation do again what it had given up on."""
        return self.run("evaluate_orders", {"redrive": True})

    def evaluate(self, *order_ids: str, sends: bool = True) -> Any:
        """Run the evaluation as if the stream had told of some orders."""
        taken = [(pk, sk) for (pk, sk), _ in self.stream if pk.removeprefix("ORDER#") in order_ids]
        self.stream = [record for record in self.stream if record[0] not in taken]
        records = [_record(f"ORDER#{order_id}", "TRACE", 0) for order_id in order_ids]
        return self.run("evaluate_orders", {"Records": records}, never_sends=not sends)

    def make_digest(self, scheduled_at: datetime) -> Any:
        """Run the evaluation as the schedule of the digest invokes it."""
        return self.run("evaluate_orders", {"digest": f"{scheduled_at:%Y-%m-%dT%H:%M:%SZ}"})

    def is_quiet(self) -> bool:
        """Whether nothing may be said now. A run that began before has a little time to end."""
        return self.nights.is_quiet(self.now) and self.nights.is_quiet(self.now - ENDING)

    def wake(self) -> Any:
        """Run the evaluation as if it had been woken to send."""
        return self.run("evaluate_orders", {"Records": [_record("STACK", "WAKE", 0)]})

    def pull_here(self) -> Any:
        """Run the pull as `poll --here` does, from another machine; None where it died."""
        return self.run("pull_tracking", {}, handler=_poll_here)

    def run(
        self,
        name: str,
        event: Any,
        *,
        never_sends: bool = False,
        handler: Callable[[Any, Context], Any] | None = None,
    ) -> Any:
        """Run a function, or a handler in its place; None where it died or raised."""
        if not self.keep_calls:
            self.calls = []
        outer = self.running
        self.now += self.run_takes
        self.runs += 1
        self.running = Running(
            number=self.runs,
            function=name,
            deadline=self.now + timeout_of(name),
            inner=outer is not None,
            never_sends=never_sends,
        )
        try:
            return (handler or self.handlers[name].handler)(event, Context())
        except KilledError:
            self._forget_what_it_knew()
            return None
        except Exception as error:
            if is_ours(error):
                return None
            raise
        finally:
            self.running = outer
            self.take_records()

    def _forget_what_it_knew(self) -> None:
        """What a killed run has sent and not marked nobody can tell."""
        run = self._run.number
        self.published = [
            replace(p, unknown=True)
            if p.run == run and (p.batch, p.language) not in self.marked
            else p
            for p in self.published
        ]

    def note_marks(self, values: Mapping[str, Any]) -> None:
        """Note what a write to the sending's lease says of its batch."""
        written = values.get(":sent") or values.get(":batch")
        if written is not None:
            row = unpack(written["B"])
            languages = ["", *row["languages"]]
            told = languages if row["sent"] else languages[: row["told"]]
            self.marked.update((row["id"], language) for language in told)

    def take_records(self) -> None:
        """Move what was written to the stream's queue, as far as the mapping lets it through."""
        for written in self.db.stream:
            if written.key[1] in woken_by():
                self.stream.append((written.key, 1))
        self.db.stream.clear()

    # Calls.

    def call(self, kind: str, name: str, about: str, do: Callable[[], Any]) -> Any:
        """Make a call to the outside, or let it go wrong."""
        if self.on_call is not None:
            self.on_call()
        index = len(self.calls)
        function = "" if self._run.inner else self._run.function
        call = Call(kind, name, about, function)
        fault = self.faults.get(index)
        if fault in call.faults:
            call.fault = fault
        self.calls.append(call)
        if self._run.never_sends and about == "STACK/PUBLISH":
            raise KilledError
        self.now += self.call_takes
        self._die_in_time()
        if call.fault is not None:
            return self._go_wrong(call, call.fault, do)
        if self.on_result is None:
            return do()
        try:
            answer = do()
        except Exception as error:
            self.on_result(repr(error))
            raise
        self.on_result(repr(answer))
        return answer

    def _go_wrong(self, call: Call, fault: str, do: Callable[[], Any]) -> Any:
        if fault == OVERLAP and call.kind in REQUESTS:
            # The request has left: it is its answer that the other run comes before.
            answer = do()
            MEANWHILE[call.function](self)
            return answer
        if fault == OVERLAP:
            MEANWHILE[call.function](self)
            return do()
        if fault.startswith("stale"):
            return self._stale(call, fault.split()[1], do)
        if fault in {"part", "missing"}:
            whole = do()
            part = _without_first(whole) if fault == "missing" else _in_part(call.name, whole)
            if part == whole:
                call.fault = None
            return part
        if fault in LANDING:
            do()
        if fault == "hang":
            # Until the function's time is over.
            self.now = self._run.deadline
            self._die_in_time()
        if fault in {"time out", "slow"}:
            self.now += TIME_OUT_TAKES
            self._die_in_time()
        if fault == "again":
            return do()
        if call.kind == "ask" and fault != "kill":
            return SourceResponse(
                Verdict.BLOCKED if fault == "block" else Verdict.FAILING, reason=fault
            )
        raise _error(fault, call.name)

    def _stale(self, call: Call, back: str, do: Callable[[], Any]) -> Any:
        """What an index showed some changes ago."""
        self.db.lag = lambda states: states if back == "all" else min(int(back), states)
        try:
            stale = do()
        finally:
            self.db.lag = lambda states: 0  # noqa: ARG005
        if stale == do():
            call.fault = None
        elif call.about == "pressing":
            self.overlooked = True
        return stale

    def answer(self, journeys: Mapping[str, Journey], number: str) -> TrackingResult:
        """What a source says of a number now, given all that it will ever know."""
        journey = journeys.get(number)
        if journey is None:
            return TrackingResult(number, known=False)
        events = tuple(
            sorted(
                Event(
                    at=at,
                    wall=at.strftime("%Y-%m-%d %H:%M:%S"),
                    zone="GMT+0",
                    code=code,
                    text=code,
                )
                for shown, at, code in journey.events
                if shown <= self.now
            )
        )
        told = [delivered for since, delivered in journey.statuses if since <= self.now]
        return TrackingResult(
            number, known=True, events=events, delivered=told[-1] if told else None
        )

    @property
    def number(self) -> int:
        """The number of the run that goes on."""
        return self._run.number

    @property
    def _run(self) -> Running:
        assert self.running is not None
        return self.running

    def _die_in_time(self) -> None:
        if self.now >= self._run.deadline:
            raise KilledError

    def remaining(self) -> timedelta:
        """How long the run may still take."""
        return self._run.deadline - self.now

    def sleep(self, duration: timedelta) -> None:
        """Let the run wait."""
        self.now += duration
        self._die_in_time()

    # Snapshots.

    def save(self) -> Snapshot:
        """The state of everything."""
        return Snapshot(
            tables=self.db.save(),
            earlier={name: states[-EARLIER:] for name, states in self.db.earlier.items()},
            stream=tuple(self.stream),
            published=tuple(self.published),
            asked=tuple(self.asked),
            second_asked_at=self.second_asked_at,
            charged=tuple(sorted(self.charged.items())),
            lost=tuple(self.lost),
            notifications=tuple(self.notifications),
            marked=frozenset(self.marked),
            now=self.now,
            runs=self.runs,
            nudges=self.nudges,
            gone=self.gone,
            hurried=self.hurried,
            overlooked=self.overlooked,
            broken=self.broken,
        )

    def load(self, state: Snapshot) -> None:
        """Come back to a state."""
        self.db.load(state.tables)
        for name, states in state.earlier.items():
            self.db.earlier[name] = list(states)
        self.stream = list(state.stream)
        self.published = list(state.published)
        self.asked = list(state.asked)
        self.second_asked_at = state.second_asked_at
        self.charged = Counter(dict(state.charged))
        self.lost = list(state.lost)
        self.notifications = list(state.notifications)
        self.marked = set(state.marked)
        self.now = state.now
        self.runs = state.runs
        self.nudges = state.nudges
        self.gone = state.gone
        self.hurried = state.hurried
        self.overlooked = state.overlooked
        self.broken = state.broken
        self.calls = []
        self.faults = {}

    @property
    def interval(self) -> timedelta:
        """The time between two requests at the least."""
        return timedelta(minutes=1) / self.per_minute

    def token(self) -> str:
        """A token that no other run has."""
        self._run.tokens += 1
        return f"{self._run.number:04}{self._run.tokens:04}"


EARLIER = 3
"""How many earlier states of an index are remembered from one step to the next."""

_FUNCTIONS = {
    "pull_tracking": "PullTrackingFunction",
    "evaluate_orders": "EvaluateOrdersFunction",
    "orders_api": "OrdersApiFunction",
}


@cache
def timeout_of(function: str) -> timedelta:
    """How long a function may run."""
    properties = template()["Resources"][_FUNCTIONS[function]]["Properties"]
    return timedelta(seconds=properties["Timeout"])


@cache
def most_tries() -> int:
    """How often the stream's mapping tries a record before it gives it up."""
    events = template()["Resources"][_FUNCTIONS["evaluate_orders"]]["Properties"]["Events"]
    return 1 + int(events["Changes"]["Properties"]["MaximumRetryAttempts"])


class _Database:
    """The table's client, through which every call passes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Callable[..., Any]:
        world, method = self._world, getattr(self._world.db, name)

        def call(**arguments: Any) -> Any:
            kind = _KINDS[name]
            if name == "query" and "IndexName" in arguments:
                kind = "read index"
            about = _about(name, arguments)

            def do() -> Any:
                answer = method(**arguments)
                if about == "STACK/PUBLISH":
                    world.note_marks(arguments.get("ExpressionAttributeValues", {}))
                return answer

            return world.call(kind, name, about, do)

        return call


_KINDS = {
    "get_item": "read",
    "batch_get_item": "read many",
    "query": "read",
    "put_item": "write",
    "update_item": "write",
    "delete_item": "write",
    "transact_write_items": "write",
}


class _Topic:
    """The topic's client."""

    def __init__(self, world: World) -> None:
        self._world = world

    def publish(self, **call: Any) -> Any:
        world = self._world
        body = json.loads(json.loads(call["Message"])["default"])
        fault = world.faults.get(len(world.calls))

        if world.is_quiet():
            world.broken = world.broken or "spoken: in the quiet hours"

        def do() -> Any:
            answer = world.sns.publish(**call)
            orders = tuple(order["order_id"] for order in body["orders"]) or ("",)
            language = call["MessageAttributes"].get("language", {"StringValue": ""})
            world.published.append(
                Published(
                    batch=body["id"],
                    kind=body["kind"],
                    orders=orders,
                    language=language["StringValue"],
                    run=world.number,
                    unknown=fault in LANDED,
                )
            )
            return answer

        return world.call("publish", "publish", body["kind"], do)

    def close(self) -> None:
        """Drop the pooled connections."""


class _Source:
    """The source."""

    name = "cainiao"

    def __init__(self, world: World) -> None:
        self._world = world

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        world = self._world

        def do() -> SourceResponse:
            if world.asked and world.now - world.asked[-1][0] < world.interval:
                world.hurried += 1
            world.asked.append((world.now, len(numbers)))
            mode = world.source_mode(world.now)
            if mode == "down":
                return SourceResponse(Verdict.FAILING, reason="status 500")
            if mode == "blocked":
                return SourceResponse(Verdict.BLOCKED, reason="block page")
            return SourceResponse(Verdict.OK, {n: world.answer(world.journeys, n) for n in numbers})

        reply: SourceResponse = world.call("ask", "ask", f"{len(numbers)} numbers", do)
        return reply


class _Functions:
    """The functions' client: counts the runs of the pull that were started."""

    def __init__(self, world: World) -> None:
        self._world = world

    def invoke(self, **_: Any) -> None:
        def do() -> None:
            self._world.nudges += 1

        self._world.call("invoke", "invoke", "pull", do)


@contextmanager
def running(world: World) -> Iterator[World]:
    """The handlers, wired to a world."""
    variables = {
        "TABLE_NAME": world.db.name,
        "TOPIC_ARN": world.sns.arn,
        "QUIET_HOURS": world.nights.span,
        "TIME_ZONE": world.nights.zone,
        "TRANSLATED_TOPIC_ARN": world.sns.translated_arn,
        "LANGUAGE": "en",
        "PULL_FUNCTION": "pull",
        "PAGE_URL": "https://stallwatch.example/",
        "PUBLIC_URL": "",
        "HOME_COUNTRY": "DE",
        "CHECK_EVERY": "rate(15 minutes)",
        "TURN_MINUTES": "30",
        "CAINIAO_URL": "http://standin",
        "CAINIAO_BATCH": "10",
        "CAINIAO_PER_MINUTE": str(world.per_minute),
        "PULL_WORKERS": "1",
        "DEAD_LETTERS_URL": "http://standin/queue",
        "SEVENTEEN_TRACK_KEY": "key" if world.second else "",
        "SEVENTEEN_TRACK_URL": "http://standin",
        "THRESHOLDS": thresholds_variable(),
        "POWERTOOLS_SERVICE_NAME": "stallwatch",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "POWERTOOLS_METRICS_NAMESPACE": "Stallwatch",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    database, topic, functions = _Database(world), _Topic(world), _Functions(world)
    queue, stream = Queue(world), Stream(world)

    with (
        mock.patch.dict(os.environ, variables),
        mock.patch.object(clients, "dynamodb", lambda: database),  # noqa: PT008
        mock.patch.object(clients, "sns_once", lambda: topic),  # noqa: PT008
        mock.patch.object(clients, "sns", lambda: topic),  # noqa: PT008
        mock.patch.object(metrics, "publish", lambda **_: None),  # noqa: PT008
        mock.patch.object(clients, "functions", lambda: functions),  # noqa: PT008
        mock.patch.object(clients, "queues", lambda: queue),  # noqa: PT008
        mock.patch.object(clients, "streams", lambda: stream),  # noqa: PT008
        mock.patch.object(LambdaClock, "now", lambda _: world.now),  # noqa: PT008
        mock.patch.object(LambdaClock, "sleep", lambda _, duration: world.sleep(duration)),
        mock.patch.object(LambdaClock, "remaining", lambda _: world.remaining()),  # noqa: PT008
        mock.patch.object(service, "token_hex", lambda _: world.token()),  # noqa: PT008
        mock.patch.object(ProcessClock, "now", lambda _: world.now),  # noqa: PT008
        mock.patch.object(ProcessClock, "sleep", lambda _, duration: world.sleep(duration)),
        mock.patch.object(ProcessClock, "remaining", lambda _: world.remaining()),  # noqa: PT008
        mock.patch.object(polling, "uuid4", lambda: _Token(world.token())),  # noqa: PT008
        mock.patch.object(
            wiring,
            "SOURCES",
            {
                CAINIAO.name: lambda *_: _Source(world),
                SEVENTEEN_TRACK.name: lambda *_: Registry(world),
            },
        ),
    ):
        wiring.source.cache_clear()
        logging.disable(logging.CRITICAL)
        try:
            deploy(world, _Source(world))
            yield world
        finally:
            logging.disable(logging.NOTSET)


def deploy(world: World, source: object) -> None:
    """Load the handlers, for the first time or anew, and wire them to a source."""
    for name in _FUNCTIONS:
        world.handlers[name] = load_handler(name)
    for name in ("pull_tracking", "evaluate_orders"):
        world.handlers[name].uuid4 = lambda: _Token(world.token())  # type: ignore[attr-defined]
    pull: Any = world.handlers["pull_tracking"]
    pull.source = lambda name, *_: Registry(world) if name == SEVENTEEN_TRACK.name else source
    logger: Any = world.handlers["evaluate_orders"].logger
    logger.exception = _no_bug


def _no_bug(*_: object, **__: object) -> None:
    """Takes the place of logging an error that was caught: it must tell of the outside."""
    error = sys.exc_info()[1]
    if not is_ours(error):
        raise AssertionError("a bug was caught as if it were an outage") from error


def _poll_here(_event: Any, _context: Context) -> Any:
    return polling.run_poll(os.environ, timeout_of("pull_tracking"), None)


@dataclass(frozen=True)
class _Token:
    hex: str


def _record(pk: str, sk: str, number: int) -> dict[str, Any]:
    return {
        "eventName": "MODIFY",
        "dynamodb": {
            "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
            "SequenceNumber": str(number),
        },
    }


def _about(name: str, arguments: Mapping[str, Any]) -> str:
    if name in {"get_item", "update_item", "delete_item"}:
        key = arguments["Key"]
    elif name == "put_item":
        key = arguments["Item"]
    elif name == "query":
        index = arguments.get("IndexName")
        values = arguments["ExpressionAttributeValues"]
        return str(index or next(iter(values.values()))["S"])
    else:
        return ""
    return f"{key['pk']['S']}/{key['sk']['S']}"


def _reversed(batch: list[tuple[Key, int]]) -> list[tuple[Key, int]]:
    """Another order that the stream allows: that of one order's records stays."""
    by_order: dict[str, list[tuple[Key, int]]] = {}
    for record in batch:
        by_order.setdefault(record[0][0], []).append(record)
    return [record for pk in reversed(by_order) for record in by_order[pk]]


def _in_part(name: str, answer: Any) -> Any:
    """An answer that leaves out what one must ask for again."""
    if name == "query":
        items = answer["Items"]
        if len(items) > 1:
            answer = {"Items": items[:1], "LastEvaluatedKey": dict(items[0])}
        return answer
    ((table, found),) = answer["Responses"].items()
    if len(found) > 1:
        left = [{"pk": item["pk"], "sk": item["sk"]} for item in found[1:]]
        answer = {"Responses": {table: found[:1]}, "UnprocessedKeys": {table: {"Keys": left}}}
    return answer


def _without_first(reply: SourceResponse) -> SourceResponse:
    """An answer that says nothing of the first number."""
    return replace(reply, answers=dict(list(reply.answers.items())[1:]))


def _error(fault: str, name: str) -> BaseException:
    """What a call raises that went wrong."""
    if fault in {"kill", "kill after"}:
        return KilledError()
    if fault in {"time out", "lost"}:
        return ReadTimeoutError(endpoint_url="http://standin")
    if fault == "conflict":
        return _conflict(name)
    if fault == "throttle":
        return _client_error("ThrottlingException", 400, name)
    if fault == "server error":
        return _client_error("InternalFailure", 500, name)
    return EndpointConnectionError(endpoint_url="http://standin")


def _conflict(name: str) -> ClientError:
    """A transaction is at an item: a single write is refused, another transaction is cancelled."""
    if name != "transact_write_items":
        return _client_error("TransactionConflictException", 400, name)
    cancelled = _client_error("TransactionCanceledException", 400, name)
    response: Any = cancelled.response
    response["CancellationReasons"] = [{"Code": "TransactionConflict"}] * 4
    return cancelled


def _client_error(code: str, status: int, name: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "the stand-in says so"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        name,
    )


def is_ours(error: BaseException | None) -> bool:
    """Whether a function may end with an error: it tells of the outside, not of the code."""
    return isinstance(error, (StallwatchError, ClientError, BotoCoreError))


EPOCH = datetime(2026, 3, 25, 9, 40, tzinfo=UTC)
