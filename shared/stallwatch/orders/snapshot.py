"""The order snapshot: everything of one order, read at one instant, and its place in the watch."""

from dataclasses import dataclass
from datetime import datetime

from stallwatch.domain.alerts import Alert
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.delivery_times import DeliverySample
from stallwatch.orders.money import Exposure
from stallwatch.orders.pressing import Pressing, pressing_of_new
from stallwatch.rules.decision import InitialFindings
from stallwatch.tracking.schedule import NEW, SlotStay
from stallwatch.tracking.trace_record import TraceRecord

MOST_STAYS = 40
"""How many slots of an order's way through the schedule are kept: more than any way has."""


@dataclass(frozen=True, slots=True)
class WatchEntry:
    """An order's place in the watch, as the evaluation leaves it."""

    order_version: int
    """Which version of the order it goes with."""
    slot: str | None
    """None: it is no longer watched."""
    number: str | None
    """What is asked about; None where nothing is."""
    fingerprint: bytes | None
    """Of the answer that the evaluation has seen."""
    rule_at: int | None
    """Epoch minutes, like `clock_at`."""
    clock_at: int | None
    state: State
    stage: Stage | None
    """None until the first evaluation: it is not counted yet."""
    listed: str
    """Where it stands in lists."""
    in_slot_since: datetime | None
    memory: InitialFindings
    stake: Exposure | None = None
    """What its price is counted as."""
    lived: DeliverySample | None = None
    """What is counted of its first delivery."""
    stays: tuple[SlotStay, ...] = ()
    """The slots that it came into, oldest first: which runs were looks at it follows from them."""
    second_at: int | None = None
    """From when on the second source is to be asked; epoch minutes."""
    pressing: Pressing | None = None
    """Its place among the orders that press; None: it is not among them."""

    @classmethod
    def of_new(cls, order: Order) -> "WatchEntry":
        """The entry of an order that no evaluation has seen."""
        return cls(
            order_version=1,
            slot=NEW,
            number=order.tracking_number,
            fingerprint=None,
            rule_at=None,
            clock_at=None,
            state=State.WATCHING,
            stage=None,
            listed=listed(order),
            in_slot_since=order.created_at,
            memory=InitialFindings(),
            pressing=pressing_of_new(order),
        )


def listed(order: Order) -> str:
    """Where an order stands in lists: by its date."""
    return f"{order.ordered_on}#{order.order_id}"


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """Everything of one order, read at one instant."""

    order: Order
    version: int
    """Counts the changes of the order."""
    trace: TraceRecord
    entry: WatchEntry
    revision: int
    """Counts the writes of the entry, whoever made them."""
    alerts: tuple[Alert, ...]


Counted = tuple[State, Stage]
"""What an order is counted as."""
