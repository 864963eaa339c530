"""Pasted lists: days beside the numbers, and links of others among those that are known."""

from datetime import date

import pytest

from stallwatch.imports.reading import read_import

ID = "8100000000001234"
LP, RB = "LP00812345678901", "RB123456785CN"
DAY = date(2026, 10, 21)


@pytest.mark.parametrize(
    ("line", "order_id", "day"),
    [
        (f"{LP} 2026-10-21", None, DAY),
        (f"21.10.2026 {LP}", None, DAY),
        (f"{ID} {LP} 21/10/2026", ID, DAY),
        (f"{LP} 2026-10-21 2026-10-23", None, None),
        (f"{LP} arrived 2026-10-21", None, None),
        (LP, None, None),
    ],
)
def test_a_day_beside_a_number_is_the_order_s(
    line: str, order_id: str | None, day: date | None
) -> None:
    """It is no part of the number; within prose, or one of two, it may be that of anything."""
    (order,) = read_import(line.encode()).orders
    assert (order_id, (LP,), day) == (order.order_id, order.tracking_numbers, order.ordered_on)


def test_numbers_in_groups_are_whole() -> None:
    """Blanks within a number are none between two, and two on a line are two."""
    text = f"lp 0081 2345 6789 01\n{RB} 1234567890\n"
    orders = read_import(text.encode()).orders
    assert [(LP,), (RB,)] == [order.tracking_numbers for order in orders]


def test_links_of_others_are_passed_over() -> None:
    """A list with links of any service, one of which holds a comma, is no table."""
    text = (
        f"https://www.aliexpress.com/p/order/detail.html?orderId={ID}\n"
        f"https://global.cainiao.com/detail.htm?mailNoList={LP},{RB}\n"
        "https://parcels.example/en/tracking/LP00899999999999\n"
        "https://track.aliexpress.com/logisticsdetail.htm?tradeId=8100000000021234\n"
    )
    document = read_import(text.encode())
    assert () == document.rejected
    expected = [(ID, ()), (None, (LP,)), (None, (RB,)), ("8100000000021234", ())]
    assert expected == [(order.order_id, order.tracking_numbers) for order in document.orders]
