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
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from stallwatch.limits import MAJOR_DESTINATIONS, Limits, Window, days, hours
from stallwatch.model import (
    ENDING_DEEDS,
    Action,
    Alert,
    Deed,
    Kind,
    Order,
    Service,
    Stage,
    State,
    Trace,
    last_raised,
    midnight,
    whole_days,
)
from stallwatch.reading import Reading, began_with_scan, read, stamp

RETURNED = "returned"
SILENCE = "silence"
SELLER = "seller"
DISPUTE = "dispute"
PICKUP = Stage.READY_FOR_PICKUP.value
ATTEMPT = Stage.FAILED_ATTEMPT.value

FIRST_LOOK = timedelta(minutes=10)
"""How long the first look at a number may take before what needs no answer is said."""

_LADDER = frozenset({Kind.NEVER_SCANNED, Kind.LATE, Kind.STALLED, Kind.REFUND_CLAIM})
_ALARMS = _LADDER - {Kind.LATE}
_USES_UP_ALL_CLEAR = _LADDER | {Kind.DELIVERED, Kind.ACTION_NEEDED, Kind.MOVING_AGAIN}
_NEVER_LATE_AFTER = frozenset({Kind.LATE, Kind.STALLED, Kind.REFUND_CLAIM})
_NO_DAY_FOR_A_COMPLAINT = frozenset({Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT})
_CLAIM = (Kind.REFUND_CLAIM, SILENCE)
_OF_THE_SOURCE = frozenset({Kind.SOURCE_DOWN, Kind.SOURCE_UP})

# Looked up many times in each evaluation, and an enumeration is slow to give its members.
_AT_PICKUP = Stage.READY_FOR_PICKUP
_DELIVERED = Stage.DELIVERED
_RETURNED = Stage.RETURNED
_ACTION_NEEDED = Kind.ACTION_NEEDED
_LATE = Kind.LATE
_NEVER_SCANNED = Kind.NEVER_SCANNED
_REFUND_CLAIM = Kind.REFUND_CLAIM
_STALLED = Kind.STALLED
_CLOSED = State.CLOSED
_ECONOMY = Service.ECONOMY


@dataclass(frozen=True, slots=True)
class Memory:
    """What the first evaluation decides for good; None while it is open."""

    old_order: bool | None = None
    """Protection ended long ago: no `never_scanned`, no ladder."""
    old_delivery: bool | None = None
    """Delivered long ago: never announced."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """A clock of the ladder that a word of the buyer's has started."""

    reason: str
    """Whose it is: the seller's or the dispute's."""
    word: str
    """Tells the word from others of its kind."""
    since: datetime
    days: int
    ends_at: datetime | None
    """When it runs out (the seller's: if answers keep coming); None: the claim or the end of
    protection speaks before it."""
    is_over: bool


class Decision(NamedTuple):
    """What an order's data means at an instant."""

    state: State
    stage: Stage
    reading: Reading
    window: Window
    service: Service
    last_update: datetime
    """From when silence counts."""
    dispatched: datetime
    """From when days in transit count."""
    answered_at: datetime | None
    silent_days: int | None
    days_in_transit: int | None
    untracked_days: int | None
    """Days without a scan, from the shipping or the order on."""
    late_at: datetime
    claim_opens_at: datetime | None
    rung: Kind | None
    """The highest rung of the ladder that holds, said or not."""
    deadline_is_near: bool
    """Whether protection ends within the days of its first notice."""
    snoozed: bool
    contacted: bool
    """Whether the seller was contacted in this episode."""
    countdown: Countdown | None
    """The clock that runs or has run out, said or not."""
    due: tuple[Alert, ...]
    memory: Memory
    ends_at: datetime
    next_rule_at: datetime | None
    """The earliest instant at which a newer valid answer, with nothing new in it, makes an alert
    due; it may lie in the past while no answer comes."""
    next_clock_at: datetime | None
    """The earliest instant at which something changes without any answer."""
    second_from: datetime | None = None
    """From when on the second source is to be asked; None where no claim can follow."""
    second_awaited: bool = False
    """Whether a claim waits for the second source alone."""
    second_passed_over: bool = False
    """Whether a claim rests on the first source alone, because the second has failed for long."""


def evaluate(
    order: Order,
    trace: Trace,
    alerts: Sequence[Alert],
    memory: Memory,
    now: datetime,
    limits: Limits,
    *,
    second_source: bool = False,
) -> Decision:
    """Apply the rules to an order as it stands now.

    Args:
        order: The order and the buyer's words.
        trace: What the sources said.
        alerts: Those raised so far, sent or pending.
        memory: What earlier evaluations decided for good.
        now: The instant of the evaluation, UTC.
        limits: The numbers of the rules.
        second_source: Whether a second source is configured.
    """
    case = _Case(order, trace, memory, now, limits, second_source=second_source)
    so_far = [a for a in alerts if a.sent_at is not None or fits(a, order, now)]
    due = tuple(case.due(so_far, case.answered_at, now))
    # Looking ahead, what is pending is as good as sent.
    then = [
        a if a.sent_at is not None else replace(a, sent_at=a.raised_at) for a in (*so_far, *due)
    ]
    ends_at = case.ends_at(then)
    state = case.state(ends_at, now)
    # What the second source said counts for a claim when it is made, not for the days after it.
    claimed = _raised(then, _REFUND_CLAIM, episode=case.reading.episode)
    rung = None
    if state is not _CLOSED:
        rung = case.rung(then, case.answered_at, now, second_answers=claimed)
    return Decision(
        state=state,
        stage=case.stage,
        reading=case.reading,
        window=case.window,
        service=case.service,
        last_update=case.last_update,
        dispatched=case.dispatched,
        answered_at=case.answered_at,
        silent_days=case.days_to_answer(case.last_update),
        days_in_transit=case.days_to_answer(case.dispatched),
        untracked_days=case.days_to_answer(case.untracked_since),
        late_at=case.late_at,
        claim_opens_at=case.claim_opens_at(now),
        rung=rung[0] if rung is not None else None,
        deadline_is_near=case.protection_left(now) is not None,
        snoozed=case.words.snoozed(now),
        contacted=case.reading.episode in case.words.contacts,
        countdown=None
        if state is not State.WATCHING
        else case.countdown(then, case.answered_at, now),
        due=due,
        memory=case.memory,
        ends_at=ends_at,
        next_rule_at=None if state is _CLOSED else case.next_rule_at(then, ends_at),
        next_clock_at=None if state is _CLOSED else case.next_clock_at(then, now, ends_at),
        second_from=None if state is _CLOSED else case.second_from(then),
        second_awaited=second_source
        and state is not _CLOSED
        and rung != _CLAIM
        and case.second_is_awaited(now),
        second_passed_over=case.second_is_passed_over(now),
    )


def fits(alert: Alert, order: Order, now: datetime) -> bool:
    """Whether the buyer's words still leave room for a pending alert.

    Only what the buyer says can take an alert back: an order that was closed, muted, or given
    another number or date. Time alone never does.
    """
    if alert.kind in _OF_THE_SOURCE:
        return True
    words = _Words.of(order)
    if words.ended:
        return False
    if alert.kind is Kind.PROTECTION_ENDING:
        return not words.disputed and alert.about.startswith(f"{order.protection_ends_on} ")
    if alert.kind is Kind.REMINDER and alert.reason == DISPUTE:
        return words.dispute is not None and alert.about == _word(words.dispute)
    if alert.number != order.tracking_number:
        return False
    if alert.kind is Kind.REMINDER:
        contact = words.contact(alert.episode)
        return (
            contact is not None
            and alert.about == _word(contact)
            and not words.disputed
            and not words.snoozed(now)
        )
    if alert.kind in _LADDER and words.disputed:
        return False
    if alert.kind in {Kind.LATE, Kind.STALLED} and alert.episode in words.contacts:
        return False
    snoozable = alert.kind is Kind.MOVING_AGAIN or (
        alert.kind in _LADDER and alert.reason != RETURNED
    )
    return not (snoozable and words.snoozed(now))


@dataclass(frozen=True, slots=True)
class _Words:
    """The buyer's words in force."""

    ended: bool
    dispute: Action | None
    contacts: Mapping[str, Action]
    """The last time that the seller was contacted in each episode."""
    snooze: date | None

    @classmethod
    def of(cls, order: Order) -> "_Words":
        standing = order.standing()
        if not standing:
            return _NOTHING_SAID
        snoozes = [a.until for a in standing if a.deed is Deed.SNOOZE and a.until is not None]
        return cls(
            ended=any(a.deed in ENDING_DEEDS for a in standing),
            dispute=order.last_said(Deed.DISPUTE_OPENED),
            contacts={a.episode: a for a in standing if a.deed is Deed.SELLER_CONTACTED},
            snooze=snoozes[-1] if snoozes else None,
        )

    @property
    def disputed(self) -> bool:
        return self.dispute is not None

    def contact(self, episode: str) -> Action | None:
        return self.contacts.get(episode)

    def snoozed(self, now: datetime) -> bool:
        return self.snooze is not None and now.date() < self.snooze


_NOTHING_SAID = _Words(ended=False, dispute=None, contacts={}, snooze=None)


class _Call(NamedTuple):
    """An alert that the rules call for."""

    kind: Kind
    reason: str = ""
    about: str = ""
    nth: int = 1


class _Case:
    """One order's data, read once, for asking the rules at several instants."""

    def __init__(
        self,
        order: Order,
        trace: Trace,
        memory: Memory,
        now: datetime,
        limits: Limits,
        *,
        second_source: bool,
    ) -> None:
        self.order = order
        self.trace = trace
        self.limits = limits
        self.second_source = second_source
        self.words = _Words.of(order)
        self.reading = read(order, trace.checkpoints, limits)
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

    def _remember(self, memory: Memory, now: datetime) -> Memory:
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
        return Memory(old_order, old_delivery)

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

    def _raise(self, call: _Call, now: datetime) -> Alert:
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
    ) -> list[_Call]:
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
        found: list[_Call] = []
        if self.order.protection_ends_on is not None:
            found += self._protection_ending(alerts, now)
        if self.trace.unanswered_since is not None:
            found += self._unanswered(alerts)
        if reading.stay or reading.attempt or reading.flag:
            found += self._action_needed(alerts, answered_at)
        rung = self.rung(alerts, answered_at, now, second_answers=second_answers)
        if rung is not None and answered_at is not None:
            found += self._ladder(rung, alerts, answered_at, now)
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

    def _protection_ending(self, alerts: Iterable[Alert], now: datetime) -> Iterator[_Call]:
        left = self.protection_left(now)
        if left is None or self.words.disputed:
            return
        last = left <= self.limits.protection_last
        about = f"{self.order.protection_ends_on} {'last' if last else 'first'}"
        if not _raised(alerts, Kind.PROTECTION_ENDING, about=about):
            yield _Call(Kind.PROTECTION_ENDING, about=about)

    def _delivered(self, alerts: Iterable[Alert]) -> Iterator[_Call]:
        if not self.memory.old_delivery and not _raised(alerts, Kind.DELIVERED):
            yield _Call(Kind.DELIVERED)

    def _unanswered(self, alerts: Iterable[Alert]) -> Iterator[_Call]:
        since = self.trace.unanswered_since
        if since is None or self.numberless:
            return
        about = since.isoformat()
        if not _raised(alerts, Kind.UNANSWERED, about=about):
            yield _Call(Kind.UNANSWERED, about=about)

    def _action_needed(
        self, alerts: Iterable[Alert], answered_at: datetime | None
    ) -> Iterator[_Call]:
        reading = self.reading
        newest = reading.newest
        if newest is None:
            return
        told = [a for a in alerts if a.kind is _ACTION_NEEDED]
        if reading.stay is not None:
            stay = [a for a in told if a.reason == PICKUP and a.about in reading.stay.walls]
            if not stay:
                yield _Call(_ACTION_NEEDED, PICKUP, reading.stay.name)
            elif (
                len(stay) == 1
                and answered_at is not None
                and answered_at >= stay[0].message_at + days(self.limits.pickup_reminder)
            ):
                yield _Call(_ACTION_NEEDED, PICKUP, stay[0].about, nth=2)
        if reading.attempt is not None and not any(
            a.reason == ATTEMPT and a.about in reading.attempt.walls for a in told
        ):
            yield _Call(_ACTION_NEEDED, ATTEMPT, newest.name)
        if reading.flag is not None and not any(
            a.reason == reading.flag.value and a.about in newest.walls for a in told
        ):
            yield _Call(_ACTION_NEEDED, reading.flag.value, newest.name)

    def _ladder(
        self,
        rung: tuple[Kind, str],
        alerts: Sequence[Alert],
        answered_at: datetime,
        now: datetime,
    ) -> Iterator[_Call]:
        """The highest rung that holds, unless it was said or a higher one was."""
        kind, reason = rung
        episode = self.reading.episode
        if kind is _REFUND_CLAIM:
            yield from self._claim(reason, alerts, answered_at, now)
        elif kind is _LATE:
            if not any(a.kind in _NEVER_LATE_AFTER for a in alerts):
                yield _Call(_LATE)
        elif not _raised(alerts, _REFUND_CLAIM, episode=episode):
            if kind is _NEVER_SCANNED:
                if not _raised(alerts, _NEVER_SCANNED):
                    yield _Call(_NEVER_SCANNED)
            elif not _raised(alerts, _STALLED, episode=episode):
                yield _Call(_STALLED, about=episode)

    def rung(
        self,
        alerts: Sequence[Alert],
        answered_at: datetime | None,
        now: datetime,
        *,
        second_answers: bool = False,
    ) -> tuple[Kind, str] | None:
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
    ) -> Iterator[_Call]:
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
        yield _Call(_REFUND_CLAIM, reason, about, nth=len(before) + 1)

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
        return self.rung([], self.answered_at, now, second_answers=True) == _CLAIM

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
            if self.rung(alerts, instant, instant, second_answers=True) == _CLAIM and any(
                self._claim(SILENCE, alerts, instant, instant)
            ):
                return instant - lead
        return None

    def _moving_again(self, alerts: Sequence[Alert], now: datetime) -> Iterator[_Call]:
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
            yield _Call(Kind.MOVING_AGAIN, about=reading.episode)

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
    ) -> Iterator[_Call]:
        clock = self.countdown(alerts, answered_at, now)
        if clock is None or not clock.is_over:
            return
        if clock.reason == SELLER and self.words.snoozed(now):
            return
        if not any(
            a.kind is Kind.REMINDER and (a.reason, a.about) == (clock.reason, clock.word)
            for a in alerts
        ):
            yield _Call(Kind.REMINDER, clock.reason, clock.word)

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


def _word(action: Action) -> str:
    """What tells a word of the buyer's from others of its kind."""
    return stamp(action.at)


def _countdown(
    reason: str, action: Action, wait: int, ends_at: datetime | None, reached: datetime | None
) -> Countdown:
    is_over = reached is not None and ends_at is not None and reached >= ends_at
    return Countdown(reason, _word(action), action.done_at, wait, ends_at, is_over)


def _raised(
    alerts: Iterable[Alert],
    kind: Kind,
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
