"""A fast stand-in for DynamoDB: a client's methods over dictionaries, in one process.

It keeps to what the service says of conditions, transactions and limits, and passes the same
contract suite as AWS's own DynamoDB Local. Two things differ, both on purpose: its indexes may be
told to show any earlier state, as the real ones may, and it answers in microseconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from tests.in_memory_aws.expressions import Item, Parsed, RefusedError, condition, update
from tests.in_memory_aws.item_sizes import refusal, size_of
from tests.in_memory_aws.stored_items import Key, StoredItems, key_of_item

MOST_IN_TRANSACTION = 100
MOST_IN_BATCH_GET = 100
LARGEST_TRANSACTION = 4 * 1024 * 1024
LARGEST_PAGE = 1024 * 1024
_PLACEHOLDERS = {"ExpressionAttributeNames", "ExpressionAttributeValues"}


class InMemoryDynamoDb(StoredItems):
    """A client of DynamoDB with one table."""

    # The client's methods.

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Any:  # noqa: ARG002, N803
        self._is_table(TableName)
        item = self.items.get(key_of_item(Key))
        return {} if item is None else {"Item": item}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Any:  # noqa: N803
        ((table, request),) = RequestItems.items()
        self._is_table(table)
        keys = [key_of_item(key) for key in request["Keys"]]
        if not keys or len(keys) > MOST_IN_BATCH_GET or len(set(keys)) < len(keys):
            raise refusal("ValidationException", "too many keys, or the same twice")
        found = [self.items[key] for key in keys if key in self.items]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def query(self, **call: Any) -> Any:
        self._is_table(call["TableName"])
        values = call.get("ExpressionAttributeValues", {})
        matches = self._condition(call["KeyConditionExpression"], call, values).holds
        self._check_query(call)
        forward = call.get("ScanIndexForward", True)
        if "IndexName" in call:
            index = self.indexes[call["IndexName"]]
            partition = _equal_to(call, values, index.hash_key)
            rows = self.shown(call["IndexName"]).get(partition, {})
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
        key = key_of_item(Item)
        self.check_item(Item)
        self._check(call, self.items.get(key))
        self.write(key, dict(Item))
        return {}

    def update_item(self, *, TableName: str, Key: Item, **call: Any) -> Any:  # noqa: N803
        self._is_table(TableName)
        self._check_free()
        key = key_of_item(Key)
        before = self.items.get(key)
        self._check(call, before)
        after = self._updated(Key, before, call)
        self.write(key, after)
        return {"Attributes": after} if call.get("ReturnValues") == "ALL_NEW" else {}

    def delete_item(self, *, TableName: str, Key: Item, **call: Any) -> Any:  # noqa: N803
        self._is_table(TableName)
        self._check_free()
        key = key_of_item(Key)
        self._check(call, self.items.get(key))
        self.write(key, None)
        return {}

    def transact_write_items(self, *, TransactItems: Sequence[Any], **_: Any) -> Any:  # noqa: N803
        if not 1 <= len(TransactItems) <= MOST_IN_TRANSACTION:
            raise refusal("ValidationException", "too many parts in a transaction")
        writes: list[tuple[Key, Item | None]] = []
        keys: set[Key] = set()
        reasons = []
        size = 0
        for part in TransactItems:
            ((kind, call),) = part.items()
            self._is_table(call["TableName"])
            key = key_of_item(call["Item"] if kind == "Put" else call["Key"])
            if key in keys:
                raise refusal("ValidationException", "an item stands twice in a transaction")
            keys.add(key)
            before = self.items.get(key)
            try:
                self._check(call, before)
                reasons.append("None")
            except ClientError:
                reasons.append("ConditionalCheckFailed")
                continue
            if kind == "Put":
                self.check_item(call["Item"])
                writes.append((key, dict(call["Item"])))
            elif kind == "Update":
                writes.append((key, self._updated(call["Key"], before, call)))
            elif kind == "Delete":
                writes.append((key, None))
            size += size_of(writes[-1][1] or {}) if writes else 0
        if set(reasons) != {"None"}:
            raise ClientError(
                {
                    "Error": {"Code": "TransactionCanceledException", "Message": str(reasons)},
                    "CancellationReasons": [{"Code": reason} for reason in reasons],
                },
                "TransactWriteItems",
            )
        if size > LARGEST_TRANSACTION:
            raise refusal("ValidationException", "a transaction is too large")
        for key, after in writes:
            self.write(key, after)
        return {}

    def _check_free(self) -> None:
        """Refuse a single write while a transaction is at its item, where a test says so."""
        if self.busy():
            raise refusal("TransactionConflictException", "Transaction is ongoing for the item")

    def _check_query(self, call: Mapping[str, Any]) -> None:
        keys = {"pk", "sk"}
        if "IndexName" in call:
            index = self.indexes.get(call["IndexName"])
            if index is None or call.get("ConsistentRead"):
                raise refusal("ValidationException", "no such index, or no such read of one")
            keys = {index.hash_key, index.range_key}
        names = tuple(call.get("ExpressionAttributeNames", {}).items())
        if not condition(call["KeyConditionExpression"], names).named <= keys:
            raise refusal("ValidationException", "a condition on what is no key")
        if call.get("Limit", 1) < 1:
            raise refusal("ValidationException", "a page of none")

    # Inside.

    def _is_table(self, name: str) -> None:
        if name != self.name:
            raise refusal("ResourceNotFoundException", name)

    def _condition(self, text: str, call: Mapping[str, Any], values: Item) -> Parsed:
        names = call.get("ExpressionAttributeNames", {})
        try:
            found = condition(text, tuple(names.items()))
        except RefusedError as refused:
            raise refusal("ValidationException", str(refused)) from refused
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
            raise refusal("ValidationException", f"unused {unused}, missing {missing}")

    def _check(self, call: Mapping[str, Any], item: Item | None) -> None:
        text = call.get("ConditionExpression")
        if text is None:
            if "UpdateExpression" not in call and (_PLACEHOLDERS & call.keys()):
                raise refusal("ValidationException", "names or values without an expression")
            return
        values = call.get("ExpressionAttributeValues", {})
        condition_ = self._condition(text, call, values)
        try:
            holds = condition_.holds(item or {}, values)
        except RefusedError as refused:
            raise refusal("ValidationException", str(refused)) from refused
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
        except RefusedError as refused:
            raise refusal("ValidationException", str(refused)) from refused
        self.check_item(after)
        return after

    def _place(self, call: Mapping[str, Any], start: Item) -> tuple[str, Key]:
        order = "sk"
        if "IndexName" in call:
            order = self.indexes[call["IndexName"]].range_key
        return start[order]["S"], key_of_item(start)

    def _page(self, rows: list[Item], call: Mapping[str, Any]) -> Any:
        page: list[Item] = []
        size = 0
        can_fill = len(rows) * self.largest > LARGEST_PAGE
        for row in rows:
            if len(page) == call.get("Limit", len(rows)) or size > LARGEST_PAGE:
                break
            page.append(row)
            size += size_of(row) if can_fill else 0
        answer: dict[str, Any] = {"Count": len(page)}
        if call.get("Select") != "COUNT":
            answer["Items"] = page
        if (page and len(page) == call.get("Limit", -1)) or len(page) < len(rows):
            last = page[-1]
            names = {"pk", "sk"}
            if "IndexName" in call:
                index = self.indexes[call["IndexName"]]
                names |= {index.hash_key, index.range_key}
            answer["LastEvaluatedKey"] = {name: last[name] for name in names}
        return answer


def _equal_to(call: Mapping[str, Any], values: Item, name: str) -> str:
    """The value that a key condition wants a hash key to have."""
    names = call.get("ExpressionAttributeNames", {})
    for part in call["KeyConditionExpression"].split(" AND "):
        left, operator, right = (*part.strip().split(" ", 2), "", "")[:3]
        if operator == "=" and names.get(left, left) == name and "S" in values[right]:
            return str(values[right]["S"])
    raise refusal("ValidationException", f"no condition on {name}")
