"""A simulator of Cainiao's endpoint: journeys that change while it runs, and very bad days.

In Python: `with Simulator() as cainiao: cainiao.put("LP00000000000001", events=[...])`. As a
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
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.simulators.base import BaseHandler, BaseSimulator, bomb, deep
from tests.simulators.cainiao_answers import (
    BLOCK_FRAME,
    BLOCK_JSON,
    BLOCK_PAGE,
    BLOCK_RET,
    CHANGES,
    STATUS_TEXTS,
    Mode,
    event_of,
    instant_of,
)

__all__ = ["CONTROL", "PATH", "SCAN", "Asked", "Mode", "Simulator"]

PATH = "/global/detail.json"
CONTROL = "/_control"
SCAN = "PU_PICKUP_SUCCESS"
"""The code of a scan, as `put` takes it."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    monotonic: float
    wall: float
    """Seconds since 1970."""
    numbers: tuple[str, ...]
    mode: Mode
    headers: Mapping[str, str]


class Simulator(BaseSimulator[Mode, Asked]):
    """The endpoint."""

    def __init__(self, port: int = 0, *, drip_seconds: float = 0.01) -> None:
        """Start it; `drip_seconds` lie between two bytes of the slow answers."""
        self.drip_seconds = drip_seconds
        self._entries: dict[str, dict[str, Any]] = {}
        super().__init__(_Handler, Mode.FINE, port)

    @property
    def url(self) -> str:
        """The endpoint's address."""
        return self.origin + PATH

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
        details = sorted((event_of(*event) for event in events), key=instant_of, reverse=True)
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
            entry["statusDesc"] = STATUS_TEXTS.get(status, status)
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
            mode = self._take_mode()
            self._asked.append(Asked(time.monotonic(), time.time(), tuple(numbers), mode, headers))
        return mode

    def module(self, numbers: Iterable[str]) -> list[dict[str, Any]]:
        """The entries about some numbers; they are replaced, never changed."""
        with self._lock:
            return [
                self._entries.get(n) or {"mailNo": n, "mailNoSource": "EXTERNAL", "detailList": []}
                for n in numbers
            ]


class _Handler(BaseHandler):
    def do_GET(self) -> None:  # as the server calls it  # noqa: N802
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

    def do_POST(self) -> None:  # as the server calls it  # noqa: N802
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

    def _answer(self, mode: Mode, module: list[dict[str, Any]]) -> None:
        whole_answer = getattr(self, f"_{mode}", None)
        if whole_answer is not None:
            whole_answer()
            return
        if mode in CHANGES:
            module = CHANGES[mode](copy.deepcopy(module))
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
        self._send(BLOCK_PAGE, kind="text/html", bxpunish="1")

    def _block_header(self) -> None:
        self._send(b"<html></html>", kind="text/html", bxpunish="1")

    def _block_json(self) -> None:
        self._send(BLOCK_JSON)

    def _block_ret(self) -> None:
        self._send(BLOCK_RET)

    def _block_frame(self) -> None:
        self._send(BLOCK_FRAME, kind="text/html")

    def _block_status(self) -> None:
        self._send(BLOCK_PAGE, status=403, kind="text/html")

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
        packed = bomb(b'{"module": [], "filling": "', b'", "success": true}')
        self._send(packed, Content_Encoding="gzip")

    def _deep(self) -> None:
        self._send(deep(b'{"module": ', b', "success": true}'))


def _body(module: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps({"module": module, "success": True}, ensure_ascii=False).encode()


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
