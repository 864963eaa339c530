"""What an order, an action and an address must be like to make sense."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.orders import Action, ActionKind, Order, SearchPlace
from stallwatch.domain.validation import check, check_action, check_endpoint
from tests.support.builders import NOON, an_order

TODAY = NOON.date()
DAY = timedelta(days=1)


def refused(order: Order) -> set[str]:
    try:
        check(order, NOON)
    except UnacceptableError as error:
        return set(error.reasons)
    return set()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ordered_on": date(2010, 1, 1)}, set()),
        ({"ordered_on": date(2009, 12, 31)}, {"ordered_on"}),
        ({"ordered_on": TODAY + DAY}, set()),
        ({"ordered_on": TODAY + 2 * DAY}, {"ordered_on"}),
        ({"shipped_on": TODAY + DAY}, set()),
        ({"shipped_on": TODAY + 2 * DAY}, {"shipped_on"}),
        ({"shipped_on": TODAY - 20 * DAY}, set()),
        ({"shipped_on": TODAY - 21 * DAY}, {"shipped_on"}),
        ({"protection_ends_on": TODAY - 20 * DAY}, set()),
        ({"protection_ends_on": TODAY - 21 * DAY}, {"protection_ends_on"}),
        ({"protection_ends_on": TODAY + 346 * DAY}, set()),
        ({"protection_ends_on": TODAY + 347 * DAY}, {"protection_ends_on"}),
        ({"price": Decimal(1), "currency": "EUR"}, set()),
        ({"price": Decimal(1)}, {"currency"}),
        ({"currency": "EUR"}, {"price"}),
        ({"ordered_on": date(1999, 1, 1), "shipped_on": date(1998, 1, 1), "price": Decimal(1)},
         {"ordered_on", "shipped_on", "currency"}),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_are_refused(fields: dict[str, Any], expected: set[str]) -> None:
    """Each field for itself, and all of them at once."""
    assert expected == refused(an_order(**fields))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": ActionKind.SNOOZE}, "until"),
        ({"kind": ActionKind.SNOOZE, "until": TODAY}, "until"),
        ({"kind": ActionKind.SNOOZE, "until": TODAY + DAY}, None),
        ({"kind": ActionKind.SNOOZE, "until": TODAY + 180 * DAY}, None),
        ({"kind": ActionKind.SNOOZE, "until": TODAY + 181 * DAY}, "until"),
        *(({"kind": deed, "until": TODAY + DAY}, "until") for deed in ActionKind if deed is not ActionKind.SNOOZE),  # noqa: E501
        ({"kind": ActionKind.RECEIVED, "on": TODAY + DAY}, None),
        ({"kind": ActionKind.RECEIVED, "on": TODAY + 2 * DAY}, "on"),
        ({"kind": ActionKind.RECEIVED, "on": TODAY - 20 * DAY}, None),
        ({"kind": ActionKind.RECEIVED, "on": TODAY - 21 * DAY}, "on"),
        ({"kind": ActionKind.REFUNDED, "amount": Decimal(1)}, None),
        *(({"kind": deed, "amount": Decimal(1)}, "amount")
          for deed in ActionKind if deed not in {ActionKind.REFUNDED, ActionKind.SNOOZE}),
        ({"kind": ActionKind.SNOOZE, "until": TODAY + DAY, "amount": Decimal(1)}, "amount"),
        ({"kind": ActionKind.NOT_FOUND_HERE}, None),
        ({"kind": ActionKind.NOT_FOUND_HERE, "on": TODAY}, "on"),
        ({"kind": ActionKind.NOT_FOUND_HERE, "answers": ()}, "answers"),
        ({"kind": ActionKind.NOT_FOUND_HERE, "answers": ((SearchPlace.LOCKER, TODAY + DAY),)}, None),  # noqa: E501
        ({"kind": ActionKind.NOT_FOUND_HERE, "answers": ((SearchPlace.LOCKER, TODAY + 2 * DAY),)}, "answers.locker"),  # noqa: E501
        ({"kind": ActionKind.NOT_FOUND_HERE, "answers": ((SearchPlace.DOORSTEP, TODAY - 21 * DAY),)}, "answers.doorstep"),  # noqa: E501
        *(({"kind": deed, "answers": ((SearchPlace.LOCKER, TODAY),)}, "answers")
          for deed in ActionKind if deed not in {ActionKind.NOT_FOUND_HERE, ActionKind.SNOOZE}),
    ],
)  # fmt: skip
def test_what_goes_with_an_action(given: dict[str, object], field: str | None) -> None:
    """An end with a snooze, an amount with a refund, a day that can have been."""
    order = an_order(price=Decimal(9), currency="EUR")
    if given["kind"] is ActionKind.NOT_FOUND_HERE:
        given = {"answers": ((SearchPlace.LOCKER, TODAY),), **given}
    action = Action(at=NOON, **given)  # type: ignore[arg-type]
    if field is None:
        check_action(action, order, NOON)
        return
    with pytest.raises(UnacceptableError) as refusal:
        check_action(action, order, NOON)
    assert {field} == set(refusal.value.reasons)


def test_an_amount_needs_a_currency() -> None:
    """Else nobody knows what was refunded."""
    action = Action(ActionKind.REFUNDED, NOON, amount=Decimal(1))
    with pytest.raises(UnacceptableError, match="amount"):
        check_action(action, an_order(), NOON)


@pytest.mark.parametrize(
    ("protocol", "given", "expected"),
    [
        ("email", "a@example.org", "a@example.org"),
        ("email", " First.Last+tag@mail.example.co.uk ", "First.Last+tag@mail.example.co.uk"),
        ("email", "", None),
        ("email", "a", None),
        ("email", "a@example", None),
        ("email", "a b@example.org", None),
        ("email", "a@exa mple.org", None),
        ("email", "a@example.org\nBcc: b@example.org", None),
        ("email", "ä@example.org", None),
        ("email", "@example.org", None),
        ("sms", "+4915112345678", "+4915112345678"),
        ("sms", " +49 (151) 123-45678 ", "+4915112345678"),
        ("sms", "015112345678", None),
        ("sms", "+0123456789", None),
        ("sms", "+123456", None),
        ("sms", "+1234567890123456", None),
        ("sms", "+49151x2345678", None),
        ("sms", "", None),
    ],
)
def test_an_address_must_look_like_one(protocol: str, given: str, expected: str | None) -> None:
    """SNS takes almost anything, and then nothing arrives."""
    if expected is not None:
        assert expected == check_endpoint(protocol, given)
        return
    with pytest.raises(UnacceptableError, match="endpoint"):
        check_endpoint(protocol, given)
