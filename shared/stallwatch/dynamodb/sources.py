"""The circuit breaker of each source."""

from datetime import UTC, datetime, timedelta

from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import STACK, TableStore, key
from stallwatch.dynamodb.wire import Item
from stallwatch.tracking.circuit_breaker import CircuitBreaker, Outage
from stallwatch.tracking.source import Verdict


class DynamoSourceStore(TableStore):
    """The health of each source."""

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
