"""Options and arguments that several commands share."""

import re
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.domain.tracking_numbers import normalize_number

_ORDER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,3})?", re.ASCII)


if TYPE_CHECKING:
    Language = str
else:
    # A type checker wants the members written out.
    Language = StrEnum("Language", {code: code for code in ALERT_LANGUAGES})


def _order_id(text: str) -> str:
    if not _ORDER_ID.fullmatch(text) or text in {".", ".."}:
        raise typer.BadParameter("an order's id has up to 64 letters, digits, dots, _ and -")
    return text


def _day(text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise typer.BadParameter("takes a date like 2026-05-31")


def _amount(text: str) -> str:
    if not _AMOUNT.fullmatch(text):
        raise typer.BadParameter("takes an amount like 12.50")
    return text


def _tracking_number(text: str) -> str:
    number = normalize_number(text)
    if number is None:
        raise typer.BadParameter("a tracking number has 8 to 40 letters and digits")
    return number


DAY = {"parser": _day, "metavar": "DATE"}


AMOUNT = {"parser": _amount, "metavar": "AMOUNT"}


NUMBER = {"parser": _tracking_number, "metavar": "NUMBER"}


OrderId = Annotated[str, typer.Argument(parser=_order_id, metavar="ORDER", help="The order's id.")]


AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for scripts, and nothing else, on stdout.")
]
