"""What the functions count for the alarms and the dashboard. A metric names no order."""

from datetime import datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

if TYPE_CHECKING:
    from stallwatch.alerting.quiet_hours import QuietHours


def publish(**counts: float) -> None:
    """Publish some counts, by the names that the template's alarms watch."""
    metrics = EphemeralMetrics()
    for name, count in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    metrics.flush_metrics()


def pending_minutes(
    raised_at: datetime | None, quiet_hours: "QuietHours | None", now: datetime
) -> float:
    """How long the oldest pending alert could have gone out: what quiet hours hold is not stuck.

    Args:
        raised_at: When it was raised; None: nothing is pending.
        quiet_hours: When nothing goes out but what cannot wait; None: never.
        now: The time.
    """
    if raised_at is None:
        return 0
    since = raised_at if quiet_hours is None else quiet_hours.free_since(raised_at, now)
    return (now - since).total_seconds() // 60
