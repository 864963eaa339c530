"""Reading Cainiao's answers that were recorded or rebuilt."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from stallwatch.domain.parcels import Flag, LocalCarrier, Stage
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.codes import is_listed, stage_of
from stallwatch.tracking.source import SourceResponse, TrackingResult, Verdict
from tests.support.cainiao_answers import NUMBER, utc

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "data" / "cainiao"
UPSTREAM = ROOT.parent / "shared" / "upstream" / "cainiao"
RECORDED = {
    "delivered_after_48_days_of_silence.json",
    "in_customs_after_50_days_of_silence.json",
    "not_found.json",
}
"""These stay where they are."""

needs_upstream = pytest.mark.skipif(not UPSTREAM.is_dir(), reason="../shared is not there")


def read(path: Path, number: str) -> TrackingResult:
    reply = parse(path.read_bytes(), [number])
    assert reply.verdict is Verdict.OK
    return reply.answers[number]


def told(answer: TrackingResult) -> list[tuple[datetime, str, Stage, Flag | None]]:
    """The events as they are judged, with a check that each code is a known one."""
    assert all(is_listed(event.code) for event in answer.events)
    return [(event.at, event.code, *stage_of(event.code)) for event in answer.events]


# -------------------------------------------------------------------- recorded and rebuilt answers


@needs_upstream
def test_copied_samples_are_all_there_and_the_same() -> None:
    """A copy that differs from the facts it was taken from is a mistake; so is a missing one."""
    expected = {p.name: p.read_bytes() for p in UPSTREAM.iterdir() if p.name not in RECORDED}
    assert expected == {path.name: path.read_bytes() for path in SAMPLES.iterdir()}


@needs_upstream
def test_a_recorded_delivery_after_a_long_silence() -> None:
    """Every event of a recorded journey has its true instant and its stage."""
    answer = read(UPSTREAM / "delivered_after_48_days_of_silence.json", "RC000000001EE")
    assert told(answer) == [
        (utc("2025-12-08 14:29:00"), "PU_PICKUP_SUCCESS", Stage.ACCEPTED, None),
        (utc("2025-12-08 14:44:22"), "GTMS_OE_DEPART", Stage.LAST_MILE_CARRIER, Flag.EARLY),
        (utc("2026-01-26 06:53:04"), "LH_ARRIVE", Stage.ARRIVED_DESTINATION, None),
        (utc("2026-02-02 06:23:08"), "COMMON_INTRANSIT", Stage.IN_TRANSIT_UNPLACED, None),
        (utc("2026-02-04 09:32:25"), "CC_IM_SUCCESS", Stage.IMPORT_CUSTOMS, None),
        (utc("2026-02-05 23:52:42"), "GTMS_DO_DEPART", Stage.OUT_FOR_DELIVERY, None),
        (utc("2026-02-06 07:25:17"), "GTMS_SIGNED", Stage.DELIVERED, None),
    ]
    assert (answer.known, answer.mail_type, answer.eta, answer.carrier) == (True, None, None, None)
    assert answer.events[-1].text == "Package delivered"


@needs_upstream
def test_a_recorded_stay_in_customs_after_a_long_silence() -> None:
    """Zones differ from event to event, and the town in brackets is the place."""
    answer = read(UPSTREAM / "in_customs_after_50_days_of_silence.json", "RC000000002EE")
    assert told(answer) == [
        (utc("2026-07-01 16:16:31"), "PU_PICKUP_SUCCESS", Stage.ACCEPTED, None),
        (utc("2026-07-02 18:55:17"), "SC_OUTBOUND_SUCCESS", Stage.ORIGIN_SORTING, None),
        (utc("2026-08-22 17:03:00"), "LH_POST_COLLECTION", Stage.DEPARTED_ORIGIN, None),
        (utc("2026-08-23 12:18:40"), "CC_HO_OUT_SUCCESS", Stage.IMPORT_CUSTOMS, None),
    ]
    scan = answer.events[1]
    assert ("Departed from sorting center", "Xiaoshan District") == (scan.text, scan.place)
    assert ("2026-07-03 02:55:17", "GMT+8") == (scan.wall, scan.zone)
    assert answer.eta == utc("2026-08-27 11:07:58.899")
    assert answer.points_to is None


@needs_upstream
def test_a_recorded_unknown_number() -> None:
    """It is an answer, and it says that nobody knows the number."""
    assert TrackingResult("LP00000000000", known=False) == read(
        UPSTREAM / "not_found.json", "LP00000000000"
    )


def test_an_economy_parcel_that_was_handed_over() -> None:
    """The trace of a whole journey, the local carrier, and nothing of its phone number."""
    answer = read(SAMPLES / "economy_handed_over_with_predeclared_customs.json", "RS0000000001Y")
    assert told(answer) == [
        (utc("2026-05-06 01:00:00"), "GWMS_ACCEPT", Stage.ORDERED, None),
        (utc("2026-05-06 10:01:00"), "GWMS_OUTBOUND", Stage.ACCEPTED, None),
        (utc("2026-05-07 06:30:00"), "PU_PICKUP_SUCCESS", Stage.ACCEPTED, None),
        (utc("2026-05-07 20:44:00"), "SC_INBOUND_SUCCESS", Stage.ORIGIN_SORTING, None),
        (utc("2026-05-08 02:00:00"), "CC_IM_START", Stage.IMPORT_CUSTOMS, Flag.EARLY),
        (utc("2026-05-08 15:10:00"), "SC_OUTBOUND_SUCCESS", Stage.ORIGIN_SORTING, None),
        (utc("2026-05-09 22:00:00"), "CC_EX_SUCCESS", Stage.EXPORT_CUSTOMS, None),
        (utc("2026-05-11 08:20:00"), "LH_HO_AIRLINE", Stage.DEPARTED_ORIGIN, None),
        (utc("2026-05-11 18:15:00"), "LH_DEPART", Stage.DEPARTED_ORIGIN, None),
        (utc("2026-05-15 03:00:00"), "LAST_MILE_ASN_NOTIFY", Stage.ADVISORY, None),
        (utc("2026-05-16 02:20:00"), "LH_ARRIVE", Stage.ARRIVED_DESTINATION, None),
        (utc("2026-05-18 15:03:00"), "CC_IM_SUCCESS", Stage.IMPORT_CUSTOMS, None),
        (utc("2026-05-18 19:40:10"), "CC_HO_OUT_SUCCESS", Stage.IMPORT_CUSTOMS, None),
        (utc("2026-05-19 07:12:00"), "GTMS_ACCEPT", Stage.LAST_MILE_CARRIER, None),
    ]
    assert answer.mail_type == "Economy"
    assert answer.carrier == LocalCarrier("La Poste", "https://example.org/track")
    assert ("Received by local delivery company", "Roissy") == (
        answer.events[-1].text,
        answer.events[-1].place,
    )


def test_a_placeholder_points_to_another_number() -> None:
    """It is known, and has no events of its own."""
    assert TrackingResult("AP00000000000001", known=True, points_to="CNG00000000000001") == read(
        SAMPLES / "placeholder_points_to_another_number.json", "AP00000000000001"
    )


def test_a_seller_who_prepares_the_parcel() -> None:
    """It is known, without any event; a state that says so little adds none."""
    assert TrackingResult(
        "UZ0000000001Y", known=True, mail_type="Economy", country="Israel", delivered=False
    ) == read(SAMPLES / "seller_preparing.json", "UZ0000000001Y")


@pytest.mark.parametrize(
    ("name", "number", "newest"),
    [
        ("customs_failure", "LP00000000000104",
         (utc("2026-05-11 10:00:00"), "CC_IM_FAILURE", Stage.EXCEPTION, Flag.CUSTOMS)),
        ("failed_attempt", "LP00000000000102",
         (utc("2026-05-14 10:00:00"), "GTMS_DEL_FAILURE", Stage.FAILED_ATTEMPT, None)),
        ("pickup_point", "LP00000000000101",
         (utc("2026-05-14 10:00:00"), "GTMS_STA_SIGNED", Stage.READY_FOR_PICKUP, None)),
        ("returned", "LP00000000000103",
         (utc("2026-05-20 10:00:00"), "RT_INBOUND", Stage.RETURNED, None)),
    ],
)  # fmt: skip
def test_the_newest_event_of_a_composed_journey(
    name: str, number: str, newest: tuple[datetime, str, Stage, Flag | None]
) -> None:
    """The states beside them (`DELIVERING`, `CLEAR_CUSTOMS`) change nothing."""
    assert newest == told(read(SAMPLES / f"synthetic_{name}.json", number))[-1]


def test_a_batch_tells_known_unknown_and_not_shipped_apart() -> None:
    """One request, three numbers, three answers."""
    numbers = ["LP00000000000107", "LP00000000000105", "LP00000000000106"]
    reply = parse((SAMPLES / "synthetic_batch_mixed.json").read_bytes(), numbers)
    assert set(numbers) == set(reply.answers)
    travelling, unknown, preparing = (reply.answers[n] for n in sorted(numbers))
    assert [event.code for event in travelling.events] == [
        "PU_PICKUP_SUCCESS",
        "LH_DEPART",
        "LH_ARRIVE",
    ]
    assert TrackingResult("LP00000000000106", known=False) == unknown
    assert (
        TrackingResult("LP00000000000107", known=True, country="Spain", delivered=False)
        == preparing
    )


def test_the_destination_is_kept_without_its_town() -> None:
    """The town is the receiver's."""
    for told, kept in (
        ("France,Town", "France"),
        ("法国，巴黎", "法国"),
        ("España; Madrid", "España"),
        (" Spain ", "Spain"),
        (",Town", None),
        (7, None),
        (None, None),
        ("x" * 300, "x" * 60),
    ):
        entry: dict[str, object] = {"mailNo": NUMBER, "detailList": [], "destCountry": told}
        reply = parse(json.dumps({"module": [entry]}).encode(), [NUMBER])
        assert kept == reply.answers[NUMBER].country


@pytest.mark.parametrize("name", ["blocked_json.json", "blocked_page.html"])
def test_recorded_shapes_of_a_block(name: str) -> None:
    """Both forms of the block are seen in the body alone."""
    assert SourceResponse(Verdict.BLOCKED, reason="block page") == parse(
        (SAMPLES / name).read_bytes(), [NUMBER]
    )
