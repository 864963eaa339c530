"""The claim file: what is known of a parcel, who said it, and how it was watched.

It is one JSON document (`canonical` says in which form); a page, a form for the bank and a picture
are drawn from it. It holds what the sources and the buyer said, and what follows from that by the
rules; nothing else, nothing of the receiver, and nothing of other orders.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from stallwatch.claims.history import GAP, CheckHistory, Outcome
from stallwatch.claims.reason import ASKING, reason_of
from stallwatch.domain.clock import whole_days
from stallwatch.domain.orders import Action, ActionKind, Order, Service, State
from stallwatch.domain.parcels import Checkpoint, LocalCarrier, SecondOpinion, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from stallwatch.rules.decision import Decision
from stallwatch.rules.journey import is_scan, set_aside

VERSION = 1


Json = Any


Claim = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a claim file is made of.

    Args:
        order: The order and the buyer's words.
        trace: What the sources said.
        decision: What that means by the rules.
        state: Whether the order is watched.
        history: What is on record of our watching.
        checked_at: The last try.
        source: The name of the first source.
        second_source: Whether a second source is configured.
        observations: What is odd about the number.
    """

    order: Order
    trace: Trace
    decision: Decision
    state: State
    history: CheckHistory
    checked_at: datetime | None
    source: str
    second_source: bool
    observations: Sequence[Anomaly] = ()


def claim_of(evidence: Evidence, thresholds: Thresholds, now: datetime) -> Claim:
    """The claim file of an order, without its checksum.

    Args:
        evidence: What it is made of.
        thresholds: The numbers of the rules.
        now: The instant at which it is made.
    """
    order, trace, decision = evidence.order, evidence.trace, evidence.decision
    return {
        "version": VERSION,
        "made_at": _instant(now),
        "asks": _asks(order, decision, thresholds),
        "order": _order(order, trace),
        "dates": _dates(order, thresholds, now.date()),
        "parcel": _parcel(trace, decision, evidence.state),
        "silence": _silence(order, decision),
        "transit": _transit(order, decision),
        "rules": _rules(decision, thresholds),
        "checkpoints": [
            {**_checkpoint(order, c, thresholds), "also_from": also_from}
            for c, also_from in _once_each(trace.checkpoints, evidence.source)
        ],
        "watching": _watching(evidence),
        "second_source": _second(evidence),
        "buyer": _words(order),
        "observations": [
            {"what": anomaly.kind.value, "values": dict(anomaly.values)}
            for anomaly in evidence.observations
            if anomaly.kind is not AnomalyKind.SAME_NUMBER
        ],
    }


def _order(order: Order, trace: Trace) -> Json:
    earlier = (c.number for c in trace.checkpoints if c.number != order.tracking_number)
    return {
        "order_id": order.order_id,
        "ordered_on": _day(order.ordered_on),
        "shipped_on": _day(order.shipped_on),
        "tracking_number": order.tracking_number,
        "tracking_number_changed_at": _instant(order.number_changed_at),
        "earlier_tracking_numbers": sorted(set(earlier)),
        "destination": order.destination,
        "title": order.title,
        "seller": order.seller,
        "price": None if order.price is None else format(order.price, "f"),
        "currency": order.currency,
        "protection_ends_on": _day(order.protection_ends_on),
        "promised_on": _day(order.promised_on),
        "order_number": order.order_number,
        "paid_with": None if order.paid_with is None else order.paid_with.value,
        "paid_on": _day(order.paid_on),
    }


def _asks(order: Order, decision: Decision, thresholds: Thresholds) -> Json:
    """What is asked, and why: the whole price, or nothing yet."""
    reason = reason_of(order, decision, thresholds)
    priced = order.price is not None and order.currency is not None
    return {
        "reason": reason.value,
        "refund": "full" if reason in ASKING else None,
        "amount": format(order.price, "f") if priced and order.price is not None else None,
        "currency": order.currency if priced else None,
    }


def _dates(order: Order, thresholds: Thresholds, today: date) -> Json:
    """By how many days each date has passed, 0 on the day itself and before it."""

    def passed(day: date | None) -> int | None:
        return None if day is None else max((today - day).days, 0)

    ends_on = order.protection_ends_on
    until = None if ends_on is None else ends_on + timedelta(days=thresholds.refund_days)
    return {
        "days_since_order": (today - order.ordered_on).days,
        "promised_passed_days": passed(order.promised_on),
        "protection_passed_days": passed(ends_on),
        "refund_until": _day(until),
    }


def _parcel(trace: Trace, decision: Decision, state: State) -> Json:
    journey = decision.journey
    return {
        "state": state.value,
        "stage": decision.stage.value,
        "service": decision.service.value,
        "mail_type": trace.mail_type,
        "known_to_source": trace.known if decision.answered_at is not None else None,
        "stands_for": trace.points_to,
        "other_number": trace.other_number,
        "departed": journey.departed,
        "delivered_at": _instant(journey.delivered_at),
        "destroyed": journey.destroyed,
        "tracking_ended_by_design": decision.service is Service.ECONOMY and journey.handed_over,
        "estimated_delivery": _instant(trace.eta),
        "local_carrier": _carrier(trace.carrier),
    }


def _carrier(carrier: LocalCarrier | None) -> Json:
    if carrier is None:
        return None
    return {"name": carrier.name, "url": carrier.url, "number": carrier.number}


def _silence(order: Order, decision: Decision) -> Json:
    last = decision.journey.last_checkpoint
    what = "scan" if last is not None and is_scan(last) else "update"
    return {
        "days": decision.silent_days,
        "since": _instant(decision.last_update),
        "since_what": _beginning(order, decision) if last is None else what,
        "until": _until(order, decision),
    }


def _transit(order: Order, decision: Decision) -> Json:
    """How long the parcel was on its way: to its delivery, or to the last answer."""
    days, until = decision.days_in_transit, _until(order, decision)
    delivered_at = decision.journey.delivered_at
    if days is not None and delivered_at is not None:
        days = whole_days(decision.dispatched, delivered_at)
        until = _instant(delivered_at)
    return {
        "days": days,
        "since": _instant(decision.dispatched),
        "since_what": "first_scan" if decision.journey.scanned else _beginning(order, decision),
        "until": until,
    }


def _until(order: Order, decision: Decision) -> str | None:
    """Until when days are counted: the last answer; without a number there is none to wait for."""
    return None if order.tracking_number is None else _instant(decision.answered_at)


def _beginning(order: Order, decision: Decision) -> str:
    """From what days count where no scan or update says."""
    if decision.journey.last_update is None and order.number_changed_at is not None:
        return "number_changed"
    return "ordered" if order.shipped_on is None else "shipped"


def _rules(decision: Decision, thresholds: Thresholds) -> list[Json]:
    """The numbers that days are held against, each with its origin and whether it is reached."""
    usual = Thresholds()
    silent, untracked = decision.silent_days, decision.untracked_days
    found = [
        _rule("stalled", thresholds.stalled, usual.stalled, "cainiao", silent),
        _rule("claim", thresholds.claim, usual.claim, "guide", silent),
    ]
    if not decision.journey.scanned:
        found.insert(
            0,
            _rule(
                "never_scanned", thresholds.never_scanned, usual.never_scanned, "cainiao", untracked
            ),
        )
    service, window = decision.service, decision.window
    is_usual = window in {usual.window(service, remote=remote) for remote in (False, True)}
    by = "ours" if service is Service.ECONOMY else "guide"
    # What was delivered in time is not late for having lain there since.
    ended_at = decision.journey.delivered_at or decision.answered_at
    late = {
        "name": "window",
        "from_days": window.low,
        "days": window.high,
        "origin": by if is_usual else "owner",
        "late_from": _instant(decision.late_at),
        "reached": decision.answered_at is not None
        and ended_at is not None
        and ended_at >= decision.late_at,
    }
    return [*found, late]


def _rule(name: str, number: int, usual: int, origin: str, counted: int | None) -> Json:
    return {
        "name": name,
        "days": number,
        "origin": origin if number == usual else "owner",
        "reached": counted is not None and counted >= number,
    }


def _checkpoint(order: Order, checkpoint: Checkpoint, thresholds: Thresholds) -> Json:
    aside = set_aside(order, checkpoint, thresholds)
    return {
        "at": _instant(checkpoint.at),
        "as_given": checkpoint.wall,
        "zone": checkpoint.zone,
        "code": checkpoint.code,
        "stage": checkpoint.stage.value,
        "text": checkpoint.text,
        "place": checkpoint.place,
        "source": checkpoint.source,
        "tracking_number": checkpoint.number,
        "first_seen_at": _instant(checkpoint.first_seen),
        "set_aside": None if aside is None else aside.value,
    }


def _newest_first(checkpoint: Checkpoint) -> tuple[Any, ...]:
    c = checkpoint
    return c.at, c.wall, c.zone, c.source, c.code


def _watching(evidence: Evidence) -> Json:
    back = evidence.history
    answered = [g.at for g in back.checks if g.outcome is Outcome.ANSWERED]
    asked = evidence.order.tracking_number is not None
    last_answer = evidence.decision.answered_at if asked else None
    return {
        "source": evidence.source,
        "since": _instant(back.since),
        "first_answer_at": _instant(min(answered, default=None)),
        "last_answer_at": _instant(last_answer),
        "last_look_at": _instant(evidence.checked_at if asked else None),
        "looks": {
            "on_record": len(back.checks),
            **{outcome.value: back.count(outcome) for outcome in Outcome},
        },
        "trace_is_cut": evidence.trace.cut,
        "gap_from_hours": int(GAP.total_seconds()) // 3600,
        "gaps": [
            {
                "since": _instant(gap.since),
                "until": _instant(gap.until),
                "reason": gap.reason.value,
                "tries": gap.tries,
            }
            for gap in (back.gaps if asked else ())
        ],
    }


def _second(evidence: Evidence) -> Json:
    """What the second source said; None where there is none, and never was one."""
    opinion = evidence.trace.second
    number = evidence.order.tracking_number
    theirs = [
        c for c in evidence.trace.checkpoints if c.source != evidence.source and c.number == number
    ]
    if not evidence.second_source and opinion is None and not theirs:
        return None
    newest = max(theirs, key=_newest_first, default=None)
    second = opinion or SecondOpinion()
    return {
        "name": second.source,
        "asked": opinion is not None or bool(theirs),
        "answered_at": _instant(second.answered_at),
        "known": None if second.answered_at is None else second.known,
        "failing_since": _instant(second.failing_since),
        "checkpoints": len(theirs),
        "newest_checkpoint_at": None if newest is None else _instant(newest.at),
    }


_EVIDENCE = {
    ActionKind.SELLER_CONTACTED: "seller",
    ActionKind.NOT_FOUND_HERE: None,
    ActionKind.NOT_RECEIVED: None,
    ActionKind.DISPUTE_OPENED: "dispute",
    ActionKind.DISPUTE_REJECTED: "dispute",
    ActionKind.REFUNDED: "seller",
}
"""What the buyer did that a mediator should know, and whom it went to."""


def _words(order: Order) -> list[Json]:
    """What the buyer did about it, oldest first; what was taken back is not told."""
    actions = [action for action in order.in_force() if action.kind in _EVIDENCE]
    return [_word(action) for action in sorted(actions, key=lambda action: action.done_at)]


def _word(action: Action) -> Json:
    return {
        "action": action.kind.value,
        "said_at": _instant(action.at),
        "on": _day(action.on),
        "channel": _EVIDENCE[action.kind],
        "note": action.note,
        "amount": None if action.amount is None else format(action.amount, "f"),
        "looked": {spot.value: _day(day) for spot, day in action.answers},
    }


_SAME_EVENT = timedelta(hours=24)
"""Within which two sources' reports of one stage are one event."""


def _once_each(
    checkpoints: Iterable[Checkpoint], source: str
) -> list[tuple[Checkpoint, list[str]]]:
    """The checkpoints, newest first, each event once, with the other sources that report it."""
    by_source = sorted(checkpoints, key=_newest_first, reverse=True)
    kept: list[tuple[Checkpoint, list[str]]] = [(c, []) for c in by_source if c.source == source]
    for checkpoint in by_source:
        if checkpoint.source == source:
            continue
        same = next((also for c, also in kept if _is_same_event(c, checkpoint, also)), None)
        if same is None:
            kept.append((checkpoint, []))
        else:
            same.append(checkpoint.source)
    return sorted(kept, key=lambda pair: _newest_first(pair[0]), reverse=True)


def _is_same_event(one: Checkpoint, other: Checkpoint, also_from: Sequence[str]) -> bool:
    """Whether another source's checkpoint tells of the same event, and none of its does yet."""
    return (
        one.number == other.number
        and one.stage is other.stage
        and one.source != other.source
        and other.source not in also_from
        and abs(one.at - other.at) <= _SAME_EVENT
    )


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
