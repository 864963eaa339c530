"""Cells of tables: tracking numbers, dates, amounts."""

from datetime import date
from decimal import Decimal

import pytest

from stallwatch.imports.errors import ImportUnreadableError
from tests.unit.imports.read_tables import HTML, ID, LP, only, read, reason


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
