"""The clocks of the buyer's words: each word said gives one `reminder`, never two.

A word counts from when it was said, or from the beginning of an earlier day that it names; of
several the one said last counts; `reopen` takes it back, and what ends the watch ends it.

*seller*: runs from `seller_contacted`, for its episode, until there is news: an update newer than
the word, or one that was first seen after it and is newer than all known. It has run out when the
last answer is 3 days (ours) later than the word and than the last message of the ladder.
*dispute*: runs from `dispute_opened`, 5 days (AliExpress), with or without answers.
*not_received*: 10 days (ours) after the delivery became known, by the calendar.
*bank*: 14 days (ours) before the last day on which PayPal or the card's issuer takes a complaint.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from stallwatch.domain.alerts import BANK, DISPUTE, NOT_RECEIVED, SELLER, Alert, AlertKind
from stallwatch.domain.clock import days, midnight
from stallwatch.domain.orders import Action
from stallwatch.domain.parcels import Stage
from stallwatch.rules.case import Case, DueAlert
from stallwatch.rules.deadline import is_after_deadline, is_before_deadline
from stallwatch.rules.decision import Countdown
from stallwatch.rules.ladder import LADDER
from stallwatch.rules.moments import stamp

_SETTLED = frozenset({Stage.RETURNED, Stage.READY_FOR_PICKUP})


def name_of(action: Action) -> str:
    """What tells an action from others of its kind."""
    return stamp(action.at)


def countdown(
    case: Case, alerts: Iterable[Alert], answered_at: datetime | None, now: datetime
) -> Countdown | None:
    """The clock of the buyer's words that runs or has run out; the bank's stands apart."""
    if case.delivery_mutes:
        return None
    if case.actions.dispute is not None:
        return _dispute(case, case.actions.dispute, now)
    if case.not_received is not None:
        return _not_received(case, case.not_received, now)
    return _seller(case, alerts, answered_at, now)


def bank_countdown(case: Case, now: datetime) -> Countdown | None:
    """The bank's clock, until its last day."""
    bank = case.bank
    if bank is None or case.delivery_mutes or now.date() > bank.last_day:
        return None
    due_at = midnight(bank.last_day) - days(case.thresholds.bank_notice)
    return Countdown(
        BANK,
        bank.name,
        midnight(bank.base),
        bank.days,
        due_at,
        is_over=now >= due_at,
        last_on=bank.last_day,
    )


def reminder_alerts(
    case: Case, alerts: Sequence[Alert], answered_at: datetime | None, now: datetime
) -> Iterator[DueAlert]:
    """The reminders that are due."""
    for clock in (countdown(case, alerts, answered_at, now), bank_countdown(case, now)):
        if (
            clock is not None
            and clock.is_over
            and not (clock.reason == SELLER and case.actions.snoozed(now))
            and not is_reminded(clock, alerts)
        ):
            yield DueAlert(AlertKind.REMINDER, clock.reason, clock.word)


def is_reminded(clock: Countdown, alerts: Iterable[Alert]) -> bool:
    """Whether the reminder of a clock was raised."""
    return any(
        a.kind is AlertKind.REMINDER and (a.reason, a.about) == (clock.reason, clock.word)
        for a in alerts
    )


def _dispute(case: Case, word: Action, now: datetime) -> Countdown | None:
    if case.actions.rejected:
        return None
    due_at = word.done_at + days(case.thresholds.dispute_answer)
    return Countdown(
        DISPUTE,
        name_of(word),
        word.done_at,
        case.thresholds.dispute_answer,
        due_at,
        is_over=now >= due_at,
    )


def not_received_due_on(case: Case, word: Action) -> date | None:
    """The day on which the reminder of `not_received` is due; None: it cannot come.

    Where AliExpress's date is given, that date and `refund_due` speak until it has passed by 15
    days; and after the last day for a dispute there is nothing to remind of.
    """
    last_on, ends_on = dispute_until(case), case.order.protection_ends_on
    if case.delivery is None or last_on is None:
        return None
    due_on = max(
        case.delivery.known_at.date() + timedelta(days=case.thresholds.not_received_days),
        word.done_at.date() + timedelta(days=1),
    )
    if ends_on is not None:
        due_on = max(due_on, ends_on + timedelta(days=case.thresholds.refund_days))
    return due_on if due_on <= last_on else None


def dispute_until(case: Case) -> date | None:
    """The last day on which a dispute about a delivered order can be opened."""
    if case.delivery is None:
        return None
    return case.delivery.known_at.date() + timedelta(days=case.thresholds.delivered_dispute_days)


def _not_received(case: Case, word: Action, now: datetime) -> Countdown | None:
    due_on, last_on = not_received_due_on(case, word), dispute_until(case)
    today = now.date()
    if due_on is None or last_on is None or today > last_on:
        return None
    return Countdown(
        NOT_RECEIVED,
        name_of(word),
        word.done_at,
        case.thresholds.not_received_days,
        midnight(due_on),
        is_over=due_on <= today,
        last_on=last_on,
    )


def _seller(
    case: Case, alerts: Iterable[Alert], answered_at: datetime | None, now: datetime
) -> Countdown | None:
    word = case.actions.contacts.get(case.journey.episode)
    if word is None or case.is_delivered or _is_settled(case, word):
        return None
    wait = case.thresholds.seller_reminder
    message_instants = (a.message_at for a in alerts if a.kind in LADDER)
    due_at = max([word.done_at, *message_instants]) + days(wait)
    if answered_at is not None and _is_outranked(case, due_at, answered_at, now):
        return None
    if _is_outranked(case, due_at, due_at, due_at):
        return Countdown(SELLER, name_of(word), word.done_at, wait, None, is_over=False)
    return Countdown(
        SELLER,
        name_of(word),
        word.done_at,
        wait,
        due_at,
        is_over=answered_at is not None and answered_at >= due_at,
    )


def _is_settled(case: Case, word: Action) -> bool:
    """Whether there was news since the word, or the parcel is where the seller need do nothing."""
    journey, first_answer_at = case.journey, case.memory.answered_at
    return (
        journey.place in _SETTLED
        or (journey.last_update is not None and journey.last_update > word.done_at)
        or (
            journey.first_reported_at is not None
            and journey.first_reported_at >= word.at
            and (first_answer_at is None or journey.first_reported_at > first_answer_at)
        )
    )


def _is_outranked(case: Case, due_at: datetime, answered_at: datetime, now: datetime) -> bool:
    """Whether the claim or the deadline speaks instead of the seller's clock.

    What comes due in the days of the deadline is never reminded of.
    """
    if answered_at >= case.claim_at:
        return True
    if case.order.protection_ends_on is None or is_before_deadline(case, now.date()):
        return False
    return not is_after_deadline(case, due_at.date())


def seller_instants(case: Case, alerts: Iterable[Alert]) -> Iterator[datetime]:
    """The instants at which the seller's clock can run out with an answer that has nothing new."""
    wait = days(case.thresholds.seller_reminder)
    contact = case.actions.contacts.get(case.journey.episode)
    if contact is not None:
        yield contact.done_at + wait
    yield from (alert.message_at + wait for alert in alerts if alert.kind in LADDER)
