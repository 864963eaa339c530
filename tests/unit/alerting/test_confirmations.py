"""Subscribers until they confirm, and after, as SNS does it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stallwatch.alerting.subscribers import Subscriber
from stallwatch.alerting.subscriptions import Subscriptions
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import MissingError, UnacceptableError
from tests.support.memory_preferences import MemoryPreferences

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
MAIL = "buyer@example.org"
PHONE = "+4915112345678"
NOW = START


# As SNS does it: moto confirms at once, and takes everything.


@dataclass
class Topic:
    """A topic like SNS's: who is added waits for a confirmation, and nothing takes it back."""

    subscribed: dict[tuple[str, str, bool], dict[str, Any]] = field(default_factory=dict)
    """By protocol and address, and whether it is the topic in other languages."""
    confirmations: list[str] = field(default_factory=list)
    """To whom a request for confirmation was sent."""
    added: int = 0

    def all(self) -> list[Subscriber]:
        return [
            Subscriber(protocol, endpoint, one["arn"] if one["confirmed"] else None, translated)
            for (protocol, endpoint, translated), one in self.subscribed.items()
        ]

    def kinds(self, arn: str) -> tuple[AlertKind, ...] | None:
        found: tuple[AlertKind, ...] | None = self._by_arn(arn)["kinds"]
        return found

    def _by_arn(self, arn: str) -> dict[str, Any]:
        return next(one for one in self.subscribed.values() if one["arn"] == arn)

    def add(
        self,
        protocol: str,
        endpoint: str,
        kinds: Sequence[AlertKind] | None,
        language: str | None = None,
    ) -> str:
        name = protocol, endpoint, language is not None
        there = self.subscribed.get(name)
        wanted = None if kinds is None else tuple(kinds)
        if there is not None and wanted is not None and there["kinds"] != wanted:
            raise UnacceptableError({"endpoint": "is subscribed with different attributes"})
        if there is None:
            self.added += 1
            there = {"arn": f"arn:{self.added}", "confirmed": protocol == "sms"}
            self.subscribed[name] = there | {"kinds": wanted, "language": language}
            there = self.subscribed[name]
        if not there["confirmed"]:
            self.confirmations.append(endpoint)
        return str(there["arn"])

    def change(self, arn: str, kinds: Sequence[AlertKind] | None, language: str | None) -> bool:
        wanted = None if kinds is None else tuple(kinds)
        self._by_arn(arn).update(kinds=wanted, language=language)
        return True

    def remove(self, arn: str) -> None:
        self.subscribed = {name: one for name, one in self.subscribed.items() if one["arn"] != arn}

    def confirm(self, token: str, topic: str | None = None) -> bool:  # noqa: ARG002
        return False

    def is_confirmed_by(self, endpoint: str) -> None:
        for (_, known, _), one in self.subscribed.items():
            one["confirmed"] |= known == endpoint


@dataclass
class Office:
    topic: Topic = field(default_factory=Topic)
    preferences: MemoryPreferences = field(default_factory=MemoryPreferences)

    @property
    def service(self) -> Subscriptions:
        return Subscriptions(self.topic, self.preferences, "en")

    def subscribe(
        self,
        *kinds: AlertKind,
        endpoint: str = MAIL,
        protocol: str = "email",
        language: str | None = None,
    ) -> tuple[str, bool]:
        found, is_new = self.service.subscribe(protocol, endpoint, kinds or None, language, NOW)
        assert (language or "en") == found.language
        assert (kinds or None) == found.kinds
        return found.subscriber.id, is_new

    @property
    def listed(self) -> dict[str, tuple[AlertKind, ...] | None]:
        return {one.subscriber.endpoint: one.kinds for one in self.service.list()}


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_unconfirmed_subscriber_is_listed_with_what_it_wants(office: Office) -> None:
    """And keeps its id when it is confirmed."""
    subscription_id, is_new = office.subscribe(AlertKind.LATE)
    assert is_new
    assert {MAIL: (AlertKind.LATE,)} == office.listed
    office.topic.is_confirmed_by(MAIL)
    assert [subscription_id] == [one.subscriber.id for one in office.service.list()]
    assert {MAIL: (AlertKind.LATE,)} == office.listed


def test_an_unconfirmed_subscriber_can_be_forgotten(office: Office) -> None:
    """Should it be confirmed after all, it is removed for good."""
    subscription_id, _ = office.subscribe()
    office.service.unsubscribe(subscription_id, NOW)
    assert {} == office.listed
    with pytest.raises(MissingError):
        office.service.unsubscribe(subscription_id, NOW)
    office.topic.is_confirmed_by(MAIL)
    assert {} == office.listed
    assert {} == office.topic.subscribed
    assert {} == office.preferences.kept


@pytest.mark.parametrize("kinds", [(), (AlertKind.LATE,), (AlertKind.STALLED,)])
def test_who_was_forgotten_can_come_back(office: Office, kinds: tuple[AlertKind, ...]) -> None:
    """Before it was confirmed, with the same wish or another."""
    subscription_id, _ = office.subscribe(AlertKind.LATE)
    office.service.unsubscribe(subscription_id, NOW)
    again, is_new = office.subscribe(*kinds)
    assert (subscription_id, True) == (again, is_new)
    assert {MAIL: kinds or None} == office.listed
    office.topic.is_confirmed_by(MAIL)
    assert {MAIL: kinds or None} == office.listed
    assert (kinds or None) == next(iter(office.topic.subscribed.values()))["kinds"]


@pytest.mark.parametrize(
    ("before", "confirmed"), [(None, True), (None, False), ((AlertKind.LATE,), True)]
)
def test_whom_the_stack_subscribed_can_change_what_it_wants(
    office: Office, before: tuple[AlertKind, ...] | None, *, confirmed: bool
) -> None:
    """The stack's parameters know nothing of wishes; SNS refuses to subscribe it otherwise."""
    office.topic.add("email", MAIL, before)
    if confirmed:
        office.topic.is_confirmed_by(MAIL)
    _, is_new = office.subscribe(AlertKind.STALLED)
    assert not is_new
    assert {MAIL: (AlertKind.STALLED,)} == office.listed
    assert (AlertKind.STALLED,) == next(iter(office.topic.subscribed.values()))["kinds"]
    office.subscribe()
    assert {MAIL: None} == office.listed


def test_whom_the_stack_subscribed_is_listed_and_can_leave(office: Office) -> None:
    """With what its policy lets through."""
    arn = office.topic.add("email", MAIL, (AlertKind.LATE,))
    assert {MAIL: None} == office.listed
    office.topic.is_confirmed_by(MAIL)
    assert {MAIL: (AlertKind.LATE,)} == office.listed
    (one,) = office.service.list()
    office.service.unsubscribe(one.subscriber.id, NOW)
    assert {} == office.listed
    assert arn not in {known["arn"] for known in office.topic.subscribed.values()}


def test_who_has_left_by_the_link_in_a_mail_can_come_back(office: Office) -> None:
    """What was kept of it is stale."""
    office.subscribe(AlertKind.LATE)
    office.topic.is_confirmed_by(MAIL)
    office.topic.subscribed.clear()
    assert {} == office.listed
    _, is_new = office.subscribe(AlertKind.STALLED)
    assert is_new
    assert {MAIL: (AlertKind.STALLED,)} == office.listed
    assert [MAIL, MAIL] == office.topic.confirmations


def test_an_unconfirmed_subscriber_is_asked_again(office: Office) -> None:
    """The first mail may have got lost; one that is confirmed is left in peace."""
    office.subscribe()
    office.topic.subscribed["email", MAIL, False]["confirmed"] = True
    office.subscribe()
    office.subscribe(AlertKind.LATE)
    assert [MAIL] == office.topic.confirmations


def on_topics(office: Office) -> dict[bool, str | None]:
    """The languages of the subscriber on each topic; True is that of the other languages."""
    return {name[2]: one["language"] for name, one in office.topic.subscribed.items()}


def test_another_language_waits_for_its_confirmation(office: Office) -> None:
    """Until then the former one goes on, and after it nobody gets both."""
    office.subscribe(AlertKind.LATE)
    office.topic.is_confirmed_by(MAIL)
    _, is_new = office.subscribe(AlertKind.LATE, language="de")
    assert not is_new
    assert {False: None, True: "de"} == on_topics(office)
    assert [False, True] == [one["confirmed"] for one in office.topic.subscribed.values()][::-1]
    assert {MAIL: (AlertKind.LATE,)} == office.listed
    office.topic.is_confirmed_by(MAIL)
    assert ["de"] == [one.language for one in office.service.list()]
    assert {True: "de"} == on_topics(office)


def test_a_phone_changes_its_language_at_once(office: Office) -> None:
    """It needs no confirmation; among the other languages its policy is changed."""
    phone, is_new = office.subscribe(endpoint=PHONE, protocol="sms", language="fr")
    assert is_new
    for language in ("es", None, "pl"):
        again, is_new = office.subscribe(endpoint=PHONE, protocol="sms", language=language)
        assert (phone, False) == (again, is_new)
        assert [language or "en"] == [one.language for one in office.service.list()]
        assert {language is not None: language} == on_topics(office)


def test_who_changed_the_language_can_leave(office: Office) -> None:
    """From both topics."""
    subscription_id, _ = office.subscribe()
    office.topic.is_confirmed_by(MAIL)
    office.subscribe(language="de")
    office.service.unsubscribe(subscription_id, NOW)
    assert {} == office.listed
    assert {True: "de"} == on_topics(office)
    office.topic.is_confirmed_by(MAIL)
    assert {} == office.listed
    assert {} == office.topic.subscribed


def test_the_stack_s_own_language_is_no_other(office: Office) -> None:
    """Whoever asks for it by name gets what everybody gets."""
    office.subscribe(language="en")
    assert {False: None} == on_topics(office)


def test_an_id_does_not_depend_on_the_spelling() -> None:
    """But on protocol and address."""
    mail = Subscriber("email", MAIL, None)
    assert mail.id == replace(mail, endpoint=MAIL.upper(), arn="arn:1").id
    assert mail.id != replace(mail, protocol="sms").id
    assert 16 == len(mail.id)
