"""What the API reads and writes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stallwatch.domain.errors import ConflictError, TransactionRefusedError
from stallwatch.domain.orders import Order
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.credits import DynamoCreditStore
from stallwatch.dynamodb.items import order_of_item, order_to_item, trace_to_item
from stallwatch.dynamodb.leases import LeaseItem
from stallwatch.dynamodb.lists import DynamoOrderLists
from stallwatch.dynamodb.pauses import claim_pause
from stallwatch.dynamodb.progress import progress_of_item
from stallwatch.dynamodb.run_log import DynamoRunLog
from stallwatch.dynamodb.snapshots import DynamoSnapshotStore, entry_to_item
from stallwatch.dynamodb.sources import DynamoSourceStore
from stallwatch.dynamodb.table import (
    CHECK,
    ORDER,
    PULL,
    STACK,
    TRACE,
    WATCH,
    key,
    number_pk,
    order_pk,
)
from stallwatch.dynamodb.totals import DynamoTotalsStore
from stallwatch.orders.conflicts import retry_on_conflict
from stallwatch.orders.ports import CHECK_PAUSE
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry, listed
from stallwatch.polling.state import Progress
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.trace_record import TraceRecord, change_number

if TYPE_CHECKING:
    from stallwatch.dynamodb.wire import Item


class DynamoOrderStore(
    DynamoSnapshotStore,
    DynamoOrderLists,
    DynamoTotalsStore,
    DynamoSourceStore,
    DynamoCreditStore,
    DynamoRunLog,
):
    """The orders as the buyer gives them, with all that their view is made of."""

    __slots__ = ()

    def create(self, order: Order) -> bool:
        """Write a new order. False where there is one with its id.

        What a forgotten order with the same id may have left is cleared away or written over.

        Raises:
            ConflictError: another write was in the way.
        """
        try:
            self.table.transact(_creation(order))
        except TransactionRefusedError as refusal:
            exists, is_counted, *_ = (r == "ConditionalCheckFailed" for r in refusal.reasons)
            if exists:
                return False
            if is_counted:
                # Before the stream tells of it.
                counted = self.clear(order.order_id)
                if counted is not None:
                    self.add_to_totals({counted: -1})
            raise ConflictError(order.order_id) from refusal
        return True

    def create_many(self, orders: Sequence[Order]) -> set[str]:
        """Write new orders, as many in one transaction as it takes.

        Returns:
            The ids of those that could not be written: there is one, or another write was at it.
        """
        failed: set[str] = set()
        for begin in range(0, len(orders), MOST_IN_CREATION):
            together = orders[begin : begin + MOST_IN_CREATION]
            try:
                self.table.transact([part for order in together for part in _creation(order)])
            except TransactionRefusedError:
                # One of them is in the way of all: each on its own.
                failed |= {order.order_id for order in together if not self._create_alone(order)}
        return failed

    def _create_alone(self, order: Order) -> bool:
        try:
            return retry_on_conflict(lambda: self.create(order))
        except ConflictError:
            return False

    def replace(
        self, snapshot: OrderSnapshot, order: Order, checked: TraceRecord | None = None
    ) -> None:
        """Write an order that was changed, and have it checked and evaluated.

        Args:
            snapshot: The order as it was read.
            order: The order as it shall be.
            checked: Its trace with what the run log knows of later looks; None: nothing.

        Raises:
            ConflictError: it was changed since the snapshot was read.
        """
        parts: list[dict[str, Any]] = [
            {
                "Put": {
                    "Item": order_to_item(order, snapshot.version + 1),
                    "ConditionExpression": "version = :version AND born = :born",
                    "ExpressionAttributeValues": {
                        ":version": wire.value(snapshot.version),
                        ":born": wire.value(order.incarnation),
                    },
                }
            },
            {"Update": _renewal(order, snapshot.version + 1)},
        ]
        if order.tracking_number != snapshot.order.tracking_number:
            parts.append({"Put": _other_number(snapshot, order)})
            parts += _having(order.order_id, order.tracking_number)
            parts += _not_having(order.order_id, snapshot.order.tracking_number)
        elif checked is not None and checked != snapshot.trace:
            parts.append({"Update": _known_looks(snapshot, checked)})
        try:
            self.table.transact(parts)
        except TransactionRefusedError as refusal:
            raise ConflictError(order.order_id) from refusal

    def forget(self, order_id: str) -> bool:
        """Remove an order; what is left of it is cleared away later. False where there is none.

        Raises:
            ConflictError: another write was in the way.
        """
        item = self.table.get(order_pk(order_id), ORDER)
        if item is None:
            return False
        try:
            self.table.transact(
                [
                    {
                        "Delete": {
                            "Key": key(order_pk(order_id), ORDER),
                            "ConditionExpression": "version = :version AND born = :born",
                            "ExpressionAttributeValues": {
                                ":version": item["version"],
                                ":born": item["born"],
                            },
                        }
                    },
                    *_not_having(order_id, wire.text(item, "tracking_number")),
                    {
                        "Update": {
                            "Key": key(order_pk(order_id), WATCH),
                            # It may be forgotten already, and its state then stands elsewhere.
                            "UpdateExpression": "SET slot = :new, g = :yes,"
                            " was = if_not_exists(#state, :none), rev = rev + :one"
                            " REMOVE n, f, r, c, s, p, d, #state, listed",
                            "ConditionExpression": "attribute_exists(pk)",
                            "ExpressionAttributeNames": {"#state": "state"},
                            "ExpressionAttributeValues": {
                                ":new": wire.value(NEW),
                                ":yes": {"BOOL": True},
                                ":none": wire.value(""),
                                ":one": wire.value(1),
                            },
                        }
                    },
                ]
            )
        except TransactionRefusedError as refusal:
            raise ConflictError(order_id) from refusal
        return True

    # What the pull has left.

    def progress(self) -> Progress:
        """What the pull has left."""
        return progress_of_item(self.table.get(STACK, PULL, consistent=False) or {})

    def orders(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """Those of some orders that there are, by their ids, as the buyer gave them."""
        items = self.table.get_many([(order_pk(order_id), ORDER) for order_id in order_ids])
        return {order.order_id: order for order in map(order_of_item, items)}

    def claim_check(self, order_id: str, now: datetime) -> datetime | None:
        """Note that a check of an order is asked for, at most once in `CHECK_PAUSE`.

        Returns:
            None where it may be checked, else from when on it may be again.
        """
        # An item of its own: the evaluation writes the order's place in the watch over.
        return claim_pause(self.table, order_pk(order_id), CHECK, now, CHECK_PAUSE)

    def call_for_check(self, now: datetime) -> bool:
        """Count a call for a run of the pull. False where one is running and will heed it."""
        ends = wire.number(LeaseItem(self.table, PULL).call(), "ends")
        return ends is None or ends <= now.timestamp()


MOST_IN_CREATION = 25
"""How many orders one transaction writes: it takes a hundred items, and an order has four."""


def _creation(order: Order) -> list[dict[str, Any]]:
    """The parts of a transaction that write a new order; the first two may be refused."""
    entry = WatchEntry.of_new(order)
    record = TraceRecord(number=order.tracking_number)
    return [
        {
            "Put": {
                "Item": order_to_item(order, 1),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
        {
            "Put": {
                "Item": entry_to_item(order.order_id, order.incarnation, entry, 1),
                # A forgotten order that was counted is counted until it is cleared.
                "ConditionExpression": "attribute_not_exists(stage)",
            }
        },
        {"Put": {"Item": trace_to_item(order.order_id, order.incarnation, record)}},
        *_having(order.order_id, order.tracking_number),
    ]


def _renewal(order: Order, version: int) -> dict[str, Any]:
    """Puts an order where every run looks, as if the evaluation had never seen it."""
    sets = "SET slot = :new, rev = rev + :one, order_version = :version, listed = :listed"
    removes = "REMOVE f, r, c, s"
    values: Item = {
        ":new": wire.value(NEW),
        ":one": wire.value(1),
        ":version": wire.value(version),
        ":listed": wire.value(listed(order)),
    }
    if order.tracking_number is None:
        removes += ", n"
    else:
        sets += ", n = :number"
        values[":number"] = wire.value(order.tracking_number)
    return {
        "Key": key(order_pk(order.order_id), WATCH),
        "UpdateExpression": f"{sets} {removes}",
        "ConditionExpression": "born = :born",
        "ExpressionAttributeValues": {**values, ":born": wire.value(order.incarnation)},
    }


def _having(order_id: str, tracking_number: str | None) -> list[dict[str, Any]]:
    """Puts an order among those with a number."""
    if tracking_number is None:
        return []
    return [{"Put": {"Item": key(number_pk(tracking_number), order_pk(order_id))}}]


def _not_having(order_id: str, tracking_number: str | None) -> list[dict[str, Any]]:
    """Takes an order from those with a number."""
    if tracking_number is None:
        return []
    return [{"Delete": {"Key": key(number_pk(tracking_number), order_pk(order_id))}}]


def _known_looks(snapshot: OrderSnapshot, checked: TraceRecord) -> dict[str, Any]:
    """Writes down what the run log knows of the looks at an order that leaves its slot."""
    before = snapshot.trace.answered_at
    condition = "#number = :number AND "
    values: Item = {":number": wire.value(checked.number or "")}
    sets = []
    if before is None:
        condition += "attribute_not_exists(answered_at)"
    else:
        condition += "answered_at = :before"
        values[":before"] = wire.value(before)
    if checked.answered_at is not None:
        sets.append("answered_at = :answered")
        values[":answered"] = wire.value(checked.answered_at)
    if checked.silent_since is not None:
        sets.append("silent_since = :since")
        values[":since"] = wire.value(checked.silent_since)
    return {
        "Key": key(order_pk(snapshot.order.order_id), TRACE),
        "UpdateExpression": f"SET {', '.join(sets)}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#number": "number"},
        "ExpressionAttributeValues": values,
    }


def _other_number(snapshot: OrderSnapshot, order: Order) -> dict[str, Any]:
    """The trace for another number, where nothing was written to it meanwhile."""
    record = change_number(snapshot.trace, order.tracking_number)
    values: Item = {":born": wire.value(order.incarnation)}
    condition = "born = :born AND "
    if snapshot.trace.fingerprint is None:
        condition += "attribute_not_exists(fingerprint)"
    else:
        condition += "fingerprint = :known"
        values[":known"] = wire.value(snapshot.trace.fingerprint)
    return {
        "Item": trace_to_item(order.order_id, order.incarnation, record),
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }
