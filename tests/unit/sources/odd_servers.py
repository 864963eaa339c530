"""Servers that answer as a test says, over real sockets of this machine."""

import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from socket import create_connection, create_server, socket

SHORT = 0.3
"""Seconds that a request may take where the answer never comes to its end."""

LONG = 60.0
"""Seconds that no test takes."""


@dataclass
class Server:
    """A server that a test made."""

    port: int
    requests: list[bytes]
    """What was asked first on each connection."""


@contextmanager
def server_that(
    answers: Callable[[socket, threading.Event], None], context: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Answers so to the first request of each connection, until the test is over."""
    over = threading.Event()
    requests: list[bytes] = []

    def answer(connection: socket) -> None:
        try:
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            requests.append(connection.recv(65536))
            answers(connection, over)
        except OSError:
            """The client has had enough."""
        finally:
            connection.close()

    def serve(listener: socket) -> None:
        while True:
            connection, _ = listener.accept()
            if over.is_set():
                connection.close()
                return
            threads.submit(answer, connection)

    with create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        threads.submit(serve, listener)
        try:
            yield Server(listener.getsockname()[1], requests)
        finally:
            over.set()
            create_connection(listener.getsockname()).close()


def drips(before: bytes, piece: bytes) -> Callable[[socket, threading.Event], None]:
    """An answer that goes on for ever, one piece at a time."""

    def answer(connection: socket, over: threading.Event) -> None:
        connection.sendall(before)
        while not over.wait(0.01):
            connection.sendall(piece)

    return answer


def says(answer: bytes) -> Callable[[socket, threading.Event], None]:
    """An answer as it stands, and the end of the connection."""
    return lambda connection, _: connection.sendall(answer)
