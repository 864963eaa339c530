"""`docs/deploy-policy.json`: what a person needs to deploy the stack, and nothing beside it."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import botocore.session
import pytest

from tests.support.template import ROOT
from tests.support.transformed import transformed

PARTS = "arn:aws:{service}:eu-central-1:123456789012:{name}"

CRUD_API = {f"apigateway:{verb}" for verb in ("DELETE", "GET", "PATCH", "POST", "PUT")}

ROLE = {
    *("iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole"),
    *("iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"),
    *("iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy"),
    *("iam:UpdateRole", "iam:PassRole"),
}

NEEDS: dict[str, tuple[str, set[str]]] = {
    "AWS::ApiGateway::ApiKey": ("arn:aws:apigateway:eu-central-1::/apikeys/abc", CRUD_API),
    "AWS::ApiGateway::Deployment": (
        "arn:aws:apigateway:eu-central-1::/restapis/abc/deployments/def",
        CRUD_API,
    ),
    "AWS::ApiGateway::RestApi": ("arn:aws:apigateway:eu-central-1::/restapis", CRUD_API),
    "AWS::ApiGateway::Stage": (
        "arn:aws:apigateway:eu-central-1::/restapis/abc/stages/live",
        CRUD_API,
    ),
    "AWS::ApiGateway::UsagePlan": ("arn:aws:apigateway:eu-central-1::/usageplans", CRUD_API),
    "AWS::ApiGateway::UsagePlanKey": (
        "arn:aws:apigateway:eu-central-1::/usageplans/abc/keys/def",
        CRUD_API,
    ),
    "AWS::Budgets::Budget": (
        "arn:aws:budgets::123456789012:budget/Budget-abc",
        {"budgets:ModifyBudget", "budgets:ViewBudget"},
    ),
    "AWS::CloudWatch::Alarm": (
        PARTS.format(service="cloudwatch", name="alarm:stallwatch-pull-fails"),
        {
            *("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"),
            *("cloudwatch:ListTagsForResource", "cloudwatch:PutMetricAlarm"),
            *("cloudwatch:TagResource", "cloudwatch:UntagResource"),
        },
    ),
    "AWS::CloudWatch::Dashboard": (
        "arn:aws:cloudwatch::123456789012:dashboard/stallwatch-eu-central-1",
        {"cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"},
    ),
    "AWS::DynamoDB::Table": (
        PARTS.format(service="dynamodb", name="table/stallwatch-OrdersTable-ABC"),
        {
            *("dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:DescribeTable"),
            *("dynamodb:UpdateTable", "dynamodb:DescribeContinuousBackups"),
            *("dynamodb:UpdateContinuousBackups", "dynamodb:DescribeTimeToLive"),
            *("dynamodb:UpdateTimeToLive", "dynamodb:ListTagsOfResource"),
            *("dynamodb:TagResource", "dynamodb:UntagResource"),
            # CloudFormation reads the table's state with these, whether they are used or not.
            *("dynamodb:DescribeContributorInsights", "dynamodb:GetResourcePolicy"),
            "dynamodb:DescribeKinesisStreamingDestination",
        },
    ),
    "AWS::IAM::Policy": (
        "arn:aws:iam::123456789012:role/stallwatch-PullTrackingRole-ABC",
        {"iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"},
    ),
    "AWS::IAM::Role": ("arn:aws:iam::123456789012:role/stallwatch-PullTrackingRole-ABC", ROLE),
    "AWS::Lambda::EventInvokeConfig": (
        PARTS.format(service="lambda", name="function:stallwatch-PullTrackingFunction-ABC"),
        {
            *("lambda:PutFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig"),
            *("lambda:UpdateFunctionEventInvokeConfig", "lambda:DeleteFunctionEventInvokeConfig"),
        },
    ),
    "AWS::Lambda::EventSourceMapping": (
        PARTS.format(service="lambda", name="event-source-mapping:0123"),
        {
            *("lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"),
            *("lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"),
        },
    ),
    "AWS::Lambda::Function": (
        PARTS.format(service="lambda", name="function:stallwatch-PullTrackingFunction-ABC"),
        {
            *("lambda:CreateFunction", "lambda:DeleteFunction", "lambda:GetFunction"),
            *("lambda:GetFunctionConfiguration", "lambda:UpdateFunctionCode"),
            *("lambda:UpdateFunctionConfiguration", "lambda:ListTags", "lambda:TagResource"),
            *("lambda:UntagResource", "lambda:GetFunctionCodeSigningConfig"),
            *("lambda:GetFunctionRecursionConfig", "lambda:GetRuntimeManagementConfig"),
        },
    ),
    "AWS::Lambda::LayerVersion": (
        PARTS.format(service="lambda", name="layer:StallwatchLayer"),
        {"lambda:DeleteLayerVersion", "lambda:GetLayerVersion", "lambda:PublishLayerVersion"},
    ),
    "AWS::Lambda::Permission": (
        PARTS.format(service="lambda", name="function:stallwatch-OrdersApiFunction-ABC"),
        {"lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"},
    ),
    "AWS::Logs::LogGroup": (
        PARTS.format(service="logs", name="log-group:stallwatch-OrdersApiLogs-ABC"),
        {
            *("logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DescribeLogGroups"),
            *("logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy"),
            *("logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource"),
        },
    ),
    "AWS::SNS::Subscription": (
        PARTS.format(service="sns", name="stallwatch-AlertsTopic-ABC"),
        {
            *("sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes"),
            *("sns:Subscribe", "sns:Unsubscribe", "sns:ListSubscriptionsByTopic"),
        },
    ),
    "AWS::SNS::Topic": (
        PARTS.format(service="sns", name="stallwatch-AlertsTopic-ABC"),
        {
            *("sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes"),
            *("sns:SetTopicAttributes", "sns:ListTagsForResource", "sns:TagResource"),
            *("sns:UntagResource", "sns:GetDataProtectionPolicy"),
        },
    ),
    "AWS::SQS::Queue": (
        PARTS.format(service="sqs", name="stallwatch-PullDeadLetters-ABC"),
        {
            *("sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
            *("sqs:ListQueueTags", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"),
        },
    ),
    "AWS::SQS::QueuePolicy": (
        PARTS.format(service="sqs", name="stallwatch-PushDeadLetters-ABC"),
        {"sqs:GetQueueAttributes", "sqs:SetQueueAttributes"},
    ),
    "AWS::Scheduler::Schedule": (
        PARTS.format(service="scheduler", name="schedule/default/stallwatch-PullTracking-ABC"),
        {
            *("scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule"),
            "scheduler:UpdateSchedule",
        },
    ),
}
"""For each type of resource: one as it may be called, and what its creation, update, reading and
deletion ask for."""

COMMANDS: dict[str, tuple[str, set[str]]] = {
    "sam deploy, sam delete": (
        PARTS.format(service="cloudformation", name="stack/stallwatch/0123"),
        {
            *("cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"),
            *("cloudformation:DeleteStack", "cloudformation:DescribeChangeSet"),
            *("cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"),
            *("cloudformation:ExecuteChangeSet", "cloudformation:GetTemplate"),
            *("cloudformation:GetTemplateSummary", "cloudformation:ListStackResources"),
        },
    ),
    "make redrive": (
        PARTS.format(service="cloudformation", name="stack/stallwatch/0123"),
        {"cloudformation:ListStackResources"},
    ),
    "its invocations": (
        PARTS.format(service="lambda", name="function:stallwatch-PullTrackingFunction-ABC"),
        {"lambda:InvokeFunction"},
    ),
    "SAM's transform": (
        "arn:aws:cloudformation:eu-central-1:aws:transform/Serverless-2016-10-31",
        {"cloudformation:CreateChangeSet"},
    ),
    "sam deploy --resolve-s3": (
        "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-0123",
        {
            *("s3:CreateBucket", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetBucketPolicy"),
            *("s3:GetObject", "s3:ListBucket", "s3:PutBucketPolicy", "s3:PutBucketTagging"),
            *("s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning", "s3:PutObject"),
            "s3:PutEncryptionConfiguration",
        },
    ),
}
"""For each command: what it asks for beside the resources."""

WITHOUT_A_RESOURCE = {
    *("cloudformation:GetTemplateSummary", "logs:DescribeLogGroups"),
    *("lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"),
    *("lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"),
    *("sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"),
}
"""Their names are made by the service, or they are asked before there is one."""

NO_OPERATIONS = {"apigateway", "budgets", "s3"}
"""Services whose permissions are not called like the operations of their API."""

NOT_OPERATIONS = {"iam:PassRole", "lambda:InvokeFunction"}
"""Permissions that are called otherwise than the operations they are for."""

MOST_CHARACTERS = 6_144
"""Of a managed policy, without white space."""


def policy() -> dict[str, Any]:
    """The policy as it is attached."""
    given: dict[str, Any] = json.loads((ROOT / "docs" / "deploy-policy.json").read_text("utf-8"))
    return given


def grants() -> Iterator[tuple[str, str]]:
    """Every action with every resource that it is allowed on."""
    for statement in policy()["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield action, resource


def _listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def asked() -> Iterator[tuple[str, str, str]]:
    """Who asks for what on which resource."""
    for who, (resource, actions) in {**NEEDS, **COMMANDS}.items():
        yield from ((who, action, resource) for action in actions)


def test_every_type_of_the_template_is_known() -> None:
    """A resource that is added says what its deployment asks for."""
    assert {one["Type"] for one in transformed()["Resources"].values()} == NEEDS.keys()


@pytest.mark.parametrize("who", [*NEEDS, *COMMANDS])
def test_what_a_deployment_asks_for_is_allowed(who: str) -> None:
    """On a resource that is called as CloudFormation calls it."""
    refused = {
        action
        for asker, action, resource in asked()
        if asker == who
        and not any(action == known and fnmatchcase(resource, on) for known, on in grants())
    }
    assert set() == refused


def test_nothing_else_is_allowed() -> None:
    """Each action has something that asks for it, and none is a pattern."""
    assert {action for _, action, _ in asked()} == {action for action, _ in grants()}
    assert [action for action, _ in grants() if "*" in action] == []


def test_resources_are_the_stack_s_own() -> None:
    """By name, wherever the service lets permissions be given by name."""
    assert {action for action, on in grants() if on == "*"} == WITHOUT_A_RESOURCE


def test_roles_are_passed_to_the_stack_s_services_alone() -> None:
    """Whoever may pass a role to anything has all that the role allows."""
    (passing,) = (s for s in policy()["Statement"] if "iam:PassRole" in _listed(s["Action"]))
    assert {
        "StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}
    } == passing["Condition"]


def test_the_actions_are_real() -> None:
    """Each is called like an operation of its service, but for the exceptions."""
    session = botocore.session.get_session()
    for action in {action for action, _ in grants()} - NOT_OPERATIONS:
        service, _, operation = action.partition(":")
        if service not in NO_OPERATIONS:
            assert operation in session.get_service_model(service).operation_names, action


def test_it_fits_into_a_managed_policy() -> None:
    """IAM refuses a longer one."""
    assert len(json.dumps(policy(), separators=(",", ":"))) <= MOST_CHARACTERS
