"""The price of an order, from the amounts that its rows name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stallwatch.imports.amounts import (
    amount_of,
    amount_of_parts,
    cents_of,
    currency_of,
    plain_amount_of,
)
from stallwatch.imports.cells import quantity_of
from stallwatch.imports.columns import TEMPLATE, Format

SUM_OF_ITEMS = "the price is the sum of the items, without shipping and discounts"
UNREADABLE = "the price cannot be read"

_LARGEST = Decimal(10) ** 9
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LinePrice:
    """What a row says of the price."""

    total: Decimal | None = None
    """Of the whole order."""
    items: Decimal | None = None
    """Of what the row lists: unit price times quantity, or the row's own total."""
    currency: str | None = None
    """By its sign."""
    is_unreadable: bool = False


def line_price(cells: Mapping[str, str], known: Format) -> LinePrice:
    """The amounts of a row."""
    currency = currency_of(cells["currency"]) if "currency" in cells else None
    for name in _SIGNED:
        if currency is None and name in cells:
            currency = currency_of(cells[name])
    if currency is None and "currency" not in cells:
        currency = known.currency
    total = plain_amount_of(cells.get("total", "")) if known.name == TEMPLATE else None
    if total is None:
        total = _first(cells, ("total_info", "total"), currency)
    quantity = quantity_of(cells.get("quantity", "1"))
    items = _first(cells, ("line_cents", "line_total"), currency)
    if items is None:
        unit = _first(cells, ("unit_price_info", "unit_price", "price"), currency)
        items = None if unit is None else unit * quantity
    is_unreadable = total is None and items is None and any(name in cells for name in _SIGNED)
    return LinePrice(total, items, currency, is_unreadable)


_SIGNED = (
    "total_info",
    "total",
    "line_total",
    "unit_price_info",
    "unit_price",
    "price",
    "line_cents",
)


def _first(cells: Mapping[str, str], names: Sequence[str], currency: str | None) -> Decimal | None:
    for name in names:
        if name not in cells:
            continue
        if name == "line_cents":
            amount = cents_of(cells[name])
        elif name.endswith("_info"):
            amount = amount_of_parts(cells[name])
        else:
            amount = amount_of(cells[name], currency)
        if amount is not None:
            return amount
    return None


def order_price(
    prices: Sequence[LinePrice], currency: str | None, notes: list[str]
) -> tuple[Decimal | None, str | None]:
    """The price of an order and the currency by its sign; None where its rows do not tell.

    Args:
        prices: Of each of its rows.
        currency: By a column of its own.
        notes: Takes what the report should say besides.
    """
    signs = {price.currency for price in prices if price.currency is not None}
    sign = signs.pop() if len(signs) == 1 else None
    total = next((price.total for price in prices if price.total is not None), None)
    if total is not None:
        return _within(total), sign
    items = [price.items for price in prices if price.items is not None]
    if any(price.is_unreadable for price in prices):
        notes.append(UNREADABLE)
        return None, sign
    if not items or (currency is None and len(signs) > 1):
        return None, sign
    if len(items) > 1:
        notes.append(SUM_OF_ITEMS)
    return _within(sum(items, Decimal(0))), sign


def _within(amount: Decimal) -> Decimal | None:
    """An amount with at least two decimals; None where it is larger than an order's can be."""
    if amount >= _LARGEST:
        return None
    exponent = amount.as_tuple().exponent
    return amount.quantize(_CENT) if isinstance(exponent, int) and exponent > -2 else amount  # noqa: PLR2004
