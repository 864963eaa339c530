"""Headers: which of several columns is meant, units in names, and tables without a header."""

from datetime import date

import pytest

from stallwatch.imports.reading import read_import
from stallwatch.imports.records import ReadOrder

ID = "8100000000001234"
LP = "LP00812345678901"
DAY = date(2026, 10, 21)


def only(text: str) -> ReadOrder:
    document = read_import(text.encode())
    assert () == document.rejected
    (order,) = document.orders
    return order


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Tracking,Tracking Number,Order ID,Order Date", f"Delivered,{LP},{ID},2026-10-21"),
        ("Order,Order ID,Date,Order Date,Tracking No", f"Lamp,{ID},2026-11-27,2026-10-21,{LP}"),
        ("Order ID,Order,Order Date,Date,Tracking No", f"{ID},Lamp,2026-10-21,2026-11-27,{LP}"),
        ("Datum;Bestelldatum;Bestellnummer;Trackingnummer", f"27.11.2026;21.10.2026;{ID};{LP}"),
        ("Pedido;Número de pedido;Fecha del pedido;Seguimiento", f"x;{ID};21/10/2026;{LP}"),
    ],
)
def test_of_several_columns_the_one_with_the_fuller_name_is_taken(header: str, row: str) -> None:
    """A name that is part of another one's may stand for something else."""
    order = only(f"{header}\n{row}\n")
    assert (ID, DAY, (LP,)) == (order.order_id, order.ordered_on, order.tracking_numbers)


@pytest.mark.parametrize(
    ("name", "cell", "price", "currency"),
    [
        ("Total (EUR)", "12,50", "12.50", "EUR"),
        ("Gesamtpreis in €", "12,50", "12.50", "EUR"),
        ("Total [PLN]:", "1 234,50", "1234.50", "PLN"),
        ("Total (EUR)", "US $12.50", "12.50", "USD"),
        ("Total (paid)", "12.50", "12.50", None),
    ],
)
def test_a_column_says_its_currency(name: str, cell: str, price: str, currency: str | None) -> None:
    """Where a cell names another one, that holds."""
    order = only(f"Order ID;Order Date;{name}\n{ID};2026-10-21;{cell}\n")
    assert (price, currency) == (str(order.price), order.currency)


@pytest.mark.parametrize(
    ("name", "cell", "day"),
    [
        ("Order date (DD/MM/YYYY)", "05/09/2026", date(2026, 9, 5)),
        ("Order date (MM/DD/YYYY)", "05/09/2026", date(2026, 5, 9)),
        ("Date de commande [JJ/MM/AAAA]", "05/09/2026", date(2026, 9, 5)),
        ("Bestelldatum (TT.MM.JJJJ)", "05.09.2026", date(2026, 9, 5)),
        ("Order date (UTC)", "2026-10-21", DAY),
    ],
)
def test_a_column_says_how_its_dates_are_written(name: str, cell: str, day: date) -> None:
    """So that a date that fits twice is no riddle."""
    assert day == only(f"Order ID;{name}\n{ID};{cell}\n").ordered_on


@pytest.mark.parametrize(
    ("rows", "day"),
    [
        (f"{ID};21.10.2026;{LP};12,50 €\n", DAY),
        (f"{LP}\t2026-10-21 14:03:11\n", DAY),
        (f"{ID},Oct 21 2026,{LP}\n", DAY),
        (f"{ID};21.10.2026;{LP};23.10.2026\n", None),
        (f"{ID};20261021;{LP}\n", None),
    ],
)
def test_without_a_header_the_only_column_of_days_is_the_order_s(
    rows: str, day: date | None
) -> None:
    """Where there are two, or where it could be any number, nobody says which it is."""
    order = only(rows)
    assert (day, (LP,)) == (order.ordered_on, order.tracking_numbers)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Número de pedido;Fecha;Valor;N° suivi", f"{ID};2026-10-21;12,50 €;{LP}"),
        ("Sipariş no;Tarih;Tutar;Takip no", f"{ID};2026-10-21;12,50 €;{LP}"),
        ("주문번호,주문일,합계,운송장 번호", f'{ID},2026. 10. 21.,"12,50 €",{LP}'),
        ("Číslo objednávky;Datum;Cena celkem;Sledovací číslo", f"{ID};21.10.2026;12,50 €;{LP}"),
        ('מספר הזמנה,תאריך,"סה""כ",מספר משלוח', f'{ID},2026-10-21,"12,50 €",{LP}'),
        ("Bestelnummer;Besteldatum;Bedrag;Trackcode", f"{ID};21-10-2026;12,50 €;{LP}"),
    ],
)
def test_headers_of_more_languages(header: str, row: str) -> None:
    """Id, day, total and number of an order, as spreadsheets of many countries name them."""
    order = only(f"{header}\n{row}\n")
    assert (ID, DAY, (LP,)) == (order.order_id, order.ordered_on, order.tracking_numbers)
    assert ("12.50", "EUR") == (str(order.price), order.currency)
