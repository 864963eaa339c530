"""An API of Stallwatch as its contract has it, in the memory of a server on 127.0.0.1.

It knows nothing of the product's code. Besides answering, it writes down what it was asked, and has
bad moments on demand.
"""

import base64
import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import Any

KEY = "k3y-0123456789abcdefghij"

FIELDS = {
    *("order_id", "ordered_on", "tracking_number", "service", "destination", "remote"),
    *("shipped_on", "protection_ends_on", "promised_on", "paid_with", "paid_on", "order_number"),
    *("title", "seller", "language", "price", "currency"),
}
MOST_ROWS = 2000
MOST_BYTES = 1024 * 1024
COLUMNS = ("order_id", "ordered_on", "tracking_number", "title")


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass
class Reply:
    """What is answered."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


CUT = Reply(0)
"""The connection ends before an answer has come."""


class Refusal(Exception):  # noqa: N818
    """A refusal of a request."""

    def __init__(self, status: int, message: str, **errors: str) -> None:
        super().__init__(message)
        body: dict[str, Any] = {"message": message}
        if errors:
            body["errors"] = [{"field": name, "reason": why} for name, why in errors.items()]
        self.reply = Reply(status, body)


@dataclass
class FakeApi:
    """The API and what it holds."""

    url: str = ""
    key: str = KEY
    page_size: int = 100
    """A page may be shorter than what was asked for."""
    version: str = "1.0.0"
    requests: list[Request] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    """What is answered to the next requests, whatever they are."""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    claim_links: dict[str, dict[str, Any]] = field(default_factory=dict)
    calendar_links: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdict: str = "ok"
    unknown_routes: set[str] = field(default_factory=set)
    """Routes that an older stack does not have."""
    damaged_form: str = ""
    """A form of the claim that comes damaged."""
    _checked: set[str] = field(default_factory=set)
    _made: int = 0

    def put(self, order_id: str, **fields: Any) -> dict[str, Any]:
        """Hold an order."""
        order = {
            **dict.fromkeys(FIELDS),
            "order_id": order_id,
            "ordered_on": "2026-05-18",
            "state": "watching",
            "stage": "departed_origin",
            "severity": None,
            "pressing": None,
            "silent_days": 3,
            "advice": "Nothing to do.",
            "checkpoints": [],
            "alerts": [],
            "actions": [],
            **fields,
        }
        self.orders[order_id] = order
        return order

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

    # Orders.

    def _add(self, request: Request) -> Reply:
        given = request.json
        if unknown := given.keys() - FIELDS:
            raise Refusal(422, "Some fields are not acceptable.", **dict.fromkeys(unknown, "Extra"))
        if given.get("destination") == "XX":
            raise Refusal(422, "Some fields are not acceptable.", destination="must be a country")
        known = self.orders.get(given["order_id"])
        if known is None:
            return Reply(201, self.put(**given))
        if any(known[name] != value for name, value in given.items()):
            raise Refusal(409, f"An order {given['order_id']} with other content exists already.")
        return Reply(200, known)

    def _list(self, request: Request) -> Reply:
        query = request.query
        rank = ["claim", "action", "attention", "info", None]
        found = [
            order
            for order in self.orders.values()
            if query.get("state") in {None, order["state"]}
            and query.get("stage") in {None, order["stage"]}
            and query.get("q", "") in json.dumps([order["order_id"], order["title"]])
        ]
        if query.get("sort") == "urgent":
            found.sort(key=lambda order: rank.index(order["severity"]))
        begin = int(base64.b64decode(query["cursor"])) if "cursor" in query else 0
        end = begin + min(int(query.get("limit", 25)), self.page_size)
        cursor = base64.b64encode(b"%d" % end).decode() if end < len(found) else None
        return Reply(200, {"orders": found[begin:end], "next_cursor": cursor})

    def _order(self, order_id: str) -> dict[str, Any]:
        if order_id not in self.orders:
            raise Refusal(404, "There is no such thing.")
        return self.orders[order_id]

    def _get(self, _: Request, order_id: str) -> Reply:
        return Reply(200, self._order(order_id))

    def _change(self, request: Request, order_id: str) -> Reply:
        self._order(order_id).update(request.json)
        return Reply(200, self._order(order_id))

    def _forget(self, _: Request, order_id: str) -> Reply:
        self._order(order_id)
        del self.orders[order_id]
        return Reply(204)

    def _act(self, request: Request, order_id: str) -> Reply:
        order, said = self._order(order_id), request.json
        if order["state"] == "closed" and said["action"] != "reopen":
            raise Refusal(409, "The order is closed; reopen it first.")
        self._made += 1
        order["actions"].insert(
            0, {**said, "at": "2026-06-15T12:00:00Z", "action_id": f"{self._made:016x}"}
        )
        return Reply(200, order)

    def _undo(self, _: Request, order_id: str, action_id: str) -> Reply:
        order = self._order(order_id)
        kept = [action for action in order["actions"] if action["action_id"] != action_id]
        if len(kept) == len(order["actions"]):
            raise Refusal(404, "There is no such thing.")
        order["actions"] = kept
        return Reply(200, order)

    def _check(self, _: Request, order_id: str) -> Reply:
        order = self._order(order_id)
        if order_id in self._checked:
            return Reply(429, {"message": "It was asked about just now."}, {"Retry-After": "540"})
        self._checked.add(order_id)
        return Reply(202, order)

    # In and out.

    def _import(self, request: Request) -> Reply:
        if len(request.body) > MOST_BYTES:
            raise Refusal(413, "The body must not be larger than 1 MiB.")
        rows, form = _rows(request.body)
        if len(rows) > MOST_ROWS:
            raise Refusal(413, "At most 2,000 rows.")
        report: dict[str, Any] = dict.fromkeys(("added", "filled", "unchanged", "rejected"), 0)
        report |= {"format": form, "rows": []}
        for number, given in enumerate(rows, 1):
            row = {"row": number, **self._take(given, dry_run=request.query.get("dry_run"))}
            report[row["outcome"]] += 1
            report["rows"].append(row)
        return Reply(200, report)

    def _take(self, given: dict[str, Any], dry_run: str | None) -> dict[str, Any]:
        order_id = given.get("order_id", "")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", order_id):
            return {"outcome": "rejected", "reason": "it has no order id"}
        known = self.orders.get(order_id)
        if known is None:
            if dry_run != "true":
                self.put(**given)
            return {"order_id": order_id, "outcome": "added"}
        missing = {name: v for name, v in given.items() if v and not known.get(name)}
        if dry_run != "true":
            known.update(missing)
        return {"order_id": order_id, "outcome": "filled" if missing else "unchanged"}

    def _export(self, request: Request) -> Reply:
        ids = sorted(self.orders)
        begin = int(request.query.get("cursor", 0))
        end = begin + self.page_size
        text = io.StringIO()
        if request.query["format"] == "jsonl":
            for order_id in ids[begin:end]:
                kept = {name: self.orders[order_id][name] for name in COLUMNS}
                text.write(json.dumps(kept) + "\n")
        else:
            table = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
            table.writeheader()
            table.writerows(self.orders[order_id] for order_id in ids[begin:end])
        more = {"X-Next-Cursor": str(end)} if end < len(ids) else {}
        return Reply(200, text.getvalue().encode(), more)

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


def _rows(body: bytes) -> tuple[list[dict[str, Any]], str]:
    """The rows of a table with our own column names, of a JSON list, or of JSON lines."""
    text = body.decode("utf-8-sig")
    try:
        if text.lstrip().startswith("["):
            return json.loads(text), "json"
        if text.lstrip().startswith("{"):
            return [json.loads(line) for line in text.splitlines()], "jsonl"
    except ValueError:
        raise Refusal(422, "Nothing could be read: JSON was tried.") from None
    if "order_id" not in text.partition("\n")[0]:
        raise Refusal(422, "Nothing could be read: table, list, JSON and mail were tried.")
    return list(csv.DictReader(io.StringIO(text))), "stallwatch_csv"
