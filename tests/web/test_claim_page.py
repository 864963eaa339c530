"""The page of a claim in a browser, on paper and on a phone, and the way to it."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from pypdf import PdfReader

from stallwatch.claims.document import Claim
from stallwatch.claims.page import page, policy
from stallwatch.claims.picture import picture
from stallwatch.claims.sentences import WORDS
from stallwatch.claims.svg import ANY_FACE
from stallwatch.domain.orders import Action, ActionKind
from stallwatch.tracking.source import Verdict
from tests.local.machine import QUICK_START
from tests.local.parts import FACTS, need
from tests.support.builders import an_answer, an_event
from tests.support.claims import Case, daily, recorded, stalled
from tests.web.bridge import Bridge
from tests.web.stock import LEFT, add, check

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.visitor import Visitor

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PHONE = {"width": 360, "height": 740}


def ordinary() -> Claim:
    """An ordinary parcel: fifteen checkpoints, a gap, some words of the buyer."""
    case = stalled(NOW, price=None, shipped_on=(NOW - 70 * DAY).date())
    said = (
        Action(ActionKind.SELLER_CONTACTED, NOW - 30 * DAY),
        Action(ActionKind.SNOOZE, NOW - 29 * DAY, until=(NOW - 20 * DAY).date()),
        Action(ActionKind.SELLER_CONTACTED, NOW - 5 * DAY),
    )
    case.order = replace(case.order, actions=said)
    case.runs = daily(case.order, NOW, blocked=dict.fromkeys((30, 31, 32), Verdict.BLOCKED))
    case.answers = [(NOW - 62 * DAY, journey(case, 15))]
    return case.claim()


def long() -> Claim:
    """A parcel with more checkpoints than any page has room for."""
    case = stalled(NOW)
    case.answers = [(NOW - 62 * DAY, journey(case, 120))]
    return case.claim()


def journey(case: Case, count: int) -> Any:
    last = NOW - 61 * DAY - timedelta(hours=3)
    return an_answer(
        case.order.tracking_number or "",
        *(
            an_event(last - n * timedelta(hours=2), "SC_INBOUND_SUCCESS", f"Arrived at hub no. {n}")
            for n in range(count)
        ),
    )


def odd() -> Claim:
    """Texts that are markup, long, in other scripts or empty."""
    case = stalled(NOW, title="</title><script>alert(1)</script>" + "W" * 150, seller="<b>שלום")
    at, answer = case.answers[-1]
    texts = ["<img src=x onerror=alert(1)>", "包裹已揽收", "", "M" * 200, "تم الاستلام", "&amp;"]
    events = [replace(e, text=text, zone="") for e, text in zip(answer.events, texts, strict=False)]
    case.answers = [(at, replace(answer, events=tuple(events)))]
    return case.claim()


def empty() -> Claim:
    """An order about which nobody has said anything."""
    return Case(stalled(NOW).order, [], NOW).claim()


CLAIMS = [ordinary, long, odd, empty]


@contextmanager
def shown(
    browser: "Browser", text: str, kind: str = "text/html", **options: Any
) -> Iterator["Page"]:
    """A page in a browser, with its policy in force, that must have nothing to complain of."""
    complaints = []
    options.setdefault("viewport", {"width": 900, "height": 1200})
    with browser.new_context(**options) as context:
        opened = context.new_page()
        opened.on("console", lambda said: complaints.append(said.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        headers = {"Content-Type": f"{kind}; charset=utf-8"}
        if kind == "text/html":
            headers["Content-Security-Policy"] = policy()
        asked = []

        def answer(route: Any) -> None:
            asked.append(route.request.url)
            route.fulfill(status=200, headers=headers, body=text)

        opened.route("**/*", answer)
        opened.goto("https://claim.example/claims/token")
        yield opened
        assert ["https://claim.example/claims/token"] == [u for u in asked if "favicon" not in u]
        assert [] == complaints


@pytest.fixture(scope="module")
def found(validator: Path, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How much the validator finds, by the file; it is started once, which takes longest."""
    folder = tmp_path_factory.mktemp("claims")
    for make in CLAIMS:
        claim = make()
        (folder / f"{make.__name__}.html").write_text(page(claim, WORDS), "utf-8")
        (folder / f"{make.__name__}.svg").write_text(picture(claim, WORDS), "utf-8")
    (folder / "broken.html").write_text("<p lang=en><q></p>", "utf-8")
    (folder / "broken.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><q/></svg>')
    # Its schemas need a deep stack.
    command = ["java", *QUICK_START, "-Xss4m", "-jar", str(validator)]
    options = "--format json --stdout --exit-zero-always --also-check-svg".split()
    ran = subprocess.run(
        [*command, *options, *map(str, sorted(folder.iterdir()))],
        capture_output=True,
        text=True,
        check=True,
    )
    return Counter(Path(one["url"]).name for one in json.loads(ran.stdout)["messages"])


@pytest.mark.parametrize("make", CLAIMS)
def test_a_validator_finds_nothing(make: Any, found: Counter[str]) -> None:
    """W3C's own, neither errors nor warnings, in the page and in the picture."""
    assert found["broken.html"]
    assert found["broken.svg"]
    assert 0 == found[f"{make.__name__}.html"] + found[f"{make.__name__}.svg"]


@pytest.mark.parametrize("make", CLAIMS)
@pytest.mark.parametrize("viewport", [None, PHONE])
def test_axe_finds_nothing(make: Any, viewport: Any, browser: "Browser", axe_script: str) -> None:
    """At a desk and on a phone."""
    from tests.web.visitor import violations  # noqa: PLC0415

    options = {} if viewport is None else {"viewport": viewport}
    with shown(browser, page(make(), WORDS), bypass_csp=True, **options) as opened:
        assert [] == violations(opened, axe_script)


@pytest.mark.parametrize("make", CLAIMS)
def test_nothing_is_wider_than_a_small_phone(make: Any, browser: "Browser") -> None:
    """Nobody scrolls sideways; the style is applied, for its policy lets it."""
    with shown(browser, page(make(), WORDS), viewport=PHONE) as opened:
        assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert "15px" == opened.evaluate("getComputedStyle(document.body).paddingLeft")


def printed(browser: "Browser", claim: Claim) -> PdfReader:
    with shown(browser, page(claim, WORDS)) as opened:
        return PdfReader(BytesIO(opened.pdf(prefer_css_page_size=True)))


def test_an_ordinary_parcel_is_printed_on_one_page(browser: "Browser") -> None:
    """A4, with all that is in it."""
    claim = ordinary()
    (sheet,) = printed(browser, claim).pages
    assert (595, 842) == (round(sheet.mediabox.width), round(sheet.mediabox.height))
    text = re.sub(r"\s+", "", sheet.extract_text())
    for part in (claim["sha256"], "61dayswithoutascan", "Arrivedathubno.14", "wrotetotheseller"):
        assert part in text, part


@pytest.mark.parametrize("name", ["delivered_after_48", "in_customs_after_50"])
def test_a_recorded_parcel_is_printed_on_one_page(browser: "Browser", name: str) -> None:
    """Cut at its longest silence."""
    need("facts")
    (path,) = (FACTS / "upstream" / "cainiao").glob(f"{name}*.json")
    case, _ = recorded(path)
    assert 1 == len(printed(browser, case.claim()).pages)


def test_a_long_one_breaks_between_its_rows(browser: "Browser") -> None:
    """No row is torn, the head comes again on each page, no heading stands alone at an end."""
    sheets = printed(browser, long()).pages
    assert 3 <= len(sheets) <= 4
    texts = [sheet.extract_text() for sheet in sheets]
    for n in range(120):
        assert 1 == sum(bool(re.search(rf"Arrived at hub no\. {n}\b", text)) for text in texts), n
    with_rows = [text for text in texts if "Arrived at hub" in text]
    assert all("What it says" in text for text in with_rows)
    headings = ["How the tracking was watched", "What the buyer has done", "Is this file as"]
    for text in texts:
        assert not any(text.rstrip().endswith(heading) for heading in headings)


@pytest.mark.parametrize("make", CLAIMS)
def test_no_text_of_the_picture_runs_over_its_edge(make: Any, browser: "Browser") -> None:
    """With whatever font this browser has, which is not the picture's own."""
    svg = picture(make(), WORDS, ANY_FACE)
    with shown(browser, f"<!doctype html><title>x</title>{svg}", "text/html") as opened:
        wide = opened.evaluate(
            "[...document.querySelectorAll('text')].map(t => [t.getBBox().x, t.getBBox().x"
            " + t.getBBox().width, t.textContent]).filter(([from, to]) => from < 0 || to > 1080)"
        )
    assert [] == wide


# The way to it.


def test_a_claim_file_is_made_opened_and_revoked(visitor: "Visitor", axe_script: str) -> None:
    """From the order's view, with a few presses; the link needs no key."""
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    world = visitor.bridge.world
    add(world, "1", LEFT, title="Lamp")
    check(world)
    visitor.go("#/orders/1")
    part = visitor.part("Claim file")

    part.get_by_role("button", name="Make the claim file").click()

    opener = part.get_by_role("link", name="Open the page")
    visitor.expect(opener).to_be_focused()
    part.get_by_role("button", name="Copy the link").click()
    visitor.expect(visitor.page.get_by_text("The link is copied.")).to_be_visible()
    url = visitor.page.evaluate("navigator.clipboard.readText()")
    assert url == opener.get_attribute("href")
    answer = requests.get(url, headers={"Accept": "text/html"}, timeout=10)
    assert "62 days without a scan" in answer.text
    assert answer.headers["Content-Security-Policy"] == policy()
    assert "no-store" == answer.headers["Cache-Control"]
    visitor.assert_accessible(axe_script)

    with visitor.page.expect_download() as download:
        part.get_by_role("link", name="Get the picture").click()
    assert "claim-1.png" == download.value.suggested_filename
    assert download.value.path().read_bytes().startswith(b"\x89PNG")

    visitor.page.reload()
    visitor.expect(part.get_by_role("link", name="Open the page")).to_have_attribute("href", url)
    with visitor.context.expect_page() as opened:
        part.get_by_role("link", name="Page for the bank").click()
    visitor.watch(opened.value)
    visitor.expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    assert opened.value.url.endswith("?as=html&for=bank")
    opened.value.close()
    part.get_by_role("button", name="Message templates").click()
    visitor.expect(visitor.page.get_by_role("heading", name="Message templates")).to_be_focused()
    part.get_by_role("button", name="Revoke this link").click()
    visitor.page.get_by_role("button", name="Revoke it").click()
    visitor.expect(part.get_by_role("listitem")).to_have_count(0)
    assert 404 == requests.get(url, timeout=10).status_code


def test_a_phone_s_first_screen_leads_to_it(walker: "Visitor", axe_script: str) -> None:
    """Who opens an order that is to be claimed need not search; any other order has no such way."""
    world = walker.bridge.world
    add(world, "1", LEFT)
    add(world, "2", ordered=10)
    check(world)
    walker.go("#/orders/1")
    present = walker.part("What to do")
    way = present.get_by_role("button", name="Claim file")
    walker.expect(way).to_be_in_viewport()
    walker.assert_accessible(axe_script)

    way.click()

    part = walker.part("Claim file")
    walker.expect(part.get_by_role("heading", name="Claim file")).to_be_focused()
    walker.expect(part.get_by_role("button", name="Make the claim file")).to_be_in_viewport()
    present.get_by_role("button", name="Message templates").click()
    walker.expect(walker.page.get_by_role("heading", name="Message templates")).to_be_focused()
    walker.turn_to("#/orders/2")
    walker.expect(present.get_by_role("button", name="Claim file")).to_have_count(0)


def test_the_link_is_shown_where_it_cannot_be_copied(walker: "Visitor") -> None:
    """Some browsers keep the clipboard to themselves."""
    world = walker.bridge.world
    add(world, "1", LEFT)
    check(world)
    walker.go("#/orders/1")
    part = walker.part("Claim file")
    part.get_by_role("button", name="Make the claim file").click()
    walker.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")

    part.get_by_role("button", name="Copy the link").click()

    url = part.get_by_role("link", name="Open the page").get_attribute("href")
    walker.expect(part.get_by_label("The link", exact=True)).to_have_value(url or "")


def test_the_page_of_a_link_opens_in_the_browser(visitor: "Visitor") -> None:
    """As a person would open it: without the key, and with nothing that the browser refuses."""
    world = visitor.bridge.world
    add(world, "1", LEFT, title="Lamp")
    check(world)
    token = world.call("POST", "/orders/1/claim/links")[1]["token"]
    visitor.open(f"claims/{token}")
    visitor.expect(visitor.page.get_by_role("heading", level=1)).to_have_text(
        "Claim: parcel not received"
    )
    visitor.page.get_by_role("link", name="JSON file").click()
    visitor.page.wait_for_url("**?as=json")
    assert '"sha256":' in visitor.page.content()


def test_the_gateway_asks_for_no_key(gateway: Bridge) -> None:
    """For what a link opens, and for nothing else about a claim."""
    assert 404 == requests.get(f"{gateway.url}/claims/x", timeout=10).status_code
    for path in ("orders/1/claim", "orders/1/claim/links"):
        assert 403 == requests.get(f"{gateway.url}/{path}", timeout=10).status_code
