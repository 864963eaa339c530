"""What is odd about a tracking number: said as what was seen, never as an accusation."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from babel import Locale
from hypothesis import given, settings

from stallwatch.domain.countries import COUNTRIES, are_apart, code_of
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.messages.advice import advise
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.translations import Translations
from stallwatch.rules.anomalies import Anomaly, AnomalyKind, anomalies
from stallwatch.rules.decision import InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order
from tests.support.effort import examples
from tests.support.journeys import DEFAULTS, START, Journey, Life, journeys
from tests.support.template import ROOT

DAY = timedelta(days=1)
TODAY = NOON.date()


def trace_of(
    order: Order,
    *seen: tuple[float, str],
    known: bool = True,
    country: str | None = None,
    other_number: str | None = None,
) -> Trace:
    """What the source says of a parcel that was seen some days ago, each with a code."""
    number = order.tracking_number or NUMBER
    events = [an_event(NOON - days_ago * DAY, code) for days_ago, code in seen]
    answer = an_answer(number, *events, known=known, country=country, other_number=other_number)
    return absorb(TraceRecord(order.tracking_number), answer, "cainiao", NOON).open()


def look(order: Order, trace: Trace, *sharing: str, now: datetime = NOON) -> list[Anomaly]:
    decision = evaluate(order, trace, [], InitialFindings(), now, Thresholds())
    return anomalies(order, decision, trace, sharing, Thresholds())


def oddities(order: Order, trace: Trace, *sharing: str) -> list[AnomalyKind]:
    return [o.kind for o in look(order, trace, *sharing)]


CASES: list[dict[str, Any]] = json.loads(
    (ROOT / "tests" / "data" / "odd_cases.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_case_is_seen_as_it_stands(case: dict[str, Any]) -> None:
    """What is odd about the number, and the alerts of the first evaluation: no more, no fewer.

    A checkpoint is `[days_ago, code]`, an hour older than the full days.
    """
    given = case["order"]
    order = an_order(
        ordered_on=TODAY - given["ordered_days_ago"] * DAY,
        destination=given["destination"],
        tracking_number=given.get("tracking_number", NUMBER),
    )
    trace = trace_of(
        order,
        *((days_ago + 1 / 24, code) for days_ago, code in case.get("checkpoints", ())),
        known=case.get("known", True),
        country=case.get("country"),
        other_number=case.get("other_number"),
    )
    decision = evaluate(order, trace, [], InitialFindings(), NOON, Thresholds())
    found = anomalies(order, decision, trace, case.get("sharing", ()), Thresholds())

    assert case["expect"]["seen"] == [o.kind.value for o in found]
    assert case["expect"]["alerts"] == [alert.kind.value for alert in decision.due]


def test_every_oddity_has_a_case() -> None:
    """Those that are seen, and for each a number that is none of it."""
    assert set(AnomalyKind) == {oddity for case in CASES for oddity in case["expect"]["seen"]}


def test_an_ordinary_parcel_is_not_odd() -> None:
    """Nor is one that nobody knows yet."""
    order = an_order()
    assert [] == look(order, trace_of(order, (8, "PU_PICKUP_SUCCESS"), country="Germany"))
    young = an_order(ordered_on=TODAY - 3 * DAY)
    assert [] == look(young, trace_of(young, known=False))
    assert [] == look(an_order(tracking_number=None), Trace())


@pytest.mark.parametrize(
    ("number", "odd"),
    [("RB123456785CN", False), ("RB123456784CN", True), ("LP00000000000001", False)],
)
def test_a_check_digit_that_does_not_fit_is_seen(number: str, odd: bool) -> None:  # noqa: FBT001
    """Where the number looks like S10."""
    order = an_order(tracking_number=number)
    assert odd is (AnomalyKind.CHECK_DIGIT in oddities(order, trace_of(order, (3, "LH_DEPART"))))


def test_a_number_that_stays_unknown_is_seen_after_eleven_days() -> None:
    """Counted like the alert; one that is announced is known."""
    order = an_order(ordered_on=TODAY - 11 * DAY)
    (seen,) = look(order, trace_of(order, known=False))
    assert (AnomalyKind.UNKNOWN, {"n": 11}) == (seen.kind, seen.values)
    assert [] == look(order, trace_of(order))
    young = an_order(ordered_on=TODAY - 10 * DAY)
    assert [] == look(young, trace_of(young, known=False))


def test_a_scan_from_before_the_order_is_seen() -> None:
    """A whole day before, for the buyer's date and the scan's zone may differ by hours."""
    order = an_order(ordered_on=TODAY - 5 * DAY)
    (seen,) = look(order, trace_of(order, (9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")))
    assert AnomalyKind.SCANNED_BEFORE is seen.kind
    assert {"date": (TODAY - 9 * DAY).isoformat(), "n": 3} == seen.values
    assert [] == look(order, trace_of(order, (6, "PU_PICKUP_SUCCESS")))
    # An announcement is no scan, and a number may be given out early.
    assert [] == look(order, trace_of(order, (9, "GWMS_ACCEPT"), (2, "LH_DEPART")))


def test_a_delivery_from_before_the_order_is_seen() -> None:
    """It says more than the scan before it."""
    order = an_order(ordered_on=TODAY - 5 * DAY)
    assert [AnomalyKind.DELIVERED_BEFORE] == oddities(
        order, trace_of(order, (40, "PU_PICKUP_SUCCESS"), (20, "GTMS_SIGNED"))
    )


def test_only_the_present_number_is_looked_at() -> None:
    """What an earlier one showed was odd about that one."""
    order = an_order(ordered_on=TODAY - 5 * DAY)
    trace = trace_of(order, (40, "PU_PICKUP_SUCCESS"))
    order = replace(order, tracking_number="LP00000000000002")
    assert [] == look(order, replace(trace, number=order.tracking_number))


def test_another_destination_is_seen() -> None:
    """Before the delivery and after it, by name or code."""
    order = an_order()
    trace = trace_of(order, (9, "PU_PICKUP_SUCCESS"), country="France")
    (seen,) = look(order, trace)
    assert (AnomalyKind.OTHER_COUNTRY, {"country": "DE", "other": "FR"}) == (
        seen.kind,
        seen.values,
    )
    assert "tracking (France) is not that of the order (Germany)" in describe(seen, Translations())
    trace = trace_of(order, (9, "PU_PICKUP_SUCCESS"), (1, "GTMS_SIGNED"), country="FR")
    assert [AnomalyKind.DELIVERED_ELSEWHERE] == oddities(order, trace)


@pytest.mark.parametrize("country", ["Germany", "germany ", "DE", "Ruritania", "", None])
def test_a_country_that_is_the_same_or_cannot_be_told_is_not_odd(country: str | None) -> None:
    """A name that nobody knows accuses nobody."""
    order = an_order()
    assert [] == look(order, trace_of(order, (9, "PU_PICKUP_SUCCESS"), country=country))


def test_countries_are_known_by_their_names() -> None:
    """Every one by its English name, and by those that sources use besides."""
    names = Locale.parse("en").territories
    assert [] == [code for code in COUNTRIES if code_of(names[code]) != code]
    assert ["US", "GB", "RU", "KR", "TR"] == [
        code_of(name)
        for name in ("United States of America", "UK", "Russian Federation", "Korea", "Turkey")
    ]
    assert code_of("Town") is None


def test_a_country_s_distant_parts_are_the_country() -> None:
    """A parcel to Réunion goes to France, as its post sees it."""
    assert not are_apart("RE", "FR")
    assert not are_apart("RE", "MQ")
    assert are_apart("RE", "ES")


def test_a_number_on_two_orders_is_seen() -> None:
    """With one of them by name, and that it may be one parcel."""
    order = an_order()
    trace = trace_of(order, (9, "PU_PICKUP_SUCCESS"))
    (seen,) = look(order, trace, "other", "third")
    assert AnomalyKind.SAME_NUMBER is seen.kind
    said = describe(seen, Translations())
    assert "2 more orders, other among them" in said
    assert "one parcel" in said


def test_advice_tells_what_is_odd_before_anybody_has_the_parcel() -> None:
    """A mistyped number is checked first of all; once it moves it is right."""
    order = an_order(tracking_number="RB123456784CN", ordered_on=TODAY - 3 * DAY)

    def advice(*seen: tuple[float, str]) -> str:
        trace = trace_of(order, *seen)
        decision = evaluate(order, trace, [], InitialFindings(), NOON, Thresholds())
        found = anomalies(order, decision, trace, (), Thresholds())
        return advise(order, decision, trace, NOON, Translations(), found)

    assert "Check the order and its number. The check digit of RB1" in advice()
    assert "on its way" in advice((0.5, "LH_DEPART"))


def test_advice_to_ask_the_seller_tells_what_is_odd() -> None:
    """The seller can be asked about just that."""
    order = an_order(tracking_number="RB123456784CN")
    trace = trace_of(order, known=False)
    decision = evaluate(order, trace, [], InitialFindings(), NOON, Thresholds())
    found = anomalies(order, decision, trace, ("other",), Thresholds())
    assert [AnomalyKind.CHECK_DIGIT, AnomalyKind.UNKNOWN, AnomalyKind.SAME_NUMBER] == [
        o.kind for o in found
    ]
    advice = advise(order, decision, trace, NOON, Translations(), found)
    assert "Ask the seller" in advice
    assert "check digit" in advice
    assert "made up" not in advice


@settings(max_examples=examples(15), deadline=None)
@given(journeys())
def test_whatever_is_seen_can_be_said(journey: Journey) -> None:
    """In one clean line, and it decides nothing."""
    life = Life(journey)
    for hour in range(0, journey.hours, 120):
        decision = life.evaluate(hour)
        trace = replace(journey.trace_at(hour, life.order), country="Spain")
        now = START + timedelta(hours=hour)
        found = anomalies(life.order, decision, trace, ("y",), DEFAULTS)
        assert all(describe(o, Translations()).isprintable() for o in found)
        assert advise(life.order, decision, trace, now, Translations(), found)
        assert (
            decision.stage
            is evaluate(
                life.order,
                trace,
                life.alerts,
                life.memory,
                now,
                DEFAULTS,
                second_source=journey.second,
            ).stage
        )
