"""What SNS refuses: the stand-in refuses it, and nothing that is published or subscribed is it.

The limits are those of the service's documentation; moto takes almost anything.
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.alerting.ports import Outcome
from stallwatch.aws.sns import TopicSubscribers
from stallwatch.domain.alerts import SEVERITY, AlertKind, Notification
from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.domain.orders import Order
from stallwatch.domain.text import clean
from stallwatch.domain.validation import check_endpoint
from tests.in_memory_aws.sns import SEGMENT, StrictSns, sms_length
from tests.support.alphabets import GSM7
from tests.support.effort import examples
from tests.support.message_samples import (
    ABOUT_ORDERS,
    FACTS,
    ORDER,
    PAGE,
    SPOKEN,
    notification,
)
from tests.support.publishing import sns_notifier

MAIL, PHONE = "buyer@example.org", "+4915112345678"
QUEUE = "arn:aws:sqs:eu-central-1:000000000000:inbox"


@pytest.fixture
def sns() -> StrictSns:
    return a_topic()


def a_topic() -> StrictSns:
    """A topic with one subscriber of each kind, who gets everything."""
    sns = StrictSns()
    for protocol, endpoint in (("email", MAIL), ("sms", PHONE), ("sqs", QUEUE)):
        sns.subscribe(TopicArn=sns.arn, Protocol=protocol, Endpoint=endpoint)
    sns.confirm(MAIL)
    return sns


# What the stand-in takes and what it refuses.


def message(**given: Any) -> dict[str, Any]:
    return {"TopicArn": StrictSns.arn, "Message": "m", **given}


def attribute(name: str = "alert", value: str = "late", kind: str = "String") -> dict[str, Any]:
    return {"MessageAttributes": {name: {"DataType": kind, "StringValue": value}}}


def forms(**texts: Any) -> dict[str, Any]:
    return {"Message": json.dumps(texts), "MessageStructure": "json"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Subject": "x" * 100},
        {"Subject": "!"},
        {"Message": "x" * 256 * 1024},
        {"Message": "é" * 128 * 1024},
        forms(default="d", email="e", sms="s", sqs="q"),
        forms(default="d", sms="s" * 1600),
        attribute(),
        attribute("a" * 256),
        attribute("a.b-c_d"),
    ],
)
def test_what_is_within_the_limits_is_published(sns: StrictSns, given: dict[str, Any]) -> None:
    """Up to the last character, to everyone."""
    sns.publish(**message(**given))
    assert ["email", "sms", "sqs"] == [one.protocol for one in sns.delivered]


@pytest.mark.parametrize(
    "given",
    [
        {"Subject": ""},
        {"Subject": "x" * 101},
        {"Subject": " x"},
        {"Subject": "two\nlines"},
        {"Subject": "Größe"},
        {"Subject": "\x7f"},
        {"Message": ""},
        {"Message": "x" * (256 * 1024 + 1)},
        {"Message": "é" * (128 * 1024 + 1)},
        {"Message": "x" * 256 * 1024, **attribute()},
        {"MessageStructure": "json"},
        {"MessageStructure": "yaml"},
        forms(email="e"),
        forms(default=""),
        forms(default="d", sms=""),
        forms(default="d", email=7),
        forms(default="d", pigeon="p"),
        forms(default="d", sms="s" * 1601),
        {"Message": "[]", "MessageStructure": "json"},
        attribute(value=""),
        attribute("a" * 257),
        attribute(".a"),
        attribute("a."),
        attribute("a..b"),
        attribute("ä"),
        attribute("AWS.alert"),
        attribute(kind="Text"),
        {
            "MessageAttributes": {
                f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)
            }
        },
        {"TopicArn": "arn:aws:sns:eu-central-1:000000000000:another"},
        {"PhoneNumber": PHONE},
        {"Colour": "red"},
        {"Subject": 7},
    ],
)
def test_what_is_beyond_them_is_published_to_nobody(sns: StrictSns, given: dict[str, Any]) -> None:
    """By the client or by the service."""
    with pytest.raises((ClientError, ParamValidationError)):
        sns.publish(**message(**given))
    assert [] == sns.delivered


@pytest.mark.parametrize(
    ("protocol", "endpoint", "attributes"),
    [
        ("email", "nobody", {}),
        ("email", "a b@example.org", {}),
        ("email", "a@b@example.org", {}),
        ("email", "a@localhost", {}),
        ("email", "a" * 65 + "@example.org", {}),
        ("email", "a@" + "b." * 160 + "org", {}),
        ("sms", "015112345678", {}),
        ("sms", "+49 151 12345678", {}),
        ("sms", "+0151123456", {}),
        ("sms", "+1234567890123456", {}),
        ("sqs", "inbox", {}),
        ("pigeon", "roof", {}),
        ("email", "a@example.org", {"Colour": "red"}),
        ("email", "a@example.org", {"FilterPolicy": "late"}),
        ("email", "a@example.org", {"FilterPolicy": "[]"}),
        ("email", "a@example.org", {"FilterPolicy": '{"alert": "late"}'}),
        ("email", "a@example.org", {"FilterPolicy": '{"alert": []}'}),
        ("email", "a@example.org", {"FilterPolicy": json.dumps({str(n): ["x"] for n in range(6)})}),
        (
            "email",
            "a@example.org",
            {"FilterPolicy": json.dumps({n: [str(v) for v in range(13)] for n in "ab"})},
        ),
        ("email", MAIL, {"FilterPolicy": '{"alert": ["late"]}'}),
    ],
)
def test_who_cannot_be_a_subscriber_is_refused(
    sns: StrictSns, protocol: str, endpoint: str, attributes: dict[str, str]
) -> None:
    """By the address, by the filter policy, or because he is one with another policy."""
    before = list(sns.subscribers)
    with pytest.raises(ClientError):
        sns.subscribe(TopicArn=sns.arn, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)
    assert before == sns.subscribers


def test_an_address_gets_nothing_before_it_has_confirmed() -> None:
    """A phone does."""
    sns = StrictSns()
    for protocol, endpoint in (("email", MAIL), ("sms", PHONE)):
        sns.subscribe(TopicArn=sns.arn, Protocol=protocol, Endpoint=endpoint)
    sns.publish(**message())
    assert [PHONE] == [one.endpoint for one in sns.delivered]


# What the product publishes, and whom it subscribes.


def published(
    sns: StrictSns, sent: Notification, language: str = "en", translation: str | None = None
) -> Outcome:
    client: Any = sns
    topic = sns_notifier(client, sns.arn, sns.translated_arn, PAGE, language)
    return topic.publish(sent, translation)


def subscribers_of(sns: StrictSns) -> TopicSubscribers:
    client: Any = sns
    return TopicSubscribers(client, sns.arn, sns.translated_arn)


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
@pytest.mark.parametrize(("kind", "reason"), SPOKEN)
def test_every_alert_reaches_everyone(
    sns: StrictSns, language: str, kind: AlertKind, reason: str
) -> None:
    """About one order and about fifty."""
    assert Outcome.SENT is published(sns, notification(kind, reason), language)
    assert sms_length(sns.delivered[1].text) <= SEGMENT
    assert {"alert": kind.value, "severity": SEVERITY[kind].value} == sns.delivered[0].attributes
    orders = tuple(replace(ORDER, order_id=f"{n:064}") for n in range(50))
    assert Outcome.SENT is published(sns, notification(kind, reason, orders), language)
    assert 6 == len(sns.delivered)


TEXT = st.text(max_size=300)
ODD = st.text(st.sampled_from("運💣\u202e\x00\n\r\t\"'<>&{}\\€~ÄäØ\ud800"), max_size=300)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Orders whose buyers and carriers wrote anything, as it is after it has come in."""
    title = clean(draw(TEXT | ODD), 200) or None
    return replace(
        ORDER,
        order_id=draw(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)),
        title=title,
        seller=title,
        tracking_number=draw(st.none() | st.just(ORDER.tracking_number)),
    )


@settings(max_examples=examples(40), deadline=None)
@given(
    st.sampled_from(ABOUT_ORDERS),
    st.lists(orders(), min_size=1, max_size=50, unique_by=lambda order: order.order_id),
    TEXT | ODD,
    st.sampled_from(ALERT_LANGUAGES),
)
def test_whatever_was_written_sns_takes_the_message(
    spoken: tuple[AlertKind, str], about: list[Order], written: str, language: str
) -> None:
    """Each subscriber gets his form: a mail, a segment, JSON."""
    sns = a_topic()
    text = clean(written, 200)
    facts = FACTS | {"last_text": text, "last_place": text[:60], "carrier": [text[:80], None]}
    sent = notification(*spoken, tuple(about), facts)
    assert Outcome.SENT is published(sns, sent, language)
    mail, sms, machine = sns.delivered
    assert "\n" not in mail.subject
    assert all(order.order_id in mail.text for order in about)
    if len(about) == 1:
        assert sms_length(sms.text) <= SEGMENT
    assert set(sms.text) <= GSM7
    assert [order.order_id for order in about] == [
        order["order_id"] for order in json.loads(machine.text)["orders"]
    ]


def test_a_message_that_sns_refuses_is_told_apart(sns: StrictSns) -> None:
    """It never goes out as it is, so that nobody tries it again and again."""
    long = replace(ORDER, title="x" * 300_000)
    assert Outcome.REFUSED is published(sns, notification(AlertKind.LATE, orders=(long,)))
    gone: Any = StrictSns("arn:aws:sns:eu-central-1:000000000000:another")
    topic = sns_notifier(gone, sns.arn, sns.translated_arn, PAGE, "en")
    assert Outcome.NOT_NOW is topic.publish(notification(AlertKind.LATE), None)


KINDS = st.none() | st.lists(st.sampled_from(AlertKind), min_size=1, unique=True).map(tuple)


@settings(deadline=None)
@given(KINDS, KINDS, st.sampled_from(AlertKind))
def test_a_subscriber_gets_what_he_wants(
    first: tuple[AlertKind, ...] | None, then: tuple[AlertKind, ...] | None, kind: AlertKind
) -> None:
    """Before he changes his mind and after it."""
    sns = StrictSns()
    subscribers = subscribers_of(sns)
    arn = subscribers.add("sms", PHONE, first, None)
    for wanted in (first, then):
        subscribers.change(arn, wanted, None)
        assert (None if wanted is None else set(wanted)) == (
            None if (kept := subscribers.kinds(arn)) is None else set(kept)
        )
        sns.delivered.clear()
        reason = next(reason for spoken, reason in SPOKEN if spoken is kind)
        assert Outcome.SENT is published(sns, notification(kind, reason))
        assert len(sns.delivered) == int(wanted is None or kind in wanted)


@pytest.mark.parametrize("kinds", [None, (AlertKind.LATE,), (AlertKind.STALLED,)])
def test_who_wants_another_language_gets_that_alone(kinds: tuple[AlertKind, ...] | None) -> None:
    """However many languages a message goes out in, and of the kinds that he wants."""
    sns = StrictSns()
    subscribers_of(sns).add("sms", PHONE, kinds, "es")
    for translation in (None, "de", "es"):
        assert Outcome.SENT is published(sns, notification(AlertKind.LATE), translation=translation)
    languages = [one.attributes["language"] for one in sns.delivered]
    assert ([] if kinds == (AlertKind.STALLED,) else ["es"]) == languages


@settings(max_examples=examples(75), deadline=None)
@given(
    st.sampled_from(["email", "sms"]),
    st.emails() | TEXT | st.from_regex(r"\+[0-9 ()-]{5,20}") | st.from_regex(r"\S+@\S+\.\S+"),
)
def test_an_address_is_taken_or_refused(protocol: str, written: str) -> None:
    """Whatever was typed: by us or by SNS, with the field."""
    sns = StrictSns()
    try:
        subscribers_of(sns).add(protocol, check_endpoint(protocol, written), None, None)
    except UnacceptableError as refused:
        reasons = set(refused.reasons)
    else:
        reasons = set()
    assert ({"endpoint"}, 0) == (reasons, len(sns.subscribers)) or (set(), 1) == (
        reasons,
        len(sns.subscribers),
    )


def test_subscribers_are_listed_on_every_page() -> None:
    """A hundred on each; one that is not confirmed has no ARN yet."""
    sns = StrictSns()
    subscribers = subscribers_of(sns)
    for n in range(120):
        subscribers.add("sms", f"+4915112345{n:03}", None, None)
    subscribers.add("email", MAIL, (AlertKind.LATE,), None)
    listed = list(subscribers.all())
    assert (121, None) == (len(listed), listed[-1].arn)
    sns.confirm(MAIL)
    arn = list(subscribers.all())[-1].arn
    assert arn is not None
    assert (AlertKind.LATE,) == subscribers.kinds(arn)
    subscribers.remove(arn)
    assert 120 == len(list(subscribers.all()))
