"""Lines folded into orders: cells understood, rows of one order together, bad rows rejected."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stallwatch.domain.text import clean
from stallwatch.domain.tracking_numbers import normalize_number
from stallwatch.imports.amounts import currency_of, plain_amount_of
from stallwatch.imports.cells import (
    TEXT_LIMIT,
    country_of,
    flag_of,
    language_of,
    order_id_of,
    payment_of,
    service_of,
    text_of,
    title_of,
)
from stallwatch.imports.columns import OWN, Format
from stallwatch.imports.dates import AMBIGUOUS, day_of, settle
from stallwatch.imports.errors import CellError
from stallwatch.imports.json_files import refund_date_text
from stallwatch.imports.pricing import LinePrice, line_price, order_price
from stallwatch.imports.records import DateOrder, Line, Parcel, ReadOrder, RejectedRow
from stallwatch.imports.shapes import found_in_link, links_within, numbers_within
from stallwatch.imports.tracking_cells import numbers_of

NOTHING_NAMED = "no order id and no tracking number"
NOTHING_NAMED_RAZZZILA = (
    "no order id: this export has it in the name of its file only, and the name is not known"
)
NOTHING_IN_MAIL = "no order and no parcel of AliExpress in this mail (subject: {shape})"
BAD_ACTIONS = "the actions are not a list as the export writes it"

_DATES = ("ordered_on", "paid_on", "shipped_on", "protection_ends_on", "promised_on")
_OTHER_DATES = ("other_date",)
_MOST_ACTIONS = 100
_LONGEST_ID = 80
_LONGEST_ACTIONS = 100_000


@dataclass(slots=True)
class _Row:
    """A line whose cells are understood."""

    line: Line
    order_id: str | None
    numbers: tuple[str, ...]
    values: dict[str, Any]
    price: LinePrice
    notes: list[str]


@dataclass(slots=True)
class _Draft:
    """An order while its rows are gathered."""

    rows: list[_Row] = field(default_factory=list)


def fold(
    lines: Sequence[Line], known: Format, *, dates: DateOrder | None
) -> tuple[list[ReadOrder], list[RejectedRow]]:
    """The orders that lines tell of, in their order, and the lines that are rejected.

    Args:
        lines: The lines.
        known: Their format.
        dates: What to take dates like 5/9/2026 for; None: what the lines themselves tell.
    """
    order = dates or settle(_date_cells(lines)) or known.dates
    understand = _understand_own if known.name == OWN else _understand
    rows: list[_Row] = []
    rejected: list[RejectedRow] = []
    ids = (normalize_number(line.cells.get("order_id", "")[:_LONGEST_ID]) for line in lines)
    order_ids = {order_id for order_id in ids if order_id is not None}
    for line in lines:
        try:
            rows.append(understand(line, known, order, order_ids))
        except CellError as error:
            rejected.append(RejectedRow(line.row, str(error), _safe_id(line)))
    orders = [_order(draft, known) for draft in _gathered(rows)]
    return orders, rejected


def _date_cells(lines: Iterable[Line]) -> Iterable[str]:
    for line in lines:
        for name in (*_DATES, *_OTHER_DATES):
            if name in line.cells:
                yield line.cells[name]


def _safe_id(line: Line) -> str | None:
    try:
        return order_id_of(line.cells["order_id"])
    except (CellError, KeyError):
        return None


def _understand(line: Line, known: Format, dates: DateOrder | None, order_ids: set[str]) -> _Row:
    cells = line.cells
    notes: list[str] = []
    order_id = order_id_of(cells["order_id"]) if "order_id" in cells else None
    numbers = numbers_of(cells.get("tracking_numbers", ""), order_id, order_ids, notes)
    linked = [f for link in links_within(cells.get("link", "")) for f in found_in_link(link)]
    if order_id is None:
        order_id = next((f.order_id for f in linked if f.order_id), None)
    if not numbers:
        numbers = [n for f in linked if f.order_id in {None, order_id} for n in f.tracking_numbers]
    if not numbers:
        numbers = numbers_within(cells.get("free_text", ""))
    if order_id is None and not numbers:
        raise CellError(_nothing_named(cells, known, notes))
    values = _days(cells, dates, notes)
    for name, reader in _READERS.items():
        if name in cells:
            values[name] = reader(cells[name])
            if values[name] is None and name in _MISSED:
                notes.append(_MISSED[name])
    price = line_price(cells, known)
    return _Row(line, order_id, tuple(numbers), values, price, notes)


_READERS: Mapping[str, Callable[[str], object]] = {
    "order_number": order_id_of,
    "remote": flag_of,
    "language": language_of,
    "title": title_of,
    "seller": text_of,
    "destination": country_of,
    "service": service_of,
    "paid_with": payment_of,
    "currency": currency_of,
}

_MISSED = {
    "destination": "the destination is no country that is known",
    "currency": "the currency is none that is known",
}


def _nothing_named(cells: Mapping[str, str], known: Format, notes: Sequence[str]) -> str:
    if "subject_shape" in cells:
        return NOTHING_IN_MAIL.format(shape=cells["subject_shape"])
    if known.filename_is_order_id:
        return NOTHING_NAMED_RAZZZILA
    return "; ".join([*notes, NOTHING_NAMED])


def _days(cells: Mapping[str, str], dates: DateOrder | None, notes: list[str]) -> dict[str, Any]:
    """The days of a line. An unreadable order date rejects it, another is left out."""
    values: dict[str, Any] = {}
    refund = refund_date_text(cells.get("refund_text", ""))
    written = {**({"protection_ends_on": refund} if refund else {}), **cells}
    for name in _DATES:
        if name not in written:
            continue
        try:
            values[name] = day_of(written[name], dates, name)
        except CellError as error:
            if name == "ordered_on" or str(error) == AMBIGUOUS:
                raise
            notes.append(str(error))
    return values


def _understand_own(
    line: Line, _known: Format, dates: DateOrder | None, _order_ids: set[str]
) -> _Row:
    """A row of our own export: every cell exactly as it was given."""
    cells = line.cells
    if "order_id" not in cells:
        raise CellError(NOTHING_NAMED)
    notes: list[str] = []
    values = _days(cells, dates, notes)
    readers = {**_READERS, "title": _kept, "seller": _kept, "actions": _actions}
    values |= {name: read(cells[name]) for name, read in readers.items() if name in cells}
    number = normalize_number(cells.get("tracking_numbers", ""))
    amount = plain_amount_of(cells.get("price", ""))
    numbers = () if number is None else (number,)
    order_id = order_id_of(cells["order_id"], is_own=True)
    price = LinePrice(total=amount, is_unreadable=amount is None and "price" in cells)
    return _Row(line, order_id, numbers, values, price, notes)


def _kept(cell: str) -> str | None:
    return clean(cell, TEXT_LIMIT) or None


def _actions(cell: str) -> tuple[Mapping[str, object], ...]:
    try:
        actions = json.loads(cell) if len(cell) <= _LONGEST_ACTIONS else None
    except (ValueError, RecursionError) as error:
        raise CellError(BAD_ACTIONS) from error
    if not isinstance(actions, list) or len(actions) > _MOST_ACTIONS:
        raise CellError(BAD_ACTIONS)
    if not all(isinstance(action, dict) and "action" in action for action in actions):
        raise CellError(BAD_ACTIONS)
    return tuple(actions)


def _gathered(rows: Sequence[_Row]) -> Iterable[_Draft]:
    """The rows by order: by id, or where they have none by the order that has their number."""
    drafts: dict[str, _Draft] = {}
    by_number: dict[str, list[str]] = {}
    for row in rows:
        if row.order_id is not None:
            drafts.setdefault(row.order_id, _Draft()).rows.append(row)
            for number in row.numbers:
                by_number.setdefault(number, []).append(row.order_id)
    alone: dict[str, _Draft] = {}
    for row in rows:
        if row.order_id is None:
            for number in row.numbers:
                owners = dict.fromkeys(by_number.get(number, ()))
                targets = [drafts[owner] for owner in owners] or [
                    alone.setdefault(number, _Draft())
                ]
                one = _Row(row.line, None, (number,), row.values, row.price, row.notes)
                for target in targets:
                    target.rows.append(one)
    return sorted([*drafts.values(), *alone.values()], key=lambda draft: draft.rows[0].line.row)


def _order(draft: _Draft, known: Format) -> ReadOrder:
    rows = draft.rows
    values: dict[str, Any] = {}
    for row in rows:
        for name, value in row.values.items():
            if value is not None and value != ():
                values.setdefault(name, value)
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    currency = values.pop("currency", None)
    price, sign = order_price([row.price for row in rows], currency, notes)
    parcels = _parcels(rows)
    if len(parcels) > 1:
        shipped = {row.values.get("shipped_on") for row in rows if not row.numbers}
        values["shipped_on"] = next((day for day in shipped if day is not None), None)
    mailed = [row.line.latest_on for row in rows if row.line.latest_on is not None]
    if "ordered_on" not in values and "paid_on" in values:
        values["ordered_on"] = values["paid_on"]
    return ReadOrder(
        rows=tuple(dict.fromkeys(row.line.row for row in rows)),
        order_id=rows[0].order_id,
        is_own=known.name == OWN or "order_number" in values,
        is_export=known.name == OWN,
        latest_on=min(mailed, default=None),
        parcels=parcels,
        price=price,
        currency=currency or sign or known.currency,
        notes=tuple(notes),
        **values,
    )


def _parcels(rows: Iterable[_Row]) -> tuple[Parcel, ...]:
    shipped: dict[str, Any] = {}
    for row in rows:
        for number in row.numbers:
            day = row.values.get("shipped_on") if len(row.numbers) == 1 else None
            shipped[number] = shipped.get(number) or day
    return tuple(Parcel(number, day) for number, day in shipped.items())
