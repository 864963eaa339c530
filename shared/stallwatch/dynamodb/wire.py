"""The codec of the table: Python values as the service takes them, and back.

One encoding a type: text and enumerations are `S`, whole numbers `N`, bytes `B`, truth values
`BOOL`, instants seconds since 1970 in `N`, days ISO 8601 in `S`, amounts decimal text in `S`. An
attribute without a value is left out. Readers answer None where the attribute is missing, and look
at nothing else, so that an attribute of a later version does no harm.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from math import ceil
from typing import Any

Item = dict[str, Any]
"""An item, or a part of one, as the service takes it: `{"name": {"S": "value"}}`."""


SCHEMA = "v"
"""The attribute that says in which version of the schema an item was written."""

VERSION = 1
"""The version of the schema that this code writes. Items without one are from before the first
release and are read as version 1: every attribute that came since is optional.

Where it is raised, the first runs after an update have every order evaluated: `polling.review`."""


def value(given: Any) -> dict[str, Any]:
    """A value by its type. What is a dictionary stands in the service's form already."""
    if isinstance(given, str):
        return {"S": str(given)}
    if isinstance(given, bool):
        return {"BOOL": given}
    if isinstance(given, int):
        return {"N": str(given)}
    if isinstance(given, bytes):
        return {"B": given}
    if isinstance(given, datetime):
        return {"N": str(int(given.timestamp()))}
    if isinstance(given, date):
        return {"S": given.isoformat()}
    if isinstance(given, Decimal):
        return {"S": str(given)}
    if isinstance(given, dict):
        return given
    raise TypeError(f"{type(given).__name__} has no form in the table")


def attributes(given: Mapping[str, Any]) -> Item:
    """Attributes, or the values of an expression, by name; those that are None are left out."""
    return {name: value(each) for name, each in given.items() if each is not None}


def milliseconds(instant: datetime) -> int:
    """An instant in milliseconds since 1970, rounded up: nobody acts a moment too early."""
    return ceil(instant.timestamp() * 1000)


def text(item: Item, name: str) -> str | None:
    """A text of an item."""
    held = item.get(name)
    return None if held is None else held["S"]


def number(item: Item, name: str) -> int | None:
    """A whole number of an item."""
    held = item.get(name)
    return None if held is None else int(held["N"])


def binary(item: Item, name: str) -> bytes | None:
    """Bytes of an item."""
    held = item.get(name)
    return None if held is None else held["B"]


def flag(item: Item, name: str) -> bool | None:
    """A truth value of an item."""
    held = item.get(name)
    return None if held is None else held["BOOL"]


def instant(item: Item, name: str) -> datetime | None:
    """An instant of an item, stored as seconds since 1970."""
    held = item.get(name)
    return None if held is None else datetime.fromtimestamp(int(held["N"]), UTC)


def precise_instant(item: Item, name: str) -> datetime | None:
    """An instant of an item, stored as milliseconds since 1970."""
    held = item.get(name)
    return None if held is None else datetime.fromtimestamp(int(held["N"]) / 1000, UTC)


def written_instant(item: Item, name: str) -> datetime | None:
    """An instant of an item, stored as ISO 8601 text: where its text orders an index."""
    held = item.get(name)
    return None if held is None else datetime.fromisoformat(held["S"])


def day(item: Item, name: str) -> date | None:
    """A day of an item."""
    held = item.get(name)
    return None if held is None else date.fromisoformat(held["S"])


def amount(item: Item, name: str) -> Decimal | None:
    """An amount of an item."""
    held = item.get(name)
    return None if held is None else Decimal(held["S"])
