"""Make the claim file of an order, and links that open it without the key.

A link keeps the file as it stood when the link was made, so that page, picture and JSON stay the
same document, with the same checksum, for as long as the link lives. What is kept of its token is
a SHA-256: nobody who reads the table can open it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Protocol

from stallwatch.claims.canonical import with_checksum
from stallwatch.claims.document import Evidence, claim_of
from stallwatch.claims.history import CheckHistory, check_history, turns_checked_in
from stallwatch.domain.alerts import Alert
from stallwatch.domain.errors import MissingError, SenselessError
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.conflicts import retry_on_conflict
from stallwatch.orders.service import OrderService
from stallwatch.orders.view import OrderView
from stallwatch.tracking.run_log import RunRecord

_log = logging.getLogger(__name__)


LINK_LIVES = timedelta(days=30)


MOST_LINKS = 20
"""How many links of an order may live at once."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a claim file."""

    id: str
    made_at: datetime
    ends_at: datetime


class ClaimLinkStore(Protocol):
    """Where run records are read, and links kept."""

    def runs_since(self, turn: str, since: datetime) -> Sequence[RunRecord]:
        """The run records of a turn from an instant on, at most as many as a year has."""

    def links(self, order_id: str, incarnation: str) -> Sequence[Link]:
        """The links of an order, ended ones too, as long as they are kept."""

    def keep(
        self, order_id: str, incarnation: str, link: Link, token_hash: str, file: bytes
    ) -> bool:
        """Keep a link and the file that it opens.

        False where the order is no longer the one with that `incarnation`.

        Raises:
            ConflictError: another write was in the way.
        """

    def drop(self, order_id: str, incarnation: str, link_id: str) -> bool:
        """Drop a link and its file. False where there is none."""

    def file(self, token_hash: str, now: datetime) -> bytes | None:
        """What a link opens; None where it has ended, or its order is not the one any more."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Where claim files are made.

    Args:
        orders: The orders.
        link_store: The run records and the links.
        thresholds: The numbers of the rules.
        source: The name of the first source.
        second_source: Whether a second source is configured.
    """

    orders: OrderService
    link_store: ClaimLinkStore
    thresholds: Thresholds
    source: str
    second_source: bool = False

    def make(self, order_id: str, now: datetime) -> bytes:
        """The claim file of an order as it stands.

        Raises:
            MissingError: there is no such order.
        """
        return self._make(self.orders.get(order_id, now), now)

    def links(self, order_id: str, now: datetime) -> list[Link]:
        """The links of an order that live, newest first.

        Raises:
            MissingError: there is no such order.
        """
        return self._living(self.orders.get(order_id, now))

    def link(self, order_id: str, now: datetime) -> tuple[Link, str]:
        """Make a link to the claim file of an order as it stands.

        Returns:
            The link, and its token, which is kept nowhere.

        Raises:
            MissingError: there is no such order.
            SenselessError: it has enough links.
        """
        seen = self.orders.get(order_id, now)
        if len(self._living(seen)) >= MOST_LINKS:
            raise SenselessError(f"An order has at most {MOST_LINKS} links. Revoke one first.")
        link, token = Link(token_hex(8), now, now + LINK_LIVES), token_urlsafe(32)
        file = self._make(seen, now)
        incarnation, kept_of_token = seen.order.incarnation, hash_of(token)
        if not retry_on_conflict(
            lambda: self.link_store.keep(order_id, incarnation, link, kept_of_token, file)
        ):
            raise MissingError(order_id)
        _log.info("link made", extra={"order_id": order_id, "link": link.id})
        return link, token

    def revoke(self, order_id: str, link_id: str, now: datetime) -> None:
        """Revoke a link: from now on it opens nothing.

        Raises:
            MissingError: there is no such order, or no such link of it.
        """
        seen = self.orders.get(order_id, now)
        if not self.link_store.drop(order_id, seen.order.incarnation, link_id):
            raise MissingError(link_id)
        _log.info("link revoked", extra={"order_id": order_id, "link": link_id})

    def open(self, token: str, now: datetime) -> bytes:
        """The claim file that a link opens.

        Raises:
            MissingError: it opens nothing, whyever: forged, ended, revoked, the order forgotten.
        """
        file = self.link_store.file(hash_of(token), now)
        if file is None:
            raise MissingError("link")
        return file

    def _living(self, seen: OrderView) -> list[Link]:
        links = self.link_store.links(seen.order.order_id, seen.order.incarnation)
        living = [link for link in links if link.ends_at > seen.at]
        return sorted(living, key=lambda link: (link.made_at, link.id), reverse=True)

    def _make(self, seen: OrderView, now: datetime) -> bytes:
        evidence = Evidence(
            order=seen.order,
            trace=seen.trace,
            decision=seen.decision,
            state=seen.state,
            history=self._history(seen, now),
            checked_at=seen.checked_at,
            source=self.source,
            second_source=self.second_source,
            observations=seen.observations,
        )
        return with_checksum(claim_of(evidence, self.thresholds, now))

    def _history(self, seen: OrderView, now: datetime) -> CheckHistory:
        order, stays = seen.order, seen.snapshot.entry.stays
        since = order.number_changed_at or order.created_at
        runs: Mapping[str, Sequence[RunRecord]] = {
            turn: self.link_store.runs_since(turn, since)
            for turn in turns_checked_in(stays, seen.turn_lengths)
        }
        answers = _answers(seen, self.source)
        return check_history(order.order_id, stays, runs, answers, since, now, seen.turn_lengths)


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()


def _answers(seen: OrderView, source: str) -> list[datetime]:
    """When the first source certainly gave a valid answer about the order's number."""
    number = seen.order.tracking_number
    sighted_at = {
        c.first_seen for c in seen.trace.checkpoints if c.number == number and c.source == source
    }
    known = {seen.decision.answered_at, *(_answered_at(a) for a in seen.snapshot.alerts)}
    return sorted(sighted_at | {at for at in known if at is not None}) if number else []


def _answered_at(alert: Alert) -> datetime | None:
    """The last answer at the time of an alert."""
    at = alert.facts.get("answered_at")
    return datetime.fromisoformat(at) if isinstance(at, str) else None
