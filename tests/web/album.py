"""`make album`: every view of the page at three sizes, light and dark, in several languages.

make album
ONLY=390-dark make album  takes some looks only
TASKS=1 make album        counts seven tasks instead: clicks, keys and seconds
LOAD=1 make album         measures thousands of orders, and a slow network, instead

To be looked at one by one after a change of the page. What is wider than its screen is told, and
so is what axe finds.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route

from stallwatch.api.page_words import Words, page_words
from tests.aws.moto_stack import World, world_at
from tests.local.demo_parcels import PARCELS, SPEAKER
from tests.local.parts import CHROMIUM
from tests.support.template import ROOT
from tests.web import load, stock, tasks
from tests.web.bridge import KEY, bridge
from tests.web.conftest import START
from tests.web.npm import AXE
from tests.web.pictures import launched, quiet
from tests.web.visitor import Visitor, visiting

FOLDER = ROOT / ".local" / "album"

LOOKS = (
    *(
        (f"{width}-{scheme}-{language}", width, height, scheme, locale)
        for language, locale in (("en", "en-GB"), ("de", "de-DE"))
        for scheme in ("light", "dark")
        for width, height in ((320, 568), (390, 844), (1280, 900))
    ),
    ("320-light-pl", 320, 568, "light", "pl-PL"),
    ("390-light-fr", 390, 844, "light", "fr-FR"),
)
"""Name, width and height of the screen, scheme, and the browser's language."""

ROUTES = {
    "list": "#/",
    "claim": "#/orders/jacket",
    "order": "#/orders/usb-hub",
    "delivered": "#/orders/socks",
    "edit": "#/orders/usb-hub/edit",
    "add": "#/add",
    "alerts": "#/subscriptions",
    "stats": "#/stats",
    "nowhere": "#/nowhere",
}

TABLE = """order_id;ordered_on;title;tracking_number;price;currency;protection_ends_on
81;2026-06-01;Kettle;LP00123456789012;19.90;EUR;
82;2031-06-01;Cup;;;;
83;2026-06-01;A lamp with a very long title, as they stand in the shop, for the desk;;;;2027-04-01
84;;;;;;
"""
"""Rows as they may come: without a deadline, with a wrong year, with a far deadline, and none."""

COUNTS = (0, 1, 12, 300)
"""How many orders there are, besides those of the demonstration."""


def draw(browser: Browser, folder: Path) -> Iterator[str]:
    """Take all pictures; gives what is wrong with them."""
    with quiet() as patch, world_at(START, patch) as world:
        for parcel in (*PARCELS, SPEAKER):
            stock.add_parcel(world, parcel)
        subscriber = {"protocol": "email", "endpoint": "me@example.org", "kinds": None}
        world.call("POST", "/subscriptions", subscriber)
        stock.check(world)
        only = os.environ.get("ONLY", "")
        for name, width, height, scheme, locale in LOOKS:
            if only not in name:
                continue
            options = {
                "viewport": {"width": width, "height": height},
                "color_scheme": scheme,
                "locale": locale,
            }
            with bridge(world) as gateway, visiting(browser, gateway, **options) as visitor:
                yield from _views(visitor, world, folder, name)


def _views(visitor: Visitor, world: World, folder: Path, look: str) -> Iterator[str]:
    page = visitor.page
    visitor.open()
    page.locator("form").wait_for()
    yield from _shot(visitor, folder / f"{look}-signin.png")
    language = page.evaluate("document.documentElement.lang")
    words = page_words(language)
    loading = str(words["loading"])
    page.get_by_label(str(words["key.key"])).fill(KEY)
    page.locator("form button").click()
    page.locator("main[aria-busy=false] .results h2").first.wait_for()
    for view, route in ROUTES.items():
        page.evaluate("route => { location.hash = route; }", route)
        page.locator("main[aria-busy=false] h1").wait_for()
        page.get_by_text(loading).wait_for(state="detached")
        if view == "list":
            page.locator(".results h2").first.wait_for()
        yield from _shot(visitor, folder / f"{look}-{view}.png")
    yield from _review(visitor, words, folder / f"{look}-review.png")
    yield from _opened(visitor, words, folder / look)
    for links in ("/orders/jacket/claim/links", "/calendar/links"):
        for link in world.call("GET", links)[1]["links"]:
            world.call("DELETE", f"{links}/{link['id']}")
    page.evaluate("location.hash = '#/'")
    query, speaks = {"sort": "urgent", "limit": "100"}, {"accept-language": language}
    listed = world.call("GET", "/orders", query=query, headers=speaks)[1]["orders"]
    for number in COUNTS:
        page.route("**/orders?*", _answering(_many(listed, number)))
        page.reload()
        page.locator("main[aria-busy=false] h1").wait_for()
        page.get_by_text(loading).wait_for(state="detached")
        yield from _shot(visitor, folder / f"{look}-list-{number}.png")
        page.unroute("**/orders?*")


def _review(visitor: Visitor, words: Words, path: Path) -> Iterator[str]:
    """What is understood of a table with rows of every kind."""
    page = visitor.page
    page.evaluate("location.hash = '#/add'")
    page.locator("#import-text").fill(TABLE)
    page.get_by_role("button", name=str(words["import.read"])).click()
    page.locator(".report li").first.wait_for()
    page.locator(".where summary").first.click()
    yield from _shot(visitor, path)


def _opened(visitor: Visitor, words: Words, path: Path) -> Iterator[str]:
    """An order with all unfolded that it has, what is refused in a form, and a question."""
    page = visitor.page
    page.evaluate("location.hash = '#/orders/jacket'")
    page.get_by_role("button", name=str(words["action.refunded"]), exact=True).click()
    page.get_by_text(str(words["drafts.show"])).click()
    page.locator(".drafts .panel").first.wait_for()
    page.get_by_role("button", name=str(words["claim.make"])).click()
    page.locator(".links li").first.wait_for()
    amount = page.get_by_label(str(words["act.amount"]))
    if amount.count():
        amount.fill("?")
        page.locator(".actions form .primary").click()
        page.locator("[aria-invalid]").wait_for()
    yield from _shot(visitor, path.with_name(f"{path.name}-unfolded.png"))
    page.get_by_role("button", name=str(words["order.forget"])).click()
    yield from _shot(visitor, path.with_name(f"{path.name}-question.png"), whole=False)
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#/subscriptions'")
    page.locator(".subscriber button").first.click()
    page.get_by_role("button", name=str(words["calendar.make"])).click()
    page.locator(".code svg").first.wait_for()
    for part in page.locator(".how summary, .kinds summary").all():
        part.click()
    yield from _shot(visitor, path.with_name(f"{path.name}-alerts-unfolded.png"))


def _answering(answer: dict[str, Any]) -> Callable[[Route], None]:
    """A handler of requests that answers them all alike."""
    return lambda route: route.fulfill(json=answer)


def _many(orders: Sequence[dict[str, Any]], number: int) -> dict[str, Any]:
    """The first page of a list that long, made of some orders again and again."""
    repeated = [{**orders[n % len(orders)], "order_id": f"n{n}"} for n in range(min(number, 50))]
    return {"orders": repeated, "next_cursor": "more" if number > 50 else None}


def _shot(visitor: Visitor, path: Path, *, whole: bool = True) -> Iterator[str]:
    page = visitor.page
    page.mouse.move(0, 0)  # What lies under the pointer looks otherwise.
    page.screenshot(path=path, full_page=whole)
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if widths[0] > widths[1]:
        yield f"{path.name}: {widths[0]} px wide on a screen of {widths[1]}"
    yield from (f"{path.name}: {misfit}" for misfit in visitor.misfits())
    page.evaluate(AXE.path().read_text("utf-8"))
    for violation in page.evaluate("axe.run()")["violations"]:
        targets = [node["target"] for node in violation["nodes"]]
        yield f"{path.name}: {violation['id']} {targets[:2]}"


def main(_: Sequence[str] = ()) -> int:
    """Draw; answers the exit code."""
    if CHROMIUM is None:
        print("The pictures are taken with chromium, which is not on the PATH.", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        for name, lines in (("TASKS", tasks.report), ("LOAD", load.report)):
            if os.environ.get(name):
                for line in lines(browser):
                    print(line, flush=True)
                return 0
        wrong = 0
        for text in draw(browser, FOLDER):
            print(text, flush=True)
            wrong += 1
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
