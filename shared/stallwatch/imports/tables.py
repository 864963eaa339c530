"""Text as rows of cells: the separator found out, quotes read as leniently as files need it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence

SEPARATORS = ("\t", ";", "|", ",")

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_SEP_LINE = re.compile(r"sep=(.)\s*(\r\n|\r|\n)", re.IGNORECASE)
"""A first line by which Excel is told the separator."""

Rows = list[list[str]]


def said_separator(text: str) -> tuple[str | None, str]:
    """The separator that a first line `sep=;` names, and the text; that line becomes empty."""
    match = _SEP_LINE.match(text)
    if match is None or match[1] not in SEPARATORS:
        return None, text
    return match[1], text[match.start(2) :]


def split_rows(text: str, separator: str) -> Rows:
    """The rows of a table, those without any cell as empty lists.

    A well-formed table is read by its rules. One that is not (inner quotes that are not doubled,
    quotes that were never meant as such) is read in several ways; the one holds by which most rows
    have as many cells as the first.
    """
    strict = _by_rules(text, separator)
    if strict is not None and _misfits(strict) == 0:
        return strict
    ways: list[Callable[[str, str], Rows | None]] = [_by_lines, _leniently, _by_quoted_cells]
    candidates = [rows for way in ways if (rows := way(text, separator)) is not None]
    if strict is not None:
        candidates.insert(0, strict)
    return min(candidates, key=_misfits)


def _misfits(rows: Rows) -> float:
    """The share of rows that have not as many cells as the header, counted by cells filled."""
    filled = [_width(row) for row in rows if row]
    if not filled:
        return 1
    first = next(row for row in rows if row)
    widest = len(first)
    if _width(first) < widest:
        widest = max(widest, _width(first))
    fitting = sum(len(row) == widest or (_width(row) <= widest < len(row)) for row in rows if row)
    return 1 - fitting / len(filled) if fitting else 1


def _width(row: Sequence[str]) -> int:
    """The number of cells up to the last that is filled."""
    return max((index for index, cell in enumerate(row, 1) if cell), default=0)


def _by_rules(text: str, separator: str) -> Rows | None:
    """As RFC 4180 has it; None where the text breaks its rules."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return [_blank(row) for row in reader]
    except csv.Error:
        return None


def _blank(row: list[str]) -> list[str]:
    return row if any(cell.strip() for cell in row) else []


def _by_lines(text: str, separator: str) -> Rows:
    """Each line a row, each separator the end of a cell, quotes around a cell taken away."""
    return [
        _blank([_unquoted(cell) for cell in line.split(separator)])
        for line in _LINE_BREAK.split(text)
    ]


def _unquoted(cell: str) -> str:
    bare = cell.strip()
    for quote in ('"', "'"):
        if len(bare) > 1 and bare[0] == bare[-1] == quote:
            return bare[1:-1].replace(quote * 2, quote)
    return cell


def _leniently(text: str, separator: str) -> Rows:
    """A quote ends a cell only where a separator or a line break follows."""
    sep = re.escape(separator)
    cell = re.compile(
        rf'[ ]*"((?:[^"]|"(?![ ]*(?:{sep}|\r|\n|$)))*)"[ ]*(?={sep}|\r|\n|$)|([^{sep}\r\n]*)'
    )
    return _scanned(text, separator, cell)


def _by_quoted_cells(text: str, separator: str) -> Rows | None:
    """For tables that quote every cell: only quote, separator, quote is the end of one."""
    lines = [line for line in _LINE_BREAK.split(text) if line.strip()][1:2]
    if not lines or not lines[0].startswith('"'):
        return None
    sep = re.escape(separator)
    cell = re.compile(
        rf'"((?:[^"\r\n]|"(?!{sep}"|[ ]*(?:\r|\n|$)))*)"[ ]*(?={sep}|\r|\n|$)|([^{sep}\r\n]*)'
    )
    return _scanned(text, separator, cell)


def _scanned(text: str, separator: str, cell: re.Pattern[str]) -> Rows:
    rows: Rows = []
    row: list[str] = []
    at = 0
    while True:
        match = cell.match(text, at)
        quoted, plain = (None, "") if match is None else match.groups()
        row.append(plain if quoted is None else quoted.replace('""', '"'))
        at = at if match is None else match.end()
        if text.startswith(separator, at):
            at += 1
            continue
        rows.append(_blank(row))
        row = []
        if at >= len(text):
            return rows
        at += 2 if text.startswith("\r\n", at) else 1


def separators_by_count(text: str) -> list[str]:
    """The separators that a text may have, the likeliest first: by the first lines with text."""
    lines = [line for line in _LINE_BREAK.split(text[:20000]) if line.strip()][:5]
    counts = Counter({s: sum(line.count(s) for line in lines) for s in SEPARATORS})
    found = [s for s, count in counts.most_common() if count]
    return found or [","]
