"""One order: what is known of it, and the drafts to copy."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.web.stock import (
    LEFT,
    MOVING,
    STUCK,
    add,
    check,
    day,
)

if TYPE_CHECKING:
    from tests.web.visitor import Visitor


def test_an_order_is_shown_with_all_that_is_known(visitor: "Visitor") -> None:
    """Facts, checkpoints with the silence between them, alerts, words."""
    world = visitor.bridge.world
    add(
        world,
        "1",
        LEFT,
        title="Lamp",
        seller="Bright",
        price="12.5",
        currency="EUR",
        destination="DE",
    )
    check(world)
    world.call("POST", "/orders/1/actions", {"action": "seller_contacted", "on": day(world, 4)})
    world.pump()
    visitor.go("#/orders/1")

    facts = visitor.part("Facts")
    for text in ("Bright", "€12.50", "Germany", "15 to 25 days", "15 Jun 2026, 14:00"):
        visitor.expect(facts).to_contain_text(text)
    visitor.expect(visitor.part("Tracking history").get_by_role("listitem")).to_contain_text(
        [
            "62 days without news, up to the last answer",
            "14 Apr 2026, 14:00Departed from departure country/region",
            "8 days without news",
            "Departed from sorting center · Dongguan",
            "3 days without news",
            "Received by logistics company",
        ]
    )
    visitor.expect(visitor.part("Alerts sent")).to_contain_text("Claim your money (silence)")
    visitor.expect(visitor.part("Your actions")).to_contain_text("Seller contacted (on 11 Jun)")


def test_an_order_that_is_not_there_is_told(visitor: "Visitor") -> None:
    """A message may link to one that was forgotten; its id may be none at all."""
    visitor.expected = {404}
    visitor.go("#/orders/gone")
    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text("There is no order gone.")

    visitor.turn_to("#/orders/%2e%2e")
    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text("no page at this address")


def test_what_is_odd_about_a_number_is_shown(visitor: "Visitor") -> None:
    """As it was seen; a parcel that is as it should be has no such part."""
    world = visitor.bridge.world
    add(world, "1", MOVING, destination="ES")
    add(world, "2", MOVING, destination="ES", tracking_number="RB123456784CN")
    check(world)
    visitor.go("#/orders/2")
    visitor.expect(visitor.part("What to do now")).to_contain_text(
        "The check digit of RB123456784CN is wrong"
    )
    visitor.turn_to("#/orders/1")
    visitor.expect(visitor.page.get_by_text("Odd about this number")).to_have_count(0)


def test_a_clock_that_runs_is_shown(visitor: "Visitor") -> None:
    """With its date, and when it has run out the order is among those that need the buyer now."""
    world = visitor.bridge.world
    add(world, "1", STUCK, title="Lamp")
    check(world)
    world.now += timedelta(hours=1)
    world.call("POST", "/orders/1/actions", {"action": "seller_contacted"})
    visitor.go("#/orders/1")
    visitor.expect(visitor.part("What to do now")).to_contain_text("by June 18, 2026")
    visitor.expect(visitor.part("What to do now")).to_contain_text("Follow up18 Jun")

    world.now += timedelta(days=4)
    check(world)
    visitor.context.clock.set_fixed_time(world.now)
    visitor.page.reload()
    visitor.expect(visitor.part("What to do now")).to_contain_text("Write to the seller again")
    visitor.expect(visitor.part("Alerts sent")).to_contain_text("Follow up (the seller)")
    visitor.turn_to("")
    visitor.expect(visitor.part("Needs you now")).to_contain_text("Lamp")


def test_words_to_send_are_read_when_they_are_wanted(visitor: "Visitor") -> None:
    """In the order's language, and in Chinese without what is not for the seller."""
    world = visitor.bridge.world
    add(world, "1", STUCK, language="de")
    check(world)
    visitor.go("#/orders/1")
    words = visitor.part("Message templates")
    assert not any("drafts" in asked for asked in visitor.bridge.asked)

    words.get_by_text("Show the messages").click()
    visitor.expect(words.get_by_role("heading", level=3)).to_have_text(
        ["To the seller", "For the dispute"]
    )
    language = words.get_by_label("Language")
    visitor.expect(language.locator("option:checked")).to_have_text("Deutsch")
    visitor.expect(words.locator("[lang=de]").first).to_contain_text("Guten Tag")
    language.select_option("中文")
    visitor.expect(words.locator("[lang=zh]").first).to_be_visible()
    visitor.expect(words.locator("[lang=de]")).to_have_count(0)


def test_words_to_send_can_be_copied(visitor: "Visitor") -> None:
    """Each on its own, as it stands there."""
    world = visitor.bridge.world
    add(world, "1", LEFT)
    check(world)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.go("#/orders/1")
    words = visitor.part("Message templates")
    words.get_by_text("Show the messages").click()

    dispute = words.locator("div.panel", has_text="For the dispute")
    dispute.get_by_role("button", name="Copy").click()

    visitor.expect(visitor.page.get_by_text("Copied.")).to_be_visible()
    _, answer = world.call("GET", "/orders/1/drafts")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert answer["drafts"][-1]["text"] == copied


def test_words_are_selected_where_the_clipboard_is_closed(visitor: "Visitor") -> None:
    """So that they can be copied by hand."""
    add(visitor.bridge.world, "1", LEFT)
    check(visitor.bridge.world)
    visitor.go("#/orders/1")
    page = visitor.page
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('closed')); }"
    )
    words = visitor.part("Message templates")
    words.get_by_text("Show the messages").click()

    words.get_by_role("button", name="Copy").first.click()

    visitor.expect(page.get_by_text("copy it by hand")).to_be_visible()
    assert words.locator("[lang=en]").first.text_content() == page.evaluate(
        "getSelection().toString()"
    )


def test_words_that_cannot_be_had_can_be_asked_for_again(visitor: "Visitor") -> None:
    """In the language that was chosen."""
    visitor.expected = {503}
    add(visitor.bridge.world, "1", LEFT)
    check(visitor.bridge.world)
    visitor.go("#/orders/1")
    page = visitor.page
    words = visitor.part("Message templates")
    words.get_by_text("Show the messages").click()
    visitor.expect(words.locator("[lang=en]").first).to_be_visible()
    page.route("**/drafts?*", lambda route: route.fulfill(status=503, body="{}"))
    words.get_by_label("Language").select_option("Polski")
    visitor.expect(words.get_by_role("alert")).to_contain_text("error 503")
    page.unroute("**/drafts?*")
    words.get_by_role("button", name="Try again").click()

    visitor.expect(words.locator("[lang=pl]")).to_have_count(2)
