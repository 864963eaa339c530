"""What a check, an evaluation and a request cost, counted in calls and not timed."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pydantic import BaseModel

from stallwatch.api import app as api
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.polling.answers import AnswerWriter
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.schedule import PollSchedule
from tests.faults.journeys import Journey
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.story_steps import days, next_turn, settle
from tests.faults.wired_handlers import running
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.local.machine import ROOT

SLOT = PollSchedule(30).slot("s0", 12)

UNDER_WAY = ((3.0, "PU_PICKUP_SUCCESS"), (1.0, "LH_DEPART"))


class Counted(InMemoryDynamoDb):
    """A table that counts the items that it gives away, and may be scanned."""

    def __init__(self) -> None:
        super().__init__()
        self.given: Counter[str] = Counter()

    def get_item(self, **call: Any) -> Any:
        self.given["get_item"] += 1
        return super().get_item(**call)

    def batch_get_item(self, **call: Any) -> Any:
        answer = super().batch_get_item(**call)
        self.given["batch_get_item"] += sum(map(len, answer["Responses"].values()))
        return answer

    def query(self, **call: Any) -> Any:
        answer = super().query(**call)
        self.given["query"] += answer["Count"]
        return answer

    def scan(self, **_: Any) -> Any:
        self.given["scan"] += len(self.items)
        return {"Items": list(self.items.values())}


@contextmanager
def stack(count: int = 0) -> Iterator[tuple[World, Counted]]:
    """A stack with so many orders under way, all of them checked and evaluated."""
    world = World(EPOCH, remember=False, call_takes=timedelta(0), per_minute=60000)
    table = Counted()
    world.db = table
    with running(world):
        for n in range(count):
            add(world, f"o{n}")
        settle(world)
        world.calls.clear()
        yield world, table


def add(world: World, order_id: str) -> None:
    number = f"LP{abs(hash(order_id)) % 10**14:014}"
    shown = tuple((EPOCH - days(100), EPOCH - days(ago), code) for ago, code in UNDER_WAY)
    world.journeys[number] = Journey(shown)
    body = {
        "order_id": order_id,
        "ordered_on": (EPOCH - days(5)).date().isoformat(),
        "tracking_number": number,
    }
    assert 201 == world.api("POST", "/orders", body)["statusCode"]


def tick_at(world: World, order_id: str) -> dict[str, Any]:
    """The tick in which an order's slot has its turn."""
    world.now = next_turn(world, order_id) + timedelta(seconds=1)
    world.calls.clear()
    answer: dict[str, Any] = world.pull()
    return answer


def same_turn(count: int) -> list[str]:
    """Orders that have their turns together."""
    schedule = PollSchedule(30)
    names = (name for name in map("s{}".format, range(10**6)) if schedule.slot(name, 12) == SLOT)
    return list(islice(names, count))


def written(world: World) -> Counter[str]:
    return Counter(call.about for call in world.calls if call.kind == "write")


def idle_tick_writes(count: int) -> Counter[str]:
    """What a tick writes in which so many are due and nothing is new."""
    with stack() as (world, _):
        for name in same_turn(count):
            add(world, name)
        settle(world)
        report = tick_at(world, "s0")
        assert (count, count, 0) == (report["due"], report["checked"], report["changed"])
        return written(world)


def assert_idle_checks_write_nothing() -> None:
    few, many = idle_tick_writes(1), idle_tick_writes(40)
    assert few == many
    assert {"STACK/PULL", "TURN"} == {about.partition("#")[0] for about in many}


def test_a_check_without_news_writes_nothing_of_its_own() -> None:
    """A tick keeps its lease and one record of its turn, whether one is due or forty."""
    assert_idle_checks_write_nothing()


def test_a_batch_costs_one_request() -> None:
    """Forty due are four requests for ten."""
    with stack() as (world, _):
        for name in same_turn(40):
            add(world, name)
        settle(world)
        world.asked.clear()
        tick_at(world, "s0")
        assert [10, 10, 10, 10] == [count for _, count in world.asked]


def test_an_evaluation_is_one_query() -> None:
    """And nothing else where nothing changed: no other read, no write."""
    with stack(1) as (world, _):
        world.evaluate("o0")
        assert [("query", "ORDER#o0")] == [(call.name, call.about) for call in world.calls]


def test_an_evaluation_of_news_is_one_query_and_one_write() -> None:
    """The order's place in the watch; and what its batch adds to the totals."""
    with stack(1) as (world, _):
        (journey,) = world.journeys.values()
        journey.events = (*journey.events, (world.now, world.now, "LH_ARRIVE"))
        tick_at(world, "o0")
        world.deliver()
        assert [
            ("query", "ORDER#o0"),
            ("put_item", "ORDER#o0/WATCH"),
            ("update_item", "STACK/TOTALS"),
        ] == [(call.name, call.about) for call in world.calls]


def reads_of_a_tick(others: int) -> tuple[Counter[str], Counter[str]]:
    """The calls of a tick with ten due, and the items that they gave, with others stored."""
    with stack() as (world, table):
        due = same_turn(10)
        for name in due:
            add(world, name)
        settle(world)
        sample = table.items["ORDER#s0", "WATCH"]
        turn = next_turn(world, "s0")
        for n in range(others):
            slot = f"24h{turn + timedelta(hours=2 + n % 20):%H%M}"
            more = {**sample, "pk": {"S": f"ORDER#more{n}"}, "slot": {"S": slot}}
            table.put_item(TableName=table.name, Item=more)
        table.given.clear()
        report = tick_at(world, "s0")
        assert 10 == report["due"]
        return Counter(call.name for call in world.calls if "read" in call.kind), table.given


def assert_reads_do_not_grow() -> None:
    assert reads_of_a_tick(0) == reads_of_a_tick(5000)


def test_a_ticks_reads_grow_with_what_is_due_not_with_what_is_stored() -> None:
    """Ten due among ten or among five thousand: the same calls, which give the same items."""
    assert_reads_do_not_grow()


# What a function imports.

_API = (
    "pydantic",
    "stallwatch.api",
    "aws_lambda_powertools.event_handler",
    "stallwatch.orders.service",
)
_UNUSED = {
    "pull_tracking": (
        *(*_API, "boto3", "babel", "stallwatch.aws.sns", "stallwatch.alerting.delivery"),
        *("stallwatch.rules", "requests"),  # requests comes with the first request
        *("stallwatch.domain.alerts", "stallwatch.aws.redrive"),
    ),
    "evaluate_orders": (
        *(*_API, "boto3", "requests", "stallwatch.sources"),
        *("stallwatch.alerting.digest", "stallwatch.alerting.subscriptions"),
        *("stallwatch.aws.redrive", "stallwatch.orders.ports", "stallwatch.polling"),
    ),
    "orders_api": ("boto3", "requests", "stallwatch.sources"),
}


def imports(app: Path) -> set[str]:
    """The modules that are there once a function has been imported."""
    script = ROOT / "tests/bench/alone.py"
    ended = subprocess.run(
        [sys.executable, script, "import", app],
        env={"FUNCTION_PATH": str(ROOT / "shared")},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(ended.stdout)["modules"])


def assert_imports_nothing_unused(app: Path, unused: Sequence[str]) -> None:
    found = imports(app)
    assert {"stallwatch.aws.clients"} <= found
    assert [] == sorted(found & set(unused))


@pytest.mark.parametrize("name", _UNUSED)
def test_a_function_imports_nothing_that_it_does_not_use(name: str) -> None:
    """A cold start pays for each module."""
    assert_imports_nothing_unused(ROOT / "functions" / name / "app.py", _UNUSED[name])


def test_no_model_of_the_api_is_built_before_it_is_needed() -> None:
    """To build all of them takes longer than the rest of a cold start, which serves one route."""
    package = f"{api.__package__}."
    models = [model for model in _derived(BaseModel) if model.__module__.startswith(package)]
    assert models
    assert [] == [model.__name__ for model in models if not model.model_config.get("defer_build")]


def _derived(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for derived in model.__subclasses__():
        yield derived
        yield from _derived(derived)


# That these tests can fail.


def test_a_write_in_the_check_is_found() -> None:
    """Where each answer touches its trace, a tick's writes grow with what is due."""
    was = AnswerWriter._take  # noqa: SLF001

    def touching(writer: AnswerWriter, row: WatchRow, *rest: Any, **more: Any) -> None:
        store: Any = writer._store  # noqa: SLF001
        store.touch_answered(row, EPOCH)
        was(writer, row, *rest, **more)

    with mock.patch.object(AnswerWriter, "_take", touching), pytest.raises(AssertionError):
        assert_idle_checks_write_nothing()


def test_a_scan_in_the_tick_is_found() -> None:
    """Where the rows of a slot are looked for in the whole table, the reads grow."""
    was = DynamoPollStore.rows

    def scanning(store: DynamoPollStore, slot: str, start: str = "") -> Iterator[WatchRow]:
        store.table.client.scan(TableName=store.table.name)
        return was(store, slot, start)

    def scan(table: Any, **call: Any) -> Any:
        return table._world.db.scan(**call)  # noqa: SLF001

    with (
        mock.patch.object(DynamoPollStore, "rows", scanning),
        mock.patch("tests.faults.simulated_clients.Database.scan", scan, create=True),
        pytest.raises(AssertionError),
    ):
        assert_reads_do_not_grow()


def test_pydantic_in_the_pull_is_found(tmp_path: Path) -> None:
    """Where the pull imports it, be it for one line."""
    app = tmp_path / "app.py"
    source = (ROOT / "functions/pull_tracking/app.py").read_text(encoding="utf-8")
    app.write_text(source.replace("\nlogger = ", "\nimport pydantic\n\nlogger = "), "utf-8")
    with pytest.raises(AssertionError, match="pydantic"):
        assert_imports_nothing_unused(app, _UNUSED["pull_tracking"])


# What a request costs.


def reads_of_requests(stored: int) -> list[tuple[str, Counter[str], Counter[str]]]:
    """The calls of some requests, and the items that they gave, with so many orders stored."""
    with stack() as (world, table):
        for n in range(60):
            add(world, f"o{n}")
        settle(world)
        sample = table.items["ORDER#o0", "WATCH"]
        for n in range(stored - 60):
            more = {
                **sample,
                "pk": {"S": f"ORDER#more{n}"},
                "listed": {"S": f"2020-01-01#more{n}"},
                "state": {"S": ("watching", "delivered", "closed")[n % 3]},
            }
            table.put_item(TableName=table.name, Item=more)
        found = []
        cursor = None
        for path in ("/orders", "/orders", "/orders/{order_id}", "/stats"):
            world.calls.clear()
            table.given.clear()
            query = {"limit": "25", **({"cursor": cursor} if cursor else {})}
            answer = ask(world, path, query if path == "/orders" else None)
            cursor = answer.get("next_cursor", cursor)
            found.append((path, Counter(call.name for call in world.calls), Counter(table.given)))
        return found


def ask(world: World, path: str, query: dict[str, str] | None) -> dict[str, Any]:
    event = {
        "resource": path,
        "path": path.replace("{order_id}", "o3"),
        "httpMethod": "GET",
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {n: [v] for n, v in (query or {}).items()} or None,
        "pathParameters": {"order_id": "o3"} if "{" in path else None,
        "requestContext": {"resourcePath": path, "httpMethod": "GET", "stage": "live"},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = world.run("orders_api", event)
    assert 200 == answer["statusCode"], answer
    told: dict[str, Any] = json.loads(answer["body"])
    return told


def test_a_page_an_order_and_the_totals_cost_the_same_however_many_are_stored() -> None:
    """A hundred or a hundred thousand: the same calls, which give the same items."""
    few, many = reads_of_requests(100), reads_of_requests(100_000)
    assert few == many
    for path, calls, given in many:
        assert 0 == given["scan"], path
        # The totals count what presses, a query for each severity.
        assert sum(calls.values()) <= (8 if path == "/stats" else 6), path
