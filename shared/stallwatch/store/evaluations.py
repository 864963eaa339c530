"""What the evaluation reads and writes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stallwatch.errors import ConditionFailedError, ConflictError, TransactionRefusedError
from stallwatch.evaluating import Counted, Dossier, WatchEntry
from stallwatch.experience import Experience
from stallwatch.health import Health
from stallwatch.ledger import Stay
from stallwatch.letters import Pending
from stallwatch.model import Alert, Order, Service, Stage, State
from stallwatch.money import changes
from stallwatch.rules import Memory
from stallwatch.store.items import (
    alert_key,
    alert_of_item,
    alert_to_item,
    born_of_alert,
    order_of_item,
    trace_of_item,
)
from stallwatch.store.table import (
    FILE,
    LINK,
    ORDER,
    STACK,
    TOTALS,
    TRACE,
    WATCH,
    Item,
    Table,
    binary,
    boolean,
    boolean_of,
    bytes_of,
    instant_of,
    key,
    link_pk,
    number,
    number_of,
    number_pk,
    order_id_of,
    order_pk,
    seconds,
    string,
    text_of,
    without_none,
)
from stallwatch.store.totals import (
    adding_experience,
    adding_money,
    experience_key,
    experience_of_item,
    lived_of_item,
    lived_to_wire,
    stake_of_item,
    stake_to_wire,
)
from stallwatch.store.watch import WatchStore
from stallwatch.wheel import epoch_minutes, from_epoch_minutes

_TRIES = 5

_MOST_SHARING = 5
"""How many other orders with one number are named."""

_MOST_DELETES = 98
"""How many deletes go into one transaction, beside the check of the order and the totals."""


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
        """Delete the alerts about a forgotten order with the same id, and the links to it."""
        for item in items:
            if (_is_alert(item) and born_of_alert(item) != born) or (
                _is_link(item) and text_of(item, "born") != born
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

    def keep(self, dossier: Dossier, entry: WatchEntry, alerts: Sequence[Alert]) -> list[Pending]:
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
                ":born": string(order.born),
            },
        }
        item = entry_to_item(order.order_id, order.born, entry, dossier.revision + 1)
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
                        "Item": alert_to_item(order.order_id, order.born, alert),
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
            Pending(
                order.order_id,
                alert_key(order.order_id, order.born, alert)[1],
                alert.kind,
                alert.raised_at,
            )
            for alert in alerts
        ]

    def experience(self, service: Service, destination: str) -> Experience:
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


def _is_link(item: Item) -> bool:
    return bool(item["sk"]["S"].startswith(LINK))


def _keys_of(item: Item) -> list[tuple[str, str]]:
    """The key of an item, and before it that of what a link opens, which must not outlive it."""
    opened = [(link_pk(item["token_hash"]["S"]), FILE)] if _is_link(item) else []
    return [*opened, (item["pk"]["S"], item["sk"]["S"])]


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
            "s": _maybe(number, entry.second_at),
            "state": string(entry.state),
            "stage": _maybe(string, entry.stage),
            "listed": string(entry.listed),
            "in_slot_since": _maybe(seconds, entry.in_slot_since),
            "stays": string(_written(entry.stays)) if entry.stays else None,
            "old_order": _maybe(boolean, entry.memory.old_order),
            "old_delivery": _maybe(boolean, entry.memory.old_delivery),
            "stake": _maybe(stake_to_wire, entry.stake),
            "lived": _maybe(lived_to_wire, entry.lived),
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
        memory=Memory(
            old_order=boolean_of(item, "old_order"), old_delivery=boolean_of(item, "old_delivery")
        ),
        stake=stake_of_item(item),
        lived=lived_of_item(item),
        stays=_stays(text_of(item, "stays")),
        second_at=number_of(item, "s"),
    )


def _written(stays: Iterable[Stay]) -> str:
    """Stays in few bytes: they are written with every evaluation that changes something."""
    return " ".join(f"{stay.slot}@{epoch_minutes(stay.since)}" for stay in stays)


def _stays(text: str | None) -> tuple[Stay, ...]:
    pairs = (stay.split("@") for stay in (text or "").split())
    return tuple(Stay(slot, from_epoch_minutes(int(since))) for slot, since in pairs)


def _maybe(wire: Any, value: Any) -> Any:
    return None if value is None else wire(value)
