"""How orders, traces and alerts stand in the table."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.orders import Action, ActionKind, Order, SearchPlace, Service
from stallwatch.dynamodb.table import (
    ORDER,
    STACK,
    TRACE,
    Item,
    binary,
    boolean,
    boolean_of,
    bytes_of,
    instant_of,
    key,
    number,
    order_id_of,
    order_pk,
    seconds,
    string,
    text_of,
    without_none,
)
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.trace_record import SecondRecord, Seen, TraceRecord


# Orders.
def order_to_item(order: Order, version: int) -> Item:
    """An order as it stands in the table.

    Args:
        order: The order.
        version: Counts the changes of the order.
    """
    return without_none(
        {
            **key(order_pk(order.order_id), ORDER),
            "version": number(version),
            "born": string(order.incarnation),
            "created_at": seconds(order.created_at),
            "ordered_on": string(order.ordered_on.isoformat()),
            "destination": string(order.destination),
            "tracking_number": _maybe_string(order.tracking_number),
            "number_changed_at": _maybe_seconds(order.number_changed_at),
            "service": _maybe_string(order.service),
            "remote": None if order.remote is None else boolean(order.remote),
            "shipped_on": _maybe_day(order.shipped_on),
            "protection_ends_on": _maybe_day(order.protection_ends_on),
            "title": _maybe_string(order.title),
            "seller": _maybe_string(order.seller),
            "price": None if order.price is None else string(str(order.price)),
            "currency": _maybe_string(order.currency),
            "language": _maybe_string(order.language),
            "actions": {"L": [_action_to_item(a) for a in order.actions]}
            if order.actions
            else None,
        }
    )


def order_of_item(item: Item) -> Order:
    """An order as it was stored."""
    created_at = instant_of(item, "created_at")
    service = text_of(item, "service")
    price = text_of(item, "price")
    return Order(
        order_id=order_id_of(item["pk"]["S"]),
        ordered_on=date.fromisoformat(item["ordered_on"]["S"]),
        destination=item["destination"]["S"],
        created_at=created_at or datetime.fromtimestamp(0, UTC),
        incarnation=item["born"]["S"],
        tracking_number=text_of(item, "tracking_number"),
        number_changed_at=instant_of(item, "number_changed_at"),
        service=None if service is None else Service(service),
        remote=boolean_of(item, "remote"),
        shipped_on=_day_of(item, "shipped_on"),
        protection_ends_on=_day_of(item, "protection_ends_on"),
        title=text_of(item, "title"),
        seller=text_of(item, "seller"),
        price=None if price is None else Decimal(price),
        currency=text_of(item, "currency"),
        language=text_of(item, "language"),
        actions=tuple(_action_of_item(a["M"]) for a in item.get("actions", {"L": []})["L"]),
    )


def _action_to_item(action: Action) -> Item:
    return {
        "M": without_none(
            {
                "deed": string(action.kind),
                "at": seconds(action.at),
                "on": _maybe_day(action.on),
                "until": _maybe_day(action.until),
                "amount": None if action.amount is None else string(str(action.amount)),
                "episode": _maybe_string(action.episode or None),
                "answers": {"M": {spot: string(day.isoformat()) for spot, day in action.answers}}
                if action.answers
                else None,
            }
        )
    }


def _action_of_item(item: Item) -> Action:
    amount = text_of(item, "amount")
    answers = item.get("answers", {"M": {}})["M"]
    return Action(
        kind=ActionKind(item["deed"]["S"]),
        at=instant_of(item, "at") or datetime.fromtimestamp(0, UTC),
        on=_day_of(item, "on"),
        until=_day_of(item, "until"),
        amount=None if amount is None else Decimal(amount),
        episode=text_of(item, "episode") or "",
        answers=tuple(
            (spot, date.fromisoformat(answers[spot]["S"]))
            for spot in SearchPlace
            if spot in answers
        ),
    )


# Traces.
def trace_to_item(order_id: str, incarnation: str, record: TraceRecord) -> Item:
    """A trace as it stands in the table."""
    return without_none(
        {
            **key(order_pk(order_id), TRACE),
            "born": string(incarnation),
            "number": _maybe_string(record.number),
            "events": _maybe_binary(record.events),
            "seen": _seen_to_value(record.seen),
            "fingerprint": _maybe_binary(record.fingerprint),
            "answered_at": _maybe_seconds(record.answered_at),
            "asked_at": _maybe_seconds(record.asked_at),
            "silent_since": _maybe_seconds(record.silent_since),
            "unanswered": boolean(record.unanswered) if record.unanswered else None,
            "past": _maybe_binary(record.past),
            **second_to_attributes(record.second),
        }
    )


def second_to_attributes(record: SecondRecord) -> dict[str, Any]:
    """What the second source said, as attributes of a trace; those without a value are None."""
    return {
        "second_events": _maybe_binary(record.events),
        "second_seen": _seen_to_value(record.seen),
        "second_fingerprint": _maybe_binary(record.fingerprint),
        "second_answered_at": _maybe_seconds(record.answered_at),
        "second_failing_since": _maybe_seconds(record.failing_since),
    }


def second_of_item(item: Item) -> SecondRecord:
    """What the second source said, as it was stored."""
    return SecondRecord(
        events=bytes_of(item, "second_events"),
        seen=_seen_of(item, "second_seen"),
        fingerprint=bytes_of(item, "second_fingerprint"),
        answered_at=instant_of(item, "second_answered_at"),
        failing_since=instant_of(item, "second_failing_since"),
    )


def trace_of_item(item: Item) -> TraceRecord:
    """A trace as it was stored."""
    return TraceRecord(
        number=text_of(item, "number"),
        events=bytes_of(item, "events"),
        seen=_seen_of(item, "seen"),
        fingerprint=bytes_of(item, "fingerprint"),
        answered_at=instant_of(item, "answered_at"),
        asked_at=instant_of(item, "asked_at"),
        silent_since=instant_of(item, "silent_since"),
        unanswered=boolean_of(item, "unanswered") or False,
        past=bytes_of(item, "past"),
        second=second_of_item(item),
    )


def _seen_to_value(runs: Iterable[Seen]) -> dict[str, Any] | None:
    values = [value for run in runs for value in (seconds(run.at), number(run.count))]
    return {"L": values} if values else None


def _seen_of(item: Item, name: str) -> tuple[Seen, ...]:
    values = [int(value["N"]) for value in item.get(name, {"L": []})["L"]]
    return tuple(
        Seen(datetime.fromtimestamp(at, UTC), count)
        for at, count in zip(values[::2], values[1::2], strict=True)
    )


# Alerts.
def alert_key(order_id: str, incarnation: str, alert: Alert) -> tuple[str, str]:
    """The key of an alert about an order, or, with an empty id, about a source.

    An order that was forgotten and added again shares nothing with its former self: `incarnation` tells
    them apart.
    """
    pk = order_pk(order_id) if order_id else STACK
    return pk, f"ALERT#{incarnation}#{alert.key}"


def alert_to_item(order_id: str, incarnation: str, alert: Alert) -> Item:
    """An alert as it stands in the table; it is in the index `pending` until it is sent."""
    return without_none(
        {
            **key(*alert_key(order_id, incarnation, alert)),
            "kind": string(alert.kind),
            "raised_at": string(alert.raised_at.isoformat()),
            "reason": _maybe_string(alert.reason or None),
            "about": _maybe_string(alert.about or None),
            "nth": number(alert.nth),
            "episode": _maybe_string(alert.episode or None),
            "number": _maybe_string(alert.number),
            "sent_at": None if alert.sent_at is None else string(alert.sent_at.isoformat()),
            "pending": string("yes") if alert.sent_at is None else None,
            "facts": binary(pack(alert.facts)) if alert.facts else None,
        }
    )


def alert_of_item(item: Item) -> Alert:
    """An alert as it was stored."""
    sent_at = text_of(item, "sent_at")
    facts = bytes_of(item, "facts")
    return Alert(
        kind=AlertKind(item["kind"]["S"]),
        raised_at=datetime.fromisoformat(item["raised_at"]["S"]),
        reason=text_of(item, "reason") or "",
        about=text_of(item, "about") or "",
        nth=int(item["nth"]["N"]),
        episode=text_of(item, "episode") or "",
        number=text_of(item, "number"),
        sent_at=None if sent_at is None else datetime.fromisoformat(sent_at),
        facts={} if facts is None else unpack(facts),
    )


def born_of_alert(item: Item) -> str:
    """Which of the orders with one id an alert is about."""
    return str(item["sk"]["S"].split("#")[1])


def _maybe_string(value: str | None) -> dict[str, str] | None:
    return None if value is None else string(value)


def _maybe_binary(value: bytes | None) -> dict[str, bytes] | None:
    return None if value is None else binary(value)


def _maybe_seconds(value: datetime | None) -> dict[str, str] | None:
    return None if value is None else seconds(value)


def _maybe_day(value: date | None) -> dict[str, str] | None:
    return None if value is None else string(value.isoformat())


def _day_of(item: Item, name: str) -> date | None:
    value = text_of(item, name)
    return None if value is None else date.fromisoformat(value)
