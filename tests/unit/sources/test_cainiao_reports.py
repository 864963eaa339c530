"""What public reports have shown of Cainiao's answers, beside what was recorded."""

import json
from datetime import datetime

import pytest

from stallwatch.domain.parcels import LocalCarrier, Stage
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.codes import stage_of
from stallwatch.tracking.source import Verdict
from tests.support.cainiao_answers import (
    NUMBER,
    OTHER,
    body,
    detail,
    known_answer,
    module,
    only_event,
    utc,
)

# Blocks.


@pytest.mark.parametrize(
    "block",
    [
        '{"ret": ["RGV587_ERROR::SM::try again later"], "data": {}}',
        '{"ret": ["RGV587_ERROR::SM::x"], "data": {"url": "https://x.example/punish"}}',
        '{"ret": ["FAIL_SYS_ILLEGAL_ACCESS::x"]}',
        '{"ret": ["FAIL_SYS_USER_VALIDATE", "RGV587"]}',
        '{"ret": "FAIL_BIZ_ANTI_BOT::x", "module": [], "success": true}',
        "<html><script src='/x5sec.js'></script></html>",
        "<iframe src=https://punish.example/x></iframe>",
        "<!doctype html><div id=sufei-punish></div>",
        "<HTML><PUNISH-COMPONENT/></HTML>",
    ],
)
def test_every_form_of_a_block_is_one(block: str) -> None:
    """Asking must stop at once, and not after three failures."""
    assert Verdict.BLOCKED is parse(block.encode(), [NUMBER]).verdict


@pytest.mark.parametrize(
    "other",
    ["<html>Maintenance</html>", "<html><h1>502</h1></html>", '{"ret": ["SUCCESS::x"]}', "OK"],
)
def test_any_other_page_is_a_failure(other: str) -> None:
    """It says nothing against us."""
    assert Verdict.FAILING is parse(other.encode(), [NUMBER]).verdict


def test_entries_may_be_called_data() -> None:
    """As another endpoint of the same service does."""
    answer = json.dumps({"data": [module(NUMBER, detail())], "ret": ["SUCCESS::x"]}).encode()
    assert 1 == len(parse(answer, [NUMBER]).answers[NUMBER].events)


def test_an_answer_about_another_number_shows_that_the_source_is_up() -> None:
    """It is an answer to nobody even so."""
    response = parse(body(module(OTHER, detail())), [NUMBER])
    assert (Verdict.OK, {}, True) == (response.verdict, response.answers, response.about_others)
    assert not parse(body(module(NUMBER, detail())), [NUMBER]).about_others
    assert not parse(body(), [NUMBER]).about_others


# Numbers.


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("36YPH337263201000935107", "36YPH337263201000935107"),
        ("3SDFC1234567890", "3SDFC1234567890"),
        ("0034 0434 1616 1234 5678", "00340434161612345678"),
        ("ra 123.456-785 ch", "RA123456785CH"),
    ],
)
@pytest.mark.parametrize("info", [None, {"cpName": "La Poste"}])
def test_the_local_carriers_number_is_kept_in_any_form(
    written: str, number: str, info: object
) -> None:
    """With or without the carrier's name: it is the number to ask the carrier with."""
    name = "La Poste" if info else None
    for fields in (
        {"copyRealMailNo": written},
        {"realMailNo": f"Latest Tracking Number:\t{written}"},
        {"copyRealMailNo": " ", "realMailNo": f"Latest Tracking Number: {written}"},
    ):
        answer = known_answer(module(NUMBER, detail(), destCpInfo=info, **fields))
        assert LocalCarrier(name, None, number) == answer.carrier
        assert (None, None) == (answer.points_to, answer.other_number)
        placeholder = known_answer(module(NUMBER, destCpInfo=info, **fields))
        assert number == placeholder.points_to


@pytest.mark.parametrize("other", ["CNG00839790702074", "LP00839790702074", "UZ0000000001Y"])
def test_another_number_of_cainiaos_own_is_shown_and_not_followed(other: str) -> None:
    """The parcel may travel under it, in a combined delivery."""
    answer = known_answer(module(NUMBER, detail(), copyRealMailNo=other))
    assert (other, None, None) == (answer.other_number, answer.points_to, answer.carrier)


@pytest.mark.parametrize("prose", ["", "no number here", "x:\t", "x" * 500, 7, None])
def test_prose_without_a_number_names_none(prose: object) -> None:
    """Nothing is made up."""
    answer = known_answer(module(NUMBER, detail(), realMailNo=prose))
    assert (None, None) == (answer.carrier, answer.other_number)


# Events.


def at(answer_zone: str, *others: tuple[str, str]) -> datetime:
    """The instant of a pickup scan at 11:05 in a zone, beside other events' codes and zones."""
    scan = detail("GTMS_STA_SIGNED", timeStr="2026-05-13 11:05:00", timeZone=answer_zone)
    beside = [
        detail(code, timeStr=f"2026-05-0{day} 09:00:00", timeZone=zone)
        for day, (code, zone) in enumerate(others, start=1)
    ]
    return next(
        event.at
        for event in known_answer(module(NUMBER, scan, *beside)).events
        if event.code == "GTMS_STA_SIGNED"
    )


@pytest.mark.parametrize("absent", ["", "nowhere"])
@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([("GTMS_ACCEPT", "GMT+1"), ("LH_DEPART", "GMT+8")], "2026-05-13 10:05"),
        ([("GTMS_ACCEPT", "GMT+0"), ("LH_ARRIVE", "GMT+0")], "2026-05-13 11:05"),
        ([("GTMS_ACCEPT", "GMT+1"), ("LH_ARRIVE", "GMT+2")], "2026-05-13 03:05"),
        ([("GTMS_ACCEPT", "")], "2026-05-13 03:05"),
        ([("LH_DEPART", "GMT+1"), ("CC_IM_START", "GMT+1")], "2026-05-13 03:05"),
        ([], "2026-05-13 03:05"),
    ],
)
def test_a_missing_zone_is_that_of_its_side_where_the_others_agree(
    absent: str, others: list[tuple[str, str]], expected: str
) -> None:
    """Else Beijing's; what may be declared before the departure is on no side."""
    assert utc(expected) == at(absent, *others)


def test_an_event_before_the_arrival_keeps_beijings_zone() -> None:
    """It happened there."""
    departed = detail("LH_DEPART", timeStr="2026-05-01 09:00:00", timeZone="")
    answer = known_answer(module(NUMBER, departed, detail("GTMS_ACCEPT", timeZone="GMT+1")))
    assert utc("2026-05-01 01:00") == answer.events[0].at


@pytest.mark.parametrize(
    ("node", "stage"),
    [
        ("AE_GROUP_LH_PROCESSING", Stage.DEPARTED_ORIGIN),
        ("AE_GROUP_DELIVERING", Stage.OUT_FOR_DELIVERY),
        ("AE_GROUP_SIGNED", Stage.IN_TRANSIT_UNPLACED),
        ("AE_GROUP_DELIVERED", Stage.IN_TRANSIT_UNPLACED),
        ("AE_GROUP_NEW", Stage.IN_TRANSIT_UNPLACED),
    ],
)
def test_a_node_places_an_event_without_a_code(node: str, stage: Stage) -> None:
    """A delivery takes a status that says so too."""
    group = {"nodeCode": node, "nodeDesc": "x"}
    for absent in (None, "", " "):
        event = only_event(actionCode=absent, group=group)
        assert (node, stage) == (event.code, stage_of(event.code)[0])
    assert "LH_ARRIVE" == only_event(group=group).code
    answer = known_answer(module(NUMBER, detail(None, group=group), status="DELIVERED"))
    assert answer.delivered


@pytest.mark.parametrize("group", [None, 7, [], {}, {"nodeCode": 7}])
def test_a_node_that_cannot_be_read_is_none(group: object) -> None:
    """The event stays, without a code."""
    assert "" == only_event(actionCode=None, group=group).code


def test_no_postcode_is_kept_wherever_it_stands() -> None:
    """Neither with the spelling nor with the original in place of it."""
    told = "[IL,Sometown,District 5339001] Received"
    for fields in ({"standerdDesc": told}, {"standerdDesc": "", "desc": told}):
        event = only_event(**fields)
        assert ("Received", "IL,Sometown,District") == (event.text, event.place)
