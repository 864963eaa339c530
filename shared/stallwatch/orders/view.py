"""An order as it stands: its data, what the rules make of it, and when it is checked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from stallwatch.domain.alerts import AlertKind, Situation
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.ports import OrderStore
from stallwatch.orders.pressing import pressing_of
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.polling.state import Progress
from stallwatch.rules.anomalies import Anomaly, anomalies
from stallwatch.rules.decision import NO_DATES, Decision
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.run_log import last_answer_before_silence, last_check_of
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
    snapshot: OrderSnapshot
    checked: TraceRecord
    """The trace as it is stored, with what the run log knows of later looks."""
    turn_lengths: tuple[int, ...]
    """The lengths, in minutes, that turns have had."""
    checked_at: datetime | None
    next_check_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderViewer:
    """Makes views of orders: what their data means at an instant.

    Args:
        store: The orders, the run records and the poll's progress.
        schedule: The slots.
        thresholds: The numbers of the rules.
        second_source: Whether a second source is configured.
    """

    store: OrderStore
    schedule: PollSchedule
    thresholds: Thresholds
    second_source: bool = False

    def view(
        self,
        snapshot: OrderSnapshot,
        progress: Progress,
        now: datetime,
        *,
        alone: bool = False,
    ) -> OrderView:
        """An order as it stands now, with the last answer that the run log knows of.

        Which other orders have its number is looked up where it is shown alone, or where that
        belongs to the advice.
        """
        entry = snapshot.entry
        slot = entry.slot or ""
        checked_at, checked = self._last_check(snapshot, progress)
        opened = checked.open()
        decision = evaluate(
            snapshot.order,
            opened,
            snapshot.alerts,
            entry.memory,
            now,
            self.thresholds,
            second_source=self.second_source,
        )
        sharing: tuple[str, ...] = ()
        if alone or decision.escalation is AlertKind.NEVER_SCANNED:
            sharing = self.store.sharing(snapshot.order)
        return OrderView(
            at=now,
            order=snapshot.order,
            trace=opened,
            state=decision.state,
            decision=decision,
            observations=tuple(
                anomalies(snapshot.order, decision, opened, sharing, self.thresholds)
            ),
            snapshot=snapshot,
            turn_lengths=progress.turn_lengths,
            checked=checked,
            checked_at=checked_at,
            next_check_at=self.schedule.next_turn(slot, now) if slot else None,
        )

    def _last_check(
        self, snapshot: OrderSnapshot, progress: Progress
    ) -> tuple[datetime | None, TraceRecord]:
        """When it was last tried, and its trace with what the run log knows of later checks."""
        entry, trace = snapshot.entry, snapshot.trace
        slot = entry.slot or ""
        checked_at, checked = trace.asked_at, trace
        if slot and trace.number is not None:
            order_id, since = snapshot.order.order_id, entry.in_slot_since
            lengths = progress.turn_lengths
            check = last_check_of(order_id, slot, since, progress.turns, lengths, self._silent_in)
            checked_at = _later(checked_at, check.tried_at)
            answered_at, silent_since = check.answered_at, check.silent_since
            if check.may_be_silent:
                runs = (run for turn in turns_of(slot, lengths) for run in self.store.runs(turn))
                answered_at = last_answer_before_silence(order_id, since, runs)
            checked = replace(
                trace,
                answered_at=trace.answered_at and _later(trace.answered_at, answered_at),
                silent_since=trace.silent_since or silent_since,
            )
        return checked_at, checked

    def listed_view(self, snapshot: OrderSnapshot, progress: Progress, now: datetime) -> OrderView:
        """An order as it stands in a list, which reads alerts only where they make a difference.

        Without them an alert that went out looks due. Where the order would stand in another place
        than its last evaluation gave it, its alerts are read; not where it closed the order.
        """
        shown = self.view(snapshot, progress, now)
        if snapshot.entry.state is State.CLOSED:
            return shown if shown.state is State.CLOSED else _ended(shown)
        if pressing_of(shown.decision, now.date()) != snapshot.entry.pressing:
            whole = self.store.open(snapshot.order.order_id)
            if whole is not None:
                return self.view(whole, progress, now)
        return shown

    def _silent_in(self, turn: str) -> Mapping[str, datetime]:
        """The silent orders of a turn's last answered run, by short name."""
        return next((run.silent for run in self.store.runs(turn) if run.answered), {})


def _ended(shown: OrderView) -> OrderView:
    """An order whose watch has ended by itself: no word of the buyer's closed it, so alerts did."""
    decision = shown.decision._replace(
        state=State.CLOSED,
        escalation=None,
        key_dates=NO_DATES,
        situation=Situation.CLOSED_ENDED,
    )
    return replace(shown, state=State.CLOSED, decision=decision)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
