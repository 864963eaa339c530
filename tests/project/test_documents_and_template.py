"""The documentation names what the template has: parameters, outputs, alarms, resources."""

import json
import re
from collections import Counter

import botocore.session
import pytest
from botocore import xform_name

from tests.support.documents import DOCUMENTS, bare, commands, name_of, read, spans, tables
from tests.support.template import ROOT, resources, template

ALL = [name_of(path) for path in DOCUMENTS]

OF_THE_CLI = {
    "--query",
    "--output",
    "--cli-binary-format",
    "--cli-read-timeout",
    "--notification-endpoint",  # how it calls the endpoint of a subscription
}

OF_AWS = {
    "AdministratorAccess",
    "AuthenticateOnUnsubscribe",
    "NotFound",
    "OmitName",
    "RetainExceptOnCreate",
    "Token",
    "TransactionConflictException",
}
"""Words of AWS that look like names of the template."""

OF_PYTHON = {"InitialFindings", "ValueError"}
"""Classes that decisions name."""


@pytest.mark.parametrize("name", ALL)
def test_commands_of_aws_are_real(name: str) -> None:
    """Service, operation and options are those of the service's own description."""
    session = botocore.session.get_session()
    for words in commands(read(name)):
        if words[0] != "aws" or words == ["aws", "configure"]:
            continue
        _, service, operation, *rest = words
        model = session.get_service_model(service)
        known = {xform_name(found, "-"): found for found in model.operation_names}
        assert operation in known, words
        shape = model.operation_model(known[operation]).input_shape
        assert shape is not None
        fits = {f"--{xform_name(member, '-')}" for member in shape.members} | OF_THE_CLI
        options = {word for word in rest if word.startswith("--")}
        assert options - fits == set()


def test_the_parameters_are_those_of_the_template() -> None:
    """Each of them stands in a group, and so in a table."""
    rows = tables(read("docs/deploy.md"), "parameter", "default")
    assert set(template()["Parameters"]) == {bare(row[0]) for row in rows}


def test_parameters_in_examples_are_the_templates() -> None:
    """`Name=value` after `--parameter-overrides` and in `PARAMETERS`."""
    named = set()
    for name in ALL:
        for words in [*commands(read(name)), *(span.split() for span in spans(read(name)))]:
            named |= set(re.findall(r"\b([A-Z][a-z]\w+)=", " ".join(words)))

    assert named - set(template()["Parameters"]) - OF_AWS == set()


def test_the_outputs_are_those_of_the_template() -> None:
    """Each of them, and no other."""
    expected = list(template()["Outputs"])

    assert expected == [bare(row[0]) for row in tables(read("docs/deploy.md"), "output")]


def test_the_alarms_are_those_of_the_template() -> None:
    """Each of them with the monitoring that it comes with; and the costs count them."""
    alarms = resources("AWS::CloudWatch::Alarm")
    monitoring = {
        "HasAlarms": "basic",
        "HasPushAlarms": "basic",
        "HasMailboxAlarms": "basic",
        "HasFullMonitoring": "full",
    }
    rows = tables(read("docs/operations.md"), "alarm")
    always = Counter(alarm["Condition"] for alarm in alarms.values())
    basic = dict(row[:2] for row in tables(read("docs/performance.md"), "20 orders, 30 days"))
    added = dict(row[:2] for row in tables(read("docs/performance.md"), "`full` adds"))

    assert {name: monitoring[alarm["Condition"]] for name, alarm in alarms.items()} == {
        bare(row[0]): row[1] for row in rows
    }
    for name, parameter in (("PushHasDeadLetters", "PushUrls"), ("MailboxIsNotRead", "Mailbox")):
        (row,) = (row for row in rows if bare(row[0]) == name)
        assert row[2].endswith(f"only with `{parameter}`")
    assert list(alarms) == [bare(row[0]) for row in rows]
    assert basic["alarms"].startswith(f"{always['HasAlarms']} ×")
    assert added["alarms"].startswith(f"{always['HasFullMonitoring']} ×")
    assert added["metrics"].startswith(f"{len(metrics())} ×")
    assert added["dashboard"].startswith(f"{len(resources('AWS::CloudWatch::Dashboard'))} ×")


def metrics() -> set[str]:
    """The stack's own metrics: those that its alarms and its dashboard show."""
    found = {
        (p["Namespace"], p["MetricName"])
        for p in (a["Properties"] for a in resources("AWS::CloudWatch::Alarm").values())
    }
    for dashboard in resources("AWS::CloudWatch::Dashboard").values():
        body = json.loads(dashboard["Properties"]["DashboardBody"]["Fn::Sub"])
        for widget in body["widgets"]:
            space = name = ""
            for metric in widget["properties"]["metrics"]:
                space = space if metric[0] == "." else metric[0]
                name = name if metric[1] == "." else metric[1]
                found.add((space, name))
    return {name for space, name in found if space == "Stallwatch"}


def test_messages_of_the_log_are_logged() -> None:
    """Whoever searches for what is written finds it."""
    code = [*(ROOT / "functions").glob("*/app.py"), *(ROOT / "shared" / "stallwatch").rglob("*.py")]
    text = "".join(path.read_text("utf-8") for path in code)
    rows = tables(read("docs/operations.md"), "message", "from")
    named = [bare(name.strip()) for row in rows for name in row[0].split(",")]

    assert [name for name in named if f'("{name}"' not in text] == []
    assert named


def test_the_resources_that_are_named_are_there() -> None:
    """Whatever looks like a resource, a parameter or an output of the template is one."""
    whole = template()
    known = {*whole["Resources"], *whole["Parameters"], *whole["Outputs"]}
    known |= {"OrdersApi", "Protocol", "Reply", "Answer", "SubscribeURL", "Message", "Decimal"}
    known |= OF_AWS | OF_PYTHON
    named = {
        span
        for name in ALL
        if name != "CONTRIBUTING.md"  # which names classes too
        for span in spans(read(name))
        if re.fullmatch(r"(?:[A-Z][a-z]+){2,}|Message|Reply|Answer", span)
    }

    assert named - known == set()
