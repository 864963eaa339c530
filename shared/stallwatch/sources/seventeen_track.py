"""17TRACK's tracking API, version 2.4: the second source, or the first where Cainiao blocks us.

It takes the user's key, and answers only about numbers that were registered with it, for a credit
each. `parse` reads the body of a tracking answer; `SeventeenTrack` asks for one.

Receivers' data stands in its answers. Only the fields named here are read, and what looks like a
phone number, an e-mail address or a web address is taken out of an event's text.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from stallwatch import __version__
from stallwatch.domain.errors import StallwatchError
from stallwatch.sources.numbers import number_in
from stallwatch.sources.seventeen_track_answers import (
    CAINIAO,
    by_normal_form,
    error_code_of,
    number_of,
    objects_in,
    read_answers,
)
from stallwatch.sources.transport import Received, Transport, UnansweredError
from stallwatch.tracking.profiles import SEVENTEEN_TRACK
from stallwatch.tracking.source import Quota, Registration, Registry, SourceResponse, Verdict

MAX_BODY = 4 * 1024 * 1024
"""Bytes of an unpacked answer: forty long journeys take one and a half million."""


_BAD_KEY = -18010002


_USED_UP = -18019908


_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


_JSON = json.JSONDecoder(parse_int=float, strict=False)
"""One kind of number, which no length of digits can make fail; control characters in texts."""


_MOST_CREDITS = 10**12


class _RefusedError(StallwatchError):
    """A request brought no answer.

    Args:
        verdict: What that means for the requests after it.
        reason: Why, in a few words that name no number.
        unknown: Whether the service may have done what it was asked for even so.
        code: The service's own code of the error, where it gave one.
    """

    def __init__(
        self, verdict: Verdict, reason: str, *, unknown: bool = False, code: float | None = None
    ) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason
        self.unknown = unknown
        self.code = code


def make(url: str, read_key: Callable[[], str]) -> Registry:
    """The source at an address, with what reads its key."""
    return SeventeenTrack(url, read_key)


class SeventeenTrack:
    """Asks 17TRACK.

    Args:
        url: The API's address, with its version.
        read_key: Reads the key. It is kept until the service refuses it.
        connect_seconds: How long making a connection may take.
        total_seconds: How long a request may take as a whole.
    """

    name = SEVENTEEN_TRACK.name

    def __init__(
        self,
        url: str,
        read_key: Callable[[], str],
        *,
        connect_seconds: float = 5,
        total_seconds: float = 20,
    ) -> None:
        self._url = url.rstrip("/")
        self._read_key = read_key
        self._key: str | None = None
        self._transport = Transport(
            {"Accept": "application/json", "User-Agent": f"Stallwatch/{__version__}"},
            connect_seconds=connect_seconds,
            total_seconds=total_seconds,
            max_body=MAX_BODY,
        )

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        """Ask for some numbers in one request. Never raises for what the service does."""
        try:
            data = self._call("gettrackinfo", _entries(numbers))
        except _RefusedError as refusal:
            return SourceResponse(refusal.verdict, reason=refusal.reason)
        return read_answers(data, numbers)

    def register(self, numbers: Sequence[str]) -> Registration:
        """Register some numbers in one request, for a credit each that is new."""
        try:
            data = self._call("register", _entries(numbers))
        except _RefusedError as refusal:
            return Registration(
                refusal.verdict,
                used_up=refusal.code == _USED_UP,
                unknown=refusal.unknown,
                reason=refusal.reason,
            )
        wanted = by_normal_form(numbers)
        accepted = (wanted.get(number_of(entry)) for entry in objects_in(data, "accepted"))
        rejected = [error_code_of(entry) for entry in objects_in(data, "rejected")]
        return Registration(
            Verdict.OK,
            frozenset(number for number in accepted if number is not None),
            used_up=_USED_UP in rejected,
        )

    def quota(self) -> Quota | None:
        """The credits that are left; None where there is no answer."""
        try:
            data = self._call("getquota", None)
        except _RefusedError:
            return None
        left, total = _count(data.get("quota_remain")), _count(data.get("quota_total"))
        return None if left is None or total is None else Quota(left, total)

    def _call(self, what: str, entries: list[dict[str, Any]] | None) -> dict[str, Any]:
        """What one request answers.

        Raises:
            _RefusedError: it was refused, or there is no answer that can be read.
        """
        try:
            headers = {"17token": self._the_key()}
        except StallwatchError as error:
            raise _RefusedError(Verdict.FAILING, f"no key: {error}") from None
        try:
            received = self._transport.request(
                "POST", f"{self._url}/{what}", json=entries, headers=headers
            )
        except UnansweredError as error:
            raise _RefusedError(Verdict.FAILING, str(error), unknown=True) from None
        try:
            return _data(received)
        except _RefusedError as refusal:
            if refusal.verdict is Verdict.BLOCKED:
                self._key = None  # it may be another one by the next time
            raise

    def _the_key(self) -> str:
        if self._key is None:
            self._key = self._read_key().strip()
        return self._key


def parse(body: bytes, numbers: Sequence[str]) -> SourceResponse:
    """Read the body of an answer to a request about some numbers. Never raises."""
    try:
        data = _data(Received(HTTPStatus.OK, {}, body, complete=True))
    except _RefusedError as refusal:
        return SourceResponse(refusal.verdict, reason=refusal.reason)
    return read_answers(data, numbers)


# What every answer is wrapped in.
def _entries(numbers: Iterable[str]) -> list[dict[str, Any]]:
    return [{"number": number, "carrier": CAINIAO} for number in numbers]


def _data(received: Received) -> dict[str, Any]:
    """What an answer holds.

    Raises:
        _RefusedError: it is an error, or cannot be read.
    """
    if received.status in _REFUSED:
        raise _RefusedError(Verdict.BLOCKED, "key refused")
    if received.status != HTTPStatus.OK:
        broken = received.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise _RefusedError(Verdict.FAILING, f"status {received.status}", unknown=broken)
    if not received.complete:
        raise _RefusedError(Verdict.FAILING, "too large", unknown=True)
    try:
        decoded = _JSON.decode(received.body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise _RefusedError(Verdict.FAILING, "not JSON", unknown=True) from None
    if not isinstance(decoded, dict):
        raise _RefusedError(Verdict.FAILING, "no object", unknown=True)
    data = decoded.get("data")
    errors = [_code_in(e) for e in (decoded, *objects_in(data, "errors"))]
    errors += [error_code_of(entry) for entry in objects_in(data, "rejected")]
    if _BAD_KEY in errors:
        raise _RefusedError(Verdict.BLOCKED, "key refused")
    failed = next((e for e in errors[: 1 + len(objects_in(data, "errors"))] if e != 0), None)
    if failed is not None or not isinstance(data, dict):
        code = failed if isinstance(failed, float) else None
        reason = "no code" if code is None else f"code {code:.0f}"
        raise _RefusedError(Verdict.FAILING, reason, unknown=code is None, code=code)
    return data


def _code_in(entry: dict[str, Any]) -> object:
    """An entry's code: as a number, where it is one."""
    code = number_in(entry.get("code"))
    return entry.get("code") if code is None else code


def _count(value: object) -> int | None:
    number = number_in(value)
    return None if number is None or not 0 <= number < _MOST_CREDITS else int(number)
