"""A file of as many orders as one request takes, imported through the API's own handler.

Beside it a bare client writes the same items in transactions of the same size, half of them before
and half of them after: what both take is the engine's own time, and the machine's load.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest import mock

from stallwatch.aws import clients
from stallwatch.imports.records import MOST_ROWS
from stallwatch.orders.service import IMPORT_WORKERS
from tests.aws.moto_stack import Context, load_handler
from tests.bench.bench_stack import create_table, function_environment, nowhere
from tests.local.machine import client

WITHIN = 20
"""Seconds in which it must be imported."""


_WARMED = 500
"""Orders that are imported before anything is measured: the engine compiles itself meanwhile."""


@dataclass(frozen=True)
class ImportTimes:
    """How long an import takes, in seconds."""

    first: float
    again: float
    """The same once more, which changes nothing."""
    bare: float
    """A bare client's, for the same items as the first."""
    own: float
    """The processor's time of our own process, client included."""


def table_of_orders(rows: int, begin: int = 0) -> str:
    """A table as exports write it, with a number in every row.

    Args:
        rows: How many.
        begin: The number of the first one, from which its ids are made.
    """
    lines = (
        f"{8_100_000_000_000_000 + n};2026-05-{n % 28 + 1:02};LP{n:014};Desk lamp no. {n};"
        f"Shop {n % 50};EUR {n % 90 + 1}.50\n"
        for n in range(begin, begin + rows)
    )
    return "Order ID;Order date;Tracking number;Title;Store;Total\n" + "".join(lines)


def seconds_to_import(endpoint: str, rows: int = MOST_ROWS) -> ImportTimes:
    """How long an import takes, beside a bare client that writes the same.

    Args:
        endpoint: The address of DynamoDB Local.
        rows: How many orders.
    """
    create_table(endpoint)
    environment = function_environment(endpoint, "http://127.0.0.1:9")
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(clients, "functions"),
        redirect_stdout(nowhere()),
    ):
        clients.dynamodb.cache_clear()
        clients._session.cache_clear()  # noqa: SLF001
        handler = load_handler("orders_api").handler
        written: list[Any] = []
        clients.dynamodb().meta.events.register(
            "provide-client-params.dynamodb.TransactWriteItems",
            lambda params, **_: written.append(params["TransactItems"]),
        )
        _seconds(handler, table_of_orders(_WARMED, rows), _WARMED, "added")
        shape = json.dumps(written)
        halves = [_others(shape, copy, rows // 2) for copy in (1, 2)]
        table = table_of_orders(rows)
        bare = _seconds_bare(endpoint, halves[0])
        began = time.process_time()
        first = _seconds(handler, table, rows, "added")
        own = time.process_time() - began
        bare += _seconds_bare(endpoint, halves[1])
        again = _seconds(handler, table, rows, "unchanged")
    clients.dynamodb.cache_clear()
    return ImportTimes(first, again, bare, own)


def _others(shape: str, copy: int, rows: int) -> list[Any]:
    """As many transactions as some rows take, like some that were written, of other orders."""
    found: list[Any] = []
    for again in range(-(-rows // _WARMED)):
        name = f"{copy}{again}"
        found += json.loads(
            shape.replace("ORDER#81", f"ORDER#9{name}").replace("NUMBER#LP", f"NUMBER#LX{name}")
        )
    return found


def _seconds_bare(endpoint: str, transactions: Sequence[Any]) -> float:
    """How long a bare client takes, with as many requests at once as an import."""
    bare = client("dynamodb", endpoint)
    began = time.monotonic()
    with ThreadPoolExecutor(IMPORT_WORKERS) as pool:
        for _ in pool.map(lambda some: bare.transact_write_items(TransactItems=some), transactions):
            pass
    return time.monotonic() - began


def _seconds(
    handler: Callable[[dict[str, Any], Context], Any], table: str, rows: int, outcome: str
) -> float:
    event = {
        "resource": "/orders/import",
        "path": "/orders/import",
        "httpMethod": "POST",
        "headers": {"content-type": "text/csv"},
        "multiValueHeaders": {"content-type": ["text/csv"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"resourcePath": "/orders/import", "stage": "live"},
        "body": table,
        "isBase64Encoded": False,
    }
    began = time.monotonic()
    answer = handler(event, Context())
    took = time.monotonic() - began
    report = json.loads(answer["body"])
    if report.get(outcome) != rows:
        raise RuntimeError(answer["body"][:500])
    return took
