"""Import: many given orders become orders, or fill in what those that there are lack.

Nothing that was given before is overwritten, so importing the same again changes nothing. An order
is written whole or not at all: an import that is cut short leaves whole orders.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex

from stallwatch.domain import actions, validation
from stallwatch.domain.errors import ConflictError, UnacceptableError
from stallwatch.domain.orders import Order
from stallwatch.orders.conflicts import retry_on_conflict
from stallwatch.orders.ports import OrderStore

ADDED = "added"
FILLED = "filled"
UNCHANGED = "unchanged"
REJECTED = "rejected"

FILLABLE = (
    "tracking_number",
    "service",
    "remote",
    "shipped_on",
    "protection_ends_on",
    "promised_on",
    "paid_with",
    "paid_on",
    "order_number",
    "title",
    "seller",
    "language",
)
"""What an order may lack. Price and currency go together, and so do all actions (`fill_order`)."""


_TOGETHER = 25
"""How many new orders are handed to the store at once."""

_READ = 100
"""How many orders are read at once."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of one given order."""

    order: Order
    """As it stands after it, or as it was given where it is rejected."""
    outcome: str
    """`added`, `filled`, `unchanged` or `rejected`."""
    reasons: Mapping[str, str] | None = None
    """Why it was rejected, by field; `order_id` for what is no field's fault."""


def fill_order(order: Order, fields: Mapping[str, object]) -> Order:
    """An order with what it lacks taken from some fields; what it has stays."""
    lacking = {
        name: fields[name]
        for name in FILLABLE
        if getattr(order, name) is None and fields.get(name) is not None
    }
    if order.price is None and fields.get("price") is not None and fields.get("currency"):
        lacking |= {"price": fields["price"], "currency": fields["currency"]}
    if not order.actions and fields.get("actions"):
        lacking["actions"] = fields["actions"]
    return replace(order, **lacking) if lacking else order  # type: ignore[arg-type]


def given_fields(order: Order) -> Mapping[str, object]:
    """What of a given order may fill another one."""
    return {name: getattr(order, name) for name in (*FILLABLE, "price", "currency", "actions")}


@dataclass(frozen=True, slots=True)
class OrderImport:
    """Imports given orders.

    Args:
        store: The orders.
        workers: How many requests are under way at once.
    """

    store: OrderStore
    workers: int

    def run(
        self,
        given: Sequence[Order],
        now: datetime,
        *,
        known: Mapping[str, Order | None] | None = None,
        dry_run: bool = False,
    ) -> list[ImportResult]:
        """Import some orders; the results stand in their order.

        Args:
            given: The orders.
            now: The present instant.
            known: Orders that were read a moment ago, None for one that there is not; the others
                are read.
            dry_run: Whether nothing is written.
        """
        existing = {i: order for i, order in (known or {}).items() if order is not None}
        unread = {order.order_id for order in given} - (known or {}).keys()
        existing.update(self.read(sorted(unread)))
        folded, results = _fold(given, existing, now)
        if not dry_run:
            failed = self._write(folded, existing, now)
            results = [
                _rejected(result.order, {"order_id": "was changed meanwhile: import it again"})
                if result.order.order_id in failed and result.outcome in {ADDED, FILLED}
                else result
                for result in results
            ]
        return results

    def read(self, order_ids: Sequence[str]) -> Mapping[str, Order]:
        """Those of many orders that there are, by their ids."""
        ids = list(dict.fromkeys(order_ids))
        chunks = [ids[begin : begin + _READ] for begin in range(0, len(ids), _READ)]
        found: dict[str, Order] = {}
        with ThreadPoolExecutor(self.workers) as pool:
            for some in pool.map(self.store.orders, chunks):
                found.update(some)
        return found

    def _write(
        self, folded: Mapping[str, Order], existing: Mapping[str, Order], now: datetime
    ) -> set[str]:
        """Write what is new or filled. Returns the ids of those that could not be written."""
        changed = [order for order in folded.values() if order != existing.get(order.order_id)]
        new = [order for order in changed if order.order_id not in existing]
        filled = [order for order in changed if order.order_id in existing]
        chunks = [new[begin : begin + _TOGETHER] for begin in range(0, len(new), _TOGETHER)]
        with ThreadPoolExecutor(self.workers) as pool:
            failed = set().union(*pool.map(self.store.create_many, chunks))
            written = pool.map(lambda order: self._fill(order, now), filled)
            failed |= {order.order_id for order, ok in zip(filled, written, strict=True) if not ok}
        return failed

    def _fill(self, wanted: Order, now: datetime) -> bool:
        """Fill in what an order lacks by now. False where it is gone, or is changed by others."""

        def fill() -> bool:
            snapshot = self.store.open(wanted.order_id)
            if snapshot is None:
                return False
            order = fill_order(snapshot.order, given_fields(wanted))
            if order != snapshot.order:
                self.store.replace(snapshot, actions.change(snapshot.order, order, now))
            return True

        try:
            return retry_on_conflict(fill)
        except ConflictError:
            return False


def _fold(
    given: Iterable[Order], existing: Mapping[str, Order], now: datetime
) -> tuple[dict[str, Order], list[ImportResult]]:
    """The orders as they shall be, by id, and what becomes of each given one."""
    folded: dict[str, Order] = {}
    results = []
    for order in given:
        before = folded.get(order.order_id) or existing.get(order.order_id)
        if before is None:
            wanted = replace(order, created_at=now, incarnation=token_hex(4))
        else:
            wanted = fill_order(before, given_fields(order))
        try:
            validation.check(wanted, now)
        except UnacceptableError as error:
            results.append(_rejected(order, error.reasons))
            continue
        changed = ADDED if before is None else FILLED
        folded[order.order_id] = wanted
        results.append(ImportResult(wanted, UNCHANGED if wanted == before else changed))
    return folded, results


def _rejected(order: Order, reasons: Mapping[str, str]) -> ImportResult:
    return ImportResult(order, REJECTED, dict(reasons))
