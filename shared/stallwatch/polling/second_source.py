"""Second source: a check of the few orders that near a claim.

It is asked in the same run in which the first source had nothing new to say, and before the
evaluation is woken, so that a claim rests on both. What it says is written down where it is news,
where it ends a spell without answers, or where the evaluation is about to look. It has its own
gate: whatever is the matter with it, the first source is asked as ever.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from stallwatch.domain.clock import Clock
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.answers import saved
from stallwatch.polling.gate import RequestGate
from stallwatch.polling.ports import CircuitStore
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.state import Pace, WatchRow, is_due
from stallwatch.tracking.fingerprint import is_news
from stallwatch.tracking.source import Source, TrackingResult, Verdict
from stallwatch.tracking.trace_record import SecondRecord

_log = logging.getLogger(__name__)


class SecondWatch(CircuitStore, Protocol):
    """What the check of the second source reads and writes."""

    def second(self, row: WatchRow) -> SecondRecord | None:
        """What the second source said about a row's number; None where it is another by now."""

    def keep_second(self, row: WatchRow, record: SecondRecord) -> None:
        """Write what the second source said, unless the number is another by now."""


_Waiting = dict[str, list[tuple[WatchRow, SecondRecord]]]
"""The orders that are asked about, by number."""


class SecondSourceCheck:
    """Asks the second source in one run of the poll.

    Args:
        watch: The traces.
        source: The second source.
        clock: The time.
        pace: How fast it may be asked.
        thresholds: The numbers of the rules.
        registering: Registers numbers with it, given what waits for the next request; None where it
            wants no registration.
    """

    def __init__(
        self,
        watch: SecondWatch,
        source: Source,
        clock: Clock,
        pace: Pace,
        thresholds: Thresholds,
        registering: Callable[[Callable[[], bool]], RegistrationRun] | None = None,
    ) -> None:
        self._watch = watch
        self._source = source
        self._clock = clock
        self._batch = pace.batch
        self._gate = RequestGate(source.name, watch, clock, pace, thresholds)
        self._registering = None if registering is None else registering(self._gate.admit)

    def check(self, rows: Sequence[WatchRow], *, note: bool = False) -> int:
        """Ask about some orders.

        Args:
            rows: The orders.
            note: Whether the evaluation is about to look at all of them.

        Returns:
            How many orders' answers could not be read or written.
        """
        waiting: _Waiting = {}
        unsaved = 0
        for row in rows:
            unsaved += not saved(row, partial(self._add, row, waiting))
        numbers, unregistered = list(waiting), []
        while numbers and self._gate.has_time:
            batch, numbers = numbers[: self._batch], numbers[self._batch :]
            asked = {number: waiting[number] for number in batch}
            answers, missing = self._ask(asked)
            unregistered += missing
            now = self._clock.now()
            for number, orders in asked.items():
                answer = answers.get(number)
                for row, record in orders:
                    unsaved += not saved(
                        row, partial(self._write, row, record, answer, now, note=note)
                    )
        if self._registering is not None and waiting:
            self._registering.register(unregistered)
        return unsaved

    def _add(self, row: WatchRow, waiting: _Waiting) -> None:
        record = self._watch.second(row)
        if record is not None and row.number is not None:
            waiting.setdefault(row.number, []).append((row, record))

    def _ask(self, asked: _Waiting) -> tuple[Mapping[str, TrackingResult], list[str]]:
        """Make one request. Its answers, and the numbers that must be registered first."""
        if not self._gate.admit():
            return {}, []
        response = self._source.ask(list(asked))
        if response.verdict is not Verdict.OK:
            why = {"source": self._source.name, "why": response.reason}
            _log.warning("no answer", extra=why)
        # A request that was answered at all is no outage of this source.
        self._gate.record(response.verdict, any_answer=True)
        return response.answers, [n for n in asked if n in response.unregistered]

    def _write(
        self,
        row: WatchRow,
        record: SecondRecord,
        answer: TrackingResult | None,
        now: datetime,
        *,
        note: bool,
    ) -> None:
        if answer is None:
            if record.failing_since is None:
                self._watch.keep_second(row, replace(record, failing_since=now))
        elif (
            is_news(answer, record.fingerprint)
            or record.failing_since is not None
            or note
            or is_due(row, now)
        ):
            self._watch.keep_second(row, record.absorb(answer, self._source.name, now))
