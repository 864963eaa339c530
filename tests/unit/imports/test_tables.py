"""Tables that are not as their format says: encodings, separators, quotes, dates, broken ids."""

import io
import subprocess
import sys
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from stallwatch.imports.errors import ImportFailedError, ImportTooLargeError, ImportUnreadableError
from stallwatch.imports.reading import read_import
from stallwatch.imports.records import ImportDocument, ReadOrder
from tests.support.template import ROOT

ID = "8100000000001234"
LP = "LP00812345678901"


def read(text: str, encoding: str = "utf-8", **options: str) -> ImportDocument:
    return read_import(text.encode(encoding), **options)  # type: ignore[arg-type]


def only(text: str, encoding: str = "utf-8", **options: str) -> ReadOrder:
    document = read(text, encoding, **options)
    assert () == document.rejected
    (order,) = document.orders
    return order


def reason(text: str, **options: str) -> str:
    document = read(text, **options)
    assert () == document.orders
    (row,) = document.rejected
    return row.reason


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


HTML = f"""<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<style>td {{ }}</style></head><body><table><tr><td>Menu<td>Help</table><table border=1>
<tr><th>Order ID</th><th>Order Date</th><th>Title</th><th>Total</th></tr>
<tr><td>{ID}<td>2026-09-05<td>Lamp &amp; shade<br>white<td>14,39&nbsp;&euro;</tr>
</table></body></html>"""

XML = f"""<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Orders"><Table>
<Row><Cell><Data ss:Type="String">Order ID</Data></Cell><Cell><Data>Order Date</Data></Cell>
<Cell ss:Index="4"><Data>Title</Data></Cell><Cell><Data>Total</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">{ID}</Data></Cell>
<Cell><Data>2026-09-05T00:00:00.000</Data></Cell>
<Cell ss:Index="4"><Data>Lamp &amp; shade</Data></Cell><Cell><Data>14.39 EUR</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


@pytest.mark.parametrize("text", [HTML, XML], ids=["html", "xml"])
def test_markup_that_is_called_xls(text: str) -> None:
    """Tables of a page or of an XML spreadsheet are read as a sheet is."""
    order = only(text)
    assert (ID, date(2026, 9, 5), "Lamp & shade", Decimal("14.39"), "EUR") == (
        order.order_id,
        order.ordered_on,
        order.title,
        order.price,
        order.currency,
    )


def test_markup_without_a_table_is_refused() -> None:
    """With what to export instead, however it is cut or nested."""
    for text in (HTML[:150], "<html>" * 1000, "<![", "<table><tr><td>x</table>", "<?xml"):
        with pytest.raises(ImportUnreadableError):
            read(text)


def test_tracking_number_that_is_an_order_id() -> None:
    """An order id in the column of tracking numbers is questioned, whichever order it is of."""
    assert "looks like an order id" in reason(f"order id;tracking\n{ID};8100000000021234\n")
    assert "looks like an order id" in reason("order id;tracking\nABC-12345678;ABC-12345678\n")


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("LP 0081 2345 678901", (LP,)),
        ("lp00812345678901", (LP,)),
        (f"{LP} RB123456785CN", (LP, "RB123456785CN")),
        (f"{LP},RB123456785CN,{LP}", (LP, "RB123456785CN")),
        (f"AliExpress Standard Shipping {LP}", (LP,)),
        ("UPS_X(1Z0000000000000000)", ("1Z0000000000000000",)),
        (f"https://global.cainiao.com/newDetail.htm?mailNoList={LP}", (LP,)),
        ("00340434161094027318", ("00340434161094027318",)),
        ("Not available yet", ()),
    ],
)
def test_cells_of_tracking_numbers(cell: str, numbers: tuple[str, ...]) -> None:
    """One or several numbers are found within what is written around them."""
    order = only(f'order id;tracking number;title\n{ID};"{cell}";Lamp\n')
    assert numbers == order.tracking_numbers


@pytest.mark.parametrize(
    "written",
    [
        "2026-09-05",
        "2026-09-05 23:14:00",
        "2026-09-05T09:14:00.000Z",
        "2026-09-06 00:30:00 +0200",
        "2026/09/05",
        "2026年9月5日",
        "2026. 9. 5.",
        "1788599640000",
        "1788599640",
        "20260905",
        "05.09.2026",
        "5.9.2026 14:05",
        "05.09.26",
        "Sep 5, 2026",
        "5 September 2026",
        "09:14 Sep. 05 2026",
        "Sat, 05 Sep 2026",
        "5 сентября 2026",
        "5. September 2026",
        "5 de septiembre de 2026",
        "5 wrz 2026",
        "5 sept. 2026",
        "5 settembre 2026",
        "05-Sep-26",
        "mar. 5 sept. 2026",
        "5 בספטמבר 2026",
        "5 سبتمبر 2026",
        "2026-09-05 14:05:33 Asia/Shanghai",
        "1788599640.123",
        "46270",
        "46270.59",
        "5 de set. de 2026",
        "5 сент. 2026 г.",
        "2026년 9월 5일",
    ],
)
def test_dates(written: str) -> None:
    """A day is read as pages, exports and spreadsheets write it; zones are turned into UTC."""
    assert date(2026, 9, 5) == only(f'order id;order date\n{ID};"{written}"\n').ordered_on


@pytest.mark.parametrize("written", ["5/9/2026", "05-09-2026", "5/9/26", "05/09/2026 14:33"])
def test_dates_that_fit_twice(written: str) -> None:
    """Day and month are never guessed: the row is refused unless it is said which comes first."""
    text = f"order id;order date\n{ID};{written}\n"
    assert "dates=dmy" in reason(text)
    assert date(2026, 9, 5) == only(text, dates="dmy").ordered_on
    assert date(2026, 5, 9) == only(text, dates="mdy").ordered_on


def test_file_that_settles_its_dates() -> None:
    """One date that fits once settles all others of the file; two that contradict settle none."""
    text = f"order id;order date\n{ID};5/9/2026\n8100000000021234;25/9/2026\n"
    assert [5, 25] == [o.ordered_on.day for o in read(text).orders if o.ordered_on]
    document = read(text + "8100000000041234;9/25/2026\n")
    assert [25, 25] == [o.ordered_on.day for o in document.orders if o.ordered_on]
    assert [2] == [row.row for row in document.rejected]


@pytest.mark.parametrize(
    "written", ["yesterday", "2026-13-45", "31/31/2026", "99.99.2026", "Foo 5"]
)
def test_dates_that_are_none(written: str) -> None:
    """An order date that cannot be read refuses the row; today is not taken for it."""
    assert "write it like" in reason(f"order id;order date\n{ID};{written}\n")


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("US $1,382.11", "1382.11", "USD"),
        ("129,46zł", "129.46", "PLN"),
        ("1 240,50 ₽", "1240.50", "RUB"),
        ("€,14,39", "14.39", "EUR"),
        ("€14.39", "14.39", "EUR"),
        ("14,39 EUR", "14.39", "EUR"),
        ("R$ 20,00", "20.00", "BRL"),
        ("C$ 3.10", "3.10", "CAD"),
        ("AU $3.10", "3.10", "AUD"),
        ("1.240 EUR", "1240.00", "EUR"),
        ("1.234.567,89 €", "1234567.89", "EUR"),
        ("KWD 1.240", "1.240", "KWD"),
        ("12.4", "12.40", None),
        ("5", "5.00", None),
        ("£0.125", "0.125", "GBP"),
        ("14.389999", "14.38", None),
        ("1\u202f234,56\u00a0€", "1234.56", "EUR"),
        ("1'234.50 CHF", "1234.50", "CHF"),
        ("₹1,23,456.00", "123456.00", "INR"),
        ("59,90 Kč", "59.90", "CZK"),
        ("Rp 59.900", "59900.00", "IDR"),
        ("R 59.90", "59.90", None),
        ("kr 59,90", "59.90", None),
        ("¥1234", "1234.00", None),
        ("CN¥12.50", "12.50", "CNY"),
    ],
)
def test_amounts(written: str, amount: str, currency: str | None) -> None:
    """Amounts are read with either decimal mark, and the currency by its sign or code."""
    order = only(f'order id;total\n{ID};"{written}"\n')
    assert (Decimal(amount), currency) == (order.price, order.currency)


@pytest.mark.parametrize("written", ["$1 - $2", "free", "-3.10 €", "9999999999999.00 €"])
def test_amounts_that_are_none(written: str) -> None:
    """A cell that holds no single amount gives no price, and the order stays."""
    assert only(f'order id;total\n{ID};"{written}"\n').price is None


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


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_workbook_with_numbers_and_dates() -> None:
    """Cells that are numbers or dates are read as such; formulas are data."""
    body = workbook(
        ["Order ID", "Order Date", "Total", "Title"],
        [8100000000001234, date(2026, 9, 5), 14.39, "=1+2"],
    )
    (order,) = read_import(body).orders
    assert (ID, date(2026, 9, 5), Decimal("14.39"), "=1+2") == (
        order.order_id,
        order.ordered_on,
        order.price,
        order.title,
    )


def test_workbook_with_numbers_for_everything() -> None:
    """Ids as floating-point numbers, days as a spreadsheet counts them, a row of totals."""
    body = workbook(
        ["My orders"],
        ["Order ID", None, "Order Date", "Total", None],
        [8100000000001234.0, None, 46270, 14.39, None],
        ["8100000000021234", None, "05.09.2026", "14,39", None],
        ["Total", None, None, 28.78, None],
    )
    document = read_import(body)
    assert [(ID, date(2026, 9, 5)), ("8100000000021234", date(2026, 9, 5))] == [
        (order.order_id, order.ordered_on) for order in document.orders
    ]
    assert [5] == [row.row for row in document.rejected]


def test_workbook_that_rounded_an_id() -> None:
    """A numeric id of 16 digits that ends with 0 has probably lost its last digit."""
    (row,) = read_import(workbook(["Order ID", "Title"], [8100000000001230, "Lamp"])).rejected
    assert "format the column as text" in row.reason


def test_workbook_with_a_cell_far_out() -> None:
    """A sheet that says to be huge costs no memory, and its rows are read."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet["A1"], sheet["B1"], sheet["A2"], sheet["B2"] = "Order ID", "Title", ID, "x" * 32767
    sheet["XFD1048576"] = "far"
    stream = io.BytesIO()
    book.save(stream)
    assert [ID] == [order.order_id for order in read_import(stream.getvalue()).orders]


def test_workbook_that_unpacks_to_too_much() -> None:
    """A ZIP bomb is refused by what it says of its size, before it is unpacked."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (64 * 1024 * 1024))
    with pytest.raises(ImportTooLargeError):
        read_import(stream.getvalue())


def test_workbook_that_declares_entities() -> None:
    """XML that declares entities is refused."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook/>')
    with pytest.raises(ImportUnreadableError):
        read_import(stream.getvalue())


@pytest.mark.parametrize("length", [200, 1000, 3000, 5000])
def test_workbook_that_was_cut(length: int) -> None:
    """A cut workbook is refused with a message."""
    with pytest.raises(ImportFailedError):
        read_import(workbook(["Order ID"], [ID])[:length][:-1])


def test_order_id_that_is_the_name_of_the_file() -> None:
    """The export whose file is named after its order needs that name, and says so."""
    header = (
        "Product name,Product details,Seller,Price,Quantity,Amount,Order status,Shipping details"
    )
    text = f"{header}\nLamp,,Shop,$ 6.20,2,$ 12.40,Awaiting delivery,\n"
    assert "name of its file" in reason(text)
    assert ID == only(text, filename=f"C:\\orders\\{ID}.csv").order_id


def test_workbook_reader_is_imported_when_a_workbook_arrives() -> None:
    """Reading anything else does not pay for the XLSX library."""
    program = (
        "import sys; from stallwatch.imports.reading import read_import; "
        "read_import(b'LP00812345678901'); sys.exit('openpyxl' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT / "shared")
