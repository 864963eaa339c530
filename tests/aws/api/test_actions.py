"""What the buyer did: recorded once, taken back, refused where it makes no sense."""

from datetime import timedelta
from typing import Any

import pytest

from stallwatch.domain.orders import ActionKind
from tests.aws.api.client import START, Api, stored

NUMBER = "LP00123456789012"


@pytest.mark.parametrize(
    "action", [deed.value for deed in ActionKind if deed is not ActionKind.REOPEN]
)
def test_an_action_is_taken_down_once(api: Api, action: str) -> None:
    """The same again is 200 and changes nothing."""
    order_id = api.add()
    given: dict[str, Any] = {}
    if action == "snooze":
        given = {"until": "2026-07-01"}
    elif action == "not_found_here":
        given = {"answers": {"neighbour": "2026-06-14"}}
    elif action == "dispute_rejected":
        api.act(order_id, "dispute_opened")
    elif action == "not_received":
        api.world.cainiao.put(NUMBER, [(START - timedelta(hours=2), "GTMS_SIGNED")])
        assert 200 == api.call("PATCH", f"/orders/{order_id}", {"tracking_number": NUMBER})[0]
        api.world.check(order_id)
    assert 200 == api.act(order_id, action, **given)
    before = stored(api.world)
    api.world.advance(minutes=5)
    assert 200 == api.act(order_id, action, **given)
    assert before == stored(api.world)
    said = next(a for a in api.get(order_id)["actions"] if a["action"] == action)
    assert (action, "2026-06-15T12:00") == (said["action"], said["at"][:16])


@pytest.mark.parametrize("action", ["received", "refunded", "lost", "close"])
def test_some_actions_close_an_order_and_reopening_takes_them_back(api: Api, action: str) -> None:
    """Reopening twice is reopening once."""
    order_id = api.add()
    assert 409 == api.act(order_id, "reopen")
    assert 200 == api.act(order_id, action)
    assert "closed" == api.get(order_id)["state"]
    assert 409 == api.act(order_id, "snooze", until="2026-07-01")
    assert 200 == api.act(order_id, "reopen")
    assert 200 == api.act(order_id, "reopen")
    answer = api.get(order_id)
    assert "watching" == answer["state"]
    assert ["reopen", action] == [said["action"] for said in answer["actions"]]


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("action", {}),
        ("action", {"action": "dance"}),
        ("action", {"action": None}),
        ("until", {"action": "snooze"}),
        ("until", {"action": "snooze", "until": "2026-06-15"}),
        ("until", {"action": "snooze", "until": "2027-06-15"}),
        ("until", {"action": "received", "until": "2026-07-01"}),
        ("on", {"action": "received", "on": "2026-05-31"}),
        ("on", {"action": "received", "on": "2026-06-17"}),
        ("on", {"action": "received", "on": "yesterday"}),
        ("amount", {"action": "received", "amount": "1.00"}),
        ("amount", {"action": "refunded", "amount": "1.00"}),
        ("amount", {"action": "refunded", "amount": 1}),
        ("why", {"action": "received", "why": "x"}),
        ("answers", {"action": "not_found_here"}),
        ("answers", {"action": "not_found_here", "answers": {}}),
        ("answers", {"action": "not_found_here", "answers": {"locker": None}}),
        ("answers", {"action": "received", "answers": {"locker": "2026-06-14"}}),
        ("answers.cellar", {"action": "not_found_here", "answers": {"cellar": "2026-06-14"}}),
        ("answers.locker", {"action": "not_found_here", "answers": {"locker": "yesterday"}}),
        ("answers.locker", {"action": "not_found_here", "answers": {"locker": "2026-05-31"}}),
        ("answers.locker", {"action": "not_found_here", "answers": {"locker": "2026-06-17"}}),
    ],
)
def test_an_action_that_makes_no_sense_is_refused(
    api: Api, field: str, body: dict[str, object]
) -> None:
    """With the field, and nothing is stored."""
    order_id = api.add()
    before = stored(api.world)
    status, answer = api.call("POST", f"/orders/{order_id}/actions", body)
    assert 422 == status, answer
    assert [field] == [error["field"] for error in answer["errors"]]
    assert before == stored(api.world)


def test_a_refund_may_name_its_amount_and_day(api: Api) -> None:
    """In the order's currency."""
    order_id = api.add(price="12.50", currency="EUR")
    assert 200 == api.act(order_id, "refunded", amount="12.5", on="2026-06-10")
    (said,) = api.get(order_id)["actions"]
    assert ("12.5", "2026-06-10") == (said["amount"], said["on"])


def test_where_it_was_looked_for_adds_up(api: Api) -> None:
    """Each word is kept as it was said; what it says nothing new in is not."""
    order_id = api.add()
    for answers in (
        {"neighbour": "2026-06-13", "doorstep": "2026-06-14"},
        {"locker": "2026-06-15"},
        {"doorstep": "2026-06-14"},
    ):
        assert 200 == api.act(order_id, "not_found_here", answers=answers)
    said = api.get(order_id)["actions"]
    assert [
        {"locker": "2026-06-15"},
        {"neighbour": "2026-06-13", "doorstep": "2026-06-14"},
    ] == [word["answers"] for word in said]


def test_a_clock_has_its_date(api: Api) -> None:
    """Three days after the word about the seller, five after the dispute; none without a word."""
    order_id = api.add(ordered_on="2026-06-10")
    assert api.get(order_id)["reminder_on"] is None
    api.act(order_id, "seller_contacted")
    answer = api.get(order_id)
    assert "2026-06-18" == answer["reminder_on"]
    api.act(order_id, "dispute_opened", on="2026-06-14")
    assert "2026-06-19" == api.get(order_id)["reminder_on"]
    api.act(order_id, "reopen")
    assert api.get(order_id)["reminder_on"] is None


def test_what_is_odd_about_a_number_is_shown(api: Api) -> None:
    """As it was seen, with the other order that has the number."""
    order_id = api.add(tracking_number="RB123456784CN", ordered_on="2026-06-14")
    other_id = api.add(order_id="other", tracking_number="RB 1234 5678 4CN")
    seen = api.get(order_id)
    assert ["check_digit", "same_number"] == [o["code"] for o in seen["observations"]]
    assert other_id in seen["observations"][1]["text"]
    assert "RB123456784CN" in seen["observations"][0]["text"]
    api.call("DELETE", "/orders/other")
    assert ["check_digit"] == [o["code"] for o in api.get(order_id)["observations"]]


def test_one_action_is_taken_back_alone(api: Api) -> None:
    """By its id; the others stand."""
    order_id = api.add(price="10.00", currency="EUR")
    assert 200 == api.act(order_id, "seller_contacted", note="They sent it again on June 3.")
    assert 200 == api.act(order_id, "refunded", amount="5.00")
    refunded, contacted = api.get(order_id)["actions"]
    path = f"/orders/{order_id}/actions/{refunded['action_id']}"
    status, answer = api.call("DELETE", path)
    assert (200, [contacted]) == (status, answer["actions"])
    assert "They sent it again on June 3." == contacted["note"]
    assert "watching" == answer["state"]

    status, answer = api.call("DELETE", path)
    missing = f"The order {order_id} has no action {refunded['action_id']}."
    assert (404, missing) == (status, answer["message"])


def test_a_note_is_bounded_and_clean(api: Api) -> None:
    """It is text from outside."""
    order_id = api.add()
    assert 200 == api.act(order_id, "seller_contacted", note="a\u0000b\u202ec " + "x" * 900)
    note = api.get(order_id)["actions"][0]["note"]
    assert note.startswith("ab")
    assert 500 == len(note)
    assert 422 == api.act(order_id, "dispute_opened", note="x" * 2001)


def test_an_order_is_checked_now_at_most_once_in_ten_minutes(api: Api) -> None:
    """429 says when it may be again."""
    order_id = api.add(tracking_number="LP00123456789012")
    api.world.check(order_id)
    api.world.nudges = 0
    path = f"/orders/{order_id}/check"
    status, answer = api.call("POST", path)
    assert (202, order_id, 1) == (status, answer["order_id"], api.world.nudges)
    api.world.advance(minutes=4)
    status, answer = api.call("POST", path)
    assert 429 == status
    assert "possible again from" in answer["message"]
    api.world.advance(minutes=7)
    assert 202 == api.call("POST", path)[0]


def test_what_cannot_be_checked_is_refused(api: Api) -> None:
    """Without a number there is nothing to ask about."""
    assert 409 == api.call("POST", f"/orders/{api.add()}/check")[0]
    assert 404 == api.call("POST", "/orders/nobody/check")[0]
