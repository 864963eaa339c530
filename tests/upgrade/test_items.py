"""This version reads what the code before the first release stored, and answers as it did."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.aws import moto
from tests.aws.moto_stack import World, world_with
from tests.simulators.seventeen_track import Simulator
from tests.upgrade.recorded import (
    ENDPOINTS,
    KINDS,
    LISTS,
    differences,
    fill,
    kind_of,
    recorded,
    wrong_in_list,
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A stack of this version over the items of then."""
    record = recorded()
    with (
        pytest.MonkeyPatch.context() as patch,
        Simulator() as track,
        world_with(track, record.now, patch, HomeCountry="ES") as built,
    ):
        arns = {}
        for given in ENDPOINTS:
            topic = built.translated_topic if given.get("translated") else built.topic
            made = moto.client("sns").subscribe(
                TopicArn=topic,
                Protocol=given["protocol"],
                Endpoint=given["endpoint"],
                ReturnSubscriptionArn=True,
            )
            arns[given["endpoint"]] = made["SubscriptionArn"]
        fill(moto.client("dynamodb"), built.table, record.items)
        built.skip_stream()
        yield built


def test_every_kind_of_item_is_recorded() -> None:
    """And none of them has a version of the schema."""
    items = recorded().items
    assert {kind_of(item) for item in items} == KINDS
    assert not [item for item in items if "v" in item]


@pytest.mark.parametrize("path", sorted(recorded().answers))
def test_an_answer_is_as_it_was(world: World, path: str) -> None:
    """Whatever it holds besides."""
    address, _, query = path.partition("?")
    given = dict([query.split("=")]) if query else {}
    if path == "/orders":
        given = {"limit": "100"}
    status, answer = world.call("GET", address, query=given)
    assert 200 == status
    if path == "/orders":
        answer = sorted(answer["orders"], key=lambda order: order["order_id"])
    assert [] == list(differences(recorded().answers[path], answer, path))


def test_what_was_pending_goes_out_once(world: World) -> None:
    """In the batch that the last release had left open, under its id."""
    record = recorded()
    world.messages()
    world.pull()
    world.pump()
    sent = [message.body for message in world.messages()]
    pending = [item for item in record.items if "pending" in item]
    assert pending
    told = sorted((o["order_id"], body["kind"]) for body in sent for o in body["orders"])
    expected = {(item["pk"]["S"].removeprefix("ORDER#"), item["kind"]["S"]) for item in pending}
    assert expected <= set(told)
    assert len(told) == len(set(told))
    world.advance(hours=1)
    world.pull()
    world.pump()
    assert not expected & {
        (o["order_id"], message.body["kind"])
        for message in world.messages()
        for o in message.body["orders"]
    }


@pytest.mark.parametrize("sort", LISTS)
def test_a_claim_of_before_the_update_stands_on_top_after_one_run(world: World, sort: str) -> None:
    """Every watched order has its place then, whenever its next evaluation would have been."""
    record = recorded()
    world.pull()
    world.pump()
    after = in_list(world, sort)
    assert [] == wrong_in_list(record, sort, after)
    assert "claim" in {order["severity"] for order in after}


def in_list(world: World, sort: str) -> list[dict[str, Any]]:
    """All orders of a list, over its pages."""
    found: list[dict[str, Any]] = []
    query = {"sort": sort, "limit": "5"}
    while True:
        status, answer = world.call("GET", "/orders", query=query)
        assert 200 == status
        found += answer["orders"]
        if answer["next_cursor"] is None:
            return found
        query["cursor"] = answer["next_cursor"]


def test_all_of_it_can_be_evaluated_and_written(world: World) -> None:
    """Each order by this version's rules, with none left over."""
    ids = [path.split("/")[2] for path in recorded().answers if path.count("/") == 2]
    orders: list[Any] = [order_id for order_id in ids if path_of(order_id) in recorded().answers]
    assert orders
    for order_id in orders:
        status, _ = world.call("PATCH", path_of(order_id), {"title": "Renamed"})
        assert 200 == status
    world.pump()
    for order_id in orders:
        assert "Renamed" == world.call("GET", path_of(order_id))[1]["title"]


def path_of(order_id: str) -> str:
    return f"/orders/{order_id}"
