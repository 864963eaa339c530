"""What the evaluation reads and writes, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Order, Service
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.money import Exposure, Sum, changes
from stallwatch.orders.snapshot import Counted, OrderSnapshot, WatchEntry
from tests.support.memory_run_log import MemoryRunLog
from tests.support.memory_table import StoredAlert


@dataclass
class MemoryEvaluationStore(MemoryRunLog):
    """Everything of an order at once, its place in the watch, and the totals."""

    def open(self, order_id: str) -> OrderSnapshot | None:
        stored = self.shelves.get(order_id)
        if stored is None or stored.order is None:
            return None
        mine = {key: kept for (about, key), kept in list(self.kept.items()) if about == order_id}
        for key, kept in mine.items():
            if kept.incarnation != stored.incarnation:
                del self.kept[order_id, key]
        return OrderSnapshot(
            order=stored.order,
            version=stored.version,
            trace=stored.record,
            entry=stored.entry,
            revision=stored.revision,
            alerts=tuple(
                kept.alert for kept in mine.values() if kept.incarnation == stored.incarnation
            ),
        )

    def keep(
        self, snapshot: OrderSnapshot, entry: WatchEntry, alerts: Sequence[Alert]
    ) -> list[AlertRef]:
        order = snapshot.order
        stored = self.shelves.get(order.order_id)
        if stored is None or (stored.revision, stored.incarnation) != (
            snapshot.revision,
            order.incarnation,
        ):
            raise ConflictError(order.order_id)
        keys = [f"{order.incarnation}#{alert.key}" for alert in alerts]
        for key in keys:
            there = self.kept.get((order.order_id, key))
            if there is not None and not there.pending:
                raise ConflictError(order.order_id)
        self._add_money(stored.entry.stake, entry.stake)
        if stored.entry.lived is None and entry.lived is not None:
            place = (entry.lived.service, entry.lived.destination)
            self.experiences[place] = self.experience(*place).after(entry.lived)
        # The number is the index's, in which only what has a slot stands.
        stored.entry = entry if entry.slot is not None else replace(entry, number=None)
        stored.revision += 1
        self.write("keep")
        for key, alert in zip(keys, alerts, strict=True):
            self.kept[order.order_id, key] = StoredAlert(alert, order.incarnation)
        return [
            AlertRef(order.order_id, key, alert.kind, alert.raised_at)
            for key, alert in zip(keys, alerts, strict=True)
        ]

    def experience(self, service: Service, destination: str) -> DeliveryStats:
        return self.experiences.get((service, destination), DeliveryStats())

    def _add_money(self, before: Exposure | None, after: Exposure | None) -> None:
        for place, change in changes(before, after).items():
            self.money[place] = self.money.get(place, Sum()) + change

    def clear(self, order_id: str) -> Counted | None:
        stored = self.shelves.get(order_id)
        if stored is not None and stored.order is not None:
            return None
        self.write("clear")
        for about, key in list(self.kept):
            if about == order_id:
                del self.kept[about, key]
        if stored is None:
            return None
        self._add_money(stored.entry.stake, None)
        del self.shelves[order_id]
        return None if stored.entry.stage is None else (stored.entry.state, stored.entry.stage)

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        self.write("add_to_totals")
        for counted, number in changes.items():
            self.counted[counted] += number

    def sharing(self, order: Order) -> tuple[str, ...]:
        number = order.tracking_number
        found = [
            order_id
            for order_id, stored in sorted(self.shelves.items())
            if stored.order is not None
            and number is not None
            and stored.order.tracking_number == number
            and order_id != order.order_id
        ]
        return tuple(found[:5])

    def alerts_about_sources(self) -> list[Alert]:
        return [
            kept.alert
            for (order_id, _), kept in self.kept.items()
            if not order_id and kept.alert.kind is not AlertKind.DIGEST
        ]

    def keep_source_alert(self, alert: Alert) -> None:
        if ("", alert.key) not in self.kept:
            self.write("keep_source_alert")
            self.kept["", alert.key] = StoredAlert(alert, "")
