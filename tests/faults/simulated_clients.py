"""The clients that the handlers get: the table, the topic, the source and the functions."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stallwatch.tracking.source import SourceResponse, Verdict
from tests.faults.call_faults import LANDED

if TYPE_CHECKING:
    from tests.faults.simulated_stack import World


@dataclass(frozen=True)
class Published:
    """A message that reached the topic, or may have."""

    batch: str
    kind: str
    orders: tuple[str, ...]
    """An empty name stands for the source."""
    language: str
    """Empty for the stack's."""
    run: int
    unknown: bool
    """Whether nobody can tell afterwards that it went out."""


class Database:
    """The table's client, through which every call passes."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def __getattr__(self, name: str) -> Callable[..., Any]:
        world, method = self._world, getattr(self._world.db, name)

        def call(**arguments: Any) -> Any:
            kind = _KINDS[name]
            if name == "query" and "IndexName" in arguments:
                kind = "read index"
            about = _about(name, arguments)

            def do() -> Any:
                answer = method(**arguments)
                if about == "STACK/PUBLISH":
                    world.note_marks(arguments.get("ExpressionAttributeValues", {}))
                return answer

            return world.call(kind, name, about, do)

        return call


_KINDS = {
    "get_item": "read",
    "batch_get_item": "read many",
    "query": "read",
    "put_item": "write",
    "update_item": "write",
    "delete_item": "write",
    "transact_write_items": "write",
}


class Topic:
    """The topic's client."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def publish(self, **call: Any) -> Any:
        world = self._world
        body = json.loads(json.loads(call["Message"])["default"])
        fault = world.faults.get(len(world.calls))

        if world.is_quiet():
            world.broken = world.broken or "spoken: in the quiet hours"

        def do() -> Any:
            answer = world.sns.publish(**call)
            orders = tuple(order["order_id"] for order in body["orders"]) or ("",)
            language = call["MessageAttributes"].get("language", {"StringValue": ""})
            world.published.append(
                Published(
                    batch=body["id"],
                    kind=body["kind"],
                    orders=orders,
                    language=language["StringValue"],
                    run=world.number,
                    unknown=fault in LANDED,
                )
            )
            return answer

        return world.call("publish", "publish", body["kind"], do)

    def close(self) -> None:
        """Drop the pooled connections."""


class Source:
    """The source."""

    name = "cainiao"

    def __init__(self, world: "World") -> None:
        self._world = world

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        world = self._world

        def do() -> SourceResponse:
            if world.asked and world.now - world.asked[-1][0] < world.interval:
                world.hurried += 1
            world.asked.append((world.now, len(numbers)))
            mode = world.source_mode(world.now)
            if mode == "down":
                return SourceResponse(Verdict.FAILING, reason="status 500")
            if mode == "blocked":
                return SourceResponse(Verdict.BLOCKED, reason="block page")
            return SourceResponse(Verdict.OK, {n: world.answer(world.journeys, n) for n in numbers})

        reply: SourceResponse = world.call("ask", "ask", f"{len(numbers)} numbers", do)
        return reply


class Functions:
    """The functions' client: counts the runs of the pull that were started."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def invoke(self, **_: Any) -> None:
        def do() -> None:
            self._world.nudges += 1

        self._world.call("invoke", "invoke", "pull", do)


def _about(name: str, arguments: Mapping[str, Any]) -> str:
    if name in {"get_item", "update_item", "delete_item"}:
        key = arguments["Key"]
    elif name == "put_item":
        key = arguments["Item"]
    elif name == "query":
        index = arguments.get("IndexName")
        values = arguments["ExpressionAttributeValues"]
        return str(index or next(iter(values.values()))["S"])
    else:
        return ""
    return f"{key['pk']['S']}/{key['sk']['S']}"
