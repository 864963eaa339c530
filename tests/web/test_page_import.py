"""An import on the page: shown row by row, corrected in place, asked about, and added in parts."""

from typing import TYPE_CHECKING

from tests.web.stock import add, day

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.web.visitor import Visitor

SHOW = "Show what is in it"


def show(visitor: "Visitor", table: str) -> "Locator":
    """Choose a table as a file and have it shown; the box."""
    visitor.go("#/add")
    box = visitor.part("Paste or drop")
    box.get_by_label("Or a file").set_input_files(
        {"name": "orders.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    box.get_by_role("button", name=SHOW).click()
    visitor.expect(box.get_by_role("heading", name="This is what was understood")).to_be_focused()
    return box


def test_a_row_is_corrected_in_place(visitor: "Visitor") -> None:
    """Its title, number, price and deadline; what was not corrected goes in as it was read."""
    world = visitor.bridge.world
    box = show(visitor, "order_id;ordered_on;title;seller\n1;2026-06-01;Lmap;Bright\n")
    box.get_by_role("button", name="Correct Lmap").click()
    for label, value in {
        "Title": "Lamp",
        "Tracking number": "LP00123456789012",
        "Price": "12,50",
        "Currency": "EUR",
        "Protection ends on": day(world, -40),
    }.items():
        box.get_by_label(label).fill(value)
    box.get_by_label("Currency").blur()
    visitor.expect(box.get_by_role("listitem")).to_contain_text("New 1 · Lamp · LP00123456789012")
    box.get_by_role("button", name="Add 1 order").click()
    visitor.expect(visitor.page.get_by_role("heading", name="Lamp", level=1)).to_be_visible()

    order = world.call("GET", "/orders/1")[1]
    wanted = {
        "title": "Lamp",
        "seller": "Bright",
        "tracking_number": "LP00123456789012",
        "price": "12.50",
        "protection_ends_on": day(world, -40),
    }
    assert wanted == {name: order[name] for name in wanted}


def test_a_row_that_is_not_taken_is_taken_once_it_is_corrected(visitor: "Visitor") -> None:
    """A year that lies ahead, and an order whose watch would be over: both with a wrong year."""
    world = visitor.bridge.world
    box = show(visitor, "order_id;ordered_on\n1;2031-06-01\n2;2025-06-01\n")
    rows = box.get_by_role("listitem")
    visitor.expect(rows.nth(0)).to_contain_text("The order date lies in the future.")
    visitor.expect(rows.nth(1)).to_contain_text("The watch would be over already")
    visitor.expect(box.get_by_text("There is nothing to add.")).to_be_visible()

    for place in range(2):
        rows.nth(place).get_by_label("Ordered on").fill("2026-06-01")
        rows.nth(place).get_by_label("Ordered on").blur()
        visitor.expect(rows.nth(place)).to_contain_text("New")
    box.get_by_role("button", name="Add 2 orders").click()
    visitor.expect(visitor.page.get_by_text("2 added, 0 filled in.")).to_be_visible()
    assert {"2026-06-01"} == {o["ordered_on"] for o in world.call("GET", "/orders")[1]["orders"]}


def test_what_is_unlikely_is_asked_before_it_is_added(visitor: "Visitor") -> None:
    """A deadline far off, and one that is past, stand at their fields; a second press adds them."""
    world = visitor.bridge.world
    far, past = day(world, -300), day(world, 3)
    rows = f"1;2026-06-01;{far}\n2;2026-04-01;{past}\n3;2026-06-01;{day(world, -40)}\n"
    box = show(visitor, "order_id;ordered_on;protection_ends_on\n" + rows)
    box.get_by_role("button", name="Add 3 orders").click()

    visitor.expect(box.get_by_role("alert")).to_contain_text("Check the marked rows")
    deadlines = box.get_by_label("Protection ends on")
    visitor.expect(deadlines).to_have_count(2)
    visitor.expect(deadlines.nth(0)).to_have_accessible_description(
        "This is more than half a year after the order. Is the year right?"
    )
    visitor.expect(deadlines.nth(1)).to_have_accessible_description(
        "This day has passed: the order may be over already."
    )
    assert [] == world.call("GET", "/orders")[1]["orders"]
    box.get_by_role("button", name="Add 3 orders").click()
    visitor.expect(visitor.page.get_by_text("3 added, 0 filled in.")).to_be_visible()


def test_a_missing_deadline_is_asked_for_with_a_drawing(visitor: "Visitor") -> None:
    """In the row that lacks it, and only there; the drawing says in words what it shows."""
    world = visitor.bridge.world
    add(world, "3", title="There already")
    known = f"1;2026-06-01;Lamp;\n2;2026-06-01;Cable;{day(world, -40)}\n3;2026-03-01;;\n"
    box = show(visitor, "order_id;ordered_on;title;protection_ends_on\n" + known)
    visitor.expect(box.get_by_label("Protection ends on")).to_have_count(1)
    box.get_by_text("Where does AliExpress show this date?").click()
    visitor.expect(box.get_by_role("img", name="Drawing of an order’s details")).to_be_visible()
    box.get_by_label("Protection ends on").fill(day(world, -50))
    box.get_by_label("Protection ends on").blur()
    visitor.expect(box.get_by_role("listitem").first).to_contain_text("Protection ends on: 4 Aug")
    box.get_by_role("button", name="Add 2 orders").click()
    visitor.expect(visitor.page.get_by_text("2 added, 0 filled in.")).to_be_visible()

    assert day(world, -50) == world.call("GET", "/orders/1")[1]["protection_ends_on"]


def test_many_are_added_in_parts_and_go_on_after_a_failure(visitor: "Visitor") -> None:
    """What was added stays so; the next press sends the rest alone."""
    visitor.expected = {503}
    visitor.bridge.checks_at_once = False
    page = visitor.page
    visitor.go("#/add")
    box = visitor.part("Paste or drop")
    box.get_by_role("textbox").fill("\n".join(f"LP{n:014}" for n in range(120)))
    box.get_by_role("button", name=SHOW).click()
    visitor.expect(box.get_by_text("And 20 more rows.")).to_be_visible()
    sent: list[int] = []

    def second_fails(route: object, request: object) -> None:
        sent.append(len(request.post_data_json))  # type: ignore[attr-defined]
        fulfil = {"status": 503, "body": "{}"}
        route.fulfill(**fulfil) if len(sent) == 2 else route.continue_()  # type: ignore[attr-defined]

    page.route("**/orders/import", second_fails)
    box.get_by_role("button", name="Add 120 orders").click()
    visitor.expect(box.get_by_role("alert")).to_contain_text("error 503")
    visitor.expect(box.get_by_text("50 of 120 are done.")).to_be_visible()
    box.get_by_role("button", name="Add").click()

    visitor.expect(page.get_by_role("heading", name="Orders", level=1)).to_be_visible()
    assert [50, 50, 50, 20] == sent
    listed = visitor.bridge.world.call("GET", "/orders", query={"limit": "100"})[1]
    assert 100 == len(listed["orders"])


def test_an_export_comes_back_with_what_was_said(visitor: "Visitor") -> None:
    """The buyer's words go in with the order, though the page sends it anew."""
    world = visitor.bridge.world
    add(world, "1", title="Lamp")
    world.call("POST", "/orders/1/actions", {"action": "seller_contacted"})
    table = world.call("GET", "/orders/export")[1]
    world.call("DELETE", "/orders/1")
    box = show(visitor, table)
    box.get_by_role("button", name="Add 1 order").click()
    visitor.expect(visitor.part("Your actions")).to_contain_text("Seller contacted")


def test_dates_that_mean_either_are_asked_about(visitor: "Visitor") -> None:
    """Which comes first is chosen, and all is read again."""
    box = show(visitor, "order_id;ordered_on\n1;5/6/2026\n2;6/5/2026\n")
    visitor.expect(box.get_by_role("listitem").first).to_contain_text("the day or the month first")
    box.get_by_label("Dates like").select_option("The day first")

    visitor.expect(box.get_by_role("button", name="Add 2 orders")).to_be_visible()
    visitor.expect(box.get_by_role("listitem").first).to_contain_text("New 1 · 5 Jun")
