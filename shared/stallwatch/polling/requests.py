"""The requests of a run: in batches, at the set pace, a few in flight at a time.

Where the run has workers, they make its requests, each at the instant that it is given. A request
that no worker made in time the run makes itself.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby, islice
from typing import Any

from stallwatch.polling.answers import AnswerWriter
from stallwatch.polling.gate import RequestGate
from stallwatch.polling.ports import Workers
from stallwatch.polling.remote import ask_worker
from stallwatch.polling.state import Pace, WatchRow
from stallwatch.polling.tally import BatchResult, NumberRequest, RequestResult
from stallwatch.tracking.schedule import NEW
from stallwatch.tracking.source import Verdict

_log = logging.getLogger(__name__)

WORKERS_LEAD = timedelta(milliseconds=250)
"""How long before its time a request is handed to a worker, who then waits for it."""


class RequestRunner:
    """Makes the requests of one run.

    Args:
        gate: Pace, circuit and time.
        writer: Makes one request and writes what is news.
        pace: How many numbers a request asks about, and how many requests are in flight.
        workers: Who makes the requests; None: the run itself.
    """

    def __init__(
        self, gate: RequestGate, writer: AnswerWriter, pace: Pace, workers: Workers | None
    ) -> None:
        self._gate = gate
        self._writer = writer
        self._pace = pace
        self._workers = workers

    def ask(
        self,
        requests: Iterator[NumberRequest],
        result: BatchResult,
        size: int,
        *,
        note: bool,
        again: bool = False,
    ) -> None:
        """Ask in batches.

        Args:
            requests: The numbers.
            result: Takes what comes of it.
            size: How many numbers one request asks about.
            note: Whether the evaluation shall look at every answer.
            again: Whether the orders were asked about before: what there is no time for has then
                got no answer, and is not left over.
        """
        in_flight: deque[tuple[Sequence[NumberRequest], Future[RequestResult | None]]] = deque()

        def collect() -> None:
            batch, sent = in_flight.popleft()
            answered = sent.result()
            if answered is None:
                self._ask_after_all(batch, result, note=note)
            else:
                self._collect(answered, result)

        with _requesters(self._pace.parallel) as requesters:
            while batch := list(islice(requests, size)):
                if not self._gate.has_time:
                    if again:
                        result.failed += [*batch, *requests]
                    else:
                        _leave_over(batch, requests, result)
                    break
                while in_flight and (
                    len(in_flight) >= self._pace.parallel or self._gate.circuit.is_half_open
                ):
                    collect()
                if not self._gate.is_open:
                    self._leave_unasked(batch, result)
                    continue
                in_flight.append((batch, self._send(requesters, batch, note=note)))
            while in_flight:
                collect()

    def _send(
        self, requesters: Any, batch: Sequence[NumberRequest], *, note: bool
    ) -> "Future[RequestResult | None]":
        """Have a request made at its time, by a worker where there are any; a probe never is."""
        sent: Future[RequestResult | None]
        if self._workers is None or self._gate.circuit.is_half_open:
            self._gate.keep_pace()
            sent = requesters.submit(self._writer.request, batch, note=note)
        else:
            at = self._gate.keep_pace(WORKERS_LEAD)
            sent = requesters.submit(ask_worker, self._workers, batch, at, note=note)
        return sent

    def _ask_after_all(
        self, batch: Sequence[NumberRequest], result: BatchResult, *, note: bool
    ) -> None:
        """Make a request that no worker has made, or none has told of."""
        if not self._gate.is_open:
            self._leave_unasked(batch, result)
        elif not self._gate.has_time:
            result.failed += batch
        else:
            self._gate.keep_pace()
            self._collect(self._writer.request(batch, note=note), result)

    def _collect(self, answered: RequestResult, result: BatchResult) -> None:
        result.add(answered.batch)
        if answered.verdict is not Verdict.OK:
            why = {"source": self._gate.source, "why": answered.reason}
            _log.warning("no answer", extra=why)
        if answered.verdict is Verdict.BLOCKED:
            result.complete = False
        self._gate.record(answered.verdict, any_answer=answered.any_answer)

    def _leave_unasked(self, batch: Sequence[NumberRequest], result: BatchResult) -> None:
        result.complete = False
        for request in batch:
            result.unasked += request.rows
        self._gate.record_unasked()


def numbers_of(
    rows: Iterable[WatchRow], result: BatchResult, served: set[str]
) -> Iterator[NumberRequest]:
    """The numbers to ask about; neighbours with the same number are asked about once.

    Args:
        rows: The orders that are due.
        result: Takes those that are not to be asked about, and counts the others.
        served: Takes the new orders, which are served once in a run.
    """
    for number, group in groupby(rows, key=lambda row: row.number):
        waiting = []
        for row in group:
            if row.slot == NEW:
                served.add(row.order_id)
            if number is None or row.gone:
                result.unasked.append(row)
            else:
                result.due += 1
                waiting.append(row)
        if number is not None and waiting:
            yield NumberRequest(number, tuple(waiting))


def _leave_over(
    batch: Sequence[NumberRequest], requests: Iterator[NumberRequest], result: BatchResult
) -> None:
    """Leave what there is no time for to the next run."""
    result.first_unserved = batch[0].rows[0]
    result.left_over += sum(len(r.rows) for r in batch) + sum(len(r.rows) for r in requests)


class _Inline:
    """Runs at once what a pool would run in a thread."""

    def submit(self, work: Any, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(work(*args, **kwargs))
        return future


@contextmanager
def _requesters(parallel: int) -> Iterator[Any]:
    if parallel == 1:
        yield _Inline()
    else:
        with ThreadPoolExecutor(parallel) as pool:
            yield pool
