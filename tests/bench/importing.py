"""A file of as many orders as one request takes, imported through the API's own handler."""

import json
import os
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from stallwatch.aws import clients
from stallwatch.imports.records import MOST_ROWS
from tests.aws.moto_stack import Context, load_handler
from tests.bench.bench_stack import create_table, function_environment

WITHIN = 20
"""Seconds in which it must be imported."""


def table_of_orders(rows: int) -> str:
    """A table as exports write it, with a number in every row."""
    lines = (
        f"{8_100_000_000_000_000 + n};2026-05-{n % 28 + 1:02};LP{n:014};Desk lamp no. {n};"
        f"Shop {n % 50};EUR {n % 90 + 1}.50\n"
        for n in range(rows)
    )
    return "Order ID;Order date;Tracking number;Title;Store;Total\n" + "".join(lines)


def seconds_to_import(endpoint: str, rows: int = MOST_ROWS) -> tuple[float, float]:
    """How long an import takes, and the same again, which changes nothing.

    Args:
        endpoint: The address of DynamoDB Local.
        rows: How many orders.
    """
    create_table(endpoint)
    environment = function_environment(endpoint, "http://127.0.0.1:9")
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(clients, "functions"),
    ):
        clients.dynamodb.cache_clear()
        clients._session.cache_clear()  # noqa: SLF001
        handler = load_handler("orders_api").handler
        first = _seconds(handler, rows, "added")
        again = _seconds(handler, rows, "unchanged")
    clients.dynamodb.cache_clear()
    return first, again


def _seconds(handler: Callable[[dict[str, Any], Context], Any], rows: int, outcome: str) -> float:
    event = {
        "resource": "/orders/import",
        "path": "/orders/import",
        "httpMethod": "POST",
        "headers": {"content-type": "text/csv"},
        "multiValueHeaders": {"content-type": ["text/csv"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"resourcePath": "/orders/import", "stage": "live"},
        "body": table_of_orders(rows),
        "isBase64Encoded": False,
    }
    began = time.monotonic()
    answer = handler(event, Context())
    took = time.monotonic() - began
    report = json.loads(answer["body"])
    if report.get(outcome) != rows:
        raise RuntimeError(answer["body"][:500])
    return took
