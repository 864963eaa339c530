"""The rules of the template, over what CloudFormation gets of it."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from typing import Any

import pytest

from stallwatch.aws.settings import Settings, SettingsError
from stallwatch.domain.thresholds import THRESHOLDS, Thresholds
from stallwatch.tracking.profiles import PROFILES
from tests.aws.moto_stack import load_handler
from tests.local.parts import FACTS
from tests.support.template import ROOT, template, thresholds_variable, woken_by
from tests.support.transformed import (
    Names,
    defaults,
    function,
    functions,
    given_to,
    grants,
    needs,
    transformed,
    transformed_resources,
    variables,
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


# What the functions are given.

OF_POWERTOOLS = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_METRICS_DISABLED",
}

NEED_NOT_BE_SET = {"CLOCK_SHIFT"}
"""Only a demonstration moves the clock of its stack."""

TOLD_TO_ALL = {"FIRST_SOURCE"} | {profile.key_variable for profile in PROFILES.values()} - {""}
"""Which sources there are: Cainiao alone, where neither says otherwise."""

TOLD_IN_VAIN = {"push_alerts": {"THRESHOLDS", "TURN_MINUTES"}}
"""What a function need not know, and is told since all others must."""


class Noting(dict[str, str]):
    """Variables that know which of them were asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)


def settings_of(folder: str) -> set[str]:
    """The settings that a handler names, or the wiring that it calls."""
    source = (ROOT / "functions" / folder / "app.py").read_text("utf-8")
    wiring = (ROOT / "shared" / "stallwatch" / "wiring.py").read_text("utf-8")
    sources = [source, wiring] if "stallwatch.wiring" in source else [source]
    return {
        node.attr
        for text in sources
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and hasattr(Settings, node.attr)
    }


OF_A_SOURCE = {"url_of", "key_of", "pace_of"}
"""The settings that every source has, by its profile."""


def asked_by(folder: str, given: Mapping[str, str]) -> set[str]:
    """The variables that a function's settings read; each must be there and make sense."""
    noting = Noting(given)
    settings = Settings(noting)
    for name in settings_of(folder):
        if name in OF_A_SOURCE:
            for profile in PROFILES.values():
                getattr(settings, name)(profile)
        elif isinstance(getattr(Settings, name), property):
            getattr(settings, name)
    return noting.asked


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_is_given_what_it_reads(folder: str) -> None:
    """And nothing in vain: what a function need not know may close a circle."""
    given = given_to(folder)
    asked = asked_by(folder, given)
    told = given.keys() - OF_POWERTOOLS - TOLD_TO_ALL - TOLD_IN_VAIN.get(folder, set())
    assert told == asked - NEED_NOT_BE_SET - TOLD_TO_ALL


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_variable_that_is_not_set_is_found(folder: str) -> None:
    """By the check above: it is not the first user who finds it."""
    given = given_to(folder)
    for name in given.keys() - OF_POWERTOOLS - TOLD_TO_ALL - TOLD_IN_VAIN.get(folder, set()):
        with pytest.raises(SettingsError, match=name):
            asked_by(folder, {n: value for n, value in given.items() if n != name})


def test_only_handlers_and_the_wiring_read_the_settings() -> None:
    """So that what a function reads is what its handler names; `poll --here` reads a function's."""
    readers = {
        path.relative_to(ROOT / "shared" / "stallwatch").as_posix()
        for path in (ROOT / "shared" / "stallwatch").rglob("*.py")
        if "settings import" in path.read_text("utf-8")
    }
    assert {"wiring.py", "cli/polling.py"} == readers


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


# The API.

OPEN = {("GET", "/"), ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/assets/{file}")}
"""What is served to everyone: the page and its parts, which hold no orders."""

NO_KEY_BUT_A_TOKEN = {("GET", "/claims/{token}"), ("GET", "/calendar/{token}")}
"""Opened by a link that nobody can guess."""


def api_routes() -> dict[tuple[str, str], Mapping[str, Any]]:
    """The routes of the API as the gateway gets them."""
    body = transformed()["Resources"]["OrdersApi"]["Properties"]["Body"]
    return {
        (method.upper(), path): operation
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
    }


def test_every_route_needs_the_key_but_the_page() -> None:
    """A route that is added is closed unless it stands here."""
    without = {route for route, found in api_routes().items() if not found.get("security")}
    assert OPEN | NO_KEY_BUT_A_TOKEN == without
    for route, found in api_routes().items():
        assert route in without or [{"api_key": []}] == found["security"]
    body = transformed()["Resources"]["OrdersApi"]["Properties"]["Body"]
    scheme = body["components"]["securitySchemes"]["api_key"]
    assert {"type": "apiKey", "name": "x-api-key", "in": "header"} == scheme


def test_the_gateway_has_the_routes_of_the_code() -> None:
    """No more and no less."""
    app = import_module("stallwatch.api.app").app
    coded = {(route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)) for route in _routes(app)}
    assert coded == api_routes().keys()


def _routes(app: Any) -> list[Any]:
    return [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001


def test_the_key_opens_the_deployed_stage() -> None:
    """Through a plan that keeps a runaway client in check."""
    plan = transformed()["Resources"]["UsagePlan"]["Properties"]
    assert [{"ApiId": {"Ref": "OrdersApi"}, "Stage": "live"}] == plan["ApiStages"]
    assert plan["Throttle"]["RateLimit"] > 0
    joined = transformed()["Resources"]["UsagePlanKey"]["Properties"]
    assert ({"Ref": "ApiKey"}, {"Ref": "UsagePlan"}) == (joined["KeyId"], joined["UsagePlanId"])
    for name in ("ApiKey", "UsagePlan"):
        assert "OrdersApiliveStage" in needs()[name]
    binary = transformed()["Resources"]["OrdersApi"]["Properties"]["Body"]
    assert ["*/*"] == binary["x-amazon-apigateway-binary-media-types"]


# What the owner sets and sees.

OF_THE_CONTRACT = {
    "AlertEmail": "",
    "AlertPhone": "",
    "CheckEvery": "rate(15 minutes)",
    "CainiaoUrl": "https://global.cainiao.com/global/detail.json",
    "CainiaoBatch": "10",
    "CainiaoPerMinute": "60",
    "SeventeenTrackKey": "",
    "HomeCountry": "US",
    "PublicUrl": "",
    "PushUrls": "",
    "Mailbox": "",
}

OF_THE_STACK = {
    "Language": "en",
    "FirstSource": "cainiao",
    # Where a look-alike is asked.
    "SeventeenTrackUrl": "https://api.17track.net/track/v2.4",
    # A shorter turn serves more orders.
    "TurnMinutes": "30",
    # More orders than one small function serves.
    "PullMemory": "128",
    "PullWorkers": "1",
    "Monitoring": "basic",
    "MonthlyBudget": "0",
    "KeyRevision": "1",
    "QuietHours": "",
    "DigestSchedule": "",
    "TimeZone": "UTC",
}
"""Which others rely on, with their defaults. Those of single sources stand in their profiles."""

THE_RULES = {number.parameter: number.default for number in THRESHOLDS.values()}
"""Every number of the rules, by its parameter."""


def test_the_parameters_are_the_contract_s() -> None:
    """Each with its default; besides, the numbers of the rules, and what others rely on."""
    rules = {name: str(number) for name, number in THE_RULES.items()}
    expected = OF_THE_CONTRACT | OF_THE_STACK | rules
    assert expected == {name: defaults().get(name) for name in expected}
    shown = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(defaults()) == sorted(name for group in shown for name in group["Parameters"])
    for name, parameter in template()["Parameters"].items():
        assert parameter["Description"], name


def test_every_number_of_the_rules_reaches_them() -> None:
    """Under its own name, and changed alone by its own parameter."""
    names = {number.parameter: number.name for number in THRESHOLDS.values()}
    assert {names[name]: number for name, number in THE_RULES.items()} == json.loads(
        thresholds_variable()
    )
    for folder in FOLDERS:
        for name, number in THE_RULES.items():
            given = variables(folder, Names({**defaults(), name: "99"}))
            changed = Thresholds.of(json.loads(given["THRESHOLDS"]))
            assert number != 99 == getattr(changed, names[name])


def test_every_number_of_the_rules_is_read() -> None:
    """A parameter that decides nothing would be a promise."""
    definition = ROOT / "shared" / "stallwatch" / "domain" / "thresholds.py"
    windows = definition.read_text("utf-8").partition("def window")[2]
    code = [p for p in (ROOT / "shared" / "stallwatch").rglob("*.py") if p != definition]
    text = windows + "".join(path.read_text("utf-8") for path in code)
    assert [f.name for f in fields(Thresholds) if not re.search(rf"\.{f.name}\b", text)] == []


def test_the_outputs_are_the_contract_s() -> None:
    """By these names others find the stack's parts."""
    assert {
        "ApiUrl",
        "PageUrl",
        "ApiKeyId",
        "OrdersTableName",
        "AlertsTopicArn",
        "PullFunctionName",
        "EvaluateFunctionName",
    } == set(transformed()["Outputs"])


BASIC_ALARMS = {
    "PullHasNotRun",
    "PullFails",
    "EvaluationHasNotRun",
    "EvaluationLags",
    "ApiFails",
    "EvaluationHasDeadLetters",
    "PullHasDeadLetters",
}
OPTIONAL_ALARMS = {
    "PushHasDeadLetters": "HasPushAlarms",
    "MailboxIsNotRead": "HasMailboxAlarms",
}
"""Of the optional functions, where there are alarms at all."""
FULL_ALARMS = {"EvaluationFails", "SourceIsDown", "AlertsAreStuck", "MessagesAreNotDelivered"}


OF_OPTIONAL_FUNCTIONS = {
    **dict.fromkeys(
        (
            "PushAlertsFunction",
            "PushAlertsFunctionAlerts",
            "PushAlertsFunctionAlertsPermission",
            "PushAlertsFunctionEventInvokeConfig",
            "PushAlertsLogs",
            "PushAlertsRole",
            "PushDeadLetters",
            "PushDeadLettersPolicy",
        ),
        "HasPushUrls",
    ),
    **dict.fromkeys(
        (
            "MailboxDeadLetters",
            "ReadMailboxFunction",
            "ReadMailboxFunctionEventInvokeConfig",
            "ReadMailboxFunctionHourly",
            "ReadMailboxFunctionHourlyRole",
            "ReadMailboxLogs",
            "ReadMailboxRole",
        ),
        "HasMailbox",
    ),
}
"""Everything of an optional function has its condition; the layer's name changes with its code."""


def test_optional_parts_exist_only_where_their_parameter_asks_for_them() -> None:
    """An empty address is no subscriber, no budget is no budget, and monitoring has three sizes."""
    conditions = {
        name: resource["Condition"]
        for name, resource in transformed()["Resources"].items()
        if "Condition" in resource and resource["Type"] != "AWS::Lambda::LayerVersion"
    }
    assert {
        "AlertEmailSubscription": "HasAlertEmail",
        "AlertPhoneSubscription": "HasAlertPhone",
        "PullWorkersPolicy": "HasPullWorkers",
        "Budget": "HasBudget",
        "Digest": "HasDigest",
        "DigestRole": "HasDigest",
        "Dashboard": "HasFullMonitoring",
        **OF_OPTIONAL_FUNCTIONS,
        **OPTIONAL_ALARMS,
        **dict.fromkeys(BASIC_ALARMS, "HasAlarms"),
        **dict.fromkeys(FULL_ALARMS, "HasFullMonitoring"),
    } == conditions


def alarms() -> dict[str, Any]:
    """The properties of every alarm."""
    found = transformed_resources("AWS::CloudWatch::Alarm")
    return {name: resource["Properties"] for name, resource in found.items()}


def test_basic_monitoring_costs_no_custom_metric() -> None:
    """Its alarms, at most the ten of the free tier, watch what AWS measures anyway."""
    basic = BASIC_ALARMS | OPTIONAL_ALARMS.keys()
    assert basic | FULL_ALARMS == alarms().keys()
    assert len(basic) <= 10
    assert all(alarms()[name]["Namespace"].startswith("AWS/") for name in basic)
    for folder in FOLDERS:
        assert "true" == variables(folder, Names(defaults()))["POWERTOOLS_METRICS_DISABLED"]
        full = variables(folder, Names({**defaults(), "Monitoring": "full"}))
        assert "false" == full["POWERTOOLS_METRICS_DISABLED"]


def test_an_alarm_that_missing_data_sets_off_sends_no_all_clear() -> None:
    """It goes off at the deployment, before its first datapoint; an all-clear would follow it."""
    breaching = {n: a for n, a in alarms().items() if a["TreatMissingData"] == "breaching"}
    assert {"PullHasNotRun", "EvaluationHasNotRun"} == breaching.keys()
    for name, properties in breaching.items():
        assert "OKActions" not in properties
        assert "PullTrackingFunctionCheck" in needs()[name]


def test_metrics_of_two_stacks_stay_apart() -> None:
    """Every custom metric is read and written under the stack's own name."""
    stack = {"Ref": "AWS::StackName"}
    for name in FULL_ALARMS - {"MessagesAreNotDelivered"}:
        assert [{"Name": "service", "Value": stack}] == alarms()[name]["Dimensions"]
    for folder in FOLDERS:
        given = function(folder)["Environment"]["Variables"]
        assert stack == given["POWERTOOLS_SERVICE_NAME"]
    dashboard = transformed()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    assert '"service", "stallwatch"' not in json.dumps(dashboard)


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


def test_another_revision_replaces_the_key() -> None:
    """A key's name is create-only, so a changed revision makes another key."""
    key = transformed()["Resources"]["ApiKey"]["Properties"]
    assert {"Fn::Sub": "${AWS::StackName}-${KeyRevision}"} == key["Name"]


def test_open_routes_are_slower_than_those_with_a_key() -> None:
    """Anybody may call them, and every call has a price."""
    (stage,) = transformed_resources("AWS::ApiGateway::Stage").values()
    rates = {
        setting["ResourcePath"]: setting["ThrottlingRateLimit"]
        for setting in stage["Properties"]["MethodSettings"]
    }
    assert rates["/*"] <= 10
    for _, path in (OPEN | NO_KEY_BUT_A_TOKEN) - {("GET", "/")}:
        assert rates[path] < rates["/*"], path


@pytest.mark.parametrize("given", ["12.5", "100000000", "-1", "", "1e3", "1;2"])
def test_a_number_that_no_function_can_read_is_refused_at_deployment(given: str) -> None:
    """A parameter of the type Number takes 12.5, and then every function fails."""
    for name, parameter in template()["Parameters"].items():
        assert "Number" != parameter["Type"] or "AllowedValues" in parameter, name
        if re.fullmatch("[0-9]+", str(parameter["Default"])) and "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], str(parameter["Default"])), name
            assert not re.fullmatch(parameter["AllowedPattern"], given), name


STATED_AS = {
    "EstimateGrace": r"upper number \+ (\d+) \*ours\*",
    "FillerDays": r"counts only until (\d+) days \*ours\*",
    "NeverScanned": r"no physical scan, (\d+) days",
    "NeverScannedAgain": r"again at (\d+) days \*ours\*, and",
    "NeverScannedGap": r"and (\d+) days after the first one at the earliest",
    "Stalled": r"silent for (\d+) days \*Cainiao\*",
    "StalledAfterLate": r"not within (\d+) days after `late`",
    "Claim": r"silent for (\d+) days \*guide\*",
    "ClaimRepeat": r"`refund_claim`: every (\d+) days",
    "ClaimTimes": r"at most (\d+) times an episode",
    "ProtectionFirst": r"`protection_ends_on` is (\d+) days away or less",
    "ProtectionLast": r"again at (\d+) day or less",
    "RefundDays": r"\*AliExpress: (\d+) days\*",
    "RefundSecond": r"passed by 1 day or more; again at (\d+) and at",
    "RefundThird": r"passed by 1 day or more; again at \d+ and at (\d+) days",
    "PickupReminder": r"\(again (\d+) days later, not while an exception",
    "CancelledAgain": r"`cancelled` again (\d+) days later \*ours\*",
    "AttemptHours": r"answer and event are both (\d+) hours later",
    "RedatedHours": r"answer and event are both (\d+) hours later",
    "AttemptMost": r"and at most (\d+) without another placed update",
    "Unanswered": r"for (\d+) days of asking",
    "SellerReminder": r"the last answer is (\d+) days \*ours\* later than the word",
    "DisputeAnswer": r"\| (\d+) days \*AliExpress\* later, with or without answers",
    "NotReceivedDays": r"\| (\d+) days \*ours\* after the delivery became known",
    "DeliveredDisputeDays": r"only `dispute_until`, (\d+) days after the delivery became known",
    "BankNotice": r"\| (\d+) days \*ours\* before the bank's last day",
    "PaypalDays": r"PayPal (\d+) days \*PayPal\* after `paid_on`",
    "CardDays": r"card (\d+) days \*Visa\* after `promised_on`",
    "SourceDownHours": r"from any check for (\d+) h",
    "GateAnswerHours": r"The silence ends in a valid answer of the last (\d+) h",
    "SecondAnswerHours": r"answered within (\d+) h",
    "SecondPatienceHours": r"failed for (\d+) h",
    "OldDelivery": r"`delivered` more than (\d+) days ago",
    "OldProtection": r"protection ended more than (\d+) days ago",
    "OldOrder": r"ordered more than (\d+) days ago",
    "EndAfterDelivery": r"by itself (\d+) days after the delivery told last",
    "EndAfterClaim": r"(\d+) days after the last `refund_claim`",
    "EndAfterOrder": r"or (\d+) days after `ordered_on`",
    "Stranger": r"from more than (\d+) days before `ordered_on`",
}
"""The words of the rules' text around each number."""


@pytest.mark.skipif(not FACTS.is_dir(), reason="../shared is not there")
def test_the_numbers_are_those_that_the_rules_state() -> None:
    """The windows, and the days of the alerts, read from the rules' own text."""
    text = (FACTS / "rules2" / "README.md").read_text("utf-8")
    windows = re.findall(
        r"^\| `(standard|expedited|economy)` \| (\d+)–(\d+) [^|]*\| (\d+)–(\d+)", text, re.MULTILINE
    )
    assert 3 == len(windows)
    stated = {
        f"{service.title()}{where}{end}": int(number)
        for service, *numbers in windows
        for (where, end), number in zip(
            (("Major", "Low"), ("Major", "High"), ("Remote", "Low"), ("Remote", "High")),
            numbers,
            strict=True,
        )
    }
    for end in ("Low", "High"):
        major = stated.pop(f"ExpeditedMajor{end}")
        assert major == stated.pop(f"ExpeditedRemote{end}")
        stated[f"Expedited{end}"] = major
    for name, words in STATED_AS.items():
        found = set(re.findall(words, text))
        assert 1 == len(found), f"{name}: {found}"
        stated[name] = int(found.pop())
    # "dated more than a day after it was first seen"
    assert "more than a day after it was first *seen*" in text
    stated["Future"] = 1
    # The product may have numbers of its own besides.
    assert stated == {name: THE_RULES[name] for name in stated}
