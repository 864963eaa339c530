"""Somebody who looks at the page with a browser, and what the browser had to complain about."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.web.bridge import KEY, Bridge

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}

_MISFITS = Path(__file__).with_name("misfits.js").read_text("utf-8")

_KEY_ONCE = f"""
    if (!window.name) {{
        window.name = "has had the key";
        sessionStorage.setItem("stallwatch.key", {json.dumps(KEY)});
    }}
"""
"""Keeps the key as the form does; whoever signs out after that is signed out."""

_WITHOUT_WORKERS = "Service Worker registration blocked by Playwright"

_REFUSED = re.compile(r"Failed to load resource: .*status of (\d{3})")


@dataclass
class Visitor:
    """A person at a browser of their own."""

    context: BrowserContext
    bridge: Bridge
    page: Page
    expected: set[int] = field(default_factory=set)
    """The refusals that this visit provokes, by status."""
    complaints: list[str] = field(default_factory=list)
    """What the browser said that was not expected."""

    @classmethod
    def come(cls, context: BrowserContext, bridge: Bridge) -> "Visitor":
        """Open a browser at the instant of the world, with no page in it yet."""
        visitor = cls(context, bridge, context.new_page())
        visitor.watch(visitor.page)
        return visitor

    def watch(self, page: Page) -> None:
        """Take down what the browser complains about, and whom else it asks."""
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def _heard(self, kind: str, text: str) -> None:
        refused = _REFUSED.match(text)
        if refused and int(refused[1]) in self.expected:
            return
        if text == _WITHOUT_WORKERS:
            return
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith(self.bridge.url):
            self.complaints.append(f"asked {url}")

    def open(self, route: str = "") -> None:
        """Open the page at a route such as `#/add`, without the key."""
        self.page.goto(f"{self.bridge.url}/{route}")

    def enter(self, key: str = KEY, *, remember: bool = False) -> None:
        """Fill in the form that asks for the key."""
        self.page.get_by_label("API key").fill(key)
        if remember:
            self.page.get_by_label("Remember on this device").check()
        self.page.get_by_role("button", name="Sign in").click()

    def go(self, route: str) -> None:
        """Open the page at a route, with the key kept for this tab, as after signing in."""
        self.page.add_init_script(_KEY_ONCE)
        self.open(route)
        self.page.get_by_role("navigation", name="Main").wait_for()
        self._await_view()

    def turn_to(self, route: str) -> None:
        """Go on to another route."""
        before = self.page.locator("h1").element_handle()
        self.page.evaluate("route => { location.hash = route; }", route)
        before.wait_for_element_state("hidden")
        self._await_view()

    def _await_view(self) -> None:
        self.page.locator("main[aria-busy=false] h1").wait_for()
        self.page.get_by_text("Loading…").wait_for(state="detached")

    def expect(self, part: Locator | Page) -> Any:
        """What a part of the page, or the page itself, must come to be, within a few seconds."""
        return expect(part)

    def card(self, name: str) -> Locator:
        """An order in the list."""
        return self.page.get_by_role("article").filter(has=self.page.get_by_role("link", name=name))

    def part(self, name: str) -> Locator:
        """A part of the page, by its heading."""
        return self.page.get_by_role("region", name=name)

    def stored(self, storage: str) -> Any:
        """What is in one of the browser's storages."""
        return self.page.evaluate(f"Object.values({storage})")

    def misfits(self) -> list[str]:
        """The words in the page, as it stands, that are broken or reach out of their part."""
        found: list[str] = self.page.evaluate(_MISFITS)
        return found

    def assert_accessible(self, axe: str, rules: Sequence[str] = ()) -> None:
        """Nothing in the page, as it stands, keeps people from using it.

        `rules` are the ids of those that are asked; none names all.
        """
        assert [] == violations(self.page, axe, rules)


def violations(page: Page, axe: str, rules: Sequence[str] = ()) -> list[tuple[str, list[Any]]]:
    """What keeps people from using a page, as it stands: the rule, and the parts that break it.

    axe is loaded once into a document, and lists only the parts that break a rule.

    Args:
        page: The page.
        axe: The script.
        rules: The ids of those that are asked; none names all.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(axe)
    found = page.evaluate(
        """rules => axe.run({
            resultTypes: ["violations"],
            ...(rules.length ? { runOnly: rules } : {}),
        })""",
        [*rules],
    )
    return [(v["id"], [node["target"] for node in v["nodes"]]) for v in found["violations"]]


@contextmanager
def visiting(browser: Browser, bridge: Bridge, **options: Any) -> Iterator[Visitor]:
    """A visit to the page, at the end of which the browser must have had nothing to complain of."""
    defaults = {
        "viewport": DESKTOP,
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
        # A worker's own requests are not the page's: what shows them asks for one.
        "service_workers": "block",
    }
    with browser.new_context(**(defaults | options)) as context:
        context.clock.install(time=bridge.world.now)
        visitor = Visitor.come(context, bridge)
        yield visitor
        assert [] == visitor.complaints, visitor.complaints
