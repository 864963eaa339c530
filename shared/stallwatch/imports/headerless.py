"""Tables without a header: columns by the shape of their cells.

Only the forms that are known without one say more than ids, numbers, links and, where just one
column holds days, the day of the order: a column of text may hold anybody's name, so no other text
is read.
"""

import re
from collections.abc import Sequence

from stallwatch.imports.cells import tidy
from stallwatch.imports.dates import day_of
from stallwatch.imports.errors import CellError
from stallwatch.imports.shapes import found_in_link, looks_like_order_id, number_alone
from stallwatch.imports.tables import Rows

_SAMPLE = 50
_SHARE = 0.6
"""Of the filled cells of a column that must have its shape."""

_LONGEST_DAY = 30
_CHRISKOMUS = 17
_STONEDDISCORD = 8
_DATE = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}")
_AMOUNT = re.compile(r"[0-9]+([.,][0-9]+)?")


def fields_by_shape(rows: Rows) -> tuple[str, list[str | None]] | None:
    """The format's name and the field of each column; None where no column holds ids or numbers."""
    sample = [[tidy(cell) for cell in row] for row in rows[:_SAMPLE] if row]
    if not sample:
        return None
    width = max(len(row) for row in sample)
    columns = [[row[i] for row in sample if i < len(row) and row[i]] for i in range(width)]
    kinds = [_kind(cells) for cells in columns]
    if "order_id" not in kinds and "tracking_numbers" not in kinds and "link" not in kinds:
        return None
    if kinds.count("ordered_on") > 1:
        # Which of them the order's day is, nobody says.
        kinds = [kind if kind != "ordered_on" else None for kind in kinds]
    return _known_form(sample, kinds) or ("table", _once(kinds))


def _kind(cells: Sequence[str]) -> str | None:
    """What most cells of a column are by their shape."""
    if not cells:
        return None
    needed = max(1, _SHARE * len(cells))
    if sum(looks_like_order_id(cell) for cell in cells) >= needed:
        return "order_id"
    if sum(number_alone(cell) is not None for cell in cells) >= needed:
        return "tracking_numbers"
    if sum(bool(found_in_link(cell)) for cell in cells if "://" in cell) >= needed:
        return "link"
    if sum(_is_day(cell) for cell in cells) >= needed:
        return "ordered_on"
    return None


def _is_day(cell: str) -> bool:
    """Whether a cell is a day, and no number that could be one."""
    if len(cell) > _LONGEST_DAY or cell.isdecimal():
        return False
    try:
        day_of(cell, "dmy")
    except CellError:
        return _is(_DATE, cell)
    return True


def _known_form(
    sample: Sequence[Sequence[str]], kinds: Sequence[str | None]
) -> tuple[str, list[str | None]] | None:
    first = sample[0]
    if len(first) >= _CHRISKOMUS and kinds[0] == "order_id" and _is(_DATE, first[1]):
        fields: list[str | None] = [None] * max(len(row) for row in sample)
        for index, name in {
            0: "order_id",
            1: "ordered_on",
            4: "total",
            5: "seller",
            7: "tracking_numbers",
            9: "other_date",
            10: "link",
            11: "title",
        }.items():
            fields[index] = name
        return "chriskomus", fields
    if len(first) == _STONEDDISCORD and kinds[0] == "order_id" and not _is(_AMOUNT, first[2]):
        return "stoneddiscord", [
            "order_id",
            "title",
            "seller",
            "total",
            "tracking_numbers",
            "service",
            "ordered_on",
            None,
        ]
    if kinds == ["tracking_numbers", None]:
        return "bernalli", ["tracking_numbers", "title"]
    return None


def _is(pattern: re.Pattern[str], cell: str) -> bool:
    return pattern.fullmatch(cell) is not None


def _once(kinds: Sequence[str | None]) -> list[str | None]:
    """Each field for its first column only."""
    return [kind if kind not in kinds[:index] else None for index, kind in enumerate(kinds)]
