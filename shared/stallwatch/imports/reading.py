"""The entry: a body of any known kind as orders and rejected rows."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stallwatch.imports import json_files, mails, markup, pasted, workbook
from stallwatch.imports.cells import tidy, unescape
from stallwatch.imports.columns import (
    IDENTIFYING,
    OWN,
    SEVERAL,
    TABLE,
    Format,
    formats,
)
from stallwatch.imports.decoding import check_size, decoded, decodings
from stallwatch.imports.errors import ImportTooLargeError, ImportUnreadableError
from stallwatch.imports.folding import fold
from stallwatch.imports.headerless import fields_by_shape
from stallwatch.imports.headers import match_header
from stallwatch.imports.records import (
    MOST_ROWS,
    DateOrder,
    ImportDocument,
    Line,
    RejectedRow,
)
from stallwatch.imports.shapes import looks_like_order_id, number_alone
from stallwatch.imports.tables import Rows, said_separator, separators_by_count, split_rows

_HEADER_WITHIN = 12
"""Rows within which a header is looked for: some exports put titles above it."""

_HEAD = 8000
"""Characters at the beginning in which the header stands."""

_FEWEST_KNOWN = 2
_LONGEST_NAME = 200
_MOST_CELLS = 400

_CUT = "the file ends within this row"
_TOO_WIDE = "the row has more cells than the header: a separator within a cell without quotes?"
_TRIED = ("mail", "JSON", "table", "list of numbers")


@dataclass(frozen=True, slots=True)
class _Table:
    known: Format
    lines: list[Line]
    rejected: list[RejectedRow]


def read_import(
    body: bytes,
    content_type: str | None = None,
    *,
    dates: DateOrder | None = None,
    filename: str | None = None,
) -> ImportDocument:
    """Read a table, JSON, a pasted list or mails.

    Args:
        body: At most 1 MiB.
        content_type: Helps only where the content itself leaves it open.
        dates: What to take dates like 5/9/2026 for; None: what the file itself tells.
        filename: The file's name, of which one known format makes the order id.

    Raises:
        ImportTooLargeError: it has more bytes or rows than one request takes.
        ImportUnreadableError: it is nothing that can be read; the message says what was tried.
    """
    check_size(body)
    if not body.strip(b" \t\r\n\x00"):
        raise ImportUnreadableError("there is nothing in it")
    table = _read(body, (content_type or "").partition(";")[0].strip().lower(), filename)
    _check_rows(table.lines, table.rejected)
    orders, rejected = fold(table.lines, table.known, dates=dates)
    everything = sorted([*table.rejected, *rejected], key=lambda row: row.row)
    if len(orders) + len(everything) > MOST_ROWS:
        raise ImportTooLargeError(f"at most {MOST_ROWS} rows in one request: split the file")
    return ImportDocument(table.known.name, tuple(orders), tuple(everything))


def _check_rows(lines: Sequence[Line], rejected: Sequence[RejectedRow]) -> None:
    rows = {line.row for line in lines} | {row.row for row in rejected}
    if len(rows) > MOST_ROWS * 6:
        raise ImportTooLargeError(f"at most {MOST_ROWS} rows in one request: split the file")


def _read(body: bytes, content_type: str, filename: str | None) -> _Table:
    if workbook.is_workbook(body):
        return _read_sheets(list(workbook.read_sheets(body)), filename, "XLSX")
    _refuse_known_others(body)
    if mails.looks_like_mail(body) or content_type in {"message/rfc822", "application/mbox"}:
        return _Table(Format("mail"), mails.lines_of_mails(body), [])
    text = decoded(body)
    if text.lstrip()[:1] == "<":
        return _read_sheets(markup.read_tables(text), filename, "HTML")
    if json_files.looks_like_json(text):
        records = json_files.read_json(text)
        return _Table(records.known, records.lines, records.rejected)
    # The right code page is the one in which most names of columns are known.
    texts = list(decodings(body))
    best = max(texts, key=_known_columns) if len(texts) > 1 else text
    return _read_text(best if _known_columns(best) else text, filename)


def _known_columns(text: str) -> int:
    """How many columns of a text are known by its header; 0 where it has none."""
    said, head = said_separator(text[:_HEAD])
    separators = [said] if said else separators_by_count(head)
    rows = [split_rows(head, separator) for separator in separators]
    found = [header for some in rows if (header := _header_of(some)) is not None]
    return max((header.known_columns for header in found), default=0)


def _refuse_known_others(body: bytes) -> None:
    """Say what to do with kinds of files that people take for a table."""
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportUnreadableError("an old XLS: save it as XLSX or CSV")
    if body.startswith(b"%PDF"):
        raise ImportUnreadableError("a PDF: export CSV or XLSX instead")
    if body.startswith(b"\x1f\x8b"):
        raise ImportUnreadableError("a gzip archive: unpack it first")


def _read_sheets(sheets: Sequence[Rows], filename: str | None, kind: str) -> _Table:
    # A workbook may hold the same orders twice, a sheet by order and one by product: the first is
    # taken. Sheets without a header come last.
    for rows in sheets:
        table = _with_header(rows, filename)
        if table is not None:
            return table
    for rows in sheets:
        table = _by_shape(rows)
        if table is not None:
            return table
    what = "sheet" if kind == "XLSX" else "table"
    raise ImportUnreadableError(f"no {what} has a known column of ids or numbers", [kind])


def _read_text(text: str, filename: str | None) -> _Table:
    said, text = said_separator(text)
    separators = [said] if said else separators_by_count(text)
    read = [(s, split_rows(text, s)) for s in separators]
    headed = [t for _, rows in read if (t := _with_header(rows, filename, text)) is not None]
    if headed:
        return max(headed, key=lambda table: _share_known(table.lines))
    if pasted.holds_nothing_else(text) and (lines := pasted.lines_of(text)):
        return _limited(_Table(Format("list"), lines, []))
    for _, rows in read:
        table = _by_shape(rows)
        if table is not None:
            return table
    lines = pasted.lines_of(text)
    if lines:
        return _limited(_Table(Format("list"), lines, []))
    raise ImportUnreadableError(_columns_seen(read), _TRIED)


def _limited(table: _Table) -> _Table:
    if len(table.lines) > MOST_ROWS:
        raise ImportTooLargeError(f"at most {MOST_ROWS} rows in one request: split the file")
    return table


def _share_known(lines: Iterable[Line]) -> int:
    return max((len(line.cells) for line in lines), default=0)


def _columns_seen(read: Iterable[tuple[str, Rows]]) -> str:
    """What the first row has: known columns by name, others as a number. They may be data."""
    seen: list[str] = []
    count = 0
    for _, rows in read:
        first = next((row for row in rows if row), [])
        known = [f for f in match_header(first[:_MOST_CELLS])[1] if f is not None]
        if len(known) >= len(seen):
            seen, count = known, max(count, len(first))
    named = f" ({', '.join(seen)})" if seen else ""
    return (
        "no column of order ids or tracking numbers: the first row has "
        f"{count} columns, {len(seen)} of them known{named}"
    )


@dataclass(frozen=True, slots=True)
class _Header:
    row: int
    known: Format
    fields: list[str | None]

    @property
    def known_columns(self) -> int:
        return sum(name is not None for name in self.fields)


def _with_header(rows: Rows, filename: str | None, text: str | None = None) -> _Table | None:
    """A table by its header; None where it has none."""
    header = _header_of(rows)
    if header is None:
        return None
    width = len(rows[header.row])
    is_cut = _is_unfinished(text)
    table = _table(rows, header.row + 1, header.known, header.fields, width, is_cut=is_cut)
    return _with_name(table, filename)


def _header_of(rows: Rows) -> _Header | None:
    """The first of the rows with the most known names; None where none is a header."""
    best: _Header | None = None
    for index, row in enumerate(rows[:_HEADER_WITHIN]):
        if len(row) > _MOST_CELLS or any(len(cell) > _LONGEST_NAME for cell in row):
            continue
        header = _Header(index, *match_header(row))
        count = header.known_columns
        if not _is_header(row, header.known, header.fields, count):
            continue
        if count < _FEWEST_KNOWN and not _is_confirmed(rows[index + 1 : index + 6], header.fields):
            continue
        if best is None or count > best.known_columns:
            best = header
    return best


def _is_header(row: Sequence[str], known: Format, fields: Sequence[str | None], count: int) -> bool:
    if not known.filename_is_order_id and not IDENTIFYING & {f for f in fields if f}:
        return False
    if any(re.search(r"[0-9]{6}", cell) for cell in row):
        return False
    return count > 0


def _is_confirmed(rows: Rows, fields: Sequence[str | None]) -> bool:
    """Whether below a single known name there are ids or numbers: it might be any word."""
    cells = [cell for row in rows for name, cell in zip(fields, row, strict=False) if name]
    return any(looks_like_order_id(tidy(cell)) or number_alone(tidy(cell)) for cell in cells)


def _is_unfinished(text: str | None) -> bool:
    """Whether a text ends without a line break, so that its last row may have been cut."""
    return text is not None and not text.endswith(("\n", "\r"))


def _by_shape(rows: Rows) -> _Table | None:
    """A table without a header; None where no column holds ids or numbers."""
    found = fields_by_shape(rows)
    if found is None:
        return None
    name, fields = found
    known = next((f for f in formats() if f.name == name), TABLE)
    width = _usual_width([row for row in rows if row]) or max(map(len, rows))
    return _table(rows, 0, Format(name, dates=known.dates), fields, width, is_cut=width > 1)


def _table(
    rows: Rows,
    start: int,
    known: Format,
    fields: Sequence[str | None],
    width: int,
    *,
    is_cut: bool,
) -> _Table:
    """The rows below the header as lines of known cells."""
    lines: list[Line] = []
    rejected: list[RejectedRow] = []
    filled = [index for index in range(start, len(rows)) if not _is_rule(rows[index])]
    if len(filled) > MOST_ROWS:
        raise ImportTooLargeError(f"at most {MOST_ROWS} rows in one request: split the file")
    widest = max(width, _usual_width([rows[index] for index in filled]))
    for index in filled:
        row = rows[index]
        if any(cell.strip() for cell in row[widest:]):
            rejected.append(RejectedRow(index + 1, _TOO_WIDE))
            continue
        if is_cut and index == filled[-1] == len(rows) - 1 and len(row) < width:
            rejected.append(RejectedRow(index + 1, _CUT))
            continue
        lines.append(Line(index + 1, _known_cells(row, fields, is_own=known.name == OWN)))
    return _Table(known, lines, rejected)


def _is_rule(row: Sequence[str]) -> bool:
    """Whether a row holds nothing, or only the lines that some draw between rows."""
    return not any(cell.strip(" \t-:=_|+") for cell in row)


def _usual_width(rows: Rows) -> int:
    """The number of cells that more than half of the rows have; 0 where there is none."""
    widths = Counter(len(row) for row in rows).most_common(1)
    return widths[0][0] if widths and widths[0][1] * 2 > len(rows) else 0


def _known_cells(
    row: Sequence[str], fields: Sequence[str | None], *, is_own: bool
) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, cell in zip(fields, row, strict=False):
        if name is None or not cell:
            continue
        value = unescape(cell) if is_own else tidy(cell)
        if value:
            cells[name] = f"{cells[name]} {value}" if name in SEVERAL & cells.keys() else value
    return cells


def _with_name(table: _Table, filename: str | None) -> _Table:
    """The table with the order id that its file's name is."""
    if not table.known.filename_is_order_id or filename is None:
        return table
    found = re.search(r"(?<![0-9])[0-9]{12,20}(?![0-9])", filename)
    if found is None:
        return table
    lines = [Line(line.row, {"order_id": found[0], **line.cells}) for line in table.lines]
    return _Table(table.known, lines, table.rejected)
