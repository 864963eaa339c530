"""Builders: an order, an event, an answer of a source, with what a test does not name filled in."""

from datetime import UTC, datetime, timedelta

from stallwatch.domain.orders import Order
from stallwatch.tracking.source import (
    Event,
    TrackingResult,
)

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


NUMBER = "LP00000000000001"


def an_order(order_id: str = "x", **given: object) -> Order:
    """An order of twenty days ago, with a number; some of it as given."""
    values = {
        "ordered_on": (NOON - timedelta(days=20)).date(),
        "destination": "DE",
        "created_at": NOON - timedelta(days=20),
        "incarnation": "0",
        "tracking_number": NUMBER,
        **given,
    }
    return Order(order_id, **values)  # type: ignore[arg-type]


def an_event(at: datetime, code: str, text: str = "") -> Event:
    """An event whose wall clock stands in UTC."""
    wall = at.replace(tzinfo=None, microsecond=0)
    return Event(at.replace(microsecond=0), str(wall), "GMT+0", code, text or code)


def an_answer(number: str, *events: Event, **given: object) -> TrackingResult:
    """A valid answer about a number that is known."""
    told = {"known": True, **given}
    return TrackingResult(number, events=tuple(sorted(events)), **told)  # type: ignore[arg-type]
