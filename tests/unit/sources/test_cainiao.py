"""Reading Cainiao's answers: recorded, rebuilt, mangled."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.parcels import Flag, LocalCarrier, Stage
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.codes import is_listed, stage_of
from stallwatch.tracking.source import Event, SourceResponse, TrackingResult, Verdict

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

NUMBER = "LP00000000000001"
OTHER = "LP00000000000002"
THIRD = "LP00000000000003"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(path: Path, number: str) -> TrackingResult:
    reply = parse(path.read_bytes(), [number])
    assert reply.verdict is Verdict.OK
    return reply.answers[number]


def told(answer: TrackingResult) -> list[tuple[datetime, str, Stage, Flag | None]]:
    """The events as they are judged, with a check that each code is a known one."""
    assert all(is_listed(event.code) for event in answer.events)
    return [(event.at, event.code, *stage_of(event.code)) for event in answer.events]


def detail(code: object = "LH_ARRIVE", **fields: object) -> dict[str, Any]:
    """An event as Cainiao writes one."""
    return {
        "time": 1778371200000,
        "timeStr": "2026-05-10 08:00:00",
        "desc": "",
        "standerdDesc": "Arrived at linehaul office",
        "descTitle": "Carrier note:",
        "timeZone": "GMT+2",
        "actionCode": code,
    } | fields


def module(number: object = NUMBER, *details: object, **fields: object) -> dict[str, Any]:
    """An entry as Cainiao writes one."""
    return {"mailNo": number, "mailNoSource": "AE", "detailList": list(details)} | fields


def body(*modules: object) -> bytes:
    return json.dumps({"module": modules, "success": True}).encode()


def answer_to(*modules: object, number: str = NUMBER) -> TrackingResult | None:
    reply = parse(body(*modules), [number])
    assert reply.verdict is Verdict.OK
    return reply.answers.get(number)


def known_answer(*modules: object) -> TrackingResult:
    answer = answer_to(*modules)
    assert answer is not None
    return answer


def only_event(**fields: object) -> Event:
    """The event that comes of one with some fields changed."""
    (event,) = known_answer(module(NUMBER, detail(**fields))).events
    return event


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


# ------------------------------------------------------------------------------- the answer as such


@pytest.mark.parametrize(
    "mark",
    [
        "rgv587_flag",
        "<punish-component",
        "/_____tmd_____/",
        r"\/_____tmd_____\/",
        "punish?x5secdata=",
        "#nocaptcha",
        '{"ret": ["FAIL_SYS_USER_VALIDATE"]}',
        '{"rgv587_flag": "sm", "module": [], "success": true}',
        '{"module": [], "success": false, "url": "/_____tmd_____/"}',
    ],
)
def test_each_mark_of_a_block_is_enough(mark: str) -> None:
    """Whatever else is in the body."""
    reply = parse(f"<html>{mark}".encode() if mark[0] != "{" else mark.encode(), [NUMBER])
    assert reply.verdict is Verdict.BLOCKED


def test_a_mark_inside_a_valid_answer_is_only_a_text() -> None:
    """A parcel's texts cannot stop all asking."""
    assert only_event(standerdDesc="#nocaptcha rgv587_flag").text == "#nocaptcha rgv587_flag"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"<html>maintenance</html>",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"module": null, "success": true}',
        b'{"module": {"0": {}}, "success": true}',
        b'{"module": [], "success": false}',
        b'{"module": [], "success": "true"}',
        b'{"module": []',
        b'{"module": [], "success": true} and more',
        '{"module": [], "success": true}'.encode("utf-16"),
        b"[" * 2_000_000,
        b'{"module": ' + b"[" * 100_000 + b"]" * 100_000 + b', "success": true}',
    ],
    ids=lambda nonsense: repr(nonsense[:40]),
)
def test_what_cannot_be_read_is_no_answer(nonsense: bytes) -> None:
    """Wrong shapes, refusals, other encodings, bottomless nesting."""
    reply = parse(nonsense, [NUMBER])
    assert (Verdict.FAILING, {}) == (reply.verdict, reply.answers)
    assert reply.reason
    assert NUMBER not in reply.reason


def test_stray_bytes_and_control_characters_in_a_text_cost_nothing() -> None:
    """The rest of the answer is as good as ever."""
    spoilt = body(module(NUMBER, detail(standerdDesc="Arrived X Y"))).replace(b"X Y", b"\xff\x00\n")
    reply = parse(b"\xef\xbb\xbf" + spoilt, [NUMBER])
    assert [event.text for event in reply.answers[NUMBER].events] == ["Arrived \ufffd"]


def test_numbers_are_matched_by_themselves_and_not_by_position() -> None:
    """Another order, other parcels in between, and one that nobody asked about."""
    reply = parse(
        body(
            module("LP99999999999999", detail("GTMS_SIGNED")),
            module(OTHER),
            module(NUMBER, detail()),
        ),
        [NUMBER, OTHER, THIRD],
    )
    assert {NUMBER, OTHER} == set(reply.answers)
    assert [event.code for event in reply.answers[NUMBER].events] == ["LH_ARRIVE"]
    assert reply.answers[OTHER].events == ()


@pytest.mark.parametrize("spelling", ["lp00000000000001", " LP 0000-0000 000001\n"])
def test_case_blanks_and_hyphens_of_a_number_do_not_matter(spelling: str) -> None:
    """The answer goes by the number that was asked."""
    assert known_answer(module(spelling, detail())).number == NUMBER


@pytest.mark.parametrize("entry", [None, [], "text", 7, {}, {"mailNo": None}, {"mailNo": 7}])
def test_an_entry_about_no_number_is_passed_over(entry: object) -> None:
    """The others count all the same."""
    assert known_answer(entry, module(NUMBER, detail()), entry).events


@pytest.mark.parametrize(
    "entries",
    [
        (module(NUMBER, detail()), module(NUMBER, detail())),
        (module(), module(NUMBER, detail())),
        (module(NUMBER, detail()), module(NUMBER, mailNoSource="EXTERNAL")),
    ],
)
def test_repeated_entries_that_agree_are_one_answer(entries: tuple[object, ...]) -> None:
    """The same journey twice, or nothing beside a journey."""
    assert [event.code for event in known_answer(*entries).events] == ["LH_ARRIVE"]


def test_an_unknown_number_beside_a_known_one_adds_nothing() -> None:
    """Two empty entries, of which one says more."""
    entries = (module(mailNoSource="EXTERNAL"), module(status="SELLER_PREPARING"))
    assert known_answer(*entries).known
    assert known_answer(*reversed(entries)).known


@pytest.mark.parametrize(
    "entries",
    [
        (module(NUMBER, detail()), module(NUMBER, detail("GTMS_SIGNED"))),
        (module(NUMBER, detail()), module(NUMBER, detailList="poisoned")),
        (module(copyRealMailNo=OTHER), module(copyRealMailNo=THIRD)),
    ],
)
def test_entries_that_contradict_each_other_are_no_answer(entries: tuple[object, ...]) -> None:
    """One of them is another parcel's, and nobody can tell which."""
    assert answer_to(*entries) is None
    assert answer_to(*reversed(entries)) is None


@pytest.mark.parametrize("details", ["text", 7, True, {"0": {}}, [None], [[], 7, "x", {}]])
def test_an_entry_whose_events_cannot_be_read_is_no_answer(details: object) -> None:
    """Neither silence nor an unknown number follows from it; its neighbours are answered."""
    reply = parse(
        body(module(NUMBER, detailList=details, mailNoSource="EXTERNAL"), module(OTHER, detail())),
        [NUMBER, OTHER],
    )
    assert {OTHER} == set(reply.answers)


@pytest.mark.parametrize("absent", [{}, {"detailList": None}])
def test_absent_events_are_none(absent: dict[str, object]) -> None:
    """A known number without a list of events is a number without events."""
    assert TrackingResult(NUMBER, known=True) == known_answer(
        {"mailNo": NUMBER, "mailNoSource": "AE"} | absent
    )


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({"mailNoSource": "EXTERNAL"}, False),
        ({"mailNoSource": " external "}, False),
        ({"mailNoSource": "EXTERNAL", "status": "  "}, False),
        ({"mailNoSource": "EXTERNAL", "status": "SELLER_PREPARING"}, True),
        ({"mailNoSource": "EXTERNAL", "copyRealMailNo": OTHER}, True),
        ({"mailNoSource": "AE"}, True),
        ({"mailNoSource": None}, True),
    ],
)
def test_only_an_external_entry_without_anything_is_unknown(
    fields: dict[str, object], *, known: bool
) -> None:
    """A state or another number to follow makes it known."""
    assert known is known_answer(module(**fields)).known


@pytest.mark.parametrize(
    ("other", "points_to"),
    [
        (" cng-0000 0000000001 ", "CNG00000000000001"),
        (NUMBER.lower(), None),
        ("short", None),
        ("Latest Tracking Number:\tRC000000003EE", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_placeholder_is_followed_only_to_another_valid_number(
    other: object, points_to: str | None
) -> None:
    """Neither to itself nor to prose."""
    assert points_to == known_answer(module(copyRealMailNo=other)).points_to


def test_a_number_with_events_is_no_placeholder() -> None:
    """It has a journey of its own."""
    assert known_answer(module(NUMBER, detail(), copyRealMailNo=OTHER)).points_to is None


@pytest.mark.parametrize(
    ("milliseconds", "eta"),
    [
        (1787828878899, utc("2026-08-27 11:07:58.899")),
        (1787828878899.0, utc("2026-08-27 11:07:58.899")),
        (1262304000000, utc("2010-01-01 00:00:00")),
        (1262303999999, None),
        (4133980799000, utc("2100-12-31 23:59:59")),
        (4133980800000, None),
        (0, None),
        (-1, None),
        (10**400, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("1787828878899", None),
        (None, None),
        ([], None),
    ],
)
def test_the_estimate_is_an_instant_within_reason(
    milliseconds: object, eta: datetime | None
) -> None:
    """Anything else is no estimate."""
    assert eta == known_answer(module(globalEtaInfo={"deliveryMaxTime": milliseconds})).eta


@pytest.mark.parametrize(
    ("info", "carrier"),
    [
        ({"cpName": "La Poste", "url": "https://example.org/t?id=1"},
         LocalCarrier("La Poste", "https://example.org/t?id=1")),
        ({"cpName": " Correos\n", "url": "HTTP://example.org"},
         LocalCarrier("Correos", "HTTP://example.org")),
        ({"cpName": "PostNL", "url": "javascript:alert(1)"}, LocalCarrier("PostNL")),
        ({"cpName": "PostNL", "url": "//example.org"}, LocalCarrier("PostNL")),
        ({"cpName": "PostNL", "url": "https://"}, LocalCarrier("PostNL")),
        ({"cpName": "PostNL", "url": "https://[::1"}, LocalCarrier("PostNL")),
        ({"cpName": "PostNL", "url": "https://a@example.org"}, LocalCarrier("PostNL")),
        ({"cpName": "PostNL", "url": 'https://example.org/"><b>'}, LocalCarrier("PostNL")),
        ({"cpName": "PostNL", "url": "https://example.org/" + "a" * 200}, LocalCarrier("PostNL")),
        ({"cpName": "PostNL", "url": ["https://example.org"]}, LocalCarrier("PostNL")),
        ({"cpName": "", "url": "https://example.org"}, None),
        ({"cpName": 7}, None),
        ("PostNL", None),
        (None, None),
    ],
)  # fmt: skip
def test_the_local_carrier_has_a_name_and_perhaps_a_link(
    info: object, carrier: LocalCarrier | None
) -> None:
    """A link that a page must not show is left out."""
    assert carrier == known_answer(module(destCpInfo=info)).carrier


def test_nothing_of_the_receiver_is_read() -> None:
    """Fields nobody asked for stay behind, and contacts go from the texts."""
    answer = known_answer(
        module(
            NUMBER,
            detail(
                standerdDesc="",
                desc="Call +34 600 12-34-56, ana@example.org, https://example.org/p.jpg (2 of 3)",
                pictureUrl="https://example.org/door.jpg",
            ),
            detail("LH_DEPART", standerdDesc="By 2026-05-19 10:00, flight AB 1234, step 12345678"),
            receiverName="Ana",
            receiverPhone="600123456",
            destCpInfo={"cpName": "Correos", "phone": "+34 600 12 34 56"},
        )
    )
    assert {event.text for event in answer.events} == {
        "Call ..., ... ... (2 of 3)",
        "By 2026-05-19 10:00, flight AB 1234, step 12345678",
    }
    for secret in ("Ana", "600", "door"):
        assert secret not in repr(answer)


# -------------------------------------------------------------------------------------- the events


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("GMT+8", "2026-05-10 00:00"),
        ("GMT+0", "2026-05-10 08:00"),
        ("GMT-3", "2026-05-10 11:00"),
        ("GMT+08:00", "2026-05-10 00:00"),
        ("GMT+0800", "2026-05-10 00:00"),
        ("UTC+2", "2026-05-10 06:00"),
        ("+02:00", "2026-05-10 06:00"),
        ("-0330", "2026-05-10 11:30"),
        ("GMT", "2026-05-10 08:00"),
        ("utc", "2026-05-10 08:00"),
        ("Z", "2026-05-10 08:00"),
        (" gmt +5:30 ", "2026-05-10 02:30"),
        ("GMT+0545", "2026-05-10 02:15"),
        ("GMT+14", "2026-05-09 18:00"),
        ("GMT-14:00", "2026-05-10 22:00"),
        # Unreadable, so Beijing's:
        ("", "2026-05-10 00:00"),
        ("GMT+14:01", "2026-05-10 00:00"),
        ("GMT-15", "2026-05-10 00:00"),
        ("GMT+2:60", "2026-05-10 00:00"),
        ("GMT+", "2026-05-10 00:00"),
        ("GMT8", "2026-05-10 00:00"),
        ("CST", "2026-05-10 00:00"),
        ("Europe/Madrid", "2026-05-10 00:00"),
        ("GMT+２", "2026-05-10 00:00"),
        ("GMT+2" + " " * 40 + "x", "2026-05-10 00:00"),
        (None, "2026-05-10 00:00"),
        (8, "2026-05-10 00:00"),
        ({}, "2026-05-10 00:00"),
    ],
)
def test_the_instant_is_the_wall_clock_in_its_zone(zone: object, at: str) -> None:
    """All spellings of zones that were seen, and Beijing's where a zone cannot be read."""
    assert utc(at) == only_event(timeZone=zone).at


def test_an_absent_zone_is_beijings() -> None:
    """The event carries the zone as it was given, here as nothing."""
    given = detail()
    del given["timeZone"]
    (event,) = known_answer(module(NUMBER, given)).events
    assert (utc("2026-05-10 00:00"), "") == (event.at, event.zone)


def test_time_is_not_the_instant() -> None:
    """`time` goes by Beijing's clock whatever the zone says, so it is not looked at."""
    for time in (0, 1, 1778371200000, "x", None):
        assert utc("2026-05-10 06:00") == only_event(time=time).at


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-05-10 08:00:00", "2026-05-10 08:00:00"),
        (" 2026-05-10T08:00:07.123\n", "2026-05-10 08:00:07"),
        ("2026-05-10 08:00", "2026-05-10 08:00:00"),
        ("1970-01-01 00:00:00", "1970-01-01 00:00:00"),
        ("2099-12-31 23:59:59", "2099-12-31 23:59:59"),
        ("2200-12-31 23:59:59", "2200-12-31 23:59:59"),
        ("2028-02-29 00:00:00", "2028-02-29 00:00:00"),
    ],
)
def test_the_wall_clock_is_kept_in_one_spelling(text: str, wall: str) -> None:
    """Dates that cannot be right are not judged here."""
    assert wall == only_event(timeStr=text).wall


@pytest.mark.parametrize(
    "text",
    [None, "", 7, [], "yesterday", "2026-05-10", "2026-13-01 00:00:00", "2026-02-29 00:00:00",
     "2026-05-10 24:00:00", "2026-05-10 08:00:60", "1969-12-31 23:59:59", "2201-01-01 00:00:00",
     "0000-00-00 00:00:00", "2026-W19-7 08:00:00", "2026-05-10 08:00:00+02:00",
     "２０２６-05-10 08:00:00", "2026-05-10 08:00:00\x00"],
)  # fmt: skip
def test_time_stands_in_for_a_wall_clock_that_cannot_be_read(text: object) -> None:
    """It is that wall clock, read as Beijing time: read back, it has the zone of the event."""
    event = only_event(timeStr=text)
    assert ("2026-05-10 08:00:00", utc("2026-05-10 06:00")) == (event.wall, event.at)


@pytest.mark.parametrize(
    "time",
    [None, "1778371200000", True, [], 10**400, -(10**400), 1e300, float("nan"), 10**13, -(10**12)],
)
def test_an_event_without_a_clock_is_dropped_alone(time: object) -> None:
    """The rest of the journey stays."""
    answer = known_answer(
        module(NUMBER, detail("GTMS_SIGNED", timeStr="", time=time), detail(), "text", None)
    )
    assert [event.code for event in answer.events] == ["LH_ARRIVE"]


@pytest.mark.parametrize(
    ("fields", "text", "town"),
    [
        ({"standerdDesc": "[Roissy] Received"}, "Received", "Roissy"),
        ({"standerdDesc": " [ Xiaoshan  District ]Left"}, "Left", "Xiaoshan District"),
        ({"standerdDesc": "[Roissy]", "desc": "Accepted"}, "Accepted", "Roissy"),
        ({"standerdDesc": "[] Left"}, "Left", None),
        ({"standerdDesc": "[Roissy Left"}, "[Roissy Left", None),
        ({"standerdDesc": "Left [Roissy]"}, "Left [Roissy]", None),
        ({"standerdDesc": "[31m[Roissy] Left"}, "[31m[Roissy] Left", None),
        ({"standerdDesc": "", "desc": "运单已交接"}, "运单已交接", None),
        ({"standerdDesc": None, "desc": 7}, "Carrier note:", None),
        ({"standerdDesc": [], "desc": {}, "descTitle": True}, "", None),
        ({"standerdDesc": "\u202e[\x07Roissy\u202c] Left\r\nnow"}, "Left now", "Roissy"),
        ({"standerdDesc": "x" * 999}, "x" * 200, None),
        ({"standerdDesc": f"[{'t' * 99}] Left"}, "Left", "t" * 60),
    ],
)
def test_the_text_of_an_event_and_its_town(
    fields: dict[str, object], text: str, town: str | None
) -> None:
    """The town stands in brackets in front; the clearest text that there is wins."""
    event = only_event(**fields)
    assert (text, town) == (event.text, event.place)


@pytest.mark.parametrize(
    ("given", "code"),
    [(" LH_ARRIVE\t", "LH_ARRIVE"), ("x" * 99, "x" * 64), ("a\x00\u202eb", "ab"),
     (None, ""), (7, ""), ([], ""), ("status:DELIVERED", "status_DELIVERED")],
)  # fmt: skip
def test_the_code_of_an_event(given: object, code: str) -> None:
    """Trimmed and bounded; none of theirs passes for what a state says."""
    assert code == only_event(code=given).code


def test_events_come_oldest_first_and_once() -> None:
    """Whatever the order and however often they were told."""
    early, late = detail(timeStr="2026-05-01 00:00:00"), detail(timeStr="2026-05-02 00:00:00")
    again = late | {"standerdDesc": "the same in other words"}
    answer = known_answer(module(NUMBER, late, early, again, detail()))
    assert [event.wall for event in answer.events] == [
        "2026-05-01 00:00:00",
        "2026-05-02 00:00:00",
        "2026-05-10 08:00:00",
    ]
    assert answer.events[1].text == "Arrived at linehaul office"


def test_a_journey_without_end_is_read_whole() -> None:
    """What is kept of it is for the trace to say, which knows when an event was first seen."""
    many = [
        detail(timeStr=f"2026-05-{day:02} {hour:02}:00:00")
        for day in range(1, 30)
        for hour in range(24)
    ]
    answer = known_answer(module(NUMBER, *many))
    assert 29 * 24 == len(answer.events)
    assert sorted(answer.events) == list(answer.events)


# ------------------------------------------------------------------------------- the coarse status


@pytest.mark.parametrize("code", ["NEW_THING", "", None, "SIGNED_SOMEHOW", "zzz"])
@pytest.mark.parametrize(
    ("status", "stage"),
    [
        (" clear_customs ", Stage.IMPORT_CUSTOMS),
        ("RETURNED", Stage.RETURNED),
        ("FAILED", Stage.EXCEPTION),
    ],
)
def test_the_status_places_a_journey_whose_newest_code_is_unknown(
    code: object, status: str, stage: Stage
) -> None:
    """An event of its own says so, at the same wall clock; the unknown one stays."""
    unknown = detail(code, timeStr="2026-05-12 08:00:00")
    answer = known_answer(
        module(NUMBER, unknown, detail(), status=status, statusDesc="Says the status ")
    )
    assert len(answer.events) == 3
    assert sorted(answer.events) == list(answer.events)
    (added,) = (event for event in answer.events if event.code.startswith("status:"))
    assert f"status:{status.strip().upper()}" == added.code
    assert (stage, None) == stage_of(added.code)
    assert ("2026-05-12 08:00:00", "GMT+2", utc("2026-05-12 06:00"), "Says the status", None) == (
        added.wall,
        added.zone,
        added.at,
        added.text,
        added.place,
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        # The newest code is listed, or has a prefix:
        ("LH_ARRIVE", "RETURNED"),
        ("LAST_MILE_ASN_NOTIFY", "CLEAR_CUSTOMS"),
        ("COMMON_INTRANSIT", "CLEAR_CUSTOMS"),
        ("GTMS_NEW_THING", "CLEAR_CUSTOMS"),
        ("GTMS_ACCEPT", "CLEAR_CUSTOMS"),
        # The newest code says that it was not delivered, or that it was:
        ("GTMS_STA_SIGNED", "DELIVERED"),
        ("GTMS_DEL_FAILURE", "DELIVERED"),
        ("NEW_THING_FAILED", "DELIVERED"),
        ("RT_INBOUND", "DELIVERED"),
        ("GTMS_SIGNED", "DELIVERED"),
        # The state says nothing:
        ("NEW_THING", "DELIVERING"),
        ("NEW_THING", "SELLER_PREPARING"),
        ("NEW_THING", "NEW_STATE"),
        ("NEW_THING", "(absent)"),
        ("NEW_THING", ""),
        ("NEW_THING", None),
        ("NEW_THING", ["DELIVERED"]),
    ],
)
def test_the_status_adds_nothing_otherwise(code: str, status: object) -> None:
    """It is too coarse to be believed beside a code that means something."""
    answer = known_answer(module(NUMBER, detail(code), status=status))
    assert [event.code for event in answer.events] == [code]


@pytest.mark.parametrize("status", ["DELIVERED", "delivered", " Sign "])
@pytest.mark.parametrize(
    "code", ["LH_ARRIVE", "GTMS_ACCEPT", "GTMS_DO_DEPART", "COMMON_INTRANSIT", "NEW_THING", None]
)
def test_a_delivery_by_status_is_believed_where_no_code_speaks_against_it(
    code: object, status: str
) -> None:
    """It is no event: it stands only while the answers tell it."""
    answer = known_answer(module(NUMBER, detail(code), status=status, statusDesc="Delivered "))
    assert [code or ""] == [event.code for event in answer.events]
    assert (True, "Delivered") == (answer.delivered, answer.delivered_text)


@pytest.mark.parametrize("code", ["GTMS_STA_SIGNED", "GTMS_DEL_FAILURE", "X_FAILED", "RT_INBOUND"])
def test_a_newest_code_that_says_otherwise_outweighs_a_delivery_by_status(code: str) -> None:
    """The parcel waits, was not taken, or goes back."""
    assert False is known_answer(module(NUMBER, detail(code), status="DELIVERED")).delivered


def test_a_status_undoes_no_return() -> None:
    """Also where a sign of life that places nothing is newer."""
    filler = detail("COMMON_INTRANSIT", timeStr="2026-05-12 08:00:00")
    answer = known_answer(module(NUMBER, filler, detail("RT_INBOUND"), status="DELIVERED"))
    assert False is answer.delivered


@pytest.mark.parametrize(
    ("status", "delivered"),
    [("DELIVERING", False), ("transport", False), ("", None), (None, None), (["SIGN"], None)],
)
def test_an_answer_without_a_status_says_nothing_of_a_delivery(
    status: object, *, delivered: bool | None
) -> None:
    """Another status says that there is none."""
    assert delivered is known_answer(module(NUMBER, detail(), status=status)).delivered


def test_a_known_code_at_the_same_moment_keeps_the_status_out() -> None:
    """One instant may have several events, of which one is enough."""
    answer = known_answer(
        module(NUMBER, detail("ZZZ"), detail("GTMS_ACCEPT", timeZone="GMT+2"), status="RETURNED")
    )
    assert [event.code for event in answer.events] == ["GTMS_ACCEPT", "ZZZ"]


def test_a_delivery_by_status_needs_no_event() -> None:
    """It stands at the instant at which it was first told."""
    answer = known_answer(module(status="DELIVERED"))
    assert ((), True) == (answer.events, answer.delivered)


def test_no_other_state_makes_an_event_out_of_nothing() -> None:
    """There is no clock that it could stand at."""
    for status in ("CLEAR_CUSTOMS", "DELIVERING", "RETURNED"):
        assert known_answer(module(status=status)).events == ()


@pytest.mark.parametrize("name", ["latestTrace", "globalCombinedLogisticsTraceDTO"])
def test_the_latest_trace_stands_for_a_list_that_is_missing(name: str) -> None:
    """One event, as good as any; beside a list it adds nothing."""
    latest = detail("LH_ARRIVE", timeZone="GMT-3")
    entry = module(status="DELIVERING", **{name: latest})
    (event,) = known_answer(entry).events
    assert ("LH_ARRIVE", utc("2026-05-10 11:00")) == (event.code, event.at)
    del entry["detailList"]
    assert (event,) == known_answer(entry).events
    entry["detailList"] = [detail("GTMS_ACCEPT")]
    assert ["GTMS_ACCEPT"] == [e.code for e in known_answer(entry).events]
    for unreadable in (None, {}, "text", detail(timeStr="", time=None)):
        assert () == known_answer(module(status="DELIVERING", **{name: unreadable})).events


# ------------------------------------------------------------------------------------ anything else

relaxed = settings(deadline=None)
"""No test here is about time."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2026-05-10 08:00:00", "GMT+2", "GTMS_SIGNED", "DELIVERED", "[Town] x"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["mailNo", "detailList", "timeStr", "time", "timeZone", "actionCode", "status",
                 "latestTrace", "destCpInfo", "cpName", "url", "globalEtaInfo", "deliveryMaxTime",
                 "copyRealMailNo", "standerdDesc", "mailNoSource", "mailType"]
            ) | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)  # fmt: skip


def check(reply: SourceResponse) -> None:
    """What holds of every reply."""
    assert (reply.verdict is Verdict.OK) is (reply.reason == "")
    assert reply.verdict is Verdict.OK or not reply.answers
    for number, answer in reply.answers.items():
        assert number == answer.number
        assert list(answer.events) == sorted(set(answer.events))
        for event in answer.events:
            assert event.at.tzinfo is UTC
            assert event.wall == str(datetime.fromisoformat(event.wall))
            for text, limit in (
                (event.text, 200),
                (event.place or "", 60),
                (event.code, 64),
                (event.zone, 32),
            ):
                assert len(text) <= limit
                text.encode()


@relaxed
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_read(anything: bytes) -> None:
    """Nothing raises."""
    check(parse(anything, [NUMBER]))


@relaxed
@given(JSON, st.booleans())
def test_any_json_at_all_is_read(anything: object, shaped: bool) -> None:  # noqa: FBT001
    """Nothing raises, neither by itself nor in place of the entries."""
    told = {"module": anything, "success": True} if shaped else anything
    check(parse(json.dumps(told).encode(), [NUMBER]))


FIELDS = [
    "mailNoSource", "detailList", "status", "statusDesc", "mailType", "globalEtaInfo",
    "destCpInfo", "latestTrace", "copyRealMailNo",
]  # fmt: skip


@relaxed
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_entry_at_all_is_read(fields: dict[str, object]) -> None:
    """Nothing raises for an entry about the very number."""
    check(parse(body(fields | {"mailNo": NUMBER}), [NUMBER]))


@relaxed
@given(st.dictionaries(st.sampled_from(sorted(detail())), JSON))
def test_any_event_at_all_is_read(fields: dict[str, object]) -> None:
    """Nothing raises for an event, whatever its fields are; the event beside it stays."""
    sound = detail("GTMS_SIGNED", timeStr="2030-01-01 00:00:00")
    reply = parse(body(module(NUMBER, detail("X") | fields, sound)), [NUMBER])
    check(reply)
    assert "GTMS_SIGNED" in [event.code for event in reply.answers[NUMBER].events]


def _spots(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within a JSON value."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _spots(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _spots(inner, (*path, index))


WHOLE = json.loads(
    (SAMPLES / "economy_handed_over_with_predeclared_customs.json").read_text(encoding="utf-8")
)["module"][0] | {"mailNo": NUMBER}
SPOTS = [spot for spot in _spots(WHOLE) if spot != ("mailNo",)]
NEIGHBOURS = (module(OTHER, detail()), module(THIRD, status="SELLER_PREPARING"))


@relaxed
@given(st.lists(st.tuples(st.sampled_from(SPOTS), JSON), min_size=1, max_size=3))
def test_a_mangled_entry_never_hurts_its_neighbours(changes: list[tuple[Any, Any]]) -> None:
    """Whatever stands anywhere in it, the other numbers are answered as ever."""
    mangled = copy.deepcopy(WHOLE)
    for spot, value in changes:
        target = mangled
        try:
            for key in spot[:-1]:
                target = target[key]
            target[spot[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    reply = parse(body(NEIGHBOURS[0], mangled, NEIGHBOURS[1]), [NUMBER, OTHER, THIRD])
    check(reply)
    expected = parse(body(*NEIGHBOURS), [OTHER, THIRD]).answers
    assert expected == {n: a for n, a in reply.answers.items() if n != NUMBER}
