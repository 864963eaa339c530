"""What the simulators have in common: a server with a life, a log of requests, and modes.

A simulator listens on 127.0.0.1 alone, from the start until `close`. It answers in a *mode* until
it is told to be in another one.
"""

import sys
import threading
import zlib
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, Self, TypeVar

ModeT = TypeVar("ModeT", bound=StrEnum)
AskedT = TypeVar("AskedT")


class Server(ThreadingHTTPServer):
    """The server of one simulator."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    simulator: Any
    connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that left; anything else is a mistake of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class BaseSimulator(Generic[ModeT, AskedT]):
    """A server with its modes and its log.

    Args:
        handler: Answers the requests.
        fine: The mode that it begins in, and comes back to.
        port: Where it listens; 0: anywhere.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], fine: ModeT, port: int = 0) -> None:
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._asked: list[AskedT] = []
        self._modes = type(fine)
        self._fine = self._mode = self._then = fine
        self._left: int | None = None
        self._server = Server(("127.0.0.1", port), handler)
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
    def asked(self) -> list[AskedT]:
        """The requests so far."""
        with self._lock:
            return list(self._asked)

    @property
    def connections(self) -> int:
        """How many connections were made so far."""
        return self._server.connections

    def be(
        self, mode: ModeT | str, times: int | None = None, *, then: ModeT | str | None = None
    ) -> None:
        """Answer in a mode from now on, or for a number of requests, and `then` in another."""
        with self._lock:
            self._mode, self._left = self._modes(mode), times
            self._then = self._fine if then is None else self._modes(then)

    def _take_mode(self) -> ModeT:
        """The mode of the next answer. The caller holds the lock."""
        mode = self._mode
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._mode, self._left = self._then, None
        return mode

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


class BaseHandler(BaseHTTPRequestHandler):
    """Answers a request; the worst days are the same for every service."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_: object) -> None:
        """Nothing: the simulator's `asked` is the log."""

    def _hang(self) -> None:
        self.server.simulator.closing.wait()
        self.close_connection = True

    def _hang_up(self) -> None:
        self.close_connection = True


def bomb(head: bytes, foot: bytes) -> bytes:
    """50 MB of JSON between a head and a foot, packed into 50 kB."""
    packer = zlib.compressobj(level=1, wbits=31)
    packed = packer.compress(head)
    for _ in range(50):
        packed += packer.compress(b"x" * 1_000_000)
    return packed + packer.compress(foot) + packer.flush()


def deep(head: bytes, foot: bytes) -> bytes:
    """10,000 lists in each other between a head and a foot."""
    return head + b"[" * 10_000 + b"]" * 10_000 + foot
