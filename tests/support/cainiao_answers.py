"""Answers as Cainiao writes them, in parts."""

import json
from datetime import UTC, datetime
from typing import Any

from stallwatch.sources.cainiao import parse
from stallwatch.tracking.source import Event, TrackingResult, Verdict

NUMBER = "LP00000000000001"
OTHER = "LP00000000000002"
THIRD = "LP00000000000003"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def detail(code: object = "LH_ARRIVE", **fields: object) -> dict[str, Any]:
    """An event as Cainiao writes one."""
    return {
        "time": 1778371200000,
        "timeStr": "2026-05-10 08:00:00",
        "desc": "",
        "standerdDesc": "Arrived at linehaul office",
        "descTitle": "Carrier note:",
        "timeZone": "GMT+2",
        "actionCode": code,
    } | fields


def module(number: object = NUMBER, *details: object, **fields: object) -> dict[str, Any]:
    """An entry as Cainiao writes one."""
    return {"mailNo": number, "mailNoSource": "AE", "detailList": list(details)} | fields


def body(*modules: object) -> bytes:
    return json.dumps({"module": modules, "success": True}).encode()


def answer_to(*modules: object, number: str = NUMBER) -> TrackingResult | None:
    reply = parse(body(*modules), [number])
    assert reply.verdict is Verdict.OK
    return reply.answers.get(number)


def known_answer(*modules: object) -> TrackingResult:
    answer = answer_to(*modules)
    assert answer is not None
    return answer


def only_event(**fields: object) -> Event:
    """The event that comes of one with some fields changed."""
    (event,) = known_answer(module(NUMBER, detail(**fields))).events
    return event
