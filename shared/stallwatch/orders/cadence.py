"""orders.cadence."""

from datetime import datetime
from typing import TYPE_CHECKING

from stallwatch.domain.clock import days, midnight
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Stage

if TYPE_CHECKING:
    from stallwatch.rules.decision import Decision


PROTECTION_WATCH = 6
"""Days before the end of protection from which on an order is checked every 3 hours."""


LONG_SILENT = 12
"""Days of silence from which on an order is checked once a day."""


_IN_DESTINATION = frozenset(
    {
        Stage.ARRIVED_DESTINATION,
        Stage.IMPORT_CUSTOMS,
        Stage.LAST_MILE_CARRIER,
        Stage.FAILED_ATTEMPT,
    }
)


_ON_THE_DOORSTEP = frozenset({Stage.OUT_FOR_DELIVERY, Stage.READY_FOR_PICKUP})


_UNDERWAY = frozenset(
    {
        Stage.ACCEPTED,
        Stage.ORIGIN_SORTING,
        Stage.EXPORT_CUSTOMS,
        Stage.DEPARTED_ORIGIN,
        Stage.IN_TRANSIT_UNPLACED,
    }
)


def cadence(order: Order, decision: "Decision", now: datetime) -> int:
    """Hours between two checks of an order, by where its parcel is."""
    if order.tracking_number is None or decision.state is State.DELIVERED:
        return 24
    if _near_deadline(order, now):
        return 3
    if (decision.silent_days or 0) >= LONG_SILENT:
        return 24
    place = decision.journey.place or decision.stage
    if place in _ON_THE_DOORSTEP:
        return 3
    if place in _IN_DESTINATION:
        return 6
    return 12 if place in _UNDERWAY else 24


def next_change_at(order: Order, now: datetime) -> datetime | None:
    """The next instant at which the calendar alone changes an order's cadence."""
    ends_on = order.protection_ends_on
    if ends_on is None or order.tracking_number is None:
        return None
    bounds = (midnight(ends_on) - days(PROTECTION_WATCH), midnight(ends_on) + days(1))
    return min((b for b in bounds if b > now), default=None)


def grows_silent_at(decision: "Decision") -> datetime | None:
    """The instant at which further silence makes the cadence a day's; None where it has."""
    if (decision.silent_days or 0) >= LONG_SILENT:
        return None
    return decision.last_update + days(LONG_SILENT)


def _near_deadline(order: Order, now: datetime) -> bool:
    ends_on = order.protection_ends_on
    return ends_on is not None and 0 <= (ends_on - now.date()).days <= PROTECTION_WATCH
