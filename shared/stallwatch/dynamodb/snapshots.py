"""Everything of one order: read at once, and cleared away after it was forgotten."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.domain.errors import ConflictError, TransactionRefusedError
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Stage
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.alert_items import alert_of_item, incarnation_of_alert, is_known_alert
from stallwatch.dynamodb.items import order_of_item, trace_of_item
from stallwatch.dynamodb.table import (
    FILE,
    LINK,
    ORDER,
    TRACE,
    WATCH,
    TableStore,
    key,
    link_pk,
    number_pk,
    order_id_of,
    order_pk,
)
from stallwatch.dynamodb.totals import (
    adding_money,
    exposure_of_item,
    exposure_to_text,
    sample_of_item,
    sample_to_text,
)
from stallwatch.dynamodb.wire import Item
from stallwatch.orders.money import changes
from stallwatch.orders.pressing import Pressing
from stallwatch.orders.snapshot import Counted, OrderSnapshot, WatchEntry
from stallwatch.rules.decision import InitialFindings
from stallwatch.tracking.schedule import SlotStay

_TRIES = 5

_MOST_SHARING = 5
"""How many other orders with one number are named."""

_MOST_DELETES = 98
"""How many deletes go into one transaction, beside the check of the order and the totals."""


class DynamoSnapshotStore(TableStore):
    """The items of one order, read and removed together."""

    __slots__ = ()

    def open(self, order_id: str) -> OrderSnapshot | None:
        """Everything of an order; None where there is no such order.

        A query may see a transaction half done; then it is asked again.

        Raises:
            ConflictError: it was half done each time.
        """
        for _ in range(_TRIES):
            items = list(self._collection(order_id))
            snapshot = snapshot_of_items(items)
            if snapshot is None:
                return None
            if not _is_torn(snapshot):
                self._delete_leftovers(items, snapshot.order.incarnation)
                return snapshot
        raise ConflictError(order_id)

    def _delete_leftovers(self, items: Iterable[Item], incarnation: str) -> None:
        """Delete the alerts about a forgotten order with the same id, and the links to it."""
        for item in items:
            if (_is_alert(item) and incarnation_of_alert(item) != incarnation) or (
                _is_link(item) and wire.text(item, "born") != incarnation
            ):
                for pk, sk in _keys_of(item):
                    self.table.delete(pk, sk)

    def sharing(self, order: Order) -> tuple[str, ...]:
        """Other orders with the same tracking number, some of them where there are many."""
        if order.tracking_number is None:
            return ()
        items = self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": wire.value(number_pk(order.tracking_number))},
            Limit=_MOST_SHARING + 1,
        )
        found = (order_id_of(item["sk"]["S"]) for item in items)
        others = (order_id for order_id in found if order_id != order.order_id)
        return tuple(islice(others, _MOST_SHARING))

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
        money = adding_money(order_id, changes(exposure_of_item(watch), None))
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

    def _collection(self, order_id: str) -> Iterable[Item]:
        return self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": wire.value(order_pk(order_id))},
            ConsistentRead=True,
        )


def snapshot_of_items(items: Iterable[Item]) -> OrderSnapshot | None:
    """An order's snapshot from its items; None where the order is not among them."""
    found = {item["sk"]["S"]: item for item in items}
    if not {ORDER, TRACE, WATCH} <= found.keys():
        return None
    order = order_of_item(found[ORDER])
    alerts = (item for item in found.values() if _is_alert(item))
    return OrderSnapshot(
        order=order,
        version=int(found[ORDER]["version"]["N"]),
        trace=trace_of_item(found[TRACE]),
        entry=entry_of_item(found[WATCH]),
        revision=int(found[WATCH]["rev"]["N"]),
        alerts=tuple(
            alert_of_item(item)
            for item in alerts
            if incarnation_of_alert(item) == order.incarnation and is_known_alert(item)
        ),
    )


def _is_torn(snapshot: OrderSnapshot) -> bool:
    """Whether a transaction of the API was seen half done."""
    order, entry, trace = snapshot.order, snapshot.entry, snapshot.trace
    return snapshot.version != entry.order_version or order.tracking_number != trace.number


def _is_alert(item: Item) -> bool:
    return bool(item["sk"]["S"].startswith("ALERT#"))


def _is_link(item: Item) -> bool:
    return bool(item["sk"]["S"].startswith(LINK))


def _keys_of(item: Item) -> list[tuple[str, str]]:
    """The key of an item, and before it that of what a link opens, which must not outlive it."""
    opened = [(link_pk(item["token_hash"]["S"]), FILE)] if _is_link(item) else []
    return [*opened, (item["pk"]["S"], item["sk"]["S"])]


def _removal(pk: str, sk: str) -> dict[str, Any]:
    """The removal of an item; that of a counted one succeeds once."""
    call: dict[str, Any] = {"Key": key(pk, sk)}
    if sk == WATCH:
        call["ConditionExpression"] = "attribute_exists(pk)"
    return call


def entry_to_item(order_id: str, incarnation: str, entry: WatchEntry, revision: int) -> Item:
    """An order's place in the watch as it stands in the table.

    The attributes with one letter are the index's: their names count in every row that is read.
    """
    return wire.attributes(
        {
            **key(order_pk(order_id), WATCH),
            "born": incarnation,
            "rev": revision,
            "order_version": entry.order_version,
            "slot": entry.slot,
            "n": entry.number if entry.slot is not None else None,
            "f": entry.fingerprint,
            "r": entry.rule_at,
            "c": entry.clock_at,
            "s": entry.second_at,
            "state": entry.state,
            "stage": entry.stage,
            "listed": entry.listed,
            "in_slot_since": entry.in_slot_since,
            "stays": _stays_to_text(entry.stays) if entry.stays else None,
            "old_order": entry.memory.old_order,
            "old_delivery": entry.memory.old_delivery,
            "first_evaluated_at": entry.memory.evaluated_at,
            "first_answered_at": entry.memory.answered_at,
            "p": entry.pressing.severity if entry.pressing is not None else None,
            "d": entry.pressing.place(order_id) if entry.pressing is not None else None,
            "stake": None if entry.stake is None else exposure_to_text(entry.stake),
            "lived": None if entry.lived is None else sample_to_text(entry.lived),
        }
    )


def entry_of_item(item: Item) -> WatchEntry:
    """An order's place in the watch as it was stored."""
    return WatchEntry(
        order_version=int(item["order_version"]["N"]),
        slot=wire.text(item, "slot"),
        number=wire.text(item, "n"),
        fingerprint=wire.binary(item, "f"),
        rule_at=wire.number(item, "r"),
        clock_at=wire.number(item, "c"),
        state=State(item["state"]["S"]),
        stage=Stage(item["stage"]["S"]) if "stage" in item else None,
        listed=item["listed"]["S"],
        in_slot_since=wire.instant(item, "in_slot_since"),
        memory=InitialFindings(
            old_order=wire.flag(item, "old_order"),
            old_delivery=wire.flag(item, "old_delivery"),
            evaluated_at=wire.instant(item, "first_evaluated_at"),
            answered_at=wire.instant(item, "first_answered_at"),
        ),
        pressing=_pressing_of_item(item),
        stake=exposure_of_item(item),
        lived=sample_of_item(item),
        stays=_stays_of_text(wire.text(item, "stays")),
        second_at=wire.number(item, "s"),
    )


def _pressing_of_item(item: Item) -> Pressing | None:
    severity, place = wire.text(item, "p"), wire.text(item, "d")
    return None if severity is None or place is None else Pressing.at(severity, place)


def _stays_to_text(stays: Iterable[SlotStay]) -> str:
    """Stays in few bytes: they are written with every evaluation that changes something."""
    return " ".join(f"{stay.slot}@{epoch_minutes(stay.since)}" for stay in stays)


def _stays_of_text(text: str | None) -> tuple[SlotStay, ...]:
    pairs = (stay.split("@") for stay in (text or "").split())
    return tuple(SlotStay(slot, from_epoch_minutes(int(since))) for slot, since in pairs)
