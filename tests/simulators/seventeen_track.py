"""A simulator of 17TRACK's API, version 2.4: registrations that cost credits, and very bad days.

`with Simulator() as track: track.put("LP00000000000001", [(instant, "InTransit_PickedUp")])`. It
answers about registered numbers of Cainiao's only, in the shape of the documented answers, with a
receiver's address that nobody must keep. It knows nothing of the product.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from tests.simulators.base import BaseHandler, BaseSimulator, bomb, deep

PATH = "/track/v2.4"
KEY = "0123456789ABCDEF0123456789ABCDEF"
SCAN = "InTransit_PickedUp"
"""The code of a scan, as `put` takes it."""
CAINIAO = 190271
MOST = 40
RECEIVER = "Erika Mustermann"
"""Stands in every answer."""

_STAGES = {
    "InTransit_PickedUp": "PickedUp",
    "InTransit_Departure": "Departure",
    "InTransit_Arrival": "Arrival",
    "Exception_Returning": "Returning",
    "Exception_Returned": "Returned",
}


class Mode(StrEnum):
    """How the next answers look."""

    FINE = "fine"

    # No answer at all:
    BAD_KEY = "bad_key"
    STATUS_401 = "status_401"
    STATUS_429 = "status_429"
    STATUS_500 = "status_500"
    SERVICE_ERROR = "service_error"
    """A code of its own that nobody has listed."""
    HANG = "hang"
    """Nothing comes."""
    HANG_UP = "hang_up"
    """The connection is closed without a word, before anything is done."""
    LOST = "lost"
    """All is done, and then the connection is closed without a word."""
    NOT_JSON = "not_json"
    TRUNCATED = "truncated"
    HUGE = "huge"
    BOMB = "bomb"
    """50 MB of JSON, packed into 50 kB."""
    DEEP = "deep"
    """10,000 lists in each other."""
    LIST = "list"
    """A list in place of the object."""
    NO_DATA = "no_data"

    # Answers that are wrong in part:
    WRONG_NUMBER = "wrong_number"
    """About another number in place of the first."""
    OTHER_CARRIER = "other_carrier"
    """About another carrier's parcel with the same number."""
    MISSING_NUMBER = "missing_number"
    TWO_ANSWERS = "two_answers"
    """A second entry about the first number, with another journey."""
    POISONED = "poisoned"
    """The first entry's fields all have a wrong type, but for its number."""
    NOT_DETECTED = "not_detected"
    """The carrier of each number is rejected."""
    NOTHING_YET = "nothing_yet"


@dataclass(frozen=True)
class Asked:
    """One request."""

    what: str
    numbers: tuple[str, ...]
    mode: Mode
    headers: Mapping[str, str]


class Simulator(BaseSimulator[Mode, Asked]):
    """The API."""

    def __init__(self, credits_left: int = 100) -> None:
        self.credits_left = credits_left
        self.spent: Counter[str] = Counter()
        """The credits that each number has cost."""
        self.key = KEY
        self._infos: dict[str, dict[str, Any]] = {}
        super().__init__(_Handler, Mode.FINE)

    @property
    def url(self) -> str:
        """The API's address."""
        return self.origin + PATH

    def asked_for(self, what: str) -> list[tuple[str, ...]]:
        """The numbers of each request of a kind so far."""
        return [asked.numbers for asked in self.asked if asked.what == what]

    def put(
        self,
        number: str,
        events: Iterable[tuple[Any, ...]] = (),
        *,
        status: str | None = None,
        carrier: tuple[int, str, str, str] | None = None,
        **fields: object,
    ) -> None:
        """Set what is known of a number from now on.

        Args:
            number: The tracking number.
            events: Each `(instant, sub-status, text?, hours ahead of UTC?)`.
            status: The latest status, such as `Expired`, in place of the newest event's.
            carrier: The local one: key, name, its own number for the parcel, page.
            fields: More fields of `track_info`, or others in place of those above.
        """
        info = _info(events, status, carrier) | fields
        with self._lock:
            self._infos[number] = info

    def take(self, what: str, numbers: Sequence[str], headers: Mapping[str, str]) -> Mode:
        """Write down a request, and tell how to answer it."""
        with self._lock:
            mode = self._take_mode()
            self._asked.append(Asked(what, tuple(numbers), mode, headers))
        return mode

    def data(self, what: str, entries: Sequence[Mapping[str, Any]], mode: Mode) -> Any:
        """What a request is answered; None for one that is not known."""
        with self._lock:
            if what == "getquota":
                used = sum(self.spent.values())
                return {
                    "quota_total": self.credits_left + used,
                    "quota_used": used,
                    "quota_remain": self.credits_left,
                    "today_used": 0,
                }
            answer: dict[str, list[Any]] = {"accepted": [], "rejected": []}
            handle = {"register": self._register, "gettrackinfo": self._track}.get(what)
            if handle is None:
                return None
            for entry in entries:
                accepted, told = handle(entry["number"], entry.get("carrier"), mode)
                answer["accepted" if accepted else "rejected"].append(told)
            return answer

    def _register(self, number: str, carrier: object, mode: Mode) -> tuple[bool, dict[str, Any]]:
        if number in self.spent:
            return False, _rejection(number, -18019901, f"{number} is already registered.")
        if carrier != CAINIAO or mode is Mode.NOT_DETECTED:
            return False, _rejection(number, -18019903, "The carrier cannot be detected.")
        if self.credits_left < 1:
            return False, _rejection(number, -18019908, "The quota is used up.")
        self.credits_left -= 1
        self.spent[number] += 1
        return True, {"origin": 2, "number": number, "carrier": CAINIAO, "email": None}

    def _track(self, number: str, _: object, mode: Mode) -> tuple[bool, dict[str, Any]]:
        if number not in self.spent:
            text = f"The tracking number '{number}' does not register, please register first."
            return False, _rejection(number, -18019902, text)
        if mode is Mode.NOT_DETECTED:
            return False, _rejection(number, -18019903, "The carrier cannot be detected.")
        if mode is Mode.NOTHING_YET:
            return False, _rejection(number, -18019909, "No tracking information at this moment.")
        info = self._infos.get(number) or _info((), "NotFound", None)
        return True, {"number": number, "carrier": CAINIAO, "tag": None, "track_info": info}


def _rejection(number: str, code: int, message: str) -> dict[str, Any]:
    return {"number": number, "carrier": CAINIAO, "error": {"code": code, "message": message}}


def _info(
    events: Iterable[tuple[Any, ...]],
    status: str | None,
    carrier: tuple[int, str, str, str] | None,
) -> dict[str, Any]:
    told = [_event(*event) for event in sorted(events, key=lambda e: e[0], reverse=True)]
    latest = told[0]["sub_status"] if told else "NotFound_Other"
    status = status or latest
    key, name, number, page = carrier or (CAINIAO, "Cainiao", None, "https://global.cainiao.com/")
    person = {"name": RECEIVER, "country": "DE", "street": "Heidestr. 17", "postal_code": "51147"}
    return {
        "shipping_info": {"shipper_address": {"country": "CN"}, "recipient_address": person},
        "latest_status": {
            "status": status.partition("_")[0],
            "sub_status": status if "_" in status else f"{status}_Other",
            "sub_status_descr": None,
        },
        "latest_event": told[0] if told else None,
        "time_metrics": {
            "days_after_last_update": 0,
            "estimated_delivery_date": {"source": None, "from": None, "to": None},
        },
        "milestone": [],
        "misc_info": {
            "service_type": None,
            "local_number": number,
            "local_provider": name if carrier else None,
            "local_key": key if carrier else None,
        },
        "tracking": {
            "providers_hash": 1,
            "providers": [
                {
                    "provider": {"key": key, "name": name, "homepage": page, "tel": "+4930901820"},
                    "latest_sync_status": "Success",
                    "events": told,
                }
            ],
        },
    }


def _event(at: datetime, sub_status: str, text: str = "", ahead: int = 8) -> dict[str, Any]:
    local = at.astimezone(timezone(timedelta(hours=ahead))).replace(microsecond=0)
    zone = local.isoformat()[-6:]
    return {
        "time_iso": local.isoformat(),
        "time_utc": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time_raw": {"date": str(local.date()), "time": str(local.time()), "timezone": zone},
        "description": text or sub_status,
        "description_translation": {"lang": "en", "description": text or sub_status},
        "location": "DONGGUAN, CN",
        "stage": _STAGES.get(sub_status),
        "sub_status": sub_status,
        "address": {"country": "CN", "street": "Heidestr. 17"},
    }


class _Handler(BaseHandler):
    def do_POST(self) -> None:  # as the server calls it  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length") or "0"))
        simulator = self.server.simulator
        what = self.path.removeprefix(PATH).strip("/")
        entries = json.loads(body) if body else []
        numbers = [entry["number"] for entry in entries]
        mode = simulator.take(what, numbers, {k.lower(): v for k, v in self.headers.items()})
        refused = self.headers.get("17token") != simulator.key
        if mode is Mode.BAD_KEY or refused:
            self._fail(-18010002, "The security key is invalid.")
        elif mode is Mode.SERVICE_ERROR:
            self._fail(-18010003, "Internal service error.")
        elif len(entries) > MOST:
            self._fail(-18010014, "Too many numbers.")
        elif mode in _WITHOUT_DOING:
            getattr(self, f"_{mode}")()
        else:
            self._answer(mode, simulator.data(what, entries, mode))

    def _answer(self, mode: Mode, data: Any) -> None:
        if mode is Mode.LOST:
            self.close_connection = True
            return
        if data is None:
            self._send(b"", 404)
            return
        accepted = data.get("accepted", [])
        if accepted:
            _change(mode, accepted)
        body = json.dumps({"code": 0, "data": data}).encode()
        if mode is Mode.TRUNCATED:
            body = body[: len(body) * 2 // 3]
        elif mode is Mode.LIST:
            body = json.dumps([data]).encode()
        elif mode is Mode.NO_DATA:
            body = b'{"code": 0}'
        self._send(body)

    def _fail(self, code: int, message: str) -> None:
        errors = [{"code": code, "message": message}]
        self._send(json.dumps({"code": code, "data": {"errors": errors}}).encode())

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _status_401(self) -> None:
        self._send(b'{"code": -18010002, "data": {}}', 401)

    def _status_429(self) -> None:
        self._send(b"", 429)

    def _status_500(self) -> None:
        self._send(b"<html>sorry</html>", 500)

    def _not_json(self) -> None:
        self._send(b"<html></html>")

    def _huge(self) -> None:
        self._send(b'{"code": 0, "filling": "' + b"x" * 20_000_000 + b'", "data": {}}')

    def _bomb(self) -> None:
        packed = bomb(b'{"code": 0, "filling": "', b'", "data": {}}')
        self._send(packed, Content_Encoding="gzip")

    def _deep(self) -> None:
        self._send(deep(b'{"code": 0, "data": ', b"}"))


_WITHOUT_DOING = frozenset(
    {
        Mode.STATUS_401,
        Mode.STATUS_429,
        Mode.STATUS_500,
        Mode.HANG,
        Mode.HANG_UP,
        Mode.NOT_JSON,
        Mode.HUGE,
        Mode.BOMB,
        Mode.DEEP,
    }
)


def _change(mode: Mode, accepted: list[dict[str, Any]]) -> None:
    """Make the accepted entries of an answer wrong."""
    first = accepted[0]
    if mode is Mode.WRONG_NUMBER:
        accepted[0] = first | {"number": "LP99999999999999"}
    elif mode is Mode.OTHER_CARRIER:
        accepted[0] = first | {"carrier": 1151}
    elif mode is Mode.MISSING_NUMBER:
        del accepted[0]
    elif mode is Mode.TWO_ANSWERS and "track_info" in first:
        delivered = dict(first["track_info"])
        delivered["latest_status"] = {"status": "Delivered", "sub_status": "Delivered_Other"}
        accepted.append(first | {"track_info": delivered})
    elif mode is Mode.POISONED:
        accepted[0] = {name: [[7]] for name in first} | {"number": first["number"]}
        accepted[0]["carrier"] = CAINIAO
