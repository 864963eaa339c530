"""The buyer's actions: which make sense when, and what they change."""

from dataclasses import replace
from datetime import datetime

from stallwatch.domain.clock import DAY
from stallwatch.domain.errors import MissingError, SenselessError
from stallwatch.domain.orders import ENDING_ACTIONS, Action, ActionKind, Order, State
from stallwatch.domain.parcels import Stage

MOST_ACTIONS = 100
"""How many actions an order takes; those that end a watch always fit."""


_AGAINST = {
    **dict.fromkeys(ENDING_ACTIONS, frozenset({ActionKind.NOT_RECEIVED})),
    ActionKind.NOT_RECEIVED: ENDING_ACTIONS,
    ActionKind.DISPUTE_OPENED: frozenset({ActionKind.DISPUTE_REJECTED}),
    ActionKind.DISPUTE_REJECTED: frozenset({ActionKind.DISPUTE_OPENED}),
}
"""What takes an action's effect back, so that saying it again is news."""


_OUTCOMES = frozenset({ActionKind.RECEIVED, ActionKind.REFUNDED, ActionKind.LOST})


def act(order: Order, action: Action, state: State, *, stage: Stage | None = None) -> Order:
    """The order after the buyer has said something.

    Args:
        order: The order.
        action: What was said.
        state: The order's state before.
        stage: Where its parcel is; None: not known, and the state alone decides.

    Returns:
        The same order, where that was said before and still stands.

    Raises:
        SenselessError: it makes no sense now.
    """
    standing = order.in_force()
    if _stands(action, standing) or _is_reopened_again(action, order):
        return order
    _check_sense(order, action, state, stage)
    kept = order.actions
    if len(kept) >= MOST_ACTIONS:
        if action.kind not in ENDING_ACTIONS:
            raise SenselessError(f"An order takes at most {MOST_ACTIONS} actions.")
        if kept[-1].kind in ENDING_ACTIONS:
            kept = kept[:-1]  # The last one counts, and the list must not grow for ever.
    return replace(order, actions=(*kept, action))


def _check_sense(order: Order, action: Action, state: State, stage: Stage | None) -> None:
    kind = action.kind
    if kind is ActionKind.REOPEN:
        if not order.in_force():
            raise SenselessError("There is nothing to take back.")
        if state is State.CLOSED and order.ending() is None:
            raise SenselessError("The watch of this order has ended: too much time has passed.")
        return
    if kind is ActionKind.NOT_RECEIVED:
        # It is the one word that opens a watch again which has ended after a delivery.
        is_delivered = state is not State.WATCHING if stage is None else stage is Stage.DELIVERED
        if not is_delivered:
            raise SenselessError("The carrier does not report this order as delivered.")
        return
    if state is State.CLOSED and kind not in _OUTCOMES:
        raise SenselessError("The order is closed. Reopen it first.")
    if kind is ActionKind.DISPUTE_REJECTED and order.last_said(ActionKind.DISPUTE_OPENED) is None:
        raise SenselessError("No dispute was recorded that could have been rejected.")


def _stands(action: Action, standing: tuple[Action, ...]) -> bool:
    """Whether the same was said before, and nothing of its kind or against it after it."""
    kind = action.kind
    same = ENDING_ACTIONS if kind in ENDING_ACTIONS else {kind}
    against = _AGAINST.get(kind, frozenset())
    same_before: list[Action] = []
    for earlier in standing:
        if earlier.kind in against:
            same_before = []
        elif earlier.kind in same:
            same_before.append(earlier)
    if not same_before:
        return False
    last = same_before[-1]
    if kind is ActionKind.NOT_FOUND_HERE:
        return {pair for a in same_before for pair in a.answers} >= set(action.answers)
    if kind is ActionKind.NOT_RECEIVED and action.at - last.at > DAY:
        return False  # Another delivery may have come in between, which took the word back.
    same_episode = kind is not ActionKind.SELLER_CONTACTED or last.episode == action.episode
    return same_episode and (last.kind, last.on, last.until, last.amount, last.note) == (
        kind,
        action.on,
        action.until,
        action.amount,
        action.note,
    )


def _is_reopened_again(action: Action, order: Order) -> bool:
    """Whether the order was reopened, and nothing was said since."""
    last = order.actions[-1:]
    return action.kind is ActionKind.REOPEN and any(a.kind is ActionKind.REOPEN for a in last)


def take_back(order: Order, action_id: str) -> Order:
    """The order without one of its actions; every other stays as it is.

    Raises:
        MissingError: it has no such action.
    """
    left = tuple(action for action in order.actions if action.action_id != action_id)
    if len(left) == len(order.actions):
        raise MissingError(action_id)
    return replace(order, actions=left)


def change(order: Order, changed: Order, now: datetime) -> Order:
    """The order after the buyer has changed what he gave.

    Args:
        order: The order.
        changed: The same with other values.
        now: The present instant.

    Returns:
        The same order where nothing is different.
    """
    if changed.tracking_number == order.tracking_number:
        return changed
    first = order.tracking_number is None and order.number_changed_at is None
    return changed if first else replace(changed, number_changed_at=now)
