"""Redrive: process again what the functions had given up on.

A dead letter of the evaluation names a range of the stream and no order, and the stream keeps
records for a day. Where it still has them, their orders are evaluated; where it does not, all
watched orders are. Evaluating an order once more changes nothing, so doing too much does no harm.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Range:
    """A range of records of a stream."""

    stream: str
    shard: str
    first: str
    """The sequence number of its first record, like `last`."""
    last: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter."""

    receipt: str
    """What it is discarded by."""
    records: Range | None = None
    """The records of the stream that could not be evaluated."""
    order_ids: tuple[str, ...] = ()
    """The orders that were to be checked."""
    digest: str | None = None
    """The instant of the digest that was to be made."""
    notifications: tuple[Mapping[str, Any], ...] = ()
    """The notifications of the topic that were to be handed over."""


class DeadLetterQueue(Protocol):
    """A queue of dead letters."""

    def letters(self) -> Iterator[DeadLetter]:
        """The letters that nobody else works on, until there are no more."""

    def discard(self, letter: DeadLetter) -> None:
        """Delete a letter: what it stands for is done."""


class StreamReader(Protocol):
    """The table's stream."""

    def partitions(self, records: Range) -> list[str] | None:
        """The partition keys of a range of records; None where the stream has them no more."""


@dataclass(slots=True)
class RedriveReport:
    """What a redrive did."""

    letters: int = 0
    """Done again, and discarded."""
    kept: int = 0
    """Failed again, or there was no time: they stay for the next redrive."""

    def as_dict(self) -> dict[str, int]:
        """As the function answers it."""
        return asdict(self)


def evaluate_again(
    queue: DeadLetterQueue,
    stream: StreamReader,
    watched: Callable[[], Iterable[str]],
    evaluate: Callable[[Iterable[str]], bool],
    has_time: Callable[[], bool],
    make_digest: Callable[[str], bool],
) -> RedriveReport:
    """Evaluate what the evaluation had given up on.

    Args:
        queue: Its dead letters.
        stream: The table's stream.
        watched: Gives the partition keys of all orders that are watched.
        evaluate: Evaluates some partitions; says whether all of them could be.
        has_time: Whether there is time for one more letter.
        make_digest: Makes the digest of an instant; says whether it could be made.
    """
    report = RedriveReport()
    everything: bool | None = None
    for letter in queue.letters():
        if not has_time():
            report.kept += 1
            break
        if letter.digest is not None:
            _settle(queue, letter, report, done=make_digest(letter.digest))
            continue
        keys = None if letter.records is None else stream.partitions(letter.records)
        if keys is not None:
            done = evaluate(keys)
        else:
            if everything is None:
                everything = evaluate(watched())
            done = everything
        _settle(queue, letter, report, done=done)
    return report


def check_again(
    queue: DeadLetterQueue, check: Callable[[tuple[str, ...]], bool], has_time: Callable[[], bool]
) -> RedriveReport:
    """Check what the pull had given up on.

    Args:
        queue: Its dead letters.
        check: Checks some orders, or with none what is due; says whether there was time for all.
        has_time: Whether there is time for one more letter.
    """
    report = RedriveReport()
    for letter in queue.letters():
        if not has_time():
            report.kept += 1
            break
        _settle(queue, letter, report, done=check(letter.order_ids))
    return report


def push_again(
    queue: DeadLetterQueue,
    push: Callable[[Sequence[Mapping[str, Any]]], bool],
    has_time: Callable[[], bool],
) -> RedriveReport:
    """Hand over what the push had given up on.

    Args:
        queue: Its dead letters.
        push: Hands some notifications over; says whether all of them were.
        has_time: Whether there is time for one more letter.
    """
    report = RedriveReport()
    for letter in queue.letters():
        if not has_time():
            report.kept += 1
            break
        notifications = letter.notifications
        done = bool(notifications) and push(notifications)
        _settle(queue, letter, report, done=done)
    return report


def _settle(
    queue: DeadLetterQueue, letter: DeadLetter, report: RedriveReport, *, done: bool
) -> None:
    if done:
        queue.discard(letter)
        report.letters += 1
    else:
        report.kept += 1
