"""Import and export: many orders in at once, reported row by row, and all of them out again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.aws.api.client import Api, sent_as_bytes, stored
from tests.aws.moto_stack import Context
from tests.support.template import ROOT

SAMPLES = sorted((ROOT / "tests" / "data" / "imports").iterdir())

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
    rows = "".join(f"{8_000_000_000_000_000 + n};2026-06-01;;{'x' * 250}\n" for n in range(300))
    assert len(rows) > 64 * 1024
    header = TABLE.splitlines(keepends=True)[0]
    status, report = sent_as_bytes(
        api,
        "POST",
        "/orders/import",
        (header + rows).encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert (200, {"added": 300}) == (status, outcomes(report))
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


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_was_said_goes_in_again_too(api: Api, form: str) -> None:
    """Actions with their instants, refunds, notes and looks, into an empty stack and the same."""
    api.add(order_id="o-1", price="12.50", currency="EUR", language="pt-PT")
    for said in (
        {"action": "seller_contacted", "note": "Says: wait, =1+1"},
        {"action": "snooze", "until": "2026-07-01"},
        {"action": "refunded", "on": "2026-06-10", "amount": "12.50"},
    ):
        api.act(order_id="o-1", **said)
    api.add(order_id="o-2", ordered_on="2025-06-01")
    api.act(order_id="o-2", action="not_found_here", answers={"locker": "2026-06-14"})
    api.act(order_id="o-2", action="lost", note="Gone")
    text = exported(api, form)
    assert {"unchanged": 2} == outcomes(imported(api, text))
    assert text == exported(api, form)
    before = api.get("o-1")["actions"]
    api.world.empty()
    assert {"added": 2} == outcomes(imported(api, text))
    assert sorted(text.splitlines()) == sorted(exported(api, form).splitlines())
    assert before == api.get("o-1")["actions"]


def test_actions_fill_an_order_that_has_none(api: Api) -> None:
    """Where it has some, those stay."""
    api.add(order_id="o-1")
    api.act(order_id="o-1", action="lost")
    text = exported(api, "jsonl")
    action_id = api.get("o-1")["actions"][0]["action_id"]
    api.call("DELETE", f"/orders/o-1/actions/{action_id}")
    assert {"filled": 1} == outcomes(imported(api, text))
    assert text == exported(api, "jsonl")
    assert {"unchanged": 1} == outcomes(imported(api, text.replace('"lost"', '"close"')))


@pytest.mark.parametrize(
    "action",
    [
        {"action": "applauded", "at": "2026-06-01T00:00:00Z"},
        {"action": "lost"},
        {"action": "lost", "at": "2026-06-01"},
        {"action": "lost", "at": "2031-06-01T00:00:00Z"},
        {"action": "lost", "at": "0001-01-01T00:00:00+14:00"},
        {"action": "lost", "at": "2026-06-01T00:00:00Z", "action_id": "no/id"},
        {"action": "lost", "at": "2026-06-01T00:00:00Z", "amount": "1"},
        {"action": "refunded", "at": "2026-06-01T00:00:00Z", "amount": "1e9"},
        {"action": "snooze", "at": "2026-06-01T00:00:00Z", "until": "2031-01-01"},
        {"action": "not_found_here", "at": "2026-06-01T00:00:00Z", "answers": ["locker"]},
        {"action": "not_found_here", "at": "2026-06-01T00:00:00Z", "answers": {"roof": "x"}},
    ],
)
def test_an_action_that_cannot_be_refuses_its_row(api: Api, action: dict[str, object]) -> None:
    """An order without what was said of it would be another one."""
    row = {"order_id": "o-1", "ordered_on": "2026-06-01", "actions": [action]}
    report = imported(api, json.dumps(row) + "\n")
    assert {"rejected": 1} == outcomes(report)
    assert "actions no. 1" in report["rows"][0]["reason"]
    assert {} == stored(api.world)


@pytest.mark.parametrize("sample", SAMPLES, ids=[path.name for path in SAMPLES])
def test_each_sample_is_taken(api: Api, sample: Path) -> None:
    """Whole, and again without a change."""
    api.world.now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    query = {"filename": sample.name}
    first = sent_as_bytes(api, "POST", "/orders/import", sample.read_bytes(), query=query)
    again = sent_as_bytes(api, "POST", "/orders/import", sample.read_bytes(), query=query)
    assert (200, {"added"}) == (first[0], set(outcomes(first[1])))
    assert (200, {"unchanged"}) == (again[0], set(outcomes(again[1])))


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
