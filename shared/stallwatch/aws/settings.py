"""What a function is told by its environment."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stallwatch.domain.thresholds import Thresholds
from stallwatch.tracking.profiles import CAINIAO, PROFILES, SourceProfile
from stallwatch.tracking.schedule import PollSchedule

if TYPE_CHECKING:
    from stallwatch.alerting.delivery_plan import DeliveryPlan
    from stallwatch.alerting.quiet_hours import QuietHours
    from stallwatch.polling.state import Pace


_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


_WHOLE = re.compile(r"-?[0-9]{1,12}")


# Each run of a function reads the same text.
@cache
def _thresholds_of(text: str) -> Thresholds:
    return Thresholds.of(json.loads(text))


class SettingsError(Exception):
    """A variable of the environment is missing or makes no sense."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, each read when it is asked for.

    Args:
        variables: The environment.

    Raises:
        SettingsError: from each property, when its variable is missing or makes no sense.
    """

    variables: Mapping[str, str]

    @classmethod
    def of_environment(cls) -> "Settings":
        """The settings of this process."""
        return cls(os.environ)

    @property
    def table_name(self) -> str:
        """The table."""
        return self._text("TABLE_NAME")

    @property
    def topic_arn(self) -> str:
        """The topic of the alerts."""
        return self._text("TOPIC_ARN")

    @property
    def translated_topic_arn(self) -> str:
        """The topic of the alerts in other languages than the stack's."""
        return self._text("TRANSLATED_TOPIC_ARN")

    @property
    def language(self) -> str:
        """The language of the alerts and of the advice."""
        return self._text("LANGUAGE")

    @property
    def pull_function(self) -> str:
        """The function that a new order nudges."""
        return self._text("PULL_FUNCTION")

    @property
    def dead_letters_url(self) -> str:
        """The queue of what the function gave up on."""
        return self._text("DEAD_LETTERS_URL")

    @property
    def page_url(self) -> str:
        """The address of the page, with a slash at its end."""
        return self._text("PAGE_URL").rstrip("/") + "/"

    @property
    def base_path(self) -> str:
        """The path below which an own domain maps the API, such as `/parcels`; empty for none."""
        return urlsplit(self._given("PUBLIC_URL")).path.rstrip("/")

    @property
    def push_urls(self) -> str:
        """The name of the parameter that holds the addresses of push services."""
        return self._text("PUSH_URLS")

    @property
    def mailbox(self) -> str:
        """The name of the parameter that says how the mailbox is reached."""
        return self._text("MAILBOX")

    @property
    def home_country(self) -> str:
        """The destination of an order that names none."""
        return self._text("HOME_COUNTRY")

    @property
    def second_source(self) -> bool:
        """Whether a second source is configured."""
        return self.second_profile is not None

    def url_of(self, source: SourceProfile) -> str:
        """Where a source is asked."""
        return self._text(source.url_variable)

    def key_of(self, source: SourceProfile) -> str:
        """The name of the parameter that holds a source's key; empty for none."""
        return self.variables.get(source.key_variable, "") if source.key_variable else ""

    @property
    def first_profile(self) -> SourceProfile:
        """The source that is asked about every order."""
        name = self.variables.get("FIRST_SOURCE") or CAINIAO.name
        source = PROFILES.get(name)
        if source is None:
            raise SettingsError(f"FIRST_SOURCE takes {' or '.join(PROFILES)}, not {name!r}")
        if source.key_variable and not self.key_of(source):
            raise SettingsError(
                f"FIRST_SOURCE is {name}, but {source.key_variable}, its key's name, is missing"
            )
        return source

    @property
    def first_source(self) -> str:
        """Its name."""
        return self.first_profile.name

    @property
    def second_profile(self) -> SourceProfile | None:
        """The source that is asked about orders which near a claim; None without one.

        It is the first of those that take a key which was given, where the first source takes none.
        """
        if self.first_profile.key_variable:
            return None
        return next((source for source in PROFILES.values() if self.key_of(source)), None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources, the first one first."""
        second = self.second_profile
        return (self.first_source, *(() if second is None else (second.name,)))

    @property
    def pull_workers(self) -> int:
        """How many functions ask the source at once."""
        return self._number("PULL_WORKERS", 1, 100)

    def pace_of(self, source: SourceProfile) -> "Pace":
        """How fast a source may be asked: as it allows, else as the stack's parameters say."""
        # Only the poll asks, and it has this module loaded.
        from stallwatch.polling.state import Pace  # noqa: PLC0415

        if source.per_minute:
            return Pace(batch=source.batch, per_minute=source.per_minute)
        per_minute = self._number("CAINIAO_PER_MINUTE", 1, 100_000)
        in_threads = min(32, 1 + per_minute // 120)
        return Pace(
            batch=self._number("CAINIAO_BATCH", 1, 100),
            per_minute=per_minute,
            parallel=self.pull_workers if self.pull_workers > 1 else in_threads,
        )

    @property
    def schedule(self) -> PollSchedule:
        """The slots."""
        return PollSchedule(self._number("TURN_MINUTES", 1, 180))

    @property
    def catch_up(self) -> timedelta:
        """How far back a run serves turns that no run has served: two ticks and a turn."""
        text = self._text("CHECK_EVERY")
        match = _RATE.fullmatch(text)
        if match is None:
            raise SettingsError(f"CHECK_EVERY takes a rate like rate(15 minutes), not {text!r}")
        tick = timedelta(**{f"{match[2]}s": int(match[1])})
        return max(timedelta(hours=1), 2 * tick + timedelta(minutes=self.schedule.turn_minutes))

    @property
    def thresholds(self) -> Thresholds:
        """The numbers of the rules."""
        try:
            return _thresholds_of(self._text("THRESHOLDS"))
        except ValueError as error:
            raise SettingsError(f"THRESHOLDS: {error}") from error

    @property
    def quiet_hours(self) -> "QuietHours | None":
        """When nothing goes out but what cannot wait; None: never."""
        span = self._given("QUIET_HOURS")
        if not span:
            return None
        # Time zones are not loaded where nobody needs them.
        from stallwatch.alerting.quiet_hours import QuietHours  # noqa: PLC0415

        try:
            return QuietHours.of(span, self._text("TIME_ZONE"))
        except ValueError as error:
            raise SettingsError(f"QUIET_HOURS, TIME_ZONE: {error}") from error

    @property
    def delivery(self) -> "DeliveryPlan":
        """When and how alerts go out, for showing: what makes no sense is for others to refuse."""
        from stallwatch.alerting.delivery_plan import (  # noqa: PLC0415
            DeliveryPlan,
            DigestTimes,
        )

        begin, _, end = self._given("QUIET_HOURS").partition("-")
        return DeliveryPlan(
            quiet_hours=(begin, end) if begin and end else None,
            time_zone=self._text("TIME_ZONE"),
            digest=DigestTimes.of(self._given("DIGEST_SCHEDULE")),
            has_push=bool(self._given("PUSH_URLS")),
        )

    @property
    def clock_shift(self) -> timedelta:
        """By how much the clock of a demonstration is moved."""
        if not self.variables.get("CLOCK_SHIFT"):
            return timedelta(0)
        years = 50 * 366 * 86_400
        return timedelta(seconds=self._number("CLOCK_SHIFT", -years, years))

    def _given(self, name: str) -> str:
        """A variable that is set, be it empty."""
        if name not in self.variables:
            raise SettingsError(f"the environment variable {name} is missing")
        return self.variables[name]

    def _text(self, name: str) -> str:
        value = self.variables.get(name, "")
        if not value:
            raise SettingsError(f"the environment variable {name} is missing")
        return value

    def _number(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds: a stack's parameter of type Number takes any number."""
        text = self._text(name)
        number = int(text) if _WHOLE.fullmatch(text) else None
        if number is None or not least <= number <= most:
            raise SettingsError(
                f"{name} takes a whole number from {least} to {most}, not {text[:40]!r}"
            )
        return number
