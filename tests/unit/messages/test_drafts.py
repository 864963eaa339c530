"""Words to send: what they say of an order, in every language, within the fields of the forms."""

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from stallwatch.domain.orders import Action, ActionKind, Order
from stallwatch.domain.thresholds import Thresholds
from stallwatch.messages.drafts import (
    DISPUTE_LIMIT,
    SELLER_LANGUAGES,
    SELLER_LIMIT,
    Draft,
    DraftKind,
    drafts,
)
from stallwatch.messages.translations import LANGUAGES
from stallwatch.rules.decision import InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)
LIMITS = Thresholds()
CONTACTED = (Action(ActionKind.SELLER_CONTACTED, NOON, on=date(2026, 1, 31)),)

SITUATIONS = {
    "no_number": (),
    "never_scanned": ((14, "GWMS_ACCEPT"),),
    "silent": ((26, "PU_PICKUP_SUCCESS"), (18, "LH_DEPART")),
    "late": ((36, "PU_PICKUP_SUCCESS"), (2, "GTMS_ACCEPT")),
    "returned": ((26, "PU_PICKUP_SUCCESS"), (1, "RT_INBOUND")),
}


def drafted(
    situation: str, language: str = "en", *, text: str = "Departed", order: Order | None = None
) -> dict[DraftKind, Draft]:
    """The drafts for an order in a situation."""
    given = order or an_order(ordered_on=NOON.date() - 40 * DAY)
    if situation == "no_number":
        given = replace(given, tracking_number=None)
    record = TraceRecord(given.tracking_number)
    if given.tracking_number:
        events = [
            an_event(NOON - days * DAY, code, text=text) for days, code in SITUATIONS[situation]
        ]
        record = absorb(record, an_answer(NUMBER, *events), "cainiao", NOON)
    decision = evaluate(given, record.open(), (), InitialFindings(), NOON, LIMITS)
    return {d.kind: d for d in drafts(given, decision, LIMITS.stalled, language)}


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        ("no_number", "has no tracking number yet"),
        ("never_scanned", "has not been scanned in 40 days"),
        ("silent", "has not moved for 18 days"),
        ("late", "on its way for 36 days"),
        ("returned", "does not come to me"),
    ],
)
def test_the_seller_is_asked_about_what_is_the_matter(situation: str, expected: str) -> None:
    """Each situation has its own question and its own dispute."""
    found = drafted(situation)
    assert expected in found[DraftKind.SELLER_QUESTION].text
    assert "refund" in found[DraftKind.DISPUTE].text


def test_the_last_scan_is_quoted() -> None:
    """With its day and the carrier's words, which are cut where they are long."""
    text = drafted("silent", text="Left the hub. " * 20)[DraftKind.DISPUTE].text
    assert f"{NOON - 18 * DAY:%B} {(NOON - 18 * DAY).day}" in text
    assert "Left the hub. Left the hub." in text
    assert text.count("Left the hub.") < 8
    assert "…" in text


def test_the_contact_is_named_once_there_was_one() -> None:
    """In the reminder and in the dispute, with its day."""
    order = an_order(ordered_on=NOON.date() - 40 * DAY)
    for contacted in (False, True):
        given = an_order(ordered_on=order.ordered_on, actions=CONTACTED if contacted else ())
        found = drafted("silent", order=given)
        for kind in (DraftKind.SELLER_REMINDER, DraftKind.DISPUTE):
            assert contacted == ("January 31, 2026" in found[kind].text)


def test_the_dispute_is_never_in_chinese() -> None:
    """It is read by AliExpress, in the buyer's language."""
    assert {DraftKind.SELLER_QUESTION, DraftKind.SELLER_REMINDER} == set(drafted("silent", "zh"))


@pytest.mark.parametrize(
    ("language", "situation"), list(product(SELLER_LANGUAGES, SITUATIONS)), ids=str
)
def test_a_draft_is_filled_in_and_fits_its_field(language: str, situation: str) -> None:
    """No placeholder survives, at the longest names and words that there can be."""
    order = an_order(order_id="A" * 64, ordered_on=NOON.date() - 40 * DAY, actions=CONTACTED)
    for kind, draft in drafted(situation, language, text="x" * 500, order=order).items():
        assert language == draft.language
        assert not re.search(r"[{}]|\bNone\b", draft.text)
        assert "A" * 64 in draft.text
        limit = DISPUTE_LIMIT if kind is DraftKind.DISPUTE else SELLER_LIMIT
        assert len(draft.text) <= limit, draft.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_the_alerts_has_all_drafts(language: str) -> None:
    """Whoever is alerted can answer in the same language."""
    assert set(DraftKind) == set(drafted("silent", language))
