"""What the evaluation reads and writes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stallwatch.errors import ConditionFailedError, ConflictError, TransactionRefusedError
from stallwatch.evaluating import Counted, Dossier, WatchEntry
from stallwatch.health import Health
from stallwatch.letters import Pending
from stallwatch.model import Alert, Stage, State
from stallwatch.store.items import (
    alert_key,
    alert_of_item,
    alert_to_item,
    born_of_alert,
    memory_of_item,
    order_of_item,
    trace_of_item,
)
from stallwatch.store.table import (
    ORDER,
    STACK,
    TOTALS,
    TRACE,
    WATCH,
    Item,
    Table,
    binary,
    boolean,
    bytes_of,
    instant_of,
    key,
    number,
    number_of,
    order_pk,
    seconds,
    string,
    text_of,
    without_none,
)
from stallwatch.store.watch import WatchStore

_TRIES = 5

_MOST_DELETES = 99
"""How many deletes go into one transaction, beside the check of the order."""


@dataclass(frozen=True, slots=True)
class EvaluationStore:
    """Everything of one order at once, and its place in the watch."""

    table: Table

    def open(self, order_id: str) -> Dossier | None:
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
                self._delete_strangers(items, dossier.order.born)
                return dossier
        raise ConflictError(order_id)

    def _delete_strangers(self, items: Iterable[Item], born: str) -> None:
        """Delete the alerts about a forgotten order with the same id."""
        for item in items:
            if _is_alert(item) and born_of_alert(item) != born:
                self.table.delete(item["pk"]["S"], item["sk"]["S"])

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

    def keep(self, dossier: Dossier, entry: WatchEntry, alerts: Sequence[Alert]) -> list[Pending]:
        """Write an order's new entry and the alerts raised about it, all or nothing.

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
                ":born": string(order.born),
            },
        }
        item = entry_to_item(order.order_id, order.born, entry, dossier.revision + 1)
        try:
            if not alerts:
                self.table.put(item, **condition)
                return []
            puts = [
                {
                    "Put": {
                        "Item": alert_to_item(order.order_id, order.born, alert),
                        # One that is pending and no longer fits makes room for its successor.
                        "ConditionExpression": "attribute_not_exists(pk)"
                        " OR attribute_exists(pending)",
                    }
                }
                for alert in alerts
            ]
            self.table.transact([{"Put": {"Item": item, **condition}}, *puts])
        except (ConditionFailedError, TransactionRefusedError) as refusal:
            raise ConflictError(order.order_id) from refusal
        return [
            Pending(
                order.order_id,
                alert_key(order.order_id, order.born, alert)[1],
                alert.kind,
                alert.raised_at,
            )
            for alert in alerts
        ]

    def clear(self, order_id: str) -> Counted | None:
        """Delete what is left of an order that is no longer there.

        The order's absence is checked with each delete, so that one that is added again meanwhile
        loses nothing. What makes the pull look again goes last.

        Returns:
            As what it was counted.
        """
        items = {item["sk"]["S"]: item for item in self._collection(order_id)}
        if ORDER in items:
            return None
        keys = sorted(
            ((item["pk"]["S"], sk) for sk, item in items.items()),
            key=lambda pair: pair[1] in {TRACE, WATCH},
        )
        while keys:
            batch, keys = keys[:_MOST_DELETES], keys[_MOST_DELETES:]
            absent = {
                "ConditionCheck": {
                    "Key": key(order_pk(order_id), ORDER),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            try:
                self.table.transact([absent, *({"Delete": _removal(*pair)} for pair in batch)])
            except TransactionRefusedError:
                return None
        watch = items.get(WATCH, {})
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

    def health(self, source: str) -> Health:
        """The health of a source."""
        return WatchStore(self.table).health(source)

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


def dossier_of_items(items: Iterable[Item]) -> Dossier | None:
    """An order's dossier from its items; None where the order is not among them."""
    found = {item["sk"]["S"]: item for item in items}
    if not {ORDER, TRACE, WATCH} <= found.keys():
        return None
    order = order_of_item(found[ORDER])
    alerts = (item for item in found.values() if _is_alert(item))
    return Dossier(
        order=order,
        version=int(found[ORDER]["version"]["N"]),
        trace=trace_of_item(found[TRACE]),
        entry=entry_of_item(found[WATCH]),
        revision=int(found[WATCH]["rev"]["N"]),
        alerts=tuple(alert_of_item(item) for item in alerts if born_of_alert(item) == order.born),
    )


def _is_torn(dossier: Dossier) -> bool:
    """Whether a transaction of the API was seen half done."""
    order, entry, trace = dossier.order, dossier.entry, dossier.trace
    return dossier.version != entry.order_version or order.tracking_number != trace.number


def _is_alert(item: Item) -> bool:
    return bool(item["sk"]["S"].startswith("ALERT#"))


def entry_to_item(order_id: str, born: str, entry: WatchEntry, revision: int) -> Item:
    """An order's place in the watch as it stands in the table.

    The attributes with one letter are the index's: their names count in every row that is read.
    """
    return without_none(
        {
            **key(order_pk(order_id), WATCH),
            "born": string(born),
            "rev": number(revision),
            "order_version": number(entry.order_version),
            "slot": _maybe(string, entry.slot),
            "n": _maybe(string, entry.number) if entry.slot is not None else None,
            "f": _maybe(binary, entry.fingerprint),
            "r": _maybe(number, entry.rule_at),
            "c": _maybe(number, entry.clock_at),
            "state": string(entry.state),
            "stage": _maybe(string, entry.stage),
            "listed": string(entry.listed),
            "in_slot_since": _maybe(seconds, entry.in_slot_since),
            "old_order": _maybe(boolean, entry.memory.old_order),
            "old_delivery": _maybe(boolean, entry.memory.old_delivery),
        }
    )


def entry_of_item(item: Item) -> WatchEntry:
    """An order's place in the watch as it was stored."""
    return WatchEntry(
        order_version=int(item["order_version"]["N"]),
        slot=text_of(item, "slot"),
        number=text_of(item, "n"),
        fingerprint=bytes_of(item, "f"),
        rule_at=number_of(item, "r"),
        clock_at=number_of(item, "c"),
        state=State(item["state"]["S"]),
        stage=Stage(item["stage"]["S"]) if "stage" in item else None,
        listed=item["listed"]["S"],
        in_slot_since=instant_of(item, "in_slot_since"),
        memory=memory_of_item(item),
    )


def _maybe(wire: Any, value: Any) -> Any:
    return None if value is None else wire(value)
