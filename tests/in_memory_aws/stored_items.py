"""The items of a stand-in for DynamoDB, its indexes, and the stream of changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.in_memory_aws.expressions import Item
from tests.in_memory_aws.item_sizes import LARGEST_ITEM, refusal, size_of
from tests.support.template import table_definition

Key = tuple[str, str]

LONGEST_KEY = {"HASH": 2048, "RANGE": 1024}


@dataclass
class Index:
    """A secondary index: rows by hash key, and what it showed before each change."""

    hash_key: str
    range_key: str
    projected: frozenset[str]
    rows: dict[str, dict[Key, Item]] = field(default_factory=dict)

    def row(self, item: Item) -> Item | None:
        """What the index shows of an item; None where it shows nothing."""
        if self.hash_key not in item or self.range_key not in item:
            return None
        return {name: value for name, value in item.items() if name in self.projected}


@dataclass
class Written:
    """A change as the stream tells it."""

    key: Key
    number: int


@dataclass
class Tables:
    """The table's items and indexes, and the stream's records so far."""

    items: dict[Key, Item]
    indexes: dict[str, dict[str, dict[Key, Item]]]
    written: int
    largest: int


class StoredItems:
    """One table, made from the template.

    Args:
        name: The table's name.
        remember: Whether its indexes remember every earlier state, for showing it.
    """

    def __init__(self, name: str = "orders", *, remember: bool = False) -> None:
        definition = table_definition(name)
        self.name = name
        self.items: dict[Key, Item] = {}
        self.partitions: dict[str, set[str]] = {}
        self.stream: list[Written] = []
        self.lag: Callable[[int], int] = lambda states: 0  # noqa: ARG005
        self.busy: Callable[[], bool] = lambda: False
        self._numbered = 0
        self.largest = 0
        """The bytes of the largest item so far."""
        self._remember = remember
        self._longest = _key_lengths(definition)
        self.indexes = {
            index["IndexName"]: Index(
                hash_key=_key_of(index, "HASH"),
                range_key=_key_of(index, "RANGE"),
                projected=frozenset(
                    {
                        "pk",
                        "sk",
                        _key_of(index, "HASH"),
                        _key_of(index, "RANGE"),
                        *index["Projection"].get("NonKeyAttributes", ()),
                    }
                ),
            )
            for index in definition["GlobalSecondaryIndexes"]
        }
        self.earlier: dict[str, list[dict[str, dict[Key, Item]]]] = {
            name: [] for name in self.indexes
        }

    def listed(self, index: str) -> list[Item]:
        """The items that an index shows now."""
        rows = self.indexes[index].rows.values()
        return [self.items[key] for shown in rows for key in shown]

    def save(self) -> Tables:
        """The state, to come back to."""
        return Tables(
            dict(self.items),
            {
                name: {partition: dict(rows) for partition, rows in index.rows.items() if rows}
                for name, index in self.indexes.items()
            },
            self._numbered,
            self.largest,
        )

    def load(self, state: Tables) -> None:
        """Come back to a state. Earlier states of the indexes and the stream are forgotten."""
        self.items = dict(state.items)
        self.partitions = {}
        for pk, sk in self.items:
            self.partitions.setdefault(pk, set()).add(sk)
        for name, index in self.indexes.items():
            index.rows = {partition: dict(rows) for partition, rows in state.indexes[name].items()}
            self.earlier[name].clear()
        self._numbered = state.written
        self.largest = max(self.largest, state.largest)
        self.stream.clear()

    def check_item(self, item: Item) -> None:
        for name, longest in self._longest.items():
            if name in item or name in {"pk", "sk"}:
                held = item.get(name, {}).get("S")
                if not held or len(held.encode()) > longest:
                    raise refusal("ValidationException", f"{name} is no key that can be")
        size = size_of(item)
        if size > LARGEST_ITEM:
            raise refusal("ValidationException", "Item size has exceeded the maximum")
        self.largest = max(self.largest, size)

    def write(self, key: Key, after: Item | None) -> None:
        before = self.items.get(key)
        if after == before:
            return
        pk, sk = key
        if after is None:
            del self.items[key]
            self.partitions[pk].discard(sk)
        else:
            self.items[key] = after
            self.partitions.setdefault(pk, set()).add(sk)
        for name, index in self.indexes.items():
            self._reindex(name, index, key, before, after)
        self._numbered += 1
        self.stream.append(Written(key, self._numbered))

    def _reindex(
        self, name: str, index: Index, key: Key, before: Item | None, after: Item | None
    ) -> None:
        old = index.row(before) if before is not None else None
        new = index.row(after) if after is not None else None
        if old == new:
            return
        if self._remember:
            self.earlier[name].append({p: dict(rows) for p, rows in index.rows.items()})
        if old is not None:
            del index.rows[old[index.hash_key]["S"]][key]
        if new is not None:
            index.rows.setdefault(new[index.hash_key]["S"], {})[key] = new

    def shown(self, name: str) -> dict[str, dict[Key, Item]]:
        earlier = self.earlier[name]
        back = self.lag(len(earlier)) if earlier else 0
        return earlier[-back] if back else self.indexes[name].rows


def _key_of(index: Mapping[str, Any], kind: str) -> str:
    return str(next(k["AttributeName"] for k in index["KeySchema"] if k["KeyType"] == kind))


def key_of_item(item: Item) -> Key:
    try:
        return item["pk"]["S"], item["sk"]["S"]
    except KeyError as missing:
        raise refusal("ValidationException", f"no {missing} in the key") from missing


def _key_lengths(definition: Mapping[str, Any]) -> dict[str, int]:
    """How long the attributes may be that are keys, of the table or of an index."""
    schemas = [definition["KeySchema"]]
    schemas += [index["KeySchema"] for index in definition["GlobalSecondaryIndexes"]]
    longest: dict[str, int] = {}
    for part in (part for schema in schemas for part in schema):
        name, most = part["AttributeName"], LONGEST_KEY[part["KeyType"]]
        longest[name] = min(longest.get(name, most), most)
    return longest
