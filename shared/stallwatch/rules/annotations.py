"""Annotations: what is kept with an alert when it is raised, for the texts made of it later.

The advice of an order is made from the same annotations, so that message and page say the same.
"""

from collections.abc import Iterable
from datetime import date, datetime

from stallwatch.domain.orders import ActionKind, Order, Service
from stallwatch.domain.parcels import LocalCarrier, Trace
from stallwatch.rules.anomalies import Anomaly
from stallwatch.rules.decision import Decision, KeyDates

Annotations = dict[str, object]
"""JSON values: strings, whole numbers, truth values, lists, and objects of these."""


def annotations_of(order: Order, decision: Decision, trace: Trace) -> Annotations:
    """What was true of an order at an evaluation; what is not true or not known is missing.

    Days are written as ISO dates, numbers of days as whole numbers.
    """
    journey, countdown = decision.journey, decision.countdown
    last = journey.last_checkpoint
    snooze = order.last_said(ActionKind.SNOOZE)
    annotations: Annotations = {
        "situation": decision.situation.value,
        "key_dates": _key_dates(decision.key_dates),
        "stage": decision.stage.value,
        "silent_days": decision.silent_days,
        "days_in_transit": decision.days_in_transit,
        "untracked_days": decision.untracked_days,
        "service": decision.service.value,
        "window": [decision.window.low, decision.window.high],
        "promised_on": _iso(order.promised_on),
        "paid_with": None if order.paid_with is None else order.paid_with.value,
        "snoozed_until": None if snooze is None else _iso(snooze.until),
        "last_update": _day(decision.last_update),
        "last_text": last.text if last is not None else None,
        "last_place": last.place if last is not None else None,
        "delivered_on": None if journey.delivered_at is None else _day(journey.delivered_at),
        "carrier": _carrier(trace.carrier),
        "second": _second(trace),
        "second_source": None if trace.second is None else trace.second.source,
        "second_passed_over": decision.second_passed_over,
        "last_notice": decision.is_last_notice,
        "known": trace.known,
        "scanned": journey.scanned,
        "departed": journey.departed,
        "destroyed": journey.destroyed,
        "ended_by_design": decision.service is Service.ECONOMY and journey.handed_over,
        "word_on": None if countdown is None else _day(countdown.since),
        "word_days": None if countdown is None else countdown.days,
        "answered_at": None if decision.answered_at is None else decision.answered_at.isoformat(),
    }
    return {
        name: value
        for name, value in annotations.items()
        if value is not None and value is not False
    }


def annotate_anomalies(anomalies: Iterable[Anomaly]) -> Annotations:
    """What is odd about the number, as annotations."""
    found = [[anomaly.kind.value, anomaly.values] for anomaly in anomalies]
    return {"seen": found} if found else {}


def _key_dates(key_dates: KeyDates) -> dict[str, str]:
    return {name: day.isoformat() for name, day in key_dates._asdict().items() if day is not None}


def _day(instant: datetime) -> str:
    return instant.date().isoformat()


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _carrier(carrier: LocalCarrier | None) -> list[str | None] | None:
    return None if carrier is None else [carrier.name, carrier.url, carrier.number]


def _second(trace: Trace) -> list[str] | None:
    """Which other source was asked, when it last answered, and its newest entry."""
    second = trace.second
    if second is None or second.answered_at is None:
        return None
    entries = [
        c for c in trace.checkpoints if (c.number, c.source) == (trace.number, second.source)
    ]
    newest = max(entries, key=lambda c: c.at, default=None)
    news = [] if newest is None else [_day(newest.at), newest.text]
    return [second.source, _day(second.answered_at), *news]
