"""The outbox in memory."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from stallwatch.alerting.ports import Batch, OrderRead, SendLease
from stallwatch.domain.alerts import Alert, AlertRef
from stallwatch.tracking.schedule import NEW
from tests.support.memory_store import MemoryStore
from tests.support.memory_table import StoredAlert


@dataclass
class MemoryOutbox:
    """The outbox side of a store in memory: its lease has other names than the pull's."""

    store: MemoryStore = field(default_factory=MemoryStore)

    def take_lease(self, owner: str, until: datetime, now: datetime) -> SendLease | None:
        store = self.store
        if store.send_owner not in {None, owner} and store.send_ends >= now:
            store.send_wanted += 1
            return None
        store.send_owner, store.send_ends = owner, until
        store.journal.append("take_lease")
        return SendLease(store.open_batch, store.send_wanted, store.published_at)

    def release_lease(self, owner: str, wanted: int, *, keep_batch: Batch | None) -> int | None:
        store = self.store
        if store.send_owner != owner:
            return None
        if keep_batch is None and store.send_wanted != wanted:
            return store.send_wanted
        store.send_owner, store.open_batch = None, keep_batch
        store.journal.append("release_lease")
        return None

    def abandon_lease(self, owner: str) -> None:
        if self.store.send_owner == owner:
            self.store.send_owner = None
            self.store.journal.append("abandon_lease")

    def log_batch(self, owner: str, batch: Batch) -> bool:
        if self.store.send_owner != owner:
            return False
        self.store.open_batch = batch
        self.store.journal.append("log_batch")
        return True

    def log_sent(self, owner: str, batch: Batch, now: datetime) -> bool:
        if self.store.send_owner != owner:
            return False
        sent = replace(batch, sent=True)
        if self.store.open_batch != sent:
            self.store.sent[batch.kind] += len(batch.members)
            self.store.open_batch, self.store.published_at = sent, now
            self.store.journal.append("log_sent")
        return True

    def has_first_checks(self, evaluated: Collection[str]) -> bool:
        return any(
            shelf.entry.slot == NEW and not shelf.gone and order_id not in evaluated
            for order_id, shelf in self.store.shelves.items()
        )

    def languages(self) -> tuple[str, ...]:
        return self.store.languages

    def pending(self) -> list[AlertRef]:
        listed = [
            AlertRef(order_id, key, kept.alert.kind, kept.alert.raised_at)
            for (order_id, key), kept in self.store.kept.items()
            if kept.pending
        ]
        return sorted(listed, key=lambda p: p.raised_at)

    def alerts(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, Alert]:
        found = {}
        for member in members:
            kept = self._kept(member)
            if kept is not None:
                found[member] = kept.alert
        return found

    def _kept(self, member: AlertRef) -> StoredAlert | None:
        kept = self.store.kept.get((member.order_id, member.key))
        if kept is None or not kept.pending or kept.alert.raised_at != member.raised_at:
            return None
        return kept

    def orders(self, members: Iterable[AlertRef]) -> Mapping[AlertRef, OrderRead]:
        found = {}
        for member in members:
            stored = self.store.shelves.get(member.order_id)
            kept = self.store.kept.get((member.order_id, member.key))
            incarnation = (
                stored.incarnation
                if kept is None and stored is not None
                else kept and kept.incarnation
            )
            if (
                stored is not None
                and stored.order is not None
                and stored.incarnation == incarnation
            ):
                found[member] = OrderRead(stored.order, stored.version)
        return found

    def mark_sent(self, members: Iterable[AlertRef], batch_id: str, now: datetime) -> None:  # noqa: ARG002
        for member in members:
            kept = self._kept(member)
            if kept is not None:
                kept.alert, kept.pending = replace(kept.alert, sent_at=now), False
        self.store.journal.append("mark_sent")

    def drop(self, member: AlertRef, read: OrderRead | None) -> bool:
        kept = self._kept(member)
        stored = self.store.shelves.get(member.order_id)
        there = None
        if stored is not None and stored.order is not None and kept is not None:
            there = stored.version if stored.incarnation == kept.incarnation else None
        if kept is None or there != (None if read is None else read.version):
            return False
        del self.store.kept[member.order_id, member.key]
        self.store.journal.append("drop")
        return True

    def set_aside(self, member: AlertRef) -> None:
        kept = self._kept(member)
        if kept is not None:
            kept.pending = False
            self.store.journal.append("set_aside")
