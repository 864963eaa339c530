"""A poll, an evaluation and an order service over one store, one source and one clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.orders.service import OrderService
from stallwatch.polling.gate import LAST_REQUEST
from stallwatch.polling.run import PollRun
from stallwatch.polling.state import Pace
from stallwatch.tracking.schedule import PollSchedule
from stallwatch.tracking.source import TrackingResult
from tests.support.base_rig import DAY, DEFAULTS, HOUR, BaseRig
from tests.support.builders import NOON, an_answer, an_event, an_order
from tests.support.fake_source import FakeSource

HOUSEKEEPING = {"take_lease", "save_run", "save_progress", "release_lease", "save_health"}
"""What a run writes for itself, whatever it finds."""


@dataclass
class Rig(BaseRig):
    """A poll, an evaluation and an order service over one store, a source and a clock."""

    pace: Pace = field(default_factory=lambda: Pace(batch=10, per_minute=60))
    catch_up: timedelta = HOUR
    source: FakeSource = field(init=False)
    seconds: float | None = None
    """How long a run may take; None: as long as it needs."""

    def __post_init__(self) -> None:
        self.source = FakeSource(self.clock)

    def add(self, *order_ids: str, **given: object) -> None:
        """Orders whose numbers are made of their ids."""
        for order_id in order_ids:
            number = given.get("tracking_number", f"LP{order_id:0>14}")
            self.store.create(an_order(order_id, **{**given, "tracking_number": number}))
            if isinstance(number, str):
                self.source.answers.setdefault(number, self.departed(number))

    def departed(self, number: str, *codes: str) -> TrackingResult:
        """An answer that says that the parcel left, and what else it did since."""
        at = NOON - DAY
        events = [an_event(at + HOUR * n, code) for n, code in enumerate(("LH_DEPART", *codes))]
        return an_answer(number, *events)

    def add_settled(self, *order_ids: str, **given: object) -> None:
        """Orders that were asked about and evaluated, and sit in a slot."""
        self.add(*order_ids, **given)
        self.check()
        self.pump()
        self.forget_the_past()

    def forget_the_past(self) -> None:
        self.store.journal.clear()
        self.source.asked.clear()
        self.source.asked_at.clear()

    @property
    def poll_run(self) -> PollRun:
        self.clock.ends = None
        if self.seconds is not None:
            self.clock.ends = self.clock.now() + timedelta(seconds=self.seconds) + LAST_REQUEST
        return PollRun(
            watch=self.store,
            source=self.source,
            clock=self.clock,
            schedule=self.schedule,
            pace=self.pace,
            thresholds=DEFAULTS,
            owner=self.next_owner(),
            catch_up=self.catch_up,
        )

    def evaluate(self, order_id: str) -> list[AlertKind]:
        evaluation = Evaluation(self.store, self.schedule, DEFAULTS)
        now = self.clock.now()
        if not order_id:
            return [alert.kind for alert in evaluation.evaluate_source("cainiao", now)]
        return [alert.kind for alert in evaluation.evaluate(order_id, now)]

    def answered_at(self, order_id: str) -> datetime | None:
        """The last answer about an order, as the API shows it."""
        found: datetime | None = self.seen(order_id).decision.answered_at
        return found

    def seen(self, order_id: str) -> Any:
        return self.order_service.get(order_id, self.clock.now())

    @property
    def order_service(self) -> OrderService:
        return OrderService(self.store, lambda _=(): None, self.schedule, DEFAULTS)

    def slot(self, order_id: str) -> str | None:
        return self.store.shelves[order_id].entry.slot

    def to_turn_of(self, order_id: str) -> None:
        """Let time pass until an order's turn comes, without any run."""
        slot = self.slot(order_id)
        assert slot is not None
        at = self.schedule.next_turn(slot, self.clock.now())
        assert at is not None
        self.clock.at = at


def neighbours(count: int, hours: int = 12) -> list[str]:
    """Orders that share a slot of a ring."""
    schedule = PollSchedule()
    slot = schedule.slot("0000", hours)
    return [name for n in range(5000) if schedule.slot(name := f"{n:04}", hours) == slot][:count]


def in_slot(slot: str, count: int, schedule: PollSchedule | None = None) -> list[str]:
    """Orders that come into a slot."""
    named = (f"{n:05}" for n in range(100_000))
    schedule, hours = schedule or PollSchedule(), int(slot[:2])
    return list(islice((name for name in named if schedule.slot(name, hours) == slot), count))


def number_of(order_id: str) -> str:
    return f"LP{order_id:0>14}"
