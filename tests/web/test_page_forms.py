"""Adding, changing and forgetting an order on the page."""

from typing import TYPE_CHECKING

from tests.web.stock import (
    MOVING,
    add,
    day,
    number_of,
    tell,
)

if TYPE_CHECKING:
    from tests.web.visitor import Visitor


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
    page.get_by_role("main").get_by_label("Language").select_option("Français")
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        page.get_by_role("button", name="Save").click()

    visitor.expect(page.get_by_role("heading", name="Desk lamp", level=1)).to_be_visible()
    assert {
        "title": "Desk lamp",
        "seller": None,
        "destination": "FR",
        "language": "fr",
    } == sent.value.post_data_json
    visitor.expect(visitor.part("Facts")).to_contain_text("LanguageFrançais")
    visitor.expect(page.get_by_text("Saved.")).to_be_visible()


def test_forgetting_an_order_asks_first(visitor: "Visitor") -> None:
    """It cannot be undone."""
    world = visitor.bridge.world
    add(world, "1", MOVING, title="Lamp")
    visitor.go("#/orders/1")
    page = visitor.page

    page.get_by_role("button", name="Delete this order").click()
    visitor.expect(page.get_by_role("dialog", name="Delete Lamp?")).to_be_visible()
    page.keyboard.press("Escape")
    visitor.expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Delete this order").click()
    page.get_by_role("button", name="Delete", exact=True).click()

    visitor.expect(page.get_by_text("The order is deleted.")).to_be_visible()
    visitor.expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    assert 404 == world.call("GET", "/orders/1")[0]


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
    visitor.expect(visitor.part("Tracking history")).to_contain_text(
        "Departed from departure country"
    )
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
    page.get_by_text("More details").click()
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
    page.get_by_label("Remote area").select_option("yes")
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

    visitor.expect(page.get_by_label("Ordered on")).to_have_value(day(world, 0))
    page.get_by_label("Ordered on").fill("")
    add_it.click()
    visitor.expect(page.get_by_label("Ordered on")).to_have_accessible_description(
        "Fill in this field."
    )
    visitor.expect(page.get_by_label("Order id")).to_be_focused()
    page.get_by_label("Order id").fill("a/b")
    page.get_by_label("Ordered on").fill("2009-12-31")
    add_it.click()
    visitor.expect(page.get_by_label("Order id")).to_have_accessible_description(
        "As the order’s page shows it. Enter letters, digits, dots, dashes and underscores,"
        " at most 64."
    )
    page.get_by_label("Order id").fill("1")
    page.get_by_text("More details").click()
    page.get_by_label("Currency").fill("EUR")
    page.get_by_text("More details").click()
    add_it.click()
    visitor.expect(page.get_by_label("Ordered on")).to_have_accessible_description(
        "Enter a day from 2010 on, tomorrow at the latest."
    )
    visitor.expect(page.get_by_label("Price")).to_have_accessible_description(
        "Like 12.50. Enter the price too."
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

    visitor.expect(page.get_by_role("alert")).to_contain_text("There is an order 1 already")
    page.get_by_role("link", name="Open the existing order").click()
    visitor.expect(page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()


def test_what_is_pasted_is_shown_before_it_is_added(visitor: "Visitor") -> None:
    """Numbers alone make orders of today; a row that cannot be is said to be so."""
    page = visitor.page
    visitor.go("#/add")
    visitor.part("Paste or drop").get_by_role("textbox").fill(
        "LP00123456789012\nLP00123456789013\n"
    )
    page.get_by_role("button", name="Show what is in it").click()
    rows = visitor.part("Paste or drop").get_by_role("listitem")
    visitor.expect(rows).to_contain_text(["New LP00123456789012", "New LP00123456789013"])
    assert 0 == len(visitor.bridge.world.call("GET", "/orders")[1]["orders"])

    page.get_by_role("button", name="Add 2 orders").click()
    visitor.expect(page.get_by_role("heading", name="Orders", level=1)).to_be_visible()
    visitor.expect(page.get_by_text("2 added, 0 filled in.")).to_be_visible()
    visitor.expect(page.get_by_role("article")).to_have_count(2)


def test_a_file_is_imported(visitor: "Visitor") -> None:
    """As it is, whatever its type; what is already there is filled in."""
    page = visitor.page
    visitor.go("#/add")
    table = "order_id;ordered_on;title\n1;2026-06-01;Lamp\n2;2031-01-01;Cable\n"
    page.get_by_label("Or a file").set_input_files(
        {"name": "orders.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_role("button", name="Show what is in it").click()
    visitor.expect(visitor.part("Paste or drop")).to_contain_text("Rejected 2")
    page.get_by_role("button", name="Add 1 order").click()
    box = visitor.part("Paste or drop")
    visitor.expect(box).to_contain_text("1 added, 0 filled in. Not taken: 1.")
    visitor.expect(box.get_by_role("listitem")).to_contain_text(
        "The order date lies in the future."
    )
    box.get_by_role("link", name="To the orders").click()
    visitor.expect(visitor.card("Lamp")).to_be_visible()


def test_what_cannot_be_read_is_told(visitor: "Visitor") -> None:
    """With what it was tried as."""
    visitor.expected = {422}
    visitor.go("#/add")
    box = visitor.part("Paste or drop")
    box.get_by_role("button", name="Show what is in it").click()
    visitor.expect(box.get_by_text("Paste something, or choose a file.")).to_be_visible()
    box.get_by_role("textbox").fill("what is this")
    box.get_by_role("button", name="Show what is in it").click()
    visitor.expect(box.get_by_text("No order ids and no tracking numbers")).to_be_visible()


def test_a_file_is_dropped_onto_any_view(visitor: "Visitor") -> None:
    """What it holds is shown at once, in the view that adds it."""
    visitor.go("#/stats")
    visitor.page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          const table = "order_id;ordered_on;title\\n1;2026-06-01;Lamp\\n";
          dataTransfer.items.add(new File([table], "orders.csv", { type: "text/csv" }));
          document.querySelector("main").dispatchEvent(
            new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
        }"""
    )
    visitor.expect(visitor.part("Paste or drop")).to_contain_text("New 1 · Lamp")
    visitor.page.get_by_role("button", name="Add 1 order").click()
    visitor.expect(visitor.page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()
