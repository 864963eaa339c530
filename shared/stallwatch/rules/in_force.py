"""The buyer's actions in force, as the rules ask for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from stallwatch.domain.orders import ENDING_ACTIONS, Action, ActionKind, Order


@dataclass(frozen=True, slots=True)
class ActionsInForce:
    """The buyer's actions since the last `reopen`, by what they change."""

    ending: Action | None
    """What ended the watch; `not_received`, said after it, opens it again."""
    dispute: Action | None
    """The dispute opened last."""
    rejected: bool
    """Whether that dispute was decided against the buyer."""
    contacts: Mapping[str, Action]
    """The last time that the seller was contacted in each episode."""
    not_received: Action | None
    """Said last, whether what was delivered since takes it back or not."""
    contradictions: tuple[Action, ...]
    """Each time that this was said, oldest first."""
    snooze: date | None

    @classmethod
    def of(cls, order: Order) -> "ActionsInForce":
        """Those of an order."""
        if not order.actions:
            return NOTHING_SAID
        ending = dispute = None
        contradictions: list[Action] = []
        rejected = False
        snooze: date | None = None
        contacts: dict[str, Action] = {}
        for action in order.in_force():
            kind = action.kind
            if kind in ENDING_ACTIONS:
                ending = action
            elif kind is ActionKind.DISPUTE_OPENED:
                dispute, rejected = action, False
            elif kind is ActionKind.DISPUTE_REJECTED:
                rejected = dispute is not None
            elif kind is ActionKind.SELLER_CONTACTED:
                contacts[action.episode] = action
            elif kind is ActionKind.NOT_RECEIVED:
                ending = None
                contradictions.append(action)
            elif kind is ActionKind.SNOOZE and action.until is not None:
                snooze = action.until
        not_received = contradictions[-1] if contradictions else None
        return cls(ending, dispute, rejected, contacts, not_received, tuple(contradictions), snooze)

    @property
    def ended(self) -> bool:
        """Whether the buyer has ended the watch."""
        return self.ending is not None

    @property
    def disputed(self) -> bool:
        """Whether a dispute stands, rejected or not."""
        return self.dispute is not None

    def snoozed(self, now: datetime) -> bool:
        """Whether the order is snoozed at an instant."""
        return self.snooze is not None and now.date() < self.snooze


NOTHING_SAID = ActionsInForce(
    None, None, rejected=False, contacts={}, not_received=None, contradictions=(), snooze=None
)


def dispute_stood(order: Order, since: datetime, until: datetime) -> bool:
    """Whether a dispute stood at any instant of a span of time, taken back since or not."""
    opened_at: datetime | None = None
    for action in order.actions:
        if action.kind is ActionKind.DISPUTE_OPENED and opened_at is None:
            opened_at = action.at
        elif action.kind is ActionKind.REOPEN and opened_at is not None:
            if opened_at <= until and action.at > since:
                return True
            opened_at = None
    return opened_at is not None and opened_at <= until
