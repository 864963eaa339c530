"""What presses: how much an order asks of the buyer now, and until when.

Every order that is watched has a place among those that press, the calm ones last; a delivered one
only while something about it presses. The place changes only where severity or nearest deadline
does, so that keeping it costs little.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from stallwatch.domain.alerts import ASKED_BY, SEVERITY, Severity
from stallwatch.domain.orders import Order, State
from stallwatch.rules.decision import DEADLINES, Decision, KeyDates

CALM = "calm"
"""Stands for the severity of an order that asks for nothing."""

BY_URGENCY = (Severity.CLAIM.value, Severity.ACTION.value, Severity.ATTENTION.value, CALM)
"""The severities, the most urgent first."""

_NO_DEADLINE = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Pressing:
    """An order's place among those that press."""

    severity: str
    """One of `BY_URGENCY`."""
    deadline: date | None = None
    """The nearest day by which something has to be done; None: there is none."""

    def place(self, order_id: str) -> str:
        """Where the order stands among those of its severity: by deadline, then by its id."""
        day = _NO_DEADLINE if self.deadline is None else self.deadline.isoformat()
        return f"{day}#{order_id}"

    @classmethod
    def at(cls, severity: str, place: str) -> "Pressing":
        """The reverse of `place`."""
        day = place.partition("#")[0]
        return cls(severity, None if day == _NO_DEADLINE else date.fromisoformat(day))


def pressing_of_new(order: Order) -> Pressing:
    """The place of an order that no evaluation has seen."""
    return Pressing(CALM, order.protection_ends_on)


def pressing_of(decision: Decision, today: date) -> Pressing | None:
    """The place of an order; None where its watch is over, or nothing is left to do about it.

    Args:
        decision: What its data means now.
        today: The present day, UTC.
    """
    if decision.state is State.CLOSED:
        return None
    severity = severity_of(decision)
    calm = severity is None or severity is Severity.INFO
    if calm and decision.state is State.DELIVERED:
        return None
    return Pressing(CALM if calm else str(severity), nearest_deadline(decision.key_dates, today))


def severity_of(decision: Decision) -> Severity | None:
    """How much an order asks of the buyer now; None: nothing."""
    asked = ASKED_BY.get(decision.situation)
    return None if asked is None else SEVERITY[asked[0]]


def nearest_deadline(dates: KeyDates, today: date) -> date | None:
    """The nearest of the days by which something has to be done, today included."""
    return min((day for _, day in deadlines_of(dates) if day >= today), default=None)


def deadlines_of(dates: KeyDates) -> Iterator[tuple[str, date]]:
    """The days by which something has to be done, each with the name of its key date."""
    for name in DEADLINES:
        day: date | None = getattr(dates, name)
        if day is not None:
            yield name, day


Counts = Mapping[str, int]
"""How many orders press, by severity (`BY_URGENCY`)."""
