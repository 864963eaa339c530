"""The sample events of `events/`: every way in of the template has one, and each does its work."""

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stallwatch.api.static import served_file
from stallwatch.calendar import service as calendar_service
from stallwatch.claims import service
from tests.aws.api.client import check_documented
from tests.aws.moto_stack import Context, World, world_at
from tests.project.api_table import operation, success
from tests.project.sample_events import file_name
from tests.support.template import ROOT, resources, woken_by
from tests.support.transformed import functions

EVENTS = ROOT / "events"
START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
ORDER_ID = "8123456789012345"
NUMBER = "LP00123456789012"

IN_PERSON = {"pull_tracking/nudge", "pull_tracking/order_ids", "evaluate_orders/digest"}
"""How a function is invoked without an event source: by the API, by hand, and by the digest's own
schedule."""


def sources() -> dict[str, Any]:
    """The events of the template, by what their samples are called."""
    folders = {name: folder for folder, name in functions().items()}
    return {
        f"{folders[name]}/{file_name(event)}": source
        for name, function in resources("AWS::Serverless::Function").items()
        for event, source in function["Properties"].get("Events", {}).items()
    }


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text("utf-8"))


def samples() -> set[str]:
    return {path.relative_to(EVENTS).with_suffix("").as_posix() for path in EVENTS.rglob("*.json")}


ROUTES = sorted(name for name, source in sources().items() if source["Type"] == "Api")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        scans = [(datetime(2026, 6, 10, tzinfo=UTC), "GTMS_STA_SIGNED")]
        built.cainiao.put(NUMBER, scans)
        # Samples name what is otherwise drawn by lot.
        link = sample("orders_api/revoke_claim_link")["pathParameters"]["link_id"]
        token = sample("orders_api/open_claim_link")["pathParameters"]["token"]
        for named in (service, calendar_service):
            monkeypatch.setattr(named, "token_hex", lambda _: link)
            monkeypatch.setattr(named, "token_urlsafe", lambda _: token)
        yield built


def run(world: World, name: str) -> Any:
    """Invoke a sample's function with it."""
    return world.handlers[Path(name).parts[0]].handler(sample(name), Context())


def stage(world: World) -> str:
    return str(world.call("GET", f"/orders/{ORDER_ID}")[1]["stage"])


def test_every_way_in_has_a_sample() -> None:
    """A route or an event source without one is missing here; nothing stands here in vain."""
    assert sources().keys() | IN_PERSON == samples(), "make generate writes those of routes"


@pytest.mark.parametrize("name", ROUTES)
def test_a_sample_of_a_route_is_one_of_that_route(name: str) -> None:
    """As the gateway sends it: complete, consistent, and with a body in base64."""
    event, route = sample(name), sources()[name]["Properties"]
    assert (route["Path"], route["Method"].upper()) == (event["resource"], event["httpMethod"])
    assert event["path"] == event["resource"].format(**event["pathParameters"] or {})
    asked = event["requestContext"]
    assert (event["resource"], event["httpMethod"], f"/live{event['path']}") == (
        asked["resourcePath"],
        asked["httpMethod"],
        asked["path"],
    )
    needs_key = route.get("Auth", {}).get("ApiKeyRequired", True)
    assert needs_key == ("x-api-key" in event["headers"]) == ("apiKey" in asked["identity"])
    assert (event["body"] is not None) == event["isBase64Encoded"]
    for one, all_of_them in (("headers", "multiValueHeaders"), *_QUERIES):
        assert (event[one] or {}) == {n: v[-1] for n, v in (event[all_of_them] or {}).items()}
    assert sample("orders_api/page").keys() == event.keys()
    keys = {"apiKey", "apiKeyId"}
    assert sample("orders_api/page")["requestContext"].keys() == asked.keys()
    assert sample("orders_api/page")["requestContext"]["identity"].keys() == (
        asked["identity"].keys() - keys
    )


_FILES = {
    "/": "index.html",
    "/docs": "docs.html",
    "/openapi.json": "openapi.json",
    "/assets/app.js": "app.js",
}


_QUERIES = (("queryStringParameters", "multiValueQueryStringParameters"),)


def answers_json(name: str) -> bool:
    """Whether a route answers a sample with JSON, or with nothing, by the API's document."""
    route = sources()[name]["Properties"]
    described = operation(route)
    if described is None or "text/html" in sample(name)["headers"]["accept"]:
        return False
    content = described["responses"][str(success(route)[0])].get("content")
    return content is None or "application/json" in content


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_its_sample(world: World, name: str) -> None:
    """As it is documented, with an order and a subscriber there where it needs them."""
    if name != "orders_api/add_order":
        run(world, "orders_api/add_order")
    if name != "orders_api/subscribe":
        run(world, "orders_api/subscribe")
    if name in {"orders_api/revoke_claim_link", "orders_api/open_claim_link"}:
        run(world, "orders_api/make_claim_link")
    if name in {"orders_api/revoke_calendar_link", "orders_api/open_calendar"}:
        run(world, "orders_api/make_calendar_link")
    if name == "orders_api/take_back_action":
        run(world, "orders_api/act_on_order")
    answer = run(world, name)
    event = sample(name)
    status, *_ = success(sources()[name]["Properties"])
    assert status == answer["statusCode"], answer
    if event["path"] == "/orders/export":
        assert [ORDER_ID] == [json.loads(x)["order_id"] for x in answer["body"].splitlines()]
    elif name == "orders_api/open_calendar":
        assert answer["body"].startswith("BEGIN:VCALENDAR\r\n")
    elif answers_json(name):
        body = json.loads(answer["body"]) if answer["body"] else None
        check_documented(event["httpMethod"], event["path"], answer["statusCode"], body)
    else:
        page = gzip.decompress(base64.b64decode(answer["body"])).decode()
        if event["path"].startswith("/claims"):
            assert ORDER_ID in page
            return
        assert page == served_file(_FILES[event["path"]]).content.decode()


def test_what_the_samples_write_can_be_read(world: World) -> None:
    """One order's life: added, looked up, changed, acted on, listed, forgotten."""
    run(world, "orders_api/add_order")
    assert 1 == world.nudges
    assert NUMBER == json.loads(run(world, "orders_api/get_order")["body"])["tracking_number"]
    run(world, "orders_api/change_order")
    run(world, "orders_api/act_on_order")
    (listed,) = json.loads(run(world, "orders_api/list_orders")["body"])["orders"]
    assert (ORDER_ID, "USB-C cable", None) == (
        listed["order_id"],
        listed["title"],
        listed["seller"],
    )
    seen = json.loads(run(world, "orders_api/get_order")["body"])
    assert ["snooze"] == [said["action"] for said in seen["actions"]]
    run(world, "orders_api/forget_order")
    assert 404 == run(world, "orders_api/get_order")["statusCode"]
    run(world, "orders_api/subscribe")
    kept = json.loads(run(world, "orders_api/list_subscriptions")["body"])["subscriptions"]
    assert [{"late", "stalled", "refund_claim"}] == [set(one["kinds"]) for one in kept]
    run(world, "orders_api/unsubscribe")
    assert [] == json.loads(run(world, "orders_api/list_subscriptions")["body"])["subscriptions"]


@pytest.mark.parametrize("name", ["check", "nudge", "order_ids"])
def test_a_sample_of_the_pull_checks_the_new_order(world: World, name: str) -> None:
    """By the schedule, at once after it was added, and by its id."""
    run(world, "orders_api/add_order")
    answer = run(world, f"pull_tracking/{name}")
    assert {"due": 1, "checked": 1, "changed": 1, "unanswered": 0, "left_over": 0} | {
        "source": "ok"
    } == answer
    assert [(NUMBER,)] == [asked.numbers for asked in world.cainiao.asked]
    world.pump()
    assert "ready_for_pickup" == stage(world)


def test_the_sample_of_the_stream_evaluates_and_sends(world: World) -> None:
    """Its records are those that the template's filter lets through, with keys and nothing else."""
    records = sample("evaluate_orders/changes")["Records"]
    assert woken_by() == {record["dynamodb"]["Keys"]["sk"]["S"] for record in records}
    assert {"KEYS_ONLY"} == {record["dynamodb"]["StreamViewType"] for record in records}
    assert all(not {"NewImage", "OldImage"} & record["dynamodb"].keys() for record in records)
    run(world, "orders_api/add_order")
    run(world, "pull_tracking/check")
    assert [] == world.messages()
    assert {"batchItemFailures": []} == run(world, "evaluate_orders/changes")
    assert "ready_for_pickup" == stage(world)
    (sent,) = world.messages()
    assert ("action_needed", [ORDER_ID]) == (
        sent.kind,
        [order["order_id"] for order in sent.body["orders"]],
    )
