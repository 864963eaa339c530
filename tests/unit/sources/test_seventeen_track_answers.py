"""Reading 17TRACK's answers: journeys, statuses, odd shapes, the documented samples."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.parcels import Stage
from stallwatch.sources.seventeen_track import parse
from stallwatch.sources.seventeen_track_answers import CAINIAO
from stallwatch.tracking.codes import code_of_status
from stallwatch.tracking.profiles import SEVENTEEN_TRACK, stage_of_entry
from stallwatch.tracking.source import TrackingResult, Verdict
from tests.support.seventeen_track_answers import (
    FIRST,
    an_event,
    must_read,
    read,
    status,
    told,
    with_events,
)

PICKED_UP = datetime(2026, 4, 1, 10, tzinfo=UTC)
LEFT = datetime(2026, 4, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "known"),
    [("NotFound_Other", False), ("Expired_Other", True), ("InfoReceived", True)],
)
def test_an_answer_without_events_is_one(name: str, *, known: bool) -> None:
    """Nobody knows more: that is what was asked for."""
    assert TrackingResult(FIRST, known=known, delivered=False) == read(
        told(latest_status=status(name))
    )


@pytest.mark.parametrize("info", [None, [], "x", 7, {}, {"latest_status": "Delivered"}])
def test_what_says_nothing_is_no_answer(info: object) -> None:
    """Neither a status nor an event can be read."""
    assert read(info) is None


@pytest.mark.parametrize("carrier", [190271, "190271"])
def test_the_carrier_may_stand_in_a_text(carrier: object) -> None:
    """As it does in some documented answers."""
    assert read(with_events(an_event()), carrier=carrier) is not None


@pytest.mark.parametrize("carrier", [None, 0, 1151, "1151", [190271], True])
def test_another_carrier_s_parcel_is_no_answer(carrier: object) -> None:
    """It may bear the same number."""
    assert read(with_events(an_event()), carrier=carrier) is None


def test_a_return_is_not_overlooked() -> None:
    """Where only the status tells of it, it stands at the newest event."""
    name = "Exception_Returning"
    answer = must_read(with_events(an_event(), latest_status=status(name)))
    assert {("InTransit_PickedUp", Stage.ACCEPTED), (code_of_status(name), Stage.RETURNED)} == {
        (event.code, stage_of_entry("17track", event.code)[0]) for event in answer.events
    }
    assert {PICKED_UP} == {event.at for event in answer.events}
    assert SEVENTEEN_TRACK.is_listed(code_of_status(name))
    told_twice = an_event(sub_status=name)
    again = must_read(with_events(told_twice, latest_status=status(name)))
    assert [name] == [e.code for e in again.events]


@pytest.mark.parametrize("name", ["Delivered_Other", "Delivered"])
def test_a_delivery_is_not_overlooked(name: str) -> None:
    """Where only the status tells of it, it is no event: the next answer may take it back."""
    answer = must_read(with_events(an_event(), latest_status=status(name)))
    assert (True, 1) == (answer.delivered, len(answer.events))
    assert False is must_read(with_events(an_event())).delivered


def test_an_end_without_any_clock_is_no_answer() -> None:
    """It must not pass for one that says that nothing arrived."""
    assert read(told(latest_status=status("Delivered_Other"))) is None
    answer = must_read(told(latest_status=status("Delivered_Other"), latest_event=an_event()))
    assert answer.delivered


@pytest.mark.parametrize(
    "text",
    [
        "Delivered to local carrier",
        "Delivered to the local courier",
        "Handed to destination post",
        "NOT DELIVERED: no access",
        "Not yet delivered",
        "Item could not be delivered",
        "Undelivered",
        "Unable to deliver",
    ],
)
@pytest.mark.parametrize("name", ["Delivered_Other", "DELIVERED_OTHER", "delivered other"])
def test_a_delivered_other_may_be_no_delivery(text: str, name: str) -> None:
    """Its text says who has the parcel; it stays a sign of life."""
    event = an_event(sub_status=name, description=text)
    answer = must_read(with_events(event, latest_status=status("Delivered_Other")))
    assert [Stage.IN_TRANSIT_UNPLACED] == [
        stage_of_entry("17track", e.code)[0] for e in answer.events
    ]
    assert False is answer.delivered


@pytest.mark.parametrize(
    ("stage", "sub_status", "expected"),
    [
        ("Inbound", "NewThing", Stage.IN_TRANSIT_UNPLACED),
        ("Outbound", "InTransit_NewThing", Stage.IN_TRANSIT_UNPLACED),
        ("Accepted", "InTransit_NewThing", Stage.ACCEPTED),
        ("Departure", "InTransit_NewThing", Stage.DEPARTED_ORIGIN),
        ("OutForDelivery", "NewThing_Other", Stage.OUT_FOR_DELIVERY),
        ("OUTFORDELIVERY", "NewThing_Other", Stage.OUT_FOR_DELIVERY),
        ("Out_For_Delivery", None, Stage.OUT_FOR_DELIVERY),
        ("Departure", "InTransit_Arrival", Stage.ARRIVED_DESTINATION),
        ("NewStage", "DeliveryFailure_NewThing", Stage.FAILED_ATTEMPT),
        (None, "Exception_RTS", Stage.RETURNED),
    ],
)
def test_a_stage_places_an_event_whose_sub_status_is_not_listed(
    stage: str | None, sub_status: str | None, expected: Stage
) -> None:
    """A listed sub-status is more exact, and one beside an unknown stage means its main status."""
    (event,) = must_read(with_events(an_event(stage=stage, sub_status=sub_status))).events
    assert expected is stage_of_entry("17track", event.code)[0]


def test_codes_may_stand_in_texts() -> None:
    """As the carrier does in some documented answers."""
    entry = {"number": FIRST, "carrier": CAINIAO, "track_info": with_events(an_event())}
    fine = json.dumps({"code": "0", "data": {"accepted": [entry], "rejected": []}}).encode()
    assert [FIRST] == list(parse(fine, [FIRST]).answers)
    refused = json.dumps({"code": "-18010002", "data": {}}).encode()
    assert Verdict.BLOCKED is parse(refused, [FIRST]).verdict
    rejected = [{"number": FIRST, "error": {"code": "-18019902"}}]
    unknown = json.dumps({"code": 0, "data": {"accepted": [], "rejected": rejected}}).encode()
    assert {FIRST} == parse(unknown, [FIRST]).unregistered
    odd_codes: tuple[object, ...] = ("zero", [], True)
    for code in odd_codes:
        odd = json.dumps({"code": code, "data": {"accepted": [entry]}}).encode()
        assert Verdict.FAILING is parse(odd, [FIRST]).verdict


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
WHOLE = {
    "code": 0,
    "data": {
        "accepted": [
            {
                "number": FIRST,
                "carrier": CAINIAO,
                "track_info": with_events(
                    an_event(),
                    latest_event=an_event(),
                    misc_info={"local_number": "X", "local_provider": "Y", "local_key": 1},
                    time_metrics={"estimated_delivery_date": {"to": "2026-07-12T00:00:00Z"}},
                ),
            }
        ],
        "rejected": [{"number": FIRST, "error": {"code": -18019909}}],
        "errors": [],
    },
}


def places(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every value in a JSON value."""
    yield at
    pairs = enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict):
        pairs = value.items()  # type: ignore[assignment]
    for key, inner in pairs:
        yield from places(inner, (*at, key))


@settings(deadline=None)
@given(st.sampled_from(list(places(WHOLE))[1:]), JSON_VALUES)
def test_nothing_that_can_be_sent_breaks_the_reading(where: tuple[Any, ...], value: object) -> None:
    """Whatever stands anywhere in an answer."""
    body = copy.deepcopy(WHOLE)
    inner: Any = body
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    for answer in parse(json.dumps(body).encode(), [FIRST]).answers.values():
        assert FIRST == answer.number
        assert all(event.at.tzinfo is UTC for event in answer.events)
