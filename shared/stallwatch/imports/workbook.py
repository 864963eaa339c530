"""XLSX workbooks as rows of cells. openpyxl is imported only when one arrives."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from stallwatch.imports.errors import ImportTooLargeError, ImportUnreadableError
from stallwatch.imports.records import MOST_ROWS

_MOST_UNPACKED = 48 * 1024 * 1024
"""Bytes of all parts together; a workbook of 2,000 rows has a tenth of it."""

_MOST_TAGS = 2_000_000
"""Of all parts together: 48 MB of empty cells take minutes, 2,000 rows of 120 cells half of it."""

_MOST_PARTS = 500
_MOST_COLUMNS = 120
_MOST_SHEETS = 10
_SPARE_ROWS = 50
"""Rows above the limit of an import that may be empty, or hold titles and the header."""

_LONGEST_CELL = 32767
"""Characters that a spreadsheet's cell may have."""

_EXACT = 10**15
"""From here on a spreadsheet no longer keeps every digit of a number."""

Rows = list[list[str]]


def is_workbook(body: bytes) -> bool:
    """Whether a body begins as a ZIP does, which an XLSX is."""
    return body.startswith(b"PK\x03\x04")


def read_sheets(body: bytes) -> Iterator[Rows]:
    """The rows of each sheet, empty ones as empty lists.

    Raises:
        ImportUnreadableError: it is no workbook, or a damaged one.
        ImportTooLargeError: it unpacks to more than any honest workbook of this size.
    """
    _check_parts(body)
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which are not read
            book = load_workbook(
                io.BytesIO(body), read_only=True, data_only=False, keep_links=False
            )
            sheets = [_rows(sheet) for sheet in book.worksheets[:_MOST_SHEETS]]
    except ImportTooLargeError:
        raise
    except Exception as error:  # whatever a damaged part makes of it
        raise ImportUnreadableError("the XLSX is damaged", ["XLSX"]) from error
    yield from sheets


def _check_parts(body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            is_workbook = any(part.filename.lower() == "xl/workbook.xml" for part in parts)
            texts = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
            is_large = len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED
            is_odd = not is_large and any(_declares_types(archive, p) for p in texts)
            is_large = is_large or sum(_tags(archive, part) for part in texts) > _MOST_TAGS
    except Exception as error:  # zipfile raises many kinds for damaged files
        raise ImportUnreadableError("the XLSX is damaged or cut", ["XLSX"]) from error
    if is_large:
        raise ImportTooLargeError("the XLSX unpacks to too much: split the file")
    if not is_workbook:
        raise ImportUnreadableError("a ZIP that holds no XLSX workbook", ["XLSX"])
    if is_odd:
        raise ImportUnreadableError("the XLSX declares entities", ["XLSX"])


def _declares_types(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with archive.open(part) as stream:
        return b"<!" in stream.read(1024).replace(b"<!--", b"")


def _tags(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """About how many tags a part has."""
    with archive.open(part) as stream:
        return sum(some.count(b"<") for some in iter(lambda: stream.read(1 << 20), b""))


def _rows(sheet: Any) -> Rows:
    rows: Rows = []
    filled = 0
    if not hasattr(sheet, "iter_rows"):  # a sheet that is a chart
        return rows
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    values: Iterable[tuple[Any, ...]] = sheet.iter_rows(
        max_row=20 * MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True
    )
    for row in values:
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        rows.append(cells)
        filled += bool(cells)
        if filled > MOST_ROWS + _SPARE_ROWS:
            raise ImportTooLargeError(f"at most {MOST_ROWS} rows in one request: split the file")
    return rows


def _text(value: object) -> str:
    """A cell's value as text; formulas are text too."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value)
    return re.sub(r"_x000[dD]_", "", str(value)[:_LONGEST_CELL])


def _number(value: float) -> str:
    """A number as text; one that has lost its last digits is shown as what it is, rounded."""
    if isinstance(value, float):
        if not value.is_integer() or abs(value) > _EXACT * 1000:
            return repr(value)
        value = int(value)
    if abs(value) >= 10 * _EXACT or (abs(value) >= _EXACT and value % 10 == 0):
        return f"{value:.14E}"
    return str(value)
