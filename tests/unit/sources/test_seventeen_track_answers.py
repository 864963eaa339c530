"""Reading 17TRACK's answers: journeys, statuses, odd shapes, the documented samples."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.parcels import LocalCarrier, Stage
from stallwatch.sources.seventeen_track import SeventeenTrack, parse
from stallwatch.sources.seventeen_track_answers import CAINIAO
from stallwatch.sources.transport import Received, Transport
from stallwatch.tracking.codes import code_of_status, is_destruction
from stallwatch.tracking.profiles import SEVENTEEN_TRACK, stage_of_entry
from stallwatch.tracking.source import Quota, Registration, TrackingResult, Verdict
from tests.simulators.seventeen_track import KEY

NUMBERS = ["LP00000000000001", "LP00000000000002"]
FIRST, SECOND = NUMBERS
PICKED_UP = datetime(2026, 4, 1, 10, tzinfo=UTC)
LEFT = datetime(2026, 4, 9, 10, tzinfo=UTC)
SAMPLES = Path(__file__).parents[4] / "shared" / "upstream" / "17track"


# Reading.


def told(**fields: object) -> dict[str, Any]:
    """What stands in `track_info`."""
    return {
        "latest_status": {"status": "InTransit", "sub_status": "InTransit_Other"},
        "tracking": {"providers": []},
        **fields,
    }


def an_event(**fields: object) -> dict[str, Any]:
    return {
        "time_iso": "2026-04-01T18:00:00+08:00",
        "time_utc": "2026-04-01T10:00:00Z",
        "time_raw": {"date": "2026-04-01", "time": "18:00:00", "timezone": "+08:00"},
        "description": "Picked up",
        "sub_status": "InTransit_PickedUp",
        **fields,
    }


def with_events(*events: object, **fields: object) -> dict[str, Any]:
    return told(
        tracking={"providers": [{"provider": {"key": 1}, "events": list(events)}]}, **fields
    )


def read(info: object, **fields: object) -> TrackingResult | None:
    entry = {"number": FIRST, "carrier": CAINIAO, "track_info": info, **fields}
    body = json.dumps({"code": 0, "data": {"accepted": [entry], "rejected": []}})
    reply = parse(body.encode(), [FIRST])
    assert Verdict.OK is reply.verdict
    return reply.answers.get(FIRST)


def must_read(info: object) -> TrackingResult:
    answer = read(info)
    assert answer is not None
    return answer


def status(name: str) -> dict[str, str]:
    return {"status": name.partition("_")[0], "sub_status": name}


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


@pytest.mark.parametrize(
    ("fields", "at", "wall", "zone"),
    [
        ({}, "2026-04-01T10:00:00", "2026-04-01 18:00:00", "+08:00"),
        ({"time_utc": None}, "2026-04-01T10:00:00", "2026-04-01 18:00:00", "+08:00"),
        (
            {"time_utc": None, "time_iso": None},
            "2026-04-01T10:00:00",
            "2026-04-01 18:00:00",
            "+08:00",
        ),
        ({"time_raw": None}, "2026-04-01T10:00:00", "2026-04-01 18:00:00", ""),
        ({"time_raw": {}, "time_iso": 7}, "2026-04-01T10:00:00", "2026-04-01 10:00:00", ""),
        (
            {
                "time_utc": None,
                "time_iso": None,
                "time_raw": {"date": "2026-04-01", "time": "18:00:00", "timezone": None},
            },
            "2026-04-01T18:00:00",
            "2026-04-01 18:00:00",
            "",
        ),
        (
            {"time_utc": None, "time_iso": "2026-04-01T18:00:00"},
            "2026-04-01T10:00:00",
            "2026-04-01 18:00:00",
            "+08:00",
        ),
        (
            {
                "time_utc": None,
                "time_iso": None,
                "time_raw": {"date": "2026-04-01", "time": "18:00:00", "timezone": "GMT+8"},
            },
            "2026-04-01T10:00:00",
            "2026-04-01 18:00:00",
            "GMT+8",
        ),
        (
            {"time_utc": "2026/04/01 10:00:00 UTC"},
            "2026-04-01T10:00:00",
            "2026-04-01 18:00:00",
            "+08:00",
        ),
        (
            {"time_utc": 1775037600000},
            "2026-04-01T10:00:00",
            "2026-04-01 18:00:00",
            "+08:00",
        ),
        (
            {"time_utc": "1775037600"},
            "2026-04-01T10:00:00",
            "2026-04-01 18:00:00",
            "+08:00",
        ),
        (
            {"time_utc": "2026-04-01T10:00:00"},
            "2026-04-01T10:00:00",
            "2026-04-01 18:00:00",
            "+08:00",
        ),
        (
            {
                "time_utc": "soon",
                "time_iso": [],
                "time_raw": {"date": "2026-04-01", "time": "18:00:00", "timezone": "Mars"},
            },
            "2026-04-01T18:00:00",
            "2026-04-01 18:00:00",
            "Mars",
        ),
    ],
)
def test_an_event_s_clock_is_read(fields: dict[str, object], at: str, wall: str, zone: str) -> None:
    """The instant where it is given, else the place's clock in its zone, else in UTC."""
    (event,) = must_read(with_events(an_event(**fields))).events
    assert (datetime.fromisoformat(at).replace(tzinfo=UTC), wall, zone) == (
        event.at,
        event.wall,
        event.zone,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"time_utc": None, "time_iso": None, "time_raw": None},
        {
            "time_utc": "0001-01-01T00:00:00Z",
            "time_iso": "9999-12-31T23:59:59+00:00",
            "time_raw": 7,
        },
    ],
)
def test_an_event_without_a_clock_is_left_out(fields: dict[str, object]) -> None:
    """The others stay."""
    answer = must_read(with_events(an_event(), an_event(**fields)))
    assert 1 == len(answer.events)


def test_an_event_without_a_sub_status_is_named_by_its_stage() -> None:
    """Both say the same in other words; one without either is on its way."""
    events = [
        an_event(sub_status=None, stage="Departure"),
        an_event(sub_status=None, stage="OutForDelivery"),
        an_event(sub_status=None, stage=None),
    ]
    codes = {event.code for event in must_read(with_events(*events)).events}
    assert {"InTransit_Departure", "OutForDelivery", ""} == codes
    assert Stage.IN_TRANSIT_UNPLACED is stage_of_entry("17track", "")[0]


def test_texts_are_english_clean_and_without_contacts() -> None:
    """And one that has no translation is kept as it is."""
    events = [
        an_event(
            description="Objeto postado",
            description_translation={"lang": "en", "description": "Posted\u202e +49 30 901820 00"},
        ),
        an_event(sub_status="A", description="Objeto\x00 postado", description_translation=None),
    ]
    texts = {event.text for event in must_read(with_events(*events)).events}
    assert {"Posted ...", "Objeto postado"} == texts


def test_events_of_all_carriers_on_the_way_are_read_once() -> None:
    """The same event may be told by several."""
    provider = {"provider": {"key": 1}, "events": [an_event()]}
    local = {"provider": {"key": 2}, "events": [an_event(), an_event(sub_status="Delivered_Other")]}
    answer = must_read(told(tracking={"providers": [provider, local, "x"]}))
    assert ["Delivered_Other", "InTransit_PickedUp"] == [e.code for e in answer.events]


def test_the_local_carrier_is_read_with_its_number_and_page() -> None:
    """By which it can be asked; its phone number is left alone."""
    provider = {"key": 9041, "name": "Correos", "homepage": "https://correos.example/"}
    info = told(
        misc_info={
            "local_number": "rb 123456785 es",
            "local_provider": "Correos",
            "local_key": 9041,
        },
        tracking={"providers": [{"provider": provider, "events": [an_event()]}]},
    )
    correos = LocalCarrier("Correos", "https://correos.example/", "RB123456785ES")
    assert correos == must_read(info).carrier
    info["misc_info"]["local_key"] = None
    assert LocalCarrier("Correos", None, "RB123456785ES") == must_read(info).carrier
    provider["homepage"] = "javascript:alert(1)"
    info["misc_info"] |= {"local_key": 9041, "local_number": ["x"]}
    assert LocalCarrier("Correos") == must_read(info).carrier
    info["misc_info"]["local_key"] = CAINIAO
    assert must_read(info).carrier is None


@pytest.mark.parametrize(
    ("source", "until", "eta"),
    [
        ("Official", "2026-07-12T00:00:00-07:00", datetime(2026, 7, 12, 7, tzinfo=UTC)),
        ("17TRACK", "2026-07-12T00:00:00-07:00", None),
        ("Official", "2026-07-12", None),
        ("Official", None, None),
        (None, "1999-07-12T00:00:00-07:00", None),
    ],
)
def test_only_the_carrier_s_own_estimate_is_read(
    source: str | None, until: str | None, eta: datetime | None
) -> None:
    """17TRACK guesses too, and nobody promised that."""
    metrics = {"estimated_delivery_date": {"source": source, "to": until}}
    assert eta == must_read(with_events(an_event(), time_metrics=metrics)).eta


def test_a_delivery_to_somebody_else_is_one() -> None:
    """A neighbour has it; only its carriers have not delivered it yet."""
    event = an_event(sub_status="Delivered_Other", description="Delivered to a neighbour")
    (told,) = must_read(with_events(event)).events
    assert Stage.DELIVERED is stage_of_entry("17track", told.code)[0]


def test_two_providers_that_tell_the_same_tell_it_once() -> None:
    """In other words, too."""
    providers = [{"events": [an_event()]}, {"events": [an_event(description="Collected")]}]
    assert 1 == len(must_read(told(tracking={"providers": providers})).events)


def test_an_answer_of_milestones_alone_has_no_events() -> None:
    """Somebody knows the number, and that is all."""
    milestone = [{"key_stage": "PickedUp", "time_utc": "2026-04-01T10:00:00Z"}]
    assert TrackingResult(FIRST, known=True, delivered=False) == read(told(milestone=milestone))


@pytest.mark.parametrize(
    ("misc", "carrier"),
    [
        ({"local_number": "RB 123456785 FR"}, LocalCarrier(None, None, "RB123456785FR")),
        ({"local_number": FIRST.lower()}, None),
        ({"local_number": "RB123456785FR", "local_key": str(CAINIAO)}, None),
        (
            {"local_number": 36337263201, "local_provider": "La Poste"},
            LocalCarrier("La Poste", None, "36337263201"),
        ),
        (
            {"local_provider": "Correos 600123456"},
            LocalCarrier("Correos ..."),
        ),
    ],
)
def test_the_local_number_stays_without_a_name(
    misc: dict[str, object], carrier: LocalCarrier | None
) -> None:
    """Unless it is the one that was asked."""
    assert carrier == must_read(with_events(an_event(), misc_info=misc)).carrier


@pytest.mark.parametrize("code", [-18019901, -18019909])
def test_a_number_that_is_registered_already_is_registered(code: int) -> None:
    """Or has nothing to tell yet: neither costs another credit, nor is an answer."""
    rejected = [{"number": FIRST.lower(), "error": {"code": code, "message": "x"}}]
    answer = json.dumps({"code": 0, "data": {"accepted": [], "rejected": rejected}}).encode()
    reply = parse(answer, [FIRST])
    assert (frozenset({FIRST}), frozenset()) == (reply.registered, reply.unregistered)
    assert not reply.answers


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


# The vocabulary.


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("InTransit_QuantumTunnelling", Stage.IN_TRANSIT_UNPLACED),
        ("Exception_Abducted", Stage.EXCEPTION),
        ("Delivered_ByDrone", Stage.DELIVERED),
        ("Teleported_Other", Stage.IN_TRANSIT_UNPLACED),
    ],
)
def test_an_unlisted_sub_status_means_what_its_status_does(status: str, stage: Stage) -> None:
    """The nine statuses are all there are; sub-statuses come."""
    assert (stage, None) == SEVENTEEN_TRACK.stage_of(status)


def test_the_sources_codes_are_read_apart() -> None:
    """Nothing of Cainiao's is ever a delivery because 17TRACK has a word for one."""
    assert Stage.DELIVERED is stage_of_entry("17track", "Delivered")[0]
    assert Stage.IN_TRANSIT_UNPLACED is stage_of_entry("cainiao", "Delivered_Other")[0]
    assert Stage.DELIVERED is stage_of_entry("cainiao", "GTMS_SIGNED")[0]
    assert is_destruction("Exception_Destroyed")
    assert is_destruction(code_of_status("Exception_Destroyed"))
    assert not is_destruction("Exception_Returned")


# The documented samples.


def sample(name: str) -> dict[str, Any]:
    path = SAMPLES / f"{name}.json"
    if not path.is_file():
        pytest.skip("../shared is not there")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def as_cainiao_s(body: dict[str, Any]) -> bytes:
    """The sample as if it were about a parcel of Cainiao's."""
    for entry in body["data"]["accepted"]:
        entry["carrier"] = CAINIAO
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("name", "number", "stages"),
    [
        (
            "gettrackinfo_correios_2151",
            "AA123456789BR",
            ["accepted", "out_for_delivery", "delivered"],
        ),
        ("gettrackinfo_exception_returning", "AA555666777BR", ["returned"]),
        (
            "gettrackinfo_yanwen_190012",
            "YT2616912345678901",
            ["accepted", "departed_origin", "arrived_destination"],
        ),
    ],
)
def test_the_documented_answers_are_read(name: str, number: str, stages: list[str]) -> None:
    """Each event placed; and nothing where they are about another carrier's parcels."""
    body = sample(name)
    assert {} == parse(json.dumps(body).encode(), [number]).answers
    answer = parse(as_cainiao_s(body), [number]).answers[number]
    assert stages == [stage_of_entry("17track", event.code)[0].value for event in answer.events]
    assert answer.eta is None
    assert answer.carrier is not None
    assert number == answer.carrier.number


def test_the_documented_rejection_is_read() -> None:
    """Its carrier stands in a text."""
    body = json.dumps(sample("gettrackinfo_yanwen_190012")).encode()
    assert frozenset({"21213123123230"}) == parse(body, ["21213123123230"]).unregistered


@pytest.mark.parametrize(
    ("name", "use", "expected"),
    [
        (
            "register_mixed",
            lambda source: source.register(["AA123456789BR", "1234"]),
            Registration(Verdict.OK, frozenset({"AA123456789BR"})),
        ),
        (
            "register_already_registered",
            lambda source: source.register(["AA123456789BR"]),
            Registration(Verdict.OK),
        ),
        ("getquota", lambda source: source.quota(), Quota(left=1098, total=1100)),
    ],
)
def test_the_documented_accounts_are_read(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    use: Callable[[SeventeenTrack], object],
    expected: object,
) -> None:
    """What was registered, and what is left."""
    body = json.dumps(sample(name)).encode()
    received = Received(200, {}, body, complete=True)
    monkeypatch.setattr(Transport, "request", lambda *_, **__: received)
    assert expected == use(SeventeenTrack("http://127.0.0.1:9", lambda: KEY))
