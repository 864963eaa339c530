"""Files that are made to cost much time or room: each is refused before it does, or read."""

import io
import zipfile

import pytest

from stallwatch.imports.errors import ImportFailedError, ImportTooLargeError, ImportUnreadableError
from stallwatch.imports.reading import read_import

ID = "8100000000001234"
HEADER = "<table><tr><td>Order ID<td>Title"


@pytest.mark.parametrize("piece", ["<a ", "<td a='", "<!--", "<![CDATA[", "</script", '<a="'])
def test_markup_that_nothing_closes_is_refused(piece: str) -> None:
    """Python's reader would look for each close through the whole rest."""
    with pytest.raises(ImportUnreadableError, match="damaged"):
        read_import(f"{HEADER}<tr><td>{ID}<td>{piece * 100_000}".encode())


def test_a_tag_that_nothing_closes_costs_no_row() -> None:
    """A page may have been cut, or its maker careless."""
    document = read_import(f"{HEADER}<tr><td>{ID}<td>Lamp<tr><td>{ID}1<td>Cup <a href='x".encode())
    assert [ID, f"{ID}1"] == [order.order_id for order in document.orders]


@pytest.mark.parametrize("tag", [b"<c/>", b"<row/>"])
def test_a_workbook_of_countless_cells_is_refused(tag: bytes) -> None:
    """They take little room, packed or not, but each takes time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", tag * 2_100_000)
    with pytest.raises(ImportTooLargeError):
        read_import(stream.getvalue())


def test_a_row_of_countless_columns_is_refused() -> None:
    """Of a header, no more columns are compared than a table may have."""
    with pytest.raises(ImportFailedError, match="the first row has 20000 columns"):
        read_import(",".join(["order_id"] * 20_000).encode())


def test_what_is_packed_is_told_to_be_unpacked() -> None:
    """Some tools save their exports so."""
    with pytest.raises(ImportUnreadableError, match="unpack it first"):
        read_import(b"\x1f\x8b\x08\x00 and more")
