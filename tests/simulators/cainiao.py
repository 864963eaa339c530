"""A look-alike of Cainiao's endpoint: journeys that change while it runs, and very bad days.

In Python: `with Lookalike() as cainiao: cainiao.put("LP00000000000001", events=[...])`. As a
process of its own: `python -m tests.simulators.cainiao --port 0 --file journeys.json`, which prints
`{"url": ..., "control": ...}` and is steered over `/_control` (see `Simulator.steer`).

It answers as recorded answers do: newest event first, and a `time` that is the wall clock read as
Beijing time whatever the zone says. It knows nothing of the product.
"""

import argparse
import contextlib
import copy
import ctypes
import json
import os
import re
import signal
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import parse_qs, urlsplit

PATH = "/global/detail.json"
CONTROL = "/_control"

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

_STATUS_TEXTS = {
    "SELLER_PREPARING": "Awaiting seller dispatch",
    "DELIVERING": "Delivering",
    "CLEAR_CUSTOMS": "In customs ",
    "DELIVERED": "Delivered",
}

_BLOCK_PAGE = b"""<html>
<head><meta charset="utf-8"></head>
<body>
<punish-component />
<script>window._config_ = {"renderTo": "#nocaptcha", "action": "captcha", \
"url": "/global/detail.json/_____tmd_____/punish?x5secdata=0"};</script>
<!--rgv587_flag:sm-->
</body>
</html>
"""

_BLOCK_JSON = b'{"rgv587_flag": "sm", "url": "https://127.0.0.1/punish/0&action=deny"}'


class Mode(StrEnum):
    """How the next answers look."""

    FINE = "fine"

    # No answer at all:
    BLOCK_PAGE = "block_page"
    BLOCK_HEADER = "block_header"
    """An empty page with the header `bxpunish: 1`."""
    BLOCK_JSON = "block_json"
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


@dataclass(frozen=True)
class Asked:
    """One request."""

    monotonic: float
    wall: float
    """Seconds since 1970."""
    numbers: tuple[str, ...]
    mode: Mode
    headers: Mapping[str, str]


class Simulator:
    """The server. It listens on 127.0.0.1 alone, from the start until `close`."""

    def __init__(self, port: int = 0, *, drip_seconds: float = 0.01) -> None:
        """Start it; `drip_seconds` lie between two bytes of the slow answers."""
        self.drip_seconds = drip_seconds
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, Any]] = {}
        self._asked: list[Asked] = []
        self._mode = Mode.FINE
        self._left: int | None = None
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.simulator = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def origin(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The endpoint's address."""
        return self.origin + PATH

    @property
    def asked(self) -> list[Asked]:
        """The requests so far."""
        with self._lock:
            return list(self._asked)

    @property
    def connections(self) -> int:
        """How many connections were made so far."""
        return self._server.connections

    def put(
        self,
        number: str,
        events: Iterable[tuple[Any, ...]] = (),
        *,
        status: str | None = None,
        mail_type: str | None = None,
        eta: datetime | None = None,
        carrier: str | None = None,
        carrier_url: str | None = None,
        points_to: str | None = None,
        destination: str = "Spain",
        **fields: object,
    ) -> None:
        """Set what a number's entry says from now on.

        Args:
            number: The tracking number.
            events: Each `(instant, code, text?, zone?)`: an aware datetime; the text in the place
                of the usual one; the zone as it will stand there, like `GMT+2` (`GMT+8` unless
                given; the wall clock of an empty one is Beijing's).
            status: Such as `DELIVERING`; without events and status the parcel is known even so.
            mail_type: Such as `Economy`.
            eta: The latest estimate of the delivery.
            carrier: The local carrier's name.
            carrier_url: Its page.
            points_to: The number that this placeholder stands for.
            destination: The country's name.
            fields: More fields of the entry, or others in place of those above.
        """
        details = sorted((_event(*event) for event in events), key=_instant, reverse=True)
        for detail in details:
            del detail["instant"]
        entry: dict[str, Any] = {
            "mailNo": number,
            "originCountry": "Mainland China",
            "destCountry": destination,
            "mailNoSource": "AE",
            "detailList": details,
        }
        if details:
            entry["latestTrace"] = details[0]
        if status is not None:
            entry["status"] = status
            entry["statusDesc"] = _STATUS_TEXTS.get(status, status)
        if mail_type is not None:
            entry["mailType"] = mail_type
        if eta is not None:
            milliseconds = int(eta.timestamp() * 1000)
            entry["globalEtaInfo"] = {
                "etaDesc": "Estimated delivery by",
                "deliveryMinTime": milliseconds,
                "deliveryMaxTime": milliseconds,
            }
        if carrier is not None:
            entry["destCpInfo"] = {
                "cpName": carrier,
                "phone": "+00 0 00 00 00 00",
                "url": carrier_url,
            }
        if points_to is not None:
            entry["realMailNo"] = f"Latest Tracking Number:\t{points_to}"
            entry["copyRealMailNo"] = points_to
        self.put_entry(number, entry | fields)

    def put_entry(self, number: str, entry: Mapping[str, Any]) -> None:
        """Set a number's entry as it stands."""
        with self._lock:
            self._entries[number] = dict(entry)

    def forget(self, number: str) -> None:
        """Make a number unknown."""
        with self._lock:
            self._entries.pop(number, None)

    def be(self, mode: Mode | str, times: int | None = None) -> None:
        """Answer in a mode from now on, or for a number of requests."""
        with self._lock:
            self._mode, self._left = Mode(mode), times

    def steer(self, orders: Mapping[str, Any]) -> None:
        """Do what a POST to `/_control` says.

        `{"put": [{"number", "events": [[instant, code, text?, zone?]], "status"?, …}],
        "forget": [number], "mode": …, "times": …, "clear": true}`: each is optional, instants and
        `eta` are RFC 3339, the rest is as in `put` and `be`; `clear` empties the log of requests.
        """
        for journey in orders.get("put", ()):
            fields = dict(journey)
            fields["events"] = [
                (datetime.fromisoformat(at), *rest) for at, *rest in fields.get("events", ())
            ]
            if fields.get("eta") is not None:
                fields["eta"] = datetime.fromisoformat(fields["eta"])
            self.put(**fields)
        for number in orders.get("forget", ()):
            self.forget(number)
        if "mode" in orders:
            self.be(orders["mode"], orders.get("times"))
        if orders.get("clear"):
            with self._lock:
                self._asked.clear()

    def report(self) -> dict[str, Any]:
        """What a GET of `/_control` answers: the requests so far, and the mode."""
        with self._lock:
            return {
                "asked": [asdict(asked) for asked in self._asked],
                "connections": self.connections,
                "mode": self._mode,
                "numbers": sorted(self._entries),
            }

    def take(self, numbers: Sequence[str], headers: Mapping[str, str]) -> Mode:
        """Write down a request, and tell how to answer it."""
        with self._lock:
            mode = self._mode
            if self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self._mode, self._left = Mode.FINE, None
            self._asked.append(Asked(time.monotonic(), time.time(), tuple(numbers), mode, headers))
        return mode

    def module(self, numbers: Iterable[str]) -> list[dict[str, Any]]:
        """The entries about some numbers; they are replaced, never changed."""
        with self._lock:
            return [
                self._entries.get(n) or {"mailNo": n, "mailNoSource": "EXTERNAL", "detailList": []}
                for n in numbers
            ]

    def close(self) -> None:
        """Stop, and let go of everyone who waits."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    simulator: Simulator
    connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that left; anything else is a mistake of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        simulator = self.server.simulator
        if parts.path == CONTROL:
            self._send(json.dumps(simulator.report()).encode())
            return
        if parts.path != PATH:
            self._send(b"", status=404)
            return
        asked = parse_qs(parts.query).get("mailNos", [""])[0]
        numbers = [number for number in asked.split(",") if number]
        mode = simulator.take(numbers, {k.lower(): v for k, v in self.headers.items()})
        self._answer(mode, simulator.module(numbers))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != CONTROL:
            self._send(b"", status=404)
            return
        try:
            self.server.simulator.steer(json.loads(body))
        except (ValueError, TypeError, KeyError) as error:
            self._send(json.dumps({"message": str(error)}).encode(), status=400)
        else:
            self._send(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing: `Simulator.asked` is the log."""

    def _answer(self, mode: Mode, module: list[dict[str, Any]]) -> None:
        whole_answer = getattr(self, f"_{mode}", None)
        if whole_answer is not None:
            whole_answer()
            return
        if mode in _CHANGES:
            module = _CHANGES[mode](copy.deepcopy(module))
        body = _body(module)
        if mode is Mode.SUCCESS_FALSE:
            body = json.dumps({"module": module, "success": False}).encode()
        elif mode is Mode.NOT_UTF8:
            body = body.decode().encode("utf-16")
        elif mode is Mode.TRUNCATED:
            body = body[: len(body) * 2 // 3]
        elif mode is Mode.CUT_OFF:
            self._send(body[: len(body) // 2], length=len(body))
            self.close_connection = True
            return
        self._send(body)

    def _send(
        self,
        body: bytes,
        *,
        status: int = 200,
        kind: str = "application/json;charset=UTF-8",
        length: int | None = None,
        **headers: str,
    ) -> None:
        """Send it all in one go."""
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body) if length is None else length}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def _block_page(self) -> None:
        self._send(_BLOCK_PAGE, kind="text/html", bxpunish="1")

    def _block_header(self) -> None:
        self._send(b"<html></html>", kind="text/html", bxpunish="1")

    def _block_json(self) -> None:
        self._send(_BLOCK_JSON)

    def _block_status(self) -> None:
        self._send(_BLOCK_PAGE, status=403, kind="text/html")

    def _block_redirect(self) -> None:
        target = f"{PATH}/_____tmd_____/punish?x5secdata=0"
        self._send(b"", status=302, Location=target)

    def _redirect(self) -> None:
        self._send(b"", status=302, Location="/elsewhere")

    def _status_404(self) -> None:
        self._send(b"<html>not here</html>", status=404, kind="text/html")

    def _status_429(self) -> None:
        self._send(b"", status=429, Retry_After="3600")

    def _status_500(self) -> None:
        self._send(b"<html>sorry</html>", status=500, kind="text/html")

    def _hang(self) -> None:
        self.server.simulator.closing.wait()
        self.close_connection = True

    def _hang_up(self) -> None:
        self.close_connection = True

    def _slow_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self._drip()

    def _slow_body(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self._drip(b"1\r\n \r\n")

    def _drip(self, piece: bytes = b"x") -> None:
        self.close_connection = True
        simulator = self.server.simulator
        while not simulator.closing.wait(simulator.drip_seconds):
            self.wfile.write(piece)

    def _huge(self) -> None:
        head, foot = b'{"module": [], "filling": "', b'", "success": true}'
        size = 50_000_000
        self._send(head, length=size)
        self.close_connection = True
        left = size - len(head) - len(foot)
        while left:
            piece = b"x" * min(left, 65536)
            self.wfile.write(piece)
            left -= len(piece)
        self.wfile.write(foot)

    def _bomb(self) -> None:
        packer = zlib.compressobj(level=1, wbits=31)
        packed = packer.compress(b'{"module": [], "filling": "')
        for _ in range(50):
            packed += packer.compress(b"x" * 1_000_000)
        packed += packer.compress(b'", "success": true}') + packer.flush()
        self._send(packed, Content_Encoding="gzip")

    def _deep(self) -> None:
        self._send(b'{"module": ' + b"[" * 10_000 + b"]" * 10_000 + b', "success": true}')


def _body(module: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps({"module": module, "success": True}, ensure_ascii=False).encode()


def _event(
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


def _instant(detail: Mapping[str, Any]) -> datetime:
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
        event = _event(at, "GTMS_SIGNED")
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


_CHANGES: dict[Mode, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
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


def die_with_parent() -> None:
    """Have Linux end this process when the thread that started it ends."""
    parent = os.getppid()
    set_death_signal = 1
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description="A look-alike of Cainiao's tracking endpoint.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--file", type=Path, help="journeys to begin with: what `put` takes")
    parser.add_argument("--die-with-parent", action="store_true")
    arguments = parser.parse_args()
    if arguments.die_with_parent:
        die_with_parent()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Simulator(arguments.port) as simulator, contextlib.suppress(KeyboardInterrupt):
        if arguments.file is not None:
            simulator.steer({"put": json.loads(arguments.file.read_text(encoding="utf-8"))})
        print(json.dumps({"url": simulator.url, "control": simulator.origin + CONTROL}), flush=True)
        simulator.closing.wait()


if __name__ == "__main__":
    main()
