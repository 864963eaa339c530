"""What was handed to push services: an item for each message and address, which expires."""

from datetime import datetime, timedelta

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import TableStore, key
from stallwatch.push.ports import Claim, Handover

KEPT = timedelta(days=30)
"""Longer than SNS tries again (23 days) and than a dead letter is kept (14)."""


class DynamoHandoverStore(TableStore):
    """The handovers. An address stands there as a hash."""

    __slots__ = ()

    def claim(self, handover: Handover, until: datetime, now: datetime) -> Claim:
        """Ask to hand a message over; a claim that has run out can be taken over."""
        item = {
            **key(*_key(handover)),
            "owner": handover.owner,
            "ends": until,
            "expires": now + KEPT,
        }
        try:
            self.table.put(
                wire.attributes(item),
                ConditionExpression=(
                    "attribute_not_exists(pk)"
                    " OR (attribute_not_exists(done_at) AND (ends < :now OR #owner = :me))"
                ),
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=wire.attributes({":now": now, ":me": handover.owner}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailedError as refusal:
            return Claim.DONE if "done_at" in (refusal.item or {}) else Claim.HELD
        return Claim.MINE

    def settle(self, handover: Handover, now: datetime) -> None:
        """Keep that it was handed over."""
        self.table.update(
            *_key(handover),
            "SET done_at = :now, expires = :expires",
            ExpressionAttributeValues=wire.attributes({":now": now, ":expires": now + KEPT}),
        )

    def release(self, handover: Handover) -> None:
        """Give a claim back: the service did not take the message."""
        self.table.delete(*_key(handover))


def _key(handover: Handover) -> tuple[str, str]:
    return f"PUSH#{handover.message_id}", handover.address_key
