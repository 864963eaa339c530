"""HTTP transport to the sources: every request ends in time, and every answer is bounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from threading import Lock
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from stallwatch.domain.errors import StallwatchError

if TYPE_CHECKING:
    import requests


_PIECE = 64 * 1024


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
        self._headers = headers
        self._opened: requests.Session | None = None
        self._opening = Lock()

    @property
    def _session(self) -> "requests.Session":
        with self._opening:
            if self._opened is None:
                # Slow to import; a run that asks nothing does without.
                from stallwatch.sources.session import open_session  # noqa: PLC0415

                self._opened = open_session(self._headers)
            return self._opened

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

    def _body(self, response: "requests.Response") -> bytes:
        body = bytearray()
        while len(body) <= self._max_body:
            piece = response.raw.read(_PIECE, decode_content=True)
            if not piece:
                break
            body += piece
        return bytes(body)
