"""The real handlers in one process, where every call to the outside may go wrong.

Time is simulated: calls take a little of it, time-outs more, and a function that runs past its end
is killed, as are its leases by their own clocks.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from stallwatch.cli import polling
from stallwatch.tracking.packing import unpack
from stallwatch.tracking.source import TrackingResult
from tests.aws.moto_stack import Context
from tests.faults.call_faults import KilledError, is_ours
from tests.faults.dead_letters import Letter
from tests.faults.journeys import Journey
from tests.faults.nights import Nights
from tests.faults.simulated_calls import CALL_TAKES, Calls, Running
from tests.faults.snapshot import Snapshot
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.in_memory_aws.sns import StrictSns
from tests.in_memory_aws.stored_items import Key
from tests.support.template import template, woken_by

if TYPE_CHECKING:
    from types import ModuleType

    from tests.faults.simulated_clients import Published

ENDING = timedelta(minutes=5)
"""How long what was begun before the quiet hours may go on in them."""


class World(Calls):
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
        super().__init__(now, call_takes)
        self.nights = Nights(quiet_hours, zone)
        self.run_takes = run_takes
        self.db = InMemoryDynamoDb(remember=remember)
        self.sns = StrictSns()
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
        self.broken = ""
        """What showed that the code has a bug, whatever the outside did."""
        self.runs = 0
        self.way = "as usual"
        """How the next delivery of the stream, or the next tick, goes."""
        self.source_mode: Callable[[datetime], str] = lambda now: "fine"  # noqa: ARG005
        self.keep_calls = False
        """Whether a run's calls go on counting from those of the run before."""
        self.handlers: dict[str, ModuleType] = {}
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
        event = _request(method, path, body, query or {})
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

    def save(self) -> Snapshot:
        """The state of everything."""
        return Snapshot.of(self)

    def load(self, state: Snapshot) -> None:
        """Come back to a state."""
        state.restore(self)
        self.calls = []
        self.faults = {}

    def answer(self, journeys: Mapping[str, Journey], number: str) -> TrackingResult:
        """What a source says of a number now, given all that it will ever know."""
        return (
            journeys[number].answer(number, self.now)
            if number in journeys
            else TrackingResult(number, known=False)
        )

    def meanwhile(self, function: str) -> None:
        """Another tick, or another shard, while a function runs."""
        if function == "pull_tracking":
            self.pull()
        else:
            self.wake()

    def lag_by(self, back: Callable[[int], int]) -> None:
        """Let the indexes show earlier states."""
        self.db.lag = back

    @property
    def interval(self) -> timedelta:
        """The time between two requests at the least."""
        return timedelta(minutes=1) / self.per_minute


FUNCTIONS = {
    "pull_tracking": "PullTrackingFunction",
    "evaluate_orders": "EvaluateOrdersFunction",
    "orders_api": "OrdersApiFunction",
}


@cache
def timeout_of(function: str) -> timedelta:
    """How long a function may run."""
    properties = template()["Resources"][FUNCTIONS[function]]["Properties"]
    return timedelta(seconds=properties["Timeout"])


@cache
def most_tries() -> int:
    """How often the stream's mapping tries a record before it gives it up."""
    events = template()["Resources"][FUNCTIONS["evaluate_orders"]]["Properties"]["Events"]
    return 1 + int(events["Changes"]["Properties"]["MaximumRetryAttempts"])


def _poll_here(_event: Any, _context: Context) -> Any:
    return polling.run_poll(os.environ, timeout_of("pull_tracking"), None)


def _request(method: str, path: str, body: object, query: Mapping[str, str]) -> dict[str, Any]:
    """A request as the gateway hands it to the function."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"content-type": "application/json"},
        "multiValueHeaders": {},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
        "pathParameters": None,
        "requestContext": {"resourcePath": path, "httpMethod": method, "stage": "live"},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def _record(pk: str, sk: str, number: int) -> dict[str, Any]:
    return {
        "eventName": "MODIFY",
        "dynamodb": {
            "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
            "SequenceNumber": str(number),
        },
    }


def _reversed(batch: list[tuple[Key, int]]) -> list[tuple[Key, int]]:
    """Another order that the stream allows: that of one order's records stays."""
    by_order: dict[str, list[tuple[Key, int]]] = {}
    for record in batch:
        by_order.setdefault(record[0][0], []).append(record)
    return [record for pk in reversed(by_order) for record in by_order[pk]]


EPOCH = datetime(2026, 3, 25, 9, 40, tzinfo=UTC)
