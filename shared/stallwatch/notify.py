"""Publishes alerts: the only code that speaks to the alerts' topic."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.errors import UnacceptableError
from stallwatch.letters import Letter
from stallwatch.messages import compose
from stallwatch.model import Kind
from stallwatch.sending import Outcome
from stallwatch.subscribing import Subscriber
from stallwatch.words import Words

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_REFUSED = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException"}
)


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of the alerts.

    Args:
        client: An SNS client whose own retries are off: with them, a lost acknowledgement sends
            twice and reports success.
        arn: The topic.
        page_url: The address of the page.
        words: The language of the messages.
    """

    client: "SNSClient"
    arn: str
    page_url: str
    words: Words

    def publish(self, letter: Letter) -> Outcome:
        """Publish one message, once, without trying again. Never raises for what SNS does."""
        message = compose(letter, self.page_url, self.words)
        attributes: Any = {
            "alert": {"DataType": "String", "StringValue": message.kind.value},
            "severity": {"DataType": "String", "StringValue": message.severity.value},
        }
        forms = {"default": message.default, "email": message.email, "sms": message.sms}
        try:
            self.client.publish(
                TopicArn=self.arn,
                Subject=message.subject,
                Message=json.dumps(forms, ensure_ascii=False),
                MessageStructure="json",
                MessageAttributes=attributes,
            )
        except ClientError as error:
            return _outcome(error)
        except BotoCoreError:
            return Outcome.UNKNOWN
        return Outcome.SENT


def _outcome(error: ClientError) -> Outcome:
    """What an error answer says of the message: only a fault of the service leaves it open."""
    response: Any = error.response
    if response["Error"].get("Code") in _REFUSED:
        return Outcome.REFUSED
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return Outcome.NOT_NOW if 400 <= status < 500 else Outcome.UNKNOWN  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class TopicSubscribers:
    """The topic's subscribers.

    Args:
        client: An SNS client.
        arn: The topic.
    """

    client: "SNSClient"
    arn: str

    def all(self) -> Iterator[Subscriber]:
        """All that get e-mails or SMS."""
        pages = self.client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.arn)
        for page in pages:
            for entry in page["Subscriptions"]:
                if entry.get("Protocol") in {"email", "sms"}:
                    arn = entry.get("SubscriptionArn", "")
                    yield Subscriber(
                        protocol=entry["Protocol"],
                        endpoint=entry["Endpoint"],
                        arn=arn if arn.startswith("arn:") else None,
                    )

    def kinds(self, arn: str) -> tuple[Kind, ...] | None:
        """The alerts that a confirmed subscriber wants; None: all."""
        attributes = self.client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        wanted = json.loads(attributes.get("FilterPolicy", "{}")).get("alert")
        return None if wanted is None else tuple(kind for kind in Kind if kind in wanted)

    def add(self, protocol: str, endpoint: str, kinds: Sequence[Kind] | None) -> str:
        """Subscribe, and return the subscription's ARN.

        Raises:
            UnacceptableError: SNS refuses the endpoint.
        """
        try:
            answer = self.client.subscribe(
                TopicArn=self.arn,
                Protocol=protocol,
                Endpoint=endpoint,
                Attributes={} if kinds is None else {"FilterPolicy": _policy(kinds)},
                ReturnSubscriptionArn=True,
            )
        except ClientError as error:
            response: Any = error.response
            if response["Error"].get("Code") in _REFUSED:
                raise UnacceptableError({"endpoint": "is refused by SNS"}) from error
            raise
        return answer["SubscriptionArn"]

    def change(self, arn: str, kinds: Sequence[Kind] | None) -> None:
        """Change the alerts that a subscriber wants."""
        self.client.set_subscription_attributes(
            SubscriptionArn=arn,
            AttributeName="FilterPolicy",
            AttributeValue="{}" if kinds is None else _policy(kinds),
        )

    def remove(self, arn: str) -> None:
        """Unsubscribe."""
        self.client.unsubscribe(SubscriptionArn=arn)


def _policy(kinds: Sequence[Kind]) -> str:
    return json.dumps({"alert": [kind.value for kind in kinds]})
