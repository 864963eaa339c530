"""What a function is told by its environment."""

from collections.abc import Callable
from datetime import timedelta
from operator import attrgetter

import pytest

from stallwatch.aws.settings import Settings, SettingsError
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.state import Pace
from stallwatch.tracking.profiles import CAINIAO, SEVENTEEN_TRACK
from tests.support.template import thresholds_variable

WITH_KEY = {"SEVENTEEN_TRACK_KEY": "/stallwatch/17track"}
GOOD = {
    "TABLE_NAME": "orders",
    "TOPIC_ARN": "arn:aws:sns:eu-central-1:000000000000:alerts",
    "PULL_FUNCTION": "pull",
    "PAGE_URL": "https://stallwatch.example/live/",
    "HOME_COUNTRY": "DE",
    "CAINIAO_URL": "https://cainiao.example/",
    "CAINIAO_BATCH": "10",
    "CAINIAO_PER_MINUTE": "60",
    "PULL_WORKERS": "1",
    "TURN_MINUTES": "30",
    "CHECK_EVERY": "rate(15 minutes)",
    "SEVENTEEN_TRACK_URL": "https://17track.example/v2.4",
    "THRESHOLDS": "{}",
}

NEEDED_BY = {
    "table_name": "TABLE_NAME",
    "topic_arn": "TOPIC_ARN",
    "pull_function": "PULL_FUNCTION",
    "page_url": "PAGE_URL",
    "home_country": "HOME_COUNTRY",
    "cainiao_url": "CAINIAO_URL",
    "seventeen_track_url": "SEVENTEEN_TRACK_URL",
    "pace": "CAINIAO_PER_MINUTE",
    "pull_workers": "PULL_WORKERS",
    "schedule": "TURN_MINUTES",
    "catch_up": "CHECK_EVERY",
    "thresholds": "THRESHOLDS",
}


def pace_of(settings: Settings) -> Pace:
    """How fast the first source may be asked."""
    return settings.pace_of(settings.first_profile)


OTHERWISE: dict[str, Callable[[Settings], object]] = {
    "pace": pace_of,
    "cainiao_url": lambda settings: settings.url_of(CAINIAO),
    "seventeen_track_url": lambda settings: settings.url_of(SEVENTEEN_TRACK),
}
"""What is read by a method."""


def read(settings: Settings, name: str) -> object:
    return OTHERWISE.get(name, attrgetter(name))(settings)


def test_all_of_it_can_be_read() -> None:
    """As the stack sets it by default."""
    settings = Settings(GOOD | {"THRESHOLDS": thresholds_variable()})
    assert ("orders", "DE", "pull") == (
        settings.table_name,
        settings.home_country,
        settings.pull_function,
    )
    assert Pace(batch=10, per_minute=60, parallel=1) == pace_of(settings)
    assert Thresholds() == settings.thresholds
    assert 30 == settings.schedule.turn_minutes
    assert not settings.second_source
    assert timedelta(0) == settings.clock_shift


@pytest.mark.parametrize(("name", "variable"), NEEDED_BY.items())
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(name: str, variable: str, value: str | None) -> None:
    """So that whoever deploys knows what to set; an empty one is as good as none."""
    variables = {n: v for n, v in GOOD.items() if n != variable}
    if value is not None:
        variables[variable] = value
    with pytest.raises(SettingsError, match=rf"\b{variable}\b"):
        read(Settings(variables), name)


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [
        ("pace", "CAINIAO_BATCH", "ten"),
        ("pace", "CAINIAO_PER_MINUTE", "1.5"),
        ("schedule", "TURN_MINUTES", "half an hour"),
        ("schedule", "TURN_MINUTES", "12.5"),
        ("schedule", "TURN_MINUTES", "100000000"),
        ("pace", "CAINIAO_BATCH", "0"),
        ("pace", "CAINIAO_PER_MINUTE", "-1"),
        ("pull_workers", "PULL_WORKERS", "100000000"),
        ("pull_workers", "PULL_WORKERS", "9" * 5000),
        ("catch_up", "CHECK_EVERY", "cron(0 * * * ? *)"),
        ("catch_up", "CHECK_EVERY", "rate(1 fortnight)"),
        ("thresholds", "THRESHOLDS", "{"),
        ("thresholds", "THRESHOLDS", '{"stale": 1}'),
        ("thresholds", "THRESHOLDS", '{"stalled": 0}'),
        ("thresholds", "THRESHOLDS", '{"stalled": true}'),
        ("thresholds", "THRESHOLDS", '{"stalled": 1.5}'),
        ("thresholds", "THRESHOLDS", '{"stalled": "12"}'),
        ("clock_shift", "CLOCK_SHIFT", "a day"),
        ("first_source", "FIRST_SOURCE", "dhl"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(name: str, variable: str, value: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(SettingsError, match=variable):
        read(Settings(GOOD | {variable: value}), name)


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("rate(1 minute)", timedelta(hours=1)),
        ("rate(15 minutes)", timedelta(hours=1)),
        ("rate(20 minutes)", timedelta(minutes=70)),
        ("rate(3 hours)", timedelta(minutes=390)),
    ],
)
def test_a_run_serves_what_two_missed_ticks_have_left(every: str, expected: timedelta) -> None:
    """Two ticks and a turn, an hour at the least."""
    assert expected == Settings(GOOD | {"CHECK_EVERY": every}).catch_up


@pytest.mark.parametrize(
    ("per_minute", "parallel"), [(1, 1), (60, 1), (119, 1), (120, 2), (1800, 16), (60000, 32)]
)
def test_a_fast_pace_needs_several_requests_at_once(per_minute: int, parallel: int) -> None:
    """Never more than sixteen."""
    pace = pace_of(Settings(GOOD | {"CAINIAO_PER_MINUTE": str(per_minute)}))
    assert parallel == pace.parallel


@pytest.mark.parametrize("given", ["https://a.example/live", "https://a.example/live/"])
def test_the_page_s_address_ends_with_one_slash(given: str) -> None:
    """Links to orders are put behind it."""
    assert "https://a.example/live/" == Settings(GOOD | {"PAGE_URL": given}).page_url


def test_the_rules_numbers_come_from_the_stack() -> None:
    """Some of them changed, the others as they are."""
    rules = Settings(GOOD | {"THRESHOLDS": '{"stalled": 20}'}).thresholds
    assert Thresholds(stalled=20) == rules


def test_a_second_source_is_one_whose_key_is_named() -> None:
    """Empty: none."""
    assert not Settings(GOOD | {"SEVENTEEN_TRACK_KEY": ""}).second_source
    assert ("cainiao",) == Settings(GOOD).sources
    settings = Settings(GOOD | WITH_KEY)
    assert settings.second_source
    assert ("cainiao", "17track") == settings.sources
    assert 10 == pace_of(settings).batch


def test_17track_may_be_the_first_source() -> None:
    """Then there is no second one, and its own pace holds: three requests a second at most."""
    settings = Settings(GOOD | WITH_KEY | {"FIRST_SOURCE": "17track"})
    assert ("17track",) == settings.sources
    assert not settings.second_source
    assert pace_of(settings) == settings.pace_of(SEVENTEEN_TRACK)
    assert 40 == pace_of(settings).batch
    assert timedelta(seconds=1) / 3 <= pace_of(settings).interval


@pytest.mark.parametrize("variables", [{}, {"SEVENTEEN_TRACK_KEY": ""}])
def test_17track_cannot_be_the_first_source_without_a_key(variables: dict[str, str]) -> None:
    """What is missing is said before anything is asked."""
    settings = Settings(GOOD | variables | {"FIRST_SOURCE": "17track"})
    for name in ("first_source", "second_source", "sources", "pace"):
        with pytest.raises(SettingsError, match="SEVENTEEN_TRACK_KEY"):
            read(settings, name)


def test_quiet_hours_are_none_unless_they_are_set() -> None:
    """They need a time zone."""
    assert Settings(GOOD | {"QUIET_HOURS": ""}).quiet_hours is None
    night = {"QUIET_HOURS": "22:00-07:00", "TIME_ZONE": "Europe/Berlin"}
    quiet = Settings(GOOD | night).quiet_hours
    assert quiet is not None
    assert "Europe/Berlin" == str(quiet.zone)


@pytest.mark.parametrize(
    ("span", "zone"), [("22-7", "Europe/Berlin"), ("22:00-07:00", "Berlin"), ("22:00-07:00", "")]
)
def test_quiet_hours_that_make_no_sense_are_named(span: str, zone: str) -> None:
    """Before a function that needs them starts its work."""
    with pytest.raises(SettingsError, match=r"QUIET_HOURS|TIME_ZONE"):
        _ = Settings(GOOD | {"QUIET_HOURS": span, "TIME_ZONE": zone}).quiet_hours
