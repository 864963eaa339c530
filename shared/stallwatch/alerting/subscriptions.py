"""Who is told, and of what: subscribers by e-mail and SMS."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from stallwatch.alerting.ports import ComposedMessage, Outcome
from stallwatch.alerting.subscribers import Preference, Subscriber
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import (
    MissingError,
    TooSoonError,
    UnacceptableError,
    UnavailableError,
)

_TOKEN = re.compile(r"[0-9a-fA-F]{32,512}")
"""A confirmation token; SNS's have 300 hexadecimal digits or so."""


class Unchanged(Enum):
    """Stands for what a change leaves as it is."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscriber and what he wants."""

    subscriber: Subscriber
    kinds: tuple[AlertKind, ...] | None
    language: str


class PreferenceStore(Protocol):
    """What is kept of the subscribers."""

    def preferences(self) -> Mapping[str, Preference]:
        """All wishes, by subscription id."""

    def keep(self, subscription_id: str, preference: Preference, now: datetime) -> None:
        """Keep a wish."""

    def drop(self, subscription_id: str) -> None:
        """Drop a wish."""

    def claim_test(self, now: datetime) -> datetime | None:
        """Note that a test message is sent, at most once in `TEST_PAUSE`.

        Returns:
            None where it may be sent, else from when on it may be again.
        """


class Subscribers(Protocol):
    """The topics' subscribers."""

    def all(self) -> Iterable[Subscriber]:
        """All that get e-mails or SMS."""

    def kinds(self, arn: str) -> tuple[AlertKind, ...] | None:
        """The alerts that a confirmed subscriber wants; None: all."""

    def add(
        self, protocol: str, endpoint: str, kinds: Sequence[AlertKind] | None, language: str | None
    ) -> str:
        """Subscribe, and return the subscription's ARN. No language: the stack's."""

    def change(self, arn: str, kinds: Sequence[AlertKind] | None, language: str | None) -> bool:
        """Change the alerts that a subscriber wants, or the language among the translated ones.

        Returns:
            False where the subscription is gone.
        """

    def remove(self, arn: str) -> None:
        """Unsubscribe, where it is not gone already."""

    def confirm(self, token: str, topic: str | None) -> bool:
        """Confirm a subscription so that only the owner can end it.

        Args:
            token: The token of the confirmation mail.
            topic: The ARN of the topic that its link names; None: whichever knows the token.

        Returns:
            False where no topic knows the token, or it has expired.
        """


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Keeps the subscribers.

    Args:
        subscribers: The topics' subscribers.
        preferences: What is kept of them.
        language: The stack's language.
    """

    subscribers: Subscribers
    preferences: PreferenceStore
    language: str

    def list(self) -> list[Subscription]:
        """All subscriptions that were not removed."""
        preferences = self.preferences.preferences()
        found = (self._settled(same, preferences.get(id_)) for id_, same in self._by_id().items())
        return [subscription for subscription in found if subscription is not None]

    def _found(self, subscription_id: str) -> tuple[Subscription | None, Sequence[Subscriber]]:
        """A subscription, and what the topics have of its subscriber."""
        found = {s.subscriber.id: s for s in self.list()}.get(subscription_id)
        return found, self._by_id().get(subscription_id, ())

    def _by_id(self) -> dict[str, Sequence[Subscriber]]:
        by_id: dict[str, Sequence[Subscriber]] = {}
        for subscriber in self.subscribers.all():
            by_id[subscriber.id] = (*by_id.get(subscriber.id, ()), subscriber)
        return by_id

    def _settled(
        self, same: Sequence[Subscriber], preference: Preference | None
    ) -> Subscription | None:
        """What a subscriber has, after what is no longer wanted of it was removed.

        Who changed the language and has to confirm that gets the former one until then.
        """
        if preference is not None and preference.forgotten:
            for subscriber in same:
                if subscriber.arn is not None:
                    self.subscribers.remove(subscriber.arn)
                    self.preferences.drop(subscriber.id)
            return None
        if preference is None:
            kinds = None if same[0].arn is None else self.subscribers.kinds(same[0].arn)
            return Subscription(same[0], kinds, self.language)
        translated = preference.language is not None
        here = [s for s in same if s.translated == translated]
        if here and here[0].arn is not None:
            for subscriber in same:
                if subscriber.translated != translated and subscriber.arn is not None:
                    self.subscribers.remove(subscriber.arn)
        return Subscription(
            (here or same)[0], preference.kinds, preference.language or self.language
        )

    def subscribe(
        self,
        protocol: str,
        endpoint: str,
        kinds: Sequence[AlertKind] | None,
        language: str | None,
        now: datetime,
    ) -> tuple[Subscription, bool]:
        """Add a subscriber, or change which alerts one wants, and in which language.

        Returns:
            The subscription, and whether it is new.
        """
        other = None if language in {None, self.language} else language
        chosen = None if kinds is None else tuple(dict.fromkeys(kinds))
        wanted = Subscriber(protocol, endpoint, None, translated=other is not None)
        there, same = self._found(wanted.id)
        preference = self.preferences.preferences().get(wanted.id)
        known = next((s for s in same if s.translated == wanted.translated), None)
        arn = None
        if known is not None:
            # SNS refuses to subscribe again with another wish, so the wish is changed first. What
            # the stack itself has subscribed wants everything.
            arn = known.arn or (preference.arn if preference is not None else None)
            arn = arn or self.subscribers.add(protocol, endpoint, None, other)
            is_other = there is None or (there.kinds, there.language) != (
                chosen,
                other or self.language,
            )
            if is_other and not self.subscribers.change(arn, chosen, other):
                known = None
        if known is None or known.arn is None:
            arn = self.subscribers.add(protocol, endpoint, chosen, other)
        self.preferences.keep(wanted.id, Preference(arn, chosen, other), now)
        return Subscription(known or wanted, chosen, other or self.language), there is None

    def change(
        self,
        subscription_id: str,
        now: datetime,
        *,
        kinds: Sequence[AlertKind] | Unchanged | None = UNCHANGED,
        language: str | Unchanged = UNCHANGED,
    ) -> Subscription:
        """Change which alerts a subscriber wants, or in which language; what is missing stays.

        Args:
            subscription_id: The subscriber.
            now: The present instant.
            kinds: The alerts; None: all.
            language: The language of its messages.

        Raises:
            MissingError: there is none with that id.
        """
        there, _ = self._found(subscription_id)
        if there is None:
            raise MissingError(subscription_id)
        changed, _ = self.subscribe(
            there.subscriber.protocol,
            there.subscriber.endpoint,
            there.kinds if isinstance(kinds, Unchanged) else kinds,
            there.language if isinstance(language, Unchanged) else language,
            now,
        )
        return changed

    def confirm(self, token_or_link: str) -> None:
        """Confirm a subscription by what its confirmation mail holds.

        It is confirmed with authentication on unsubscribe: the unsubscribe link that stands in
        every mail, which a link scanner or whoever gets a forwarded mail may follow, then ends
        nothing.

        Args:
            token_or_link: The link in the mail, or the token in it.

        Raises:
            UnacceptableError: it is neither, it has expired, or it is of another topic.
        """
        token, topic = _token_in(token_or_link)
        if token is None:
            reason = "must be the link in the confirmation mail"
            raise UnacceptableError({"token": reason})
        if not self.subscribers.confirm(token, topic):
            reason = "is not known, or has expired: subscribe again for another mail"
            raise UnacceptableError({"token": reason})

    def test(
        self,
        compose: Callable[[str | None], ComposedMessage],
        publish: Callable[[ComposedMessage, str | None], Outcome],
        now: datetime,
    ) -> int:
        """Send a test message to every subscriber, whatever alerts each wants.

        Args:
            compose: Makes the message in a language; None: the stack's.
            publish: Publishes it so that it passes every filter policy.
            now: The present instant.

        Returns:
            How many messages went out: one a language.

        Raises:
            TooSoonError: one was sent less than a minute ago.
            UnavailableError: one of them was not accepted, or its outcome is unknown.
        """
        again_at = self.preferences.claim_test(now)
        if again_at is not None:
            raise TooSoonError(again_at)
        others = {s.language for s in self.list() if s.language != self.language}
        languages = (None, *sorted(others))
        for language in languages:
            outcome = publish(compose(language), language)
            if outcome is not Outcome.SENT:
                raise UnavailableError(f"the test message was not sent: {outcome.name.lower()}")
        return len(languages)

    def unsubscribe(self, subscription_id: str, now: datetime) -> None:
        """Remove a subscriber.

        Raises:
            MissingError: there is none with that id.
        """
        there, same = self._found(subscription_id)
        if there is None:
            raise MissingError(subscription_id)
        for subscriber in same:
            if subscriber.arn is not None:
                self.subscribers.remove(subscriber.arn)
        if all(subscriber.arn is not None for subscriber in same):
            self.preferences.drop(subscription_id)
            return
        # SNS offers no way to take back what was not confirmed: it is remembered as unwanted.
        preference = self.preferences.preferences().get(subscription_id)
        self.preferences.keep(
            subscription_id, replace(preference or Preference(None, None), forgotten=True), now
        )


def _token_in(token_or_link: str) -> tuple[str | None, str | None]:
    """The token in what was pasted, and the topic that a link names."""
    pasted = token_or_link.strip()
    if _TOKEN.fullmatch(pasted):
        return pasted, None
    try:
        query = parse_qs(urlsplit(pasted).query)
    except ValueError:
        return None, None
    token = query.get("Token", [""])[0]
    return (token, query.get("TopicArn", [None])[0]) if _TOKEN.fullmatch(token) else (None, None)
