"""Failures, hostile texts, small screens, keyboards and screen readers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from tests.web.bridge import Bridge
from tests.web.stock import (
    AT_PICKUP,
    DELIVERED,
    LEFT,
    MOVING,
    STUCK,
    add,
    check,
    day,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.visitor import Visitor

ROUTES = ["", "#/orders/1", "#/orders/1/edit", "#/add", "#/subscriptions", "#/stats", "#/nowhere"]


def test_being_offline_is_told_and_ends(visitor: "Visitor") -> None:
    """The view comes by itself with the connection."""
    visitor.go("")
    visitor.context.set_offline(offline=True)
    visitor.page.get_by_role("link", name="Stats").click()
    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text("You are offline.")
    visitor.context.set_offline(offline=False)

    visitor.expect(visitor.page.get_by_role("heading", name="Stats", level=1)).to_be_visible()
    assert visitor.complaints
    visitor.complaints = [c for c in visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in c]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, '{"message": "x"}', "The service failed to answer (error 500)."),
        (504, "<html>", "The service failed to answer (error 504)."),
        (429, '{"message": "Too Many Requests"}', "Too many requests at once."),
        (200, "<html>", "The answer could not be understood (status 200)."),
    ],
)
def test_a_failure_is_told_and_can_be_tried_again(
    visitor: "Visitor", status: int, body: str, said: str
) -> None:
    """In plain words, without what the service says to machines."""
    visitor.expected = {status}
    visitor.go("")
    visitor.page.route("**/subscriptions", lambda route: route.fulfill(status=status, body=body))
    visitor.page.get_by_role("link", name="Alerts", exact=True).click()
    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text(said)
    visitor.page.unroute("**/subscriptions")
    visitor.page.get_by_role("button", name="Try again").click()

    visitor.expect(visitor.page.get_by_text("Nobody gets alerts yet.")).to_be_visible()


def test_a_mistake_of_the_page_is_told_too(visitor: "Visitor") -> None:
    """Nobody waits for a view that does not come."""
    visitor.go("")
    for asked, route in (("subscriptions", "#/subscriptions"), ("orders?*", "#/?state=closed")):
        visitor.page.route(f"**/{asked}", lambda route: route.fulfill(json={"unheard": "of"}))
        visitor.turn_to(route)
        visitor.expect(visitor.page.get_by_role("alert")).to_contain_text(
            "Something in this page went wrong."
        )
        visitor.page.unroute(f"**/{asked}")
        visitor.page.get_by_role("button", name="Try again").click()
        visitor.expect(visitor.page.get_by_role("alert").filter(has_text="went")).to_have_count(0)
    assert 2 == len(visitor.complaints)
    visitor.complaints.clear()


def test_a_failure_in_a_form_keeps_what_was_entered(visitor: "Visitor") -> None:
    """Nobody types it twice."""
    visitor.expected = {503}
    visitor.go("#/add")
    page = visitor.page
    page.route("**/orders", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_label("Order id").fill("1")
    page.get_by_label("Ordered on").fill("2026-06-01")
    page.get_by_role("button", name="Add").click()
    visitor.expect(page.get_by_role("alert")).to_contain_text("error 503")
    page.unroute("**/orders")
    page.get_by_role("button", name="Add").click()

    visitor.expect(page.get_by_role("heading", name="Order 1", level=1)).to_be_visible()


HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
ARABIC = "مصباح مكتب"


@pytest.mark.parametrize("mode", ["html", "controls"])
def test_what_comes_from_outside_stays_text(visitor: "Visitor", mode: str) -> None:
    """Titles, sellers and the carrier's words, in every view."""
    world = visitor.bridge.world
    add(world, "1", AT_PICKUP, title=HOSTILE, seller=HOSTILE)
    add(world, "2", AT_PICKUP, title=f"\u202e{ARABIC} LED", seller="\u2067x")
    world.cainiao.be(mode)
    check(world)
    visitor.go("")
    page = visitor.page
    visitor.expect(page.get_by_role("heading", name=HOSTILE, exact=True)).to_be_visible()
    visitor.expect(page.get_by_role("heading", name=f"{ARABIC} LED", exact=True)).to_be_visible()
    for route in ("#/orders/1", "#/orders/2", "#/orders/1/edit"):
        visitor.turn_to(route)
        visitor.expect(page.locator("main :is(img, script, b)")).to_have_count(0)
    visitor.expect(page.get_by_label("Seller")).to_have_value(HOSTILE)
    if mode == "html":
        visitor.turn_to("#/orders/1")
        visitor.expect(visitor.part("Tracking history")).to_contain_text(
            "<script>alert(1)</script><b>"
        )
    assert page.evaluate("window.hacked") is None


def test_markup_has_no_way_in(visitor: "Visitor") -> None:
    """The policy forbids it even to a mistake in the page."""
    visitor.go("")
    broken = "try { document.body.innerHTML = '<b>x</b>'; 'in' } catch (e) { e.name }"

    assert "TypeError" == visitor.page.evaluate(broken)
    visitor.complaints = [c for c in visitor.complaints if "TrustedHTML" not in c]


def test_nothing_is_wider_than_a_small_phone(walker: "Visitor") -> None:
    """On any view, whatever is in it, and however long its words are."""
    from tests.web.visitor import PHONE  # noqa: PLC0415

    world = walker.bridge.world
    long = "Donaudampfschifffahrtsgesellschaft" * 5
    add(world, "1", LEFT, title=long, seller=long, protection_ends_on=day(world, -2))
    add(world, "n" * 64, MOVING[:0])
    check(world)
    email = {"protocol": "email", "endpoint": f"me@{'x' * 60}.{'y' * 60}.org", "kinds": None}
    world.call("POST", "/subscriptions", email)
    widths = {}
    walker.go(ROUTES[0])
    for route in ROUTES:
        if route != ROUTES[0]:
            walker.turn_to(route)
        walker.expect(
            walker.page.locator("main :is(article, form, h2, a):visible").first
        ).to_be_visible()
        for words in walker.page.get_by_text("Show the messages").all():
            words.click()
            walker.expect(walker.page.locator(".drafts [lang=en]").first).to_be_visible()
        widths[route] = walker.page.evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(ROUTES, PHONE["width"])


def test_a_view_can_be_reached_and_left_by_keyboard(visitor: "Visitor") -> None:
    """The new view's heading gets the focus, and the first key skips what stands before it."""
    add(visitor.bridge.world, "1", title="Lamp")
    visitor.go("")
    page = visitor.page
    visitor.card("Lamp").get_by_role("link").focus()
    page.keyboard.press("Enter")
    visitor.expect(page.get_by_role("heading", name="Lamp", level=1)).to_be_focused()
    assert page.title() == "Lamp · Stallwatch"

    page.get_by_role("button", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    visitor.expect(page.get_by_role("main")).to_be_focused()
    page.get_by_role("button", name="Received").focus()
    page.keyboard.press("Space")
    visitor.expect(page.get_by_label("On which day")).to_be_focused()
    page.get_by_role("button", name="Cancel").press("Enter")
    visitor.expect(page.get_by_role("button", name="Received")).to_be_focused()


ABOUT_COLORS = ("color-contrast", "link-in-text-block")


@pytest.mark.parametrize(
    ("scheme", "rules"),
    [("light", ()), ("dark", ABOUT_COLORS)],  # a scheme changes nothing but colours
    ids=["light", "dark"],
)
def test_axe_finds_nothing(
    browser: "Browser", gateway: Bridge, axe_script: str, scheme: str, rules: Sequence[str]
) -> None:
    """In any view, in either scheme, on a phone and at a desk, with a form and a dialog open."""
    from tests.web.visitor import PHONE, visiting  # noqa: PLC0415

    world = gateway.world
    add(
        world,
        "1",
        LEFT,
        title="Lamp",
        price="1.00",
        currency="EUR",
        protection_ends_on=day(world, -9),
    )
    add(world, "2", STUCK, ordered=35)
    add(world, "3", AT_PICKUP, ordered=20)
    add(world, "4", DELIVERED, ordered=30)
    add(world, "5", MOVING, ordered=10)
    world.call("POST", "/subscriptions", {"protocol": "email", "endpoint": "me@example.org"})
    check(world)
    world.call("POST", "/orders/1/actions", {"action": "seller_contacted"})
    world.call("POST", "/orders/1/actions", {"action": "reopen"})
    world.cainiao.be("block_page")
    world.advance(days=2)
    world.pull("5")
    for size in (None, PHONE):
        options = {"viewport": size} if size else {}
        with visiting(browser, gateway, color_scheme=scheme, **options) as visitor:
            visitor.open()
            visitor.assert_accessible(axe_script, rules)
            visitor.go("")
            visitor.assert_accessible(axe_script, rules)
            for route in ROUTES[1:]:
                visitor.turn_to(route)
                visitor.assert_accessible(axe_script, rules)
            visitor.turn_to("#/orders/1")
            visitor.page.get_by_role("button", name="Refunded").click()
            visitor.page.get_by_text("Show the messages").click()
            visitor.expect(visitor.page.locator(".drafts [lang=en]").first).to_be_visible()
            visitor.assert_accessible(axe_script, rules)
            visitor.page.get_by_role("button", name="Delete this order").click()
            visitor.assert_accessible(axe_script, rules)
