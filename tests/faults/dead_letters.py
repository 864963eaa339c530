"""What the stream's mapping does with records that it gives up on, as the redrive meets it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from tests.faults.simulated_stack import World


@dataclass(frozen=True)
class Letter:
    """A stretch of what was given up on: the places of its first record and of its last."""

    first: int
    last: int
    hidden_until: "datetime"


class Queue:
    """The queue's client."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def receive_message(self, **call: Any) -> Any:
        """The letters that are not hidden; they are then."""
        world = self._world

        def do() -> Any:
            seen = [
                notification
                for notification in world.notifications
                if notification.hidden_until <= world.now
            ]
            until = world.now + timedelta(seconds=call["VisibilityTimeout"])
            world.notifications = [
                replace(notification, hidden_until=until) if notification in seen else notification
                for notification in world.notifications
            ]
            return {"Messages": [_message(notification) for notification in seen]} if seen else {}

        return world.call("receive", "receive_message", "", do)

    def delete_message(self, **call: Any) -> Any:
        """Delete a letter; one that is gone stays so."""
        world = self._world

        def do() -> Any:
            receipt = call["ReceiptHandle"]
            world.notifications = [
                notification
                for notification in world.notifications
                if str(notification.first) != receipt
            ]
            return {}

        return world.call("write", "delete_message", "", do)


def _message(notification: Letter) -> dict[str, str]:
    info = {
        "streamArn": "arn:aws:dynamodb:stream",
        "shardId": "shard",
        "startSequenceNumber": str(notification.first),
        "endSequenceNumber": str(notification.last),
    }
    return {
        "ReceiptHandle": str(notification.first),
        "Body": json.dumps({"DDBStreamBatchInfo": info}),
    }


class Stream:
    """The client of the table's stream, which has what was given up on."""

    class exceptions:  # noqa: N801 - as the client calls it
        """What the client raises where the records are gone."""

        TrimmedDataAccessException = type("TrimmedDataAccessException", (Exception,), {})
        ResourceNotFoundException = type("ResourceNotFoundException", (Exception,), {})

    def __init__(self, world: "World") -> None:
        self._world = world

    def get_shard_iterator(self, **call: Any) -> Any:
        """Where a record stands."""
        return self._read("get_shard_iterator", lambda: {"ShardIterator": call["SequenceNumber"]})

    def get_records(self, **call: Any) -> Any:
        """The records from one on."""
        first = int(call["ShardIterator"])

        def do() -> Any:
            lost = self._world.lost[first:]
            return {
                "Records": [
                    {"dynamodb": {"Keys": {"pk": {"S": pk}}, "SequenceNumber": str(place)}}
                    for place, (pk, _) in enumerate(lost, first)
                ]
            }

        return self._read("get_records", do)

    def _read(self, name: str, do: Callable[[], Any]) -> Any:
        return self._world.call("read", name, "", do)
