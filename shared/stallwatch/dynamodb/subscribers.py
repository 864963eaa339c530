"""What is kept of the subscribers: no address, only which alerts each wants, and how."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from stallwatch.alerting.subscribers import TEST_PAUSE, Preference
from stallwatch.domain.alerts import AlertKind
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.pauses import claim_pause
from stallwatch.dynamodb.table import STACK, TEST_MESSAGE, Table, TableStore, key
from stallwatch.dynamodb.wire import Item

_PREFIX = "SUBSCRIPTION#"


KEPT_FORGOTTEN = timedelta(days=7)
"""SNS deletes a subscription that nobody confirmed after two days."""


class DynamoSubscriberStore(TableStore):
    """The wishes of the subscribers, by subscription id."""

    __slots__ = ()

    def preferences(self) -> Mapping[str, Preference]:
        """What every subscriber wants, by subscription id."""
        return preferences_in(self.table)

    def keep(self, subscription_id: str, preference: Preference, now: datetime) -> None:
        """Keep a wish."""
        self.table.put(
            wire.attributes(
                {
                    **key(STACK, _PREFIX + subscription_id),
                    "arn": preference.arn,
                    "kinds": {"SS": sorted(preference.kinds)} if preference.kinds else None,
                    "language": preference.language or None,
                    "forgotten": preference.forgotten or None,
                    "expires": now + KEPT_FORGOTTEN if preference.forgotten else None,
                }
            )
        )

    def drop(self, subscription_id: str) -> None:
        """Drop a wish."""
        self.table.delete(STACK, _PREFIX + subscription_id)

    def claim_test(self, now: datetime) -> datetime | None:
        """Note that a test message is sent, at most once in `TEST_PAUSE`.

        Returns:
            None where it may be sent, else from when on it may be again.
        """
        return claim_pause(self.table, STACK, TEST_MESSAGE, now, TEST_PAUSE)


def _kinds_of(item: Item) -> tuple[AlertKind, ...] | None:
    """The kinds that a subscriber wants, those that only a later version knows left out."""
    if "kinds" not in item:
        return None
    return tuple(kind for kind in AlertKind if kind in item["kinds"]["SS"])


def preferences_in(table: Table) -> Mapping[str, Preference]:
    """What every subscriber wants, by subscription id."""
    items = table.query(
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=wire.attributes({":pk": STACK, ":prefix": _PREFIX}),
    )
    return {
        item["sk"]["S"].removeprefix(_PREFIX): Preference(
            arn=wire.text(item, "arn"),
            kinds=_kinds_of(item),
            language=wire.text(item, "language"),
            forgotten=wire.flag(item, "forgotten") or False,
        )
        for item in items
    }
