"""What a test or a demonstration gets of a stack on this machine."""

import json
from collections.abc import Iterator

import pytest

from tests.local.parts import need
from tests.local.stack import FUNCTIONS, FunctionError, LocalStack


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStack]:
    """A stack with a mail subscriber."""
    need("emulator")
    parameters = {"AlertEmail": "buyer@example.org", "CheckEvery": "rate(3 hours)"}
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
    assert local.letters() == [
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
    assert {variables["CHECK_EVERY"] for variables in seen} == {"rate(3 hours)"}
