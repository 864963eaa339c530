"""The figures: what is measured, and how."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any
from unittest import mock

from stallwatch.aws import clients
from stallwatch.dynamodb.snapshots import entry_to_item
from stallwatch.imports.records import MOST_ROWS
from stallwatch.rules.evaluate import evaluate
from tests.aws.moto_stack import Context, load_handler
from tests.bench.baselines import Client, Plain, plain_table
from tests.bench.bench_stack import (
    Clock,
    create_table,
    crowd,
    fill,
    function_environment,
    progress_item,
    stack,
    write_items,
)
from tests.bench.cost import DAYS, HOUSEHOLD, HOUSEHOLD_DAYS, ORDERS, Month, month
from tests.bench.importing import WITHIN, seconds_to_import
from tests.bench.order_lives import NOW, Life, due
from tests.bench.order_shelf import DEFAULTS, Find
from tests.bench.source import simulated_source
from tests.bench.workers import workers
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.local.dynamodb import dynamodb_local
from tests.local.machine import ROOT
from tests.local.runtime import function_path

DUE = 4_000
"""Orders that are due in the tick that is measured."""

RIVALS_DUE = 400
"""Of these the other ways serve so many, since their cost is the same for each."""

GROWN = 100_000
"""Orders that are due at once where several functions share the work."""

HELPERS = 4

REPEATS = 5
STARTS = 15


@dataclass
class Figure:
    """One line of the table."""

    key: str
    name: str
    unit: str
    ours: float
    bar: float | None = None
    more_is_better: bool = False
    plain: float | None = None
    client: float | None = None
    note: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    """What it is made of, where that is worth knowing."""

    @property
    def met(self) -> bool:
        """Whether the bar is met; without one it is."""
        return self.share_of_bar <= 1

    @property
    def share_of_bar(self) -> float:
        """How much of its bar it takes: up to 1 where it is met."""
        if self.bar is None:
            return 0.0
        return self.bar / self.ours if self.more_is_better else self.ours / self.bar

    @property
    def ratio(self) -> float | None:
        """How many times better than the plain way."""
        if self.plain is None:
            return None
        return self.ours / self.plain if self.more_is_better else self.plain / self.ours


def measure(say: Callable[[str], None], only: Collection[str] = ()) -> Iterator[Figure]:
    """The figures, one after the other.

    Each group has a DynamoDB Local of its own: one that has held many tables writes many times
    slower.

    Args:
        say: Takes what is going on.
        only: The groups to measure; none: all.
    """
    lives: Sequence[Life] = ()
    if not only or set(only) - {"imports", "import", "cost", "household"}:
        say(f"living through the orders of a tick ({DUE:,} due)")
        lives = due(DUE)
    groups: Mapping[str, tuple[str, Callable[[str], Iterator[Figure]]]] = {
        "units": ("units and CPU", lambda endpoint: _units_and_cpu(endpoint, lives)),
        "rates": ("checks a second, 200 ms a request", lambda endpoint: _rates(endpoint, lives)),
        "stored": ("1,000,000 orders stored", lambda endpoint: _stored(endpoint, lives)),
        "memory": ("memory with 20,000 due", _memory),
        "growth": (f"{GROWN:,} due in a tick", lambda endpoint: _growth(endpoint, lives)),
        "rules": ("the rules alone", lambda _: _rules(lives)),
        "imports": ("cold imports", lambda _: _imports()),
        "import": (f"{MOST_ROWS:,} orders in one import", _import),
        "cost": (f"{DAYS} days of {ORDERS:,} orders", _cost),
        "household": (f"{HOUSEHOLD_DAYS} days of {HOUSEHOLD} orders", _household),
    }
    for name, (title, group) in groups.items():
        if not only or name in only:
            say(title)
            # The engine's processor time would stand beside the imports'.
            with dynamodb_local() if name not in _WITHOUT_A_TABLE else nullcontext("") as endpoint:
                yield from group(endpoint)


_WITHOUT_A_TABLE = frozenset({"rules", "imports"})


def _units_and_cpu(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
    count = len(lives)
    create_table(endpoint)
    fill(endpoint, lives)
    some = lives[:RIVALS_DUE]
    with simulated_source(lives) as url:
        with stack(endpoint, url, clock=Clock()) as built:
            began = time.process_time()
            report = built.pull()
            cpu = (time.process_time() - began) / count
            _expect(report, due=count, checked=count)
            pulled = built.meter.taken()
            requests = -(-count // 10)
            runs = built.evaluate()
            evaluated = built.meter.taken()
        create_table(endpoint)
        fill(endpoint, lives, watch_only=True)
        with stack(endpoint, url, clock=Clock(), CAINIAO_BATCH="40") as built:
            began = time.process_time()
            _expect(built.pull(), due=count, checked=count)
            cpu_of_40 = (time.process_time() - began) / count
        with plain_table(endpoint, some):
            plain = _rival(Plain(endpoint, url), len(some))
        with plain_table(endpoint, some):
            client = _rival(Client(endpoint, url), len(some))
    both = pulled.written_to + evaluated.written_to
    news = sum(life.find is Find.NEWS for life in lives)
    again = sum(life.find is Find.AGAIN for life in lives)
    yield Figure(
        key="write_units_pull",
        name="write units a check, pull alone",
        unit="units",
        ours=pulled.written / count,
        bar=0.09,
        plain=plain.written,
        client=client.written,
        note=f"{news / count:.1%} of the checks find news, {again / count:.1%} are looked at again",
        parts={name: units / count for name, units in pulled.written_to.most_common()},
    )
    yield Figure(
        key="write_units",
        name="write units a check, with the evaluation",
        unit="units",
        ours=(pulled.written + evaluated.written) / count,
        bar=0.27,
        plain=plain.written,
        client=client.written,
        note=f"{runs} runs of the evaluation; the other ways raise no alerts",
        parts={name: units / count for name, units in both.most_common()},
    )
    yield Figure(
        key="read_units_pull",
        name="read units a check, pull",
        unit="units",
        ours=pulled.read / count,
        bar=0.0125,
        plain=plain.read,
        client=client.read,
        note="the other ways with nothing stored but what is due",
    )
    yield Figure(
        key="read_units",
        name="read units a check, with the evaluation",
        unit="units",
        ours=(pulled.read + evaluated.read) / count,
        plain=plain.read,
        client=client.read,
    )
    yield Figure(
        key="calls",
        name="calls of the table a check, pull",
        unit="calls",
        ours=sum(pulled.calls.values()) / count,
        plain=plain.calls,
        client=client.calls,
        note=f"and {requests / count:g} requests to the source",
    )
    yield Figure(
        key="cpu",
        name="CPU a check, 10 numbers a request",
        unit="ms",
        ours=1000 * cpu,
        bar=0.5,
        plain=1000 * plain.cpu,
        client=1000 * client.cpu,
    )
    yield Figure(
        key="cpu_40",
        name="CPU a check, 40 numbers a request",
        unit="ms",
        ours=1000 * cpu_of_40,
        bar=0.5,
        plain=1000 * plain.cpu,
        client=1000 * client.cpu,
    )


@dataclass(frozen=True)
class _Rival:
    """What another way takes for a check."""

    written: float
    read: float
    calls: float
    cpu: float


def _rival(rival: Plain, count: int) -> _Rival:
    began = time.process_time()
    checked = rival.tick()
    cpu = time.process_time() - began
    if checked != count:
        raise RuntimeError(f"{checked} of {count} checked")
    taken = rival.meter.taken()
    calls = sum(taken.calls.values())
    return _Rival(taken.written / count, taken.read / count, calls / count, cpu / count)


def _rates(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
    few = lives[:RIVALS_DUE]
    with simulated_source(lives, delay=0.2) as url:
        by_batch = {}
        create_table(endpoint)
        fill(endpoint, lives, watch_only=True)
        for batch in (40, 10):
            rates = []
            for _ in range(REPEATS):
                fill(endpoint, [life for life in lives if life.find is not Find.NOTHING])
                with stack(endpoint, url, CAINIAO_BATCH=str(batch)) as built:
                    began = time.perf_counter()
                    _expect(built.pull(), due=len(lives), checked=len(lives))
                    rates.append(len(lives) / (time.perf_counter() - began))
            # The engine compiles itself as it goes: the first runs are its own.
            by_batch[batch] = statistics.median(rates[2:])
        with plain_table(endpoint, few[:50]):
            plain = _rate(Plain(endpoint, url))
        with plain_table(endpoint, few):
            client = _rate(Client(endpoint, url))
    for batch, rate in by_batch.items():
        yield Figure(
            key=f"rate_{batch}",
            name=f"checks a second, {batch} numbers a request",
            unit="a second",
            ours=rate,
            bar=1500 if batch == 40 else None,
            more_is_better=True,
            plain=plain,
            client=client,
            note="one process, by the wall clock",
        )


def _rate(rival: Plain) -> float:
    began = time.perf_counter()
    return rival.tick() / (time.perf_counter() - began)


def _stored(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
    """A tick's cost against what is stored, with the same number due."""
    few = [life for life in lives[:1000] if life.find is Find.NOTHING]
    small = _standin_tick(few, 0)
    large = _standin_tick(few, 1_000_000)
    small_units, plain_small = _engine_tick(endpoint, few, 1_000)
    large_units, plain_large = _engine_tick(endpoint, few, 20_000)
    yield Figure(
        key="stored",
        name="CPU of a tick, 1,000,000 stored against 1,000",
        unit="times",
        ours=large / small,
        bar=1.2,
        note="on the in-process stand-in, since the engine takes hours to be filled",
    )
    yield Figure(
        key="stored_units",
        name="read units of a tick, 20,000 stored against 1,000",
        unit="times",
        ours=large_units / small_units,
        bar=1.2,
        plain=plain_large / plain_small,
        client=plain_large / plain_small,
        note="on DynamoDB Local",
    )


def _standin_tick(few: Sequence[Life], more: int) -> float:
    """The CPU time of a tick in seconds, on the stand-in; the median of some."""
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
        for _ in range(REPEATS):
            began = time.process_time()
            _expect(pull({}, Context()), due=len(few), checked=len(few))
            times.append(time.process_time() - began)
            table.put_item(TableName="orders", Item=dict(before["Item"]))
    return statistics.median(times)


@contextmanager
def _on(table: InMemoryDynamoDb, url: str) -> Iterator[Any]:
    """The pull over a stand-in."""
    with (
        stack("http://127.0.0.1:9", url, clock=Clock()),
        mock.patch.object(clients, "dynamodb", return_value=table),
    ):
        yield load_handler("pull_tracking").handler


def _engine_tick(endpoint: str, few: Sequence[Life], stored: int) -> tuple[float, float]:
    """The read units of a tick, ours and by a scan, on DynamoDB Local."""
    others = [_elsewhere(few[n % len(few)], n) for n in range(stored - len(few))]
    create_table(endpoint)
    fill(endpoint, [*few, *others], watch_only=True)
    with simulated_source(few) as url:
        with stack(endpoint, url, clock=Clock()) as built:
            _expect(built.pull(), due=len(few), checked=len(few))
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


def _memory(endpoint: str) -> Iterator[Figure]:
    count = 20_000
    lives = due(count)
    create_table(endpoint)
    fill(endpoint, lives, watch_only=True)
    with simulated_source(lives) as url:
        variables = function_environment(endpoint, url, CAINIAO_BATCH="40")
        ran = _alone("run", "pull_tracking", variables=variables)
    _expect(ran["answer"], due=count, checked=count)
    yield Figure(
        key="memory",
        name="peak memory of the pull, 20,000 due",
        unit="MiB",
        ours=ran["peak"],
        bar=110,
        note="the whole process, as the system counts it",
    )


def _growth(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
    """A tick that is too much for one function, served by a run and its helpers."""
    create_table(endpoint)
    write_items(endpoint, chain([progress_item()], crowd(lives, GROWN)))
    with simulated_source(lives, crowd=True) as url:
        environment = function_environment(endpoint, url, CAINIAO_BATCH="100")
        with workers(HELPERS, {**environment, "PULL_WORKERS": "1"}) as service:
            began = time.perf_counter()
            ran = _alone(
                *("run", "pull_tracking"),
                variables={
                    **environment,
                    "AWS_ENDPOINT_URL_LAMBDA": service,
                    "PULL_WORKERS": str(HELPERS),
                },
            )
            took = time.perf_counter() - began
    report = ran["answer"]
    _expect(report, due=GROWN, checked=GROWN)
    yield Figure(
        key="growth",
        name=f"CPU of the run a check, {HELPERS} workers, {GROWN:,} due",
        unit="ms",
        ours=1000 * ran["cpu"] / GROWN,
        note=f"{GROWN / took:,.0f} checks a second, peak memory {ran['peak']:.0f} MiB",
        parts={"seconds": took, "peak MiB": ran["peak"], **_numbers(report)},
    )


def _numbers(report: Mapping[str, Any]) -> dict[str, float]:
    return {name: n for name, n in report.items() if isinstance(n, int)}


def _rules(lives: Sequence[Life]) -> Iterator[Figure]:
    cases = [
        (d.order, d.trace.open(), d.alerts, d.entry.memory)
        for d in (life.snapshot for life in lives)
    ]
    rates = []
    for _ in range(REPEATS):
        began = time.process_time()
        for case in cases:
            evaluate(*case, NOW, DEFAULTS)
        rates.append(len(cases) / (time.process_time() - began))
    yield Figure(
        key="rules",
        name="evaluations a second, pure rules",
        unit="a second",
        ours=statistics.median(rates),
        bar=20_000,
        more_is_better=True,
        note=f"the {len(cases):,} orders above, each at its place in its life",
    )


def _imports() -> Iterator[Figure]:
    functions = {
        "pull_tracking": (["dynamodb"], 1.25),
        "evaluate_orders": (["dynamodb", "sns"], 1.25),
        "orders_api": (["dynamodb", "lambda", "sns"], 2.0),
    }
    for name, (services, bar) in functions.items():
        ours, bare = [], []
        for _ in range(STARTS):
            ours.append(_alone("import", name, *services)["cpu"])
            bare.append(_alone("bare", *services)["cpu"])
        yield Figure(
            key=f"import_{name}",
            name=f"cold import of {name}, against bare botocore",
            unit="times",
            # Each against the one started right after it: a machine's pace changes in between.
            ours=statistics.median(mine / its for mine, its in zip(ours, bare, strict=True)),
            bar=bar,
            note=f"CPU {1000 * statistics.median(ours):.0f} ms, bare botocore with "
            f"{' and '.join(services)} {1000 * statistics.median(bare):.0f} ms",
        )


def _import(endpoint: str) -> Iterator[Figure]:
    times = seconds_to_import(endpoint)
    yield Figure(
        key="import_rows",
        name=f"orders imported a second, {MOST_ROWS:,} in one request",
        unit="rows/s",
        ours=MOST_ROWS / times.first,
        bar=MOST_ROWS / WITHIN,
        more_is_better=True,
        plain=MOST_ROWS / times.bare,
        note=f"{times.first:.1f} s, of which our process takes {times.own:.1f} s of a processor; a "
        f"bare client writes the same items in {times.bare:.1f} s; the same file again "
        f"{times.again:.1f} s; the machine's load was {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} processors",
    )


def _cost(endpoint: str) -> Iterator[Figure]:
    yield _month("cost", ORDERS, month(endpoint), bar=0.03)


def _household(endpoint: str) -> Iterator[Figure]:
    lived = month(endpoint, orders=HOUSEHOLD, days=HOUSEHOLD_DAYS)
    yield _month("household", HOUSEHOLD, lived)


def _month(key: str, orders: int, lived: Month, bar: float | None = None) -> Figure:
    news = lived.counted["news"] / lived.counted["checks"]
    return Figure(
        key=key,
        name=f"{orders:,} orders for a month",
        unit="$",
        ours=lived.total,
        bar=bar,
        note=f"{lived.counted['checks']:,.0f} checks, {news:.1%} find news",
        parts={**lived.costs, **lived.quantities, **lived.counted, **lived.written_to},
    )


def _alone(*arguments: str, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a process of its own says."""
    given = variables or function_environment("http://127.0.0.1:9", "http://127.0.0.1:9")
    with function_path() as path:
        ended = subprocess.run(
            # As in a function: no site packages, and nothing can be written beside the code.
            [sys.executable, "-I", "-S", "-B", ROOT / "tests/bench/alone.py", *arguments],
            env={"PATH": os.environ["PATH"], "FUNCTION_PATH": os.pathsep.join(path), **given},
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


def _expect(report: Mapping[str, Any], **wanted: int) -> None:
    """Raise where a run did not do what it is measured for."""
    found = {name: report[name] for name in wanted}
    if found != wanted:
        raise RuntimeError(f"{report} is not {wanted}")
