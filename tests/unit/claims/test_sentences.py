"""What a claim says first: the reason, what is asked, the dates, in two languages."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from stallwatch.claims.bank import bank_page
from stallwatch.claims.document import Claim
from stallwatch.claims.page import gone_page, page
from stallwatch.claims.reason import ASKING, ClaimReason
from stallwatch.claims.sentences import (
    WORDS,
    ask_line,
    chinese_line,
    date_lines,
    headline,
    odd_lines,
    since_lines,
    title,
    transit_line,
    watch_lines,
)
from stallwatch.domain.orders import Action, ActionKind, Order, PaidWith
from tests.support.builders import an_answer, an_event, an_order
from tests.support.claims import Case, stalled

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NOT_HERE = Action(ActionKind.NOT_RECEIVED, NOW - DAY)


def claim(*seen: tuple[float, str], order: Order | None = None, **told: object) -> Claim:
    """A claim of a parcel that was seen some days ago, each with a code."""
    given = order or an_order(ordered_on=(NOW - 40 * DAY).date(), created_at=NOW - 39 * DAY)
    priced = replace(given, price=Decimal("34.90"), currency="EUR")
    events = [an_event(NOW - days * DAY, code) for days, code in seen]
    number = priced.tracking_number or "LP00000000000001"
    answers = [(NOW - timedelta(hours=1), an_answer(number, *events, **told))]
    return Case(priced, answers if priced.tracking_number else [], NOW).claim()


OLD = an_order(ordered_on=(NOW - 40 * DAY).date(), created_at=NOW - 39 * DAY)
SEEN = ((38, "PU_PICKUP_SUCCESS"), (30, "LH_DEPART"))

CASES = {
    ClaimReason.SILENCE: (SEEN, OLD, "29 days without a scan"),
    ClaimReason.NEVER_SCANNED: ((), OLD, "40 days without a single scan"),
    ClaimReason.NO_NUMBER: ((), replace(OLD, tracking_number=None), "40 days without a tracking"),
    ClaimReason.RETURNED: ((*SEEN, (2, "RT_INBOUND")), OLD, "Returned to the sender"),
    ClaimReason.DESTROYED: ((*SEEN, (2, "RT_DESTROY")), OLD, "Destroyed by the carrier"),
    ClaimReason.LOST: ((*SEEN, (2, "LOST")), OLD, "Reported lost by the carrier"),
    ClaimReason.CANCELLED: ((*SEEN, (2, "GWMS_CANCEL")), OLD, "Shipment cancelled"),
    ClaimReason.OVERDUE: ((*SEEN, (2, "GTMS_ACCEPT")), OLD, "Not received 40 days after the order"),
    ClaimReason.NOT_RECEIVED: (
        (*SEEN, (2, "GTMS_SIGNED")),
        replace(OLD, actions=(NOT_HERE,)),
        "Marked delivered 2026-06-13; buyer reports: not received",
    ),
    ClaimReason.DELIVERED: ((*SEEN, (2, "GTMS_SIGNED")), OLD, "Marked delivered 2026-06-13"),
    ClaimReason.IN_TRANSIT: (
        ((8, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")),
        an_order(ordered_on=(NOW - 10 * DAY).date()),
        "On its way",
    ),
}


@pytest.mark.parametrize("reason", CASES)
def test_each_reason_has_its_headline_and_its_request(reason: ClaimReason) -> None:
    """Red only where it speaks for the buyer; nothing is asked where there is no ground."""
    seen, order, expected = CASES[reason]
    made = claim(*seen, order=order)
    assert reason == made["asks"]["reason"]
    text, alarming = headline(made, WORDS)
    assert text.startswith(expected)
    assert alarming == (reason in ASKING)
    asked, chinese = ask_line(made, WORDS), chinese_line(made, WORDS)
    if reason not in ASKING:
        assert asked is None
        assert chinese is None
        assert "Parcel trace" == title(made, WORDS)
        return
    assert asked is not None
    assert asked.startswith("Asked for: full refund of 34.90 EUR. ")
    assert chinese is not None
    assert chinese.endswith("申请全额退款 34.90 EUR。")
    assert "{" not in chinese


@pytest.mark.parametrize("reason", ClaimReason)
def test_every_reason_has_its_sentences(reason: ClaimReason) -> None:
    """A headline; and where something is asked, why, in both languages."""
    assert WORDS.has(f"headline.{reason}")
    for family in ("why", "zh"):
        assert WORDS.has(f"{family}.{reason}") == (reason in ASKING)


def test_a_price_that_is_not_known_is_not_asked() -> None:
    """A full refund even so."""
    made = claim(*SEEN)
    made["asks"]["amount"] = None
    assert ask_line(made, WORDS) == "Asked for: full refund. Not received."


def test_the_dates_that_have_passed_say_by_how_much() -> None:
    """Beside the day of the order, the destination and the seller."""
    order = replace(
        OLD, promised_on=date(2026, 6, 1), protection_ends_on=date(2026, 6, 20), seller="Shop"
    )
    assert [
        ("Ordered", "2026-05-06"),
        ("Promised by", "2026-06-01 (passed by 14 days)"),
        ("Refund if no delivery before", "2026-06-20"),
        ("Destination", "Germany"),
        ("Seller", "Shop"),
    ] == list(date_lines(claim(*SEEN, order=order), WORDS))


def test_no_zero_days_and_no_clock_time_for_a_date() -> None:
    """A parcel that moved today is late, not silent; an order has a day, not a minute."""
    moving = claim(*SEEN, (0.1, "GTMS_ACCEPT"))
    shown = page(moving, WORDS)
    assert "0 days" not in shown.replace("40 days", "")
    assert [] == since_lines(moving, WORDS)
    first, *_ = since_lines(claim(), WORDS)
    assert first.startswith("2026-05-06: ordered; no tracking entry since")


@pytest.mark.parametrize(
    "seen",
    [
        [(2, "GWMS_CANCEL")],
        [(2, "RT_INBOUND"), (1, "GTMS_FAILURE")],
        [(2, "RT_DESTROY"), (1, "GTMS_FAILURE")],
        [(2, "LOST"), (1, "GTMS_FAILURE")],
    ],
    ids=lambda seen: seen[0][1],
)
def test_what_ends_the_hope_has_its_day(seen: list[tuple[float, str]]) -> None:
    """The carrier's own entry, and not a later one that says nothing of it."""
    lines = since_lines(claim(*SEEN, *seen), WORDS)
    assert ["2026-06-13 12:00 UTC: the carrier's own entry"] == lines


def test_a_parcel_that_nobody_has_scanned_was_never_in_transit() -> None:
    """Days since the order would read as if it had been shipped."""
    assert transit_line(claim(), WORDS) is None
    assert transit_line(claim(order=replace(OLD, tracking_number=None)), WORDS) is None


def test_the_days_in_transit_end_with_the_delivery() -> None:
    """What was delivered within the usual time is not called late for having lain there since."""
    order = replace(OLD, actions=(NOT_HERE,))
    line = transit_line(claim(*SEEN, (18, "GTMS_SIGNED"), order=order), WORDS)
    assert line is not None
    assert line.startswith("20 days in transit")
    assert "Usual time" not in page(claim(*SEEN, (18, "GTMS_SIGNED"), order=order), WORDS)


def test_a_delivery_after_the_word_takes_it_back() -> None:
    """What the buyer had said of an earlier delivery is no claim about a later one."""
    said = Action(ActionKind.NOT_RECEIVED, NOW - 3 * DAY)
    order = replace(OLD, actions=(said,))
    made = claim(*SEEN, (5, "GTMS_SIGNED"), (2, "GTMS_SIGNED"), order=order)
    assert ClaimReason.DELIVERED == made["asks"]["reason"]


def test_a_number_that_is_not_reached_is_not_shown() -> None:
    """It would argue against the buyer."""
    shown = page(claim(*SEEN), WORDS)
    assert "No change for 12 days: contact the seller (Cainiao&#x27;s own FAQ): exceeded" in shown
    assert "No change for 60 days" not in shown
    assert "not exceeded" not in shown


def test_the_page_prints_the_address_of_its_data() -> None:
    """So that the paper leads to the file."""
    made = claim(*SEEN)
    assert "https://example.org/claims/x?as=json" in page(
        made, WORDS, "https://example.org/claims/x?as=json"
    )


def test_a_link_that_opens_nothing_says_so_in_words() -> None:
    """To whoever was given it."""
    shown = gone_page(WORDS)
    assert "This link no longer works" in shown
    assert "<html" in shown


def test_the_form_for_the_bank_has_what_a_bank_asks() -> None:
    """And an empty line for what is not known."""
    case = stalled(
        NOW,
        price=Decimal("34.90"),
        currency="EUR",
        paid_with=PaidWith.CARD,
        paid_on=date(2026, 4, 4),
        promised_on=date(2026, 5, 1),
        actions=(
            Action(ActionKind.SELLER_CONTACTED, NOW - 20 * DAY, note="Please wait."),
            Action(ActionKind.DISPUTE_OPENED, NOW - 10 * DAY),
            Action(ActionKind.DISPUTE_REJECTED, NOW - 2 * DAY),
        ),
    )
    form = bank_page(case.claim(), WORDS)
    for text in (
        "8123456789012345",
        "AliExpress, seller Shop No. 1",
        "34.90 EUR",
        "2026-04-04",
        "card",
        "2026-05-01",
        "LP00000000000001",
        "2026-05-26: wrote to the seller; note: Please wait.",
        "2026-06-13: rejected",
    ):
        assert text in form, text
    bare = bank_page(stalled(NOW, seller=None, title=None).claim(), WORDS)
    # Seller, goods, amount, paid on, paid with, promised, attempts, dispute, signature.
    assert 9 == bare.count('<span class="blank"></span>')
    assert "None" not in bare


def test_another_number_that_the_tracking_names_is_told() -> None:
    """Where a mediator would look next."""
    made = claim(*SEEN, other_number="CNG0083979070")
    assert "CNG0083979070" == made["parcel"]["other_number"]
    assert any("CNG0083979070" in line for line in odd_lines(made, WORDS))


def test_a_trace_that_was_cut_is_said_to_be() -> None:
    """What is missing in the file is no silence of the carrier."""
    said = WORDS.text("watch.cut")
    made = claim(*SEEN)
    assert said not in list(watch_lines(made, WORDS, gaps=3))
    made["watching"]["trace_is_cut"] = True
    assert said in list(watch_lines(made, WORDS, gaps=3))
