"""`make pictures`: the documentation's pictures, made of the real page and the demo's parcels.

The same handlers and the same page as everywhere; only the clock and the simulated Cainiao stand
still, so that the pictures stay the same as long as the page does.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.aws.world import world_at
from tests.local.parcels import PARCELS
from tests.local.parts import CHROMIUM
from tests.template import ROOT
from tests.web import stock
from tests.web.bridge import bridge
from tests.web.conftest import ARGUMENTS, START
from tests.web.visitor import visiting

FOLDER = ROOT / "docs" / "images"

PICTURES = {"page.png": "", "order.png": "#/orders/jacket"}
"""Each picture, and the route of the page that it shows."""

MOST_BYTES = 150_000
"""A reader's first screen is no place for more."""

_FRAME = {"width": 1120, "height": 732}


def draw(browser: Browser, folder: Path) -> list[Path]:
    """Make every picture anew."""
    drawn = []
    quiet = {"POWERTOOLS_LOG_LEVEL": "ERROR"}
    with pytest.MonkeyPatch.context() as patch, world_at(START, patch, **quiet) as world:
        for parcel in PARCELS:
            stock.add_parcel(world, parcel)
        stock.check(world)
        with bridge(world) as gateway, visiting(browser, gateway, viewport=_FRAME) as visitor:
            visitor.go("")
            for name, route in PICTURES.items():
                if route:
                    visitor.turn_to(route)
                path = folder / name
                visitor.page.screenshot(path=path)
                drawn.append(path)
    return drawn


def main(_: Sequence[str] = ()) -> int:
    """Draw; answers the exit code."""
    if CHROMIUM is None:
        print("The pictures are taken with chromium, which is not on the PATH.", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        drawn = draw(browser, FOLDER)
    large = [path.name for path in drawn if path.stat().st_size > MOST_BYTES]
    if large:
        print(f"Larger than {MOST_BYTES // 1000} kB: {', '.join(large)}", file=sys.stderr)
    return bool(large)


if __name__ == "__main__":
    sys.exit(main())
