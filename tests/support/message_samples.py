"""Alerts of every kind in every situation, for the tests and for the sheets of texts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from stallwatch.domain.alerts import (
    ASKED_BY,
    PROFILES,
    Alert,
    AlertKind,
    AlertRef,
    Notification,
    Situation,
)
from stallwatch.domain.digest import Deadline, Digest, Movement, PressingOrder, RiskSum
from stallwatch.domain.orders import Order, PaidWith
from stallwatch.messages.alert_kinds import ALERT_TEXTS
from stallwatch.rules.annotations import Annotations

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
PAGE = "https://stallwatch.example/live/"
OF_THE_SOURCE = {AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP}
WITHOUT_ORDER = {kind for kind, profile in PROFILES.items() if not profile.about_order}
SPOKEN = tuple(
    (kind, str(reason)) for kind, texts in ALERT_TEXTS.items() for reason in texts.reasons
)
"""Every kind of alert with every reason that it may have."""
ABOUT_ORDERS = tuple(spoken for spoken in SPOKEN if spoken[0] not in WITHOUT_ORDER)

ORDER = Order(
    order_id="8123456789012345",
    ordered_on=date(2026, 3, 1),
    destination="DE",
    created_at=NOW,
    incarnation="0",
    tracking_number="LP00000000000001",
    protection_ends_on=date(2026, 6, 20),
    title="USB cable",
    price=Decimal("12.50"),
    currency="EUR",
    paid_with=PaidWith.PAYPAL,
)

KEY_DATES = {
    "late_on": "2026-07-01",
    "claim_opens_on": "2026-07-08",
    "protection_ends_on": "2026-06-20",
    "refund_until": "2026-07-05",
    "dispute_until": "2026-06-29",
    "reminder_on": "2026-06-18",
    "bank_until": "2026-08-28",
}

FACTS: Annotations = {
    "situation": "stalled",
    "key_dates": KEY_DATES,
    "stage": "export_customs",
    "silent_days": 61,
    "days_in_transit": 70,
    "untracked_days": 106,
    "service": "standard",
    "window": [15, 25],
    "paid_with": "paypal",
    "last_update": "2026-04-15",
    "last_text": "Export customs clearance complete",
    "last_place": "Dongguan",
    "delivered_on": "2026-06-14",
    "carrier": ["La Poste", "https://poste.example/", "RB123456785FR"],
    "second": ["17track", "2026-06-15", "2026-04-15", "Departed"],
    "second_source": "17track",
    "snoozed_until": "2026-06-20",
    "known": True,
    "departed": True,
    "destroyed": True,
    "scanned": True,
    "word_on": "2026-06-10",
    "word_days": 5,
    "answered_at": "2026-06-15T12:00:00+00:00",
}
"""All that may be known; what is not true or not known is missing."""

DIGEST = Digest(
    since="2026-06-14",
    pressing=(
        PressingOrder("8123456789012345", "USB cable", Situation.REFUND_DUE),
        PressingOrder("8123456789012346", None, Situation.PICKUP),
    ),
    pressing_count=3,
    deadlines=(
        Deadline("2026-06-18", "reminder_on", "8123456789012345", "USB cable"),
        Deadline("2026-06-19", "dispute_until", "8123456789012345", "USB cable"),
        Deadline("2026-06-20", "protection_ends_on", "8123456789012345", "USB cable"),
        Deadline("2026-06-20", "refund_until", "8123456789012346", None),
        Deadline("2026-06-21", "bank_until.card", "8123456789012345", "USB cable"),
        Deadline("2026-06-21", "bank_until.paypal", "8123456789012346", None),
    ),
    deadline_count=6,
    moved=(Movement("8123456789012347", "Lamp", "2026-06-15", "Departed (Dongguan)"),),
    moved_count=1,
    at_risk=(RiskSum("EUR", "12.50"), RiskSum("USD", "7.00")),
)
"""A digest with all of its parts."""

NATURAL: dict[tuple[AlertKind, str], Situation] = {
    spoken: next(
        (situation for situation, asked in ASKED_BY.items() if asked == spoken),
        Situation.DELIVERED if spoken[0] is AlertKind.DELIVERED else Situation.IN_TRANSIT,
    )
    for spoken in ABOUT_ORDERS
}
"""The first situation whose advice an alert brings; those that ask for nothing come in transit."""


def facts_in(situation: Situation, **changes: object) -> Annotations:
    """All that may be known in a situation, with some of it changed; None leaves it out."""
    facts = FACTS | {"situation": situation.value} | changes
    return {name: value for name, value in facts.items() if value is not None}


def dated(days: int) -> Annotations:
    """Every number of days the same: what a counted sentence says of one, of few, of many."""
    soon = (NOW.date() + timedelta(days=days)).isoformat()
    dates = KEY_DATES | {"refund_until": soon, "dispute_until": soon}
    return {
        "silent_days": days,
        "days_in_transit": days,
        "untracked_days": days,
        "word_days": days,
        "key_dates": dates,
    }


def notification(
    kind: AlertKind,
    reason: str = "",
    orders: tuple[Order, ...] = (ORDER,),
    facts: Annotations | None = None,
    nth: int = 1,
) -> Notification:
    """A notification of one kind about some orders, or about the source."""
    members = []
    for order in (None,) if kind in WITHOUT_ORDER else orders:
        known: Annotations = {"source": "cainiao"} if kind in OF_THE_SOURCE else DIGEST.as_facts()
        if order is not None:
            known = facts_in(NATURAL[kind, reason]) if facts is None else facts
        alert = Alert(
            kind=kind,
            raised_at=NOW,
            reason=reason,
            about=_about(kind),
            nth=nth,
            number=None if order is None else order.tracking_number,
            facts=dict(known),
        )
        order_id = "" if order is None else order.order_id
        members.append((AlertRef(order_id, f"ALERT#0#{alert.key}", kind, NOW), alert, order))
    return Notification("batch-1", kind, NOW, tuple(members))


def variants(situation: Situation) -> Iterator[tuple[str, Order, Annotations]]:
    """Every form that the advice of a situation may take, each with a label."""
    facts = facts_in(situation)
    without = facts | {"key_dates": {}}
    yield "all dates", ORDER, facts
    yield "no dates", replace(ORDER, protection_ends_on=None, paid_with=None), _bare(without)
    for days in (0, 1, 2, 5):
        yield f"{days} days left", ORDER, facts | dated(days)
    opens = facts | {"key_dates": {"claim_opens_on": "2026-07-08", "late_on": "2026-08-08"}}
    yield "only the claim", ORDER, opens
    yield "paid by card", ORDER, facts | {"paid_with": "card"}
    yield "destroyed", ORDER, facts | {"destroyed": True}


def _bare(facts: Annotations) -> Annotations:
    gone = {"carrier", "destroyed", "paid_with", "promised_on", "second"}
    return {name: value for name, value in facts.items() if name not in gone}


def _about(kind: AlertKind) -> str:
    if kind in WITHOUT_ORDER or kind is AlertKind.UNANSWERED:
        return (NOW - timedelta(days=10)).isoformat()
    return "2026-06-20 first" if kind is AlertKind.PROTECTION_ENDING else "2026-04-15 08:00:00"
