"""What an order must be like to make sense, whoever gave it."""

import re
from datetime import date, datetime, timedelta

from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.orders import NOTE_LIMIT, Action, ActionKind, Order

EARLIEST = date(2010, 1, 1)
"""AliExpress began in that year."""


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"


_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
"""One address: no list, no scheme, no dot at the end of the name, no hyphen at that of a label."""


_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


_ORDER_NUMBER = re.compile(r"[0-9]{8,24}")


LONGEST_PROTECTION = timedelta(days=366)


LONGEST_SNOOZE = timedelta(days=180)


def check(order: Order, now: datetime) -> None:
    """Check an order's dates and its price.

    Raises:
        UnacceptableError: with each field that makes no sense, and why.
    """
    tomorrow = now.date() + timedelta(days=1)
    reasons = {}
    if not EARLIEST <= order.ordered_on <= tomorrow:
        reasons["ordered_on"] = f"must lie between {EARLIEST} and tomorrow"
    shipped_on, ends_on = order.shipped_on, order.protection_ends_on
    if shipped_on is not None and not order.ordered_on <= shipped_on <= tomorrow:
        reasons["shipped_on"] = "must lie between ordered_on and tomorrow"
    if ends_on is not None and not (
        order.ordered_on <= ends_on <= order.ordered_on + LONGEST_PROTECTION
    ):
        reasons["protection_ends_on"] = "must lie within a year after ordered_on"
    if order.promised_on is not None and not (
        order.ordered_on <= order.promised_on <= order.ordered_on + LONGEST_PROTECTION
    ):
        reasons["promised_on"] = "must lie within a year after ordered_on"
    if order.paid_on is not None:
        if order.paid_with is None:
            reasons["paid_with"] = "is needed with paid_on"
        if not EARLIEST <= order.paid_on <= tomorrow:
            reasons["paid_on"] = f"must lie between {EARLIEST} and tomorrow"
    if order.order_number is not None and not _ORDER_NUMBER.fullmatch(order.order_number):
        reasons["order_number"] = "must be AliExpress's order number: 8 to 24 digits"
    if order.price is not None and order.currency is None:
        reasons["currency"] = "is needed with a price"
    if order.currency is not None and order.price is None:
        reasons["price"] = "is needed with a currency"
    if reasons:
        raise UnacceptableError(reasons)


def check_action(action: Action, order: Order, now: datetime) -> None:
    """Check what the buyer says of an order.

    Raises:
        UnacceptableError: with each field that makes no sense, and why.
    """
    reasons = {}
    today = now.date()
    if action.kind is ActionKind.SNOOZE:
        if action.until is None or not today < action.until <= today + LONGEST_SNOOZE:
            reasons["until"] = f"is needed, after today and within {LONGEST_SNOOZE.days} days"
    elif action.until is not None:
        reasons["until"] = "is allowed with a snooze only"
    if action.on is not None and not order.ordered_on <= action.on <= today + timedelta(days=1):
        reasons["on"] = "must lie between ordered_on and tomorrow"
    if action.amount is not None:
        if action.kind is not ActionKind.REFUNDED:
            reasons["amount"] = "is allowed with a refund only"
        elif order.currency is None:
            reasons["amount"] = "needs the order's price and currency first"
        elif order.price is not None and action.amount > order.price:
            reasons["amount"] = f"is more than the price, {order.price} {order.currency}"
    if action.note is not None and len(action.note) > NOTE_LIMIT:
        reasons["note"] = f"must have at most {NOTE_LIMIT} characters"
    reasons |= _check_answers(action, order, today)
    if reasons:
        raise UnacceptableError(reasons)


def _check_answers(action: Action, order: Order, today: date) -> dict[str, str]:
    """What is wrong with the answers to where a parcel was looked for."""
    if action.kind is not ActionKind.NOT_FOUND_HERE:
        return {"answers": "is allowed with not_found_here only"} if action.answers else {}
    if not action.answers:
        return {"answers": "is needed: at least one place, with the day on which it was checked"}
    if action.on is not None:
        return {"on": "is not allowed with not_found_here: each answer has its own day"}
    tomorrow = today + timedelta(days=1)
    return {
        f"answers.{spot}": "must lie between ordered_on and tomorrow"
        for spot, day in action.answers
        if not order.ordered_on <= day <= tomorrow
    }


def check_endpoint(protocol: str, endpoint: str) -> str:
    """A subscriber's address, trimmed.

    Args:
        protocol: `email` or `sms`.
        endpoint: The address.

    Raises:
        UnacceptableError: it is none.
    """
    bare = endpoint.strip()
    if protocol == "email":
        if not _EMAIL.fullmatch(bare):
            raise UnacceptableError({"endpoint": "must be an e-mail address"})
        return bare
    bare = re.sub(r"[\s()-]", "", bare)
    if not _PHONE.fullmatch(bare):
        raise UnacceptableError({"endpoint": "must be a phone number like +4915112345678"})
    return bare
