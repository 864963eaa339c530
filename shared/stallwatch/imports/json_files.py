"""JSON and JSON lines: every object that names an order or a number is a record.

Keys are looked up like the headers of tables. An object within an order's (a product, a parcel)
belongs to that order; objects about people and addresses are not entered.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stallwatch.imports.columns import Format, field_of, format_of, normalized
from stallwatch.imports.errors import ImportTooLargeError, ImportUnreadableError
from stallwatch.imports.pasted import lines_of
from stallwatch.imports.records import Line, RejectedRow

JSON = Format("json")
"""JSON that is no known export."""

_DEEPEST = 14
_MOST_OBJECTS = 60_000
_MOST_LINES = 12_000
_LONGEST_VALUE = 20_000
_MOST_VALUES = 200

_PEOPLE = re.compile(
    r"address|recipient|receiver|consignee|contact|phone|(?:customer|buyer|user|person)(?:info)?$"
)
_OTHER_TABLES = frozenset("geocache textcache predictions endpoints alerts settings events".split())
"""Parts of backups that are none of an importer's business."""

_OF_A_PART = frozenset(
    "order_id title quantity unit_price price line_total tracking_numbers shipped_on service "
    "refund_text".split()
)
"""What is read of an object within an order's."""

_REFUND = re.compile(
    r"refund if no delivery before\s+([A-Za-z0-9 ,.]{6,24}?[0-9]{4})", re.IGNORECASE
)


@dataclass(slots=True)
class JsonRecords:
    """What a JSON body holds."""

    known: Format
    lines: list[Line] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


def looks_like_json(text: str) -> bool:
    """Whether a text begins as an object or a list does."""
    return text.lstrip()[:1] in {"{", "["}


def read_json(text: str) -> JsonRecords:
    """The records of JSON or JSON lines.

    Raises:
        ImportUnreadableError: it is neither, or holds no order.
        ImportTooLargeError: it has too many objects.
    """
    try:
        whole = _parsed(text)
    except ValueError as error:
        records = _lines_of_json(text)
        if records is None:
            raise ImportUnreadableError(
                "the JSON is damaged, cut or nested too deep", ["JSON", "JSON lines"]
            ) from error
        return records
    words = _only_words(whole)
    if words is not None and (lines := lines_of("\n".join(words))):
        return JsonRecords(Format("list"), lines)
    reader = _Reader()
    reader.read(whole)
    return reader.records()


def refund_date_text(text: str) -> str | None:
    """The date in `Refund if no delivery before Oct 15, 2026`, as the order's page has it."""
    match = _REFUND.search(text)
    return None if match is None else match[1]


def _parsed(text: str) -> Any:
    """JSON with its numbers as text, which keeps every digit; a ValueError where it is none."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _: None)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _lines_of_json(text: str) -> JsonRecords | None:
    """The records of JSON lines; None where not even the first line is an object."""
    reader = _Reader()
    rejected = []
    is_first = True
    for row, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip():
            continue
        try:
            value = _parsed(line)
            if not isinstance(value, dict):
                raise ValueError("no object")  # noqa: TRY301, TRY004
        except ValueError:
            if is_first:
                return None
            rejected.append(RejectedRow(row, "the line is no JSON object, or was cut"))
            continue
        is_first = False
        reader.read(value, row)
    records = reader.records()
    records.rejected += rejected
    return records


def _only_words(value: Any) -> list[str] | None:
    """The strings of a list that holds nothing else."""
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return value
    return None


@dataclass(frozen=True, slots=True)
class _Object:
    values: Mapping[str, Any]
    row: int | None
    parent: int | None
    """The index of the order's object that it lies in."""


class _Reader:
    """Collects the objects of a body, then reads them by the format that their keys tell."""

    def __init__(self) -> None:
        self._objects: list[_Object] = []
        self._names: list[frozenset[str]] = []

    def read(self, value: Any, row: int | None = None) -> None:
        """Take in all objects of a value, an order's before its parts."""
        stack: list[tuple[Any, int | None, int]] = [(value, None, 0)]
        while stack:
            here, parent, depth = stack.pop()
            if depth > _DEEPEST:
                continue
            inner: list[Any]
            if isinstance(here, dict):
                index = len(self._objects)
                if index >= _MOST_OBJECTS:
                    raise ImportTooLargeError("the JSON holds too many objects: split the file")
                self._objects.append(_Object(here, row, parent))
                inner = [v for key, v in here.items() if not _is_passed_over(key)]
                parent = index
            elif isinstance(here, list):
                inner = here
            else:
                continue
            stack += [(v, parent, depth + 1) for v in reversed(inner) if isinstance(v, dict | list)]

    def records(self) -> JsonRecords:
        """The records of what was taken in.

        Raises:
            ImportUnreadableError: none names an order or a number.
            ImportTooLargeError: there are too many.
        """
        known = self._format()
        lines: list[Line] = []
        ids: list[str | None] = []
        for cells, found in self._cells(known, ids):
            row = len(lines) + 1 if found.row is None else found.row
            lines.append(Line(row, cells))
            if len(lines) > _MOST_LINES:
                raise ImportTooLargeError("the JSON holds too many records: split the file")
        if not lines:
            raise ImportUnreadableError(
                "no order id and no tracking number under a known key", ["JSON", "JSON lines"]
            )
        return JsonRecords(known, lines)

    def _cells(
        self, known: Format, ids: list[str | None]
    ) -> Iterator[tuple[dict[str, str], _Object]]:
        for found in self._objects:
            cells = _known_cells(found.values, known)
            inherited = None if found.parent is None else ids[found.parent]
            ids.append(cells.get("order_id") or inherited)
            if "order_id" not in cells and inherited is not None:
                cells = {name: cells[name] for name in cells.keys() & _OF_A_PART}
                if not cells:
                    continue
                cells["order_id"] = inherited
            if parcel_orders := cells.pop("parcel_orders", None):
                for order_id in parcel_orders.split(",")[:_MOST_VALUES]:
                    yield cells | {"order_id": order_id}, found
            elif "order_id" in cells or "tracking_numbers" in cells:
                yield cells, found

    def _format(self) -> Format:
        for found in self._objects[:_MOST_VALUES]:
            known = format_of(found.values.keys(), JSON)
            if known is not JSON:
                return known
        return JSON


def _is_passed_over(key: str) -> bool:
    name = normalized(key)
    return name in _OTHER_TABLES or _PEOPLE.search(name) is not None


def _known_cells(values: Mapping[str, Any], known: Format) -> dict[str, str]:
    cells: dict[str, str] = {}
    for key, value in values.items():
        name = field_of(key, known)
        if isinstance(value, str) and name is None:
            refund = _REFUND.search(value[:_LONGEST_VALUE])
            if refund is not None:
                cells.setdefault("refund_text", refund[0])
        elif name == "actions" and isinstance(value, list):
            cells["actions"] = json.dumps(value)
        elif name is not None and (text := _as_text(value)):
            cells.setdefault(name, text)
    return cells


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value[:_LONGEST_VALUE]
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return ",".join(value[:_MOST_VALUES])[:_LONGEST_VALUE]
    return ""
