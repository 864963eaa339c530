"""The functions' service on this machine: invocations of the pull, each worker a process.

    with workers(4, environment) as url:
        client("lambda", url).invoke(FunctionName="pull", Payload=b"{}")

All of them listen on one port, and the kernel spreads the connections.
"""

import argparse
import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from tests.bench.alone import Context, load
from tests.local.machine import HOST, LOCAL, ROOT, await_answer, free_port
from tests.local.supervised import Supervised


@contextlib.contextmanager
def workers(count: int, environment: Mapping[str, str]) -> Iterator[str]:
    """Run so many; gives the address of the service."""
    (LOCAL / "run").mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.workers", "--port", str(port)]
    everything = {**os.environ, **environment, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"}
    with contextlib.ExitStack() as held:
        for n in range(count):
            log = LOCAL / "run" / f"worker-{port}-{n}"
            held.callback(log.unlink, missing_ok=True)
            output = held.enter_context(log.open("wb"))
            worker = Supervised(command, output=output, environment=everything, folder=ROOT)
            held.enter_context(worker)
            await_answer(worker, port, log)
        yield f"http://{HOST}:{port}"


class _Server(HTTPServer):
    request_queue_size = 128

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()


class _Handler(BaseHTTPRequestHandler):
    function: ClassVar[ModuleType]

    def do_GET(self) -> None:
        """Say that one is there."""
        self._answer(b"{}")

    def do_POST(self) -> None:
        """Run an invocation to its end."""
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(json.dumps(self.function.handler(event, Context())).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    """Serve until the end."""
    parser = argparse.ArgumentParser(description="A worker for the benchmarks.")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    _Handler.function = load("pull_tracking")
    _Server((HOST, port), _Handler).serve_forever()


if __name__ == "__main__":
    main()
