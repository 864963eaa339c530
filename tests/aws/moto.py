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
from moto.sqs.models import sqs_backends

from tests.aws import moto_patches

REGION = "eu-central-1"

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
    inbox: str
    inbox_arn: str

    def empty(self) -> None:
        """Forget what is stored, subscribed and sent."""
        empty_table(self.ids["OrdersTable"])
        backend = sqs_backends[DEFAULT_ACCOUNT_ID][REGION]
        for queue in backend.queues.values():
            queue.pending_messages.clear()
            queue._messages.clear()  # noqa: SLF001
        sns = client("sns")
        for one in sns.list_subscriptions()["Subscriptions"]:
            if one["Endpoint"] != self.inbox_arn:
                sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


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
    inbox: str = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = arn_of(inbox)
    client("sns").subscribe(TopicArn=ids["AlertsTopic"], Protocol="sqs", Endpoint=arn)
    return Stack(ids, inbox, arn)


def arn_of(queue: str) -> str:
    """The ARN of a queue."""
    found = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn: str = found["Attributes"]["QueueArn"]
    return arn


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
