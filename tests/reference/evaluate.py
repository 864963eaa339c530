"""An evaluation of the reference model, and a search for the first instant at which one speaks."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from tests.reference.dates import (
    bank_reminder,
    dispute_reminder,
    key_dates,
    not_received_reminder,
    seller_reminder,
    watch_ends_at,
)
from tests.reference.ladder import is_cancelled, is_lost, ladder, silence_claim_is_left
from tests.reference.model import (
    DAY,
    HOUR,
    Answer,
    Evaluation,
    Known,
    Memory,
    Numbers,
    Order,
    Sent,
    days_between,
    midnight,
)
from tests.reference.notices import (
    deadline,
    delivered,
    moving_again,
    notices,
)
from tests.reference.view import View

ADVICE = (
    *("delivered", "refund_due", "protection_ending", "action_needed", "refund_claim"),
    *("never_scanned", "stalled", "late", "reminder", "unanswered"),
)
""" "Raised together, all carry the advice of the first of" these."""


def remember(v: View) -> Memory:
    """What is decided at the first evaluations.

    "Decided at the first evaluation that has a valid answer, and kept: `delivered` more than 15
    days ago is never announced for this order."
    """
    memory = v.memory if v.memory.first_day else replace(v.memory, first_day=v.today)
    if memory.decided_at is None and v.answered_at is not None:
        at = v.delivery.at if v.delivery is not None else None
        old = at is not None and days_between(at, v.now) > v.n.old_delivery
        memory = replace(memory, decided_at=v.now, old_delivery=old)
    return memory


def is_closed(v: View, *, first: bool) -> bool:
    """Whether the watch has ended.

    "A delivery that becomes known later is always announced, in the evaluation that first sees it,
    before the watch can end (the first evaluation of an order whose watch is over by its age says
    nothing)."
    """
    if v.ended_by_word:
        return True
    if v.now < watch_ends_at(v):
        return False
    return first or v.memory.closed or not delivered(v)


def alerts(v: View) -> list[Sent]:
    """What is due now, of an order that is watched."""
    if v.muted_by_delivery:  # "`delivered` mutes all but a return"
        return delivered(v)
    due = [*delivered(v), *ladder(v), *notices(v)]
    due += deadline(v, due)
    due += moving_again(v, due)
    return [
        *due,
        *seller_reminder(v, tuple(due)),
        *dispute_reminder(v),
        *not_received_reminder(v),
        *bank_reminder(v),
    ]


def advice_of(kinds: Iterable[str]) -> str | None:
    """The kind whose advice all carry that are raised together (`moving_again` has none)."""
    raised = set(kinds)
    return next((kind for kind in ADVICE if kind in raised), None)


def evaluate(
    order: Order,
    known: Known,
    sent: tuple[Sent, ...],
    memory: Memory,
    now: datetime,
    n: Numbers | None = None,
) -> Evaluation:
    """Decide what is due now, and all that is shown.

    Args:
        order: The order, with the buyer's words until now.
        known: What the sources have told until now.
        sent: What was raised before, oldest first.
        memory: What the evaluation before this one remembered.
        now: The instant.
        n: The numbers of the rules; None: their defaults.
    """
    v = View(order, known, now, n or Numbers(), sent, memory)
    remembered = remember(v)
    if remembered is not memory:
        v = replace(v, memory=remembered)
    closed = is_closed(v, first=memory.first_day is None)
    due = () if closed else tuple(alerts(v))
    state = "closed" if closed else "delivered" if v.delivered else "watching"
    raised = (*sent, *due)
    return Evaluation(
        due=due,
        stage=v.stage,
        state=state,
        silent_days=v.silent_days,
        days_in_transit=v.days_in_transit,
        dates=key_dates(
            v,
            raised,
            state=state,
            cancelled=is_cancelled(v),
            # While a loss is flagged the claim is for the loss, and never for silence.
            claim_left=silence_claim_is_left(v, raised) and not is_lost(v),
        ),
        advice=advice_of(s.kind for s in due),
        memory=v.memory if v.memory.closed is closed else replace(v.memory, closed=closed),
    )


def hourly(start: datetime, horizon: datetime, step: timedelta = HOUR) -> Iterator[datetime]:
    """Every instant of a grid after `start`, until `horizon`."""
    at = start + step
    while at <= horizon:
        yield at
        at += step


def candidates(
    order: Order, known: Known, sent: tuple[Sent, ...], start: datetime, horizon: datetime
) -> Iterator[datetime]:
    """The instants at which a rule may begin to hold: every midnight, and whole days and the waits
    in hours after anything that has an instant, each also a microsecond later ("later than"); the
    microsecond after `start` is the next answer."""
    anchors = {e.at for e in known.events} | {e.first_seen for e in known.events}
    anchors |= {a.at for a in known.answers} | {s.at for s in sent} | set(known.others_at)
    anchors |= {s.event_at for s in sent if s.event_at is not None}
    anchors |= {w.said_at for w in order.words} | {w.counts_from for w in order.words}
    anchors |= {at for at in (known.eta, known.asked_since, order.number_changed_at) if at}
    if known.second is not None and known.second.failing_since is not None:
        anchors.add(known.second.failing_since)
    days = (horizon - start).days + 1
    instants = {start, *(midnight(start.date() + timedelta(days=d)) for d in range(days + 2))}
    for anchor in anchors:
        first = (start - anchor) // DAY
        instants |= {anchor + (first + d) * DAY for d in range(days + 2)}
        instants |= {anchor + (first + d) * DAY + 20 * HOUR for d in range(-1, days + 2)}
    instants |= {at + timedelta(microseconds=1) for at in instants}
    yield from sorted(at for at in instants if start < at <= horizon)


def first_due(
    order: Order,
    known: Known,
    sent: tuple[Sent, ...],
    memory: Memory,
    instants: Iterable[datetime],
    *,
    answers: bool,
    n: Numbers | None = None,
) -> tuple[datetime, Evaluation] | None:
    """The first of some instants at which something is raised or the watch ends; None: at none.

    It checks that the product never looks again too late: `next_rule_at` against `answers=True`
    (the source keeps answering, without news), `next_clock_at` against `answers=False`.

    Args:
        order: The order.
        known: What the sources have told until now.
        sent: What was raised before, this evaluation's included.
        memory: What this evaluation remembered.
        instants: When to look, oldest first (see `hourly` and `candidates`).
        answers: Whether an answer without news comes at each of them.
        n: The numbers of the rules.
    """
    number = order.number
    knows = any(a.known for a in known.answers if a.number == number)
    before, told = known, list(known.answers)
    for at in instants:
        if answers and number is not None:
            answer = Answer(at, number, known=knows)
            known = replace(before, answers=(*told, answer))
            # The first of each day stays: the rules ask for no more than its date.
            if told[-1:] == [] or told[-1].at.date() < at.date():
                told.append(answer)
        decided = evaluate(order, known, sent, memory, at, n)
        if decided.due or (decided.state == "closed" and not memory.closed):
            return at, decided
    return None
