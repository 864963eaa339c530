"""Clocks as sources write them."""

from datetime import datetime, timedelta

import pytest

from stallwatch.sources.clocks import offset_of, wall_and_zone, wall_in_beijing
from tests.support.cainiao_answers import only_event, utc


@pytest.mark.parametrize(
    ("text", "wall", "zone"),
    [
        ("2026-05-10 08:00:07", "2026-05-10 08:00:07", ""),
        ("2026/05/10 08:00", "2026-05-10 08:00:00", ""),
        ("2026.5.10 8:00:07.5", "2026-05-10 08:00:07", ""),
        ("2026-05-10T08:00:00Z", "2026-05-10 08:00:00", "Z"),
        ("2026-05-10T08:00:00+02:00", "2026-05-10 08:00:00", "+02:00"),
        ("2026-05-10 08:00:00 +0530", "2026-05-10 08:00:00", "+0530"),
        ("2026-05-10 08:00:00 GMT-3", "2026-05-10 08:00:00", "GMT-3"),
    ],
)
def test_a_wall_clock_is_read_with_the_zone_behind_it(text: str, wall: str, zone: str) -> None:
    """In any of the usual spellings."""
    assert (datetime.fromisoformat(wall), zone) == wall_and_zone(text)


@pytest.mark.parametrize(
    "text", ["2026-05/10 08:00", "2026-05-10 08:00 o'clock", "10-05-2026 08:00", "2026-02-30 08:00"]
)
def test_what_is_no_wall_clock_is_none(text: str) -> None:
    """Nothing is guessed: which of two numbers is the month, or what an unknown zone means."""
    assert wall_and_zone(text) is None


@pytest.mark.parametrize(
    ("number", "wall"),
    [
        (1778371200000.0, "2026-05-10 08:00:00"),
        ("1778371200000", "2026-05-10 08:00:00"),
        (1778371200.0, "2026-05-10 08:00:00"),
        (" 1778371200 ", "2026-05-10 08:00:00"),
        (0.0, None),
        (7.0, None),
        (float("nan"), None),
        (float("inf"), None),
        ("0", None),
        ("9" * 20, None),
        ("9" * 5000, None),
        ("1778371200000.5", None),
        ("１７７８３７１２００", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_of_seconds_or_milliseconds_is_a_clock(number: object, wall: str | None) -> None:
    """In figures or as a text. One near zero stands for none."""
    assert (None if wall is None else datetime.fromisoformat(wall)) == wall_in_beijing(number)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("GMT\u22123", -3),
        ("GMT\u20133", -3),
        ("GMT-5\uff1a00", -5),
        ("(GMT+2)", 2),
        ("[UTC+02:00]", 2),
        ("+02:00:00", 2),
    ],
)
def test_a_zone_may_be_set_in_type(zone: str, hours: int) -> None:
    """With a true minus, a wide colon, brackets, or seconds."""
    assert timedelta(hours=hours) == offset_of(zone)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"timeStr": "2026-05-10T08:00:00+02:00", "timeZone": "", "time": None}, "06:00"),
        ({"timeStr": "2026-05-10 08:00:00 +0530", "timeZone": ""}, "02:30"),
        ({"timeStr": "2026-05-10T08:00:00Z", "timeZone": "GMT+2"}, "08:00"),
        ({"timeStr": "1778371200000", "time": None}, "06:00"),
        ({"timeStr": None, "time": "1778371200"}, "06:00"),
    ],
)
def test_an_event_is_at_the_clock_that_can_be_read(fields: dict[str, object], at: str) -> None:
    """A zone that stands with the clock itself is the clock's."""
    assert utc(f"2026-05-10 {at}") == only_event(**fields).at
