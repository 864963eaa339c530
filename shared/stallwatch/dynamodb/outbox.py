"""The pending alerts, and the lease of the sending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from stallwatch.alerting.ports import Batch, OrderRead, SendLease
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import ConditionFailedError, TransactionRefusedError
from stallwatch.dynamodb.items import alert_of_item, order_of_item
from stallwatch.dynamodb.subscribers import DynamoSubscriberStore
from stallwatch.dynamodb.table import (
    ORDER,
    PUBLISH,
    STACK,
    Item,
    Table,
    binary,
    bytes_of,
    key,
    number,
    number_of,
    order_id_of,
    order_pk,
    seconds,
    string,
    text_of,
)
from stallwatch.tracking.packing import pack, unpack

_LISTED = 200
"""How many pending alerts are looked at together."""


@dataclass(frozen=True, slots=True)
class DynamoOutbox:
    """The pending alerts and the lease."""

    table: Table

    # The lease.

    def take_lease(self, owner: str, until: datetime, now: datetime) -> SendLease | None:
        """Take the lease; None while another holds it, which is then called to look again."""
        lease = self._try_to_take(owner, until, now)
        if lease is not None:
            return lease
        held = self.table.update(
            STACK,
            PUBLISH,
            "ADD wanted :one",
            ExpressionAttributeValues={":one": number(1)},
            ReturnValues="ALL_NEW",
        )
        # It may have been given back between the two calls, and then nobody else would look.
        return self._try_to_take(owner, until, now) if "owner" not in held else None

    def _try_to_take(self, owner: str, until: datetime, now: datetime) -> SendLease | None:
        try:
            item = self.table.update(
                STACK,
                PUBLISH,
                "SET #owner = :me, ends = :ends",
                # A lost acknowledgement is tried again: our own name is as good as none.
                ConditionExpression="attribute_not_exists(#owner) OR ends < :now OR #owner = :me",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":me": string(owner),
                    ":ends": seconds(until),
                    ":now": seconds(now),
                },
                ReturnValues="ALL_NEW",
            )
        except ConditionFailedError:
            return None
        published_at = number_of(item, "published_at")
        batch = bytes_of(item, "open_batch")
        return SendLease(
            batch=None if batch is None else _batch(unpack(batch)),
            wanted=number_of(item, "wanted") or 0,
            published_at=None
            if published_at is None
            else datetime.fromtimestamp(published_at / 1000, UTC),
        )

    def release_lease(self, owner: str, wanted: int, *, keep_batch: Batch | None) -> int | None:
        """Give the lease back, unless a sending was called for meanwhile.

        With a batch that must stay open it is given back in any case: the others wait for that.

        Returns:
            None when it was given back or lost, else how often a sending has been called for.
        """
        values: dict[str, Any] = {":me": string(owner)}
        condition = "#owner = :me"
        if keep_batch is not None:
            values[":batch"] = binary(pack(_batch_row(keep_batch)))
            expression = "SET open_batch = :batch REMOVE #owner, ends"
        else:
            values[":wanted"] = number(wanted)
            condition += " AND (attribute_not_exists(wanted) OR wanted = :wanted)"
            expression = "REMOVE #owner, ends, open_batch"
        try:
            self.table.update(
                STACK,
                PUBLISH,
                expression,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailedError as refusal:
            item = dict(refusal.item or {})
            if text_of(item, "owner") != owner:
                return None
            return number_of(item, "wanted")
        return None

    def abandon_lease(self, owner: str) -> None:
        """Give the lease back with the open batch as it was logged, for the next run to settle."""
        try:
            self.table.update(
                STACK,
                PUBLISH,
                "REMOVE #owner, ends",
                ConditionExpression="#owner = :me",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":me": string(owner)},
            )
        except ConditionFailedError:
            return

    def log_batch(self, owner: str, batch: Batch) -> bool:
        """Write the open batch into the lease. False where the lease is no longer the owner's."""
        try:
            self.table.update(
                STACK,
                PUBLISH,
                "SET open_batch = :batch",
                ConditionExpression="#owner = :me",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":me": string(owner),
                    ":batch": binary(pack(_batch_row(batch))),
                },
            )
        except ConditionFailedError:
            return False
        return True

    def log_sent(self, owner: str, batch: Batch, now: datetime) -> bool:
        """Mark the open batch as sent and count its alerts, in one write.

        Returns:
            False where the lease was lost.
        """
        sent = binary(pack(_batch_row(replace(batch, sent=True))))
        try:
            self.table.update(
                STACK,
                PUBLISH,
                "SET open_batch = :sent, published_at = :now ADD #count :n",
                # Tried again after a lost acknowledgement, it must not count twice.
                ConditionExpression="#owner = :me AND open_batch <> :sent",
                ExpressionAttributeNames={"#owner": "owner", "#count": f"sent_{batch.kind}"},
                ExpressionAttributeValues={
                    ":me": string(owner),
                    ":sent": sent,
                    ":now": number(round(now.timestamp() * 1000)),
                    ":n": number(len(batch.members)),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailedError as refusal:
            item = dict(refusal.item or {})
            return text_of(item, "owner") == owner and item.get("open_batch") == sent
        return True

    def languages(self) -> tuple[str, ...]:
        """The languages, other than the stack's, that subscribers want."""
        preferences = DynamoSubscriberStore(self.table).preferences().values()
        return tuple(sorted({w.language for w in preferences if w.language and not w.forgotten}))

    # The alerts.

    def pending(self) -> list[AlertRef]:
        """The alerts that are not sent, oldest first, as the index shows them: some hundred."""
        items = self.table.query(
            IndexName="pending",
            KeyConditionExpression="pending = :yes",
            ExpressionAttributeValues={":yes": string("yes")},
            Limit=_LISTED,
        )
        return [_pending(item) for item, _ in zip(items, range(_LISTED), strict=False)]

    def alerts(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, Alert]:
        """Those that are still pending, and raised when they are said to be; consistently."""
        wanted = {(_pk(member), member.key): member for member in members}
        found = {}
        for item in self.table.get_many(list(wanted)):
            member = wanted[item["pk"]["S"], item["sk"]["S"]]
            alert = alert_of_item(item)
            if "pending" in item and alert.raised_at == member.raised_at:
                found[member] = alert
        return found

    def orders(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, OrderRead]:
        """The orders that alerts are about, where they still are; consistently."""
        about = [member for member in members if member.order_id]
        items = self.table.get_many([(_pk(member), ORDER) for member in about])
        orders = {item["pk"]["S"]: item for item in items}
        return {
            member: OrderRead(order_of_item(orders[_pk(member)]), _version(orders[_pk(member)]))
            for member in about
            if _pk(member) in orders and _born(member) == orders[_pk(member)]["born"]["S"]
        }

    def mark_sent(self, members: Iterable[AlertRef], batch_id: str, now: datetime) -> None:
        """Mark alerts as sent, where they were raised when they are said to be."""
        for member in members:
            self._leave_pending(
                member,
                "SET sent_at = :at, batch_id = :batch REMOVE pending",
                {":at": string(now.isoformat()), ":batch": string(batch_id)},
            )

    def set_aside(self, member: AlertRef) -> None:
        """Take an alert that was refused for good out of the pending ones, unsent."""
        self._leave_pending(member, "SET refused = :yes REMOVE pending", {":yes": {"BOOL": True}})

    def _leave_pending(self, member: AlertRef, expression: str, values: Item) -> None:
        try:
            self.table.update(
                _pk(member),
                member.key,
                expression,
                ConditionExpression="raised_at = :raised AND attribute_exists(pending)",
                ExpressionAttributeValues={**values, ":raised": _raised(member)},
            )
        except ConditionFailedError:
            return

    def drop(self, member: AlertRef, read: OrderRead | None) -> bool:
        """Delete a pending alert, together with a check that its order is still as read.

        Returns:
            False where the order changed, so that one must look again.
        """
        order_key = {"Key": key(_pk(member), ORDER)}
        if read is None:
            check = {
                **order_key,
                "ConditionExpression": "attribute_not_exists(pk) OR born <> :born",
                "ExpressionAttributeValues": {":born": string(_born(member))},
            }
        else:
            check = {
                **order_key,
                "ConditionExpression": "version = :version AND born = :born",
                "ExpressionAttributeValues": {
                    ":version": number(read.version),
                    ":born": string(read.order.incarnation),
                },
            }
        delete = {
            "Key": key(_pk(member), member.key),
            "ConditionExpression": "raised_at = :raised AND attribute_exists(pending)",
            "ExpressionAttributeValues": {":raised": _raised(member)},
        }
        try:
            self.table.transact([{"ConditionCheck": check}, {"Delete": delete}])
        except TransactionRefusedError:
            return False
        return True


def _pending(item: Item) -> AlertRef:
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    return AlertRef(
        order_id="" if pk == STACK else order_id_of(pk),
        key=sk,
        kind=AlertKind(sk.split("#")[2]),
        raised_at=datetime.fromisoformat(item["raised_at"]["S"]),
    )


def _pk(member: AlertRef) -> str:
    return order_pk(member.order_id) if member.order_id else STACK


def _born(member: AlertRef) -> str:
    return member.key.split("#")[1]


def _raised(member: AlertRef) -> dict[str, str]:
    return string(member.raised_at.isoformat())


def _version(item: Item) -> int:
    return int(item["version"]["N"])


def _batch_row(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "kind": batch.kind,
        "raised_at": batch.raised_at.isoformat(),
        "members": [[m.order_id, m.key, m.raised_at.isoformat()] for m in batch.members],
        "languages": batch.languages,
        "told": batch.told,
        "sent": batch.sent,
        "attempts": batch.attempts,
        "retry_at": None if batch.retry_at is None else batch.retry_at.isoformat(),
    }


def _batch(row: Mapping[str, Any]) -> Batch:
    kind = AlertKind(row["kind"])
    return Batch(
        id=row["id"],
        kind=kind,
        raised_at=datetime.fromisoformat(row["raised_at"]),
        members=tuple(
            AlertRef(order_id, key, kind, datetime.fromisoformat(raised_at))
            for order_id, key, raised_at in row["members"]
        ),
        languages=tuple(row["languages"]),
        told=row["told"],
        sent=row["sent"],
        attempts=row["attempts"],
        retry_at=None if row["retry_at"] is None else datetime.fromisoformat(row["retry_at"]),
    )
