"""Two other ways to do the same work, written as one would write them.

*The plain way*: a table with an item for each order; each tick scans it for what is due, sends one
request for each order, and puts the order back with what it has learnt.

*A published client's way*: requests for ten numbers, one after the other; the rest is the same,
each order is written at each check.

Neither raises alerts. Both keep a trace as a plain list in the order's item.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from unittest import mock

import boto3
import requests

from tests.bench.bench_stack import write_items
from tests.bench.meter import Meter
from tests.bench.order_lives import NOW, Life
from tests.local.machine import client as plain_client

TABLE = "plain"

_NAMES = {"at": "timeStr", "zone": "timeZone", "code": "actionCode", "text": "standerdDesc"}


class Plain:
    """The plain way."""

    batch = 1

    def __init__(self, endpoint: str, source: str) -> None:
        """Take the address of DynamoDB Local and the source's."""
        self._table = boto3.resource("dynamodb", endpoint_url=endpoint).Table(TABLE)
        self._session = requests.Session()
        self._source = source
        self.meter = Meter().watch(self._table.meta.client)

    def tick(self) -> int:
        """Check what is due; how many orders that were."""
        checked = 0
        due = self._due()
        while batch := list(islice(due, self.batch)):
            entries = self._ask([order["number"] for order in batch])
            for order in batch:
                self._table.put_item(Item=_after(order, entries[order["number"]]))
            checked += len(batch)
        return checked

    def _due(self) -> Iterator[dict[str, Any]]:
        call: dict[str, Any] = {
            "FilterExpression": "next_check_at <= :now",
            "ExpressionAttributeValues": {":now": NOW.isoformat()},
        }
        found: list[dict[str, Any]] = []
        while True:
            page = self._table.scan(**call)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return iter(found)
            call["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _ask(self, numbers: Sequence[str]) -> Mapping[str, Any]:
        answer = self._session.get(self._source, params={"mailNos": ",".join(numbers)}, timeout=20)
        return {entry["mailNo"]: entry for entry in answer.json()["module"]}


class Client(Plain):
    """A published client's way."""

    batch = 10


def _after(order: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    events = [
        {name: detail[theirs] for name, theirs in _NAMES.items()} for detail in entry["detailList"]
    ]
    return {
        **order,
        "events": events,
        "status": entry["status"],
        "checked_at": NOW.isoformat(),
        "next_check_at": f"{NOW.date()}T16:30:00+00:00",
    }


@contextlib.contextmanager
def plain_table(endpoint: str, due: Iterable[Life], stored: Iterable[Life] = ()) -> Iterator[None]:
    """A table with orders that are due, and others that are only stored."""
    client = plain_client("dynamodb", endpoint)
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
    )
    credentials = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        with mock.patch.dict(os.environ, credentials):
            write_items(endpoint, (_item(life, "04:30") for life in due), TABLE)
            write_items(endpoint, (_item(life, "05:00") for life in stored), TABLE)
            yield
    finally:
        client.delete_table(TableName=TABLE)


def _item(life: Life, next_check: str) -> dict[str, Any]:
    """An order as it stands in the plain table."""
    trace = life.snapshot.trace.open()
    events = [
        {
            "M": {
                "at": {"S": checkpoint.wall},
                "zone": {"S": checkpoint.zone},
                "code": {"S": checkpoint.code},
                "text": {"S": checkpoint.text},
            }
        }
        for checkpoint in trace.checkpoints
    ]
    return {
        "order_id": {"S": life.order_id},
        "number": {"S": life.number},
        "ordered_on": {"S": life.snapshot.order.ordered_on.isoformat()},
        "destination": {"S": life.snapshot.order.destination},
        "title": {"S": life.snapshot.order.title or ""},
        "stage": {"S": life.snapshot.entry.stage or "unknown"},
        "status": {"S": "DELIVERING"},
        "checked_at": {"S": NOW.isoformat()},
        "next_check_at": {"S": f"{NOW.date()}T{next_check}:00+00:00"},
        "events": {"L": events},
    }
