"""A lease: an item that says who alone may do something, and until when.

The owner is a token that no other run has; the end is fixed when the lease is taken and lies behind
the end of the run that holds it. Every write to the item carries the condition that the owner is
still the same, so whoever lost the lease changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import STACK, Table
from stallwatch.dynamodb.wire import Item

_HOLDER = ("owner", "ends")
"""The attributes that say who holds it."""


@dataclass(frozen=True, slots=True)
class LeaseItem:
    """One lease in the table.

    Args:
        table: The table.
        sk: The sort key of its item under the stack.
    """

    table: Table
    sk: str

    def read(self) -> Item:
        """The item as it stands; empty where it was never written."""
        return self.table.get(STACK, self.sk) or {}

    def take(self, owner: str, until: datetime, now: datetime) -> Item | None:
        """Take it. Returns the item with what the last holder left; None while another holds it."""
        try:
            return self.table.update(
                STACK,
                self.sk,
                "SET #owner = :me, ends = :ends",
                # A lost acknowledgement is tried again: our own name is as good as none.
                ConditionExpression="attribute_not_exists(#owner) OR ends < :now OR #owner = :me",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=wire.attributes(
                    {":me": owner, ":ends": until, ":now": now}
                ),
                ReturnValues="ALL_NEW",
            )
        except ConditionFailedError:
            return None

    def write(
        self,
        owner: str,
        sets: Mapping[str, Any],
        *,
        removes: Iterable[str] = (),
        adds: Mapping[str, int] | None = None,
        condition: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Write attributes of a lease that is held.

        Args:
            owner: Who holds it.
            sets: Attributes with their new values; one that is None is removed.
            removes: Attributes that are removed besides.
            adds: Attributes that are added to.
            condition: What must hold besides the ownership.
            values: The values in the condition.

        Raises:
            ConditionFailedError: with the item as it stands.
        """
        adds = adds or {}
        given = {name: value for name, value in sets.items() if value is not None}
        gone = [*(name for name in sets if name not in given), *removes]
        parts = {
            "SET": [f"#{name} = :{name}" for name in given],
            "REMOVE": [f"#{name}" for name in gone],
            "ADD": [f"#{name} :{name}" for name in adds],
        }
        names = {f"#{name}": name for name in (*given, *gone, *adds, "owner")}
        placed = {f":{name}": value for name, value in (given | dict(adds)).items()}
        self.table.update(
            STACK,
            self.sk,
            " ".join(f"{verb} {', '.join(part)}" for verb, part in parts.items() if part),
            ConditionExpression="#owner = :me" + (f" AND {condition}" if condition else ""),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=wire.attributes({**placed, **(values or {}), ":me": owner}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    def release(self, owner: str, wanted: int, sets: Mapping[str, Any] | None = None) -> int | None:
        """Give it back, unless a run was called for since `wanted` was read.

        Args:
            owner: Who holds it.
            wanted: How often a run had been called for when the lease was read last.
            sets: What is left to the next holder.

        Returns:
            None when it was given back or lost, else how often a run has been called for.
        """
        try:
            self.write(
                owner,
                sets or {},
                removes=_HOLDER,
                condition="(attribute_not_exists(wanted) OR wanted = :as_read)",
                values={":as_read": wanted},
            )
        except ConditionFailedError as refusal:
            item = dict(refusal.item or {})
            return wire.number(item, "wanted") if wire.text(item, "owner") == owner else None
        return None

    def abandon(self, owner: str, sets: Mapping[str, Any] | None = None) -> None:
        """Give it back whatever was called for: what is left to do is left to the next holder."""
        try:
            self.write(owner, sets or {}, removes=_HOLDER)
        except ConditionFailedError:
            return

    def call(self) -> Item:
        """Count a call for one more run. Returns the item with it."""
        return self.table.update(
            STACK,
            self.sk,
            "ADD wanted :one",
            ExpressionAttributeValues={":one": wire.value(1)},
            ReturnValues="ALL_NEW",
        )
