"""Lives on which product and reference model once differed, where the rules' text is silent."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.reference.journeys import NUMBERS, Answered, Beat, Corrected, Journey, Renumbered, Said
from tests.reference.model import DAY, HOUR, Event, Word
from tests.unit.rules.test_reference_model import Pair, agree, event, order_at, said_by_product

NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)


def live(*lived: Beat, days: int = 60) -> list[list[tuple[str, str]]]:
    """What each evaluation says, the same by both."""
    pair = Pair(Journey(order_at(days * DAY, lived[-1].at), second=False, beats=()))
    said = []
    for beat in lived:
        decision, evaluation = pair.live(beat)
        agree(decision, evaluation, beat.at)
        said.append(said_by_product(decision.due))
    return said


def answered(at: datetime, *events: Event, status: str | None = None) -> Answered:
    return Answered(at, events, status=status)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("GWMS_CANCEL", "LOST"), [("refund_claim", "lost")]),
        (("CC_IM_FAILURE", "LOST"), [("refund_claim", "lost")]),
        (("CC_IM_FAILURE", "OM_CANCELLED"), [("action_needed", "cancelled")]),
        (("CUS_TAX", "CC_IM_START"), [("action_needed", "tax")]),
    ],
)
def test_of_two_flagged_updates_of_one_moment_the_graver_counts(
    codes: tuple[str, str], expected: list[tuple[str, str]]
) -> None:
    """Whatever the order in which they are told; a loss is claimed without a second mail."""
    for told in (codes, codes[::-1]):
        flagged = (event(code, NOW - HOUR, NOW) for code in told)
        departed = event("LH_DEPART", NOW - DAY, NOW)
        assert [expected] == live(answered(NOW, departed, *flagged), days=20)


def test_an_alarm_is_taken_back_when_a_scan_comes_to_count() -> None:
    """A scan behind the border, long after the last that placed the parcel, decided nothing.

    An update that is told later, but lies between, makes it count: the parcel moved before the
    claim was sent.
    """
    attempt = event("GTMS_DEL_FAILURE", NOW - 82 * DAY, NOW - 70 * DAY)
    behind = event("CC_EX_SUCCESS", NOW - DAY, NOW - DAY)
    between = event("CC_IM_START", NOW - 27 * DAY, NOW)

    said = live(
        answered(NOW - 70 * DAY, attempt),
        answered(NOW - DAY, behind),
        answered(NOW, between),
        days=120,
    )

    assert [("refund_claim", "silence")] == said[1]
    assert [("moving_again", "")] == said[2]


@pytest.mark.parametrize(("ago", "last"), [(11, "moving_again"), (12, "stalled")])
def test_an_alarm_is_not_taken_back_by_a_scan_that_is_old_when_it_counts(
    ago: int, last: str
) -> None:
    """A scan registered late ends nothing, and neither does one that comes to count late."""
    behind = event("COMMON_INTRANSIT", NOW - ago * DAY, NOW - ago * DAY)

    said = live(
        answered(NOW - 70 * DAY, event("LH_DEPART", NOW - 70 * DAY, NOW - 70 * DAY)),
        answered(NOW - ago * DAY, behind),
        answered(NOW, event("LH_ARRIVE", NOW - 30 * DAY, NOW)),
        days=120,
    )

    assert [[("stalled", "")], [(last, "")]] == said[1:]


def test_no_all_clear_in_the_days_of_the_deadline() -> None:
    """Nor where a scan comes to count in them."""
    ends_on = (NOW + 5 * DAY).date()
    said = live(
        answered(NOW - 50 * DAY, event("LH_DEPART", NOW - 50 * DAY, NOW - 50 * DAY)),
        answered(NOW - 8 * DAY, event("COMMON_INTRANSIT", NOW - 8 * DAY, NOW - 8 * DAY)),
        Corrected(NOW - DAY, (("protection_ends_on", ends_on),)),
        answered(NOW, event("LH_ARRIVE", NOW - 30 * DAY, NOW)),
        days=60,
    )

    assert [[("stalled", "")], [], [("protection_ending", "")]] == said[1:]


def test_a_delivery_that_is_taken_back_after_a_return_is_told() -> None:
    """The return says nothing of the delivery: the buyer was told both, and neither holds."""
    said = live(
        answered(NOW - 30 * DAY, status="DELIVERED"),
        answered(
            NOW - 20 * DAY,
            event("RT_INBOUND", NOW - 25 * DAY, NOW - 20 * DAY),
            status="DELIVERED",
        ),
        answered(NOW, event("GWMS_ACCEPT", NOW - 2 * DAY, NOW), status="DELIVERING"),
        days=80,
    )

    assert [[("delivered", "")], [("refund_claim", "returned")]] == said[:2]
    assert [("moving_again", "")] == said[2]


def test_an_update_of_the_same_instant_is_no_news_to_the_sellers_clock() -> None:
    """It is not newer than all known, though nothing was known when the word was said."""
    seen_at = NOW - 17 * DAY
    word = Said(NOW - 12 * DAY, Word("seller_contacted", NOW - 12 * DAY))

    said = live(
        word,
        answered(NOW - 11 * DAY, event("LH_DEPART", seen_at, NOW - 11 * DAY)),
        answered(NOW - 10 * DAY, event("CUS_TAX", seen_at, NOW - 10 * DAY)),
        answered(NOW - 9 * DAY),
        days=20,
    )

    assert [[("action_needed", "tax")], [("reminder", "seller")]] == said[2:]


def test_the_first_scan_takes_back_that_nobody_had_scanned_it() -> None:
    """Though the all-clear of a delivery that was taken back fell into the days of the deadline."""
    said = live(
        Corrected(NOW - 76 * DAY, (("protection_ends_on", (NOW - 69 * DAY).date()),)),
        answered(NOW - 76 * DAY),
        answered(NOW - 75 * DAY, status="DELIVERED"),
        answered(NOW - 74 * DAY, event("GWMS_ACCEPT", NOW - 75 * DAY, NOW - 74 * DAY)),
        answered(NOW, event("CW_INBOUND", NOW - DAY, NOW)),
        days=105,
    )

    expected = ["never_scanned", "delivered", "protection_ending", "moving_again"]
    assert expected == [kind for alerts in said for kind, _ in alerts]


def test_another_number_has_its_own_three_claims_for_a_loss() -> None:
    """Its parcel is another one."""
    old, new = (event("LOST", NOW - n * DAY, NOW - n * DAY) for n in (40, 30))

    said = live(
        answered(NOW - 40 * DAY, old),
        Renumbered(NOW - 35 * DAY, NUMBERS[1]),
        answered(NOW - 30 * DAY, replace(new, number=NUMBERS[1])),
        *(answered(NOW - n * DAY) for n in (20, 10, 0)),
        days=60,
    )

    claim = [("refund_claim", "lost")]
    assert [claim, [], claim, claim, claim, []] == said


def test_a_delivery_is_known_since_its_status_was_told() -> None:
    """Its scan, told later, and the status told once more do not make it younger."""
    pair = Pair(Journey(order_at(40 * DAY, NOW), second=False, beats=()))
    for beat in (
        answered(NOW - 9 * DAY, status="DELIVERED"),
        answered(NOW - DAY, event("GTMS_SIGNED", NOW - 2 * DAY, NOW - DAY)),
        answered(NOW, status="DELIVERED"),
    ):
        decision, evaluation = pair.live(beat)
        assert (NOW - 9 * DAY).date() + 15 * DAY == decision.key_dates.dispute_until
        assert decision.key_dates.dispute_until == evaluation.dates.dispute_until


def test_a_delivery_beside_a_return_is_over() -> None:
    """A return that is signed for, by the sender again: the claim stands."""
    back = [event(code, NOW - 9 * DAY, NOW - 8 * DAY) for code in ("RT_INBOUND", "GTMS_SIGNED")]

    said = live(
        answered(NOW - 8 * DAY, *back), answered(NOW, event("GTMS_SIGNED", NOW - DAY, NOW)), days=40
    )

    assert [[("refund_claim", "returned")]] * 2 == said


def test_a_stay_is_told_though_a_flagged_exception_is_newer() -> None:
    """First seen together: nobody else tells the buyer where the parcel waits."""
    stay = event("GSTA_INFORM_BUYER", NOW - 3 * DAY, NOW)
    failure = event("CC_IM_FAILURE", NOW - HOUR, NOW)

    said = live(answered(NOW, stay, failure), answered(NOW + 6 * DAY), days=20)

    assert [("action_needed", "customs"), ("action_needed", "ready_for_pickup")] == said[0]
    assert [] == said[1]
