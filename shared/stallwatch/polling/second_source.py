"""Ask the second source about the few orders that near a claim.

It is asked in the same run in which the first source had nothing new to say, and before the
evaluation is woken, so that a claim rests on both. What it says is written down where it is news,
where it ends a spell without answers, or where the evaluation is about to look. It has its own pace
and its own health: whatever is the matter with it, the first source is asked as ever.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from stallwatch.domain.clock import Clock
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.requests import LAST_REQUEST
from stallwatch.polling.state import Pace, Row, is_due
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.fingerprint import is_news
from stallwatch.tracking.source import Source, TrackingResult, Verdict
from stallwatch.tracking.trace_record import SecondRecord

_log = logging.getLogger(__name__)


class SecondWatch(Protocol):
    """What the asking reads and writes."""

    def health(self, source: str) -> CircuitBreaker:
        """The health of a source."""

    def save_health(self, source: str, health: CircuitBreaker) -> None:
        """Keep the health of a source."""

    def second(self, row: Row) -> SecondRecord | None:
        """What the second source said about a row's number; None where it is another by now."""

    def keep_second(self, row: Row, record: SecondRecord) -> None:
        """Write what the second source said, unless the number is another by now."""


_Asked = dict[str, list[tuple[Row, SecondRecord]]]
"""The orders that are asked about, by number."""


class SecondSourceCheck:
    """Asks the second source in one run of the check.

    Args:
        watch: The traces.
        source: The second source.
        clock: The time.
        pace: How fast it may be asked.
        limits: The numbers of the rules.
        registering: Registers numbers with it, given what waits for the next request; None where it
            wants no registration.
    """

    def __init__(
        self,
        watch: SecondWatch,
        source: Source,
        clock: Clock,
        pace: Pace,
        limits: Thresholds,
        registering: Callable[[Callable[[], bool]], RegistrationRun] | None = None,
    ) -> None:
        self._watch = watch
        self._source = source
        self._clock = clock
        self._pace = pace
        self._limits = limits
        self._registering = None if registering is None else registering(self._may_ask)
        self._health: CircuitBreaker | None = None
        self._asked_at: datetime | None = None

    def look(self, rows: Sequence[Row], *, note: bool = False) -> None:
        """Ask about some orders.

        Args:
            rows: The orders.
            note: Whether the evaluation is about to look at all of them.
        """
        asked: _Asked = {}
        for row in rows:
            record = self._watch.second(row)
            if record is not None and row.number is not None:
                asked.setdefault(row.number, []).append((row, record))
        numbers, unregistered = list(asked), []
        while numbers and self._has_time():
            batch, numbers = numbers[: self._pace.batch], numbers[self._pace.batch :]
            unregistered += self._ask({number: asked[number] for number in batch}, note=note)
        if self._registering is not None and asked:
            self._registering.register(unregistered)

    def _ask(self, asked: _Asked, *, note: bool) -> list[str]:
        """Make one request. The numbers that must be registered first."""
        answers: dict[str, TrackingResult] = {}
        unregistered: list[str] = []
        if self._may_ask():
            reply = self._source.ask(list(asked))
            answers.update(reply.answers)
            unregistered += [number for number in asked if number in reply.unregistered]
            if reply.verdict is not Verdict.OK:
                why = {"source": self._source.name, "why": reply.reason}
                _log.warning("no answer", extra=why)
            self._took(reply.verdict)
        now = self._clock.now()
        for number, orders in asked.items():
            for row, record in orders:
                self._write(row, record, answers.get(number), now, note=note)
        return unregistered

    def _write(
        self,
        row: Row,
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

    # The source's door.

    def _may_ask(self) -> bool:
        """Wait until the next request may be made. False where none may, or there is no time."""
        if not self._has_time() or not self._the_health.allows_request(self._clock.now()):
            return False
        now = self._clock.now()
        wait = (self._asked_at or now) + self._pace.interval - now
        if wait > timedelta(0):
            self._clock.sleep(wait)
        self._asked_at = self._clock.now()
        return True

    def _has_time(self) -> bool:
        return self._clock.remaining() > LAST_REQUEST

    @property
    def _the_health(self) -> CircuitBreaker:
        if self._health is None:
            self._health = self._watch.health(self._source.name)
        return self._health

    def _took(self, verdict: Verdict) -> None:
        """Keep how a request went. One that was answered at all is no outage of this source."""
        health = self._the_health
        after = health.after(verdict, self._clock.now(), self._limits, any_answer=True)
        if after != health:
            self._health = after
            self._watch.save_health(self._source.name, after)
