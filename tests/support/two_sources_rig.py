"""A poll with two sources and an evaluation, over one store and one clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.parcels import SecondOpinion
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.run import PollRun
from stallwatch.polling.second_source import SecondSourceCheck
from stallwatch.polling.state import Pace
from tests.support.base_rig import DAY, DEFAULTS, HOUR, BaseRig
from tests.support.builders import an_answer, an_event, an_order
from tests.support.fake_source import FakeRegistry, FakeSource


@dataclass
class TwoSourcesRig(BaseRig):
    """A poll and an evaluation over one store, two sources and a clock."""

    pace: Pace = field(default_factory=lambda: Pace(batch=40, per_minute=150))
    first_is_17track: bool = False
    cainiao: FakeSource = field(init=False)
    track: FakeRegistry = field(init=False)
    sent: list[tuple[datetime, str, AlertKind]] = field(default_factory=list)

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
    def poll_run(self) -> PollRun:
        owner = self.next_owner()

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
            self.store, self.track, self.clock, self.pace, DEFAULTS, registering
        )
        return PollRun(
            watch=self.store,
            source=self.track if self.first_is_17track else self.cainiao,
            clock=self.clock,
            schedule=self.schedule,
            pace=self.pace,
            thresholds=DEFAULTS,
            owner=owner,
            catch_up=HOUR,
            second=None if self.first_is_17track else second,
            registering=registering if self.first_is_17track else None,
        )

    def evaluate(self, order_id: str) -> list[AlertKind]:
        if not order_id:
            return []
        evaluation = Evaluation(
            self.store,
            self.schedule,
            DEFAULTS,
            second_source=not self.first_is_17track,
            answers_come_late=self.first_is_17track,
        )
        now = self.clock.now()
        raised = evaluation.evaluate(order_id, now)
        self.sent += [(now, alert.order_id, alert.kind) for alert in raised]
        return [alert.kind for alert in raised]

    def opinion(self, order_id: str = "a") -> SecondOpinion | None:
        return self.store.shelves[order_id].record.open().second

    def second_at(self, order_id: str = "a") -> int | None:
        return self.store.shelves[order_id].entry.second_at
