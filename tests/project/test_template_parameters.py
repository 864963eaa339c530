"""The parameters and outputs of the template."""

import json
import re
from dataclasses import fields

import pytest

from stallwatch.domain.thresholds import THRESHOLDS, Thresholds
from tests.local.parts import FACTS
from tests.support.template import ROOT, template, thresholds_variable
from tests.support.transformed import Names, defaults, functions, transformed, variables

FOLDERS = sorted(functions())


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
