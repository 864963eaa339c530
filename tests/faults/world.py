"""The real handlers in one process, where every call to the outside may go wrong.

Time is simulated: calls take a little of it, time-outs more, and a function that runs past its end
is killed, as are its leases by their own clocks.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from stallwatch import booking, clients
from stallwatch.answers import Answer, Event, Reply, Verdict
from stallwatch.clock import LambdaClock
from stallwatch.packing import unpack
from tests.aws.world import Context, load_handler
from tests.standins.dynamodb import Key, StandIn, Tables
from tests.standins.sns import StrictSns
from tests.template import rules_variable, template, woken_by

if TYPE_CHECKING:
    from types import ModuleType

CALL_TAKES = timedelta(milliseconds=5)
TIME_OUT_TAKES = timedelta(seconds=25)

NUMBER_OF_TRIES = 5
"""How often the stream's mapping tries a record before it gives it up."""

FAULTS: Mapping[str, tuple[str, ...]] = {
    "read": ("fail", "throttle", "time out", "kill"),
    "read many": ("fail", "throttle", "time out", "part", "kill"),
    "read index": ("fail", "throttle", "stale 1", "stale 2", "stale all", "part", "kill"),
    "write": ("fail", "throttle", "time out", "lost", "again", "kill", "kill after"),
    "publish": ("fail", "throttle", "time out", "server error", "lost", "kill", "kill after"),
    "ask": ("error", "block", "missing", "slow", "kill"),
    "invoke": ("fail", "lost", "kill"),
}
"""What can go wrong with a call of each kind."""

UNKNOWN = frozenset({"fail", "time out", "server error", "lost", "kill", "kill after"})
"""What leaves the outcome of a publish open for whoever comes next."""


class KilledError(BaseException):
    """The function was killed: at its time's end, or by the explorer."""


@dataclass
class Call:
    """A call to the outside, as it was met."""

    kind: str
    name: str
    about: str
    fault: str | None = None


@dataclass(frozen=True)
class Published:
    """A message that reached the topic, or may have."""

    batch: str
    kind: str
    orders: tuple[str, ...]
    run: int
    unknown: bool
    """Whether nobody can tell afterwards that it went out."""


@dataclass
class Journey:
    """What the source knows of a number, and from when on."""

    events: tuple[tuple[datetime, datetime, str], ...] = ()
    """From when on it is shown, when it was, and its code."""


@dataclass
class Snapshot:
    """The state of everything, to come back to."""

    tables: Tables
    earlier: dict[str, list[Any]]
    stream: tuple[tuple[Key, int], ...]
    published: tuple[Published, ...]
    asked: tuple[tuple[datetime, int], ...]
    marked: frozenset[str]
    now: datetime
    runs: int
    nudges: int
    gone: int

    def key(self) -> int:
        """Stands for the state: equal states go on equally."""
        items = tuple(sorted((k, repr(sorted(v.items()))) for k, v in self.tables.items.items()))
        earlier = repr(sorted((n, repr(v)) for n, v in self.earlier.items()))
        return hash(
            (
                items,
                earlier,
                tuple(sorted(key for key, _ in self.stream)),
                tuple((p.kind, p.orders, p.unknown) for p in self.published),
                self.asked[-1:],
                self.marked,
                self.now,
                self.nudges,
            )
        )


class World:
    """The functions, their surroundings, and the time."""

    def __init__(
        self,
        now: datetime,
        *,
        per_minute: int = 60,
        call_takes: timedelta = CALL_TAKES,
        remember: bool = True,
    ) -> None:
        self.call_takes = call_takes
        self.db = StandIn(remember=remember)
        self.sns = StrictSns()
        self.now = now
        self.journeys: dict[str, Journey] = {}
        self.stream: list[tuple[Key, int]] = []
        self.published: list[Published] = []
        self.asked: list[tuple[datetime, int]] = []
        self.marked: set[str] = set()
        self.nudges = 0
        self.gone = 0
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
        self.deadline: datetime | None = None
        self.handlers: dict[str, ModuleType] = {}
        self.running = [0, 0]
        """The run that goes on, and how many tokens it has taken."""
        self._per_minute = per_minute
        self._earlier: dict[str, list[Any]] = {}

    # Running functions.

    def pull(self, *order_ids: str) -> Any:
        """Run the pull; None where it died."""
        event: dict[str, Any] = {"order_ids": list(order_ids)} if order_ids else {}
        return self.run("pull_tracking", event)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Send a request; None where the function died."""
        import json  # noqa: PLC0415

        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {"content-type": "application/json"},
            "multiValueHeaders": {},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
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
            self.gone += len(self.stream)
            self.stream.clear()
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
        kept = [(key, tries) for key, tries in again if tries <= NUMBER_OF_TRIES]
        self.gone += len(again) - len(kept)
        if how == "twice":
            kept = kept or [(key, tries + 1) for key, tries in batch]
        self.stream = [*kept, *rest, *self.stream]
        return True

    def evaluate(self, *order_ids: str, sends: bool = True) -> Any:
        """Run the evaluation as if the stream had told of some orders."""
        taken = [(pk, sk) for (pk, sk), _ in self.stream if pk.removeprefix("ORDER#") in order_ids]
        self.stream = [record for record in self.stream if record[0] not in taken]
        records = [_record(f"ORDER#{order_id}", "TRACE", 0) for order_id in order_ids]
        evaluation = self.handlers["evaluate_orders"]
        if sends:
            return self.run("evaluate_orders", {"Records": records})
        with mock.patch.object(evaluation.Sending, "send", side_effect=KilledError):
            return self.run("evaluate_orders", {"Records": records})

    def wake(self) -> Any:
        """Run the evaluation as if it had been woken to send."""
        return self.run("evaluate_orders", {"Records": [_record("STACK", "WAKE", 0)]})

    def run(self, name: str, event: Any) -> Any:
        """Run a function; None where it died or raised."""
        if not self.keep_calls:
            self.calls = []
        limit = template()["Resources"][_FUNCTIONS[name]]["Properties"]["Timeout"]
        self.deadline = self.now + timedelta(seconds=limit)
        self.runs += 1
        run = self.runs
        self.running = [run, 0]
        try:
            return self.handlers[name].handler(event, Context())
        except KilledError:
            # What it knew died with it.
            self.published = [
                replace(p, unknown=True) if p.run == run and p.batch not in self.marked else p
                for p in self.published
            ]
            return None
        except Exception as error:
            if _is_ours(error):
                return None
            raise
        finally:
            self.deadline = None
            self.take_records()

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
        fault = self.faults.get(index)
        call = Call(kind, name, about, fault)
        self.calls.append(call)
        self.now += self.call_takes
        self._die_in_time()
        if fault is not None:
            return self._go_wrong(call, fault, do)
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
        if fault == "kill":
            raise KilledError
        if fault == "kill after":
            do()
            raise KilledError
        if fault == "time out":
            self.now += TIME_OUT_TAKES
            self._die_in_time()
            raise ReadTimeoutError(endpoint_url="http://standin")
        if fault == "lost":
            do()
            raise ReadTimeoutError(endpoint_url="http://standin")
        if fault == "again":
            try:
                do()
            except ClientError:  # noqa: TRY203
                raise
            return do()
        if fault == "throttle":
            raise _client_error("ThrottlingException", 400, call.name)
        if fault == "server error":
            raise _client_error("InternalFailure", 500, call.name)
        if fault.startswith("stale"):
            back = fault.split()[1]
            self.db.lag = lambda states: states if back == "all" else min(int(back), states)
            try:
                return do()
            finally:
                self.db.lag = lambda states: 0  # noqa: ARG005
        if fault == "part":
            return _in_part(call.name, do)
        raise EndpointConnectionError(endpoint_url="http://standin")

    def _die_in_time(self) -> None:
        if self.deadline is not None and self.now >= self.deadline:
            raise KilledError

    # Snapshots.

    def save(self) -> Snapshot:
        """The state of everything."""
        return Snapshot(
            tables=self.db.save(),
            earlier={name: list(states[-3:]) for name, states in self.db._earlier.items()},  # noqa: SLF001
            stream=tuple(self.stream),
            published=tuple(self.published),
            asked=tuple(self.asked),
            marked=frozenset(self.marked),
            now=self.now,
            runs=self.runs,
            nudges=self.nudges,
            gone=self.gone,
        )

    def load(self, state: Snapshot) -> None:
        """Come back to a state."""
        self.db.load(state.tables)
        for name, states in state.earlier.items():
            self.db._earlier[name] = list(states)  # noqa: SLF001
        self.stream = list(state.stream)
        self.published = list(state.published)
        self.asked = list(state.asked)
        self.marked = set(state.marked)
        self.now = state.now
        self.runs = state.runs
        self.nudges = state.nudges
        self.gone = state.gone
        self.calls = []
        self.faults = {}

    def token(self) -> str:
        """A token that no other run has."""
        self.running[1] += 1
        return f"{self.running[0]:04}{self.running[1]:04}"


_FUNCTIONS = {
    "pull_tracking": "PullTrackingFunction",
    "evaluate_orders": "EvaluateOrdersFunction",
    "orders_api": "OrdersApiFunction",
}


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
                sent = arguments.get("ExpressionAttributeValues", {}).get(":sent")
                if about == "STACK/PUBLISH" and sent is not None:
                    world.marked.add(unpack(sent["B"])["id"])
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
        import json  # noqa: PLC0415

        world = self._world
        body = json.loads(json.loads(call["Message"])["default"])
        index = len(world.calls)
        fault = world.faults.get(index)

        def do() -> Any:
            answer = world.sns.publish(**call)
            orders = tuple(order["order_id"] for order in body["orders"])
            world.published.append(
                Published(
                    body["id"], body["kind"], orders, world.running[0], unknown=fault in UNKNOWN
                )
            )
            return answer

        return world.call("publish", "publish", body["kind"], do)


class _Source:
    """The source: strict about its pace."""

    name = "cainiao"

    def __init__(self, world: World) -> None:
        self._world = world

    def ask(self, numbers: Sequence[str]) -> Reply:
        world = self._world
        index = len(world.calls)
        fault = world.faults.get(index)
        mode = world.source_mode(world.now)

        def do() -> Reply:
            world.asked.append((world.now, len(numbers)))
            return Reply(Verdict.OK, {n: self._answer(n) for n in numbers})

        def answer() -> Reply:
            if fault == "error" or mode == "down":
                world.asked.append((world.now, len(numbers)))
                return Reply(Verdict.FAILING, reason="status 500")
            if fault == "block" or mode == "blocked":
                world.asked.append((world.now, len(numbers)))
                return Reply(Verdict.BLOCKED, reason="block page")
            if fault == "slow":
                world.asked.append((world.now, len(numbers)))
                world.now += TIME_OUT_TAKES
                return Reply(Verdict.FAILING, reason="time out")
            reply = do()
            if fault == "missing":
                kept = dict(list(reply.answers.items())[1:])
                return Reply(Verdict.OK, kept)
            return reply

        if fault in {"error", "block", "missing", "slow"}:
            world.faults = {i: f for i, f in world.faults.items() if i != index}
            given = world.call("ask", "ask", f"{len(numbers)} numbers", answer)
            world.calls[index].fault = fault
            return given  # type: ignore[no-any-return]
        return world.call("ask", "ask", f"{len(numbers)} numbers", answer)  # type: ignore[no-any-return]

    def _answer(self, number: str) -> Answer:
        journey = self._world.journeys.get(number)
        if journey is None:
            return Answer(number, known=False)
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
                if shown <= self._world.now
            )
        )
        return Answer(number, known=True, events=events)


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
        "TRANSLATED_TOPIC_ARN": f"{world.sns.arn}-translated",
        "LANGUAGE": "en",
        "PULL_FUNCTION": "pull",
        "PAGE_URL": "https://stallwatch.example/",
        "HOME_COUNTRY": "DE",
        "CHECK_EVERY": "rate(15 minutes)",
        "TURN_MINUTES": "30",
        "CAINIAO_URL": "http://standin",
        "CAINIAO_BATCH": "10",
        "CAINIAO_PER_MINUTE": str(world._per_minute),  # noqa: SLF001
        "RULES": rules_variable(),
        "POWERTOOLS_SERVICE_NAME": "stallwatch",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "POWERTOOLS_METRICS_NAMESPACE": "Stallwatch",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    database, topic, functions = _Database(world), _Topic(world), _Functions(world)
    source = _Source(world)

    def sleep(_: LambdaClock, duration: timedelta) -> None:
        world.now += duration
        world._die_in_time()  # noqa: SLF001

    def remaining(_: LambdaClock) -> timedelta:
        assert world.deadline is not None
        return world.deadline - world.now

    with (
        mock.patch.dict(os.environ, variables),
        mock.patch.object(clients, "dynamodb", lambda: database),  # noqa: PT008
        mock.patch.object(clients, "sns_once", lambda: topic),  # noqa: PT008
        mock.patch.object(clients, "sns", lambda: topic),  # noqa: PT008
        mock.patch.object(clients, "functions", lambda: functions),  # noqa: PT008
        mock.patch.object(LambdaClock, "now", lambda _: world.now),  # noqa: PT008
        mock.patch.object(LambdaClock, "sleep", sleep),
        mock.patch.object(LambdaClock, "remaining", remaining),
        mock.patch.object(booking, "token_hex", lambda _: world.token()),  # noqa: PT008
    ):
        logging.disable(logging.CRITICAL)
        try:
            for name in _FUNCTIONS:
                world.handlers[name] = load_handler(name)
            for name in ("pull_tracking", "evaluate_orders"):
                world.handlers[name].uuid4 = lambda: _Token(world.token())  # type: ignore[attr-defined]
            world.handlers["pull_tracking"].source = lambda _: source  # type: ignore[attr-defined]
            yield world
        finally:
            logging.disable(logging.NOTSET)


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


def _in_part(name: str, do: Callable[[], Any]) -> Any:
    """An answer that leaves out what one must ask for again."""
    answer = do()
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


def _client_error(code: str, status: int, name: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "the stand-in says so"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        name,
    )


def _is_ours(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from stallwatch.errors import StallwatchError  # noqa: PLC0415

    return isinstance(error, (StallwatchError, ClientError, BotoCoreError))


EPOCH = datetime(2026, 3, 25, 9, 40, tzinfo=UTC)
