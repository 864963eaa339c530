"""The sizes that DynamoDB allows an item and its values, and how it refuses."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

LARGEST_ITEM = 400 * 1024
MOST_DIGITS = 38
DEEPEST = 32
"""Levels of lists and maps."""


def size_of(item: Mapping[str, Any], depth: int = 0) -> int:
    """The bytes of an item, which is refused where a value is none."""
    size = 0
    for name, value in item.items():
        text = value.get("S")
        # Most values are short texts.
        if type(text) is str and len(value) == 1 and text.isascii() and name.isascii():
            size += len(name) + len(text)
        else:
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
        return 3 + size_of(held, depth + 1) + len(held)
    if kind in {"SS", "NS"} and held and len(set(held)) == len(held):
        return sum(_value_size({kind[0]: inner}, depth) for inner in held)
    if kind == "BOOL" and isinstance(held, bool):
        return 1
    raise refusal("ValidationException", f"{value} is no value")


def _is_number(held: Any) -> bool:
    """Whether it is a whole number: the product knows no others."""
    digits = held.removeprefix("-") if isinstance(held, str) else ""
    return digits.isdecimal() and len(digits) <= MOST_DIGITS


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")
