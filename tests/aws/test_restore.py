"""A table that a removed stack has left, or a backup, brought into another stack."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from stallwatch.tracking.packing import pack, unpack
from tests.aws import moto
from tests.aws.api.client import stored
from tests.aws.moto_stack import World, world_at
from tests.local.restore import Restore, RestoreError
from tests.support.template import table_definition
from tests.upgrade.recorded import fill, recorded

LEFT = "left"


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """A new stack, beside a table with the orders of the last one."""
    with (
        pytest.MonkeyPatch.context() as patch,
        world_at(recorded().now, patch, HOME_COUNTRY="ES") as built,
    ):
        client = moto.client("dynamodb")
        client.create_table(**table_definition(LEFT))
        fill(client, LEFT, recorded().items)
        yield built
        client.delete_table(TableName=LEFT)


@pytest.fixture
def world(shared: World) -> World:
    shared.empty()
    shared.now = recorded().now
    return shared


def restore(world: World, client: Any = None) -> Restore:
    made = Restore(client or moto.client("dynamodb"), LEFT, world.table)
    made.run()
    return made


class Killed:
    """A client whose process dies before one of its writes."""

    def __init__(self, after: int) -> None:
        self._client = moto.client("dynamodb")
        self._left = after

    def __getattr__(self, name: str) -> Any:
        if name in {"put_item", "update_item", "transact_write_items"}:
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
        return getattr(self._client, name)


def orders_in(items: Iterable[Any]) -> set[str]:
    return {item["pk"]["S"].removeprefix("ORDER#") for item in items if item["sk"]["S"] == "ORDER"}


def pending() -> list[tuple[str, str]]:
    return sorted(
        (item["pk"]["S"].removeprefix("ORDER#"), item["kind"]["S"])
        for item in recorded().items
        if "pending" in item
    )


def told(world: World) -> list[tuple[str, str]]:
    return [
        (order["order_id"], message.body["kind"])
        for message in world.messages()
        for order in message.body["orders"]
    ]


def run(world: World, hours: int = 3) -> None:
    """Let the stack's functions run."""
    for _ in range(hours):
        world.pull()
        world.pump()
        world.advance(hours=1)


def test_orders_come_with_their_alerts_and_without_links(world: World) -> None:
    """What is counted comes along, leases, subscribers and links do not."""
    made = restore(world)
    assert orders_in(recorded().items) == orders_in(stored(world).values())
    assert (len(orders_in(recorded().items)), 0) == (made.orders, made.there)
    _, stats = world.call("GET", "/stats")
    for name in ("orders", "stages", "alerts", "money", "deliveries"):
        before = recorded().answers["/stats"][name]
        found = stats[name]
        assert before == ({k: found[k] for k in before} if isinstance(found, dict) else found)
    items = stored(world)
    assert not [key for key in items if "LINK#" in key[0] + key[1]]
    assert not [key for key in items if key[1].startswith(("CALENDAR#", "SUBSCRIPTION#"))]
    assert {"sent_stalled"} <= items["STACK", "PUBLISH"].keys()
    assert not {"owner", "open_batch"} & items["STACK", "PUBLISH"].keys()
    assert not {"owner", "wanted"} & items["STACK", "PULL"].keys()


def test_pending_alerts_go_out_once_and_no_sent_one_again(world: World) -> None:
    """Whatever the evaluation makes of orders that are new to it."""
    restore(world)
    run(world)
    sent = told(world)
    assert pending()
    assert all(sent.count(alert) == 1 for alert in pending())
    before = {
        (item["pk"]["S"].removeprefix("ORDER#"), item["kind"]["S"])
        for item in recorded().items
        if "sent_at" in item and item["pk"]["S"] != "STACK"
    }
    assert not before & set(sent)


def test_every_watched_order_is_asked_about_at_once(world: World) -> None:
    """And finds its turn of the new stack."""
    restore(world)
    run(world, 1)
    slots = [item["slot"]["S"] for item in stored(world).values() if "slot" in item]
    assert slots
    assert "NEW" not in slots


@pytest.mark.parametrize("after", [0, 1, 7, 20, 30, 33, 37, 45])
def test_a_restore_that_is_killed_is_run_again(world: World, after: int) -> None:
    """The functions run in between; in the end all is there, and each pending alert went once."""
    with pytest.raises(KeyboardInterrupt):
        restore(world, Killed(after))
    run(world, 1)
    restore(world)
    run(world, 2)
    assert orders_in(recorded().items) == orders_in(stored(world).values())
    sent = told(world)
    assert all(sent.count(alert) == 1 for alert in pending())
    _, stats = world.call("GET", "/stats")
    assert sum(stats["orders"].values()) == len(orders_in(recorded().items))
    assert restore(world).orders == 0


def test_a_lease_that_was_held_in_the_backup_holds_nobody_up(world: World) -> None:
    """Its holder ran in another stack, and ended with it."""
    client = moto.client("dynamodb")
    key = {"pk": {"S": "STACK"}, "sk": {"S": "PULL"}}
    as_left = client.get_item(TableName=LEFT, Key=key)["Item"]
    ends = {"N": str(int(recorded().now.timestamp()) + 900)}
    client.put_item(TableName=LEFT, Item={**as_left, "owner": {"S": "gone"}, "ends": ends})
    try:
        restore(world)
    finally:
        client.put_item(TableName=LEFT, Item=as_left)
    assert {"done_until"} <= stored(world)["STACK", "PULL"].keys()
    assert 0 < world.pull()["due"]


def test_what_the_open_batch_has_sent_is_sent(world: World) -> None:
    """The last stack died between the message and its mark."""
    client = moto.client("dynamodb")
    key = {"pk": {"S": "STACK"}, "sk": {"S": "PUBLISH"}}
    publish = client.get_item(TableName=LEFT, Key=key)["Item"]
    batch = unpack(publish["open_batch"]["B"])
    try:
        sent = {**publish, "open_batch": {"B": pack({**batch, "sent": True})}}
        client.put_item(TableName=LEFT, Item=sent)
        restore(world)
    finally:
        client.put_item(TableName=LEFT, Item=publish)
    run(world)
    members = {(order_id, batch["kind"]) for order_id, _, _ in batch["members"]}
    assert members
    assert not members & set(told(world))


def test_a_stack_with_orders_is_left_alone(world: World) -> None:
    """Nothing is written where two stacks would be mixed."""
    order = {"order_id": "own", "ordered_on": world.now.date().isoformat()}
    assert 201 == world.call("POST", "/orders", order)[0]
    before = stored(world)
    with pytest.raises(RestoreError, match="orders of its own"):
        restore(world)
    assert before == stored(world)


def test_a_second_table_is_refused(world: World) -> None:
    """The orders of two stacks in one would be counted wrong."""
    restore(world)
    with pytest.raises(RestoreError, match="restored from left before"):
        Restore(moto.client("dynamodb"), "another", world.table).run()
