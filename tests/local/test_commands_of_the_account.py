"""`make restore` and `make redrive` as a person reads them, and what they ask AWS for."""

import io
import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from tests.local import redrive, restore
from tests.local.account import check_credentials
from tests.local.machine import LocalError

STACKS: Mapping[str, Mapping[str, str]] = {
    "stallwatch": {"OrdersTableName": "orders", "PageUrl": "https://page/"}
}


class MissingError(Exception):
    """What DynamoDB says of a table that is not there."""


class Account:
    """An AWS account with a stack in it, as far as the commands ask for one."""

    region_name: str | None = "eu-central-1"
    exceptions = type("Exceptions", (), {"ResourceNotFoundException": MissingError})

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.configs: dict[str, Any] = {}
        self.invoked: list[str] = []

    def client(self, name: str, config: Any = None) -> "Account":
        self.configs[name] = config
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    def describe_stacks(self, **given: str) -> dict[str, Any]:
        name = given["StackName"]
        if name not in STACKS:
            why = f"Stack with id {name} does not exist"
            answer: Any = {"Error": {"Code": "ValidationError", "Message": why}}
            raise ClientError(answer, "DescribeStacks")
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in STACKS[name].items()]
        return {"Stacks": [{"Outputs": outputs}]}

    def describe_table(self, **given: str) -> None:
        if given["TableName"] != "restored":
            raise MissingError

    def get_paginator(self, _: str) -> "Account":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        resources = [{"LogicalResourceId": n, "PhysicalResourceId": n} for n in redrive.FUNCTIONS]
        return [{"StackResourceSummaries": resources}]

    def invoke(self, **given: Any) -> dict[str, Any]:
        self.invoked.append(given["FunctionName"])
        answer: dict[str, Any] = self.answers[given["FunctionName"]]
        error = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **error}


def use(patch: pytest.MonkeyPatch, account: Account, **variables: str) -> Account:
    patch.setattr(boto3, "Session", lambda **_: account)
    for name in ("STACK", "FROM", "AWS_REGION"):
        patch.delenv(name, raising=False)
    for name, value in variables.items():
        patch.setenv(name, value)
    return account


NOTHING = {"letters": 0, "kept": 0}


def test_a_function_is_waited_for_as_long_as_it_may_run_and_started_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The default waits a minute, and then starts it again beside the first, up to five times."""
    answers = dict.fromkeys(redrive.FUNCTIONS, NOTHING)
    account = use(monkeypatch, Account(**answers))
    assert 0 == redrive.main()
    assert list(redrive.FUNCTIONS) == account.invoked
    config = account.configs["lambda"]
    assert (900, 1) == (config.read_timeout, config.retries["total_max_attempts"])


def test_a_redrive_says_in_words_what_it_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it did, what is left, and where the reason stands."""
    answers = {
        "PullTrackingFunction": {"letters": 2, "kept": 1},
        "EvaluateOrdersFunction": NOTHING,
    }
    use(monkeypatch, Account(**answers))
    assert 0 == redrive.main()
    assert (
        "Account 123456789012, region eu-central-1.\n"
        "The poll: 2 done again, 1 failed again and wait for the next time; the log says why: "
        ".local/sam/bin/sam logs --stack-name stallwatch.\n"
        "The evaluation: it had given up on nothing.\n"
    ) == capsys.readouterr().out


def test_one_function_that_fails_keeps_no_other_from_its_redrive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the command fails."""
    answers = {
        "PullTrackingFunction": {"errorMessage": "Task timed out"},
        "EvaluateOrdersFunction": NOTHING,
    }
    account = use(monkeypatch, Account(**answers))
    assert 1 == redrive.main()
    assert list(redrive.FUNCTIONS) == account.invoked
    assert "The poll: failed (Task timed out); the log says why" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, "FROM= names the table"),
        ({"FROM": "restored", "STACK": "other"}, "There is no stack other in eu-central-1"),
        ({"FROM": "lost"}, "There is no table lost in eu-central-1."),
        ({"FROM": "orders"}, "orders is the stack's own table"),
    ],
)
def test_a_restore_that_cannot_be_says_why_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: Mapping[str, str],
    why: str,
) -> None:
    """And touches nothing."""
    use(monkeypatch, Account(), **variables)
    assert 1 == restore.main()
    assert why in capsys.readouterr().err


def test_a_redrive_of_no_stack_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what names another."""
    use(monkeypatch, Account(), STACK="other")
    assert 1 == redrive.main()
    assert "There is no stack other in eu-central-1" in capsys.readouterr().err


def test_without_a_region_each_command_says_how_to_set_one() -> None:
    """AWS's own message names neither the command nor the variable."""
    account = Account()
    account.region_name = None
    with pytest.raises(LocalError, match="AWS_REGION"):
        check_credentials(account)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (NoCredentialsError(), "No AWS credentials are set"),
        (EndpointConnectionError(endpoint_url="https://sts"), "AWS cannot be reached"),
        (
            ClientError({"Error": {"Code": "InvalidClientTokenId"}}, "GetCallerIdentity"),
            "AWS does not accept your credentials",
        ),
    ],
)
def test_missing_credentials_no_connection_and_wrong_credentials_differ(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, said: str
) -> None:
    """Each has another remedy."""

    def fail(_: Account) -> dict[str, str]:
        raise failure

    monkeypatch.setattr(Account, "get_caller_identity", fail)
    with pytest.raises(LocalError, match=said):
        check_credentials(Account())
