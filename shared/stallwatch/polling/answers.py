"""One request to the source, and what its answers mean for the orders that waited for them.

A run makes it itself, or has a worker make it. What is news is written at once; one order's failed
write costs that order's turn alone.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from stallwatch.domain.clock import Clock, epoch_minutes
from stallwatch.domain.errors import StallwatchError
from stallwatch.polling.ports import AnswerStore
from stallwatch.polling.state import WatchRow, is_due
from stallwatch.polling.tally import BatchResult, NumberRequest, RequestResult
from stallwatch.tracking.codes import canonical
from stallwatch.tracking.fingerprint import added_to, is_news
from stallwatch.tracking.profiles import profile_of
from stallwatch.tracking.source import Source, TrackingResult, Verdict

_log = logging.getLogger(__name__)

_IS_CODE = re.compile(r"(?!.*\d{5})[A-Z][A-Z0-9_]+", re.ASCII)
"""What can be a code, and is no name or number that has come into its field."""


def saved(row: WatchRow, write: Callable[[], object]) -> bool:
    """Make one order's write; False where it failed, which is logged and costs no other order.

    A trace that cannot be read, or that is too large for the store, fails like a store that does
    not answer.
    """
    try:
        write()
    except (StallwatchError, ValueError, LookupError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"[:200]
        _log.exception("not saved", extra={"order_id": row.order_id, "why": why})
        return False
    return True


@lru_cache(maxsize=1024)
def _tell_of_code(source: str, code: str) -> None:
    """Log a code that is not listed, so that somebody can list it: once, as long as this lives."""
    if _IS_CODE.fullmatch(canonical(code)):
        _log.info("code not listed", extra={"source": source, "code": canonical(code)})


class AnswerWriter:
    """Asks the source, and writes what is news.

    Args:
        store: The traces.
        source: The source.
        clock: The time.
    """

    def __init__(self, store: AnswerStore, source: Source, clock: Clock) -> None:
        self._store = store
        self._source = source
        self._clock = clock

    def request(self, batch: Sequence[NumberRequest], *, note: bool) -> RequestResult:
        """Make one request.

        Args:
            batch: The numbers to ask about.
            note: Whether the evaluation shall look at every answer.
        """
        numbers = list(dict.fromkeys(request.number for request in batch))
        response = self._source.ask(numbers)
        now = self._clock.now()
        result = BatchResult(unregistered=sorted(response.unregistered))
        for request in batch:
            answer = response.answers.get(request.number)
            if answer is None and response.verdict is Verdict.OK:
                result.silent += request.rows
            elif answer is None:
                result.failed.append(request)
            elif answer.points_to is not None and not request.stands_for:
                result.to_follow.append(
                    NumberRequest(answer.points_to, request.rows, stands_for=True)
                )
            else:
                if request.stands_for:
                    answer = replace(answer, known=True, points_to=request.number)
                for row in request.rows:
                    self._take(row, answer, now, result, note=note)
        return RequestResult(
            response.verdict,
            response.reason,
            bool(response.answers) or response.about_others,
            result,
        )

    def _take(
        self,
        row: WatchRow,
        answer: TrackingResult,
        now: datetime,
        result: BatchResult,
        *,
        note: bool,
    ) -> None:
        """Take an answer about one order: write it where it is news."""
        if is_news(answer, row.fingerprint):
            if saved(row, lambda: self._write(row, answer, now, result)):
                result.checked += 1
            else:
                result.unsaved.append(row)
            return
        result.checked += 1
        if note or is_due(row, now):
            result.answered.append((row, now))
        if row.second_at is not None and row.second_at <= epoch_minutes(now):
            result.for_second.append(row)

    def _write(
        self, row: WatchRow, answer: TrackingResult, now: datetime, result: BatchResult
    ) -> None:
        source = self._source.name
        added = added_to(answer, row.fingerprint)
        written = added is not None and self._store.add_answer(row, answer, source, now, added)
        if written or self._store.merge_answer(row, answer, source, now):
            result.changed += 1
        is_listed = profile_of(source).is_listed
        for code in {event.code for event in answer.events if not is_listed(event.code)}:
            _tell_of_code(source, code)
        _log.info("news", extra={"order_id": row.order_id, "events": len(answer.events)})
