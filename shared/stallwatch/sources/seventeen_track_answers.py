"""What a tracking answer of 17TRACK says about the numbers that were asked.

An event carries a sub-status, whose stages stand in `tracking/data/seventeen_track.csv`. Beside one
that is not listed, the event's coarse `stage` places it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from stallwatch.domain.parcels import LocalCarrier, Stage
from stallwatch.domain.text import clean
from stallwatch.domain.tracking_numbers import normalize_number
from stallwatch.sources.clocks import BEIJING, offset_of, wall_and_zone, wall_in_beijing
from stallwatch.sources.numbers import number_in, same_number
from stallwatch.sources.places import place_of
from stallwatch.sources.sanitize import link, without_contacts
from stallwatch.tracking.codes import canonical, code_of_status
from stallwatch.tracking.profiles import SEVENTEEN_TRACK
from stallwatch.tracking.source import Event, SourceResponse, TrackingResult, Verdict

CAINIAO = 190271
"""The carrier that is asked about: left to itself, 17TRACK takes `AP…` for Australia Post."""

_NOT_REGISTERED = -18019902

_REGISTERED = (-18019901, -18019909)
"""Already registered, and registered with nothing to tell yet."""

_STAGES = {
    "INFORECEIVED": "InfoReceived",
    "PICKEDUP": "InTransit_PickedUp",
    "ACCEPTED": "Accepted",
    "INBOUND": "Inbound",
    "OUTBOUND": "Outbound",
    "DEPARTURE": "InTransit_Departure",
    "ARRIVAL": "InTransit_Arrival",
    "AVAILABLEFORPICKUP": "AvailableForPickup",
    "OUTFORDELIVERY": "OutForDelivery",
    "DELIVERED": "Delivered",
    "RETURNING": "Exception_Returning",
    "RETURNED": "Exception_Returned",
}
"""The coarse stages of an event, each with the status that means the same."""

_NO_DELIVERY = re.compile(
    r"\bto (?:the |a )?(?:local|last[- ]mile|destination|delivery|partner|next) "
    r"(?:carrier|courier|post|postal|delivery|partner|agent|company|logistics)"
    r"|\bnot (?:yet )?(?:be |been )?delivered|\bundeliver|\bunable to deliver"
    r"|\bdelivery (?:attempt )?(?:failed|unsuccessful)",
    re.IGNORECASE,
)
"""What a `Delivered_Other` says where it is none."""

_YEARS = range(1970, 2201)

_ETA_YEARS = range(2010, 2101)


def objects_in(data: object, name: str) -> list[dict[str, Any]]:
    """The objects in one of an answer's lists."""
    entries = data.get(name) if isinstance(data, dict) else None
    return (
        [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )


def number_of(entry: Mapping[str, Any]) -> str | None:
    """The number that an entry is about."""
    return same_number(entry.get("number"))


def error_code_of(entry: Mapping[str, Any]) -> float | None:
    """The code of an entry's error."""
    return number_in(_dict(entry, "error").get("code"))


def by_normal_form(numbers: Iterable[str]) -> dict[str | None, str]:
    """Numbers by their normal form."""
    return {normalize_number(number): number for number in numbers}


def read_answers(data: Mapping[str, Any], numbers: Sequence[str]) -> SourceResponse:
    """What an answer says about the numbers that were asked.

    An entry that cannot be read, or that is about another carrier's parcel, costs its own number
    alone; so does one of several entries about the same number that differ.
    """
    wanted = by_normal_form(numbers)
    by_number: dict[str, list[TrackingResult | None]] = {}
    registered, unregistered = set(), set()
    about_others = False
    for entry in objects_in(data, "accepted"):
        number = wanted.get(number_of(entry))
        if number is None:
            about_others = True
        elif _is_cainiao(entry.get("carrier")):
            registered.add(number)
            by_number.setdefault(number, []).append(_answer(number, entry.get("track_info")))
    for entry in objects_in(data, "rejected"):
        number = wanted.get(number_of(entry))
        if number is None:
            continue
        code = error_code_of(entry)
        if code == _NOT_REGISTERED:
            unregistered.add(number)
        elif code in _REGISTERED:
            registered.add(number)
    answers = {}
    for number, entries in by_number.items():
        first = entries[0]
        if first is not None and all(e == first for e in entries) and number not in unregistered:
            answers[number] = first
    return SourceResponse(
        Verdict.OK,
        answers,
        about_others=about_others,
        unregistered=frozenset(unregistered - registered),
        registered=frozenset(registered),
    )


def _is_cainiao(carrier: object) -> bool:
    return number_in(carrier) == CAINIAO


def _answer(number: str, info: object) -> TrackingResult | None:
    """What an entry says; None where it cannot be read."""
    if not isinstance(info, dict):
        return None
    latest = _dict(info, "latest_status")
    status = clean(latest.get("status"), 64)
    events = _events(info)
    if not events and not status:
        return None
    stage_of = SEVENTEEN_TRACK.stage_of
    newest = max(events.values(), default=None)
    sub_status = clean(latest.get("sub_status"), 64) or status
    if newest is not None and _means_delivery(sub_status) and _NO_DELIVERY.search(newest.text):
        sub_status = "InTransit_Other"
    stage = stage_of(sub_status)[0]
    is_untold = all(stage_of(event.code)[0] is not stage for event in events.values())
    if stage in {Stage.DELIVERED, Stage.RETURNED} and newest is None:
        return None
    if stage is Stage.RETURNED and is_untold and newest is not None:
        code = code_of_status(sub_status)
        events[_key(newest, code)] = replace(newest, code=code, text="", place=None)
    return TrackingResult(
        number=number,
        known=bool(events) or status != "NotFound",
        events=tuple(sorted(events.values())),
        eta=_eta(_dict(_dict(info, "time_metrics"), "estimated_delivery_date")),
        carrier=_carrier(info, number),
        delivered=stage is Stage.DELIVERED if status else None,
    )


def _means_delivery(status: str) -> bool:
    return SEVENTEEN_TRACK.stage_of(status)[0] is Stage.DELIVERED


def _events(info: Mapping[str, Any]) -> dict[tuple[Any, ...], Event]:
    """The events that can be read, each once, whichever of the carriers on the way told it."""
    details = [
        detail
        for provider in objects_in(_dict(info, "tracking"), "providers")
        for detail in objects_in(provider, "events")
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
    given = _instant(detail.get("time_utc"))
    wall = local or iso or given
    if wall is None:
        return None
    at = _first_with_zone(given, iso)
    if at is None and given is not None:
        at = given.replace(tzinfo=UTC)
    elif at is None:
        # A clock of the place.
        at = wall.replace(tzinfo=UTC) - (offset_of(zone) or timedelta(0))
    text = _text(detail)
    return Event(
        at=at.replace(microsecond=0),
        wall=str(wall.replace(tzinfo=None, microsecond=0)),
        zone=zone,
        code=_code(detail, text),
        text=text,
        place=place_of(without_contacts(clean(detail.get("location"), 60))),
    )


def _code(detail: Mapping[str, Any], text: str) -> str:
    """The status that places an event: its own, or what its coarse stage means."""
    # A colon is the mark of what a status says, and that is not an event's to say.
    code = clean(detail.get("sub_status"), 64).replace(":", "_")
    stage = clean(detail.get("stage"), 64)
    status = _STAGES.get(canonical(stage).replace("_", ""))
    if not code or (not SEVENTEEN_TRACK.is_listed(code) and status is not None):
        code = status or stage
    # The original may say more than its translation.
    texts = f"{text} {clean(detail.get('description'), 400)}"
    return "InTransit_Other" if _means_delivery(code) and _NO_DELIVERY.search(texts) else code


def _instant(value: object) -> datetime | None:
    """An instant, or a wall clock where no zone is given; None where it cannot be read."""
    try:
        instant = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None:
        wall, zone = wall_and_zone(value) or (None, "")
        offset = offset_of(zone)
        if wall is None:
            wall, offset = wall_in_beijing(value), BEIJING
        if wall is None:
            return None
        instant = wall if offset is None else wall.replace(tzinfo=timezone(offset))
    return instant if instant.year in _YEARS else None


def _first_with_zone(*instants: datetime | None) -> datetime | None:
    known = (instant for instant in instants if instant is not None and instant.tzinfo is not None)
    return next((instant.astimezone(UTC) for instant in known), None)


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


def _carrier(info: Mapping[str, Any], asked: str) -> LocalCarrier | None:
    """The local carrier, with its page and the number by which it knows the parcel.

    Without a name its number stays, if it is another than the one that was asked.
    """
    misc = _dict(info, "misc_info")
    name, key = clean(misc.get("local_provider"), 80), misc.get("local_key")
    number = same_number(misc.get("local_number"))
    if _is_cainiao(key) or (not name and number in {None, asked}):
        return None
    pages = (
        link(_dict(provider, "provider").get("homepage"))
        for provider in objects_in(_dict(info, "tracking"), "providers")
        if key is not None and _dict(provider, "provider").get("key") == key
    )
    return LocalCarrier(without_contacts(name) or None, next(pages, None) if name else None, number)


def _dict(value: object, name: str) -> dict[str, Any]:
    """The object under a name; an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
