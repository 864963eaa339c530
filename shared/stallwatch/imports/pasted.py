"""Pasted text: tracking numbers, order ids and links, one or many, in any order of words."""

import re

from stallwatch.imports.records import Line
from stallwatch.imports.shapes import (
    Found,
    found_in_link,
    links_within,
    looks_like_order_id,
    number_alone,
    numbers_within,
    order_ids_within,
    without_links,
)

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_DAY = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}")
_BETWEEN = re.compile(r"[,;|\t]+")


def numbers_in(text: str) -> list[Found]:
    """The orders and parcels that a text names, in its order; what belongs together in one.

    A line that names one order and one or more numbers pairs them; a link may pair them by itself.
    """
    return [found for _, found in _by_line(text)]


def lines_of(text: str) -> list[Line]:
    """What a pasted text names, as rows to be read."""
    days = {row: day for row, line in enumerate(_LINE_BREAK.split(text), 1) if (day := _day(line))}
    return [
        Line(row, cells_of(found) | ({"ordered_on": days[row]} if row in days else {}))
        for row, found in _by_line(text)
    ]


def _day(line: str) -> str | None:
    """The day that a line names beside ids, numbers and links; None where it says more than that.

    A day within prose may be that of anything.
    """
    days = []
    for word in _BETWEEN.sub(" ", line).split():
        bare = word.strip("\"'()[]")
        if _DAY.fullmatch(bare):
            days.append(bare)
        elif not _is_link(bare) and _word(bare) is None:
            return None
    return days[0] if len(days) == 1 else None


def cells_of(found: Found) -> dict[str, str]:
    """What was found, as the cells of known columns."""
    cells = {"tracking_numbers": ",".join(found.tracking_numbers)}
    if found.order_id is not None:
        cells["order_id"] = found.order_id
    return cells


def holds_nothing_else(text: str) -> bool:
    """Whether each line is made of numbers, order ids and links alone."""
    for line in _LINE_BREAK.split(text):
        for part in _BETWEEN.split(line):
            word = part.strip().strip("\"'")
            if word and _word(word) is None and not all(map(_is_named, word.split())):
                return False
    return True


def _is_named(word: str) -> bool:
    """Whether a word is an id, a number or any link: a link holds no other cells of a table."""
    return _is_link(word) or _word(word) is not None


def _is_link(word: str) -> bool:
    return word.lower().startswith(("http://", "https://"))


def _by_line(text: str) -> list[tuple[int, Found]]:
    found: dict[Found, int] = {}
    for row, line in enumerate(_LINE_BREAK.split(text), 1):
        for one in _found_in_line(line):
            found.setdefault(one, row)
    return [(row, one) for one, row in found.items()]


def _found_in_line(line: str) -> list[Found]:
    linked = [one for link in links_within(line) for one in found_in_link(link)]
    order_ids, numbers = _in_words(without_links(line))
    for one in linked:
        if one.order_id is not None and one.tracking_numbers:
            order_ids = [o for o in order_ids if o != one.order_id]
            numbers = [n for n in numbers if n not in one.tracking_numbers]
    pairs = [one for one in linked if one.order_id is not None and one.tracking_numbers]
    order_ids += [o.order_id for o in linked if o.order_id is not None and o not in pairs]
    numbers += [n for o in linked if o not in pairs for n in o.tracking_numbers]
    return pairs + _paired(list(dict.fromkeys(order_ids)), list(dict.fromkeys(numbers)))


def _in_words(text: str) -> tuple[list[str], list[str]]:
    """The order ids and the tracking numbers of a line without links."""
    order_ids: list[str] = []
    numbers: list[str] = []
    for part in _BETWEEN.split(text):
        word = part.strip().strip("\"'()[]")
        known = _word(word)
        if known is not None:
            found = [known]
        else:
            each = [_word(w) for w in word.split()]
            found = [one for one in each if one is not None]
            if len(found) < len(each):  # prose, of which only what is certain is taken
                found = [one for one in found if one.order_id is not None]
                order_ids += order_ids_within(word)
                numbers += numbers_within(word)
        for one in found:
            order_ids += [one.order_id] if one.order_id is not None else []
            numbers += one.tracking_numbers
    return order_ids, numbers


def _word(word: str) -> Found | None:
    """A word that is an order id or a number as a whole, or a link to either."""
    if _is_link(word):
        linked = found_in_link(word)
        return linked[0] if linked else None
    if looks_like_order_id(word):
        return Found(word)
    number = number_alone(word)
    return None if number is None else Found(None, (number,))


def _paired(order_ids: list[str], numbers: list[str]) -> list[Found]:
    if len(order_ids) == 1:
        return [Found(order_ids[0], tuple(numbers))]
    return [Found(o) for o in order_ids] + [Found(None, (n,)) for n in numbers]
