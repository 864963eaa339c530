"""What a year leaves behind: the messages, what the buyer saw, and what was accepted."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, NamedTuple

from tests.faults.random_parcels import Request
from tests.faults.strict_source import Asked, Manners
from tests.faults.year_plan import BEGIN, Plan
from tests.in_memory_aws.sns import StrictSns
from tests.reference.model import KeyDates


@dataclass(frozen=True)
class Shown:
    """What the API shows of an order at an instant."""

    at: datetime
    order_id: str
    state: str
    stage: str
    pressing: str | None
    """The kind of alert whose advice holds; None: nothing is asked."""
    advice: str
    dates: Mapping[str, date | None]
    """The key dates by name; None: not shown."""


KEY_DATES = tuple(f.name for f in fields(KeyDates))


@dataclass(frozen=True)
class Message:
    """A message that went out."""

    at: datetime
    run: int
    kind: str
    batch: str
    orders: tuple[tuple[str, str], ...]
    """Order and reason; none for a message about a source."""
    asked: tuple[str, ...] = ()
    """What it asks about each of them."""
    shown: tuple[Shown | None, ...] = ()
    """What the API shows of each of them as it goes out; None: the order is deleted."""
    shown_when_raised: tuple[Shown | None, ...] = ()
    """What it shows at the instant of the evaluation, where a midnight lies in between."""
    raised: tuple[datetime, ...] = ()
    """When the functions' clock said that each of its alerts was raised."""
    text: str = ""
    """What it says where it is about no order."""
    severity: str = ""


@dataclass(frozen=True)
class Survey:
    """What the API shows of all watched orders, as a digest is made."""

    at: datetime
    scheduled_at: datetime
    watched: int
    pressing: int
    scans: Mapping[str, str]
    """The instant of each one's newest scan; empty: it has none."""


class Pending(NamedTuple):
    """An alert in the table that is not marked as sent."""

    order_id: str
    kind: str
    reason: str
    raised_at: datetime


@dataclass
class Inbox(StrictSns):
    """The topic, and when it got what."""

    now: Callable[[], datetime] = lambda: BEGIN
    run: Callable[[], int] = lambda: 0
    look: Callable[[str, datetime | None], Shown | None] = lambda _, __: None
    """Looks an order up: as it is shown now, or when the functions' clock says something else."""
    clock: Callable[[datetime], datetime] = lambda at: at
    """What the functions' clock shows at an instant."""
    pending: Callable[[], Iterable[Pending]] = tuple
    """The alerts that are not marked as sent."""
    messages: list[Message] = field(default_factory=list)

    def publish(self, **call: Any) -> dict[str, str]:
        answer = super().publish(**call)
        body = json.loads(json.loads(call["Message"])["default"])
        raised_at = datetime.fromisoformat(body["raised_at"])
        told = [
            (order, at)
            for order in body["orders"]
            for at in self._raised(body["kind"], order) or [raised_at]
        ]
        orders = tuple((o["order_id"], o.get("reason", "")) for o, _ in told)
        asked = tuple(o["advice"] for o, _ in told)
        at, run = self.now(), self.run()
        shown = tuple(self.look(order_id, None) for order_id, _ in orders)
        then: tuple[Shown | None, ...] = ()
        if raised_at.date() != self.clock(at).date():
            then = tuple(self.look(o["order_id"], at) for o, at in told)
        self.messages.append(
            Message(
                *(at, run, body["kind"], body["id"], orders, asked, shown, then),
                raised=tuple(at for _, at in told) or (raised_at,),
                text=body.get("text", ""),
                severity=body["severity"],
            )
        )
        return answer

    def _raised(self, kind: str, order: Mapping[str, str]) -> list[datetime]:
        """When the alerts were raised that a message tells of an order.

        Those that waited together are told in one sentence.
        """
        named = order["order_id"], kind, order.get("reason", "")
        return sorted(p.raised_at for p in self.pending() if p[:3] == named)


@dataclass(frozen=True)
class Accepted:
    """A request of the buyer that the API did not refuse."""

    at: datetime
    order_id: str
    request: Request


@dataclass
class Record:
    """What came of a year."""

    plan: Plan
    asked: list[Asked]
    messages: list[Message]
    accepted: list[Accepted]
    manners: Manners
    glances: list[Shown] = field(default_factory=list)
    """What the API showed of some orders now and then."""
    surveys: list[Survey] = field(default_factory=list)
    """What there was to say in each digest."""
    runs: int = 0
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The state and stage of every order in the end."""
