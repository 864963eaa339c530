"""The numbers of the rules, each with its origin. A stack sets them by parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

from stallwatch.domain.orders import Service

MAJOR_DESTINATIONS = frozenset(
    """
    US CA MX GB IE NO CH IS IL TR UA JP KR SG AU NZ SA AE
    AT BE BG HR CY CZ DK EE FI FR DE GR HU IT LV LT LU MT NL PL PT RO SK SI ES SE
    """.split()
)
"""The countries that the guide's shorter windows speak of; any other is remote."""


class Window(NamedTuple):
    """How long a parcel usually takes, in days from its dispatch."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Every number of the rules: days unless the name says hours."""

    standard_major_low: int = 15  # guide
    standard_major_high: int = 25  # guide
    standard_remote_low: int = 25  # guide: "over 35 days"
    standard_remote_high: int = 35  # guide
    expedited_low: int = 10  # guide
    expedited_high: int = 20  # guide
    economy_major_low: int = 25  # ours
    economy_major_high: int = 45  # ours
    economy_remote_low: int = 25  # ours
    economy_remote_high: int = 60  # ours
    estimate_grace: int = 30  # ours
    never_scanned: int = 11  # Cainiao
    stalled: int = 12  # Cainiao
    stalled_after_late: int = 5
    claim: int = 60  # guide
    claim_repeat: int = 7
    claim_times: int = 3
    protection_first: int = 5  # ours
    protection_last: int = 1  # ours
    pickup_reminder: int = 5
    unanswered: int = 10  # ours
    seller_reminder: int = 3  # ours
    dispute_answer: int = 5  # AliExpress
    source_down_hours: int = 24
    gate_answer_hours: int = 24
    second_answer_hours: int = 24
    second_patience_hours: int = 72
    old_delivery: int = 15
    old_protection: int = 15
    old_order: int = 120
    end_after_delivery: int = 15
    end_after_claim: int = 60
    end_after_order: int = 180
    future: int = 1
    stranger: int = 2

    def window(self, service: Service, *, remote: bool) -> Window:
        """The window of a service to a major or remote destination."""
        if service is Service.EXPEDITED:
            return Window(self.expedited_low, self.expedited_high)
        if service is Service.ECONOMY:
            if remote:
                return Window(self.economy_remote_low, self.economy_remote_high)
            return Window(self.economy_major_low, self.economy_major_high)
        if remote:
            return Window(self.standard_remote_low, self.standard_remote_high)
        return Window(self.standard_major_low, self.standard_major_high)

    @classmethod
    def of(cls, numbers: Mapping[str, int]) -> "Thresholds":
        """The limits with some numbers changed.

        Raises:
            ValueError: a name is no number of the rules, or a number is no positive integer.
        """
        known = {f.name for f in fields(cls)}
        for name, number in numbers.items():
            if name not in known:
                raise ValueError(f"the rules have no number called {name!r}")
            if type(number) is not int or number < 1:
                raise ValueError(f"{name} takes a whole number from 1, not {number!r}")
        return cls(**numbers)
