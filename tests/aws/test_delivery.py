"""What the API tells of quiet hours, digest and push: read from the stack's parameters."""

from datetime import UTC, datetime

import pytest

from tests.aws.moto_stack import world_at

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def test_nothing_is_set_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts go out at once, there is no digest, and nobody is pushed to."""
    with world_at(START, monkeypatch) as world:
        status, answer = world.call("GET", "/subscriptions")

    assert 200 == status
    assert {
        "quiet_hours": None,
        "time_zone": "UTC",
        "digest": {"every": "none", "at": None, "weekday": None, "schedule": None},
        "push": {"configured": False},
    } == answer["delivery"]


def test_what_is_set_is_told_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the name of the parameter that holds the addresses."""
    with world_at(START, monkeypatch) as world:
        parameters = {
            "QuietHours": "22:00-07:00",
            "TimeZone": "Europe/Berlin",
            "DigestSchedule": "cron(0 8 ? * MON *)",
            "PushUrls": "/stallwatch/push",
        }
        world.deploy(parameters, {})
        answer = world.call("GET", "/subscriptions")[1]["delivery"]

    assert {
        "quiet_hours": {"start": "22:00", "end": "07:00"},
        "time_zone": "Europe/Berlin",
        "digest": {
            "every": "weekly",
            "at": "08:00",
            "weekday": 1,
            "schedule": "cron(0 8 ? * MON *)",
        },
        "push": {"configured": True},
    } == answer
