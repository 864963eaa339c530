"""HTTP to the services, on their worst day: every request ends, and no answer is too big.

A read timeout alone starts anew with each byte, so an answer that trickles in never ends. Here it
is one span for the whole answer: status line, headers, body.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from socket import socket
from time import monotonic, time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from stallwatch.errors import StallwatchError

_PIECE = 64 * 1024

_POOL = 32
"""Connections that are kept, more than there are threads that ask at once."""

_IDLE_SECONDS = 30
"""How old a connection's last request may be. A function that is frozen between two runs does not
see its connections die, and the first request over a dead one would get no answer."""


class UnansweredError(StallwatchError):
    """A request came to nothing; the message is a few words that name no address."""


@dataclass(frozen=True, slots=True)
class Received:
    """What came back, of whatever status."""

    status: int
    headers: Mapping[str, str]
    """By name, in any case."""
    body: bytes
    """Unpacked; cut off where it is not complete."""
    complete: bool
    """Whether the body fits the limit."""


class Transport:
    """One session with one service, for many threads at once.

    Each request is made exactly once: no retries, no redirects, no cookies, and nothing taken from
    the environment or `~/.netrc`.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        *,
        connect_seconds: float,
        total_seconds: float,
        max_body: int,
    ) -> None:
        """Prepare a session; nothing is connected yet.

        Args:
            headers: What every request carries.
            connect_seconds: How long making a connection may take.
            total_seconds: How long a request may take as a whole.
            max_body: How many bytes of an unpacked answer are read.
        """
        self._timeout = Timeout(connect=connect_seconds, total=total_seconds)
        self._max_body = max_body
        self._session = _Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update({"Accept-Encoding": "gzip", **headers})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _Adapter(pool_maxsize=_POOL)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Received:
        """Make one request.

        Args:
            method: Such as `GET`.
            url: The address.
            json: What is sent.
            headers: What this request carries besides.

        Raises:
            UnansweredError: there is no answer, or none that could be read to its end in time.
        """
        try:
            with self._session.request(
                method,
                url,
                json=json,
                headers=headers,
                timeout=self._timeout,  # type: ignore[arg-type]  # adapters take urllib3's own
                stream=True,
            ) as response:
                body = self._body(response)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            # The error's own words can hold the address.
            raise UnansweredError(type(error).__name__) from None
        return Received(
            status=response.status_code,
            headers=response.headers,
            body=body[: self._max_body],
            complete=len(body) <= self._max_body,
        )

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        while len(body) <= self._max_body:
            piece = response.raw.read(_PIECE, decode_content=True)
            if not piece:
                break
            body += piece
        return bytes(body)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:  # its signature  # noqa: ARG002
        """None: no redirect is followed, nor looked into, which reads the whole of its body."""
        return


class _TimedReader(io.RawIOBase):
    """Reads from a socket until the timeout that it has now is over, counted once for all reads."""

    def __init__(self, sock: socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._ends = monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _TimedResponse
    _last_used = 0.0

    def getresponse(self) -> Any:
        # By the wall clock, since others may stand still while a function is frozen.
        self._last_used = time()
        return super().getresponse()

    @property
    def is_connected(self) -> bool:
        return time() - self._last_used < _IDLE_SECONDS and super().is_connected


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
