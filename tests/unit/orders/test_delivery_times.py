"""What the own parcels have shown."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.domain.orders import Order, Service
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.delivery_times import DeliverySample, DeliveryStats, Histogram, lived_of
from stallwatch.rules.decision import InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)


def lived(
    order: Order, *seen: tuple[float, str], mail_type: str | None = None
) -> DeliverySample | None:
    events = [an_event(NOON - days_ago * DAY, code) for days_ago, code in seen]
    answer = an_answer(NUMBER, *events, mail_type=mail_type)
    trace = absorb(TraceRecord(NUMBER), answer, "cainiao", NOON).open()
    return lived_of(order, evaluate(order, trace, [], InitialFindings(), NOON, Thresholds()))


JOURNEY = ((40.5, "PU_PICKUP_SUCCESS"), (38.0, "LH_DEPART"), (12.0, "LH_ARRIVE"))
OLD = an_order(ordered_on=(NOON - 45 * DAY).date())


def test_a_delivery_shows_its_days_and_its_longest_silence() -> None:
    """From the first scan; what came after the delivery is no silence on the way."""
    journey = (*JOURNEY, (9.0, "GTMS_SIGNED"))
    assert DeliverySample(Service.STANDARD, "DE", 31, 26) == lived(OLD, *journey)
    late = (*journey, (0.1, "GTMS_SIGNED"))
    assert DeliverySample(Service.STANDARD, "DE", 31, 26) == lived(OLD, *late)


def test_it_counts_under_its_service() -> None:
    """The order's, or what the carrier says."""
    journey = (*JOURNEY, (9.0, "GTMS_SIGNED"))
    found = lived(OLD, *journey, mail_type="Economy")
    assert found is not None
    assert Service.ECONOMY is found.service


@pytest.mark.parametrize("journey", [(), JOURNEY, ((3.0, "GTMS_SIGNED"),)])
def test_what_was_not_seen_shows_nothing(journey: tuple[tuple[float, str], ...]) -> None:
    """A parcel on its way, and one of which only the delivery is known."""
    assert lived(OLD, *journey) is None


def test_a_journey_without_end_is_counted_as_a_long_one() -> None:
    """A wrong date must not make the histogram grow."""
    order = replace(OLD, ordered_on=(NOON - 900 * DAY).date())
    journey = ((899.0, "PU_PICKUP_SUCCESS"), (9.0, "GTMS_SIGNED"))
    assert DeliverySample(Service.STANDARD, "DE", 400, 400) == lived(order, *journey)


def test_percentiles_are_days_that_a_parcel_took() -> None:
    """The smallest number of days that at least that share did not exceed."""
    histogram = Histogram({10: 1, 12: 18, 20: 20, 29: 1, 90: 1})
    assert 41 == histogram.parcels
    assert (20, 20, 20, 90) == tuple(histogram.percentile(p) for p in (50, 80, 95, 100))
    assert Histogram({10: 19, 11: 1}).percentile(95) == 10
    assert Histogram({10: 18, 11: 2}).percentile(95) == 11
    assert Histogram().percentile(95) is None


@given(st.lists(st.integers(0, 400), min_size=1), st.sampled_from([50, 80, 95, 100]))
def test_a_percentile_is_what_sorting_gives(days: list[int], share: int) -> None:
    """Exactly, from the counts alone."""
    experience = DeliveryStats()
    for n in days:
        experience = experience.after(DeliverySample(Service.STANDARD, "DE", n, 400 - n))
    rank = -(-share * len(days) // 100)
    assert sorted(days)[rank - 1] == experience.days.percentile(share)
    assert sorted(400 - n for n in days)[rank - 1] == experience.silences.percentile(share)
    assert len(days) == experience.days.parcels
