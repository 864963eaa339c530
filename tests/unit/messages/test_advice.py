"""What to do now about an order, in a sentence."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from stallwatch.api.page_words import page_words
from stallwatch.domain.alerts import ASKED_BY, Situation
from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.domain.orders import Action, ActionKind, Order, SearchPlace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.messages.advice import ADVICE, advice_text, advise, short_advice
from stallwatch.messages.alert_kinds import ALERT_TEXTS
from stallwatch.messages.context import OrderContext
from stallwatch.messages.translations import Translations
from stallwatch.rules.annotations import annotate_anomalies
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from stallwatch.rules.decision import InitialFindings, KeyDates
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order
from tests.support.message_samples import KEY_DATES, NOW, ORDER, facts_in, variants

TODAY = NOW.date()


def text(
    situation: Situation, order: Order = ORDER, language: str = "en", **changes: object
) -> str:
    facts = facts_in(situation, **changes)
    return advice_text(OrderContext(order, facts, TODAY, Translations(language)))


def test_every_situation_has_its_advice() -> None:
    """A situation of `domain/alerts.py` that misses one belongs into `messages/advice.py`."""
    assert set(Situation) == set(ADVICE)


def test_what_presses_is_an_alert_that_can_be_raised() -> None:
    """With a reason that its kind has."""
    for situation, (kind, reason) in ASKED_BY.items():
        assert reason in ALERT_TEXTS[kind].reasons, situation


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
@pytest.mark.parametrize("situation", Situation)
def test_every_advice_can_be_given_whatever_is_known(language: str, situation: Situation) -> None:
    """One line, with no hole in it, and a few words for an SMS."""
    for label, order, facts in variants(situation):
        context = OrderContext(order, facts, TODAY, Translations(language))
        advice = advice_text(context)
        assert advice.isprintable(), label
        assert "None" not in advice, label
        assert "{" not in advice, label
        assert "  " not in advice, label
        assert len(short_advice(context)) <= 60, label


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (Situation.REFUND_DUE, "Last day: July 5, 2026, 20 days left."),
        (Situation.REFUND_DUE_TAKE_FIRST, "Take the parcel first"),
        (Situation.PROTECTION_ENDING, "do it on June 21, 2026"),
        (Situation.DELIVERED, 'do not press "Confirm received"'),
        (Situation.NOT_RECEIVED, "Ask La Poste (number RB123456785FR) for the proof of delivery"),
        (Situation.CLAIM_RETURNED, "a destroyed parcel was not delivered"),
        (Situation.CLAIM_AFTER_DEADLINE, "AliExpress's date, June 20, 2026, has passed"),
        (Situation.DEADLINE_OVER, "PayPal, until August 28, 2026"),
        (Situation.DISPUTE_REJECTED, '"Take it all back"'),
        (Situation.REMINDER_BANK, "PayPal"),
        (Situation.SNOOZED, "until June 20, 2026"),
        (Situation.DISPUTED, "until June 18, 2026 to respond"),
        (Situation.CONTACTED, "by June 18, 2026, write again"),
        (Situation.IN_TRANSIT, "late from July 1, 2026"),
        (Situation.UNANSWERED, "mailNoList=LP00000000000001"),
    ],
)
def test_the_advice_names_what_counts(situation: Situation, expected: str) -> None:
    """The dates of the evaluation, the carrier, and where to click."""
    assert expected in text(situation)


def test_the_last_day_says_today() -> None:
    """Nobody counts "0 days left"."""
    dates = {"refund_until": TODAY.isoformat()}
    assert "Today is the last day." in text(Situation.REFUND_DUE, key_dates=dates)


@pytest.mark.parametrize(
    "situation", [Situation.PROTECTION_ENDING, Situation.PROTECTION_ENDING_TAKE_FIRST]
)
def test_the_last_notice_asks_for_more_than_the_first(situation: Situation) -> None:
    """Both may come within a day, where the order is first seen two days before the date."""
    assert "Have everything ready today." in text(situation, last_notice=True)
    assert "today" not in text(situation)


def test_the_nearer_of_two_dates_follows_the_question_to_the_seller() -> None:
    """The claim, or AliExpress's date; a day that is no key date is not named."""
    claim_first = KEY_DATES | {"claim_opens_on": "2026-06-19"}
    assert "by June 19, 2026, claim" in text(Situation.STALLED, key_dates=claim_first)
    assert "by June 20, 2026, open a dispute" in text(Situation.STALLED)
    assert "2026" not in text(Situation.STALLED, key_dates={})


@pytest.mark.parametrize("situation", [Situation.DISPUTED, Situation.CONTACTED])
def test_the_day_of_an_action_is_not_the_bank_s(situation: Situation) -> None:
    """The nearer of the two is the key date; the advice speaks of the action's."""
    bank, since = {"reminder_on": "2026-06-16"}, "2026-06-14"
    assert "June 19, 2026" in text(situation, key_dates=bank, word_on=since, word_days=5)
    assert "2026" not in text(situation, key_dates={}, word_on=since, word_days=5)


def test_who_has_looked_everywhere_is_not_asked_again() -> None:
    """The claim asks only for the places that are open."""
    looked = Action(
        ActionKind.NOT_FOUND_HERE,
        NOW,
        answers=tuple((place, date(2026, 6, 11)) for place in SearchPlace),
    )
    assert "neighbours" in text(Situation.CLAIM_SILENCE)
    after = text(Situation.CLAIM_SILENCE, replace(ORDER, actions=(looked,)))
    assert "You have looked everywhere" in after
    assert "by June 20, 2026" in after


def test_who_paid_otherwise_is_told_of_no_bank_date() -> None:
    """And who never said is told of both ways."""
    order = replace(ORDER, paid_with=None)
    assert "PayPal or your card issuer" in text(
        Situation.DEADLINE_OVER, order, paid_with=None, key_dates={}
    )
    assert "your card issuer, until about" in text(Situation.DEADLINE_OVER, paid_with="card")
    passed = text(Situation.DEADLINE_OVER, key_dates={})
    assert "PayPal" not in passed


def test_an_odd_number_is_named_where_nothing_presses() -> None:
    """In transit, not in a claim; a wrong check digit only before the first scan."""
    country = ["other_country", {"country": "DE", "other": "ES"}]
    digit = ["check_digit", {"number": NUMBER}]
    assert "Spain" in text(Situation.IN_TRANSIT, seen=[country])
    assert "Spain" not in text(Situation.CLAIM_SILENCE, seen=[country])
    assert "check digit" not in text(Situation.IN_TRANSIT, seen=[digit])
    assert "check digit" in text(Situation.AWAITING_SHIPMENT, seen=[digit], scanned=None)
    assert "Spain" in text(Situation.NEVER_SCANNED, seen=[country])


def test_a_decision_and_its_annotations_give_the_same_advice() -> None:
    """Page and message: the one asks `advise`, the other what was kept with the alert."""
    order = an_order(protection_ends_on=NOON.date() + timedelta(days=4))
    record = absorb(
        TraceRecord(order.tracking_number),
        an_answer(NUMBER, an_event(NOON - timedelta(days=14), "LH_DEPART")),
        "cainiao",
        NOON,
    )
    trace = record.open()
    decision = evaluate(order, trace, (), InitialFindings(), NOON, Thresholds())._replace(
        situation=Situation.STALLED,
        key_dates=KeyDates(protection_ends_on=order.protection_ends_on),
    )
    found = [Anomaly(AnomalyKind.OTHER_COUNTRY, {"country": "DE", "other": "ES"})]
    expected = f"by June {order.protection_ends_on.day}" if order.protection_ends_on else ""
    advice = advise(order, decision, trace, NOON, Translations(), found)
    assert expected in advice


def test_an_alert_without_a_situation_points_to_the_page() -> None:
    """So that nothing false is said."""
    facts = {name: value for name, value in facts_in(Situation.LATE).items() if name != "situation"}
    context = OrderContext(ORDER, facts, TODAY, Translations(), "https://example.org/#/orders/1")
    assert "https://example.org/#/orders/1" in advice_text(context)
    assert short_advice(context)


def test_another_number_is_named_while_the_parcel_is_awaited() -> None:
    """The parcel may travel under it; nobody looks for one that was delivered."""
    other: dict[str, Any] = dict(
        annotate_anomalies([Anomaly(AnomalyKind.OTHER_NUMBER, {"number": "CNG0083979070"})])
    )
    for situation in (Situation.STALLED, Situation.IN_TRANSIT, Situation.CLAIM_SILENCE):
        assert text(situation, **other).endswith(
            "The tracking also names the number CNG0083979070:"
            " the parcel may be travelling under it."
        )
    for situation in (Situation.DELIVERED, Situation.CLOSED_REFUNDED):
        assert "CNG0083979070" not in text(situation, **other)


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_the_buttons_of_the_page_are_called_as_the_page_calls_them(language: str) -> None:
    """Whoever looks for the words of the advice finds them on a button."""
    buttons = {
        "advice.delivered": "action.not_received",
        "advice.delivered_old": "action.not_received",
        "advice.dispute_rejected": "action.reopen",
    }
    page, translations = page_words(language), Translations(language)
    for advice, button in buttons.items():
        said = translations.text(advice, carrier="x", carrier_named=" (x)")
        assert str(page[button]) in said, advice
