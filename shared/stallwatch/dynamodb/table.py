"""The table: its calls, its keys and what becomes of its errors.

What goes wrong comes out as `UnavailableError`, `ConditionFailedError` or `TransactionRefusedError`
(`stallwatch.domain.errors`), whatever the service called it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import uniform
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.domain.errors import ConditionFailedError, TransactionRefusedError, UnavailableError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.wire import SCHEMA, VERSION, Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_CONFLICT_TRIES = 6


_FIRST_PAUSE = 0.02
"""Seconds; the longest pause doubles with each try."""


STACK = "STACK"


ORDER = "ORDER"


TRACE = "TRACE"


WATCH = "WATCH"


WAKE = "WAKE"


PULL = "PULL"


PUBLISH = "PUBLISH"


TOTALS = "TOTALS"


FILE = "FILE"


CHECK = "CHECK"


TEST_MESSAGE = "TEST"


LINK = "LINK#"
"""Stands before the id of a link in the sort key under its order."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table.

    Args:
        client: A DynamoDB client.
        name: The table's name.
        sleep: Waits some seconds.
    """

    client: "DynamoDBClient"
    name: str
    sleep: Callable[[float], None] = time.sleep

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """One item."""
        with _translated():
            found = self.client.get_item(
                TableName=self.name, Key=key(pk, sk), ConsistentRead=consistent
            )
        return found.get("Item")

    def get_many(self, keys: Sequence[tuple[str, str]]) -> list[Item]:
        """The items that exist among some keys, consistently, in no order."""
        found: list[Item] = []
        wanted: list[Any] = [key(pk, sk) for pk, sk in dict.fromkeys(keys)]
        while wanted:
            batch, wanted = wanted[:100], wanted[100:]
            with _translated():
                answer = self.client.batch_get_item(
                    RequestItems={self.name: {"Keys": batch, "ConsistentRead": True}}
                )
            found += answer["Responses"].get(self.name, [])
            if self.name in answer.get("UnprocessedKeys", {}):
                wanted += answer["UnprocessedKeys"][self.name]["Keys"]
        return found

    def query(self, **call: Any) -> Iterator[Item]:
        """The items that a query gives, page by page as they are needed."""
        for page in self.pages(**call):
            yield from page

    def pages(self, **call: Any) -> Iterator[list[Item]]:
        """The pages that a query gives."""
        call["TableName"] = self.name
        while True:
            with _translated():
                answer = self.client.query(**call)
            yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            call["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def count(self, **call: Any) -> int:
        """How many items a query gives, without reading them over."""
        call |= {"TableName": self.name, "Select": "COUNT"}
        counted = 0
        while True:
            with _translated():
                answer = self.client.query(**call)
            counted += answer["Count"]
            if "LastEvaluatedKey" not in answer:
                return counted
            call["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put(self, item: Item, **call: Any) -> None:
        """Write an item.

        Raises:
            ConditionFailedError: the call's condition does not hold.
        """
        self._write(self.client.put_item, Item=_stamped(item), **call)

    def delete(self, pk: str, sk: str) -> None:
        """Delete an item, if it is there."""
        self._write(self.client.delete_item, Key=key(pk, sk))

    def update(self, pk: str, sk: str, expression: str, **call: Any) -> Item:
        """Update an item.

        Returns:
            The attributes that the call's `ReturnValues` asks for.

        Raises:
            ConditionFailedError: the call's condition does not hold.
        """
        update = _stamped_update({"Key": key(pk, sk), "UpdateExpression": expression, **call})
        attributes: Item = self._write(self.client.update_item, **update).get("Attributes", {})
        return attributes

    def transact(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """Write several items or none.

        Args:
            parts: `{"Put": …}`, `{"Update": …}` and so on, without the table's name.

        Raises:
            TransactionRefusedError: a condition does not hold, or another write was at it.
        """
        named: list[Any] = [
            {kind: {"TableName": self.name, **_stamped_part(kind, call)}}
            for part in parts
            for kind, call in part.items()
        ]
        with _translated():
            self.client.transact_write_items(TransactItems=named)

    def _write(self, operation: Callable[..., Any], **call: Any) -> Any:
        """Write one item, again where a transaction is at it: the SDK does not retry that.

        The pauses are random, so that two writers that met do not meet again.
        """
        for attempt in range(_CONFLICT_TRIES):
            try:
                with _translated():
                    return operation(TableName=self.name, **call)
            except _BusyError as error:
                if attempt == _CONFLICT_TRIES - 1:
                    raise UnavailableError(str(error)) from error
                self.sleep(uniform(0, _FIRST_PAUSE * 2**attempt))  # noqa: S311 # nosec B311 - no secret
        raise AssertionError


class _BusyError(Exception):
    """A transaction was at the item; nothing was written."""


@dataclass(frozen=True, slots=True)
class TableStore:
    """What every store has: the table, and nothing else.

    Args:
        table: The table.
    """

    table: Table


@contextmanager
def _translated() -> Iterator[None]:
    """Turns what the service refuses, or does not answer, into our own errors."""
    try:
        yield
    except BotoCoreError as error:
        raise UnavailableError(str(error)) from error
    except ClientError as error:
        response: Any = error.response
        code = response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            raise ConditionFailedError(response.get("Item")) from error
        if code == "TransactionCanceledException":
            reasons = response.get("CancellationReasons", [])
            raise TransactionRefusedError([r.get("Code", "None") for r in reasons]) from error
        if code == "TransactionConflictException":
            raise _BusyError(str(error)) from error
        raise UnavailableError(str(error)) from error


# The version of the schema.
def _stamped(item: Mapping[str, Any]) -> Item:
    """An item with the version of the schema in which it is written."""
    return {**item, SCHEMA: wire.value(VERSION)}


def _stamped_part(kind: str, call: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of a transaction, stamped where it writes a whole item or may create one."""
    if kind == "Put":
        return {**call, "Item": _stamped(call["Item"])}
    return _stamped_update(call) if kind == "Update" else call


def _stamped_update(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """An update, stamped where it may create its item: under the stack.

    An item that exists keeps its version: an update writes some of its attributes only.
    """
    if call["Key"]["pk"] != {"S": STACK}:
        return call
    stamp = f"SET {SCHEMA} = if_not_exists({SCHEMA}, :{SCHEMA})"
    before, verb, after = call["UpdateExpression"].partition("SET ")
    expression = f"{before}{stamp}, {after}" if verb else f"{stamp} {before}"
    values = {**call.get("ExpressionAttributeValues", {}), f":{SCHEMA}": wire.value(VERSION)}
    return {**call, "UpdateExpression": expression, "ExpressionAttributeValues": values}


# Keys.
def key(pk: str, sk: str) -> Item:
    """The key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def order_pk(order_id: str) -> str:
    """The partition of an order."""
    return f"ORDER#{order_id}"


def number_pk(tracking_number: str) -> str:
    """The partition of a tracking number, in which the orders stand that have it."""
    return f"NUMBER#{tracking_number}"


def turn_pk(turn: str) -> str:
    """The partition of a turn of the day, in which its run records stand."""
    return f"TURN#{turn}"


def link_pk(token_hash: str) -> str:
    """The partition of what a link opens."""
    return f"LINK#{token_hash}"


def order_id_of(pk: str) -> str:
    """The order whose partition it is."""
    return pk.removeprefix("ORDER#")
