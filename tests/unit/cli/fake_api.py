"""An API of Stallwatch as its contract has it, in the memory of a server on 127.0.0.1.

It knows nothing of the product's code. Besides answering, it writes down what it was asked, and has
bad moments on demand.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.unit.cli.fake_orders import FakeOrders
from tests.unit.cli.fake_replies import Refusal, Reply, Request

KEY = "k3y-0123456789abcdefghij"


@dataclass
class FakeApi(FakeOrders):
    """The API and what it holds."""

    url: str = ""
    key: str = KEY
    version: str = "1.0.0"
    requests: list[Request] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    """What is answered to the next requests, whatever they are."""
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    claim_links: dict[str, dict[str, Any]] = field(default_factory=dict)
    calendar_links: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdict: str = "ok"
    unknown_routes: set[str] = field(default_factory=set)
    """Routes that an older stack does not have."""
    damaged_form: str = ""
    """A form of the claim that comes damaged."""

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        self.requests.append(request)
        if self.replies:
            return self.replies.pop(0)
        for route, method, name in ROUTES:
            match = re.fullmatch(route, request.path)
            if match and method == request.method and name not in self.unknown_routes:
                is_open = name in {"open_claim", "openapi"}
                if not is_open and request.headers.get("x-api-key") != self.key:
                    return Reply(403, {"message": "Forbidden"})
                try:
                    reply: Reply = getattr(self, f"_{name}")(request, *match.groups())
                except Refusal as refusal:
                    return refusal.reply
                return reply
        return Reply(403, {"message": "Missing Authentication Token"})

    # Claims.

    def _link(self, _: Request, order_id: str) -> Reply:
        self._order(order_id)
        self._made += 1
        made = {"id": f"{self._made:016x}", "made_at": "2026-06-15T12:00:00Z"}
        made |= {"ends_at": "2026-07-15T12:00:00Z", "token": f"token{self._made}"}
        self.claim_links[made["id"]] = made
        return Reply(201, {**made, "path": f"claims/{made['token']}"})

    def _revoke(self, _: Request, order_id: str, link_id: str) -> Reply:
        self._order(order_id)
        if self.claim_links.pop(link_id, None) is None:
            raise Refusal(404, "There is no such thing.")
        return Reply(204)

    def _open_claim(self, request: Request, token: str) -> Reply:
        if token not in {link["token"] for link in self.claim_links.values()}:
            raise Refusal(404, "There is no such thing.")
        form = request.query.get("as", "json")
        if form == self.damaged_form:
            return Reply(200, b"nonsense")
        whose = request.query.get("for", "aliexpress")
        bodies = {
            "json": json.dumps({"checksum": token}).encode(),
            "html": f"<!doctype html><title>{whose}</title>".encode(),
            "svg": b"<svg/>",
            "png": b"\x89PNG\r\n",
        }
        return Reply(200, bodies[form])

    # Calendar and subscribers.

    def _new_calendar(self, _: Request) -> Reply:
        self._made += 1
        made = {"id": f"{self._made:016x}", "made_at": "2026-06-15T12:00:00Z"}
        self.calendar_links[made["id"]] = made
        return Reply(201, {**made, "token": "t0ken", "path": "calendar/t0ken"})

    def _calendars(self, _: Request) -> Reply:
        return Reply(200, {"links": list(self.calendar_links.values())})

    def _end_calendar(self, _: Request, link_id: str) -> Reply:
        if self.calendar_links.pop(link_id, None) is None:
            raise Refusal(404, "There is no such thing.")
        return Reply(204)

    def _subscribers(self, _: Request) -> Reply:
        return Reply(200, {"subscriptions": list(self.subscriptions.values())})

    def _subscribe(self, request: Request) -> Reply:
        given = request.json
        if given["protocol"] == "sms" and not re.fullmatch(r"\+\d{7,15}", given["endpoint"]):
            raise Refusal(422, "Some fields are not acceptable.", endpoint="must be like +49151…")
        self._made += 1
        made = {"id": f"{self._made:016x}", "language": "en", "confirmed": False, **given}
        self.subscriptions[made["id"]] = made
        return Reply(201, made)

    def _resubscribe(self, request: Request, subscription_id: str) -> Reply:
        if subscription_id not in self.subscriptions:
            raise Refusal(404, "There is no such thing.")
        self.subscriptions[subscription_id].update(request.json)
        return Reply(200, self.subscriptions[subscription_id])

    def _unsubscribe(self, _: Request, subscription_id: str) -> Reply:
        if self.subscriptions.pop(subscription_id, None) is None:
            raise Refusal(404, "There is no such thing.")
        return Reply(204)

    def _test(self, _: Request) -> Reply:
        return Reply(202, {"messages": 1})

    # Counts.

    def _stats(self, _: Request) -> Reply:
        down = None if self.verdict == "ok" else "2026-06-14T08:00:00Z"
        amount = {"amount": "12.50", "count": 1, "average_days": None}
        sums = dict.fromkeys(("at_risk", "claimed", "recovered", "lost", "unsettled"), amount)
        days = {"median": 12, "p80": 15, "p95": 20}
        return Reply(
            200,
            {
                "orders": {"watching": len(self.orders)},
                "stages": {"departed_origin": len(self.orders)},
                "alerts": {"stalled": 1},
                "money": [{"currency": "EUR", **sums}],
                "deliveries": [
                    {
                        "service": "standard",
                        "destination": "DE",
                        "parcels": 3,
                        "days": days,
                        "silence": days,
                        "window": {"low": 15, "high": 25},
                    }
                ],
                "sources": [
                    {
                        "name": "cainiao",
                        "verdict": self.verdict,
                        "down_since": down,
                        "next_try_at": None,
                        "credits": None,
                    }
                ],
            },
        )

    def _openapi(self, _: Request) -> Reply:
        return Reply(200, {"openapi": "3.1.0", "info": {"version": self.version}})


_ID = r"([A-Za-z0-9._-]{1,64})"
_HEX = r"([0-9a-f]{16})"

ROUTES = [
    (r"/orders", "POST", "add"),
    (r"/orders", "GET", "list"),
    (r"/orders/import", "POST", "import"),
    (r"/orders/export", "GET", "export"),
    (rf"/orders/{_ID}", "GET", "get"),
    (rf"/orders/{_ID}", "PATCH", "change"),
    (rf"/orders/{_ID}", "DELETE", "forget"),
    (rf"/orders/{_ID}/actions", "POST", "act"),
    (rf"/orders/{_ID}/actions/{_HEX}", "DELETE", "undo"),
    (rf"/orders/{_ID}/check", "POST", "check"),
    (rf"/orders/{_ID}/claim/links", "POST", "link"),
    (rf"/orders/{_ID}/claim/links/{_HEX}", "DELETE", "revoke"),
    (r"/claims/(\w+)", "GET", "open_claim"),
    (r"/calendar/links", "POST", "new_calendar"),
    (r"/calendar/links", "GET", "calendars"),
    (rf"/calendar/links/{_HEX}", "DELETE", "end_calendar"),
    (r"/subscriptions", "GET", "subscribers"),
    (r"/subscriptions", "POST", "subscribe"),
    (r"/subscriptions/test", "POST", "test"),
    (rf"/subscriptions/{_HEX}", "PATCH", "resubscribe"),
    (rf"/subscriptions/{_HEX}", "DELETE", "unsubscribe"),
    (r"/stats", "GET", "stats"),
    (r"/openapi\.json", "GET", "openapi"),
]
