"""What DynamoDB refuses: the stand-in that the fault explorer runs on refuses it too.

Every limit is tried on AWS's own engine beside the stand-in: just within it, and just beyond.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from stallwatch.dynamodb.table import Table, key
from stallwatch.dynamodb.wire import Item, value

Call = Callable[[Any, str], object]
"""Does something with a client and the name of its table."""

HERE = key("a", "S")
LARGEST = 400 * 1024


@pytest.fixture(params=["standin", "dynamodb"])
def table(request: pytest.FixtureRequest) -> Table:
    fixture = "standin_table" if request.param == "standin" else "local_table"
    found: Table = request.getfixturevalue(fixture)
    found.put({**HERE, "text": value("t"), "many": value(3), "list": {"L": [value("x")]}})
    return found


def put(item: Item, **more: Any) -> Call:
    return lambda client, name: client.put_item(TableName=name, Item=item, **more)


def update(expression: str, values: Item | None = None, **more: Any) -> Call:
    if values is not None:
        more["ExpressionAttributeValues"] = values
    return lambda client, name: client.update_item(
        TableName=name, Key=HERE, UpdateExpression=expression, **more
    )


def query(condition: str, values: Item, **more: Any) -> Call:
    return lambda client, name: client.query(
        TableName=name, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
    )


def transact(*parts: tuple[str, Any]) -> Call:
    return lambda client, name: client.transact_write_items(
        TransactItems=[{kind: {"TableName": name, **call}} for kind, call in parts]
    )


def get_many(*pks: str) -> Call:
    keys = [key(pk, "S") for pk in pks]
    return lambda client, name: client.batch_get_item(RequestItems={name: {"Keys": keys}})


def puts(*items: Item) -> Call:
    return transact(*(("Put", {"Item": item}) for item in items))


def of_size(size: int, pk: str = "b") -> Item:
    """An item of so many bytes, names included."""
    item = {**key(pk, "S"), "x": value("")}
    item["x"] = value("x" * (size - len("pk") - len(pk) - len("sk") - len("S") - len("x")))
    return item


def nested(levels: int) -> Item:
    value: Item = {"L": []}
    for _ in range(levels - 1):
        value = {"L": [value]}
    return {**key("b", "S"), "x": value}


def operators(count: int) -> str:
    """A condition with so many of them."""
    return " OR ".join(["pk = :a"] * ((count + 1) // 2))


ROW = {"slot": value("NEW")}
IS = {":a": value("a")}

WITHIN: dict[str, Call] = {
    "an item of 400 KB": put(of_size(LARGEST)),
    "a letter of two bytes": put({**key("b", "S"), "x": value("é" * (LARGEST // 2 - 6))}),
    # It is the range key of an index too.
    "a long partition key": put(key("p" * 1024, "S")),
    "a long sort key": put(key("b", "s" * 1024)),
    "a long index key": put({**key("b", "S"), "slot": value("x" * 2048)}),
    "an index row": put({**key("b", "S"), **ROW}),
    "an empty text": put({**key("b", "S"), "x": value("")}),
    "an empty list": put({**key("b", "S"), "x": {"L": []}}),
    "a number of 38 digits": put({**key("b", "S"), "x": {"N": "9" * 38}}),
    "lists in lists": put(nested(31)),
    "a transaction of 100": puts(*(key(f"p{n}", "S") for n in range(100))),
    "a transaction of 4 MB": puts(*(of_size(LARGEST, f"{n:02}") for n in range(10))),
    "100 keys": get_many(*(f"p{n}" for n in range(100))),
    "a long expression": update("SET x = :a", IS, ConditionExpression="pk = :a" + " " * 4000),
    "299 operators": put(HERE, ConditionExpression=operators(299), ExpressionAttributeValues=IS),
    "a new number": update("ADD fresh :a", {":a": value(1)}),
    "what there may not be": update("SET x = if_not_exists(fresh, :a)", IS),
    "a removal of what is not there": update("REMOVE fresh"),
    "a longer list": update(
        "SET #l = list_append(#l, :a)", {":a": {"L": []}}, ExpressionAttributeNames={"#l": "list"}
    ),
    "a comparison of kinds": put(
        HERE, ConditionExpression="NOT many < :a", ExpressionAttributeValues=IS
    ),
    "a page": query("pk = :a", IS, Limit=1),
    "a beginning": query("pk = :a AND begins_with(sk, :a)", IS),
}

BEYOND: dict[str, Call] = {
    "an item of more than 400 KB": put(of_size(LARGEST + 1)),
    "an item that grows beyond it": update("SET x = :a", {":a": value("x" * LARGEST)}),
    "an item of letters of two bytes": put({**key("b", "S"), "x": value("é" * (LARGEST // 2))}),
    "too long a partition key": put(key("p" * 1025, "S")),
    "too long a sort key": put(key("b", "s" * 1025)),
    "an empty partition key": put(key("", "S")),
    "an empty sort key": put(key("b", "")),
    "no sort key": put({"pk": value("b")}),
    "a key that is a number": put({"pk": value(1), "sk": value("S")}),
    "an empty index key": put({**key("b", "S"), "slot": value("")}),
    "an index key that is a number": put({**key("b", "S"), "slot": value(1)}),
    "an index key that becomes a number": update("SET slot = :a", {":a": value(1)}),
    "too long an index key": put({**key("b", "S"), "slot": value("x" * 2049)}),
    "a number that is none": put({**key("b", "S"), "x": {"N": "many"}}),
    "a number of 39 digits": put({**key("b", "S"), "x": {"N": "9" * 39}}),
    "a text that is none": put({**key("b", "S"), "x": {"S": 1}}),
    "bytes that are none": put({**key("b", "S"), "x": {"B": 1}}),
    "an empty set": put({**key("b", "S"), "x": {"NS": []}}),
    "the same twice in a set": put({**key("b", "S"), "x": {"NS": ["1", "1"]}}),
    "too many lists in lists": put(nested(33)),
    "a transaction of none": puts(),
    "a transaction of 101": puts(*(key(f"p{n}", "S") for n in range(101))),
    "an item twice in a transaction": puts(key("b", "S"), key("b", "S")),
    "a transaction of more than 4 MB": puts(*(of_size(LARGEST, f"{n:02}") for n in range(11))),
    "too large an item in a transaction": puts(key("c", "S"), of_size(LARGEST + 1)),
    "no keys": get_many(),
    "101 keys": get_many(*(f"p{n}" for n in range(101))),
    "a key twice": get_many("a", "a"),
    "an empty expression": update(""),
    "too long an expression": update("SET x = :a", IS, ConditionExpression="pk = :a" + " " * 4097),
    "301 operators": put(HERE, ConditionExpression=operators(301), ExpressionAttributeValues=IS),
    "a value that is not used": update("SET x = :a", {**IS, ":b": value("b")}),
    "a value that is not given": update("SET x = :b", IS),
    "no values": update("SET x = :a"),
    "a name that is not used": update(
        "SET x = :a", IS, ExpressionAttributeNames={"#unused": "unused"}
    ),
    "a name that is not given": update("SET #x = :a", IS),
    "names without an expression": put(HERE, ExpressionAttributeNames={"#x": "x"}),
    "values without an expression": put(HERE, ExpressionAttributeValues=IS),
    "a reserved word": update("SET number = :a", IS),
    "a reserved word in capitals": update("SET OWNER = :a", IS),
    "a reserved word in a condition": put(
        HERE, ConditionExpression="state = :a", ExpressionAttributeValues=IS
    ),
    "one path twice": update("SET x = :a, x = :a", IS),
    "one path in two clauses": update("SET x = :a REMOVE x", IS),
    "a clause twice": update("SET x = :a SET y = :a", IS),
    "a change of the key": update("SET sk = :a", IS),
    "adding to a text": update(
        "ADD #t :a", {":a": value(1)}, ExpressionAttributeNames={"#t": "text"}
    ),
    "adding a text": update("ADD many :a", IS),
    "a sum with a text": update("SET many = many + :a", IS),
    "a sum with what is not there": update("SET many = fresh + :a", {":a": value(1)}),
    "a copy of what is not there": update("SET x = fresh"),
    "a list joined to a text": update("SET x = list_append(:a, :a)", IS),
    "a list joined to what is not there": update(
        "SET x = list_append(fresh, :a)", {":a": {"L": []}}
    ),
    "the beginning of a number": put(
        HERE,
        ConditionExpression="begins_with(pk, :a)",
        ExpressionAttributeValues={":a": value(1)},
    ),
    "a condition that is none": put(HERE, ConditionExpression="pk =", ExpressionAttributeValues=IS),
    "a query without its key": query("sk = :a", IS),
    "a query of something else": query("pk = :a AND many = :a", IS),
    "a query of a range of keys": query("pk > :a", IS),
    "a query for a number": query("pk = :a", {":a": value(1)}),
    "a page of none": query("pk = :a", IS, Limit=0),
    "a consistent read of an index": query("slot = :a", IS, IndexName="watch", ConsistentRead=True),
    "an index that is none": query("slot = :a", IS, IndexName="none"),
}


@pytest.mark.parametrize("call", WITHIN.values(), ids=WITHIN.keys())
def test_what_is_within_the_limits_is_taken(table: Table, call: Call) -> None:
    """Up to the last byte."""
    call(table.client, table.name)


@pytest.mark.parametrize("call", BEYOND.values(), ids=BEYOND.keys())
def test_what_is_beyond_them_is_refused(table: Table, call: Call) -> None:
    """And nothing is written."""
    before = table.client.scan(TableName=table.name)["Items"]
    with pytest.raises((ClientError, ParamValidationError)) as refused:
        call(table.client, table.name)
    if isinstance(refused.value, ClientError):
        assert "ValidationException" == refused.value.response["Error"]["Code"]
    assert before == table.client.scan(TableName=table.name)["Items"]
