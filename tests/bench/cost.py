"""What 1,000 orders cost in a month: some days of them, counted, at list prices.

The days are lived through on DynamoDB Local with the default parameters: every tick of the
schedule, every request at its pace, every record of the stream in the window in which it comes.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from stallwatch.tracking.source import SourceResponse, Verdict
from tests.bench.bench_stack import TABLE, WINDOW, Clock, Stack, create_table, fill, stack
from tests.bench.order_lives import NOW, Life, watched
from tests.local.machine import client as plain_client
from tests.support.template import template

ORDERS = 1_000
DAYS = 2
MONTH = 30

HOUSEHOLD = 20
"""Orders of a household."""

GROWN = 100_000
"""Orders for which the month is scaled from the counted one."""

HOUSEHOLD_DAYS = 10
"""So few orders need more days for their news to be typical."""

PRICES = {
    "write units": 0.625e-6,
    "read units": 0.125e-6,
    "GB-seconds of the functions": 0.0000133334,
    "invocations": 0.20e-6,
    "invocations by the schedule": 1.00e-6,
    "GB-months of the table": 0.25,
    "GB-months of its backup": 0.20,
    "messages": 0.50e-6,
    "e-mails": 2.00e-5,
}
"""Dollars in us-east-1 for arm64 and on-demand tables, as they were known in 2025."""

ANSWER = timedelta(milliseconds=200)
"""What the source takes for a request."""

CALL = timedelta(milliseconds=5)
"""What a call of the table takes."""

START = timedelta(milliseconds=600)
"""What a cold start is billed; every tick is taken for one, for fifteen minutes lie between two."""

VCPU = 1769
"""MB of memory that come with one processor."""

ITEM_OVERHEAD = 100
"""Bytes that the table charges for each item beside its own."""


@dataclass
class Month:
    """The quantities of a month, and what they cost."""

    quantities: Mapping[str, float]
    written_to: Mapping[str, float]
    """Write units by what was written."""
    counted: Mapping[str, float]
    """What else was counted."""

    @property
    def costs(self) -> dict[str, float]:
        """Dollars."""
        return {name: n * PRICES[name] for name, n in self.quantities.items()}

    @property
    def total(self) -> float:
        """Dollars."""
        return sum(self.costs.values())


def scaled_month(counted: Mapping[str, float], orders: int) -> dict[str, float]:
    """The quantities of a month with so many orders, from those of `ORDERS`.

    What a tick takes by itself stays: its invocations, and its cold start. All else grows with the
    orders. That is an upper bound: with more orders, requests and messages are better filled.
    """
    ticks = counted["invocations by the schedule"]
    start = START.total_seconds() * _memory("PullTrackingFunction") / 1024
    fixed = {
        "invocations by the schedule": ticks,
        "invocations": ticks,
        "GB-seconds of the functions": ticks * start,
    }
    return {
        name: fixed.get(name, 0.0) + (counted[name] - fixed.get(name, 0.0)) * orders / ORDERS
        for name in PRICES
    }


class _Time:
    """Lets the clock go on as the time would in a function of some memory."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._share = 1.0
        self._spent = 0.0

    def begin(self, memory: int) -> None:
        """Begin a function with so many MB."""
        self._share = memory / VCPU
        self._spent = time.process_time()

    def spend(self, waited: timedelta = timedelta(0)) -> None:
        """Take what was computed since the last time, and what was waited for."""
        spent = time.process_time()
        self.clock.now += waited + timedelta(seconds=spent - self._spent) / self._share
        self._spent = spent


class _Source:
    """Answers what each number's journey shows at the time."""

    name = "cainiao"

    def __init__(self, lives: Sequence[Life], passing: _Time) -> None:
        self._sources = {life.number: life.source for life in lives}
        self._time = passing

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        now = self._time.clock.now
        self._time.spend(ANSWER)
        answers = {number: self._sources[number].answer(now) for number in numbers}
        return SourceResponse(Verdict.OK, answers)


def month(endpoint: str, *, orders: int = ORDERS, days: int = DAYS) -> Month:
    """A month of orders, from some days of them."""
    clock = Clock(now=NOW)
    passing = _Time(clock)
    lives = watched(orders)
    create_table(endpoint)
    fill(endpoint, lives)
    with stack(endpoint, "http://127.0.0.1:9", clock=clock, CAINIAO_PER_MINUTE="60") as built:
        source = _Source(lives, passing)
        built.handlers["pull_tracking"].source = lambda *_: source  # type: ignore[attr-defined]
        built.client.meta.events.register("after-call.dynamodb", lambda **_: passing.spend(CALL))
        return _lived(built, passing, endpoint, days)


def _lived(built: Stack, passing: _Time, endpoint: str, days: int) -> Month:
    counted: defaultdict[str, float] = defaultdict(float)

    def run(function: str, work: Callable[[], object], *, start: timedelta) -> None:
        memory = _memory(function)
        began = passing.clock.now
        passing.begin(memory)
        work()
        passing.spend()
        took = passing.clock.now - began + start
        counted["invocations"] += 1
        counted["GB-seconds of the functions"] += took.total_seconds() * memory / 1024
        counted[f"seconds of {function}"] += took.total_seconds()

    def pull() -> None:
        report = built.pull()
        counted["checks"] += report["checked"]
        counted["news"] += report["changed"]

    for n in range(days * 96):
        passing.clock.now = NOW + n * timedelta(minutes=15)
        run("PullTrackingFunction", pull, start=START)
        while built.written:
            keys = built.take(WINDOW)
            run("EvaluateOrdersFunction", partial(built.deliver, keys), start=timedelta(0))
    taken = built.meter.taken()
    scale = MONTH / days
    stored = _stored(endpoint) / 1e9
    messages = built.sns.published
    quantities = {
        "write units": taken.written * scale,
        "read units": taken.read * scale,
        "GB-seconds of the functions": counted["GB-seconds of the functions"] * scale,
        "invocations": counted["invocations"] * scale,
        "invocations by the schedule": 96 * MONTH,
        "GB-months of the table": stored,
        "GB-months of its backup": stored,
        "messages": messages * scale,
        "e-mails": messages * scale,
    }
    return Month(
        quantities=quantities,
        written_to={name: n * scale for name, n in taken.written_to.most_common()},
        counted={name: n * scale for name, n in counted.items()},
    )


def _memory(function: str) -> int:
    """The MB of a function."""
    size = template()["Resources"][function]["Properties"]["MemorySize"]
    if isinstance(size, Mapping):
        size = template()["Parameters"][size["Ref"]]["Default"]
    return int(size)


def _stored(endpoint: str) -> int:
    """Bytes of the table and its indexes."""
    described = plain_client("dynamodb", endpoint).describe_table(TableName=TABLE)["Table"]
    indexes = described["GlobalSecondaryIndexes"]
    return sum(
        part.get("TableSizeBytes", part.get("IndexSizeBytes", 0))
        + ITEM_OVERHEAD * part["ItemCount"]
        for part in (described, *indexes)
    )
