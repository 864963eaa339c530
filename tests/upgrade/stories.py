"""Lives through some orders with the code of `BEFORE`, and prints what is stored and answered.

`tests.upgrade.record` runs it in a checkout of that commit; so it imports by the names of then, and
only what stands there.
"""

import base64
import importlib
import json
import random
import secrets
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

START = datetime(2030, 6, 3, 12, 0, tzinfo=UTC)
"""Far ahead, so that nothing expires wherever it is read."""

DAY = timedelta(days=1)

_random = random.Random(1)  # noqa: S311 - the same items each time

JOURNEYS: dict[str, tuple[tuple[float, str], ...]] = {
    # Days before the start, and a code of Cainiao's.
    "moving": ((9, "GWMS_ACCEPT"), (1, "LH_DEPART")),
    "stalled": ((20, "GWMS_ACCEPT"), (12.5, "LH_DEPART")),
    "snoozed": ((20, "GWMS_ACCEPT"), (13, "LH_DEPART")),
    "claimed": ((66, "GWMS_ACCEPT"), (61, "LH_DEPART")),
    "disputed": ((66, "GWMS_ACCEPT"), (62, "LH_DEPART")),
    "delivered": ((20, "GWMS_ACCEPT"), (4, "LH_DEPART"), (0.5, "GTMS_SIGNED")),
    "refunded": ((66, "GWMS_ACCEPT"), (63, "LH_DEPART")),
    "pickup": ((20, "GWMS_ACCEPT"), (6, "GTMS_STA_SIGNED")),
    "shared": ((9, "GWMS_ACCEPT"), (2, "LH_DEPART")),
    "shared-too": ((9, "GWMS_ACCEPT"), (2, "LH_DEPART")),
    "forgotten": ((9, "GWMS_ACCEPT"),),
    "pending": ((20, "GWMS_ACCEPT"), (8.5, "LH_DEPART")),
    "closed": ((9, "GWMS_ACCEPT"),),
    "lost": ((30, "GWMS_ACCEPT"), (14, "LH_DEPART")),
}

SCHEDULED = 0.25
"""Days between two looks."""


def number_of(order_id: str) -> str:
    """The tracking number of an order."""
    n = list(JOURNEYS).index("shared" if order_id == "shared-too" else order_id)
    return f"LP{n:014}"


class Stories:
    """The orders, and the world that they live in."""

    def __init__(self, world: Any, clients: Any) -> None:
        self.world = world
        self.clients = clients
        self.tokens: list[str] = []

    def call(self, method: str, path: str, body: object = None) -> Any:
        status, answer = self.world.call(method, path, body)
        assert status < 300, (method, path, status, answer)
        return answer

    def act(self, order_id: str, action: str, **given: object) -> None:
        self.call("POST", f"/orders/{order_id}/actions", {"action": action, **given})

    def add(self, order_id: str, journey: tuple[tuple[float, str], ...]) -> None:
        now = self.world.now
        scans = [(now - timedelta(days=ago), code) for ago, code in journey]
        self.world.cainiao.put(number_of(order_id), scans, carrier="Correos", destination="Spain")
        self.world.track.put(number_of(order_id), [(scans[-1][0], "InTransit_Departure")])
        order = {
            "order_id": order_id,
            "ordered_on": (scans[0][0] - 2 * DAY).date().isoformat(),
            "tracking_number": number_of(order_id),
            "title": f"The {order_id} cup, 杯子",
            "seller": "Shop No. 1",
            "price": "12.50",
            "currency": "EUR",
            "destination": "ES",
            "service": "standard",
            "protection_ends_on": (now + 20 * DAY).date().isoformat(),
        }
        self.call("POST", "/orders", order)

    def live(self, days: float) -> None:
        until = self.world.now + timedelta(days=days)
        while self.world.now < until:
            self.world.pull()
            self.world.pull(*JOURNEYS)
            self.world.pump()
            # The number of a claim is registered in its own turn alone.
            turn = self.call("GET", "/orders/claimed")["next_check_at"]
            later = self.world.now + timedelta(days=SCHEDULED)
            at = later if turn is None else min(later, datetime.fromisoformat(turn))
            self.world.now = at + timedelta(minutes=5)

    def tell(self) -> None:
        """All of it, from the first order to the alert that stays pending."""
        world = self.world
        for endpoint, more in {
            "buyer@example.org": {},
            "kauf@example.org": {"language": "de", "kinds": ["stalled", "refund_claim"]},
        }.items():
            given = {"protocol": "email", "endpoint": endpoint, **more}
            self.call("POST", "/subscriptions", given)
        self.call("POST", "/subscriptions", {"protocol": "sms", "endpoint": "+4915112345678"})
        for order_id, journey in JOURNEYS.items():
            self.add(order_id, journey)
        bare = {"order_id": "no-number", "ordered_on": (world.now - 12 * DAY).date().isoformat()}
        self.call("POST", "/orders", bare)
        self.live(1.5)
        self.act("stalled", "seller_contacted")
        self.act("stalled", "not_found_here", answers={"neighbour": "2030-06-04"})
        self.act("snoozed", "snooze", until=(world.now + 9 * DAY).date().isoformat())
        self.act("disputed", "dispute_opened")
        self.act("refunded", "dispute_opened")
        self.act("refunded", "refunded", amount="12.50")
        self.act("delivered", "received")
        self.act("closed", "close")
        self.act("lost", "lost")
        self.call("DELETE", "/orders/forgotten")
        world.pump()
        self.add("forgotten", JOURNEYS["forgotten"])
        for order_id in ("claimed", "disputed"):
            made = self.call("POST", f"/orders/{order_id}/claim/links", {})
            self.tokens.append(made["token"])
        world.cainiao.be("block_page")
        self.live(1.5)
        world.cainiao.be("fine")
        self.live(0.5)
        # From here on no publish is answered: what comes due stays pending, in an open batch.
        events = self.clients.sns_once().meta.events
        events.register("before-call.sns.Publish", _time_out)
        self.live(0.75)
        events.unregister("before-call.sns.Publish", _time_out)
        # A change that nobody has looked at yet.
        self.call("PATCH", "/orders/moving", {"title": "The moving cup, renamed"})


def _time_out(**_: object) -> None:
    raise ReadTimeoutError(endpoint_url="https://sns")


def _hex(length: int = 32) -> str:
    return _random.randbytes(length).hex()


def _url(length: int = 32) -> str:
    return base64.urlsafe_b64encode(_random.randbytes(length)).decode().rstrip("=")


def _uuid() -> uuid.UUID:
    return uuid.UUID(bytes=_random.randbytes(16))


def _plain(value: Any) -> Any:
    """A value of the service as JSON takes it: bytes in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _answers(stories: Stories) -> dict[str, Any]:
    """What the API answers, by path."""
    listed = stories.world.call("GET", "/orders", query={"limit": "100"})[1]["orders"]
    orders = sorted(order["order_id"] for order in listed)
    paths = ["/stats", "/subscriptions"]
    for order_id in orders:
        path = f"/orders/{order_id}"
        paths += [path, f"{path}/claim/links", f"{path}/drafts"]
    paths += [f"/orders/{order_id}/claim" for order_id in ("claimed", "disputed", "stalled")]
    answers = {path: stories.call("GET", path) for path in paths}
    for token in stories.tokens:
        answers[f"/claims/{token}?as=json"] = stories.world.call(
            "GET", f"/claims/{token}", query={"as": "json"}
        )[1]
    answers["/orders"] = sorted(listed, key=lambda order: order["order_id"])
    return answers


def main() -> None:
    """Print the items, the answers and the time, as JSON."""
    secrets.token_hex, secrets.token_urlsafe, uuid.uuid4 = _hex, _url, _uuid  # type: ignore[assignment]
    names = importlib.import_module("tests.aws.world")
    clients = importlib.import_module("stallwatch.clients")
    moto = importlib.import_module("tests.aws.moto")
    track = importlib.import_module("tests.lookalikes.seventeen_track")
    with (
        pytest.MonkeyPatch.context() as patch,
        track.Lookalike() as second,
        names.world_with(second, START, patch, HomeCountry="ES") as world,
    ):
        stories = Stories(world, clients)
        stories.tell()
        pages = moto.client("dynamodb").get_paginator("scan").paginate(TableName=world.table)
        items = [_plain(item) for page in pages for item in page["Items"]]
        json.dump(
            {
                "now": world.now.isoformat(),
                "items": sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"])),
                "answers": _answers(stories),
            },
            sys.stdout,
            ensure_ascii=False,
            indent=1,
            sort_keys=True,
        )


if __name__ == "__main__":
    main()
