"""What the functions count for the alarms and the dashboard. A metric names no order."""

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit


def publish(**counts: float) -> None:
    """Publish some counts, by the names that the template's alarms watch."""
    metrics = EphemeralMetrics()
    for name, count in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    metrics.flush_metrics()
