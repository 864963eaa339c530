"""What Cainiao's simulator answers: events, block pages, and modes that change an answer.

An event's `time` is its wall clock read as Beijing time, whatever its zone says.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, cast

_BEIJING = timezone(timedelta(hours=8))

_TEXTS = {
    "GWMS_ACCEPT": "Shipment information received by warehouse electronically",
    "GWMS_OUTBOUND": "Package shipped out from warehouse",
    "PU_PICKUP_SUCCESS": "Received by logistics company",
    "SC_INBOUND_SUCCESS": "[Dongguan] Processing at sorting center",
    "SC_OUTBOUND_SUCCESS": "[Dongguan] Departed from sorting center",
    "CC_EX_START": "Export customs clearance started",
    "CC_EX_SUCCESS": "Export customs clearance complete",
    "LH_HO_IN_SUCCESS": "Arrived at departure transport hub",
    "LH_HO_AIRLINE": "Leaving from departure country/region",
    "LH_DEPART": "Departed from departure country/region",
    "LH_ARRIVE": "Arrived at linehaul office",
    "CC_HO_IN_SUCCESS": "Arrived at customs",
    "CC_IM_START": "Import customs clearance started",
    "CC_IM_SUCCESS": "Import customs clearance complete",
    "CC_IM_FAILURE": "Import customs clearance failed",
    "CC_HO_OUT_SUCCESS": "Departed from customs",
    "GTMS_ACCEPT": "Received by local delivery company",
    "GTMS_DO_ARRIVE": "Arrived at local delivery center",
    "GTMS_DO_DEPART": "Out for delivery",
    "GTMS_DEL_FAILURE": "Delivery Attempt Failure",
    "GTMS_STA_SIGNED": "Arrived at pick-up point. Package available for collection.",
    "GTMS_SIGNED": "Package delivered",
    "RT_INBOUND": "Returned to the local warehouse",
}

STATUS_TEXTS = {
    "SELLER_PREPARING": "Awaiting seller dispatch",
    "DELIVERING": "Delivering",
    "CLEAR_CUSTOMS": "In customs ",
    "DELIVERED": "Delivered",
}

BLOCK_PAGE = b"""<html>
<head><meta charset="utf-8"></head>
<body>
<punish-component />
<script>window._config_ = {"renderTo": "#nocaptcha", "action": "captcha", \
"url": "/global/detail.json/_____tmd_____/punish?x5secdata=0"};</script>
<!--rgv587_flag:sm-->
</body>
</html>
"""

BLOCK_JSON = b'{"rgv587_flag": "sm", "url": "https://127.0.0.1/punish/0&action=deny"}'


BLOCK_RET = b'{"ret": ["RGV587_ERROR::SM::try again later"], "data": {}}'

BLOCK_FRAME = b"<html><iframe src=https://punish.example/x></iframe></html>"


class Mode(StrEnum):
    """How the next answers look."""

    FINE = "fine"

    # No answer at all:
    BLOCK_PAGE = "block_page"
    BLOCK_HEADER = "block_header"
    """An empty page with the header `bxpunish: 1`."""
    BLOCK_JSON = "block_json"
    BLOCK_RET = "block_ret"
    """JSON with the code of a refusal, and no address."""
    BLOCK_FRAME = "block_frame"
    """A page that only frames another one."""
    BLOCK_STATUS = "block_status"
    """The block page with status 403."""
    BLOCK_REDIRECT = "block_redirect"
    REDIRECT = "redirect"
    STATUS_404 = "status_404"
    STATUS_429 = "status_429"
    STATUS_500 = "status_500"
    SUCCESS_FALSE = "success_false"
    HANG = "hang"
    """Nothing comes."""
    HANG_UP = "hang_up"
    """The connection is closed without a word."""
    SLOW_HEADERS = "slow_headers"
    """One byte at a time, without end, and never as far as the body."""
    SLOW_BODY = "slow_body"
    """One byte at a time, without end."""
    HUGE = "huge"
    """50 MB of JSON."""
    BOMB = "bomb"
    """50 MB of JSON, packed into 50 kB."""
    DEEP = "deep"
    """10,000 lists in each other."""
    NOT_UTF8 = "not_utf8"
    TRUNCATED = "truncated"
    """The JSON ends in the middle."""
    CUT_OFF = "cut_off"
    """The connection ends before the promised length."""

    # Answers that are wrong in part:
    WRONG_NUMBER = "wrong_number"
    """About another parcel in place of the first that was asked."""
    TWO_ANSWERS = "two_answers"
    """A second entry about the first number, with another journey."""
    MISSING_NUMBER = "missing_number"
    """Nothing about the first number."""
    POISONED = "poisoned"
    """The first entry's fields all have a wrong type, but for its number."""

    # Right answers with nasty content:
    SHUFFLED = "shuffled"
    """Entries and events in another order."""
    HTML = "html"
    """Markup in every text and name."""
    CONTROLS = "controls"
    """Control characters and right-to-left overrides in every text and name."""
    YEAR_1970 = "year_1970"
    """Every event dated 1970."""
    YEAR_2099 = "year_2099"
    """Every event dated 2099."""


def event_of(
    at: datetime, code: str, text: str | None = None, zone: str | None = "GMT+8"
) -> dict[str, Any]:
    zone = "GMT+8" if zone is None else zone
    wall = at.astimezone(_zone(zone)).replace(tzinfo=None, microsecond=0)
    return {
        "instant": at,
        "time": int(wall.replace(tzinfo=_BEIJING).timestamp() * 1000),
        "timeStr": str(wall),
        "timeZone": zone,
        "desc": "",
        "standerdDesc": _TEXTS.get(code, "Carrier update") if text is None else text,
        "descTitle": "Carrier note:",
        "actionCode": code,
    }


def instant_of(detail: Mapping[str, Any]) -> datetime:
    return cast("datetime", detail["instant"])


def _zone(text: str) -> timezone:
    """The zone of a text such as `GMT+2`, `GMT-03:30`, `GMT+0800`; Beijing's of an empty one."""
    match = re.fullmatch(r"(?:GMT|UTC)(?:([+-])(\d{1,2}):?(\d\d)?)?", text)
    if match is None:
        return _BEIJING
    sign, hours, minutes = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


def _with_texts(module: list[dict[str, Any]], before: str, after: str) -> list[dict[str, Any]]:
    """The same with something around every text and name."""
    for entry in module:
        entry["statusDesc"] = before + entry.get("statusDesc", "") + after
        if "destCpInfo" in entry:
            entry["destCpInfo"]["cpName"] = before + entry["destCpInfo"]["cpName"] + after
        for detail in entry["detailList"]:
            detail["standerdDesc"] = before + detail["standerdDesc"] + after
    return module


def _in_year(module: list[dict[str, Any]], year: str) -> list[dict[str, Any]]:
    for entry in module:
        for detail in entry["detailList"]:
            wall = datetime.fromisoformat(year + detail["timeStr"][4:].replace("-02-29", "-02-28"))
            detail["timeStr"] = str(wall)
            detail["time"] = int(wall.replace(tzinfo=_BEIJING).timestamp() * 1000)
    return module


def _wrong_number(module: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for entry in module[:1]:
        entry["mailNo"] = "LP99999999999999"
    return module


def _two_answers(module: list[dict[str, Any]]) -> list[dict[str, Any]]:
    at = datetime.now(UTC) - timedelta(days=1)
    others = []
    for entry in module[:1]:
        event = event_of(at, "GTMS_SIGNED")
        del event["instant"]
        others.append(entry | {"detailList": [event], "latestTrace": event})
    return module + others


def _poisoned(module: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for entry in module[:1]:
        entry.update(
            status=7, mailType=[], globalEtaInfo="soon", destCpInfo=3, detailList={"0": True}
        )
    return module


def _shuffled(module: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for entry in module:
        entry["detailList"].sort(key=lambda detail: detail["actionCode"])
    return module[::-1]


CHANGES: dict[Mode, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    Mode.WRONG_NUMBER: _wrong_number,
    Mode.TWO_ANSWERS: _two_answers,
    Mode.MISSING_NUMBER: lambda module: module[1:],
    Mode.POISONED: _poisoned,
    Mode.SHUFFLED: _shuffled,
    Mode.HTML: lambda module: _with_texts(
        module, "<script>alert(1)</script><b>", "</b><img src=x onerror='alert(2)'>"
    ),
    Mode.CONTROLS: lambda module: _with_texts(module, "\u202e\u2067\x1b[31m\x00", "\r\n\u2028\x07"),
    Mode.YEAR_1970: lambda module: _in_year(module, "1970"),
    Mode.YEAR_2099: lambda module: _in_year(module, "2099"),
}
