"""A clock that a test moves."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.builders import NOON


@dataclass
class FakeClock:
    """A clock that stands still, but for what sleeps and what is told to take time."""

    at: datetime = NOON
    ends: datetime | None = None
    """When the function ends; None: in ten minutes from whenever it is asked."""
    slept: list[timedelta] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        self.at += duration

    def remaining(self) -> timedelta:
        return timedelta(minutes=10) if self.ends is None else self.ends - self.at

    def advance(self, **duration: float) -> None:
        self.at += timedelta(**duration)
