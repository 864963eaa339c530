"""The totals over all orders, as the statistics show them."""

from collections.abc import Mapping
from dataclasses import dataclass

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.money import Sums


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all orders."""

    states: Mapping[State, int]
    stages: Mapping[Stage, int]
    """Of the orders that are not closed."""
    alerts: Mapping[AlertKind, int]
    """Sent so far."""
    money: Sums
    experiences: Mapping[tuple[Service, str], DeliveryStats]
    """By service and destination."""
