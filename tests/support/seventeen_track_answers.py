"""Answers of 17TRACK to parse: what stands in them, and what is read."""

import json
from typing import Any

from stallwatch.sources.seventeen_track import parse
from stallwatch.sources.seventeen_track_answers import CAINIAO
from stallwatch.tracking.source import TrackingResult, Verdict

NUMBERS = ["LP00000000000001", "LP00000000000002"]
FIRST, SECOND = NUMBERS


# Reading.


def told(**fields: object) -> dict[str, Any]:
    """What stands in `track_info`."""
    return {
        "latest_status": {"status": "InTransit", "sub_status": "InTransit_Other"},
        "tracking": {"providers": []},
        **fields,
    }


def an_event(**fields: object) -> dict[str, Any]:
    return {
        "time_iso": "2026-04-01T18:00:00+08:00",
        "time_utc": "2026-04-01T10:00:00Z",
        "time_raw": {"date": "2026-04-01", "time": "18:00:00", "timezone": "+08:00"},
        "description": "Picked up",
        "sub_status": "InTransit_PickedUp",
        **fields,
    }


def with_events(*events: object, **fields: object) -> dict[str, Any]:
    return told(
        tracking={"providers": [{"provider": {"key": 1}, "events": list(events)}]}, **fields
    )


def read(info: object, **fields: object) -> TrackingResult | None:
    entry = {"number": FIRST, "carrier": CAINIAO, "track_info": info, **fields}
    body = json.dumps({"code": 0, "data": {"accepted": [entry], "rejected": []}})
    reply = parse(body.encode(), [FIRST])
    assert Verdict.OK is reply.verdict
    return reply.answers.get(FIRST)


def must_read(info: object) -> TrackingResult:
    answer = read(info)
    assert answer is not None
    return answer


def status(name: str) -> dict[str, str]:
    return {"status": name.partition("_")[0], "sub_status": name}
