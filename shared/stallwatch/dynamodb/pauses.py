"""A pause: something is done at most once in a span of time, whoever asks for it."""

from datetime import datetime, timedelta

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import Table, key


def claim_pause(table: Table, pk: str, sk: str, now: datetime, pause: timedelta) -> datetime | None:
    """Note that something is done now, unless it was within the pause before.

    Args:
        table: The table.
        pk: The partition of the item that remembers it.
        sk: Its sort key.
        now: The present instant.
        pause: How long it takes until it may be done again.

    Returns:
        None where it may be done, else from when on it may be again.
    """
    asked = {**key(pk, sk), "asked_at": now, "expires": now + pause}
    try:
        table.put(
            wire.attributes(asked),
            ConditionExpression="attribute_not_exists(pk) OR asked_at <= :before",
            ExpressionAttributeValues=wire.attributes({":before": now - pause}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ConditionFailedError as refusal:
        asked_at = wire.instant(dict(refusal.item or {}), "asked_at")
        return (asked_at or now) + pause
    return None
