"""What the evaluation reads and writes."""

from collections.abc import Iterator, Sequence
from typing import Any

from stallwatch.domain.alerts import Alert, AlertRef
from stallwatch.domain.errors import ConditionFailedError, ConflictError, TransactionRefusedError
from stallwatch.domain.orders import Order, State
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.alert_items import (
    alert_key,
    alert_of_item,
    alert_to_item,
    is_known_alert,
)
from stallwatch.dynamodb.snapshots import DynamoSnapshotStore, entry_to_item
from stallwatch.dynamodb.sources import DynamoSourceStore
from stallwatch.dynamodb.table import STACK
from stallwatch.dynamodb.totals import DynamoTotalsStore, adding_money, adding_sample
from stallwatch.orders.money import changes
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry

_ALERT = "ALERT##source_"
"""How the keys of the alerts about sources begin."""


class DynamoEvaluationStore(DynamoSnapshotStore, DynamoTotalsStore, DynamoSourceStore):
    """The snapshot of an order and its place in the watch, with the totals and the sources."""

    __slots__ = ()

    def keep(
        self, snapshot: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        """Write an order's new entry and the alerts raised about it, all or nothing.

        The totals of the money and of the delivery days change with it.

        Returns:
            The alerts as the sending names them.

        Raises:
            ConflictError: the entry was written since the snapshot was read.
        """
        order = snapshot.order
        condition = {
            "ConditionExpression": "rev = :rev AND born = :born",
            "ExpressionAttributeValues": {
                ":rev": wire.value(snapshot.revision),
                ":born": wire.value(order.incarnation),
            },
        }
        item = entry_to_item(order.order_id, order.incarnation, entry, snapshot.revision + 1)
        totals = [
            *adding_money(order.order_id, changes(snapshot.entry.stake, entry.stake)),
            *(adding_sample(entry.lived) if snapshot.entry.lived is None else ()),
        ]
        try:
            if not alerts and not totals:
                self.table.put(item, **condition)
                return []
            puts = [_put_of(order, alert) for alert in alerts]
            self.table.transact([{"Put": {"Item": item, **condition}}, *puts, *totals])
        except (ConditionFailedError, TransactionRefusedError) as refusal:
            raise ConflictError(order.order_id) from refusal
        return [_named(order, alert) for alert in alerts]

    def watched(self) -> Iterator[str]:
        """The partitions of all orders that are not closed."""
        for state in (State.WATCHING, State.DELIVERED):
            for item in self.table.query(
                IndexName="by_state",
                KeyConditionExpression="#state = :state",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":state": wire.value(state)},
            ):
                yield item["pk"]["S"]

    def alerts_about_sources(self) -> list[Alert]:
        """The alerts about sources so far."""
        items = self.table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :alert)",
            ExpressionAttributeValues=wire.attributes({":pk": STACK, ":alert": _ALERT}),
            ConsistentRead=True,
        )
        return [alert_of_item(item) for item in items if is_known_alert(item)]

    def keep_source_alert(self, alert: Alert) -> None:
        """Write an alert about a source, unless it is there."""
        try:
            self.table.put(
                alert_to_item("", "", alert), ConditionExpression="attribute_not_exists(pk)"
            )
        except ConditionFailedError:
            return


def _put_of(order: Order, alert: Alert) -> dict[str, Any]:
    """The write of an alert; it takes the place of one that is pending and no longer fits."""
    return {
        "Put": {
            "Item": alert_to_item(order.order_id, order.incarnation, alert),
            "ConditionExpression": "attribute_not_exists(pk) OR attribute_exists(pending)",
        }
    }


def _named(order: Order, alert: Alert) -> AlertRef:
    """An alert as the sending names it."""
    _, sort_key = alert_key(order.order_id, order.incarnation, alert)
    return AlertRef(order.order_id, sort_key, alert.kind, alert.raised_at)
