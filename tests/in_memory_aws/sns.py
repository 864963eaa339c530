"""A strict stand-in for SNS: it refuses what the service's documentation says is refused.

A client's methods over two topics: in the stack's language, and in others. What has no place in the
product (platforms, FIFO topics, filter policies with operators) is refused too.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.session import get_session
from botocore.validate import ParamValidator

from tests.support.alphabets import GSM7, GSM7_TWICE

LARGEST_MESSAGE = 256 * 1024
"""Bytes of a message, its attributes included."""

LONGEST_SUBJECT = 100
LONGEST_SMS = 1600
"""Characters that are still published; they go out in segments."""

SEGMENT = 160
MOST_ATTRIBUTES = 10
MOST_IN_POLICY = 5
"""Names in a filter policy."""

MOST_COMBINATIONS = 150
"""Of the values in one."""

LONGEST_EMAIL = 320
PAGE = 100
"""Subscriptions in an answer."""

PENDING = "PendingConfirmation"
DELETED = "Deleted"

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_ARN = re.compile(r"arn:aws[a-z-]*:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:\S+")
_ATTRIBUTE = re.compile(r"(?!\.)(?!.*\.\.)(?!AWS\.|Amazon\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_FORMS = frozenset(
    "default email email-json http https sms sqs lambda application firehose".split()
)
_SUBSCRIPTION = frozenset({"FilterPolicy", "RawMessageDelivery"})


@dataclass
class Subscriber:
    """Somebody who gets messages, and which."""

    topic: str
    arn: str
    protocol: str
    endpoint: str
    policy: Mapping[str, Sequence[str]]
    confirmed: bool
    needs_login: bool = False
    """Whether only the topic's owner may end it."""
    deleted: bool = False
    """Whether it was ended by its link; it is listed on for a while."""


@dataclass(frozen=True)
class Delivered:
    """A message as one subscriber gets it."""

    protocol: str
    endpoint: str
    subject: str
    text: str
    attributes: Mapping[str, str]


@dataclass
class StrictSns:
    """A client of SNS with two topics."""

    arn: str = "arn:aws:sns:eu-central-1:000000000000:alerts"
    translated_arn: str = "arn:aws:sns:eu-central-1:000000000000:translated"
    subscribers: list[Subscriber] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)

    # Subscribers.

    def subscribe(self, **call: Any) -> dict[str, str]:
        _validate("Subscribe", call)
        topic = self._topic(call["TopicArn"])
        protocol, endpoint = call["Protocol"], call.get("Endpoint", "")
        _check_endpoint(protocol, endpoint)
        attributes = call.get("Attributes", {})
        if not attributes.keys() <= _SUBSCRIPTION:
            raise _refusal("Invalid parameter: Attributes")
        policy = _policy(attributes.get("FilterPolicy", "{}"))
        there = self._find(topic, protocol, endpoint)
        if there is None:
            # Addresses are asked first whether they want it.
            arn = f"{topic}:{len(self.subscribers):08}-0000-0000-0000-000000000000"
            confirmed = protocol != "email"
            there = Subscriber(topic, arn, protocol, endpoint, policy, confirmed)
            self.subscribers.append(there)
        elif there.policy != policy:
            raise _refusal(
                "Invalid parameter: Attributes Reason: Subscription already exists with different"
                " attributes"
            )
        shown = there.confirmed or call.get("ReturnSubscriptionArn")
        return {"SubscriptionArn": there.arn if shown else "pending confirmation"}

    def confirm(self, endpoint: str) -> None:
        """An address says that it wants the messages."""
        for one in self.subscribers:
            one.confirmed = one.confirmed or one.endpoint == endpoint

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_subscriptions_by_topic"
        return _Paginator(self)

    def list_subscriptions_by_topic(self, **call: Any) -> dict[str, Any]:
        _validate("ListSubscriptionsByTopic", call)
        topic = self._topic(call["TopicArn"])
        listed = [one for one in self.subscribers if one.topic == topic]
        start = int(call.get("NextToken", 0))
        page = listed[start : start + PAGE]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(listed) else {}
        return {
            "Subscriptions": [
                {
                    "SubscriptionArn": _shown_arn(one),
                    "Protocol": one.protocol,
                    "Endpoint": one.endpoint,
                    "TopicArn": topic,
                }
                for one in page
            ],
            **more,
        }

    def get_subscription_attributes(self, **call: Any) -> dict[str, Any]:
        _validate("GetSubscriptionAttributes", call)
        one = self._subscriber(call["SubscriptionArn"])
        attributes = {"PendingConfirmation": str(not one.confirmed).lower()}
        if one.policy:
            attributes["FilterPolicy"] = json.dumps(one.policy)
        return {"Attributes": attributes}

    def set_subscription_attributes(self, **call: Any) -> None:
        _validate("SetSubscriptionAttributes", call)
        one = self._subscriber(call["SubscriptionArn"])
        if call["AttributeName"] != "FilterPolicy":
            raise _refusal("Invalid parameter: AttributeName")
        one.policy = _policy(call.get("AttributeValue", ""))

    def unsubscribe(self, **call: Any) -> None:
        _validate("Unsubscribe", call)
        self.subscribers.remove(self._subscriber(call["SubscriptionArn"]))

    @staticmethod
    def token_of(endpoint: str) -> str:
        """The token in the confirmation mail that an address gets."""
        return endpoint.encode().hex().ljust(64, "0")

    def confirm_subscription(self, **call: Any) -> dict[str, str]:
        _validate("ConfirmSubscription", call)
        topic = self._topic(call["TopicArn"])
        for one in self.subscribers:
            if (
                one.topic == topic
                and call["Token"] == self.token_of(one.endpoint)
                and not one.deleted
            ):
                one.confirmed = True
                one.needs_login = call.get("AuthenticateOnUnsubscribe") == "true"
                return {"SubscriptionArn": one.arn}
        raise _refusal("Invalid parameter: Token")

    def follow_unsubscribe_link(self, endpoint: str) -> None:
        """Somebody follows the link in a mail: it works without a login, unless it was forbidden.

        For up to 72 hours the address is still listed, with `Deleted` for its ARN.
        """
        for one in self.subscribers:
            if one.endpoint == endpoint and one.confirmed and not one.needs_login:
                one.deleted = True

    def close(self) -> None:
        """Drop the pooled connections."""

    # Messages.

    def publish(self, **call: Any) -> dict[str, str]:
        _validate("Publish", call)
        if {"TargetArn", "PhoneNumber"} & call.keys():
            raise _refusal("Invalid parameter: only a topic is published to")
        topic = self._topic(call.get("TopicArn", ""))
        subject = call.get("Subject")
        if subject is not None and not _is_subject(subject):
            raise _refusal("Invalid parameter: Subject")
        attributes = _attributes(call.get("MessageAttributes", {}))
        forms = _forms(call["Message"], call.get("MessageStructure"))
        size = len(call["Message"].encode()) + sum(
            len(name.encode()) + len("String") + len(value.encode())
            for name, value in attributes.items()
        )
        if size > LARGEST_MESSAGE:
            raise _refusal("Invalid parameter: Message too long")
        if len(forms.get("sms", "")) > LONGEST_SMS:
            raise _refusal("Invalid parameter: Message too long for an SMS")
        for who in self.subscribers:
            wanted = all(
                not _values(attributes.get(name)).isdisjoint(kinds)
                for name, kinds in who.policy.items()
            )
            if who.topic == topic and who.confirmed and not who.deleted and wanted:
                text = forms.get(who.protocol, forms["default"])
                self.delivered.append(
                    Delivered(who.protocol, who.endpoint, subject or "", text, attributes)
                )
        return {"MessageId": "00000000-0000-0000-0000-000000000000"}

    # Inside.

    def _topic(self, arn: str) -> str:
        if arn not in {self.arn, self.translated_arn}:
            raise _refusal("Topic does not exist", code="NotFound", status=404)
        return arn

    def _find(self, topic: str, protocol: str, endpoint: str) -> Subscriber | None:
        same = (topic, protocol, endpoint)
        return next(
            (
                one
                for one in self.subscribers
                if (one.topic, one.protocol, one.endpoint) == same and not one.deleted
            ),
            None,
        )

    def _subscriber(self, arn: str) -> Subscriber:
        found = next((one for one in self.subscribers if one.arn == arn and not one.deleted), None)
        if found is None and not arn.startswith((f"{self.arn}:", f"{self.translated_arn}:")):
            raise _refusal("Invalid parameter: SubscriptionArn")
        if found is None:
            raise _refusal("Subscription does not exist", code="NotFound", status=404)
        return found


def _shown_arn(one: Subscriber) -> str:
    if one.deleted:
        return DELETED
    return one.arn if one.confirmed else PENDING


@dataclass(frozen=True)
class _Paginator:
    client: StrictSns

    def paginate(self, **call: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, Any] = {}
        while True:
            page = self.client.list_subscriptions_by_topic(**call, **token)
            yield page
            if "NextToken" not in page:
                return
            token = {"NextToken": page["NextToken"]}


def sms_length(text: str) -> int:
    """The places that a text takes in a GSM-7 segment; more than a segment if it is none."""
    if any(char not in GSM7 and char not in GSM7_TWICE for char in text):
        return SEGMENT + 1
    return sum(2 if char in GSM7_TWICE else 1 for char in text)


@cache
def _shape(operation: str) -> Any:
    return get_session().get_service_model("sns").operation_model(operation).input_shape


def _validate(operation: str, call: Mapping[str, Any]) -> None:
    """Refuse what the client itself would: a parameter that is none, or of another type."""
    errors = ParamValidator().validate(call, _shape(operation))
    if errors.has_errors():
        raise ParamValidationError(report=errors.generate_report())


def _check_endpoint(protocol: str, endpoint: str) -> None:
    patterns = {"email": _EMAIL, "sms": _PHONE, "sqs": _ARN, "lambda": _ARN}
    if protocol not in patterns:
        raise _refusal("Invalid parameter: Protocol")
    if not patterns[protocol].fullmatch(endpoint) or len(endpoint) > LONGEST_EMAIL:
        raise _refusal(f"Invalid parameter: Endpoint {endpoint}")


def _is_subject(text: str) -> bool:
    """ASCII, up to 100 characters without controls, from a letter, a digit or punctuation on."""
    return (
        0 < len(text) <= LONGEST_SUBJECT
        and all(" " <= char <= "~" for char in text)
        and not text.startswith(" ")
    )


def _forms(message: str, structure: str | None) -> Mapping[str, str]:
    if structure not in {None, "json"}:
        raise _refusal("Invalid parameter: MessageStructure")
    forms = {"default": message}
    if structure == "json":
        try:
            forms = json.loads(message)
        except ValueError as error:
            raise _refusal("Invalid parameter: Message Structure - JSON is malformed") from error
        if not isinstance(forms, dict) or "default" not in forms:
            raise _refusal("Invalid parameter: Message Structure - No default entry")
        if not forms.keys() <= _FORMS or not all(isinstance(t, str) for t in forms.values()):
            raise _refusal("Invalid parameter: Message Structure")
    if not all(forms.values()):
        raise _refusal("Invalid parameter: Empty message")
    return forms


def _policy(text: str) -> Mapping[str, Sequence[str]]:
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise _refusal("Invalid parameter: FilterPolicy: failed to parse JSON") from error
    if not isinstance(policy, dict) or len(policy) > MOST_IN_POLICY:
        raise _refusal("Invalid parameter: FilterPolicy")
    for values in policy.values():
        if not isinstance(values, list) or not values:
            raise _refusal("Invalid parameter: FilterPolicy: a name needs an array of values")
        if not all(isinstance(value, str) for value in values):
            raise _refusal("Invalid parameter: FilterPolicy: only texts are used here")
    if prod(map(len, policy.values())) > MOST_COMBINATIONS:
        raise _refusal("Invalid parameter: FilterPolicy: Filter policy is too complex")
    return policy


def _attributes(given: Mapping[str, Any]) -> dict[str, str]:
    if len(given) > MOST_ATTRIBUTES:
        raise _refusal("Invalid parameter: too many MessageAttributes for a raw delivery")
    attributes = {}
    for name, value in given.items():
        if not _ATTRIBUTE.fullmatch(name) or value["DataType"] not in {"String", "String.Array"}:
            raise _refusal(f"Invalid parameter: MessageAttributes {name}")
        if not value.get("StringValue"):
            raise _refusal("Invalid parameter: an empty attribute")
        attributes[name] = value["StringValue"]
    return attributes


def _values(attribute: str | None) -> set[str]:
    """The values of an attribute: those of an array, or the one text that it is."""
    if attribute is None:
        return set()
    if attribute.startswith("["):
        return set(json.loads(attribute))
    return {attribute}


def _refusal(message: str, code: str = "InvalidParameter", status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        "Publish",
    )
