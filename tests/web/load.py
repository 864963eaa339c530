"""`LOAD=1 make album`: what the page takes with thousands of orders, and over a slow network.

Everything is measured in one run on one machine, so the ratios are what counts: the page beside the
API's own time, a later page beside the first, what 1,000 orders leave in memory beside 50.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.aws.moto_stack import World
from tests.web.bridge import Bridge, bridge
from tests.web.crowd import crowd
from tests.web.pictures import quiet
from tests.web.visitor import DESKTOP, PHONE, Visitor

ORDERS = 5000
PAGES = 20
"""Of 50 orders: so many are gone through."""

SLOW = {
    "offline": False,
    "latency": 300,
    "downloadThroughput": 35 * 1024,
    "uploadThroughput": 12 * 1024,
}
"""A network of the second generation, as the DevTools protocol is told."""

_FRAMES = """() => new Promise((done) => {
  const gaps = [];
  let last;
  const step = (at) => {
    if (last !== undefined) gaps.push(at - last);
    last = at;
    scrollBy(0, 120);
    const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
    if (isAtEnd) done(gaps);
    else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


@dataclass(frozen=True)
class Measured:
    """Something that was measured: what, how much, and in which unit."""

    what: str
    value: float
    unit: str
    bar: float | None = None
    """What it must not exceed."""

    def __str__(self) -> str:
        bar = "" if self.bar is None else f"   (at most {self.bar:g})"
        return f"{self.what:58} {self.value:10.2f} {self.unit}{bar}"


def measure(browser: Browser, orders: int = ORDERS) -> Iterator[Measured]:
    """Go through a long list, then come anew over a slow network."""
    with quiet() as patch, crowd(orders, patch) as world:
        yield from _long_list(browser, world)
        yield from _slow_network(browser, world)


def report(browser: Browser) -> Iterator[str]:
    """A line for each."""
    return (str(measured) for measured in measure(browser))


def _long_list(browser: Browser, world: World) -> Iterator[Measured]:
    query = {"sort": "urgent", "limit": "50"}
    world.call("GET", "/orders", query=query)
    api = _seconds(lambda: world.call("GET", "/orders", query=query))
    yield Measured("the API's own time for the first 50", api, "s")
    with bridge(world) as gateway, _visiting(browser, gateway, DESKTOP) as visitor:
        visitor.go("")
        page = visitor.page
        devtools = visitor.context.new_cdp_session(page)
        first = min(_seconds(lambda: _reload(page)) for _ in range(3))
        yield Measured("a reload until the first rows stand", first, "s", 0.5)
        yield Measured("  of it the API's", api / first, "of it")
        nodes, heap = _memory(devtools)
        yield Measured("DOM nodes with 50 orders", nodes, "")
        gaps = page.evaluate(_FRAMES)
        yield Measured("scrolling: the longest gap between frames", max(gaps), "ms", 100)
        turns = [_seconds(lambda: _turn(visitor)) for _ in range(PAGES - 1)]
        yield Measured("a further page, the median", sorted(turns)[len(turns) // 2], "s", 0.5)
        yield Measured("a further page, the longest", max(turns), "s")
        later_nodes, later_heap = _memory(devtools)
        yield Measured(f"DOM nodes after {50 * PAGES} orders, times", later_nodes / nodes, "x", 1.5)
        yield Measured(f"memory after {50 * PAGES} orders, times", later_heap / heap, "x", 2)


def _slow_network(browser: Browser, world: World) -> Iterator[Measured]:
    with bridge(world) as gateway, _visiting(browser, gateway, PHONE) as visitor:
        page = visitor.page
        devtools = visitor.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", SLOW)

        def come() -> None:
            visitor.open()
            page.get_by_label("API key").wait_for()

        def enter() -> None:
            visitor.enter()
            page.locator(".cards > li").first.wait_for()

        yield Measured("2G: the first view, the sign-in", _seconds(come), "s", 10)
        yield Measured("2G: from the key to the first rows", _seconds(enter), "s")
        yield Measured(
            "2G: a reload until the first rows stand", _seconds(lambda: _reload(page)), "s", 10
        )
        yield Measured("KiB of all answers so far", gateway.sent / 1024, "KiB")


@contextmanager
def _visiting(browser: Browser, gateway: Bridge, size: Any) -> Iterator[Visitor]:
    """A visit by the machine's own clock: one that is set slows down what is measured."""
    with browser.new_context(viewport=size, locale="en-GB", service_workers="block") as context:
        yield Visitor.come(context, gateway)


def _seconds(do: Any) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _reload(page: Page) -> None:
    page.reload(wait_until="commit")
    page.locator(".cards > li").first.wait_for()


def _turn(visitor: Visitor) -> None:
    page = visitor.page
    last = page.locator(".cards > li").first.element_handle()
    page.get_by_role("link", name="Next page").click()
    last.wait_for_element_state("hidden")
    last.dispose()
    page.locator(".cards > li").first.wait_for()


def _memory(devtools: CDPSession) -> tuple[int, int]:
    """DOM nodes, and bytes of the script's heap, once what is not needed was collected."""
    devtools.send("HeapProfiler.enable")
    devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics = {
        one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]
    }
    return int(metrics["Nodes"]), int(metrics["JSHeapUsedSize"])
