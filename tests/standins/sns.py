"""A strict stand-in for SNS: refuses what the service refuses, and delivers by filter policy."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.alphabets import GSM7, GSM7_TWICE

LARGEST_MESSAGE = 256 * 1024
LONGEST_SUBJECT = 100
SEGMENT = 160
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
_ATTRIBUTE = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")


@dataclass(frozen=True)
class Subscriber:
    """Somebody who gets messages, and which."""

    protocol: str
    endpoint: str
    policy: Mapping[str, list[str]]


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
    """A client of SNS with one topic."""

    arn: str = "arn:aws:sns:eu-central-1:000000000000:alerts"
    subscribers: list[Subscriber] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    published: int = 0

    def subscribe(self, **call: Any) -> dict[str, str]:
        endpoint, protocol = call["Endpoint"], call["Protocol"]
        pattern = {"email": _EMAIL, "sms": _PHONE}.get(protocol)
        if pattern is not None and not pattern.fullmatch(endpoint):
            raise _refusal(f"Invalid parameter: Endpoint {endpoint}")
        policy = json.loads(call.get("Attributes", {}).get("FilterPolicy", "{}"))
        if len(policy) > 5 or any(not isinstance(v, list) or not v for v in policy.values()):
            raise _refusal("Invalid parameter: FilterPolicy")
        self.subscribers.append(Subscriber(protocol, endpoint, policy))
        return {"SubscriptionArn": f"{self.arn}:{len(self.subscribers)}"}

    def publish(self, **call: Any) -> dict[str, str]:
        subject = call.get("Subject")
        if call["TopicArn"] != self.arn:
            raise _refusal("Topic does not exist", code="NotFound")
        if subject is not None and not _is_subject(subject):
            raise _refusal("Invalid parameter: Subject")
        if len(call["Message"].encode()) > LARGEST_MESSAGE:
            raise _refusal("Invalid parameter: Message too long")
        attributes = _attributes(call.get("MessageAttributes", {}))
        forms = {"default": call["Message"]}
        if call.get("MessageStructure") == "json":
            forms = json.loads(call["Message"])
            if not isinstance(forms.get("default"), str) or not all(
                isinstance(text, str) for text in forms.values()
            ):
                raise _refusal("Invalid parameter: Message Structure")
        if not forms["default"]:
            raise _refusal("Invalid parameter: Empty message")
        self.published += 1
        for who in self.subscribers:
            if all(attributes.get(name) in wanted for name, wanted in who.policy.items()):
                text = forms.get(who.protocol, forms["default"])
                self.delivered.append(
                    Delivered(who.protocol, who.endpoint, subject or "", text, attributes)
                )
        return {"MessageId": "00000000-0000-0000-0000-000000000000"}


def sms_length(text: str) -> int:
    """The places that a text takes in a GSM-7 segment; more than a segment if it is none."""
    if any(char not in GSM7 and char not in GSM7_TWICE for char in text):
        return SEGMENT + 1
    return sum(2 if char in GSM7_TWICE else 1 for char in text)


def _is_subject(text: str) -> bool:
    """Subjects are ASCII without controls, up to 100 characters, and do not begin with a blank."""
    return (
        0 < len(text) <= LONGEST_SUBJECT
        and all(" " <= char <= "~" for char in text)
        and not text.startswith(" ")
    )


def _attributes(given: Mapping[str, Any]) -> dict[str, str]:
    attributes = {}
    for name, value in given.items():
        if not _ATTRIBUTE.fullmatch(name) or value["DataType"] != "String":
            raise _refusal(f"Invalid parameter: MessageAttributes {name}")
        if not value["StringValue"]:
            raise _refusal("Invalid parameter: an empty attribute")
        attributes[name] = value["StringValue"]
    return attributes


def _refusal(message: str, code: str = "InvalidParameter") -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": 400},  # type: ignore[typeddict-item]
        },
        "Publish",
    )
