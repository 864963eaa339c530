"""`make restore FROM=TABLE`: brings the orders of another table into a stack.

The other table is one that was restored from a backup, or one that a removed stack has left. The
stack is one without orders. Nothing that is there already is overwritten, so that the command can
be killed at any instant and run again, beside the stack's own functions:

1. What is counted over all orders, and what was learned, is written first. A note says that this
   was done, and from which table; it also keeps a second restore from another table away.
2. Alerts that were sent come before their order, so that none of them is raised again.
3. An order, its trace, its place in the watch and its pending alerts are written together or not at
   all. The order stands where every run of the pull looks first, with no fingerprint of its last
   answer: it is asked about at once, and finds its own turn from that.

Leases and the open batch stay behind. What a batch is known to have sent is sent; what it may have
sent is pending, and goes out. Links to claim files and calendars, and subscribers, stay behind too:
a link that was revoked since would live again, and SNS knows the subscribers of its own topics.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.tracking.packing import unpack
from tests.local.account import check_credentials, open_session, outputs_of
from tests.local.machine import LocalError

Item = dict[str, Any]

NOTE = {"pk": {"S": "STACK"}, "sk": {"S": "RESTORED"}}

LEFT_BEHIND = ("CALENDAR#", "SUBSCRIPTION#", "WAKE", "RESTORED")
"""Beginnings of sort keys under the stack that are not taken along."""

LEASES = {"PULL": ("owner", "ends", "wanted", "served", "cursor")}
"""What is not taken along of items that are also leases."""

AT_ONCE = 90
"""Items that are written together; DynamoDB takes 100."""


class RestoreError(Exception):
    """It cannot be restored; the message says why."""


@dataclass
class Restore:
    """A table that is brought into another.

    Args:
        client: A DynamoDB client.
        source: The name of the table to read.
        target: The name of the stack's table.
    """

    client: Any
    source: str
    target: str
    orders: int = 0
    there: int = 0
    """Orders that were there already, from an earlier attempt."""
    alerts: int = 0
    pending: int = 0
    _sent: dict[tuple[str, str], str] = field(default_factory=dict)
    """What the open batch has sent, and when."""

    def run(self) -> None:
        """Bring all of it. Raises `RestoreError` where the stack has orders of its own."""
        begins = self._begin()
        under_stack, by_order, others = self._read()
        if begins:
            for item in under_stack:
                self._write_counts(item)
            self._note("orders")
        for item in others:
            self._put_where_missing(item)
        for pk in sorted(by_order):
            self._bring_order(by_order[pk])
        self._note("done")

    def _read(self) -> tuple[list[Item], dict[str, list[Item]], list[Item]]:
        """What stands under the stack, what belongs to each order, and what else there is."""
        under_stack, others = [], []
        by_order: dict[str, list[Item]] = defaultdict(list)
        for item in self._scan(self.source):
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if pk == "STACK" and not sk.startswith(LEFT_BEHIND):
                under_stack.append(item)
            elif pk.startswith("ORDER#") and not sk.startswith("LINK#"):
                by_order[pk].append(item)
            elif pk.startswith("NUMBER#"):
                by_order[sk].append(item)
            elif pk.startswith("TURN#"):
                others.append(item)
        for item in under_stack:
            if item["sk"]["S"] == "PUBLISH" and "open_batch" in item:
                self._sent = _sent_by(item)
        return under_stack, by_order, others

    def _scan(self, table: str, **call: Any) -> Iterator[Item]:
        pages = self.client.get_paginator("scan")
        for page in pages.paginate(TableName=table, ConsistentRead=True, **call):
            yield from page["Items"]

    def _begin(self) -> bool:
        """Whether the counts are still to be written."""
        note = self.client.get_item(TableName=self.target, Key=NOTE, ConsistentRead=True)
        if "Item" in note:
            if note["Item"]["from"]["S"] != self.source:
                raise RestoreError(
                    f"{self.target} was restored from {note['Item']['from']['S']} before."
                )
            return bool(note["Item"]["step"]["S"] == "counts")
        found = self._scan(
            self.target,
            FilterExpression="sk = :order",
            ExpressionAttributeValues={":order": {"S": "ORDER"}},
        )
        if next(found, None) is not None:
            raise RestoreError(
                f"{self.target} has orders of its own: restore into a stack that has none."
            )
        self._note("counts")
        return True

    def _note(self, step: str) -> None:
        item = {**NOTE, "from": {"S": self.source}, "step": {"S": step}}
        self.client.put_item(TableName=self.target, Item=item)

    def _write_counts(self, item: Item) -> None:
        """Write what stands under the stack; nothing has counted there yet."""
        sk = item["sk"]["S"]
        if sk == "PUBLISH":
            self._write_sent_counts(item)
        elif sk in LEASES:
            kept = {name: value for name, value in item.items() if name not in LEASES[sk]}
            self._put_where_missing(kept)
        elif sk.startswith("ALERT#"):
            self._put_where_missing(self._settled(item))
        else:
            self.client.put_item(TableName=self.target, Item=item)

    def _write_sent_counts(self, item: Item) -> None:
        """How many alerts of each kind were sent; the lease itself is the stack's own."""
        counts = {name: value for name, value in item.items() if name.startswith("sent_")}
        if counts:
            self.client.update_item(
                TableName=self.target,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in counts),
                ExpressionAttributeValues={f":{name}": value for name, value in counts.items()},
            )

    def _bring_order(self, items: list[Item]) -> None:
        """Write an order with all that belongs to it, unless it is there."""
        settled = [self._settled(item) for item in items]
        order = next((item for item in settled if item["sk"]["S"] == "ORDER"), None)
        if order is None:
            # It was forgotten, and is still to be cleared away.
            return
        key = {"pk": order["pk"], "sk": order["sk"]}
        if "Item" in self.client.get_item(TableName=self.target, Key=key, ConsistentRead=True):
            self.there += 1
            return
        first = [item for item in settled if _is_alert(item) and "pending" not in item]
        together = [item for item in settled if item not in first]
        first += together[AT_ONCE:]
        for item in first:
            self.client.put_item(TableName=self.target, Item=item)
        parts = [
            {
                "Put": {
                    "TableName": self.target,
                    "Item": _as_new(item),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for item in sorted(together, key=_is_alert)[:AT_ONCE]
        ]
        self.client.transact_write_items(TransactItems=parts)
        self.orders += 1
        self.alerts += sum(map(_is_alert, settled))
        self.pending += sum("pending" in item for item in settled)

    def _settled(self, item: Item) -> Item:
        """An item; an alert that the open batch has sent is sent."""
        at = self._sent.get((item["pk"]["S"], item["sk"]["S"]))
        if at is None or "pending" not in item:
            return item
        return {**{n: v for n, v in item.items() if n != "pending"}, "sent_at": {"S": at}}

    def _put_where_missing(self, item: Item) -> None:
        try:
            self.client.put_item(
                TableName=self.target, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return


def _sent_by(publish: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """The alerts that the open batch is known to have sent, with the instant."""
    batch = unpack(publish["open_batch"]["B"])
    if not batch["sent"]:
        return {}
    at = datetime.fromtimestamp(int(publish["published_at"]["N"]) / 1000, UTC).isoformat()
    return {
        (f"ORDER#{order_id}" if order_id else "STACK", key): at
        for order_id, key, _ in batch["members"]
    }


def _is_alert(item: Item) -> bool:
    return str(item["sk"]["S"]).startswith("ALERT#")


def _as_new(item: Item) -> Item:
    """An item; an order's place in the watch becomes that of one that nobody has looked at."""
    if item["sk"]["S"] != "WATCH" or "slot" not in item:
        return item
    kept = {name: value for name, value in item.items() if name not in {"f", "r", "c", "s"}}
    return {**kept, "slot": {"S": "NEW"}}


def main() -> int:
    """Restore, and say what came; 1 with a sentence where it cannot be done."""
    source, stack_name = os.environ.get("FROM", ""), os.environ.get("STACK") or "stallwatch"
    if not source:
        print(
            "FROM= names the table to bring the orders from: FROM=restored make restore",
            file=sys.stderr,
        )
        return 1
    try:
        session = open_session()
        print(check_credentials(session), flush=True)
        outputs = outputs_of(session, stack_name)
        target = outputs["OrdersTableName"]
        client = session.client("dynamodb")
        _check_tables(client, source, target, session.region_name)
        print(f"From the table {source} into the stack {stack_name}, table {target}.", flush=True)
        restore = Restore(client, source, target)
        restore.run()
    except (LocalError, RestoreError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except (BotoCoreError, ClientError) as error:
        print(
            f"It was interrupted, and what came over so far stays: {error}\n"
            "The same command goes on from there.",
            file=sys.stderr,
        )
        return 1
    print(told(restore, outputs["PageUrl"]))
    return 0


def _check_tables(client: Any, source: str, target: str, region: str) -> None:
    """Raise `RestoreError` where there is no table to restore from, or it is the stack's own."""
    if source == target:
        raise RestoreError(f"{source} is the stack's own table: FROM= names another one.")
    try:
        client.describe_table(TableName=source)
    except client.exceptions.ResourceNotFoundException as error:
        raise RestoreError(f"There is no table {source} in {region}.") from error


def told(restore: Restore, page: str) -> str:
    """What is printed when all of it is there."""
    lines = [f"\nRestored:  {restore.orders} orders with {restore.alerts} alerts."]
    if restore.there:
        lines.append(f"           {restore.there} orders were there already.")
    if restore.pending:
        lines.append(f"           Not sent before, and going out in minutes: {restore.pending}.")
    lines += [
        "           The next run of the check asks about all of them.",
        f"The page:  {page}",
        "To do:     add the subscribers again, and make new links to claims and a new address of",
        "           the calendar: those of the other table stay dead.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
