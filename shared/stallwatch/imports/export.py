"""Orders as CSV and JSON lines: all that was given and said, in the form that goes in again."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from stallwatch.imports.merge import GIVEN_FIELDS

COLUMNS = ("order_id", *GIVEN_FIELDS, "actions")

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a cell must not begin with: a spreadsheet would run it, or take the apostrophe away."""

Order = Mapping[str, object]


def csv_header() -> str:
    """The first line of a CSV; in front of the first page only."""
    return _csv_line(COLUMNS)


def csv_lines(orders: Iterable[Order]) -> Iterator[str]:
    """A line for each order.

    Args:
        orders: Each with `order_id` and what is given of it, by the names of the API; `actions`
            are a list as the API shows them, oldest first.
    """
    for order in orders:
        yield _csv_line(_escaped(_cell(name, order.get(name))) for name in COLUMNS)


def json_lines(orders: Iterable[Order]) -> Iterator[str]:
    """A line of JSON for each order; see `csv_lines`."""
    for order in orders:
        record = {name: _plain(order.get(name)) for name in COLUMNS}
        record["actions"] = record["actions"] or []
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(name: str, value: object) -> str:
    if name == "actions":
        return json.dumps(_plain(value), ensure_ascii=False) if value else ""
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return str(plain)


def _escaped(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(of_key) for key, of_key in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
