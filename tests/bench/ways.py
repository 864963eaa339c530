"""What the ways in and out add to a month: units and calls, counted as the service's rules say.

`python -m tests.bench.ways` writes the table of `docs/performance.md`. Nothing is timed: of the
functions' time the waiting alone is reckoned, a start and so many milliseconds a call.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from threading import RLock
from typing import Any

from stallwatch.dynamodb.handovers import DynamoHandoverStore
from stallwatch.dynamodb.mailbox import DynamoBookmarkStore
from stallwatch.dynamodb.table import Table
from stallwatch.mailbox.ports import Bookmark
from stallwatch.push.ports import Handover
from tests.bench.cost import CALL, PRICES, START
from tests.faults.journeys import Journey
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.wired_handlers import running
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.in_memory_aws.item_sizes import size_of
from tests.in_memory_aws.stored_items import Key
from tests.local.machine import ROOT
from tests.support.template import template

SIZES = (20, 1_000)
"""Orders in a month."""

WRITE_UNIT, READ_UNIT = 1024, 4096
"""Bytes."""

MESSAGES_PER_ORDER = 1.3
"""As many alerts as an order raises (docs/performance.md), each a message of its own at worst."""

CALENDAR_READS = 30 * 4
"""An application that asks every six hours, as the calendar tells it to."""

MAILBOX_RUNS = 30 * 24
DIGESTS = 30
DAY = timedelta(days=1)

BEGIN, END = "<!-- ways -->", "<!-- end ways -->"

API, EVALUATION, PUSH, MAILBOX = (
    "OrdersApiFunction",
    "EvaluateOrdersFunction",
    "PushAlertsFunction",
    "ReadMailboxFunction",
)


class Metered(InMemoryDynamoDb):
    """A table that counts its calls and the units that they take."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.read = self.written = 0.0
        self._times = 1
        # An import writes several orders at once.
        self._lock = RLock()

    def get_item(self, **call: Any) -> Any:
        with self._lock:
            answer = super().get_item(**call)
            self._count_read([answer.get("Item", {})], consistent=call.get("ConsistentRead", False))
        return answer

    def put_item(self, **call: Any) -> Any:
        with self._lock:
            return super().put_item(**call)

    def update_item(self, **call: Any) -> Any:
        with self._lock:
            return super().update_item(**call)

    def delete_item(self, **call: Any) -> Any:
        with self._lock:
            return super().delete_item(**call)

    def batch_get_item(self, **call: Any) -> Any:
        with self._lock:
            return self._batch_get_item(**call)

    def _batch_get_item(self, **call: Any) -> Any:
        answer = super().batch_get_item(**call)
        self.calls += 1
        for items in answer["Responses"].values():
            self.read += sum(max(1, ceil(size_of(item) / READ_UNIT)) for item in items)
        for name, wanted in call["RequestItems"].items():
            # What is not there takes a unit too.
            self.read += len(wanted["Keys"]) - len(answer["Responses"].get(name, []))
        return answer

    def query(self, **call: Any) -> Any:
        with self._lock:
            answer = super().query(**call)
            self._count_read(answer.get("Items", []), consistent=call.get("ConsistentRead", False))
        return answer

    def transact_write_items(self, **call: Any) -> Any:
        with self._lock:
            self._times = 2
            try:
                return super().transact_write_items(**call)
            finally:
                self._times = 1
                self.calls += 1

    def _count_read(self, items: Sequence[Any], *, consistent: bool) -> None:
        self.calls += 1
        units = max(1, ceil(sum(map(size_of, items)) / READ_UNIT))
        self.read += units if consistent else units / 2

    def write(self, key: Key, after: Any) -> None:
        before = self.items.get(key)
        self.calls += self._times == 1
        larger = max(size_of(before or {}), size_of(after or {}))
        self.written += self._times * max(1, ceil(larger / WRITE_UNIT))
        for index in self.indexes.values():
            old = None if before is None else index.row(before)
            new = None if after is None else index.row(after)
            if old != new:
                names = (index.hash_key, index.range_key)
                moved = old and new and any(old[name] != new[name] for name in names)
                self.written += 2 if moved else 1
        super().write(key, after)


@dataclass
class Added:
    """What a way adds to a month."""

    read: float = 0
    written: float = 0
    runs: float = 0
    gb_seconds: float = 0
    schedule: float = 0
    """Invocations by a schedule."""
    messages: float = 0

    @property
    def dollars(self) -> float:
        """At list price, without any free tier."""
        return (
            self.read * PRICES["read units"]
            + self.written * PRICES["write units"]
            + self.runs * PRICES["invocations"]
            + self.gb_seconds * PRICES["GB-seconds of the functions"]
            + self.schedule * PRICES["invocations by the schedule"]
            + self.messages * (PRICES["messages"] + PRICES["e-mails"])
        )


@dataclass
class Counter:
    """Counts what some work takes."""

    table: Metered
    found: dict[str, Added] = field(default_factory=dict)

    def count(
        self, way: str, function: str, times: float, work: Callable[[], object], **more: float
    ) -> None:
        """Count some work that is done so often in a month, a run of a function each time."""
        table = self.table
        calls, read, written = table.calls, table.read, table.written
        work()
        seconds = (START + (table.calls - calls) * CALL).total_seconds()
        added = self.found.setdefault(way, Added())
        added.read += times * (table.read - read)
        added.written += times * (table.written - written)
        added.runs += times
        memory = template()["Resources"][function]["Properties"]["MemorySize"]
        added.gb_seconds += times * seconds * memory / 1024
        for name, n in more.items():
            setattr(added, name, getattr(added, name) + times * n)


def added_by_ways(orders: int) -> dict[str, Added]:
    """What each way adds to a month of so many orders."""
    with _world() as (world, table):
        counter = Counter(table)
        body = [_order(world, n) for n in range(orders)]
        counter.count("import", API, 1, lambda: _call(world, "POST", "/orders/import", body))
        while world.nudges or world.stream:
            world.nudges = 0
            world.pull()
            while world.deliver():
                pass
        world.now += DAY
        _count_push(counter, orders)
        token = _call(world, "POST", "/calendar/links")["token"]
        calendar = f"/calendar/{token}"
        counter.count("calendar", API, CALENDAR_READS, lambda: world.api("GET", calendar))
        counter.count(
            "digest",
            EVALUATION,
            DIGESTS,
            lambda: world.make_digest(world.now),
            schedule=1,
            messages=1,
        )
        assert "digest" == world.published[-1].kind
        # Last, for an order that was not looked at yet keeps all messages waiting.
        _count_mail(counter, world, orders)
    return counter.found


def _count_mail(counter: Counter, world: World, orders: int) -> None:
    """An hourly look, and for each order one mail that brings it: an import of one row."""
    mailbox = DynamoBookmarkStore(_table(counter.table))
    counter.count("mail", MAILBOX, MAILBOX_RUNS, mailbox.read, schedule=1)
    before = mailbox.read()
    assert mailbox.move(before, Bookmark(1, 1, world.now))
    counter.count("mail", MAILBOX, orders, lambda: _mail(world, mailbox))


def _mail(world: World, mailbox: DynamoBookmarkStore) -> None:
    _call(world, "POST", "/orders/import", [_order(world, 10**6)])
    known = mailbox.read()
    assert mailbox.move(known, Bookmark(1, known.last_uid + 1, world.now))


def _count_push(counter: Counter, orders: int) -> None:
    """A message an alert, to one address."""
    store = DynamoHandoverStore(_table(counter.table))

    def hand_over() -> None:
        handover = Handover("m", "a", "run")
        store.claim(handover, EPOCH + DAY, EPOCH)
        store.settle(handover, EPOCH)

    counter.count("push", PUSH, MESSAGES_PER_ORDER * orders, hand_over)


def _table(table: Metered) -> Table:
    client: Any = table
    return Table(client, table.name)


@contextmanager
def _world() -> Iterator[tuple[World, Metered]]:
    world = World(EPOCH, remember=False, per_minute=60_000)
    world.db = table = Metered()
    logging.disable(logging.WARNING)
    try:
        with running(world):
            yield world, table
    finally:
        logging.disable(logging.NOTSET)


def _order(world: World, n: int) -> dict[str, Any]:
    """An order on its way; every fourth waits to be collected."""
    number = f"LP{n:014}"
    code = "GTMS_STA_SIGNED" if n % 4 == 0 else "LH_DEPART"
    scans = ((6, "PU_PICKUP_SUCCESS"), (5, "SC_INBOUND_SUCCESS"), (1, code))
    world.journeys[number] = Journey(
        tuple((EPOCH - 9 * DAY, EPOCH - ago * DAY, name) for ago, name in scans)
    )
    return {
        "order_id": f"{8_123_456_789_000_000 + n}",
        "ordered_on": str((EPOCH - 8 * DAY).date()),
        "tracking_number": number,
        "protection_ends_on": str((EPOCH + 60 * DAY).date()),
        "title": "A thing with a name of some length",
        "price": "12.50",
        "currency": "EUR",
        "destination": "DE",
    }


def _call(world: World, method: str, path: str, body: object = None) -> Any:
    answer = world.api(method, path, body)
    assert answer["statusCode"] in {200, 201}, answer
    return json.loads(answer["body"])


def table_of_ways() -> str:
    """The table, in Markdown."""
    lines = [
        "| in a month | orders | read units | write units | runs | GB-seconds | dollars |",
        "|---|---|---|---|---|---|---|",
    ]
    for orders in SIZES:
        found = added_by_ways(orders)
        lines += [
            f"| {way} | {orders:,} | {added.read:,.0f} | {added.written:,.0f} | {added.runs:,.0f}"
            f" | {added.gb_seconds:,.0f} | {added.dollars:.4f} |"
            for way, added in found.items()
        ]
        total = sum(added.dollars for added in found.values())
        lines.append(f"| **together** | **{orders:,}** | | | | | **{total:.4f}** |")
    return "\n".join(lines)


def main() -> None:
    """Write the table anew."""
    page = ROOT / "docs" / "performance.md"
    text = page.read_text("utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n{table_of_ways()}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
