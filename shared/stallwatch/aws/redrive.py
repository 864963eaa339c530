"""Redrive: do again what was given up on, and lose nothing of it.

A dead letter of the evaluation names a stretch of the stream and no order, and the stream keeps a
day. Where it has the records still, their orders are evaluated; where it has not, all that are
watched are. Evaluating once too often changes nothing, so doing more than was lost does no harm.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of a stream."""

    stream: str
    shard: str
    first: str
    """The sequence number of its first record, like `last`."""
    last: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter."""

    receipt: str
    """What it is discarded by."""
    records: Range | None = None
    """The records of the stream that could not be evaluated."""
    order_ids: tuple[str, ...] = ()
    """The orders that were to be checked."""
    notifications: tuple[Mapping[str, Any], ...] = ()
    """The notifications of the topic that were to be handed over."""


class Letters(Protocol):
    """A queue of dead letters."""

    def notifications(self) -> Iterator[Letter]:
        """The letters that nobody else works on, until there are no more."""

    def discard(self, notification: Letter) -> None:
        """Delete a letter: what it stands for is done."""


class Records(Protocol):
    """The stream."""

    def partitions(self, records: Range) -> list[str] | None:
        """The partition keys of a range of records; None where the stream has them no more."""


@dataclass(slots=True)
class RedriveReport:
    """What a redrive did."""

    notifications: int = 0
    """Done again, and discarded."""
    kept: int = 0
    """Failed again, or there was no time: they stay for the next redrive."""

    def as_dict(self) -> dict[str, int]:
        """As the function answers it."""
        return asdict(self)


def evaluate_again(
    queue: Letters,
    stream: Records,
    watched: Callable[[], Iterable[str]],
    evaluate: Callable[[Iterable[str]], bool],
    has_time: Callable[[], bool],
) -> RedriveReport:
    """Evaluate what the evaluation had given up on.

    Args:
        queue: Its dead letters.
        stream: The table's stream.
        watched: Gives the partition keys of all orders that are watched.
        evaluate: Evaluates some partitions; says whether all of them could be.
        has_time: Whether there is time for one more letter.
    """
    report = RedriveReport()
    everything: bool | None = None
    for notification in queue.notifications():
        if not has_time():
            report.kept += 1
            break
        keys = None if notification.records is None else stream.partitions(notification.records)
        if keys is not None:
            done = evaluate(keys)
        else:
            if everything is None:
                everything = evaluate(watched())
            done = everything
        _settle(queue, notification, report, done=done)
    return report


def check_again(
    queue: Letters, check: Callable[[tuple[str, ...]], bool], has_time: Callable[[], bool]
) -> RedriveReport:
    """Check what the pull had given up on.

    Args:
        queue: Its dead letters.
        check: Checks some orders, or with none what is due; says whether there was time for all.
        has_time: Whether there is time for one more letter.
    """
    report = RedriveReport()
    for notification in queue.notifications():
        if not has_time():
            report.kept += 1
            break
        _settle(queue, notification, report, done=check(notification.order_ids))
    return report


def push_again(
    queue: Letters,
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
    for notification in queue.notifications():
        if not has_time():
            report.kept += 1
            break
        told = notification.notifications
        _settle(queue, notification, report, done=bool(told) and push(told))
    return report


def _settle(queue: Letters, notification: Letter, report: RedriveReport, *, done: bool) -> None:
    if done:
        queue.discard(notification)
        report.notifications += 1
    else:
        report.kept += 1
