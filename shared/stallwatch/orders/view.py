"""An order as it stands: its data, what the rules make of it, and when it is checked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.ports import OrderStore
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.polling.state import Progress
from stallwatch.rules.anomalies import Anomaly, anomalies
from stallwatch.rules.decision import Decision
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.run_log import INDEX_LAG, last_check, short_name
from stallwatch.tracking.schedule import PollSchedule, turns_of
from stallwatch.tracking.trace_record import TraceRecord


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it stands, with what is known of our looking at it."""

    at: datetime
    order: Order
    trace: Trace
    state: State
    decision: Decision
    observations: tuple[Anomaly, ...]
    """What is odd about its number; in a list without what other orders have."""
    dossier: OrderSnapshot
    looked: TraceRecord
    """The trace as it is stored, with what the ledger knows of later looks."""
    turn_lengths: tuple[int, ...]
    """The lengths, in minutes, that turns have had."""
    checked_at: datetime | None
    next_check_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderViewer:
    """Makes views of orders: what their data means at an instant.

    Args:
        records: The orders, the run records and the poll's progress.
        schedule: The slots.
        limits: The thresholds of the rules.
        second_source: Whether a second source is configured.
    """

    records: OrderStore
    schedule: PollSchedule
    limits: Thresholds
    second_source: bool = False

    def view(
        self,
        dossier: OrderSnapshot,
        progress: Progress,
        now: datetime,
        *,
        alone: bool = False,
    ) -> OrderView:
        """An order as it stands now, with the last answer that the run log knows of.

        Which other orders have its number is looked up where it is shown alone, or where that
        belongs to the advice.
        """
        entry, trace = dossier.entry, dossier.trace
        slot = entry.slot or ""
        checked_at, looked = trace.asked_at, trace
        if slot and trace.number is not None:
            lengths = progress.turn_lengths
            look = last_check(progress.turns, lengths, slot, entry.in_slot_since)
            checked_at = _later(checked_at, look.tried_at)
            answered_at, silent_since = look.answered_at, None
            if look.turn is not None:
                answered_at = self._answered_before_silence(dossier, slot, lengths)
                silent_since = self._silent_since(dossier, look.turn)
            looked = replace(
                trace,
                answered_at=trace.answered_at and _later(trace.answered_at, answered_at),
                silent_since=trace.silent_since or silent_since,
            )
        opened = looked.open()
        decision = evaluate(
            dossier.order,
            opened,
            dossier.alerts,
            entry.memory,
            now,
            self.limits,
            second_source=self.second_source,
        )
        sharing: tuple[str, ...] = ()
        if alone or decision.escalation is AlertKind.NEVER_SCANNED:
            sharing = self.records.sharing(dossier.order)
        return OrderView(
            at=now,
            order=dossier.order,
            trace=opened,
            state=decision.state,
            decision=decision,
            observations=tuple(anomalies(dossier.order, decision, opened, sharing, self.limits)),
            dossier=dossier,
            turn_lengths=progress.turn_lengths,
            looked=looked,
            checked_at=checked_at,
            next_check_at=self.schedule.next_turn(slot, now) if slot else None,
        )

    def listed_view(self, dossier: OrderSnapshot, progress: Progress, now: datetime) -> OrderView:
        """An order as it stands in a list, where its alerts are not read: they may close it."""
        shown = self.view(dossier, progress, now)
        if dossier.entry.state is not State.CLOSED:
            return shown
        decision = shown.decision._replace(state=State.CLOSED)
        return replace(shown, state=State.CLOSED, decision=decision)

    def _answered_before_silence(
        self, dossier: OrderSnapshot, slot: str, lengths: Iterable[int]
    ) -> datetime | None:
        """The last answer about an order that may be among the silent ones of its last run."""
        since = dossier.entry.in_slot_since
        if since is None:
            return None
        name = short_name(dossier.order.order_id)
        runs = (run for turn in turns_of(slot, lengths) for run in self.records.runs(turn))
        return max(
            (
                run.at
                for run in runs
                if run.answered and name not in run.silent and run.at >= since + INDEX_LAG
            ),
            default=None,
        )

    def _silent_since(self, dossier: OrderSnapshot, turn: str) -> datetime | None:
        """Since when an order got no answer, where it was silent in a turn's last answered run."""
        run = next((run for run in self.records.runs(turn) if run.answered), None)
        return None if run is None else run.silent.get(short_name(dossier.order.order_id))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
