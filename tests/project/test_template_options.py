"""Optional parts of the template, and its alarms."""

import json
from typing import Any

from tests.support.transformed import (
    Names,
    defaults,
    function,
    functions,
    needs,
    transformed,
    transformed_resources,
    variables,
)

FOLDERS = sorted(functions())


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
