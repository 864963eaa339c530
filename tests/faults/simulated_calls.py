"""The calls that a run makes to the outside, each of which may go wrong, and its time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stallwatch.tracking.source import SourceResponse, Verdict
from tests.faults.call_faults import (
    FAULTS,
    LANDING,
    OVERLAP,
    REQUESTS,
    TIME_OUT_TAKES,
    KilledError,
    in_part,
    raised_by,
    without_first,
)

CALL_TAKES = timedelta(milliseconds=5)

OVERLAPPING = frozenset({"pull_tracking", "evaluate_orders"})
"""The functions with which another run of theirs may overlap: another tick, another shard."""


@dataclass
class Call:
    """A call to the outside, as it was met."""

    kind: str
    name: str
    about: str
    function: str = ""
    """The function that made it; empty where its run overlaps with another one's."""
    fault: str | None = None
    """What went wrong with it, if that made any difference."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What can go wrong with it."""
        overlaps = (OVERLAP,) if self.function in OVERLAPPING else ()
        return (*FAULTS[self.kind], *overlaps)


@dataclass
class Running:
    """A run of a function, as far as it has come."""

    number: int
    function: str
    deadline: datetime
    inner: bool
    """Whether it overlaps with another run that waits for it."""
    never_sends: bool = False
    """Whether it is killed where it would begin to send."""
    tokens: int = 0
    """How many tokens it has taken."""


class Calls:
    """The calls of the run that goes on, and the time that they take.

    Args:
        now: The instant at which it begins.
        call_takes: The time that a call takes.
    """

    def __init__(self, now: datetime, call_takes: timedelta) -> None:
        self.now = now
        self.call_takes = call_takes
        self.calls: list[Call] = []
        self.faults: Mapping[int, str] = {}
        self.on_call: Callable[[str], None] | None = None
        """Gets the kind of each call before it is made."""
        self.on_result: Callable[[str], None] | None = None
        self.running: Running | None = None
        """The run that goes on."""
        self.overlooked = False
        """Whether the index of what presses showed a digest an earlier state, which may be an empty
        one: then it has nothing to say."""

    def meanwhile(self, function: str) -> None:
        """Let another run of a function begin and end."""
        raise NotImplementedError

    def lag_by(self, back: Callable[[int], int]) -> None:
        """Let the indexes show earlier states: how many changes ago, of so many."""
        raise NotImplementedError

    def call(self, kind: str, name: str, about: str, do: Callable[[], Any]) -> Any:
        """Make a call to the outside, or let it go wrong."""
        if self.on_call is not None:
            self.on_call(kind)
        index = len(self.calls)
        function = "" if self._run.inner else self._run.function
        call = Call(kind, name, about, function)
        fault = self.faults.get(index)
        if fault is not None and fault in call.faults:
            call.fault = fault
        self.calls.append(call)
        if self._run.never_sends and about == "STACK/PUBLISH":
            raise KilledError
        self.now += self.call_takes
        self._die_in_time()
        if call.fault is not None:
            return self._go_wrong(call, call.fault, do)
        if self.on_result is None:
            return do()
        try:
            answer = do()
        except Exception as error:
            self.on_result(repr(error))
            raise
        self.on_result(repr(answer))
        return answer

    def _go_wrong(self, call: Call, fault: str, do: Callable[[], Any]) -> Any:
        if fault == OVERLAP and call.kind in REQUESTS:
            # The request has left: it is its answer that the other run comes before.
            answer = do()
            self.meanwhile(call.function)
            return answer
        if fault == OVERLAP:
            self.meanwhile(call.function)
            return do()
        if fault.startswith("stale"):
            return self._stale(call, fault.split()[1], do)
        if fault in {"part", "missing"}:
            whole = do()
            part = without_first(whole) if fault == "missing" else in_part(call.name, whole)
            if part == whole:
                call.fault = None
            return part
        if fault in LANDING:
            do()
        if fault == "hang":
            # Until the function's time is over.
            self.now = self._run.deadline
            self._die_in_time()
        if fault in {"time out", "slow"}:
            self.now += TIME_OUT_TAKES
            self._die_in_time()
        if fault == "again":
            return do()
        if call.kind == "ask" and fault != "kill":
            return SourceResponse(
                Verdict.BLOCKED if fault == "block" else Verdict.FAILING, reason=fault
            )
        raise raised_by(fault, call.name)

    def _stale(self, call: Call, back: str, do: Callable[[], Any]) -> Any:
        """What an index showed some changes ago."""
        self.lag_by(lambda states: states if back == "all" else min(int(back), states))
        try:
            stale = do()
        finally:
            self.lag_by(lambda states: 0)  # noqa: ARG005
        if stale == do():
            call.fault = None
        elif call.about == "pressing":
            self.overlooked = True
        return stale

    @property
    def number(self) -> int:
        """The number of the run that goes on."""
        return self._run.number

    @property
    def _run(self) -> Running:
        assert self.running is not None
        return self.running

    def _die_in_time(self) -> None:
        if self.now >= self._run.deadline:
            raise KilledError

    def remaining(self) -> timedelta:
        """How long the run may still take."""
        return self._run.deadline - self.now

    def sleep(self, duration: timedelta) -> None:
        """Let the run wait."""
        self.now += duration
        self._die_in_time()

    def token(self) -> str:
        """A token that no other run has."""
        self._run.tokens += 1
        return f"{self._run.number:04}{self._run.tokens:04}"
