"""Workbooks, and markup that is called one."""

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
from tests.support.template import ROOT
from tests.unit.imports.read_tables import HTML, ID, only, reason

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
