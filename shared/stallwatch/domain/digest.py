"""A digest: what is true of all orders at one instant, in the few words of one message."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


class PressingOrder(NamedTuple):
    """An order that asks for something."""

    order_id: str
    title: str | None
    situation: str
    """The value of its `domain.alerts.Situation`."""


class Deadline(NamedTuple):
    """A day by which something has to be done about an order."""

    day: str
    """ISO 8601, as all days here."""
    name: str
    """The key date; the bank's with how it was paid, like `bank_until.card`."""
    order_id: str
    title: str | None


class Movement(NamedTuple):
    """The newest scan of an order that moved."""

    order_id: str
    title: str | None
    day: str
    text: str


class RiskSum(NamedTuple):
    """The money at risk in one currency."""

    currency: str
    amount: str
    """A decimal number."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest says. The lists may be cut; the counts are of all that was read."""

    since: str
    """The day of the one before."""
    pressing: tuple[PressingOrder, ...] = ()
    pressing_count: int = 0
    deadlines: tuple[Deadline, ...] = ()
    deadline_count: int = 0
    moved: tuple[Movement, ...] = ()
    moved_count: int = 0
    at_risk: tuple[RiskSum, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say: money at risk alone is no news."""
        return not (self.pressing or self.deadlines or self.moved)

    def as_facts(self) -> dict[str, object]:
        """As it is kept with its alert: JSON values."""
        return asdict(self)

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any]) -> "Digest":
        """The reverse of `as_facts`."""
        return cls(
            since=facts["since"],
            pressing=tuple(PressingOrder(*row) for row in facts["pressing"]),
            pressing_count=facts["pressing_count"],
            deadlines=tuple(Deadline(*row) for row in facts["deadlines"]),
            deadline_count=facts["deadline_count"],
            moved=tuple(Movement(*row) for row in facts["moved"]),
            moved_count=facts["moved_count"],
            at_risk=tuple(RiskSum(*row) for row in facts["at_risk"]),
        )
