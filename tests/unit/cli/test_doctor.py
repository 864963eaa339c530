"""The command `doctor`, as far as the API tells."""

from typing import Any

import pytest

from stallwatch import __version__
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.terminal import Terminal


@pytest.fixture
def well(api: FakeApi) -> FakeApi:
    """A stack that is well."""
    api.version = __version__
    api.subscriptions["a"] = {"id": "a", "protocol": "email", "endpoint": "a@b.c"} | {
        "confirmed": True
    }
    return api


def findings(cli: Terminal) -> dict[str, Any]:
    """What needs a look, by the name of the check."""
    ended = cli.run("doctor", "--api-only", "--json")
    found = {c["name"]: c for c in ended.json["checks"] if c["outcome"] == "finding"}
    assert (ended.exit_code == 0) == (not found) == ended.json["well"]
    return found


def test_a_well_stack_ends_with_0(cli: Terminal, well: FakeApi) -> None:
    """Every check is told."""
    ended = cli.ok("doctor", "--api-only")

    assert ended.stdout.endswith("The stack is well.\n")
    assert well.url in ended.stdout.replace("\n", "")
    assert {} == findings(cli)


@pytest.mark.parametrize("verdict", ["blocked", "failing"])
def test_a_source_that_does_not_answer_is_a_finding(
    cli: Terminal, well: FakeApi, verdict: str
) -> None:
    """With since when, and what to do."""
    well.verdict = verdict
    found = findings(cli)

    assert ["source"] == list(found)
    assert "2026-06-14T08:00:00Z" in found["source"]["message"]
    assert found["source"]["advice"]
    assert 1 == cli.run("doctor", "--api-only").exit_code


def test_nobody_who_is_told_is_a_finding(cli: Terminal, well: FakeApi) -> None:
    """Whether there is nobody, or nobody has confirmed."""
    well.subscriptions["a"]["confirmed"] = False
    assert "Nobody has confirmed" in findings(cli)["subscribers"]["message"]
    well.subscriptions.clear()
    assert "there are no subscribers" in findings(cli)["subscribers"]["message"]


def test_who_has_not_confirmed_is_named(cli: Terminal, well: FakeApi) -> None:
    """Beside those who have."""
    well.subscriptions["b"] = {"id": "b", "protocol": "email", "endpoint": "b@b.c"} | {
        "confirmed": False
    }
    assert "b@b.c" in findings(cli)["unconfirmed"]["message"]


def test_another_version_is_a_finding(cli: Terminal, well: FakeApi) -> None:
    """Both are told."""
    well.version = "0.9.0"
    message = findings(cli)["version"]["message"]

    assert "0.9.0" in message
    assert __version__ in message


def test_an_api_that_does_not_answer_ends_with_3(cli: Terminal, well: FakeApi) -> None:
    """And a wrong key with 4; both are findings too."""
    cli.environ["STALLWATCH_KEY"] = "another"
    ended = cli.run("doctor", "--api-only", "--json")
    assert (4, False) == (ended.exit_code, ended.json["well"])
    cli.environ["STALLWATCH_URL"] = "http://127.0.0.1:9"
    ended = cli.run("doctor", "--api-only", "--json")
    assert (3, "finding") == (ended.exit_code, ended.json["checks"][0]["outcome"])
    assert well.requests


def test_without_credentials_aws_is_left_out(
    cli: Terminal, well: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is no finding."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ended = cli.ok("doctor", "--json")

    last = ended.json["checks"][-1]
    assert ("aws", "skipped") == (last["name"], last["outcome"])
    assert well.requests
