"""Who is told, and of what: subscribers by e-mail and SMS."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Protocol

from stallwatch.errors import MissingError
from stallwatch.model import Kind


@dataclass(frozen=True, slots=True)
class Wish:
    """What is kept of a subscriber."""

    arn: str | None
    kinds: tuple[Kind, ...] | None
    """The alerts that are wanted; None: all."""
    forgotten: bool = False
    """It was removed before it was confirmed; should it be confirmed after all, it is removed."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscriber as the topic has it."""

    protocol: str
    endpoint: str
    arn: str | None
    """None while it is not confirmed."""

    @property
    def id(self) -> str:
        """Its id: it follows from the endpoint, so that an unconfirmed one has one too."""
        name = f"{self.protocol}:{self.endpoint.lower()}"
        return blake2b(name.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscriber and what he wants."""

    subscriber: Subscriber
    kinds: tuple[Kind, ...] | None


class Wishes(Protocol):
    """What is kept of the subscribers."""

    def wishes(self) -> Mapping[str, Wish]:
        """All wishes, by subscription id."""

    def keep(self, subscription_id: str, wish: Wish, now: datetime) -> None:
        """Keep a wish."""

    def drop(self, subscription_id: str) -> None:
        """Drop a wish."""


class Subscribers(Protocol):
    """The topic's subscribers."""

    def all(self) -> Iterable[Subscriber]:
        """All that get e-mails or SMS."""

    def kinds(self, arn: str) -> tuple[Kind, ...] | None:
        """The alerts that a confirmed subscriber wants; None: all."""

    def add(self, protocol: str, endpoint: str, kinds: Sequence[Kind] | None) -> str:
        """Subscribe, and return the subscription's ARN."""

    def change(self, arn: str, kinds: Sequence[Kind] | None) -> None:
        """Change the alerts that a subscriber wants."""

    def remove(self, arn: str) -> None:
        """Unsubscribe."""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Keeps the subscribers.

    Args:
        subscribers: The topic's subscribers.
        wishes: What is kept of them.
    """

    subscribers: Subscribers
    wishes: Wishes

    def list(self) -> list[Subscription]:
        """All subscriptions that were not removed."""
        wishes = self.wishes.wishes()
        found = []
        for subscriber in self.subscribers.all():
            wish = wishes.get(subscriber.id)
            if wish is not None and wish.forgotten:
                if subscriber.arn is not None:
                    self.subscribers.remove(subscriber.arn)
                    self.wishes.drop(subscriber.id)
            elif wish is not None:
                found.append(Subscription(subscriber, wish.kinds))
            else:
                kinds = None if subscriber.arn is None else self.subscribers.kinds(subscriber.arn)
                found.append(Subscription(subscriber, kinds))
        return found

    def subscribe(
        self, protocol: str, endpoint: str, kinds: Sequence[Kind] | None, now: datetime
    ) -> tuple[Subscription, bool]:
        """Add a subscriber, or change which alerts one wants.

        Returns:
            The subscription, and whether it is new.
        """
        wanted = Subscriber(protocol, endpoint, None)
        there = {s.subscriber.id: s for s in self.list()}.get(wanted.id)
        wish = self.wishes.wishes().get(wanted.id)
        chosen = None if kinds is None else tuple(dict.fromkeys(kinds))
        known = {s.id: s for s in self.subscribers.all()}.get(wanted.id)
        arn = None
        if known is not None:
            # SNS refuses to subscribe again with another wish, so the wish is changed first. What
            # the stack itself has subscribed wants everything.
            arn = known.arn or (wish.arn if wish is not None else None)
            arn = arn or self.subscribers.add(protocol, endpoint, None)
            if there is None or there.kinds != chosen:
                self.subscribers.change(arn, chosen)
        if known is None or known.arn is None:
            arn = self.subscribers.add(protocol, endpoint, chosen)
        self.wishes.keep(wanted.id, Wish(arn, chosen), now)
        subscriber = there.subscriber if there is not None else wanted
        return Subscription(subscriber, chosen), there is None

    def unsubscribe(self, subscription_id: str, now: datetime) -> None:
        """Remove a subscriber.

        Raises:
            MissingError: there is none with that id.
        """
        found = {s.subscriber.id: s.subscriber for s in self.list()}.get(subscription_id)
        if found is None:
            raise MissingError(subscription_id)
        if found.arn is not None:
            self.subscribers.remove(found.arn)
            self.wishes.drop(subscription_id)
            return
        # SNS offers no way to take back what was not confirmed: it is remembered as unwanted.
        wish = self.wishes.wishes().get(subscription_id, Wish(None, None))
        self.wishes.keep(subscription_id, replace(wish, forgotten=True), now)
