"""A poll with two sources and an evaluation, over one store and one clock."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.parcels import SecondOpinion
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.run import PollRun
from stallwatch.polling.second_source import SecondSourceCheck
from stallwatch.polling.state import Pace
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.schedule import PollSchedule
from tests.support.builders import an_answer, an_event, an_order
from tests.support.fake_clock import FakeClock
from tests.support.fake_source import FakeRegistry, FakeSource
from tests.support.memory_store import MemoryStore

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LIMITS = Thresholds()


@dataclass
class TwoSourcesRig:
    """A pull and an evaluation over one store, two sources and a clock."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    pace: Pace = field(default_factory=lambda: Pace(batch=40, per_minute=150))
    schedule: PollSchedule = field(default_factory=PollSchedule)
    first_is_17track: bool = False
    cainiao: FakeSource = field(init=False)
    track: FakeRegistry = field(init=False)
    sent: list[tuple[datetime, str, AlertKind]] = field(default_factory=list)
    runs: int = 0

    def __post_init__(self) -> None:
        self.cainiao = FakeSource(self.clock)
        self.track = FakeRegistry(self.clock)

    def add(self, *order_ids: str, silent_days: float = 57.5, **given: object) -> None:
        """Orders whose parcels left so long ago, as both sources know."""
        for order_id in order_ids:
            number = str(given.get("tracking_number", f"LP{order_id:0>14}"))
            at = self.clock.now() - timedelta(days=silent_days)
            order = {
                "ordered_on": (at - DAY).date(),
                "created_at": self.clock.now(),
                "tracking_number": number,
                **given,
            }
            self.store.create(an_order(order_id, **order))
            self.cainiao.answers[number] = an_answer(number, an_event(at, "LH_DEPART"))
            self.track.answers[number] = an_answer(number, an_event(at, "InTransit_Departure"))

    def registering(self) -> RegistrationRun:
        return RegistrationRun(
            self.track, self.store, self.clock.now, lambda: True, batch=40, owner="x"
        )

    @property
    def a_check(self) -> PollRun:
        self.runs += 1
        owner = f"run{self.runs}"

        def registering(allows_request: object) -> RegistrationRun:
            return RegistrationRun(
                self.track,
                self.store,
                self.clock.now,
                allows_request,  # type: ignore[arg-type]
                batch=self.pace.batch,
                owner=owner,
            )

        second = SecondSourceCheck(
            self.store, self.track, self.clock, self.pace, LIMITS, registering
        )
        return PollRun(
            watch=self.store,
            source=self.track if self.first_is_17track else self.cainiao,
            clock=self.clock,
            schedule=self.schedule,
            pace=self.pace,
            thresholds=LIMITS,
            owner=owner,
            catch_up=HOUR,
            second=None if self.first_is_17track else second,
            registering=registering if self.first_is_17track else None,
        )

    def check(self, *order_ids: str) -> RunReport:
        check = self.a_check
        return check.check_orders(order_ids) if order_ids else check.check_due()

    def pump(self) -> list[AlertKind]:
        """Evaluate what the stream tells of, and have everything sent."""
        evaluation = Evaluation(
            self.store,
            self.schedule,
            LIMITS,
            second_source=not self.first_is_17track,
            answers_come_late=self.first_is_17track,
        )
        raised = []
        while self.store.stream:
            woken = list(dict.fromkeys(self.store.stream))
            self.store.stream.clear()
            for order_id in filter(None, woken):
                raised += evaluation.evaluate(order_id, self.clock.now())
        for kept in self.store.kept.values():
            if kept.pending:
                kept.pending, kept.alert = False, replace(kept.alert, sent_at=self.clock.now())
        self.sent += [(self.clock.now(), alert.order_id, alert.kind) for alert in raised]
        return [alert.kind for alert in raised]

    def live(self, duration: timedelta, tick: timedelta = timedelta(minutes=30)) -> list[AlertKind]:
        """Let the schedule run for some time."""
        raised = []
        until = self.clock.now() + duration
        while self.clock.now() < until:
            began = self.clock.now()
            self.check()
            raised += self.pump()
            self.clock.at = max(self.clock.at, began + tick)
        return raised

    def opinion(self, order_id: str = "a") -> SecondOpinion | None:
        return self.store.shelves[order_id].record.open().second

    def second_at(self, order_id: str = "a") -> int | None:
        return self.store.shelves[order_id].entry.second_at
