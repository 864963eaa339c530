"""The HTTP API, through its handler: what it takes, refuses, answers and stores."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.api.openapi import openapi
from stallwatch.aws import clients
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Action, ActionKind, State
from stallwatch.domain.parcels import Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.items import order_to_item, trace_to_item
from stallwatch.dynamodb.snapshots import entry_to_item
from stallwatch.dynamodb.table import Table
from stallwatch.orders.snapshot import WatchEntry
from stallwatch.rules.decision import InitialFindings
from stallwatch.tracking.schedule import NEW, PollSchedule
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.aws import moto
from tests.aws.moto_stack import Context, World, world_at
from tests.support.builders import NUMBER, an_answer, an_event, an_order
from tests.support.template import ROOT

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


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def api(world: World) -> Api:
    """The API of an empty stack at its beginning."""
    world.now = START
    world.nudges = 0
    world.cainiao.be("fine")
    world.empty()
    return Api(world)


def stored(world: World) -> dict[tuple[str, str], Any]:
    """All that stands in the table."""
    pages = moto.client("dynamodb").get_paginator("scan")
    return {
        (item["pk"]["S"], item["sk"]["S"]): item
        for page in pages.paginate(TableName=world.table)
        for item in page["Items"]
    }


# Adding.


def test_an_order_is_added_with_all_its_fields(api: Api) -> None:
    """As it was sent, in the spelling that is kept; the first check is called for at once."""
    status, answer = api.call("POST", "/orders", ORDER)
    assert 201 == status
    expected = ORDER | {
        "tracking_number": "LP00123456789012",
        "destination": "DE",
        "currency": "EUR",
    }
    assert expected == {name: answer[name] for name in ORDER}
    assert ("watching", "unknown", None, None) == (
        answer["state"],
        answer["stage"],
        answer["checked_at"],
        answer["answered_at"],
    )
    assert {"low": 25, "high": 45} == answer["window"]
    assert ([], [], []) == (answer["alerts"], answer["checkpoints"], answer["actions"])
    assert answer == api.get(ORDER["order_id"])
    assert 1 == api.world.nudges


def test_what_is_not_given_is_filled_in(api: Api) -> None:
    """The home country; the service by the rules; nothing else."""
    answer = api.get(api.add())
    assert ("US", "standard") == (answer["destination"], answer["service"])
    for name in set(ORDER) - {"order_id", "ordered_on", "destination", "service"}:
        assert answer[name] is None


def test_an_order_answers_all_that_the_contract_names(api: Api) -> None:
    """Field by field, in lists and by itself."""
    named = {
        *ORDER,
        *("state", "stage", "last_checkpoint", "checked_at", "answered_at", "silent_days"),
        *("days_in_transit", "window", "late_on", "claim_opens_on", "next_check_at", "advice"),
        *("severity", "pressing", "reminder_on", "stake", "language"),
    }
    order_id = api.add()
    assert named | {"checkpoints", "alerts", "actions", "observations"} == set(api.get(order_id))
    _, page = api.call("GET", "/orders")
    assert {"orders", "next_cursor"} == set(page)
    assert named == set(page["orders"][0])


def test_the_same_again_changes_nothing(api: Api) -> None:
    """A request whose answer got lost is sent again; defaults count as given."""
    order_id = api.add()
    before = stored(api.world)
    body = {"order_id": order_id, "ordered_on": "2026-06-01"}
    for again in (
        body,
        body | {"destination": "us"},
        body | {"title": None, "service": None},
        body | {"title": "  \u200b "},
    ):
        status, answer = api.call("POST", "/orders", again)
        assert 200 == status
        assert answer == api.get(order_id)
    assert before == stored(api.world)
    assert 1 == api.world.nudges


@pytest.mark.parametrize(
    "other",
    [
        {"title": "x"},
        {"ordered_on": "2026-06-02"},
        {"destination": "DE"},
        {"tracking_number": "LP00123456789012"},
    ],
)
def test_another_order_with_the_same_id_is_refused(api: Api, other: dict[str, str]) -> None:
    """And changes nothing."""
    order_id = api.add()
    before = stored(api.world)
    body = {"order_id": order_id, "ordered_on": "2026-06-01", **other}
    assert 409 == api.call("POST", "/orders", body)[0]
    assert before == stored(api.world)


def test_the_same_is_compared_with_the_order_as_it_now_stands(api: Api) -> None:
    """After a change, the former content is another, and the present one the same."""
    order_id = api.add()
    api.call("PATCH", f"/orders/{order_id}", {"title": "x"})
    body = {"order_id": order_id, "ordered_on": "2026-06-01"}
    assert 409 == api.call("POST", "/orders", body)[0]
    assert 200 == api.call("POST", "/orders", body | {"title": "x"})[0]
    api.act(order_id, "seller_contacted")
    assert 200 == api.call("POST", "/orders", body | {"title": "x"})[0]


def test_text_is_kept_clean_and_short(api: Api) -> None:
    """Without what cannot be seen, on one line, two hundred characters."""
    order_id = api.add(title="a\r\nb\u202e\x00" + "x" * 300, seller=" \t")
    answer = api.get(order_id)
    assert "a b" + "x" * 197 == answer["title"]
    assert answer["seller"] is None


REFUSED: list[tuple[str, object]] = [
    *(("order_id", value) for value in ("", "a b", "ä", "a/b", "x" * 65, "a\n", 7, None, ["a"])),
    *(
        ("ordered_on", value)
        for value in (
            *("", "2026-6-1", "01.06.2026", "2026-06-31", "2026-06-01T00:00:00Z", "20260601"),
            *("2026-06-17", "2009-12-31", 1748736000, None, True, "２０２６-06-01"),
        )
    ),
    *(
        ("tracking_number", value)
        for value in ("", "short", "x" * 41, "LP0012345678901_", "LP00123456789012,LP1", 12345678, "ＬＰ0012345678")  # noqa: E501
    ),
    *(("service", value) for value in ("", "Economy", "slow", 1)),
    *(("destination", value) for value in ("", "XX", "DEU", "d", 49)),
    *(("remote", value) for value in ("true", 1, 0, "")),
    *(("shipped_on", value) for value in ("2026-05-31", "2026-06-17", "soon", 0)),
    *(("protection_ends_on", value) for value in ("2026-05-31", "2027-06-03", "soon")),
    *(("title", value) for value in (7, ["x"], {"a": "b"}, "x" * 2001)),
    *(("seller", value) for value in (7, False)),
    *(
        ("price", value)
        for value in (12.5, 12, "", "12,50", "1e3", "-1", "12.5000", "1234567890", "NaN", "12.50\n", "１２")  # noqa: E501
    ),
    *(("currency", value) for value in ("EURO", "€", "XXQ", "", 1)),
    ("colour", "red"),
    ("state", "closed"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_field_that_makes_no_sense_is_refused_when_adding(
    api: Api, field: str, value: object
) -> None:
    """With its name and a reason, and nothing is stored."""
    status, answer = api.call("POST", "/orders", ORDER | {field: value})
    assert 422 == status, answer
    # Another order date makes the other dates senseless too.
    assert field in [error["field"] for error in answer["errors"]]
    assert len(answer["errors"]) == 1 or field == "ordered_on"
    assert all(error["reason"] for error in answer["errors"])
    assert {} == stored(api.world)
    assert 0 == api.world.nudges


@pytest.mark.parametrize(
    ("field", "value"), [pair for pair in REFUSED if pair[0] != "order_id"] + [("order_id", "x")]
)
def test_a_field_that_makes_no_sense_is_refused_when_changing(
    api: Api, field: str, value: object
) -> None:
    """By the same rules; the id is no field that changes."""
    order_id = api.add(
        **{name: v for name, v in ORDER.items() if name not in {"order_id", "ordered_on"}}
    )
    before = stored(api.world)
    status, answer = api.call("PATCH", f"/orders/{order_id}", {field: value})
    assert 422 == status, answer
    assert field in [error["field"] for error in answer["errors"]]
    assert before == stored(api.world)


def test_all_that_is_wrong_is_said_at_once(api: Api) -> None:
    """Each field once."""
    body = {"order_id": "a b", "ordered_on": "soon", "remote": "no", "colour": "red"}
    status, answer = api.call("POST", "/orders", body)
    assert 422 == status
    assert {"order_id", "ordered_on", "remote", "colour"} == {
        error["field"] for error in answer["errors"]
    }
    status, answer = api.call("POST", "/orders", {})
    assert {"order_id", "ordered_on"} == {error["field"] for error in answer["errors"]}


def test_a_price_and_its_currency_go_together(api: Api) -> None:
    """When adding and when changing."""
    body = {"order_id": "x", "ordered_on": "2026-06-01"}
    for given, missing in (({"price": "1.00"}, "currency"), ({"currency": "EUR"}, "price")):
        status, answer = api.call("POST", "/orders", body | given)
        assert (422, [missing]) == (status, [error["field"] for error in answer["errors"]])
    order_id = api.add(price="1.00", currency="EUR")
    assert 422 == api.call("PATCH", f"/orders/{order_id}", {"currency": None})[0]
    both = {"price": None, "currency": None}
    assert 200 == api.call("PATCH", f"/orders/{order_id}", both)[0]


@pytest.mark.parametrize("path", ["/orders", "/orders/x/actions", "/subscriptions"])
@pytest.mark.parametrize(
    "body",
    ["", "{", "nonsense", '{"order_id": "x", }', "\ufeff{}", "{'a': 1}", "[" * 20_000],
)
def test_what_is_not_json_is_unreadable(api: Api, path: str, body: str) -> None:
    """400, in JSON, and nothing is stored."""
    status, answer = api.call("POST", path, body)
    assert status in ({400, 422} if not body else {400}), answer
    assert answer["message"]
    assert "Traceback" not in json.dumps(answer)
    assert {} == stored(api.world)


@pytest.mark.parametrize("body", ["[]", "null", "7", '"x"', "[{}]"])
def test_what_is_no_object_is_refused(api: Api, body: str) -> None:
    """It is JSON, but no order."""
    status, answer = api.call("POST", "/orders", body)
    assert 422 == status, answer
    assert answer["errors"]


def sent_as_bytes(api: Api, method: str, path: str, body: bytes, **headers: str) -> tuple[int, Any]:
    """A request as the gateway passes it on: every body in base64."""
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", **headers},
        "multiValueHeaders": {
            name: [value] for name, value in {"Content-Type": "application/json", **headers}.items()
        },
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "requestContext": {"resourcePath": path, "httpMethod": method, "stage": "live"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    answer = api.world.handlers["orders_api"].handler(event, Context())
    found = json.loads(answer["body"])
    check_documented(method, path, answer["statusCode"], found)
    return answer["statusCode"], found


def test_bodies_come_in_base64(api: Api) -> None:
    """As the gateway sends them, since it takes everything for binary."""
    body = json.dumps(ORDER | {"title": "Größe 运"}, ensure_ascii=False).encode()
    status, answer = sent_as_bytes(api, "POST", "/orders", body)
    assert (201, "Größe 运") == (status, answer["title"])


@pytest.mark.parametrize(
    "body", [b"\xff\xfe{", b'{"title": "\xe4"}', b"\x00", "{}".encode("utf-16")]
)
def test_bytes_that_are_no_text_are_unreadable(api: Api, body: bytes) -> None:
    """JSON is UTF-8."""
    assert 400 == sent_as_bytes(api, "POST", "/orders", body)[0]


@pytest.mark.parametrize("field", ["order_id", "title"])
def test_half_a_character_is_no_text(api: Api, field: str) -> None:
    """JSON can spell what no text can hold."""
    fields = {"order_id": "x", "ordered_on": "2026-06-01", field: "HALF"}
    body = json.dumps(fields).replace("HALF", "a\\ud800b").encode()
    status, answer = sent_as_bytes(api, "POST", "/orders", body)
    assert (422, [field]) == (status, [error["field"] for error in answer["errors"]])


@pytest.mark.parametrize("path", ["/orders", "/orders/x/actions", "/subscriptions"])
def test_a_body_that_is_too_large_is_refused(api: Api, path: str) -> None:
    """From 64 KiB on, plain or in base64."""
    body = json.dumps({"title": "x" * 65536})
    assert 413 == api.call("POST", path, body)[0]
    assert 413 == sent_as_bytes(api, "POST", path, body.encode())[0]
    umlauts = json.dumps({"title": "ä" * 33000}, ensure_ascii=False)
    assert 413 == api.call("POST", path, umlauts)[0]
    assert 422 == api.call("POST", "/orders", json.dumps({"title": "x" * 65000}))[0]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/csv",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/orders/x/actions", "/subscriptions"])
def test_what_is_not_sent_as_json_is_refused(api: Api, path: str, kind: str) -> None:
    """415, whatever is in it."""
    status, answer = sent_as_bytes(api, "POST", path, b'{"a": 1}', **{"Content-Type": kind})
    assert 415 == status, answer


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_json_may_name_its_characters(api: Api, kind: str) -> None:
    """As many clients do."""
    body = b'{"order_id": "x", "ordered_on": "2026-06-01"}'
    assert 201 == sent_as_bytes(api, "POST", "/orders", body, **{"Content-Type": kind})[0]


# What is not there.


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/orders/nobody", None),
        ("PATCH", "/orders/nobody", {"title": "x"}),
        ("DELETE", "/orders/nobody", None),
        ("POST", "/orders/nobody/actions", {"action": "received"}),
        ("DELETE", "/subscriptions/0123456789abcdef", None),
        ("GET", "/assets/nothing.js", None),
        ("GET", "/assets/..%2Findex.html", None),
        ("GET", "/nowhere", None),
        ("PUT", "/orders", {}),
    ],
)
def test_what_is_not_there_is_404(api: Api, method: str, path: str, body: object) -> None:
    """In JSON, like everything."""
    status, answer = api.world.call(method, path, body)
    assert 404 == status
    assert answer["message"]
    assert {} == stored(api.world)


@pytest.mark.parametrize("order_id", ["a b", "x" * 65, "ä", "a%2Fb"])
def test_an_id_that_cannot_be_is_refused(api: Api, order_id: str) -> None:
    """In every route that takes one."""
    for method, path, body in (
        ("GET", f"/orders/{order_id}", None),
        ("PATCH", f"/orders/{order_id}", {}),
        ("DELETE", f"/orders/{order_id}", None),
        ("POST", f"/orders/{order_id}/actions", {"action": "received"}),
    ):
        status, answer = api.world.call(method, path, body)
        assert status in {404, 422}, answer
        assert answer["message"]


# Changing.


def test_a_change_touches_only_what_it_names(api: Api) -> None:
    """What is missing stays, null clears."""
    status, _ = api.call("POST", "/orders", ORDER)
    assert 201 == status
    order_id = ORDER["order_id"]
    before = api.get(order_id)
    status, answer = api.call("PATCH", f"/orders/{order_id}", {"title": "x", "seller": None})
    assert 200 == status
    assert before | {"title": "x", "seller": None} == answer == api.get(order_id)
    assert 200 == api.call("PATCH", f"/orders/{order_id}", {})[0]
    assert answer == api.get(order_id)


def test_null_brings_the_defaults_back(api: Api) -> None:
    """The home country, and the service by the rules."""
    api.call("POST", "/orders", ORDER)
    status, answer = api.call(
        "PATCH",
        f"/orders/{ORDER['order_id']}",
        {"destination": None, "service": None, "remote": None},
    )
    assert 200 == status
    assert ("US", "standard", None) == (answer["destination"], answer["service"], answer["remote"])


def test_an_order_must_have_a_date(api: Api) -> None:
    """It can be changed, and not be cleared."""
    order_id = api.add()
    status, answer = api.call("PATCH", f"/orders/{order_id}", {"ordered_on": None})
    assert (422, ["ordered_on"]) == (status, [error["field"] for error in answer["errors"]])
    assert 200 == api.call("PATCH", f"/orders/{order_id}", {"ordered_on": "2026-05-01"})[0]
    assert "2026-05-01" == api.get(order_id)["ordered_on"]


def test_another_number_is_asked_about_at_once(api: Api) -> None:
    """The old one's checkpoints stay as evidence; there is no answer about the new one yet."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=2), "LH_DEPART")])
    order_id = api.add(tracking_number="LP00123456789012")
    world.pull()
    world.pump()
    assert "departed_origin" == api.get(order_id)["stage"]
    status, answer = api.call(
        "PATCH", f"/orders/{order_id}", {"tracking_number": "CNG00123456789012"}
    )
    assert 200 == status
    assert ("unknown", None, None) == (
        answer["stage"],
        answer["answered_at"],
        answer["silent_days"],
    )
    assert ["LP00123456789012"] == [c["tracking_number"] for c in answer["checkpoints"]]
    assert 2 == world.nudges
    world.advance(minutes=1)
    world.pull()
    world.pump()
    assert "not_found" == api.get(order_id)["stage"]
    assert "CNG00123456789012" in world.cainiao.asked[-1].numbers


def test_a_change_that_changes_nothing_writes_nothing(api: Api) -> None:
    """Nor does it call for a check."""
    order_id = api.add(tracking_number="LP00123456789012", title="x")
    before = stored(api.world)
    same = {"tracking_number": "lp-00123456789012", "title": " x ", "destination": "us"}
    assert 200 == api.call("PATCH", f"/orders/{order_id}", same)[0]
    assert before == stored(api.world)
    assert 1 == api.world.nudges


# Actions.


@pytest.mark.parametrize(
    "action", [deed.value for deed in ActionKind if deed is not ActionKind.REOPEN]
)
def test_an_action_is_taken_down_once(api: Api, action: str) -> None:
    """The same again is 200 and changes nothing."""
    order_id = api.add()
    given: dict[str, Any] = {}
    if action == "snooze":
        given = {"until": "2026-07-01"}
    elif action == "not_found_here":
        given = {"answers": {"neighbour": "2026-06-14"}}
    assert 200 == api.act(order_id, action, **given)
    before = stored(api.world)
    api.world.advance(minutes=5)
    assert 200 == api.act(order_id, action, **given)
    assert before == stored(api.world)
    (said,) = api.get(order_id)["actions"]
    assert (action, "2026-06-15T12:00:00Z") == (said["action"], said["at"])


@pytest.mark.parametrize("action", ["received", "refunded", "lost", "close"])
def test_some_actions_close_an_order_and_reopening_takes_them_back(api: Api, action: str) -> None:
    """Reopening twice is reopening once."""
    order_id = api.add()
    assert 409 == api.act(order_id, "reopen")
    assert 200 == api.act(order_id, action)
    assert "closed" == api.get(order_id)["state"]
    assert 409 == api.act(order_id, "snooze", until="2026-07-01")
    assert 200 == api.act(order_id, "reopen")
    assert 200 == api.act(order_id, "reopen")
    answer = api.get(order_id)
    assert "watching" == answer["state"]
    assert ["reopen", action] == [said["action"] for said in answer["actions"]]


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("action", {}),
        ("action", {"action": "dance"}),
        ("action", {"action": None}),
        ("until", {"action": "snooze"}),
        ("until", {"action": "snooze", "until": "2026-06-15"}),
        ("until", {"action": "snooze", "until": "2027-06-15"}),
        ("until", {"action": "received", "until": "2026-07-01"}),
        ("on", {"action": "received", "on": "2026-05-31"}),
        ("on", {"action": "received", "on": "2026-06-17"}),
        ("on", {"action": "received", "on": "yesterday"}),
        ("amount", {"action": "received", "amount": "1.00"}),
        ("amount", {"action": "refunded", "amount": "1.00"}),
        ("amount", {"action": "refunded", "amount": 1}),
        ("why", {"action": "received", "why": "x"}),
        ("answers", {"action": "not_found_here"}),
        ("answers", {"action": "not_found_here", "answers": {}}),
        ("answers", {"action": "not_found_here", "answers": {"locker": None}}),
        ("answers", {"action": "received", "answers": {"locker": "2026-06-14"}}),
        ("answers.cellar", {"action": "not_found_here", "answers": {"cellar": "2026-06-14"}}),
        ("answers.locker", {"action": "not_found_here", "answers": {"locker": "yesterday"}}),
        ("answers.locker", {"action": "not_found_here", "answers": {"locker": "2026-05-31"}}),
        ("answers.locker", {"action": "not_found_here", "answers": {"locker": "2026-06-17"}}),
    ],
)
def test_an_action_that_makes_no_sense_is_refused(
    api: Api, field: str, body: dict[str, object]
) -> None:
    """With the field, and nothing is stored."""
    order_id = api.add()
    before = stored(api.world)
    status, answer = api.call("POST", f"/orders/{order_id}/actions", body)
    assert 422 == status, answer
    assert [field] == [error["field"] for error in answer["errors"]]
    assert before == stored(api.world)


def test_a_refund_may_name_its_amount_and_day(api: Api) -> None:
    """In the order's currency."""
    order_id = api.add(price="12.50", currency="EUR")
    assert 200 == api.act(order_id, "refunded", amount="12.5", on="2026-06-10")
    (said,) = api.get(order_id)["actions"]
    assert ("12.5", "2026-06-10") == (said["amount"], said["on"])


def test_where_it_was_looked_for_adds_up(api: Api) -> None:
    """Each word is kept as it was said; what it says nothing new in is not."""
    order_id = api.add()
    for answers in (
        {"neighbour": "2026-06-13", "doorstep": "2026-06-14"},
        {"locker": "2026-06-15"},
        {"doorstep": "2026-06-14"},
    ):
        assert 200 == api.act(order_id, "not_found_here", answers=answers)
    said = api.get(order_id)["actions"]
    assert [
        {"locker": "2026-06-15"},
        {"neighbour": "2026-06-13", "doorstep": "2026-06-14"},
    ] == [word["answers"] for word in said]


def test_a_clock_has_its_date(api: Api) -> None:
    """Three days after the word about the seller, five after the dispute; none without a word."""
    order_id = api.add()
    assert api.get(order_id)["reminder_on"] is None
    api.act(order_id, "seller_contacted")
    answer = api.get(order_id)
    assert "2026-06-18" == answer["reminder_on"]
    assert "until June 18, 2026" in answer["advice"]
    api.act(order_id, "dispute_opened", on="2026-06-14")
    assert "2026-06-19" == api.get(order_id)["reminder_on"]
    api.act(order_id, "reopen")
    assert api.get(order_id)["reminder_on"] is None


def test_what_is_odd_about_a_number_is_shown(api: Api) -> None:
    """As it was seen, with the other order that has the number."""
    order_id = api.add(tracking_number="RB123456784CN", ordered_on="2026-06-14")
    other_id = api.add(order_id="other", tracking_number="RB 1234 5678 4CN")
    seen = api.get(order_id)
    assert ["check_digit", "same_number"] == [o["code"] for o in seen["observations"]]
    assert other_id in seen["observations"][1]["text"]
    assert seen["observations"][0]["text"] in seen["advice"]
    api.call("DELETE", "/orders/other")
    assert ["check_digit"] == [o["code"] for o in api.get(order_id)["observations"]]


# The money and the delivery days.


def test_the_money_is_shown_by_currency(api: Api) -> None:
    """At risk, claimed, recovered and lost, with what each order counts as."""
    world = api.world
    for n, (deed, given) in enumerate(
        [
            (None, {}),
            ("dispute_opened", {}),
            ("refunded", {"amount": "10.40", "on": "2026-06-11"}),
            ("refunded", {"on": "2026-06-06"}),
            ("lost", {}),
            ("received", {}),
        ]
    ):
        order_id = api.add(order_id=f"o{n}", price="12.50", currency="EUR")
        if deed is not None:
            assert 200 == api.act(order_id, deed, **given)
    api.add(order_id="yen", price="1500", currency="JPY")
    api.add(order_id="free")
    world.pump()
    euro, yen = api.call("GET", "/stats")[1]["money"]
    none = {"amount": "0.00", "count": 0, "average_days": None}
    one = {"amount": "12.50", "count": 1, "average_days": None}
    assert {
        "currency": "EUR",
        "at_risk": one,
        "claimed": one,
        "recovered": {"amount": "22.90", "count": 2, "average_days": 8},
        "lost": {"amount": "12.50", "count": 1, "average_days": 14},
        "unsettled": none,
    } == euro
    assert ("JPY", "1500.00", none) == (yen["currency"], yen["at_risk"]["amount"], yen["lost"])
    assert {
        "standing": "recovered",
        "amount": "10.40",
        "currency": "EUR",
        "days": 10,
    } == api.get("o2")["stake"]
    assert api.get("o5")["stake"] is None
    assert api.get("free")["stake"] is None


def test_money_that_is_forgotten_or_taken_back_is_taken_from_the_totals(api: Api) -> None:
    """However often the evaluation is woken."""
    world = api.world
    order_id = api.add(price="12.50", currency="EUR")
    api.act(order_id, "lost")
    for _ in range(2):
        world.pump()
    assert "12.50" == api.call("GET", "/stats")[1]["money"][0]["lost"]["amount"]
    api.act(order_id, "reopen")
    api.call("PATCH", f"/orders/{order_id}", {"price": "13.00"})
    world.pump()
    (euro,) = api.call("GET", "/stats")[1]["money"]
    assert (0, "13.00") == (euro["lost"]["count"], euro["at_risk"]["amount"])
    api.call("DELETE", f"/orders/{order_id}")
    world.pump()
    assert [] == api.call("GET", "/stats")[1]["money"]


def test_delivery_days_stand_beside_the_window(api: Api) -> None:
    """Of the own parcels, with how many there were."""
    world = api.world
    for n, days in enumerate((9, 12, 20)):
        number = f"LP0000000000000{n}"
        events = [
            (START - timedelta(days=days), "PU_PICKUP_SUCCESS"),
            (START - timedelta(days=days - 2), "LH_DEPART"),
            (START - timedelta(hours=1), "GTMS_SIGNED"),
        ]
        world.cainiao.put(number, events)
        ordered_on = (TODAY - timedelta(days=days + 1)).isoformat()
        api.add(order_id=f"o{n}", ordered_on=ordered_on, tracking_number=number, destination="BR")
    world.pull()
    world.pump()
    assert [
        {
            "service": "standard",
            "destination": "BR",
            "parcels": 3,
            "days": {"median": 11, "p80": 19, "p95": 19},
            "silence": {"median": 9, "p80": 17, "p95": 17},
            "window": {"low": 25, "high": 35},
        }
    ] == api.call("GET", "/stats")[1]["deliveries"]


# Forgetting.


def test_a_forgotten_order_is_gone_and_its_id_is_free(api: Api) -> None:
    """From the answer on, before anything was cleared away."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=1), "GTMS_STA_SIGNED")])
    order_id = api.add(tracking_number="LP00123456789012")
    world.pull()
    world.pump()
    assert ["action_needed"] == [message.kind for message in world.messages()]
    assert (204, None) == (api.call("DELETE", f"/orders/{order_id}")[0], None)
    assert 404 == api.call("GET", f"/orders/{order_id}")[0]
    assert 404 == api.call("DELETE", f"/orders/{order_id}")[0]
    assert 404 == api.call("PATCH", f"/orders/{order_id}", {"title": "x"})[0]
    assert [] == api.call("GET", "/orders")[1]["orders"]

    api.add(order_id=order_id, tracking_number="LP00123456789012")

    answer = api.get(order_id)
    assert ([], [], None) == (answer["alerts"], answer["checkpoints"], answer["answered_at"])
    world.pull()
    world.pump()
    assert ["action_needed"] == [message.kind for message in world.messages()]
    assert 1 == len(api.get(order_id)["alerts"])


def test_nothing_is_left_of_a_forgotten_order(api: Api) -> None:
    """Once the stream has told of it."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=1), "GTMS_STA_SIGNED")])
    order_id = api.add(tracking_number="LP00123456789012")
    world.pull()
    world.pump()
    api.call("DELETE", f"/orders/{order_id}")
    world.pump()
    assert [] == [pk for pk, _ in stored(world) if pk.startswith("ORDER#")]
    assert 0 == sum(api.call("GET", "/stats")[1]["orders"].values())


def test_an_order_that_comes_back_is_counted_once(api: Api) -> None:
    """Also where it was added again before it was cleared away."""
    world = api.world
    order_id = api.add()
    world.pump()
    api.call("DELETE", f"/orders/{order_id}")
    api.add(order_id=order_id)
    world.pump()
    assert 1 == sum(api.call("GET", "/stats")[1]["orders"].values())
    assert 1 == sum(api.call("GET", "/stats")[1]["stages"].values())


# Lists.


def fill(api: Api) -> dict[str, str]:
    """Sixty orders in all states, put into the store at once; their states by id."""
    table = Table(clients.dynamodb(), api.world.table)
    evaluation = Evaluation(DynamoEvaluationStore(table), PollSchedule(), Thresholds())
    states = {}
    for n in range(60):
        order = an_order(
            f"{n:02}",
            ordered_on=TODAY - timedelta(days=n % 20),
            actions=(Action(ActionKind.CLOSE, START),) if n % 3 == 2 else (),
        )
        code = ("LH_DEPART", "GTMS_SIGNED", "PU_PICKUP_SUCCESS")[n % 3]
        answer = an_answer(NUMBER, an_event(START - timedelta(days=1), code))
        entry = replace(NEW_ENTRY, listed=f"{order.ordered_on}#{order.order_id}")
        table.put(order_to_item(order, 1))
        record = absorb(TraceRecord(NUMBER), answer, "cainiao", START)
        table.put(trace_to_item(order.order_id, order.incarnation, record))
        table.put(entry_to_item(order.order_id, order.incarnation, entry, 1))
        evaluation.evaluate(order.order_id, START)
        states[order.order_id] = ("watching", "delivered", "closed")[n % 3]
    evaluation.write_counts()
    return states


def pages(api: Api, limit: int, **query: str) -> list[list[Any]]:
    """The pages of a list, up to its end."""
    found = []
    asked = {"limit": str(limit), **query}
    for _ in range(80):
        status, page = api.call("GET", "/orders", query=asked)
        assert 200 == status, page
        assert len(page["orders"]) <= limit
        found.append(page["orders"])
        if page["next_cursor"] is None:
            return found
        asked["cursor"] = page["next_cursor"]
    raise AssertionError("the list has no end")


def test_every_order_is_listed_once(api: Api) -> None:
    """Whatever the page's size and the filters."""
    states = fill(api)
    for limit in (7, 100):
        orders = [o for page in pages(api, limit) for o in page]
        assert sorted(states) == sorted(order["order_id"] for order in orders)
        assert states == {order["order_id"]: order["state"] for order in orders}
        listed = [(list(State).index(order["state"]), order["ordered_on"]) for order in orders]
        newest_first = sorted(listed, key=lambda pair: pair[1], reverse=True)
        assert sorted(newest_first, key=lambda pair: pair[0]) == listed
    for state in State:
        orders = [o for page in pages(api, 9, state=state.value) for o in page]
        assert {o for o, s in states.items() if s == state} == {o["order_id"] for o in orders}
        assert 20 == len(orders)
    stages = {order["order_id"]: order["stage"] for page in pages(api, 100) for order in page}
    for stage in ("departed_origin", "delivered", "accepted", "returned"):
        orders = [o for page in pages(api, 25, stage=stage) for o in page]
        assert {o for o, s in stages.items() if s == stage} == {o["order_id"] for o in orders}
    both = [o for page in pages(api, 5, state="closed", stage="accepted") for o in page]
    assert len(both) == len({order["order_id"] for order in both}) > 0
    stats = api.call("GET", "/stats")[1]
    assert {"watching": 20, "delivered": 20, "closed": 20} == stats["orders"]
    assert {"departed_origin": 20, "delivered": 20} == stats["stages"]
    assert dict.fromkeys(AlertKind, 0) == stats["alerts"]


def test_an_order_is_shown_in_a_list_as_by_itself(api: Api) -> None:
    """Also one that its alerts have closed, which a list does not read."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=70), "LH_DEPART")])
    order_id = api.add(tracking_number="LP00123456789012", ordered_on="2026-04-01")
    world.check(order_id)
    for days in (8, 8, 61):
        world.advance(days=days)
        world.check(order_id)
    alone = api.get(order_id)
    assert "closed" == alone["state"]
    (listed,) = [o for page in pages(api, 10) for o in page]
    assert {name: alone[name] for name in listed} == listed


def cursor_of(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "e30=",
        cursor_of(),
        cursor_of("watching"),
        cursor_of("watching", None),
        cursor_of("watching", 7),
        cursor_of("dancing", "x"),
        cursor_of(["watching"], "x"),
        cursor_of("watching", "x", "y"),
        base64.urlsafe_b64encode(b"\xff\xff").decode(),
        base64.urlsafe_b64encode(b"[" * 200).decode(),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_400(api: Api, cursor: str) -> None:
    """Never another page, and never an error of ours."""
    api.add()
    status, answer = api.call("GET", "/orders", query={"cursor": cursor})
    assert 400 == status, answer


@pytest.mark.parametrize(
    "listed", ["", "x", "2026-06-01", "2026-06-01#nobody", "#", "\u0000", "2026-06-01#" + "x" * 100]
)
def test_a_cursor_that_points_nowhere_goes_on_behind_it(api: Api, listed: str) -> None:
    """An order may have been forgotten since."""
    api.add()
    status, answer = api.call("GET", "/orders", query={"cursor": cursor_of("watching", listed)})
    assert status in {200, 400}, answer


def test_a_cursor_goes_with_its_list(api: Api) -> None:
    """Not with another state's."""
    for _ in range(3):
        api.add()
    _, page = api.call("GET", "/orders", query={"limit": "1", "state": "watching"})
    query = {"cursor": page["next_cursor"], "state": "closed"}
    assert 400 == api.call("GET", "/orders", query=query)[0]


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("limit", {"limit": "0"}),
        ("limit", {"limit": "101"}),
        ("limit", {"limit": "ten"}),
        ("limit", {"limit": ""}),
        ("state", {"state": "dancing"}),
        ("state", {"state": ""}),
        ("stage", {"stage": "nowhere"}),
        ("cursor", {"cursor": "x" * 301}),
    ],
)
def test_a_list_that_cannot_be_is_refused(api: Api, field: str, query: dict[str, str]) -> None:
    """With the parameter's name."""
    status, answer = api.call("GET", "/orders", query=query)
    assert (422, [field]) == (status, [error["field"] for error in answer["errors"]])


# What a check brings.


def test_a_checked_order_says_what_is_known_of_it(api: Api) -> None:
    """Newest first, each day counted to the last answer."""
    world = api.world
    world.cainiao.put(
        "LP00123456789012",
        [
            (START - timedelta(days=9, hours=1), "PU_PICKUP_SUCCESS"),
            (START - timedelta(days=4, hours=1), "LH_DEPART", "[Dongguan] Departed"),
        ],
        carrier="Die Post",
        carrier_url="https://post.example/",
    )
    order_id = api.add(tracking_number="LP00123456789012")
    world.check(order_id)
    answer = api.get(order_id)
    assert [
        ("LH_DEPART", "Dongguan", "Departed"),
        ("PU_PICKUP_SUCCESS", None, "Received by logistics company"),
    ] == [(c["code"], c["place"], c["text"]) for c in answer["checkpoints"]]
    assert answer["checkpoints"][0] == answer["last_checkpoint"]
    assert ("departed_origin", 4, 9) == (
        answer["stage"],
        answer["silent_days"],
        answer["days_in_transit"],
    )
    assert "2026-06-15T12:00:00Z" == answer["answered_at"] == answer["checked_at"]
    assert ("2026-07-02", "2026-08-10") == (answer["late_on"], answer["claim_opens_on"])
    assert date.fromisoformat(answer["late_on"]) > TODAY
    assert answer["next_check_at"] > "2026-06-15T12:00:00Z"


def test_the_health_of_the_source_is_shown(api: Api) -> None:
    """Since when it is down, and when it is tried again."""
    assert [
        {
            "name": "cainiao",
            "verdict": "ok",
            "down_since": None,
            "next_try_at": None,
            "credits": None,
        }
    ] == (api.call("GET", "/stats")[1]["sources"])
    api.add(tracking_number="LP00123456789012")
    api.world.cainiao.be("block_page")
    api.world.pull()
    (source,) = api.call("GET", "/stats")[1]["sources"]
    assert ("blocked", "2026-06-15T12:00:00Z", "2026-06-15T12:30:00Z") == (
        source["verdict"],
        source["down_since"],
        source["next_try_at"],
    )


# Others at the same time.


def be_in_the_way(times: int) -> Callable[[], None]:
    """Have the table refuse the next transactions, as where another one is at the same item."""
    left = [*range(times)]

    def refuse(**_: object) -> Any:
        if not left:
            return None
        left.pop()
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]
        error = {"Code": "TransactionCanceledException", "Message": "in the way"}
        return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}

    events = clients.dynamodb().meta.events
    events.register("before-call.dynamodb.TransactWriteItems", refuse)
    return lambda: events.unregister("before-call.dynamodb.TransactWriteItems", refuse)


@pytest.fixture
def busy() -> Iterator[Callable[[int], None]]:
    """Makes the table busy for some transactions."""
    undo: list[Callable[[], None]] = []
    yield lambda times: undo.append(be_in_the_way(times))
    for step in undo:
        step()


def test_a_request_outlasts_another_write(api: Api, busy: Callable[[int], None]) -> None:
    """The evaluation, or another request, was at the same order."""
    busy(2)
    order_id = api.add()
    busy(2)
    assert 200 == api.call("PATCH", f"/orders/{order_id}", {"title": "x"})[0]
    busy(2)
    assert 200 == api.act(order_id, "close")
    busy(2)
    assert 204 == api.call("DELETE", f"/orders/{order_id}")[0]
    assert 404 == api.call("GET", f"/orders/{order_id}")[0]


# The documentation and the page.


def test_the_documentation_is_made_of_the_code() -> None:
    """The file that is served is what `python -m stallwatch.api.openapi` writes."""
    served = (ROOT / "shared" / "stallwatch" / "web" / "openapi.json").read_text("utf-8")
    assert openapi() == served


def test_every_answer_of_the_documentation_has_a_schema_that_can_be_read() -> None:
    """And every route but the open ones needs the key."""
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    schema = {**content["schema"], "components": DOCUMENT["components"]}
                    OAS31Validator.check_schema(schema)
            refusals = {"429"} if operation.get("security") == [] else {"403", "429"}
            assert refusals <= set(operation["responses"])
    is_open = DOCUMENT["paths"]["/claims/{token}"]["get"]
    assert "403" not in is_open["responses"]
    assert [[]] == [
        operation["security"]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        if "security" in operation
    ]
    assert [{"key": []}] == DOCUMENT["security"]
    assert {"stage", "state", "limit", "cursor"} == {
        parameter["name"] for parameter in DOCUMENT["paths"]["/orders"]["get"]["parameters"]
    }
    assert set(Stage) == set(DOCUMENT["components"]["schemas"]["Stage"]["enum"])


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/docs", "text/html"), ("/openapi.json", "application/json")],
)
def test_the_pages_are_served(api: Api, path: str, kind: str) -> None:
    """To everyone, by type."""
    event = {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {},
        "multiValueHeaders": {},
        "requestContext": {"resourcePath": path, "httpMethod": "GET", "stage": "live"},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = api.world.handlers["orders_api"].handler(event, Context())
    assert 200 == answer["statusCode"]
    assert answer["multiValueHeaders"]["Content-Type"][0].startswith(kind)
