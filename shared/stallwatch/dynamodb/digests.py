"""The digests: alerts about no order, among those of the stack."""

from datetime import datetime, timedelta

from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.alert_items import alert_key, alert_to_item
from stallwatch.dynamodb.table import STACK, TableStore

_PREFIX = f"ALERT##{AlertKind.DIGEST}#"

KEPT = timedelta(days=100)
"""How long a digest is kept: by it the next one knows since when, and a run tried again that it was
made."""

_NEWEST = 10
"""How many are read at once to find the last one that went out."""


class DynamoDigestStore(TableStore):
    """The digests so far."""

    __slots__ = ()

    def last_sent(self) -> datetime | None:
        """When the newest digest that went out was raised."""
        items = self.table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=wire.attributes({":pk": STACK, ":prefix": _PREFIX}),
            # Their keys hold the instant that each was scheduled for.
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=_NEWEST,
        )
        sent = (item for item in items if "sent_at" in item)
        return next((wire.written_instant(item, "raised_at") for item in sent), None)

    def keep(self, alert: Alert) -> AlertRef | None:
        """Write a digest as an alert that is pending.

        Returns:
            It, as the sending names it; None where it is there already.
        """
        item = alert_to_item("", "", alert)
        item["expires"] = wire.value(alert.raised_at + KEPT)
        try:
            self.table.put(item, ConditionExpression="attribute_not_exists(pk)")
        except ConditionFailedError:
            return None
        return AlertRef("", alert_key("", "", alert)[1], alert.kind, alert.raised_at)
