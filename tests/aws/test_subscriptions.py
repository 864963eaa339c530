"""Who is told, and of what: subscribers by mail and SMS."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stallwatch.domain.alerts import AlertKind
from tests.aws import moto
from tests.aws.api.client import check_documented
from tests.aws.moto_stack import World, world_at

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
MAIL = "buyer@example.org"
PHONE = "+4915112345678"


# Through the API.


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def world(shared: World) -> World:
    """A stack to which nobody is subscribed but its inbox."""
    shared.empty()
    return shared


def call(world: World, method: str, path: str, body: object = None) -> tuple[int, Any]:
    status, answer = world.call(method, path, body)
    check_documented(method, path, status, answer)
    return status, answer


def subscribe(world: World, protocol: str, endpoint: str, *kinds: str) -> tuple[int, Any]:
    body: dict[str, Any] = {"protocol": protocol, "endpoint": endpoint}
    if kinds:
        body["kinds"] = list(kinds)
    return call(world, "POST", "/subscriptions", body)


def policy(world: World, endpoint: str, topic: str | None = None) -> Any:
    """The filter policy of a subscriber as a topic has it."""
    sns = moto.client("sns")
    found = sns.list_subscriptions_by_topic(TopicArn=topic or world.topic)["Subscriptions"]
    for one in found:
        if one["Endpoint"] == endpoint:
            attributes = sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])
            return json.loads(attributes["Attributes"].get("FilterPolicy") or "{}")
    raise AssertionError(f"{endpoint} is not subscribed")


def test_a_subscriber_is_added_listed_and_removed(world: World) -> None:
    """With an id of our own."""
    assert [] == call(world, "GET", "/subscriptions")[1]["subscriptions"]
    status, mail = subscribe(world, "email", MAIL)
    assert (201, "email", MAIL, None) == (status, mail["protocol"], mail["endpoint"], mail["kinds"])
    status, phone = subscribe(world, "sms", "+49 (151) 1234-5678", "refund_claim")
    assert (201, PHONE, ["refund_claim"]) == (status, phone["endpoint"], phone["kinds"])
    listed = call(world, "GET", "/subscriptions")[1]["subscriptions"]
    assert {mail["id"], phone["id"]} == {one["id"] for one in listed}
    assert 204 == call(world, "DELETE", f"/subscriptions/{mail['id']}")[0]
    assert 404 == call(world, "DELETE", f"/subscriptions/{mail['id']}")[0]
    assert [phone["id"]] == [
        one["id"] for one in call(world, "GET", "/subscriptions")[1]["subscriptions"]
    ]


def test_the_same_subscriber_again_is_changed(world: World) -> None:
    """Never there twice, however the address is spelled."""
    _, first = subscribe(world, "email", MAIL)
    for kinds in (("late", "stalled"), ("stalled",), ()):
        status, again = subscribe(world, "email", MAIL, *kinds)
        assert (200, first["id"], list(kinds) or None) == (status, again["id"], again["kinds"])
        assert ({"alert": list(kinds)} if kinds else {}) == policy(world, MAIL)
        assert 1 == len(call(world, "GET", "/subscriptions")[1]["subscriptions"])
    assert 200 == subscribe(world, "email", MAIL)[0]


def test_a_filter_policy_lets_through_what_is_wanted(world: World) -> None:
    """The policy that a subscriber gets, tried on a queue that can be read."""
    subscribe(world, "email", MAIL, "delivered", "refund_claim")
    sns = moto.client("sns")
    (inbox,) = (
        one
        for one in sns.list_subscriptions_by_topic(TopicArn=world.topic)["Subscriptions"]
        if one["Protocol"] == "sqs"
    )

    def filter_by(filter_policy: object) -> None:
        sns.set_subscription_attributes(
            SubscriptionArn=inbox["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue=json.dumps(filter_policy),
        )

    filter_by(policy(world, MAIL))
    for n, code in enumerate(("GTMS_SIGNED", "GTMS_STA_SIGNED", "RT_INBOUND")):
        number = f"LP{n:014}"
        world.cainiao.put(number, [(START - timedelta(days=1), code)])
        body = {"order_id": f"{n}", "ordered_on": "2026-06-01", "tracking_number": number}
        assert 201 == world.call("POST", "/orders", body)[0]
    world.pull()
    world.pump()
    assert ["delivered", "refund_claim"] == sorted(m.kind for m in world.messages())
    filter_by({})


def test_a_test_message_goes_to_all(world: World) -> None:
    """Through both topics, with a link to the page as the client reaches it, once a minute."""
    call(world, "POST", "/subscriptions", {"protocol": "sms", "endpoint": PHONE, "language": "de"})
    assert (202, {"messages": 2}) == call(world, "POST", "/subscriptions/test")
    (message,) = world.messages()
    assert ("test", "info", [], True) == (
        message.kind,
        message.body["severity"],
        message.body["orders"],
        message.body["id"].startswith("test-"),
    )
    assert "Stallwatch: Test message" == message.subject
    kinds = json.loads(message.attributes["alert"])
    assert {kind.value for kind in AlertKind} == set(kinds)
    again_at = world.now + timedelta(minutes=1)
    world.advance(seconds=59)
    status, refusal = call(world, "POST", "/subscriptions/test")
    assert (429, True) == (status, f"{again_at:%H:%M:%S} UTC" in refusal["message"])
    assert [] == world.messages()
    world.advance(seconds=1)
    assert 202 == call(world, "POST", "/subscriptions/test")[0]
    assert 1 == len(world.messages())


def test_no_address_stands_in_the_table(world: World) -> None:
    """SNS alone knows it; what is kept is an id that does not tell it."""
    subscribe(world, "email", MAIL, "late")
    subscribe(world, "sms", PHONE)
    items = moto.client("dynamodb").scan(TableName=world.table)["Items"]
    kept = [item for item in items if item["sk"]["S"].startswith("SUBSCRIPTION#")]
    assert 2 == len(kept)
    for secret in (MAIL, "example.org", PHONE, PHONE[3:]):
        assert secret not in json.dumps(items, default=str)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("protocol", {"endpoint": MAIL}),
        ("protocol", {"protocol": "sqs", "endpoint": "arn:aws:sqs:x"}),
        ("protocol", {"protocol": "https", "endpoint": "https://example.org"}),
        ("endpoint", {"protocol": "email"}),
        ("endpoint", {"protocol": "email", "endpoint": "nobody"}),
        ("endpoint", {"protocol": "email", "endpoint": PHONE}),
        ("endpoint", {"protocol": "sms", "endpoint": MAIL}),
        ("endpoint", {"protocol": "sms", "endpoint": "0151"}),
        ("endpoint", {"protocol": "email", "endpoint": "x" * 321}),
        ("endpoint", {"protocol": "email", "endpoint": 7}),
        ("kinds", {"protocol": "email", "endpoint": MAIL, "kinds": []}),
        ("kinds.0", {"protocol": "email", "endpoint": MAIL, "kinds": ["dance"]}),
        ("kinds", {"protocol": "email", "endpoint": MAIL, "kinds": "late"}),
        ("name", {"protocol": "email", "endpoint": MAIL, "name": "x"}),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, field: str, body: object) -> None:
    """With the field; nobody is subscribed."""
    status, answer = call(world, "POST", "/subscriptions", body)
    assert 422 == status, answer
    assert [field] == [error["field"] for error in answer["errors"]]
    assert [] == call(world, "GET", "/subscriptions")[1]["subscriptions"]


@pytest.mark.parametrize("subscription_id", ["x", "0" * 15, "0" * 17, "g" * 16, "0123456789ABCDEF"])
def test_an_id_that_cannot_be_is_refused(world: World, subscription_id: str) -> None:
    """They are sixteen hexadecimal digits."""
    assert call(world, "DELETE", f"/subscriptions/{subscription_id}")[0] in {404, 422}


def test_a_language_is_kept_and_shown(world: World) -> None:
    """By the topic's policy too, and an unknown one is refused."""
    body = {"protocol": "sms", "endpoint": PHONE, "language": "de", "kinds": ["late"]}
    status, added = call(world, "POST", "/subscriptions", body)
    assert (201, "de") == (status, added["language"])
    listed = call(world, "GET", "/subscriptions")[1]["subscriptions"]
    assert ["de"] == [one["language"] for one in listed]
    expected = {"alert": ["late"], "language": ["de"]}
    assert expected == policy(world, PHONE, world.translated_topic)
    status, refusal = call(world, "POST", "/subscriptions", {**body, "language": "tlh"})
    assert (422, ["language"]) == (status, [error["field"] for error in refusal["errors"]])
