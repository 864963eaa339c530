"""polling.remote."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from stallwatch.domain.errors import UnavailableError
from stallwatch.polling.ports import Workers
from stallwatch.polling.state import Row
from stallwatch.polling.tally import BatchResult, NumberRequest, RequestResult, _rows_in
from stallwatch.tracking.source import Verdict

# Errands: a request as another function is told of it, and what it tells.
_log = logging.getLogger(__name__)


def _have_asked(
    workers: Workers, batch: Sequence[NumberRequest], at: datetime, *, note: bool
) -> RequestResult | None:
    """What came of a request that a helper made; None where nobody knows, or it was too late."""
    questions = [
        {
            "number": question.number,
            "rows": [_row_told(row) for row in question.rows],
            "stands_for": question.stands_for,
        }
        for question in batch
    ]
    try:
        told = workers.run({"at": at.isoformat(), "note": note, "questions": questions})
    except UnavailableError as error:
        _log.warning("no help", extra={"why": str(error)})
        return None
    return _asked_of(told, batch) if told else None


def _row_told(row: Row) -> dict[str, Any]:
    fingerprint = None if row.fingerprint is None else row.fingerprint.hex()
    return {**asdict(row), "fingerprint": fingerprint}


def _question_of(told: Mapping[str, Any]) -> NumberRequest:
    rows = (
        Row(**{**row, "fingerprint": row["fingerprint"] and bytes.fromhex(row["fingerprint"])})
        for row in told["rows"]
    )
    return NumberRequest(told["number"], tuple(rows), told["stands_for"])


def _told(asked: RequestResult, batch: Sequence[NumberRequest]) -> dict[str, Any]:
    """What came of a request, its rows told by their places in the batch."""
    places = {id(row): place for place, row in enumerate(_rows_in(batch))}

    def told(value: Any) -> Any:
        if isinstance(value, Row):
            return {"row": places[id(value)]}
        if isinstance(value, NumberRequest):
            rows = [places[id(row)] for row in value.rows]
            return {"number": value.number, "rows": rows, "stands_for": value.stands_for}
        if isinstance(value, datetime):
            return {"at": value.isoformat()}
        return [told(part) for part in value] if isinstance(value, (list, tuple)) else value

    tally = {part.name: told(getattr(asked.tally, part.name)) for part in fields(asked.tally)}
    return {
        "verdict": asked.verdict.value,
        "reason": asked.reason,
        "any_answer": asked.any_answer,
        "tally": tally,
    }


def _asked_of(told: Mapping[str, Any], batch: Sequence[NumberRequest]) -> RequestResult:
    rows = tuple(_rows_in(batch))

    def known(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(known(part) for part in value)
        if not isinstance(value, dict):
            return value
        if "row" in value:
            return rows[value["row"]]
        if "at" in value:
            return datetime.fromisoformat(value["at"])
        waiting = tuple(rows[place] for place in value["rows"])
        return NumberRequest(value["number"], waiting, value["stands_for"])

    tally: dict[str, Any] = {
        name: [known(part) for part in value] if isinstance(value, list) else value
        for name, value in told["tally"].items()
    }
    return RequestResult(
        Verdict(told["verdict"]), told["reason"], told["any_answer"], BatchResult(**tally)
    )
