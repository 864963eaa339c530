"""Add, look up, change and forget orders, and take down what the buyer says of them."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from secrets import token_hex
from typing import Protocol

from stallwatch import deeds, intake
from stallwatch.errors import ConflictError, ExistsError, MissingError
from stallwatch.evaluating import Dossier
from stallwatch.experience import Experience
from stallwatch.health import Health
from stallwatch.ledger import SETTLING, Run, last_look, short_name
from stallwatch.limits import Limits
from stallwatch.model import Action, Kind, Order, Service, Stage, State, Trace
from stallwatch.money import Sums
from stallwatch.pulling import Progress
from stallwatch.registering import Credits
from stallwatch.rules import Decision, evaluate
from stallwatch.suspicions import Observation, observations
from stallwatch.traces import TraceRecord
from stallwatch.wheel import Wheel, turns_of

_log = logging.getLogger(__name__)

_TRIES = 5

_NOT_GIVEN = frozenset({"created_at", "born", "number_changed_at", "actions"})
"""What is in an order that the buyer does not give with it."""

Rewrite = Callable[[Order, Decision], Order]
"""Makes another order of one, given what it means now."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of orders goes on: a state and a place in its list."""

    state: State
    listed: str = ""
    """Where the last order stood in it; empty for its beginning."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of orders."""

    dossiers: tuple[Dossier, ...]
    next: Place | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as it stands, with what is known of our looking at it."""

    at: datetime
    order: Order
    trace: Trace
    state: State
    decision: Decision
    observations: tuple[Observation, ...]
    """What is odd about its number; in a list without what other orders have."""
    dossier: Dossier
    looked: TraceRecord
    """The trace as it is stored, with what the ledger knows of later looks."""
    turn_lengths: tuple[int, ...]
    """The lengths, in minutes, that turns have had."""
    checked_at: datetime | None
    next_check_at: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all orders."""

    states: Mapping[State, int]
    stages: Mapping[Stage, int]
    """Of the orders that are not closed."""
    alerts: Mapping[Kind, int]
    """Sent so far."""
    money: Sums
    experiences: Mapping[tuple[Service, str], Experience]
    """By service and destination."""


class Records(Protocol):
    """What the API reads and writes."""

    def create(self, order: Order) -> bool:
        """Write a new order. False where there is one with its id.

        Raises:
            ConflictError: another write was in the way.
        """

    def open(self, order_id: str) -> Dossier | None:
        """Everything of an order; None where there is no such order."""

    def sharing(self, order: Order) -> tuple[str, ...]:
        """Other orders with the same tracking number, some of them where there are many."""

    def page(self, state: State | None, limit: int, place: Place | None) -> Page:
        """A page of orders, the newest of each state first."""

    def replace(self, dossier: Dossier, order: Order, looked: TraceRecord | None = None) -> None:
        """Write an order that was changed, and have it checked and evaluated.

        Args:
            dossier: The order as it was read.
            order: The order as it shall be.
            looked: Its trace with what the ledger knows of later looks: the order leaves its
                slot, and what follows from the runs of that would be forgotten.

        Raises:
            ConflictError: it was changed since the dossier was read.
        """

    def forget(self, order_id: str) -> bool:
        """Remove an order; what is left of it is cleared away later. False where there is none.

        Raises:
            ConflictError: another write was in the way.
        """

    def progress(self) -> Progress:
        """What the pull has left."""

    def runs(self, turn: str) -> Sequence[Run]:
        """The last runs of a turn, newest first."""

    def health(self, source: str) -> Health:
        """The health of a source."""

    def credits(self, source: str) -> Credits:
        """The credits of a source that takes some."""

    def totals(self) -> Totals:
        """The counts over all orders."""

    def call_for_check(self, now: datetime) -> bool:
        """Count a call for a run of the pull. False where one is running and will heed it."""


class Nudge(Protocol):
    """Starts a run of the pull."""

    def __call__(self) -> None:
        """Start it, without waiting for it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the buyer's requests are handled.

    Args:
        records: The orders.
        nudge: Starts a run of the pull.
        wheel: The slots.
        limits: The numbers of the rules.
        second_source: Whether a second source is configured.
    """

    records: Records
    nudge: Nudge
    wheel: Wheel
    limits: Limits
    second_source: bool = False

    def add(self, order: Order, now: datetime) -> tuple[Seen, bool]:
        """Add an order and have it checked at once.

        Returns:
            The order as it stands, and whether it is new.

        Raises:
            ExistsError: there is another one with its id.
            UnacceptableError: it makes no sense.
        """
        intake.check(order, now)
        order = replace(order, created_at=now, born=token_hex(4))
        if insisting(lambda: self.records.create(order)):
            _log.info("order added", extra={"order_id": order.order_id})
            self._call_for_check(now)
            return self.get(order.order_id, now), True
        there = self.get(order.order_id, now)
        if not _is_same(order, there.order):
            raise ExistsError(order.order_id)
        return there, False

    def get(self, order_id: str, now: datetime) -> Seen:
        """An order as it stands.

        Raises:
            MissingError: there is none.
        """
        return self._seen(self._open(order_id), self.records.progress(), now, alone=True)

    def list(
        self, state: State | None, limit: int, place: Place | None, now: datetime
    ) -> tuple[list[Seen], Place | None]:
        """A page of orders, and where it goes on."""
        page = self.records.page(state, limit, place)
        progress = self.records.progress()
        return [self._listed(d, progress, now) for d in page.dossiers], page.next

    def change(self, order_id: str, changes: Mapping[str, object], now: datetime) -> Seen:
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
            intake.check(wanted, now)
            return deeds.change(order, wanted, now)

        return self._rewrite(order_id, changed, now)

    def act(self, order_id: str, action: Action, now: datetime) -> Seen:
        """Take down what the buyer says of an order.

        Raises:
            MissingError: there is no such order.
            SenselessError: it makes no sense now.
        """

        def acted(order: Order, decision: Decision) -> Order:
            said = replace(action, at=now, episode=decision.reading.episode)
            return deeds.act(order, said, decision.state)

        return self._rewrite(order_id, acted, now)

    def forget(self, order_id: str) -> None:
        """Forget an order.

        Raises:
            MissingError: there is none.
        """
        if not insisting(lambda: self.records.forget(order_id)):
            raise MissingError(order_id)
        _log.info("order forgotten", extra={"order_id": order_id})

    def _rewrite(self, order_id: str, rewrite: Rewrite, now: datetime) -> Seen:
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

    def _open(self, order_id: str) -> Dossier:
        dossier = self.records.open(order_id)
        if dossier is None:
            raise MissingError(order_id)
        return dossier

    def _call_for_check(self, now: datetime) -> None:
        if self.records.call_for_check(now):
            self.nudge()

    def _listed(self, dossier: Dossier, progress: Progress, now: datetime) -> Seen:
        """An order as it stands in a list, where its alerts are not read: they may close it."""
        seen = self._seen(dossier, progress, now)
        if dossier.entry.state is not State.CLOSED:
            return seen
        decision = seen.decision._replace(state=State.CLOSED)
        return replace(seen, state=State.CLOSED, decision=decision)

    def _seen(
        self,
        dossier: Dossier,
        progress: Progress,
        now: datetime,
        *,
        alone: bool = False,
    ) -> Seen:
        """An order as it stands now, with the last answer that the ledger knows of.

        Which other orders have its number is looked up where it is shown alone, or where that
        belongs to the advice.
        """
        entry, trace = dossier.entry, dossier.trace
        slot = entry.slot or ""
        checked_at, looked = trace.asked_at, trace
        if slot and trace.number is not None:
            lengths = progress.turn_lengths
            look = last_look(progress.turns, lengths, slot, entry.in_slot_since)
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
        if alone or decision.rung is Kind.NEVER_SCANNED:
            sharing = self.records.sharing(dossier.order)
        return Seen(
            at=now,
            order=dossier.order,
            trace=opened,
            state=decision.state,
            decision=decision,
            observations=tuple(observations(dossier.order, decision, opened, sharing, self.limits)),
            dossier=dossier,
            turn_lengths=progress.turn_lengths,
            looked=looked,
            checked_at=checked_at,
            next_check_at=self.wheel.next_turn(slot, now) if slot else None,
        )

    def _answered_before_silence(
        self, dossier: Dossier, slot: str, lengths: Iterable[int]
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
                if run.answered and name not in run.silent and run.at >= since + SETTLING
            ),
            default=None,
        )

    def _silent_since(self, dossier: Dossier, turn: str) -> datetime | None:
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


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)


def _is_same(one: Order, other: Order) -> bool:
    """Whether the buyer gave the same of both."""
    given = {f.name for f in fields(Order)} - _NOT_GIVEN
    return all(getattr(one, name) == getattr(other, name) for name in given)
