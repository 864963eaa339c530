"""Outbox dispatcher: sends the pending alerts, none lost and none twice.

An alert is pending until it is marked as sent. The dispatcher holds a lease, which is also its log:
it names the one open batch. The batch is logged before its message goes out and marked as sent, in
one write, afterwards, so the next run knows whether to send that same batch again or only to mark
its alerts. Only where the outcome of a publish is unknown may a message go out twice, with the same
id.

The lease outlives its holder: its end is fixed when it is taken and lies after the end of the run.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stallwatch.alerting.ports import Batch, Notifier, Outbox, Outcome, SendLease
from stallwatch.domain.alerts import Alert, AlertRef, Notification
from stallwatch.domain.clock import LEASE_MARGIN, Clock
from stallwatch.domain.errors import UnavailableError
from stallwatch.rules.due import still_applies

if TYPE_CHECKING:
    from stallwatch.alerting.quiet_hours import QuietHours
    from stallwatch.domain.orders import Order

_log = logging.getLogger(__name__)


MOST_IN_ONE = 50
"""How many orders one message names at the most."""


GAP = timedelta(milliseconds=250)
"""Between two messages: SNS suspends an e-mail subscriber who gets more than ten a second."""


FIRST_RETRY = timedelta(minutes=1)


LONGEST_RETRY = timedelta(hours=1)


LAST_MESSAGE = timedelta(seconds=15)
"""How much time a run needs for one more message and for what follows it."""


LONGEST_WAIT = timedelta(minutes=10)
"""How long an alert may wait for first checks to be over."""


_TRIES = 4


LOOK_AGAIN = timedelta(seconds=1)
"""How long the index may hide what another evaluation has just raised."""


@dataclass(slots=True)
class SendReport:
    """What a sending did."""

    messages: int = 0
    alerts: int = 0
    dropped: int = 0
    unknown: int = 0
    refused: int = 0
    held: bool = False
    """Whether another run held the lease."""
    waiting: bool = False
    """Whether what is about orders waited for first checks to be over."""


@dataclass(slots=True)
class OutboxDispatcher:
    """One run of the sending.

    Args:
        outbox: The pending alerts.
        notifier: What publishes.
        clock: The time.
        owner: What this run signs its lease with: another for each run, retries included.
        quiet_hours: When nothing goes out but what cannot wait; None: never.
        groups: Whether the sending waits, for a while, until first checks are over, so that what
            comes due together is told together.
    """

    outbox: Outbox
    notifier: Notifier
    clock: Clock
    owner: str
    quiet_hours: "QuietHours | None" = None
    groups: bool = False
    report: SendReport = field(default_factory=SendReport)
    _published_at: datetime | None = None
    _batches: int = 0
    _holds_orders: bool = False
    """Whether what is about orders waits, until somebody else wants to send."""
    _isolated: set[AlertRef] = field(default_factory=set)
    """Alerts of a refused batch, which are tried one by one."""

    def send(self, fresh: Sequence[AlertRef] = (), evaluated: Collection[str] = ()) -> SendReport:
        """Send everything that is pending and may go out now.

        Args:
            fresh: Alerts that were just raised, which the index may not show yet.
            evaluated: The orders that were just evaluated: their first check is over, though the
                index may not show it yet.
        """
        now = self.clock.now()
        if self.groups and _more_may_come_due(self.outbox, fresh, evaluated, now):
            self.report.waiting = self._holds_orders = True
            if all(member.order_id for member in (*fresh, *self.outbox.pending())):
                return self.report
        until = now + self.clock.remaining() + LEASE_MARGIN
        lease = self.outbox.take_lease(self.owner, until, now)
        if lease is None:
            self.report.held = True
            return self.report
        try:
            self._send_all(lease, fresh)
        except UnavailableError:
            self.outbox.abandon_lease(self.owner)
            raise
        return self.report

    def _is_quiet(self) -> bool:
        return self.quiet_hours is not None and (
            self.quiet_hours.opens_at(self.clock.now()) is not None
        )

    def _may_go(self, alert: Alert) -> bool:
        return self.quiet_hours is None or self.quiet_hours.must_go(alert, self.clock.now())

    def _send_all(self, lease: SendLease, fresh: Sequence[AlertRef]) -> None:
        self._published_at = lease.published_at
        wanted: int | None = lease.wanted
        open_batch = self._settle(lease.batch)
        waiting = list(fresh)
        while wanted is not None:
            open_batch = open_batch or self._send_pending(waiting)
            waiting = []
            before = wanted
            wanted = self.outbox.release_lease(self.owner, before, keep_batch=open_batch)
            self._holds_orders = False
            if wanted is not None and self._has_time():
                self.clock.sleep(LOOK_AGAIN)

    def _has_time(self) -> bool:
        return self.clock.remaining() > LAST_MESSAGE

    def _settle(self, batch: Batch | None) -> Batch | None:
        """Settle the batch that was found in the lease.

        Returns:
            The batch, where it must stay open.
        """
        if batch is None:
            return None
        if batch.sent:
            self.outbox.mark_sent(batch.members, batch.id, self.clock.now())
            return None
        if batch.retry_at is not None and self.clock.now() < batch.retry_at:
            return batch
        if self._is_quiet() and not self._cannot_wait():
            return batch
        return self._publish(batch)

    def _cannot_wait(self) -> bool:
        """Whether something is pending that goes out in quiet hours too."""
        return any(map(self._may_go, self.outbox.alerts(self.outbox.pending()).values()))

    def _send_pending(self, fresh: Sequence[AlertRef]) -> Batch | None:
        """Send batch after batch. Returns one that must stay open."""
        listed = list(fresh)
        seen: set[AlertRef] = set()
        while self._has_time():
            listed = [
                p
                for p in (*listed, *self.outbox.pending())
                if p not in seen and not (self._holds_orders and p.order_id)
            ]
            members = self._next_members(listed)
            if not members:
                return None
            seen.update(members)
            batch = self._batch(members)
            if batch is None:
                continue
            if not self.outbox.log_batch(self.owner, batch):
                return None
            left_open = self._publish(batch)
            if left_open is not None:
                return left_open
            # What a refusal has split up comes again, one by one.
            seen -= self._isolated
        return None

    def _next_members(self, listed: Sequence[AlertRef]) -> tuple[AlertRef, ...]:
        """The oldest pending alert, and what goes into one message with it."""
        if not listed:
            return ()
        first = min(listed, key=lambda p: p.raised_at)
        if first in self._isolated:
            return (first,)
        same = dict.fromkeys(
            p
            for p in sorted(listed, key=lambda p: p.raised_at)
            if p.kind is first.kind and p not in self._isolated
        )
        return tuple(same)[:MOST_IN_ONE]

    def _batch(self, members: Sequence[AlertRef]) -> Batch | None:
        alerts = self.outbox.alerts(members)
        there = tuple(
            member for member in members if member in alerts and self._may_go(alerts[member])
        )
        self._isolated -= set(members) - set(there)
        if not there:
            return None
        return Batch(
            id=self._batch_id(),
            kind=there[0].kind,
            raised_at=min(member.raised_at for member in there),
            members=there,
            languages=self.outbox.languages(),
        )

    def _batch_id(self) -> str:
        self._batches += 1
        return f"{self.owner}-{self._batches}"

    def _publish(self, batch: Batch) -> Batch | None:
        """Publish the open batch, in each of its languages, and log what became of it.

        Returns:
            The batch, where it must stay open.
        """
        notification, dropped = notification_of(self.outbox, batch, self.clock)
        self.report.dropped += dropped
        if not notification.members:
            return None
        for language in (None, *batch.languages)[batch.languages_sent :]:
            self._keep_gap()
            outcome = self.notifier.publish(notification, language)
            self._published_at = self.clock.now()
            if outcome is Outcome.REFUSED and language is None:
                self._after_refusal(batch)
                return None
            if outcome is Outcome.REFUSED:
                _log.error("translation refused", extra={"batch": batch.id, "language": language})
            elif outcome is not Outcome.SENT:
                return self._after_failure(batch, outcome)
            batch = replace(batch, languages_sent=batch.languages_sent + 1)
            if batch.languages_sent <= len(batch.languages) and not self._log_language_sent(batch):
                return None
        self._after_sent(batch, notification, self.clock.now())
        return None

    def _log_language_sent(self, batch: Batch) -> bool:
        """Log in how many languages the batch went out, so that none goes out again."""
        return self._retry_while_unavailable(lambda: self.outbox.log_batch(self.owner, batch))

    def _after_failure(self, batch: Batch, outcome: Outcome) -> Batch:
        """The batch as it stays open: its next try waits longer each time."""
        if outcome is Outcome.UNKNOWN:
            self.report.unknown += 1
        _log.error("message not sent", extra={"batch": batch.id, "outcome": outcome.name})
        attempts = batch.attempts + 1
        pause = min(FIRST_RETRY * 2 ** min(attempts - 1, 10), LONGEST_RETRY)
        return replace(batch, attempts=attempts, retry_at=self.clock.now() + pause)

    def _after_sent(self, batch: Batch, notification: Notification, now: datetime) -> None:
        sent = replace(batch, members=tuple(member for member, _, _ in notification.members))
        if self._retry_while_unavailable(lambda: self.outbox.log_sent(self.owner, sent, now)):
            self.outbox.mark_sent(sent.members, batch.id, now)
            self.report.messages += 1
            self.report.alerts += len(sent.members)
            for member in sent.members:
                where = {"order_id": member.order_id, "alert": member.key}
                _log.info("alert sent", extra={**where, "batch": batch.id})

    def _retry_while_unavailable(self, log: Callable[[], bool]) -> bool:
        """Log that a message went out, until it is logged: without that it goes out twice."""
        for _ in range(_TRIES):
            try:
                return log()
            except UnavailableError:
                self.clock.sleep(LOOK_AGAIN)
        return log()

    def _after_refusal(self, batch: Batch) -> None:
        """A refused message never goes out as it is: its alerts are tried one by one."""
        self.report.refused += 1
        if len(batch.members) > 1:
            self._isolated.update(batch.members)
            return
        member = batch.members[0]
        self._isolated.discard(member)
        self.outbox.set_aside(member)
        _log.error("alert refused", extra={"order_id": member.order_id, "alert": member.key})

    def _keep_gap(self) -> None:
        if self._published_at is not None:
            wait = self._published_at + GAP - self.clock.now()
            if wait > timedelta(0):
                self.clock.sleep(wait)


def notification_of(outbox: Outbox, batch: Batch, clock: Clock) -> tuple[Notification, int]:
    """A batch with what its message is made of, and how many of its alerts no longer applied.

    What no longer applies is dropped; where its order changed meanwhile, it is read once more.

    Args:
        outbox: The pending alerts.
        batch: The batch.
        clock: The time.
    """
    applicable: list[tuple[AlertRef, Alert, Order | None]] = []
    dropped = 0
    left: Sequence[AlertRef] = batch.members
    for _ in range(_TRIES):
        alerts = outbox.alerts(left)
        orders = outbox.orders(left)
        changed = []
        for member in left:
            alert = alerts.get(member)
            read = orders.get(member)
            if alert is None:
                continue
            if not member.order_id:
                applicable.append((member, alert, None))
            elif read is not None and still_applies(alert, read.order, clock.now()):
                applicable.append((member, alert, read.order))
            elif outbox.drop(member, read):
                dropped += 1
            else:
                changed.append(member)
        left = changed
        if not left:
            break
    return Notification(batch.id, batch.kind, batch.raised_at, tuple(applicable)), dropped


def _more_may_come_due(
    outbox: Outbox, fresh: Sequence[AlertRef], evaluated: Collection[str], now: datetime
) -> bool:
    """Whether first checks are under way, and no pending alert has waited for them too long."""
    if not outbox.has_first_checks(evaluated):
        return False
    pending = [*fresh, *outbox.pending()]
    oldest = min((member.raised_at for member in pending), default=now)
    return now - oldest < LONGEST_WAIT
