"""The digest: gathers what is true of all orders, and raises it as an alert for the outbox.

It is named by the instant that it was scheduled for, so that a run that dies and is tried again
raises it once, whatever the first one had done.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from stallwatch.domain.alerts import Alert, AlertKind, AlertRef
from stallwatch.domain.digest import Deadline, Digest, Movement, PressingOrder, RiskSum
from stallwatch.domain.orders import PaidWith, State
from stallwatch.orders.money import MoneyStatus, Sums
from stallwatch.orders.ports import OrderStore, PageCursor, PageQuery, Sort
from stallwatch.orders.pressing import BY_URGENCY, deadlines_of, severity_of
from stallwatch.orders.view import OrderView, OrderViewer

_log = logging.getLogger(__name__)

DAYS_AHEAD = 7
"""Of how many days the deadlines are named, today included."""

FIRST_SPAN = timedelta(days=7)
"""What the first digest looks back at."""

MOST_ORDERS = 500
"""How many orders are read for a digest: the most urgent ones."""

MOST_LISTED = 20
"""How many orders each part names; the others are counted."""

_PAGE = 100


class DigestStore(Protocol):
    """The digests so far."""

    def last_sent(self) -> datetime | None:
        """When the newest digest that went out was raised."""

    def keep(self, alert: Alert) -> AlertRef | None:
        """Write a digest as an alert that is pending.

        Returns:
            It, as the sending names it; None where it is there already.
        """


@dataclass(frozen=True, slots=True)
class DigestRun:
    """Makes one digest.

    Args:
        orders: The orders.
        viewer: Makes views of them.
        store: The digests so far.
    """

    orders: OrderStore
    viewer: OrderViewer
    store: DigestStore

    def run(self, scheduled_at: str, now: datetime) -> AlertRef | None:
        """Raise the digest of an instant, unless it was raised or there is nothing to say.

        Args:
            scheduled_at: The instant that it was scheduled for, ISO 8601.
            now: The present instant.

        Raises:
            ValueError: that is no instant.
        """
        instant = datetime.fromisoformat(scheduled_at).astimezone(UTC)
        since = self.store.last_sent() or now - FIRST_SPAN
        views = list(self._views(now))
        digest = digest_of(views, self.orders.totals().money, since, now)
        if digest.is_empty:
            _log.info("nothing to say in a digest")
            return None
        alert = Alert(
            kind=AlertKind.DIGEST,
            raised_at=now,
            about=instant.isoformat(),
            facts=digest.as_facts(),
        )
        raised = self.store.keep(alert)
        if raised is not None:
            _log.info("alert raised", extra={"alert": alert.key})
        return raised

    def _views(self, now: datetime) -> Iterator[OrderView]:
        """The orders whose watch goes on, the most urgent first.

        Each is read with its alerts: which days still come depends on what was said.
        """
        progress = self.orders.progress()
        cursor: PageCursor | None = None
        left = MOST_ORDERS
        while left > 0:
            query = PageQuery(limit=min(left, _PAGE), sort=Sort.URGENT)
            page = self.orders.page(query, cursor)
            for listed in page.snapshots:
                if listed.entry.state is State.CLOSED:
                    continue
                left -= 1
                snapshot = self.orders.open(listed.order.order_id)
                if snapshot is not None:
                    yield self.viewer.view(snapshot, progress, now)
            cursor = page.next
            if cursor is None or cursor.section == State.CLOSED:
                return


def digest_of(views: Iterable[OrderView], money: Sums, since: datetime, now: datetime) -> Digest:
    """The digest of some orders.

    Args:
        views: The orders.
        money: The totals of the money.
        since: When the digest before was made.
        now: The present instant.
    """
    today = now.date()
    pressing: list[tuple[int, PressingOrder]] = []
    deadlines: list[Deadline] = []
    moved: list[tuple[datetime, Movement]] = []
    for view in views:
        order = view.order
        if view.state is State.CLOSED:
            continue
        severity = severity_of(view.decision)
        if severity is not None:
            situation = view.decision.situation.value
            named = PressingOrder(order.order_id, order.title, situation)
            pressing.append((BY_URGENCY.index(severity), named))
        for name, day in deadlines_of(view.decision.key_dates):
            if not today <= day < today + timedelta(days=DAYS_AHEAD):
                continue
            paid_with = "paypal" if order.paid_with is PaidWith.PAYPAL else "card"
            key = f"{name}.{paid_with}" if name == "bank_until" else name
            deadlines.append(Deadline(day.isoformat(), key, order.order_id, order.title))
        movement = _movement(view, since)
        if movement is not None:
            moved.append(movement)
    pressing.sort(key=lambda pair: pair[0])
    deadlines.sort(key=lambda deadline: (deadline.day, deadline.order_id, deadline.name))
    moved.sort(key=lambda pair: pair[0], reverse=True)
    at_risk = (
        RiskSum(currency, format(total.amount, "f"))
        for (currency, standing), total in sorted(money.items())
        if standing is MoneyStatus.AT_RISK and total.amount
    )
    return Digest(
        since=since.date().isoformat(),
        pressing=tuple(order for _, order in pressing[:MOST_LISTED]),
        pressing_count=len(pressing),
        deadlines=tuple(deadlines[:MOST_LISTED]),
        deadline_count=len(deadlines),
        moved=tuple(movement for _, movement in moved[:MOST_LISTED]),
        moved_count=len(moved),
        at_risk=tuple(at_risk),
    )


def _movement(view: OrderView, since: datetime) -> tuple[datetime, Movement] | None:
    """The newest scan, where it came since an instant.

    What an order that was added later had behind it is no movement.
    """
    newest = view.decision.journey.last_checkpoint
    if newest is None:
        return None
    was_watched = view.order.created_at <= since
    if (newest.first_seen if was_watched else newest.at) <= since:
        return None
    text = f"{newest.text} ({newest.place})" if newest.place else newest.text
    day = newest.at.date().isoformat()
    return newest.at, Movement(view.order.order_id, view.order.title, day, text)
