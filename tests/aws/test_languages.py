"""One stack, several languages: each subscriber reads one, and machines get each message once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stallwatch.alerting.subscribers import Preference
from stallwatch.dynamodb.outbox import DynamoOutbox
from stallwatch.dynamodb.subscribers import DynamoSubscriberStore
from stallwatch.dynamodb.table import Table
from tests.aws import moto
from tests.aws.moto_stack import World, world_at

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NUMBER = "LP00000000000001"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        yield built


def inbox(topic: str) -> str:
    """A queue that gets what a topic gets, in the words for people."""
    queue: str = moto.client("sqs").create_queue(QueueName="translated")["QueueUrl"]
    moto.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=moto.arn_of(queue))
    return queue


def subjects(queue: str) -> list[str]:
    sqs = moto.client("sqs")
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return sorted(json.loads(message["Body"])["Subject"] for message in found)


def add_stalled(world: World, **fields: object) -> None:
    """An order that is stalled at its first evaluation."""
    scans = [(world.now - 26 * DAY, "PU_PICKUP_SUCCESS"), (world.now - 18 * DAY, "LH_DEPART")]
    world.cainiao.put(NUMBER, scans)
    body = {"order_id": "a", "ordered_on": "2026-05-18", "tracking_number": NUMBER, **fields}
    assert 201 == world.call("POST", "/orders", {**body, "destination": "DE"})[0]
    world.pull()
    world.pump()


def test_a_message_goes_to_each_language_once(world: World) -> None:
    """The stack's to everybody, the others to those who asked for them."""
    for endpoint, language in (("+4915100000001", "de"), ("+4915100000002", "en")):
        body = {"protocol": "sms", "endpoint": endpoint, "language": language}
        assert 201 == world.call("POST", "/subscriptions", body)[0]
    queue = inbox(world.translated_topic)
    add_stalled(world)
    assert ["Stalled: order a"] == [message.subject for message in world.messages()]
    (translated,) = subjects(queue)
    assert "Stalled: order a" != translated
    assert "a" == translated.rsplit(maxsplit=1)[1]


def test_the_languages_are_those_of_who_is_still_wanted(world: World) -> None:
    """Once each, whoever asked for them."""
    table = Table(moto.client("dynamodb"), world.table)
    preferences = DynamoSubscriberStore(table)
    assert () == DynamoOutbox(table).languages()
    for name, language, forgotten in (
        ("1", "fr", False),
        ("2", "de", False),
        ("3", "de", False),
        ("4", None, False),
        ("5", "pl", True),
    ):
        preferences.keep(name, Preference(None, None, language, forgotten), START)
    assert ("de", "fr") == DynamoOutbox(table).languages()
    assert ["fr", "de", "de", None, "pl"] == [
        preference.language for _, preference in sorted(preferences.preferences().items())
    ]


def test_drafts_are_in_the_order_s_language_or_in_another(world: World) -> None:
    """Chinese is for the seller."""
    add_stalled(world, language="de")
    expectations: list[tuple[dict[str, str], str, int]] = [
        ({}, "Guten Tag", 2),
        ({"language": "fr"}, "Bonjour", 2),
        ({"language": "zh"}, "您好", 1),
    ]
    for query, greeting, count in expectations:
        status, answer = world.call("GET", "/orders/a/drafts", query=query)
        assert 200 == status
        found: Any = answer["drafts"]
        assert count == len(found)
        assert found[0]["text"].startswith(greeting)
    assert 404 == world.call("GET", "/orders/b/drafts")[0]
    assert 422 == world.call("GET", "/orders/a/drafts", query={"language": "xx"})[0]
