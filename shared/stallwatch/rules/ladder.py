"""The ladder: `never_scanned`, `late`, `stalled`, `refund_claim`, from the lowest to the highest.

Only the highest level that holds is said, and in an episode never a lower one after a higher.
Before the first physical scan there are only `never_scanned` and `refund_claim`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from stallwatch.domain.alerts import LOST, RETURNED, SILENCE, Alert, AlertKind, last_raised
from stallwatch.domain.clock import days, hours
from stallwatch.domain.orders import Service
from stallwatch.domain.parcels import Stage
from stallwatch.rules.case import Case, DueAlert, is_raised
from stallwatch.rules.deadline import in_days_of_deadline, is_after_deadline, last_day, step_of

LADDER = frozenset(
    {AlertKind.NEVER_SCANNED, AlertKind.LATE, AlertKind.STALLED, AlertKind.REFUND_CLAIM}
)


NEVER_LATE_AFTER = frozenset({AlertKind.LATE, AlertKind.STALLED, AlertKind.REFUND_CLAIM})


NO_DAY_FOR_A_COMPLAINT = frozenset({Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT})


AT_ONCE = frozenset({RETURNED, LOST})
"""The claims that wait for no silence."""


Level = tuple[AlertKind, str]
"""A level of the ladder, and the reason of a claim."""


# Looked up many times in each evaluation, and an enumeration is slow to give its members.
_AT_PICKUP = Stage.READY_FOR_PICKUP
_RETURNED = Stage.RETURNED
_ECONOMY = Service.ECONOMY
_LATE = AlertKind.LATE
_NEVER_SCANNED = AlertKind.NEVER_SCANNED
_REFUND_CLAIM = AlertKind.REFUND_CLAIM
_REFUND_DUE = AlertKind.REFUND_DUE
_STALLED = AlertKind.STALLED
CLAIM_FOR_SILENCE: Level = (_REFUND_CLAIM, SILENCE)


def escalation_level(
    case: Case,
    alerts: Sequence[Alert],
    answered_at: datetime | None,
    now: datetime,
    *,
    second_answers: bool = False,
) -> Level | None:
    """The highest level of the ladder that holds, said or not; None where none does.

    Args:
        case: The order's data.
        alerts: Those raised so far.
        answered_at: The last valid answer.
        now: The instant asked about.
        second_answers: Suppose that the second source answers, for looking ahead.
    """
    journey = case.journey
    if answered_at is None or case.actions.disputed or case.memory.old_order or case.is_delivered:
        return None
    if journey.place is _RETURNED:
        return _REFUND_CLAIM, RETURNED
    if journey.lost:
        return _REFUND_CLAIM, LOST
    is_near = case.deadline_from is not None and now >= case.deadline_from
    if (
        journey.place is _AT_PICKUP
        or case.actions.snoozed(now)
        or (is_near and in_days_of_deadline(case, now.date()))
    ):
        return None
    if answered_at >= case.claim_at and _gate_is_open(
        case, answered_at, now, second_answers=second_answers
    ):
        return CLAIM_FOR_SILENCE
    # What came due in the days of the deadline is not sent later: only a claim is.
    if case.cancelled or (is_near and is_after_deadline(case, now.date())):
        return None
    if not journey.scanned:
        return (_NEVER_SCANNED, "") if answered_at >= case.never_scanned_at else None
    if journey.episode in case.actions.contacts:
        return None
    if _is_stalled(case, alerts, answered_at):
        return _STALLED, ""
    if answered_at >= case.late_at and case.stage not in NO_DAY_FOR_A_COMPLAINT:
        return _LATE, ""
    return None


def _is_stalled(case: Case, alerts: Iterable[Alert], answered_at: datetime) -> bool:
    if answered_at < case.stalled_at:
        return False
    if case.service is _ECONOMY and case.journey.handed_over:
        return False
    late = last_raised(alerts, _LATE)
    return late is None or answered_at >= late.message_at + days(case.thresholds.stalled_after_late)


def ladder_alerts(
    case: Case, level: Level, alerts: Sequence[Alert], answered_at: datetime, now: datetime
) -> Iterator[DueAlert]:
    """The highest level that holds, unless it was said or a higher one was."""
    kind, reason = level
    episode = case.journey.episode
    if kind is _REFUND_CLAIM:
        yield from claim_alerts(case, reason, alerts, answered_at, now)
    elif kind is _LATE:
        if not any(a.kind in NEVER_LATE_AFTER and case.of_number(a) for a in alerts):
            yield DueAlert(_LATE, about=case.era)
    elif is_raised(alerts, _REFUND_CLAIM, episode=episode):
        return
    elif kind is _NEVER_SCANNED:
        yield from _never_scanned(case, alerts, answered_at)
    elif not is_raised(alerts, _STALLED, episode=episode):
        yield DueAlert(_STALLED, about=episode)


def _never_scanned(
    case: Case, alerts: Iterable[Alert], answered_at: datetime
) -> Iterator[DueAlert]:
    """Once a number for each threshold; who is first seen past the second gets only that one."""
    raised = [a for a in alerts if a.kind is _NEVER_SCANNED and case.of_number(a)]
    if answered_at < case.never_scanned_again_at:
        if not raised:
            yield DueAlert(_NEVER_SCANNED, about=case.era)
        return
    gap = days(case.thresholds.never_scanned_gap)
    if all(a.nth == 1 and answered_at >= a.message_at + gap for a in raised):
        yield DueAlert(_NEVER_SCANNED, about=case.era, nth=2)


def claim_alerts(
    case: Case, reason: str, alerts: Sequence[Alert], answered_at: datetime, now: datetime
) -> Iterator[DueAlert]:
    """A claim, every 7 days and at most 3 times; each reason counts for itself."""
    thresholds, day = case.thresholds, now.date()
    raised = [
        a for a in alerts if a.kind is _REFUND_CLAIM and a.reason == reason and case.of_number(a)
    ]
    about = case.journey.episode if reason == SILENCE else case.era
    step = step_of(case, day)
    if step is not None:
        # In the days of the deadline a return or a loss is said once, in the place of the day's
        # threshold.
        if raised:
            return
        about = step.about
    last = last_raised(raised, _REFUND_CLAIM)
    if last is not None and (
        last.sent_at is None or answered_at < last.message_at + days(thresholds.claim_repeat)
    ):
        return
    if is_after_deadline(case, day):
        refund = last_raised(alerts, _REFUND_DUE)
        if refund is not None and answered_at < refund.message_at + days(thresholds.claim_repeat):
            return
    if reason == SILENCE:
        said_here = [a for a in raised if a.about == about]
        if not silence_claim_is_left(case, alerts, day):
            return
        yield DueAlert(_REFUND_CLAIM, reason, about, nth=len(said_here) + 1)
    elif len(raised) < thresholds.claim_times:
        yield DueAlert(_REFUND_CLAIM, reason, about, nth=len(raised) + 1)


def silence_claim_is_left(case: Case, alerts: Iterable[Alert], day: date) -> bool:
    """Whether another claim for silence can follow those that were raised.

    Three an episode; once the days of the deadline are over one, however many came before.
    """
    raised = [a for a in alerts if a.kind is _REFUND_CLAIM and a.reason == SILENCE]
    over = last_day(case)
    if over is not None and day > over:
        return not any(a.message_at.date() > over for a in raised)
    episode = case.journey.episode
    return sum(a.about == episode for a in raised) < case.thresholds.claim_times


def _gate_is_open(
    case: Case, answered_at: datetime, now: datetime, *, second_answers: bool
) -> bool:
    """Whether a claim for silence rests on answers that are fresh enough.

    The buyer's word, which closes the gate too, was looked at before.
    """
    if case.numberless:
        return True
    if now - answered_at > hours(case.thresholds.gate_answer_hours):
        return False
    return (
        not case.second_source
        or second_answers
        or _second_has_answered(case, now)
        or second_is_passed_over(case, now)
    )


def _second_has_answered(case: Case, now: datetime) -> bool:
    second = case.trace.second
    return (
        second is not None
        and second.answered_at is not None
        and now - second.answered_at <= hours(case.thresholds.second_answer_hours)
    )


def second_is_passed_over(case: Case, now: datetime) -> bool:
    """Whether the second source has failed for so long that a claim does without it."""
    second = case.trace.second
    return (
        case.second_source
        and second is not None
        and second.failing_since is not None
        and now - second.failing_since >= hours(case.thresholds.second_patience_hours)
        and not _second_has_answered(case, now)
    )


def second_is_awaited(case: Case, now: datetime) -> bool:
    """Whether a claim could be made if the second source had just answered."""
    level = escalation_level(case, [], case.answered_at, now, second_answers=True)
    return level == CLAIM_FOR_SILENCE


def ladder_instants(case: Case, alerts: Iterable[Alert]) -> Iterator[datetime]:
    """The instants at which a level can become due with an answer that has nothing new."""
    thresholds = case.thresholds
    yield from (case.late_at, case.stalled_at, case.claim_at)
    if not case.journey.scanned:
        yield case.never_scanned_at
        yield case.never_scanned_again_at
    for alert in alerts:
        kind = alert.kind
        if kind is _LATE:
            yield alert.message_at + days(thresholds.stalled_after_late)
        elif kind is _NEVER_SCANNED:
            yield alert.message_at + days(thresholds.never_scanned_gap)
        elif kind is _REFUND_CLAIM or kind is _REFUND_DUE:
            yield alert.message_at + days(thresholds.claim_repeat)
