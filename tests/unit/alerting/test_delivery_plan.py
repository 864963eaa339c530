"""What is shown of a digest's schedule."""

import pytest

from stallwatch.alerting.delivery_plan import DigestTimes, Rhythm


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("", DigestTimes(Rhythm.NONE)),
        ("cron(0 8 * * ? *)", DigestTimes(Rhythm.DAILY, "08:00", None, "cron(0 8 * * ? *)")),
        ("cron(30 18 ? * * *)", DigestTimes(Rhythm.DAILY, "18:30", None, "cron(30 18 ? * * *)")),
        ("cron(5 7 ? * SUN *)", DigestTimes(Rhythm.WEEKLY, "07:05", 0, "cron(5 7 ? * SUN *)")),
        ("cron(5 7 ? * 2 *)", DigestTimes(Rhythm.WEEKLY, "07:05", 1, "cron(5 7 ? * 2 *)")),
        (
            "cron(0 8 ? * MON-FRI *)",
            DigestTimes(Rhythm.OTHER, None, None, "cron(0 8 ? * MON-FRI *)"),
        ),
        ("cron(0 8 1 * ? *)", DigestTimes(Rhythm.OTHER, None, None, "cron(0 8 1 * ? *)")),
        ("cron(0/5 * * * ? *)", DigestTimes(Rhythm.OTHER, None, None, "cron(0/5 * * * ? *)")),
        ("rate(1 day)", DigestTimes(Rhythm.OTHER, None, None, "rate(1 day)")),
    ],
)
def test_a_schedule_is_told_as_people_do(schedule: str, times: DigestTimes) -> None:
    """Daily and weekly with their hour; anything else as it stands."""
    assert times == DigestTimes.of(schedule)
