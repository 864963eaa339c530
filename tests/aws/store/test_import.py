"""An import over each engine: many orders at once, each whole or not at all."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from stallwatch.domain.thresholds import Thresholds
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.table import Table
from stallwatch.orders.importing import ADDED, FILLED, UNCHANGED
from stallwatch.orders.ports import PageQuery
from stallwatch.orders.service import OrderService
from stallwatch.tracking.schedule import PollSchedule
from tests.support.builders import NOON, an_order


def service(table: Table, workers: int) -> OrderService:
    def start(order_ids: Sequence[str] = ()) -> None:
        """Nobody polls here."""

    return OrderService(
        DynamoOrderStore(table), start, PollSchedule(30), Thresholds(), import_workers=workers
    )


@pytest.mark.parametrize(("engine", "workers"), [("standin_table", 1), ("local_table", 2)])
def test_an_import_again_changes_nothing(
    engine: str, workers: int, request: pytest.FixtureRequest
) -> None:
    """What the first one lacked the second one fills in."""
    orders = service(request.getfixturevalue(engine), workers)
    given = [
        an_order(f"{n}", tracking_number=None if n % 2 else f"LP{n:014}", title=f"Nr. {n}")
        for n in range(150)
    ]
    assert {ADDED} == {result.outcome for result in orders.import_orders(given, NOON)}
    assert {UNCHANGED} == {result.outcome for result in orders.import_orders(given, NOON)}
    fuller = [replace(order, seller="A shop") for order in given]
    assert {FILLED} == {result.outcome for result in orders.import_orders(fuller, NOON)}
    found, _ = orders.page(PageQuery(10, q="LP00000000000004"), None, NOON)
    assert [("4", "A shop")] == [(view.order.order_id, view.order.seller) for view in found]
