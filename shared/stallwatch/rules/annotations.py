"""What is put down with an alert when it is raised, for the texts that are made of it later."""

from collections.abc import Iterable
from datetime import date, datetime

from stallwatch.domain.orders import Order, Service
from stallwatch.domain.parcels import LocalCarrier, Trace
from stallwatch.rules.anomalies import Anomaly
from stallwatch.rules.decision import Decision

Facts = dict[str, object]
"""JSON values: strings, whole numbers, truth values, lists."""


def facts_of(order: Order, decision: Decision, trace: Trace) -> Facts:
    """What was true of an order when alerts were raised about it."""
    reading = decision.reading
    last = reading.last_checkpoint
    claim_opens_at = decision.claim_opens_at
    clock = decision.countdown
    looked = decision.answered_at is not None
    facts: Facts = {
        "stage": decision.stage.value,
        "silent_days": decision.silent_days,
        "days_in_transit": decision.days_in_transit,
        "untracked_days": decision.untracked_days,
        "service": decision.service.value,
        "window": [decision.window.low, decision.window.high],
        "last_update": _day(decision.last_update),
        "last_text": last.text if last is not None else None,
        "last_place": last.place if last is not None else None,
        "late_on": _day(decision.late_at) if looked else None,
        "claim_opens_on": _day(claim_opens_at) if looked and claim_opens_at else None,
        "protection_ends_on": _maybe_date(order.protection_ends_on),
        "delivered_on": None if reading.delivered_at is None else _day(reading.delivered_at),
        "carrier": _carrier(trace.carrier),
        "second": _second(trace),
        "second_passed_over": decision.second_passed_over,
        "known": trace.known,
        "departed": reading.departed,
        "destroyed": reading.destroyed,
        "ended_by_design": decision.service is Service.ECONOMY and reading.handed_over,
        "word_on": None if clock is None else _day(clock.since),
        "word_days": None if clock is None else clock.days,
        "answered_at": None if decision.answered_at is None else decision.answered_at.isoformat(),
    }
    return {
        name: value for name, value in facts.items() if value is not None and value is not False
    }


def seen_facts(seen: Iterable[Anomaly]) -> Facts:
    """What is odd about the number, for the texts."""
    found = [[o.kind.value, o.values] for o in seen]
    return {"seen": found} if found else {}


def _day(instant: datetime) -> str:
    return instant.date().isoformat()


def _maybe_date(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _carrier(carrier: LocalCarrier | None) -> list[str | None] | None:
    return None if carrier is None else [carrier.name, carrier.url, carrier.number]


def _second(trace: Trace) -> list[str] | None:
    """Which other source was asked, when it last answered, and the last thing it knows."""
    second = trace.second
    if second is None or second.answered_at is None:
        return None
    told = [c for c in trace.checkpoints if (c.number, c.source) == (trace.number, second.source)]
    last = max(told, key=lambda c: c.at, default=None)
    news = [] if last is None else [_day(last.at), last.text]
    return [second.source, _day(second.answered_at), *news]
