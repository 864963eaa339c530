"""Requests to the API: sent again where that is safe, refusals as one sentence."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import requests
from urllib3.exceptions import MaxRetryError

from stallwatch import __version__
from stallwatch.cli.credentials import Login
from stallwatch.cli.errors import InvalidUseError, RefusedError, UnreachableError
from stallwatch.domain.text import clean

JSON = "application/json"


_CONNECT_SECONDS = 5.0


_ANSWER_SECONDS = 40.0
"""The gateway itself gives up after 29."""


_ATTEMPTS = 4


_LONGEST_WAIT_SECONDS = 15.0
"""Who is told to wait for longer is told so, in place of waiting."""


_LONGEST_MESSAGE = 500


_UNKNOWN_ROUTE = "Missing Authentication Token"
"""What API Gateway answers, with 403, about a route that the stack does not have."""


_PAGE = 100


Query = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered.

    Args:
        status: The HTTP status.
        headers: By name, in any case.
        body: As it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The object that it holds; empty where there is no body.

        Raises:
            UnreachableError: it is not an object of JSON, so this is not the API.
        """
        if not self.body:
            return {}
        try:
            value = json.loads(self.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise UnreachableError("This address does not belong to a Stallwatch API.")
        return value


class Client:
    """The API of one stack.

    Args:
        login: The address and the key.
        sleep: Waits so many seconds.
    """

    def __init__(self, login: Login, sleep: Callable[[float], None]) -> None:
        self.url = login.url
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"stallwatch/{__version__}"
        self._session.headers["x-api-key"] = login.key
        # The proxies of the environment are wanted, a password of .netrc is not.
        self._session.auth = lambda request: request

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, query: Query | None = None, accept: str = JSON) -> Answer:
        """Read something."""
        return self._send("GET", path, query=query, headers={"Accept": accept})

    def post(
        self, path: str, body: object = None, query: Query | None = None, *, repeatable: bool = True
    ) -> Answer:
        """Send an object.

        Args:
            path: Below the API's address.
            body: The object; None: nothing.
            query: The query.
            repeatable: Whether the same again changes nothing, so that it may be sent again when no
                answer came.
        """
        data = None if body is None else json.dumps(body).encode()
        return self._send(
            "POST",
            path,
            query=query,
            data=data,
            headers={"Content-Type": JSON},
            repeatable=repeatable,
        )

    def post_file(self, path: str, data: bytes, content_type: str, query: Query) -> Answer:
        """Send a file, or a piece of one; the same again changes nothing."""
        headers = {"Content-Type": content_type}
        return self._send("POST", path, query=query, data=data, headers=headers)

    def patch(self, path: str, body: object) -> Answer:
        """Change something."""
        headers = {"Content-Type": JSON}
        return self._send("PATCH", path, data=json.dumps(body).encode(), headers=headers)

    def delete(self, path: str) -> Answer:
        """Remove something. Sent once: after a lost answer the second would say 404."""
        return self._send("DELETE", path, repeatable=False)

    def orders(self, query: Query, most: int | None) -> tuple[list[dict[str, Any]], bool]:
        """Orders, page after page.

        Args:
            query: What narrows and sorts them.
            most: How many at the most; None: all.

        Returns:
            The orders, and whether there may be more.
        """
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            limit = _PAGE if most is None else min(_PAGE, most - len(found))
            page = self.get("/orders", {**query, "limit": limit, "cursor": cursor}).json()
            found += page.get("orders", [])
            cursor = page.get("next_cursor")
            if cursor is None or (most is not None and len(found) >= most):
                return found[:most], cursor is not None

    def export_pages(self, form: str) -> Iterator[bytes]:
        """All that was given and said, page after page, as bytes of one form."""
        cursor: str | None = None
        while True:
            answer = self.get("/orders/export", {"format": form, "cursor": cursor}, accept="*/*")
            yield answer.body
            cursor = _next_cursor(answer)
            if not cursor:
                return

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        wait = 1.0
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                response = self._session.request(
                    method,
                    self.url + path,
                    params=parameters,
                    data=data,
                    headers=headers,
                    timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                if _never_connected(error) or not repeatable or not attempts_left:
                    raise UnreachableError(_unreachable(self.url, error)) from None
                self._sleep(wait)
                wait *= 2
                continue
            answer = Answer(response.status_code, response.headers, response.content)
            pause = _pause(answer, wait, repeatable=repeatable)
            if pause is None or not attempts_left:
                return _accepted(answer, self.url)
            self._sleep(pause)
            wait *= 2
        raise AssertionError("the last attempt returns or raises")


def _next_cursor(answer: Answer) -> str | None:
    """Where the next page of an export begins: its body is a file's text, so a header says it."""
    if content := answer.headers.get("X-Next-Cursor"):
        return content
    for link in requests.utils.parse_header_links(answer.headers.get("Link", "")):
        if link.get("rel") == "next":
            return next(iter(parse_qs(urlsplit(link["url"]).query).get("cursor", [])), None)
    return None


def path_of(*parts: str) -> str:
    """A path, each part of which is data."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _never_connected(error: Exception) -> bool:
    """Whether a request did not even begin; trying again at once would not help."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    return bool(error.args) and isinstance(error.args[0], MaxRetryError)


def _unreachable(url: str, error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return f"{url} cannot be trusted: its certificate is not valid."
    if isinstance(error, requests.Timeout):
        return f"{url} does not answer in time."
    if _never_connected(error):
        return f"{url} cannot be reached; check the address and the network."
    return f"The connection to {url} broke off before an answer came."


def _pause(answer: Answer, wait: float, *, repeatable: bool) -> float | None:
    """How many seconds to wait before another attempt; None: there is to be none."""
    throttled = answer.status == HTTPStatus.TOO_MANY_REQUESTS
    failed = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if not throttled and not (failed and repeatable):
        return None
    content = answer.headers.get("Retry-After", "")
    seconds = float(content) if content.isdecimal() else wait
    return seconds if seconds <= _LONGEST_WAIT_SECONDS else None


def _accepted(answer: Answer, url: str) -> Answer:
    """An answer that is no refusal.

    Raises:
        InvalidUseError: the address leads elsewhere.
        RefusedError: it is a refusal.
        UnreachableError: the API failed.
    """
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    if answer.status < HTTPStatus.BAD_REQUEST:
        target = clean(answer.headers.get("Location", "elsewhere"), _LONGEST_MESSAGE)
        raise InvalidUseError(f"{url} leads to {target}; log in with the API's own address.")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UnreachableError(
            f"The API failed ({answer.status}); `stallwatch doctor` may say why, "
            "and the log of the stack's orders_api does."
        )
    raise RefusedError(_reason(answer), answer.status)


def _reason(answer: Answer) -> str:
    """A refusal as a sentence, with the reason for each field."""
    try:
        content = answer.json()
    except UnreachableError:
        content = {}
    message = clean(content.get("message"), _LONGEST_MESSAGE)
    if answer.status == HTTPStatus.FORBIDDEN:
        if message == _UNKNOWN_ROUTE:
            return (
                "The stack does not know this request (403): it is older than this command line, "
                "or the address is not quite right; `stallwatch doctor` says which."
            )
        return "The key was refused (403); `stallwatch login` stores another."
    errors = content.get("errors")
    reasons = [
        f"{clean(error.get('field'), 100)}: {clean(error.get('reason'), 300)}"
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    sentence = (message or "The API refused the request").rstrip(".")
    detail = f": {'; '.join(reasons)}" if reasons else ""
    waiting = answer.headers.get("Retry-After", "") if answer.status == _TOO_MANY else ""
    again = f"; try again in {waiting} s" if waiting.isdecimal() else ""
    return f"{sentence}{detail}{again} ({answer.status})."


_TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
