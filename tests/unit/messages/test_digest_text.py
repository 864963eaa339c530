"""What a digest says, in a mail, in an SMS and to machines."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from stallwatch.domain.alerts import AlertKind, Notification, Situation
from stallwatch.domain.digest import Digest
from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.messages.compose import Message, compose
from stallwatch.messages.translations import Translations
from tests.support.message_samples import DIGEST, NOW, PAGE, notification


def told(digest: Digest, *older: Digest, language: str = "en") -> Message:
    """The message of a digest, with older ones that were held."""
    ((ref, alert, _),) = notification(AlertKind.DIGEST).members
    members = []
    for age, one in enumerate((digest, *older)):
        at = NOW - timedelta(hours=age)
        member = (replace(ref, raised_at=at), replace(alert, raised_at=at, facts=one.as_facts()))
        members.append((*member, None))
    found = Notification("batch-1", AlertKind.DIGEST, NOW, tuple(members))
    return compose(found, PAGE, Translations(language))


def test_a_digest_says_what_presses_what_is_near_and_what_moved() -> None:
    """A line an order, the orders that are left out counted, and the money."""
    assert (
        """\
Needs you now (3 orders)
- USB cable: Not there? Open a dispute.
- order 8123456789012346: Collect it.
- and 1 more

6 deadlines in the next seven days
- USB cable: Next reminder: June 18, 2026
- USB cable: Last day for a dispute if you do not have it: June 19, 2026
- USB cable: AliExpress: "Refund if no delivery before" June 20, 2026
- order 8123456789012346: Last day for the dispute: June 20, 2026
- USB cable: Your card issuer takes a chargeback until about June 21, 2026
- order 8123456789012346: PayPal takes a case until June 21, 2026

Moved since June 14, 2026
- Lamp: June 15: Departed (Dongguan)

Money at risk: 12.50 EUR, 7.00 USD

All your orders: https://stallwatch.example/live/
"""
        == told(DIGEST).email
    )


def test_a_digest_leaves_out_what_there_is_not() -> None:
    """In the mail, in the SMS and in the subject."""
    message = told(Digest("2026-06-14", moved=DIGEST.moved, moved_count=1))
    assert "Moved since June 14, 2026\n- Lamp" in message.email
    for absent in ("Needs you", "deadline", "risk", "more"):
        assert absent not in message.email
    assert "1 parcel moved." == message.sms
    assert "Stallwatch: Digest: 1 parcel moved." == message.subject
    assert ("1 parcel moved.", []) == tuple(
        json.loads(message.default)[name] for name in ("text", "orders")
    )


def test_of_several_that_were_held_the_newest_is_told() -> None:
    """It covers what the others said."""
    older = Digest("2026-06-13", pressing=DIGEST.pressing, pressing_count=2)
    newest = Digest("2026-06-13", moved=DIGEST.moved, moved_count=1)
    assert told(newest) == told(newest, older)


def test_a_digest_is_kept_as_it_is() -> None:
    """As JSON, with its alert."""
    assert DIGEST == Digest.of_facts(json.loads(json.dumps(DIGEST.as_facts())))


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_a_digest_can_be_told_of_every_situation(language: str) -> None:
    """With the largest counts, which an SMS has room for, whole."""
    pressing = tuple(DIGEST.pressing[0]._replace(situation=s.value) for s in Situation)
    many = replace(DIGEST, pressing_count=9_999, deadline_count=9_999, moved_count=9_999)
    message = told(replace(many, pressing=pressing), language=language)
    assert len(Situation) <= message.email.count("USB cable")
    assert len(message.sms) < 148
    assert message.sms.endswith(".")
    assert len(message.subject) <= 100
