"""The stored orders that an import may meet, found by id, order number or tracking number."""

import re
from collections.abc import Iterable, Mapping

MOST_PARCELS = 99
"""How many orders of ours one order of the shop may be."""

_LONGEST_ID = 64

Fields = dict[str, object]
Stored = Mapping[str, object]


class KnownOrders:
    """The stored orders that an import may meet, with those that it adds itself.

    Args:
        stored: Each with `order_id` and what is given of it (`GIVEN_FIELDS`, `actions`).
    """

    def __init__(self, stored: Iterable[Stored]) -> None:
        self._by_id: dict[str, Fields] = {}
        self._by_order_number: dict[str, list[str]] = {}
        self._by_tracking_number: dict[str, list[str]] = {}
        for order in stored:
            self.put(str(order["order_id"]), order)

    def put(self, order_id: str, fields: Stored) -> None:
        """Take in an order, or more fields of one."""
        order = self._by_id.setdefault(order_id, {"order_id": order_id})
        for name, value in fields.items():
            order[name] = value
        _index(self._by_order_number, str(order.get("order_number") or _base(order_id)), order_id)
        number = order.get("tracking_number")
        if number:
            _index(self._by_tracking_number, str(number), order_id)

    def get(self, order_id: str) -> Fields | None:
        """An order by its id."""
        return self._by_id.get(order_id)

    def of_order(self, order_number: str) -> list[Fields]:
        """All orders of ours that are parcels of one order of the shop, the first one first."""
        ids = list(self._by_order_number.get(order_number, ()))
        ids += [i for i in (order_number,) if i in self._by_id and i not in ids]
        found = [self._by_id[i] for i in ids if self._belongs(i, order_number)]
        return sorted(found, key=lambda order: _place(str(order["order_id"]), order_number))

    def with_number(self, tracking_number: str) -> list[Fields]:
        """The orders that have a tracking number."""
        return [self._by_id[i] for i in self._by_tracking_number.get(tracking_number, ())]

    def free_id(self, order_id: str) -> str | None:
        """The id, or the first of `ID.2`, `ID.3` … that no order has."""
        for place in range(1, MOST_PARCELS + 1):
            candidate = order_id if place == 1 else f"{order_id}.{place}"
            if candidate not in self._by_id and len(candidate) <= _LONGEST_ID:
                return candidate
        return None

    def _belongs(self, order_id: str, order_number: str) -> bool:
        known_number = self._by_id[order_id].get("order_number")
        return known_number == order_number or (
            not known_number and _base(order_id) == order_number
        )


def _index(index: dict[str, list[str]], key: str, order_id: str) -> None:
    ids = index.setdefault(key, [])
    if order_id not in ids:
        ids.append(order_id)


def _base(order_id: str) -> str:
    """The shop's order number that an id of ours stands for: `ID` of `ID.2`."""
    return re.sub(r"(?<=.)\.([2-9]|[1-9][0-9])$", "", order_id)


def _place(order_id: str, order_number: str) -> tuple[int, str]:
    rest = order_id.removeprefix(order_number)
    place = int(rest[1:]) if re.fullmatch(r"\.[0-9]{1,3}", rest) else 0 if not rest else 1000
    return place, order_id
