"""The API's documentation, as a browser shows it."""

from typing import TYPE_CHECKING

from tests.web.stock import add

if TYPE_CHECKING:
    from tests.web.visitor import Visitor


def test_every_route_is_shown_without_a_key(visitor: "Visitor") -> None:
    """And how to get one in."""
    visitor.page.goto(f"{visitor.bridge.url}/docs")

    visitor.expect(visitor.page.locator(".opblock-summary-path").first).to_be_visible()
    visitor.expect(visitor.page.get_by_text("To try a route, press Authorize")).to_be_visible()
    visitor.page.get_by_role("link", name="Stallwatch").first.click()
    visitor.expect(visitor.page.get_by_label("API key")).to_be_visible()


def test_a_route_can_be_tried(visitor: "Visitor") -> None:
    """With the key, at the stage."""
    add(visitor.bridge.world, "1", title="Lamp")
    page = visitor.page
    page.goto(f"{visitor.bridge.url}/docs")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(visitor.bridge.key)
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Apply credentials").click()
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Close").click()

    page.locator("#operations-Orders-list_orders_orders_get .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    visitor.expect(page.locator(".live-responses-table")).to_contain_text("Lamp")
    assert "GET /live/orders?sort=newest&limit=25" in visitor.bridge.asked
