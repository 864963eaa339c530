"""Route `/stats`: counts, money, delivery days, and the health of the sources."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.api.context import JSON, services_of
from stallwatch.api.models import WindowOut
from stallwatch.api.stats_models import (
    CreditsOut,
    DaysOut,
    ExperienceOut,
    MoneyOut,
    SourceOut,
    StatsOut,
    SumOut,
)
from stallwatch.domain.alerts import Severity
from stallwatch.domain.orders import Service
from stallwatch.domain.thresholds import MAJOR_DESTINATIONS, Thresholds
from stallwatch.orders.delivery_times import DeliveryStats, Histogram
from stallwatch.orders.money import OUTCOMES, MoneyStatus, Sum, Sums
from stallwatch.orders.ports import OrderStore
from stallwatch.polling.registration import Credits
from stallwatch.tracking.profiles import profile_of

router = APIGatewayRouter()  # type: ignore[no-untyped-call]

_HUNDREDTH = Decimal("0.01")


@router.get(
    "/stats",
    summary="Counts over all orders",
    tags=["Stats"],
    responses={200: {"description": "The counts", "content": {JSON: {"model": StatsOut}}}},
)
def stats() -> StatsOut:
    """Counts over all orders."""
    services = services_of(router)
    totals = services.orders.store.totals()
    return StatsOut(
        orders=dict(totals.states),
        stages=dict(totals.stages),
        pressing=_pressing_out(services.orders.pressing_counts()),
        alerts=dict(totals.alerts),
        money=_money_out(totals.money),
        deliveries=_deliveries_out(totals.experiences, services.orders.thresholds),
        sources=[_source_out(services.orders.store, name) for name in services.sources],
    )


def _pressing_out(counts: Mapping[str, int]) -> dict[Literal["claim", "action", "attention"], int]:
    return {
        "claim": counts[Severity.CLAIM],
        "action": counts[Severity.ACTION],
        "attention": counts[Severity.ATTENTION],
    }


def _money_out(sums: Sums) -> list[MoneyOut]:
    """The money's totals, a currency each."""
    return [
        MoneyOut(
            currency=currency,
            **{status.value: _sum_out(sums, currency, status) for status in MoneyStatus},
        )
        for currency in sorted({currency for currency, _ in sums})
    ]


def _sum_out(sums: Sums, currency: str, status: MoneyStatus) -> SumOut:
    total = sums.get((currency, status), Sum())
    ended = status in OUTCOMES and total.count > 0
    return SumOut(
        amount=_rounded(total.amount),
        count=total.count,
        average_days=round(total.days / total.count) if ended else None,
    )


def _rounded(amount: Decimal) -> Decimal:
    """An amount with two decimals, or three where it has them."""
    rounded = amount.quantize(_HUNDREDTH)
    return rounded if rounded == amount else amount


def _deliveries_out(
    deliveries: Mapping[tuple[Service, str], DeliveryStats], thresholds: Thresholds
) -> list[ExperienceOut]:
    """How long the own parcels took, by service and destination, those with the most first."""
    rows = []
    for (service, destination), sample in deliveries.items():
        window = thresholds.window(service, remote=destination not in MAJOR_DESTINATIONS)
        rows.append(
            ExperienceOut(
                service=service,
                destination=destination,
                parcels=sample.days.parcels,
                days=_days_out(sample.days),
                silence=_days_out(sample.silences),
                window=WindowOut(low=window.low, high=window.high),
            )
        )
    return sorted(rows, key=lambda row: (-row.parcels, row.service, row.destination))


def _days_out(histogram: Histogram) -> DaysOut:
    median, p80, p95 = (histogram.percentile(share) or 0 for share in (50, 80, 95))
    return DaysOut(median=median, p80=p80, p95=p95)


def _source_out(store: OrderStore, name: str) -> SourceOut:
    health = store.health(name)
    return SourceOut(
        name=name,
        verdict=health.verdict.value,
        down_since=health.down_since,
        next_try_at=health.open_until,
        credits=_credits_out(store.credits(name)) if profile_of(name).takes_credits else None,
    )


def _credits_out(credit: Credits) -> CreditsOut:
    return CreditsOut(
        spent=credit.spent,
        left=None if credit.quota is None else credit.quota.left,
        total=None if credit.quota is None else credit.quota.total,
        asked_at=credit.quota_at,
    )
