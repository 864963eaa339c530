"""How the poll's progress and the records of its runs stand in the table."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import key, turn_pk
from stallwatch.dynamodb.wire import Item
from stallwatch.polling.state import Cursor, Progress
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.run_log import LastRun, RunRecord
from stallwatch.tracking.schedule import Turn
from stallwatch.tracking.source import Verdict

KEPT_RUNS = timedelta(days=400)


# Progress.
def progress_to_attributes(progress: Progress) -> dict[str, Any]:
    """The progress as values of the lease's attributes; None: no such attribute."""
    lengths = {"NS": [str(length) for length in progress.turn_lengths]}
    attributes: dict[str, Any] = {
        "turns": pack(_turn_rows(progress.turns)),
        "cursor": None if progress.cursor is None else pack(_cursor_row(progress.cursor)),
        "review_from": progress.review_from,
    }
    # What is not known leaves what an earlier run knew.
    if progress.turn_lengths:
        attributes["turn_lengths"] = lengths
    if progress.done_until is not None:
        attributes["done_until"] = epoch_minutes(progress.done_until)
    if progress.asked_at is not None:
        attributes["asked_at"] = wire.milliseconds(progress.asked_at)
    if progress.woken_at is not None:
        attributes["woken_at"] = epoch_minutes(progress.woken_at)
    if progress.reviewed_version:
        attributes["reviewed_version"] = progress.reviewed_version
    return attributes


def progress_of_item(item: Item) -> Progress:
    """The progress as it was stored."""
    done_until = wire.number(item, "done_until")
    woken_at = wire.number(item, "woken_at")
    turns = wire.binary(item, "turns")
    cursor = wire.binary(item, "cursor")
    return Progress(
        done_until=None if done_until is None else from_epoch_minutes(done_until),
        asked_at=wire.precise_instant(item, "asked_at"),
        cursor=None if cursor is None else _cursor(unpack(cursor)),
        turns={} if turns is None else _turns(unpack(turns)),
        turn_lengths=tuple(int(n) for n in item.get("turn_lengths", {"NS": []})["NS"]),
        woken_at=None if woken_at is None else from_epoch_minutes(woken_at),
        reviewed_version=wire.number(item, "reviewed_version") or 0,
        review_from=wire.text(item, "review_from"),
    )


def _turn_rows(turns: Mapping[str, LastRun]) -> dict[str, list[int | None]]:
    return {
        name: [
            epoch_minutes(row.tried_at),
            None if row.answered_at is None else epoch_minutes(row.answered_at),
            int(row.silent),
        ]
        for name, row in turns.items()
    }


def _turns(rows: Mapping[str, list[int | None]]) -> dict[str, LastRun]:
    return {
        name: LastRun(
            from_epoch_minutes(tried or 0),
            None if answered is None else from_epoch_minutes(answered),
            silent=bool(silent),
        )
        for name, (tried, answered, silent) in rows.items()
    }


def _cursor_row(cursor: Cursor) -> dict[str, Any]:
    return {
        "turn": epoch_minutes(cursor.turn.start),
        "minutes": cursor.turn.length // timedelta(minutes=1),
        "began": int(cursor.began.timestamp()),
        "slot": cursor.slot,
        "order_id": cursor.order_id,
        "due": cursor.due,
        "checked": cursor.checked,
        "answered": cursor.answered,
        "silent": {name: epoch_minutes(since) for name, since in cursor.silent.items()},
    }


def _cursor(row: Mapping[str, Any]) -> Cursor:
    return Cursor(
        turn=Turn(from_epoch_minutes(row["turn"]), timedelta(minutes=row["minutes"])),
        began=datetime.fromtimestamp(row["began"], UTC),
        slot=row["slot"],
        order_id=row["order_id"],
        due=row["due"],
        checked=row["checked"],
        answered=row["answered"],
        silent=_instants(row["silent"]),
    )


# Run records.
def run_to_item(turn: str, run: RunRecord) -> Item:
    """The record of a run of a turn as it stands in the table, kept for 400 days."""
    silent = {name: epoch_minutes(since) for name, since in run.silent.items()}
    return wire.attributes(
        {
            **key(turn_pk(turn), run_sk(run.at)),
            "answered": run.answered,
            "due": run.due,
            "checked": run.checked,
            "expires": run.at + KEPT_RUNS,
            "verdict": None if run.answered else run.verdict,
            "silent": pack(silent) if silent else None,
        }
    )


def run_of_item(item: Item) -> RunRecord:
    """A run record as it was stored."""
    silent = wire.binary(item, "silent")
    return RunRecord(
        at=datetime.fromisoformat(item["sk"]["S"].removeprefix("RUN#")),
        answered=wire.flag(item, "answered") or False,
        due=wire.number(item, "due") or 0,
        checked=wire.number(item, "checked") or 0,
        silent=_instants(unpack(silent)) if silent is not None else {},
        verdict=Verdict(wire.text(item, "verdict") or Verdict.OK),
    )


def run_sk(at: datetime) -> str:
    """The sort key of a run of a turn."""
    return f"RUN#{at:%Y-%m-%dT%H:%M:%SZ}"


def _instants(minutes: Mapping[str, int]) -> dict[str, datetime]:
    return {name: from_epoch_minutes(at) for name, at in minutes.items()}
