"""What people come to the page for: seven tasks, done with a mouse or by keyboard alone.

`TASKS=1 make album` does each both ways, counts, and prints a table; the tests do each by keyboard.
The seconds are those that the page takes, on the machine at hand; those of a person are reckoned
from clicks and keys as the keystroke-level model does (Card, Moran and Newell, 1980).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import Browser, FileChooser, Locator, Page, expect

from tests.aws.moto_stack import World, world_at
from tests.web import stock
from tests.web.bridge import bridge
from tests.web.conftest import START
from tests.web.pictures import quiet
from tests.web.visitor import Visitor, visiting

TABLE = """order_id;ordered_on;title;tracking_number
81;2026-06-01;Kettle;LP00123456789012
82;2026-06-02;Cup;
"""

_MOST_TABS = 200
"""So many presses of the tab key lead to whatever a view holds."""

_POINT_AND_CLICK, _KEY, _THINK = 1.3, 0.2, 1.35
"""Seconds: the pointer is moved and pressed, a key is pressed, and what to do next is decided."""


@dataclass
class Effort:
    """What a task has cost."""

    clicks: int = 0
    keys: int = 0
    seconds: float = 0.0

    @property
    def of_a_person(self) -> float:
        """The seconds that it takes somebody who knows the page, besides waiting."""
        return self.clicks * (_POINT_AND_CLICK + _THINK) + self.keys * _KEY


class Hand(Protocol):
    """How somebody works with a page."""

    page: Page
    effort: Effort

    def use(self, part: Locator) -> None:
        """Press a button, or follow a link."""

    def enter(self, part: Locator, text: str) -> None:
        """Put a text into a field, in place of what was there."""

    def choose_file(self, part: Locator) -> FileChooser:
        """Open the dialog of a field for files."""


class Mouse:
    """Clicks, and types where there is something to type."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.effort = Effort()

    def use(self, part: Locator) -> None:
        part.click()
        self.effort.clicks += 1

    def enter(self, part: Locator, text: str) -> None:
        part.click()
        part.fill(text)
        self.effort.clicks += 1
        self.effort.keys += len(text)

    def choose_file(self, part: Locator) -> FileChooser:
        with self.page.expect_file_chooser() as chosen:
            self.use(part)
        self.effort.clicks += 1  # For the file itself.
        return chosen.value


class Keyboard:
    """Has no pointer: goes from part to part, and what is pressed is what has the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.effort = Effort()
        # The browser hands over its choosers of files from the first listener on, and not at once.
        page.on("filechooser", lambda _: None)

    def _press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.effort.keys += 1

    def _go_to(self, part: Locator) -> None:
        part.wait_for()
        for _ in range(_MOST_TABS):
            if part.evaluate("part => part === document.activeElement"):
                return
            self._press("Tab")
        raise AssertionError(f"{_MOST_TABS} presses of the tab key do not lead to {part}")

    def use(self, part: Locator) -> None:
        self._go_to(part)
        self._press("Enter")

    def enter(self, part: Locator, text: str) -> None:
        self._go_to(part)
        self._press("ControlOrMeta+a")
        self.page.keyboard.type(text)
        self.effort.keys += len(text)

    def choose_file(self, part: Locator) -> FileChooser:
        self._go_to(part)
        with self.page.expect_file_chooser() as chosen:
            self._press("Enter")
        return chosen.value


def prepare(world: World) -> None:
    """The orders that the tasks are about."""
    stock.add(world, "1", stock.LEFT, title="Jacket", price="40", currency="EUR")
    stock.add(world, "2", stock.MOVING, ordered=10, title="Cable")
    stock.add(world, "3", stock.STUCK, ordered=35, title="Shoes", price="30", currency="EUR")
    world.call("POST", "/subscriptions", {"protocol": "email", "endpoint": "me@example.org"})
    stock.check(world)
    world.call("POST", "/orders/3/actions", {"action": "refunded", "amount": "3"})
    stock.check(world)


def _button(hand: Hand, name: str, nth: int = 0) -> Locator:
    return hand.page.get_by_role("button", name=name, exact=True).nth(nth)


def _link(hand: Hand, name: str) -> Locator:
    return hand.page.get_by_role("link", name=name, exact=True)


def add_from_file(hand: Hand) -> None:
    """Two orders of a table."""
    hand.use(_link(hand, "Add"))
    chooser = hand.choose_file(hand.page.get_by_label("Or a file"))
    chooser.set_files({"name": "orders.csv", "mimeType": "text/csv", "buffer": TABLE.encode()})
    hand.use(_button(hand, "Show what is in it"))
    hand.use(_button(hand, "Add 2 orders"))
    expect(_link(hand, "Kettle")).to_be_visible()


def find_urgent(hand: Hand) -> None:
    """What stands first under what needs the buyer now."""
    hand.use(hand.page.get_by_role("region", name="Needs you now").get_by_role("link").first)
    expect(hand.page.get_by_role("heading", name="Jacket", level=1)).to_be_visible()


def write_to_seller(hand: Hand) -> None:
    """The words are copied from the order."""
    find_urgent(hand)
    hand.use(_button(hand, "Message templates"))
    hand.use(_button(hand, "Copy"))
    expect(hand.page.get_by_text("Copied.")).to_be_visible()


def make_claim(hand: Hand) -> None:
    """The file is made, and its link copied."""
    find_urgent(hand)
    hand.use(_button(hand, "Claim file"))
    hand.use(_button(hand, "Make the claim file"))
    hand.use(_button(hand, "Copy the link"))
    expect(hand.page.get_by_text("The link is copied.")).to_be_visible()


def correct_refund(hand: Hand) -> None:
    """It was thirty, not three."""
    hand.use(
        hand.page.get_by_role("navigation", name="Which orders").get_by_role("link", name="Closed")
    )
    hand.use(_link(hand, "Shoes"))
    hand.use(_button(hand, "Correct"))
    hand.enter(hand.page.get_by_label("Amount refunded"), "30")
    hand.use(_button(hand, "Save"))
    expect(hand.page.get_by_role("region", name="Your actions")).to_contain_text("€30.00")


def add_subscriber(hand: Hand) -> None:
    """A second one, to all alerts."""
    hand.use(_link(hand, "Alerts"))
    hand.enter(hand.page.get_by_label("E-mail address, or phone number"), "you@example.org")
    hand.use(_button(hand, "Subscribe"))
    expect(hand.page.get_by_role("heading", name="you@example.org")).to_be_visible()


def get_calendar(hand: Hand) -> None:
    """The address is made, and copied."""
    hand.use(_link(hand, "Alerts"))
    hand.use(_button(hand, "Make an address"))
    hand.use(_button(hand, "Copy the address"))
    expect(hand.page.get_by_text("The address is copied.")).to_be_visible()


TASKS: dict[str, Callable[[Hand], None]] = {
    "add orders from a file": add_from_file,
    "find the urgent one": find_urgent,
    "write to the seller": write_to_seller,
    "make a claim": make_claim,
    "correct a mistaken refund": correct_refund,
    "add a second subscriber": add_subscriber,
    "get the calendar's address": get_calendar,
}


def begin(visitor: Visitor) -> None:
    """Come to the list; what the page copies may go into the clipboard."""
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.go("")


def measure(browser: Browser) -> Iterator[tuple[str, Effort, Effort]]:
    """Each task with a mouse and by keyboard, each time on a page as it was at first."""
    for name, task in TASKS.items():
        efforts = []
        for make in (Mouse, Keyboard):
            with (
                quiet() as patch,
                world_at(START, patch) as world,
                bridge(world) as gateway,
                visiting(browser, gateway) as visitor,
            ):
                prepare(world)
                begin(visitor)
                hand = make(visitor.page)
                began = time.perf_counter()
                task(hand)
                hand.effort.seconds = time.perf_counter() - began
                efforts.append(hand.effort)
        yield name, efforts[0], efforts[1]


def report(browser: Browser) -> Iterator[str]:
    """A line for each task."""
    head = ("clicks", "typed", "a person", "the page", "by keys")
    yield f"{'task':28} {head[0]:>6} {head[1]:>6} {head[2]:>9} {head[3]:>9} {head[4]:>11}"
    for name, mouse, keyboard in measure(browser):
        yield (
            f"{name:28} {mouse.clicks:6} {mouse.keys:6} {mouse.of_a_person:7.0f} s"
            f" {mouse.seconds:7.1f} s {keyboard.keys:11}"
        )
