"""What a tick takes where more orders are stored, and as many are due."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

from stallwatch.aws import clients
from stallwatch.dynamodb.snapshots import entry_to_item
from tests.aws.moto_stack import Context, load_handler
from tests.bench.baselines import Client, plain_table
from tests.bench.bench_stack import Clock, create_table, fill, progress_item, stack
from tests.bench.figure import Figure, expect
from tests.bench.order_lives import Life
from tests.bench.order_shelf import Find
from tests.bench.source import simulated_source
from tests.bench.tick_figures import REPEATS
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb


def cost_of_stored(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
    """A tick's cost against what is stored, with the same number due."""
    few = [life for life in lives[:1000] if life.find is Find.NOTHING]
    small = _standin_tick(few, 0)
    large = _standin_tick(few, 1_000_000)
    small = min(small, _standin_tick(few, 0))
    small_units, plain_small = _engine_tick(endpoint, few, 1_000)
    large_units, plain_large = _engine_tick(endpoint, few, 20_000)
    yield Figure(
        key="stored",
        name="CPU of a run, 1,000,000 stored against 1,000",
        unit="times",
        ours=large / small,
        bar=1.2,
        note="on the in-process stand-in, since the engine takes hours to be filled",
    )
    yield Figure(
        key="stored_units",
        name="read units of a run, 20,000 stored against 1,000",
        unit="times",
        ours=large_units / small_units,
        bar=1.2,
        plain=plain_large / plain_small,
        client=plain_large / plain_small,
        note="on DynamoDB Local",
    )


def _standin_tick(few: Sequence[Life], more: int) -> float:
    """The CPU time of a run in seconds, on the stand-in: the least of some, for others only add."""
    table = InMemoryDynamoDb()
    table.put_item(TableName="orders", Item=progress_item())
    for life in few:
        order = life.snapshot.order
        entry = entry_to_item(order.order_id, order.incarnation, life.snapshot.entry, 2)
        table.put_item(TableName="orders", Item=entry)
    sample = few[0].snapshot
    shared = entry_to_item("", sample.order.incarnation, sample.entry, 2)
    for n in range(more):
        # In all the other slots of a ring of 24 hours.
        minute = (n % 47 + 10) % 48 * 30
        table.put_item(
            TableName="orders",
            Item={
                **shared,
                "pk": {"S": f"ORDER#more{n:012}"},
                "slot": {"S": f"24h{minute // 60:02}{minute % 60:02}"},
                "listed": {"S": f"2026-06-01#more{n:012}"},
            },
        )
    before = table.get_item(TableName="orders", Key={"pk": {"S": "STACK"}, "sk": {"S": "PULL"}})
    times = []
    with simulated_source(few) as url, _on(table, url) as pull:
        for _ in range(REPEATS + 1):
            began = time.process_time()
            expect(pull({}, Context()), due=len(few), checked=len(few))
            times.append(time.process_time() - began)
            table.put_item(TableName="orders", Item=dict(before["Item"]))
    return min(times)


@contextmanager
def _on(table: InMemoryDynamoDb, url: str) -> Iterator[Any]:
    """The pull over a stand-in."""
    with (
        stack("http://127.0.0.1:9", url, clock=Clock()),
        mock.patch.object(clients, "dynamodb", return_value=table),
    ):
        yield load_handler("pull_tracking").handler


def _engine_tick(endpoint: str, few: Sequence[Life], stored: int) -> tuple[float, float]:
    """The read units of a run, ours and by a scan, on DynamoDB Local."""
    others = [_elsewhere(few[n % len(few)], n) for n in range(stored - len(few))]
    create_table(endpoint)
    fill(endpoint, [*few, *others], watch_only=True)
    with simulated_source(few) as url:
        with stack(endpoint, url, clock=Clock()) as built:
            expect(built.pull(), due=len(few), checked=len(few))
            ours = built.meter.taken().read
        some = few[:50]
        with plain_table(endpoint, some, [*few[50:], *others][: stored // 10 - 50]):
            rival = Client(endpoint, url)
            rival.tick()
            return ours, rival.meter.taken().read


def _elsewhere(life: Life, n: int) -> Life:
    """An order like another, which is not due now."""
    order_id = f"more{n:012}"
    snapshot = life.snapshot
    entry = replace(
        snapshot.entry,
        slot=f"24h{(n % 19 + 5):02}00",
        listed=f"{snapshot.order.ordered_on}#{order_id}",
    )
    order = replace(snapshot.order, order_id=order_id)
    return replace(life, snapshot=replace(snapshot, order=order, entry=entry), find=Find.NOTHING)
