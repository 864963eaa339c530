"""A stack with thousands of orders, faster than moto makes one: the table is a dictionary."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stallwatch.aws import clients
from tests.aws.moto_stack import Context, World, world_at
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.support.template import woken_by
from tests.web import stock
from tests.web.conftest import START

_AT_ONCE = 1000
"""Rows in one import, and records in one evaluation."""

_LIVES = (
    (stock.MOVING, 20),
    (stock.STUCK, 40),
    (stock.AT_PICKUP, 30),
    (stock.DELIVERED, 40),
    (stock.LEFT, 80),
    (stock.MOVING, 15),
    (stock.DELIVERED, 35),
    (stock.MOVING, 12),
)
"""What becomes of the orders in turn: a journey, and how many days ago it was ordered."""


@contextmanager
def crowd(orders: int, patch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world in which so many orders were added, checked and evaluated."""
    with world_at(START, patch) as world:
        table = InMemoryDynamoDb(world.table)
        patch.setattr(clients, "dynamodb", lambda: table)
        for begin in range(0, orders, _AT_ONCE):
            numbers = range(begin, min(orders, begin + _AT_ONCE))
            answer = world.call(
                "POST", "/orders/import", {"orders": [_row(world, n) for n in numbers]}
            )
            assert answer[0] == 200, answer
            assert answer[1]["added"] == len(numbers), answer[1]["rows"][0]
        world.pull()
        world.now = START
        _evaluate(world, table)
        yield world


def _row(world: World, number: int) -> dict[str, str]:
    journey, ordered = _LIVES[number % len(_LIVES)]
    order_id = str(8190000000000000 + number)
    stock.tell(world, order_id, journey)
    return {
        "order_id": order_id,
        "ordered_on": stock.day(world, ordered + number % 9),
        "tracking_number": stock.number_of(order_id),
        "title": f"Parcel no. {number}",
    }


def _evaluate(world: World, table: InMemoryDynamoDb) -> None:
    """Deliver what the stream holds to the evaluation."""
    keys = list(
        dict.fromkeys(written.key for written in table.stream if written.key[1] in woken_by())
    )
    for begin in range(0, len(keys), _AT_ONCE):
        records = [
            {"dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "SequenceNumber": str(n)}}
            for n, (pk, sk) in enumerate(keys[begin : begin + _AT_ONCE])
        ]
        answer = world.handlers["evaluate_orders"].handler({"Records": records}, Context())
        assert answer == {"batchItemFailures": []}
