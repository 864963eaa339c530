"""What the evaluation reads and writes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stallwatch.domain.alerts import Alert, AlertRef
from stallwatch.domain.errors import ConditionFailedError, ConflictError, TransactionRefusedError
from stallwatch.domain.orders import Order, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.dynamodb.items import (
    alert_key,
    alert_of_item,
    alert_to_item,
    born_of_alert,
)
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.snapshots import (
    _MOST_SHARING,
    _TRIES,
    _is_alert,
    _is_link,
    _is_torn,
    _keys_of,
    dossier_of_items,
    entry_to_item,
)
from stallwatch.dynamodb.table import (
    ORDER,
    STACK,
    TOTALS,
    TRACE,
    WATCH,
    Item,
    Table,
    key,
    number,
    number_pk,
    order_id_of,
    order_pk,
    string,
    text_of,
)
from stallwatch.dynamodb.totals import (
    adding_experience,
    adding_money,
    experience_key,
    experience_of_item,
    stake_of_item,
)
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.money import changes
from stallwatch.orders.snapshot import Counted, OrderSnapshot, WatchEntry
from stallwatch.tracking.circuit_breaker import CircuitBreaker

_MOST_DELETES = 98
"""How many deletes go into one transaction, beside the check of the order and the totals."""


@dataclass(frozen=True, slots=True)
class DynamoEvaluationStore:
    """Everything of one order at once, and its place in the watch."""

    table: Table

    def open(self, order_id: str) -> OrderSnapshot | None:
        """Everything of an order; None where there is no such order.

        A query may see a transaction half done; then it is asked again.

        Raises:
            ConflictError: it was half done each time.
        """
        for _ in range(_TRIES):
            items = list(self._collection(order_id))
            dossier = dossier_of_items(items)
            if dossier is None:
                return None
            if not _is_torn(dossier):
                self._delete_strangers(items, dossier.order.incarnation)
                return dossier
        raise ConflictError(order_id)

    def _delete_strangers(self, items: Iterable[Item], incarnation: str) -> None:
        """Delete the alerts about a forgotten order with the same id, and the links to it."""
        for item in items:
            if (_is_alert(item) and born_of_alert(item) != incarnation) or (
                _is_link(item) and text_of(item, "born") != incarnation
            ):
                for pk, sk in _keys_of(item):
                    self.table.delete(pk, sk)

    def _collection(self, order_id: str) -> Iterable[Item]:
        return self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": string(order_pk(order_id))},
            ConsistentRead=True,
        )

    def watched(self) -> Iterator[str]:
        """The partitions of all orders that are not closed."""
        for state in (State.WATCHING, State.DELIVERED):
            for item in self.table.query(
                IndexName="by_state",
                KeyConditionExpression="#state = :state",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":state": string(state)},
            ):
                yield item["pk"]["S"]

    def sharing(self, order: Order) -> tuple[str, ...]:
        """Other orders with the same tracking number, some of them where there are many."""
        if order.tracking_number is None:
            return ()
        items = self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": string(number_pk(order.tracking_number))},
            Limit=_MOST_SHARING + 1,
        )
        found = (order_id_of(item["sk"]["S"]) for item in items)
        others = (order_id for order_id in found if order_id != order.order_id)
        return tuple(islice(others, _MOST_SHARING))

    def keep(
        self, dossier: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        """Write an order's new entry and the alerts raised about it, all or nothing.

        The totals of the money and of the delivery days change with it.

        Returns:
            The alerts as the sending names them.

        Raises:
            ConflictError: the entry was written since the dossier was read.
        """
        order = dossier.order
        condition = {
            "ConditionExpression": "rev = :rev AND born = :born",
            "ExpressionAttributeValues": {
                ":rev": number(dossier.revision),
                ":born": string(order.incarnation),
            },
        }
        item = entry_to_item(order.order_id, order.incarnation, entry, dossier.revision + 1)
        totals = [
            *adding_money(order.order_id, changes(dossier.entry.stake, entry.stake)),
            *(adding_experience(entry.lived) if dossier.entry.lived is None else ()),
        ]
        try:
            if not alerts and not totals:
                self.table.put(item, **condition)
                return []
            puts = [
                {
                    "Put": {
                        "Item": alert_to_item(order.order_id, order.incarnation, alert),
                        # One that is pending and no longer fits makes room for its successor.
                        "ConditionExpression": "attribute_not_exists(pk)"
                        " OR attribute_exists(pending)",
                    }
                }
                for alert in alerts
            ]
            self.table.transact([{"Put": {"Item": item, **condition}}, *puts, *totals])
        except (ConditionFailedError, TransactionRefusedError) as refusal:
            raise ConflictError(order.order_id) from refusal
        return [
            AlertRef(
                order.order_id,
                alert_key(order.order_id, order.incarnation, alert)[1],
                alert.kind,
                alert.raised_at,
            )
            for alert in alerts
        ]

    def experience(self, service: Service, destination: str) -> DeliveryStats:
        """What the own parcels of a service to a destination have shown."""
        item = self.table.get(STACK, experience_key(service, destination), consistent=False)
        return experience_of_item(item or {})

    def clear(self, order_id: str) -> Counted | None:
        """Delete what is left of an order that is no longer there, and its price from the totals.

        The order's absence is checked with each delete, so that one that is added again meanwhile
        loses nothing. What makes the pull look again goes last.

        Returns:
            As what it was counted.
        """
        items = {item["sk"]["S"]: item for item in self._collection(order_id)}
        if ORDER in items:
            return None
        keys = sorted(
            (pair for item in items.values() for pair in _keys_of(item)),
            key=lambda pair: pair[1] in {TRACE, WATCH},
        )
        watch = items.get(WATCH, {})
        money = adding_money(order_id, changes(stake_of_item(watch), None))
        while keys:
            batch, keys = keys[:_MOST_DELETES], keys[_MOST_DELETES:]
            absent = {
                "ConditionCheck": {
                    "Key": key(order_pk(order_id), ORDER),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            try:
                removals = [{"Delete": _removal(*pair)} for pair in batch]
                totals = money if any(sk == WATCH for _, sk in batch) else []
                self.table.transact([absent, *removals, *totals])
            except TransactionRefusedError:
                return None
        if "stage" not in watch:
            return None
        return State(watch["was"]["S"]), Stage(watch["stage"]["S"])

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        """Add to the counts over all orders."""
        names = {f"#n{i}": f"{state}/{stage}" for i, (state, stage) in enumerate(changes)}
        values = {f":n{i}": number(n) for i, n in enumerate(changes.values())}
        self.table.update(
            STACK,
            TOTALS,
            "ADD " + ", ".join(f"#n{i} :n{i}" for i in range(len(changes))),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def health(self, source: str) -> CircuitBreaker:
        """The health of a source."""
        return DynamoPollStore(self.table).health(source)

    def alerts_about_sources(self) -> list[Alert]:
        """The alerts about sources so far."""
        items = self.table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :alert)",
            ExpressionAttributeValues={":pk": string(STACK), ":alert": string("ALERT#")},
            ConsistentRead=True,
        )
        return [alert_of_item(item) for item in items]

    def keep_source_alert(self, alert: Alert) -> None:
        """Write an alert about a source, unless it is there."""
        try:
            self.table.put(
                alert_to_item("", "", alert), ConditionExpression="attribute_not_exists(pk)"
            )
        except ConditionFailedError:
            return


def _removal(pk: str, sk: str) -> dict[str, Any]:
    """The removal of an item; that of a counted one succeeds once."""
    call: dict[str, Any] = {"Key": key(pk, sk)}
    if sk == WATCH:
        call["ConditionExpression"] = "attribute_exists(pk)"
    return call
