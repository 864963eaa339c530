"""Import and export: many orders in at once, reported row by row, and all of them out again."""

import json
from typing import Any

import pytest

from tests.aws.api.client import Api, sent_as_bytes, stored
from tests.aws.moto_stack import Context

TABLE = (
    "Order ID;Order date;Tracking number;Title\n"
    "8123456789012345;2026-06-01;LP00123456789012;Lamp\n"
    "8123456789012346;2026-06-02;LP00123456789013;Cable\n"
)


def imported(api: Api, body: str, **query: str) -> Any:
    """Import a text; returns the report."""
    status, report = api.call(
        "POST", "/orders/import", body, query=query, headers={"content-type": "text/csv"}
    )
    assert 200 == status, report
    return report


def outcomes(report: Any) -> dict[str, int]:
    """How many rows had each outcome, those that none had left out."""
    names = ("added", "filled", "unchanged", "rejected")
    return {name: report[name] for name in names if report[name]}


def exported(api: Api, form: str) -> str:
    """Everything, page by page."""
    text = ""
    query = {"format": form}
    while True:
        event = {
            "resource": "/orders/export",
            "path": "/orders/export",
            "httpMethod": "GET",
            "headers": {},
            "multiValueHeaders": {},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
            "requestContext": {"resourcePath": "/orders/export", "stage": "live"},
            "body": None,
            "isBase64Encoded": False,
        }
        answer = api.world.handlers["orders_api"].handler(event, Context())
        assert 200 == answer["statusCode"], answer["body"]
        text += str(answer["body"])
        cursor = answer["multiValueHeaders"].get("X-Next-Cursor")
        if cursor is None:
            return text
        query["cursor"] = cursor[0]


def test_a_table_becomes_orders(api: Api) -> None:
    """They are checked as any other new order."""
    report = imported(api, TABLE)
    assert {"added": 2} == outcomes(report)
    assert ["8123456789012345", "8123456789012346"] == [row["order_id"] for row in report["rows"]]
    assert "Lamp" == api.get("8123456789012345")["title"]
    assert 1 == api.world.nudges


def test_a_dry_run_reports_the_same_and_writes_nothing(api: Api) -> None:
    """So that what was understood can be shown first."""
    report = imported(api, TABLE, dry_run="true")
    assert {} == stored(api.world)
    assert report == imported(api, TABLE)


def test_the_same_again_changes_nothing(api: Api) -> None:
    """And what an order lacks is filled in, but never overwritten."""
    imported(api, TABLE)
    assert {"unchanged": 2} == outcomes(imported(api, TABLE))
    more = TABLE.replace("Title", "Seller").replace("Cable", "Shop").replace("Lamp", "")
    assert {"filled": 1, "unchanged": 1} == outcomes(imported(api, more))
    order = api.get("8123456789012346")
    assert ("Cable", "Shop") == (order["title"], order["seller"])


def test_a_row_that_cannot_be_is_rejected_alone(api: Api) -> None:
    """With its reason; the others are taken."""
    report = imported(api, TABLE + "8123456789012347;2031-01-01;LP00123456789014;Lamp\n")
    assert {"added": 2, "rejected": 1} == outcomes(report)
    (rejected,) = [row for row in report["rows"] if row["outcome"] == "rejected"]
    assert rejected["reason"]
    assert 404 == api.call("GET", "/orders/8123456789012347")[0]


def test_pasted_numbers_become_orders(api: Api) -> None:
    """Each under its number, ordered today unless something else is known."""
    report = imported(api, "LP00123456789012\nLP00123456789013\n")
    assert {"added": 2} == outcomes(report)
    assert "2026-06-15" == api.get("LP00123456789012")["ordered_on"]


def test_what_cannot_be_read_says_what_was_tried(api: Api) -> None:
    """422, and nothing is stored."""
    status, answer = api.call("POST", "/orders/import", "what is this", headers={})
    assert (422, ["body"]) == (status, [error["field"] for error in answer["errors"]])
    status, answer = api.call("POST", "/orders/import", None)
    assert 422 == status
    assert {} == stored(api.world)


def test_an_import_may_be_larger_than_other_bodies_and_not_too_large(api: Api) -> None:
    """1 MiB, and 2,000 rows."""
    rows = "".join(f"{8_000_000_000_000_000 + n};2026-06-01;;{'x' * 100}\n" for n in range(700))
    header = TABLE.splitlines(keepends=True)[0]
    status, report = sent_as_bytes(
        api, "POST", "/orders/import", (header + rows).encode(), **{"Content-Type": "text/csv"}
    )
    assert (200, {"added": 700}) == (status, outcomes(report))
    assert 413 == api.call("POST", "/orders/import", "x" * (1024 * 1024 + 1))[0]
    many = header + "".join(f"{8_000_000_000_000_000 + n};;;\n" for n in range(2001))
    assert 413 == api.call("POST", "/orders/import", many)[0]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_comes_out_goes_in_again_and_changes_nothing(api: Api, form: str) -> None:
    """Everything that was given, formulas as plain text."""
    api.add(
        order_id="o-1",
        title="=1+1",
        seller="-Shop",
        price="12.50",
        currency="EUR",
        promised_on="2026-07-01",
        paid_with="paypal",
        paid_on="2026-06-01",
        order_number="8123456789012345",
        tracking_number="LP00123456789012",
    )
    api.add(order_id="o-2")
    text = exported(api, form)
    assert {"unchanged": 2} == outcomes(imported(api, text))
    before = api.get("o-1")
    api.world.empty()
    assert {"added": 2} == outcomes(imported(api, text))
    assert before == {**api.get("o-1"), "checked_at": before["checked_at"]}


def test_an_export_has_its_header_once(api: Api) -> None:
    """However many pages there are."""
    header = "order_id;ordered_on\n"
    rows = "".join(f"order-{n:03};2026-06-01\n" for n in range(230))
    imported(api, header + rows)
    lines = exported(api, "csv").splitlines()
    assert 231 == len(lines)
    assert ["order_id"] == [line.partition(",")[0] for line in lines[:1]]
    ids = {json.loads(line)["order_id"] for line in exported(api, "jsonl").splitlines()}
    assert 230 == len(ids)
