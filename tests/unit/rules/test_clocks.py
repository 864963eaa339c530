"""Days on which clocks, deadlines and key dates meet: what is said, and which day is shown."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from stallwatch.domain.alerts import AlertKind
from stallwatch.rules.decision import Decision
from tests.reference.journeys import NUMBERS, START, Answered, Beat, Journey, Looked, Said
from tests.reference.model import DAY, Event, Order, Word
from tests.support.product_twin import ProductTwin

TODAY = START.date()
ORDER = Order(ordered_on=TODAY - timedelta(days=20), destination="DE", number=NUMBERS[0])


def told(at: datetime, *scans: tuple[int, str]) -> Answered:
    """An answer with scans, each some days before it."""
    events = (
        Event(NUMBERS[0], at - days * DAY, f"{at - days * DAY}", code, at) for days, code in scans
    )
    return Answered(at, tuple(events))


def played(order: Order, *beats: Beat) -> list[Decision]:
    """What the rules decide after each beat; what is due is sent."""
    twin = ProductTwin.of(Journey(order, second=False, beats=()))
    decisions = []
    for beat in beats:
        twin.happen(beat)
        decisions.append(twin.evaluate(beat.at))
    return decisions


def said(decision: Decision) -> list[tuple[str, str]]:
    return [(alert.kind.value, alert.reason) for alert in decision.due]


def test_not_received_is_reminded_of_on_the_15th_day_after_the_date() -> None:
    """Until then that date and `refund_due` speak; the day is shown from the beginning."""
    order = replace(ORDER, protection_ends_on=TODAY)
    word_at, day_14, day_15 = START + 7 * DAY, START + 14 * DAY, START + 15 * DAY
    _, after_word, before, on_the_day = played(
        order,
        told(START, (18, "PU_PICKUP_SUCCESS"), (0, "GTMS_SIGNED")),
        Said(word_at, Word("not_received", word_at)),
        Looked(day_14),
        Looked(day_15),
    )
    assert day_15.date() == after_word.key_dates.reminder_on
    assert [("refund_due", "")] == said(before)
    assert [("reminder", "not_received")] == said(on_the_day)
    assert on_the_day.key_dates.reminder_on is None


def test_not_received_is_not_reminded_of_after_the_last_day_for_a_dispute() -> None:
    """Where AliExpress's date comes so late, that date alone speaks, and no day is shown."""
    order = replace(ORDER, protection_ends_on=TODAY + timedelta(days=1))
    word_at = START + DAY
    *_, after_word, late = played(
        order,
        told(START, (18, "PU_PICKUP_SUCCESS"), (0, "GTMS_SIGNED")),
        Said(word_at, Word("not_received", word_at)),
        Looked(START + 17 * DAY),
    )
    assert after_word.key_dates.reminder_on is None
    assert [] == said(late)


def test_the_last_notice_of_the_date_is_told_from_the_first() -> None:
    """An order that is first seen two days before the date gets both, within a day."""
    order = replace(ORDER, protection_ends_on=TODAY + timedelta(days=2))
    midnight = START.replace(hour=0) + DAY
    first, last = played(order, told(START, (18, "PU_PICKUP_SUCCESS")), Looked(midnight))
    for decision, is_last in ((first, False), (last, True)):
        assert [("protection_ending", "")] == said(decision)
        assert decision.is_last_notice is is_last


@pytest.mark.parametrize("paid_on", [None, TODAY - timedelta(days=18)], ids=["as ordered", "given"])
def test_the_banks_day_is_not_shown_once_it_was_reminded_of(paid_on: date | None) -> None:
    """A card's last day follows the order's date; its reminder comes 14 days before, once."""
    order = replace(ORDER, paid_with="card", paid_on=paid_on)
    due_on = order.ordered_on + timedelta(days=120 - 14)
    due_at = START + (due_on - TODAY) * 1
    first, reminded, again = played(
        order, told(START, (18, "PU_PICKUP_SUCCESS")), Looked(due_at), Looked(due_at + DAY)
    )
    assert due_on == first.key_dates.reminder_on
    assert ("reminder", "bank") in said(reminded)
    assert reminded.key_dates.reminder_on is None
    assert [] == said(again)


def test_a_lost_parcel_shows_no_day_of_a_claim_for_silence() -> None:
    """The loss is claimed at once; no silence that follows can be."""
    decisions = played(
        ORDER,
        told(START, (18, "PU_PICKUP_SUCCESS"), (0, "LOST")),
        *(Answered(START + days * DAY) for days in (7, 14, 21, 61, 68)),
    )
    assert {None} == {decision.key_dates.claim_opens_on for decision in decisions}
    reasons = [a.reason for d in decisions for a in d.due if a.kind is AlertKind.REFUND_CLAIM]
    assert ["lost"] * 3 == reasons
