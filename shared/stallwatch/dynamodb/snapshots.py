"""dynamodb.snapshots."""

from collections.abc import Iterable
from typing import Any

from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Stage
from stallwatch.dynamodb.items import alert_of_item, born_of_alert, order_of_item, trace_of_item
from stallwatch.dynamodb.table import (
    FILE,
    LINK,
    ORDER,
    TRACE,
    WATCH,
    Item,
    binary,
    boolean,
    boolean_of,
    bytes_of,
    instant_of,
    key,
    link_pk,
    number,
    number_of,
    order_pk,
    seconds,
    string,
    text_of,
    without_none,
)
from stallwatch.dynamodb.totals import (
    lived_of_item,
    lived_to_wire,
    stake_of_item,
    stake_to_wire,
)
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry
from stallwatch.rules.decision import InitialFindings
from stallwatch.tracking.run_log import SlotStay

_TRIES = 5


_MOST_SHARING = 5
"""How many other orders with one number are named."""


def dossier_of_items(items: Iterable[Item]) -> OrderSnapshot | None:
    """An order's dossier from its items; None where the order is not among them."""
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
            alert_of_item(item) for item in alerts if born_of_alert(item) == order.incarnation
        ),
    )


def _is_torn(dossier: OrderSnapshot) -> bool:
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


def entry_to_item(order_id: str, incarnation: str, entry: WatchEntry, revision: int) -> Item:
    """An order's place in the watch as it stands in the table.

    The attributes with one letter are the index's: their names count in every row that is read.
    """
    return without_none(
        {
            **key(order_pk(order_id), WATCH),
            "born": string(incarnation),
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
        memory=InitialFindings(
            old_order=boolean_of(item, "old_order"), old_delivery=boolean_of(item, "old_delivery")
        ),
        stake=stake_of_item(item),
        lived=lived_of_item(item),
        stays=_stays(text_of(item, "stays")),
        second_at=number_of(item, "s"),
    )


def _written(stays: Iterable[SlotStay]) -> str:
    """Stays in few bytes: they are written with every evaluation that changes something."""
    return " ".join(f"{stay.slot}@{epoch_minutes(stay.since)}" for stay in stays)


def _stays(text: str | None) -> tuple[SlotStay, ...]:
    pairs = (stay.split("@") for stay in (text or "").split())
    return tuple(SlotStay(slot, from_epoch_minutes(int(since))) for slot, since in pairs)


def _maybe(wire: Any, value: Any) -> Any:
    return None if value is None else wire(value)
