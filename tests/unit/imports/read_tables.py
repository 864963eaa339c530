"""Reading a table in one line, for the tests of imports."""

from stallwatch.imports.reading import read_import
from stallwatch.imports.records import ImportDocument, ReadOrder

ID = "8100000000001234"
LP = "LP00812345678901"

HTML = f"""<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<style>td {{ }}</style></head><body><table><tr><td>Menu<td>Help</table><table border=1>
<tr><th>Order ID</th><th>Order Date</th><th>Title</th><th>Total</th></tr>
<tr><td>{ID}<td>2026-09-05<td>Lamp &amp; shade<br>white<td>14,39&nbsp;&euro;</tr>
</table></body></html>"""


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
