"""The buyer's actions of an export, as they stand with an order again."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.orders import NOTE_LIMIT, Action, ActionKind, Order, SearchPlace
from stallwatch.domain.text import clean
from stallwatch.domain.validation import EARLIEST, check_action
from stallwatch.rules.journey import FIRST_EPISODE

_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def restored_actions(exported: Sequence[Mapping[str, object]], now: datetime) -> tuple[Action, ...]:
    """The actions of one order, oldest first.

    Each is checked as of the instant at which it was said. They belong to the first episode: a
    parcel whose trace is read anew is in it, whatever had come before.

    Args:
        exported: The actions as the API shows them.
        now: The present instant; nothing was said later.

    Raises:
        UnacceptableError: one is no action, or makes no sense.
    """
    found: dict[str, Action] = {}
    for place, one in enumerate(exported, 1):
        try:
            action = _action(one)
            _check(action, now)
        except (KeyError, ValueError, TypeError, OverflowError):
            raise UnacceptableError({"actions": f"no. {place} cannot be read"}) from None
        except UnacceptableError as error:
            why = ", ".join(f"{name} {reason}" for name, reason in error.reasons.items())
            raise UnacceptableError({"actions": f"no. {place}: {why}"}) from None
        found.setdefault(action.action_id, action)
    return tuple(sorted(found.values(), key=lambda action: action.at))


def _action(one: Mapping[str, object]) -> Action:
    action_id = str(one.get("action_id") or "")
    if action_id and not _ID.fullmatch(action_id):
        raise ValueError("no id")
    answers = one.get("answers") or {}
    if not isinstance(answers, Mapping):
        raise TypeError("no answers")
    at = datetime.fromisoformat(str(one["at"]))
    if at.tzinfo is None:
        raise ValueError("no zone")
    return Action(
        kind=ActionKind(str(one["action"])),
        at=at.astimezone(UTC),
        on=_day(one.get("on")),
        until=_day(one.get("until")),
        amount=_amount(one.get("amount")),
        episode=FIRST_EPISODE,
        answers=tuple((SearchPlace(name), _known(_day(on))) for name, on in answers.items()),
        note=clean(str(one.get("note") or ""), NOTE_LIMIT) or None,
        action_id=action_id,
    )


def _check(action: Action, now: datetime) -> None:
    """Check an action by itself: the order may have been changed since it was said."""
    if action.at.date() < EARLIEST or action.at > now:
        raise UnacceptableError({"at": f"must lie between {EARLIEST} and now"})
    anything = Order("-", EARLIEST, "DE", action.at, "-", currency="EUR")
    check_action(action, anything, action.at)


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))


def _known(day: date | None) -> date:
    if day is None:
        raise ValueError("no day")
    return day


def _amount(value: object) -> Decimal | None:
    if value is None:
        return None
    if not _AMOUNT.fullmatch(str(value)):
        raise ValueError("no amount")
    return Decimal(str(value))
