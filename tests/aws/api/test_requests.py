"""Requests that no route can take: unreadable, too large, not JSON, or for what is not there."""

import json

import pytest

from tests.aws.api.client import ORDER, Api, sent_as_bytes, stored
from tests.aws.moto_stack import PAGE_URL, Context


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
        "application/jsonx",
        "application/x-www-form-urlencoded",
        "Multipart/Form-Data; boundary=x",
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/orders/x/actions", "/subscriptions"])
def test_what_is_not_sent_as_json_is_refused(api: Api, path: str, kind: str) -> None:
    """415, whatever is in it."""
    status, answer = sent_as_bytes(api, "POST", path, b'{"a": 1}', headers={"Content-Type": kind})
    assert 415 == status, answer


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", " Application/JSON ;charset=x"]
)
def test_json_may_name_its_characters(api: Api, kind: str) -> None:
    """As many clients do, in letters of any case."""
    body = b'{"order_id": "x", "ordered_on": "2026-06-01"}'
    assert 201 == sent_as_bytes(api, "POST", "/orders", body, headers={"Content-Type": kind})[0]


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


def test_a_number_of_5000_digits_is_unreadable(api: Api) -> None:
    """Python's reader of JSON raises another error there than for what is no JSON."""
    for path in ("/orders", "/orders/x/actions", "/subscriptions"):
        status, answer = api.call("POST", path, f'{{"order_id": {"9" * 5000}}}')
        assert (400, "The body is not readable JSON.") == (status, answer["message"])


@pytest.mark.parametrize("size", [65534, 65535, 65536])
def test_a_body_of_just_64_kib_is_read(api: Api, size: int) -> None:
    """Its base64 has more characters, and up to two of them are no content."""
    body = json.dumps({"order_id": "x", "ordered_on": "2026-06-01"}).ljust(size).encode()
    assert size == len(body)
    assert 201 == sent_as_bytes(api, "POST", "/orders", body)[0]
    assert 413 == sent_as_bytes(api, "POST", "/orders", body.ljust(65537))[0]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("protectoin_ends_on", "protection_ends_on"),
        ("Title", "title"),
        ("tracking", "tracking_number"),
        ("hue", None),
    ],
)
def test_a_misspelt_field_is_recognized(api: Api, sent: str, meant: str | None) -> None:
    """Besides all else that is wrong."""
    body = {"order_id": "x", sent: "2026-08-15", "price": 5}
    status, answer = api.call("POST", "/orders", body)
    reasons = {error["field"]: error["reason"] for error in answer["errors"]}
    assert (422, {"ordered_on", sent, "price"}) == (status, set(reasons))
    hint = f" Did you mean {meant}?" if meant else ""
    assert f"There is no such field.{hint}" == reasons[sent]
    assert "Field required" == reasons["ordered_on"]
    assert 'must be a decimal number in quotes, like "12.50"' == reasons["price"]


@pytest.mark.parametrize(
    ("method", "path", "missing"),
    [
        ("GET", "/orders/nobody", "There is no order nobody."),
        ("GET", "/orders/nobody/claim", "There is no order nobody."),
        ("GET", "/claims/abc", "There is no such link, or it was revoked or has ended."),
        ("DELETE", "/subscriptions/0123456789abcdef", "There is no such subscriber."),
        ("GET", "/nowhere", "There is no route GET /nowhere."),
    ],
)
def test_what_is_missing_is_named(api: Api, method: str, path: str, missing: str) -> None:
    """So that whoever mistyped an id knows which."""
    assert (404, {"message": missing}) == api.call(method, path)


def test_a_missing_link_is_told_from_a_missing_order(api: Api) -> None:
    """Both stand in its address."""
    path = f"/orders/{api.add()}/claim/links/0123456789abcdef"
    status, answer = api.call("DELETE", path)
    assert 404 == status
    assert "There is no order with such a link" in answer["message"]


def test_an_answer_without_content_has_an_empty_text_as_its_body(api: Api) -> None:
    """The gateway documents a text; null breaks an emulator, and AWS takes both."""
    order_id = api.add()
    event = {
        "resource": "/orders/{order_id}",
        "path": f"/orders/{order_id}",
        "httpMethod": "DELETE",
        "headers": {},
        "multiValueHeaders": {},
        "requestContext": {"resourcePath": "/orders/{order_id}", "stage": "live"},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = api.world.handlers["orders_api"].handler(event, Context())
    assert {"statusCode": 204, "body": "", "isBase64Encoded": False} == {
        name: answer[name] for name in ("statusCode", "body", "isBase64Encoded")
    }


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/orders/orders/o-1", "/orders/{order_id}"),
        ("/orders/o-1", "/orders/{order_id}"),
        ("/orders/docs", "/docs"),
        ("/orders", "/"),
        ("/orders/", "/"),
    ],
)
def test_a_domain_may_have_a_base_path(api: Api, path: str, resource: str) -> None:
    """It stands in the path of each event, and may even be named like a route."""
    api.add(order_id="o-1")
    api.world.deploy({"PublicUrl": "https://example.org/orders/"}, {})
    event = {
        "resource": resource,
        "path": path,
        "httpMethod": "GET",
        "headers": {},
        "multiValueHeaders": {},
        "requestContext": {"resourcePath": resource, "stage": "live"},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = api.world.handlers["orders_api"].handler(event, Context())
    api.world.deploy({"PublicUrl": PAGE_URL}, {})
    assert 200 == answer["statusCode"], answer["body"]


def test_a_refusal_is_worded_in_the_language_asked_for(api: Api) -> None:
    """What is wrong as a whole, and each field's reason; in English as the code has it."""
    sent = {"protocol": "sms", "endpoint": "+49"}
    german = api.world.call("POST", "/subscriptions", sent, headers={"accept-language": "de"})[1]
    plain = api.world.call("POST", "/subscriptions", sent)[1]

    assert "Einige Felder stimmen nicht." == german["message"]
    assert german["errors"][0]["reason"].startswith("Geben Sie eine Telefonnummer")
    assert "must be a phone number like +4915112345678" == plain["errors"][0]["reason"]


def test_a_refusal_of_any_route_is_worded_too(api: Api) -> None:
    """What is refused before it reaches a route, and the rows of an import."""
    german = {"accept-language": "de-AT, en;q=0.5"}
    assert (
        "Diese Seite der Liste"
        in api.world.call("GET", "/orders", query={"cursor": "x"}, headers=german)[1]["message"]
    )
    assert (
        "Die Seite und der Dienst"
        in api.world.call("POST", "/orders", "{", headers=german)[1]["message"]
    )
    orders = [{"order_id": "1", "ordered_on": "2031-01-01"}]
    report = api.world.call("POST", "/orders/import", orders, headers=german)[1]
    assert "Das Bestelldatum liegt in der Zukunft. Stimmt das Jahr?" == report["rows"][0]["reason"]
