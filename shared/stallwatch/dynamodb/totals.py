"""The totals: orders by state and stage, the money, the delivery days; what each order counts as.

They are added to in the transaction that writes the order's place in the watch. The money's stand
in several pieces, of which an order always uses the same, so that evaluations beside each other
seldom meet at one of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from zlib import crc32

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import PUBLISH, STACK, TOTALS, TableStore, key
from stallwatch.dynamodb.wire import SCHEMA, Item
from stallwatch.orders.delivery_times import DeliverySample, DeliveryStats, Histogram
from stallwatch.orders.money import Exposure, MoneyStatus, Sum, Sums
from stallwatch.orders.snapshot import Counted
from stallwatch.orders.totals import Totals

MONEY = "MONEY#"


EXPERIENCE = "EXPERIENCE#"


KEPT_NAMES = frozenset({"pk", "sk", SCHEMA})
"""The attributes of an item of totals that are no counters."""


_PIECES = 16


_THOUSANDTHS = Decimal(1000)
"""Amounts have three decimals at the most: they are added as whole numbers."""


class DynamoTotalsStore(TableStore):
    """The totals over all orders."""

    __slots__ = ()

    def totals(self) -> Totals:
        """The counts over all orders."""
        counted = self.table.get(STACK, TOTALS, consistent=False) or {}
        states: Counter[State] = Counter()
        stages: Counter[Stage] = Counter()
        for name in counted.keys() - KEPT_NAMES:
            state, stage = name.split("/")
            n = int(counted[name]["N"])
            states[State(state)] += n
            if state != State.CLOSED:
                stages[Stage(stage)] += n
        sent = self.table.get(STACK, PUBLISH, consistent=False) or {}
        alerts = {kind: wire.number(sent, f"sent_{kind}") or 0 for kind in AlertKind}
        return Totals(
            states,
            stages,
            alerts,
            money=_sums_of_items(self._beginning_with(MONEY)),
            experiences=_stats_of_items(self._beginning_with(EXPERIENCE)),
        )

    def _beginning_with(self, prefix: str) -> Iterator[Item]:
        """The stack's items whose sort keys begin in one way."""
        return self.table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": wire.value(STACK), ":prefix": wire.value(prefix)},
        )

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        """Add to the counts over all orders."""
        names = {f"#n{i}": f"{state}/{stage}" for i, (state, stage) in enumerate(changes)}
        values = {f":n{i}": wire.value(n) for i, n in enumerate(changes.values())}
        self.table.update(
            STACK,
            TOTALS,
            "ADD " + ", ".join(f"#n{i} :n{i}" for i in range(len(changes))),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def experience(self, service: Service, destination: str) -> DeliveryStats:
        """What the own parcels of a service to a destination have shown."""
        item = self.table.get(STACK, _stats_sk(service, destination), consistent=False)
        return _stats_of_item(item or {})


# The money.
def exposure_to_text(exposure: Exposure) -> str:
    """What an order's price is counted as."""
    days = "" if exposure.days is None else str(exposure.days)
    rest = f"/{exposure.rest}" if exposure.rest else ""
    return f"{exposure.standing}/{exposure.currency}/{exposure.amount}/{days}{rest}"


def exposure_of_item(item: Item) -> Exposure | None:
    """What an order's price is counted as, by its place in the watch."""
    text = wire.text(item, "stake")
    if text is None:
        return None
    standing, currency, amount, days, *rest = text.split("/")
    return Exposure(
        MoneyStatus(standing),
        currency,
        Decimal(amount),
        int(days) if days else None,
        Decimal(rest[0]) if rest else Decimal(0),
    )


def adding_money(order_id: str, changes: Sums) -> list[dict[str, Any]]:
    """The part of a transaction that adds to the totals of the money."""
    added: dict[str, int] = {}
    for (currency, standing), change in changes.items():
        name = f"{currency}/{standing}"
        added[f"{name}/amount"] = int(change.amount * _THOUSANDTHS)
        added[f"{name}/count"] = change.count
        added[f"{name}/days"] = change.days
    piece = crc32(order_id.encode()) % _PIECES
    return _adding(f"{MONEY}{piece:02}", added)


def _sums_of_items(items: Iterable[Item]) -> Sums:
    """The totals of the money, of all their pieces together."""
    found: dict[tuple[str, MoneyStatus], Sum] = {}
    for item in items:
        for name in item.keys() - KEPT_NAMES:
            currency, standing, what = name.split("/")
            value = int(item[name]["N"])
            counted_once = {
                "amount": Sum(amount=value / _THOUSANDTHS),
                "count": Sum(count=value),
                "days": Sum(days=value),
            }[what]
            place = (currency, MoneyStatus(standing))
            found[place] = found.get(place, Sum()) + counted_once
    return {place: total for place, total in found.items() if total != Sum()}


# The delivery days.
def sample_to_text(sample: DeliverySample) -> str:
    """What is counted of an order's first delivery."""
    return f"{sample.service}/{sample.destination}/{sample.days}/{sample.silence}"


def sample_of_item(item: Item) -> DeliverySample | None:
    """What is counted of an order's first delivery, by its place in the watch."""
    text = wire.text(item, "lived")
    if text is None:
        return None
    service, destination, days, silence = text.split("/")
    return DeliverySample(Service(service), destination, int(days), int(silence))


def _stats_sk(service: Service, destination: str) -> str:
    """Where the parcels of a service to a destination stand."""
    return f"{EXPERIENCE}{service}#{destination}"


def adding_sample(sample: DeliverySample | None) -> list[dict[str, Any]]:
    """The part of a transaction that counts a parcel."""
    if sample is None:
        return []
    added = {f"d{sample.days}": 1, f"s{sample.silence}": 1}
    return _adding(_stats_sk(sample.service, sample.destination), added)


def _stats_of_item(item: Item) -> DeliveryStats:
    """What the parcels of a service to a destination have shown."""
    return DeliveryStats(Histogram(_counts(item, "d")), Histogram(_counts(item, "s")))


def _stats_of_items(items: Iterable[Item]) -> Mapping[tuple[Service, str], DeliveryStats]:
    """What the parcels have shown, by service and destination."""
    found = {}
    for item in items:
        service, destination = item["sk"]["S"].removeprefix(EXPERIENCE).split("#")
        found[Service(service), destination] = _stats_of_item(item)
    return found


def _counts(item: Item, prefix: str) -> Mapping[int, int]:
    counts: Counter[int] = Counter()
    for name, value in item.items():
        if name.startswith(prefix) and name[1:].isdigit():
            counts[int(name[1:])] += int(value["N"])
    return counts


def _adding(sk: str, added: Mapping[str, int]) -> list[dict[str, Any]]:
    wanted = {name: value for name, value in added.items() if value}
    if not wanted:
        return []
    adds = ", ".join(f"#n{i} :n{i}" for i in range(len(wanted)))
    return [
        {
            "Update": {
                "Key": key(STACK, sk),
                "UpdateExpression": f"ADD {adds}",
                "ExpressionAttributeNames": {f"#n{i}": name for i, name in enumerate(wanted)},
                "ExpressionAttributeValues": {
                    f":n{i}": wire.value(value) for i, value in enumerate(wanted.values())
                },
            }
        }
    ]
