"""What shows only in a real account, and then late: at the next update, or when a stack is gone."""

import pytest

from tests.support.documents import DOCUMENTS, name_of, read
from tests.support.template import template
from tests.support.transformed import transformed, transformed_resources

INDEXES = {"watch", "by_state", "pressing", "pending"}
"""Of the last release; before the first one, those with which it will come."""


def test_at_most_one_index_changes_in_a_release() -> None:
    """DynamoDB refuses two changes of indexes in one update, and the stack rolls back."""
    table = transformed()["Resources"]["OrdersTable"]["Properties"]
    indexes = {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}
    assert len(indexes ^ INDEXES) <= 1


def test_no_permission_is_one_that_grants_nothing() -> None:
    """Streams are listed on every resource or not at all: on a stream's ARN it allows nothing."""
    for name, role in transformed_resources("AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", ()):
            for given in policy["PolicyDocument"]["Statement"]:
                statement = given["Fn::If"][1] if "Fn::If" in given else given
                if "dynamodb:ListStreams" in statement["Action"]:
                    assert "*" in statement["Resource"], name


def test_what_a_removal_leaves_is_named() -> None:
    """Every resource that outlives the stack, and what was made for it beside it."""
    section = read("docs/deploy.md").partition("## Remove\n")[2].partition("\n## ")[0]
    kept = {
        resource["Type"]
        for resource in transformed()["Resources"].values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert {"AWS::DynamoDB::Table"} == kept
    secrets = {
        name
        for name, parameter in template()["Parameters"].items()
        if "SecureString" in parameter["Description"]
    }
    assert {"SeventeenTrackKey", "PushUrls", "Mailbox"} == secrets
    for words in (
        *("OrdersTableName", "delete-table", "backups", "aws-sam-cli-managed-default"),
        *("key of 17TRACK", "push services", "mailbox's password", "delete-parameter"),
    ):
        assert words in section, words


def test_a_change_of_kinds_is_said_to_take_its_time() -> None:
    """SNS takes up to a quarter of an hour for a filter policy, and whoever changes one waits."""
    (fact,) = (line for line in read("docs/aws-facts.md").splitlines() if "filter policy" in line)
    assert "15 minutes" in fact
    assert "SNS takes up to 15 minutes" in read("docs/alerts.md")


@pytest.mark.parametrize("name", [name_of(path) for path in DOCUMENTS])
def test_a_run_that_is_asked_for_is_waited_for_and_asked_for_once(name: str) -> None:
    """AWS's command line waits a minute for a function, and then starts it again beside itself."""
    text = read(name).replace("\\\n", " ")
    for line in text.splitlines():
        if "aws lambda invoke --" in line:
            assert "AWS_MAX_ATTEMPTS=1 aws lambda" in line
            assert "--cli-read-timeout 900" in line
        assert "sam remote invoke --" not in line
