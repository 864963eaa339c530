"""The credits of the sources that take some, and the registration under way."""

from datetime import datetime

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import STACK, TableStore
from stallwatch.dynamodb.wire import Item
from stallwatch.polling.registration import Attempt, Credits
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.source import Quota


class DynamoCreditStore(TableStore):
    """The credits of each source."""

    __slots__ = ()

    def credits(self, source: str) -> Credits:
        """The credits of a source."""
        return credits_of_item(self.table.get(STACK, f"CREDITS#{source}") or {})

    def begin_attempt(self, source: str, attempt: Attempt) -> bool:
        """Write down an attempt before it is made. False where another one is not settled."""
        try:
            self.table.update(
                STACK,
                f"CREDITS#{source}",
                "SET attempt = :token, numbers = :numbers",
                ConditionExpression="attribute_not_exists(attempt) OR attempt = :token",
                ExpressionAttributeValues=wire.attributes(
                    {":token": attempt.token, ":numbers": pack(attempt.numbers)}
                ),
            )
        except ConditionFailedError:
            return False
        return True

    def settle_attempt(self, source: str, token: str, spent: int) -> None:
        """Count what an attempt has cost, once however often it is told."""
        try:
            self.table.update(
                STACK,
                f"CREDITS#{source}",
                "ADD spent :spent REMOVE attempt, numbers",
                ConditionExpression="attempt = :token",
                ExpressionAttributeValues=wire.attributes({":spent": spent, ":token": token}),
            )
        except ConditionFailedError:
            return

    def save_quota(self, source: str, quota: Quota | None, now: datetime) -> None:
        """Keep what the source says is left; None: it did not say."""
        values: dict[str, object] = {":now": now}
        sets = "quota_at = :now"
        if quota is not None:
            sets += ", credits_left = :left, credits_total = :total"
            values |= {":left": quota.left, ":total": quota.total}
        self.table.update(
            STACK,
            f"CREDITS#{source}",
            f"SET {sets}",
            ExpressionAttributeValues=wire.attributes(values),
        )


def credits_of_item(item: Item) -> Credits:
    """The credits of a source, and the registration under way, as they were stored."""
    left, total = wire.number(item, "credits_left"), wire.number(item, "credits_total")
    token, numbers = wire.text(item, "attempt"), wire.binary(item, "numbers")
    return Credits(
        spent=wire.number(item, "spent") or 0,
        quota=None if left is None or total is None else Quota(left, total),
        quota_at=wire.instant(item, "quota_at"),
        attempt=None
        if token is None or numbers is None
        else Attempt(token, tuple(unpack(numbers))),
    )
