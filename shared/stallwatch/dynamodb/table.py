"""The table and its items: calls, and how values look on the wire.

What goes wrong comes out as `UnavailableError`, `ConditionFailedError` or `TransactionRefusedError`
(`stallwatch.domain.errors`), whatever the service called it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.domain.errors import ConditionFailedError, TransactionRefusedError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


Item = dict[str, Any]
"""An item, or a part of one, as the service takes it: `{"name": {"S": "value"}}`."""


STACK = "STACK"


ORDER = "ORDER"


TRACE = "TRACE"


WATCH = "WATCH"


WAKE = "WAKE"


PULL = "PULL"


PUBLISH = "PUBLISH"


TOTALS = "TOTALS"


FILE = "FILE"


LINK = "LINK#"
"""Stands before the id of a link in the sort key under its order."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table.

    Args:
        client: A DynamoDB client.
        name: The table's name.
    """

    client: "DynamoDBClient"
    name: str

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

    def put(self, item: Item, **call: Any) -> None:
        """Write an item.

        Raises:
            ConditionFailedError: the call's condition does not hold.
        """
        with _translated():
            self.client.put_item(TableName=self.name, Item=item, **call)

    def delete(self, pk: str, sk: str) -> None:
        """Delete an item, if it is there."""
        with _translated():
            self.client.delete_item(TableName=self.name, Key=key(pk, sk))

    def update(self, pk: str, sk: str, expression: str, **call: Any) -> Item:
        """Update an item.

        Returns:
            The attributes that the call's `ReturnValues` asks for.

        Raises:
            ConditionFailedError: the call's condition does not hold.
        """
        with _translated():
            answer = self.client.update_item(
                TableName=self.name,
                Key=key(pk, sk),
                UpdateExpression=expression,
                **call,
            )
        return answer.get("Attributes", {})

    def transact(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """Write several items or none.

        Args:
            parts: `{"Put": …}`, `{"Update": …}` and so on, without the table's name.

        Raises:
            TransactionRefusedError: a condition does not hold, or another write was at it.
        """
        named: list[Any] = [
            {kind: {"TableName": self.name, **call} for kind, call in part.items()}
            for part in parts
        ]
        with _translated():
            self.client.transact_write_items(TransactItems=named)


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
        raise UnavailableError(str(error)) from error


# Values on the wire.
def key(pk: str, sk: str) -> Item:
    """The key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def order_pk(order_id: str) -> str:
    """The partition of an order."""
    return f"ORDER#{order_id}"


def number_pk(tracking_number: str) -> str:
    """The partition of a tracking number, in which the orders stand that have it."""
    return f"NUMBER#{tracking_number}"


def link_pk(token_hash: str) -> str:
    """The partition of what a link opens."""
    return f"LINK#{token_hash}"


def order_id_of(pk: str) -> str:
    """The order whose partition it is."""
    return pk.removeprefix("ORDER#")


def string(value: str) -> dict[str, str]:
    """A string."""
    return {"S": value}


def number(value: int) -> dict[str, str]:
    """A whole number."""
    return {"N": str(value)}


def binary(value: bytes) -> dict[str, bytes]:
    """Bytes."""
    return {"B": value}


def boolean(value: object) -> dict[str, bool]:
    """A truth value."""
    return {"BOOL": bool(value)}


def seconds(value: datetime) -> dict[str, str]:
    """An instant, as seconds since 1970."""
    return {"N": str(int(value.timestamp()))}


def text_of(item: Item, name: str) -> str | None:
    """A string of an item, where it has it."""
    value = item.get(name)
    return None if value is None else value["S"]


def number_of(item: Item, name: str) -> int | None:
    """A whole number of an item, where it has it."""
    value = item.get(name)
    return None if value is None else int(value["N"])


def bytes_of(item: Item, name: str) -> bytes | None:
    """Bytes of an item, where it has them."""
    value = item.get(name)
    return None if value is None else value["B"]


def boolean_of(item: Item, name: str) -> bool | None:
    """A truth value of an item, where it has it."""
    value = item.get(name)
    return None if value is None else value["BOOL"]


def instant_of(item: Item, name: str) -> datetime | None:
    """An instant of an item, where it has it."""
    value = item.get(name)
    return None if value is None else datetime.fromtimestamp(int(value["N"]), UTC)


def without_none(item: Mapping[str, Any | None]) -> Item:
    """An item without the attributes that have no value."""
    return {name: value for name, value in item.items() if value is not None}
