"""What a function is told by its environment."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.state import Pace
from stallwatch.tracking.codes import SEVENTEEN_TRACK
from stallwatch.tracking.schedule import PollSchedule

CAINIAO = "cainiao"


_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


_WHOLE = re.compile(r"-?[0-9]{1,12}")


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
        return urlsplit(self.variables.get("PUBLIC_URL", "")).path.rstrip("/")

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
    def cainiao_url(self) -> str:
        """Where the tracking is asked for."""
        return self._text("CAINIAO_URL")

    @property
    def first_source(self) -> str:
        """The source that is asked about every order."""
        name = self.variables.get("FIRST_SOURCE") or CAINIAO
        if name not in {CAINIAO, SEVENTEEN_TRACK}:
            raise SettingsError(f"FIRST_SOURCE takes cainiao or 17track, not {name!r}")
        if name == SEVENTEEN_TRACK and not self.seventeen_track_key:
            raise SettingsError(
                "FIRST_SOURCE is 17track, but SEVENTEEN_TRACK_KEY, the name of its key, is missing"
            )
        return name

    @property
    def second_source(self) -> bool:
        """Whether a second source is configured."""
        return self.first_source == CAINIAO and bool(self.seventeen_track_key)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources, the first one first."""
        second = (SEVENTEEN_TRACK,) if self.second_source else ()
        return (self.first_source, *second)

    @property
    def seventeen_track_key(self) -> str:
        """The name of the parameter that holds the key of 17TRACK; empty for none."""
        return self.variables.get("SEVENTEEN_TRACK_KEY", "")

    @property
    def seventeen_track_url(self) -> str:
        """Where 17TRACK is asked."""
        return self._text("SEVENTEEN_TRACK_URL")

    @property
    def seventeen_track_pace(self) -> Pace:
        """How fast 17TRACK may be asked: it allows three requests a second."""
        return Pace(batch=40, per_minute=150)

    @property
    def pull_workers(self) -> int:
        """How many functions ask the source at once."""
        return self._number("PULL_WORKERS", 1, 100)

    @property
    def pace(self) -> Pace:
        """How fast the first source may be asked."""
        if self.first_source == SEVENTEEN_TRACK:
            return self.seventeen_track_pace
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
    def limits(self) -> Thresholds:
        """The numbers of the rules."""
        try:
            return Thresholds.of(json.loads(self._text("THRESHOLDS")))
        except ValueError as error:
            raise SettingsError(f"THRESHOLDS: {error}") from error

    @property
    def clock_shift(self) -> timedelta:
        """By how much the clock of a demonstration is moved."""
        if not self.variables.get("CLOCK_SHIFT"):
            return timedelta(0)
        years = 50 * 366 * 86_400
        return timedelta(seconds=self._number("CLOCK_SHIFT", -years, years))

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
