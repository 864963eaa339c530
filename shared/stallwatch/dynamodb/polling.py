"""All that a run of the poll reads and writes."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.domain.orders import State
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.credits import DynamoCreditStore
from stallwatch.dynamodb.leases import LeaseItem
from stallwatch.dynamodb.progress import progress_of_item, progress_to_attributes
from stallwatch.dynamodb.run_log import DynamoRunLog
from stallwatch.dynamodb.sources import DynamoSourceStore
from stallwatch.dynamodb.table import PULL, STACK, WAKE, WATCH, key, order_id_of, order_pk
from stallwatch.dynamodb.traces import DynamoTraceStore
from stallwatch.dynamodb.wire import Item
from stallwatch.polling.state import Lease, Progress, WatchRow

_NOT_CLOSED = (State.WATCHING, State.DELIVERED)

_ROWS_IN_A_PAGE = 1_000
"""A page holds a megabyte, of which twelve thousand rows take fifty in memory."""


class DynamoPollStore(DynamoTraceStore, DynamoSourceStore, DynamoCreditStore, DynamoRunLog):
    """The poll's lease and the rows of the watch, with the traces, the sources and the run log."""

    __slots__ = ()

    # The lease.

    def lease(self) -> Lease:
        """The lease as it stands, without taking it."""
        return _lease_of_item(self._lease.read())

    def take_lease(self, owner: str, until: datetime, now: datetime) -> Lease | None:
        """Take the lease; None while another run holds it."""
        item = self._lease.take(owner, until, now)
        return None if item is None else _lease_of_item(item)

    def save_progress(self, owner: str, progress: Progress) -> bool:
        """Keep the progress; False where the lease is no longer the owner's."""
        try:
            self._lease.write(owner, progress_to_attributes(progress))
        except ConditionFailedError:
            return False
        return True

    def release_lease(self, owner: str, progress: Progress, wanted: int) -> int | None:
        """Give the lease back, unless a run was called for meanwhile.

        Returns:
            None when it was given back or lost, else how often a run has been called for.
        """
        attributes = {**progress_to_attributes(progress), "served": wanted}
        return self._lease.release(owner, wanted, attributes)

    def abandon_lease(self, owner: str, asked_at: datetime | None) -> None:
        """Give the lease back with the progress as it was kept last, but for the last request."""
        asked = {} if asked_at is None else {"asked_at": wire.milliseconds(asked_at)}
        self._lease.abandon(owner, asked)

    @property
    def _lease(self) -> LeaseItem:
        return LeaseItem(self.table, PULL)

    # The rows of the watch.

    def rows(self, slot: str, start: str = "") -> Iterator[WatchRow]:
        """The orders in a slot, by id, from one on."""
        items = self.table.query(
            IndexName="watch",
            KeyConditionExpression="slot = :slot AND pk >= :start",
            ExpressionAttributeValues={
                ":slot": wire.value(slot),
                ":start": wire.value(order_pk(start)),
            },
            Limit=_ROWS_IN_A_PAGE,
        )
        return (_row(item, slot) for item in items)

    def row(self, order_id: str) -> WatchRow | None:
        """One watched order, whatever its slot."""
        item = self.table.get(order_pk(order_id), WATCH)
        if item is None or "slot" not in item:
            return None
        return _row(item, item["slot"]["S"])

    def in_slot_since(self, order_id: str) -> datetime | None:
        """When an order came into its slot."""
        item = self.table.get(order_pk(order_id), WATCH, consistent=False)
        return None if item is None else wire.instant(item, "in_slot_since")

    # The review after an update.

    @property
    def version(self) -> int:
        """The version of the schema that this code writes."""
        return wire.VERSION

    def watched(
        self, start: str | None, limit: int
    ) -> tuple[Sequence[tuple[WatchRow, str]], str | None]:
        """Some orders that are not closed, the oldest first, each with its place.

        Returns:
            Rows that name no more than the order; and the place that follows, None at the end.
        """
        begun, _, listed = (start or f"{_NOT_CLOSED[0]}|").partition("|")
        found: list[tuple[WatchRow, str]] = []
        for state in _NOT_CLOSED[_NOT_CLOSED.index(State(begun)) :]:
            items = self.table.query(
                IndexName="by_state",
                KeyConditionExpression="#state = :state AND listed >= :start",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=wire.attributes(
                    {":state": str(state), ":start": listed or "0"}
                ),
                Limit=min(limit + 1, _ROWS_IN_A_PAGE),
            )
            for item in items:
                place = f"{state}|{item['listed']['S']}"
                if len(found) == limit:
                    return found, place
                row = WatchRow(order_id_of(item["pk"]["S"]), "", None, None, None, None)
                found.append((row, place))
            listed = ""
        return found, None

    # The outbox, as far as the poll wakes it.

    def oldest_pending(self) -> datetime | None:
        """When the oldest of the alerts that are not sent yet was raised."""
        found = self.table.query(
            IndexName="pending",
            KeyConditionExpression="pending = :yes",
            ExpressionAttributeValues={":yes": wire.value("yes")},
            Limit=1,
        )
        item = next(found, None)
        return None if item is None else datetime.fromisoformat(item["raised_at"]["S"])

    def wake_sending(self, now: datetime) -> None:
        """Have the evaluation send what is pending, and tell what the source's health asks for."""
        self.table.put({**key(STACK, WAKE), "at": wire.value(now.isoformat())})


def _lease_of_item(item: Item) -> Lease:
    return Lease(
        progress=progress_of_item(item),
        wanted=wire.number(item, "wanted") or 0,
        served=wire.number(item, "served") or 0,
    )


def _row(item: Item, slot: str) -> WatchRow:
    return WatchRow(
        order_id=order_id_of(item["pk"]["S"]),
        slot=slot,
        number=wire.text(item, "n"),
        fingerprint=wire.binary(item, "f"),
        rule_at=wire.number(item, "r"),
        clock_at=wire.number(item, "c"),
        gone="g" in item,
        second_at=wire.number(item, "s"),
    )
