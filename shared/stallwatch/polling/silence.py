"""Silences: since when orders get no answer, as the run log and their traces know it."""

from collections.abc import Mapping
from datetime import datetime

from stallwatch.domain.clock import Clock, days
from stallwatch.domain.thresholds import Thresholds
from stallwatch.polling.gate import RequestGate
from stallwatch.polling.ports import SilenceStore
from stallwatch.polling.state import Progress, WatchRow
from stallwatch.polling.tally import BatchResult
from stallwatch.tracking.run_log import (
    OrderCheck,
    last_answer_before_silence,
    last_check_of,
    short_name,
)
from stallwatch.tracking.schedule import turns_of


class Silences:
    """Reads, within one run, since when orders get no answer.

    Args:
        store: The run records and the traces.
        gate: The source's circuit.
        clock: The time.
        thresholds: The numbers of the rules.
    """

    def __init__(
        self, store: SilenceStore, gate: RequestGate, clock: Clock, thresholds: Thresholds
    ) -> None:
        self._store = store
        self._gate = gate
        self._clock = clock
        self._thresholds = thresholds
        self._silent_by_turn: dict[str, Mapping[str, datetime]] = {}

    def beginning_now(self) -> datetime:
        """A silence that begins now: in whole minutes like the run log's, so it stays the same."""
        return self._clock.now().replace(second=0, microsecond=0)

    def since(self, row: WatchRow, progress: Progress) -> datetime:
        """Since when an order that gets no answer now gets none.

        It goes on from the last answered run of its slot; where the order came into the slot while
        it got no answer, its trace says since when.
        """
        check = self._last_check(row, progress)
        known = check.silent_since
        if check.answered_at is None and known is None:
            known = self._store.silent_since(row.order_id)
        return known or self.beginning_now()

    def of_turn(self, result: BatchResult, progress: Progress) -> dict[str, datetime]:
        """The orders without an answer in a turn, by short name, and since when."""
        return {short_name(row.order_id): self.since(row, progress) for row in result.unanswered}

    def answered_at(self, row: WatchRow, progress: Progress) -> datetime | None:
        """The last answer about an order, as the run log proves it."""
        if row.number is None or row.gone:
            return None
        check = self._last_check(row, progress)
        if not check.may_be_silent:
            return check.answered_at
        turns = turns_of(row.slot, progress.turn_lengths)
        runs = (run for turn in turns for run in self._store.runs(turn))
        since = self._store.in_slot_since(row.order_id)
        return last_answer_before_silence(row.order_id, since, runs)

    def is_too_long(self, since: datetime, result: BatchResult) -> bool:
        """Whether a number gets no answer for too long, while the source is up."""
        is_up = result.checked > 0 or not self._gate.is_down()
        asked_for = self._gate.circuit.asked_for(since, self._clock.now())
        return is_up and asked_for >= days(self._thresholds.unanswered)

    def forget(self, turn: str) -> None:
        """Read a turn's last run anew: there is a newer one."""
        self._silent_by_turn.pop(turn, None)

    def _last_check(self, row: WatchRow, progress: Progress) -> OrderCheck:
        return last_check_of(
            row.order_id,
            row.slot,
            self._store.in_slot_since(row.order_id),
            progress.turns,
            progress.turn_lengths,
            self._silent_in,
        )

    def _silent_in(self, turn: str) -> Mapping[str, datetime]:
        if turn not in self._silent_by_turn:
            self._silent_by_turn[turn] = self._store.silent_of(turn)
        return self._silent_by_turn[turn]
