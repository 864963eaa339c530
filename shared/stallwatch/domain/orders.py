"""The words of the trade: orders, checkpoints, traces, alerts.

Plain values without behaviour beyond what follows from their own fields. Instants are
timezone-aware UTC datetimes, days are dates, durations are timedeltas; a number of days is whole
24-hour days, rounded down.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from stallwatch.domain.clock import midnight


class Service(StrEnum):
    """The shipping service of an order."""

    STANDARD = "standard"
    EXPEDITED = "expedited"
    ECONOMY = "economy"


class State(StrEnum):
    """Whether an order is watched."""

    WATCHING = "watching"
    DELIVERED = "delivered"
    """Still looked at once a day, for a return."""
    CLOSED = "closed"


class ActionKind(StrEnum):
    """What the buyer says has been done."""

    SELLER_CONTACTED = "seller_contacted"
    RECEIVED = "received"
    DISPUTE_OPENED = "dispute_opened"
    REFUNDED = "refunded"
    LOST = "lost"
    SNOOZE = "snooze"
    CLOSE = "close"
    DISPUTE_REJECTED = "dispute_rejected"
    """The dispute was decided against the buyer; it still stands for every rule that asks."""
    NOT_RECEIVED = "not_received"
    """The carrier says delivered, and it did not come."""
    NOT_FOUND_HERE = "not_found_here"
    """It was looked for where an unscanned delivery may lie, and is not there."""
    REOPEN = "reopen"


ENDING_ACTIONS = frozenset(
    {ActionKind.RECEIVED, ActionKind.REFUNDED, ActionKind.LOST, ActionKind.CLOSE}
)
"""The words of the buyer that end the watch."""


class PaidWith(StrEnum):
    """What an order was paid with: it decides how long the bank takes a complaint."""

    CARD = "card"
    PAYPAL = "paypal"
    OTHER = "other"


class SearchPlace(StrEnum):
    """Where a parcel may lie that was delivered without a scan."""

    NEIGHBOUR = "neighbour"
    LOCKER = "locker"
    POST_OFFICE = "post_office"
    DOORSTEP = "doorstep"


NOTE_LIMIT = 500
"""The most characters of an action's note."""


@dataclass(frozen=True, slots=True)
class Action:
    """One word of the buyer about an order, as it was given."""

    kind: ActionKind
    at: datetime
    """When it was said."""
    on: date | None = None
    """The day it is about, where the buyer names one."""
    until: date | None = None
    """The day on which a snooze ends."""
    amount: Decimal | None = None
    """What was refunded."""
    episode: str = ""
    """The episode of the parcel's journey in which it was said (see `rules.journey`)."""
    answers: tuple[tuple[SearchPlace, date], ...] = ()
    """Where it was looked for in vain, each with the day."""
    note: str | None = None
    """What the buyer writes down with it, such as the seller's reply; cleaned, at most
    `NOTE_LIMIT` characters."""
    action_id: str = ""
    """A stable id within its order; one that is not given follows from instant and kind."""

    def __post_init__(self) -> None:
        """Name an action that was kept before there were ids."""
        if not self.action_id:
            derived = f"{self.at.strftime('%Y%m%dT%H%M%S%f')}-{self.kind}"
            object.__setattr__(self, "action_id", derived)

    @property
    def done_at(self) -> datetime:
        """When it was done: when it was said, or the beginning of an earlier day that it names."""
        if self.on is None or self.on >= self.at.date():
            return self.at
        return midnight(self.on)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the buyer gave it, with the buyer's words about it."""

    order_id: str
    ordered_on: date
    destination: str
    """ISO 3166-1 alpha-2."""
    created_at: datetime
    incarnation: str
    """Tells this order from an earlier, forgotten one with the same id."""
    tracking_number: str | None = None
    number_changed_at: datetime | None = None
    """When the tracking number last changed; giving a first one is no change."""
    service: Service | None = None
    remote: bool | None = None
    shipped_on: date | None = None
    protection_ends_on: date | None = None
    """AliExpress's "Refund if no delivery before DATE"."""
    promised_on: date | None = None
    """The delivery-by date that AliExpress shows; it replaces window and estimate."""
    paid_with: PaidWith | None = None
    paid_on: date | None = None
    """None: on `ordered_on`."""
    order_number: str | None = None
    """AliExpress's own number of the order."""
    title: str | None = None
    seller: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    language: str | None = None
    """Of the drafts; None: the stack's."""
    actions: tuple[Action, ...] = ()

    def in_force(self) -> tuple[Action, ...]:
        """The buyer's words in force: those since the last `reopen`."""
        for index in range(len(self.actions) - 1, -1, -1):
            if self.actions[index].kind is ActionKind.REOPEN:
                return self.actions[index + 1 :]
        return self.actions

    def ending(self) -> Action | None:
        """What ended the watch; `not_received`, said after it, opens it again."""
        for action in reversed(self.in_force()):
            if action.kind in ENDING_ACTIONS:
                return action
            if action.kind is ActionKind.NOT_RECEIVED:
                return None
        return None

    def has_open_dispute(self) -> bool:
        """Whether a dispute stands whose outcome is open: opened, and not rejected since."""
        for action in reversed(self.in_force()):
            if action.kind is ActionKind.DISPUTE_OPENED:
                return True
            if action.kind is ActionKind.DISPUTE_REJECTED:
                return False
        return False

    def last_said(self, kind: ActionKind) -> Action | None:
        """The newest of the buyer's words in force of one kind."""
        return next((a for a in reversed(self.in_force()) if a.kind is kind), None)

    def searched(self) -> dict[SearchPlace, date]:
        """Where the buyer has looked for it in vain, each with the last day."""
        answers = [pair for a in self.in_force() for pair in a.answers]
        found = {spot: max(day for s, day in answers if s is spot) for spot, _ in answers}
        return {spot: found[spot] for spot in SearchPlace if spot in found}
