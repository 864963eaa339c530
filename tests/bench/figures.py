"""The figures: what is measured, and how."""

import os
import statistics
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext

from stallwatch.imports.records import MOST_ROWS
from stallwatch.rules.evaluate import evaluate
from tests.bench.cost import DAYS, HOUSEHOLD, HOUSEHOLD_DAYS, ORDERS, Month, month
from tests.bench.figure import Figure
from tests.bench.importing import WITHIN, seconds_to_import
from tests.bench.order_lives import NOW, Life, due
from tests.bench.order_shelf import DEFAULTS
from tests.bench.process_figures import GROWN, cold_imports, growth, memory
from tests.bench.stored_figures import cost_of_stored
from tests.bench.tick_figures import REPEATS, check_rates, units_and_cpu
from tests.local.dynamodb import dynamodb_local

DUE = 4_000
"""Orders that are due in the tick that is measured."""


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
        "units": ("units and CPU", lambda endpoint: units_and_cpu(endpoint, lives)),
        "rates": (
            "checks a second, 200 ms a request",
            lambda endpoint: check_rates(endpoint, lives),
        ),
        "stored": ("1,000,000 orders stored", lambda endpoint: cost_of_stored(endpoint, lives)),
        "memory": ("memory with 20,000 due", memory),
        "growth": (f"{GROWN:,} due in a tick", lambda endpoint: growth(endpoint, lives)),
        "rules": ("the rules alone", lambda _: _rules(lives)),
        "imports": ("cold imports", lambda _: cold_imports()),
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
