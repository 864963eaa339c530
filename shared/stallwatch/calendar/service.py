"""The calendar of deadlines, and the addresses that open it without the key.

What is kept of an address's token is a SHA-256: nobody who reads the table can open it. An address
has no end, since calendars are read for years; it lives until it is revoked.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Protocol

from stallwatch.calendar.feed import Entry, icalendar
from stallwatch.domain.errors import MissingError, SenselessError
from stallwatch.domain.orders import State
from stallwatch.messages.advice import advise
from stallwatch.messages.translations import Translations
from stallwatch.orders.ports import PageCursor, PageQuery, Sort
from stallwatch.orders.service import OrderService
from stallwatch.orders.view import OrderView

_log = logging.getLogger(__name__)

MOST_LINKS = 20
"""How many addresses may live at once."""

_PAGE = 100
MOST_ORDERS = 500
"""How many orders are read for a calendar: those with the nearest deadlines."""

KEY_DATES = {
    "late_on": "Late from",
    "claim_opens_on": "Claim opens",
    "protection_ends_on": "Protection ends",
    "refund_until": "Last day to claim the refund",
    "dispute_until": "Last day for a dispute",
    "reminder_on": "Follow up",
    "bank_until": "Last day for the bank",
}


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """An address of the calendar."""

    id: str
    made_at: datetime


class CalendarLinkStore(Protocol):
    """Where the addresses are kept."""

    def links(self) -> Sequence[CalendarLink]:
        """Those that live."""

    def keep(self, link: CalendarLink, token_hash: str) -> None:
        """Keep one."""

    def drop(self, link_id: str) -> bool:
        """Drop one. False where there is none."""

    def knows(self, token_hash: str) -> bool:
        """Whether a token is one of those that live."""


@dataclass(frozen=True, slots=True)
class Calendars:
    """Where the calendar is made.

    Args:
        orders: The orders.
        store: The addresses.
        words: The language of the advice.
    """

    orders: OrderService
    store: CalendarLinkStore
    words: Translations

    def links(self) -> list[CalendarLink]:
        """The addresses that live, newest first."""
        return sorted(self.store.links(), key=lambda link: (link.made_at, link.id), reverse=True)

    def link(self, now: datetime) -> tuple[CalendarLink, str]:
        """Make an address.

        Returns:
            It, and its token, which is kept nowhere.

        Raises:
            SenselessError: there are enough.
        """
        if len(self.store.links()) >= MOST_LINKS:
            raise SenselessError(
                f"There are {MOST_LINKS} calendar links already. Revoke one first."
            )
        link, token = CalendarLink(token_hex(8), now), token_urlsafe(32)
        self.store.keep(link, hash_of(token))
        _log.info("calendar link made", extra={"link": link.id})
        return link, token

    def revoke(self, link_id: str) -> None:
        """Revoke an address: from now on it opens nothing.

        Raises:
            MissingError: there is none with that id.
        """
        if not self.store.drop(link_id):
            raise MissingError(link_id)
        _log.info("calendar link revoked", extra={"link": link_id})

    def open(self, token: str, page_url: str, now: datetime) -> str:
        """The calendar that an address opens, as iCalendar.

        Args:
            token: The address's token.
            page_url: The address of the page, with a slash at its end.
            now: The present instant.

        Raises:
            MissingError: it opens nothing: forged, or revoked.
        """
        if not self.store.knows(hash_of(token)):
            raise MissingError("calendar")
        views = self._views(now)
        entries = (entry for view in views for entry in self._entries(view, page_url))
        return icalendar("Stallwatch", entries, now)

    def _views(self, now: datetime) -> Iterator[OrderView]:
        """The orders whose watch goes on, the nearest deadline first."""
        cursor: PageCursor | None = None
        left = MOST_ORDERS
        while left > 0:
            query = PageQuery(limit=min(left, _PAGE), sort=Sort.DEADLINE)
            views, cursor = self.orders.page(query, cursor, now)
            yield from (view for view in views if view.state is not State.CLOSED)
            left -= len(views)
            if cursor is None or cursor.section == State.CLOSED:
                return

    def _entries(self, view: OrderView, page_url: str) -> Iterator[Entry]:
        """An order's key dates."""
        order, dates = view.order, view.decision.key_dates
        advice = advise(order, view.decision, view.trace, view.at, self.words, view.observations)
        for name, day in dates._asdict().items():
            if day is not None:
                yield Entry(
                    uid=f"{order.order_id}-{order.incarnation}-{name}@stallwatch",
                    day=day,
                    summary=f"{KEY_DATES[name]}: {order.title or order.order_id}",
                    description=advice,
                    url=f"{page_url}#/orders/{order.order_id}",
                )


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()
