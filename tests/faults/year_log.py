"""The source's log of a year: who was asked about when, and when the source was not to be had."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from stallwatch.tracking.source import Verdict
from tests.faults.strict_source import Asked
from tests.faults.year_record import Record

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ask:
    """One request about a number."""

    at: datetime
    replied_at: datetime
    answered: bool


@dataclass(frozen=True)
class Span:
    """A stretch of time."""

    begin: datetime
    end: datetime


class Log:
    """The source's log of a year, by number, and when its door was shut to us."""

    def __init__(self, record: Record) -> None:
        self.by_number: dict[str, list[Ask]] = defaultdict(list)
        for asked in record.asked:
            for number, answered in asked.answered.items():
                self.by_number[number].append(Ask(asked.at, asked.replied_at, answered))
        forever = record.plan.end + DAY
        self.shut = list(_spans(record.asked, lambda a: a.verdict is not Verdict.OK, forever))
        """From a request that failed to the next that did not."""
        self.unheard = list(
            _spans(record.asked, lambda a: not any(a.answered.values()), forever, at_reply=True)
        )
        """From a request that was answered about no number to the next that was about any."""
        self._begins = [span.begin for span in self.shut]

    def is_shut(self, at: datetime) -> bool:
        """Whether the source is not to be asked, or not answering, at an instant."""
        index = bisect_right(self._begins, at) - 1
        return index >= 0 and at < self.shut[index].end

    def last_opened(self, after: datetime, until: datetime) -> datetime | None:
        """When the door was last opened again between two instants."""
        ends = [span.end for span in self.shut if after < span.end and span.begin < until]
        return max(ends, default=None)


def _spans(
    log: Iterable[Asked],
    is_without: Callable[[Asked], bool],
    forever: datetime,
    *,
    at_reply: bool = False,
) -> Iterator[Span]:
    since: datetime | None = None
    for asked in log:
        if is_without(asked):
            since = since or (asked.replied_at if at_reply else asked.at)
        elif since is not None:
            yield Span(since, asked.replied_at)
            since = None
    if since is not None:
        yield Span(since, forever)
