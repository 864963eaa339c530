"""Lives on which product and reference model once differed, where the rules' text is silent."""

from datetime import UTC, datetime

import pytest

from tests.reference.journeys import Answered, Beat, Journey
from tests.reference.model import DAY, HOUR, Event
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


def test_a_stay_is_told_though_a_flagged_exception_is_newer() -> None:
    """First seen together: nobody else tells the buyer where the parcel waits."""
    stay = event("GSTA_INFORM_BUYER", NOW - 3 * DAY, NOW)
    failure = event("CC_IM_FAILURE", NOW - HOUR, NOW)

    said = live(answered(NOW, stay, failure), answered(NOW + 6 * DAY), days=20)

    assert [("action_needed", "customs"), ("action_needed", "ready_for_pickup")] == said[0]
    assert [] == said[1]

