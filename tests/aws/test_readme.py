"""The documentation's examples, run against the handlers as they are written."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from stallwatch.messages import compose
from stallwatch.messages.translations import Translations
from tests.aws.moto_stack import World, world_at
from tests.local.demo_parcels import PARCELS
from tests.support.documents import DOCUMENTS, Curl, blocks, commands, name_of, read
from tests.web.bridge import routes
from tests.web.stock import add_parcel

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(NOW, monkeypatch) as built:
        yield built


def exported(name: str) -> dict[str, str]:
    """The variables that a document sets, as it refers to them."""
    assignments = [
        word.partition("=")
        for words in commands(read(name))
        if words[0] == "export"
        for word in words[1:]
    ]
    return {f"${variable}": value for variable, _, value in assignments}


def requests(name: str) -> list[Curl]:
    return [Curl.of(words) for words in commands(read(name)) if words[0] == "curl"]


def send(world: World, request: Curl, variables: dict[str, str]) -> tuple[int, Any]:
    """Send an example, as the gateway would let it through; `variables` may hold its body."""
    assert request.url.startswith("$API/"), request.url
    parts = urlsplit(request.url.removeprefix("$API"))
    route = next((r for r in routes() if r.match(request.method, parts.path) is not None), None)
    assert route is not None, f"there is no {request.method} {parts.path}"
    if route.needs_key:
        assert "$KEY" == request.headers.get("x-api-key"), request.url
    query = dict(parse_qsl(parts.query)) or None
    body = request.body and dated(variables.get(request.body, request.body))
    return world.call(request.method, parts.path, body, query, request.headers)


def dated(body: str) -> str:
    """A body with the dates that its `$(day N)` stand for."""
    return re.sub(
        r"\$\(day (-?\d+)\)", lambda m: str((NOW + timedelta(days=int(m[1]))).date()), body
    )


def test_a_day_is_counted_from_today() -> None:
    """The function gives what the examples are tried with, and is one wherever it stands."""
    (defined,) = {
        found
        for path in DOCUMENTS
        for found in re.findall(r"^day\(\) \{ .* \}$", read(name_of(path)), re.MULTILINE)
    }
    given = subprocess.run(
        ["sh", "-c", f"{defined}\nday -26; day 0; day 51"],
        capture_output=True,
        check=True,
        text=True,
    )
    first, today, last = (date.fromisoformat(line) for line in given.stdout.split())
    assert (timedelta(days=26), timedelta(days=51)) == (today - first, last - today)


@pytest.mark.parametrize("name", [name_of(path) for path in DOCUMENTS if requests(name_of(path))])
def test_every_example_for_curl_is_answered(world: World, name: str) -> None:
    """One after the other, as a reader would type them; none is refused."""
    for request in requests(name):
        status, answer = send(world, request, exported(name))
        assert status in {200, 201, 204}, (request, answer)
        world.advance(minutes=1)
        world.pull()
        world.pump()


@pytest.fixture
def stalled(world: World, monkeypatch: pytest.MonkeyPatch) -> compose.Message:
    """The message about the demo's desk lamp, on the day of the example."""
    sent: list[compose.Message] = []

    def record(*args: Any) -> compose.Message:
        sent.append(compose.compose(*args))
        return sent[-1]

    monkeypatch.setattr(world.handlers["evaluate_orders"], "compose", record)
    add_parcel(world, next(p for p in PARCELS if p.order_id == "desk-lamp"))
    world.pull()
    world.pump()
    (message,) = sent
    return message


def test_the_mail_is_one_that_is_sent(stalled: compose.Message) -> None:
    """The documentation shows a mail as it really comes."""
    (shown,) = blocks(read("docs/alerts.md"), "text")

    assert f"Subject: {stalled.subject}\n\n{stalled.email}" == shown.text


def test_the_message_for_machines_is_one_that_is_sent(stalled: compose.Message) -> None:
    """The same fields and values, but for the instant and the id, which are another's each time."""
    (shown,) = (json.loads(block.text) for block in blocks(read("docs/alerts.md"), "json"))
    sent = json.loads(stalled.default)
    own = {"id", "raised_at"}

    assert {k: v for k, v in sent.items() if k not in own} == {
        k: v for k, v in shown.items() if k not in own
    }
    assert sent.keys() == shown.keys()
    assert Translations().text("title.stalled") in stalled.subject
