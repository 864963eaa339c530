"""The stack in one process: the real handlers over moto, a look-alike of Cainiao, and a clock."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from stallwatch import clients
from stallwatch.clock import LambdaClock
from tests.lookalikes.cainiao import Lookalike
from tests.template import ROOT, rules_variable, without_serverless, woken_by

REGION = "eu-central-1"
PLAIN_ENDPOINT = Config(account_id_endpoint_mode="disabled")
"""moto does not know the endpoint that has the account's id in it."""

PAGE_URL = "https://stallwatch.example/"


@dataclass
class Context:
    """What a function is told of its invocation."""

    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    function_name: str = "function"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:000000000000:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def load_handler(name: str) -> ModuleType:
    """The module of a function."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Sent:
    """A message that a machine got."""

    body: dict[str, Any]
    attributes: dict[str, str]
    subject: str

    @property
    def kind(self) -> str:
        return str(self.body["kind"])


@dataclass
class World:
    """The stack, its surroundings, and the time."""

    now: datetime
    cainiao: Lookalike
    table: str = ""
    topic: str = ""
    translated_topic: str = ""
    queue: str = ""
    dead_letters: dict[str, str] = field(default_factory=dict)
    """The URL of each function's queue."""
    handlers: dict[str, ModuleType] = field(default_factory=dict)
    nudges: int = 0
    _sequence: dict[str, str] = field(default_factory=dict)

    # Time.

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)

    # The API.

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a request; returns the status and the answer."""
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {"content-type": "application/json", **(headers or {})},
            "multiValueHeaders": {"content-type": ["application/json"]},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {n: [v] for n, v in (query or {}).items()} or None,
            "pathParameters": None,
            "requestContext": {"resourcePath": path, "httpMethod": method, "stage": "live"},
            "body": body if isinstance(body, str) or body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self.handlers["orders_api"].handler(event, Context())
        text = answer.get("body")
        kind = (answer.get("multiValueHeaders") or {}).get("Content-Type", [""])[0]
        return answer["statusCode"], json.loads(text) if text and "json" in kind else text

    # The other functions.

    def pull(self, *order_ids: str) -> dict[str, Any]:
        """Run the pull: of what is due, or of some orders."""
        event = {"order_ids": list(order_ids)} if order_ids else {}
        answer: dict[str, Any] = self.handlers["pull_tracking"].handler(event, Context())
        return answer

    def redrive(self, name: str) -> dict[str, Any]:
        """Have a function do again what it gave up on."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DEAD_LETTERS_URL", self.dead_letters[name])
            answer: dict[str, Any] = self.handlers[name].handler({"redrive": True}, Context())
        return answer

    def pump(self) -> None:
        """Deliver what the stream holds to the evaluation, until nothing comes any more."""
        while records := self._new_records():
            event = {"Records": records}
            answer = self.handlers["evaluate_orders"].handler(event, Context())
            assert answer == {"batchItemFailures": []}

    def skip_stream(self) -> None:
        """Deliver nothing of what the stream holds."""
        self._new_records()

    def check(self, order_id: str) -> None:
        """Look at an order now, and evaluate what was seen."""
        self.pull(order_id)
        self.pump()

    def _new_records(self) -> list[dict[str, Any]]:
        streams = boto3.client("dynamodbstreams", region_name=REGION, config=PLAIN_ENDPOINT)
        (stream,) = streams.list_streams(TableName=self.table)["Streams"]
        described = streams.describe_stream(StreamArn=stream["StreamArn"])
        records = []
        for shard in described["StreamDescription"]["Shards"]:
            seen = self._sequence.get(shard["ShardId"])
            start: Any = {"ShardIteratorType": "TRIM_HORIZON"}
            if seen is not None:
                start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": seen}
            iterator = streams.get_shard_iterator(
                StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], **start
            )["ShardIterator"]
            while found := streams.get_records(ShardIterator=iterator):
                for record in found["Records"]:
                    self._sequence[shard["ShardId"]] = record["dynamodb"]["SequenceNumber"]
                    if record["dynamodb"]["Keys"]["sk"]["S"] in woken_by():
                        records.append(_lambda_record(record))
                if not found["Records"]:
                    break
                iterator = found["NextShardIterator"]
        return records

    # What went out.

    def messages(self) -> list[Sent]:
        """The messages that machines got since the last call."""
        sqs = boto3.client("sqs", region_name=REGION)
        found = []
        while batch := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in batch:
                envelope = json.loads(message["Body"])
                found.append(
                    Sent(
                        body=json.loads(envelope["Message"]),
                        attributes={
                            name: value["Value"]
                            for name, value in envelope["MessageAttributes"].items()
                        },
                        subject=envelope["Subject"],
                    )
                )
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found


def _lambda_record(record: Any) -> dict[str, Any]:
    """A stream's record as a function gets it: keys only."""
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": record["dynamodb"]["Keys"],
            "SequenceNumber": record["dynamodb"]["SequenceNumber"],
            "StreamViewType": "KEYS_ONLY",
        },
    }


@contextmanager
def world_at(now: datetime, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[World]:
    """A stack whose clock stands at an instant."""
    with mock_aws(), Lookalike() as cainiao:
        world = World(now, cainiao)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        _build(world)
        environment = {
            "TABLE_NAME": world.table,
            "TOPIC_ARN": world.topic,
            "PULL_FUNCTION": "pull",
            "TRANSLATED_TOPIC_ARN": world.translated_topic,
            "PAGE_URL": PAGE_URL,
            "LANGUAGE": "en",
            "HOME_COUNTRY": "US",
            "CHECK_EVERY": "rate(15 minutes)",
            "TURN_MINUTES": "30",
            "CAINIAO_URL": cainiao.url,
            "CAINIAO_BATCH": "10",
            "CAINIAO_PER_MINUTE": "60",
            "RULES": rules_variable(),
            "POWERTOOLS_SERVICE_NAME": "stallwatch",
            "POWERTOOLS_METRICS_NAMESPACE": "Stallwatch",
            **variables,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(LambdaClock, "now", lambda _: world.now)
        monkeypatch.setattr(LambdaClock, "sleep", lambda _, d: world.advance(seconds=d.seconds))
        for made_once in (
            clients.dynamodb,
            clients.sns,
            clients.sns_once,
            clients.functions,
            clients.queues,
        ):
            made_once.cache_clear()
        for name in ("pull_tracking", "evaluate_orders", "orders_api"):
            world.handlers[name] = load_handler(name)
        monkeypatch.setattr(clients, "functions", lambda: _Functions(world), raising=True)
        streams = boto3.client("dynamodbstreams", region_name=REGION, config=PLAIN_ENDPOINT)
        monkeypatch.setattr(clients, "streams", lambda: streams)
        yield world


class _Functions:
    """Counts the runs of the pull that the API starts."""

    def __init__(self, world: World) -> None:
        self._world = world

    def invoke(self, **_: object) -> None:
        self._world.nudges += 1


def _build(world: World) -> None:
    formation = boto3.client("cloudformation", region_name=REGION)
    formation.create_stack(StackName="stallwatch", TemplateBody=without_serverless())
    described = formation.describe_stack_resources(StackName="stallwatch")["StackResources"]
    ids = {
        r["LogicalResourceId"]: r["PhysicalResourceId"]
        for r in described
        if "LogicalResourceId" in r
    }
    world.table, world.topic = ids["OrdersTable"], ids["AlertsTopic"]
    world.translated_topic = ids["TranslatedAlertsTopic"]
    world.dead_letters = {
        "pull_tracking": ids["PullDeadLetters"],
        "evaluate_orders": ids["EvaluateDeadLetters"],
    }
    sqs = boto3.client("sqs", region_name=REGION)
    world.queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=world.queue, AttributeNames=["QueueArn"])
    boto3.client("sns", region_name=REGION).subscribe(
        TopicArn=world.topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
    )
