"""Claim files and their links, through the API: what opens, what doesn't, what is kept."""

import base64
import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import boto3
import pytest

from stallwatch.claims.canonical import verify
from stallwatch.domain.errors import ConflictError
from stallwatch.dynamodb.claims import DynamoClaimStore
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.table import Table
from stallwatch.tracking.schedule import SlotStay
from tests.aws.api.client import check_documented, stored
from tests.aws.moto_stack import REGION, World, world_at

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NUMBER = "LP00000000000042"
ORDER = {"order_id": "8042", "ordered_on": "2026-06-01", "tracking_number": NUMBER}
LINKS = "/orders/8042/claim/links"


@pytest.fixture(scope="module")
def stack() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def world(stack: World) -> World:
    """A stack that watches one order."""
    client = boto3.client("dynamodb", region_name=REGION)
    for pk, sk in stored(stack):
        client.delete_item(TableName=stack.table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    stack.skip_stream()
    stack.now = START
    stack.cainiao.be("fine")
    stack.cainiao.put(
        NUMBER,
        [
            (START - timedelta(days=12), "PU_PICKUP_SUCCESS"),
            (START - timedelta(days=5), "LH_DEPART"),
        ],
    )
    assert 201 == stack.call("POST", "/orders", ORDER)[0]
    stack.pump()
    stack.pull()
    stack.pump()
    return stack


def claim_of(world: World, path: str = "/orders/8042/claim") -> Any:
    status, claim = world.call("GET", path)
    assert 200 == status, claim
    check_documented("GET", path, status, claim)
    return claim


def link_of(world: World) -> Any:
    status, link = world.call("POST", LINKS)
    assert 201 == status, link
    check_documented("POST", LINKS, status, link)
    return link


def let_pass(world: World, days: int) -> None:
    """Let days pass, with a check whenever the order's turn comes."""
    until = world.now + timedelta(days=days)
    while (at := datetime.fromisoformat(next_check(world)) + timedelta(minutes=1)) <= until:
        world.now = at
        world.pull()
        world.pump()
    world.now = until


def next_check(world: World) -> str:
    return str(world.call("GET", "/orders/8042")[1]["next_check_at"])


def test_it_is_what_the_order_and_the_answers_say(world: World) -> None:
    """As its documentation promises, with a checksum that fits."""
    claim = claim_of(world)
    assert ["LH_DEPART", "PU_PICKUP_SUCCESS"] == [c["code"] for c in claim["checkpoints"]]
    assert (5, "2026-06-15T12:00:00Z") == (claim["silence"]["days"], claim["silence"]["until"])
    _, text = world.call("GET", "/orders/8042/claim", headers={"accept": "text/plain"})
    assert text == claim
    assert 404 == world.call("GET", "/orders/nobody/claim")[0]


def test_an_order_that_was_just_added_has_one_too(world: World) -> None:
    """Nobody has looked at it yet, and no day is counted."""
    world.call("POST", "/orders", {**ORDER, "order_id": "new"})
    claim = claim_of(world, "/orders/new/claim")
    assert 0 == claim["watching"]["looks"]["on_record"]
    assert (None, []) == (claim["silence"]["days"], claim["checkpoints"])


def test_looks_and_gaps_are_those_of_the_run_records(world: World) -> None:
    """Each turn of the order's slots was a look; a block is a gap of our own, and is told."""
    let_pass(world, 3)
    world.cainiao.be("block_page")
    blocked_at = world.now
    let_pass(world, 4)
    world.cainiao.be("fine")
    let_pass(world, 2)

    watching = claim_of(world)["watching"]

    looks = watching["looks"]
    assert looks["blocked"] >= 4
    assert looks["answered"] >= 5
    assert 0 == looks["failing"] == looks["unanswered"]
    (gap,) = watching["gaps"]
    assert "blocked" == gap["reason"]
    assert looks["blocked"] == gap["tries"]
    since, until = (datetime.fromisoformat(gap[name]) for name in ("since", "until"))
    assert since <= blocked_at < until
    assert until - since >= timedelta(days=4)


def test_it_comes_in_four_forms(world: World) -> None:
    """All with the same checksum."""
    link = link_of(world)
    path = f"/{link['path']}"
    claim = claim_of(world, path)
    for kind, start in (("text/html", "<!doctype html>"), ("image/svg+xml", "<svg")):
        status, text = world.call("GET", path, headers={"accept": kind})
        assert 200 == status
        assert text.startswith(start)
        assert claim["sha256"] in text
    for given in ({"headers": {"accept": "image/png"}}, {"query": {"as": "png"}}):
        status, text = world.call("GET", path, **given)
        drawn = base64.b64decode(text)
        assert 200 == status
        assert drawn.startswith(b"\x89PNG")
        assert 1080 == struct.unpack(">I", drawn[16:20])[0]
    assert 422 == world.call("GET", path, query={"as": "pdf"})[0]


def test_the_bank_gets_a_form(world: World) -> None:
    """A page for the printer, of the order and of its link; empty lines where nothing is known."""
    link = link_of(world)
    for path in (f"/{link['path']}", "/orders/8042/claim"):
        status, text = world.call("GET", path, query={"for": "bank"})
        assert 200 == status
        assert text.startswith("<!doctype html>")
        assert "2026-06-01" in text
        assert text.count('class="blank"') > 3
        assert 422 == world.call("GET", path, query={"for": "seller"})[0]


def test_the_page_prints_where_its_data_are(world: World) -> None:
    """The whole address, as the page itself was opened."""
    link = link_of(world)
    html = {"accept": "text/html", "host": "parcels.example.org"}
    _, text = world.call("GET", f"/{link['path']}", headers=html)
    assert f"https://parcels.example.org/live/{link['path']}?as=json" in text


def test_a_link_keeps_the_file_as_it_stood(world: World) -> None:
    """For thirty days, so that picture, page and JSON of a dispute stay the same document."""
    link = link_of(world)
    before = claim_of(world, f"/claims/{link['token']}")
    let_pass(world, 1)
    world.cainiao.put(NUMBER, [(world.now, "GTMS_SIGNED")])
    world.check("8042")
    assert before == claim_of(world, f"/claims/{link['token']}")
    assert "delivered" == claim_of(world)["parcel"]["state"]
    made, ends = (datetime.fromisoformat(link[name]) for name in ("made_at", "ends_at"))
    assert timedelta(days=30) == ends - made


NOTHING = {"message": "There is no such link, or it was revoked or has ended."}


def test_what_is_no_link_opens_nothing_and_tells_nothing(world: World) -> None:
    """Forged, revoked, ended, forgotten with its order: one answer, for people in words."""
    link, revoked = link_of(world), link_of(world)
    token = link["token"]
    assert 204 == world.call("DELETE", f"{LINKS}/{revoked['id']}")[0]
    pages = set()
    for forged in (
        "x",
        "x" * 5000,
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.lower(),
        sha256(token.encode()).hexdigest(),
        link["id"],
        revoked["token"],
    ):
        for accept in ("application/json", "image/png"):
            answered = world.call("GET", f"/claims/{forged}", headers={"accept": accept})
            assert (404, NOTHING) == answered, forged
        pages.add(world.call("GET", f"/claims/{forged}", headers={"accept": "text/html"}))
    ((status, page),) = pages
    assert (404, True) == (status, page.startswith("<!doctype html>"))
    world.advance(days=30, seconds=-1)
    assert 200 == world.call("GET", f"/claims/{token}")[0]
    world.advance(seconds=1)
    assert (404, NOTHING) == world.call("GET", f"/claims/{token}")


def test_a_forgotten_order_takes_its_links_along(world: World) -> None:
    """From the answer on; what they opened is gone with it, also where its id comes again."""
    link = link_of(world)
    assert 204 == world.call("DELETE", "/orders/8042")[0]
    assert (404, NOTHING) == world.call("GET", f"/claims/{link['token']}")
    assert (404, {"message": "There is no order 8042."}) == world.call("GET", LINKS)
    assert 201 == world.call("POST", "/orders", ORDER)[0]
    assert (404, NOTHING) == world.call("GET", f"/claims/{link['token']}")
    assert [] == world.call("GET", LINKS)[1]["links"]
    assert 404 == world.call("DELETE", f"{LINKS}/{link['id']}")[0]
    world.pump()
    assert not [key for key in stored(world) if "LINK" in str(key)]


def test_what_a_link_opens_is_cleared_away_with_its_order(world: World) -> None:
    """Not left to the table's own tidying."""
    link_of(world)
    assert 2 == len([key for key in stored(world) if "LINK" in str(key)])
    world.call("DELETE", "/orders/8042")
    world.pull()
    world.pump()
    assert not [key for key in stored(world) if "8042" in str(key) or "LINK" in str(key)]


def test_another_order_s_link_cannot_be_revoked(world: World) -> None:
    """Nor is it listed there."""
    link = link_of(world)
    world.call("POST", "/orders", {**ORDER, "order_id": "other"})
    assert 404 == world.call("DELETE", f"/orders/other/claim/links/{link['id']}")[0]
    assert [] == world.call("GET", "/orders/other/claim/links")[1]["links"]
    assert 200 == world.call("GET", f"/claims/{link['token']}")[0]


def test_links_are_listed_and_revoked(world: World) -> None:
    """Those that live, newest first, without their tokens."""
    first = link_of(world)
    world.advance(days=1)
    second = link_of(world)
    status, listed = world.call("GET", LINKS)
    check_documented("GET", LINKS, status, listed)
    assert [second["id"], first["id"]] == [link["id"] for link in listed["links"]]
    assert first["token"] not in json.dumps(listed)
    assert 204 == world.call("DELETE", f"{LINKS}/{first['id']}")[0]
    assert 404 == world.call("DELETE", f"{LINKS}/{first['id']}")[0]
    world.advance(days=29, hours=23)
    assert [second["id"]] == [link["id"] for link in world.call("GET", LINKS)[1]["links"]]
    world.advance(hours=1)
    assert [] == world.call("GET", LINKS)[1]["links"]


def test_the_table_holds_no_token(world: World) -> None:
    """Who reads it can open nothing. Both items end by themselves."""
    link = link_of(world)
    items = {key: item for key, item in stored(world).items() if "LINK" in str(key)}
    assert link["token"] not in str(items)
    hashed = sha256(link["token"].encode()).hexdigest()
    assert {(f"LINK#{hashed}", "FILE"), ("ORDER#8042", f"LINK#{link['id']}")} == set(items)
    ends = int(datetime.fromisoformat(link["ends_at"]).timestamp())
    assert {ends} == {int(item["expires"]["N"]) for item in items.values()}


def test_an_order_has_twenty_links_at_the_most(world: World) -> None:
    """A mistake in somebody's script must not fill the table."""
    links = [world.call("POST", LINKS)[1] for _ in range(20)]
    status, answer = world.call("POST", LINKS)
    assert 409 == status
    assert "at most 20 links" in answer["message"]
    world.call("DELETE", f"{LINKS}/{links[0]['id']}")
    link_of(world)


def test_making_a_link_wakes_nothing(world: World) -> None:
    """The evaluation has nothing to do with it, and is not disturbed by what it finds."""
    link_of(world)
    assert [] == world._new_records()  # noqa: SLF001
    world.check("8042")
    assert 200 == world.call("GET", "/orders/8042")[0]


def test_a_file_is_stored_as_it_is_served(world: World) -> None:
    """To the byte: the checksum is over what the link gives."""
    link = link_of(world)
    table = Table(boto3.client("dynamodb", region_name=REGION), world.table)
    kept = DynamoClaimStore(table).file(sha256(link["token"].encode()).hexdigest(), world.now)
    assert kept is not None
    assert verify(kept)
    assert json.loads(kept) == claim_of(world, f"/claims/{link['token']}")


def test_a_link_of_an_order_that_was_just_forgotten_is_not_kept(world: World) -> None:
    """Between reading the order and keeping the link it may be gone."""
    table = Table(boto3.client("dynamodb", region_name=REGION), world.table)
    from stallwatch.claims.service import Link  # noqa: PLC0415

    link = Link("0" * 16, world.now, world.now + timedelta(days=30))
    try:
        kept = DynamoClaimStore(table).keep("8042", "another", link, "f" * 64, b"{}")
    except ConflictError:
        pytest.fail("that is no conflict")
    assert not kept
    assert not [key for key in stored(world) if "LINK" in str(key)]


def test_the_slots_that_an_order_came_through_are_kept(world: World) -> None:
    """Which runs were looks at it follows from them."""
    table = Table(boto3.client("dynamodb", region_name=REGION), world.table)
    let_pass(world, 8)
    snapshot = DynamoEvaluationStore(table).open("8042")
    assert snapshot is not None
    stays = snapshot.entry.stays
    assert ["12h", "24h"] == [stay.slot[:3] for stay in stays]
    assert SlotStay(stays[0].slot, START + timedelta(minutes=1)) == stays[0]
    world.call("POST", "/orders/8042/actions", {"action": "received"})
    world.pump()
    snapshot = DynamoEvaluationStore(table).open("8042")
    assert snapshot is not None
    assert "" == snapshot.entry.stays[-1].slot
