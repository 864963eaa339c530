"""The list of orders."""

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.stock import (
    AT_PICKUP,
    DELIVERED,
    LEFT,
    MOVING,
    STUCK,
    add,
    check,
    day,
    number_of,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

    from tests.web.bridge import Bridge
    from tests.web.visitor import Visitor


_TURN_AND_NARROW = """(stage, route) => {
    location.hash = route;
    stage.value = "ready_for_pickup";
    stage.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def test_an_empty_list_says_what_to_do(visitor: "Visitor") -> None:
    """Whoever has just begun needs one thing."""
    visitor.go("")

    visitor.expect(visitor.page.get_by_role("heading", name="No orders yet")).to_be_visible()
    visitor.expect(visitor.page.get_by_role("link", name="Add an order")).to_have_count(2)


def test_what_needs_the_buyer_stands_first(visitor: "Visitor") -> None:
    """By what presses, and in it by the nearest date."""
    world = visitor.bridge.world
    add(world, "1", MOVING, ordered=10, title="Moving")
    add(world, "2", LEFT, title="Gone", protection_ends_on=day(world, -20))
    add(world, "3", STUCK, ordered=35, title="Stuck")
    add(world, "4", AT_PICKUP, ordered=20, title="At pickup", protection_ends_on=day(world, -4))
    add(world, "5", DELIVERED, ordered=30, title="There")
    check(world)
    world.call("POST", "/orders/5/actions", {"action": "received"})
    world.pump()
    visitor.go("")

    page = visitor.page
    visitor.expect(page.get_by_role("heading", level=2)).to_have_text(
        ["Needs you now 2", "Worth a look 1", "Nothing to do 1", "Closed 1"]
    )
    visitor.expect(page.get_by_role("heading", level=3)).to_have_text(
        ["At pickup", "Gone", "Stuck", "Moving", "There"]
    )
    visitor.expect(page.locator(".tabs a")).to_have_text(
        ["All", "Watched4", "Delivered0", "Closed1"]
    )


def test_a_card_tells_what_matters(visitor: "Visitor") -> None:
    """Where it is, how long it is silent, what to do, and the dates with the next one marked."""
    world = visitor.bridge.world
    add(world, "1", LEFT, title="Lamp", protection_ends_on=day(world, -12))
    check(world)
    visitor.go("")

    card = visitor.card("Lamp")
    for text in (
        "Claim your money",
        "Left the country of origin",
        "silent for 62 days",
        number_of("1"),
        "with the picture of its tracking. Do it by June 27, 2026.",
        "14 Apr: Departed from departure country/region",
    ):
        visitor.expect(card).to_contain_text(text)
    visitor.expect(card.get_by_role("img")).to_have_accessible_name(
        "Day 62 of silence; a claim has been open since day 60."
    )
    visitor.expect(card.locator("dl > div")).to_have_text(
        [
            "Claim opens13 Jun2 days ago",
            "Protection ends27 Junin 12 days",
        ]
    )
    visitor.expect(card.locator(".nearest")).to_contain_text("Protection ends")


def test_twelve_orders_take_two_screens_of_a_phone(browser: "Browser", gateway: "Bridge") -> None:
    """All of which ask for something; each says what presses, what to do, and by when."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    world = gateway.world
    for n in range(12):
        title = f"Lamp {n}, with a very long title as they stand in the shop, for the desk"
        add(world, f"{n}", LEFT, title=title, protection_ends_on=day(world, -12))
    world.call("POST", "/subscriptions", {"protocol": "email", "endpoint": "me@example.org"})
    check(world)
    screen = {"width": 390, "height": 844}
    with visiting(browser, gateway, viewport=screen) as visitor:
        visitor.go("")
        last = visitor.page.get_by_role("article").nth(11)
        for text in ("Claim your money", "silent for 62 days", "First check", "27 Jun"):
            visitor.expect(last.get_by_text(text).first).to_be_visible()
        box = last.bounding_box()

        assert box is not None
        assert box["y"] + box["height"] <= 2 * screen["height"]


def test_calm_is_said_too(visitor: "Visitor") -> None:
    """The answer to the first question is often no."""
    world = visitor.bridge.world
    add(world, "1", MOVING, ordered=10)
    check(world)
    visitor.go("")

    visitor.expect(visitor.page.get_by_text("Nothing needs you now.")).to_be_visible()


def test_filters_by_state_and_stage(visitor: "Visitor") -> None:
    """They are in the address, so that they can be kept and shared."""
    world = visitor.bridge.world
    add(world, "1", MOVING, ordered=10, title="Moving")
    add(world, "2", AT_PICKUP, ordered=20, title="At pickup")
    add(world, "3", DELIVERED, ordered=30, title="There")
    check(world)
    visitor.go("")
    titles = visitor.page.get_by_role("heading", level=3)

    visitor.page.locator(".tabs").get_by_text("Delivered").click()
    visitor.expect(titles).to_have_text(["There"])
    visitor.page.locator(".tabs").get_by_text("All").click()
    visitor.page.get_by_label("Stage").select_option("Ready for pickup")
    visitor.expect(titles).to_have_text(["At pickup"])
    visitor.page.get_by_label("Stage").select_option("Out for delivery")
    visitor.expect(visitor.page.get_by_text("No order matches.")).to_be_visible()
    visitor.page.get_by_role("link", name="Show all orders").click()
    visitor.expect(titles).to_have_count(3)


def test_goes_on_until_something_is_found(visitor: "Visitor") -> None:
    """A page may be empty though the list goes on."""
    world = visitor.bridge.world
    add(world, "1", title="Found")
    order = world.call("GET", "/orders")[1]["orders"][0]
    pages = [
        {"orders": [], "next_cursor": "a"},
        {"orders": [], "next_cursor": "b"},
        {"orders": [order], "next_cursor": None},
    ]
    visitor.page.route("**/orders?*", lambda route: route.fulfill(json=pages.pop(0)))
    visitor.go("#/?stage=unknown")

    visitor.expect(visitor.page.get_by_role("heading", level=3)).to_have_text(["Found"])
    assert [] == pages


def test_pages_through_a_long_list(visitor: "Visitor") -> None:
    """Forth and back, each page with an address of its own."""
    world = visitor.bridge.world
    for n in range(53):
        body = {"order_id": f"n{n:02}", "ordered_on": day(world, n), "title": f"Thing {n}"}
        world.call("POST", "/orders", body)
    visitor.go("#/?sort=newest")
    page = visitor.page
    cards = page.get_by_role("article")

    visitor.expect(cards).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    visitor.expect(cards).to_have_count(3)
    visitor.expect(visitor.card("Thing 52")).to_be_visible()
    page.reload()
    visitor.expect(cards).to_have_count(3)
    page.get_by_role("link", name="First page").click()
    visitor.expect(cards).to_have_count(50)


def test_a_cursor_that_is_not_ours_leads_back(visitor: "Visitor") -> None:
    """An address may have been cut off."""
    visitor.expected = {400}
    visitor.go("#/?cursor=nonsense")

    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text(
        "This page of the list is not there any more."
    )
    visitor.page.get_by_role("link", name="First page").click()
    visitor.expect(visitor.page.get_by_role("heading", name="No orders yet")).to_be_visible()


def test_finds_while_it_is_typed(visitor: "Visitor") -> None:
    """By a part of a title, a number or an id; the address keeps it, and the field the focus."""
    world = visitor.bridge.world
    add(world, "81928374", title="Reading lamp", seller="Bright")
    add(world, "2", title="Cable")
    visitor.go("")
    titles = visitor.page.get_by_role("heading", level=3)
    find = visitor.page.get_by_role("searchbox", name="Find")
    visitor.expect(titles).to_have_count(2)

    for text in ("lamp", "81928374", number_of("81928374"), "bright"):
        find.fill(text)
        visitor.page.clock.run_for(1000)
        visitor.expect(titles).to_have_text(["Reading lamp"])
        visitor.expect(find).to_be_focused()
    visitor.page.reload()
    visitor.expect(titles).to_have_text(["Reading lamp"])
    find.fill("nothing of the kind")
    find.press("Enter")
    visitor.expect(visitor.page.get_by_text("No order matches.")).to_be_visible()


def test_who_is_quick_narrows_the_list_that_they_turned_to(visitor: "Visitor") -> None:
    """And not the one before, though that is still shown."""
    world = visitor.bridge.world
    add(world, "1", AT_PICKUP, ordered=20, title="At pickup")
    add(world, "2", DELIVERED, ordered=30, title="There")
    check(world)
    visitor.go("#/?state=delivered")
    titles = visitor.page.get_by_role("heading", level=3)
    visitor.expect(titles).to_have_text(["There"])

    visitor.page.get_by_label("Stage").evaluate(_TURN_AND_NARROW, "#/")
    visitor.expect(titles).to_have_text(["At pickup"])
    assert visitor.page.url.endswith("#/?stage=ready_for_pickup")

    visitor.page.get_by_label("Stage").evaluate(_TURN_AND_NARROW, "#/orders/2")
    visitor.expect(visitor.page.get_by_role("heading", name="There", level=1)).to_be_visible()
    assert visitor.page.url.endswith("#/orders/2")


@pytest.mark.parametrize("returns", [False, True])
def test_who_goes_on_while_typing_is_not_fetched_back(visitor: "Visitor", *, returns: bool) -> None:
    """What was typed in the list before narrows nothing any more."""
    world = visitor.bridge.world
    add(world, "1", title="Lamp")
    visitor.go("")
    visitor.expect(visitor.card("Lamp")).to_be_visible()

    visitor.page.clock.pause_at(world.now + timedelta(hours=1))
    visitor.page.get_by_role("searchbox", name="Find").fill("cab")
    visitor.card("Lamp").get_by_role("link").click()
    visitor.expect(visitor.page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()
    if returns:
        visitor.page.go_back()
        visitor.expect(visitor.card("Lamp")).to_be_visible()
    visitor.page.clock.run_for(1000)

    assert visitor.page.url.endswith("/" if returns else "#/orders/1")


def test_the_list_is_sorted_as_it_is_wanted(visitor: "Visitor") -> None:
    """What presses stands first over all pages; the address keeps another choice."""
    world = visitor.bridge.world
    add(world, "1", LEFT, title="Gone")
    for n in range(2, 5):
        add(world, f"{n}", MOVING, ordered=n, title=f"Thing {n}")
    check(world)
    visitor.go("")
    titles = visitor.page.get_by_role("heading", level=3)
    visitor.expect(titles.first).to_have_text("Gone")
    assert any("sort=urgent" in asked for asked in visitor.bridge.asked)
    visitor.page.get_by_label("Sort").select_option("Newest first")
    visitor.page.wait_for_url("**sort=newest")
    visitor.page.reload()
    visitor.expect(visitor.page.get_by_label("Sort").locator("option:checked")).to_have_text(
        "Newest first"
    )


def test_going_back_finds_the_list_as_it_was(visitor: "Visitor") -> None:
    """With the keyboard's place in it."""
    world = visitor.bridge.world
    for n in range(30):
        add(world, f"{n}", title=f"Thing {n:02}")
    visitor.go("")
    visitor.card("Thing 07").get_by_role("link").click()
    visitor.expect(visitor.page.get_by_role("heading", name="Thing 07", level=1)).to_be_visible()
    visitor.page.go_back()

    visitor.expect(visitor.card("Thing 07").get_by_role("link")).to_be_focused()
    visitor.expect(visitor.card("Thing 07")).to_be_in_viewport()


def test_what_presses_is_counted_over_all_pages(visitor: "Visitor") -> None:
    """However many are shown; and from the third page on the one before is a press away."""
    world = visitor.bridge.world
    add(world, "1", LEFT, title="Gone")
    check(world)
    page = visitor.page
    (order,) = world.call("GET", "/orders")[1]["orders"]
    stats = world.call("GET", "/stats")[1]
    assert {"claim": 1, "action": 0, "attention": 0} == stats["pressing"]
    stats["pressing"]["claim"] = 1200
    page.route("**/stats", lambda route: route.fulfill(json=stats))
    following = {None: "b", "b": "c", "c": None}

    def serve(route: "Route") -> None:
        (cursor,) = parse_qs(urlsplit(route.request.url).query).get("cursor", [None])
        orders = [{**order, "title": f"On {cursor}", "order_id": f"{cursor}{n}"} for n in range(50)]
        route.fulfill(json={"orders": orders, "next_cursor": following[cursor]})

    page.route("**/orders?*", serve)
    visitor.go("")
    heading = page.get_by_role("heading", name="Needs you now")
    visitor.expect(heading).to_have_text("Needs you now 50 of 1,200")
    page.get_by_role("link", name="Next page").click()
    visitor.expect(page.get_by_role("link", name="On b").first).to_be_visible()
    page.get_by_role("link", name="Next page").click()
    visitor.expect(page.get_by_role("link", name="On c").first).to_be_visible()
    page.get_by_role("link", name="Previous page").click()
    visitor.expect(page.get_by_role("link", name="On b").first).to_be_visible()
