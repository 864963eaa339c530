"""Cells of tracking numbers: one or several, with what people and exports write around them."""

import re
from collections.abc import Collection

from stallwatch.domain.tracking_numbers import is_s10, normalize_number, s10_check_digit_is_wrong
from stallwatch.imports.errors import CellError
from stallwatch.imports.shapes import (
    found_in_link,
    is_known_number,
    links_within,
    looks_like_order_id,
    number_alone,
    numbers_within,
)

LIKE_ORDER_ID = (
    "the tracking number looks like an order id: copy the number that the order's tracking page "
    "shows"
)
BROKEN_NUMBER = (
    "a spreadsheet has turned the tracking number into a rounded number like 8.1E+15: "
    "format the column as text and export it again"
)
NO_NUMBER = "the tracking number is none: it has 8 to 40 letters A-Z and digits"
WRONG_CHECK_DIGIT = "the check digit of the tracking number does not fit: a typing error?"

_BROKEN = re.compile(r"[0-9]([.,][0-9]+)?[Ee]\+[0-9]+|[0-9][.,][0-9]+[Ee][0-9]{1,3}")
_BETWEEN = re.compile(r"[,;|/\r\n\t]+")
_WRAPPED = re.compile(r"[A-Za-z0-9_ -]*\(([A-Za-z0-9 -]{8,60})\)")
"""A carrier with its number in brackets: `UPS_EU_GROUND(1Z…)`."""

_FEWEST_DIGITS = 5
_LONGEST = 2000
_MOST_NUMBERS = 20


def numbers_of(
    cell: str,
    order_id: str | None,
    order_ids: Collection[str],
    notes: list[str],
) -> list[str]:
    """The tracking numbers of a cell, normalized, each once.

    Args:
        cell: The cell.
        order_id: The order id of the same row.
        order_ids: All order ids of the file, normalized like tracking numbers.
        notes: Takes what the report should say besides.

    Raises:
        CellError: a number that is an order's id, or was broken by a spreadsheet.
    """
    text = cell[:_LONGEST].strip()
    if not text:
        return []
    if _BROKEN.fullmatch(text):
        raise CellError(BROKEN_NUMBER)
    found = [
        n for link in links_within(text) for f in found_in_link(link) for n in f.tracking_numbers
    ]
    if not found:
        found = [n for part in _BETWEEN.split(text) for n in _numbers_of_part(part)]
    numbers = list(dict.fromkeys(found))[:_MOST_NUMBERS]
    own_id = normalize_number(order_id or "")
    for number in numbers:
        is_an_id = (number == own_id or number in order_ids) and not is_known_number(number)
        if is_an_id or looks_like_order_id(number):
            raise CellError(LIKE_ORDER_ID)
    if not numbers:
        notes.append(NO_NUMBER)
    if any(is_s10(n) and s10_check_digit_is_wrong(n) for n in numbers):
        notes.append(WRONG_CHECK_DIGIT)
    return numbers


def _numbers_of_part(part: str) -> list[str]:
    """The numbers of a part without commas: several words that are each one, or one with blanks."""
    wrapped = _WRAPPED.fullmatch(part.strip())
    text = wrapped[1] if wrapped else part
    words = text.split()
    if len(words) > 1:
        each = [_as_number(word) for word in words]
        if all(number is not None for number in each):
            return [number for number in each if number is not None]
        within = [w.upper() for w in words if number_alone(w.upper()) or looks_like_order_id(w)]
        if within:
            return within
    number = _as_number(text)
    if number is not None and (len(words) == 1 or is_known_number(number) or _mostly_digits(text)):
        return [number]
    return numbers_within(text)


def _as_number(text: str) -> str | None:
    number = normalize_number(text)
    if number is None or sum(c.isdecimal() for c in number) < _FEWEST_DIGITS:
        return None
    return number


def _mostly_digits(text: str) -> bool:
    """Whether no group of a number in groups is a word: `LP 0081 2345 6789 01`."""
    return not any(word.isalpha() and len(word) > 4 for word in text.split())  # noqa: PLR2004
