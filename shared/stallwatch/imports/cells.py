"""Cells of a table: what counts as empty, and ids, countries, services and ways of payment."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from stallwatch.domain.countries import COUNTRIES, code_of
from stallwatch.domain.text import clean
from stallwatch.imports.columns import names_of, normalized
from stallwatch.imports.errors import CellError
from stallwatch.imports.shapes import order_ids_within

TEXT_LIMIT = 200

_EMPTY = frozenset(
    {"undefined", "n/a", "#n/a", "-", "--", "\u2013", "\u2014", "null", "none", "nan", "nil"}
)

_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How some exports keep a spreadsheet from taking an id for a number."""

_ORDER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_BROKEN_ID = re.compile(r"[0-9]([.,][0-9]+)?[Ee]\+?[0-9]{2,3}")

BROKEN_ID = (
    "a spreadsheet has turned the order id into a rounded number like 8.1E+15: "
    "format the column as text and export it again"
)

NO_ORDER = "this row is not an order but totals, or the header again"

_FORMATTED_ID = re.compile(r"[0-9]{1,3}([.,'\u2019])[0-9]{3}(?:\1[0-9]{3}){3,5}")
"""An id that a spreadsheet shows with a mark at each thousand."""

_WITH_ZEROS = re.compile(r"[0-9]+\.0+")

_ITEM_COUNT = re.compile(r"^[0-9]{1,4} ?[x\u00d7] (?=\S)")
_QUANTITY = re.compile(r"[0-9]{1,5}")


def tidy(cell: str) -> str:
    """A cell without what surrounds its value; words that stand for nothing become empty."""
    value = cell.strip().strip("\x00\ufeff")
    wrapped = _FORMULA_TEXT.fullmatch(value)
    if wrapped is not None:
        value = wrapped[1].strip()
    value = value.removeprefix("'").strip()
    return "" if value.casefold() in _EMPTY else value


def unescape(cell: str) -> str:
    """A cell of our own export: without the apostrophe that kept it from being a formula."""
    return cell.removeprefix("'")


def text_of(cell: str) -> str | None:
    """A title or a seller: the first line, without a link that follows on a line of its own."""
    lines = [line for line in re.split(r"[\r\n]+", cell) if line.strip()]
    shown = [line for line in lines if not line.strip().lower().startswith(("http://", "https://"))]
    return clean(shown[0], TEXT_LIMIT) or None if shown else None


def title_of(cell: str) -> str | None:
    """The first product of a cell such as `2x Desk lamp | 1x Shade`."""
    first = _ITEM_COUNT.sub("", cell.split(" | ", maxsplit=1)[0].strip())
    return text_of(first)


def order_id_of(cell: str, *, is_own: bool = False) -> str:
    """An order id.

    Args:
        cell: The cell.
        is_own: Whether we exported it: then it is an id, even if it looks like a rounded number.

    Raises:
        CellError: it is none, or a spreadsheet has broken it.
    """
    value = clean(cell, TEXT_LIMIT).lstrip("#\u2116 ")
    if not is_own and normalized(value) in _not_ids():
        raise CellError(NO_ORDER)
    if _BROKEN_ID.fullmatch(value) and (not is_own or "+" in value):
        raise CellError(BROKEN_ID)
    value = re.sub(r"(?<=[0-9]) (?=[0-9])", "", value)
    if _FORMATTED_ID.fullmatch(value) and not is_own:
        value = re.sub(r"[^0-9]", "", value)
        if value.endswith("0"):  # spreadsheets keep 15 digits
            raise CellError(BROKEN_ID)
    value = re.sub(r"(?<=[0-9])\.0+$", "", value) if _WITH_ZEROS.fullmatch(value) else value
    if not _ORDER_ID.fullmatch(value) and len(within := order_ids_within(value)) == 1:
        return within[0]
    if not _ORDER_ID.fullmatch(value) or value in {".", ".."}:
        raise CellError("the order id must have 1 to 64 letters A-Z, digits, dots, - or _")
    return value


@lru_cache(maxsize=1)
def _not_ids() -> frozenset[str]:
    """What stands in the column of ids and is none: totals, and the names of the column."""
    return names_of("order_id") | {normalized(word) for word in values()["totals"]}


def quantity_of(cell: str) -> int:
    """A number of pieces, such as `2` or `2 pcs`; 1 where the cell names none."""
    found = _QUANTITY.search(cell)
    return max(int(found[0]), 1) if found else 1


def country_of(cell: str) -> str | None:
    """The two letters of a country, from its codes or its name in a few languages."""
    name = clean(cell, TEXT_LIMIT)
    code = code_of(name.upper()) or code_of(name)
    if code is not None:
        return code
    if re.fullmatch(r"[A-Za-z]{3}|[0-9]{3}", name):
        from babel.core import get_global  # noqa: PLC0415

        of_three = get_global("territory_aliases").get(name.upper(), [])
        return of_three[0] if len(of_three) == 1 and of_three[0] in COUNTRIES else None
    return _country_names().get(name.casefold())


@lru_cache(maxsize=1)
def _country_names() -> Mapping[str, str]:
    from babel import Locale  # noqa: PLC0415

    names: dict[str, str] = {}
    for language in values()["languages"]:
        territories = Locale.parse(language).territories
        for code in COUNTRIES & territories.keys():
            names.setdefault(territories[code].casefold(), code)
    return names


def service_of(cell: str) -> str | None:
    """Our name of a shipping service, where the cell names one that is known."""
    return _lookup("services", cell)


def payment_of(cell: str) -> str | None:
    """`card`, `paypal` or `other`, where the cell names a way of payment that is known."""
    return _lookup("payments", cell)


def language_of(cell: str) -> str | None:
    """A language of the drafts, by its code; a variety stands behind it, as in `pt-PT`."""
    language, _, variety = clean(cell, 8).replace("_", "-").partition("-")
    code = f"{language.lower()}-{variety.upper()}" if variety else language.lower()
    return code if re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", code) else None


def flag_of(cell: str) -> bool | None:
    """A yes or no, as JSON and spreadsheets write it."""
    return {"true": True, "1": True, "false": False, "0": False}.get(cell.strip().lower())


def _lookup(table: str, cell: str) -> str | None:
    found = values()[table].get(clean(cell, TEXT_LIMIT).casefold())
    return None if found is None else str(found)


@lru_cache(maxsize=1)
def values() -> Mapping[str, dict[str, str]]:
    """The known values of cells, from `values.json`."""
    text = (files("stallwatch.imports") / "values.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)
    return loaded
