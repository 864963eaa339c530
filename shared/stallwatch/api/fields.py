"""Types of the fields that the API takes and answers, with the reasons for refusing a value."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictStr,
    WithJsonSchema,
)

from stallwatch.domain.countries import COUNTRIES, code_of
from stallwatch.domain.languages import ALERT_LANGUAGES, SELLER_LANGUAGES
from stallwatch.domain.orders import NOTE_LIMIT
from stallwatch.domain.text import clean
from stallwatch.domain.tracking_numbers import normalize_number

TEXT_LIMIT = 200


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


_AMOUNT = r"^\d{1,9}(\.\d{1,3})?$"


_ALSO_CODES = {"UK": "GB", "EL": "GR"}
"""What people and the European Union write for two codes of ISO 3166-1."""


def _day(value: object) -> object:
    """Only dates: a number or an instant would be taken for one too."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("must be a date like 2026-05-31")


def _order_id(value: str) -> str:
    if value in {".", ".."}:
        raise ValueError("must not be . or .., which no address can end in")
    return value


def _tracking_number(value: str) -> str:
    number = normalize_number(value)
    if number is None:
        raise ValueError("must have 8 to 40 letters A-Z and digits")
    return number


def _country(value: str) -> str:
    # Some letters become ASCII ones in upper case: the German double s would be South Sudan.
    code = value.upper() if value.isascii() else ""
    code = code if code in COUNTRIES else code_of(value) or _ALSO_CODES.get(code, "")
    if not code:
        raise ValueError("must be a country: its ISO 3166-1 code, like DE, or its English name")
    return code


def _currency(value: str) -> str:
    from babel.core import get_global  # noqa: PLC0415

    if not value.isascii() or value.upper() not in get_global("all_currencies"):
        raise ValueError("must be a currency of ISO 4217, like EUR")
    return value.upper()


def _amount(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not re.fullmatch(_AMOUNT, value, re.ASCII):
        raise ValueError('must be a decimal number in quotes, like "12.50"')
    return Decimal(value)


def _text(value: str) -> str | None:
    return clean(value, TEXT_LIMIT) or None


def _note(value: str) -> str | None:
    return clean(value, NOTE_LIMIT) or None


OrderId = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$"), AfterValidator(_order_id)]


Day = Annotated[date, BeforeValidator(_day)]


Instant = Annotated[
    datetime,
    PlainSerializer(
        lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str, when_used="json"
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


TrackingNumber = Annotated[StrictStr, Field(max_length=80), AfterValidator(_tracking_number)]


Country = Annotated[StrictStr, AfterValidator(_country)]


Currency = Annotated[StrictStr, AfterValidator(_currency)]


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _AMOUNT, "examples": ["12.50"]}),
]


Text = Annotated[StrictStr, Field(max_length=2000), AfterValidator(_text)]


Note = Annotated[StrictStr, Field(max_length=2000), AfterValidator(_note)]


if TYPE_CHECKING:
    Language = str
    SellerLanguage = str
else:
    # A type checker wants the values written out; pydantic takes them from the table.
    Language = Literal[ALERT_LANGUAGES]
    SellerLanguage = Literal[SELLER_LANGUAGES]
