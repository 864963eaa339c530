"""moto, with what the template makes of it: built once, and emptied between tests.

Only botocore's clients reach it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.sns.models import sns_backends
from moto.sqs.models import Queue, sqs_backends

from tests.aws import moto_patches

REGION = "eu-central-1"

_INBOX = "inbox"

moto_patches.apply()


@contextmanager
def on() -> Iterator[None]:
    """Have moto answer in place of AWS."""
    before, botocore_stubber.enabled = botocore_stubber.enabled, True
    try:
        yield
    finally:
        botocore_stubber.enabled = before


@cache
def _session() -> boto3.Session:
    return boto3.Session("testing", "testing", region_name=REGION)


def new_client(service: Any) -> Any:
    """A client of a test's own, whatever the functions may do."""
    # moto does not know the endpoint that has the account's id in it.
    config = Config(account_id_endpoint_mode="disabled")
    return _session().client(service, config=config)


client = cache(new_client)
"""A client that is shared between tests."""


@dataclass(frozen=True)
class Stack:
    """What was built, by the logical names of the template, and a queue that gets the alerts."""

    ids: dict[str, str]
    inbox_arn: str

    def empty(self) -> None:
        """Forget what is stored, subscribed and sent."""
        empty_table(self.ids["OrdersTable"])
        for queue in _queues().values():
            _empty_queue(queue)
        subscriptions = sns_backends[DEFAULT_ACCOUNT_ID][REGION].subscriptions
        for arn, one in [*subscriptions.items()]:
            if one.endpoint != self.inbox_arn:
                del subscriptions[arn]

    def take_inbox(self) -> list[str]:
        """The bodies of the messages that the queue got since the last call, oldest first."""
        queue = _queues()[_INBOX]
        bodies = [message.body for message in queue.messages]
        _empty_queue(queue)
        return bodies


@cache
def stack(template: str) -> Stack:
    """Build a stack, once."""
    formation = client("cloudformation")
    formation.create_stack(StackName="stallwatch", TemplateBody=template)
    described = formation.describe_stack_resources(StackName="stallwatch")["StackResources"]
    ids = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in described
        if "LogicalResourceId" in resource
    }
    sqs = client("sqs")
    arn = arn_of(sqs.create_queue(QueueName=_INBOX)["QueueUrl"])
    client("sns").subscribe(TopicArn=ids["AlertsTopic"], Protocol="sqs", Endpoint=arn)
    return Stack(ids, arn)


def arn_of(queue: str) -> str:
    """The ARN of a queue."""
    found = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn: str = found["Attributes"]["QueueArn"]
    return arn


def _queues() -> dict[str, Queue]:
    found: dict[str, Queue] = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues
    return found


def _empty_queue(queue: Queue) -> None:
    queue.pending_messages.clear()
    queue._messages.clear()  # noqa: SLF001


def empty_table(name: str) -> None:
    """Forget the items of a table, and what its stream holds."""
    table = _table(name)
    table.items.clear()
    shard = table.stream_shard
    assert shard is not None
    shard.starting_sequence_number += len(shard.items)
    shard.items.clear()


def stream_of(name: str, after: int) -> list[dict[str, Any]]:
    """What a table's stream holds, oldest first, without the first so many records."""
    shard = _table(name).stream_shard
    assert shard is not None
    return [record.to_json() for record in shard.items[after:]]


def writes_to(name: str) -> int:
    """How often something was written to a table so far."""
    shard = _table(name).stream_shard
    assert shard is not None
    return shard.starting_sequence_number + len(shard.items)


def _table(name: str) -> Table:
    found: Table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[name]
    return found


def items_of(name: str) -> Any:
    """The items of a table, as moto keeps them."""
    return _table(name).items
