"""polling.tally."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime

from stallwatch.polling.state import Row
from stallwatch.tracking.source import Verdict


@dataclass(slots=True)
class RunReport:
    """What a run did."""

    due: int = 0
    checked: int = 0
    changed: int = 0
    unanswered: int = 0
    left_over: int = 0
    source: Verdict = Verdict.OK

    def as_dict(self) -> dict[str, int | str]:
        """As the function answers it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class NumberRequest:
    """A number to ask about, and the orders that wait for the answer."""

    number: str
    rows: tuple[Row, ...]
    stands_for: bool = False
    """Whether the orders' own number is a placeholder for this one."""


@dataclass(slots=True)
class BatchResult:
    """What came of serving some orders."""

    due: int = 0
    checked: int = 0
    changed: int = 0
    answered: list[tuple[Row, datetime]] = field(default_factory=list)
    """With nothing new, and to be looked at again; each with the instant of its answer."""
    silent: list[Row] = field(default_factory=list)
    """Asked about: the source answered, but not about these."""
    failed: list[NumberRequest] = field(default_factory=list)
    """Asked about in a request that failed."""
    unasked: list[Row] = field(default_factory=list)
    """Not asked about: the circuit is open, or there is no number."""
    to_follow: list[NumberRequest] = field(default_factory=list)
    for_second: list[Row] = field(default_factory=list)
    """With nothing new, and the second source is to be asked about them."""
    unregistered: list[str] = field(default_factory=list)
    """The numbers that the source wants registered first."""
    first_unserved: Row | None = None
    left_over: int = 0
    complete: bool = True
    """Whether everything was asked that could be."""

    def add(self, other: "BatchResult") -> None:
        self.checked += other.checked
        self.changed += other.changed
        self.answered += other.answered
        self.silent += other.silent
        self.failed += other.failed
        self.unasked += other.unasked
        self.to_follow += other.to_follow
        self.for_second += other.for_second
        self.unregistered += other.unregistered
        self.first_unserved = self.first_unserved or other.first_unserved
        self.left_over += other.left_over
        self.complete = self.complete and other.complete


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What came of a request."""

    verdict: Verdict
    reason: str
    any_answer: bool
    """Whether it brought a valid answer about any number."""
    tally: BatchResult


def _rows_in(questions: Iterable[NumberRequest]) -> Iterator[Row]:
    return (row for question in questions for row in question.rows)
