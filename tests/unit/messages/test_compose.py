"""The texts of alerts: mails, subjects, and what machines get."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.alerts import SEVERITY, SILENCE, AlertKind, AlertRef, Notification, Situation
from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.domain.text import clean
from stallwatch.messages.advice import advise
from stallwatch.messages.compose import compose
from stallwatch.messages.encodings import gsm7
from stallwatch.messages.translations import Translations
from stallwatch.rules.annotations import Annotations, annotations_of
from tests.support.effort import examples
from tests.support.journeys import HOUR, START, Life, journeys
from tests.support.message_samples import (
    ABOUT_ORDERS,
    FACTS,
    KEY_DATES,
    NATURAL,
    OF_THE_SOURCE,
    ORDER,
    PAGE,
    SPOKEN,
    WITHOUT_ORDER,
    facts_in,
    notification,
)

MAYBE = ("carrier", "known", "key_dates", "last_text")


def all_facts(situation: Situation) -> Iterator[Annotations]:
    """Every combination of what may be known of an order."""
    for chosen in product((True, False), repeat=len(MAYBE)):
        gone = {name for name, there in zip(MAYBE, chosen, strict=True) if not there}
        yield {name: value for name, value in facts_in(situation).items() if name not in gone}


def check(message: Any, orders: int = 1) -> None:
    """What holds of any message about one order, or about the source."""
    assert 0 < len(message.subject) <= 100
    assert message.subject == message.subject.strip()
    assert all(" " <= char <= "~" for char in message.subject)
    assert 0 < len(message.sms) <= 148
    assert message.sms == gsm7(message.sms)
    assert {"Cc", "Cf", "Cs", "Zl", "Zp"}.isdisjoint(map(category, message.email.replace("\n", "")))
    assert message.email.endswith("\n")
    assert "None" not in message.email
    assert orders == len(json.loads(message.default)["orders"])


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
@pytest.mark.parametrize(("kind", "reason"), SPOKEN)
def test_every_alert_can_be_told_whatever_is_known(
    language: str, kind: AlertKind, reason: str
) -> None:
    """Every kind and reason, with every combination of facts, with and without a number."""
    translations = Translations(language)
    if kind in WITHOUT_ORDER:
        check(compose(notification(kind), PAGE, translations), orders=0)
        return
    for facts in all_facts(NATURAL[kind, reason]):
        check(compose(notification(kind, reason, facts=facts), PAGE, translations))
    bare = replace(ORDER, tracking_number=None, title=None, protection_ends_on=None)
    check(compose(notification(kind, reason, (bare,)), PAGE, translations))


@pytest.mark.parametrize("situation", Situation)
def test_an_alert_can_be_told_in_any_situation(situation: Situation) -> None:
    """Raised together, all carry the advice of the first."""
    for kind, reason in ABOUT_ORDERS:
        message = compose(
            notification(kind, reason, facts=facts_in(situation)), PAGE, Translations()
        )
        check(message)


@settings(max_examples=examples(5), deadline=None)
@given(journeys(days=70))
def test_what_a_journey_raises_can_be_told(journey: Any) -> None:
    """With the annotations that the rules give; message and page ask the same."""
    life = Life(journey)
    for hour, decision in life.evaluate_every(12):
        trace = journey.trace_at(hour, life.order)
        annotations = annotations_of(life.order, decision, trace)
        json.dumps(annotations)
        now = START + hour * HOUR
        advice = advise(life.order, decision, trace, now, Translations())
        assert advice.isprintable()
        for alert in decision.due:
            raised = replace(alert, facts=annotations)
            member = (AlertRef("x", alert.key, alert.kind, alert.raised_at), raised, life.order)
            message = compose(
                Notification("b", alert.kind, alert.raised_at, (member,)), PAGE, Translations()
            )
            check(message)
            assert advice == json.loads(message.default)["orders"][0]["advice"]
            assert advice in message.email


@pytest.mark.parametrize(("kind", "reason"), ABOUT_ORDERS)
def test_a_mail_says_all_that_its_reader_needs(kind: AlertKind, reason: str) -> None:
    """Which order, what happened, what to do now, the key dates, and where to click."""
    mail = compose(notification(kind, reason), PAGE, Translations()).email
    assert mail.startswith("USB cable (order 8123456789012345)\n")
    assert "LP00000000000001" in mail
    assert "What happened: " in mail
    assert "What to do now: " in mail
    assert "Ordered on March 1, 2026" in mail
    assert 'AliExpress: "Refund if no delivery before" June 20, 2026' in mail
    assert "PayPal takes a case until August 28, 2026" in mail
    assert "Contact La Poste (number RB123456785FR): https://poste.example/" in mail
    assert "https://global.cainiao.com/newDetail.htm?mailNoList=LP00000000000001" in mail
    assert "https://www.aliexpress.com/p/order/detail.html?orderId=8123456789012345" in mail
    assert f"{PAGE}#/orders/8123456789012345" in mail


def test_a_mail_shows_only_the_dates_that_apply() -> None:
    """Those of the evaluation, none of its own."""
    facts = facts_in(Situation.STALLED, key_dates={"claim_opens_on": "2026-06-14"})
    mail = compose(notification(AlertKind.STALLED, facts=facts), PAGE, Translations()).email
    assert "60 days without an update were reached on June 14, 2026" in mail
    for absent in ("Refund if no delivery", "Counts as late", "Last day", "PayPal"):
        assert absent not in mail


def test_the_days_of_a_claim_are_those_of_the_stack() -> None:
    """A stack whose threshold is 45 days never says 60."""
    facts = facts_in(
        Situation.STALLED, last_update="2026-06-01", key_dates={"claim_opens_on": "2026-07-16"}
    )
    mail = compose(notification(AlertKind.STALLED, facts=facts), PAGE, Translations()).email
    assert "45 days without an update" in mail
    assert "60" not in mail.replace("https", "")


def test_an_order_that_is_not_aliexpress_s_has_no_page_there() -> None:
    """Its own id is no number of AliExpress; the number given beside it is."""
    order = replace(ORDER, order_id="gift-1")
    mail = compose(notification(AlertKind.LATE, orders=(order,)), PAGE, Translations()).email
    assert "aliexpress.com" not in mail
    numbered = replace(order, order_number="8123456789012345")
    mail = compose(notification(AlertKind.LATE, orders=(numbered,)), PAGE, Translations()).email
    assert "orderId=8123456789012345" in mail


@pytest.mark.parametrize(
    ("kind", "reason", "days"),
    [
        (AlertKind.NEVER_SCANNED, "", "106 days"),
        (AlertKind.LATE, "", "70 days"),
        (AlertKind.STALLED, "", "61 days"),
        (AlertKind.REFUND_CLAIM, SILENCE, "61 days"),
        (AlertKind.PROTECTION_ENDING, "", "5 days"),
        (AlertKind.UNANSWERED, "", "10 days"),
    ],
)
def test_a_mail_says_since_when(kind: AlertKind, reason: str, days: str) -> None:
    """Each counts its own days."""
    assert days in compose(notification(kind, reason), PAGE, Translations()).email


def test_a_promise_that_was_broken_is_named() -> None:
    """Instead of the days that the service usually takes."""
    facts = facts_in(Situation.LATE, promised_on="2026-06-10")
    message = compose(notification(AlertKind.LATE, facts=facts), PAGE, Translations())
    assert "AliExpress promised delivery by June 10, 2026" in message.email
    assert "promised by June 10" in message.sms
    assert "usually takes" not in message.email


def test_what_is_odd_about_a_number_is_said_once() -> None:
    """The first by the advice, the others by notes."""
    odd = [
        ["other_number", {"number": "CNG0083979070"}],
        ["same_number", {"order_id": "7", "n": 3}],
    ]
    facts = facts_in(Situation.NEVER_SCANNED, seen=odd)
    mail = compose(notification(AlertKind.NEVER_SCANNED, facts=facts), PAGE, Translations()).email
    for said in ("CNG0083979070", "3 more orders"):
        assert 1 == mail.count(said), mail


def test_the_owner_s_mail_says_since_when_nothing_was_checked() -> None:
    """In UTC, with the source's name, and no order."""
    for kind in OF_THE_SOURCE:
        message = compose(notification(kind), PAGE, Translations())
        assert "Cainiao" in message.email
        assert "June 5, 2026" in message.email
        assert [] == json.loads(message.default)["orders"]


@pytest.mark.parametrize(("kind", "reason"), SPOKEN)
def test_machines_get_what_the_contract_says(kind: AlertKind, reason: str) -> None:
    """Version 1, field by field; a reason only where there is one."""
    message = compose(notification(kind, reason), PAGE, Translations())
    body = json.loads(message.default)
    orders = body.pop("orders")
    assert {
        "version": 1,
        "id": "batch-1",
        "kind": kind.value,
        "severity": SEVERITY[kind].value,
        "raised_at": "2026-06-15T12:00:00Z",
        **({"text": message.sms} if kind is AlertKind.DIGEST else {}),
    } == body
    if kind in WITHOUT_ORDER:
        assert [] == orders
        return
    (order,) = orders
    assert order.pop("advice") in message.email
    assert {
        "order_id": "8123456789012345",
        "tracking_number": "LP00000000000001",
        "stage": "export_customs",
        "silent_days": 61,
        "days_in_transit": 70,
        **({"reason": reason} if reason else {}),
        **KEY_DATES,
        "url": f"{PAGE}#/orders/8123456789012345",
    } == order


def test_what_is_not_known_is_null_for_machines() -> None:
    """The fields are there even so."""
    facts: Annotations = {"situation": "delivered", "key_dates": {}, "stage": "delivered"}
    order = replace(ORDER, tracking_number=None, protection_ends_on=None)
    message = compose(notification(AlertKind.DELIVERED, "", (order,), facts), PAGE, Translations())
    (found,) = json.loads(message.default)["orders"]
    assert {"tracking_number", "silent_days", "days_in_transit", *KEY_DATES} == {
        name for name, value in found.items() if value is None
    }


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
@pytest.mark.parametrize(("kind", "reason"), ABOUT_ORDERS)
def test_a_subject_names_the_order_by_its_title(
    language: str, kind: AlertKind, reason: str
) -> None:
    """Not by sixteen digits, and in letters that ASCII has."""
    message = compose(notification(kind, reason, nth=2), PAGE, Translations(language))
    assert message.subject.endswith("USB cable")
    assert "?" not in message.subject
    untitled = replace(ORDER, title=None)
    message = compose(notification(kind, reason, (untitled,)), PAGE, Translations(language))
    assert message.subject.endswith(ORDER.order_id)


def test_a_german_subject_keeps_its_umlauts_readable() -> None:
    """As `ae`, not as a bare `a`."""
    order = replace(ORDER, title="Kühlschrank für Böden")
    message = compose(notification(AlertKind.LATE, orders=(order,)), PAGE, Translations("de"))
    assert message.subject.endswith("Kuehlschrank fuer Boeden")


def test_fifty_orders_in_one_message_fit() -> None:
    """SNS takes 256 KB for all forms together."""
    text = "运" * 200
    changes = {"last_text": text, "last_place": "运" * 60, "carrier": ["运" * 80, None]}
    facts = facts_in(Situation.CLAIM_SILENCE, **changes)
    orders = tuple(replace(ORDER, order_id=f"{n:064}", title=text) for n in range(50))
    message = compose(
        notification(AlertKind.REFUND_CLAIM, SILENCE, orders, facts), PAGE, Translations()
    )
    check(message, orders=50)
    forms = {"default": message.default, "email": message.email, "sms": message.sms}
    assert len(json.dumps(forms, ensure_ascii=False).encode()) < 256 * 1024
    assert "50 orders" in message.subject
    assert message.email.startswith("Claim your money: 50 orders\n")


# "None" in a message tells of a missing value: the text from outside has none.
HOSTILE = st.text(max_size=300).map(
    lambda text: clean(text.replace("None", ""), 200)
) | st.sampled_from(
    [
        clean(text, 200)
        for text in (
            "Subject: x\r\nBcc: everyone@example.org",
            "{order_id} {0} {text!r} %s %(n)d",
            '"}], "version": 2, "x": ["',
            "\u202egnp.exe\u2066 \x00\x1b[31m",
            "a\u2028b\u2029c\x85d\x0be",
            "🎁" * 250,
            "\ud800 \udfff \ufffe",
            "<script>alert(1)</script>",
        )
    ]
)


@settings(deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, st.sampled_from(ABOUT_ORDERS))
def test_text_from_outside_breaks_nothing(
    title: str, text: str, where: str, carrier: str, spoken: tuple[AlertKind, str]
) -> None:
    """Titles, the carrier's words and names stay where they are put, on one line."""
    kind, reason = spoken
    plain = compose(notification(kind, reason), PAGE, Translations())
    page, number = FACTS["carrier"][1:]  # type: ignore[index]
    facts = facts_in(
        NATURAL[spoken],
        last_text=text,
        last_place=where,
        carrier=[carrier or "x", page, number],
        second=["17track", "2026-06-15", "2026-04-15", text],
    )
    order = replace(ORDER, title=title or None)
    message = compose(notification(kind, reason, (order,), facts), PAGE, Translations())
    check(message)
    assert len(plain.email.splitlines()) == len(message.email.splitlines())
    (machine,) = json.loads(message.default)["orders"]
    assert set(json.loads(plain.default)["orders"][0]) == set(machine)
    assert "LP00000000000001" == machine["tracking_number"]


def test_of_what_waited_together_the_newest_is_told() -> None:
    """Two of one order and reason, as a night holds them, are one sentence; other orders stay."""
    other = replace(ORDER, order_id="8123456789099999", title="Kettle")
    both = notification(AlertKind.PROTECTION_ENDING, orders=(ORDER, other))
    (member, alert, order), rest = both.members
    newer = replace(alert, raised_at=alert.raised_at + timedelta(hours=3), nth=2)
    held = replace(both, members=((member, alert, order), rest, (member, newer, order)))
    expected = compose(replace(both, members=((member, newer, order), rest)), PAGE, Translations())
    assert expected == compose(held, PAGE, Translations())
    assert 2 == len(json.loads(expected.default)["orders"])
