"""A look-alike of an ntfy server: keeps what is published to its topics, and has bad days.

`with Ntfy() as ntfy: ntfy.messages`. It speaks ntfy's JSON publishing (`POST /`), which Apprise
uses, and knows nothing of the product.
"""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"


@dataclass
class Ntfy:
    """The server, for as long as the `with` block."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    """What it took, oldest first."""
    status: int = 200
    """What it answers; anything but 200 takes nothing."""
    loses_answer: bool = False
    """Whether it takes a message and then closes the connection without a word."""
    asked: int = 0

    def __enter__(self) -> Self:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"] or 0)
                sent = self.rfile.read(length)
                server.asked += 1
                if server.status == 200:
                    server.messages.append(json.loads(sent))
                if server.loses_answer:
                    self.close_connection = True
                    return
                self.send_response(server.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"id":"x"}' if server.status == 200 else b'{"error":"no"}')

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, topic: str) -> str:
        """A topic's address, as Apprise writes it."""
        return f"ntfy://{HOST}:{self._server.server_address[1]}/{topic}"

    def of(self, topic: str) -> list[dict[str, Any]]:
        """What was published to a topic."""
        return [message for message in self.messages if message["topic"] == topic]
