"""The header of a table: what each of its columns holds, and what its names say of the cells."""

import re
from collections.abc import Sequence
from dataclasses import replace

from stallwatch.imports.amounts import currency_of
from stallwatch.imports.columns import SEVERAL, Format, field_of, format_of, normalized

_AMOUNTS = frozenset({"total", "price", "unit_price", "line_total"})
"""Fields whose cells are amounts of money."""

_UNIT = re.compile(r"(.+?)\s*(?:[(\[]([^()\[\]]{1,20})[)\]]|\bin ([A-Z]{3}|\W))\s*:?\s*")
_DAY_FIRST = re.compile(r"[dtjg]{1,2}\W+m{1,2}\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"m{1,2}\W+[dtjg]{1,2}\b", re.IGNORECASE)


def _without_unit(name: str) -> tuple[str, str]:
    """A column's name and what it says of its cells: `Total (EUR)`, `Date [DD.MM.YYYY]`."""
    found = _UNIT.fullmatch(name[:100])
    return (name, "") if found is None else (found[1], found[2] or found[3])


def _with_unit(known: Format, field_name: str | None, unit: str) -> Format:
    """The format with what the name of one of its columns says of currency or dates."""
    if field_name in _AMOUNTS and known.currency is None:
        return replace(known, currency=currency_of(unit))
    if known.dates is None and _DAY_FIRST.match(unit):
        return replace(known, dates="dmy")
    return (
        replace(known, dates="mdy") if known.dates is None and _MONTH_FIRST.match(unit) else known
    )


def match_header(header: Sequence[str]) -> tuple[Format, list[str | None]]:
    """The format of a header, and the field of each of its columns; a field is taken once.

    Of several columns of a field the one with the fuller name is taken: `Tracking Number` rather
    than `Tracking`, which may tell its state.
    """
    known = format_of(header)
    fields: list[str | None] = []
    names: list[str] = []
    for name in header:
        bare, unit = _without_unit(name)
        found = field_of(name, known)
        if found is None and unit and (found := field_of(bare, known)) is not None:
            known, name = _with_unit(known, found, unit), bare  # noqa: PLW2901
        fields.append(found)
        names.append(normalized(name))
    return known, [
        None if found not in SEVERAL and _fullest(found, fields, names) != index else found
        for index, found in enumerate(fields)
    ]


def _fullest(found: str | None, fields: Sequence[str | None], names: Sequence[str]) -> int:
    """The first column of a field whose name is no part of another one's."""
    columns = [index for index, other in enumerate(fields) if other == found]
    full = (
        index
        for index in columns
        if not any(names[index] in names[other] != names[index] for other in columns)
    )
    return next(full, columns[0])
