"""The turns that a run serves, and what it leaves of them to the next run."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from stallwatch.polling.state import Cursor, Progress, WatchRow
from stallwatch.polling.tally import BatchResult
from stallwatch.tracking.run_log import RunRecord, rows_after
from stallwatch.tracking.schedule import PollSchedule, Turn
from stallwatch.tracking.source import Verdict


def due_turns(
    schedule: PollSchedule, progress: Progress, catch_up: timedelta, now: datetime
) -> list[Turn]:
    """The turns that no run has served yet, oldest first.

    Args:
        schedule: The slots.
        progress: What the last run left.
        catch_up: How far back turns are served; what is older waits for its next turn.
        now: The present instant.
    """
    after = now - catch_up
    done_until = progress.done_until
    if done_until is not None and done_until > after:
        # A turn that was served in part, when turns were shorter, is served again.
        first = schedule.turn_at(done_until)
        turns = [first, *schedule.turns(first.start, now)] if first.start <= now else []
    else:
        turns = list(schedule.turns(after, now))
    if progress.cursor is not None:
        broken_off = schedule.turn_at(progress.cursor.turn.start)
        if broken_off not in turns:
            turns.insert(0, broken_off)
    return turns


def served(
    cursor: Cursor, result: BatchResult, silent: Mapping[str, datetime], verdict: Verdict
) -> RunRecord:
    """What became of a turn so far, with what earlier runs served of it.

    Args:
        cursor: Where this run began in the turn.
        result: What came of the orders that it served.
        silent: Who has had no answer in it, and since when.
        verdict: How the source did.
    """
    return RunRecord(
        at=cursor.began,
        answered=cursor.answered and result.complete,
        due=cursor.due + result.due - result.left_over,
        checked=cursor.checked + result.checked,
        silent={**cursor.silent, **silent},
        verdict=verdict,
    )


def stopped(progress: Progress, turn: Turn, run: RunRecord, first_unserved: WatchRow) -> Progress:
    """The progress where the time ran out in a turn: the next run goes on from there."""
    cursor = Cursor(
        turn=turn,
        began=run.at,
        slot=first_unserved.slot,
        order_id=first_unserved.order_id,
        due=run.due,
        checked=run.checked,
        answered=run.answered,
        silent=run.silent,
    )
    return replace(progress, cursor=cursor)


def finished(progress: Progress, turn: Turn, run: RunRecord) -> Progress:
    """The progress where a turn was served whole."""
    turns = progress.turns
    if run.due:
        turns = rows_after(turns, turn.name, run)
    return replace(
        progress,
        cursor=None,
        done_until=max(turn.end, progress.done_until or turn.end),
        turns=turns,
    )
