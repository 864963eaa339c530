"""The numbers of the rules, each with its origin. A stack sets them by parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
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


GUIDE = "guide"
"""The buyers' guide that the product follows."""


CAINIAO = "Cainiao"
"""Cainiao's FAQ for buyers."""


ALIEXPRESS = "AliExpress"


PAYPAL = "PayPal"


VISA = "Visa"


OURS = "ours"
"""This project's own choice."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of the rules."""

    name: str
    default: int
    origin: str
    meaning: str

    @property
    def parameter(self) -> str:
        """The stack parameter that sets it."""
        return "".join(word.title() for word in self.name.split("_"))


def _number(default: int, origin: str, meaning: str) -> int:
    """A number of the rules, with where it comes from and what it means."""
    found: int = field(default=default, metadata={"origin": origin, "meaning": meaning})
    return found


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Every number of the rules: days unless the name says hours.

    A new one is a line here and a parameter in `template.yaml`.
    """

    standard_major_low: int = _number(15, GUIDE, "Standard, major destination: from")
    standard_major_high: int = _number(25, GUIDE, "Standard, major destination: to")
    standard_remote_low: int = _number(25, GUIDE, "Standard, remote destination: from")
    standard_remote_high: int = _number(35, GUIDE, "Standard, remote destination: to")
    expedited_low: int = _number(10, GUIDE, "Expedited: from")
    expedited_high: int = _number(20, GUIDE, "Expedited: to")
    economy_major_low: int = _number(25, OURS, "Economy, major destination: from")
    economy_major_high: int = _number(45, OURS, "Economy, major destination: to")
    economy_remote_low: int = _number(25, OURS, "Economy, remote destination: from")
    economy_remote_high: int = _number(60, OURS, "Economy, remote destination: to")
    estimate_grace: int = _number(
        30, OURS, "How much the carrier's own estimate may widen a window"
    )
    never_scanned: int = _number(11, CAINIAO, "Days without a scan before never_scanned")
    never_scanned_again: int = _number(
        21, OURS, "Days without a scan before the second never_scanned"
    )
    never_scanned_gap: int = _number(5, OURS, "Days between the two")
    filler_days: int = _number(
        30, OURS, "Days for which updates that place nothing count after one that did"
    )
    stalled: int = _number(12, CAINIAO, "Days of silence before stalled")
    stalled_after_late: int = _number(5, OURS, "Days that stalled waits after late")
    claim: int = _number(60, GUIDE, "Days of silence before refund_claim")
    claim_repeat: int = _number(7, OURS, "Days between claims, and after refund_due")
    claim_times: int = _number(3, OURS, "How many claims are sent")
    protection_first: int = _number(5, OURS, "Days before protection ends: first notice")
    protection_last: int = _number(1, OURS, "Days before protection ends: last notice")
    refund_days: int = _number(
        15, ALIEXPRESS, "Days after the end of protection in which the refund can be asked for"
    )
    refund_second: int = _number(10, OURS, "Days after the end of protection: second refund_due")
    refund_third: int = _number(14, OURS, "Days after the end of protection: last refund_due")
    pickup_reminder: int = _number(5, OURS, "Days at a pickup point before the reminder")
    cancelled_again: int = _number(
        10, OURS, "Days after a cancellation before the second alert about it"
    )
    attempt_hours: int = _number(
        20, OURS, "Hours between two messages about attempts or flags of one reason"
    )
    attempt_most: int = _number(
        3, OURS, "Messages about attempts or flags of one reason without another scan"
    )
    unanswered: int = _number(10, OURS, "Days of asking without an answer before unanswered")
    seller_reminder: int = _number(
        3, OURS, "Days without news after the seller was contacted before the reminder"
    )
    dispute_answer: int = _number(5, ALIEXPRESS, "Days that the seller has to answer a dispute")
    not_received_days: int = _number(
        10, OURS, "Days after a delivery became known before the reminder of not_received"
    )
    delivered_dispute_days: int = _number(
        15, ALIEXPRESS, "Days after a delivery became known in which a dispute can be opened"
    )
    bank_notice: int = _number(14, OURS, "Days before the bank's last day")
    paypal_days: int = _number(
        180, PAYPAL, "Days after the payment in which PayPal takes a complaint"
    )
    card_days: int = _number(
        120, VISA, "Days after the promised delivery in which a card issuer takes one"
    )
    source_down_hours: int = _number(24, OURS, "Hours without any answer before source_down")
    gate_answer_hours: int = _number(
        24, OURS, "Hours after which an answer is too old to support a claim"
    )
    second_answer_hours: int = _number(
        24, OURS, "Hours after which the second source's answer is too old"
    )
    second_patience_hours: int = _number(
        72, OURS, "Hours after which a failing second source is passed over"
    )
    old_delivery: int = _number(15, OURS, "Days after which a delivery is too old to announce")
    old_protection: int = _number(
        15, OURS, "Days after protection's end when an order is too old to alarm"
    )
    old_order: int = _number(
        120, OURS, "The same, from the order's date, where no protection date is given"
    )
    end_after_delivery: int = _number(15, OURS, "Days of watching after a delivery")
    end_after_claim: int = _number(60, OURS, "Days of watching after the last claim")
    end_after_order: int = _number(180, OURS, "Days of watching after the order")
    future: int = _number(1, OURS, "Days by which a checkpoint may lie ahead of its first sight")
    stranger: int = _number(
        2, OURS, "Days before the order from which a checkpoint is another parcel's"
    )
    redated_hours: int = _number(
        20, OURS, "Hours by which a re-dated event must move to count as a new one"
    )

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
        for name, number in numbers.items():
            if name not in THRESHOLDS:
                raise ValueError(f"the rules have no number called {name!r}")
            if type(number) is not int or number < 1:
                raise ValueError(f"{name} takes a whole number from 1, not {number!r}")
        return cls(**numbers)


THRESHOLDS = {
    f.name: Threshold(f.name, f.default, f.metadata["origin"], f.metadata["meaning"])
    for f in fields(Thresholds)
    if isinstance(f.default, int)
}
"""One record a number, by its name."""
