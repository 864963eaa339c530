"""How alerts stand in the table."""

from datetime import datetime

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import STACK, key, order_pk
from stallwatch.dynamodb.wire import Item
from stallwatch.tracking.packing import pack, unpack

_KNOWN_KINDS = frozenset(kind.value for kind in AlertKind)


def alert_key(order_id: str, incarnation: str, alert: Alert) -> tuple[str, str]:
    """The key of an alert about an order, or, with an empty id, about a source.

    An order that was forgotten and added again shares nothing with its former self: `incarnation`
    tells them apart.
    """
    pk = order_pk(order_id) if order_id else STACK
    return pk, f"ALERT#{incarnation}#{alert.key}"


def alert_to_item(order_id: str, incarnation: str, alert: Alert) -> Item:
    """An alert as it stands in the table; it is in the index `pending` until it is sent."""
    return wire.attributes(
        {
            **key(*alert_key(order_id, incarnation, alert)),
            "kind": alert.kind,
            "raised_at": alert.raised_at.isoformat(),
            "reason": alert.reason or None,
            "about": alert.about or None,
            "nth": alert.nth,
            "episode": alert.episode or None,
            "number": alert.number,
            "sent_at": None if alert.sent_at is None else alert.sent_at.isoformat(),
            "pending": "yes" if alert.sent_at is None else None,
            "facts": pack(alert.facts) if alert.facts else None,
        }
    )


def is_known_alert(item: Item) -> bool:
    """Whether this version knows the kind of a stored alert.

    After a rollback the table holds alerts that a later version raised. They are left alone: the
    version that knows them sends them.
    """
    return item["kind"]["S"] in _KNOWN_KINDS


def alert_of_item(item: Item) -> Alert:
    """An alert as it was stored.

    Raises:
        ValueError: this version does not know its kind (see `is_known_alert`).
    """
    facts = wire.binary(item, "facts")
    return Alert(
        kind=AlertKind(item["kind"]["S"]),
        raised_at=datetime.fromisoformat(item["raised_at"]["S"]),
        reason=wire.text(item, "reason") or "",
        about=wire.text(item, "about") or "",
        nth=int(item["nth"]["N"]),
        episode=wire.text(item, "episode") or "",
        number=wire.text(item, "number"),
        sent_at=wire.written_instant(item, "sent_at"),
        facts={} if facts is None else unpack(facts),
    )


def incarnation_of_alert(item: Item) -> str:
    """Which of the orders with one id an alert is about."""
    return str(item["sk"]["S"].split("#")[1])
