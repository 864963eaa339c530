"""Orders as read, merged with those that are stored: empty fields are filled, none is overwritten.

An order is matched by its id, by the shop's order number, by `ID.2`, `ID.3` … of an order in
several parcels, and where a file has numbers only by the tracking number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from stallwatch.imports.known import MOST_PARCELS, Fields, KnownOrders, Stored
from stallwatch.imports.records import ImportDocument, Parcel, ReadOrder
from stallwatch.imports.report import ImportReport, Outcome, ReportRow

GIVEN_FIELDS = (
    "order_number",
    "ordered_on",
    "tracking_number",
    "service",
    "destination",
    "remote",
    "shipped_on",
    "protection_ends_on",
    "promised_on",
    "paid_on",
    "paid_with",
    "title",
    "seller",
    "price",
    "currency",
    "language",
)
"""What is given of an order besides its id, by the names of the API."""

OVER = "the watch of this order would be over already: it was ordered more than 180 days ago"
IN_THE_FUTURE = "the order date lies in the future: is its year right?"
TOO_EARLY = "the order date lies before 2010"
TODAY_TAKEN = "no order date: today is taken"
MAIL_DAY_TAKEN = "no order date: the day of the mail is taken"
OTHER_NUMBER = "the order has another tracking number, which stays"
ANOTHER_PARCEL = "the order has a number already: this one is another parcel of it"
SHARED_NUMBER = "several orders have this tracking number: which is meant is not known"
NO_CURRENCY = "the price is left out: its currency is not known"
LEFT_OUT = "the {field} is left out: it does not fit the order date"
PAYMENT_LEFT_OUT = "the day of payment is left out: what it was paid with is not known"
FOR_THE_RECORD = "its watch is over: it is kept for the record"

_ORDER_NUMBER = re.compile(r"[0-9]{8,24}")
_WATCHED = timedelta(days=180)
_EARLIEST = date(2010, 1, 1)
_LONGEST_PROTECTION = timedelta(days=366)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """What is to be done for one order of ours."""

    row: ReportRow
    fields: Mapping[str, object]
    """Added: all that is given besides the id; filled: what is to be filled. JSON values."""
    actions: tuple[Mapping[str, object], ...] = ()
    """The buyer's actions to be stored with it, oldest first."""


@dataclass(frozen=True, slots=True)
class MergedImport:
    """What an import would do, and its report."""

    report: ImportReport
    planned: tuple[PlannedOrder, ...]
    """The orders that are added or filled, in the order of the file."""


def candidate_ids(document: ImportDocument) -> list[str]:
    """The ids under which orders that a document may meet are stored, for a store without indexes.

    Orders with an `order_number` under an id of the buyer's own are not among them.
    """
    ids: dict[str, None] = {}
    for read in document.orders:
        if read.order_id is not None:
            ids[read.order_id] = None
            if not read.is_own:
                places = range(2, len(read.parcels) + 3)
                ids.update(dict.fromkeys(f"{read.order_id}.{place}" for place in places))
        ids.update(dict.fromkeys(read.tracking_numbers))
    return list(ids)


def merge(document: ImportDocument, stored: Iterable[Stored], *, today: date) -> MergedImport:
    """What an import does to what is stored.

    Args:
        document: What was read.
        stored: The stored orders that it may meet; all, or those of `candidate_ids`.
        today: The present UTC day.
    """
    known = KnownOrders(stored)
    rows = [ReportRow(r.row, Outcome.REJECTED, r.order_id, r.reason) for r in document.rejected]
    planned: list[PlannedOrder] = []
    for read in document.orders:
        for one in plan(read, known, today=today):
            rows.append(one.row)
            if one.row.outcome in {Outcome.ADDED, Outcome.FILLED}:
                planned.append(one)
    rows.sort(key=lambda row: row.row)
    return MergedImport(ImportReport(document.format, rows), tuple(planned))


def plan(read: ReadOrder, known: KnownOrders, *, today: date) -> list[PlannedOrder]:
    """What is to be done for one order as read: one plan for each of its parcels.

    What is added or filled is put into `known`, so that a later row meets it.
    """
    if read.is_own and read.order_id is not None:
        return [_own(read, known, today)]
    if read.order_id is None:
        return [_by_number(read, parcel, known, today) for parcel in read.parcels]
    parcels: Sequence[Parcel | None] = read.parcels or (None,)
    return [_parcel(read, parcel, known, today) for parcel in parcels]


def _own(read: ReadOrder, known: KnownOrders, today: date) -> PlannedOrder:
    order_id = str(read.order_id)
    parcel = read.parcels[0] if read.parcels else None
    stored = known.get(order_id)
    if stored is None:
        return _add(read, order_id, parcel, known, today, has_price=True)
    note = None
    if parcel is not None and stored.get("tracking_number") not in {None, parcel.tracking_number}:
        note = OTHER_NUMBER
    return _fill(read, stored, parcel, known, today, note=note)


def _by_number(read: ReadOrder, parcel: Parcel, known: KnownOrders, today: date) -> PlannedOrder:
    """A parcel whose order is not known."""
    number = parcel.tracking_number
    same = known.with_number(number)
    if len(same) > 1:
        same = [order for order in same if order["order_id"] == number] or same
    if len(same) > 1:
        return _unchanged(read, str(same[0]["order_id"]), parcel, SHARED_NUMBER)
    if same:
        return _fill(read, same[0], parcel, known, today)
    stored = known.get(number)
    if stored is not None:
        return _fill(read, stored, parcel, known, today, note=OTHER_NUMBER)
    return _add(read, number, parcel, known, today, has_price=True)


def _parcel(
    read: ReadOrder, parcel: Parcel | None, known: KnownOrders, today: date
) -> PlannedOrder:
    """A parcel of an order of the shop; None: the order without a number."""
    order_number = str(read.order_id)
    group = known.of_order(order_number)
    has_price = all(_is_empty(order.get("price")) for order in group)
    if parcel is None:
        if group:
            return _fill(read, group[0], None, known, today, has_price=has_price)
        return _add(read, order_number, None, known, today, has_price=True)
    number = parcel.tracking_number
    same = [order for order in group if order.get("tracking_number") == number]
    same = same or [order for order in group if not order.get("tracking_number")]
    if same:
        is_first = same[0] is group[0]
        return _fill(read, same[0], parcel, known, today, has_price=has_price and is_first)
    bare = known.get(number)
    if bare is not None and not bare.get("order_number") and number != order_number:
        extra: Fields = {"order_number": order_number}
        return _fill(read, bare, parcel, known, today, has_price=has_price, extra=extra)
    order_id = known.free_id(order_number)
    if order_id is None:
        reason = f"an order takes at most {MOST_PARCELS} parcels"
        return PlannedOrder(_row(read, Outcome.REJECTED, order_number, reason), {})
    note = ANOTHER_PARCEL if group else None
    return _add(read, order_id, parcel, known, today, has_price=has_price and not group, note=note)


def _add(
    read: ReadOrder,
    order_id: str,
    parcel: Parcel | None,
    known: KnownOrders,
    today: date,
    *,
    has_price: bool,
    note: str | None = None,
) -> PlannedOrder:
    notes = [note] if note else []
    ordered_on = read.ordered_on
    if ordered_on is None:
        ordered_on = min(read.latest_on or today, today)
        notes.append(MAIL_DAY_TAKEN if read.latest_on else TODAY_TAKEN)
    fields = _fields(read, parcel, has_price=has_price, notes=notes)
    fields["ordered_on"] = ordered_on.isoformat()
    # What is no number of AliExpress's is found by the id that begins with it.
    is_parcel = not read.is_own and order_id != read.order_id
    if read.order_id is not None and is_parcel and _ORDER_NUMBER.fullmatch(read.order_id):
        fields["order_number"] = read.order_id
    _drop_misfits(fields, ordered_on, today, notes)
    _drop_payment(fields, fields, notes)
    refusal = _refusal(read, ordered_on, today)
    if refusal == OVER and read.is_export:
        refusal = None
        notes.append(FOR_THE_RECORD)
    if refusal is not None:
        row = _row(read, Outcome.REJECTED, order_id, refusal, fields)
        return PlannedOrder(row, {})
    known.put(order_id, {**fields, **({"actions": read.actions} if read.actions else {})})
    row = _row(read, Outcome.ADDED, order_id, _said(read, notes), _with_actions(fields, read))
    return PlannedOrder(row, fields, read.actions)


def _refusal(read: ReadOrder, ordered_on: date, today: date) -> str | None:
    """Why an order is not added; None where it is."""
    if ordered_on > today + _DAY:
        return IN_THE_FUTURE
    if ordered_on < _EARLIEST:
        return TOO_EARLY
    ends_on = read.protection_ends_on
    if ordered_on + _WATCHED < today and (ends_on is None or ends_on < today):
        return OVER
    return None


def _fill(
    read: ReadOrder,
    stored: Stored,
    parcel: Parcel | None,
    known: KnownOrders,
    today: date,
    *,
    has_price: bool = True,
    note: str | None = None,
    extra: Fields | None = None,
) -> PlannedOrder:
    """Fill what the stored order does not have."""
    order_id = str(stored["order_id"])
    notes = [note] if note else []
    may_have_price = has_price and _is_empty(stored.get("price"), stored.get("currency"))
    offered = {**(extra or {}), **_fields(read, parcel, has_price=may_have_price, notes=notes)}
    fields = {name: v for name, v in offered.items() if _is_empty(stored.get(name))}
    ordered_on = _as_day(stored.get("ordered_on")) or read.ordered_on
    if ordered_on is not None:
        _drop_misfits(fields, ordered_on, today, notes)
    _drop_payment(fields, {**stored, **fields}, notes)
    actions = () if stored.get("actions") else read.actions
    if not fields and not actions:
        return _unchanged(read, order_id, parcel, *notes)
    known.put(order_id, {**fields, **({"actions": actions} if actions else {})})
    row = _row(read, Outcome.FILLED, order_id, _said(read, notes), _with_actions(offered, read))
    return PlannedOrder(row, fields, actions)


def _unchanged(read: ReadOrder, order_id: str, parcel: Parcel | None, *notes: str) -> PlannedOrder:
    shown = _fields(read, parcel, has_price=True, notes=[])
    return PlannedOrder(_row(read, Outcome.UNCHANGED, order_id, "; ".join(notes), shown), {})


def _fields(read: ReadOrder, parcel: Parcel | None, *, has_price: bool, notes: list[str]) -> Fields:
    """What an order as read gives for one of its parcels, as JSON values."""
    shipped_on = (parcel.shipped_on if parcel is not None else None) or read.shipped_on
    given: Fields = {
        "order_number": read.order_number,
        "ordered_on": _shown(read.ordered_on),
        "tracking_number": None if parcel is None else parcel.tracking_number,
        "service": read.service,
        "destination": read.destination,
        "remote": read.remote,
        "shipped_on": _shown(shipped_on),
        "protection_ends_on": _shown(read.protection_ends_on),
        "promised_on": _shown(read.promised_on),
        "paid_on": _shown(read.paid_on),
        "paid_with": read.paid_with,
        "title": read.title,
        "seller": read.seller,
        "language": read.language,
    }
    if has_price and read.price is not None:
        if read.currency is None:
            notes.append(NO_CURRENCY)
        else:
            given |= {"price": format(read.price, "f"), "currency": read.currency}
    return {name: value for name, value in given.items() if value is not None}


def _drop_misfits(fields: Fields, ordered_on: date, today: date, notes: list[str]) -> None:
    """Leave out days that the API would refuse beside the order date."""
    latest = {"shipped_on": today, "paid_on": today}
    for name in ("shipped_on", "protection_ends_on", "promised_on", "paid_on"):
        day = _as_day(fields.get(name))
        if day is None:
            continue
        last = latest.get(name) or ordered_on + _LONGEST_PROTECTION
        if not ordered_on <= day <= last + _DAY * (name in latest):
            del fields[name]
            notes.append(LEFT_OUT.format(field=name))


def _drop_payment(fields: Fields, order: Stored, notes: list[str]) -> None:
    """Leave out the day of payment where the order would not say what it was paid with."""
    if "paid_on" in fields and _is_empty(order.get("paid_with")):
        del fields["paid_on"]
        notes.append(PAYMENT_LEFT_OUT)


def _row(
    read: ReadOrder,
    outcome: Outcome,
    order_id: str,
    reason: str | None,
    fields: Fields | None = None,
) -> ReportRow:
    return ReportRow(read.rows[0], outcome, order_id, reason or None, fields, read.rows)


def _with_actions(fields: Fields, read: ReadOrder) -> Fields:
    """All that was read: sent again, corrected or not, it makes the same order."""
    return {**fields, "actions": list(read.actions)} if read.actions else fields


def _said(read: ReadOrder, notes: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys([*read.notes, *notes]))


def _as_day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(value) if isinstance(value, str) and value else None


def _is_empty(*values: object) -> bool:
    return all(value is None or value == "" for value in values)


def _shown(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
