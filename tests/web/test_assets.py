"""What the pages are made of, as the API serves it."""

from importlib.resources import files

import requests

from tests.web.bridge import Bridge

OWN = ["app.css", "app.js", "words.js", "docs.css", "docs.js", "icon.svg"]
SWAGGER = ["swagger-ui-bundle.min.js", "swagger-ui.min.css"]
PAGES = ["", "/", "/docs", "/openapi.json"]
ADDRESSES = [
    *PAGES,
    *(f"?asset={name}" for name in OWN),
    *(f"/assets/{name}" for name in OWN + SWAGGER),
]

TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}


def test_every_part_is_served_without_a_key(gateway: Bridge) -> None:
    """With its type, and not to be taken for another."""
    for address in ADDRESSES:
        answer = requests.get(gateway.url + address, timeout=10)

        assert 200 == answer.status_code, address
        kind = TYPES.get(address.rpartition(".")[2], "text/html; charset=utf-8")
        assert kind == answer.headers["Content-Type"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_nothing_may_come_from_elsewhere(gateway: Bridge) -> None:
    """Nor may anything be run or styled by what stands in a page itself."""
    for address in ADDRESSES:
        policy = requests.get(gateway.url + address, timeout=10).headers["Content-Security-Policy"]

        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert "'none'" == rules["default-src"]
        for name in ("script-src", "style-src", "connect-src"):
            assert "'self'" == rules[name], address
        for name in ("base-uri", "form-action", "frame-ancestors"):
            assert "'none'" == rules[name], address


def test_there_are_no_other_parts(gateway: Bridge) -> None:
    """Only what is meant to be served is."""
    for address in ("?asset=routes.py", "?asset=", "?asset=../api/web.py", "/assets/index.html"):
        answer = requests.get(gateway.url + address, timeout=10)

        assert 404 == answer.status_code, address
        assert {"message": "There is no such thing."} == answer.json()


def test_what_is_known_is_not_sent_again(gateway: Bridge) -> None:
    """A browser asks each time, so that it never mixes two versions."""
    for address in ADDRESSES:
        first = requests.get(gateway.url + address, timeout=10)
        known = {"If-None-Match": first.headers["ETag"]}
        again = requests.get(gateway.url + address, headers=known, timeout=10)

        assert "no-cache" == first.headers["Cache-Control"]
        assert 304 == again.status_code, address
        assert b"" == again.content
        assert first.headers["ETag"] == again.headers["ETag"]


def test_parts_are_packed_for_whoever_unpacks_them(gateway: Bridge) -> None:
    """For others they are not."""
    address = f"{gateway.url}/assets/swagger-ui-bundle.min.js"
    packed = requests.get(address, headers={"Accept-Encoding": "gzip"}, timeout=10)
    plain = requests.get(address, headers={"Accept-Encoding": "identity"}, timeout=10)

    assert plain.content == packed.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 3
    assert "Accept-Encoding" == packed.headers["Vary"] == plain.headers["Vary"]


def test_the_page_is_small() -> None:
    """It is opened on the way, on a phone."""
    folder = files("stallwatch") / "web"

    assert sum(len(folder.joinpath(name).read_bytes()) for name in ("app.js", "app.css")) < 80_000
