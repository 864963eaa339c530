"""Amounts of money as pages print them: sign before or after, either decimal mark."""

import re
from decimal import Decimal
from functools import lru_cache

from stallwatch.imports.cells import values

_AMOUNT = re.compile(r"[0-9](?:[0-9.,'\u2019\s]*[0-9])?")
_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
_SEPARATORS = re.compile(r"[.,'\u2019\s]")

_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())

_LONGEST = 60
"""Characters of a cell that may be an amount; anything longer is prose."""

_MOST_WHOLE_DIGITS = 9
_THOUSAND = 3


def amount_of(cell: str, currency: str | None = None) -> Decimal | None:
    """An amount as a page prints it; None where the cell holds no single one.

    The last of `.` and `,` with one or two digits after it is the decimal mark. With three digits
    after it, it separates thousands, unless it follows a zero or the currency has three decimals.

    Args:
        cell: Such as `US $1,382.11`, `129,46zł` or `1 240,50 ₽`.
        currency: ISO 4217, where it is known already.
    """
    if len(cell) > _LONGEST:
        return None
    found = _AMOUNT.findall(cell)
    if len(found) != 1 or re.search(r"[-\u2212(]\s*\D{0,4}[0-9]", cell):
        return None
    whole, fraction = _split(found[0], currency)
    digits = _SEPARATORS.sub("", whole)
    if not digits or len(digits) > _MOST_WHOLE_DIGITS:
        return None
    return Decimal(f"{int(digits)}.{fraction}" if fraction else digits)


def _split(text: str, currency: str | None) -> tuple[str, str]:
    """The part before the decimal mark, and the digits after it."""
    at = max(text.rfind("."), text.rfind(","))
    if at < 0:
        return text, ""
    fraction = text[at + 1 :]
    if not fraction.isdecimal():
        return text, ""
    if len(fraction) > _THOUSAND:  # what is left of a floating-point number
        return (text[:at], fraction[:2]) if text[:at].isdecimal() else ("", "")
    if len(fraction) < _THOUSAND:
        return text[:at], fraction
    is_repeated = len(re.findall(r"[.,]", text)) > 1 and len(set(re.findall(r"[.,]", text))) == 1
    if not is_repeated and (text[:at] == "0" or currency in _THREE_DECIMALS):
        return text[:at], fraction
    return text, ""


def plain_amount_of(cell: str) -> Decimal | None:
    """An amount as the API writes it, such as `12.50`."""
    return Decimal(cell) if _PLAIN.fullmatch(cell) else None


def amount_of_parts(cell: str) -> Decimal | None:
    """The amount of a cell like `US $6.20|6|20`, which gives whole and cents apart."""
    parts = [part.strip() for part in cell.split("|")]
    if len(parts) != 3:  # as printed, whole, cents  # noqa: PLR2004
        return None
    whole, cents = _SEPARATORS.sub("", parts[1]), parts[2]
    if not re.fullmatch(r"[0-9]{1,9}", whole) or not re.fullmatch(r"[0-9]{0,3}", cents):
        return None
    return Decimal(f"{whole}.{cents}" if cents else whole)


def cents_of(cell: str) -> Decimal | None:
    """The amount of a cell that counts cents."""
    value = cell.strip().removesuffix(".0")
    return Decimal(value) / 100 if re.fullmatch(r"[0-9]{1,11}", value) else None


def currency_of(cell: str) -> str | None:
    """The currency of a cell that holds a code, a sign, or an amount with either."""
    if len(cell) > _LONGEST:
        return None
    head = cell.split("|", maxsplit=1)[0]
    return _currency_of(" ".join(re.sub(r"[0-9.,'\u2019]+(?=\s|\D|$)", " ", head).split()))


@lru_cache(maxsize=512)
def _currency_of(sign: str) -> str | None:
    for candidate in (sign, sign.strip("-+: ")):
        known = values()["currencies"].get(candidate.casefold())
        if known is not None:
            return known
    code = re.search(r"\b[A-Za-z]{3}\b", sign)
    if code is None:
        return None
    from babel.core import get_global  # noqa: PLC0415

    return code[0].upper() if code[0].upper() in get_global("all_currencies") else None
