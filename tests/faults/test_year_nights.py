"""Weeks with quiet hours and a digest, and what their judge hears when something is broken."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest

from stallwatch.alerting import digest
from stallwatch.alerting.quiet_hours import QuietHours
from stallwatch.domain.alerts import AlertKind
from tests.faults.nights import Nights, digests_between
from tests.faults.year import live
from tests.faults.year_digests import Range, judged_digests, judged_nights
from tests.faults.year_judged import judge
from tests.faults.year_plan import Plan, plan
from tests.faults.year_record import KEY_DATES, Message, Record, Shown, Survey

BERLIN = Nights("22:00-07:00", "Europe/Berlin")


SYDNEY = Nights("22:00-07:00", "Australia/Sydney")


def weeks(orders: int, days: int) -> Plan:
    """Some weeks with nights and a digest each morning; on 5 October the clock is changed."""
    return plan(2, orders, days, every=60, nights=SYDNEY, digest="daily")


def test_weeks_with_quiet_hours_and_a_digest() -> None:
    """None lost, none twice, none at night; each digest once, true, and by the new clock too."""
    record = live(weeks(10, 38))
    assert [] == judge(record).wrong
    assert any(SYDNEY.is_quiet(at) for m in record.messages for at in m.raised)
    mornings = {m.at.hour for m in record.messages if m.kind == AlertKind.DIGEST}
    assert {21, 22} == mornings


def test_nights_that_nobody_keeps_and_digests_that_say_too_little_are_heard() -> None:
    """Two breakages at once: everything goes out at night, and no order presses."""
    with (
        mock.patch.object(QuietHours, "must_go", return_value=True),
        mock.patch.object(digest, "severity_of", return_value=None),
    ):
        wrong = judge(live(weeks(10, 20))).wrong
    for what in ("in the quiet hours", "the digest says pressing 0"):
        assert any(what in one for one in wrong), what


# The judge, by what it is given.

EVENING = datetime(2025, 10, 1, 21, 30, tzinfo=UTC)
MORNING = datetime(2025, 10, 2, 5, 5, tzinfo=UTC)
LAST_DAY = date(2025, 10, 1)


def claim(at: datetime, last_day: date) -> Message:
    """A claim that was raised in the evening."""
    dates = {**dict.fromkeys(KEY_DATES), "protection_ends_on": last_day}
    shown = Shown(EVENING, "a", "watching", "unknown", "protection_ending", "", dates)
    return Message(
        *(at, 1, "protection_ending", "1", (("a", ""),), ("",), (shown,)),
        raised=(EVENING,),
        severity="claim",
    )


def record(*messages: Message, surveys: list[Survey] | None = None) -> Record:
    """What came of a night."""
    some = replace(weeks(1, 40), shifts=(), nights=BERLIN)
    return Record(some, [], list(messages), [], mock.Mock(), surveys=surveys or [])


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        (claim(EVENING, LAST_DAY), []),
        (claim(MORNING, LAST_DAY), ["only after it"]),
        (claim(MORNING, LAST_DAY + timedelta(days=5)), []),
        (claim(EVENING, LAST_DAY + timedelta(days=5)), ["in the quiet hours"]),
        (claim(MORNING + timedelta(hours=9), LAST_DAY + timedelta(days=5)), ["held until then"]),
        (claim(MORNING + timedelta(minutes=55, seconds=40), LAST_DAY + timedelta(days=5)), []),
        (claim(MORNING + timedelta(minutes=57), LAST_DAY + timedelta(days=5)), ["held until then"]),
        (replace(claim(EVENING, LAST_DAY), severity="action"), ["in the quiet hours"]),
    ],
    ids=[
        *("must go", "too late", "held", "could wait", "held too long"),
        *("the next tick", "a minute after it", "ordinary"),
    ],
)
def test_what_may_go_out_at_night(message: Message, wrong: list[str]) -> None:
    """A claim whose last day ends, and nothing else; and that one must."""
    found = list(judged_nights(record(message)))
    assert [True] * len(wrong) == [w in f for w, f in zip(wrong, found, strict=True)]


def survey(day: int, pressing: int) -> Survey:
    """What there is to say on a day of September."""
    at = datetime(2025, 9, day, 6, tzinfo=UTC)
    return Survey(at, at, pressing, pressing, {})


def told(day: int, text: str) -> Message:
    """A digest that went out."""
    at = datetime(2025, 9, day, 6, 1, tzinfo=UTC)
    return Message(at, day, AlertKind.DIGEST, str(day), (), raised=(at,), text=text)


ONE, TWO = "1 order needs you now.", "2 orders need you now."


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        ([told(5, ONE), told(6, TWO)], []),
        ([told(5, ONE), told(6, ONE)], ["says pressing 1, not 2"]),
        ([told(5, ONE)], ["no digest"]),
        ([told(5, ONE), told(5, ONE), told(6, TWO)], ["a digest twice"]),
        ([told(5, ONE), told(6, TWO), told(7, TWO)], ["nothing to say"]),
        ([told(5, f"{ONE} 1 deadline within seven days."), told(6, TWO)], ["says deadlines 1"]),
    ],
    ids=["once and true", "untrue", "lost", "twice", "of nothing", "a deadline too many"],
)
def test_each_digest_once_and_true(messages: list[Message], wrong: list[str]) -> None:
    """What was told, beside what there was to say."""
    surveys = [survey(5, 1), survey(6, 2), survey(7, 0)]
    found = list(judged_digests(record(*messages, surveys=surveys), {surveys[0].at: Range()}))
    assert [True] * len(wrong) == [w in f for w, f in zip(wrong, found, strict=True)]


@pytest.mark.parametrize(
    ("evening", "hours"),
    [((2025, 10, 25), 10), ((2026, 3, 28), 8), ((2026, 5, 1), 9)],
    ids=["an hour longer", "an hour shorter", "as usual"],
)
def test_a_night_ends_by_the_clock_on_the_wall(evening: tuple[int, int, int], hours: int) -> None:
    """Also in the nights in which the clock is changed; a digest comes at eight in any case."""
    begin = datetime(*evening, 22, tzinfo=UTC) - timedelta(hours=1 if evening[1] == 3 else 2)
    assert begin + timedelta(hours=hours) == BERLIN.over_at(begin)
    (morning,) = digests_between(
        begin.replace(hour=0), begin.replace(hour=0) + timedelta(days=2), "daily", BERLIN.zone
    )
    assert begin + timedelta(hours=hours + 1) == morning
