"""What the code before the first release stored and answered, as `tests.upgrade.record` kept it.

An answer of today holds all that the answer of then held, with the same values. What it holds
besides is new; what differs on purpose stands in `CHANGED`, with why.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from tests.support.template import ROOT

RECORDED = ROOT / "tests" / "data" / "upgrade" / "before_the_first_release.json"

KINDS = frozenset(
    {
        *("ORDER/ORDER", "ORDER/TRACE", "ORDER/WATCH", "ORDER/ALERT", "ORDER/LINK", "LINK/FILE"),
        *("NUMBER/ORDER", "TURN/RUN", "STACK/ALERT", "STACK/CREDITS", "STACK/EXPERIENCE"),
        *("STACK/MONEY", "STACK/PUBLISH", "STACK/PULL", "STACK/SOURCE", "STACK/SUBSCRIPTION"),
        *("STACK/TOTALS", "STACK/WAKE"),
    }
)
"""The kinds of items that there were, by the beginnings of their keys."""

CHANGED: Mapping[str, str] = {
    "/orders*: advice": "the sentences of the second edition",
    "/orders/*: observations*text": "the same",
    "/orders/*/drafts: drafts*": "the same, and only the drafts that fit what was done",
    "/orders*: late_on": "a day that a deadline leaves no room for is not shown",
    "/orders*: claim_opens_on": "the same",
    "/orders*: reminder_on": "the same",
    "/orders/*/claim: checkpoints": "what both sources tell of stands there once",
    "/orders/*/claim: buyer*taken_back": "shown where it is so",
    "/orders/*/claim: buyer*until": "shown where there is one",
    "/orders/*/claim: sha256": "follows from the others",
    "/subscriptions: subscriptions*kinds*": "a set: the same kinds in another order",
}
"""Where an answer of today differs on purpose, as a pattern of `path: field`, each with why."""

LISTS = ("urgent", "deadline")
"""The orders of lists in which an order stands by what only a later version derived."""

BY_URGENCY = ("claim", "action", "attention")

ENDPOINTS = (
    {"protocol": "email", "endpoint": "buyer@example.org"},
    {"protocol": "sms", "endpoint": "+4915112345678"},
    {"protocol": "email", "endpoint": "kauf@example.org", "translated": True},
)
"""The subscribers that SNS had."""


@dataclass(frozen=True)
class Recorded:
    """The record."""

    now: datetime
    """When the answers were given."""
    items: Sequence[dict[str, Any]]
    """All of the table."""
    answers: Mapping[str, Any]
    """By the path that was asked for."""


def recorded() -> Recorded:
    """Read the record."""
    held = json.loads(RECORDED.read_text("utf-8"))
    items = [{name: _value(value) for name, value in item.items()} for item in held["items"]]
    return Recorded(datetime.fromisoformat(held["now"]), items, held["answers"])


def _value(value: Mapping[str, Any]) -> dict[str, Any]:
    """A value of the service, with its bytes."""
    ((kind, held),) = value.items()
    if kind == "B":
        return {kind: base64.b64decode(held)}
    if kind == "L":
        return {kind: [_value(inner) for inner in held]}
    if kind == "M":
        return {kind: {name: _value(inner) for name, inner in held.items()}}
    return {kind: held}


def kind_of(item: Mapping[str, Any]) -> str:
    """The kind of an item, by the beginnings of its keys."""
    return "/".join(item[name]["S"].partition("#")[0] for name in ("pk", "sk"))


def watched(record: Recorded) -> set[str]:
    """The orders that were being watched then."""
    return {
        order["order_id"] for order in record.answers["/orders"] if order["state"] == "watching"
    }


def wrong_in_list(record: Recorded, sort: str, orders: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a list of all orders by urgency or by deadline."""
    listed = [order["order_id"] for order in orders]
    wrong = [
        f"sort={sort}: {order_id} stands there {listed.count(order_id)} times"
        for order_id in sorted(watched(record))
        if listed.count(order_id) != 1
    ]
    severities = [order["severity"] for order in orders]
    ranks = [BY_URGENCY.index(s) if s in BY_URGENCY else len(BY_URGENCY) for s in severities]
    if sort == "urgent" and ranks != sorted(ranks):
        wrong.append(f"sort={sort}: the severities stand as {severities}")
    return wrong


def fill(client: Any, table: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Write items into a table as they stand."""
    for first in range(0, len(items), 25):
        wanted: Any = [{"PutRequest": {"Item": item}} for item in items[first : first + 25]]
        while wanted:
            answer = client.batch_write_item(RequestItems={table: wanted})
            wanted = answer.get("UnprocessedItems", {}).get(table)


def values(answer: Any) -> int:
    """How many values an answer holds."""
    if isinstance(answer, Mapping):
        return sum(map(values, answer.values()))
    return sum(map(values, answer)) if isinstance(answer, list) else 1


def differences(
    before: Any, after: Any, where: str = "", besides: Mapping[str, str] | None = None
) -> Iterator[str]:
    """What an answer of today lacks of an answer of then, or says otherwise.

    Args:
        before: The answer of then.
        after: The answer of today.
        where: What it is.
        besides: Where it may differ besides, as in `CHANGED`.
    """
    patterns = [*CHANGED, *(besides or {})]
    if any(fnmatchcase(where, pattern) for pattern in patterns):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            inner = f"{where}.{name}" if ": " in where else f"{where}: {name}"
            if name in after:
                yield from differences(value, after[name], inner, besides)
            elif not any(fnmatchcase(inner, pattern) for pattern in patterns):
                yield f"{inner} is gone; it was {value!r}"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for n, (then, now) in enumerate(zip(before, after, strict=True)):
            yield from differences(then, now, f"{where}[{n}]", besides)
    elif before != after:
        yield f"{where} was {before!r}, and is {after!r}"
