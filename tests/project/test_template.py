"""The rules of the template, over what CloudFormation gets of it."""

import json
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest

from tests.aws.moto_stack import load_handler
from tests.support.template import ROOT, woken_by
from tests.support.transformed import (
    function,
    functions,
    grants,
    needs,
    transformed,
    transformed_resources,
)

FOLDERS = sorted(functions())

OPTIONAL = {"push_alerts": "HasPushUrls", "read_mailbox": "HasMailbox"}
"""The functions that are made only where their parameter is set, with their condition."""


# The code.


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_s_handler_is_there(folder: str) -> None:
    """In its folder, which holds one file, under the name that the template says."""
    module, _, name = function(folder)["Handler"].partition(".")
    files = [f.name for f in (ROOT / "functions" / folder).iterdir() if f.name != "__pycache__"]
    assert [f"{module}.py"] == files
    assert callable(getattr(load_handler(folder), name))


def test_the_functions_are_the_contract_s() -> None:
    """Three and two that are optional, with the layer, on Arm; the push has a layer besides."""
    assert sorted({"evaluate_orders", "orders_api", "pull_tracking", *OPTIONAL}) == FOLDERS
    layers = transformed_resources("AWS::Lambda::LayerVersion")
    (layer,) = (name for name in layers if "Condition" not in layers[name])
    (push_layer,) = layers.keys() - {layer}
    for folder in FOLDERS:
        properties = function(folder)
        wanted = [layer, push_layer] if folder == "push_alerts" else [layer]
        assert ("python3.13", ["arm64"], [{"Ref": name} for name in wanted]) == (
            properties["Runtime"],
            properties["Architectures"],
            properties["Layers"],
        )
    for folder, condition in OPTIONAL.items():
        assert condition == transformed()["Resources"][functions()[folder]]["Condition"]
    assert OPTIONAL["push_alerts"] == layers[push_layer]["Condition"]


# What they may do.

EVERY_RESOURCE = {
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
}
"""For these SNS knows no resource: anything narrower grants nothing."""


def statements() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The statements of all roles and policies."""
    for name, role in transformed_resources("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                match statement:
                    case {"Fn::If": [_, then, _]}:
                        yield name, then
                    case _:
                        yield name, statement


def test_every_permission_names_its_actions_and_resources() -> None:
    """No star, but where the service knows nothing narrower."""
    seen = set()
    for name, statement in statements():
        actions, on = (
            given if isinstance(given, list) else [given]
            for given in (statement["Action"], statement["Resource"])
        )
        assert "Allow" == statement["Effect"]
        assert not any("*" in action for action in actions), name
        if "*" in on:
            assert set(actions) <= EVERY_RESOURCE, name
            seen |= set(actions)
    assert EVERY_RESOURCE == seen


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_function_has_a_role_and_a_log_of_its_own(folder: str) -> None:
    """Kept for a month, and writable by that function alone."""
    properties = function(folder)
    log = properties["LoggingConfig"]["LogGroup"]["Ref"]
    kept = transformed()["Resources"][log]["Properties"]["RetentionInDays"]
    others = [other for other in FOLDERS if other != folder]
    assert 0 < kept <= 30
    assert any("logs:PutLogEvents" in g.actions for g in grants(folder))
    for grant in grants(folder):
        assert "logs:CreateLogGroup" not in grant.actions
        if "logs:PutLogEvents" in grant.actions:
            assert (f"{log}.Arn",) == grant.resources
    assert all(function(other)["Role"] != properties["Role"] for other in others)


# How it is put together.


def test_nothing_needs_itself() -> None:
    """Nor does anything in a circle, which a deployment refuses and the linters do not see."""
    order = list(TopologicalSorter(needs()).static_order())
    assert set(transformed()["Resources"]) == set(order)


@pytest.mark.parametrize("folder", ["orders_api", "pull_tracking"])
def test_a_circle_would_be_found(folder: str) -> None:
    """The page's address, told to another function than the one that may know it, closes one."""
    circle = needs()
    evaluation = circle[functions()["evaluate_orders"]]
    assert "OrdersApi" in evaluation
    circle[functions()[folder]].add("OrdersApi")
    with pytest.raises(CycleError):
        list(TopologicalSorter(circle).static_order())


def test_no_function_has_reserved_concurrency() -> None:
    """A new account has ten in all, and the deployment would fail."""
    for folder in FOLDERS:
        assert "ReservedConcurrentExecutions" not in function(folder)
    assert {} == transformed_resources("AWS::Lambda::Version", "AWS::Lambda::Alias")


def test_the_stream_wakes_the_evaluation_by_keys() -> None:
    """Of what others write: its own writes must not wake it again."""
    table = transformed()["Resources"]["OrdersTable"]["Properties"]
    assert "KEYS_ONLY" == table["StreamSpecification"]["StreamViewType"]
    assert {"ORDER", "TRACE", "WAKE"} == woken_by()
    (mapping,) = transformed_resources("AWS::Lambda::EventSourceMapping").values()
    properties = mapping["Properties"]
    assert {"Fn::GetAtt": ["OrdersTable", "StreamArn"]} == properties["EventSourceArn"]
    assert {"Ref": functions()["evaluate_orders"]} == properties["FunctionName"]
    assert properties["BisectBatchOnFunctionError"]
    assert ["ReportBatchItemFailures"] == properties["FunctionResponseTypes"]
    # The default tries for a day, and blocks the shard as long.
    assert 3 <= properties["MaximumRetryAttempts"] <= 10


def failing() -> dict[str, Any]:
    """Where what could not be done goes, by the function that could not do it."""
    found = transformed_resources(
        "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"
    )
    return {
        resource["Properties"]["FunctionName"]["Ref"]: resource["Properties"]["DestinationConfig"]
        for resource in found.values()
    }


@pytest.mark.parametrize("folder", [f for f in FOLDERS if f != "orders_api"])
def test_what_a_function_gives_up_on_is_kept(folder: str) -> None:
    """For two weeks, in a queue that it may write to."""
    queue = failing()[functions()[folder]]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    properties = transformed()["Resources"][queue]["Properties"]
    assert 14 * 86400 == properties["MessageRetentionPeriod"]
    assert any(
        "sqs:SendMessage" in grant.actions and (f"{queue}.Arn",) == grant.resources
        for grant in grants(folder)
    )


def test_the_check_runs_by_the_schedule() -> None:
    """As often as the parameter says; the mailbox is read every hour. The digest has its own."""
    every = {
        schedule["Properties"]["Target"]["Arn"]["Fn::GetAtt"][0]: schedule["Properties"]
        for schedule in transformed_resources("AWS::Scheduler::Schedule").values()
    }
    names = ("pull_tracking", "read_mailbox", "evaluate_orders")
    assert {functions()[f] for f in names} == every.keys()
    check, hourly, digest = (every[functions()[f]] for f in names)
    assert {"Ref": "CheckEvery"} == check["ScheduleExpression"]
    assert "rate(1 hour)" == hourly["ScheduleExpression"]
    assert ({"Ref": "DigestSchedule"}, {"Ref": "TimeZone"}) == (
        digest["ScheduleExpression"],
        digest["ScheduleExpressionTimezone"],
    )
    assert {"digest": "<aws.scheduler.scheduled-time>"} == json.loads(digest["Target"]["Input"])


def test_the_push_hears_the_alerts_of_the_stack_s_own_language() -> None:
    """And only those: the other topic repeats them. What SNS cannot bring goes to its queue."""
    (one,) = (
        subscription["Properties"]
        for subscription in transformed_resources("AWS::SNS::Subscription").values()
        if subscription["Properties"]["Protocol"] == "lambda"
    )
    assert ({"Ref": "AlertsTopic"}, {"Fn::GetAtt": [functions()["push_alerts"], "Arn"]}) == (
        one["TopicArn"],
        one["Endpoint"],
    )
    queue = {"Fn::GetAtt": ["PushDeadLetters", "Arn"]}
    assert {"deadLetterTargetArn": queue} == one["RedrivePolicy"]
    policy = transformed()["Resources"]["PushDeadLettersPolicy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (queue, {"ArnEquals": {"aws:SourceArn": {"Ref": "AlertsTopic"}}}) == (
        statement["Resource"],
        statement["Condition"],
    )


PHYSICAL_NAMES = {
    "AWS::ApiGateway::ApiKey": "Name",
    "AWS::ApiGateway::UsagePlan": "UsagePlanName",
    "AWS::Budgets::Budget": "BudgetName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
}
"""The property of each type that must be unique in an account and region."""


def test_no_physical_name_is_literal() -> None:
    """Two stacks live side by side: a name is CloudFormation's, or holds the stack's."""
    for name, resource in transformed()["Resources"].items():
        given = resource["Properties"].get(PHYSICAL_NAMES.get(resource["Type"], "-"))
        assert given is None or "AWS::StackName" in json.dumps(given), name


def test_the_table_of_a_failed_first_deployment_goes() -> None:
    """`Retain` would keep it, and the next try would leave another behind."""
    table = transformed()["Resources"]["OrdersTable"]
    assert ("RetainExceptOnCreate", "Retain") == (
        table["DeletionPolicy"],
        table["UpdateReplacePolicy"],
    )
