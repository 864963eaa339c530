"""Circuit breaker: when a source may be asked, and since when it has not answered.

One circuit serves everyone who asks. The first block opens it, and so do three failures in a row.
Then there is a pause, one probe with a single request, and a longer pause where that fails, up to a
day. An answer about other numbers than those asked is valid for none, but shows that the source is
up.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stallwatch.domain.clock import hours
from stallwatch.domain.thresholds import Thresholds
from stallwatch.tracking.source import Verdict

FIRST_PAUSE = timedelta(minutes=30)


LONGEST_PAUSE = timedelta(days=1)


FAILURES_IN_A_ROW = 3
"""So many failed requests open the circuit like one block."""


KEPT_OUTAGES = 12


NOTED_EVERY = timedelta(hours=1)
"""How exactly it is known until when checks were due in an outage."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without any valid answer while checks were due."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class CircuitBreaker:
    """What is known of a source."""

    verdict: Verdict = Verdict.OK
    """Of the last request."""
    failures: int = 0
    """Failed requests since the last answer."""
    pause: timedelta = timedelta(0)
    """The present pause; none while the circuit is closed."""
    open_until: datetime | None = None
    """When a probe may be sent; None while the circuit is closed."""
    down_since: datetime | None = None
    """The first check that got no answer since the last that did."""
    missed_at: datetime | None = None
    """The last of these checks, to the hour: without one that is due nothing is missed."""
    outages: tuple[Outage, ...] = ()
    """The long ones that are over, oldest first."""

    def allows_request(self, now: datetime) -> bool:
        """Whether a request may be sent."""
        return self.open_until is None or now >= self.open_until

    @property
    def is_half_open(self) -> bool:
        """Whether a request that may be sent is a probe, and nothing may be sent beside it."""
        return self.open_until is not None

    def after(
        self, verdict: Verdict, now: datetime, thresholds: Thresholds, *, any_answer: bool
    ) -> "CircuitBreaker":
        """The health after a request.

        Args:
            verdict: How the request went.
            now: The instant of its end.
            thresholds: The numbers of the rules.
            any_answer: Whether it brought an answer about any number, asked or not.
        """
        if not self.allows_request(now):
            # It was sent before the circuit opened, and neither closes it nor adds to its pause.
            return self
        if verdict is Verdict.OK:
            return self._answered(now, thresholds) if any_answer else self._heard(now)
        failures = self.failures + 1
        down_since = self.down_since or now
        closed = self.open_until is None
        if verdict is Verdict.FAILING and closed and failures < FAILURES_IN_A_ROW:
            return replace(
                self, verdict=verdict, failures=failures, down_since=down_since, missed_at=now
            )
        pause = min(max(self.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        return replace(
            self,
            verdict=verdict,
            failures=failures,
            pause=pause,
            open_until=now + pause,
            down_since=down_since,
            missed_at=now,
        )

    def unasked(self, now: datetime) -> "CircuitBreaker":
        """The health after a check that was due and could not ask, for the circuit is open."""
        if self.missed_at is not None and now - self.missed_at < NOTED_EVERY:
            return self
        return replace(self, down_since=self.down_since or now, missed_at=now)

    def _heard(self, now: datetime) -> "CircuitBreaker":
        """After a request that was answered, but about no number at all."""
        return replace(
            self,
            verdict=Verdict.OK,
            failures=0,
            pause=timedelta(0),
            open_until=None,
            down_since=self.down_since or now,
            missed_at=now,
        )

    def _answered(self, now: datetime, thresholds: Thresholds) -> "CircuitBreaker":
        outages = self.outages
        if self.down_since is not None and self._is_long(now - self.down_since, thresholds):
            outages = (*outages, Outage(self.down_since, now))[-KEPT_OUTAGES:]
        return CircuitBreaker(outages=outages)

    def _is_long(self, outage: timedelta, thresholds: Thresholds) -> bool:
        return outage >= hours(thresholds.source_down_hours)

    def is_down(self, now: datetime, thresholds: Thresholds) -> bool:
        """Whether checks were due for so long without an answer that the owner must know."""
        if self.down_since is None or self.missed_at is None:
            return False
        missed = self.missed_at - self.down_since + NOTED_EVERY
        return self._is_long(min(now - self.down_since, missed), thresholds)

    def must_tell(self, now: datetime, thresholds: Thresholds) -> bool:
        """Whether the owner may still have to be told of an outage or its end."""
        lately = bool(self.outages) and now - self.outages[-1].until < timedelta(days=1)
        return lately or self.is_down(now, thresholds)

    def asked_for(self, since: datetime, now: datetime) -> timedelta:
        """How long a number has been asked about in vain since an instant: outages don't count."""
        asked = now - since
        for outage in self.outages:
            overlap = min(outage.until, now) - max(outage.since, since)
            asked -= max(overlap, timedelta(0))
        return asked
