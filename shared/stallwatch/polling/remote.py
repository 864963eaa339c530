"""Request tasks: a request as another invocation is told of it, and the result that it tells.

Both are JSON. Their fields are written and read here and nowhere else. An order's row is written
once, in the task; the result names rows by their places in it.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from stallwatch.domain.errors import UnavailableError
from stallwatch.polling.ports import Workers
from stallwatch.polling.state import WatchRow
from stallwatch.polling.tally import BatchResult, NumberRequest, RequestResult, rows_in
from stallwatch.tracking.source import Verdict

_log = logging.getLogger(__name__)


def ask_worker(
    workers: Workers, batch: Sequence[NumberRequest], at: datetime, *, note: bool
) -> RequestResult | None:
    """Have a worker make a request at an instant.

    Returns:
        What came of it; None where nobody knows, or where it came too late to be made.
    """
    try:
        result = workers.run(encode_task(batch, at, note=note))
    except UnavailableError as error:
        _log.warning("no worker", extra={"why": str(error)})
        return None
    return decode_result(result, batch) if result else None


def encode_task(batch: Sequence[NumberRequest], at: datetime, *, note: bool) -> dict[str, Any]:
    """A request task: what to ask about, when, and whether to note every answer."""
    return {
        "at": at.isoformat(),
        "note": note,
        "numbers": [
            {
                "number": request.number,
                "stands_for": request.stands_for,
                "rows": [_encode_row(row) for row in request.rows],
            }
            for request in batch
        ],
    }


def decode_task(task: Mapping[str, Any]) -> tuple[list[NumberRequest], datetime, bool]:
    """The numbers of a request task, its instant, and whether to note every answer."""
    batch = [
        NumberRequest(
            number["number"], tuple(map(_decode_row, number["rows"])), number["stands_for"]
        )
        for number in task["numbers"]
    ]
    return batch, datetime.fromisoformat(task["at"]), task["note"]


def _encode_row(row: WatchRow) -> list[Any]:
    fingerprint = None if row.fingerprint is None else row.fingerprint.hex()
    return [
        row.order_id,
        row.slot,
        row.number,
        fingerprint,
        row.rule_at,
        row.clock_at,
        row.gone,
        row.second_at,
    ]


def _decode_row(fields: Sequence[Any]) -> WatchRow:
    order_id, slot, number, fingerprint, rule_at, clock_at, gone, second_at = fields
    return WatchRow(
        order_id=order_id,
        slot=slot,
        number=number,
        fingerprint=None if fingerprint is None else bytes.fromhex(fingerprint),
        rule_at=rule_at,
        clock_at=clock_at,
        gone=gone,
        second_at=second_at,
    )


def encode_result(result: RequestResult, batch: Sequence[NumberRequest]) -> dict[str, Any]:
    """What came of a request task, its rows by their places in the batch."""
    places = {id(row): place for place, row in enumerate(rows_in(batch))}

    def named(rows: Iterable[WatchRow]) -> list[int]:
        return [places[id(row)] for row in rows]

    def numbers(requests: Iterable[NumberRequest]) -> list[dict[str, Any]]:
        return [
            {"number": r.number, "stands_for": r.stands_for, "rows": named(r.rows)}
            for r in requests
        ]

    counts = result.batch
    return {
        "verdict": result.verdict.value,
        "reason": result.reason,
        "any_answer": result.any_answer,
        "checked": counts.checked,
        "changed": counts.changed,
        "answered": [[places[id(row)], at.isoformat()] for row, at in counts.answered],
        "silent": named(counts.silent),
        "unsaved": named(counts.unsaved),
        "failed": numbers(counts.failed),
        "to_follow": numbers(counts.to_follow),
        "for_second": named(counts.for_second),
        "unregistered": counts.unregistered,
    }


def decode_result(fields: Mapping[str, Any], batch: Sequence[NumberRequest]) -> RequestResult:
    """The result of a request task for the batch that it was made of."""
    rows = tuple(rows_in(batch))

    def named(places: Iterable[int]) -> list[WatchRow]:
        return [rows[place] for place in places]

    def numbers(requests: Iterable[Mapping[str, Any]]) -> list[NumberRequest]:
        return [
            NumberRequest(r["number"], tuple(named(r["rows"])), r["stands_for"]) for r in requests
        ]

    return RequestResult(
        verdict=Verdict(fields["verdict"]),
        reason=fields["reason"],
        any_answer=fields["any_answer"],
        batch=BatchResult(
            checked=fields["checked"],
            changed=fields["changed"],
            answered=[
                (rows[place], datetime.fromisoformat(at)) for place, at in fields["answered"]
            ],
            silent=named(fields["silent"]),
            unsaved=named(fields["unsaved"]),
            failed=numbers(fields["failed"]),
            to_follow=numbers(fields["to_follow"]),
            for_second=named(fields["for_second"]),
            unregistered=list(fields["unregistered"]),
        ),
    )
