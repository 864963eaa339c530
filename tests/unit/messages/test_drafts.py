"""Drafts: what they say of an order, in every language, within the fields of the forms."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from stallwatch.domain.alerts import Situation
from stallwatch.domain.languages import ALERT_LANGUAGES, SELLER_LANGUAGES
from stallwatch.domain.orders import Order
from stallwatch.messages.drafts import DISPUTE_LIMIT, SELLER_LIMIT, Draft, DraftKind, drafts
from tests.support.builders import NOON, an_order
from tests.support.draft_samples import (
    CONTACTED,
    DEFAULTS,
    OF_SITUATION,
    decided,
    draft_samples,
)

DAY = timedelta(days=1)
PLAIN = an_order(ordered_on=NOON.date() - 40 * DAY)
QUIET = (
    Situation.IN_TRANSIT,
    Situation.AWAITING_SHIPMENT,
    Situation.NO_NUMBER,
    Situation.NOT_FOUND,
    Situation.UNKNOWN,
    Situation.DELIVERED,
    Situation.DELIVERED_OLD,
    Situation.OUT_FOR_DELIVERY,
    Situation.SNOOZED,
    Situation.CLOSED_RECEIVED,
    Situation.CLOSED_REFUNDED,
)


def drafted(
    situation: Situation,
    language: str = "en",
    *,
    text: str = "Departed",
    order: Order = PLAIN,
    trace: str | None = None,
) -> dict[DraftKind, Draft]:
    """The drafts for an order in a situation."""
    known, decision = decided(
        situation, trace or OF_SITUATION.get(situation, "silent"), order, text
    )
    return {d.kind: d for d in drafts(known, decision, DEFAULTS.stalled, language)}


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (Situation.NEVER_SCANNED_NO_NUMBER, "has no tracking number yet"),
        (Situation.NEVER_SCANNED, "has not been scanned in 40 days"),
        (Situation.STALLED, "nothing new for 18 days"),
        (Situation.LATE, "on its way for 36 days"),
        (Situation.CLAIM_RETURNED, "is not coming to me"),
        (Situation.CLAIM_LOST, "lost"),
        (Situation.CANCELLED, "was cancelled"),
        (Situation.NOT_RECEIVED, "marked as delivered"),
    ],
)
def test_the_seller_is_asked_about_what_is_the_matter(situation: Situation, expected: str) -> None:
    """Each situation has its own question and its own dispute."""
    found = drafted(situation)
    assert expected in found[DraftKind.SELLER_QUESTION].text
    assert "refund" in found[DraftKind.DISPUTE].text


def test_an_old_order_whose_parcel_is_lost_says_so() -> None:
    """The carrier's own word is a better argument than the silence."""
    found = drafted(Situation.OLD_ORDER, trace="lost")
    assert "reports the parcel" in found[DraftKind.SELLER_QUESTION].text
    assert "as the carrier itself says" in found[DraftKind.DISPUTE].text


def test_a_dispute_about_a_cancelled_shipment_says_nothing_of_refunds() -> None:
    """Whether the money has come back is not known on the day of the cancellation."""
    text = drafted(Situation.CANCELLED, text="Cancelled")[DraftKind.DISPUTE].text
    assert text.startswith(f"My order {PLAIN.order_id} has not arrived. Its shipment (tracking")
    assert text.endswith(": Cancelled. I ask for a full refund.")


@pytest.mark.parametrize("situation", QUIET)
def test_there_is_no_draft_where_none_fits(situation: Situation) -> None:
    """Nothing is the matter, or nothing is known."""
    assert {} == drafted(situation)


@pytest.mark.parametrize(
    "situation",
    [
        Situation.PICKUP,
        Situation.FAILED_ATTEMPT,
        Situation.ADDRESS,
        Situation.CUSTOMS,
        Situation.TAX,
        Situation.NOT_RECEIVED,
    ],
)
def test_the_carrier_is_asked_what_only_it_knows(situation: Situation) -> None:
    """About its pickup point, its attempt, its proof of delivery; with the number it has."""
    text = drafted(situation)[DraftKind.CARRIER_QUESTION].text
    assert PLAIN.tracking_number is not None
    assert PLAIN.tracking_number in text


def test_nobody_disputes_a_parcel_that_waits_for_him() -> None:
    """At a pickup point, or with customs."""
    for situation in (Situation.PICKUP, Situation.CUSTOMS, Situation.FAILED_ATTEMPT):
        assert DraftKind.DISPUTE not in drafted(situation)


@pytest.mark.parametrize(
    "situation",
    [Situation.DISPUTED, Situation.REMINDER_DISPUTE, Situation.NOT_RECEIVED_DISPUTED],
)
def test_a_dispute_that_stands_is_defended(situation: Situation) -> None:
    """Against less than the whole, and against withdrawing it."""
    assert {DraftKind.NO_PARTIAL_REFUND, DraftKind.NO_WITHDRAWAL} == set(drafted(situation))


def test_a_rejected_dispute_has_an_appeal() -> None:
    """And nothing else."""
    assert {DraftKind.APPEAL} == set(drafted(Situation.DISPUTE_REJECTED))


def test_an_appeal_names_no_number_where_there_is_none() -> None:
    """Nor a picture of a tracking that there never was."""
    text = drafted(Situation.DISPUTE_REJECTED)[DraftKind.APPEAL].text
    assert f"tracking number {PLAIN.tracking_number}" in text
    numberless = replace(PLAIN, tracking_number=None)
    text = drafted(Situation.DISPUTE_REJECTED, order=numberless)[DraftKind.APPEAL].text
    assert "has no tracking number, and nothing has arrived" in text
    assert "picture" not in text


def test_the_promised_date_is_the_argument() -> None:
    """Where AliExpress promised one and it has passed, the days on the way are not named."""
    promised = replace(PLAIN, promised_on=NOON.date() - 5 * DAY)
    text = drafted(Situation.LATE, order=promised)[DraftKind.DISPUTE].text
    assert "promised by June 10, 2026" in text
    assert "36 days" not in text
    to_come = replace(PLAIN, promised_on=NOON.date() + 5 * DAY)
    found = drafted(Situation.LATE, order=to_come).values()
    assert not any("promised" in draft.text for draft in found)


def test_nobody_says_late_who_is_not() -> None:
    """Near AliExpress's date a parcel that moves is neither silent nor late."""
    due = replace(PLAIN, protection_ends_on=NOON.date() + 3 * DAY)
    found = drafted(Situation.PROTECTION_ENDING, order=due, trace="moving")
    assert "longer than usual" not in found[DraftKind.SELLER_QUESTION].text
    assert "refund date for it is June 18, 2026" in found[DraftKind.SELLER_QUESTION].text
    assert "has passed" not in found[DraftKind.DISPUTE].text
    past = replace(PLAIN, protection_ends_on=NOON.date() - 3 * DAY)
    text = drafted(Situation.REFUND_DUE, order=past, trace="moving")[DraftKind.DISPUTE].text
    assert "June 12, 2026, has passed" in text


def test_the_price_is_asked_back() -> None:
    """With its currency, where both are known."""
    priced = replace(PLAIN, price=Decimal("34.90"), currency="EUR")
    assert (
        "a full refund of 34.90 EUR"
        in drafted(Situation.STALLED, order=priced)[DraftKind.DISPUTE].text
    )
    assert "a full refund." in drafted(Situation.STALLED)[DraftKind.DISPUTE].text


def test_the_last_scan_is_quoted() -> None:
    """With its day and the carrier's words, which are cut where they are long."""
    text = drafted(Situation.STALLED, text="Left the hub. " * 20)[DraftKind.DISPUTE].text
    assert f"{NOON - 18 * DAY:%B} {(NOON - 18 * DAY).day}" in text
    assert "Left the hub. Left the hub." in text
    assert text.count("Left the hub.") < 8
    assert "…" in text


def test_a_quoted_sentence_ends_once() -> None:
    """The carrier's period is not followed by another."""
    text = drafted(Situation.STALLED, text="Left the hub.")[DraftKind.DISPUTE].text
    assert "Left the hub" in text
    assert ".." not in text


def test_the_contact_is_named_once_there_was_one() -> None:
    """In the reminder and in the dispute, with its day; what was not noted is not claimed."""
    contacted = replace(PLAIN, actions=(CONTACTED,))
    found = drafted(Situation.STALLED, order=contacted)
    for kind in (DraftKind.SELLER_REMINDER, DraftKind.DISPUTE):
        assert "January 31, 2026" in found[kind].text
    before = drafted(Situation.STALLED)
    assert DraftKind.SELLER_REMINDER not in before
    assert "wrote" not in before[DraftKind.DISPUTE].text


def test_only_the_seller_is_written_to_in_chinese() -> None:
    """AliExpress and the carrier read the buyer's language."""
    assert {DraftKind.SELLER_QUESTION} == set(drafted(Situation.STALLED, "zh"))
    assert {DraftKind.SELLER_QUESTION} == set(drafted(Situation.NOT_RECEIVED, "zh"))
    assert {} == drafted(Situation.DISPUTE_REJECTED, "zh")


@pytest.mark.parametrize("language", SELLER_LANGUAGES)
@pytest.mark.parametrize("situation", Situation)
def test_a_draft_is_filled_in_and_fits_its_field(language: str, situation: Situation) -> None:
    """No placeholder survives, at the longest names and words that there can be."""
    order = an_order(
        order_id="A" * 64,
        ordered_on=NOON.date() - 40 * DAY,
        protection_ends_on=NOON.date() - 3 * DAY,
        price=Decimal("123456.90"),
        currency="EUR",
        actions=(CONTACTED,),
    )
    for kind, draft in drafted(situation, language, text="x" * 500, order=order).items():
        assert language == draft.language
        assert not re.search(r"[{}]|\bNone\b", draft.text)
        limit = DISPUTE_LIMIT if kind in {DraftKind.DISPUTE, DraftKind.APPEAL} else SELLER_LIMIT
        assert len(draft.text) <= limit, draft.text


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_every_language_of_the_alerts_has_all_drafts(language: str) -> None:
    """Whoever is alerted can answer in the same language."""
    kinds = {
        draft.kind
        for _, order, decision in draft_samples()
        for draft in drafts(order, decision, DEFAULTS.stalled, language)
    }
    assert set(DraftKind) == kinds
