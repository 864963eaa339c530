"""`make pictures`: the documentation's pictures, made of the real page and the demo's parcels.

The same handlers and the same page as everywhere; only the clock and the simulated sources stand
still, so that the pictures stay the same as long as the page does.
"""

import base64
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.aws.moto_stack import World, world_at, world_with
from tests.local.demo_parcels import PARCELS, SPEAKER
from tests.local.parts import CHROMIUM
from tests.simulators.seventeen_track import Simulator as SeventeenTrack
from tests.support.template import ROOT
from tests.web import movie, stock
from tests.web.bridge import bridge
from tests.web.conftest import ARGUMENTS, START
from tests.web.visitor import PHONE, visiting

FOLDER = ROOT / "docs" / "images"

ROUTES = {"page.png": "", "order.png": "#/orders/jacket"}
"""Pictures of the page, and the route that each shows."""

PICTURES = (
    *ROUTES,
    *("tutorial-order.png", "tutorial-claim.png", "tutorial-stats.png"),
    *("phone.png", "phone-claim.png", "claim.png", "claim-page.png"),
    movie.NAME,
)

MOST_BYTES = 300_000
"""A README is no place for more."""

_QUIET = {"POWERTOOLS_LOG_LEVEL": "ERROR", "POWERTOOLS_METRICS_DISABLED": "true"}
_FRAME = {"width": 1120, "height": 732}
_A4 = {"width": 794, "height": 1123}
_MARGINS = "body { padding: 10mm 12mm !important; }"
"""What a printer leaves free, as the style of the printed page asks for."""


def draw(browser: Browser, folder: Path) -> list[Path]:
    """Make every picture anew."""
    with quiet() as patch, world_at(START, patch) as world:
        for parcel in PARCELS:
            stock.add_parcel(world, parcel)
        _subscribe(world)
        stock.check(world)
        drawn = list(_of_the_page(browser, world, folder))
    with quiet() as patch, world_at(START, patch) as world:
        drawn += _of_the_tutorial(browser, world, folder)
    ordered = START - timedelta(days=SPEAKER.ordered_ago + 13)
    with (
        quiet() as patch,
        SeventeenTrack() as track,
        world_with(track, ordered, patch) as world,
    ):
        _subscribe(world)
        story = movie.draw(browser, world, patch, folder)
        return [*drawn, *_of_the_claim(browser, world, folder), story]


def _subscribe(world: World) -> None:
    """Somebody is told, so that no banner asks for it."""
    subscriber = {"protocol": "email", "endpoint": "me@example.org", "kinds": None}
    world.call("POST", "/subscriptions", subscriber)


@contextmanager
def quiet() -> Iterator[pytest.MonkeyPatch]:
    """Handlers that say nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _QUIET.items():
            patch.setenv(name, value)
        yield patch


def _of_the_page(browser: Browser, world: World, folder: Path) -> Iterator[Path]:
    with bridge(world) as gateway, visiting(browser, gateway, viewport=_FRAME) as visitor:
        visitor.go("")
        for name, route in ROUTES.items():
            if route:
                visitor.turn_to(route)
            else:
                visitor.page.get_by_role("article").first.wait_for()
            yield _shot(visitor.page.screenshot(), folder / name)


def _of_the_tutorial(browser: Browser, world: World, folder: Path) -> Iterator[Path]:
    """The tutorial's order after its import, its claim file, and what was recovered."""
    (jacket,) = (parcel for parcel in PARCELS if parcel.order_id == "jacket")
    stock.add_parcel(world, replace(jacket, price="34.90"))
    stock.check(world)
    with bridge(world) as gateway, visiting(browser, gateway, viewport=_FRAME) as visitor:
        visitor.go("#/orders/jacket")
        yield _shot(visitor.page.screenshot(), folder / "tutorial-order.png")
        visitor.page.get_by_role("button", name="Claim file", exact=True).click()
        part = visitor.part("Claim file")
        part.get_by_role("button", name="Make the claim file").click()
        part.get_by_role("link", name="Get the picture").wait_for()
        yield _shot(visitor.page.screenshot(), folder / "tutorial-claim.png")
    for said in ({"action": "dispute_opened"}, {"action": "refunded", "amount": "34.90"}):
        world.call("POST", "/orders/jacket/actions", said)
        stock.check(world)
    with bridge(world) as gateway, visiting(browser, gateway, viewport=_FRAME) as visitor:
        visitor.go("#/stats")
        yield _shot(visitor.page.screenshot(), folder / "tutorial-stats.png")


def _of_the_claim(browser: Browser, world: World, folder: Path) -> Iterator[Path]:
    """The way to it on a phone, the picture as the dispute gets it, and the printed page."""
    route = f"orders/{SPEAKER.order_id}"
    link = world.call("POST", f"/{route}/claim/links")[1]["path"]
    with bridge(world) as gateway:
        with visiting(browser, gateway, viewport=PHONE) as visitor:
            visitor.go(f"#/{route}")
            yield _shot(visitor.page.screenshot(), folder / "phone.png")
            visitor.page.get_by_role("button", name="Claim file", exact=True).click()
            visitor.part("Claim file").get_by_role("button", name="Make the claim file").click()
            visitor.part("Claim file").get_by_role("link", name="Get the picture").wait_for()
            yield _shot(visitor.page.screenshot(), folder / "phone-claim.png")
        png = world.call("GET", f"/{link}", query={"as": "png"})[1]
        yield _shot(base64.b64decode(png), folder / "claim.png")
        paper = {"viewport": _A4, "bypass_csp": True}
        with visiting(browser, gateway, **paper) as visitor:
            # Without the page's policy the browser asks for an icon.
            visitor.expected = {403}
            visitor.open(f"{link}?as=html")
            visitor.page.emulate_media(media="print")
            visitor.page.add_style_tag(content=_MARGINS)
            yield _shot(visitor.page.screenshot(), folder / "claim-page.png")


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser that draws."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        yield browser


def _shot(picture: bytes, path: Path) -> Path:
    path.write_bytes(picture)
    return path


def main(_: Sequence[str] = ()) -> int:
    """Draw; answers the exit code."""
    if CHROMIUM is None:
        print("The pictures are taken with chromium, which is not on the PATH.", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        drawn = draw(browser, FOLDER)
    large = [path.name for path in drawn if path.stat().st_size > MOST_BYTES]
    if large:
        print(f"Larger than {MOST_BYTES // 1000} kB: {', '.join(large)}", file=sys.stderr)
    return bool(large)


if __name__ == "__main__":
    sys.exit(main())
