"""The page as an app: installed, without a connection, and what it keeps on a device."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.web.bridge import Bridge
from tests.web.stock import LEFT, add, check

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.visitor import Visitor


@pytest.fixture
def installer(browser: "Browser", gateway: Bridge) -> Iterator["Visitor"]:
    """Somebody whose browser lets the page have its worker."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    with visiting(browser, gateway, service_workers="allow") as came:
        yield came


def test_the_last_list_is_shown_without_a_connection(installer: "Visitor") -> None:
    """With its age; neither the key nor what a claim is made of is in what the worker keeps."""
    add(installer.bridge.world, "1", LEFT, title="Lamp")
    check(installer.bridge.world)
    installer.open()
    installer.enter(remember=True)
    page = installer.page
    installer.expect(installer.card("Lamp")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    installer.turn_to("#/orders/1")
    installer.part("Claim file").get_by_role("button", name="Make the claim file").click()
    installer.expect(page.get_by_role("link", name="Open the page")).to_be_visible()
    installer.turn_to("#/")

    installer.context.set_offline(offline=True)
    page.reload()

    installer.expect(installer.card("Lamp")).to_be_visible()
    installer.expect(page.get_by_role("alert")).to_contain_text(
        "You are offline. This is the list as it was on 15 Jun 2026, 14:0"
    )
    cached = page.evaluate(
        """async () => {
          const kept = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              const answer = await (await cache.match(request)).text();
              kept.push([request.url, [...request.headers].join(), answer]);
            }
          }
          return kept;
        }"""
    )
    assert cached
    assert all("/claims/" not in url and "/orders" not in url for url, _, _ in cached)
    assert installer.bridge.key not in json.dumps(cached)
    assert "Lamp" not in json.dumps(cached)

    installer.context.set_offline(offline=False)
    page.get_by_role("button", name="Try again").click()
    installer.expect(page.get_by_role("alert").filter(has_text="offline")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    installer.expect(page.get_by_label("API key")).to_be_visible()
    assert [] == installer.stored("localStorage")
    installer.complaints = [c for c in installer.complaints if "ERR_INTERNET" not in c]


def test_the_page_can_be_installed(visitor: "Visitor") -> None:
    """Its manifest names it, its icons are there, and it begins where it was found."""
    visitor.go("")
    page = visitor.page
    manifest = page.evaluate(
        """async () => {
          const { href } = document.querySelector("link[rel=manifest]");
          const found = await (await fetch(href)).json();
          const sizes = await Promise.all(found.icons.map(async ({ src }) => {
            const icon = await fetch(new URL(src, href));
            return [icon.status, icon.headers.get("content-type")];
          }));
          return { ...found, start: new URL(found.start_url, href).href, sizes };
        }"""
    )

    assert "Stallwatch" == manifest["name"]
    assert "standalone" == manifest["display"]
    assert f"{visitor.bridge.url}/" == manifest["start"]
    assert [[200, "image/svg+xml"], *[[200, "image/png"]] * 2] == manifest["sizes"]


def test_the_calendar_is_subscribed_to_by_address_and_by_code(visitor: "Visitor") -> None:
    """It is still there after a reload, and gone with its revocation."""
    visitor.go("#/subscriptions")
    part = visitor.part("Calendar")
    part.get_by_role("button", name="Make an address").click()
    opener = part.get_by_role("link", name="Open in the calendar")
    visitor.expect(opener).to_be_focused()
    address = opener.get_attribute("href") or ""
    assert address.startswith("webcal://")
    visitor.expect(part.get_by_role("img", name="QR code of the address")).to_be_visible()

    visitor.page.reload()
    visitor.expect(opener).to_have_attribute("href", address)
    part.get_by_role("button", name="Revoke this address").click()
    visitor.page.get_by_role("button", name="Revoke it").click()
    visitor.expect(part.get_by_role("listitem")).to_have_count(0)


def test_a_subscriber_is_changed_in_place(visitor: "Visitor") -> None:
    """Its alerts and its language, each alert with what it will say."""
    visitor.bridge.world.call(
        "POST", "/subscriptions", {"protocol": "email", "endpoint": "me@example.org", "kinds": None}
    )
    visitor.go("#/subscriptions")
    mine = visitor.page.locator(".subscriber")
    mine.get_by_role("button", name="Change").click()
    mine.get_by_label("Language").select_option("Polski")
    late = mine.get_by_label("Late", exact=True)
    visitor.expect(late).to_have_accessible_description(
        "The parcel takes longer than usual or promised."
    )
    late.uncheck()
    mine.get_by_role("button", name="Save").click()

    visitor.expect(mine).to_contain_text("Polski")
    visitor.expect(mine).to_contain_text("Stalled")
    visitor.expect(mine).not_to_contain_text("Late,")


def test_that_nobody_is_told_is_said_everywhere(visitor: "Visitor") -> None:
    """Until somebody has confirmed; where it is mended it is not said twice."""
    visitor.go("#/stats")
    banner = visitor.page.locator(".banner")
    visitor.expect(banner).to_have_text("Nobody gets e-mails or SMS yet. Set up alerts")
    banner.get_by_role("link", name="Set up alerts").click()
    visitor.expect(visitor.page.get_by_text("Nobody gets alerts yet.")).to_be_visible()
    visitor.expect(banner).to_be_hidden()


def test_a_test_message_is_sent(visitor: "Visitor") -> None:
    """And what is refused is told beside the button."""
    visitor.expected = {429}
    visitor.bridge.world.call(
        "POST", "/subscriptions", {"protocol": "email", "endpoint": "me@example.org", "kinds": None}
    )
    visitor.go("#/subscriptions")
    page = visitor.page
    page.route("**/subscriptions/test", lambda route: route.fulfill(json={"messages": 1}))
    button = page.get_by_role("button", name="Send a test message")
    button.click()
    visitor.expect(page.get_by_text("A test message is on its way")).to_be_visible()
    page.unroute("**/subscriptions/test")
    page.route("**/subscriptions/test", lambda route: route.fulfill(status=429, body="{}"))
    button.click()
    visitor.expect(page.get_by_role("alert").filter(has_text="Too many")).to_be_visible()


def test_what_was_said_can_be_corrected(visitor: "Visitor") -> None:
    """A refund's amount: the old word is taken back, the new one stands."""
    world = visitor.bridge.world
    add(world, "1", LEFT, price="12.50", currency="EUR")
    check(world)
    world.call("POST", "/orders/1/actions", {"action": "refunded", "amount": "1.25"})
    visitor.go("#/orders/1")
    said = visitor.part("Your actions")
    said.get_by_role("button", name="Correct").click()
    amount = said.get_by_label("Amount refunded")
    visitor.expect(amount).to_have_value("1.25")
    amount.fill("12,50")
    said.get_by_role("button", name="Save").click()

    visitor.expect(visitor.page.get_by_text("Corrected: Refunded.")).to_be_visible()
    visitor.expect(said.get_by_role("listitem")).to_have_count(1)
    visitor.expect(said).to_contain_text("Refunded (€12.50)")


def test_what_is_unlikely_is_asked_before_it_is_saved(visitor: "Visitor") -> None:
    """A year ago, or a deadline that has passed; the same once more is meant."""
    visitor.go("#/add")
    page = visitor.page
    page.get_by_label("Order id").fill("1")
    ordered = page.get_by_label("Ordered on")
    ordered.fill("2024-06-01")
    add_it = page.get_by_role("button", name="Add", exact=True)
    add_it.click()
    visitor.expect(ordered).to_have_accessible_description(
        "This is more than a year ago. Is the year right?"
    )
    assert 404 == visitor.bridge.world.call("GET", "/orders/1")[0]
    add_it.click()
    visitor.expect(page.get_by_role("heading", name="Order 1", level=1)).to_be_visible()
