"""Tables that are not as their format says: encodings, separators, quotes, dates, broken ids."""

from datetime import date

import pytest

from stallwatch.imports.errors import ImportTooLargeError, ImportUnreadableError
from stallwatch.imports.reading import read_import
from tests.unit.imports.read_tables import ID, LP, only, read, reason


@pytest.mark.parametrize("separator", ["\t", ";", "|", ","])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]
)
def test_separators_and_encodings(separator: str, line_break: str, encoding: str) -> None:
    """A table is read whatever its separator, its line breaks and its encoding."""
    rows = [["ORDER ID", "Tracking Number", "Store"], [ID, LP, "Büro Möbel"]]
    text = "".join(separator.join(row) + line_break for row in rows)
    order = only(text, encoding)
    assert (ID, (LP,), "Büro Möbel") == (order.order_id, order.tracking_numbers, order.seller)


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("Bestellnummer;Bestelldatum;Sendungsnummer", "cp1252"),
        ("Número de pedido;Fecha de pedido;Número de seguimiento", "cp1252"),
        ("N° de commande;Date de commande;Numéro de suivi", "utf-8"),
        ("Numer zamówienia;Data zamówienia;Numer przesyłki", "utf-8"),
        ("Номер заказа;Дата заказа;Трек-номер", "cp1251"),
        ("numero ordine;data ordine;codice di tracciamento", "utf-8"),
        ("订单号;下单时间;运单号", "utf-8"),
    ],
)
def test_headers_of_other_languages(header: str, encoding: str) -> None:
    """Columns are known by their names in other languages."""
    order = only(f"{header}\n{ID};05.09.2026;{LP}\n", encoding)
    assert (ID, date(2026, 9, 5), (LP,)) == (
        order.order_id,
        order.ordered_on,
        order.tracking_numbers,
    )


def test_header_below_a_title_and_in_another_order() -> None:
    """Titles above the header, other orders of columns and unknown ones do not matter."""
    text = f'My orders\n\nFoo,tracking-number,"Order  No.",Bar,\n1,{LP},{ID},2,\n'
    order = only(text)
    assert (ID, (LP,), (4,)) == (order.order_id, order.tracking_numbers, order.rows)


def test_separator_that_is_said() -> None:
    """The line by which Excel is told the separator is no row."""
    assert ID == only(f"sep=;\norder id;title\n{ID};a,b,c,d\n").order_id


def test_inner_quotes_that_are_not_escaped() -> None:
    """Inner quotes move no cell, and a quoted separator ends none."""
    text = f'"orderId","Product","Store Name"\n"{ID}","19" rack, "black", wide","Shop"\n'
    order = only(text)
    assert ('19" rack, "black", wide', "Shop") == (order.title, order.seller)


def test_quote_at_the_end_of_a_tabbed_cell() -> None:
    """A title that ends with an inch mark swallows no cell after it."""
    text = (
        "Order Number\tProduct Title\tTracking Number\tOption\n"
        f'{ID}\t"Monitor 19""\t{LP}\t"White"\n8100000000021234\t"Lamp"\t\t"Red"\n'
    )
    assert [(LP,), ()] == [order.tracking_numbers for order in read(text).orders]


def test_lines_within_cells() -> None:
    """A quoted cell may hold line breaks; the next row keeps its number."""
    text = f'order id,notes,title\n{ID},"a\nb\nc",Lamp\n8100000000021234,,Shade\n'
    assert [(2,), (3,)] == [order.rows for order in read(text).orders]


@pytest.mark.parametrize("empty", ["undefined", "N/A", "-", "null", "NULL", " ", "n/a"])
def test_words_for_nothing(empty: str) -> None:
    """What stands for nothing is no tracking number, title or seller."""
    order = only(f"order id;tracking number;title;store\n{ID};{empty};{empty};{empty}\n")
    assert ((), None, None) == (order.tracking_numbers, order.title, order.seller)


@pytest.mark.parametrize(
    "cell",
    [
        *(f"'{ID}", f'="{ID}"', f"#{ID}", f" {ID} ", f"{ID}.0", f"{ID}.00", f"Order ID: {ID}"),
        *("8,100,000,000,001,234", "8.100.000.000.001.234", "8100 0000 0000 1234"),
    ],
)
def test_wrapped_ids(cell: str) -> None:
    """What spreadsheets put around an id is taken away."""
    quoted = cell.replace('"', '""')
    assert ID == only(f'order id;title\n"{quoted}";Lamp\n').order_id


@pytest.mark.parametrize(
    "cell",
    ["8.1E+15", "8,1E+15", "8.10000000000123E+15", "8e+15", "8.1E15"],
)
def test_ids_that_a_spreadsheet_broke(cell: str) -> None:
    """A rounded id is refused, and the report says how to export it."""
    assert "format the column as text" in reason(f"order id;title\n{cell};Lamp\n")
    assert "format the column as text" in reason(f"order id;tracking\n{ID};{cell}\n")


def test_id_with_marks_that_lost_its_last_digit() -> None:
    """Spreadsheets keep 15 digits, and show a zero for the sixteenth."""
    assert "format the column as text" in reason("order id;title\n8.100.000.000.001.230;Lamp\n")


@pytest.mark.parametrize(
    "row", ["Total;;;14,39 €", "Summe:;;;14,39 €", "Итого;;;1 240", "Order ID;Date;Title;Total"]
)
def test_rows_that_are_no_orders(row: str) -> None:
    """A row of totals, or the header once more, becomes no order."""
    document = read(f"Order ID;Date;Title;Total\n{ID};2026-09-05;Lamp;14,39 €\n{row}\n")
    assert [ID] == [order.order_id for order in document.orders]
    assert [(3, "this row is not an order but totals, or the header again")] == [
        (rejected.row, rejected.reason) for rejected in document.rejected
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"Order ID,Order Date,Title,,,\n{ID},2026-09-05,Lamp,,,\n",
        f"| Order ID | Order Date | Title |\n|---|---|---|\n| {ID} | 2026-09-05 | Lamp |\n",
        f"My orders;;;\n;;;\nOrder ID;Order Date;Title;\n{ID};2026-09-05;Lamp;\n",
        f'Order ID,Order Date,Title,Notes\n{ID},2026-09-05,"Lamp\nwhite","a\r\nb, c"\n',
        f"ORDER_ID\tORDER-DATE\t Item  Name \n{ID}\t2026-09-05\tLamp\n",
        f"Title|Order Date|Order ID|Foo\nLamp|2026-09-05|{ID}|x\n",
        f"Order ID,Order Date,Title\r{ID},2026-09-05,Lamp\r",
    ],
)
def test_shapes_of_tables(text: str) -> None:
    """Empty columns, titles, lines between rows, blanks in names, and other orders of columns."""
    (order,) = [order for order in read(text).orders if order.order_id == ID]
    assert (date(2026, 9, 5), "Lamp") == (order.ordered_on, order.title)


@pytest.mark.parametrize(
    ("header", "title", "encoding"),
    [
        ("Numer zamówienia;Numer przesyłki;Nazwa produktu", "Żółta lampka", "cp1250"),
        ("Номер заказа;Трек-номер;Товар", "Лампа", "cp1251"),
        ("订单号;运单号;商品名称", "台灯", "gb18030"),
        ("注文番号;追跡番号;商品名", "ランプ", "shift_jis"),
        ("주문번호;운송장번호;상품명", "램프", "euc_kr"),
        ("Sipariş No;Takip Numarası;Title", "Işık", "cp1254"),
        ("Bestellnummer;Sendungsnummer;Artikel", "Lämpchen", "cp1252"),
    ],
)
def test_old_code_pages(header: str, title: str, encoding: str) -> None:
    """The one in which most names of columns are known is right, also where a text is short."""
    order = only(f"{header}\n{ID};{LP};{title}\n", encoding)
    assert (ID, (LP,), title) == (order.order_id, order.tracking_numbers, order.title)


def test_row_with_too_many_cells() -> None:
    """A row whose cells are moved by a separator in one of them is refused, not misread."""
    text = f"order id;title;tracking\n{ID};Lamp; white;{LP}\n8100000000021234;Shade;\n"
    document = read(text)
    assert [(2, "more cells" in r.reason) for r in document.rejected] == [(2, True)]
    assert ["8100000000021234"] == [order.order_id for order in document.orders]


def test_row_that_was_cut() -> None:
    """The last row of a cut file is refused: half an id would be another order."""
    document = read(f"order id;tracking;title\n{ID};{LP};Lamp\n81000000")
    assert [ID] == [order.order_id for order in document.orders]
    assert [(3, "the file ends within this row")] == [(r.row, r.reason) for r in document.rejected]


def test_formulas_are_data() -> None:
    """A cell that a spreadsheet would run is a text like any other."""
    assert "=1+2" == only(f"order id;title\n{ID};=1+2\n").title


def test_columns_of_people_are_not_read() -> None:
    """Names, addresses and phones reach neither the orders nor the errors."""
    text = "order id;recipient;phone;address;tracking\n;Jo Doe;+4912345678;Main St 1;\n"
    document = read(text + f"{ID};Jo Doe;+4912345678;Main St 1;{LP}\n")
    assert "Doe" not in repr(document)
    with pytest.raises(ImportUnreadableError) as caught:
        read("Jo Doe;Main St 1;+49 123\nMax Roe;High St 2;+49 124\n")
    assert "Doe" not in str(caught.value)
    assert ("mail", "JSON", "table", "list of numbers") == caught.value.tried


def test_unknown_text_columns_without_header_are_not_read() -> None:
    """Without a header only ids and numbers are read: a text may be anybody's name."""
    order = only(f"{ID};{LP};Jo Doe;Main St 1\n")
    assert (ID, (LP,), None) == (order.order_id, order.tracking_numbers, order.title)


def test_limits() -> None:
    """More than 2,000 rows or 1 MiB are too much for one request."""
    rows = "".join(f"{8100000000001234 + n};x\n" for n in range(2001))
    with pytest.raises(ImportTooLargeError):
        read("order id;title\n" + rows)
    with pytest.raises(ImportTooLargeError):
        read("\n".join(f"LP{n:014d}" for n in range(2001)))
    with pytest.raises(ImportTooLargeError):
        read_import(b"x" * (1024 * 1024 + 1))
    assert 2000 == len(read("order id;title\n" + rows[: rows.rindex("8")]).orders)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"%PDF-1.7",
        b"<html><body>8100000000001234</body></html>",
        b"hello, world",
        b"\x00\x01\x02\x03",
        b"PK\x03\x04 and nothing",
        b'{"orders": [',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"[1, 2, 3]",
        b"null",
        b'{"unknown": 1}',
    ],
)
def test_bodies_that_are_nothing(body: bytes) -> None:
    """What is neither a table nor a list nor a mail is refused with a message."""
    with pytest.raises(ImportUnreadableError):
        read_import(body)
