"""What to do now about an order, in a sentence."""

from collections.abc import Sequence
from datetime import datetime

from stallwatch.domain.alerts import (
    ATTEMPT,
    DISPUTE,
    PICKUP,
    RETURNED,
    SELLER,
    SILENCE,
    Alert,
    AlertKind,
)
from stallwatch.domain.orders import ActionKind, Order, State
from stallwatch.domain.parcels import Stage, Trace
from stallwatch.messages.alert_text import AlertText
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.translations import Translations
from stallwatch.rules.annotations import facts_of, seen_facts
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from stallwatch.rules.decision import Decision

_CALLS_FOR_A_LOOK = frozenset(
    {
        AnomalyKind.SCANNED_BEFORE,
        AnomalyKind.DELIVERED_BEFORE,
        AnomalyKind.OTHER_COUNTRY,
        AnomalyKind.DELIVERED_ELSEWHERE,
    }
)


def advise(
    order: Order,
    decision: Decision,
    trace: Trace,
    now: datetime,
    words: Translations,
    seen: Sequence[Anomaly] = (),
) -> str:
    """What the buyer should do now.

    The most pressing comes first: the buyer's own words, what only the buyer can do, the deadline,
    the ladder, what is odd about the number, and then where the parcel is.

    Args:
        order: The order.
        decision: What it means now.
        trace: What the sources said.
        now: The present instant.
        words: The language.
        seen: What is odd about the number.
    """
    found = pressing(order, decision)
    if found is None:
        return _quiet(order, decision, now, words, seen)
    kind, reason = found
    facts = facts_of(order, decision, trace) | seen_facts(seen)
    alert = Alert(kind=kind, raised_at=now, reason=reason, facts=facts)
    return AlertText(alert, order, "", words).do()


def pressing(order: Order, decision: Decision) -> tuple[AlertKind, str] | None:
    """The kind and reason whose advice holds now, said or not; None where nothing presses."""
    reading, clock = decision.reading, decision.countdown
    if decision.state is not State.WATCHING:
        return None
    overdue = clock is not None and clock.is_over and not decision.snoozed
    if order.last_said(ActionKind.DISPUTE_OPENED) is not None:
        return (AlertKind.REMINDER, DISPUTE) if overdue else None
    if reading.place is Stage.RETURNED:
        return AlertKind.REFUND_CLAIM, RETURNED
    if reading.stay is not None:
        return AlertKind.ACTION_NEEDED, PICKUP
    if reading.attempt is not None:
        return AlertKind.ACTION_NEEDED, ATTEMPT
    if reading.flag is not None:
        return AlertKind.ACTION_NEEDED, reading.flag.value
    if decision.deadline_is_near:
        return AlertKind.PROTECTION_ENDING, ""
    if clock is not None and decision.escalation is not AlertKind.REFUND_CLAIM:
        return (AlertKind.REMINDER, SELLER) if overdue else None
    if decision.escalation is not None and not _claim_waits(decision):
        return decision.escalation, SILENCE if decision.escalation is AlertKind.REFUND_CLAIM else ""
    return None


def _claim_waits(decision: Decision) -> bool:
    """Whether the silence is long enough for a claim, and only the gate is closed."""
    opens_at = decision.claim_opens_at
    return (
        decision.escalation in {AlertKind.STALLED, AlertKind.LATE, AlertKind.NEVER_SCANNED}
        and opens_at is not None
        and decision.answered_at is not None
        and opens_at <= decision.answered_at
    )


def _quiet(
    order: Order, decision: Decision, now: datetime, words: Translations, seen: Sequence[Anomaly]
) -> str:
    """The advice where nothing presses."""
    if decision.state is State.CLOSED:
        return words.say("advice.closed")
    said = _after_words(order, decision, now, words)
    if said is not None:
        return said
    odd = next((o for o in seen if _calls_for_a_look(o, decision)), None)
    if odd is not None:
        return words.say("advice.odd", seen=describe(odd, words))
    if decision.state is State.DELIVERED:
        return words.say("advice.delivered")
    return _underway(order, decision, words)


def _calls_for_a_look(seen: Anomaly, decision: Decision) -> bool:
    """Whether the buyer should check the number though nothing else presses."""
    if seen.kind is AnomalyKind.CHECK_DIGIT:
        return not decision.reading.scanned
    return seen.kind in _CALLS_FOR_A_LOOK


def _after_words(
    order: Order, decision: Decision, now: datetime, words: Translations
) -> str | None:
    """The advice to who has said what has been done; None where that leaves nothing to say."""
    if decision.state is not State.WATCHING:
        return None
    say, opens_at = words.say, decision.claim_opens_at
    if _claim_waits(decision) and order.last_said(ActionKind.DISPUTE_OPENED) is None:
        waits_for_second = decision.second_awaited
        return say("advice.claim_waits_second" if waits_for_second else "advice.claim_waits")
    clock = decision.countdown
    if clock is not None and clock.reason == DISPUTE and clock.ends_at and not clock.is_over:
        return say("advice.disputed", date=clock.ends_at.date())
    snooze = order.last_said(ActionKind.SNOOZE)
    if snooze is not None and snooze.until is not None and decision.snoozed:
        return say("advice.snoozed", date=snooze.until)
    if clock is not None and clock.ends_at is not None:
        return say("advice.contacted", date=clock.ends_at.date())
    if decision.contacted and opens_at is not None:
        ends_on = order.protection_ends_on
        if ends_on is not None and now.date() <= ends_on < opens_at.date():
            return say("advice.contacted.deadline", date=ends_on)
        return say("advice.told_seller", date=opens_at.date())
    return None


def _underway(order: Order, decision: Decision, words: Translations) -> str:
    """The advice by where the parcel is."""
    say, reading = words.say, decision.reading
    if reading.strangers and not reading.scanned:
        return say("advice.strangers")
    if order.tracking_number is None:
        return say("advice.no_number")
    if decision.stage in {Stage.UNKNOWN, Stage.NOT_FOUND, Stage.AWAITING_SHIPMENT, Stage.ORDERED}:
        key = f"advice.{decision.stage}"
        return say(key if words.has(key) else "advice.awaiting_shipment")
    if decision.stage is Stage.OUT_FOR_DELIVERY:
        return say("advice.out_for_delivery")
    if decision.stage is Stage.EXCEPTION:
        return say("advice.exception")
    late_on = decision.late_at.date()
    if decision.answered_at is not None and decision.answered_at >= decision.late_at:
        return say("advice.after_window")
    return say("advice.silent" if decision.silent_days else "advice.moving", date=late_on)
