"""What a message asks is the advice of its evaluation, whatever words and dates meet it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, combinations, product

import pytest

from stallwatch.domain.alerts import ASKED_BY, PROFILES, AlertKind, Situation
from stallwatch.domain.orders import Action, ActionKind, Order, PaidWith
from stallwatch.domain.parcels import Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from tests.support.builders import NOON, NUMBER, an_order
from tests.unit.rules.test_cases import checkpoint

DAY = timedelta(days=1)
PARCELS: dict[str, tuple[int, tuple[tuple[int, str], ...]]] = {
    "unscanned": (16, ()),
    "unscanned for long": (22, ()),
    "late": (30, ((28, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART"))),
    "stalled": (30, ((28, "PU_PICKUP_SUCCESS"), (20, "LH_DEPART"))),
    "silent": (70, ((68, "PU_PICKUP_SUCCESS"), (61, "LH_DEPART"))),
    "old": (130, ((128, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART"))),
    "returned": (30, ((28, "PU_PICKUP_SUCCESS"), (2, "RT_INBOUND"))),
    "lost": (30, ((28, "PU_PICKUP_SUCCESS"), (2, "LOST"))),
    "at a pickup point": (30, ((28, "PU_PICKUP_SUCCESS"), (2, "GTMS_STA_SIGNED"))),
    "after an attempt": (30, ((28, "PU_PICKUP_SUCCESS"), (2, "GTMS_DEL_FAILURE"))),
    "at customs": (30, ((28, "PU_PICKUP_SUCCESS"), (2, "CC_IM_FAILURE"))),
    "cancelled": (30, ((2, "GWMS_CANCEL"),)),
    "delivered": (30, ((28, "PU_PICKUP_SUCCESS"), (12, "GTMS_SIGNED"))),
}
"""Days since the order, and what was seen: days ago, and the code."""
WORDS = {
    ActionKind.DISPUTE_OPENED: 4,
    ActionKind.DISPUTE_REJECTED: 1,
    ActionKind.NOT_RECEIVED: 4,
    ActionKind.SNOOZE: 4,
    ActionKind.SELLER_CONTACTED: 4,
}
"""How many days ago each was said."""
ENDS_IN = (None, 3, -5, -16, -40)
"""In how many days protection ends: ahead, due, over, and over for long."""


def words() -> Iterator[tuple[Action, ...]]:
    """Every choice of the buyer's words that can be said, oldest first."""
    for kinds in chain.from_iterable(combinations(WORDS, n) for n in range(len(WORDS) + 1)):
        if ActionKind.DISPUTE_REJECTED in kinds and ActionKind.DISPUTE_OPENED not in kinds:
            continue
        said = [
            Action(kind, NOON - WORDS[kind] * DAY, until=NOON.date() + 3 * DAY, episode="0")
            for kind in kinds
        ]
        yield tuple(sorted(said, key=lambda action: action.at))


def trace_of(parcel: str, number: str | None, *, answered: bool) -> Trace:
    """The trace of a parcel that is answered about now, or since 11 days no more."""
    first_seen = NOON - 11 * DAY
    seen = tuple(
        checkpoint(NUMBER, NOON - days * DAY, code, max(first_seen, NOON - days * DAY))
        for days, code in PARCELS[parcel][1]
        if answered or days > 11
    )
    return Trace(
        number=number,
        checkpoints=seen if number else (),
        asked_at=NOON,
        answered_at=NOON if answered else first_seen,
        unanswered_since=None if answered else first_seen,
        known=True,
    )


def decide(order: Order, trace: Trace, first_evaluated: datetime, now: datetime = NOON) -> Decision:
    """An order that was evaluated once before, and for which nothing was raised."""
    memory = InitialFindings(evaluated_at=first_evaluated, answered_at=first_evaluated)
    return evaluate(order, trace, [], memory, now, Thresholds())


@pytest.mark.parametrize("parcel", PARCELS)
def test_a_message_that_asks_brings_an_advice_that_asks(parcel: str) -> None:
    """All choices of words, over dates ahead and past, with and without number and answer."""
    plain = an_order(ordered_on=NOON.date() - PARCELS[parcel][0] * DAY, created_at=NOON - 30 * DAY)
    raised = set()
    numbers = (NUMBER,) if PARCELS[parcel][1] else (NUMBER, None)
    for said, ends_in, number, answered, paid in product(
        words(), ENDS_IN, numbers, (True, False), (None, PaidWith.PAYPAL)
    ):
        order = replace(
            plain,
            actions=said,
            tracking_number=number,
            protection_ends_on=None if ends_in is None else NOON.date() + ends_in * DAY,
            paid_with=paid,
            paid_on=NOON.date() - 170 * DAY,
        )
        trace = trace_of(parcel, number, answered=answered)

        decision = decide(order, trace, NOON - 10 * DAY)

        asking = {alert.kind for alert in decision.due if PROFILES[alert.kind].situations}
        raised |= asking
        if asking:
            assert decision.situation in ASKED_BY, (asking, order)
    assert raised


def test_what_is_unanswered_under_a_dispute_is_looked_at_by_hand() -> None:
    """Open or refused: the mail asks to look, and so do page and list."""
    opened = Action(ActionKind.DISPUTE_OPENED, NOON - DAY)
    rejected = Action(ActionKind.DISPUTE_REJECTED, NOON - DAY)
    for actions in ((opened,), (opened, rejected)):
        order = an_order(ordered_on=NOON.date() - 30 * DAY, actions=actions)
        decision = decide(order, trace_of("stalled", NUMBER, answered=False), NOON - 10 * DAY)

        assert [AlertKind.UNANSWERED] == [alert.kind for alert in decision.due]
        assert Situation.UNANSWERED_DISPUTED is decision.situation


def test_who_asked_the_seller_in_an_outage_is_asked_again_by_the_message() -> None:
    """`never_scanned` comes with the first answer after it, and asks until the next word."""
    contacted = Action(ActionKind.SELLER_CONTACTED, NOON - DAY, episode="0")
    order = an_order(ordered_on=NOON.date() - 14 * DAY, actions=(contacted,))
    trace = trace_of("unscanned", NUMBER, answered=True)

    decision = decide(order, trace, NOON - 10 * DAY)

    assert [AlertKind.NEVER_SCANNED] == [alert.kind for alert in decision.due]
    assert Situation.NEVER_SCANNED is decision.situation

    later, memory = NOON + DAY, decision.memory
    sent = [replace(alert, sent_at=NOON) for alert in decision.due]
    for actions, expected in (
        (order.actions, Situation.NEVER_SCANNED),
        ((contacted, replace(contacted, at=later)), Situation.CONTACTED),
    ):
        then = replace(order, actions=actions)
        after = evaluate(then, replace(trace, answered_at=later), sent, memory, later, Thresholds())
        assert ((), expected) == (after.due, after.situation)
