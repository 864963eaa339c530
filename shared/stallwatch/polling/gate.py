"""Request gate: pace, circuit and time, for everyone who asks a source.

The poll, the second source's check and the registration of numbers all pass it before a request,
and tell it afterwards how the request went.
"""

from datetime import datetime, timedelta

from stallwatch.domain.clock import Clock
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.ports import CircuitStore
from stallwatch.polling.state import Pace
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.source import Verdict

LAST_REQUEST = timedelta(seconds=30)
"""How much time a run needs for its last request and for what follows it."""


class RequestGate:
    """Says whether and when the next request to one source may be made, within one run.

    Args:
        source: The source's name.
        store: Where its circuit is kept.
        clock: The time, and how much of it the run has left.
        pace: How fast the source may be asked.
        thresholds: The numbers of the rules.
    """

    def __init__(
        self, source: str, store: CircuitStore, clock: Clock, pace: Pace, thresholds: Thresholds
    ) -> None:
        self.source = source
        self._store = store
        self._clock = clock
        self._pace = pace
        self._thresholds = thresholds
        self._circuit: CircuitBreaker | None = None
        self.asked_at: datetime | None = None
        """When the last request was sent, or is to be sent."""

    @property
    def circuit(self) -> CircuitBreaker:
        """The source's circuit as this run knows it."""
        if self._circuit is None:
            self._circuit = self._store.health(self.source)
        return self._circuit

    @property
    def has_time(self) -> bool:
        """Whether the run has time for another request."""
        return self._clock.remaining() > LAST_REQUEST

    @property
    def is_open(self) -> bool:
        """Whether the circuit lets a request through."""
        return self.circuit.allows_request(self._clock.now())

    def begin(self, asked_at: datetime | None) -> None:
        """Take up what the run before left: its last request, and the circuit as it stands."""
        self.asked_at = asked_at
        self._circuit = self._store.health(self.source)

    def admit(self) -> bool:
        """Wait until the next request may be made; False where none may, or there is no time."""
        if not self.has_time or not self.is_open:
            return False
        self.keep_pace()
        return True

    def keep_pace(self, lead: timedelta = timedelta(0)) -> datetime:
        """Wait until so long before the next request may be made. Returns when it may be made."""
        now = self._clock.now()
        at = now + lead
        if self.asked_at is not None:
            wait = self.asked_at + self._pace.interval - at
            if wait > timedelta(0):
                self._clock.sleep(wait)
                at = self._clock.now() + lead
        self.asked_at = at
        return at

    def record(self, verdict: Verdict, *, any_answer: bool) -> None:
        """Keep how a request went.

        Args:
            verdict: How it went.
            any_answer: Whether it brought an answer about any number, asked or not.
        """
        now = self._clock.now()
        self._save(self.circuit.after(verdict, now, self._thresholds, any_answer=any_answer))

    def record_unasked(self) -> None:
        """Keep that a check was due and could not ask, for the circuit is open."""
        self._save(self.circuit.unasked(self._clock.now()))

    def is_down(self) -> bool:
        """Whether the source has answered nothing for so long that the owner must know."""
        return self.circuit.is_down(self._clock.now(), self._thresholds)

    def _save(self, circuit: CircuitBreaker) -> None:
        if circuit != self.circuit:
            self._circuit = circuit
            self._store.save_health(self.source, circuit)
