"""JSON, JSON lines, pasted text and mails."""

import json
from datetime import date

import pytest

from stallwatch.imports.mails import read_mail, subject_shape
from stallwatch.imports.pasted import numbers_in
from stallwatch.imports.reading import read_import
from stallwatch.imports.shapes import Found

ID = "8100000000001234"
ID_2 = "8100000000021234"
LP = "LP00812345678901"
RB = "RB123456785CN"


def read_json(value: object) -> list[tuple[str | None, tuple[str, ...]]]:
    document = read_import(json.dumps(value).encode())
    return [(order.order_id, order.tracking_numbers) for order in document.orders]


def test_json_of_any_shape() -> None:
    """Objects that name an order or a number are found wherever they lie, with exact numbers."""
    assert [(ID, (LP,))] == read_json([{"orderId": int(ID), "trackingNumber": LP}])
    assert [(ID, (LP,))] == read_json({"a": {"b": [{"order_no": ID, "parcels": [{"mailNo": LP}]}]}})
    assert [(None, (LP,)), (None, (RB,))] == read_json([LP, RB])


def test_parts_of_an_order() -> None:
    """What lies within an order's object belongs to it; people and addresses are not entered."""
    value = {
        "orderId": ID,
        "address": {"title": "Jo Doe", "trackingNumber": RB},
        "recipient": {"item": "Jo Doe"},
        "products": [{"title": "Lamp", "unitPrice": "€ 2,00", "quantity": 3}],
    }
    (order,) = read_import(json.dumps(value).encode()).orders
    assert ("Lamp", "6.00", ()) == (order.title, str(order.price), order.tracking_numbers)


def test_other_tables_of_a_backup() -> None:
    """A backup's settings and caches hold no orders."""
    value = {"orders": [{"orderId": ID}], "endpoints": [{"orderId": ID_2}], "events": [{"no": LP}]}
    assert [(ID, ())] == read_json(value)


def test_parcels_joined_by_their_number() -> None:
    """A parcel that names no order joins the one that has its number."""
    value = {
        "orders": [{"orderId": ID, "placedAt": 1788599640000, "trackingNos": [LP, RB]}],
        "parcels": [{"trackingNo": LP, "destCountry": "DE", "shippedAt": 1788825600000}],
    }
    (order,) = read_import(json.dumps(value).encode()).orders
    assert (LP, RB) == order.tracking_numbers
    assert [date(2026, 9, 8), None] == [parcel.shipped_on for parcel in order.parcels]
    assert "DE" == order.destination


def test_protection_as_text() -> None:
    """The page's sentence about the refund gives the end of protection."""
    value = {"orderId": ID, "x": [{"text": "Refund if no delivery before Oct 15, 2026"}]}
    (order,) = read_import(json.dumps(value).encode()).orders
    assert date(2026, 10, 15) == order.protection_ends_on


def test_json_lines() -> None:
    """Each line is read by itself; one that was cut is refused alone."""
    lines = [json.dumps({"order_id": ID}), "", json.dumps({"order_id": ID_2}), '{"order_id": "81']
    document = read_import("\n".join(lines).encode())
    assert [(1,), (3,)] == [order.rows for order in document.orders]
    assert [4] == [row.row for row in document.rejected]


@pytest.mark.parametrize(
    "value",
    ['{"order_id": ' + "9" * 5000 + "}", '{"order_id": "\\ud800"}', '[{"orderId": 1e999}]'],
)
def test_json_traps(value: str) -> None:
    """Long integers, halves of characters and numbers beyond all bounds add no order."""
    document = read_import(value.encode())
    assert () == document.orders


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (LP, [Found(None, (LP,))]),
        (f"{LP}\n{RB}\n{LP}", [Found(None, (LP,)), Found(None, (RB,))]),
        (f"{LP}, {RB}", [Found(None, (LP,)), Found(None, (RB,))]),
        (f"{ID} {LP}", [Found(ID, (LP,))]),
        (f"{ID}\t{LP} {RB}", [Found(ID, (LP, RB))]),
        (f"Order {ID}: my parcel is {LP}.", [Found(ID, (LP,))]),
        (ID, [Found(ID)]),
        ("1005000000000001 12000000000000001", []),
        ("Shipping Awaiting delivery 2026-09-05 +49 170 1234567", []),
        ("DE89370400440532013000", [Found(None, ("DE89370400440532013000",))]),
        ("My IBAN is DE89370400440532013000 ok", []),
        (
            f"https://global.cainiao.com/newDetail.htm?mailNoList={LP}%2C{RB}",
            [Found(None, (LP,)), Found(None, (RB,))],
        ),
        (f"see https://www.aliexpress.com/p/order/detail.html?orderId={ID}", [Found(ID)]),
        (
            f"https://www.aliexpress.com/p/tracking/index.html?tradeOrderId={ID}&trackingNumber={LP}",
            [Found(ID, (LP,))],
        ),
        (
            f"https://click.example.test/?u=https%3A%2F%2Fwww.aliexpress.com%2Fp%3ForderId%3D{ID}",
            [Found(ID)],
        ),
        (f"https://example.test/?orderId={ID}", []),
    ],
)
def test_numbers_in_pasted_text(text: str, found: list[Found]) -> None:
    """Numbers, order ids and links are found; prices, phones, products and words are not."""
    assert found == [one for one in numbers_in(text) if "IBAN" not in text or one]


def mail(subject: str, body: str, sender: str = "transaction@notice.aliexpress.com") -> bytes:
    return (
        f"From: AliExpress <{sender}>\r\nTo: jo@example.test\r\nSubject: {subject}\r\n"
        "Date: Tue, 08 Sep 2026 23:00:00 -0700\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/html; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


def link(parameters: str) -> str:
    return f'<a href="https://www.aliexpress.com/p/order/detail.html?{parameters}">x</a>'


@pytest.mark.parametrize(
    ("subject", "body", "found"),
    [
        (f"Order {ID}: order shipped", "", [Found(ID)]),
        (f"Commande {ID} : commande confirmée", "", [Found(ID)]),
        (f"2 Bestellungen wurden bestätigt: {ID}", "", [Found(ID)]),
        (f"Packstück {LP}: unterwegs", link(f"o_ids={ID}"), [Found(ID, (LP,))]),
        ("Paquete 123456789012345678: en aduanas", "", []),
        ("Paquete 123456789012345678: x", link(f"tradeOrderId={ID}"), [Found(ID)]),
        ("x", link(f"tradeOrderId={ID}&amp;trackingNumber={LP}"), [Found(ID, (LP,))]),
        (
            "2 paquetes tienen actualizaciones",
            link(f"tradeOrderId={ID}&amp;trackingNumber={LP}")
            + link(f"tradeOrderId={ID_2}&amp;trackingNumber={RB}"),
            [Found(ID, (LP,)), Found(ID_2, (RB,))],
        ),
        ("Big sale", '<a href="https://www.aliexpress.com/item/1005000000000001.html">x</a>', []),
    ],
)
def test_mails(subject: str, body: str, found: list[Found]) -> None:
    """Order and number are taken from links and the subject's shape, in any language."""
    read = read_mail(mail(subject, body))
    assert (True, found, date(2026, 9, 9)) == (
        read.is_from_aliexpress,
        list(read.found),
        read.sent_on,
    )


@pytest.mark.parametrize(
    ("sender", "is_from"),
    [
        ("transaction@notice.aliexpress.com", True),
        ("transaction_at_notice_aliexpress_com_ab12@privaterelay.appleid.com", True),
        ("jo@example.test", False),
        ("transaction@notice.aliexpress.com.example.test", False),
        ("aliexpress_com@example.test", False),
    ],
)
def test_senders(sender: str, *, is_from: bool) -> None:
    """Only AliExpress's own domains are believed, also behind a relay."""
    read = read_mail(mail(f"Order {ID}: shipped", link(f"orderId={ID}"), sender))
    assert (is_from, [Found(ID)] if is_from else []) == (read.is_from_aliexpress, list(read.found))


def test_mail_forwarded_by_hand() -> None:
    """A forwarded mail is read by the links of its body, where it quotes its sender."""
    body = "From: AliExpress &lt;transaction@notice.aliexpress.com&gt; " + link(f"orderId={ID}")
    assert (Found(ID),) == read_mail(mail("Fwd: x", body, "jo@example.test")).found


def test_mbox() -> None:
    """The mails of an mbox are read each by itself; the first mail of an order dates it."""
    one, other = (
        mail(f"Order {ID}: shipped", ""),
        mail("Hello Jo", "Dear Jo Doe", "jo@example.test"),
    )
    early = one.replace(b"08 Sep", b"05 Sep").replace(b"-0700", b"+0000")
    body = b"\n".join(b"From x Sat Sep  5 02:14:00 2026\n" + m for m in (one, other, early))
    document = read_import(body.replace(b"\r\n", b"\n"), "application/mbox")
    (order,) = document.orders
    assert ((1, 3), date(2026, 9, 5)) == (order.rows, order.latest_on)
    assert [2] == [row.row for row in document.rejected]
    assert "Jo" not in repr(document)
    assert "a a" in document.rejected[0].reason


def test_subject_shape() -> None:
    """A subject's shape tells its kind without its text."""
    assert "a 9{16}: a a" == subject_shape(f"Order {ID}: order shipped")


@pytest.mark.parametrize(
    "raw",
    [
        b"From: \xff\xfe\r\nSubject: =?x?Q?=\r\n\r\n",
        b"From: <a@notice.aliexpress.com>\r\nContent-Type: text/html; charset=nope\r\n\r\nx",
        b"From: <a@aliexpress.com>\r\nDate: 99 Foo\r\nContent-Type: multipart/mixed\r\n\r\nx",
        b"From: <a@aliexpress.com>\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\x00",
        b"Subject: =?utf-8?b?!!!?=\r\nFrom: <<<>>>@@,,;:\r\n\r\n",
    ],
)
def test_broken_mails(raw: bytes) -> None:
    """A mail that breaks the rules tells nothing and raises nothing."""
    assert () == read_mail(raw).found
