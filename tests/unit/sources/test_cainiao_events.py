"""Reading Cainiao's events: clocks, zones, codes, words, and what the coarse status adds."""

import pytest

from stallwatch.domain.parcels import Stage
from stallwatch.tracking.codes import stage_of
from tests.support.cainiao_answers import (
    NUMBER,
    answer_to,
    detail,
    known_answer,
    module,
    only_event,
    utc,
)

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
    [None, "soon", 0, True, [], 10**400, -(10**400), 1e300, float("nan"), 10**13, -(10**12)],
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
        ({"standerdDesc": "", "desc": "【东莞市】快件已发出"}, "快件已发出", "东莞市"),
        ({"standerdDesc": "", "desc": "تم التسليم"}, "تم التسليم", None),
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
    answer = known_answer(module(NUMBER, detail(code), status=status))
    assert [code or ""] == [event.code for event in answer.events]
    assert answer.delivered


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


@pytest.mark.parametrize("filler", ["COMMON_INTRANSIT", "LAST_MILE_ASN_NOTIFY"])
def test_a_newer_event_that_places_nothing_keeps_no_status_out(filler: str) -> None:
    """It is not the code that the status stands in for."""
    newer = detail(filler, timeStr="2026-05-12 08:00:00")
    told = module(NUMBER, newer, detail("NEW_THING"), status="RETURNED")
    (added,) = (e for e in known_answer(told).events if e.code.startswith("status:"))
    assert ("status:RETURNED", "2026-05-10 08:00:00") == (added.code, added.wall)


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
    nothing: tuple[object, ...] = (None, {}, "")
    for absent in nothing:
        assert () == known_answer(module(status="DELIVERING", **{name: absent})).events
    for unreadable in ("text", [latest], detail(timeStr="", time=None)):
        assert answer_to(module(status="DELIVERING", **{name: unreadable})) is None
