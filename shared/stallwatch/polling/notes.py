"""Notes to the evaluation: which orders it is to look at again, though nothing about them is new.

A note is a write to the order's trace that changes nothing the rules read but its instants; the
table's stream tells the evaluation of it. One order's failed note costs that order's turn alone.
"""

from datetime import datetime
from functools import partial

from stallwatch.domain.clock import Clock
from stallwatch.polling.answers import saved
from stallwatch.polling.ports import NoteStore
from stallwatch.polling.silence import Silences
from stallwatch.polling.state import Progress, Silence, WatchRow, is_clock_due
from stallwatch.polling.tally import BatchResult, rows_in
from stallwatch.tracking.fingerprint import UNANSWERED
from stallwatch.tracking.run_log import RunRecord, short_name


class EvaluationNotes:
    """Writes the notes of one run; each method says how many could not be written.

    Args:
        store: The traces.
        silences: Since when orders get no answer.
        clock: The time.
    """

    def __init__(self, store: NoteStore, silences: Silences, clock: Clock) -> None:
        self._store = store
        self._silences = silences
        self._clock = clock

    def of_all(self, result: BatchResult, progress: Progress) -> int:
        """Have the evaluation look at every order that was asked about, answered or not."""
        now = self._clock.now()
        unsaved = self._answered(result)
        for row in (*result.silent, *result.unsaved):
            since = self._silences.since(row, progress)
            too_long = self._silences.is_too_long(since, result)
            silent = Silence(since, too_long=too_long)
            unsaved += self._silent(row, now, silent, progress)
        for row in (*result.unasked, *rows_in(result.failed)):
            if is_clock_due(row, now):
                unsaved += self._unasked(row, now, progress)
        return unsaved

    def of_turn(self, result: BatchResult, run: RunRecord, progress: Progress) -> int:
        """Have the evaluation look at the orders of a turn that it asked to look at again."""
        now = self._clock.now()
        unsaved = self._answered(result)
        for row in result.unanswered:
            since = run.silent[short_name(row.order_id)]
            too_long = self._silences.is_too_long(since, result)
            if (too_long and row.fingerprint != UNANSWERED) or is_clock_due(row, now):
                silent = Silence(since, too_long=too_long)
                unsaved += self._silent(row, now, silent, progress)
        for row in result.unasked:
            if is_clock_due(row, now):
                unsaved += self._unasked(row, now, progress)
        return unsaved

    def _answered(self, result: BatchResult) -> int:
        return sum(
            not saved(row, partial(self._store.touch_answered, row, at))
            for row, at in result.answered
        )

    def _silent(self, row: WatchRow, now: datetime, silent: Silence, progress: Progress) -> bool:
        answered_at = self._silences.answered_at(row, progress)
        touch = partial(
            self._store.touch_unanswered,
            row,
            now,
            asked=True,
            answered_at=answered_at,
            silent=silent,
        )
        return not saved(row, touch)

    def _unasked(self, row: WatchRow, now: datetime, progress: Progress) -> bool:
        answered_at = self._silences.answered_at(row, progress)
        touch = partial(
            self._store.touch_unanswered, row, now, asked=False, answered_at=answered_at
        )
        return not saved(row, touch)
