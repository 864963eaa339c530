"""The clocks: the present instant, and how much time an invocation or a process has left."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Context(Protocol):
    """What a function is told of its invocation."""

    aws_request_id: str
    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""


@dataclass(frozen=True, slots=True)
class LambdaClock:
    """The time, and how much of it an invocation has left.

    Args:
        context: The invocation's context.
        shift: By how much the clock of a demonstration is moved.
    """

    context: Context
    shift: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC) + self.shift

    def sleep(self, duration: timedelta) -> None:
        """Wait."""
        time.sleep(duration.total_seconds())

    def remaining(self) -> timedelta:
        """How long the invocation may still take."""
        return timedelta(milliseconds=self.context.get_remaining_time_in_millis())


@dataclass(slots=True)
class ProcessClock:
    """The time, and how much of it a process has left that nobody limits but itself.

    Args:
        span: How long a run may take from now on.
        shift: By how much the clock of a demonstration is moved.
    """

    span: timedelta = timedelta(minutes=14)
    shift: timedelta = timedelta(0)
    _ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends_at = time.monotonic() + self.span.total_seconds()

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC) + self.shift

    def sleep(self, duration: timedelta) -> None:
        """Wait."""
        time.sleep(duration.total_seconds())

    def remaining(self) -> timedelta:
        """How long the run may still take."""
        return timedelta(seconds=max(self._ends_at - time.monotonic(), 0))

    def stop(self) -> None:
        """Leave the run no more time: it ends with the request that it is at."""
        self._ends_at = 0.0
