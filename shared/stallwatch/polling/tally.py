"""What a run counts: its report, and the results of requests and batches."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime

from stallwatch.polling.state import WatchRow
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
    unsaved: int = 0
    """Orders whose answer or note could not be written; they are tried again at their next turn."""

    def add(self, result: "BatchResult") -> None:
        """Count what came of serving some orders."""
        self.due += result.due
        self.checked += result.checked
        self.changed += result.changed
        self.left_over += result.left_over
        self.unanswered += result.due - result.checked - result.left_over
        self.unsaved += len(result.unsaved)

    def as_dict(self) -> dict[str, int | str]:
        """As the function answers it: the contract's fields."""
        report = asdict(self)
        del report["unsaved"]
        return report


@dataclass(frozen=True, slots=True)
class NumberRequest:
    """A number to ask about, and the orders that wait for the answer."""

    number: str
    rows: tuple[WatchRow, ...]
    stands_for: bool = False
    """Whether the orders' own number is a placeholder for this one."""


@dataclass(slots=True)
class BatchResult:
    """What came of serving some orders."""

    due: int = 0
    checked: int = 0
    changed: int = 0
    answered: list[tuple[WatchRow, datetime]] = field(default_factory=list)
    """With nothing new, and to be evaluated again; each with the instant of its answer."""
    silent: list[WatchRow] = field(default_factory=list)
    """Asked about: the source answered, but not about these."""
    unsaved: list[WatchRow] = field(default_factory=list)
    """Answered about, but the answer could not be written."""
    failed: list[NumberRequest] = field(default_factory=list)
    """Asked about in a request that failed."""
    unasked: list[WatchRow] = field(default_factory=list)
    """Not asked about: the circuit is open, or there is no number."""
    to_follow: list[NumberRequest] = field(default_factory=list)
    for_second: list[WatchRow] = field(default_factory=list)
    """With nothing new, and the second source is to be asked about them."""
    unregistered: list[str] = field(default_factory=list)
    """The numbers that the source wants registered first."""
    first_unserved: WatchRow | None = None
    left_over: int = 0
    complete: bool = True
    """Whether everything was asked that could be."""

    @property
    def unanswered(self) -> Iterator[WatchRow]:
        """The orders that were asked about and have no answer on record."""
        yield from self.silent
        yield from self.unsaved
        yield from rows_in(self.failed)

    def add(self, other: "BatchResult") -> None:
        """Add what came of more orders."""
        self.checked += other.checked
        self.changed += other.changed
        self.answered += other.answered
        self.silent += other.silent
        self.unsaved += other.unsaved
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
    """What came of one request."""

    verdict: Verdict
    reason: str
    any_answer: bool
    """Whether it brought an answer about any number, asked or not."""
    batch: BatchResult


def rows_in(requests: Iterable[NumberRequest]) -> Iterator[WatchRow]:
    """The orders that wait for some numbers."""
    return (row for request in requests for row in request.rows)
