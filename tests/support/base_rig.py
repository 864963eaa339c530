"""What the rigs of the poll have in common: a store, a clock, runs, and evaluations after them."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.run import PollRun
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.schedule import PollSchedule
from tests.support.fake_clock import FakeClock
from tests.support.memory_store import MemoryStore

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
DEFAULTS = Thresholds()
"""The numbers of the rules."""


@dataclass
class BaseRig:
    """A poll and an evaluation over one store and one clock."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    schedule: PollSchedule = field(default_factory=PollSchedule)
    runs: int = 0

    @property
    def poll_run(self) -> PollRun:
        """A new run."""
        raise NotImplementedError

    def evaluate(self, order_id: str) -> list[AlertKind]:
        """Evaluate an order; the empty id stands for the source."""
        raise NotImplementedError

    def next_owner(self) -> str:
        """Who holds the lease of the next run."""
        self.runs += 1
        return f"run{self.runs}"

    def check(self, *order_ids: str) -> RunReport:
        """A run over what is due, or over some orders."""
        run = self.poll_run
        return run.check_orders(order_ids) if order_ids else run.check_due()

    def pump(self) -> list[AlertKind]:
        """Evaluate what the stream tells of, and have everything sent."""
        raised = []
        while self.store.stream:
            woken = list(dict.fromkeys(self.store.stream))
            self.store.stream.clear()
            for order_id in woken:
                raised += self.evaluate(order_id)
        self.mark_all_sent()
        return raised

    def mark_all_sent(self) -> None:
        """Have everything that is pending sent now."""
        for kept in self.store.kept.values():
            if kept.pending:
                kept.pending, kept.alert = False, replace(kept.alert, sent_at=self.clock.now())

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
