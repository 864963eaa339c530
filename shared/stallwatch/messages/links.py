"""The pages that a buyer is sent to: the order on AliExpress, the tracking page, our own page."""

import re
from urllib.parse import quote

from stallwatch.domain.orders import Order

TRACKING_PAGE = "https://global.cainiao.com/newDetail.htm?mailNoList="
"""Cainiao's page of a tracking number, which follows it."""


ALIEXPRESS_PAGE = "https://www.aliexpress.com/p/order/detail.html?orderId="
"""AliExpress's page of an order, whose number follows it."""


_ALIEXPRESS_NUMBER = re.compile(r"\d{10,20}")


def order_url(page_url: str, order_id: str) -> str:
    """The address of an order on our page."""
    return f"{page_url}#/orders/{quote(order_id)}"


def tracking_url(number: str) -> str:
    """Cainiao's page of a tracking number."""
    return TRACKING_PAGE + quote(number)


def aliexpress_url(order: Order) -> str | None:
    """AliExpress's page of an order; None where its number is none of AliExpress's."""
    number = order.order_number or order.order_id
    return ALIEXPRESS_PAGE + number if _ALIEXPRESS_NUMBER.fullmatch(number) else None
