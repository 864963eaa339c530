"""The pending alerts, and the lease of the sending."""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from stallwatch.alerting.ports import Batch, OrderRead, SendLease
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import ConditionFailedError, TransactionRefusedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.alert_items import alert_of_item
from stallwatch.dynamodb.items import order_of_item
from stallwatch.dynamodb.leases import LeaseItem
from stallwatch.dynamodb.subscribers import preferences_in
from stallwatch.dynamodb.table import ORDER, PUBLISH, STACK, TableStore, key, order_id_of, order_pk
from stallwatch.dynamodb.wire import Item
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.schedule import NEW

_log = logging.getLogger(__name__)

_KNOWN_KINDS = frozenset(kind.value for kind in AlertKind)

_LISTED = 200
"""How many pending alerts are looked at together."""


class DynamoOutbox(TableStore):
    """The pending alerts, and the lease that is also the log of what was sent."""

    __slots__ = ()

    # The lease.

    def take_lease(self, owner: str, until: datetime, now: datetime) -> SendLease | None:
        """Take the lease; None while another holds it, which is then called to look again."""
        item = self._lease.take(owner, until, now)
        if item is None and "owner" not in self._lease.call():
            # It was given back between the two calls, and then nobody else would look.
            item = self._lease.take(owner, until, now)
        if item is None:
            return None
        batch = wire.binary(item, "open_batch")
        return SendLease(
            batch=None if batch is None else _batch_of_row(unpack(batch)),
            wanted=wire.number(item, "wanted") or 0,
            published_at=wire.precise_instant(item, "published_at"),
        )

    def release_lease(self, owner: str, wanted: int, *, keep_batch: Batch | None) -> int | None:
        """Give the lease back, unless a sending was called for meanwhile.

        With a batch that must stay open it is given back in any case: the others wait for that.

        Returns:
            None when it was given back or lost, else how often a sending has been called for.
        """
        if keep_batch is None:
            return self._lease.release(owner, wanted, {"open_batch": None})
        self._lease.abandon(owner, {"open_batch": pack(_batch_to_row(keep_batch))})
        return None

    def abandon_lease(self, owner: str) -> None:
        """Give the lease back with the open batch as it was logged, for the next run to settle."""
        self._lease.abandon(owner)

    def log_batch(self, owner: str, batch: Batch) -> bool:
        """Write the open batch into the lease. False where the lease is no longer the owner's."""
        try:
            self._lease.write(owner, {"open_batch": pack(_batch_to_row(batch))})
        except ConditionFailedError:
            return False
        return True

    def log_sent(self, owner: str, batch: Batch, now: datetime) -> bool:
        """Mark the open batch as sent and count its alerts, in one write.

        Returns:
            False where the lease was lost.
        """
        sent = pack(_batch_to_row(replace(batch, sent=True)))
        try:
            self._lease.write(
                owner,
                {"open_batch": sent, "published_at": round(now.timestamp() * 1000)},
                adds={f"sent_{batch.kind}": len(batch.members)},
                # Tried again after a lost acknowledgement, it must not count twice.
                condition="open_batch <> :open_batch",
            )
        except ConditionFailedError as refusal:
            item = dict(refusal.item or {})
            return wire.text(item, "owner") == owner and wire.binary(item, "open_batch") == sent
        return True

    @property
    def _lease(self) -> LeaseItem:
        return LeaseItem(self.table, PUBLISH)

    def has_first_checks(self, evaluated: Collection[str]) -> bool:
        """Whether orders other than those just evaluated wait for their first check."""
        rows = self.table.query(
            IndexName="watch",
            KeyConditionExpression="slot = :slot",
            ExpressionAttributeValues={":slot": wire.value(NEW)},
            Limit=min(len(evaluated), _LISTED) + 1,
        )
        return any("g" not in row and order_id_of(row["pk"]["S"]) not in evaluated for row in rows)

    def languages(self) -> tuple[str, ...]:
        """The languages, other than the stack's, that subscribers want."""
        preferences = preferences_in(self.table).values()
        return tuple(sorted({p.language for p in preferences if p.language and not p.forgotten}))

    # The alerts.

    def pending(self) -> list[AlertRef]:
        """The alerts that are not sent, oldest first, as the index shows them: some hundred."""
        items = self.table.query(
            IndexName="pending",
            KeyConditionExpression="pending = :yes",
            ExpressionAttributeValues={":yes": wire.value("yes")},
            Limit=_LISTED,
        )
        listed = (item for item in items if _has_known_kind(item))
        return [_reference(item) for item in islice(listed, _LISTED)]

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
            member: OrderRead(order_of_item(orders[_pk(member)]), _version_of(orders[_pk(member)]))
            for member in about
            if _pk(member) in orders and _incarnation(member) == orders[_pk(member)]["born"]["S"]
        }

    def mark_sent(self, members: Iterable[AlertRef], batch_id: str, now: datetime) -> None:
        """Mark alerts as sent, where they were raised when they are said to be."""
        for member in members:
            self._leave_pending(
                member,
                "SET sent_at = :at, batch_id = :batch REMOVE pending",
                {":at": wire.value(now.isoformat()), ":batch": wire.value(batch_id)},
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
                "ExpressionAttributeValues": {":born": wire.value(_incarnation(member))},
            }
        else:
            check = {
                **order_key,
                "ConditionExpression": "version = :version AND born = :born",
                "ExpressionAttributeValues": {
                    ":version": wire.value(read.version),
                    ":born": wire.value(read.order.incarnation),
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


def _reference(item: Item) -> AlertRef:
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    return AlertRef(
        order_id="" if pk == STACK else order_id_of(pk),
        key=sk,
        kind=AlertKind(sk.split("#")[2]),
        raised_at=datetime.fromisoformat(item["raised_at"]["S"]),
    )


def _has_known_kind(item: Item) -> bool:
    """Whether this version can send an alert; after a rollback there may be others, which wait."""
    kind = item["sk"]["S"].split("#")[2]
    if kind in _KNOWN_KINDS:
        return True
    _log.warning("alert of an unknown kind skipped", extra={"alert": item["sk"]["S"]})
    return False


def _pk(member: AlertRef) -> str:
    return order_pk(member.order_id) if member.order_id else STACK


def _incarnation(member: AlertRef) -> str:
    return member.key.split("#")[1]


def _raised(member: AlertRef) -> dict[str, str]:
    return wire.value(member.raised_at.isoformat())


def _version_of(item: Item) -> int:
    return int(item["version"]["N"])


def _batch_to_row(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "kind": batch.kind,
        "raised_at": batch.raised_at.isoformat(),
        "members": [[m.order_id, m.key, m.raised_at.isoformat()] for m in batch.members],
        "languages": batch.languages,
        "told": batch.languages_sent,
        "sent": batch.sent,
        "attempts": batch.attempts,
        "retry_at": None if batch.retry_at is None else batch.retry_at.isoformat(),
    }


def _batch_of_row(row: Mapping[str, Any]) -> Batch | None:
    """The open batch as it was logged; None for a kind that only a later version can send."""
    if row["kind"] not in _KNOWN_KINDS:
        _log.error("open batch of an unknown kind skipped", extra={"batch": row["id"]})
        return None
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
        languages_sent=row["told"],
        sent=row["sent"],
        attempts=row["attempts"],
        retry_at=None if row["retry_at"] is None else datetime.fromisoformat(row["retry_at"]),
    )
