"""Splits a file into requests that the import takes: at most 2,000 rows and 1 MiB each.

A file that fits is sent as it is, byte for byte. A larger one is cut between rows (each piece gets
the header again), between the elements of JSON, or between mails. Rows that follow each other and
name the same order stay together, because the import folds them.

Nothing here knows the formats of the exporters: the API reads what is sent.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stallwatch.cli.errors import InvalidUseError

MOST_ROWS = 2000


MOST_BYTES = 1024 * 1024


CSV = "text/csv"


TSV = "text/tab-separated-values"


TEXT = "text/plain"


JSON = "application/json"


JSON_LINES = "application/x-ndjson"


MAIL = "message/rfc822"


MAILBOX = "application/mbox"


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


_ZIP = b"PK\x03\x04"


_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


_MAIL_FIELD = re.compile(rb"(?:[!-9;-~]+:[ \t].*|[!-9;-~]+:)\r?\n", re.IGNORECASE)


_MAIL_NAMES = re.compile(
    rb"^(?:from|received|return-path|delivered-to|message-id|date|subject|mime-version):",
    re.IGNORECASE | re.MULTILINE,
)


_MBOX_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")


_LONG_DIGITS = re.compile(rb"\d{6}")


_ORDER_NUMBER = re.compile(rb"(?<!\d)\d{12,20}(?!\d)")


_SEP_LINE = re.compile(rb"(?:\xef\xbb\xbf)?sep=.\s*$", re.IGNORECASE)
"""A first line by which Excel is told the delimiter."""


_QUOTED = re.compile(rb'"[^"]*"')


_HEAD_LINES = 20


_LONGEST_ROW_LINES = 60
"""A quoted cell that goes on for longer was never meant to be one: some exporters do not double
the quotes within a cell."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one request takes.

    Args:
        data: The body.
        content_type: What it is.
        rows: About how many rows, elements or mails it has.
        first: How many came before it in the file.
        refusal: Why it is not sent; empty where it is.
    """

    data: bytes
    content_type: str
    rows: int
    first: int
    refusal: str = ""


def split(data: bytes, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> list[Piece]:
    """The requests that a file becomes, in its order.

    Raises:
        InvalidUseError: the file is empty, or too large and cannot be cut; the message says what
            to do instead.
    """
    if not data.strip():
        raise InvalidUseError("there is nothing in it.")
    if data.startswith(_ZIP):
        if len(data) > most_bytes:
            raise InvalidUseError(
                f"a workbook of more than {_size(most_bytes)} cannot be cut: "
                "save its sheet as CSV (UTF-8) and import that."
            )
        return [Piece(data, XLSX, 1, 0)]
    data = _in_utf8(data)
    if _MBOX_LINE.match(data):
        mails = _mails(data)
        return _packed(mails, MAILBOX, b"", most_rows, most_bytes, lambda _: None)
    if _is_mail(data):
        if len(data) > most_bytes:
            raise InvalidUseError(
                f"a mail of more than {_size(most_bytes)} is not taken: leave its attachments out."
            )
        return [Piece(data, MAIL, 1, 0)]
    if data.lstrip(codecs.BOM_UTF8 + b" \t\r\n")[:1] in {b"[", b"{"}:
        found = _json(data, most_rows, most_bytes)
        if found is not None:
            return found
    return _table(data, most_rows, most_bytes)


def _size(number: int) -> str:
    return f"{number // 1024} KiB" if number < MOST_BYTES else f"{number // MOST_BYTES} MiB"


def _in_utf8(data: bytes) -> bytes:
    """The file without the encodings whose bytes cannot be cut at a line feed."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding).encode()
            except UnicodeDecodeError:
                raise InvalidUseError(f"it begins like {encoding.upper()}, but is not.") from None
    return data


# Mails.
def _is_mail(data: bytes) -> bool:
    """Whether it begins with the fields of a mail."""
    head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
    return _MAIL_FIELD.match(data) is not None and len(_MAIL_NAMES.findall(head)) > 1


def _mails(data: bytes) -> list[bytes]:
    starts = [found.start() for found in _MBOX_LINE.finditer(data)]
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]


# JSON.
def _json(data: bytes, most_rows: int, most_bytes: int) -> list[Piece] | None:
    """The pieces of JSON or JSON lines; None where it is neither."""
    try:
        value: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return _json_lines(data, most_rows, most_bytes)
    if len(data) <= most_bytes and (not isinstance(value, list) or len(value) <= most_rows):
        return [Piece(data, JSON, len(value) if isinstance(value, list) else 1, 0)]
    if not isinstance(value, list):
        raise InvalidUseError(
            f"an object of JSON of more than {_size(most_bytes)} cannot be cut: "
            "export the orders alone, as CSV or as a JSON list."
        )
    elements = [json.dumps(element, ensure_ascii=False).encode() for element in value]
    # Each element costs a comma, the list its brackets.
    packs = _packed(elements, JSON, b"", most_rows, most_bytes - 2, _order_of, joint=b",")
    return [Piece(b"[" + p.data + b"]", JSON, p.rows, p.first) for p in packs]


def _json_lines(data: bytes, most_rows: int, most_bytes: int) -> list[Piece] | None:
    lines = [line for line in data.removeprefix(codecs.BOM_UTF8).splitlines(True) if line.strip()]
    try:
        if not all(isinstance(json.loads(line), dict) for line in lines):
            return None
    except (ValueError, RecursionError):
        return None
    return _packed(lines, JSON_LINES, b"", most_rows, most_bytes, _order_of)


# Tables.
def _table(data: bytes, most_rows: int, most_bytes: int) -> list[Piece]:
    lines = data.splitlines(keepends=True)
    delimiter = _delimiter(lines)
    content_type = {b"\t": TSV, b"": TEXT}.get(delimiter, CSV)
    if len(data) <= most_bytes and len(lines) <= most_rows:
        return [Piece(data, content_type, len(lines), 0)]
    rows = list(_rows(lines, delimiter or b","))
    count = _header_rows(rows, delimiter)
    header, rows = b"".join(rows[:count]), [row for row in rows[count:] if row.strip()]
    return _packed(rows, content_type, header, most_rows, most_bytes, _order_of)


def _delimiter(lines: Sequence[bytes]) -> bytes:
    """What stands between the cells of a table, by its first lines; empty where nothing does."""
    head = _QUOTED.sub(b"", b"".join(lines[:_HEAD_LINES]))
    best = max((b"\t", b";", b"|", b","), key=head.count)
    return best if best in head else b""


def _header_rows(rows: Sequence[bytes], delimiter: bytes) -> int:
    """How many rows stand above the first order: a title, a line `sep=;`, the names of the columns.

    A row with six digits in a row is an order already. Where none of those above has several cells,
    there is no header.
    """
    for number, row in enumerate(rows[:_HEAD_LINES], 1):
        if _LONG_DIGITS.search(row):
            break
        if row.strip() and delimiter in row and not _SEP_LINE.match(row):
            return number
    return 0


def _rows(lines: Sequence[bytes], delimiter: bytes) -> Iterator[bytes]:
    """Lines put together where a quoted cell goes on in the next line."""
    begin = 0
    while begin < len(lines):
        end = begin
        is_open = _ends_open(lines[end], delimiter, is_open=False)
        while is_open and end + 1 < len(lines) and end - begin < _LONGEST_ROW_LINES:
            end += 1
            is_open = _ends_open(lines[end], delimiter, is_open=True)
        if is_open:
            end = begin
        yield b"".join(lines[begin : end + 1])
        begin = end + 1


def _ends_open(line: bytes, delimiter: bytes, *, is_open: bool) -> bool:
    """Whether a quoted cell is still open where a line ends.

    A quote opens a cell only at its beginning, and closes it only before a delimiter or the line's
    end: what stands between is text, doubled or not.
    """
    text = line.rstrip(b"\r\n")
    at = 0
    while True:
        if not is_open:
            if not text.startswith(b'"', at):
                following = text.find(delimiter, at)
                if following < 0:
                    return False
                at = following + 1
                continue
            at += 1
        closing = _closing_quote(text, at, delimiter)
        if closing < 0:
            return True
        if closing + 1 == len(text):
            return False
        is_open = False
        at = closing + 2


def _closing_quote(text: bytes, at: int, delimiter: bytes) -> int:
    """Where the quote stands that closes a cell; -1 where the line has none."""
    while (found := text.find(b'"', at)) >= 0:
        end = found
        while text.startswith(b'"', end):
            end += 1
        closes = end == len(text) or text.startswith(delimiter, end)
        if closes and (end - found) % 2 == 1:
            return end - 1
        at = end
    return -1


# Packing.
def _order_of(row: bytes) -> bytes | None:
    """The number in a row by which its order is known; None where it has none."""
    found = _ORDER_NUMBER.search(row)
    return None if found is None else found[0]


def _packed(
    rows: Sequence[bytes],
    content_type: str,
    header: bytes,
    most_rows: int,
    most_bytes: int,
    order_of: Callable[[bytes], bytes | None],
    joint: bytes = b"",
) -> list[Piece]:
    """Rows packed into as few pieces as their order allows; a row that is too large is refused."""
    pieces: list[Piece] = []
    pack: list[bytes] = []
    size = len(header)
    first = 0

    def close(count: int) -> None:
        nonlocal pack, size, first
        kept, pack = pack[:count], pack[count:]
        pieces.append(Piece(header + joint.join(kept), content_type, len(kept), first))
        first += len(kept)
        size = len(header) + sum(len(row) + len(joint) for row in pack)

    for row in rows:
        length = len(row) + len(joint)
        if len(header) + length > most_bytes:
            if pack:
                close(len(pack))
            reason = f"it alone has more than {_size(most_bytes)}"
            pieces.append(Piece(b"", content_type, 1, first, reason))
            first += 1
            continue
        while pack and (len(pack) >= most_rows or size + length > most_bytes):
            close(_cut(pack, row, order_of))
        pack.append(row)
        size += length
    if pack:
        close(len(pack))
    return pieces


def _cut(pack: Sequence[bytes], following: bytes, order_of: Callable[[bytes], bytes | None]) -> int:
    """Before which row of a full pack to cut: not between two rows of one order, if that can be."""
    order = order_of(following)
    count = len(pack)
    while count and order is not None and order_of(pack[count - 1]) == order:
        count -= 1
    return count or len(pack)
