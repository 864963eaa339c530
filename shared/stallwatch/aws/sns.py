"""The alerts' topics in SNS: publishing composed messages, and keeping the subscribers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from stallwatch.alerting.ports import ComposedMessage, Outcome
from stallwatch.alerting.subscribers import Subscriber
from stallwatch.aws.clients import Connections
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import UnacceptableError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


_REFUSED = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException"}
)


_GONE = "NotFound"

_DELETED = "Deleted"
"""What SNS lists in place of the ARN, for up to 72 hours after an unsubscribe link was followed."""


@dataclass(frozen=True, slots=True)
class SnsPublisher:
    """The topics of the alerts, for publishing.

    Args:
        client: An SNS client whose own retries are off: with them, a lost acknowledgement sends
            twice and reports success.
        arn: The topic in the stack's language.
        translated_arn: The topic in all others.
        connections: When the client's connections were used last.
    """

    client: "SNSClient"
    arn: str
    translated_arn: str
    connections: Connections = field(default_factory=Connections)

    def publish(self, message: ComposedMessage, language: str | None) -> Outcome:
        """Publish one message, once, without trying again. Never raises for what SNS does.

        Args:
            message: The message.
            language: None for the stack's.
        """
        attributes = {"alert": _text(message.kind), "severity": _text(message.severity)}
        return self._publish(message, language, attributes)

    def publish_to_all(self, message: ComposedMessage, language: str | None) -> Outcome:
        """Publish a message that passes every filter policy of a topic, whatever it wants.

        Args:
            message: The message.
            language: None for the stack's.
        """
        kinds = json.dumps([kind.value for kind in AlertKind])
        # An attribute with several values passes where one of them is wanted.
        attributes = {
            "alert": {"DataType": "String.Array", "StringValue": kinds},
            "severity": _text(message.severity),
        }
        return self._publish(message, language, attributes)

    def _publish(
        self, message: ComposedMessage, language: str | None, attributes: dict[str, Any]
    ) -> Outcome:
        if language is not None:
            attributes["language"] = _text(language)
        forms = {"default": message.default, "email": message.email, "sms": message.sms}
        self.connections.refresh(self.client)
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
        except (EndpointConnectionError, ConnectTimeoutError):
            # No connection came about, so nothing was sent.
            return Outcome.NOT_NOW
        except BotoCoreError:
            return Outcome.UNKNOWN
        return Outcome.SENT


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": str(value)}


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
                        if arn == _DELETED:
                            continue
                        yield Subscriber(
                            protocol=entry["Protocol"],
                            endpoint=entry["Endpoint"],
                            arn=arn if arn.startswith("arn:") else None,
                            translated=topic == self.translated_arn,
                        )

    def kinds(self, arn: str) -> tuple[AlertKind, ...] | None:
        """The alerts that a confirmed subscriber wants; None: all."""
        try:
            attributes = self.client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        except ClientError as error:
            _raise_unless_gone(error)
            return None
        # A topic that holds no policy may answer with an empty one.
        wanted = json.loads(attributes.get("FilterPolicy") or "{}").get("alert")
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

    def change(self, arn: str, kinds: Sequence[AlertKind] | None, language: str | None) -> bool:
        """Change the alerts that a subscriber wants, or the language among the translated ones.

        Returns:
            False where the subscription is gone.
        """
        try:
            self.client.set_subscription_attributes(
                SubscriptionArn=arn,
                AttributeName="FilterPolicy",
                AttributeValue=json.dumps(_policy(kinds, language)),
            )
        except ClientError as error:
            _raise_unless_gone(error)
            return False
        return True

    def remove(self, arn: str) -> None:
        """Unsubscribe, where it is not gone already."""
        try:
            self.client.unsubscribe(SubscriptionArn=arn)
        except ClientError as error:
            _raise_unless_gone(error)

    def confirm(self, token: str, topic: str | None) -> bool:
        """Confirm a subscription so that only the owner can end it.

        Without authentication on unsubscribe, whoever opens the link in a mail ends all alerts.

        Args:
            token: The token of the confirmation mail.
            topic: The topic that its link names; None: whichever knows the token.

        Returns:
            False where no topic of the stack knows the token, or it has expired.
        """
        for arn in (self.arn, self.translated_arn):
            if topic in {None, arn}:
                try:
                    self.client.confirm_subscription(
                        TopicArn=arn, Token=token, AuthenticateOnUnsubscribe="true"
                    )
                except ClientError as error:
                    if _code(error) not in _REFUSED | {_GONE}:
                        raise
                else:
                    return True
        return False


def _code(error: ClientError) -> str:
    response: Any = error.response
    return str(response["Error"].get("Code", ""))


def _raise_unless_gone(error: ClientError) -> None:
    """Let pass that a subscription is gone: SNS goes on listing it for up to three days."""
    if _code(error) != _GONE:
        raise error


def _policy(kinds: Sequence[AlertKind] | None, language: str | None) -> dict[str, list[str]]:
    policy: dict[str, list[str]] = {}
    if kinds is not None:
        policy["alert"] = [kind.value for kind in kinds]
    if language is not None:
        policy["language"] = [language]
    return policy
