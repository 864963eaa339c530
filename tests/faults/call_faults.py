"""What can go wrong with a call to the outside, and what its caller then gets."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from stallwatch.domain.errors import StallwatchError
from stallwatch.tracking.source import SourceResponse

TIME_OUT_TAKES = timedelta(seconds=25)

OVERLAP = "overlap"
"""Another run of the same function begins and ends while this call is on its way."""

FAULTS: Mapping[str, tuple[str, ...]] = {
    "read": ("fail", "throttle", "time out", "kill"),
    "read many": ("fail", "throttle", "time out", "part", "kill"),
    "read index": ("fail", "throttle", "stale 1", "stale 2", "stale all", "part", "kill"),
    "write": (
        *("fail", "throttle", "conflict", "time out", "lost", "again"),
        *("kill", "kill after", "hang"),
    ),
    "publish": (
        *("fail", "throttle", "time out", "server error", "lost", "kill", "kill after", "hang"),
    ),
    "ask": ("error", "block", "missing", "slow", "kill", "hang"),
    "invoke": ("fail", "lost", "kill"),
    "register": ("fail", "time out", "lost", "kill", "kill after", "hang"),
    "quota": ("fail", "time out", "kill", "hang"),
    "receive": ("fail", "throttle", "time out", "lost", "kill", "kill after"),
}
"""What can go wrong with a call of each kind."""

REQUESTS = frozenset({"ask", "register", "quota"})
"""The calls that are requests to a source."""

LANDING = frozenset({"again", "kill after", "lost", "error", "slow", "block"})
"""What lets a call land."""

LANDED = frozenset({"lost", "kill after"})
"""What lets a call land and keeps its outcome from who made it."""


class KilledError(BaseException):
    """The function was killed: at its time's end, or by the explorer."""


def in_part(name: str, answer: Any) -> Any:
    """An answer that leaves out what one must ask for again."""
    if name == "query":
        items = answer["Items"]
        if len(items) > 1:
            answer = {"Items": items[:1], "LastEvaluatedKey": dict(items[0])}
        return answer
    ((table, found),) = answer["Responses"].items()
    if len(found) > 1:
        left = [{"pk": item["pk"], "sk": item["sk"]} for item in found[1:]]
        answer = {"Responses": {table: found[:1]}, "UnprocessedKeys": {table: {"Keys": left}}}
    return answer


def without_first(reply: SourceResponse) -> SourceResponse:
    """An answer that says nothing of the first number."""
    return replace(reply, answers=dict(list(reply.answers.items())[1:]))


def raised_by(fault: str, name: str) -> BaseException:
    """What a call raises that went wrong."""
    if fault in {"kill", "kill after"}:
        return KilledError()
    if fault in {"time out", "lost"}:
        return ReadTimeoutError(endpoint_url="http://standin")
    if fault == "conflict":
        return _conflict(name)
    if fault == "throttle":
        return _client_error("ThrottlingException", 400, name)
    if fault == "server error":
        return _client_error("InternalFailure", 500, name)
    return EndpointConnectionError(endpoint_url="http://standin")


def _conflict(name: str) -> ClientError:
    """A transaction is at an item: a single write is refused, another transaction is cancelled."""
    if name != "transact_write_items":
        return _client_error("TransactionConflictException", 400, name)
    cancelled = _client_error("TransactionCanceledException", 400, name)
    response: Any = cancelled.response
    response["CancellationReasons"] = [{"Code": "TransactionConflict"}] * 4
    return cancelled


def _client_error(code: str, status: int, name: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "the stand-in says so"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        name,
    )


def is_ours(error: BaseException | None) -> bool:
    """Whether a function may end with an error: it tells of the outside, not of the code."""
    return isinstance(error, (StallwatchError, ClientError, BotoCoreError))
