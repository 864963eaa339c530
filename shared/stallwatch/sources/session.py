"""The session behind the transport.

A read timeout alone starts anew with each byte, so an answer that trickles in never ends. Here it
is one span for the whole answer: status line, headers, body.
"""

import io
from collections.abc import Mapping
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from socket import socket
from time import monotonic, time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_POOL = 32
"""Connections that are kept, more than there are threads that ask at once."""


_IDLE_SECONDS = 30
"""How old a connection's last request may be. A function that is frozen between two runs does not
see its connections die, and the first request over a dead one would get no answer."""


def open_session(headers: Mapping[str, str]) -> requests.Session:
    """A session that retries nothing, keeps no cookies and takes nothing from the environment.

    Args:
        headers: What every request carries.
    """
    session = _Session()
    session.trust_env = False
    session.headers.clear()
    session.headers.update({"Accept-Encoding": "gzip", **headers})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_maxsize=_POOL)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


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
