"""The Lambda clock: the present instant, and how much time an invocation has left."""

import time
from dataclasses import dataclass
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
