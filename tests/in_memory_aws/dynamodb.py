"""A fast stand-in for DynamoDB: a client's methods over dictionaries, in one process.

It keeps to what the service says of conditions, transactions and limits, and passes the same
contract suite as AWS's own DynamoDB Local. Two things differ, both on purpose: its indexes may be
told to show any earlier state, as the real ones may, and it answers in microseconds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.in_memory_aws.expressions import Item, Parsed, RefusedError, condition, update
from tests.support.template import table_definition

Key = tuple[str, str]

MOST_IN_TRANSACTION = 100
MOST_IN_BATCH_GET = 100
LARGEST_ITEM = 400 * 1024
LARGEST_TRANSACTION = 4 * 1024 * 1024
LARGEST_PAGE = 1024 * 1024
LONGEST_KEY = {"HASH": 2048, "RANGE": 1024}
MOST_DIGITS = 38
DEEPEST = 32
"""Levels of lists and maps."""

_PLACEHOLDERS = {"ExpressionAttributeNames", "ExpressionAttributeValues"}


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


class InMemoryDynamoDb:
    """A client of DynamoDB with one table, made from the template.

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
        self._remember = remember
        self._longest = _key_lengths(definition)
        self._indexes = {
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
            name: [] for name in self._indexes
        }

    def listed(self, index: str) -> list[Item]:
        """The items that an index shows now."""
        rows = self._indexes[index].rows.values()
        return [self.items[key] for shown in rows for key in shown]

    # The client's methods.

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Any:  # noqa: ARG002, N803
        self._is_table(TableName)
        item = self.items.get(_key(Key))
        return {} if item is None else {"Item": item}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Any:  # noqa: N803
        ((table, request),) = RequestItems.items()
        self._is_table(table)
        keys = [_key(key) for key in request["Keys"]]
        if not keys or len(keys) > MOST_IN_BATCH_GET or len(set(keys)) < len(keys):
            raise _refusal("ValidationException", "too many keys, or the same twice")
        found = [self.items[key] for key in keys if key in self.items]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def query(self, **call: Any) -> Any:
        self._is_table(call["TableName"])
        values = call.get("ExpressionAttributeValues", {})
        matches = self._condition(call["KeyConditionExpression"], call, values).holds
        self._check_query(call)
        forward = call.get("ScanIndexForward", True)
        if "IndexName" in call:
            index = self._indexes[call["IndexName"]]
            partition = _equal_to(call, values, index.hash_key)
            rows = self._shown(call["IndexName"]).get(partition, {})
            order = index.range_key
            found = sorted(
                ((row[order]["S"], key), row) for key, row in rows.items() if matches(row, values)
            )
        else:
            partition = _equal_to(call, values, "pk")
            found = sorted(
                ((sk, (partition, sk)), self.items[partition, sk])
                for sk in self.partitions.get(partition, ())
                if matches(self.items[partition, sk], values)
            )
        if not forward:
            found.reverse()
        start = call.get("ExclusiveStartKey")
        if start is not None:
            place = self._place(call, start)
            found = [(at, row) for at, row in found if (at > place if forward else at < place)]
        return self._page([row for _, row in found], call)

    def scan(self, *, TableName: str, ConsistentRead: bool = False) -> Any:  # noqa: ARG002, N803
        self._is_table(TableName)
        return {"Items": list(self.items.values())}

    def put_item(self, *, TableName: str, Item: Item, **call: Any) -> Any:  # noqa: N803
        self._is_table(TableName)
        self._check_free()
        key = _key(Item)
        self._check_item(Item)
        self._check(call, self.items.get(key))
        self._write(key, dict(Item))
        return {}

    def update_item(self, *, TableName: str, Key: Item, **call: Any) -> Any:  # noqa: N803
        self._is_table(TableName)
        self._check_free()
        key = _key(Key)
        before = self.items.get(key)
        self._check(call, before)
        after = self._updated(Key, before, call)
        self._write(key, after)
        return {"Attributes": after} if call.get("ReturnValues") == "ALL_NEW" else {}

    def delete_item(self, *, TableName: str, Key: Item, **call: Any) -> Any:  # noqa: N803
        self._is_table(TableName)
        self._check_free()
        key = _key(Key)
        self._check(call, self.items.get(key))
        self._write(key, None)
        return {}

    def transact_write_items(self, *, TransactItems: Sequence[Any], **_: Any) -> Any:  # noqa: N803
        if not 1 <= len(TransactItems) <= MOST_IN_TRANSACTION:
            raise _refusal("ValidationException", "too many parts in a transaction")
        writes: list[tuple[Key, Item | None]] = []
        keys: set[Key] = set()
        reasons = []
        size = 0
        for part in TransactItems:
            ((kind, call),) = part.items()
            self._is_table(call["TableName"])
            key = _key(call["Item"] if kind == "Put" else call["Key"])
            if key in keys:
                raise _refusal("ValidationException", "an item stands twice in a transaction")
            keys.add(key)
            before = self.items.get(key)
            try:
                self._check(call, before)
                reasons.append("None")
            except ClientError:
                reasons.append("ConditionalCheckFailed")
                continue
            if kind == "Put":
                self._check_item(call["Item"])
                writes.append((key, dict(call["Item"])))
            elif kind == "Update":
                writes.append((key, self._updated(call["Key"], before, call)))
            elif kind == "Delete":
                writes.append((key, None))
            size += _size(writes[-1][1] or {}) if writes else 0
        if set(reasons) != {"None"}:
            raise ClientError(
                {
                    "Error": {"Code": "TransactionCanceledException", "Message": str(reasons)},
                    "CancellationReasons": [{"Code": reason} for reason in reasons],
                },
                "TransactWriteItems",
            )
        if size > LARGEST_TRANSACTION:
            raise _refusal("ValidationException", "a transaction is too large")
        for key, after in writes:
            self._write(key, after)
        return {}

    def _check_free(self) -> None:
        """Refuse a single write while a transaction is at its item, where a test says so."""
        if self.busy():
            raise _refusal("TransactionConflictException", "Transaction is ongoing for the item")

    def _check_query(self, call: Mapping[str, Any]) -> None:
        keys = {"pk", "sk"}
        if "IndexName" in call:
            index = self._indexes.get(call["IndexName"])
            if index is None or call.get("ConsistentRead"):
                raise _refusal("ValidationException", "no such index, or no such read of one")
            keys = {index.hash_key, index.range_key}
        names = tuple(call.get("ExpressionAttributeNames", {}).items())
        if not condition(call["KeyConditionExpression"], names).named <= keys:
            raise _refusal("ValidationException", "a condition on what is no key")
        if call.get("Limit", 1) < 1:
            raise _refusal("ValidationException", "a page of none")

    # What the explorer asks.

    def save(self) -> Tables:
        """The state, to come back to."""
        return Tables(
            dict(self.items),
            {
                name: {partition: dict(rows) for partition, rows in index.rows.items() if rows}
                for name, index in self._indexes.items()
            },
            self._numbered,
        )

    def load(self, state: Tables) -> None:
        """Come back to a state. Earlier states of the indexes and the stream are forgotten."""
        self.items = dict(state.items)
        self.partitions = {}
        for pk, sk in self.items:
            self.partitions.setdefault(pk, set()).add(sk)
        for name, index in self._indexes.items():
            index.rows = {partition: dict(rows) for partition, rows in state.indexes[name].items()}
            self.earlier[name].clear()
        self._numbered = state.written
        self.stream.clear()

    # Inside.

    def _is_table(self, name: str) -> None:
        if name != self.name:
            raise _refusal("ResourceNotFoundException", name)

    def _condition(self, text: str, call: Mapping[str, Any], values: Item) -> Parsed:
        names = call.get("ExpressionAttributeNames", {})
        try:
            found = condition(text, tuple(names.items()))
        except RefusedError as refusal:
            raise _refusal("ValidationException", str(refusal)) from refusal
        self._all_used(found.used, call, names, values)
        return found

    def _all_used(
        self, used: frozenset[str], call: Mapping[str, Any], names: Item, values: Item
    ) -> None:
        if "UpdateExpression" in call and "ConditionExpression" in call:
            return  # both are looked at together, in `_updated`
        unused = {*names, *values} - used
        missing = {name for name in used if name.startswith(":")} - values.keys()
        if unused or missing:
            raise _refusal("ValidationException", f"unused {unused}, missing {missing}")

    def _check(self, call: Mapping[str, Any], item: Item | None) -> None:
        text = call.get("ConditionExpression")
        if text is None:
            if "UpdateExpression" not in call and (_PLACEHOLDERS & call.keys()):
                raise _refusal("ValidationException", "names or values without an expression")
            return
        values = call.get("ExpressionAttributeValues", {})
        condition_ = self._condition(text, call, values)
        try:
            holds = condition_.holds(item or {}, values)
        except RefusedError as refusal:
            raise _refusal("ValidationException", str(refusal)) from refusal
        if holds:
            return
        response: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "refused"}}
        if call.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and item is not None:
            response["Item"] = item
        raise ClientError(response, "UpdateItem")

    def _updated(self, key: Item, before: Item | None, call: Mapping[str, Any]) -> Item:
        names = call.get("ExpressionAttributeNames", {})
        values = call.get("ExpressionAttributeValues", {})
        try:
            apply, used = update(call["UpdateExpression"], tuple(names.items()))
            if "ConditionExpression" in call:
                used |= condition(call["ConditionExpression"], tuple(names.items())).used
            unused = {*names, *values} - used
            missing = {name for name in used if name.startswith(":")} - values.keys()
            if unused or missing:
                raise RefusedError(f"unused {unused}, missing {missing}")  # noqa: TRY301
            after = apply(before or dict(key), values)
        except RefusedError as refusal:
            raise _refusal("ValidationException", str(refusal)) from refusal
        self._check_item(after)
        return after

    def _check_item(self, item: Item) -> None:
        for name, longest in self._longest.items():
            if name in item or name in {"pk", "sk"}:
                held = item.get(name, {}).get("S")
                if not held or len(held.encode()) > longest:
                    raise _refusal("ValidationException", f"{name} is no key that can be")
        if _size(item) > LARGEST_ITEM:
            raise _refusal("ValidationException", "Item size has exceeded the maximum")

    def _write(self, key: Key, after: Item | None) -> None:
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
        for name, index in self._indexes.items():
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

    def _shown(self, name: str) -> dict[str, dict[Key, Item]]:
        earlier = self.earlier[name]
        back = self.lag(len(earlier)) if earlier else 0
        return earlier[-back] if back else self._indexes[name].rows

    def _place(self, call: Mapping[str, Any], start: Item) -> tuple[str, Key]:
        order = "sk"
        if "IndexName" in call:
            order = self._indexes[call["IndexName"]].range_key
        return start[order]["S"], _key(start)

    def _page(self, rows: list[Item], call: Mapping[str, Any]) -> Any:
        page: list[Item] = []
        size = 0
        for row in rows:
            if len(page) == call.get("Limit", len(rows)) or size > LARGEST_PAGE:
                break
            page.append(row)
            # Few rows cannot fill a page.
            size += _size(row) if len(rows) * LARGEST_ITEM > LARGEST_PAGE else 0
        answer: dict[str, Any] = {"Count": len(page)}
        if call.get("Select") != "COUNT":
            answer["Items"] = page
        if (page and len(page) == call.get("Limit", -1)) or len(page) < len(rows):
            last = page[-1]
            names = {"pk", "sk"}
            if "IndexName" in call:
                index = self._indexes[call["IndexName"]]
                names |= {index.hash_key, index.range_key}
            answer["LastEvaluatedKey"] = {name: last[name] for name in names}
        return answer


def _key_of(index: Mapping[str, Any], kind: str) -> str:
    return str(next(k["AttributeName"] for k in index["KeySchema"] if k["KeyType"] == kind))


def _key(item: Item) -> Key:
    try:
        return item["pk"]["S"], item["sk"]["S"]
    except KeyError as missing:
        raise _refusal("ValidationException", f"no {missing} in the key") from missing


def _equal_to(call: Mapping[str, Any], values: Item, name: str) -> str:
    """The value that a key condition wants a hash key to have."""
    names = call.get("ExpressionAttributeNames", {})
    for part in call["KeyConditionExpression"].split(" AND "):
        left, operator, right = (*part.strip().split(" ", 2), "", "")[:3]
        if operator == "=" and names.get(left, left) == name and "S" in values[right]:
            return str(values[right]["S"])
    raise _refusal("ValidationException", f"no condition on {name}")


def _key_lengths(definition: Mapping[str, Any]) -> dict[str, int]:
    """How long the attributes may be that are keys, of the table or of an index."""
    schemas = [definition["KeySchema"]]
    schemas += [index["KeySchema"] for index in definition["GlobalSecondaryIndexes"]]
    longest: dict[str, int] = {}
    for part in (part for schema in schemas for part in schema):
        name, most = part["AttributeName"], LONGEST_KEY[part["KeyType"]]
        longest[name] = min(longest.get(name, most), most)
    return longest


def _size(item: Mapping[str, Any], depth: int = 0) -> int:
    """The bytes of an item, which is refused where a value is none."""
    size = 0
    for name, value in item.items():
        size += _bytes(name) + _value_size(value, depth)
    return size


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _value_size(value: Any, depth: int) -> int:
    ((kind, held),) = value.items()
    if kind == "S" and isinstance(held, str):
        return _bytes(held)
    if kind == "N" and _is_number(held):
        return len(held) // 2 + 2
    if kind == "B" and isinstance(held, bytes):
        return len(held)
    if kind == "L" and depth < DEEPEST:
        return 3 + sum(1 + _value_size(inner, depth + 1) for inner in held)
    if kind == "M" and depth < DEEPEST:
        return 3 + _size(held, depth + 1) + len(held)
    if kind in {"SS", "NS"} and held and len(set(held)) == len(held):
        return sum(_value_size({kind[0]: inner}, depth) for inner in held)
    if kind == "BOOL" and isinstance(held, bool):
        return 1
    raise _refusal("ValidationException", f"{value} is no value")


def _is_number(held: Any) -> bool:
    """Whether it is a whole number: the product knows no others."""
    digits = held.removeprefix("-") if isinstance(held, str) else ""
    return digits.isdecimal() and len(digits) <= MOST_DIGITS


def _refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")
