"""Subscribers over a strict stand-in for SNS: confirmed, ended by their link, changed, tested."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from stallwatch.alerting.ports import ComposedMessage, Outcome
from stallwatch.alerting.subscriptions import Subscriptions
from stallwatch.aws.sns import SnsPublisher, TopicSubscribers
from stallwatch.domain import validation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import MissingError, UnacceptableError, UnavailableError
from tests.in_memory_aws.sns import StrictSns
from tests.support.builders import NOON
from tests.support.memory_preferences import MemoryPreferences

MAIL = "buyer@example.org"
OTHER = "friend@example.org"


@dataclass(frozen=True)
class TestMessage:
    """A message that says in which language it is."""

    __test__ = False

    language: str
    kind: str = "test"
    severity: str = "info"
    subject: str = "A test"
    sms: str = "A test"
    default: str = "{}"

    @property
    def email(self) -> str:
        return f"A test in {self.language}"


@dataclass
class Office:
    """The subscriptions, and the topics they stand in."""

    sns: Any = field(default_factory=StrictSns)
    preferences: MemoryPreferences = field(default_factory=MemoryPreferences)

    @property
    def rig(self) -> Subscriptions:
        topics = TopicSubscribers(self.sns, self.sns.arn, self.sns.translated_arn)
        return Subscriptions(topics, self.preferences, "en")

    @property
    def publisher(self) -> SnsPublisher:
        return SnsPublisher(self.sns, self.sns.arn, self.sns.translated_arn)

    def subscribe(
        self, *kinds: AlertKind, endpoint: str = MAIL, language: str | None = None
    ) -> str:
        chosen = kinds or None
        made, _ = self.rig.subscribe("email", endpoint, chosen, language, NOON)
        return made.subscriber.id

    def listed(self) -> dict[str, tuple[tuple[AlertKind, ...] | None, str]]:
        return {s.subscriber.endpoint: (s.kinds, s.language) for s in self.rig.list()}

    def test(self) -> int:
        def compose(language: str | None) -> ComposedMessage:
            return TestMessage(language or "en")

        return self.rig.test(compose, self.publisher.publish_to_all, NOON)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize("as_link", [True, False])
def test_a_subscriber_is_confirmed_so_that_its_link_ends_nothing(
    office: Office, *, as_link: bool
) -> None:
    """The unsubscribe link in every mail may be followed by a scanner, or by anyone."""
    office.subscribe()
    token = office.sns.token_of(MAIL)
    link = (
        "https://sns.eu-central-1.amazonaws.com/confirmation.html"
        f"?TopicArn={office.sns.arn}&Token={token}&Endpoint={MAIL}"
    )
    office.rig.confirm(link if as_link else f" {token} ")
    (subscription,) = office.rig.list()
    assert subscription.subscriber.arn is not None
    office.sns.follow_unsubscribe_link(MAIL)
    assert {MAIL: (None, "en")} == office.listed()


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "https://example.org/",
        "https://[",
        "f" * 64,
        "f" * 600,
        "https://sns.eu-central-1.amazonaws.com/confirmation.html?TopicArn=arn:aws:sns:x&Token="
        + "f" * 64,
    ],
)
def test_what_confirms_nothing_is_refused(office: Office, pasted: str) -> None:
    """With what to do."""
    office.subscribe()
    with pytest.raises(UnacceptableError):
        office.rig.confirm(pasted)


def test_who_followed_the_link_is_gone_though_still_listed(office: Office) -> None:
    """For up to three days, with `Deleted` for an ARN; he may come back at once."""
    subscription_id = office.subscribe(AlertKind.LATE)
    office.sns.confirm(MAIL)
    office.sns.follow_unsubscribe_link(MAIL)
    assert {} == office.listed()
    with pytest.raises(MissingError):
        office.rig.unsubscribe(subscription_id, NOON)
    with pytest.raises(MissingError):
        office.rig.change(subscription_id, NOON, kinds=None)
    assert subscription_id == office.subscribe(AlertKind.STALLED)
    assert {MAIL: ((AlertKind.STALLED,), "en")} == office.listed()


def test_what_goes_while_it_is_changed_is_subscribed_again(office: Office) -> None:
    """SNS says that it is not found."""
    office.subscribe(AlertKind.LATE)
    office.sns.confirm(MAIL)
    topics = TopicSubscribers(office.sns, office.sns.arn, office.sns.translated_arn)
    (known,) = topics.all()
    office.sns.follow_unsubscribe_link(MAIL)
    assert known.arn is not None
    assert not topics.change(known.arn, None, None)
    assert topics.kinds(known.arn) is None
    topics.remove(known.arn)


def test_a_change_leaves_what_it_does_not_name(office: Office) -> None:
    """Kinds and language each on their own."""
    subscription_id = office.subscribe(AlertKind.LATE, language="de")
    office.rig.change(subscription_id, NOON, kinds=[AlertKind.STALLED])
    assert {MAIL: ((AlertKind.STALLED,), "de")} == office.listed()
    office.rig.change(subscription_id, NOON, language="fr")
    assert {MAIL: ((AlertKind.STALLED,), "fr")} == office.listed()
    office.rig.change(subscription_id, NOON, kinds=None)
    assert {MAIL: (None, "fr")} == office.listed()
    office.rig.change(subscription_id, NOON)
    assert {MAIL: (None, "fr")} == office.listed()


def test_a_test_message_reaches_everyone_whatever_each_wants(office: Office) -> None:
    """In his language, once."""
    office.subscribe(AlertKind.LATE)
    office.subscribe(AlertKind.STALLED, AlertKind.DELIVERED, endpoint=OTHER, language="de")
    office.sns.confirm(MAIL)
    office.sns.confirm(OTHER)
    assert 2 == office.test()
    assert {(MAIL, "A test in en"), (OTHER, "A test in de")} == {
        (delivered.endpoint, delivered.text) for delivered in office.sns.delivered
    }
    assert 2 == len(office.sns.delivered)


def test_a_test_message_that_was_not_sent_is_no_success(office: Office) -> None:
    """Whoever tests wants to know."""
    with pytest.raises(UnavailableError, match="unknown"):
        office.rig.test(
            lambda _: TestMessage("en"), lambda _message, _language: Outcome.UNKNOWN, NOON
        )


@pytest.mark.parametrize(
    "address",
    [
        "a@b.de,c@d.de",
        "mailto:a@b.de",
        ".a@b.de",
        "a.@b.de",
        "a..b@b.de",
        "a@-b.de",
        "a@b-.de",
        "a@b",
        "a@b..de",
        "a b@c.de",
        "a@b.de\nBcc: c@d.de",
        "<a@b.de>",
        "x" * 65 + "@b.de",
    ],
)
def test_a_malformed_address_is_refused(address: str) -> None:
    """Before SNS sends anything there."""
    with pytest.raises(UnacceptableError):
        validation.check_endpoint("email", address)


@pytest.mark.parametrize("address", ["a@b.de", "first.last+tag@sub.example-shop.co.uk", "o'x@b.de"])
def test_a_plain_address_is_taken(address: str) -> None:
    """Trimmed."""
    assert address == validation.check_endpoint("email", f" {address} ")
