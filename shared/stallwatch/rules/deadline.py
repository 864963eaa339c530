"""The days of the deadline: `protection_ending` before AliExpress's date, `refund_due` after it.

They never wait for silence, the claim's gate or the source. The day is "Refund if no delivery
before DATE", from which AliExpress owes the refund; a dispute stays open until the 15th day after
it. In these days the ladder is silent but for a return or a loss.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.clock import DAY, days, midnight
from stallwatch.rules.case import Case, DueAlert

_CLAIMED = frozenset({AlertKind.PROTECTION_ENDING, AlertKind.REFUND_DUE, AlertKind.REFUND_CLAIM})


class DeadlineStep(NamedTuple):
    """One threshold of the days of the deadline."""

    kind: AlertKind
    about: str
    """The date and the threshold."""
    is_last: bool = False
    """Whether it is the last one before the end of protection."""


def in_days_of_deadline(case: Case, day: date) -> bool:
    """Whether a day is one of the days of the deadline, both ends included."""
    ends_on = case.order.protection_ends_on
    if ends_on is None:
        return False
    return -case.thresholds.refund_days <= (ends_on - day).days <= case.thresholds.protection_first


def is_after_deadline(case: Case, day: date) -> bool:
    """Whether the days of the deadline are over on a day."""
    ends_on = case.order.protection_ends_on
    return ends_on is not None and (day - ends_on).days > case.thresholds.refund_days


def is_before_deadline(case: Case, day: date) -> bool:
    """Whether a day is earlier than the days of the deadline, or there are none."""
    ends_on = case.order.protection_ends_on
    return ends_on is None or (ends_on - day).days > case.thresholds.protection_first


def touches_deadline(case: Case, since: date, until: date) -> bool:
    """Whether any of the days of the deadline lies in a span of days."""
    return (
        not is_before_deadline(case, until)
        and not is_after_deadline(case, since)
        and (case.order.protection_ends_on is not None)
    )


def last_day(case: Case) -> date | None:
    """The last day on which the refund can be asked for."""
    ends_on = case.order.protection_ends_on
    return None if ends_on is None else ends_on + timedelta(days=case.thresholds.refund_days)


def step_of(case: Case, day: date) -> DeadlineStep | None:
    """The threshold that holds on a day; None outside of the days of the deadline."""
    ends_on = case.order.protection_ends_on
    if ends_on is None or not in_days_of_deadline(case, day):
        return None
    thresholds = case.thresholds
    left = (ends_on - day).days
    if left >= 0:
        is_last = left <= thresholds.protection_last
        name = "last" if is_last else "first"
        return DeadlineStep(AlertKind.PROTECTION_ENDING, f"{ends_on} {name}", is_last)
    if -left >= thresholds.refund_third:
        name = "third"
    else:
        name = "second" if -left >= thresholds.refund_second else "due"
    return DeadlineStep(AlertKind.REFUND_DUE, f"{ends_on} {name}")


def deadline_alerts(
    case: Case, alerts: Sequence[Alert], found: Iterable[DueAlert], day: date
) -> Iterator[DueAlert]:
    """The threshold of a day, unless it was said, or a return or a loss has used it up."""
    step = step_of(case, day)
    if step is None or case.actions.disputed:
        return
    used_up = any(a.kind in _CLAIMED and a.about == step.about for a in alerts)
    if not used_up and not any(call.about == step.about for call in found):
        yield DueAlert(step.kind, about=step.about)


def instants_of(case: Case) -> tuple[datetime, ...]:
    """The instants at which the days of the deadline change what is said."""
    ends_on, thresholds = case.order.protection_ends_on, case.thresholds
    if ends_on is None:
        return ()
    at = midnight(ends_on)
    return (
        at - days(thresholds.protection_first),
        at - days(thresholds.protection_last),
        at + DAY,
        at + days(thresholds.refund_second),
        at + days(thresholds.refund_third),
        at + days(thresholds.refund_days + 1),
    )
