"""The page, as a browser shows it."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.aws.moto_stack import world_with
from tests.simulators.seventeen_track import Simulator as SeventeenTrack
from tests.web.bridge import Bridge, bridge
from tests.web.conftest import START
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
    tell,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.visitor import Visitor

ROUTES = ["", "#/orders/1", "#/orders/1/edit", "#/add", "#/subscriptions", "#/stats", "#/nowhere"]


# The key.


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
        "On AWS: in API Gateway’s console, under API keys. With make local: in .local/stack.json."
        " The key was refused. Check it, and try again."
    )
    assert [] == visitor.stored("sessionStorage")


def test_what_cannot_be_a_key_is_not_sent(visitor: "Visitor") -> None:
    """A header could not carry it."""
    visitor.open()
    visitor.enter("clé")

    visitor.expect(visitor.page.get_by_text("This is no key")).to_be_visible()
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

    assert visitor.stored("sessionStorage") == [visitor.bridge.key]
    assert [] == visitor.stored("localStorage")
    visitor.page.reload()
    visitor.expect(visitor.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    other = visitor.context.new_page()
    other.goto(visitor.bridge.url)
    visitor.expect(other.get_by_label("API key")).to_be_visible()


def test_the_key_is_kept_on_the_device_if_told_to(visitor: "Visitor") -> None:
    """Another tab finds it, until it is forgotten in one: then it is in both."""
    visitor.open()
    visitor.enter(remember=True)
    visitor.expect(visitor.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    other = visitor.context.new_page()
    other.goto(visitor.bridge.url)
    visitor.expect(other.get_by_role("heading", name="Orders", exact=True)).to_be_visible()

    other.get_by_role("button", name="Forget the key").click()

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


# The address.


@pytest.mark.parametrize("end", ["", "/", "?from=mail"])
@pytest.mark.parametrize("route", ["", "#/orders/1"])
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
    visitor.expect(visitor.page.get_by_text("List orders")).to_be_visible()


# The list.


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
        "then open a dispute with the picture of its trace, before June 27, 2026.",
        "14 Apr: Departed from departure country/region",
    ):
        visitor.expect(card).to_contain_text(text)
    visitor.expect(card.locator("dl > div")).to_have_text(
        [
            "Late from29 Apr47 days ago",
            "Claim opens13 Jun2 days ago",
            "Protection ends27 Junin 12 days",
        ]
    )
    visitor.expect(card.locator(".nearest")).to_contain_text("Protection ends")


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
    visitor.go("")
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

    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text("not one of ours")
    visitor.page.get_by_role("link", name="First page").click()
    visitor.expect(visitor.page.get_by_role("heading", name="No orders yet")).to_be_visible()


def test_finds_an_order_by_its_id(visitor: "Visitor") -> None:
    """Among all, not only those that are shown; an id that is none does no harm."""
    visitor.expected = {404}
    add(visitor.bridge.world, "81928374", title="Lamp")
    visitor.go("#/?state=closed")
    find = visitor.page.get_by_label("Find by order id")

    for unknown in ("nope", "../stats", ".."):
        find.fill(unknown)
        find.press("Enter")
        visitor.expect(find).to_have_accessible_description("No order has this id.")
    find.fill(" 81928374 ")
    find.press("Enter")
    visitor.expect(visitor.page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()


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


# An order.


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
    visitor.expect(visitor.part("Checkpoints").get_by_role("listitem")).to_contain_text(
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
    visitor.expect(visitor.part("What you have said")).to_contain_text(
        "Seller contacted (on 11 Jun)"
    )


def test_an_order_that_is_not_there_is_told(visitor: "Visitor") -> None:
    """A message may link to one that was forgotten; its id may be none at all."""
    visitor.expected = {404}
    visitor.go("#/orders/gone")
    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text("There is no order gone.")

    visitor.turn_to("#/orders/%2e%2e")
    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text("leads nowhere")


def test_an_action_is_recorded(visitor: "Visitor") -> None:
    """What was said stands there, mutes what it mutes, and can be taken back."""
    world = visitor.bridge.world
    add(world, "1", LEFT, title="Lamp")
    check(world)
    visitor.go("#/orders/1")
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Dispute opened").click()
    deeds.get_by_label("On which day").fill(day(world, 2))
    deeds.get_by_role("button", name="Note it").click()

    said = visitor.part("What you have said")
    visitor.expect(said).to_contain_text("Dispute opened (on 13 Jun)")
    visitor.expect(visitor.page.get_by_role("status").last).to_have_text("Noted: Dispute opened.")
    visitor.expect(visitor.part("What to do now")).to_contain_text(
        "Wait: the seller has until June 18"
    )
    visitor.expect(visitor.part("What to do now")).to_contain_text("Follow up18 Junin 3 days")
    visitor.expect(visitor.page.get_by_text("Claim your money")).to_have_count(1)
    deeds.get_by_role("button", name="Take it all back").click()
    deeds.get_by_role("button", name="Note it").click()
    visitor.expect(said).to_contain_text("Dispute opened (on 13 Jun, taken back)")
    assert "dispute_opened" == world.call("GET", "/orders/1")[1]["actions"][1]["action"]


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


def test_what_is_odd_about_a_number_is_shown(visitor: "Visitor") -> None:
    """As it was seen; a parcel that is as it should be has no such part."""
    world = visitor.bridge.world
    add(world, "1", MOVING, destination="ES")
    add(world, "2", MOVING, destination="ES", tracking_number="RB123456784CN")
    check(world)
    visitor.go("#/orders/2")
    visitor.expect(visitor.part("What to do now")).to_contain_text(
        "Seen about this numberThe check digit of the number RB123456784CN does not fit"
    )
    visitor.turn_to("#/orders/1")
    visitor.expect(visitor.page.get_by_text("Seen about this number")).to_have_count(0)


def test_where_it_was_looked_for_is_noted(visitor: "Visitor") -> None:
    """Four lines to tick, each with its day; what was answered is not asked again."""
    world = visitor.bridge.world
    add(world, "1", LEFT)
    check(world)
    visitor.go("#/orders/1")
    look = visitor.part("Did it come unscanned?")
    visitor.expect(look.get_by_role("checkbox")).to_have_count(4)
    visitor.expect(look).to_contain_text(number_of("1"))

    look.get_by_role("button", name="Note it").click()
    visitor.expect(look.get_by_role("alert")).to_have_text(
        "Tick at least one place where you have looked."
    )
    look.get_by_label("The neighbours have not taken it in.").check()
    look.get_by_label("It is not on the doorstep").check()
    look.get_by_label("Checked on (Doorstep)").fill(day(world, 2))
    look.get_by_role("button", name="Note it").click()

    visitor.expect(look.get_by_role("listitem")).to_have_text(
        ["Neighbours: checked, 15 Jun", "Doorstep: checked, 13 Jun"]
    )
    visitor.expect(look.get_by_role("checkbox")).to_have_count(2)
    visitor.expect(visitor.part("What you have said")).to_contain_text(
        "Not found here (Neighbours 15 Jun, Doorstep 13 Jun)"
    )
    visitor.expect(visitor.part("What to do now")).to_contain_text("(parcel locker, post office)")


def test_where_it_was_looked_for_can_be_noted_at_any_time(visitor: "Visitor") -> None:
    """Before anything presses it stands among the other words, and a wrong day is told."""
    visitor.expected = {422}
    world = visitor.bridge.world
    add(world, "1", MOVING)
    visitor.go("#/orders/1")
    visitor.expect(visitor.part("Did it come unscanned?")).to_have_count(0)
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Not found here").click()
    deeds.get_by_label("The post office does not have it.").check()
    looked_on = deeds.get_by_label("Checked on (Post office)")
    looked_on.fill(day(world, 81))
    deeds.get_by_role("button", name="Note it").click()

    visitor.expect(looked_on).to_have_accessible_description(
        "must lie between ordered_on and tomorrow"
    )
    looked_on.fill(day(world, 0))
    deeds.get_by_role("button", name="Note it").click()
    visitor.expect(visitor.part("What you have said")).to_contain_text("Post office 15 Jun")


def test_a_clock_that_runs_is_shown(visitor: "Visitor") -> None:
    """With its date, and when it has run out the order is among those that need the buyer now."""
    world = visitor.bridge.world
    add(world, "1", STUCK, title="Lamp")
    check(world)
    world.now += timedelta(hours=1)
    world.call("POST", "/orders/1/actions", {"action": "seller_contacted"})
    visitor.go("#/orders/1")
    visitor.expect(visitor.part("What to do now")).to_contain_text("until June 18, 2026")
    visitor.expect(visitor.part("What to do now")).to_contain_text("Follow up18 Jun")

    world.now += timedelta(days=4)
    check(world)
    visitor.context.clock.set_fixed_time(world.now)
    visitor.page.reload()
    visitor.expect(visitor.part("What to do now")).to_contain_text("Write to the seller again")
    visitor.expect(visitor.part("Alerts sent")).to_contain_text("Follow up (the seller)")
    visitor.turn_to("")
    visitor.expect(visitor.part("Needs you now")).to_contain_text("Lamp")


def test_a_refund_takes_its_amount(visitor: "Visitor") -> None:
    """In the order's currency, with a comma where the buyer writes one."""
    world = visitor.bridge.world
    add(world, "1", LEFT, price="12.50", currency="EUR")
    visitor.go("#/orders/1")
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Refunded").click()
    deeds.get_by_label("Amount refunded").fill("10,40")
    deeds.get_by_role("button", name="Note it").click()

    visitor.expect(visitor.part("What you have said")).to_contain_text("Refunded (€10.40)")
    visitor.expect(deeds.get_by_role("button")).to_have_text(
        ["Received", "Refunded", "Lost", "Take it all back"]
    )


def test_a_snooze_needs_its_day(visitor: "Visitor") -> None:
    """The API's reason stands at the field."""
    visitor.expected = {422}
    world = visitor.bridge.world
    add(world, "1", MOVING)
    visitor.go("#/orders/1")
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Snooze").click()
    until = deeds.get_by_label("Quiet until")
    visitor.expect(until).to_have_value(day(world, -7))
    until.fill(day(world, 1))
    deeds.get_by_role("button", name="Note it").click()

    visitor.expect(until).to_have_accessible_description(
        "is needed, after today and within 180 days"
    )
    visitor.expect(until).to_be_focused()
    until.fill(day(world, -3))
    deeds.get_by_role("button", name="Note it").click()
    visitor.expect(visitor.part("What you have said")).to_contain_text("Snooze (until 18 Jun)")


def test_an_action_that_makes_no_sense_now_is_told(visitor: "Visitor") -> None:
    """The order was closed meanwhile, somewhere else."""
    visitor.expected = {409}
    world = visitor.bridge.world
    add(world, "1", MOVING)
    visitor.go("#/orders/1")
    world.call("POST", "/orders/1/actions", {"action": "received"})
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Seller contacted").click()
    deeds.get_by_role("button", name="Note it").click()

    visitor.expect(deeds.get_by_role("alert")).to_have_text("The order is closed. Reopen it first.")


def test_words_to_send_are_read_when_they_are_wanted(visitor: "Visitor") -> None:
    """In the order's language, and in Chinese without what is not for the seller."""
    world = visitor.bridge.world
    add(world, "1", STUCK, language="de")
    check(world)
    visitor.go("#/orders/1")
    words = visitor.part("Words to send")
    assert not any("drafts" in asked for asked in visitor.bridge.asked)

    words.get_by_text("Show them").click()
    visitor.expect(words.get_by_role("heading", level=3)).to_have_text(
        ["To the seller", "To the seller, once more", "For the dispute"]
    )
    language = words.get_by_label("In which language")
    visitor.expect(language.locator("option:checked")).to_have_text("German")
    visitor.expect(words.locator("[lang=de]").first).to_contain_text("Guten Tag, das Paket")
    language.select_option("Chinese (to the seller only)")
    visitor.expect(words.locator("[lang=zh]")).to_have_count(2)
    visitor.expect(words.locator("[lang=de]")).to_have_count(0)


def test_words_to_send_can_be_copied(visitor: "Visitor") -> None:
    """Each on its own, as it stands there."""
    world = visitor.bridge.world
    add(world, "1", LEFT)
    check(world)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.go("#/orders/1")
    words = visitor.part("Words to send")
    words.get_by_text("Show them").click()

    dispute = words.locator("div.panel", has_text="For the dispute")
    dispute.get_by_role("button", name="Copy").click()

    visitor.expect(visitor.page.get_by_text("Copied.")).to_be_visible()
    _, answer = world.call("GET", "/orders/1/drafts")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert answer["drafts"][2]["text"] == copied


def test_words_are_selected_where_the_clipboard_is_closed(visitor: "Visitor") -> None:
    """So that they can be copied by hand."""
    add(visitor.bridge.world, "1", LEFT)
    check(visitor.bridge.world)
    visitor.go("#/orders/1")
    page = visitor.page
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('closed')); }"
    )
    words = visitor.part("Words to send")
    words.get_by_text("Show them").click()

    words.get_by_role("button", name="Copy").first.click()

    visitor.expect(page.get_by_text("copy them by hand")).to_be_visible()
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
    words = visitor.part("Words to send")
    words.get_by_text("Show them").click()
    visitor.expect(words.locator("[lang=en]")).to_have_count(3)
    page.route("**/drafts?*", lambda route: route.fulfill(status=503, body="{}"))
    words.get_by_label("In which language").select_option("Polish")
    visitor.expect(words.get_by_role("alert")).to_contain_text("error 503")
    page.unroute("**/drafts?*")
    words.get_by_role("button", name="Try again").click()

    visitor.expect(words.locator("[lang=pl]")).to_have_count(3)


def test_only_what_was_changed_is_sent(visitor: "Visitor") -> None:
    """An emptied field clears, an untouched one stays."""
    world = visitor.bridge.world
    add(world, "1", MOVING, title="Lamp", seller="Bright", remote=True)
    visitor.go("#/orders/1")
    page = visitor.page
    page.get_by_role("link", name="Edit").click()

    page.get_by_label("Title").fill("Desk lamp")
    page.get_by_label("Seller").fill("")
    page.get_by_label("Destination").select_option("France")
    page.get_by_label("Language").select_option("French")
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        page.get_by_role("button", name="Save").click()

    visitor.expect(page.get_by_role("heading", name="Desk lamp", level=1)).to_be_visible()
    assert {
        "title": "Desk lamp",
        "seller": None,
        "destination": "FR",
        "language": "fr",
    } == sent.value.post_data_json
    visitor.expect(visitor.part("Facts")).to_contain_text("LanguageFrench")
    visitor.expect(page.get_by_text("Saved.")).to_be_visible()


def test_forgetting_an_order_asks_first(visitor: "Visitor") -> None:
    """It cannot be undone."""
    world = visitor.bridge.world
    add(world, "1", MOVING, title="Lamp")
    visitor.go("#/orders/1")
    page = visitor.page

    page.get_by_role("button", name="Forget this order").click()
    visitor.expect(page.get_by_role("dialog", name="Forget Lamp?")).to_be_visible()
    page.keyboard.press("Escape")
    visitor.expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Forget this order").click()
    page.get_by_role("button", name="Forget it").click()

    visitor.expect(page.get_by_text("The order is forgotten.")).to_be_visible()
    visitor.expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    assert 404 == world.call("GET", "/orders/1")[0]


# Adding.


def test_an_order_is_added_and_its_first_check_shown(visitor: "Visitor") -> None:
    """The page looks again by itself until there is an answer."""
    world = visitor.bridge.world
    visitor.bridge.checks_at_once = False
    tell(world, "1", MOVING)
    visitor.go("#/add")
    page = visitor.page
    page.get_by_label("Order id").fill("1")
    page.get_by_label("Ordered on").fill(day(world, 10))
    page.get_by_label("Tracking number").fill(number_of("1").lower())
    page.get_by_label("Title").fill("Lamp")
    page.get_by_role("button", name="Add").click()

    visitor.expect(page.get_by_role("heading", name="Lamp", level=1)).to_be_focused()
    visitor.expect(page.get_by_text("The first check is on its way")).to_be_visible()
    visitor.expect(visitor.part("What to do now")).to_contain_text("Not checked yet")
    visitor.bridge.run_checks()
    visitor.expect(visitor.part("Checkpoints")).to_contain_text("Departed from departure country")
    visitor.expect(page.get_by_text("The first check is on its way")).to_have_count(0)
    visitor.expect(page.get_by_role("heading", name="Lamp", level=1)).to_be_focused()


def test_looking_again_ends(visitor: "Visitor") -> None:
    """Where no answer comes, the page says so and leaves it to the viewer."""
    world = visitor.bridge.world
    visitor.bridge.checks_at_once = False
    add(world, "1")
    visitor.go("#/orders/1")
    page = visitor.page
    visitor.expect(page.get_by_text("The first check is on its way")).to_be_visible()
    again = page.get_by_role("button", name="Look again")
    for _ in range(1000):
        if again.is_visible():
            break
        page.clock.run_for(5_000)
    looked = sum(asked == "GET /live/orders/1" for asked in visitor.bridge.asked)
    page.clock.run_for(600_000)

    assert looked == sum(asked == "GET /live/orders/1" for asked in visitor.bridge.asked)
    assert looked < 10
    again.click()
    visitor.expect(page.get_by_text("The first check is on its way")).to_be_visible()


def test_every_field_can_be_given(visitor: "Visitor") -> None:
    """The rest is folded away, and all of it arrives."""
    world = visitor.bridge.world
    visitor.go("#/add")
    page = visitor.page
    page.get_by_text("More about it").click()
    for label, value in {
        "Order id": "1",
        "Ordered on": day(world, 10),
        "Tracking number": "LP 0061 1111 1111 01",
        "Protection ends on": day(world, -50),
        "Title": "Lamp",
        "Seller": "Bright",
        "Price": "12,50",
        "Currency": "eur",
        "Shipped on": day(world, 8),
    }.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("Shipping service").select_option("Economy")
    page.get_by_label("Destination").select_option("Brazil")
    page.get_by_label("Takes longer there").select_option("yes")
    page.get_by_role("button", name="Add").click()
    visitor.expect(page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()

    order = world.call("GET", "/orders/1")[1]
    given = {
        "ordered_on": "2026-06-05",
        "tracking_number": "LP00611111111101",
        "protection_ends_on": "2026-08-04",
        "seller": "Bright",
        "price": "12.50",
        "currency": "EUR",
        "shipped_on": "2026-06-07",
        "service": "economy",
        "destination": "BR",
        "remote": True,
    }
    assert given == {name: order[name] for name in given}


def test_what_is_wrong_stands_at_its_field(visitor: "Visitor") -> None:
    """What the page sees itself, and what the API says, also where it was folded away."""
    visitor.expected = {422}
    world = visitor.bridge.world
    visitor.go("#/add")
    page = visitor.page
    add_it = page.get_by_role("button", name="Add")

    add_it.click()
    visitor.expect(page.get_by_label("Ordered on")).to_have_accessible_description(
        "This is needed."
    )
    visitor.expect(page.get_by_label("Order id")).to_be_focused()
    page.get_by_label("Order id").fill("a/b")
    page.get_by_label("Ordered on").fill("2009-12-31")
    add_it.click()
    visitor.expect(page.get_by_label("Order id")).to_have_accessible_description(
        "As it stands on the order’s page. Letters, digits, dot, dash and underscore, at most 64."
    )
    page.get_by_label("Order id").fill("1")
    page.get_by_text("More about it").click()
    page.get_by_label("Currency").fill("EUR")
    page.get_by_text("More about it").click()
    add_it.click()
    visitor.expect(page.get_by_label("Ordered on")).to_have_accessible_description(
        "must lie between 2010-01-01 and tomorrow"
    )
    visitor.expect(page.get_by_label("Price")).to_have_accessible_description(
        "is needed with a currency"
    )
    visitor.expect(page.get_by_label("Order id")).not_to_have_attribute("aria-invalid", "true")
    assert 404 == world.call("GET", "/orders/1")[0]


def test_an_id_that_is_taken_leads_to_its_order(visitor: "Visitor") -> None:
    """Perhaps it was added before."""
    visitor.expected = {409}
    world = visitor.bridge.world
    add(world, "1", title="Lamp")
    visitor.go("#/add")
    page = visitor.page
    page.get_by_label("Order id").fill("1")
    page.get_by_label("Ordered on").fill(day(world, 1))
    page.get_by_role("button", name="Add").click()

    visitor.expect(page.get_by_role("alert")).to_contain_text("There is another order 1")
    page.get_by_role("link", name="Open the order that is there").click()
    visitor.expect(page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()


# Subscribers and counts.


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
        "must be a phone number like +4915112345678"
    )
    address.fill("+49 151 12345678")
    for kind in ("Delivered", "Moving again", "Late", "Stalled", "Never scanned", "Source down"):
        page.get_by_label(kind, exact=True).uncheck()
    page.get_by_role("button", name="Subscribe").click()
    visitor.expect(subscribers).to_have_count(1)
    visitor.expect(subscribers).to_contain_text("+4915112345678")
    visitor.expect(subscribers).to_contain_text(
        "Claim your money, Protection ends, Your turn, Follow up, No answer about a number,"
        " Source up again"
    )
    address.fill("me@example.org")
    page.get_by_label("Language").select_option("Dutch")
    page.get_by_role("button", name="Subscribe").click()
    mine = subscribers.filter(has_text="me@example.org")
    visitor.expect(mine).to_contain_text("all alerts")
    visitor.expect(mine).to_contain_text("Dutch")

    subscribers.filter(has_text="SMS").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    visitor.expect(subscribers).to_have_count(1)
    visitor.expect(page.get_by_text("Removed.")).to_be_visible()


def test_counts_lead_to_their_orders(visitor: "Visitor") -> None:
    """How many are where, and what was sent."""
    world = visitor.bridge.world
    add(world, "1", AT_PICKUP, ordered=20, title="At pickup")
    add(world, "2", MOVING, ordered=10)
    check(world)
    visitor.go("#/stats")

    visitor.expect(visitor.part("Orders")).to_contain_text("Watched2")
    visitor.expect(visitor.part("Alerts sent so far")).to_contain_text("Your turn1")
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

    visitor.expect(visitor.page.locator(".banner")).to_have_text(
        "Cainiao blocks our questions since 15 Jun 2026, 14:00. Nothing is being checked, and no"
        " silence is counted. Next try: 15 Jun 2026, 14:30."
    )


# When things go wrong.


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
    visitor.page.get_by_role("link", name="Alerts").click()
    visitor.expect(visitor.page.get_by_role("alert")).to_contain_text(said)
    visitor.page.unroute("**/subscriptions")
    visitor.page.get_by_role("button", name="Try again").click()

    visitor.expect(visitor.page.get_by_text("Nobody is told yet.")).to_be_visible()


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


# What comes from outside.

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
        visitor.expect(visitor.part("Checkpoints")).to_contain_text("<script>alert(1)</script><b>")
    assert page.evaluate("window.hacked") is None


def test_markup_has_no_way_in(visitor: "Visitor") -> None:
    """The policy forbids it even to a mistake in the page."""
    visitor.go("")
    broken = "try { document.body.innerHTML = '<b>x</b>'; 'in' } catch (e) { e.name }"

    assert "TypeError" == visitor.page.evaluate(broken)
    visitor.complaints = [c for c in visitor.complaints if "TrustedHTML" not in c]


# Everybody.


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_is_wider_than_a_small_phone(walker: "Visitor", route: str) -> None:
    """Whatever is in it, and however long its words are."""
    world = walker.bridge.world
    long = "Donaudampfschifffahrtsgesellschaft" * 5
    add(world, "1", LEFT, title=long, seller=long, protection_ends_on=day(world, -2))
    add(world, "n" * 64, MOVING[:0])
    check(world)
    email = {"protocol": "email", "endpoint": f"me@{'x' * 60}.{'y' * 60}.org", "kinds": None}
    world.call("POST", "/subscriptions", email)
    walker.go(route)
    walker.expect(
        walker.page.locator("main article, main form, main h2, main a").first
    ).to_be_visible()
    for words in walker.page.get_by_text("Show them").all():
        words.click()
        walker.expect(walker.page.locator(".drafts [lang=en]")).to_have_count(3)

    assert 360 == walker.page.evaluate("document.documentElement.scrollWidth")


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: "Browser", gateway: Bridge, axe_script: str, scheme: str
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
            visitor.assert_accessible(axe_script)
            visitor.go("")
            visitor.assert_accessible(axe_script)
            for route in ROUTES[1:]:
                visitor.turn_to(route)
                visitor.assert_accessible(axe_script)
            visitor.turn_to("#/orders/1")
            visitor.page.get_by_role("button", name="Refunded").click()
            visitor.page.get_by_text("Show them").click()
            visitor.expect(visitor.page.locator(".drafts [lang=en]")).to_have_count(3)
            visitor.assert_accessible(axe_script)
            visitor.page.get_by_role("button", name="Forget this order").click()
            visitor.assert_accessible(axe_script)
