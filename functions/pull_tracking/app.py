"""Asks the sources for the tracking of what is due.

Invoked by the schedule and by new orders with nothing (check what is due), or with
`{"order_ids": [...]}` (check these now).
"""

from functools import lru_cache
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from stallwatch import clients
from stallwatch.checking import Check
from stallwatch.clock import Context, LambdaClock
from stallwatch.logs import configure
from stallwatch.settings import Settings
from stallwatch.sources.cainiao import Cainiao
from stallwatch.store.table import Table
from stallwatch.store.watch import WatchStore

MOST_ORDERS = 1000

logger = configure(Logger())


@lru_cache(maxsize=1)
def source(url: str) -> Cainiao:
    """The source, with one session for as long as the function lives."""
    return Cainiao(url)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, int | str]:
    """Check what is due, or the orders that the event names."""
    settings = Settings.of_environment()
    check = Check(
        watch=WatchStore(Table(clients.dynamodb(), settings.table_name)),
        source=source(settings.cainiao_url),
        clock=LambdaClock(context, settings.clock_shift),
        wheel=settings.wheel,
        pace=settings.pace,
        limits=settings.limits,
        owner=uuid4().hex,
        catch_up=settings.catch_up,
    )
    order_ids = event.get("order_ids")
    report = check.check_due() if order_ids is None else check.check_orders(_checked(order_ids))
    answer = report.as_dict()
    logger.info("run", extra=answer)
    return answer


def _checked(order_ids: object) -> list[str]:
    if (
        not isinstance(order_ids, list)
        or len(order_ids) > MOST_ORDERS
        or not all(isinstance(order_id, str) for order_id in order_ids)
    ):
        raise ValueError(f"order_ids takes a list of at most {MOST_ORDERS} strings")
    return order_ids
