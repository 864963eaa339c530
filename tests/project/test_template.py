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
from stallwatch.domain.thresholds import Thresholds
from tests.aws.moto_stack import load_handler
from tests.local.parts import FACTS
from tests.support.template import ROOT, template, thresholds_variable, woken_by
from tests.support.transformed import (
    Names,
    defaults,
    function,
    functions,
    grants,
    needs,
    transformed,
    transformed_resources,
    variables,
)

FOLDERS = sorted(functions())


# The code.


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_s_handler_is_there(folder: str) -> None:
    """In its folder, which holds one file, under the name that the template says."""
    module, _, name = function(folder)["Handler"].partition(".")
    files = [f.name for f in (ROOT / "functions" / folder).iterdir() if f.name != "__pycache__"]
    assert [f"{module}.py"] == files
    assert callable(getattr(load_handler(folder), name))


def test_the_functions_are_the_contract_s() -> None:
    """Three, with the layer, on Arm."""
    assert ["evaluate_orders", "orders_api", "pull_tracking"] == FOLDERS
    (layer,) = transformed_resources("AWS::Lambda::LayerVersion")
    for folder in FOLDERS:
        properties = function(folder)
        assert ("python3.13", ["arm64"], [{"Ref": layer}]) == (
            properties["Runtime"],
            properties["Architectures"],
            properties["Layers"],
        )


# What the functions are given.

OF_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}

NEED_NOT_BE_SET = {"CLOCK_SHIFT"}
"""Only a demonstration moves the clock of its stack."""

TOLD_TO_ALL = {"FIRST_SOURCE", "SEVENTEEN_TRACK_KEY"}
"""Which sources there are: Cainiao alone, where neither says otherwise."""


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
    """The settings that a handler names."""
    source = (ROOT / "functions" / folder / "app.py").read_text("utf-8")
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(getattr(Settings, node.attr, None), property)
    }


def asked_by(folder: str, given: Mapping[str, str]) -> set[str]:
    """The variables that a function's settings read; each must be there and make sense."""
    noting = Noting(given)
    for name in settings_of(folder):
        getattr(Settings(noting), name)
    return noting.asked


def given_to(folder: str) -> dict[str, str]:
    """A function's variables where every optional part of the stack is there."""
    optional = {name: f"a-{name}" for name, value in defaults().items() if not value}
    return variables(folder, Names(defaults() | optional))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_is_given_what_it_reads(folder: str) -> None:
    """And nothing in vain: what a function need not know may close a circle."""
    given = given_to(folder)
    asked = asked_by(folder, given)
    assert given.keys() - OF_POWERTOOLS - TOLD_TO_ALL == asked - NEED_NOT_BE_SET - TOLD_TO_ALL


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_variable_that_is_not_set_is_found(folder: str) -> None:
    """By the check above: it is not the first user who finds it."""
    given = given_to(folder)
    for name in given.keys() - OF_POWERTOOLS - TOLD_TO_ALL:
        with pytest.raises(SettingsError, match=name):
            asked_by(folder, {n: value for n, value in given.items() if n != name})


def test_only_handlers_read_the_settings() -> None:
    """So that what a function reads is what its handler names."""
    for path in (ROOT / "shared" / "stallwatch").rglob("*.py"):
        source = path.read_text("utf-8")
        assert path.name == "settings.py" or "settings import" not in source, path


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


@pytest.mark.parametrize("folder", ["evaluate_orders", "pull_tracking"])
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
    """As often as the parameter says."""
    (schedule,) = transformed_resources("AWS::Scheduler::Schedule").values()
    properties = schedule["Properties"]
    assert {"Ref": "CheckEvery"} == properties["ScheduleExpression"]
    assert {"Fn::GetAtt": [functions()["pull_tracking"], "Arn"]} == properties["Target"]["Arn"]


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
    assert OPEN <= without <= OPEN | NO_KEY_BUT_A_TOKEN
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
}

OURS = {
    "Language": "en",
    "FirstSource": "cainiao",
    # Where a look-alike is asked.
    "SeventeenTrackUrl": "https://api.17track.net/track/v2.4",
    # A shorter turn serves more orders.
    "TurnMinutes": "30",
    # More orders than one small function serves.
    "PullMemory": "128",
    "PullWorkers": "1",
}
"""What the contract does not name."""

OF_THE_CLOCKS = {"SellerReminder": 3, "DisputeAnswer": 5}
"""Those of the reminders."""

THE_RULES = {
    "StandardMajorLow": 15, "StandardMajorHigh": 25,
    "StandardRemoteLow": 25, "StandardRemoteHigh": 35,
    "ExpeditedLow": 10, "ExpeditedHigh": 20,
    "EconomyMajorLow": 25, "EconomyMajorHigh": 45,
    "EconomyRemoteLow": 25, "EconomyRemoteHigh": 60,
    "EstimateGrace": 30,
    "NeverScanned": 11, "Stalled": 12, "StalledAfterLate": 5,
    "Claim": 60, "ClaimRepeat": 7, "ClaimTimes": 3,
    "ProtectionFirst": 5, "ProtectionLast": 1, "PickupReminder": 5,
    "Unanswered": 10, "SourceDownHours": 24, **OF_THE_CLOCKS,
    "GateAnswerHours": 24, "SecondAnswerHours": 24, "SecondPatienceHours": 72,
    "OldDelivery": 15, "OldProtection": 15, "OldOrder": 120,
    "EndAfterDelivery": 15, "EndAfterClaim": 60, "EndAfterOrder": 180,
    "Future": 1, "Stranger": 2,
}  # fmt: skip
"""Every number of the rules, as they state it."""


def test_the_parameters_are_the_contract_s() -> None:
    """Each with its default; besides, the numbers of the rules, and what is ours."""
    rules = {name: str(number) for name, number in THE_RULES.items()}
    assert OF_THE_CONTRACT | OURS | rules == defaults()
    shown = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(defaults()) == sorted(name for group in shown for name in group["Parameters"])
    for name, parameter in template()["Parameters"].items():
        assert parameter["Description"], name


def test_every_number_of_the_rules_reaches_them() -> None:
    """Under its own name, and changed alone by its own parameter."""
    names = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in THE_RULES}
    assert {f.name for f in fields(Thresholds)} == set(names.values())
    assert {names[name]: number for name, number in THE_RULES.items()} == json.loads(
        thresholds_variable()
    )
    for folder in FOLDERS:
        for name, number in THE_RULES.items():
            given = variables(folder, Names({**defaults(), name: "99"}))
            changed = Thresholds.of(json.loads(given["THRESHOLDS"]))
            assert number != 99 == getattr(changed, names[name])


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


def test_nobody_is_subscribed_unless_named() -> None:
    """An empty address is no subscriber; all else but the leave to have helpers is always there."""
    conditions = {
        name: resource["Condition"]
        for name, resource in transformed()["Resources"].items()
        if "Condition" in resource
    }
    assert {
        "AlertEmailSubscription": "HasAlertEmail",
        "AlertPhoneSubscription": "HasAlertPhone",
        "PullWorkersPolicy": "HasPullWorkers",
    } == conditions


@pytest.mark.skipif(not FACTS.is_dir(), reason="../shared is not there")
def test_the_numbers_are_those_that_the_rules_state() -> None:
    """The windows, and the days of the alerts, read from the rules' own text."""
    text = (FACTS / "rules" / "README.md").read_text("utf-8")
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
    for name, words in (
        ("EstimateGrace", r"upper number \+ (\d+) \*ours\*"),
        ("NeverScanned", r"no physical scan, (\d+) days"),
        ("Stalled", r"silent for (\d+) days \*Cainiao\*"),
        ("StalledAfterLate", r"not within (\d+) days after `late`"),
        ("Claim", r"silent for (\d+) days \*guide\*"),
        ("ClaimRepeat", r"`refund_claim`: every (\d+) days"),
        ("ClaimTimes", r"at most (\d+) times an episode"),
        ("ProtectionFirst", r"`protection_ends_on` is (\d+) days away or less"),
        ("ProtectionLast", r"again at (\d+) day or less"),
        ("PickupReminder", r"again (\d+) days later"),
        ("Unanswered", r"for (\d+) days of asking"),
        ("SourceDownHours", r"from any check for (\d+) h"),
        ("GateAnswerHours", r"valid answer of the last (\d+) h"),
        ("SecondAnswerHours", r"answered within (\d+) h"),
        ("SecondPatienceHours", r"failed for (\d+) h"),
        ("OldDelivery", r"`delivered` more than (\d+) days ago"),
        ("OldProtection", r"protection ended more than (\d+) days ago"),
        ("OldOrder", r"ordered more than (\d+) days ago"),
        ("EndAfterDelivery", r"by itself (\d+) days after the first `delivered`"),
        ("EndAfterClaim", r"(\d+) days after the last `refund_claim`"),
        ("EndAfterOrder", r"or (\d+) days after `ordered_on`"),
        ("Stranger", r"from more than (\d+) days before `ordered_on`"),
    ):
        (number,) = set(re.findall(words, text))
        stated[name] = int(number)
    # "dated more than a day after it was first seen"
    assert "more than a day after it was first *seen*" in text
    stated["Future"] = 1
    assert THE_RULES == stated | OF_THE_CLOCKS
