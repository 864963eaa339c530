"""Dead letters in SQS: what a function had given up on, and the stream that they point to."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stallwatch.aws.redrive import DeadLetter, Range

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_sqs import SQSClient


_HIDDEN_SECONDS = 900
"""How long a letter that is being worked on is hidden from others: longer than any run."""

_LONG_POLL_SECONDS = 1
"""A poll that waits asks all servers of the queue; one that does not asks some, and finds few
letters or none though there are some."""

_EMPTY_POLLS = 2
"""After so many empty answers in a row there are no more letters."""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A queue of dead letters.

    Args:
        client: An SQS client.
        url: The queue.
    """

    client: "SQSClient"
    url: str

    def letters(self) -> Iterator[DeadLetter]:
        """The letters that nobody else works on, until there are no more."""
        empty = 0
        while empty < _EMPTY_POLLS:
            found = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=_LONG_POLL_SECONDS,
            ).get("Messages", [])
            empty = 0 if found else empty + 1
            for message in found:
                yield DeadLetter(
                    message["ReceiptHandle"],
                    *_read(message["Body"]),
                    digest=_digest(message["Body"]),
                    notifications=_notifications(message["Body"]),
                )

    def discard(self, letter: DeadLetter) -> None:
        """Delete a letter: what it stands for is done."""
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)


def _read(body: str) -> tuple[Range | None, tuple[str, ...]]:
    """The records of a stream, or the orders of an invocation, that a letter stands for."""
    try:
        content: Any = json.loads(body)
        info = content.get("DDBStreamBatchInfo")
        if info is not None:
            return (
                Range(
                    info["streamArn"],
                    info["shardId"],
                    info["startSequenceNumber"],
                    info["endSequenceNumber"],
                ),
                (),
            )
        wanted = content["requestPayload"].get("order_ids") or []
        return None, tuple(order_id for order_id in wanted if isinstance(order_id, str))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, ()


def _digest(body: str) -> str | None:
    """The instant of the digest that a letter stands for."""
    try:
        content: Any = json.loads(body)
        instant = str(content["requestPayload"]["digest"])
        datetime.fromisoformat(instant)
    except (ValueError, KeyError, TypeError):
        return None
    return instant


def _notifications(body: str) -> tuple[dict[str, Any], ...]:
    """The notifications of a topic that a letter stands for.

    Lambda wraps the event of an invocation that failed; SNS leaves what it could not deliver bare.
    """
    try:
        content: Any = json.loads(body)
        if content.get("Type") == "Notification":
            return (content,)
        return tuple(record["Sns"] for record in content["requestPayload"]["Records"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


@dataclass(frozen=True, slots=True)
class Stream:
    """The table's stream, for reading again what a letter stands for.

    Args:
        client: A DynamoDB Streams client.
    """

    client: "DynamoDBStreamsClient"

    def partitions(self, records: Range) -> list[str] | None:
        """The partition keys of a range of records, each once.

        Returns:
            None where the stream has them no more: it keeps a day.
        """
        exceptions = self.client.exceptions
        try:
            iterator = self.client.get_shard_iterator(
                StreamArn=records.stream,
                ShardId=records.shard,
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=records.first,
            ).get("ShardIterator")
            found: dict[str, None] = {}
            while iterator:
                page = self.client.get_records(ShardIterator=iterator)
                for record in page["Records"]:
                    change: Any = record["dynamodb"]
                    if int(change["SequenceNumber"]) > int(records.last):
                        return list(found)
                    found[change["Keys"]["pk"]["S"]] = None
                    if change["SequenceNumber"] == records.last:
                        return list(found)
                iterator = page.get("NextShardIterator")
                if not page["Records"]:
                    break
        except (exceptions.TrimmedDataAccessException, exceptions.ResourceNotFoundException):
            return None
        return None
