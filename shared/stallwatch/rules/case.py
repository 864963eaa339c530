"""The rules: what an order's data means now, which alerts are due, and when to look again.

A pure function of data: no AWS, no clock, no environment. Evaluating the same data twice gives the
same, and an alert that was raised is not due again.

The numbers come from the buyers' guide that the product follows, from Cainiao's FAQ, or are our
own; `limits` says which.

**The ladder's clocks.** A word of the buyer's starts a clock; when it has run out, one `reminder`
is due, once for that word. A word counts from when it was said, or from the beginning of an earlier
day that it names; of several that stand the newest counts. `reopen` takes the clock back with the
word; `received`, `refunded`, `lost`, `close` and a delivery end it.

*The seller's* runs from `seller_contacted`, for the episode in which it was said, until there is
news: an update newer than the word, or one that was first seen after it and is newer than all that
was known. It has run out when the last answer is 3 days later than the word and than the last
message of the ladder, which said the same: nobody is reminded of what could not be looked at. It
does not run in a dispute, nor for an order that was too old at its first evaluation, nor at a
pickup point or on the way back. A higher voice ends it: from 60 days of silence up to the last
answer on `refund_claim` speaks, and from 5 days before `protection_ends_on` on `protection_ending`
(protection that had ended before the word is no deadline). A snooze delays the reminder.

*The dispute's* runs from `dispute_opened`: 5 days of the calendar, with or without answers, for so
long the seller has to answer. No snooze delays it and nothing outranks it: a dispute mutes the
others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from stallwatch.domain.alerts import (
    ATTEMPT,
    DISPUTE,
    PICKUP,
    RETURNED,
    SELLER,
    SILENCE,
    Alert,
    AlertKind,
    last_raised,
)
from stallwatch.domain.clock import days, hours, midnight, whole_days
from stallwatch.domain.orders import ENDING_ACTIONS, Action, ActionKind, Order, Service, State
from stallwatch.domain.parcels import Stage, Trace
from stallwatch.domain.thresholds import MAJOR_DESTINATIONS, Thresholds
from stallwatch.rules.decision import Countdown, InitialFindings
from stallwatch.rules.journey import began_with_scan, read_journey
from stallwatch.rules.reminders import _countdown

FIRST_LOOK = timedelta(minutes=10)
"""How long the first look at a number may take before what needs no answer is said."""


_LADDER = frozenset(
    {AlertKind.NEVER_SCANNED, AlertKind.LATE, AlertKind.STALLED, AlertKind.REFUND_CLAIM}
)


_ALARMS = _LADDER - {AlertKind.LATE}


_USES_UP_ALL_CLEAR = _LADDER | {
    AlertKind.DELIVERED,
    AlertKind.ACTION_NEEDED,
    AlertKind.MOVING_AGAIN,
}


_NEVER_LATE_AFTER = frozenset({AlertKind.LATE, AlertKind.STALLED, AlertKind.REFUND_CLAIM})


_NO_DAY_FOR_A_COMPLAINT = frozenset({Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT})


_CLAIM = (AlertKind.REFUND_CLAIM, SILENCE)


_OF_THE_SOURCE = frozenset({AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP})


# Looked up many times in each evaluation, and an enumeration is slow to give its members.
_AT_PICKUP = Stage.READY_FOR_PICKUP


_DELIVERED = Stage.DELIVERED


_RETURNED = Stage.RETURNED


_ACTION_NEEDED = AlertKind.ACTION_NEEDED


_LATE = AlertKind.LATE


_NEVER_SCANNED = AlertKind.NEVER_SCANNED


_REFUND_CLAIM = AlertKind.REFUND_CLAIM


_STALLED = AlertKind.STALLED


_CLOSED = State.CLOSED


_ECONOMY = Service.ECONOMY


@dataclass(frozen=True, slots=True)
class _ActionsInForce:
    """The buyer's words in force."""

    ended: bool
    dispute: Action | None
    contacts: Mapping[str, Action]
    """The last time that the seller was contacted in each episode."""
    snooze: date | None

    @classmethod
    def of(cls, order: Order) -> "_ActionsInForce":
        standing = order.in_force()
        if not standing:
            return _NOTHING_SAID
        snoozes = [a.until for a in standing if a.kind is ActionKind.SNOOZE and a.until is not None]
        return cls(
            ended=any(a.kind in ENDING_ACTIONS for a in standing),
            dispute=order.last_said(ActionKind.DISPUTE_OPENED),
            contacts={a.episode: a for a in standing if a.kind is ActionKind.SELLER_CONTACTED},
            snooze=snoozes[-1] if snoozes else None,
        )

    @property
    def disputed(self) -> bool:
        return self.dispute is not None

    def contact(self, episode: str) -> Action | None:
        return self.contacts.get(episode)

    def snoozed(self, now: datetime) -> bool:
        return self.snooze is not None and now.date() < self.snooze


_NOTHING_SAID = _ActionsInForce(ended=False, dispute=None, contacts={}, snooze=None)


class DueAlert(NamedTuple):
    """An alert that the rules call for."""

    kind: AlertKind
    reason: str = ""
    about: str = ""
    nth: int = 1


class _Case:
    """One order's data, read once, for asking the rules at several instants."""

    def __init__(
        self,
        order: Order,
        trace: Trace,
        memory: InitialFindings,
        now: datetime,
        limits: Thresholds,
        *,
        second_source: bool,
    ) -> None:
        self.order = order
        self.trace = trace
        self.limits = limits
        self.second_source = second_source
        self.words = _ActionsInForce.of(order)
        self.reading = read_journey(order, trace.checkpoints, limits)
        self.numberless = order.tracking_number is None
        self.answered_at = now if self.numberless else trace.answered_at

        start = midnight(order.shipped_on or order.ordered_on)
        if self.reading.last_update is None and order.number_changed_at is not None:
            start = order.number_changed_at
        self.first_look_until = self._first_look_until()
        self.untracked_since = start
        self.last_update = self.reading.last_update or start
        self.dispatched = self.reading.dispatched or start

        self.service = order.service or (
            _ECONOMY if _is_economy(trace.mail_type) else Service.STANDARD
        )
        remote = order.remote
        if remote is None:
            remote = order.destination not in MAJOR_DESTINATIONS
        self.window = limits.window(self.service, remote=remote)
        self.late_at = self._late_at()
        self.never_scanned_at = start + days(limits.never_scanned)
        self.stalled_at = self._stalled_at()
        self.claim_at = self.last_update + days(limits.claim)
        self._end = self._end_without_claims()
        self.memory = self._remember(memory, now)

    # What the data says.

    def _first_look_until(self) -> datetime:
        """Until when nothing is said about a number, for the first look at it is under way.

        Who adds an order whose parcel was delivered yesterday must not be told of its deadline
        first. Where the look fails, little time is lost.
        """
        order = self.order
        if self.numberless or self.trace.asked_at is not None:
            return order.created_at
        return (order.number_changed_at or order.created_at) + FIRST_LOOK

    @property
    def stage(self) -> Stage:
        if self.reading.stage is not None:
            return self.reading.stage
        if self.reading.scanned:
            return Stage.IN_TRANSIT_UNPLACED
        if self.numberless:
            return Stage.AWAITING_SHIPMENT
        if self.answered_at is None:
            return Stage.UNKNOWN
        return Stage.AWAITING_SHIPMENT if self.trace.known else Stage.NOT_FOUND

    def days_to_answer(self, since: datetime) -> int | None:
        return None if self.answered_at is None else whole_days(since, self.answered_at)

    def _late_at(self) -> datetime:
        """The instant from which the parcel is past its window."""
        over = self.dispatched + days(self.window.high + 1)
        if self.trace.eta is None:
            return over
        return max(over, min(self.trace.eta, over + days(self.limits.estimate_grace)))

    def _stalled_at(self) -> datetime:
        """The instant from which silence is a stall: after a departure not inside the window."""
        silent = self.last_update + days(self.limits.stalled)
        return max(silent, self.late_at) if self.reading.departed else silent

    def _remember(self, memory: InitialFindings, now: datetime) -> InitialFindings:
        old_order, old_delivery = memory.old_order, memory.old_delivery
        if old_order is None:
            ended_on = self.order.protection_ends_on
            if ended_on is not None:
                old_order = (now.date() - ended_on).days > self.limits.old_protection
            else:
                old_order = (now.date() - self.order.ordered_on).days > self.limits.old_order
        if old_delivery is None and self.answered_at is not None and not self.numberless:
            at = self.reading.delivered_at
            old_delivery = at is not None and whole_days(at, now) > self.limits.old_delivery
        if (old_order, old_delivery) == (memory.old_order, memory.old_delivery):
            return memory
        return InitialFindings(old_order, old_delivery)

    def _end_without_claims(self) -> datetime:
        end = midnight(self.order.ordered_on) + days(self.limits.end_after_order)
        if self.reading.delivered_at is not None:
            known_at = self._delivery_known_at(self.reading.delivered_at)
            end = min(end, known_at + days(self.limits.end_after_delivery))
        return end

    def _delivery_known_at(self, delivered_at: datetime) -> datetime:
        """When a delivery was known.

        The second source may find one that the first never saw, weeks later: the buyer must hear of
        it, and the watch cannot have ended before it was known.
        """
        delivery, second = self.reading.delivery, self.trace.second
        if delivery is None or second is None or delivery.source != second.source:
            return delivered_at
        return max(delivered_at, delivery.first_seen)

    def ends_at(self, alerts: Iterable[Alert]) -> datetime:
        """When the watch ends by itself."""
        end = self._end
        claim = last_raised(alerts, _REFUND_CLAIM)
        if claim is not None:
            end = min(end, claim.message_at + days(self.limits.end_after_claim))
        if self.order.protection_ends_on is not None:
            end = max(end, midnight(self.order.protection_ends_on) + days(1))
        return end

    def state(self, ends_at: datetime, now: datetime) -> State:
        if self.words.ended or now >= ends_at:
            return State.CLOSED
        return State.DELIVERED if self.reading.stage is _DELIVERED else State.WATCHING

    def claim_opens_at(self, now: datetime) -> datetime | None:
        if self.reading.place is _RETURNED:
            return self.reading.newest.at if self.reading.newest is not None else now
        if self.reading.stage is _DELIVERED:
            return None
        return self.claim_at

    # Which alerts are due.

    def due(
        self, alerts: Sequence[Alert], answered_at: datetime | None, now: datetime
    ) -> list[Alert]:
        """The alerts that the rules call for and that were not raised yet."""
        if now >= self.ends_at(alerts):
            return []
        return [self._raise(call, now) for call in self._found(alerts, answered_at, now)]

    def _raise(self, call: DueAlert, now: datetime) -> Alert:
        return Alert(
            call.kind,
            now,
            call.reason,
            call.about,
            call.nth,
            episode=self.reading.episode,
            number=self.order.tracking_number,
        )

    def _found(
        self,
        alerts: Sequence[Alert],
        answered_at: datetime | None,
        now: datetime,
        *,
        second_answers: bool = False,
    ) -> list[DueAlert]:
        """What is due before the watch ends.

        It is asked at every instant at which something may become due, so each clause is looked
        into only where the order has what it is about. `second_answers` supposes that the second
        source answers, for looking ahead.
        """
        words, reading = self.words, self.reading
        if words.ended or now < self.first_look_until:
            return []
        if reading.stage is _DELIVERED:
            return [*self._delivered(alerts)]
        found: list[DueAlert] = []
        if self.order.protection_ends_on is not None:
            found += self._protection_ending(alerts, now)
        if self.trace.unanswered_since is not None:
            found += self._unanswered(alerts)
        if reading.stay or reading.attempt or reading.flag:
            found += self._action_needed(alerts, answered_at)
        escalation = self.escalation(alerts, answered_at, now, second_answers=second_answers)
        if escalation is not None and answered_at is not None:
            found += self._ladder(escalation, alerts, answered_at, now)
        if alerts and reading.moved and not any(a.kind in _USES_UP_ALL_CLEAR for a in found):
            found += self._moving_again(alerts, now)
        if words.dispute is not None or words.contacts:
            # What is due with it is a message of the ladder too.
            told = [*alerts, *(self._raise(call, now) for call in found)]
            found += self._reminder(told, answered_at, now)
        return found

    def protection_left(self, now: datetime) -> int | None:
        """The days until protection ends, where they are few; None where they are not."""
        ends_on = self.order.protection_ends_on
        if ends_on is None:
            return None
        left = (ends_on - now.date()).days
        return left if 0 <= left <= self.limits.protection_first else None

    def _protection_ending(self, alerts: Iterable[Alert], now: datetime) -> Iterator[DueAlert]:
        left = self.protection_left(now)
        if left is None or self.words.disputed:
            return
        last = left <= self.limits.protection_last
        about = f"{self.order.protection_ends_on} {'last' if last else 'first'}"
        if not _raised(alerts, AlertKind.PROTECTION_ENDING, about=about):
            yield DueAlert(AlertKind.PROTECTION_ENDING, about=about)

    def _delivered(self, alerts: Iterable[Alert]) -> Iterator[DueAlert]:
        if not self.memory.old_delivery and not _raised(alerts, AlertKind.DELIVERED):
            yield DueAlert(AlertKind.DELIVERED)

    def _unanswered(self, alerts: Iterable[Alert]) -> Iterator[DueAlert]:
        since = self.trace.unanswered_since
        if since is None or self.numberless:
            return
        about = since.isoformat()
        if not _raised(alerts, AlertKind.UNANSWERED, about=about):
            yield DueAlert(AlertKind.UNANSWERED, about=about)

    def _action_needed(
        self, alerts: Iterable[Alert], answered_at: datetime | None
    ) -> Iterator[DueAlert]:
        reading = self.reading
        newest = reading.newest
        if newest is None:
            return
        told = [a for a in alerts if a.kind is _ACTION_NEEDED]
        if reading.stay is not None:
            stay = [a for a in told if a.reason == PICKUP and a.about in reading.stay.walls]
            if not stay:
                yield DueAlert(_ACTION_NEEDED, PICKUP, reading.stay.name)
            elif (
                len(stay) == 1
                and answered_at is not None
                and answered_at >= stay[0].message_at + days(self.limits.pickup_reminder)
            ):
                yield DueAlert(_ACTION_NEEDED, PICKUP, stay[0].about, nth=2)
        if reading.attempt is not None and not any(
            a.reason == ATTEMPT and a.about in reading.attempt.walls for a in told
        ):
            yield DueAlert(_ACTION_NEEDED, ATTEMPT, newest.name)
        if reading.flag is not None and not any(
            a.reason == reading.flag.value and a.about in newest.walls for a in told
        ):
            yield DueAlert(_ACTION_NEEDED, reading.flag.value, newest.name)

    def _ladder(
        self,
        escalation: tuple[AlertKind, str],
        alerts: Sequence[Alert],
        answered_at: datetime,
        now: datetime,
    ) -> Iterator[DueAlert]:
        """The highest rung that holds, unless it was said or a higher one was."""
        kind, reason = escalation
        episode = self.reading.episode
        if kind is _REFUND_CLAIM:
            yield from self._claim(reason, alerts, answered_at, now)
        elif kind is _LATE:
            if not any(a.kind in _NEVER_LATE_AFTER for a in alerts):
                yield DueAlert(_LATE)
        elif not _raised(alerts, _REFUND_CLAIM, episode=episode):
            if kind is _NEVER_SCANNED:
                if not _raised(alerts, _NEVER_SCANNED):
                    yield DueAlert(_NEVER_SCANNED)
            elif not _raised(alerts, _STALLED, episode=episode):
                yield DueAlert(_STALLED, about=episode)

    def escalation(
        self,
        alerts: Sequence[Alert],
        answered_at: datetime | None,
        now: datetime,
        *,
        second_answers: bool = False,
    ) -> tuple[AlertKind, str] | None:
        """The highest rung of the ladder that holds, and for what reason."""
        reading = self.reading
        if (
            answered_at is None
            or self.words.disputed
            or self.memory.old_order
            or reading.stage is _DELIVERED
        ):
            return None
        if reading.place is _RETURNED:
            return _REFUND_CLAIM, RETURNED
        if self.words.snoozed(now) or reading.place is _AT_PICKUP:
            return None
        if answered_at >= self.claim_at and self._gate_is_open(
            answered_at, now, second_answers=second_answers
        ):
            return _REFUND_CLAIM, SILENCE
        if not reading.scanned:
            return (_NEVER_SCANNED, "") if answered_at >= self.never_scanned_at else None
        if reading.episode in self.words.contacts:
            return None
        if self._is_stalled(alerts, answered_at):
            return _STALLED, ""
        if answered_at >= self.late_at and reading.stage not in _NO_DAY_FOR_A_COMPLAINT:
            return _LATE, ""
        return None

    def _is_stalled(self, alerts: Iterable[Alert], answered_at: datetime) -> bool:
        if answered_at < self.stalled_at:
            return False
        if self.service is _ECONOMY and self.reading.handed_over:
            return False
        late = last_raised(alerts, _LATE)
        return late is None or answered_at >= late.message_at + days(self.limits.stalled_after_late)

    def _claim(
        self, reason: str, alerts: Sequence[Alert], answered_at: datetime, now: datetime
    ) -> Iterator[DueAlert]:
        last = last_raised(alerts, _REFUND_CLAIM)
        if last is not None and (
            last.sent_at is None or answered_at < last.message_at + days(self.limits.claim_repeat)
        ):
            return
        before = [a for a in alerts if a.kind is _REFUND_CLAIM and a.reason == reason]
        about = ""
        if reason == SILENCE:
            deadline = self.order.protection_ends_on
            about = self.reading.episode
            if deadline is not None and now.date() > deadline:
                if any(a.message_at.date() > deadline for a in before):
                    return
                before = [a for a in before if a.about == about]
            else:
                before = [a for a in before if a.about == about]
                if len(before) >= self.limits.claim_times:
                    return
        elif len(before) >= self.limits.claim_times:
            return
        yield DueAlert(_REFUND_CLAIM, reason, about, nth=len(before) + 1)

    def _gate_is_open(self, answered_at: datetime, now: datetime, *, second_answers: bool) -> bool:
        """Whether a claim for silence rests on answers that are fresh enough.

        The buyer's word, which closes the gate too, was looked at before.
        """
        if self.numberless:
            return True
        if now - answered_at > hours(self.limits.gate_answer_hours):
            return False
        return (
            not self.second_source
            or second_answers
            or self._second_has_answered(now)
            or self.second_is_passed_over(now)
        )

    def _second_has_answered(self, now: datetime) -> bool:
        second = self.trace.second
        return (
            second is not None
            and second.answered_at is not None
            and now - second.answered_at <= hours(self.limits.second_answer_hours)
        )

    def second_is_passed_over(self, now: datetime) -> bool:
        """Whether the second source has failed for so long that a claim does without it."""
        second = self.trace.second
        return (
            self.second_source
            and second is not None
            and second.failing_since is not None
            and now - second.failing_since >= hours(self.limits.second_patience_hours)
            and not self._second_has_answered(now)
        )

    def second_is_awaited(self, now: datetime) -> bool:
        """Whether a claim could be made if the second source had just answered."""
        return self.escalation([], self.answered_at, now, second_answers=True) == _CLAIM

    def second_from(self, alerts: Sequence[Alert]) -> datetime | None:
        """From when on the second source is to be asked.

        It is early enough that one which fails from the first try on delays no claim, and only
        where a claim for silence can follow: every number that is asked about costs a credit.
        """
        answered_at = self.answered_at
        if not self.second_source or self.numberless or answered_at is None or self.words.ended:
            return None
        ends_at = self.ends_at(alerts)
        lead = hours(self.limits.second_patience_hours + self.limits.second_answer_hours)
        instants = {answered_at, *self._thresholds(alerts)}
        for instant in sorted(i for i in instants if answered_at <= i < ends_at):
            if self.escalation(alerts, instant, instant, second_answers=True) == _CLAIM and any(
                self._claim(SILENCE, alerts, instant, instant)
            ):
                return instant - lead
        return None

    def _moving_again(self, alerts: Sequence[Alert], now: datetime) -> Iterator[DueAlert]:
        """The all-clear after an alarm: once, when a scan has begun another episode."""
        reading = self.reading
        if not reading.moved or reading.place is _RETURNED or self.words.snoozed(now):
            return
        alarm = max(
            (a for a in alerts if a.kind in _ALARMS), key=lambda a: a.raised_at, default=None
        )
        if alarm is None or alarm.episode == reading.episode:
            return
        used_up = any(
            a.kind in _USES_UP_ALL_CLEAR
            and a.raised_at >= alarm.raised_at
            and a.episode != alarm.episode
            and began_with_scan(a.episode)
            for a in alerts
        )
        if not used_up:
            yield DueAlert(AlertKind.MOVING_AGAIN, about=reading.episode)

    # The ladder's clocks.

    def countdown(
        self, alerts: Iterable[Alert], answered_at: datetime | None, now: datetime
    ) -> Countdown | None:
        """The clock that runs, or has run out and was not outranked."""
        if self.words.dispute is not None:
            wait = self.limits.dispute_answer
            ends_at = self.words.dispute.done_at + days(wait)
            return _countdown(DISPUTE, self.words.dispute, wait, ends_at, now)
        contact = self.words.contact(self.reading.episode)
        if contact is None or self._is_settled(contact):
            return None
        if answered_at is not None and self._is_outranked(contact, answered_at, now):
            return None
        wait = self.limits.seller_reminder
        said = (a.message_at for a in alerts if a.kind in _LADDER)
        ends_at = max([contact.done_at, *said]) + days(wait)
        if self._is_outranked(contact, ends_at, ends_at):
            return _countdown(SELLER, contact, wait, None, answered_at)
        return _countdown(SELLER, contact, wait, ends_at, answered_at)

    def _is_settled(self, contact: Action) -> bool:
        """Whether the seller need not be written to again."""
        reading = self.reading
        return (
            self.memory.old_order is True
            or reading.place in {_RETURNED, _AT_PICKUP}
            or (reading.told_at is not None and reading.told_at >= contact.at)
            or (reading.last_update is not None and reading.last_update > contact.done_at)
        )

    def _is_outranked(self, contact: Action, answered_at: datetime, now: datetime) -> bool:
        """Whether the claim or the end of protection speaks instead of the seller's clock."""
        ends_on = self.order.protection_ends_on
        if answered_at >= self.claim_at:
            return True
        if ends_on is None or ends_on < contact.done_at.date():
            return False
        return (ends_on - now.date()).days <= self.limits.protection_first

    def _reminder(
        self, alerts: Sequence[Alert], answered_at: datetime | None, now: datetime
    ) -> Iterator[DueAlert]:
        clock = self.countdown(alerts, answered_at, now)
        if clock is None or not clock.is_over:
            return
        if clock.reason == SELLER and self.words.snoozed(now):
            return
        if not any(
            a.kind is AlertKind.REMINDER and (a.reason, a.about) == (clock.reason, clock.word)
            for a in alerts
        ):
            yield DueAlert(AlertKind.REMINDER, clock.reason, clock.word)

    # When to look again.

    def next_rule_at(self, alerts: Sequence[Alert], ends_at: datetime) -> datetime | None:
        answered_at = self.answered_at
        if answered_at is None or self.numberless or answered_at >= ends_at:
            return None
        if self._found(alerts, answered_at, answered_at, second_answers=True):
            return answered_at
        if self.reading.stage is _DELIVERED:
            return None  # What is said of a delivery is said at once.
        for instant in sorted(self._thresholds(alerts)):
            if answered_at < instant < ends_at and self._found(
                alerts, instant, instant, second_answers=True
            ):
                return instant
        return None

    def next_clock_at(self, alerts: Sequence[Alert], now: datetime, ends_at: datetime) -> datetime:
        instants = {ends_at, self.first_look_until, *self._dates()}
        if self.numberless:
            instants |= self._thresholds(alerts)
        for instant in sorted([i for i in instants if now < i < ends_at]):
            # Until then more answers may come, which no evaluation sees.
            if (
                self._is_end_of_snooze(instant)
                or self._found(alerts, self.answered_at, instant)
                or self._found(alerts, instant, instant, second_answers=True)
            ):
                return instant
        return ends_at

    def _is_end_of_snooze(self, instant: datetime) -> bool:
        return self.words.snooze is not None and instant == midnight(self.words.snooze)

    def _dates(self) -> Iterator[datetime]:
        """The instants that the calendar gives."""
        ends_on = self.order.protection_ends_on
        if ends_on is not None:
            yield midnight(ends_on) - days(self.limits.protection_first)
            yield midnight(ends_on) - days(self.limits.protection_last)
            yield midnight(ends_on) + days(1)
        if self.words.snooze is not None:
            yield midnight(self.words.snooze)
        if self.words.dispute is not None:
            yield self.words.dispute.done_at + days(self.limits.dispute_answer)

    def _thresholds(self, alerts: Iterable[Alert]) -> set[datetime]:
        """The instants at which some clause of the rules begins to hold."""
        limits = self.limits
        instants = {
            self.late_at,
            self.stalled_at,
            self.claim_at,
            *self._dates(),
        }
        if not self.reading.scanned:
            instants.add(self.never_scanned_at)
        contact = self.words.contact(self.reading.episode)
        if contact is not None:
            instants.add(contact.done_at + days(limits.seller_reminder))
        for alert in alerts:
            if alert.kind in _LADDER:
                instants.add(alert.message_at + days(limits.seller_reminder))
            if alert.kind is _LATE:
                instants.add(alert.message_at + days(limits.stalled_after_late))
            elif alert.kind is _REFUND_CLAIM:
                instants.add(alert.message_at + days(limits.claim_repeat))
            elif alert.kind is _ACTION_NEEDED:
                instants.add(alert.message_at + days(limits.pickup_reminder))
        return instants


def _is_economy(mail_type: str | None) -> bool:
    return mail_type is not None and mail_type.strip().lower() == _ECONOMY


def _raised(
    alerts: Iterable[Alert],
    kind: AlertKind,
    *,
    about: str | None = None,
    episode: str | None = None,
) -> bool:
    for alert in alerts:
        if (
            alert.kind is kind
            and (about is None or alert.about == about)
            and (episode is None or alert.episode == episode)
        ):
            return True
    return False
