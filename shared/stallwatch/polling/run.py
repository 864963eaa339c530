"""A run of the poll: ask the source about what is due, and write down what is news.

A run takes the lease, serves the orders in `NEW` and the slots whose turn it is, and writes only
what changed or what the evaluation must look at again. Everything it needs of an order stands in
its row of the watch; the order itself, its trace and its alerts are not read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from stallwatch.domain.clock import LEASE_MARGIN, Clock
from stallwatch.domain.errors import UnavailableError
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.answers import AnswerWriter
from stallwatch.polling.gate import RequestGate
from stallwatch.polling.notes import EvaluationNotes
from stallwatch.polling.ports import PollStore, SecondSource, Workers
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.remote import decode_task, encode_result
from stallwatch.polling.requests import RequestRunner, numbers_of
from stallwatch.polling.review import Review
from stallwatch.polling.silence import Silences
from stallwatch.polling.state import Cursor, Lease, Pace, Progress, WatchRow
from stallwatch.polling.tally import BatchResult, RunReport, rows_in
from stallwatch.polling.turns import due_turns, finished, served, stopped
from stallwatch.tracking.schedule import NEW, PollSchedule, Turn, slots_of
from stallwatch.tracking.source import Source

CHECK_AGAIN_AFTER = timedelta(seconds=2)
"""How long the index may hide a new order from a run that was called for it."""

WAIT_FOR_LEASE = timedelta(seconds=60)

STUCK_AFTER = timedelta(minutes=2)
"""How long an alert may be pending before a run wakes the sending."""

WAKE_AFTER = timedelta(hours=20)
"""How old the last daily wake-up of the evaluation may be.

An alarm goes off where the evaluation has not run for a day, so two of them lie less than a day
apart, whenever the runs of the poll fall.
"""


class PollRun:
    """One run of the poll.

    It alone decides what is asked and when: it holds the lease and passes the one gate of pace,
    circuit and time. Where it has workers, they make its requests, each at the instant that it
    says.

    Args:
        watch: The watch, the traces and the poll's own items.
        source: The service to ask.
        clock: The time.
        schedule: The slots.
        pace: How fast to ask.
        thresholds: The numbers of the rules.
        owner: What this run signs its lease with: another for each run, retries included.
        catch_up: How far back it serves turns that no run has served; what is older waits for its
            next turn.
        second: Asks the second source, where there is one.
        registering: Registers numbers with the source, given what waits for the next request; None
            where it wants no registration.
        workers: Who makes its requests; None: it makes them itself.
    """

    def __init__(
        self,
        watch: PollStore,
        source: Source,
        clock: Clock,
        schedule: PollSchedule,
        pace: Pace,
        thresholds: Thresholds,
        owner: str,
        catch_up: timedelta,
        *,
        second: SecondSource | None = None,
        registering: Callable[[Callable[[], bool]], RegistrationRun] | None = None,
        workers: Workers | None = None,
    ) -> None:
        self._watch = watch
        self._clock = clock
        self._schedule = schedule
        self._pace = pace
        self._thresholds = thresholds
        self._owner = owner
        self._catch_up = catch_up
        self._second = second
        self._gate = RequestGate(source.name, watch, clock, pace, thresholds)
        self._registering = None if registering is None else registering(self._gate.admit)
        self._writer = AnswerWriter(watch, source, clock)
        self._requests = RequestRunner(self._gate, self._writer, pace, workers)
        self._silences = Silences(watch, self._gate, clock, thresholds)
        self._notes = EvaluationNotes(watch, self._silences, clock)
        self._review = Review(watch, clock)
        self._report = RunReport()
        self._kept = Progress()
        self._served: set[str] = set()
        self.oldest_pending: datetime | None = None
        """When the oldest alert that is pending was raised, after a check of what is due."""
        self.source_is_down = False
        """Whether the owner must know that nothing is answered, after such a check."""

    def check_due(self) -> RunReport:
        """Serve what is new and the slots whose turn it is."""
        lease = self._watch.lease()
        if (
            lease.wanted != lease.served
            or self._due_turns(lease.progress)
            or self._review.is_left(lease.progress)
            or next(self._watch.rows(NEW), None) is not None
        ):
            taken = self._take_lease()
            if taken is not None:
                with self._abandoning_on_failure():
                    self._serve_all(taken)
        self._wake_what_is_stuck()
        return self._report

    def check_orders(self, order_ids: Sequence[str]) -> RunReport:
        """Check these orders now, whatever their slots. Waits up to a minute for another run."""
        deadline = self._clock.now() + WAIT_FOR_LEASE
        while (lease := self._take_lease()) is None:
            if self._clock.now() >= deadline:
                self._report.due = self._report.left_over = len(order_ids)
                return self._report
            self._clock.sleep(CHECK_AGAIN_AFTER)
        with self._abandoning_on_failure():
            self._begin(lease)
            rows = (self._watch.row(order_id) for order_id in dict.fromkeys(order_ids))
            result = self._serve((row for row in rows if row is not None), note=True)
            self._report.unsaved += self._notes.of_all(result, self._kept)
            self._finish(lease)
        return self._report

    def run_request_task(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Make one request for another run, at the instant that its task says.

        Returns:
            What came of it; nothing where the task came too late to be made.
        """
        batch, at, note = decode_task(task)
        wait = at - self._clock.now()
        if wait < timedelta(0):
            return {}
        self._clock.sleep(wait)
        return encode_result(self._writer.request(batch, note=note), batch)

    # The lease.

    @property
    def _progress(self) -> Progress:
        """What this run leaves to the next."""
        return replace(self._kept, asked_at=self._gate.asked_at)

    def _take_lease(self) -> Lease | None:
        now = self._clock.now()
        until = now + self._clock.remaining() + max(LEASE_MARGIN, 2 * self._pace.interval)
        return self._watch.take_lease(self._owner, until, now)

    @contextmanager
    def _abandoning_on_failure(self) -> Iterator[None]:
        """Where the store fails a run, the next one need not wait for the end of its lease."""
        try:
            yield
        except UnavailableError:
            self._watch.abandon_lease(self._owner, self._gate.asked_at)
            raise

    def _begin(self, lease: Lease) -> None:
        lengths = {*lease.progress.turn_lengths, self._schedule.turn_minutes}
        kept = self._review.begin(lease.progress)
        self._kept = replace(kept, turn_lengths=tuple(sorted(lengths)))
        self._gate.begin(lease.progress.asked_at)
        self._report.source = self._gate.circuit.verdict

    def _serve_all(self, lease: Lease) -> None:
        self._begin(lease)
        self._serve_new()
        turns = self._due_turns(self._kept)
        for turn in turns:
            if not self._serve_turn(turn):
                break
            # The last one's progress is kept as the lease is given back.
            if turn != turns[-1] and not self._watch.save_progress(self._owner, self._progress):
                return
        self._wake_daily()
        self._kept = self._review.go_on(self._kept, self._report)
        self._finish(lease)

    def _wake_daily(self) -> None:
        """Wake the evaluation at least once a day, so that its silence is a fault and no calm."""
        now = self._clock.now()
        if self._kept.woken_at is None or now - self._kept.woken_at >= WAKE_AFTER:
            self._watch.wake_sending(now)
            self._kept = replace(self._kept, woken_at=now)

    def _finish(self, lease: Lease) -> None:
        """Give the lease back; whoever called before or meanwhile is served first."""
        wanted = lease.wanted
        if wanted != lease.served:
            self._serve_new_again()
        while (newly := self._watch.release_lease(self._owner, self._progress, wanted)) is not None:
            wanted = newly
            self._serve_new_again()

    def _serve_new_again(self) -> None:
        if self._gate.has_time:
            self._clock.sleep(CHECK_AGAIN_AFTER)
            self._serve_new()

    def _wake_what_is_stuck(self) -> None:
        """Wake the sending of what has been pending for long, and the telling of outages."""
        now = self._clock.now()
        oldest = self.oldest_pending = self._watch.oldest_pending()
        stuck = oldest is not None and now - oldest >= STUCK_AFTER
        circuit = self._watch.health(self._gate.source)
        self._report.source = circuit.verdict
        self.source_is_down = circuit.is_down(now, self._thresholds)
        if stuck or circuit.must_tell(now, self._thresholds):
            self._watch.wake_sending(now)

    # What is served.

    def _due_turns(self, progress: Progress) -> list[Turn]:
        return due_turns(self._schedule, progress, self._catch_up, self._clock.now())

    def _serve_new(self) -> None:
        """Serve the new and changed orders; which slot they go to is for the evaluation to say."""
        rows = (row for row in self._watch.rows(NEW) if row.order_id not in self._served)
        result = self._serve(rows)
        self._report.unsaved += self._notes.of_all(result, self._kept)

    def _serve_turn(self, turn: Turn) -> bool:
        """Serve the slots of a turn. False when the time ran out in it."""
        cursor = self._kept.cursor
        if cursor is None or cursor.turn != turn:
            cursor = Cursor(turn=turn, began=self._clock.now())
        result = self._serve(self._rows_of(turn, cursor))
        silent = self._silences.of_turn(result, self._kept)
        run = served(cursor, result, silent, self._gate.circuit.verdict)
        # Half a run proves nothing about the orders that it did not come to.
        if run.due and result.first_unserved is None:
            self._watch.save_run(turn.name, run)
            self._silences.forget(turn.name)
        if result.first_unserved is not None:
            self._kept = stopped(self._kept, turn, run, result.first_unserved)
        else:
            self._kept = finished(self._kept, turn, run)
        # The evaluation is told of the last answers that the page will read from the same log.
        self._report.unsaved += self._notes.of_turn(result, run, self._kept)
        return result.first_unserved is None

    def _rows_of(self, turn: Turn, cursor: Cursor) -> Iterator[WatchRow]:
        for slot in slots_of(turn, self._kept.turn_lengths):
            if slot >= cursor.slot:
                start = cursor.order_id if slot == cursor.slot else ""
                yield from self._watch.rows(slot, start)

    def _serve(self, rows: Iterable[WatchRow], *, note: bool = False) -> BatchResult:
        """Ask about some orders and write what is news.

        Where a request failed while others were answered, its numbers are asked about once more,
        each alone, so that one that breaks every request costs no neighbour its answer.

        Args:
            rows: The orders.
            note: Whether the evaluation shall look at every answer.
        """
        result = BatchResult()
        batch = self._pace.batch
        self._requests.ask(numbers_of(rows, result, self._served), result, batch, note=note)
        followed, result.to_follow = result.to_follow, []
        self._requests.ask(iter(followed), result, batch, note=note, again=True)
        if result.checked and len(result.failed) > 1:
            alone = BatchResult()
            self._requests.ask(iter(result.failed[:batch]), alone, 1, note=note, again=True)
            alone.silent += rows_in(alone.failed)
            alone.failed = result.failed[batch:]
            result.failed = []
            result.add(alone)
        if self._second is not None and result.for_second:
            self._report.unsaved += self._second.check(result.for_second, note=note)
        if self._registering is not None and result.due > result.left_over:
            self._registering.register(result.unregistered)
        self._report.add(result)
        return result
