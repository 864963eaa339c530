"""What the pages are made of, as the API serves it."""

import gzip
import re
from importlib.resources import files
from typing import TYPE_CHECKING

import requests

from stallwatch.api.static import MODULES
from tests.web.bridge import Bridge

if TYPE_CHECKING:
    from tests.web.visitor import Visitor

OF_THE_PAGE = ["app.js", "icon.svg"]
OWN = [*OF_THE_PAGE, "docs.css", "docs.js"]
SWAGGER = ["swagger-ui-bundle.min.js", "swagger-ui.min.css"]
PAGES = ["", "/", "/docs", "/openapi.json"]
ADDRESSES = [
    *PAGES,
    *(f"?asset={name}" for name in OF_THE_PAGE),
    *(f"/assets/{name}" for name in OWN + SWAGGER),
]

TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}

FOR_GOOD = "public, max-age=31536000, immutable"


def hashed(gateway: Bridge) -> set[str]:
    """The addresses of the assets that the pages name, with the hashes of their contents."""
    found = set()
    for page in ("/", "/docs"):
        text = requests.get(gateway.url + page, timeout=10).text
        found |= {f"/{name}" for name in re.findall(r'"(\?asset=[^"]+|assets/[^"]+)"', text)}
    return found


def test_every_part_is_served_without_a_key(gateway: Bridge) -> None:
    """With its type, and not to be taken for another."""
    for address in [*ADDRESSES, *hashed(gateway)]:
        answer = requests.get(gateway.url + address, timeout=10)

        assert 200 == answer.status_code, address
        kind = TYPES.get(address.rpartition(".")[2], "text/html; charset=utf-8")
        assert kind == answer.headers["Content-Type"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_nothing_may_come_from_elsewhere(gateway: Bridge) -> None:
    """Nor may anything be run by what stands in a page itself, or styled but by the one sheet."""
    for address in ADDRESSES:
        policy = requests.get(gateway.url + address, timeout=10).headers["Content-Security-Policy"]

        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert "'none'" == rules["default-src"]
        assert "'self'" == re.sub(r" 'sha256-[\w+/=]{44}'$", "", rules["style-src"]), address
        for name in ("script-src", "connect-src"):
            assert "'self'" == rules[name], address
        for name in ("base-uri", "form-action", "frame-ancestors"):
            assert "'none'" == rules[name], address


def test_there_are_no_other_parts(gateway: Bridge) -> None:
    """Only what is meant to be served is."""
    for address in (
        "?asset=routes.py",
        "?asset=",
        "?asset=../api/web.py",
        "?asset=lib.js",
        *(f"?asset={name}" for name in ("docs.js", "index.html", *SWAGGER)),
        "/assets/index.html",
        "/assets/index.0123456789abcdef.html",
    ):
        answer = requests.get(gateway.url + address, timeout=10)

        assert 404 == answer.status_code, address
        assert {"message": "There is no such file."} == answer.json()


def test_the_pages_are_revalidated(gateway: Bridge) -> None:
    """A browser asks each time, so that it never mixes two versions, and little is sent again."""
    for address in ADDRESSES:
        first = requests.get(gateway.url + address, timeout=10)
        known = {"If-None-Match": first.headers["ETag"]}
        again = requests.get(gateway.url + address, headers=known, timeout=10)

        assert "no-cache" == first.headers["Cache-Control"]
        assert 304 == again.status_code, address
        assert b"" == again.content
        assert first.headers["ETag"] == again.headers["ETag"]


def test_what_has_its_hash_in_its_name_may_be_kept_for_good(gateway: Bridge) -> None:
    """It never becomes another: that would have another name."""
    addresses = hashed(gateway)

    assert 7 == len(addresses)
    for address in addresses:
        answer = requests.get(gateway.url + address, timeout=10)
        assert FOR_GOOD == answer.headers["Cache-Control"], address


def test_a_former_version_is_not_kept(gateway: Bridge) -> None:
    """A page that was open during an update gets the present script, and asks again."""
    answer = requests.get(f"{gateway.url}?asset=app.0123456789abcdef.js", timeout=10)

    assert 200 == answer.status_code
    assert "no-cache" == answer.headers["Cache-Control"]


def test_parts_are_packed_for_whoever_unpacks_them(gateway: Bridge) -> None:
    """For others they are not."""
    address = f"{gateway.url}/openapi.json"
    packed = requests.get(address, headers={"Accept-Encoding": "br, gzip;q=0.5"}, timeout=10)

    assert int(packed.headers["Content-Length"]) < len(packed.content) / 3
    assert "Accept-Encoding" == packed.headers["Vary"]
    for refused in ("identity", "gzip;q=0", "br"):
        plain = requests.get(address, headers={"Accept-Encoding": refused}, timeout=10)
        assert packed.content == plain.content
        assert "Content-Encoding" not in plain.headers
        assert "Accept-Encoding" == plain.headers["Vary"]


def test_large_scripts_are_packed_for_everybody(gateway: Bridge) -> None:
    """Nobody can make their whole size be sent."""
    for path in ("?asset=app.js", *(f"/assets/{name}" for name in SWAGGER)):
        address = gateway.url + path
        for accepted in ("gzip", "identity", "gzip;q=0", "br"):
            answer = requests.get(address, headers={"Accept-Encoding": accepted}, timeout=10)
            assert "gzip" == answer.headers["Content-Encoding"], accepted
            assert int(answer.headers["Content-Length"]) < len(answer.content) / 3


def test_the_page_loads_little_once_and_next_to_nothing_again(visitor: "Visitor") -> None:
    """At most three requests and 60 KB before the key is entered; then one and less than 2 KB."""
    visitor.open()
    visitor.page.get_by_label("API key").wait_for()
    visitor.page.wait_for_load_state("networkidle")
    assert len(visitor.bridge.asked) <= 3, visitor.bridge.asked
    assert visitor.bridge.sent <= 60_000

    visitor.bridge.asked.clear()
    visitor.bridge.sent = 0
    visitor.open()
    visitor.page.get_by_label("API key").wait_for()
    visitor.page.wait_for_load_state("networkidle")
    assert ["GET /live/"] == visitor.bridge.asked
    assert visitor.bridge.sent < 2_000


def test_the_icon_is_small() -> None:
    """It is the third request."""
    icon = (files("stallwatch") / "web" / "icon.svg").read_bytes()

    assert len(gzip.compress(icon)) < 1_000


def test_every_module_is_served() -> None:
    """A file that is not named in the script's list would be left out without a word."""
    folder = files("stallwatch") / "web"
    written = {p.name.removesuffix(".js") for p in folder.iterdir() if p.name.endswith(".js")}

    assert written - {"docs", "worker"} == set(MODULES)
