"""The alerts' topic: what becomes of a message, by what SNS says of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from stallwatch.alerting.ports import Outcome
from stallwatch.aws import clients
from stallwatch.aws.clients import Connections
from stallwatch.aws.sns import TopicSubscribers
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef, Notification
from stallwatch.domain.errors import UnacceptableError
from tests.support.builders import NOON, an_order
from tests.support.publishing import sns_notifier

ARN = "arn:aws:sns:eu-central-1:000000000000:alerts"
TRANSLATED_ARN = f"{ARN}-translated"
SUBSCRIPTION = f"{ARN}:11111111-2222-3333-4444-555555555555"
ACCEPTED = (
    200,
    "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
)


@dataclass
class _Body:
    text: str

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.text.encode()


@dataclass
class Wire:
    """What stands between the client and SNS: it answers as told, and counts."""

    answers: Callable[[], tuple[int, str]]
    sent: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: Any, **_: object) -> AWSResponse:
        self.sent.append(
            dict(
                parse_qsl(
                    request.body.decode() if isinstance(request.body, bytes) else request.body
                )
            )
        )
        status, text = self.answers()
        return AWSResponse(request.url, status, HTTPHeaders(), _Body(text))


@pytest.fixture(scope="module")
def _own_session() -> Iterator[None]:
    """What a session reads from its files is read once."""
    clients._session.cache_clear()  # noqa: SLF001
    yield
    clients._session.cache_clear()  # noqa: SLF001


@pytest.fixture
def environment(_own_session: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for made_once in (clients.sns, clients.sns_once):
        made_once.cache_clear()
    yield
    for made_once in (clients.sns, clients.sns_once):
        made_once.cache_clear()


def notification() -> Notification:
    alert = Alert(
        AlertKind.DELIVERED, NOON, facts={"last_update": "2026-06-15", "delivered_on": "2026-06-15"}
    )
    return Notification(
        "b-1",
        AlertKind.DELIVERED,
        NOON,
        ((AlertRef("x", "k", AlertKind.DELIVERED, NOON), alert, an_order(title="Größe")),),
    )


def publish(
    answers: Callable[[], tuple[int, str]], language: str | None = None
) -> tuple[Outcome, list[dict[str, str]]]:
    """What becomes of a message, and what went over the wire."""
    wire: Any = Wire(answers)
    client = clients.sns_once()
    client.meta.events.register("before-send.sns", wire)
    topic = sns_notifier(client, ARN, TRANSLATED_ARN, "https://stallwatch.example/", "en")
    return topic.publish(notification(), language), wire.sent


def refusal(status: int, code: str) -> tuple[int, str]:
    return (
        status,
        f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>",
    )


def failing(error: Exception) -> Callable[[], tuple[int, str]]:
    def fail() -> tuple[int, str]:
        raise error

    return fail


URL = "https://sns.example/"


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (lambda: ACCEPTED, Outcome.SENT),
        (lambda: refusal(400, "InvalidParameter"), Outcome.REFUSED),
        (lambda: refusal(400, "InvalidParameterValue"), Outcome.REFUSED),
        (lambda: refusal(400, "ValidationException"), Outcome.REFUSED),
        (lambda: refusal(400, "Throttling"), Outcome.NOT_NOW),
        (lambda: refusal(429, "TooManyRequestsException"), Outcome.NOT_NOW),
        (lambda: refusal(403, "AuthorizationError"), Outcome.NOT_NOW),
        (lambda: refusal(403, "ExpiredToken"), Outcome.NOT_NOW),
        (lambda: refusal(404, "NotFound"), Outcome.NOT_NOW),
        (lambda: refusal(500, "InternalError"), Outcome.UNKNOWN),
        (lambda: refusal(503, "ServiceUnavailable"), Outcome.UNKNOWN),
        (lambda: (502, "<html>bad gateway</html>"), Outcome.UNKNOWN),
        (failing(ReadTimeoutError(endpoint_url=URL)), Outcome.UNKNOWN),
        (failing(ConnectTimeoutError(endpoint_url=URL)), Outcome.NOT_NOW),
        (failing(EndpointConnectionError(endpoint_url=URL)), Outcome.NOT_NOW),
        (failing(ConnectionClosedError(endpoint_url=URL)), Outcome.UNKNOWN),
    ],
)
def test_a_message_is_sent_once_whatever_comes_of_it(
    answers: Callable[[], tuple[int, str]], outcome: Outcome
) -> None:
    """Where a connection came about and no answer, it may have gone out or not."""
    became, sent = publish(answers)
    assert outcome is became
    assert 1 == len(sent)


@pytest.mark.usefixtures("environment")
def test_a_message_has_a_form_for_each_subscriber() -> None:
    """With the attributes that filter policies go by."""
    _, (sent,) = publish(lambda: ACCEPTED)
    assert (ARN, "json") == (sent["TopicArn"], sent["MessageStructure"])
    assert "Delivered: Grosse" == sent["Subject"]
    forms = json.loads(sent["Message"])
    assert {"default", "email", "sms"} == set(forms)
    assert "Größe" in forms["email"]
    assert "b-1" == json.loads(forms["default"])["id"]
    entries = {
        sent[f"MessageAttributes.entry.{n}.Name"]: sent[
            f"MessageAttributes.entry.{n}.Value.StringValue"
        ]
        for n in (1, 2)
    }
    assert {"alert": "delivered", "severity": "info"} == entries
    assert not any("entry.3" in name for name in sent)


@pytest.fixture
def topic(environment: None) -> Iterator[tuple[TopicSubscribers, Stubber]]:  # noqa: ARG001
    client = clients.sns()
    with Stubber(client) as stubber:
        yield TopicSubscribers(client, ARN, TRANSLATED_ARN), stubber
        stubber.assert_no_pending_responses()


Listed = tuple[TopicSubscribers, Stubber]


def test_subscribers_are_those_by_mail_and_sms(topic: Listed) -> None:
    """On every page; one that is not confirmed has no ARN yet."""
    subscribers, stubber = topic
    pages: list[list[dict[str, str]]] = [
        [
            {"Protocol": "email", "Endpoint": "a@example.org", "SubscriptionArn": SUBSCRIPTION},
            {"Protocol": "sqs", "Endpoint": "arn:aws:sqs:x", "SubscriptionArn": SUBSCRIPTION},
        ],
        [
            {
                "Protocol": "sms",
                "Endpoint": "+4915112345678",
                "SubscriptionArn": "PendingConfirmation",
            }
        ],
    ]
    stubber.add_response(
        "list_subscriptions_by_topic",
        {"Subscriptions": pages[0], "NextToken": "t"},
        {"TopicArn": ARN},
    )
    stubber.add_response(
        "list_subscriptions_by_topic",
        {"Subscriptions": pages[1]},
        {"TopicArn": ARN, "NextToken": "t"},
    )
    german = {"Protocol": "email", "Endpoint": "b@example.org", "SubscriptionArn": SUBSCRIPTION}
    stubber.add_response(
        "list_subscriptions_by_topic", {"Subscriptions": [german]}, {"TopicArn": TRANSLATED_ARN}
    )
    first, second, third = subscribers.all()
    assert [False, False, True] == [one.translated for one in (first, second, third)]
    assert ("email", "a@example.org", SUBSCRIPTION) == (first.protocol, first.endpoint, first.arn)
    assert ("sms", "+4915112345678", None) == (second.protocol, second.endpoint, second.arn)


@pytest.mark.parametrize(
    ("policy", "kinds"),
    [
        (None, None),
        ("{}", None),
        ('{"severity": ["claim"]}', None),
        ('{"alert": ["late", "stalled"]}', (AlertKind.LATE, AlertKind.STALLED)),
        ('{"alert": ["late", "no such kind"]}', (AlertKind.LATE,)),
        ('{"alert": [{"anything-but": ["late"]}, "stalled"]}', (AlertKind.STALLED,)),
    ],
)
def test_what_a_subscriber_wants_follows_from_the_filter_policy(
    topic: Listed, policy: str | None, kinds: tuple[AlertKind, ...] | None
) -> None:
    """Also from one that was written by hand."""
    subscribers, stubber = topic
    attributes = {} if policy is None else {"FilterPolicy": policy}
    stubber.add_response(
        "get_subscription_attributes", {"Attributes": attributes}, {"SubscriptionArn": SUBSCRIPTION}
    )
    assert kinds == subscribers.kinds(SUBSCRIPTION)


@pytest.mark.parametrize(
    ("kinds", "attributes"),
    [
        (None, {}),
        ((AlertKind.LATE, AlertKind.STALLED), {"FilterPolicy": '{"alert": ["late", "stalled"]}'}),
    ],
)
def test_a_subscriber_is_added_with_what_it_wants(
    topic: Listed, kinds: tuple[AlertKind, ...] | None, attributes: dict[str, str]
) -> None:
    """The ARN comes at once, confirmed or not."""
    subscribers, stubber = topic
    stubber.add_response(
        "subscribe",
        {"SubscriptionArn": SUBSCRIPTION},
        {
            "TopicArn": ARN,
            "Protocol": "email",
            "Endpoint": "a@example.org",
            "Attributes": attributes,
            "ReturnSubscriptionArn": True,
        },
    )
    assert SUBSCRIPTION == subscribers.add("email", "a@example.org", kinds, None)


def test_an_address_that_sns_refuses_is_not_acceptable(topic: Listed) -> None:
    """The caller is told which field it was."""
    subscribers, stubber = topic
    stubber.add_client_error("subscribe", "InvalidParameter", http_status_code=400)
    with pytest.raises(UnacceptableError) as refused:
        subscribers.add("sms", "+4915112345678", None, None)
    assert {"endpoint"} == set(refused.value.reasons)


@pytest.mark.parametrize(
    ("kinds", "language", "policy"),
    [
        (None, None, "{}"),
        ((AlertKind.LATE,), None, '{"alert": ["late"]}'),
        ((AlertKind.LATE,), "de", '{"alert": ["late"], "language": ["de"]}'),
    ],
)
def test_what_a_subscriber_wants_can_change(
    topic: Listed, kinds: tuple[AlertKind, ...] | None, language: str | None, policy: str
) -> None:
    """An empty policy lets everything through."""
    subscribers, stubber = topic
    stubber.add_response(
        "set_subscription_attributes",
        {},
        {
            "SubscriptionArn": SUBSCRIPTION,
            "AttributeName": "FilterPolicy",
            "AttributeValue": policy,
        },
    )
    subscribers.change(SUBSCRIPTION, kinds, language)


def test_a_subscriber_can_leave(topic: Listed) -> None:
    """By its ARN."""
    subscribers, stubber = topic
    stubber.add_response("unsubscribe", {}, {"SubscriptionArn": SUBSCRIPTION})
    subscribers.remove(SUBSCRIPTION)


@pytest.mark.usefixtures("environment")
def test_another_language_has_a_topic_of_its_own() -> None:
    """Machines, and people who want the stack's language, get no message twice."""
    _, (plain,) = publish(lambda: ACCEPTED)
    _, (translated,) = publish(lambda: ACCEPTED, "en")
    assert [ARN, TRANSLATED_ARN] == [plain["TopicArn"], translated["TopicArn"]]
    told = {name: value for name, value in translated.items() if name not in plain}
    assert {"language", "String", "en"} == set(told.values())


@dataclass
class _Pool:
    """A client that counts how often its connections are dropped."""

    closed: int = 0

    def close(self) -> None:
        self.closed += 1


def test_connections_that_lay_idle_are_dropped_before_a_sending() -> None:
    """A frozen function's are dead when it wakes, and a publish over them ends nobody knows how."""
    clock = iter([1000.0, 1010.0, 1040.0, 1071.0, 1000.0])
    connections = Connections(now=lambda: next(clock))
    pool = _Pool()
    dropped = []
    for _ in range(5):
        connections.refresh(pool)
        dropped.append(pool.closed)
    assert [1, 1, 1, 2, 3] == dropped


@pytest.mark.parametrize(
    ("policy", "kinds"),
    [
        ({}, None),
        ({"FilterPolicy": ""}, None),
        ({"FilterPolicy": "{}"}, None),
        ({"FilterPolicy": '{"alert": ["late"]}'}, (AlertKind.LATE,)),
    ],
)
def test_a_subscriber_without_a_policy_wants_everything(
    topic: tuple[TopicSubscribers, Stubber],
    policy: dict[str, str],
    kinds: tuple[AlertKind, ...] | None,
) -> None:
    """Whether the attribute is missing, empty or an empty policy."""
    subscribers, stub = topic
    stub.add_response("get_subscription_attributes", {"Attributes": policy})
    assert kinds == subscribers.kinds(SUBSCRIPTION)
