"""The orders that the fake API holds: adding, listing, changing, importing, exporting."""

import base64
import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.unit.cli.fake_replies import Refusal, Reply, Request

FIELDS = {
    *("order_id", "ordered_on", "tracking_number", "service", "destination", "remote"),
    *("shipped_on", "protection_ends_on", "promised_on", "paid_with", "paid_on", "order_number"),
    *("title", "seller", "language", "price", "currency"),
}
MOST_ROWS = 2000
MOST_BYTES = 1024 * 1024
COLUMNS = ("order_id", "ordered_on", "tracking_number", "title")


@dataclass
class FakeOrders:
    """The orders, and how the API answers about them."""

    page_size: int = 100
    """A page may be shorter than what was asked for."""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
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
