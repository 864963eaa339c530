"""The functions over AWS's own DynamoDB engine, with orders in the middle of their lives."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, TextIO
from unittest import mock

from stallwatch.aws import clients
from stallwatch.aws.lambda_clock import LambdaClock
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.alert_items import alert_to_item
from stallwatch.dynamodb.items import order_to_item, trace_to_item
from stallwatch.dynamodb.progress import progress_to_attributes
from stallwatch.dynamodb.snapshots import entry_to_item
from stallwatch.dynamodb.table import PULL, STACK, key
from stallwatch.polling.state import Progress
from stallwatch.tracking.run_log import LastRun
from tests.aws.moto_stack import Context, load_handler
from tests.bench.meter import Meter
from tests.bench.order_lives import NOW, Life, names
from tests.bench.order_shelf import Find
from tests.in_memory_aws.sns import StrictSns
from tests.local.machine import client as plain_client
from tests.support.template import (
    resources,
    table_definition,
    template,
    thresholds_variable,
    woken_by,
)

TABLE = "orders"
_MAPPING = template()["Resources"]["EvaluateOrdersFunction"]["Properties"]["Events"]["Changes"]

RECORDS: int = _MAPPING["Properties"]["BatchSize"]
"""How many records the stream's mapping hands over at once."""

WINDOW = timedelta(seconds=_MAPPING["Properties"]["MaximumBatchingWindowInSeconds"])
"""How long it waits for more."""


@dataclass
class Clock:
    """Stands still but for what is slept through."""

    now: datetime = NOW + timedelta(seconds=2)
    slept: timedelta = timedelta(0)
    left: timedelta = timedelta(minutes=14)
    """How long a function may take."""

    def sleep(self, duration: timedelta) -> None:
        """Wait."""
        self.now += duration
        self.slept += duration


@dataclass
class CountingSns(StrictSns):
    """Counts the messages."""

    published: int = 0

    def publish(self, **call: Any) -> dict[str, str]:
        answer = super().publish(**call)
        self.published += 1
        return answer


@dataclass
class Stack:
    """The handlers, the table and the meter."""

    client: Any
    meter: Meter
    clock: Clock | None
    sns: "CountingSns"
    handlers: Mapping[str, ModuleType]
    written: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    """When and what was written since the evaluation was last run, by key."""

    def pull(self) -> dict[str, Any]:
        """Run the pull."""
        answer: dict[str, Any] = self.handlers["pull_tracking"].handler({}, Context())
        return answer

    def evaluate(self) -> int:
        """Run the evaluation of what was written, as the stream would; how many runs it took."""
        runs = 0
        while self.written:
            self.deliver(self.take(timedelta.max))
            runs += 1
        return runs

    def take(self, window: timedelta) -> list[dict[str, Any]]:
        """The keys that the stream hands over together: of a time, and not too many."""
        begins = self.written[0][0]
        inside = [key for at, key in self.written[:RECORDS] if at - begins < window]
        self.written = self.written[len(inside) :]
        return inside

    def deliver(self, keys: Sequence[Mapping[str, Any]]) -> None:
        """Run the evaluation of some keys."""
        records = [
            {"dynamodb": {"Keys": key, "SequenceNumber": str(n)}} for n, key in enumerate(keys)
        ]
        answer = self.handlers["evaluate_orders"].handler({"Records": records}, Context())
        if answer["batchItemFailures"]:
            raise RuntimeError(answer)

    def note(self, params: Mapping[str, Any]) -> None:
        """Note a write that the stream would tell of."""
        key = params.get("Key") or params.get("Item") or {}
        if key and key["sk"]["S"] in woken_by():
            at = NOW if self.clock is None else self.clock.now
            self.written.append((at, {"pk": key["pk"], "sk": key["sk"]}))


def _defaults() -> dict[str, str]:
    """The variables that are a parameter's default, or stand in the template as they are."""
    whole = template()
    found = {}
    for properties in (
        whole["Globals"]["Function"],
        *(f["Properties"] for f in resources("AWS::Serverless::Function").values()),
    ):
        for name, value in properties["Environment"]["Variables"].items():
            parameter = whole["Parameters"].get(value["Ref"]) if "Ref" in value else None
            if isinstance(value, str):
                found[name] = value
            elif parameter is not None:
                found[name] = str(parameter["Default"])
    return found


def function_environment(endpoint: str, source: str, **variables: str) -> dict[str, str]:
    """The environment of a function, at a pace without limits."""
    shift = round((NOW - datetime.now(NOW.tzinfo)).total_seconds()) + 2
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **_defaults(),
        "TABLE_NAME": TABLE,
        "TOPIC_ARN": StrictSns.arn,
        "QUIET_HOURS": "",
        "TRANSLATED_TOPIC_ARN": f"{StrictSns.arn}-translated",
        "DEAD_LETTERS_URL": "http://127.0.0.1:9/letters",
        "PULL_FUNCTION": "pull",
        "PAGE_URL": "https://stallwatch.example/",
        "THRESHOLDS": thresholds_variable(),
        "CAINIAO_URL": source,
        "CAINIAO_PER_MINUTE": "60000",
        "CLOCK_SHIFT": str(shift),
        **variables,
    }


@contextlib.contextmanager
def stack(
    endpoint: str, source: str, *, clock: Clock | None = None, **variables: str
) -> Iterator[Stack]:
    """The functions, wired to a table and a source.

    Args:
        endpoint: The address of DynamoDB Local, where the table is.
        source: The source's address.
        clock: The time; without one it is the real time, shifted to the turn's beginning.
        variables: Parameters that differ from their defaults.
    """
    environment = function_environment(endpoint, source, **variables)
    with contextlib.ExitStack() as held:
        held.enter_context(mock.patch.dict(os.environ, environment))
        if clock is not None:
            held.enter_context(mock.patch.multiple(LambdaClock, **_methods(clock)))
        for made_once in (clients.dynamodb, clients.sns_once, clients._session):  # noqa: SLF001
            made_once.cache_clear()
        sns = CountingSns()
        held.enter_context(mock.patch.object(clients, "sns_once", return_value=sns))
        held.enter_context(redirect_stdout(nowhere()))
        handlers = {name: load_handler(name) for name in ("pull_tracking", "evaluate_orders")}
        client = clients.dynamodb()
        built = Stack(client, Meter().watch(client), clock, sns, handlers)
        for name in ("PutItem", "UpdateItem"):
            client.meta.events.register(
                f"provide-client-params.dynamodb.{name}",
                lambda params, **_: built.note(params),
            )
        yield built
    clients.dynamodb.cache_clear()


def _methods(clock: Clock) -> dict[str, Any]:
    """The methods of a function's clock, by another."""
    return {
        "now": lambda _: clock.now,
        "sleep": lambda _, duration: clock.sleep(duration),
        "remaining": lambda _: clock.left,
    }


@lru_cache(maxsize=1)
def nowhere() -> TextIO:
    """Where the functions' logs go: written, but read by nobody."""
    return Path(os.devnull).open("w", encoding="utf-8")


# The table.


def create_table(endpoint: str, name: str = TABLE) -> None:
    """An empty table, in place of one that may be there."""
    client = plain_client("dynamodb", endpoint)
    if name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)
    client.create_table(**table_definition(name))


def fill(endpoint: str, lives: Iterable[Life], *, watch_only: bool = False) -> None:
    """Put orders into the table.

    Args:
        endpoint: The address of DynamoDB Local.
        lives: The orders.
        watch_only: Whether to leave out what a check without news does not look at.
    """
    write_items(
        endpoint,
        chain([progress_item()], *(items(life, watch_only=watch_only) for life in lives)),
    )


def items(life: Life, *, watch_only: bool = False) -> Iterator[dict[str, Any]]:
    """An order's items."""
    snapshot = life.snapshot
    order = snapshot.order
    yield entry_to_item(order.order_id, order.incarnation, snapshot.entry, snapshot.revision)
    if watch_only and life.find is Find.NOTHING:
        return
    yield trace_to_item(order.order_id, order.incarnation, snapshot.trace)
    if watch_only:
        return
    yield order_to_item(order, snapshot.version)
    for alert in snapshot.alerts:
        yield alert_to_item(order.order_id, order.incarnation, alert)


def crowd(lives: Sequence[Life], count: int) -> Iterator[dict[str, Any]]:
    """The items of so many orders that are due, as many as a check looks at.

    The order with the number LP…n lives the life n, counted round and round (see `source`).
    """
    kept = [list(items(life, watch_only=True)) for life in lives]
    for order_id, number in islice(names(Random(1)), count):  # noqa: S311
        for item in kept[int(order_id) % len(lives)]:
            about = {"n": {"S": number}} if "n" in item else {"number": {"S": number}}
            listed = {"listed": {"S": f"2026-06-01#{order_id}"}} if "listed" in item else {}
            yield {**item, "pk": {"S": f"ORDER#{order_id}"}, **about, **listed}


def progress_item() -> dict[str, Any]:
    """The pull's own item after a day of turns: all but the present one.

    Nothing is left to review, and the evaluation was woken today: a measured tick pays for neither.
    """
    half_hours = [NOW - timedelta(minutes=30 * (n + 1)) for n in range(48)]
    turns = {f"{at:%H%M}+30": LastRun(at, at, silent=False) for at in half_hours}
    settled = Progress(
        NOW, turns=turns, turn_lengths=(30,), woken_at=NOW, reviewed_version=wire.VERSION
    )
    attributes = progress_to_attributes(settled)
    return {**key(STACK, PULL), **wire.attributes(attributes)}


def write_items(endpoint: str, items: Iterable[Mapping[str, Any]], name: str = TABLE) -> None:
    """Write items in the largest batches there are, a few at a time."""
    client = plain_client("dynamodb", endpoint)

    def write(batch: Sequence[Mapping[str, Any]]) -> None:
        requests: Any = {name: [{"PutRequest": {"Item": item}} for item in batch]}
        while requests:
            requests = client.batch_write_item(RequestItems=requests).get("UnprocessedItems")

    left = iter(items)
    with ThreadPoolExecutor(4) as pool:
        while batches := [b for _ in range(200) if (b := list(islice(left, 25)))]:
            list(pool.map(write, batches))
