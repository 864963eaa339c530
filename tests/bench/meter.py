"""Counts what a DynamoDB client's calls consume, as the service itself says."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})
READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})


@dataclass(frozen=True)
class Taken:
    """What some calls consumed."""

    calls: Counter[str]
    read: float
    written: float
    written_to: Counter[str]


@dataclass
class Meter:
    """Units by what was touched: the last part of the sort key, or the index."""

    calls: Counter[str] = field(default_factory=Counter)
    read: float = 0.0
    written: float = 0.0
    written_to: Counter[str] = field(default_factory=Counter)
    """Write units by the kind of item, and by index."""

    def taken(self) -> Taken:
        """What was consumed since the last time."""
        taken = Taken(self.calls, self.read, self.written, self.written_to)
        self.calls, self.written_to = Counter(), Counter()
        self.read = self.written = 0.0
        return taken

    def watch(self, client: Any) -> "Meter":
        """Count what a client does from now on."""
        events = client.meta.events
        for name in WRITES | READS:
            events.register(f"before-parameter-build.dynamodb.{name}", self._ask)
            events.register(f"after-call.dynamodb.{name}", self._take)
        return self

    def _ask(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "INDEXES"
        context["about"] = _about(params)

    def _take(self, model: Any, parsed: Mapping[str, Any], context: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        consumed = parsed.get("ConsumedCapacity", [])
        for capacity in consumed if isinstance(consumed, list) else [consumed]:
            units = capacity["CapacityUnits"]
            if model.name in READS:
                self.read += units
                continue
            self.written += units
            self.written_to[context["about"]] += capacity.get("Table", {}).get("CapacityUnits", 0)
            for index, part in capacity.get("GlobalSecondaryIndexes", {}).items():
                self.written_to[f"index {index}"] += part["CapacityUnits"]


def _about(params: Mapping[str, Any]) -> str:
    """The kind of the item that a write is about."""
    key = params.get("Key") or params.get("Item")
    if key is None:
        return "in transactions" if "TransactItems" in params else ""
    if "pk" not in key:
        return ""
    pk, sk = key["pk"]["S"], key["sk"]["S"]
    return f"{pk}/{sk}" if pk == "STACK" else sk.partition("#")[0]
