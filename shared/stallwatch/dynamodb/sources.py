"""The sources: the circuit breaker of each, and its credits."""

from datetime import UTC, datetime, timedelta

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import STACK, TableStore, key
from stallwatch.dynamodb.wire import Item
from stallwatch.polling.registration import Attempt, Credits
from stallwatch.tracking.circuit_breaker import CircuitBreaker, Outage
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.source import Quota, Verdict


class DynamoSourceStore(TableStore):
    """What is known of each source."""

    __slots__ = ()

    def health(self, source: str) -> CircuitBreaker:
        """The circuit breaker of a source."""
        item = self.table.get(STACK, f"SOURCE#{source}")
        return CircuitBreaker() if item is None else _health_of_item(item)

    def save_health(self, source: str, health: CircuitBreaker) -> None:
        """Keep the circuit breaker of a source."""
        self.table.put(
            wire.attributes(
                {
                    **key(STACK, f"SOURCE#{source}"),
                    "verdict": health.verdict,
                    "failures": health.failures,
                    "pause": health.pause // timedelta(seconds=1),
                    "outages": {
                        "L": [
                            {"L": [wire.value(outage.since), wire.value(outage.until)]}
                            for outage in health.outages
                        ]
                    },
                    "open_until": health.open_until,
                    "down_since": health.down_since,
                    "missed_at": health.missed_at,
                }
            )
        )

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


def _health_of_item(item: Item) -> CircuitBreaker:
    return CircuitBreaker(
        verdict=Verdict(item["verdict"]["S"]),
        failures=int(item["failures"]["N"]),
        pause=timedelta(seconds=int(item["pause"]["N"])),
        open_until=wire.instant(item, "open_until"),
        down_since=wire.instant(item, "down_since"),
        missed_at=wire.instant(item, "missed_at"),
        outages=tuple(
            Outage(*(datetime.fromtimestamp(int(at["N"]), UTC) for at in pair["L"]))
            for pair in item["outages"]["L"]
        ),
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
