"""What a tick takes: units, CPU and time, beside other ways of doing the same."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.baselines import Client, Plain, plain_table
from tests.bench.bench_stack import Clock, create_table, fill, stack
from tests.bench.figure import Figure, expect
from tests.bench.order_lives import Life
from tests.bench.order_shelf import Find
from tests.bench.source import simulated_source

RIVALS_DUE = 400
"""Of these the other ways serve so many, since their cost is the same for each."""

REPEATS = 5


def units_and_cpu(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
    count = len(lives)
    create_table(endpoint)
    fill(endpoint, lives)
    some = lives[:RIVALS_DUE]
    with simulated_source(lives) as url:
        with stack(endpoint, url, clock=Clock()) as built:
            began = time.process_time()
            report = built.pull()
            cpu = (time.process_time() - began) / count
            expect(report, due=count, checked=count)
            pulled = built.meter.taken()
            requests = -(-count // 10)
            runs = built.evaluate()
            evaluated = built.meter.taken()
        create_table(endpoint)
        fill(endpoint, lives, watch_only=True)
        with stack(endpoint, url, clock=Clock(), CAINIAO_BATCH="40") as built:
            began = time.process_time()
            expect(built.pull(), due=count, checked=count)
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
        name="write units a check, poll alone",
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
        name="read units a check, poll",
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
        name="calls of the table a check, poll",
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


def check_rates(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
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
                    expect(built.pull(), due=len(lives), checked=len(lives))
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
