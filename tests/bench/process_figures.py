"""What is measured in a process of its own: memory, many workers, cold imports."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from tests.bench.bench_stack import (
    create_table,
    crowd,
    fill,
    function_environment,
    progress_item,
    write_items,
)
from tests.bench.figure import Figure, expect
from tests.bench.order_lives import Life, due
from tests.bench.source import simulated_source
from tests.bench.workers import workers
from tests.local.machine import ROOT
from tests.local.runtime import function_path

GROWN = 100_000
"""Orders that are due at once where several functions share the work."""

HELPERS = 4
STARTS = 15


def memory(endpoint: str) -> Iterator[Figure]:
    count = 20_000
    lives = due(count)
    create_table(endpoint)
    fill(endpoint, lives, watch_only=True)
    with simulated_source(lives) as url:
        variables = function_environment(endpoint, url, CAINIAO_BATCH="40")
        ran = _alone("run", "pull_tracking", variables=variables)
    expect(ran["answer"], due=count, checked=count)
    yield Figure(
        key="memory",
        name="peak memory of the poll, 20,000 due",
        unit="MiB",
        ours=ran["peak"],
        bar=110,
        note="the whole process, as the system counts it",
    )


def growth(endpoint: str, lives: Sequence[Life]) -> Iterator[Figure]:
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
    expect(report, due=GROWN, checked=GROWN)
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


def cold_imports() -> Iterator[Figure]:
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
