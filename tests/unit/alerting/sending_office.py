"""A store with orders and pending alerts, and what sends them."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta

from stallwatch.alerting.delivery import OutboxDispatcher, SendReport
from stallwatch.alerting.ports import Outcome
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.orders import Action, ActionKind
from tests.support.builders import NOON, NUMBER, an_order
from tests.support.fake_clock import FakeClock
from tests.support.fake_notifier import FakeNotifier
from tests.support.memory_outbox import MemoryOutbox
from tests.support.memory_store import MemoryStore

SECOND = timedelta(seconds=1)


@dataclass
class Office:
    """A store with orders and pending alerts, and what sends them."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    runs: int = 0

    @property
    def outbox(self) -> MemoryOutbox:
        return MemoryOutbox(self.store)

    def raise_alert(
        self,
        order_id: str,
        kind: AlertKind = AlertKind.STALLED,
        *,
        about: str = "",
        after: float = 0,
    ) -> AlertRef:
        """An order, if need be, and an alert about it."""
        self.store.create(an_order(order_id))
        snapshot = self.store.open(order_id)
        assert snapshot is not None
        raised_at = NOON + timedelta(seconds=after)
        alert = Alert(kind, raised_at, about=about, number=NUMBER)
        (pending,) = self.store.keep(snapshot, snapshot.entry, [alert])
        return pending

    def say(self, order_id: str, deed: ActionKind, **given: object) -> None:
        """Have the buyer say something."""
        snapshot = self.store.open(order_id)
        assert snapshot is not None
        action = Action(deed, self.clock.now(), **given)  # type: ignore[arg-type]
        self.store.replace(snapshot, replace(snapshot.order, actions=(action,)))

    def sending(self, outbox: MemoryOutbox | None = None) -> OutboxDispatcher:
        self.runs += 1
        return OutboxDispatcher(outbox or self.outbox, self.notifier, self.clock, f"run{self.runs}")

    def send(self, *fresh: AlertRef, outcomes: tuple[Outcome, ...] = ()) -> SendReport:
        self.notifier.outcomes = deque(outcomes)
        return self.sending().send(fresh)

    @property
    def pending(self) -> list[str]:
        return sorted(p.order_id for p in self.outbox.pending())
