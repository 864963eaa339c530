"""Quiet hours: when they end, and what goes out in them all the same."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.alerting.quiet_hours import QuietHours
from stallwatch.domain.alerts import Alert, AlertKind

NIGHT = "22:00-07:00"
ZONES = [
    *(f"Etc/GMT{hours:+}" for hours in range(-14, 13)),
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
]
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def claim(
    deadline: str, raised_at: datetime, kind: AlertKind = AlertKind.PROTECTION_ENDING
) -> Alert:
    return Alert(kind, raised_at, facts={"protection_ends_on": deadline})


@pytest.mark.parametrize(
    ("now", "opens_at"),
    [
        ("2026-06-15T19:59:59", None),
        ("2026-06-15T20:00:00", "2026-06-16T05:00:00"),
        ("2026-06-16T01:23:45", "2026-06-16T05:00:00"),
        ("2026-06-16T04:59:59", "2026-06-16T05:00:00"),
        ("2026-06-16T05:00:00", None),
        # The clock goes forward: the night has an hour less.
        ("2026-03-28T22:00:00", "2026-03-29T05:00:00"),
        ("2026-03-27T22:00:00", "2026-03-28T06:00:00"),
        # It goes back: an hour more.
        ("2026-10-24T21:00:00", "2026-10-25T06:00:00"),
        ("2026-10-25T00:30:00", "2026-10-25T06:00:00"),
        ("2026-10-25T01:30:00", "2026-10-25T06:00:00"),
    ],
)
def test_they_end_by_the_wall_clock(now: str, opens_at: str | None) -> None:
    """In Berlin, in summer, in winter and in the two nights between them."""
    quiet = QuietHours.of(NIGHT, "Europe/Berlin")
    assert (None if opens_at is None else utc(opens_at)) == quiet.opens_at(utc(now))


@pytest.mark.parametrize(
    ("span", "now", "opens_at"),
    [
        # 02:30 does not exist in that night: they end with the jump to 03:00.
        ("22:00-02:30", "2026-03-29T00:10:00", "2026-03-29T01:00:00"),
        # 02:30 is there twice: they end, and come again for the second half hour.
        ("22:00-02:30", "2026-10-25T00:10:00", "2026-10-25T00:30:00"),
        ("22:00-02:30", "2026-10-25T00:40:00", None),
        ("22:00-02:30", "2026-10-25T01:10:00", "2026-10-25T01:30:00"),
        ("13:00-15:00", "2026-06-15T11:30:00", "2026-06-15T13:00:00"),
        ("13:00-15:00", "2026-06-15T22:30:00", None),
    ],
)
def test_an_end_within_a_change_of_the_clock(span: str, now: str, opens_at: str | None) -> None:
    """The wall clock decides, whatever it does."""
    quiet = QuietHours.of(span, "Europe/Berlin")
    assert (None if opens_at is None else utc(opens_at)) == quiet.opens_at(utc(now))


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_opening_is_the_first_minute_that_is_not_quiet(zone: str, now: datetime) -> None:
    """In every zone, and within a night at the latest."""
    quiet = QuietHours.of(NIGHT, zone)
    opens_at = quiet.opens_at(now)
    wall = now.astimezone(ZoneInfo(zone)).time()
    assert (wall >= time(22) or wall < time(7)) == (opens_at is not None)
    if opens_at is not None:
        assert now < opens_at <= now + timedelta(hours=10)
        assert quiet.opens_at(opens_at) is None
        assert quiet.opens_at(opens_at - MINUTE) is not None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
@pytest.mark.parametrize(
    ("start", "end"), [("22:00", "07:00"), ("22:00", "02:30"), ("01:45", "02:15")]
)
def test_they_end_with_the_first_minute_outside_the_span(zone: str, start: str, end: str) -> None:
    """In the nights in which the clock is changed too, by half an hour or an hour."""
    quiet, wall = QuietHours.of(f"{start}-{end}", zone), ZoneInfo(zone)

    def is_quiet(instant: datetime) -> bool:
        now = f"{instant.astimezone(wall):%H:%M}"
        return start <= now < end if start < end else now >= start or now < end

    changes = changes_in(offsets_of(wall))
    assert 2 == len(changes)
    for change in changes:
        midnight = datetime.combine(change, time(), UTC)
        for now in (midnight + n * timedelta(minutes=47) for n in range(-16, 32)):
            expected = now
            while is_quiet(expected):
                expected += MINUTE
            assert (None if expected == now else expected) == quiet.opens_at(now)


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_about_a_deadline_arrives_before_its_day_ends(zone: str) -> None:
    """Raised in any quarter of an hour of the day and the day before: by UTC and by the wall."""
    quiet = QuietHours.of(NIGHT, zone)
    deadline = date(2026, 6, 15)
    for quarter in range(2 * 96):
        raised_at = utc("2026-06-14T00:00:00") + quarter * timedelta(minutes=15)
        alert = claim("2026-06-15", raised_at)
        sent_at = raised_at
        while not quiet.must_go(alert, sent_at):
            sent_at += timedelta(minutes=15)
        assert date(2026, 6, 15) >= sent_at.date()
        local_day = raised_at.astimezone(ZoneInfo(zone)).date()
        if local_day <= deadline:
            assert deadline >= sent_at.astimezone(ZoneInfo(zone)).date()


INSTANTS = [utc("2026-01-01T00:00:00") + n * timedelta(hours=6) for n in range(4 * 365)]


def offsets_of(zone: ZoneInfo) -> tuple[object, ...]:
    """How far a zone's clock is from UTC at each of the instants."""
    return tuple(instant.astimezone(zone).utcoffset() for instant in INSTANTS)


def zones_by_offset() -> dict[tuple[object, ...], list[str]]:
    """Every zone of the time zone database; those whose clocks go alike in 2026 stand together."""
    found: dict[tuple[object, ...], list[str]] = {}
    for name in sorted(available_timezones()):
        found.setdefault(offsets_of(ZoneInfo(name)), []).append(name)
    return found


def changes_in(offsets: tuple[object, ...]) -> list[date]:
    """The days on which the clock of a zone is changed; one day of summer where it is not."""
    new_year = date(2026, 1, 1)
    pairs = enumerate(pairwise(offsets))
    changed = [new_year + timedelta(days=n // 4) for n, (one, other) in pairs if one != other]
    return changed or [date(2026, 6, 15)]


def test_in_no_zone_does_a_deadline_pass_in_the_quiet_hours() -> None:
    """Every zone of the time zone database, on the days about each change of its clock.

    What is held goes out with the first check after the quiet hours, an hour later at the latest.
    """
    late, seen = [], 0
    for offsets, names in zones_by_offset().items():
        zone, quiet = ZoneInfo(names[0]), QuietHours.of(NIGHT, names[0])
        seen += len(names)
        for deadline in {day + timedelta(days=n) for day in changes_in(offsets) for n in (0, 1)}:
            day_before = datetime.combine(deadline - timedelta(days=1), time(), UTC)
            for raised_at in (day_before + timedelta(hours=hours) for hours in range(0, 48, 3)):
                sent_at = raised_at
                if not quiet.must_go(claim(deadline.isoformat(), raised_at), raised_at):
                    opens_at = quiet.opens_at(raised_at)
                    assert opens_at is not None
                    sent_at = opens_at + timedelta(hours=1)
                days = [(raised_at.date(), sent_at.date())]
                days.append((raised_at.astimezone(zone).date(), sent_at.astimezone(zone).date()))
                if any(raised <= deadline < sent for raised, sent in days):
                    late.append((names, raised_at, sent_at))
    assert [] == late
    assert seen > 400


def test_only_a_deadline_that_would_pass_breaks_the_quiet() -> None:
    """What has until tomorrow evening waits for the morning."""
    quiet = QuietHours.of(NIGHT, "Europe/Berlin")
    now = utc("2026-06-15T21:30:00")
    assert quiet.must_go(claim("2026-06-15", now), now)
    assert not quiet.must_go(claim("2026-06-16", now), now)
    assert not quiet.must_go(claim("2026-06-15", now, AlertKind.DELIVERED), now)
    assert not quiet.must_go(Alert(AlertKind.REFUND_CLAIM, now), now)
    assert quiet.must_go(Alert(AlertKind.LATE, now), utc("2026-06-15T12:00:00"))


@pytest.mark.parametrize(
    ("span", "zone"),
    [
        ("22-7", "Europe/Berlin"),
        ("22:00-24:00", "Europe/Berlin"),
        ("22:00-22:00", "Europe/Berlin"),
        ("22:00-07:00 ", "Europe/Berlin"),
        (NIGHT, "Berlin"),
        (NIGHT, "../etc/passwd"),
        (NIGHT, ""),
    ],
)
def test_what_makes_no_sense_is_refused(span: str, zone: str) -> None:
    """Before anything is held by it."""
    with pytest.raises(ValueError, match=r"quiet hours|time zone"):
        QuietHours.of(span, zone)


@pytest.mark.parametrize(
    ("raised_at", "now", "free_since"),
    [
        # It could go out at once, and did not.
        ("2026-06-15T10:00:00", "2026-06-15T11:00:00", "2026-06-15T10:00:00"),
        # It is held.
        ("2026-06-15T19:00:00", "2026-06-15T23:00:00", "2026-06-15T23:00:00"),
        ("2026-06-15T23:00:00", "2026-06-16T04:59:30", "2026-06-16T04:59:30"),
        # It was held, and could go out since.
        ("2026-06-15T23:00:00", "2026-06-16T05:00:00", "2026-06-16T05:00:00"),
        ("2026-06-15T23:00:00", "2026-06-16T06:30:00", "2026-06-16T05:00:00"),
        ("2026-06-01T23:00:00", "2026-06-16T19:59:00", "2026-06-16T05:00:00"),
    ],
)
def test_what_is_held_is_not_late(raised_at: str, now: str, free_since: str) -> None:
    """What they hold could go out from their end on."""
    quiet = QuietHours.of(NIGHT, "Europe/Berlin")
    assert utc(free_since) == quiet.free_since(utc(raised_at), utc(now))
