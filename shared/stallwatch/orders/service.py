"""Add, look up, change and forget orders, and take down what the buyer says of them."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from secrets import token_hex

from stallwatch.domain import actions, validation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import ConflictError, ExistsError, MissingError
from stallwatch.domain.orders import Action, Order, State
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.ports import OrderStore, PageCursor, PollTrigger
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.orders.view import OrderView, _later
from stallwatch.polling.state import Progress
from stallwatch.rules.anomalies import anomalies
from stallwatch.rules.decision import Decision
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.run_log import INDEX_LAG, last_check, short_name
from stallwatch.tracking.schedule import PollSchedule, turns_of

_log = logging.getLogger(__name__)


_TRIES = 5


_NOT_GIVEN = frozenset({"created_at", "incarnation", "number_changed_at", "actions"})
"""What is in an order that the buyer does not give with it."""


Rewrite = Callable[[Order, Decision], Order]
"""Makes another order of one, given what it means now."""


@dataclass(frozen=True, slots=True)
class OrderService:
    """Where the buyer's requests are handled.

    Args:
        records: The orders.
        nudge: Starts a run of the pull.
        wheel: The slots.
        limits: The numbers of the rules.
        second_source: Whether a second source is configured.
    """

    records: OrderStore
    nudge: PollTrigger
    schedule: PollSchedule
    limits: Thresholds
    second_source: bool = False

    def add(self, order: Order, now: datetime) -> tuple[OrderView, bool]:
        """Add an order and have it checked at once.

        Returns:
            The order as it stands, and whether it is new.

        Raises:
            ExistsError: there is another one with its id.
            UnacceptableError: it makes no sense.
        """
        validation.check(order, now)
        order = replace(order, created_at=now, incarnation=token_hex(4))
        if insisting(lambda: self.records.create(order)):
            _log.info("order added", extra={"order_id": order.order_id})
            self._call_for_check(now)
            return self.get(order.order_id, now), True
        there = self.get(order.order_id, now)
        if not _is_same(order, there.order):
            raise ExistsError(order.order_id)
        return there, False

    def get(self, order_id: str, now: datetime) -> OrderView:
        """An order as it stands.

        Raises:
            MissingError: there is none.
        """
        return self._seen(self._open(order_id), self.records.progress(), now, alone=True)

    def list(
        self, state: State | None, limit: int, place: PageCursor | None, now: datetime
    ) -> tuple[list[OrderView], PageCursor | None]:
        """A page of orders, and where it goes on."""
        page = self.records.page(state, limit, place)
        progress = self.records.progress()
        return [self._listed(d, progress, now) for d in page.dossiers], page.next

    def change(self, order_id: str, changes: Mapping[str, object], now: datetime) -> OrderView:
        """Change what the buyer gave of an order.

        Args:
            order_id: The order.
            changes: Fields of `Order` with their new values.
            now: The present instant.

        Raises:
            MissingError: there is no such order.
            UnacceptableError: the order makes no sense with the changes.
        """

        def changed(order: Order, _: Decision) -> Order:
            wanted: Order = replace(order, **changes)  # type: ignore[arg-type]
            validation.check(wanted, now)
            return actions.change(order, wanted, now)

        return self._rewrite(order_id, changed, now)

    def act(self, order_id: str, action: Action, now: datetime) -> OrderView:
        """Take down what the buyer says of an order.

        Raises:
            MissingError: there is no such order.
            SenselessError: it makes no sense now.
        """

        def acted(order: Order, decision: Decision) -> Order:
            said = replace(action, at=now, episode=decision.reading.episode)
            return actions.act(order, said, decision.state)

        return self._rewrite(order_id, acted, now)

    def forget(self, order_id: str) -> None:
        """Forget an order.

        Raises:
            MissingError: there is none.
        """
        if not insisting(lambda: self.records.forget(order_id)):
            raise MissingError(order_id)
        _log.info("order forgotten", extra={"order_id": order_id})

    def _rewrite(self, order_id: str, rewrite: Rewrite, now: datetime) -> OrderView:
        for _ in range(_TRIES):
            dossier = self._open(order_id)
            seen = self._seen(dossier, self.records.progress(), now)
            order = rewrite(dossier.order, seen.decision)
            if order == dossier.order:
                return seen
            try:
                self.records.replace(dossier, order, seen.looked)
            except ConflictError:
                continue
            _log.info("order changed", extra={"order_id": order_id})
            if order.tracking_number != dossier.order.tracking_number:
                self._call_for_check(now)
            return self.get(order_id, now)
        raise ConflictError(order_id)

    def _open(self, order_id: str) -> OrderSnapshot:
        dossier = self.records.open(order_id)
        if dossier is None:
            raise MissingError(order_id)
        return dossier

    def _call_for_check(self, now: datetime) -> None:
        if self.records.call_for_check(now):
            self.nudge()

    def _listed(self, dossier: OrderSnapshot, progress: Progress, now: datetime) -> OrderView:
        """An order as it stands in a list, where its alerts are not read: they may close it."""
        seen = self._seen(dossier, progress, now)
        if dossier.entry.state is not State.CLOSED:
            return seen
        decision = seen.decision._replace(state=State.CLOSED)
        return replace(seen, state=State.CLOSED, decision=decision)

    def _seen(
        self,
        dossier: OrderSnapshot,
        progress: Progress,
        now: datetime,
        *,
        alone: bool = False,
    ) -> OrderView:
        """An order as it stands now, with the last answer that the ledger knows of.

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


def insisting(write: Callable[[], bool]) -> bool:
    """What a write gives that another one may be in the way of.

    Raises:
        ConflictError: there was one again and again.
    """
    for _ in range(_TRIES - 1):
        try:
            return write()
        except ConflictError:
            continue
    return write()


def _is_same(one: Order, other: Order) -> bool:
    """Whether the buyer gave the same of both."""
    given = {f.name for f in fields(Order)} - _NOT_GIVEN
    return all(getattr(one, name) == getattr(other, name) for name in given)
