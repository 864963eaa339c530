"""What a reader hands over: raw lines first, then orders as read and rows as rejected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

DateOrder = Literal["dmy", "mdy"]
"""Which of day and month comes first in dates like 5/9/2026."""

MOST_ROWS = 2000
"""Rows that one request takes."""

MOST_BYTES = 1024 * 1024
"""Bytes that one request takes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row or record, before its cells are understood."""

    row: int
    """From 1: the spreadsheet's row with the header counted, the record, the line or the mail."""
    cells: Mapping[str, str]
    """The cells of known columns, by field (see `columns`)."""
    latest_on: date | None = None
    """A day on which the order existed already: the day of a mail about it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One of an order's parcels."""

    tracking_number: str
    shipped_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """An order as a file tells of it; None stands for what the file does not say."""

    rows: tuple[int, ...]
    order_id: str | None = None
    """The shop's order number; in our own export our id."""
    order_number: str | None = None
    """The shop's order number, in our own export only."""
    is_own: bool = False
    """Whether `order_id` is an id of ours, to be matched exactly."""
    is_export: bool = False
    """Whether it stands in our own export."""
    ordered_on: date | None = None
    latest_on: date | None = None
    """The earliest day on which a mail spoke of the order; it was made on that day or before."""
    parcels: tuple[Parcel, ...] = ()
    title: str | None = None
    seller: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    """ISO 4217; a price may come without one."""
    destination: str | None = None
    """ISO 3166-1 alpha-2."""
    shipped_on: date | None = None
    protection_ends_on: date | None = None
    promised_on: date | None = None
    paid_on: date | None = None
    paid_with: str | None = None
    """`card`, `paypal` or `other`."""
    service: str | None = None
    """`standard`, `expedited` or `economy`."""
    remote: bool | None = None
    language: str | None = None
    actions: tuple[Mapping[str, object], ...] = ()
    """The buyer's actions as the API shows them, in our own export only."""
    notes: tuple[str, ...] = ()
    """What is worth knowing about the reading, for the report."""

    @property
    def tracking_numbers(self) -> tuple[str, ...]:
        """The numbers of its parcels."""
        return tuple(parcel.tracking_number for parcel in self.parcels)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not taken, and why."""

    row: int
    reason: str
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class ImportDocument:
    """A body as read."""

    format: str
    """The name of the format, as `formats.json` has it, or `table`, `list`, `mail`, `json`."""
    orders: tuple[ReadOrder, ...] = ()
    rejected: tuple[RejectedRow, ...] = field(default=())
