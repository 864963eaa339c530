"""What the rules decide about an order, and what they keep."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from stallwatch.domain.alerts import Alert, AlertKind, Situation
from stallwatch.domain.orders import Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.domain.thresholds import Window
from stallwatch.rules.journey import Journey


@dataclass(frozen=True, slots=True)
class InitialFindings:
    """What the first evaluations decide for good; None while it is open."""

    old_order: bool | None = None
    """Protection ended long ago: no ladder. Decided anew when the order's dates change, as of the
    day of the first evaluation."""
    old_delivery: bool | None = None
    """The delivery that the first valid answer told was long ago: never announced."""
    evaluated_at: datetime | None = None
    """The first evaluation."""
    answered_at: datetime | None = None
    """The first evaluation that had a valid answer."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """A clock that a word of the buyer's has started."""

    reason: str
    """Whose it is: `seller`, `dispute`, `not_received`, `bank`."""
    word: str
    """Tells the word from others of its kind."""
    since: datetime
    days: int
    ends_at: datetime | None
    """When it runs out (the seller's: if answers keep coming); None: the claim or the end of
    protection speaks before it."""
    is_over: bool
    last_on: date | None = None
    """The last day on which the next step can be taken; None: it has none."""


class KeyDates(NamedTuple):
    """The days that page, message and calendar show; None: not shown."""

    late_on: date | None = None
    """The first day on which `late` can be said."""
    claim_opens_on: date | None = None
    protection_ends_on: date | None = None
    """Until it has passed."""
    refund_until: date | None = None
    """The last day on which the refund can be asked for, once protection has ended."""
    dispute_until: date | None = None
    """The last day of a dispute about a delivered order."""
    reminder_on: date | None = None
    """When the first of the clocks that run gives its reminder."""
    bank_until: date | None = None
    """The last day on which the bank takes a complaint."""


NO_DATES = KeyDates()


KEY_DATES = KeyDates._fields
"""In the order in which a mail lists them."""


DEADLINES = tuple(name for name in KEY_DATES if name not in {"late_on", "claim_opens_on"})
"""The key dates by which something has to be done."""


class Decision(NamedTuple):
    """What an order's data means at an instant."""

    state: State
    stage: Stage
    journey: Journey
    window: Window
    service: Service
    last_update: datetime
    """From when silence counts."""
    dispatched: datetime
    """From when days in transit count."""
    answered_at: datetime | None
    silent_days: int | None
    days_in_transit: int | None
    untracked_days: int | None
    """Days without a scan, from the shipping or the order on."""
    late_at: datetime
    claim_opens_at: datetime | None
    escalation: AlertKind | None
    """The highest level of the ladder that holds, said or not."""
    is_last_notice: bool
    """Whether the last notice before the end of protection holds."""
    snoozed: bool
    contacted: bool
    """Whether the seller was contacted in this episode."""
    not_received: bool
    """Whether the buyer's word stands that what is delivered did not come."""
    countdown: Countdown | None
    """The clock that runs or has run out, said or not."""
    bank_countdown: Countdown | None
    """The bank's clock, beside it."""
    due: tuple[Alert, ...]
    memory: InitialFindings
    ends_at: datetime
    next_rule_at: datetime | None
    """The earliest instant at which a newer valid answer, with nothing new in it, makes an alert
    due; it may lie in the past while no answer comes."""
    next_clock_at: datetime | None
    """The earliest instant at which something changes without any answer."""
    second_from: datetime | None = None
    """From when on the second source is to be asked; None where no claim can follow."""
    second_awaited: bool = False
    """Whether a claim waits for the second source alone."""
    second_passed_over: bool = False
    """Whether a claim rests on the first source alone, because the second has failed for long."""
    key_dates: KeyDates = NO_DATES
    situation: Situation = Situation.UNKNOWN
