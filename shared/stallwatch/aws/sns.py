"""Publishes alerts: the only code that speaks to the alerts' topics.

There are two: one in the stack's language, for everybody, machines too; and one for the people who
want another language, so that nobody gets a message twice.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.alerting.ports import Outcome
from stallwatch.alerting.subscriptions import Subscriber
from stallwatch.domain.alerts import AlertKind, Notification
from stallwatch.domain.errors import UnacceptableError
from stallwatch.messages.compose import compose
from stallwatch.messages.translations import Translations

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


_REFUSED = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException"}
)


@dataclass(frozen=True, slots=True)
class SnsNotifier:
    """The topics of the alerts.

    Args:
        client: An SNS client whose own retries are off: with them, a lost acknowledgement sends
            twice and reports success.
        arn: The topic in the stack's language.
        translated_arn: The topic in all others.
        page_url: The address of the page.
        language: The stack's language.
    """

    client: "SNSClient"
    arn: str
    translated_arn: str
    page_url: str
    language: str

    def publish(self, notification: Notification, language: str | None) -> Outcome:
        """Publish one message, once, without trying again. Never raises for what SNS does.

        Args:
            letter: What it is made of.
            language: None for the stack's.
        """
        message = compose(notification, self.page_url, Translations(language or self.language))
        attributes: Any = {
            "alert": {"DataType": "String", "StringValue": message.kind.value},
            "severity": {"DataType": "String", "StringValue": message.severity.value},
        }
        if language is not None:
            attributes["language"] = {"DataType": "String", "StringValue": language}
        forms = {"default": message.default, "email": message.email, "sms": message.sms}
        try:
            self.client.publish(
                TopicArn=self.arn if language is None else self.translated_arn,
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
    """The topics' subscribers.

    Args:
        client: An SNS client.
        arn: The topic in the stack's language.
        translated_arn: The topic in all others.
    """

    client: "SNSClient"
    arn: str
    translated_arn: str

    def all(self) -> Iterator[Subscriber]:
        """All that get e-mails or SMS."""
        for topic in (self.arn, self.translated_arn):
            pages = self.client.get_paginator("list_subscriptions_by_topic").paginate(
                TopicArn=topic
            )
            for page in pages:
                for entry in page["Subscriptions"]:
                    if entry.get("Protocol") in {"email", "sms"}:
                        arn = entry.get("SubscriptionArn", "")
                        yield Subscriber(
                            protocol=entry["Protocol"],
                            endpoint=entry["Endpoint"],
                            arn=arn if arn.startswith("arn:") else None,
                            translated=topic == self.translated_arn,
                        )

    def kinds(self, arn: str) -> tuple[AlertKind, ...] | None:
        """The alerts that a confirmed subscriber wants; None: all."""
        attributes = self.client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        wanted = json.loads(attributes.get("FilterPolicy", "{}")).get("alert")
        return None if wanted is None else tuple(kind for kind in AlertKind if kind in wanted)

    def add(
        self, protocol: str, endpoint: str, kinds: Sequence[AlertKind] | None, language: str | None
    ) -> str:
        """Subscribe, and return the subscription's ARN.

        Raises:
            UnacceptableError: SNS refuses the endpoint.
        """
        policy = _policy(kinds, language)
        try:
            answer = self.client.subscribe(
                TopicArn=self.arn if language is None else self.translated_arn,
                Protocol=protocol,
                Endpoint=endpoint,
                Attributes={"FilterPolicy": json.dumps(policy)} if policy else {},
                ReturnSubscriptionArn=True,
            )
        except ClientError as error:
            response: Any = error.response
            if response["Error"].get("Code") in _REFUSED:
                raise UnacceptableError({"endpoint": "is refused by SNS"}) from error
            raise
        return answer["SubscriptionArn"]

    def change(self, arn: str, kinds: Sequence[AlertKind] | None, language: str | None) -> None:
        """Change the alerts that a subscriber wants, or the language among the translated ones."""
        self.client.set_subscription_attributes(
            SubscriptionArn=arn,
            AttributeName="FilterPolicy",
            AttributeValue=json.dumps(_policy(kinds, language)),
        )

    def remove(self, arn: str) -> None:
        """Unsubscribe."""
        self.client.unsubscribe(SubscriptionArn=arn)


def _policy(kinds: Sequence[AlertKind] | None, language: str | None) -> dict[str, list[str]]:
    policy: dict[str, list[str]] = {}
    if kinds is not None:
        policy["alert"] = [kind.value for kind in kinds]
    if language is not None:
        policy["language"] = [language]
    return policy
