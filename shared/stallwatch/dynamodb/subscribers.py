"""What is kept of the subscribers: no address, only which alerts each wants, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stallwatch.alerting.subscriptions import Preference
from stallwatch.domain.alerts import AlertKind
from stallwatch.dynamodb.table import (
    STACK,
    Table,
    boolean,
    boolean_of,
    key,
    seconds,
    string,
    text_of,
    without_none,
)

_PREFIX = "SUBSCRIPTION#"


KEPT_FORGOTTEN = timedelta(days=7)
"""SNS deletes a subscription that nobody confirmed after two days."""


@dataclass(frozen=True, slots=True)
class DynamoSubscriberStore:
    """The wishes of the subscribers, by subscription id."""

    table: Table

    def preferences(self) -> Mapping[str, Preference]:
        """All wishes."""
        items = self.table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": string(STACK), ":prefix": string(_PREFIX)},
        )
        return {
            item["sk"]["S"].removeprefix(_PREFIX): Preference(
                arn=text_of(item, "arn"),
                kinds=tuple(AlertKind(kind) for kind in item["kinds"]["SS"])
                if "kinds" in item
                else None,
                language=text_of(item, "language"),
                forgotten=boolean_of(item, "forgotten") or False,
            )
            for item in items
        }

    def keep(self, subscription_id: str, preference: Preference, now: datetime) -> None:
        """Keep a wish."""
        self.table.put(
            without_none(
                {
                    **key(STACK, _PREFIX + subscription_id),
                    "arn": None if preference.arn is None else string(preference.arn),
                    "kinds": {"SS": sorted(preference.kinds)} if preference.kinds else None,
                    "language": string(preference.language) if preference.language else None,
                    "forgotten": boolean(preference.forgotten) if preference.forgotten else None,
                    "expires": seconds(now + KEPT_FORGOTTEN) if preference.forgotten else None,
                }
            )
        )

    def drop(self, subscription_id: str) -> None:
        """Drop a wish."""
        self.table.delete(STACK, _PREFIX + subscription_id)
