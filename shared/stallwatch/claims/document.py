"""The claim file: what is known of a parcel, who said it, and how it was watched.

It is one JSON document; a page and a picture are drawn from it (`claim_page`, `picture`). It holds
what the sources and the buyer said, and what follows from that by the rules; nothing else, and
nothing of the receiver.

The document carries a checksum, `sha256`: the SHA-256, in lower-case hexadecimal, over the
canonical form of the document without that field. The canonical form is JSON in UTF-8 with the
fields of every object sorted by name, no space between anything, no character escaped that need
not be, and no number but whole ones. The document is served in canonical form itself, and either
of these prints the checksum of one that was saved:

    jq -cSj 'del(.sha256)' claim.json | sha256sum

    python3 -c "import hashlib, json; d = json.load(open('claim.json', encoding='utf-8'));
    d.pop('sha256'); t = json.dumps(d, ensure_ascii=False, sort_keys=True, separators=(',', ':'));
    print(hashlib.sha256(t.encode()).hexdigest())"
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from stallwatch.claims.history import GAP, Lookback, Outcome
from stallwatch.domain.orders import Action, ActionKind, Order, Service, State
from stallwatch.domain.parcels import Checkpoint, LocalCarrier, SecondOpinion, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.anomalies import Anomaly
from stallwatch.rules.decision import Decision
from stallwatch.rules.journey import is_scan, set_aside

VERSION = 1


CHECK = "jq -cSj 'del(.sha256)' claim.json | sha256sum"
"""The command that prints the checksum of a saved file."""


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
        lookback: What is on record of our watching.
        checked_at: The last try.
        source: The name of the first source.
        second_source: Whether a second source is configured.
        observations: What is odd about the number.
    """

    order: Order
    trace: Trace
    decision: Decision
    state: State
    lookback: Lookback
    checked_at: datetime | None
    source: str
    second_source: bool
    observations: Sequence[Anomaly] = ()


def claim_of(evidence: Evidence, limits: Thresholds, now: datetime) -> Claim:
    """The claim file of an order, without its checksum.

    Args:
        evidence: What it is made of.
        limits: The numbers of the rules.
        now: The instant at which it is made.
    """
    order, trace, decision = evidence.order, evidence.trace, evidence.decision
    return {
        "version": VERSION,
        "made_at": _instant(now),
        "order": _order(order, trace),
        "parcel": _parcel(trace, decision, evidence.state),
        "silence": _silence(order, decision),
        "transit": _transit(order, decision),
        "rules": _rules(decision, limits),
        "checkpoints": [
            _checkpoint(order, c, limits)
            for c in sorted(trace.checkpoints, key=_newest_first, reverse=True)
        ],
        "watching": _watching(evidence),
        "second_source": _second(evidence),
        "buyer": _words(order),
        "observations": [
            {"what": o.kind.value, "values": dict(o.values)} for o in evidence.observations
        ],
    }


def canonical(claim: Mapping[str, Json]) -> bytes:
    """A document in its canonical form."""
    text = json.dumps(claim, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def checksum(claim: Mapping[str, Json]) -> str:
    """The checksum of a claim file, whether it carries one or not."""
    return sha256(canonical({k: v for k, v in claim.items() if k != "sha256"})).hexdigest()


def seal(claim: Mapping[str, Json]) -> bytes:
    """A claim file in its canonical form, with its checksum."""
    return canonical({**claim, "sha256": checksum(claim)})


def is_whole(file: bytes) -> bool:
    """Whether a file is a claim file, byte for byte as it was made."""
    try:
        claim = json.loads(file)
    except ValueError:
        return False
    return isinstance(claim, dict) and file == seal(claim)


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
    }


def _parcel(trace: Trace, decision: Decision, state: State) -> Json:
    reading = decision.reading
    return {
        "state": state.value,
        "stage": decision.stage.value,
        "service": decision.service.value,
        "mail_type": trace.mail_type,
        "known_to_source": trace.known if decision.answered_at is not None else None,
        "stands_for": trace.points_to,
        "departed": reading.departed,
        "delivered_at": _instant(reading.delivered_at),
        "destroyed": reading.destroyed,
        "tracking_ended_by_design": decision.service is Service.ECONOMY and reading.handed_over,
        "estimated_delivery": _instant(trace.eta),
        "local_carrier": _carrier(trace.carrier),
    }


def _carrier(carrier: LocalCarrier | None) -> Json:
    if carrier is None:
        return None
    return {"name": carrier.name, "url": carrier.url, "number": carrier.number}


def _silence(order: Order, decision: Decision) -> Json:
    last = decision.reading.last_checkpoint
    what = "scan" if last is not None and is_scan(last) else "update"
    return {
        "days": decision.silent_days,
        "since": _instant(decision.last_update),
        "since_what": _beginning(order, decision) if last is None else what,
        "until": _until(order, decision),
    }


def _transit(order: Order, decision: Decision) -> Json:
    return {
        "days": decision.days_in_transit,
        "since": _instant(decision.dispatched),
        "since_what": "first_scan" if decision.reading.scanned else _beginning(order, decision),
        "until": _until(order, decision),
    }


def _until(order: Order, decision: Decision) -> str | None:
    """Until when days are counted: the last answer; without a number there is none to wait for."""
    return None if order.tracking_number is None else _instant(decision.answered_at)


def _beginning(order: Order, decision: Decision) -> str:
    """From what days count where no scan or update says."""
    if decision.reading.last_update is None and order.number_changed_at is not None:
        return "number_changed"
    return "ordered" if order.shipped_on is None else "shipped"


def _rules(decision: Decision, limits: Thresholds) -> list[Json]:
    """The numbers that days are held against, each with its origin and whether it is reached."""
    usual = Thresholds()
    silent, untracked = decision.silent_days, decision.untracked_days
    found = [
        _rule("stalled", limits.stalled, usual.stalled, "cainiao", silent),
        _rule("claim", limits.claim, usual.claim, "guide", silent),
    ]
    if not decision.reading.scanned:
        found.insert(
            0,
            _rule("never_scanned", limits.never_scanned, usual.never_scanned, "cainiao", untracked),
        )
    service, window = decision.service, decision.window
    is_usual = window in {usual.window(service, remote=remote) for remote in (False, True)}
    by = "ours" if service is Service.ECONOMY else "guide"
    late = {
        "name": "window",
        "from_days": window.low,
        "days": window.high,
        "origin": by if is_usual else "owner",
        "late_from": _instant(decision.late_at),
        "reached": decision.answered_at is not None and decision.answered_at >= decision.late_at,
    }
    return [*found, late]


def _rule(name: str, number: int, usual: int, origin: str, counted: int | None) -> Json:
    return {
        "name": name,
        "days": number,
        "origin": origin if number == usual else "owner",
        "reached": counted is not None and counted >= number,
    }


def _checkpoint(order: Order, checkpoint: Checkpoint, limits: Thresholds) -> Json:
    aside = set_aside(order, checkpoint, limits)
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
    back = evidence.lookback
    answered = [g.at for g in back.glances if g.outcome is Outcome.ANSWERED]
    asked = evidence.order.tracking_number is not None
    last_answer = evidence.decision.answered_at if asked else None
    return {
        "source": evidence.source,
        "since": _instant(back.since),
        "first_answer_at": _instant(min(answered, default=None)),
        "last_answer_at": _instant(last_answer),
        "last_look_at": _instant(evidence.checked_at if asked else None),
        "looks": {
            "on_record": len(back.glances),
            **{outcome.value: back.count(outcome) for outcome in Outcome},
        },
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
    said = opinion or SecondOpinion()
    return {
        "name": said.source,
        "asked": opinion is not None or bool(theirs),
        "answered_at": _instant(said.answered_at),
        "known": None if said.answered_at is None else said.known,
        "failing_since": _instant(said.failing_since),
        "checkpoints": len(theirs),
        "newest_checkpoint_at": None if newest is None else _instant(newest.at),
    }


def _words(order: Order) -> list[Json]:
    """What the buyer said, oldest first."""
    in_force = len(order.actions) - len(order.in_force())
    return [_word(a, taken_back=i < in_force) for i, a in enumerate(order.actions)]


def _word(action: Action, *, taken_back: bool) -> Json:
    return {
        "action": action.kind.value,
        "said_at": _instant(action.at),
        "on": _day(action.on),
        "until": _day(action.until),
        "amount": None if action.amount is None else format(action.amount, "f"),
        "looked": {spot.value: _day(day) for spot, day in action.answers},
        "taken_back": taken_back and action.kind is not ActionKind.REOPEN,
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
