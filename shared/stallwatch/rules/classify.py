"""Classify a buyer's situation: what page, message and claim advise, all the same.

It depends on what holds, so that a message and the page a minute later ask the same; of what was
said, only on whether the buyer wrote to the seller after it. Of several situations the first counts
in the order in which messages raised together give their advice: delivered, the deadline, what only
the buyer can do, a claim, never scanned, stalled, late, a reminder, unanswered.
"""

from collections.abc import Sequence
from datetime import datetime

from stallwatch.domain.alerts import (
    BANK,
    DISPUTE,
    LOST,
    NOT_RECEIVED,
    RETURNED,
    SELLER,
    Alert,
    AlertKind,
    Situation,
)
from stallwatch.domain.orders import ActionKind, Service, State
from stallwatch.domain.parcels import Flag, Stage
from stallwatch.rules.case import Case
from stallwatch.rules.deadline import is_after_deadline, step_of
from stallwatch.rules.decision import Countdown
from stallwatch.rules.ladder import Level

_ENDED_BY = {
    ActionKind.RECEIVED: Situation.CLOSED_RECEIVED,
    ActionKind.REFUNDED: Situation.CLOSED_REFUNDED,
    ActionKind.LOST: Situation.CLOSED_LOST,
    ActionKind.CLOSE: Situation.CLOSED_BY_BUYER,
}


_TAKE_FIRST = frozenset({Stage.READY_FOR_PICKUP, Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT})


_BY_FLAG = {
    Flag.CUSTOMS: Situation.CUSTOMS,
    Flag.TAX: Situation.TAX,
    Flag.ADDRESS: Situation.ADDRESS,
    Flag.CANCELLED: Situation.CANCELLED,
}


_BY_CLOCK = {
    SELLER: Situation.REMINDER_SELLER,
    DISPUTE: Situation.REMINDER_DISPUTE,
    NOT_RECEIVED: Situation.REMINDER_NOT_RECEIVED,
    BANK: Situation.REMINDER_BANK,
}


_BY_STAGE = {
    Stage.UNKNOWN: Situation.UNKNOWN,
    Stage.NOT_FOUND: Situation.NOT_FOUND,
    Stage.AWAITING_SHIPMENT: Situation.AWAITING_SHIPMENT,
    Stage.ORDERED: Situation.AWAITING_SHIPMENT,
    Stage.OUT_FOR_DELIVERY: Situation.OUT_FOR_DELIVERY,
    Stage.EXCEPTION: Situation.EXCEPTION,
}


def situation_of(
    case: Case,
    state: State,
    level: Level | None,
    clock: Countdown | None,
    bank_clock: Countdown | None,
    alerts: Sequence[Alert],
    now: datetime,
    *,
    second_passed_over: bool,
) -> Situation:
    """The situation that the buyer is in.

    Args:
        case: The order's data.
        state: The state of its watch.
        level: The level of the ladder that holds.
        clock: The clock of the buyer's words.
        bank_clock: The bank's.
        alerts: Those raised so far, with those that are due now.
        now: The instant asked about.
        second_passed_over: Whether a claim does without the second source.
    """
    if state is State.CLOSED:
        ending = case.actions.ending
        return Situation.CLOSED_ENDED if ending is None else _ENDED_BY[ending.kind]
    if case.delivery_mutes:
        return _delivered(case)
    over = [c.reason for c in (clock, bank_clock) if c is not None and c.is_over]
    if case.actions.snoozed(now):
        # The message waits for the snooze's day, and so does what it asks.
        over = [reason for reason in over if reason != SELLER]
    return (
        _deadline(case, level, now)
        or _action(case)
        or _ladder(case, level, alerts, now, second_passed_over=second_passed_over)
        or (_BY_CLOCK[over[0]] if over else None)
        or _not_received(case)
        or _unanswered(case)
        or _nothing_asked(case, alerts, now)
    )


def _delivered(case: Case) -> Situation:
    if case.actions.disputed:
        return Situation.DELIVERED_DISPUTED
    is_old = case.delivery is not None and case.delivery.is_old
    return Situation.DELIVERED_OLD if is_old else Situation.DELIVERED


def _not_received(case: Case) -> Situation | None:
    if case.not_received is None:
        return None
    if case.actions.disputed:
        return Situation.NOT_RECEIVED_DISPUTED
    return Situation.NOT_RECEIVED


def _deadline(case: Case, level: Level | None, now: datetime) -> Situation | None:
    """The days of the deadline; a return or a loss in them asks for the same dispute."""
    step = step_of(case, now.date())
    if step is None or case.actions.disputed or level is not None:
        return None
    takes_first = case.journey.place in _TAKE_FIRST
    if step.kind is AlertKind.REFUND_DUE:
        return Situation.REFUND_DUE_TAKE_FIRST if takes_first else Situation.REFUND_DUE
    if takes_first:
        return Situation.PROTECTION_ENDING_TAKE_FIRST
    return Situation.PROTECTION_ENDING


def _action(case: Case) -> Situation | None:
    journey = case.journey
    if case.is_delivered:
        return None
    if journey.stay is not None:
        return Situation.PICKUP
    if journey.attempt is not None:
        return Situation.FAILED_ATTEMPT
    return None if journey.flag is None else _BY_FLAG[journey.flag]


def _ladder(
    case: Case,
    level: Level | None,
    alerts: Sequence[Alert],
    now: datetime,
    *,
    second_passed_over: bool,
) -> Situation | None:
    if level is None:
        return None
    kind, reason = level
    if kind is AlertKind.REFUND_CLAIM:
        return _claim(case, reason, now, second_passed_over=second_passed_over)
    if kind is AlertKind.NEVER_SCANNED:
        again = case.answered_at is not None and case.answered_at >= case.never_scanned_again_at
        return None if _has_asked(case, alerts) and not again else _never_scanned(case, again=again)
    if kind is AlertKind.STALLED:
        return Situation.STALLED
    return Situation.LATE_ECONOMY if _ends_by_design(case) else Situation.LATE


def _claim(case: Case, reason: str, now: datetime, *, second_passed_over: bool) -> Situation:
    if reason == RETURNED:
        return Situation.CLAIM_RETURNED
    if reason == LOST:
        return Situation.CLAIM_LOST
    if is_after_deadline(case, now.date()):
        return Situation.CLAIM_AFTER_DEADLINE
    if _ends_by_design(case):
        return Situation.CLAIM_ECONOMY
    if second_passed_over:
        return Situation.CLAIM_SECOND_PASSED_OVER
    return Situation.CLAIM_SILENCE


def _never_scanned(case: Case, *, again: bool) -> Situation:
    if case.numberless:
        return (
            Situation.NEVER_SCANNED_AGAIN_NO_NUMBER if again else Situation.NEVER_SCANNED_NO_NUMBER
        )
    if again:
        return Situation.NEVER_SCANNED_AGAIN
    if case.stage is Stage.NOT_FOUND:
        return Situation.NEVER_SCANNED_UNKNOWN
    return Situation.NEVER_SCANNED


def _has_asked(case: Case, alerts: Sequence[Alert]) -> bool:
    """Whether the seller was asked about a number that nobody has scanned for so long.

    A message that came after the word asks for it once more: an answer showed it only then.
    """
    contact = case.actions.contacts.get(case.journey.episode)
    if contact is None or contact.done_at < case.never_scanned_at:
        return False
    return not any(
        a.kind is AlertKind.NEVER_SCANNED and a.raised_at >= contact.at and case.of_number(a)
        for a in alerts
    )


def _unanswered(case: Case) -> Situation | None:
    if case.trace.unanswered_since is None or case.numberless:
        return None
    return Situation.UNANSWERED_DISPUTED if case.actions.disputed else Situation.UNANSWERED


def _nothing_asked(case: Case, alerts: Sequence[Alert], now: datetime) -> Situation:
    actions, journey = case.actions, case.journey
    if actions.disputed:
        return Situation.DISPUTE_REJECTED if actions.rejected else Situation.DISPUTED
    if case.memory.old_order:
        return Situation.OLD_ORDER
    if is_after_deadline(case, now.date()):
        return Situation.DEADLINE_OVER
    if journey.place is Stage.RETURNED:
        return Situation.RETURNED
    if journey.episode in actions.contacts and (journey.scanned or _has_asked(case, alerts)):
        return Situation.CONTACTED
    if actions.snoozed(now):
        return Situation.SNOOZED
    if case.numberless:
        return Situation.NO_NUMBER
    if journey.foreign and not journey.scanned:
        return Situation.WRONG_DATE
    if case.stage in _BY_STAGE:
        return _BY_STAGE[case.stage]
    return Situation.IN_TRANSIT_ECONOMY if _ends_by_design(case) else Situation.IN_TRANSIT


def _ends_by_design(case: Case) -> bool:
    """Whether tracking ended at the hand-over, as an economy parcel's does."""
    return case.service is Service.ECONOMY and case.journey.handed_over
