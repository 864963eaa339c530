"""The run log: when each slot was checked, and what came of it.

A check that finds nothing new writes nothing to its order, so an order's last answer follows from
the runs of the slot that it sits in. One row for each turn of the day is kept at hand; the run
records behind it are kept as evidence.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from stallwatch.tracking.schedule import minutes_of, turns_of
from stallwatch.tracking.source import Verdict

INDEX_LAG = timedelta(minutes=5)
"""How long after an order came into a slot a run of it may still miss it: the index lags."""


def short_name(order_id: str) -> str:
    """What stands for an order in a run record: short, and no number."""
    return blake2b(order_id.encode(), digest_size=5).hexdigest()


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last runs of a turn of the day."""

    tried_at: datetime
    answered_at: datetime | None
    """When the last one began that was answered."""
    silent: bool
    """Whether some numbers got no answer in that one."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What came of a run of a turn."""

    at: datetime
    """When it began."""
    answered: bool
    """Whether everything was asked and the source answered, but for the silent ones."""
    due: int = 0
    checked: int = 0
    silent: Mapping[str, datetime] = field(default_factory=dict)
    """The orders, by short name, whose numbers got no answer, and since when."""
    verdict: Verdict = Verdict.OK
    """How the source stood at its end, where it was not answered."""

    def row_after(self, before: LastRun | None) -> LastRun:
        """The row of the turn after this run."""
        if self.answered:
            return LastRun(self.at, self.at, silent=bool(self.silent))
        if before is None:
            return LastRun(self.at, None, silent=False)
        return replace(before, tried_at=self.at)


def rows_after(rows: Mapping[str, LastRun], turn: str, run: RunRecord) -> dict[str, LastRun]:
    """The rows of the turns after a run of one of them.

    Turns of other lengths may be among them, from before the length was changed. The row of one
    says nothing any more where all that it served was answered since, in others.
    """
    after = {**rows, turn: run.row_after(rows.get(turn))}
    if run.answered:
        served = {name: minutes_of(name) for name in after}
        for other in rows:
            meets = served[other].start in served[turn] or served[turn].start in served[other]
            if meets and _was_answered_since(other, after, served):
                del after[other]
    return after


def _was_answered_since(
    turn: str, rows: Mapping[str, LastRun], served: Mapping[str, range]
) -> bool:
    """Whether all that a turn served was answered after its last run, in other turns."""
    tried_at = rows[turn].tried_at
    since = [
        served[name]
        for name, row in rows.items()
        if row.answered_at is not None and row.answered_at > tried_at
    ]
    return all(any(minute in minutes for minutes in since) for minute in served[turn])


@dataclass(frozen=True, slots=True)
class LastCheck:
    """What the run log knows of the last check of an order."""

    tried_at: datetime | None = None
    answered_at: datetime | None = None
    turn: str | None = None
    """The turn whose last answered run must be asked whether the order was silent in it."""


def last_check(
    rows: Mapping[str, LastRun],
    lengths: Iterable[int],
    slot: str,
    in_slot_since: datetime | None,
) -> LastCheck:
    """The last look at an order that sits in a slot.

    Runs count from five minutes after it came into the slot.

    Args:
        rows: The last runs of each turn of the day, by its name.
        lengths: The lengths, in minutes, that turns have had.
        slot: The slot.
        in_slot_since: When the order came into it.
    """
    tried_at = answered_at = turn = None
    for name in turns_of(slot, lengths):
        row = rows.get(name)
        if row is None or in_slot_since is None:
            continue
        if row.tried_at >= in_slot_since + INDEX_LAG and (
            tried_at is None or row.tried_at > tried_at
        ):
            tried_at = row.tried_at
        if (
            row.answered_at is not None
            and row.answered_at >= in_slot_since + INDEX_LAG
            and (answered_at is None or row.answered_at > answered_at)
        ):
            answered_at = row.answered_at
            turn = name if row.silent else None
    return LastCheck(tried_at, answered_at, turn)


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """When an order was last checked, and with what result."""

    tried_at: datetime | None = None
    answered_at: datetime | None = None
    """The last answer that the run log proves; None where it proves none."""
    silent_since: datetime | None = None
    """Since when its number gets no answer, where the last answered run brought it none."""
    may_be_silent: bool = False
    """Whether some number got no answer in that run."""


def last_check_of(
    order_id: str,
    slot: str,
    in_slot_since: datetime | None,
    turns: Mapping[str, LastRun],
    lengths: Iterable[int],
    silent_in: Callable[[str], Mapping[str, datetime]],
) -> OrderCheck:
    """The last check of one order: the one place that says what the run log proves about it.

    Args:
        order_id: The order.
        slot: Its slot.
        in_slot_since: When it came into the slot.
        turns: The last runs of each turn of the day, by its name.
        lengths: The lengths, in minutes, that turns have had.
        silent_in: Gives the silent orders of a turn's last answered run, by short name.
    """
    check = last_check(turns, lengths, slot, in_slot_since)
    silent_since = None
    if check.turn is not None:
        silent_since = silent_in(check.turn).get(short_name(order_id))
    return OrderCheck(
        tried_at=check.tried_at,
        answered_at=check.answered_at if silent_since is None else None,
        silent_since=silent_since,
        may_be_silent=check.turn is not None,
    )


def last_answer_before_silence(
    order_id: str, in_slot_since: datetime | None, runs: Iterable[RunRecord]
) -> datetime | None:
    """The last answer about an order that was silent in its last run; None where none is recorded.

    Args:
        order_id: The order.
        in_slot_since: When it came into its slot.
        runs: The records of all turns that serve the slot.
    """
    if in_slot_since is None:
        return None
    name = short_name(order_id)
    return max(
        (
            run.at
            for run in runs
            if run.answered and name not in run.silent and run.at >= in_slot_since + INDEX_LAG
        ),
        default=None,
    )
