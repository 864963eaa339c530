"""Calls the API in tests: every answer must be one that its documentation promises."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker

from stallwatch.api.openapi import openapi
from stallwatch.domain.orders import State
from stallwatch.orders.snapshot import WatchEntry
from stallwatch.rules.decision import InitialFindings
from stallwatch.tracking.schedule import NEW
from tests.aws import moto
from tests.aws.moto_stack import Context, World
from tests.support.builders import NUMBER

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
TODAY = START.date()
DOCUMENT: dict[str, Any] = json.loads(openapi())

ORDER: dict[str, Any] = {
    "order_id": "8123456789012345",
    "ordered_on": "2026-06-01",
    "tracking_number": "lp 0012-3456789012",
    "service": "economy",
    "destination": "de",
    "remote": False,
    "shipped_on": "2026-06-03",
    "protection_ends_on": "2026-08-15",
    "title": "USB cable",
    "seller": "Shop No. 1",
    "price": "12.50",
    "currency": "eur",
}


NEW_ENTRY = WatchEntry(
    order_version=1,
    slot=NEW,
    number=NUMBER,
    fingerprint=None,
    rule_at=None,
    clock_at=None,
    state=State.WATCHING,
    stage=None,
    listed="",
    in_slot_since=START,
    memory=InitialFindings(),
)


class Api:
    """Calls the API; every answer must be one that its documentation promises."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.orders = 0

    def call(self, method: str, path: str, body: object = None, **given: Any) -> tuple[int, Any]:
        status, answer = self.world.call(method, path, body, **given)
        check_documented(method, path.partition("?")[0], status, answer)
        return status, answer

    def add(self, **fields: object) -> str:
        """Add an order and return its id."""
        self.orders += 1
        order_id = str(fields.pop("order_id", f"order-{self.orders}"))
        body = {"order_id": order_id, "ordered_on": "2026-06-01", **fields}
        status, answer = self.call("POST", "/orders", body)
        assert 201 == status, answer
        return order_id

    def get(self, order_id: str) -> Any:
        status, answer = self.call("GET", f"/orders/{order_id}")
        assert 200 == status, answer
        return answer

    def act(self, order_id: str, action: str, **given: object) -> int:
        status, _ = self.call("POST", f"/orders/{order_id}/actions", {"action": action, **given})
        return status


def check_documented(method: str, path: str, status: int, answer: Any) -> None:
    """The status is documented for the route, and the answer is as its schema says."""
    parts = path.split("/")
    for route, operations in DOCUMENT["paths"].items():  # noqa: B007
        pattern = route.split("/")
        if len(pattern) == len(parts) and all(
            p == q or p.startswith("{") for p, q in zip(pattern, parts, strict=True)
        ):
            break
    else:
        return
    assert str(status) in operations[method.lower()]["responses"], (method, path, status, answer)
    if status == 422:
        assert all(error["field"] and error["reason"] for error in answer["errors"])
        assert answer["errors"]
    content = operations[method.lower()]["responses"][str(status)].get("content")
    if content is None:
        assert not answer
        return
    schema = content["application/json"]["schema"]
    validator = OAS31Validator(
        {**schema, "components": DOCUMENT["components"]}, format_checker=oas31_format_checker
    )
    validator.validate(answer)


def stored(world: World) -> dict[tuple[str, str], Any]:
    """All that stands in the table."""
    pages = moto.client("dynamodb").get_paginator("scan")
    return {
        (item["pk"]["S"], item["sk"]["S"]): item
        for page in pages.paginate(TableName=world.table)
        for item in page["Items"]
    }


def sent_as_bytes(
    api: Api,
    method: str,
    path: str,
    body: bytes,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    """A request as the gateway passes it on: every body in base64."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {n: [v] for n, v in (query or {}).items()} or None,
        "pathParameters": None,
        "requestContext": {"resourcePath": path, "httpMethod": method, "stage": "live"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    answer = api.world.handlers["orders_api"].handler(event, Context())
    found = json.loads(answer["body"])
    check_documented(method, path, answer["statusCode"], found)
    return answer["statusCode"], found
