"""Subscribers and counts."""

from typing import TYPE_CHECKING

import pytest

from tests.aws.moto_stack import world_with
from tests.simulators.seventeen_track import Simulator as SeventeenTrack
from tests.support.template import ROOT
from tests.web.bridge import bridge
from tests.web.conftest import START
from tests.web.stock import (
    AT_PICKUP,
    DELIVERED,
    LEFT,
    MOVING,
    add,
    check,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.visitor import Visitor

ROUTES = ["", "#/orders/1", "#/orders/1/edit", "#/add", "#/subscriptions", "#/stats", "#/nowhere"]


def test_subscribers_come_and_go(visitor: "Visitor") -> None:
    """By e-mail or SMS, with the alerts they want."""
    visitor.expected = {422}
    visitor.go("#/subscriptions")
    page = visitor.page
    address = page.get_by_label("E-mail address, or phone number")
    subscribers = page.locator(".subscriber")

    address.fill("+49 151")
    page.get_by_role("button", name="Subscribe").click()
    visitor.expect(address).to_have_accessible_description(
        "Enter a phone number like +4915112345678, or an e-mail address."
    )
    address.fill("+49 151 12345678")
    page.locator(".kinds summary").click()
    for kind in (
        "Delivered",
        "Moving again",
        "Late",
        "Stalled",
        "Never scanned",
        "Tracking is down: nothing is being checked",
    ):
        page.get_by_label(kind, exact=True).uncheck()
    visitor.expect(page.locator(".kinds summary")).to_have_text("Which alerts 8 of 14")
    page.get_by_role("button", name="Subscribe").click()
    visitor.expect(subscribers).to_have_count(1)
    visitor.expect(subscribers).to_contain_text("+4915112345678")
    visitor.expect(subscribers).to_contain_text(
        "Claim your money, Refund date near, Refund due, Action needed, Tracking gives no answer,"
        " Follow up, Tracking is back: checks go on, Digest"
    )
    address.fill("me@example.org")
    page.get_by_role("main").get_by_label("Language").select_option("Nederlands")
    page.get_by_role("button", name="Subscribe").click()
    mine = subscribers.filter(has_text="me@example.org")
    visitor.expect(mine).to_contain_text("all alerts")
    visitor.expect(mine).to_contain_text("Nederlands")

    subscribers.filter(has_text="SMS").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    visitor.expect(subscribers).to_have_count(1)
    visitor.expect(page.get_by_text("Removed.")).to_be_visible()


def test_when_and_how_else_alerts_come_is_shown(visitor: "Visitor") -> None:
    """Quiet hours, digest and push, as the stack's parameters say; and where they are set."""
    world = visitor.bridge.world
    visitor.go("#/subscriptions")
    shown = visitor.part("When and how else alerts come")
    visitor.expect(shown).to_contain_text("Quiet hoursNone: alerts come at any time.")
    visitor.expect(shown).to_contain_text("DigestNone.PushOff.")
    shown.get_by_text("Set it up").click()
    commands = shown.locator("pre").inner_text()
    assert commands in (ROOT / "docs" / "push.md").read_text("utf-8")
    parameters = {
        "QuietHours": "22:00-07:00",
        "TimeZone": "Europe/Berlin",
        "DigestSchedule": "cron(0 8 ? * MON *)",
        "PushUrls": "/stallwatch/push",
    }
    world.deploy(parameters, {})
    visitor.page.reload()

    visitor.expect(shown).to_contain_text("From 22:00 to 07:00 (Europe/Berlin).")
    visitor.expect(shown).to_contain_text("Every week: Monday, 08:00 (Europe/Berlin).")
    visitor.expect(shown).to_contain_text("PushOn:")
    visitor.expect(shown).to_contain_text("docs/push.md")


def test_counts_lead_to_their_orders(visitor: "Visitor") -> None:
    """How many are where, and what was sent."""
    world = visitor.bridge.world
    add(world, "1", AT_PICKUP, ordered=20, title="At pickup")
    add(world, "2", MOVING, ordered=10)
    check(world)
    visitor.go("#/stats")

    visitor.expect(visitor.part("Orders")).to_contain_text("Watched2")
    visitor.expect(visitor.part("Alerts sent so far")).to_contain_text("Action needed1")
    visitor.expect(visitor.part("Sources")).to_contain_text("Cainiao answers.")
    visitor.part("Where the open ones are").get_by_role("link", name="Ready for pickup").click()
    visitor.expect(visitor.page.get_by_role("heading", level=3)).to_have_text(["At pickup"])


def test_what_a_source_has_cost_is_shown(
    browser: "Browser", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A credit for the one order that nears its claim, and how many are left."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    with SeventeenTrack() as track, world_with(track, START, monkeypatch) as world:
        add(world, "1", LEFT)
        add(world, "2", MOVING, ordered=10)
        check(world)
        world.pull("1", "2")
        with bridge(world) as gateway, visiting(browser, gateway) as visitor:
            visitor.go("#/stats")
            visitor.expect(visitor.part("Sources")).to_contain_text(
                "17TRACK answers. It has cost 1 credit. 99 of 100 were left on 15 Jun 2026, 14:00."
            )


@pytest.mark.parametrize("route", ROUTES)
def test_a_source_that_blocks_is_told_everywhere(visitor: "Visitor", route: str) -> None:
    """Silence means nothing while nobody answers."""
    world = visitor.bridge.world
    add(world, "1")
    world.cainiao.be("block_page")
    check(world)
    visitor.go(route)

    visitor.expect(visitor.page.locator(".banner p").first).to_have_text(
        "Cainiao has blocked our requests since 15 Jun 2026, 14:00. Nothing is being checked, "
        "and no silence is counted. Next try: 15 Jun 2026, 14:30."
    )


def test_the_money_and_the_days_are_shown(visitor: "Visitor") -> None:
    """A table for each currency, and what the own parcels took beside what they usually take."""
    world = visitor.bridge.world
    add(world, "1", MOVING, price="12.50", currency="EUR")
    add(world, "2", MOVING, price="7", currency="USD")
    add(world, "3", DELIVERED, price="3", currency="EUR", destination="DE")
    check(world)
    world.call("POST", "/orders/1/actions", {"action": "refunded", "amount": "10.40"})
    check(world)
    visitor.go("#/stats")

    money = visitor.part("The money")
    visitor.expect(money.get_by_role("table")).to_have_count(2)
    visitor.expect(money.get_by_role("row", name="Recovered")).to_contain_text("€10.40180 days")
    visitor.expect(money.get_by_role("row", name="At risk")).to_contain_text("US$7.001")
    days = visitor.part("How long your parcels took")
    visitor.expect(days.get_by_role("row", name="Germany, Standard")).to_contain_text(
        "126 · 26 · 2617 · 17 · 1715 to 25 days"
    )
    visitor.turn_to("#/orders/1")
    visitor.expect(visitor.part("Facts")).to_contain_text(
        "The moneyRecovered, €10.40, 80 days after the order"
    )
