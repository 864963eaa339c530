"""The key: asked for, kept, refused; and the address of the page."""

from typing import TYPE_CHECKING

import pytest

from tests.web.stock import (
    add,
)

if TYPE_CHECKING:
    from tests.web.visitor import Visitor


def test_the_key_is_asked_for_before_anything_is_shown(visitor: "Visitor") -> None:
    """Without it not even the ways to other views are there."""
    visitor.open("#/stats")

    visitor.expect(visitor.page.get_by_label("API key")).to_be_focused()
    visitor.expect(visitor.page.get_by_role("navigation")).to_have_count(0)
    assert all("/stats" not in asked for asked in visitor.bridge.asked)


def test_a_wrong_key_is_refused(visitor: "Visitor") -> None:
    """It says so at the field, and nothing of it is kept."""
    visitor.expected = {403}
    visitor.open()
    visitor.enter("not-the-key")

    visitor.expect(visitor.page.get_by_label("API key")).to_have_accessible_description(
        "make deploy prints it; in the AWS console it is under API Gateway, API keys. With make "
        "local: in .local/stack.json. The key was refused. Check it, and try again."
    )
    assert [] == visitor.stored("sessionStorage")


def test_what_cannot_be_a_key_is_not_sent(visitor: "Visitor") -> None:
    """A header could not carry it."""
    visitor.open()
    visitor.enter("clé")

    visitor.expect(visitor.page.get_by_text("characters that no key has")).to_be_visible()
    assert all("/stats" not in asked for asked in visitor.bridge.asked)


def test_the_key_leads_to_the_view_that_was_asked_for(visitor: "Visitor") -> None:
    """Messages link to an order."""
    add(visitor.bridge.world, "1", title="Lamp")
    visitor.open("#/orders/1")
    visitor.enter()

    visitor.expect(visitor.page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()


def test_the_key_is_kept_for_the_tab_only(visitor: "Visitor") -> None:
    """A reload finds it, another tab does not."""
    visitor.go("")

    assert visitor.bridge.key in visitor.stored("sessionStorage")
    assert [] == visitor.stored("localStorage")
    visitor.page.reload()
    visitor.expect(visitor.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    other = visitor.context.new_page()
    other.goto(visitor.bridge.url)
    visitor.expect(other.get_by_label("API key")).to_be_visible()


def test_a_link_with_the_key_signs_in(visitor: "Visitor") -> None:
    """For the tab only; the key does not stay in the address, and replaces none that is kept."""
    visitor.open(f"#key={visitor.bridge.key}")

    visitor.expect(visitor.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    assert visitor.page.url.endswith("#/")
    assert visitor.bridge.key in visitor.stored("sessionStorage")
    assert [] == visitor.stored("localStorage")
    visitor.page.goto(f"{visitor.bridge.url}#key=another")
    visitor.expect(visitor.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    kept = visitor.stored("sessionStorage")
    assert visitor.bridge.key in kept
    assert "another" not in kept


def test_the_key_is_kept_on_the_device_if_told_to(visitor: "Visitor") -> None:
    """Another tab finds it, until it is forgotten in one: then it is in both."""
    visitor.open()
    visitor.enter(remember=True)
    visitor.expect(visitor.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    other = visitor.context.new_page()
    other.goto(visitor.bridge.url)
    visitor.expect(other.get_by_role("heading", name="Orders", exact=True)).to_be_visible()

    other.get_by_role("button", name="Sign out").click()

    visitor.expect(other.get_by_label("API key")).to_be_visible()
    visitor.expect(visitor.page.get_by_label("API key")).to_be_visible()
    assert [] == visitor.stored("sessionStorage")
    assert [] == visitor.stored("localStorage")


def test_the_key_is_asked_for_again_when_it_is_refused_later(visitor: "Visitor") -> None:
    """It may have been changed meanwhile; then the view that was asked for is shown."""
    visitor.expected = {403}
    visitor.go("")
    visitor.bridge.key = "another"
    visitor.page.get_by_role("link", name="Stats").click()

    visitor.expect(visitor.page.get_by_text("The key was refused")).to_be_visible()
    visitor.enter("another")
    visitor.expect(visitor.page.get_by_role("heading", name="Stats", level=1)).to_be_visible()


def test_the_key_stands_in_no_address(visitor: "Visitor") -> None:
    """Addresses are logged."""
    add(visitor.bridge.world, "1")
    visitor.go("#/orders/1")

    assert all(visitor.bridge.key not in asked for asked in visitor.bridge.asked)
    assert visitor.bridge.key not in visitor.page.url


@pytest.mark.parametrize(
    ("end", "route"), [("", "#/orders/1"), ("/", ""), ("?from=mail", "#/orders/1")]
)
def test_the_page_works_with_and_without_a_slash_at_its_end(
    visitor: "Visitor", end: str, route: str
) -> None:
    """The stage stands before the path, and may be the path's last part."""
    add(visitor.bridge.world, "1", title="Lamp")
    visitor.page.goto(f"{visitor.bridge.url}{end}{route}")
    visitor.enter()

    visitor.expect(visitor.page.get_by_text("Lamp").first).to_be_visible()
    visitor.page.get_by_role("link", name="Add", exact=True).click()
    visitor.expect(visitor.page.get_by_label("Order id")).to_be_visible()
    visitor.page.get_by_role("link", name="API documentation").click()
    visitor.expect(visitor.page).to_have_url(f"{visitor.bridge.url}/docs")
    visitor.expect(visitor.page).to_have_title("API documentation · Stallwatch")
