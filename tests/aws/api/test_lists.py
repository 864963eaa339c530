"""Lists and their cursors, and what a check brings into them."""

import base64
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.aws import clients
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Action, ActionKind, State
from stallwatch.domain.thresholds import Thresholds
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.items import order_to_item, trace_to_item
from stallwatch.dynamodb.snapshots import entry_to_item
from stallwatch.dynamodb.table import Table
from stallwatch.tracking.schedule import PollSchedule
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.aws.api.client import (
    NEW_ENTRY,
    START,
    TODAY,
    Api,
)
from tests.support.builders import NUMBER, an_answer, an_event, an_order


def fill(api: Api) -> dict[str, str]:
    """Sixty orders in all states, put into the store at once; their states by id."""
    table = Table(clients.dynamodb(), api.world.table)
    evaluation = Evaluation(DynamoEvaluationStore(table), PollSchedule(), Thresholds())
    states = {}
    for n in range(60):
        order = an_order(
            f"{n:02}",
            ordered_on=TODAY - timedelta(days=n % 20),
            actions=(Action(ActionKind.CLOSE, START),) if n % 3 == 2 else (),
        )
        code = ("LH_DEPART", "GTMS_SIGNED", "PU_PICKUP_SUCCESS")[n % 3]
        answer = an_answer(NUMBER, an_event(START - timedelta(days=1), code))
        entry = replace(NEW_ENTRY, listed=f"{order.ordered_on}#{order.order_id}")
        table.put(order_to_item(order, 1))
        record = absorb(TraceRecord(NUMBER), answer, "cainiao", START)
        table.put(trace_to_item(order.order_id, order.incarnation, record))
        table.put(entry_to_item(order.order_id, order.incarnation, entry, 1))
        evaluation.evaluate(order.order_id, START)
        states[order.order_id] = ("watching", "delivered", "closed")[n % 3]
    evaluation.write_counts()
    return states


def pages(api: Api, limit: int, **query: str) -> list[list[Any]]:
    """The pages of a list, up to its end."""
    found = []
    asked = {"limit": str(limit), **query}
    for _ in range(80):
        status, page = api.call("GET", "/orders", query=asked)
        assert 200 == status, page
        assert len(page["orders"]) <= limit
        found.append(page["orders"])
        if page["next_cursor"] is None:
            return found
        asked["cursor"] = page["next_cursor"]
    raise AssertionError("the list has no end")


def test_every_order_is_listed_once(api: Api) -> None:
    """Whatever the page's size and the filters."""
    states = fill(api)
    for limit in (7, 100):
        orders = [o for page in pages(api, limit) for o in page]
        assert sorted(states) == sorted(order["order_id"] for order in orders)
        assert states == {order["order_id"]: order["state"] for order in orders}
        listed = [(list(State).index(order["state"]), order["ordered_on"]) for order in orders]
        newest_first = sorted(listed, key=lambda pair: pair[1], reverse=True)
        assert sorted(newest_first, key=lambda pair: pair[0]) == listed
    for state in State:
        orders = [o for page in pages(api, 9, state=state.value) for o in page]
        assert {o for o, s in states.items() if s == state} == {o["order_id"] for o in orders}
        assert 20 == len(orders)
    stages = {order["order_id"]: order["stage"] for page in pages(api, 100) for order in page}
    for stage in ("departed_origin", "delivered", "accepted", "returned"):
        orders = [o for page in pages(api, 25, stage=stage) for o in page]
        assert {o for o, s in stages.items() if s == stage} == {o["order_id"] for o in orders}
    both = [o for page in pages(api, 5, state="closed", stage="accepted") for o in page]
    assert len(both) == len({order["order_id"] for order in both}) > 0
    stats = api.call("GET", "/stats")[1]
    assert {"watching": 20, "delivered": 20, "closed": 20} == stats["orders"]
    assert {"departed_origin": 20, "delivered": 20} == stats["stages"]
    assert dict.fromkeys(AlertKind, 0) == stats["alerts"]


def test_an_order_is_shown_in_a_list_as_by_itself(api: Api) -> None:
    """Also one that its alerts have closed, which a list does not read."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=70), "LH_DEPART")])
    order_id = api.add(tracking_number="LP00123456789012", ordered_on="2026-04-01")
    world.check(order_id)
    for days in (8, 8, 61):
        world.advance(days=days)
        world.check(order_id)
    alone = api.get(order_id)
    assert "closed" == alone["state"]
    (listed,) = [o for page in pages(api, 10) for o in page]
    assert {name: alone[name] for name in listed} == listed


def cursor_of(*parts: str) -> str:
    return base64.urlsafe_b64encode("|".join(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "e30=",
        cursor_of(""),
        cursor_of("watching"),
        cursor_of("", "x"),
        cursor_of("dancing", "x"),
        cursor_of("claim", "x"),
        cursor_of("search", "x"),
        base64.urlsafe_b64encode(b"\xff\xff").decode(),
        base64.urlsafe_b64encode(b"[" * 200).decode(),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_400(api: Api, cursor: str) -> None:
    """Never another page, and never an error of ours."""
    api.add()
    status, answer = api.call("GET", "/orders", query={"cursor": cursor})
    assert 400 == status, answer


@pytest.mark.parametrize(
    "listed", ["", "x", "2026-06-01", "2026-06-01#nobody", "#", "\u0000", "2026-06-01#" + "x" * 100]
)
def test_a_cursor_that_points_nowhere_goes_on_behind_it(api: Api, listed: str) -> None:
    """An order may have been forgotten since."""
    api.add()
    status, answer = api.call("GET", "/orders", query={"cursor": cursor_of("watching", listed)})
    assert status in {200, 400}, answer


def test_a_cursor_goes_with_its_list(api: Api) -> None:
    """Not with another state's."""
    for _ in range(3):
        api.add()
    _, page = api.call("GET", "/orders", query={"limit": "1", "state": "watching"})
    query = {"cursor": page["next_cursor"], "state": "closed"}
    assert 400 == api.call("GET", "/orders", query=query)[0]


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("limit", {"limit": "0"}),
        ("limit", {"limit": "101"}),
        ("limit", {"limit": "ten"}),
        ("limit", {"limit": ""}),
        ("state", {"state": "dancing"}),
        ("state", {"state": ""}),
        ("stage", {"stage": "nowhere"}),
        ("cursor", {"cursor": "x" * 301}),
    ],
)
def test_a_list_that_cannot_be_is_refused(api: Api, field: str, query: dict[str, str]) -> None:
    """With the parameter's name."""
    status, answer = api.call("GET", "/orders", query=query)
    assert (422, [field]) == (status, [error["field"] for error in answer["errors"]])


def test_a_checked_order_says_what_is_known_of_it(api: Api) -> None:
    """Newest first, each day counted to the last answer."""
    world = api.world
    world.cainiao.put(
        "LP00123456789012",
        [
            (START - timedelta(days=9, hours=1), "PU_PICKUP_SUCCESS"),
            (START - timedelta(days=4, hours=1), "LH_DEPART", "[Dongguan] Departed"),
        ],
        carrier="Die Post",
        carrier_url="https://post.example/",
    )
    order_id = api.add(tracking_number="LP00123456789012")
    world.check(order_id)
    answer = api.get(order_id)
    assert [
        ("LH_DEPART", "Dongguan", "Departed"),
        ("PU_PICKUP_SUCCESS", None, "Received by logistics company"),
    ] == [(c["code"], c["place"], c["text"]) for c in answer["checkpoints"]]
    assert answer["checkpoints"][0] == answer["last_checkpoint"]
    assert ("departed_origin", 4, 9) == (
        answer["stage"],
        answer["silent_days"],
        answer["days_in_transit"],
    )
    assert "2026-06-15T12:00:00Z" == answer["answered_at"] == answer["checked_at"]
    assert ("2026-07-02", "2026-08-10") == (answer["late_on"], answer["claim_opens_on"])
    assert date.fromisoformat(answer["late_on"]) > TODAY
    assert answer["next_check_at"] > "2026-06-15T12:00:00Z"


def test_the_health_of_the_source_is_shown(api: Api) -> None:
    """Since when it is down, and when it is tried again."""
    assert [
        {
            "name": "cainiao",
            "verdict": "ok",
            "down_since": None,
            "next_try_at": None,
            "credits": None,
        }
    ] == (api.call("GET", "/stats")[1]["sources"])
    api.add(tracking_number="LP00123456789012")
    api.world.cainiao.be("block_page")
    api.world.pull()
    (source,) = api.call("GET", "/stats")[1]["sources"]
    assert ("blocked", "2026-06-15T12:00:00Z", "2026-06-15T12:30:00Z") == (
        source["verdict"],
        source["down_since"],
        source["next_try_at"],
    )


@pytest.mark.parametrize("q", ["lamp-1", "lp00123456789012", "reading", "BRIGHT"])
def test_an_order_is_found_by_what_is_known_of_it(api: Api, q: str) -> None:
    """Its id, its number, a part of its title or of its seller."""
    api.add(
        order_id="lamp-1",
        title="Reading lamp",
        seller="Bright things",
        tracking_number="LP00123456789012",
    )
    api.add(order_id="other", title="Cable")
    found = [order["order_id"] for page in pages(api, 10, q=q) for order in page]
    assert ["lamp-1"] == found


def test_what_presses_stands_first_over_all_pages(api: Api) -> None:
    """Newer ones that ask for nothing come after it."""
    world = api.world
    world.cainiao.put("LP00123456789012", [(START - timedelta(days=70), "LH_DEPART")])
    pressing = api.add(tracking_number="LP00123456789012", ordered_on="2026-04-01")
    others = [api.add() for _ in range(3)]
    world.check(pressing)
    listed = [order["order_id"] for page in pages(api, 2, sort="urgent") for order in page]
    assert pressing == listed[0]
    assert {pressing, *others} == set(listed)
