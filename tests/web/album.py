"""`make album`: every view of the page at three sizes, light and dark, in several languages.

To be looked at one by one after a change of the page. What is wider than its screen is told, and
so is what axe finds.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route

from stallwatch.api.page_words import page_words
from tests.aws.moto_stack import World, world_at
from tests.local.demo_parcels import PARCELS, SPEAKER
from tests.local.parts import CHROMIUM
from tests.support.template import ROOT
from tests.web import stock
from tests.web.bridge import KEY, bridge
from tests.web.conftest import START
from tests.web.npm import AXE
from tests.web.pictures import launched, quiet
from tests.web.visitor import Visitor, visiting

FOLDER = ROOT / ".local" / "album"

LOOKS = (
    ("320-light-de", 320, 568, "light", "de-DE"),
    ("390-dark-en", 390, 844, "dark", "en-GB"),
    ("1280-light-pl", 1280, 900, "light", "pl-PL"),
    ("390-light-de", 390, 844, "light", "de-DE"),
    ("1280-dark-en", 1280, 900, "dark", "en-GB"),
    ("320-dark-en", 320, 568, "dark", "en-GB"),
)
"""Name, width and height of the screen, scheme, and the browser's language."""

ROUTES = {
    "list": "#/",
    "claim": "#/orders/jacket",
    "order": "#/orders/usb-hub",
    "edit": "#/orders/usb-hub/edit",
    "add": "#/add",
    "alerts": "#/subscriptions",
    "stats": "#/stats",
    "nowhere": "#/nowhere",
}

COUNTS = (0, 1, 300, 5000)
"""How many orders there are, besides those of the demonstration."""


def draw(browser: Browser, folder: Path) -> Iterator[str]:
    """Take all pictures; gives what is wrong with them."""
    with quiet() as patch, world_at(START, patch) as world:
        for parcel in (*PARCELS, SPEAKER):
            stock.add_parcel(world, parcel)
        subscriber = {"protocol": "email", "endpoint": "me@example.org", "kinds": None}
        world.call("POST", "/subscriptions", subscriber)
        stock.check(world)
        for name, width, height, scheme, locale in LOOKS:
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
    page.evaluate("location.hash = '#/'")
    listed = world.call("GET", "/orders", query={"sort": "urgent", "limit": "100"})[1]["orders"]
    for number in COUNTS:
        answer = _many(listed, number)

        def serve(route: Route, answer: dict[str, Any] = answer) -> None:
            route.fulfill(json=answer)

        page.route("**/orders?*", serve)
        page.reload()
        page.locator("main[aria-busy=false] h1").wait_for()
        page.get_by_text(loading).wait_for(state="detached")
        yield from _shot(visitor, folder / f"{look}-list-{number}.png")
        page.unroute("**/orders?*")


def _many(orders: Sequence[dict[str, Any]], number: int) -> dict[str, Any]:
    """The first page of a list that long, made of some orders again and again."""
    repeated = [{**orders[n % len(orders)], "order_id": f"n{n}"} for n in range(min(number, 50))]
    return {"orders": repeated, "next_cursor": "more" if number > 50 else None}


def _shot(visitor: Visitor, path: Path) -> Iterator[str]:
    page = visitor.page
    page.screenshot(path=path, full_page=True)
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if widths[0] > widths[1]:
        yield f"{path.name}: {widths[0]} px wide on a screen of {widths[1]}"
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
        wrong = 0
        for text in draw(browser, FOLDER):
            print(text, flush=True)
            wrong += 1
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
