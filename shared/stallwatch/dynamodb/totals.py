"""The totals of the money and of the delivery days, and what of them each order counts as.

They are added to in the transaction that writes the order's place in the watch. The money's stand
in several pieces, of which an order always uses the same, so that evaluations beside each other
seldom meet at one of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from zlib import crc32

from stallwatch.domain.orders import Service
from stallwatch.dynamodb.table import STACK, Item, key, number, string, text_of
from stallwatch.orders.delivery_times import DeliverySample, DeliveryStats, Histogram
from stallwatch.orders.money import Exposure, MoneyStatus, Sum, Sums

MONEY = "MONEY#"


EXPERIENCE = "EXPERIENCE#"


_PIECES = 16


_THOUSANDTHS = Decimal(1000)
"""Amounts have three decimals at the most: they are added as whole numbers."""


# The money.
def stake_to_wire(stake: Exposure) -> dict[str, str]:
    """What an order's price is counted as."""
    days = "" if stake.days is None else str(stake.days)
    rest = f"/{stake.rest}" if stake.rest else ""
    return string(f"{stake.standing}/{stake.currency}/{stake.amount}/{days}{rest}")


def stake_of_item(item: Item) -> Exposure | None:
    """What an order's price is counted as, by its place in the watch."""
    text = text_of(item, "stake")
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


def sums_of_items(items: Iterable[Item]) -> Sums:
    """The totals of the money, of all their pieces together."""
    found: dict[tuple[str, MoneyStatus], Sum] = {}
    for item in items:
        for name in item.keys() - key("", "").keys():
            currency, standing, what = name.split("/")
            value = int(item[name]["N"])
            one = {
                "amount": Sum(amount=value / _THOUSANDTHS),
                "count": Sum(count=value),
                "days": Sum(days=value),
            }[what]
            place = (currency, MoneyStatus(standing))
            found[place] = found.get(place, Sum()) + one
    return {place: total for place, total in found.items() if total != Sum()}


# The delivery days.
def lived_to_wire(lived: DeliverySample) -> dict[str, str]:
    """What is counted of an order's first delivery."""
    return string(f"{lived.service}/{lived.destination}/{lived.days}/{lived.silence}")


def lived_of_item(item: Item) -> DeliverySample | None:
    """What is counted of an order's first delivery, by its place in the watch."""
    text = text_of(item, "lived")
    if text is None:
        return None
    service, destination, days, silence = text.split("/")
    return DeliverySample(Service(service), destination, int(days), int(silence))


def experience_key(service: Service, destination: str) -> str:
    """Where the parcels of a service to a destination stand."""
    return f"{EXPERIENCE}{service}#{destination}"


def adding_experience(lived: DeliverySample | None) -> list[dict[str, Any]]:
    """The part of a transaction that counts a parcel."""
    if lived is None:
        return []
    added = {f"d{lived.days}": 1, f"s{lived.silence}": 1}
    return _adding(experience_key(lived.service, lived.destination), added)


def experience_of_item(item: Item) -> DeliveryStats:
    """What the parcels of a service to a destination have shown."""
    return DeliveryStats(Histogram(_counts(item, "d")), Histogram(_counts(item, "s")))


def experiences_of_items(items: Iterable[Item]) -> Mapping[tuple[Service, str], DeliveryStats]:
    """What the parcels have shown, by service and destination."""
    found = {}
    for item in items:
        service, destination = item["sk"]["S"].removeprefix(EXPERIENCE).split("#")
        found[Service(service), destination] = experience_of_item(item)
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
                    f":n{i}": number(value) for i, value in enumerate(wanted.values())
                },
            }
        }
    ]
