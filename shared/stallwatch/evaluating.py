"""Evaluate an order: apply the rules to all that is known of it, and write the differences.

What woke the evaluation is only a hint. It reads everything of the order in one query, decides on
what is true now, and writes nothing where nothing changed, so that being woken twice, late or for
nothing does no harm.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from stallwatch.errors import ConflictError
from stallwatch.experience import ENOUGH, Experience, Lived, lived_of
from stallwatch.facts import facts_of, seen_facts
from stallwatch.health import Health, source_alerts
from stallwatch.ledger import Stay
from stallwatch.letters import Pending
from stallwatch.limits import Limits
from stallwatch.model import Alert, Kind, Order, Service, Stage, State, Trace
from stallwatch.money import Stake, stake_of
from stallwatch.rules import Decision, Memory, evaluate
from stallwatch.suspicions import observations
from stallwatch.traces import TraceRecord
from stallwatch.wheel import (
    CADENCES,
    NEW,
    Wheel,
    cadence,
    epoch_minutes,
    from_epoch_minutes,
    grows_silent_at,
    next_change_at,
)

_log = logging.getLogger(__name__)

_TRIES = 5

MOST_STAYS = 40
"""How many slots of an order's way through the wheel are kept: more than any way has."""


@dataclass(frozen=True, slots=True)
class WatchEntry:
    """An order's place in the watch, as the evaluation leaves it."""

    order_version: int
    """Which version of the order it goes with."""
    slot: str | None
    """None: it is no longer watched."""
    number: str | None
    """What is asked about; None where nothing is."""
    fingerprint: bytes | None
    """Of the answer that the evaluation has seen."""
    rule_at: int | None
    """Epoch minutes, like `clock_at`."""
    clock_at: int | None
    state: State
    stage: Stage | None
    """None until the first evaluation: it is not counted yet."""
    listed: str
    """Where it stands in lists."""
    in_slot_since: datetime | None
    memory: Memory
    stake: Stake | None = None
    """What its price is counted as."""
    lived: Lived | None = None
    """What is counted of its first delivery."""
    stays: tuple[Stay, ...] = ()
    """The slots that it came into, oldest first: which runs were looks at it follows from them."""
    second_at: int | None = None
    """From when on the second source is to be asked; epoch minutes."""

    @classmethod
    def of_new(cls, order: Order) -> "WatchEntry":
        """The entry of an order that no evaluation has seen."""
        return cls(
            order_version=1,
            slot=NEW,
            number=order.tracking_number,
            fingerprint=None,
            rule_at=None,
            clock_at=None,
            state=State.WATCHING,
            stage=None,
            listed=listed(order),
            in_slot_since=order.created_at,
            memory=Memory(),
        )


def listed(order: Order) -> str:
    """Where an order stands in lists: by its date."""
    return f"{order.ordered_on}#{order.order_id}"


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything of one order, read at one instant."""

    order: Order
    version: int
    """Counts the changes of the order."""
    trace: TraceRecord
    entry: WatchEntry
    revision: int
    """Counts the writes of the entry, whoever made them."""
    alerts: tuple[Alert, ...]


Counted = tuple[State, Stage]
"""What an order is counted as."""


class Files(Protocol):
    """What the evaluation reads and writes."""

    def open(self, order_id: str) -> Dossier | None:
        """Everything of an order; None where there is no such order."""

    def keep(self, dossier: Dossier, entry: WatchEntry, alerts: Sequence[Alert]) -> list[Pending]:
        """Write an order's new entry and the alerts raised about it, all or nothing.

        The totals of the money and of the delivery days change with it.

        Returns:
            The alerts as the sending names them.

        Raises:
            ConflictError: the entry was written since the dossier was read.
        """

    def experience(self, service: Service, destination: str) -> Experience:
        """What the own parcels of a service to a destination have shown."""

    def clear(self, order_id: str) -> Counted | None:
        """Delete what is left of an order that is no longer there, and its price from the totals.

        Returns:
            As what it was counted.
        """

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        """Add to the counts over all orders."""

    def sharing(self, order: Order) -> tuple[str, ...]:
        """Other orders with the same tracking number, some of them where there are many."""

    def health(self, source: str) -> Health:
        """The health of a source."""

    def alerts_about_sources(self) -> list[Alert]:
        """The alerts about sources so far."""

    def keep_source_alert(self, alert: Alert) -> None:
        """Write an alert about a source, unless it is there."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluates orders, and keeps count of what they are.

    Args:
        files: The orders' data.
        wheel: The slots.
        limits: The numbers of the rules.
        second_source: Whether a second source is configured.
        answers_come_late: Whether the source has to look for what it is asked for the first time.
    """

    files: Files
    wheel: Wheel
    limits: Limits
    second_source: bool = False
    answers_come_late: bool = False
    counts: Counter[Counted] = field(default_factory=Counter)
    """The changes of the counts that are not written yet."""
    experiences: dict[tuple[Service, str], Experience] = field(default_factory=dict)
    """What was read of the own parcels, once for all that is evaluated together."""

    def evaluate(self, order_id: str, now: datetime) -> list[Pending]:
        """Evaluate an order and raise its alerts.

        Returns:
            The alerts that were raised, as the sending names them.

        Raises:
            ConflictError: it changed under the evaluation again and again.
        """
        for _ in range(_TRIES):
            dossier = self.files.open(order_id)
            if dossier is None:
                gone = self.files.clear(order_id)
                if gone is not None:
                    self.counts[gone] -= 1
                return []
            trace = dossier.trace.open()
            decision = evaluate(
                dossier.order,
                trace,
                dossier.alerts,
                dossier.entry.memory,
                now,
                self.limits,
                second_source=self.second_source,
            )
            entry = self._entry(dossier, decision, now)
            alerts: tuple[Alert, ...] = ()
            if decision.due:
                alerts = self._with_facts(dossier.order, decision, trace)
            elif entry == dossier.entry:
                return []
            try:
                pending = self.files.keep(dossier, entry, alerts)
            except ConflictError:
                continue
            self._count(dossier.entry, entry)
            for alert in alerts:
                _log.info("alert raised", extra={"order_id": order_id, "alert": alert.key})
            return pending
        raise ConflictError(order_id)

    def _with_facts(self, order: Order, decision: Decision, trace: Trace) -> tuple[Alert, ...]:
        """The alerts that are due, each with what its text is made of."""
        facts = facts_of(order, decision, trace)
        if any(alert.kind is Kind.NEVER_SCANNED for alert in decision.due):
            sharing = self.files.sharing(order)
            facts |= seen_facts(observations(order, decision, trace, sharing, self.limits))
        if any(alert.kind in {Kind.LATE, Kind.STALLED} for alert in decision.due):
            days = self._experience(decision.service, order.destination).days
            if days.parcels >= ENOUGH:
                facts["experience"] = [days.parcels, days.percentile(95)]
        return tuple(replace(alert, facts=facts) for alert in decision.due)

    def _experience(self, service: Service, destination: str) -> Experience:
        known = self.experiences.get((service, destination))
        if known is None:
            known = self.files.experience(service, destination)
            self.experiences[service, destination] = known
        return known

    def evaluate_source(self, source: str, now: datetime) -> list[Alert]:
        """Raise the alerts that a source's health calls for."""
        due = source_alerts(
            self.files.health(source), self.files.alerts_about_sources(), now, self.limits
        )
        for alert in due:
            self.files.keep_source_alert(replace(alert, facts={"source": source}))
            _log.warning("alert raised", extra={"source": source, "alert": alert.key})
        return due

    def write_counts(self) -> None:
        """Write the changes of the counts: once for all that was evaluated together."""
        changes = {counted: n for counted, n in self.counts.items() if n}
        self.counts.clear()
        if changes:
            self.files.add_to_totals(changes)

    def _count(self, before: WatchEntry, after: WatchEntry) -> None:
        if before.stage is not None:
            self.counts[before.state, before.stage] -= 1
        if after.stage is not None:
            self.counts[after.state, after.stage] += 1

    def _entry(self, dossier: Dossier, decision: Decision, now: datetime) -> WatchEntry:
        order, trace, before = dossier.order, dossier.trace, dossier.entry
        slot: str | None
        if decision.state is State.CLOSED:
            slot = None
        elif order.tracking_number is not None and trace.asked_at is None:
            # It stays where every run looks until the source has been asked about its number.
            slot = NEW
        elif self.answers_come_late and trace.number is not None and trace.answered_at is None:
            slot = self.wheel.slot(order.order_id, min(CADENCES))
        else:
            slot = self.wheel.slot(order.order_id, cadence(order, decision, now))
        rules = (decision.next_rule_at, self._grows_silent_at(order, decision))
        rule_at = None if slot is None else _earliest(rules)
        clocks = (decision.next_clock_at, next_change_at(order, now))
        stays = before.stays
        if slot != before.slot:
            since = from_epoch_minutes(epoch_minutes(now - timedelta(microseconds=1)) + 1)
            stays = (*stays, Stay(slot or "", since))[-MOST_STAYS:]
        return WatchEntry(
            order_version=dossier.version,
            slot=slot,
            number=None if slot is None else order.tracking_number,
            fingerprint=trace.seen_fingerprint,
            rule_at=rule_at,
            clock_at=None if slot is None else _earliest(clocks),
            state=decision.state,
            stage=decision.stage,
            listed=listed(order),
            in_slot_since=before.in_slot_since if slot == before.slot else now,
            memory=decision.memory,
            stake=stake_of(order, decision.state, decision.stage),
            lived=before.lived or lived_of(order, decision),
            stays=stays,
            second_at=_second_at(decision, rule_at),
        )

    def _grows_silent_at(self, order: Order, decision: Decision) -> datetime | None:
        if order.tracking_number is None or decision.state is not State.WATCHING:
            return None
        return None if decision.answered_at is None else grows_silent_at(decision)


def _second_at(decision: Decision, rule_at: int | None) -> int | None:
    """From when on the second source is to be asked.

    It is left out while another evaluation comes before it, so that few rows of the watch carry it.
    """
    if decision.second_from is None:
        return None
    second_at = epoch_minutes(decision.second_from)
    return second_at if rule_at is None or second_at <= rule_at else None


def _earliest(instants: Iterable[datetime | None]) -> int | None:
    known = [instant for instant in instants if instant is not None]
    return epoch_minutes(min(known)) if known else None
