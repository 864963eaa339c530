"""How a file becomes requests that the import takes."""

import codecs
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.cli.errors import InvalidUseError
from stallwatch.cli.splitting import (
    CSV,
    JSON,
    JSON_LINES,
    MAIL,
    MAILBOX,
    TEXT,
    TSV,
    XLSX,
    Piece,
    split,
)

HEADER = "order_id,title\n"


def table(count: int, header: str = HEADER) -> bytes:
    """A table of orders, each with a title."""
    return (header + "".join(f"{8_190_000_000_000_000 + n},Lamp\n" for n in range(count))).encode()


def mail(n: int, size: int = 10) -> bytes:
    """A mail as it stands in an mbox."""
    text = f"From MAILER Mon Jun 15\nFrom: a@example.com\nSubject: {n}\n\n{'x' * size}\n\n"
    return text.encode()


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (table(3), CSV),
        (b"order_id;title\n1;Lamp\n", CSV),
        (b"order_id\ttitle\n1\tLamp\n", TSV),
        (b"LP00123456789012\nLP00123456789013\n", TEXT),
        (b'[{"order_id": "1"}]', JSON),
        (codecs.BOM_UTF8 + b' {"orders": []}', JSON),
        (b'{"order_id": "1"}\n{"order_id": "2"}\n', JSON_LINES),
        (mail(1), MAILBOX),
        (b"From: a@aliexpress.com\r\nSubject: Order 1\r\n\r\nText", MAIL),
        (b"PK\x03\x04 and what follows", XLSX),
        (b"[red lamp, blue lamp\n", CSV),
        (b'"order_id","title"\n', CSV),
        (b"Note: this is a list\nLP00123456789012\n", TEXT),
        (b"\xff\x00\xfe\n", TEXT),
    ],
)
def test_a_small_file_is_sent_as_it_is(data: bytes, content_type: str) -> None:
    """Byte for byte, with a word on what it is."""
    [piece] = split(data)

    assert (data, content_type, 0) == (piece.data, piece.content_type, piece.first)


def test_a_table_is_cut_between_rows() -> None:
    """Each piece has the header, and none has more rows than one request takes."""
    pieces = split(table(4500))

    assert [2000, 2000, 500] == [piece.rows for piece in pieces]
    assert [0, 2000, 4000] == [piece.first for piece in pieces]
    assert {HEADER.encode()} == {piece.data.splitlines(keepends=True)[0] for piece in pieces}
    assert table(4500) == HEADER.encode() + b"".join(
        piece.data.removeprefix(HEADER.encode()) for piece in pieces
    )


def test_a_table_without_a_header_gets_none() -> None:
    """Its first row is an order, which a second piece must not hold again."""
    pieces = split(table(2500, header=""))

    assert table(2500, header="") == b"".join(piece.data for piece in pieces)
    assert [2000, 500] == [piece.rows for piece in pieces]


@pytest.mark.parametrize(
    "head",
    [
        "sep=;\norder_id;title\n",
        "\ufeffsep=;\r\norder_id;title\n",
        "My orders\n\norder_id;title\n",
    ],
)
def test_what_stands_above_a_header_goes_with_it(head: str) -> None:
    """A title, or the line by which Excel is told the delimiter."""
    data = (head + "".join(f"{1000000 + n};Lamp\n" for n in range(7))).encode()
    pieces = split(data, most_rows=3)

    assert [3, 3, 1] == [piece.rows for piece in pieces]
    assert all(piece.data.startswith(head.encode()) for piece in pieces)


def test_a_list_under_a_heading_keeps_it() -> None:
    """A column of numbers with its name."""
    data = b"tracking_number\n" + b"".join(b"LP%014d\n" % n for n in range(5))

    assert {b"tracking_number"} == {p.data.splitlines()[0] for p in split(data, most_rows=3)}


def test_a_large_table_is_cut_by_its_size() -> None:
    """No request is larger than one takes."""
    row = f"{8_190_000_000_000_000},{'x' * 5000}\n"
    data = (HEADER + row * 600).encode()
    pieces = split(data)

    assert len(pieces) > 1
    assert max(len(piece.data) for piece in pieces) <= 1024 * 1024
    assert 600 == sum(piece.rows for piece in pieces)


def test_rows_of_one_order_stay_together() -> None:
    """The import folds them, so a cut goes before the order, not through it."""
    ids = [8_190_000_000_000_000 + n // 3 for n in range(12)]
    data = (HEADER + "".join(f"{i},Part\n" for i in ids)).encode()
    pieces = split(data, most_rows=5)

    assert [3, 3, 3, 3] == [piece.rows for piece in pieces]


def test_a_cell_may_have_several_lines() -> None:
    """A cut goes behind it."""
    data = (HEADER + "".join(f'{n},"Lamp,\nblue ""x"" lamp"\n' for n in range(9))).encode()
    pieces = split(data, most_rows=4)

    read = [
        row for piece in pieces for row in list(csv.reader(io.StringIO(piece.data.decode())))[1:]
    ]
    assert [[str(n), 'Lamp,\nblue "x" lamp'] for n in range(9)] == read
    assert [4, 4, 1] == [piece.rows for piece in pieces]


def test_a_quote_that_nobody_closes_swallows_nothing() -> None:
    """Some exporters do not double the quotes within a cell: its row ends with its line."""
    rows = ['1,"19" lamp"\n', '2,19" lamp\n', '3,"lamp\n', *(f"{n},lamp\n" for n in range(4, 200))]
    pieces = split((HEADER + "".join(rows)).encode(), most_rows=50)

    assert 199 == sum(piece.rows for piece in pieces)
    assert max(piece.rows for piece in pieces) <= 50


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_table_in_wide_characters_is_cut_too(encoding: str) -> None:
    """As UTF-8, in which a line feed is a line feed."""
    pieces = split(table(2500).decode().encode(encoding))

    assert [2000, 500] == [piece.rows for piece in pieces]
    assert pieces[1].data.startswith(HEADER.encode())


def test_a_list_of_json_is_cut_between_elements() -> None:
    """Each piece is a list again."""
    orders = [{"order_id": str(n), "title": "Lämp"} for n in range(4500)]
    pieces = split(json.dumps(orders).encode())

    assert [2000, 2000, 500] == [piece.rows for piece in pieces]
    assert orders == [order for piece in pieces for order in json.loads(piece.data)]


def test_lines_of_json_are_cut_between_lines() -> None:
    """Each piece is lines again."""
    data = b"".join(b'{"order_id": "%d"}\n' % n for n in range(4500))
    pieces = split(data)

    assert data == b"".join(piece.data for piece in pieces)
    assert [2000, 2000, 500] == [piece.rows for piece in pieces]


def test_a_mailbox_is_cut_between_mails() -> None:
    """A line that begins with From inside a mail is none of a mail's beginnings."""
    odd = mail(0).replace(b"xxx", b"x\nFrom here\nx")
    pieces = split(odd + b"".join(mail(n) for n in range(1, 5)), most_rows=2)

    assert [2, 2, 1] == [piece.rows for piece in pieces]
    assert pieces[0].data == odd + mail(1)


def test_one_mail_that_is_too_large_does_not_stop_the_others() -> None:
    """It is refused alone, at its place."""
    pieces = split(mail(0) + mail(1, size=2_000_000) + mail(2))

    assert ["", "it alone has more than 1 MiB", ""] == [piece.refusal for piece in pieces]
    assert [0, 1, 2] == [piece.first for piece in pieces]


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "nothing in it"),
        (b" \n\r\n", "nothing in it"),
        (b"PK\x03\x04" + b"x" * 2_000_000, "save its sheet as CSV"),
        (b'{"orders": "' + b"x" * 2_000_000 + b'"}', "as CSV or as a JSON list"),
        (b"From: a@b\nSubject: x\n\n" + b"x" * 2_000_000, "leave its attachments out"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8x", "begins like UTF-16"),
    ],
    ids=["empty", "blank", "workbook", "object", "mail", "broken"],
)
def test_what_cannot_be_cut_is_refused_with_a_hint(data: bytes, hint: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidUseError, match=hint):
        split(data)


@given(
    st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), min_size=1, max_size=30),
    st.integers(1, 7),
)
def test_no_row_is_lost_or_doubled(rows: list[list[str]], most_rows: int) -> None:
    """Whatever stands in the cells of a table as a library writes it."""
    text = io.StringIO()
    csv.writer(text).writerow(["order", "title"])
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
        [cell.replace("\r", " ").replace("\x00", " ") for cell in row] for row in rows
    )
    written = text.getvalue().encode("utf-8", "surrogatepass")
    pieces = split(written, most_rows=most_rows)

    assert content(split(written, most_rows=10_000)) == content(pieces)
    assert max(piece.rows for piece in pieces) <= max(most_rows, 1) or len(pieces) == 1


def content(pieces: list[Piece]) -> list[list[str]]:
    """The rows of pieces, each without its header."""
    return [
        row
        for piece in pieces
        for row in list(csv.reader(io.StringIO(piece.data.decode("utf-8", "surrogatepass"))))[1:]
        if any(row)
    ]


@given(st.binary(max_size=400), st.integers(1, 5), st.integers(20, 60))
def test_any_bytes_become_requests_or_a_hint(data: bytes, most_rows: int, most_bytes: int) -> None:
    """No piece is larger than one request takes, and nothing else is raised."""
    try:
        pieces = split(data, most_rows, most_bytes)
    except InvalidUseError:
        return
    assert all(len(piece.data) <= most_bytes for piece in pieces)
    assert all(piece.rows <= most_rows for piece in pieces if piece.content_type != XLSX)
