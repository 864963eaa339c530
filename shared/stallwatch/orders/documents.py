"""Take a document in: what was read of a file or of mails becomes orders, or fills what is there.

The import route and the mailbox share it. What is stored is never overwritten, so taking the same
document in again changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.orders import Order, PaidWith, Service
from stallwatch.imports.merge import MergedImport, PlannedOrder, candidate_ids, merge
from stallwatch.imports.records import ImportDocument
from stallwatch.imports.report import ImportReport, Outcome, ReportRow
from stallwatch.orders.restoring import restored_actions
from stallwatch.orders.service import OrderService

_NOT_GIVEN = frozenset({"created_at", "incarnation", "number_changed_at"})

_DAYS = frozenset({"ordered_on", "shipped_on", "protection_ends_on", "promised_on", "paid_on"})

OrderMaker = Callable[[Mapping[str, object]], Order]
"""Makes an order of its fields, named and written as in the API's JSON.

Raises `UnacceptableError` where they make no order.
"""


@dataclass(frozen=True, slots=True)
class DocumentImport:
    """Takes documents in.

    Args:
        orders: The order service.
        make: Makes an order of its fields.
    """

    orders: OrderService
    make: OrderMaker

    def run(
        self, document: ImportDocument, now: datetime, *, dry_run: bool = False
    ) -> ImportReport:
        """Add and fill what a document tells of.

        Args:
            document: What was read.
            now: The present instant.
            dry_run: Whether nothing is written.

        Returns:
            What became of each of its rows.
        """
        stored = self._stored(document, now)
        known = [_as_fields(order) for order in stored.values() if order is not None]
        return self._write(merge(document, known, today=now.date()), stored, now, dry_run=dry_run)

    def _stored(self, document: ImportDocument, now: datetime) -> dict[str, Order | None]:
        """The stored orders that a document may meet, by their ids; None where there is none.

        A number without an order id may stand in any order: the table finds it under the number.
        """
        records = self.orders.store
        candidates = candidate_ids(document)
        found: dict[str, Order | None] = dict.fromkeys(candidates)
        found.update(self.orders.read_many(candidates))
        numbers = {
            n for read in document.orders if not read.order_id for n in read.tracking_numbers
        }
        others: dict[str, None] = {}
        for number in sorted(numbers):
            nobody = Order("", now.date(), "", now, "", tracking_number=number)
            others.update(dict.fromkeys(records.sharing(nobody)))
        found.update(self.orders.read_many([i for i in others if i not in found]))
        return found

    def _write(
        self,
        merged: MergedImport,
        stored: Mapping[str, Order | None],
        now: datetime,
        *,
        dry_run: bool,
    ) -> ImportReport:
        refused: dict[int, str] = {}
        orders: list[Order] = []
        rows: list[ReportRow] = []
        for planned in merged.planned:
            try:
                order = self.make(_planned_fields(planned, stored))
                restored = restored_actions(planned.actions, now)
                orders.append(replace(order, actions=restored))
                rows.append(planned.row)
            except UnacceptableError as error:
                refused[id(planned.row)] = _said(error.reasons)
        results = self.orders.import_orders(orders, now, known=stored, dry_run=dry_run)
        for row, result in zip(rows, results, strict=True):
            if result.reasons:
                refused[id(row)] = _said(result.reasons)
        return ImportReport(
            merged.report.format,
            [_refused(row, refused.get(id(row))) for row in merged.report.rows],
        )


def make_order(given: Mapping[str, object], home_country: str, now: datetime) -> Order:
    """An order of fields that a reader of this product made, without the API's models.

    Args:
        given: Its fields, as JSON values.
        home_country: The destination, where they name none.
        now: The present instant.

    Raises:
        UnacceptableError: a field has no value of its type.
    """
    made: dict[str, Any] = {"destination": home_country}
    for name, value in given.items():
        try:
            made[name] = _typed(name, value)
        except (ValueError, ArithmeticError):
            raise UnacceptableError({name: "cannot be read"}) from None
    return Order(**made, created_at=now, incarnation="")


def _typed(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if name in _DAYS:
        return date.fromisoformat(value)
    if name == "service":
        return Service(value)
    if name == "paid_with":
        return PaidWith(value)
    return Decimal(value) if name == "price" else value


def _planned_fields(
    planned: PlannedOrder, stored: Mapping[str, Order | None]
) -> Mapping[str, object]:
    """The fields of a new order, or a stored one's id with what fills it."""
    order_id = str(planned.row.order_id)
    there = stored.get(order_id)
    ordered_on = {} if there is None else {"ordered_on": there.ordered_on.isoformat()}
    return {"order_id": order_id, **ordered_on, **planned.fields}


def _as_fields(order: Order) -> dict[str, object]:
    """What was given of an order, with the buyer's actions."""
    return {f.name: getattr(order, f.name) for f in fields(order) if f.name not in _NOT_GIVEN}


def _said(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {why}" for name, why in reasons.items())


def _refused(row: ReportRow, reason: str | None) -> ReportRow:
    if reason is None:
        return row
    return replace(row, outcome=Outcome.REJECTED, reason=reason)
