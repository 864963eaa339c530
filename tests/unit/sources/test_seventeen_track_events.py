"""Reading the events of 17TRACK's answers: clocks, texts, carriers."""

import json
from datetime import UTC, datetime

import pytest

from stallwatch.domain.parcels import LocalCarrier, Stage
from stallwatch.sources.seventeen_track import parse
from stallwatch.sources.seventeen_track_answers import CAINIAO
from stallwatch.tracking.profiles import stage_of_entry
from stallwatch.tracking.source import TrackingResult
from tests.support.seventeen_track_answers import (
    FIRST,
    an_event,
    must_read,
    read,
    told,
    with_events,
)


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
