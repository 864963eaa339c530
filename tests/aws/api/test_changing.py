"""Changing and forgetting orders, also while others write."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from stallwatch.aws import clients
from tests.aws.api.client import ORDER, START, Api, stored


def test_a_change_touches_only_what_it_names(api: Api) -> None:
    """Fields that are missing stay; null clears a field."""
    status, _ = api.call("POST", "/orders", ORDER)
    assert 201 == status
    order_id = ORDER["order_id"]
    before = api.get(order_id)
    status, answer = api.call("PATCH", f"/orders/{order_id}", {"title": "x", "seller": None})
    assert 200 == status
    assert before | {"title": "x", "seller": None} == answer == api.get(order_id)
    assert 200 == api.call("PATCH", f"/orders/{order_id}", {})[0]
    assert answer == api.get(order_id)


def test_null_brings_the_defaults_back(api: Api) -> None:
    """The home country, and the service by the rules."""
    api.call("POST", "/orders", ORDER)
    status, answer = api.call(
        "PATCH",
        f"/orders/{ORDER['order_id']}",
        {"destination": None, "service": None, "remote": None},
    )
    assert 200 == status
    assert ("US", "standard", None) == (answer["destination"], answer["service"], answer["remote"])


def test_an_order_must_have_a_date(api: Api) -> None:
    """It can be changed, and not be cleared."""
    order_id = api.add()
    status, answer = api.call("PATCH", f"/orders/{order_id}", {"ordered_on": None})
    assert (422, ["ordered_on"]) == (status, [error["field"] for error in answer["errors"]])
    assert 200 == api.call("PATCH", f"/orders/{order_id}", {"ordered_on": "2026-05-01"})[0]
    assert "2026-05-01" == api.get(order_id)["ordered_on"]


def test_another_number_is_asked_about_at_once(api: Api) -> None:
    """The old one's checkpoints stay as evidence; there is no answer about the new one yet."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=2), "LH_DEPART")])
    order_id = api.add(tracking_number="LP00123456789012")
    world.pull()
    world.pump()
    assert "departed_origin" == api.get(order_id)["stage"]
    status, answer = api.call(
        "PATCH", f"/orders/{order_id}", {"tracking_number": "CNG00123456789012"}
    )
    assert 200 == status
    assert ("unknown", None, None) == (
        answer["stage"],
        answer["answered_at"],
        answer["silent_days"],
    )
    assert ["LP00123456789012"] == [c["tracking_number"] for c in answer["checkpoints"]]
    assert 2 == world.nudges
    world.advance(minutes=1)
    world.pull()
    world.pump()
    assert "not_found" == api.get(order_id)["stage"]
    assert "CNG00123456789012" in world.cainiao.asked[-1].numbers


def test_a_change_that_changes_nothing_writes_nothing(api: Api) -> None:
    """Nor does it call for a check."""
    order_id = api.add(tracking_number="LP00123456789012", title="x")
    before = stored(api.world)
    same = {"tracking_number": "lp-00123456789012", "title": " x ", "destination": "us"}
    assert 200 == api.call("PATCH", f"/orders/{order_id}", same)[0]
    assert before == stored(api.world)
    assert 1 == api.world.nudges


def test_a_forgotten_order_is_gone_and_its_id_is_free(api: Api) -> None:
    """From the answer on, before anything was cleared away."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=1), "GTMS_STA_SIGNED")])
    order_id = api.add(tracking_number="LP00123456789012")
    world.pull()
    world.pump()
    assert ["action_needed"] == [message.kind for message in world.messages()]
    assert (204, None) == (api.call("DELETE", f"/orders/{order_id}")[0], None)
    assert 404 == api.call("GET", f"/orders/{order_id}")[0]
    assert 404 == api.call("DELETE", f"/orders/{order_id}")[0]
    assert 404 == api.call("PATCH", f"/orders/{order_id}", {"title": "x"})[0]
    assert [] == api.call("GET", "/orders")[1]["orders"]

    api.add(order_id=order_id, tracking_number="LP00123456789012")

    answer = api.get(order_id)
    assert ([], [], None) == (answer["alerts"], answer["checkpoints"], answer["answered_at"])
    world.pull()
    world.pump()
    assert ["action_needed"] == [message.kind for message in world.messages()]
    assert 1 == len(api.get(order_id)["alerts"])


def test_nothing_is_left_of_a_forgotten_order(api: Api) -> None:
    """Once the stream has told of it."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=1), "GTMS_STA_SIGNED")])
    order_id = api.add(tracking_number="LP00123456789012")
    world.pull()
    world.pump()
    api.call("DELETE", f"/orders/{order_id}")
    world.pump()
    assert [] == [pk for pk, _ in stored(world) if pk.startswith("ORDER#")]
    assert 0 == sum(api.call("GET", "/stats")[1]["orders"].values())


def test_an_order_that_comes_back_is_counted_once(api: Api) -> None:
    """Also where it was added again before it was cleared away."""
    world = api.world
    order_id = api.add()
    world.pump()
    api.call("DELETE", f"/orders/{order_id}")
    api.add(order_id=order_id)
    world.pump()
    assert 1 == sum(api.call("GET", "/stats")[1]["orders"].values())
    assert 1 == sum(api.call("GET", "/stats")[1]["stages"].values())


def be_in_the_way(times: int) -> Callable[[], None]:
    """Have the table refuse the next transactions, as where another one is at the same item."""
    left = [*range(times)]

    def refuse(**_: object) -> Any:
        if not left:
            return None
        left.pop()
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]
        error = {"Code": "TransactionCanceledException", "Message": "in the way"}
        return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}

    events = clients.dynamodb().meta.events
    events.register("before-call.dynamodb.TransactWriteItems", refuse)
    return lambda: events.unregister("before-call.dynamodb.TransactWriteItems", refuse)


@pytest.fixture
def busy() -> Iterator[Callable[[int], None]]:
    """Makes the table busy for some transactions."""
    undo: list[Callable[[], None]] = []
    yield lambda times: undo.append(be_in_the_way(times))
    for step in undo:
        step()


def test_a_request_outlasts_another_write(api: Api, busy: Callable[[int], None]) -> None:
    """The evaluation, or another request, was at the same order."""
    busy(2)
    order_id = api.add()
    busy(2)
    assert 200 == api.call("PATCH", f"/orders/{order_id}", {"title": "x"})[0]
    busy(2)
    assert 200 == api.act(order_id, "close")
    busy(2)
    assert 204 == api.call("DELETE", f"/orders/{order_id}")[0]
    assert 404 == api.call("GET", f"/orders/{order_id}")[0]


def test_a_request_that_others_are_always_ahead_of_is_to_be_sent_again(
    api: Api, busy: Callable[[int], None]
) -> None:
    """As where the gateway is asked too fast: 429, and nothing is half done."""
    order_id = api.add()
    before = stored(api.world)
    busy(1000)
    for method, path, body in (
        ("POST", "/orders", {"order_id": "new", "ordered_on": "2026-06-01"}),
        ("PATCH", f"/orders/{order_id}", {"title": "x"}),
        ("POST", f"/orders/{order_id}/actions", {"action": "close"}),
        ("DELETE", f"/orders/{order_id}", None),
        ("POST", f"/orders/{order_id}/claim/links", None),
    ):
        status, answer = api.call(method, path, body)
        assert (429, True) == (status, "Try again" in answer["message"])
    assert before == stored(api.world)
