"""17TRACK's tracking API, version 2.4: the second source, or the first where Cainiao blocks us.

It takes the user's key, and answers only about numbers that were registered with it, for a credit
each. `parse` reads the body of a tracking answer; `SeventeenTrack` asks for one.

Receivers' data stands in its answers. Only the fields named here are read, and what looks like a
phone number, an e-mail address or a web address is taken out of an event's text.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from stallwatch import __version__
from stallwatch.domain.errors import StallwatchError
from stallwatch.domain.parcels import LocalCarrier, Stage
from stallwatch.domain.text import clean
from stallwatch.domain.tracking_numbers import normalize_number
from stallwatch.sources.sanitize import link, without_contacts
from stallwatch.sources.transport import Received, Transport, UnansweredError
from stallwatch.tracking.codes import SEVENTEEN_TRACK, place_status
from stallwatch.tracking.source import (
    Event,
    Quota,
    Registration,
    SourceResponse,
    TrackingResult,
    Verdict,
)

CAINIAO = 190271
"""The carrier that is asked about: left to itself, 17TRACK takes `AP…` for Australia Post."""


MOST_NUMBERS = 40
"""How many numbers one request may name."""


MAX_BODY = 4 * 1024 * 1024
"""Bytes of an unpacked answer: forty long journeys take one and a half million."""


MAX_EVENTS = 200


_BAD_KEY = -18010002


_ALREADY_REGISTERED = -18019901


_NOT_REGISTERED = -18019902


_USED_UP = -18019908


_NOTHING_YET = -18019909


_REGISTERED = (_ALREADY_REGISTERED, _NOTHING_YET)


_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


_JSON = json.JSONDecoder(parse_int=float, strict=False)
"""One kind of number, which no length of digits can make fail; control characters in texts."""


_STAGES = {
    "PickedUp": "InTransit_PickedUp",
    "Departure": "InTransit_Departure",
    "Arrival": "InTransit_Arrival",
    "Returning": "Exception_Returning",
    "Returned": "Exception_Returned",
}
"""The stages of an event that are called otherwise than its status."""


_MOST_CREDITS = 10**12


_FINAL = frozenset({Stage.DELIVERED, Stage.RETURNED})
"""What must not be overlooked, however it is said."""


_YEARS = range(1970, 2201)


_ETA_YEARS = range(2010, 2101)


class _RefusedError(StallwatchError):
    """A request brought no answer.

    Args:
        verdict: What that means for the requests after it.
        reason: Why, in a few words that name no number.
        unknown: Whether the service may have done what it was asked for even so.
        code: The service's own code of the error, where it gave one.
    """

    def __init__(
        self, verdict: Verdict, reason: str, *, unknown: bool = False, code: float | None = None
    ) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason
        self.unknown = unknown
        self.code = code


class SeventeenTrack:
    """Asks 17TRACK.

    Args:
        url: The API's address, with its version.
        read_key: Reads the key. It is kept until the service refuses it.
        connect_seconds: How long making a connection may take.
        total_seconds: How long a request may take as a whole.
    """

    name = SEVENTEEN_TRACK

    def __init__(
        self,
        url: str,
        read_key: Callable[[], str],
        *,
        connect_seconds: float = 5,
        total_seconds: float = 20,
    ) -> None:
        self._url = url.rstrip("/")
        self._read_key = read_key
        self._key: str | None = None
        self._transport = Transport(
            {"Accept": "application/json", "User-Agent": f"Stallwatch/{__version__}"},
            connect_seconds=connect_seconds,
            total_seconds=total_seconds,
            max_body=MAX_BODY,
        )

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        """Ask for some numbers in one request. Never raises for what the service does."""
        try:
            data = self._call("gettrackinfo", _entries(numbers))
        except _RefusedError as refusal:
            return SourceResponse(refusal.verdict, reason=refusal.reason)
        return _reply(data, numbers)

    def register(self, numbers: Sequence[str]) -> Registration:
        """Register some numbers in one request, for a credit each that is new."""
        try:
            data = self._call("register", _entries(numbers))
        except _RefusedError as refusal:
            return Registration(
                refusal.verdict,
                used_up=refusal.code == _USED_UP,
                unknown=refusal.unknown,
                reason=refusal.reason,
            )
        wanted = _by_normal_form(numbers)
        accepted = (wanted.get(_number_of(entry)) for entry in _list(data, "accepted"))
        rejected = [_code_of(entry) for entry in _list(data, "rejected")]
        return Registration(
            Verdict.OK,
            frozenset(number for number in accepted if number is not None),
            used_up=_USED_UP in rejected,
        )

    def quota(self) -> Quota | None:
        """The credits that are left; None where there is no answer."""
        try:
            data = self._call("getquota", None)
        except _RefusedError:
            return None
        left, total = _count(data.get("quota_remain")), _count(data.get("quota_total"))
        return None if left is None or total is None else Quota(left, total)

    def _call(self, what: str, entries: list[dict[str, Any]] | None) -> dict[str, Any]:
        """What one request answers.

        Raises:
            _RefusedError: it was refused, or there is no answer that can be read.
        """
        try:
            headers = {"17token": self._the_key()}
        except StallwatchError as error:
            raise _RefusedError(Verdict.FAILING, f"no key: {error}") from None
        try:
            received = self._transport.request(
                "POST", f"{self._url}/{what}", json=entries, headers=headers
            )
        except UnansweredError as error:
            raise _RefusedError(Verdict.FAILING, str(error), unknown=True) from None
        try:
            return _data(received)
        except _RefusedError as refusal:
            if refusal.verdict is Verdict.BLOCKED:
                self._key = None  # it may be another one by the next time
            raise

    def _the_key(self) -> str:
        if self._key is None:
            self._key = self._read_key().strip()
        return self._key


def parse(body: bytes, numbers: Sequence[str]) -> SourceResponse:
    """Read the body of an answer to a request about some numbers. Never raises."""
    try:
        data = _data(Received(HTTPStatus.OK, {}, body, complete=True))
    except _RefusedError as refusal:
        return SourceResponse(refusal.verdict, reason=refusal.reason)
    return _reply(data, numbers)


# What every answer is wrapped in.
def _entries(numbers: Iterable[str]) -> list[dict[str, Any]]:
    return [{"number": number, "carrier": CAINIAO} for number in numbers]


def _data(received: Received) -> dict[str, Any]:
    """What an answer holds.

    Raises:
        _RefusedError: it is an error, or cannot be read.
    """
    if received.status in _REFUSED:
        raise _RefusedError(Verdict.BLOCKED, "key refused")
    if received.status != HTTPStatus.OK:
        broken = received.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise _RefusedError(Verdict.FAILING, f"status {received.status}", unknown=broken)
    if not received.complete:
        raise _RefusedError(Verdict.FAILING, "too large", unknown=True)
    try:
        told = _JSON.decode(received.body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise _RefusedError(Verdict.FAILING, "not JSON", unknown=True) from None
    if not isinstance(told, dict):
        raise _RefusedError(Verdict.FAILING, "no object", unknown=True)
    data = told.get("data")
    errors = [told.get("code"), *(e.get("code") for e in _list(data, "errors"))]
    errors += [_code_of(entry) for entry in _list(data, "rejected")]
    if _BAD_KEY in errors:
        raise _RefusedError(Verdict.BLOCKED, "key refused")
    failed = next((e for e in errors[: 1 + len(_list(data, "errors"))] if e != 0), None)
    if failed is not None or not isinstance(data, dict):
        code = failed if isinstance(failed, float) else None
        reason = "no code" if code is None else f"code {code:.0f}"
        raise _RefusedError(Verdict.FAILING, reason, unknown=code is None, code=code)
    return data


def _list(data: object, name: str) -> list[dict[str, Any]]:
    """The objects in one of an answer's lists."""
    found = data.get(name) if isinstance(data, dict) else None
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _number_of(entry: Mapping[str, Any]) -> str | None:
    number = entry.get("number")
    return normalize_number(number) if isinstance(number, str) else None


def _code_of(entry: Mapping[str, Any]) -> object:
    error = entry.get("error")
    return error.get("code") if isinstance(error, dict) else None


def _by_normal_form(numbers: Iterable[str]) -> dict[str | None, str]:
    return {normalize_number(number): number for number in numbers}


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, float) and 0 <= value < _MOST_CREDITS else None


# Tracking answers.
def _reply(data: Mapping[str, Any], numbers: Sequence[str]) -> SourceResponse:
    """What an answer says about the numbers that were asked.

    An entry that cannot be read, or that is about another carrier's parcel, costs its own number
    alone; so does one of several entries about the same number that differ.
    """
    wanted = _by_normal_form(numbers)
    found: dict[str, list[TrackingResult | None]] = {}
    registered, unregistered = set(), set()
    for entry in _list(data, "accepted"):
        number = wanted.get(_number_of(entry))
        if number is not None and _is_cainiao(entry.get("carrier")):
            registered.add(number)
            found.setdefault(number, []).append(_answer(number, entry.get("track_info")))
    for entry in _list(data, "rejected"):
        number = wanted.get(_number_of(entry))
        if number is None:
            continue
        code = _code_of(entry)
        if code == _NOT_REGISTERED:
            unregistered.add(number)
        elif code in _REGISTERED:
            registered.add(number)
    answers = {}
    for number, entries in found.items():
        first = entries[0]
        if first is not None and all(e == first for e in entries) and number not in unregistered:
            answers[number] = first
    return SourceResponse(
        Verdict.OK,
        answers,
        unregistered=frozenset(unregistered - registered),
        registered=frozenset(registered),
    )


def _is_cainiao(carrier: object) -> bool:
    return carrier in {float(CAINIAO), str(CAINIAO)} if isinstance(carrier, float | str) else False


def _answer(number: str, info: object) -> TrackingResult | None:
    """What an entry says; None where it cannot be read."""
    if not isinstance(info, dict):
        return None
    latest = _dict(info, "latest_status")
    status = clean(latest.get("status"), 64)
    events = _events(info)
    told = clean(latest.get("sub_status"), 64) or status
    stage = place_status(told)[0]
    if stage in _FINAL and all(place_status(e.code)[0] is not stage for e in events.values()):
        if not events:
            return None
        newest = max(events.values())
        events[_key(newest, told)] = replace(newest, code=told, text="", place=None)
    if not events and not status:
        return None
    return TrackingResult(
        number=number,
        known=bool(events) or status != "NotFound",
        events=tuple(sorted(events.values())[-MAX_EVENTS:]),
        eta=_eta(_dict(_dict(info, "time_metrics"), "estimated_delivery_date")),
        carrier=_carrier(info),
    )


def _events(info: Mapping[str, Any]) -> dict[tuple[Any, ...], Event]:
    """The events that can be read, each once, whichever of the carriers on the way told it."""
    details = [
        detail
        for provider in _list(_dict(info, "tracking"), "providers")
        for detail in _list(provider, "events")
    ]
    details.append(_dict(info, "latest_event"))
    events: dict[tuple[Any, ...], Event] = {}
    for detail in details:
        event = _event(detail)
        if event is not None:
            events.setdefault(_key(event, event.code), event)
    return events


def _key(event: Event, code: str) -> tuple[Any, ...]:
    return event.at, event.wall, event.zone, code


def _event(detail: Mapping[str, Any]) -> Event | None:
    """An event, or None where it has no clock.

    The clock of the place is `time_raw`, whose zone may be missing: then it is read as UTC, unless
    the instant is given.
    """
    raw = _dict(detail, "time_raw")
    zone = clean(raw.get("timezone"), 32)
    local = _instant(f"{raw.get('date')}T{raw.get('time')}")
    iso = _instant(detail.get("time_iso"))
    at = _instant(detail.get("time_utc")) or iso
    if at is None and local is not None:
        at = _instant(f"{raw.get('date')}T{raw.get('time')}{zone}") or local
    if at is None:
        return None
    wall = local or iso or at
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    code = clean(detail.get("sub_status"), 64)
    if not code:
        stage = clean(detail.get("stage"), 64)
        code = _STAGES.get(stage, stage)
    return Event(
        at=at.replace(microsecond=0),
        wall=str(wall.replace(tzinfo=None, microsecond=0)),
        zone=zone,
        code=code,
        text=_text(detail),
        place=without_contacts(clean(detail.get("location"), 60)) or None,
    )


def _instant(text: object) -> datetime | None:
    """An instant, or a wall clock where no zone is given; None where it cannot be read."""
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return instant if instant.year in _YEARS else None


def _text(detail: Mapping[str, Any]) -> str:
    """What an event says, in English where that is given."""
    translation = _dict(detail, "description_translation")
    text = ""
    if clean(translation.get("lang"), 8).lower().startswith("en"):
        text = clean(translation.get("description"), 400)
    return without_contacts(text or clean(detail.get("description"), 400))


def _eta(estimate: Mapping[str, Any]) -> datetime | None:
    """The carrier's own latest estimate; 17TRACK's guess is none."""
    until = _instant(estimate.get("to"))
    if until is None or until.tzinfo is None or until.year not in _ETA_YEARS:
        return None
    guessed = clean(estimate.get("source"), 32).upper() == "17TRACK"
    return None if guessed else until.astimezone(UTC)


def _carrier(info: Mapping[str, Any]) -> LocalCarrier | None:
    """The local carrier, with its page and the number by which it knows the parcel."""
    misc = _dict(info, "misc_info")
    name, key = clean(misc.get("local_provider"), 80), misc.get("local_key")
    if not name or _is_cainiao(key):
        return None
    number = misc.get("local_number")
    pages = (
        link(_dict(provider, "provider").get("homepage"))
        for provider in _list(_dict(info, "tracking"), "providers")
        if key is not None and _dict(provider, "provider").get("key") == key
    )
    return LocalCarrier(
        name,
        next(pages, None),
        normalize_number(number) if isinstance(number, str) else None,
    )


def _dict(value: object, name: str) -> dict[str, Any]:
    """The object under a name; an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
