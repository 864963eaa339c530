"""Who is told, and of what: subscribers by mail and SMS."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stallwatch.alerting.subscriptions import Preference, Subscriber, Subscriptions
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import MissingError, UnacceptableError
from tests.aws import moto
from tests.aws.api.client import check_documented
from tests.aws.moto_stack import World, world_at

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
MAIL = "buyer@example.org"
PHONE = "+4915112345678"
NOW = START


# Through the API.


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def world(shared: World) -> World:
    """A stack to which nobody is subscribed but its inbox."""
    shared.empty()
    return shared


def call(world: World, method: str, path: str, body: object = None) -> tuple[int, Any]:
    status, answer = world.call(method, path, body)
    check_documented(method, path, status, answer)
    return status, answer


def subscribe(world: World, protocol: str, endpoint: str, *kinds: str) -> tuple[int, Any]:
    body: dict[str, Any] = {"protocol": protocol, "endpoint": endpoint}
    if kinds:
        body["kinds"] = list(kinds)
    return call(world, "POST", "/subscriptions", body)


def policy(world: World, endpoint: str, topic: str | None = None) -> Any:
    """The filter policy of a subscriber as a topic has it."""
    sns = moto.client("sns")
    found = sns.list_subscriptions_by_topic(TopicArn=topic or world.topic)["Subscriptions"]
    for one in found:
        if one["Endpoint"] == endpoint:
            attributes = sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])
            return json.loads(attributes["Attributes"].get("FilterPolicy") or "{}")
    raise AssertionError(f"{endpoint} is not subscribed")


def test_a_subscriber_is_added_listed_and_removed(world: World) -> None:
    """With an id of our own."""
    assert [] == call(world, "GET", "/subscriptions")[1]["subscriptions"]
    status, mail = subscribe(world, "email", MAIL)
    assert (201, "email", MAIL, None) == (status, mail["protocol"], mail["endpoint"], mail["kinds"])
    status, phone = subscribe(world, "sms", "+49 (151) 1234-5678", "refund_claim")
    assert (201, PHONE, ["refund_claim"]) == (status, phone["endpoint"], phone["kinds"])
    listed = call(world, "GET", "/subscriptions")[1]["subscriptions"]
    assert {mail["id"], phone["id"]} == {one["id"] for one in listed}
    assert 204 == call(world, "DELETE", f"/subscriptions/{mail['id']}")[0]
    assert 404 == call(world, "DELETE", f"/subscriptions/{mail['id']}")[0]
    assert [phone["id"]] == [
        one["id"] for one in call(world, "GET", "/subscriptions")[1]["subscriptions"]
    ]


def test_the_same_subscriber_again_is_changed(world: World) -> None:
    """Never there twice, however the address is spelled."""
    _, first = subscribe(world, "email", MAIL)
    for kinds in (("late", "stalled"), ("stalled",), ()):
        status, again = subscribe(world, "email", MAIL, *kinds)
        assert (200, first["id"], list(kinds) or None) == (status, again["id"], again["kinds"])
        assert ({"alert": list(kinds)} if kinds else {}) == policy(world, MAIL)
        assert 1 == len(call(world, "GET", "/subscriptions")[1]["subscriptions"])
    assert 200 == subscribe(world, "email", MAIL)[0]


def test_a_filter_policy_lets_through_what_is_wanted(world: World) -> None:
    """The policy that a subscriber gets, tried on a queue that can be read."""
    subscribe(world, "email", MAIL, "delivered", "refund_claim")
    sns = moto.client("sns")
    (inbox,) = (
        one
        for one in sns.list_subscriptions_by_topic(TopicArn=world.topic)["Subscriptions"]
        if one["Protocol"] == "sqs"
    )

    def filter_by(filter_policy: object) -> None:
        sns.set_subscription_attributes(
            SubscriptionArn=inbox["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue=json.dumps(filter_policy),
        )

    filter_by(policy(world, MAIL))
    for n, code in enumerate(("GTMS_SIGNED", "GTMS_STA_SIGNED", "RT_INBOUND")):
        number = f"LP{n:014}"
        world.cainiao.put(number, [(START - timedelta(days=1), code)])
        body = {"order_id": f"{n}", "ordered_on": "2026-06-01", "tracking_number": number}
        assert 201 == world.call("POST", "/orders", body)[0]
    world.pull()
    world.pump()
    assert ["delivered", "refund_claim"] == sorted(m.kind for m in world.messages())
    filter_by({})


def test_a_test_message_goes_to_all(world: World) -> None:
    """Through both topics, with a link to the page as the client reaches it, once a minute."""
    call(world, "POST", "/subscriptions", {"protocol": "sms", "endpoint": PHONE, "language": "de"})
    assert (202, {"messages": 2}) == call(world, "POST", "/subscriptions/test")
    (message,) = world.messages()
    assert ("test", "info", [], True) == (
        message.kind,
        message.body["severity"],
        message.body["orders"],
        message.body["id"].startswith("test-"),
    )
    assert "Stallwatch: Test message" == message.subject
    kinds = json.loads(message.attributes["alert"])
    assert {kind.value for kind in AlertKind} == set(kinds)
    again_at = world.now + timedelta(minutes=1)
    world.advance(seconds=59)
    status, refusal = call(world, "POST", "/subscriptions/test")
    assert (429, True) == (status, f"{again_at:%H:%M:%S} UTC" in refusal["message"])
    assert [] == world.messages()
    world.advance(seconds=1)
    assert 202 == call(world, "POST", "/subscriptions/test")[0]
    assert 1 == len(world.messages())


def test_no_address_stands_in_the_table(world: World) -> None:
    """SNS alone knows it; what is kept is an id that does not tell it."""
    subscribe(world, "email", MAIL, "late")
    subscribe(world, "sms", PHONE)
    items = moto.client("dynamodb").scan(TableName=world.table)["Items"]
    kept = [item for item in items if item["sk"]["S"].startswith("SUBSCRIPTION#")]
    assert 2 == len(kept)
    for secret in (MAIL, "example.org", PHONE, PHONE[3:]):
        assert secret not in json.dumps(items, default=str)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("protocol", {"endpoint": MAIL}),
        ("protocol", {"protocol": "sqs", "endpoint": "arn:aws:sqs:x"}),
        ("protocol", {"protocol": "https", "endpoint": "https://example.org"}),
        ("endpoint", {"protocol": "email"}),
        ("endpoint", {"protocol": "email", "endpoint": "nobody"}),
        ("endpoint", {"protocol": "email", "endpoint": PHONE}),
        ("endpoint", {"protocol": "sms", "endpoint": MAIL}),
        ("endpoint", {"protocol": "sms", "endpoint": "0151"}),
        ("endpoint", {"protocol": "email", "endpoint": "x" * 321}),
        ("endpoint", {"protocol": "email", "endpoint": 7}),
        ("kinds", {"protocol": "email", "endpoint": MAIL, "kinds": []}),
        ("kinds.0", {"protocol": "email", "endpoint": MAIL, "kinds": ["dance"]}),
        ("kinds", {"protocol": "email", "endpoint": MAIL, "kinds": "late"}),
        ("name", {"protocol": "email", "endpoint": MAIL, "name": "x"}),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, field: str, body: object) -> None:
    """With the field; nobody is subscribed."""
    status, answer = call(world, "POST", "/subscriptions", body)
    assert 422 == status, answer
    assert [field] == [error["field"] for error in answer["errors"]]
    assert [] == call(world, "GET", "/subscriptions")[1]["subscriptions"]


@pytest.mark.parametrize("subscription_id", ["x", "0" * 15, "0" * 17, "g" * 16, "0123456789ABCDEF"])
def test_an_id_that_cannot_be_is_refused(world: World, subscription_id: str) -> None:
    """They are sixteen hexadecimal digits."""
    assert call(world, "DELETE", f"/subscriptions/{subscription_id}")[0] in {404, 422}


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
class PreferenceStore:
    """Wishes in memory."""

    kept: dict[str, Preference] = field(default_factory=dict)

    def preferences(self) -> Mapping[str, Preference]:
        return dict(self.kept)

    def keep(self, subscription_id: str, preference: Preference, now: datetime) -> None:  # noqa: ARG002
        self.kept[subscription_id] = preference

    def drop(self, subscription_id: str) -> None:
        self.kept.pop(subscription_id, None)

    def claim_test(self, now: datetime) -> datetime | None:
        raise NotImplementedError


@dataclass
class Office:
    topic: Topic = field(default_factory=Topic)
    preferences: PreferenceStore = field(default_factory=PreferenceStore)

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


def test_a_language_is_kept_and_shown(world: World) -> None:
    """By the topic's policy too, and an unknown one is refused."""
    body = {"protocol": "sms", "endpoint": PHONE, "language": "de", "kinds": ["late"]}
    status, added = call(world, "POST", "/subscriptions", body)
    assert (201, "de") == (status, added["language"])
    listed = call(world, "GET", "/subscriptions")[1]["subscriptions"]
    assert ["de"] == [one["language"] for one in listed]
    expected = {"alert": ["late"], "language": ["de"]}
    assert expected == policy(world, PHONE, world.translated_topic)
    status, refusal = call(world, "POST", "/subscriptions", {**body, "language": "tlh"})
    assert (422, ["language"]) == (status, [error["field"] for error in refusal["errors"]])


def test_an_id_does_not_depend_on_the_spelling() -> None:
    """But on protocol and address."""
    mail = Subscriber("email", MAIL, None)
    assert mail.id == replace(mail, endpoint=MAIL.upper(), arn="arn:1").id
    assert mail.id != replace(mail, protocol="sms").id
    assert 16 == len(mail.id)
