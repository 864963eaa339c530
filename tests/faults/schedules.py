"""Schedules of faults, and what was counted and found as they were tried."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

STEP = -1
"""Stands for the step as a whole, where a fault is in none of its calls."""


class Fault(NamedTuple):
    """Something that goes wrong in a step."""

    step: int
    call: int
    """Which call of the step, or `STEP`."""
    kind: str

    def __str__(self) -> str:
        return f"{self.step}.{'*' if self.call == STEP else self.call}={self.kind}"

    @classmethod
    def of(cls, text: str) -> "Fault":
        """The fault that is written so."""
        where, _, kind = text.partition("=")
        step, _, call = where.partition(".")
        return cls(int(step), STEP if call == "*" else int(call), kind)


Schedule = tuple[Fault, ...]


@dataclass(frozen=True)
class Found:
    """A schedule after which something was wrong."""

    story: str
    schedule: Schedule
    what: str

    @property
    def replay(self) -> str:
        """The command that shows it."""
        faults = " ".join(str(fault) for fault in self.schedule)
        return f"REPLAY='{self.story}: {faults}' make faults"


@dataclass
class Counts:
    """What was explored."""

    schedules: int = 0
    runs: int = 0
    """Steps that were run."""
    healed: int = 0
    """Different states that were healed and judged."""
    seconds: float = 0
    """Of processor time."""
    repeated: int = 0
    """Messages that went out twice because the outcome of the first was unknown."""
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What went wrong in the steps that were run, by call and kind."""
    wrong: Counter[str] = field(default_factory=Counter)
    """How many of the healed states were wrong, and in what way."""
    found: list[Found] = field(default_factory=list)
    """The shortest schedule to each thing that was wrong."""

    def add(self, other: "Counts") -> None:
        self.schedules += other.schedules
        self.runs += other.runs
        self.healed += other.healed
        self.seconds += other.seconds
        self.repeated += other.repeated
        self.faults += other.faults
        self.wrong += other.wrong
        self.found += other.found
