"""Check what is due: ask the source, and write down what is news.

A run takes the lease, serves the orders in `NEW` and the slots whose turn it is, and writes only
what changed or what the evaluation must look at again. Everything it needs of an order stands in
the row of the watch; the order itself, its trace and its alerts are not read.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from stallwatch.domain.clock import LEASE_MARGIN, Clock, days, epoch_minutes
from stallwatch.domain.errors import UnavailableError
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.ports import PollStore, SecondSource, Workers
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.remote import _have_asked, _question_of, _told
from stallwatch.polling.requests import LAST_REQUEST, WORKERS_LEAD, _requesters
from stallwatch.polling.silence import _minute_of
from stallwatch.polling.state import (
    Cursor,
    Lease,
    Pace,
    Progress,
    Row,
    Silent,
    is_clock_due,
    is_due,
)
from stallwatch.polling.tally import BatchResult, NumberRequest, RequestResult, RunReport, _rows_in
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.fingerprint import UNANSWERED, added_to, is_news
from stallwatch.tracking.run_log import LastCheck, RunRecord, last_check, rows_after, short_name
from stallwatch.tracking.schedule import NEW, PollSchedule, Turn, slots_of
from stallwatch.tracking.source import Source, TrackingResult, Verdict

_log = logging.getLogger(__name__)


LOOK_AGAIN = timedelta(seconds=2)
"""How long the index may hide a new order from a run that was called for it."""


WAIT_FOR_LEASE = timedelta(seconds=60)


STUCK_AFTER = timedelta(minutes=2)
"""How long an alert may be pending before a run wakes the sending."""


class PollRun:
    """One run of the check.

    It alone decides what is asked and when: it holds the lease, keeps the pace, and knows the
    source's health. Where it has helpers, they make its requests, each at the instant that it says;
    a request that no helper made in time it makes itself.

    Args:
        watch: The watch.
        source: The service to ask.
        clock: The time.
        wheel: The slots.
        pace: How fast to ask.
        limits: The numbers of the rules.
        owner: What this run signs its lease with: another for each run, retries included.
        catch_up: How far back it serves turns that no run has served; what is older waits for its
            next turn.
        second: Asks the second source, where there is one.
        registering: Registers numbers with the source, given what waits for the next request; None
            where it wants no registration.
        helpers: Who makes its requests; None: it makes them itself.
    """

    def __init__(
        self,
        watch: PollStore,
        source: Source,
        clock: Clock,
        schedule: PollSchedule,
        pace: Pace,
        limits: Thresholds,
        owner: str,
        catch_up: timedelta,
        *,
        second: SecondSource | None = None,
        registering: Callable[[Callable[[], bool]], RegistrationRun] | None = None,
        workers: Workers | None = None,
    ) -> None:
        self._watch = watch
        self._source = source
        self._clock = clock
        self._wheel = schedule
        self._pace = pace
        self._limits = limits
        self._owner = owner
        self._catch_up = catch_up
        self._second = second
        self._registering = None if registering is None else registering(self._may_register)
        self._helpers = workers
        self._report = RunReport()
        self._health = CircuitBreaker()
        self._progress = Progress()
        self.pending_for = timedelta(0)
        """How long the oldest alert has been pending, after a check of what is due."""
        self.source_is_down = False
        """Whether the owner must know that nothing is answered, after such a check."""
        self._served: set[str] = set()
        self._silent_by_turn: dict[str, Mapping[str, datetime]] = {}

    def check_due(self) -> RunReport:
        """Serve what is new and the slots whose turn it is."""
        lease = self._watch.lease()
        if (
            lease.wanted != lease.served
            or self._turns(lease.progress)
            or next(self._watch.rows(NEW), None) is not None
        ):
            taken = self._take_lease()
            if taken is not None:
                with self._abandoning_on_failure():
                    self._serve_all(taken)
        self._wake_what_sleeps()
        return self._report

    def check_orders(self, order_ids: Sequence[str]) -> RunReport:
        """Check these orders now, whatever their slots. Waits up to a minute for another run."""
        deadline = self._clock.now() + WAIT_FOR_LEASE
        while (lease := self._take_lease()) is None:
            if self._clock.now() >= deadline:
                self._report.due = self._report.left_over = len(order_ids)
                return self._report
            self._clock.sleep(LOOK_AGAIN)
        with self._abandoning_on_failure():
            self._begin(lease)
            rows = (self._watch.row(order_id) for order_id in dict.fromkeys(order_ids))
            self._note_all(self._serve((row for row in rows if row is not None), note=True))
            self._finish(lease)
        return self._report

    def run_request_task(self, request_task: Mapping[str, Any]) -> dict[str, Any]:
        """Make one request for another run, at the instant that it says.

        Returns:
            What came of it; nothing where the errand came too late to be run.
        """
        wait = datetime.fromisoformat(request_task["at"]) - self._clock.now()
        if wait < timedelta(0):
            return {}
        self._clock.sleep(wait)
        batch = [_question_of(told) for told in request_task["questions"]]
        return _told(self._request(batch, note=request_task["note"]), batch)

    # The lease.

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
            self._watch.abandon_lease(self._owner, self._progress.asked_at)
            raise

    def _begin(self, lease: Lease) -> None:
        lengths = {*lease.progress.turn_lengths, self._wheel.turn_minutes}
        self._progress = replace(lease.progress, turn_lengths=tuple(sorted(lengths)))
        self._health = self._watch.health(self._source.name)
        self._report.source = self._health.verdict

    def _serve_all(self, lease: Lease) -> None:
        self._begin(lease)
        self._serve_new()
        turns = self._turns(self._progress)
        for turn in turns:
            if not self._serve_turn(turn):
                break
            # The last one's progress is kept as the lease is given back.
            if turn != turns[-1] and not self._watch.save_progress(self._owner, self._progress):
                return
        self._finish(lease)

    def _finish(self, lease: Lease) -> None:
        """Give the lease back; whoever called before or meanwhile is served first."""
        wanted = lease.wanted
        if wanted != lease.served:
            self._look_again()
        while (newly := self._watch.release_lease(self._owner, self._progress, wanted)) is not None:
            wanted = newly
            self._look_again()

    def _look_again(self) -> None:
        if self._has_time():
            self._clock.sleep(LOOK_AGAIN)
            self._serve_new()

    def _has_time(self) -> bool:
        return self._clock.remaining() > LAST_REQUEST

    def _wake_what_sleeps(self) -> None:
        """Wake the sending of what has been pending for long, and the telling of outages."""
        now = self._clock.now()
        oldest = self._watch.oldest_pending()
        self.pending_for = timedelta(0) if oldest is None else now - oldest
        stuck = self.pending_for >= STUCK_AFTER
        health = self._watch.health(self._source.name)
        self._report.source = health.verdict
        self.source_is_down = health.is_down(now, self._limits)
        if stuck or health.must_tell(now, self._limits):
            self._watch.wake_sending(now)

    # What is served.

    def _turns(self, progress: Progress) -> list[Turn]:
        now = self._clock.now()
        after = now - self._catch_up
        done_until = progress.done_until
        if done_until is not None and done_until > after:
            # A turn that was served in part, when turns were shorter, is served again.
            first = self._wheel.turn_at(done_until)
            turns = [first, *self._wheel.turns(first.start, now)] if first.start <= now else []
        else:
            turns = list(self._wheel.turns(after, now))
        if progress.cursor is not None:
            broken_off = self._wheel.turn_at(progress.cursor.turn.start)
            if broken_off not in turns:
                turns.insert(0, broken_off)
        return turns

    def _serve_new(self) -> None:
        """Serve the new and changed orders; which slot they go to is for the evaluation to say."""
        rows = (row for row in self._watch.rows(NEW) if row.order_id not in self._served)
        self._note_all(self._serve(rows))

    def _note_all(self, tally: BatchResult) -> None:
        """Have the evaluation look at every order that was asked about, answered or not."""
        now = self._clock.now()
        for row, answered_at in tally.answered:
            self._watch.touch_answered(row, answered_at)
        for row in tally.silent:
            since = self._silent_since(row) or _minute_of(now)
            silent = Silent(since, too_long=self._is_too_long(since, tally))
            self._watch.touch_unanswered(row, now, asked=True, silent=silent)
        for row in (*tally.unasked, *_rows_in(tally.failed)):
            if is_clock_due(row, now):
                self._watch.touch_unanswered(row, now, asked=False)

    def _serve_turn(self, turn: Turn) -> bool:
        """Serve the slots of a turn. False when the time ran out in it."""
        cursor = self._progress.cursor
        if cursor is None or cursor.turn != turn:
            cursor = Cursor(turn=turn, began=self._clock.now())
        tally = self._serve(self._rows_of(turn, cursor))
        run = RunRecord(
            at=cursor.began,
            answered=cursor.answered and tally.complete,
            due=cursor.due + tally.due - tally.left_over,
            checked=cursor.checked + tally.checked,
            silent={**cursor.silent, **self._silences(tally)},
            verdict=self._health.verdict,
        )
        # Half a run proves nothing about the orders that it did not come to.
        if run.due and tally.first_unserved is None:
            self._watch.save_run(turn.name, run)
            self._silent_by_turn.pop(turn.name, None)
        self._note_turn(tally, run)
        if tally.first_unserved is not None:
            stopped_at = Cursor(
                turn=turn,
                began=run.at,
                slot=tally.first_unserved.slot,
                order_id=tally.first_unserved.order_id,
                due=run.due,
                checked=run.checked,
                answered=run.answered,
                silent=run.silent,
            )
            self._progress = replace(self._progress, cursor=stopped_at)
            return False
        turns = self._progress.turns
        if run.due:
            turns = rows_after(turns, turn.name, run)
        self._progress = replace(
            self._progress,
            cursor=None,
            done_until=max(turn.end, self._progress.done_until or turn.end),
            turns=turns,
        )
        return True

    def _rows_of(self, turn: Turn, cursor: Cursor) -> Iterator[Row]:
        for slot in slots_of(turn, self._progress.turn_lengths):
            if slot >= cursor.slot:
                start = cursor.order_id if slot == cursor.slot else ""
                yield from self._watch.rows(slot, start)

    def _note_turn(self, tally: BatchResult, run: RunRecord) -> None:
        """Have the evaluation look at the orders of a turn that it asked to look at again."""
        now = self._clock.now()
        for row, answered_at in tally.answered:
            self._watch.touch_answered(row, answered_at)
        for row in (*tally.silent, *_rows_in(tally.failed)):
            since = run.silent[short_name(row.order_id)]
            too_long = self._is_too_long(since, tally)
            if (too_long and row.fingerprint != UNANSWERED) or is_clock_due(row, now):
                self._watch.touch_unanswered(
                    row, now, asked=True, silent=Silent(since, too_long=too_long)
                )
        for row in tally.unasked:
            if is_clock_due(row, now):
                self._watch.touch_unanswered(
                    row, now, asked=False, answered_at=self._answered_at(row)
                )

    def _is_too_long(self, since: datetime, tally: BatchResult) -> bool:
        """Whether a number gets no answer for too long, while the source answers others."""
        now = self._clock.now()
        others = tally.checked > 0 or not self._health.is_down(now, self._limits)
        return others and self._health.asked_for(since, now) >= days(self._limits.unanswered)

    def _answered_at(self, row: Row) -> datetime | None:
        """The last answer about an order whose circuit is open, as the ledger knows it."""
        if row.number is None or row.gone:
            return None
        look = self._last_look(row)
        if look.turn is not None and short_name(row.order_id) in self._silent_in(look.turn):
            return None
        return look.answered_at

    def _silences(self, tally: BatchResult) -> dict[str, datetime]:
        """The orders without an answer in this turn, by short name, and since when."""
        now = self._clock.now()
        return {
            short_name(row.order_id): self._silent_since(row) or _minute_of(now)
            for row in (*tally.silent, *_rows_in(tally.failed))
        }

    def _silent_since(self, row: Row) -> datetime | None:
        """Since when an order got no answer; None where its last run brought one.

        It goes on from the last answered run of its slot; where the order came into the slot while
        it got no answer, its trace says since when.
        """
        look = self._last_look(row)
        if look.answered_at is None:
            return self._watch.silent_since(row.order_id)
        return (
            None if look.turn is None else self._silent_in(look.turn).get(short_name(row.order_id))
        )

    def _last_look(self, row: Row) -> LastCheck:
        since = self._watch.in_slot_since(row.order_id)
        progress = self._progress
        return last_check(progress.turns, progress.turn_lengths, row.slot, since)

    def _silent_in(self, turn: str) -> Mapping[str, datetime]:
        if turn not in self._silent_by_turn:
            self._silent_by_turn[turn] = self._watch.silent_of(turn)
        return self._silent_by_turn[turn]

    # Asking.

    def _serve(self, rows: Iterable[Row], *, note: bool = False) -> BatchResult:
        """Ask about some orders and write what is news.

        Where a request failed while others were answered, its numbers are asked about once more,
        each alone, so that one that breaks every request costs no neighbour its answer.

        Args:
            rows: The orders.
            note: Whether the evaluation shall look at every answer.
        """
        tally = BatchResult()
        batch = self._pace.batch
        self._ask(self._questions(rows, tally), tally, batch, note=note)
        followed, tally.to_follow = tally.to_follow, []
        self._ask(iter(followed), tally, batch, note=note, again=True)
        if tally.checked and len(tally.failed) > 1:
            alone = BatchResult()
            self._ask(iter(tally.failed[:batch]), alone, 1, note=note, again=True)
            alone.silent += _rows_in(alone.failed)
            alone.failed = tally.failed[batch:]
            tally.failed = []
            tally.add(alone)
        if self._second is not None and tally.for_second:
            self._second.look(tally.for_second, note=note)
        if self._registering is not None and tally.due > tally.left_over:
            self._registering.register(tally.unregistered)
        self._report.due += tally.due
        self._report.checked += tally.checked
        self._report.changed += tally.changed
        self._report.left_over += tally.left_over
        self._report.unanswered += tally.due - tally.checked - tally.left_over
        return tally

    def _questions(self, rows: Iterable[Row], tally: BatchResult) -> Iterator[NumberRequest]:
        """The numbers to ask about; neighbours with the same number are asked about once."""
        for number, group in groupby(rows, key=lambda row: row.number):
            waiting = []
            for row in group:
                if row.slot == NEW:
                    self._served.add(row.order_id)
                if number is None or row.gone:
                    tally.unasked.append(row)
                else:
                    tally.due += 1
                    waiting.append(row)
            if number is not None and waiting:
                yield NumberRequest(number, tuple(waiting))

    def _ask(
        self,
        questions: Iterator[NumberRequest],
        tally: BatchResult,
        size: int,
        *,
        note: bool,
        again: bool = False,
    ) -> None:
        """Ask in batches, at the set pace, a few requests at a time.

        Args:
            questions: The numbers.
            tally: Takes what comes of it.
            size: How many numbers one request asks about.
            note: Whether the evaluation shall look at every answer.
            again: Whether the orders were asked about before: what there is no time for has then
                got no answer, and is not left over.
        """
        flying: deque[tuple[Sequence[NumberRequest], Future[RequestResult | None]]] = deque()

        def land() -> None:
            batch, sent = flying.popleft()
            asked = sent.result()
            if asked is None:
                self._ask_after_all(batch, tally, note=note)
            else:
                self._take_in(asked, tally)

        with _requesters(self._pace.parallel) as requesters:
            while batch := list(islice(questions, size)):
                if not self._has_time():
                    if again:
                        tally.failed += [*batch, *questions]
                    else:
                        self._leave_over(batch, questions, tally)
                    break
                while flying and (len(flying) >= self._pace.parallel or self._health.is_half_open):
                    land()
                if not self._health.allows_request(self._clock.now()):
                    self._leave_unasked(batch, tally)
                    continue
                flying.append((batch, self._send(requesters, batch, note=note)))
            while flying:
                land()

    def _may_register(self) -> bool:
        """Wait until the next request may be made; False where none may, or there is no time."""
        if not self._has_time() or not self._health.allows_request(self._clock.now()):
            return False
        self._keep_pace()
        return True

    def _send(
        self, requesters: Any, batch: Sequence[NumberRequest], *, note: bool
    ) -> "Future[RequestResult | None]":
        """Have a request made at its time, by a helper where there are any."""
        if self._helpers is None or self._health.is_half_open:
            self._keep_pace()
            sent: Future[RequestResult | None] = requesters.submit(self._request, batch, note=note)
        else:
            self._keep_pace(WORKERS_LEAD)
            at = self._progress.asked_at or self._clock.now()
            sent = requesters.submit(_have_asked, self._helpers, batch, at, note=note)
        return sent

    def _ask_after_all(
        self, batch: Sequence[NumberRequest], tally: BatchResult, *, note: bool
    ) -> None:
        """Make a request that no helper has made, or none has told of."""
        if not self._health.allows_request(self._clock.now()):
            self._leave_unasked(batch, tally)
        elif not self._has_time():
            tally.failed += batch
        else:
            self._keep_pace()
            self._take_in(self._request(batch, note=note), tally)

    def _keep_pace(self, lead: timedelta = timedelta(0)) -> None:
        """Wait until so long before the next request may be made, and note when that is."""
        now = self._clock.now()
        at = now + lead
        if self._progress.asked_at is not None:
            wait = self._progress.asked_at + self._pace.interval - at
            if wait > timedelta(0):
                self._clock.sleep(wait)
                at = self._clock.now() + lead
        self._progress = replace(self._progress, asked_at=at)

    def _request(self, batch: Sequence[NumberRequest], *, note: bool) -> RequestResult:
        """One request, and what its answers mean for the orders that waited for them."""
        reply = self._source.ask(list(dict.fromkeys(question.number for question in batch)))
        now = self._clock.now()
        tally = BatchResult(unregistered=sorted(reply.unregistered))
        for question in batch:
            answer = reply.answers.get(question.number)
            if answer is None and reply.verdict is Verdict.OK:
                tally.silent += question.rows
            elif answer is None:
                tally.failed.append(question)
            elif answer.points_to is not None and not question.stands_for:
                tally.to_follow.append(
                    NumberRequest(answer.points_to, question.rows, stands_for=True)
                )
            else:
                for row in question.rows:
                    self._write(row, question, answer, now, tally, note=note)
        return RequestResult(reply.verdict, reply.reason, bool(reply.answers), tally)

    def _write(
        self,
        row: Row,
        question: NumberRequest,
        answer: TrackingResult,
        now: datetime,
        tally: BatchResult,
        *,
        note: bool,
    ) -> None:
        tally.checked += 1
        if question.stands_for:
            answer = replace(answer, known=True, points_to=question.number)
        if not is_news(answer, row.fingerprint):
            if note or is_due(row, now):
                tally.answered.append((row, now))
            if row.second_at is not None and row.second_at <= epoch_minutes(now):
                tally.for_second.append(row)
            return
        source = self._source.name
        added = added_to(answer, row.fingerprint)
        written = added is not None and self._watch.add_answer(row, answer, source, now, added)
        if written or self._watch.merge_answer(row, answer, source, now):
            tally.changed += 1
        _log.info("news", extra={"order_id": row.order_id, "events": len(answer.events)})

    def _take_in(self, asked: RequestResult, tally: BatchResult) -> None:
        tally.add(asked.tally)
        now = self._clock.now()
        health = self._health.after(asked.verdict, now, self._limits, any_answer=asked.any_answer)
        if asked.verdict is not Verdict.OK:
            _log.warning("no answer", extra={"source": self._source.name, "why": asked.reason})
        if asked.verdict is Verdict.BLOCKED:
            tally.complete = False
        self._set_health(health)

    def _leave_unasked(self, batch: Sequence[NumberRequest], tally: BatchResult) -> None:
        tally.complete = False
        for question in batch:
            tally.unasked += question.rows
        self._set_health(self._health.unasked(self._clock.now()))

    def _leave_over(
        self, batch: Sequence[NumberRequest], questions: Iterator[NumberRequest], tally: BatchResult
    ) -> None:
        """Leave what there is no time for to the next run."""
        tally.first_unserved = batch[0].rows[0]
        tally.left_over += sum(len(q.rows) for q in batch) + sum(len(q.rows) for q in questions)

    def _set_health(self, health: CircuitBreaker) -> None:
        if health != self._health:
            self._health = health
            self._watch.save_health(self._source.name, health)
        self._report.source = health.verdict
