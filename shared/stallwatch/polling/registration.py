"""Registration: registers numbers with a source that requires it, and counts the credits.

The source spends a credit, and the only proof is its answer, which may get lost. So each request to
register is recorded before it is made and settled after it. The next run settles an attempt that
was never settled, by asking the source which of its numbers are registered. The source says which
numbers must be registered; nothing is registered that it knows already.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from stallwatch.tracking.source import Quota, Registry, Verdict

_log = logging.getLogger(__name__)


QUOTA_EVERY = timedelta(days=1)
"""How often the source is asked how many credits are left, besides after each registration."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request to register numbers whose outcome is not written down yet."""

    token: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credits:
    """The credits of a source."""

    spent: int = 0
    """On numbers that this stack registered."""
    quota: Quota | None = None
    """As the source told it last."""
    quota_at: datetime | None = None
    """When it was last asked for that, answered or not."""
    attempt: Attempt | None = None


class CreditStore(Protocol):
    """Where the credits are written down."""

    def credits(self, source: str) -> Credits:
        """The credits of a source."""

    def begin_attempt(self, source: str, attempt: Attempt) -> bool:
        """Write down an attempt before it is made. False where another one is not settled."""

    def settle_attempt(self, source: str, token: str, spent: int) -> None:
        """Count what an attempt has cost, once however often it is told."""

    def save_quota(self, source: str, quota: Quota | None, now: datetime) -> None:
        """Keep what the source says is left; None: it did not say."""


class RegistrationRun:
    """Registers numbers in one run of the poll.

    Args:
        registry: The source.
        store: Where the credits are written down.
        now: Tells the time.
        admit: Waits until the next request may be made; False where none may, or there is no time.
        batch: How many numbers one request may name.
        owner: What this run is called, and no other.
    """

    def __init__(
        self,
        registry: Registry,
        store: CreditStore,
        now: Callable[[], datetime],
        admit: Callable[[], bool],
        *,
        batch: int,
        owner: str,
    ) -> None:
        self._registry = registry
        self._store = store
        self._now = now
        self._admit = admit
        self._batch = batch
        self._owner = owner
        self._attempts = 0
        self._settled = False
        self._given_up = False

    def register(self, numbers: Iterable[str]) -> None:
        """Register numbers that the source has said it does not know.

        Whatever an earlier run left open is settled first, and once a day the source is asked how
        many credits are left.
        """
        if not self._settled:
            self._settled = True
            self._settle_earlier()
        left = list(dict.fromkeys(numbers))
        spent = 0
        while left and not self._given_up:
            batch, left = left[: self._batch], left[self._batch :]
            spent += self._attempt(batch)
        if spent:
            self._ask_for_quota()

    def _settle_earlier(self) -> None:
        credits_ = self._store.credits(self._registry.name)
        if credits_.attempt is not None and not self._settle(credits_.attempt):
            self._given_up = True
        if credits_.quota_at is None or self._now() - credits_.quota_at >= QUOTA_EVERY:
            self._ask_for_quota()

    def _attempt(self, numbers: list[str]) -> int:
        """Make one request. How many credits it has certainly cost."""
        name = self._registry.name
        self._attempts += 1
        attempt = Attempt(f"{self._owner}-{self._attempts}", tuple(numbers))
        if not self._store.begin_attempt(name, attempt):
            self._given_up = True
            return 0
        # Not before it is written down: that may take longer than the pace lets a request wait.
        if not self._admit():
            self._store.settle_attempt(name, attempt.token, 0)
            self._given_up = True
            return 0
        made = self._registry.register(numbers)
        if made.verdict is not Verdict.OK or made.used_up:
            self._given_up = True
            why = "credits used up" if made.used_up else made.reason
            _log.warning("not registered", extra={"source": name, "why": why})
        if made.unknown:
            return 0
        spent = len(made.accepted & set(numbers))
        self._store.settle_attempt(name, attempt.token, spent)
        return spent

    def _settle(self, attempt: Attempt) -> bool:
        """Find out what an attempt has cost. False where that cannot be told now."""
        if not self._admit():
            return False
        reply = self._registry.ask(attempt.numbers)
        if reply.verdict is not Verdict.OK:
            return False
        spent = len(reply.registered & set(attempt.numbers))
        self._store.settle_attempt(self._registry.name, attempt.token, spent)
        return True

    def _ask_for_quota(self) -> None:
        if self._admit():
            self._store.save_quota(self._registry.name, self._registry.quota(), self._now())
