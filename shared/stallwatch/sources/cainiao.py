"""Cainiao's consumer endpoint, the default source.

It takes no key and makes no promises: what is known of it was read from public clients and
recorded answers. `parse` reads the body of an answer; `Cainiao` asks for one.

Receivers' data can appear in an answer. Only the fields named here are read, and what looks like a
phone number, an e-mail address or a web address is taken out of an event's text.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from stallwatch import __version__
from stallwatch.domain.parcels import RANK, LocalCarrier, Stage
from stallwatch.domain.text import clean
from stallwatch.domain.tracking_numbers import normalize_number
from stallwatch.sources.cainiao_events import events_of
from stallwatch.sources.clocks import EPOCH
from stallwatch.sources.numbers import number_among_words, number_in, text_of_number
from stallwatch.sources.sanitize import link, without_contacts
from stallwatch.sources.transport import Received, Transport, UnansweredError
from stallwatch.tracking.codes import code_of_status, is_listed, stage_of, stage_of_status
from stallwatch.tracking.profiles import CAINIAO
from stallwatch.tracking.source import Event, Source, SourceResponse, TrackingResult, Verdict

MAX_BODY = 2 * 1024 * 1024
"""Bytes of an unpacked answer; a hundred numbers with long journeys take less than one million."""


_PATH = "/global/detail.json"


_HEADERS = {
    "Accept": "application/json",
    "Accept-Language": "en-US",
    "Referer": "https://global.cainiao.com/",
    "User-Agent": f"Stallwatch/{__version__}",
}


_BLOCK_MARKS = (
    b"rgv587",
    b"punish",
    b"_____tmd_____",
    b"x5sec",
    b"nocaptcha",
    b"fail_sys_",
    b"fail_biz_",
)
"""What a block page or a JSON refusal holds, in lower case. The page for people asks for a captcha
(`x5sec`, `sufei-punish`); the JSON form names `RGV587_ERROR` or another of Alibaba's codes."""


_JSON = json.JSONDecoder(parse_int=float, strict=False)
"""One kind of number, which no length of digits can make fail; control characters in texts."""


_OWN_NUMBER = re.compile(
    r"LP\d{11,16}|AP\d{11,16}|CNG\d{11,16}|AE\d{9}|PDN\d{10}|[A-Z]{2}\d{10}Y", re.ASCII
)
"""The forms of Cainiao's own numbers; any other latest number is the local carrier's."""


_COMMAS = re.compile(r"[,;|\uff0c\uff1b\u3001]")


_ETA_FROM = datetime(2010, 1, 1, tzinfo=UTC).timestamp() * 1000


_ETA_BEFORE = datetime(2101, 1, 1, tzinfo=UTC).timestamp() * 1000


_SAYS_NOTHING = frozenset({Stage.ORDERED, Stage.IN_TRANSIT_UNPLACED})
"""The stages of states that are too coarse to be worth a checkpoint."""


_NO_DELIVERY = frozenset(
    {Stage.READY_FOR_PICKUP, Stage.FAILED_ATTEMPT, Stage.RETURNED, Stage.EXCEPTION}
)
"""The stages of a newest event beside which a status that says "delivered" is wrong."""


def make(url: str, read_key: Callable[[], str]) -> Source:  # noqa: ARG001
    """The source at an address; it takes no key."""
    return Cainiao(url)


class Cainiao:
    """Asks Cainiao; many threads may do so at once."""

    name = CAINIAO.name

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
    goes_to = received.headers.get("location", "").encode(errors="replace")
    if received.headers.get("bxpunish", "0").strip() not in {"", "0"} or _is_marked(goes_to):
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
        decoded = _JSON.decode(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return _no_answer(body, "not JSON")
    entries = _entries(decoded)
    if entries is None:
        return _no_answer(body, "no module")
    if _is_refusal(decoded):
        return _no_answer(body, "no success")

    wanted = {normalize_number(number): number for number in numbers}
    by_number: dict[str, list[TrackingResult | None]] = {}
    about_others = False
    for entry in entries:
        mail_no = text_of_number(entry.get("mailNo")) if isinstance(entry, dict) else None
        if mail_no is None:
            continue
        number = wanted.get(normalize_number(mail_no))
        if number is None:
            about_others = True
        else:
            by_number.setdefault(number, []).append(_answer(number, entry))
    answers = {}
    for number, entries in by_number.items():
        answer = _agreed(entries)
        if answer is not None:
            answers[number] = answer
    return SourceResponse(Verdict.OK, answers, about_others=about_others)


def _entries(decoded: object) -> list[Any] | None:
    """The entries of an answer, which may be called `data`; None where there are none at all."""
    if not isinstance(decoded, dict):
        return None
    lists = (decoded.get("module"), decoded.get("data"))
    return next((entries for entries in lists if isinstance(entries, list)), None)


def _is_refusal(decoded: Mapping[str, Any]) -> bool:
    """Whether an answer with entries says that it is none."""
    returned = decoded.get("ret")
    codes = returned if isinstance(returned, list) else [returned]
    return (
        "rgv587_flag" in decoded
        or not _is_true(decoded.get("success"))
        or any(_is_marked(str(code).encode(errors="replace")) for code in codes)
    )


def _is_true(success: object) -> bool:
    """Whether an answer says that it is one; it may say so in a text, or not at all."""
    if isinstance(success, str):
        return success.strip().lower() == "true"
    return success is None or success is True


def _is_marked(text: bytes) -> bool:
    lowered = text.lower().replace(b"\0", b"")  # as in UTF-16
    return any(mark in lowered for mark in _BLOCK_MARKS)


def _no_answer(body: bytes, reason: str) -> SourceResponse:
    if _is_marked(body):
        return SourceResponse(Verdict.BLOCKED, reason="block page")
    return SourceResponse(Verdict.FAILING, reason=reason)


def _agreed(entries: Sequence[TrackingResult | None]) -> TrackingResult | None:
    """What all entries about a number say; None where they differ, or one cannot be read.

    An empty entry beside one with a journey, and an unknown number beside a known one, add nothing.
    """
    readable = [entry for entry in entries if entry is not None]
    if len(readable) < len(entries):
        return None
    readable = [t for t in readable if t.events] or [t for t in readable if t.known] or readable
    return readable[0] if all(t == readable[0] for t in readable) else None


def _answer(number: str, entry: Mapping[str, Any]) -> TrackingResult | None:
    """What an entry says; None where it cannot be read."""
    events = events_of(entry)
    if events is None:
        return None
    status = clean(entry.get("status"), 64)
    delivered = _is_delivered(status, events) if status else None
    by_status = _by_status(entry, events)
    if by_status is not None:
        events = sorted([*events, by_status])
    latest = _latest_number(entry, number)
    points_to = None if events else latest
    is_own = latest is not None and _OWN_NUMBER.fullmatch(latest) is not None
    carrier = _carrier(entry.get("destCpInfo"), None if is_own else latest)
    if not events and carrier is not None and carrier.name is None:
        carrier = None
    return TrackingResult(
        number=number,
        known=bool(events)
        or points_to is not None
        or status != ""
        or clean(entry.get("mailNoSource"), 64).upper() != "EXTERNAL",
        events=tuple(events),
        mail_type=without_contacts(clean(entry.get("mailType"), 40)) or None,
        eta=_eta(entry.get("globalEtaInfo")),
        carrier=carrier,
        # A town may stand behind the country: that is the receiver's.
        country=clean(_COMMAS.split(clean(entry.get("destCountry"), 200))[0], 60) or None,
        points_to=points_to,
        other_number=latest if is_own and events else None,
        delivered=delivered,
    )


def _is_delivered(status: str, events: Sequence[Event]) -> bool:
    """Whether the coarse `status` says "delivered", and is believed.

    It is not where the newest event speaks against it, nor after a return.
    """
    if stage_of_status(status) is not Stage.DELIVERED:
        return False
    if not events:
        return True
    newest = events[-1].at
    if any(stage_of(event.code)[0] in _NO_DELIVERY for event in events if event.at == newest):
        return False
    placed = [stage_of(event.code)[0] for event in events if stage_of(event.code)[0] in RANK]
    return not placed or placed[-1] is not Stage.RETURNED


def _by_status(entry: Mapping[str, Any], events: Sequence[Event]) -> Event | None:
    """What the coarse `status` adds where the newest codes are unknown: a place.

    It is seldom worth reading: one status covers the whole transit, another stays on after its end.
    Newer events that place nothing do not keep it out.
    """
    status = clean(entry.get("status"), 64)
    stage = stage_of_status(status)
    telling = [event for event in events if not _is_filler(event.code)]
    if not telling or stage is None or stage is Stage.DELIVERED or stage in _SAYS_NOTHING:
        return None
    newest = telling[-1]
    if not all(_is_unknown(event.code) for event in telling if event.at == newest.at):
        return None
    text = without_contacts(clean(entry.get("statusDesc"), 400))
    return replace(newest, code=code_of_status(status), text=text, place=None)


def _is_filler(code: str) -> bool:
    """Whether a listed code places nothing."""
    return is_listed(code) and stage_of(code)[0] in {Stage.IN_TRANSIT_UNPLACED, Stage.ADVISORY}


def _is_unknown(code: str) -> bool:
    return not is_listed(code) and stage_of(code)[0] is Stage.IN_TRANSIT_UNPLACED


def _latest_number(entry: Mapping[str, Any], number: str) -> str | None:
    """The other number that an answer names, in whatever form it is written.

    `realMailNo` is prose around the number.
    """
    carrier = clean(_object(entry.get("destCpInfo")).get("cpName"), 80)
    besides = normalize_number(number)
    told = (entry.get("copyRealMailNo"), entry.get("realMailNo"))
    numbers = (number_among_words(text, carrier, besides) for text in told)
    return next((other for other in numbers if other is not None), None)


def _eta(info: object) -> datetime | None:
    latest = number_in(_object(info).get("deliveryMaxTime"))
    if latest is None or not _ETA_FROM <= latest < _ETA_BEFORE:
        return None
    return EPOCH + timedelta(milliseconds=latest)


def _carrier(info: object, number: str | None) -> LocalCarrier | None:
    """The local carrier, by its name, its page and the number that it knows the parcel by.

    Its phone number is left alone, for it may be a courier's. Without a name its number stays.
    """
    fields = _object(info)
    name = without_contacts(clean(fields.get("cpName"), 80)) or None
    if name is None:
        return None if number is None else LocalCarrier(None, None, number)
    return LocalCarrier(name, link(fields.get("url")), number)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
