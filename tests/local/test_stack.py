"""What a test or a demonstration gets of a stack on this machine."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.local.emulated_stack import FUNCTIONS, Neighbour, Stack
from tests.local.local_stack import FunctionError, LocalStack
from tests.local.machine import ROOT, client
from tests.local.parts import need
from tests.simulators.seventeen_track import KEY, Simulator


@pytest.fixture(scope="module")
def track() -> Iterator[Simulator]:
    """17TRACK."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def local(track: Simulator) -> Iterator[LocalStack]:
    """A stack with a mail subscriber, which asks 17TRACK first."""
    need("emulator")
    parameters = {
        "AlertEmail": "buyer@example.org",
        "CheckEvery": "rate(3 hours)",
        "FirstSource": "17track",
        "SeventeenTrackKey": "/stallwatch/17track",
        "SeventeenTrackUrl": track.url,
    }
    with LocalStack("test-stack", parameters=parameters) as stack:
        yield stack


def test_a_message_reaches_the_inbox_and_the_mail(local: LocalStack) -> None:
    """A machine gets the default text in SNS's envelope, a person that of the mail."""
    local.sns.publish(
        TopicArn=local.outputs["AlertsTopicArn"],
        Subject="Late",
        Message=json.dumps({"default": "{}", "email": "Dear buyer", "sms": "Buyer"}),
        MessageStructure="json",
    )
    (envelope,) = local.drain_inbox(at_least=1)
    assert (envelope["Subject"], envelope["Message"]) == ("Late", "{}")
    assert local.drain_inbox() == []
    assert local.notifications() == [
        {
            "protocol": "email",
            "endpoint": "buyer@example.org",
            "subject": "Late",
            "text": "Dear buyer",
        }
    ]


def test_a_run_answers_and_logs(local: LocalStack) -> None:
    """The function's answer comes back, and what it logged can be read."""
    assert local.invoke("pull_tracking", {})["due"] == 0
    assert any(line.startswith("REPORT") for line in local.logs("pull_tracking"))


def test_a_failed_run_is_an_error(local: LocalStack) -> None:
    """What the function raised is in the error."""
    with pytest.raises(FunctionError, match="Records"):
        local.invoke("evaluate_orders", {})


def test_variables_are_added_to_all_functions(local: LocalStack) -> None:
    """The functions keep what the template gave them."""
    local.update_function_environment({"CLOCK_SHIFT": "86400"})
    seen = [
        local.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        for name in local.function_names.values()
    ]
    assert [variables["CLOCK_SHIFT"] for variables in seen] == ["86400"] * len(FUNCTIONS)
    table = local.outputs["OrdersTableName"]
    assert [variables["TABLE_NAME"] for variables in seen] == [table] * len(FUNCTIONS)


def test_17track_is_asked_with_the_key_from_its_parameter(
    local: LocalStack, track: Simulator
) -> None:
    """An order is registered, and answered about at the next look."""
    parameters = client("ssm", local.stack["aws_endpoint"])
    parameters.put_parameter(Name="/stallwatch/17track", Value=KEY, Type="SecureString")
    now, number = datetime.now(UTC), "LP00000000000001"
    track.put(number, [(now - timedelta(days=3), "InTransit_Departure")])
    order = {
        "order_id": "cup",
        "ordered_on": (now - timedelta(days=9)).date().isoformat(),
        "tracking_number": number,
    }
    with opened(local.stack, "/orders", order):
        local.settle()
    assert {number: 1} == dict(track.spent)
    local.invoke("pull_tracking", {"order_ids": ["cup"]})
    local.settle()
    with opened(local.stack, "/orders/cup") as answer:
        seen = json.load(answer)
    assert "departed_origin" == seen["stage"]
    assert ["17track"] == [checkpoint["source"] for checkpoint in seen["checkpoints"]]


def opened(stack: Stack | Neighbour, path: str, body: object = None) -> Any:
    """What the API answers."""
    request = Request(  # noqa: S310
        f"{stack['api_url']}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"x-api-key": stack["api_key"], "content-type": "application/json"},
    )
    return urlopen(request)  # noqa: S310


def test_two_stacks_in_one_account_and_region_keep_apart(local: LocalStack) -> None:
    """Each alerts its own subscribers about its own orders, and takes no other's key."""
    local.settle()
    local.drain_inbox()
    parents = local.deploy_beside("parents")
    ours = (datetime.now(UTC) - timedelta(days=14)).date().isoformat()
    for stack, order_id in ((local.stack, "ours"), (parents, "theirs")):
        # It has no number, so that nobody is asked, and is never scanned.
        with opened(stack, "/orders", {"order_id": order_id, "ordered_on": ours}):
            pass
    for queue, order_id in (
        (local.stack["inbox_queue_url"], "ours"),
        (parents["inbox_queue_url"], "theirs"),
    ):
        (envelope,) = local.drain_inbox(at_least=1, queue=queue)
        assert [order_id] == [
            order["order_id"] for order in json.loads(envelope["Message"])["orders"]
        ]
    local.settle()
    for queue in (local.stack["inbox_queue_url"], parents["inbox_queue_url"]):
        assert [] == local.drain_inbox(queue=queue)
    with pytest.raises(HTTPError) as refused:
        opened({**parents, "api_key": local.stack["api_key"]}, "/orders")
    with refused.value as answer:
        assert HTTPStatus.FORBIDDEN == answer.code


def test_one_command_redrives(local: LocalStack) -> None:
    """What a run had given up on is done again, by each function with its own permissions."""
    pull, evaluation = map(local.physical_id, ("PullDeadLetters", "EvaluateDeadLetters"))
    local.sqs.send_message(QueueUrl=pull, MessageBody=json.dumps({"requestPayload": {}}))
    local.sqs.send_message(QueueUrl=evaluation, MessageBody="its records are gone")
    command = ["make", "redrive", f"STACK={local.stack['stack_name']}"]
    environment = {**os.environ, **local.variables}
    made = subprocess.run(
        command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert 0 == made.returncode, made.stderr
    assert 2 == made.stdout.count(": 1 done again."), made.stdout
