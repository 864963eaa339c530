"""Cainiao's consumer endpoint, the default source.

It takes no key and makes no promises: what is known of it was read from public clients and
recorded answers. `parse` reads the body of an answer; `Cainiao` asks for one.

Receivers' data can appear in an answer. Only the fields named here are read, and what looks like a
phone number, an e-mail address or a web address is taken out of an event's text.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from stallwatch import __version__
from stallwatch.domain.parcels import LocalCarrier, Stage
from stallwatch.domain.text import clean
from stallwatch.domain.tracking_numbers import is_s10, normalize_number
from stallwatch.sources.sanitize import link, without_contacts
from stallwatch.sources.transport import Received, Transport, UnansweredError
from stallwatch.tracking.codes import code_of_state, is_listed, stage_of, stage_of_state
from stallwatch.tracking.source import Event, SourceResponse, TrackingResult, Verdict

MAX_BODY = 2 * 1024 * 1024
"""Bytes of an unpacked answer; a hundred numbers with long journeys take less than one million."""


MAX_EVENTS = 200


_PATH = "/global/detail.json"


_HEADERS = {
    "Accept": "application/json",
    "Accept-Language": "en-US",
    "Referer": "https://global.cainiao.com/",
    "User-Agent": f"Stallwatch/{__version__}",
}


_BLOCK_MARKS = (
    "rgv587_flag",
    "<punish-component",
    "_____tmd_____",
    "punish?x5secdata=",
    "#nocaptcha",
    "FAIL_SYS_USER_VALIDATE",
)


_BLOCK_ADDRESSES = ("punish", "_____tmd_____")


_JSON = json.JSONDecoder(parse_int=float, strict=False)
"""One kind of number, which no length of digits can make fail; control characters in texts."""


_BEIJING = timedelta(hours=8)


_WALL = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?", re.ASCII)


_ZONE = re.compile(
    r"Z|(?:GMT|UTC)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?|(?:GMT|UTC)", re.ASCII | re.IGNORECASE
)


_WIDEST_ZONE = timedelta(hours=14)


_YEARS = range(1970, 2201)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_ETA_FROM = datetime(2010, 1, 1, tzinfo=UTC).timestamp() * 1000


_ETA_BEFORE = datetime(2101, 1, 1, tzinfo=UTC).timestamp() * 1000


_TOWN = re.compile(r"\[([^\[\]]*)\] ?")


_SAYS_NOTHING = frozenset({Stage.ORDERED, Stage.IN_TRANSIT_UNPLACED})
"""The stages of states that are too coarse to be worth a checkpoint."""


_NO_DELIVERY = frozenset(
    {
        Stage.READY_FOR_PICKUP,
        Stage.FAILED_ATTEMPT,
        Stage.DELIVERED,
        Stage.RETURNED,
        Stage.EXCEPTION,
    }
)
"""The stages beside which a state that says "delivered" is wrong, or tells nothing new."""


class Cainiao:
    """Asks Cainiao; many threads may do so at once."""

    name = "cainiao"

    def __init__(self, url: str, *, connect_seconds: float = 5, total_seconds: float = 20) -> None:
        """Take the endpoint's address; one without a path gets the usual one.

        Args:
            url: The address.
            connect_seconds: How long making a connection may take.
            total_seconds: How long a request may take as a whole, however steadily bytes come in.
        """
        parts = urlsplit(url)
        self._url = parts._replace(path=_PATH).geturl() if parts.path in {"", "/"} else url
        self._transport = Transport(
            _HEADERS,
            connect_seconds=connect_seconds,
            total_seconds=total_seconds,
            max_body=MAX_BODY,
        )

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        """Ask for some numbers in one request. Never raises for what the service does."""
        listed = ",".join(quote(number, safe="") for number in numbers)
        url = f"{self._url}{'&' if '?' in self._url else '?'}mailNos={listed}&lang=en-US"
        try:
            received = self._transport.request("GET", url)
        except UnansweredError as error:
            return SourceResponse(Verdict.FAILING, reason=str(error))
        return _judge(received, numbers)


def _judge(received: Received, numbers: Sequence[str]) -> SourceResponse:
    goes_to = received.headers.get("location", "")
    if received.headers.get("bxpunish", "0").strip() not in {"", "0"} or any(
        mark in goes_to for mark in _BLOCK_ADDRESSES
    ):
        return SourceResponse(Verdict.BLOCKED, reason="block page")
    if received.status != HTTPStatus.OK:
        return _no_answer(received.body, f"status {received.status}")
    if not received.complete:
        return _no_answer(received.body, "too large")
    return parse(received.body, numbers)


def parse(body: bytes, numbers: Sequence[str]) -> SourceResponse:
    """Read the body of an answer to a request about some numbers. Never raises.

    An entry that cannot be read costs its own number alone; so does one of two entries about the
    same number that tell different journeys.
    """
    try:
        told = _JSON.decode(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return _no_answer(body, "not JSON")
    if not isinstance(told, dict) or not isinstance(told.get("module"), list):
        return _no_answer(body, "no module")
    if "rgv587_flag" in told or told.get("success", True) is not True:
        return _no_answer(body, "no success")

    wanted = {normalize_number(number): number for number in numbers}
    found: dict[str, list[TrackingResult | None]] = {}
    for entry in told["module"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("mailNo"), str):
            continue
        number = wanted.get(normalize_number(entry["mailNo"]))
        if number is not None:
            found.setdefault(number, []).append(_answer(number, entry))
    answers = {}
    for number, entries in found.items():
        answer = _agreed(entries)
        if answer is not None:
            answers[number] = answer
    return SourceResponse(Verdict.OK, answers)


def _no_answer(body: bytes, reason: str) -> SourceResponse:
    if any(mark.encode() in body for mark in _BLOCK_MARKS):
        return SourceResponse(Verdict.BLOCKED, reason="block page")
    return SourceResponse(Verdict.FAILING, reason=reason)


def _agreed(entries: Sequence[TrackingResult | None]) -> TrackingResult | None:
    """What all entries about a number say; None where they differ, or one cannot be read.

    An empty entry beside one with a journey, and an unknown number beside a known one, add nothing.
    """
    told = [entry for entry in entries if entry is not None]
    if len(told) < len(entries):
        return None
    told = [t for t in told if t.events] or [t for t in told if t.known] or told
    return told[0] if all(t == told[0] for t in told) else None


def _answer(number: str, entry: Mapping[str, Any]) -> TrackingResult | None:
    """What an entry says; None where it cannot be read."""
    details = entry.get("detailList")
    if details is None:
        details = []
    if not isinstance(details, list):
        return None
    events = _events(details)
    if details and not events:
        return None
    by_status = _by_status(entry, events)
    if by_status is not None:
        events = sorted([*events, by_status])
    other = _points_to(entry, number)
    points_to = None if events else other
    return TrackingResult(
        number=number,
        known=bool(events)
        or points_to is not None
        or clean(entry.get("status"), 64) != ""
        or clean(entry.get("mailNoSource"), 64).upper() != "EXTERNAL",
        events=tuple(events[-MAX_EVENTS:]),
        mail_type=clean(entry.get("mailType"), 40) or None,
        eta=_eta(entry.get("globalEtaInfo")),
        carrier=_carrier(entry.get("destCpInfo"), other),
        # A town may stand behind the country: that is the receiver's.
        country=clean(clean(entry.get("destCountry"), 200).partition(",")[0], 60) or None,
        points_to=points_to,
    )


def _events(details: Iterable[object]) -> list[Event]:
    """The events that can be read, oldest first, each once."""
    events: dict[tuple[datetime, str, str, str], Event] = {}
    for detail in details:
        event = _event(detail)
        if event is not None:
            events.setdefault((event.at, event.wall, event.zone, event.code), event)
    return [events[key] for key in sorted(events)]


def _event(detail: object) -> Event | None:
    """An event, or None where it has no clock.

    `time` is no instant: it is the wall clock read as Beijing time, whatever the zone says. So it
    only stands in for a wall clock that cannot be read.
    """
    if not isinstance(detail, dict):
        return None
    wall = _wall(detail.get("timeStr")) or _wall_of_time(detail.get("time"))
    if wall is None:
        return None
    zone = clean(detail.get("timeZone"), 32)
    text, town = _words(detail)
    return Event(
        at=wall.replace(tzinfo=UTC) - _offset(zone),
        wall=str(wall),
        zone=zone,
        # A colon is the mark of what a state says, and that is not theirs to say.
        code=clean(detail.get("actionCode"), 64).replace(":", "_"),
        text=text,
        place=town,
    )


def _wall(text: object) -> datetime | None:
    if not isinstance(text, str) or not _WALL.fullmatch(text := text.strip()):
        return None
    try:
        wall = datetime.fromisoformat(text[: len("2026-05-19 09:12:00")])
    except ValueError:
        return None
    return wall if wall.year in _YEARS else None


def _wall_of_time(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, float):
        return None
    try:
        instant = _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None
    wall = (instant + _BEIJING).replace(tzinfo=None, microsecond=0)
    return wall if wall.year in _YEARS else None


@lru_cache(maxsize=256)
def _offset(zone: str) -> timedelta:
    """How far a zone is ahead of UTC; Beijing's offset where it cannot be read."""
    match = _ZONE.fullmatch(zone)
    if match is None:
        return _BEIJING
    sign, hours, minutes = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _WIDEST_ZONE:
        return _BEIJING
    return -offset if sign == "-" else offset


def _words(detail: Mapping[str, Any]) -> tuple[str, str | None]:
    """The text of an event, and the town that stands in brackets in front of it."""
    text, town = _text_and_town(clean(detail.get("standerdDesc"), 400))
    if not text:
        said = clean(detail.get("desc"), 400) or clean(detail.get("descTitle"), 400)
        text = without_contacts(said)
    return text, town


@lru_cache(maxsize=1024)
def _text_and_town(text: str) -> tuple[str, str | None]:
    """Most texts are the same for thousands of parcels."""
    match = _TOWN.match(text)
    if match is None:
        return without_contacts(text), None
    return without_contacts(text[match.end() :]), clean(match[1], 60) or None


def _by_status(entry: Mapping[str, Any], events: Sequence[Event]) -> Event | None:
    """What the coarse `status` adds: a delivery, or a place where the codes are unknown.

    It is seldom worth reading: one state covers the whole transit, another stays on after its end.
    A delivery is believed unless the newest code speaks against it.
    """
    status = entry.get("status")
    if not isinstance(status, str):
        return None
    stage = stage_of_state(status)
    if stage is None or stage in _SAYS_NOTHING:
        return None
    if events:
        clock = events[-1]
        newest = [e.code for e in events if e.at == clock.at]
        if stage is Stage.DELIVERED:
            if any(stage_of(code)[0] in _NO_DELIVERY for code in newest):
                return None
        elif not all(_is_unknown(code) for code in newest):
            return None
    else:
        latest = _event(entry.get("latestTrace"))
        if latest is None or stage is not Stage.DELIVERED:
            return None
        clock = latest
    text = without_contacts(clean(entry.get("statusDesc"), 400))
    return replace(clock, code=code_of_state(status), text=text, place=None)


def _is_unknown(code: str) -> bool:
    return not is_listed(code) and stage_of(code)[0] is Stage.IN_TRANSIT_UNPLACED


def _points_to(entry: Mapping[str, Any], number: str) -> str | None:
    other = entry.get("copyRealMailNo")
    if not isinstance(other, str):
        return None
    other = normalize_number(other)
    return None if other == normalize_number(number) else other


def _eta(info: object) -> datetime | None:
    latest = info.get("deliveryMaxTime") if isinstance(info, dict) else None
    if not isinstance(latest, float) or not _ETA_FROM <= latest < _ETA_BEFORE:
        return None
    return _EPOCH + timedelta(milliseconds=latest)


def _carrier(info: object, other: str | None) -> LocalCarrier | None:
    """The local carrier; its phone number is left alone, for it may be a courier's.

    It knows the parcel by the latest number where that is a postal one; any other is Cainiao's own.
    """
    if not isinstance(info, dict):
        return None
    name = clean(info.get("cpName"), 80)
    number = other if other is not None and is_s10(other) else None
    return LocalCarrier(name, link(info.get("url")), number) if name else None
