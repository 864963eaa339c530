"""What the buyer did, entered on the page."""

from typing import TYPE_CHECKING

from tests.web.stock import (
    LEFT,
    MOVING,
    STUCK,
    add,
    check,
    day,
    number_of,
)

if TYPE_CHECKING:
    from tests.web.visitor import Visitor


def test_an_action_is_recorded(visitor: "Visitor") -> None:
    """What was said stands there, mutes what it mutes, and can be taken back."""
    world = visitor.bridge.world
    add(world, "1", LEFT, title="Lamp")
    check(world)
    visitor.go("#/orders/1")
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Dispute opened").click()
    deeds.get_by_label("On which day").fill(day(world, 2))
    deeds.get_by_role("button", name="Save").click()

    said = visitor.part("Your actions")
    visitor.expect(said).to_contain_text("Dispute opened (on 13 Jun)")
    visitor.expect(visitor.page.get_by_role("status").last).to_have_text("Saved: Dispute opened.")
    visitor.expect(visitor.part("What to do now")).to_contain_text("The seller has until June 18")
    visitor.expect(visitor.part("What to do now")).to_contain_text("Follow up18 Junin 3 days")
    visitor.expect(visitor.page.get_by_text("Claim your money")).to_have_count(1)
    deeds.get_by_role("button", name="Take it all back").click()
    deeds.get_by_role("button", name="Save").click()
    visitor.expect(said).to_contain_text("Dispute opened (on 13 Jun, taken back)")
    assert "dispute_opened" == world.call("GET", "/orders/1")[1]["actions"][1]["action"]


def test_where_it_was_looked_for_is_noted(visitor: "Visitor") -> None:
    """Four lines to tick, each with its day; what was answered is not asked again."""
    world = visitor.bridge.world
    add(world, "1", LEFT)
    check(world)
    visitor.go("#/orders/1")
    look = visitor.part("Where to look first")
    visitor.expect(look.get_by_role("checkbox")).to_have_count(4)
    visitor.expect(look).to_contain_text(number_of("1"))

    look.get_by_role("button", name="Save").click()
    visitor.expect(look.get_by_role("alert")).to_have_text(
        "Tick at least one place where you have looked."
    )
    look.get_by_label("The neighbours have not taken it in.").check()
    look.get_by_label("It is not on the doorstep").check()
    look.get_by_label("Checked on (Doorstep)").fill(day(world, 2))
    look.get_by_role("button", name="Save").click()

    visitor.expect(look.get_by_role("listitem")).to_have_text(
        ["Neighbours: checked, 15 Jun", "Doorstep: checked, 13 Jun"]
    )
    visitor.expect(look.get_by_role("checkbox")).to_have_count(2)
    visitor.expect(visitor.part("Your actions")).to_contain_text(
        "Not found here (Neighbours 15 Jun, Doorstep 13 Jun)"
    )
    visitor.expect(visitor.part("What to do now")).to_contain_text("(parcel locker, post office)")


def test_where_it_was_looked_for_can_be_noted_at_any_time(visitor: "Visitor") -> None:
    """Before anything presses it stands among the other words, and a wrong day is told."""
    visitor.expected = {422}
    world = visitor.bridge.world
    add(world, "1", MOVING)
    visitor.go("#/orders/1")
    visitor.expect(visitor.part("Where to look first")).to_have_count(0)
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Not found here").click()
    deeds.get_by_label("The post office does not have it.").check()
    looked_on = deeds.get_by_label("Checked on (Post office)")
    looked_on.fill(day(world, 81))
    deeds.get_by_role("button", name="Save").click()

    visitor.expect(looked_on).to_have_accessible_description(
        "Enter a day from the order on, tomorrow at the latest."
    )
    looked_on.fill(day(world, 0))
    deeds.get_by_role("button", name="Save").click()
    visitor.expect(visitor.part("Your actions")).to_contain_text("Post office 15 Jun")


def test_a_refund_takes_its_amount(visitor: "Visitor") -> None:
    """In the order's currency, with a comma where the buyer writes one."""
    world = visitor.bridge.world
    add(world, "1", LEFT, price="12.50", currency="EUR")
    visitor.go("#/orders/1")
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Refunded").click()
    deeds.get_by_label("Amount refunded").fill("10,40")
    deeds.get_by_role("button", name="Save").click()

    visitor.expect(visitor.part("Your actions")).to_contain_text("Refunded (€10.40)")
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
    deeds.get_by_role("button", name="Save").click()

    visitor.expect(until).to_have_accessible_description(
        "Enter a day after today, within 180 days."
    )
    visitor.expect(until).to_be_focused()
    until.fill(day(world, -3))
    deeds.get_by_role("button", name="Save").click()
    visitor.expect(visitor.part("Your actions")).to_contain_text("Snooze (until 18 Jun)")


def test_an_action_that_makes_no_sense_now_is_told(visitor: "Visitor") -> None:
    """The order was closed meanwhile, somewhere else."""
    visitor.expected = {409}
    world = visitor.bridge.world
    add(world, "1", MOVING)
    visitor.go("#/orders/1")
    world.call("POST", "/orders/1/actions", {"action": "received"})
    deeds = visitor.part("What have you done?")

    deeds.get_by_role("button", name="Seller contacted").click()
    deeds.get_by_role("button", name="Save").click()

    visitor.expect(deeds.get_by_role("alert")).to_have_text(
        "The order is closed. Take that back first."
    )


def test_one_action_is_taken_back_alone(visitor: "Visitor") -> None:
    """It asks first; what else was said stays."""
    world = visitor.bridge.world
    add(world, "1", STUCK, title="Lamp")
    check(world)
    world.call("POST", "/orders/1/actions", {"action": "seller_contacted"})
    world.call("POST", "/orders/1/actions", {"action": "dispute_opened", "note": "Case 7"})
    visitor.go("#/orders/1")
    said = visitor.part("Your actions")
    visitor.expect(said.get_by_role("listitem")).to_contain_text(
        ["Dispute opened (Case 7)", "Seller contacted"]
    )
    said.get_by_role("button", name="Take this back").first.click()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Take it back").click()

    visitor.expect(said.get_by_role("listitem")).to_have_count(1)
    visitor.expect(said).to_contain_text("Seller contacted")
    visitor.expect(visitor.page.get_by_text("Taken back: Dispute opened.")).to_be_visible()


def test_an_order_is_checked_now(visitor: "Visitor") -> None:
    """Once; the second time it is told when it may be again."""
    visitor.expected = {429}
    world = visitor.bridge.world
    add(world, "1", MOVING)
    check(world)
    visitor.go("#/orders/1")
    now = visitor.page.get_by_role("button", name="Check now")
    now.click()
    visitor.expect(visitor.page.get_by_text("It is being checked.")).to_be_visible()
    now.click()
    visitor.expect(
        visitor.page.get_by_role("alert").filter(has_text="It is possible again from")
    ).to_be_visible()
