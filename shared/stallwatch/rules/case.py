"""A case: one order's data, read once, for asking the rules at several instants.

The rules are functions over a case, a module a theme: `ladder`, `deadline`, `notices`, `reminders`
say which alerts hold, `due` which of them are due, `lookahead` when to look again. All are pure
functions of data: evaluating the same data twice gives the same.

The numbers come from the buyers' guide that the product follows, from Cainiao's FAQ, from
AliExpress, PayPal and Visa, or are this project's own; `domain.thresholds` says which.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from stallwatch.domain.alerts import Alert, AlertKind, last_raised
from stallwatch.domain.clock import days, midnight, whole_days
from stallwatch.domain.orders import Action, Order, PaidWith, Service, State
from stallwatch.domain.parcels import Flag, Stage, Trace
from stallwatch.domain.thresholds import MAJOR_DESTINATIONS, Thresholds, Window
from stallwatch.rules.decision import InitialFindings
from stallwatch.rules.in_force import ActionsInForce
from stallwatch.rules.journey import Journey, read_journey
from stallwatch.rules.moments import stamp

FIRST_LOOK = timedelta(minutes=10)
"""How long the first check of a number may take before what needs no answer is said."""


_AFTER = timedelta(microseconds=1)
"""An estimate has passed when the answer is later than it."""


# Looked up many times in each evaluation, and an enumeration is slow to give its members.
DELIVERED = Stage.DELIVERED
_CANCELLED = Flag.CANCELLED
_ECONOMY = Service.ECONOMY
_REFUND_CLAIM = AlertKind.REFUND_CLAIM


class Delivery(NamedTuple):
    """The delivery that was told last."""

    at: datetime
    known_at: datetime
    """When it became known."""
    is_old: bool
    """It was long ago when the order was first looked at: never announced."""
    told_after: datetime | None
    """Only a message from after this instant tells of it; None: any of this number's does."""
    is_again: bool
    """Whether another delivery of this number was known before."""


class Bank(NamedTuple):
    """Until when the bank takes a complaint."""

    base: date
    """The day from which its days count."""
    last_day: date
    days: int
    name: str
    """Tells this date from one that other data would give."""


class Case(NamedTuple):
    """One order's data, and what follows from it at no particular instant."""

    order: Order
    trace: Trace
    thresholds: Thresholds
    second_source: bool
    """Whether a second source is configured."""
    memory: InitialFindings
    actions: ActionsInForce
    journey: Journey
    stage: Stage
    numberless: bool
    answered_at: datetime | None
    """The last valid answer; an order without a number needs none."""
    first_look_until: datetime
    service: Service
    window: Window
    last_update: datetime
    """From when silence counts."""
    dispatched: datetime
    """From when days in transit count."""
    unscanned_since: datetime
    """From when days without a scan count."""
    late_at: datetime
    """The instant from which the parcel is past its window."""
    stalled_at: datetime
    never_scanned_at: datetime
    never_scanned_again_at: datetime
    claim_at: datetime
    deadline_from: datetime | None
    """When the days of the deadline begin; None where no date is given."""
    cancelled: bool
    delivery: Delivery | None
    is_delivered: bool
    """Whether the stage is `delivered`, whatever the buyer says."""
    not_received: Action | None
    """The buyer's word that what is delivered did not come, while it stands."""
    delivery_mutes: bool
    """Whether a delivery stands that the buyer has not contradicted."""
    bank: Bank | None

    @property
    def era(self) -> str:
        """Tells the present number's alerts from those of an earlier one in their keys."""
        changed_at = self.order.number_changed_at
        return "" if changed_at is None else stamp(changed_at)

    def of_number(self, alert: Alert) -> bool:
        """Whether an alert was raised about the present number (or before there was a first)."""
        return alert.number == self.order.tracking_number or (
            alert.number is None and self.order.number_changed_at is None
        )

    def days_to_answer(self, since: datetime) -> int | None:
        """Whole days up to the last valid answer; None where there is none."""
        return None if self.answered_at is None else whole_days(since, self.answered_at)


def case_of(
    order: Order,
    trace: Trace,
    memory: InitialFindings,
    now: datetime,
    thresholds: Thresholds,
    *,
    second_source: bool,
) -> Case:
    """Read an order's data."""
    actions = ActionsInForce.of(order)
    numberless = order.tracking_number is None
    answered_at = now if numberless else trace.answered_at
    is_answered = not numberless and answered_at is not None
    memory = _first_evaluated(memory, now, is_answered=is_answered)
    journey = read_journey(
        order,
        trace.checkpoints,
        thresholds,
        first_answer_at=memory.answered_at,
        status_delivered_at=trace.status_delivered_at,
    )
    stage = _stage(journey, trace, numberless=numberless)
    memory = _decided(memory, order, journey, now, thresholds, is_answered=is_answered)
    service = order.service or (_ECONOMY if _is_economy(trace.mail_type) else Service.STANDARD)
    window = thresholds.window(service, remote=_is_remote(order))
    given = midnight(order.shipped_on or order.ordered_on)
    changed_at = order.number_changed_at
    unscanned_since = given if changed_at is None or journey.scanned else changed_at
    dispatched = journey.dispatched or unscanned_since
    last_update = journey.last_update or (given if changed_at is None else changed_at)
    late_at = _late_at(order, trace, dispatched, window, thresholds)
    # What was said before a change was about what another number's parcel did.
    words = [w for w in actions.contradictions if changed_at is None or w.at >= changed_at]
    delivery, word = _delivery(journey, trace, memory, words)
    is_delivered = stage is DELIVERED
    return Case(
        order=order,
        trace=trace,
        thresholds=thresholds,
        second_source=second_source,
        memory=memory,
        actions=actions,
        journey=journey,
        stage=stage,
        numberless=numberless,
        answered_at=answered_at,
        first_look_until=_first_look_until(order, trace),
        service=service,
        window=window,
        last_update=last_update,
        dispatched=dispatched,
        unscanned_since=unscanned_since,
        late_at=late_at,
        stalled_at=_stalled_at(journey, last_update, late_at, thresholds),
        never_scanned_at=unscanned_since + days(thresholds.never_scanned),
        never_scanned_again_at=unscanned_since + days(thresholds.never_scanned_again),
        claim_at=last_update + days(thresholds.claim),
        deadline_from=None
        if order.protection_ends_on is None
        else midnight(order.protection_ends_on) - days(thresholds.protection_first),
        cancelled=_is_cancelled(journey),
        delivery=delivery,
        is_delivered=is_delivered,
        not_received=word if is_delivered else None,
        delivery_mutes=is_delivered and word is None,
        bank=None if memory.old_order or order.paid_with is None else bank_of(order, thresholds),
    )


def _stage(journey: Journey, trace: Trace, *, numberless: bool) -> Stage:
    if journey.stage is not None:
        return journey.stage
    if journey.unplaced:
        return Stage.IN_TRANSIT_UNPLACED
    if numberless:
        return Stage.AWAITING_SHIPMENT
    if trace.answered_at is None:
        return Stage.UNKNOWN
    return Stage.AWAITING_SHIPMENT if trace.known else Stage.NOT_FOUND


@lru_cache(maxsize=64)
def _is_economy(mail_type: str | None) -> bool:
    return mail_type is not None and mail_type.strip().lower() == _ECONOMY


def _is_remote(order: Order) -> bool:
    return order.destination not in MAJOR_DESTINATIONS if order.remote is None else order.remote


def _is_cancelled(journey: Journey) -> bool:
    """Whether the newest placed update is a cancellation, and no physical scan is newer."""
    newest, last_scan = journey.newest, journey.last_scan
    return (
        journey.flag is _CANCELLED
        and newest is not None
        and (last_scan is None or last_scan <= newest.at)
    )


def _first_look_until(order: Order, trace: Trace) -> datetime:
    """Until when nothing is said about a number, for its first check is under way.

    Who adds an order whose parcel was delivered yesterday must not be told of its deadline first.
    Where the check fails, little time is lost.
    """
    if order.tracking_number is None or trace.asked_at is not None:
        return order.created_at
    return (order.number_changed_at or order.created_at) + FIRST_LOOK


def _late_at(
    order: Order, trace: Trace, dispatched: datetime, window: Window, thresholds: Thresholds
) -> datetime:
    """From when the parcel is past its window.

    AliExpress's promised day wins; an estimate of the carrier's widens the window where it is not
    over before it, by `estimate_grace` days at most. At its own instant it has not passed yet.
    """
    if order.promised_on is not None:
        return midnight(order.promised_on) + days(1)
    over = dispatched + days(window.high + 1)
    if trace.eta is None or trace.eta < over:
        return over
    return min(trace.eta + _AFTER, over + days(thresholds.estimate_grace))


def _stalled_at(
    journey: Journey, last_update: datetime, late_at: datetime, thresholds: Thresholds
) -> datetime:
    """From when the parcel is stalled.

    On the way abroad, and where parcels wait for weeks, that is no earlier than it is late.
    """
    silent_at = last_update + days(thresholds.stalled)
    return max(silent_at, late_at) if journey.departed or journey.consolidating else silent_at


def _first_evaluated(
    memory: InitialFindings, now: datetime, *, is_answered: bool
) -> InitialFindings:
    """With the instants of the first evaluations.

    What an earlier version has decided has none, and stays as it is.
    """
    evaluated_at, answered_at = memory.evaluated_at, memory.answered_at
    if evaluated_at is None and memory.old_order is None:
        evaluated_at = now
    if answered_at is None and memory.old_delivery is None and is_answered:
        answered_at = now
    if (evaluated_at, answered_at) == (memory.evaluated_at, memory.answered_at):
        return memory
    return InitialFindings(memory.old_order, memory.old_delivery, evaluated_at, answered_at)


def _decided(
    memory: InitialFindings,
    order: Order,
    journey: Journey,
    now: datetime,
    thresholds: Thresholds,
    *,
    is_answered: bool,
) -> InitialFindings:
    """What the first evaluations decide: `old_order` by the dates as they now stand."""
    old_order, old_delivery = memory.old_order, memory.old_delivery
    if memory.evaluated_at is not None:
        day, ended_on = memory.evaluated_at.date(), order.protection_ends_on
        if ended_on is not None:
            old_order = (day - ended_on).days > thresholds.old_protection
        else:
            old_order = (day - order.ordered_on).days > thresholds.old_order
    if old_delivery is None and is_answered:
        at = journey.delivered_at
        old_delivery = at is not None and whole_days(at, now) > thresholds.old_delivery
    if (old_order, old_delivery) == (memory.old_order, memory.old_delivery):
        return memory
    return InitialFindings(old_order, old_delivery, memory.evaluated_at, memory.answered_at)


def _delivery(
    journey: Journey, trace: Trace, memory: InitialFindings, words: Sequence[Action]
) -> tuple[Delivery | None, Action | None]:
    """The delivery told last, and the buyer's word against it while that stands.

    A scan of another delivery that is newer than the word and first seen after it was said takes
    the word back, and the next word is about that delivery; so does an answer that withdraws a
    delivery which only `status` told.
    """
    at = journey.delivered_at
    if at is None:
        return None, None
    scans = journey.deliveries
    seen = [first_seen for _, first_seen in scans]
    if trace.status_delivered_at is not None:
        seen.append(trace.status_delivered_at)
    known_at = min(seen, default=at)
    withdrawn_at = trace.status_withdrawn_at
    if withdrawn_at is not None and known_at <= withdrawn_at:
        withdrawn_at = None
    told_after, word = withdrawn_at, None
    words = [w for w in words if withdrawn_at is None or w.at > withdrawn_at]
    for said, then in zip_longest(words, words[1:]):
        again = [
            scan
            for scan in scans
            if scan[0] > said.done_at and scan[1] >= said.at and (then is None or scan[1] < then.at)
        ]
        word = said
        if again:
            at, known_at = min(again)[0], min(scan[1] for scan in again)
            told_after, word = said.at, None
    is_old = memory.old_delivery is True and (
        memory.answered_at is None or known_at <= memory.answered_at
    )
    return Delivery(at, known_at, is_old, told_after, told_after is not None), word


def bank_of(order: Order, thresholds: Thresholds) -> Bank | None:
    """The last day on which the bank takes a complaint about an order; None where none is known.

    PayPal's days count from the payment; a card's from the day on which delivery was promised, or
    what is known of it.
    """
    if order.paid_with is PaidWith.PAYPAL:
        base, count = order.paid_on or order.ordered_on, thresholds.paypal_days
    elif order.paid_with is PaidWith.CARD:
        base = order.promised_on or order.protection_ends_on or order.ordered_on
        count = thresholds.card_days
    else:
        return None
    return Bank(base, base + timedelta(days=count), count, f"{order.paid_with} {base}")


def ends_at(case: Case, alerts: Iterable[Alert]) -> datetime:
    """When the watch ends by itself."""
    order, thresholds, delivery = case.order, case.thresholds, case.delivery
    end = midnight(order.ordered_on) + days(thresholds.end_after_order)
    if delivery is not None and case.delivery_mutes:
        since = delivery.at if delivery.is_old else max(delivery.at, delivery.known_at)
        end = min(end, since + days(thresholds.end_after_delivery))
    claim = last_raised(alerts, _REFUND_CLAIM)
    if claim is not None:
        end = min(end, claim.message_at + days(thresholds.end_after_claim))
    # What goes back counts as not delivered: its refund is still due.
    if not case.delivery_mutes:
        if order.protection_ends_on is not None:
            end = max(end, midnight(order.protection_ends_on) + days(thresholds.refund_days + 1))
        if case.bank is not None:
            end = max(end, midnight(case.bank.last_day) + days(1))
    return end


def state_of(case: Case, end: datetime, now: datetime) -> State:
    """Whether the order is watched at an instant, given when the watch ends by itself."""
    if case.actions.ended or now >= end:
        return State.CLOSED
    return State.DELIVERED if case.is_delivered else State.WATCHING


def is_raised(
    alerts: Iterable[Alert],
    kind: AlertKind,
    *,
    about: str | None = None,
    episode: str | None = None,
) -> bool:
    """Whether an alert was raised before."""
    for alert in alerts:
        if (
            alert.kind is kind
            and (about is None or alert.about == about)
            and (episode is None or alert.episode == episode)
        ):
            return True
    return False


class DueAlert(NamedTuple):
    """An alert that the rules call for."""

    kind: AlertKind
    reason: str = ""
    about: str = ""
    nth: int = 1
