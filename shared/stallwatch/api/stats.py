"""api.stats."""

from collections.abc import Mapping
from decimal import Decimal

from stallwatch.api.models import (
    DaysOut,
    ExperienceOut,
    MoneyOut,
    SumOut,
    WindowOut,
)
from stallwatch.domain.orders import Service
from stallwatch.domain.thresholds import MAJOR_DESTINATIONS, Thresholds
from stallwatch.orders.delivery_times import DeliveryStats, Histogram
from stallwatch.orders.money import OUTCOMES, MoneyStatus, Sum, Sums

_HUNDREDTH = Decimal("0.01")


def money_out(sums: Sums) -> list[MoneyOut]:
    """The money's totals, a currency each."""
    return [
        MoneyOut(
            currency=currency,
            **{standing.value: _sum(sums, currency, standing) for standing in MoneyStatus},
        )
        for currency in sorted({currency for currency, _ in sums})
    ]


def _sum(sums: Sums, currency: str, standing: MoneyStatus) -> SumOut:
    total = sums.get((currency, standing), Sum())
    ended = standing in OUTCOMES and total.count > 0
    return SumOut(
        amount=_written(total.amount),
        count=total.count,
        average_days=round(total.days / total.count) if ended else None,
    )


def _written(amount: Decimal) -> Decimal:
    """An amount with two decimals, or three where it has them."""
    rounded = amount.quantize(_HUNDREDTH)
    return rounded if rounded == amount else amount


def experiences_out(
    experiences: Mapping[tuple[Service, str], DeliveryStats], limits: Thresholds
) -> list[ExperienceOut]:
    """What the own parcels have shown, those with the most first."""
    shown = []
    for (service, destination), found in experiences.items():
        window = limits.window(service, remote=destination not in MAJOR_DESTINATIONS)
        shown.append(
            ExperienceOut(
                service=service,
                destination=destination,
                parcels=found.days.parcels,
                days=_days(found.days),
                silence=_days(found.silences),
                window=WindowOut(low=window.low, high=window.high),
            )
        )
    return sorted(shown, key=lambda e: (-e.parcels, e.service, e.destination))


def _days(histogram: Histogram) -> DaysOut:
    median, p80, p95 = (histogram.percentile(share) or 0 for share in (50, 80, 95))
    return DaysOut(median=median, p80=p80, p95=p95)
