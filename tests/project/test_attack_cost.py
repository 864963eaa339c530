"""An attack on the open routes: what a day of it costs, and what it leaves to the others."""

from datetime import UTC, date, datetime

from stallwatch.calendar.feed import Entry, icalendar
from stallwatch.calendar.service import MOST_ORDERS
from tests.project.attack_cost import (
    MOST_CALENDAR_BYTES,
    MOST_CLAIM_BYTES,
    READING_SECONDS,
    SECONDS,
    open_routes,
    strangers_routes,
)
from tests.support.template import ROOT
from tests.support.transformed import transformed_resources

ACCOUNT_CONCURRENCY = 10
"""Functions that a new account runs at once."""


def test_an_attack_at_the_limit_costs_less_than_five_dollars_a_day() -> None:
    """Whatever is asked for, however it is asked, and with a link to a claim and a calendar."""
    assert sum(route.total for route in open_routes()) <= 5


def test_most_of_what_a_stranger_costs_is_the_gateway_s_own_price() -> None:
    """What is sent, run, logged and read makes less than half of it."""
    routes = list(strangers_routes())
    assert sum(route.gateway for route in routes) > sum(route.total for route in routes) / 2


def test_an_attack_leaves_poll_and_evaluation_their_room() -> None:
    """At the limit less than one function is busy with open routes, on average."""
    busy = sum(route.rate * SECONDS.get(route.path, READING_SECONDS) for route in open_routes())
    assert busy < ACCOUNT_CONCURRENCY / 10


def test_every_open_route_has_a_limit_of_its_own() -> None:
    """The stage's is for those who have the key."""
    (stage,) = transformed_resources("AWS::ApiGateway::Stage").values()
    limited = {setting["ResourcePath"] for setting in stage["Properties"]["MethodSettings"]}
    assert {route.path for route in open_routes()} <= limited


def test_the_pictures_of_claims_are_as_small_as_is_counted() -> None:
    """The one in the documentation is a full one."""
    assert (ROOT / "docs/images/claim.png").stat().st_size <= MOST_CLAIM_BYTES


def test_a_full_calendar_is_as_small_as_is_counted() -> None:
    """With titles and an advice of the longer kind."""
    entry = Entry(
        uid=f"{'8' * 16}-{'0' * 8}-protection_ends_on@stallwatch",
        day=date(2026, 7, 20),
        summary=f"Protection ends: {'t' * 128}",
        description="a" * 350,
        url=f"https://{'x' * 10}.execute-api.eu-central-1.amazonaws.com/live/#/orders/{'8' * 16}",
    )
    text = icalendar("Stallwatch", [entry] * 4 * MOST_ORDERS, datetime(2026, 7, 1, tzinfo=UTC))
    assert MOST_CALENDAR_BYTES / 2 < len(text.encode()) <= MOST_CALENDAR_BYTES


def test_the_page_loads_for_a_whole_family_at_once() -> None:
    """Three requests each for seven people, and the next page of one person within seconds."""
    (stage,) = transformed_resources("AWS::ApiGateway::Stage").values()
    (page,) = (s for s in stage["Properties"]["MethodSettings"] if s["ResourcePath"] == "/")
    assert page["ThrottlingBurstLimit"] >= 3 * 7
    assert 3 / page["ThrottlingRateLimit"] <= 5
