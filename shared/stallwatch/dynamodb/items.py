"""How orders and traces stand in the table."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from stallwatch.domain.orders import Action, ActionKind, Order, PaidWith, SearchPlace, Service
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import ORDER, TRACE, key, order_id_of, order_pk
from stallwatch.dynamodb.wire import Item
from stallwatch.tracking.trace_record import FirstSeenRun, SecondRecord, TraceRecord

_KNOWN_ACTIONS = frozenset(kind.value for kind in ActionKind)
"""An action of a later version is skipped after a rollback; it is lost where the order is changed
meanwhile."""

_KNOWN_PAYMENTS = frozenset(paid_with.value for paid_with in PaidWith)

_EPOCH = datetime.fromtimestamp(0, UTC)


# Orders.
def order_to_item(order: Order, version: int) -> Item:
    """An order as it stands in the table.

    Args:
        order: The order.
        version: Counts the changes of the order.
    """
    return wire.attributes(
        {
            **key(order_pk(order.order_id), ORDER),
            "version": version,
            "born": order.incarnation,
            "created_at": order.created_at,
            "ordered_on": order.ordered_on,
            "destination": order.destination,
            "tracking_number": order.tracking_number,
            "number_changed_at": order.number_changed_at,
            "service": order.service,
            "remote": order.remote,
            "shipped_on": order.shipped_on,
            "protection_ends_on": order.protection_ends_on,
            "promised_on": order.promised_on,
            "paid_with": order.paid_with,
            "paid_on": order.paid_on,
            "order_number": order.order_number,
            "title": order.title,
            "seller": order.seller,
            "price": order.price,
            "currency": order.currency,
            "language": order.language,
            "actions": {"L": [_action_to_value(action) for action in order.actions]}
            if order.actions
            else None,
        }
    )


def order_of_item(item: Item) -> Order:
    """An order as it was stored."""
    service, paid_with = wire.text(item, "service"), wire.text(item, "paid_with")
    return Order(
        order_id=order_id_of(item["pk"]["S"]),
        ordered_on=date.fromisoformat(item["ordered_on"]["S"]),
        destination=item["destination"]["S"],
        created_at=wire.instant(item, "created_at") or _EPOCH,
        incarnation=item["born"]["S"],
        tracking_number=wire.text(item, "tracking_number"),
        number_changed_at=wire.instant(item, "number_changed_at"),
        service=None if service is None else Service(service),
        remote=wire.flag(item, "remote"),
        shipped_on=wire.day(item, "shipped_on"),
        protection_ends_on=wire.day(item, "protection_ends_on"),
        promised_on=wire.day(item, "promised_on"),
        paid_with=None if paid_with not in _KNOWN_PAYMENTS else PaidWith(paid_with),
        paid_on=wire.day(item, "paid_on"),
        order_number=wire.text(item, "order_number"),
        title=wire.text(item, "title"),
        seller=wire.text(item, "seller"),
        price=wire.amount(item, "price"),
        currency=wire.text(item, "currency"),
        language=wire.text(item, "language"),
        actions=tuple(
            _action_of_value(held["M"])
            for held in _list(item, "actions")
            if held["M"]["deed"]["S"] in _KNOWN_ACTIONS
        ),
    )


def _action_to_value(action: Action) -> Item:
    searched = {place.value: day.isoformat() for place, day in action.answers}
    return {
        "M": wire.attributes(
            {
                "deed": action.kind,
                "at": action.at,
                "on": action.on,
                "until": action.until,
                "amount": action.amount,
                "episode": action.episode or None,
                "note": action.note,
                "action_id": action.action_id,
                "answers": {"M": wire.attributes(searched)} if searched else None,
            }
        )
    }


def _action_of_value(item: Item) -> Action:
    answers = item.get("answers", {"M": {}})["M"]
    return Action(
        kind=ActionKind(item["deed"]["S"]),
        at=wire.instant(item, "at") or _EPOCH,
        on=wire.day(item, "on"),
        until=wire.day(item, "until"),
        amount=wire.amount(item, "amount"),
        episode=wire.text(item, "episode") or "",
        answers=tuple(
            (place, date.fromisoformat(answers[place]["S"]))
            for place in SearchPlace
            if place in answers
        ),
        note=wire.text(item, "note"),
        # One that was kept before there were ids gets one from its instant and kind.
        action_id=wire.text(item, "action_id") or "",
    )


# Traces.
def trace_to_item(order_id: str, incarnation: str, record: TraceRecord) -> Item:
    """A trace as it stands in the table."""
    return wire.attributes(
        {
            **key(order_pk(order_id), TRACE),
            "born": incarnation,
            "number": record.number,
            "events": record.events,
            "seen": _seen_to_value(record.seen),
            "fingerprint": record.fingerprint,
            "answered_at": record.answered_at,
            "asked_at": record.asked_at,
            "silent_since": record.silent_since,
            "unanswered": record.unanswered or None,
            "past": record.past,
            **second_to_attributes(record.second),
        }
    )


def second_to_attributes(record: SecondRecord) -> dict[str, Any]:
    """What the second source said, as values of a trace's attributes; None: no such attribute."""
    return {
        "second_events": record.events,
        "second_seen": _seen_to_value(record.seen),
        "second_fingerprint": record.fingerprint,
        "second_answered_at": record.answered_at,
        "second_failing_since": record.failing_since,
    }


def second_of_item(item: Item) -> SecondRecord:
    """What the second source said, as it was stored."""
    return SecondRecord(
        events=wire.binary(item, "second_events"),
        seen=_seen_of(item, "second_seen"),
        fingerprint=wire.binary(item, "second_fingerprint"),
        answered_at=wire.instant(item, "second_answered_at"),
        failing_since=wire.instant(item, "second_failing_since"),
    )


def trace_of_item(item: Item) -> TraceRecord:
    """A trace as it was stored."""
    return TraceRecord(
        number=wire.text(item, "number"),
        events=wire.binary(item, "events"),
        seen=_seen_of(item, "seen"),
        fingerprint=wire.binary(item, "fingerprint"),
        answered_at=wire.instant(item, "answered_at"),
        asked_at=wire.instant(item, "asked_at"),
        silent_since=wire.instant(item, "silent_since"),
        unanswered=wire.flag(item, "unanswered") or False,
        past=wire.binary(item, "past"),
        second=second_of_item(item),
    )


def _seen_to_value(runs: Iterable[FirstSeenRun]) -> dict[str, Any] | None:
    values = [wire.value(part) for run in runs for part in (run.at, run.count)]
    return {"L": values} if values else None


def _seen_of(item: Item, name: str) -> tuple[FirstSeenRun, ...]:
    values = [int(held["N"]) for held in _list(item, name)]
    return tuple(
        FirstSeenRun(datetime.fromtimestamp(at, UTC), count)
        for at, count in zip(values[::2], values[1::2], strict=True)
    )


def _list(item: Item, name: str) -> list[Any]:
    held = item.get(name)
    return [] if held is None else list(held["L"])
