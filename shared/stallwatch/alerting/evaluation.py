"""Evaluate an order: apply the rules to all that is known of it, and write the differences.

What woke the evaluation is only a hint. It reads everything of the order in one query, decides on
what is true now, and writes nothing where nothing changed, so that being woken twice, late or for
nothing does no harm.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stallwatch.alerting.ports import EvaluationStore
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.domain.errors import ConflictError
from stallwatch.domain.orders import Order, Service, State
from stallwatch.domain.parcels import Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.cadence import cadence, grows_silent_at, next_change_at
from stallwatch.orders.delivery_times import ENOUGH, DeliveryStats, lived_of
from stallwatch.orders.money import stake_of
from stallwatch.orders.pressing import pressing_of
from stallwatch.orders.snapshot import MOST_STAYS, Counted, OrderSnapshot, WatchEntry, listed
from stallwatch.rules.annotations import annotate_anomalies, annotations_of
from stallwatch.rules.anomalies import anomalies
from stallwatch.rules.decision import Decision
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.schedule import CADENCES, NEW, PollSchedule, SlotStay

_log = logging.getLogger(__name__)


_TRIES = 5


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluates orders, and keeps count of what they are.

    Args:
        store: The orders' data.
        schedule: The slots.
        thresholds: The numbers of the rules.
        second_source: Whether a second source is configured.
        answers_come_late: Whether the source has to look for what it is asked for the first time.
    """

    store: EvaluationStore
    schedule: PollSchedule
    thresholds: Thresholds
    second_source: bool = False
    answers_come_late: bool = False
    counts: Counter[Counted] = field(default_factory=Counter)
    """The changes of the counts that are not written yet."""
    first_checked: set[str] = field(default_factory=set)
    """The orders whose first check has ended."""
    experiences: dict[tuple[Service, str], DeliveryStats] = field(default_factory=dict)
    """What was read of the own parcels, once for all that is evaluated together."""

    def evaluate(self, order_id: str, now: datetime) -> list[AlertRef]:
        """Evaluate an order and raise its alerts.

        Returns:
            The alerts that were raised, as the sending names them.

        Raises:
            ConflictError: it changed under the evaluation again and again.
        """
        for _ in range(_TRIES):
            snapshot = self.store.open(order_id)
            if snapshot is None:
                gone = self.store.clear(order_id)
                if gone is not None:
                    self.counts[gone] -= 1
                return []
            trace = snapshot.trace.open()
            decision = evaluate(
                snapshot.order,
                trace,
                snapshot.alerts,
                snapshot.entry.memory,
                now,
                self.thresholds,
                second_source=self.second_source,
            )
            entry = self._entry(snapshot, decision, now)
            alerts: tuple[Alert, ...] = ()
            if decision.due:
                alerts = self._with_facts(snapshot.order, decision, trace)
            elif entry == snapshot.entry:
                return []
            try:
                pending = self.store.keep(snapshot, entry, alerts)
            except ConflictError:
                continue
            self._count(snapshot.entry, entry)
            if snapshot.entry.slot == NEW != entry.slot:
                self.first_checked.add(order_id)
            for alert in alerts:
                _log.info("alert raised", extra={"order_id": order_id, "alert": alert.key})
            return pending
        raise ConflictError(order_id)

    def _with_facts(self, order: Order, decision: Decision, trace: Trace) -> tuple[Alert, ...]:
        """The alerts that are due, each with what its text is made of."""
        facts = annotations_of(order, decision, trace)
        sharing = self.store.sharing(order)
        facts |= annotate_anomalies(anomalies(order, decision, trace, sharing, self.thresholds))
        if any(alert.kind in {AlertKind.LATE, AlertKind.STALLED} for alert in decision.due):
            days = self._experience(decision.service, order.destination).days
            if days.parcels >= ENOUGH:
                facts["experience"] = [days.parcels, days.percentile(95)]
        return tuple(replace(alert, facts=facts) for alert in decision.due)

    def _experience(self, service: Service, destination: str) -> DeliveryStats:
        known = self.experiences.get((service, destination))
        if known is None:
            known = self.store.experience(service, destination)
            self.experiences[service, destination] = known
        return known

    def evaluate_source(self, source: str, now: datetime) -> list[Alert]:
        """Raise the alerts that a source's health calls for."""
        due = source_alerts(
            self.store.health(source), self.store.alerts_about_sources(), now, self.thresholds
        )
        for alert in due:
            self.store.keep_source_alert(replace(alert, facts={"source": source}))
            _log.warning("alert raised", extra={"source": source, "alert": alert.key})
        return due

    def write_counts(self) -> None:
        """Write the changes of the counts: once for all that was evaluated together."""
        changes = {counted: n for counted, n in self.counts.items() if n}
        self.counts.clear()
        if changes:
            self.store.add_to_totals(changes)

    def _count(self, before: WatchEntry, after: WatchEntry) -> None:
        if before.stage is not None:
            self.counts[before.state, before.stage] -= 1
        if after.stage is not None:
            self.counts[after.state, after.stage] += 1

    def _entry(self, snapshot: OrderSnapshot, decision: Decision, now: datetime) -> WatchEntry:
        order, trace, before = snapshot.order, snapshot.trace, snapshot.entry
        slot: str | None
        if decision.state is State.CLOSED:
            slot = None
        elif order.tracking_number is not None and trace.asked_at is None:
            # It stays where every run looks until the source has been asked about its number.
            slot = NEW
        elif self.answers_come_late and trace.number is not None and trace.answered_at is None:
            slot = self.schedule.slot(order.order_id, min(CADENCES))
        else:
            slot = self.schedule.slot(order.order_id, cadence(order, decision, now))
        rules = (decision.next_rule_at, self._grows_silent_at(order, decision))
        rule_at = None if slot is None else _earliest(rules)
        clocks = (decision.next_clock_at, next_change_at(order, now))
        stays = before.stays
        if slot != before.slot:
            since = from_epoch_minutes(epoch_minutes(now - timedelta(microseconds=1)) + 1)
            stays = (*stays, SlotStay(slot or "", since))[-MOST_STAYS:]
        return WatchEntry(
            order_version=snapshot.version,
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
            pressing=pressing_of(decision, now.date()),
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


def source_alerts(
    health: CircuitBreaker, alerts: Iterable[Alert], now: datetime, thresholds: Thresholds
) -> list[Alert]:
    """The alerts to the owner that are due: `source_down` after a day, `source_up` after it."""
    raised = {a.key for a in alerts}
    due = []
    if health.is_down(now, thresholds) and health.down_since is not None:
        due.append(_alert(AlertKind.SOURCE_DOWN, health.down_since, now))
    for outage in health.outages:
        down = _alert(AlertKind.SOURCE_DOWN, outage.since, now)
        if down.key in raised:
            due.append(_alert(AlertKind.SOURCE_UP, outage.since, now))
    return [a for a in due if a.key not in raised]


def _alert(kind: AlertKind, since: datetime, now: datetime) -> Alert:
    return Alert(kind=kind, raised_at=now, about=since.isoformat())
