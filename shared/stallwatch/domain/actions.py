"""The buyer's words: which make sense when, and what they change."""

from dataclasses import replace
from datetime import datetime

from stallwatch.domain.errors import MissingError, SenselessError
from stallwatch.domain.orders import ENDING_ACTIONS, Action, ActionKind, Order, State

MOST_ACTIONS = 100


_ENDING_ROOM = 20
"""How many actions that end the watch find room beyond those."""


_OUTCOMES = frozenset({ActionKind.RECEIVED, ActionKind.REFUNDED, ActionKind.LOST})


def act(order: Order, action: Action, state: State) -> Order:
    """The order after the buyer has said something.

    Args:
        order: The order.
        action: What was said.
        state: The order's state before.

    Returns:
        The same order, where that was said before and still stands.

    Raises:
        SenselessError: it makes no sense now.
    """
    standing = order.in_force()
    if _stands(action, standing) or _is_reopened_again(action, order):
        return order
    ended_by_word = any(a.kind in ENDING_ACTIONS for a in standing)
    if action.kind is ActionKind.REOPEN:
        if not standing:
            raise SenselessError("There is nothing to take back.")
        if state is State.CLOSED and not ended_by_word:
            raise SenselessError("The watch has ended by itself: too much time has passed.")
    elif state is State.CLOSED and action.kind not in _OUTCOMES:
        raise SenselessError("The order is closed. Reopen it first.")
    # What ends a watch fits in any case.
    most = MOST_ACTIONS + (_ENDING_ROOM if action.kind in ENDING_ACTIONS else 0)
    if len(order.actions) >= most:
        raise SenselessError(f"An order takes at most {MOST_ACTIONS} actions.")
    return replace(order, actions=(*order.actions, action))


def _stands(action: Action, standing: tuple[Action, ...]) -> bool:
    """Whether the same was said before, and nothing of its kind after it."""
    if action.kind in ENDING_ACTIONS:
        said = [a for a in standing if a.kind in ENDING_ACTIONS]
    else:
        said = [a for a in standing if a.kind is action.kind]
    if not said:
        return False
    last = said[-1]
    if action.kind is ActionKind.NOT_FOUND_HERE:
        return {pair for a in said for pair in a.answers} >= set(action.answers)
    same_episode = action.kind is not ActionKind.SELLER_CONTACTED or last.episode == action.episode
    return same_episode and (last.kind, last.on, last.until, last.amount) == (
        action.kind,
        action.on,
        action.until,
        action.amount,
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
