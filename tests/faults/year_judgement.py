"""What a judged year comes to: counts for each kind of alert, and what was wrong."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.faults.year_digests import Range

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)

Name = tuple[str, str]
"""Kind and reason of an alert."""


@dataclass
class Tally:
    """What came of one kind of alert."""

    due: int = 0
    sent: int = 0
    undue: int = 0
    missed: int = 0
    late: int = 0
    passed: int = 0
    delay: timedelta = NOTHING
    """The largest, from when it was due to when it was sent."""
    allowed: timedelta = NOTHING
    """What was allowed to the one with the largest."""

    def add(self, other: "Tally") -> None:
        for name in ("due", "sent", "undue", "missed", "late", "passed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if other.delay > self.delay:
            self.delay, self.allowed = other.delay, other.allowed


@dataclass
class Judgement:
    """What came of a year."""

    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    looks: int = 0
    """How often the reference model was asked."""
    voices: int = 0
    """How often what was shown or asked was compared with what the rules show."""
    starved: int = 0
    gaps: Counter[int] = field(default_factory=Counter)
    """The longest time between two requests about an order, in minutes, by its cadence in hours."""
    deadlines: dict[datetime, Range] = field(default_factory=dict)
    """How many deadlines are near as a digest is made, by the instant of its survey."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Judgement") -> None:
        for kind, tally in other.kinds.items():
            self.kinds[kind].add(tally)
        self.looks += other.looks
        self.voices += other.voices
        self.starved += other.starved
        for hours, minutes in other.gaps.items():
            self.gaps[hours] = max(self.gaps[hours], minutes)
        for at, near in other.deadlines.items():
            self.deadlines[at] = self.deadlines.get(at, Range()).plus(near)
        self.wrong += other.wrong
