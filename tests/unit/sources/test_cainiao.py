"""Reading Cainiao's answers as such: recorded, rebuilt, refused."""

import json
from datetime import datetime

import pytest

from stallwatch.domain.parcels import LocalCarrier
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.source import TrackingResult, Verdict
from tests.support.cainiao_answers import (
    NUMBER,
    OTHER,
    THIRD,
    answer_to,
    body,
    detail,
    known_answer,
    module,
    only_event,
    utc,
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
        b'{"module": [], "success": "false"}',
        b'{"module": [], "success": "yes"}',
        b'{"module": [], "success": 1}',
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


@pytest.mark.parametrize(
    "said", [{"success": "true"}, {"success": " True "}, {"success": None}, {}]
)
def test_an_answer_may_say_in_a_text_or_not_at_all_that_it_is_one(said: dict[str, object]) -> None:
    """Only what says otherwise is none."""
    answer = json.dumps({"module": [module(NUMBER, detail())], **said}).encode()
    assert [NUMBER] == list(parse(answer, [NUMBER]).answers)


def test_a_mark_of_a_block_is_seen_in_any_encoding() -> None:
    """Asking must stop."""
    page = "<html><Punish-Component/></html>".encode("utf-16")
    assert parse(page, [NUMBER]).verdict is Verdict.BLOCKED


def test_texts_in_another_encoding_cost_nothing_but_themselves() -> None:
    """Codes and clocks are plain letters and figures in each of them."""
    told = {"module": [module(NUMBER, detail(standerdDesc="已到达"))], "success": True}
    answer = json.dumps(told, ensure_ascii=False).encode("gbk")
    (event,) = parse(answer, [NUMBER]).answers[NUMBER].events
    assert "LH_ARRIVE" == event.code


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


def test_a_notice_without_a_clock_is_an_answer_without_events() -> None:
    """Recorded: what a warehouse writes before the shipment has none. It is no silence of ours."""
    notice = detail("WMS_CONFIRMED", timeStr=None, time=None)
    assert TrackingResult(NUMBER, known=True) == known_answer(module(NUMBER, notice))
    assert known_answer(module(latestTrace=detail("GWMS_ACCEPT", timeStr="", time=0))).known
    answer = known_answer(module(NUMBER, notice, detail()))
    assert ["LH_ARRIVE"] == [event.code for event in answer.events]


@pytest.mark.parametrize(
    "unreadable",
    [
        detail("LH_DEPART", timeStr=None, time=None),
        detail("WMS_CONFIRMED", timeStr="soon", time=None),
        detail(None, timeStr=None, time=None),
    ],
)
def test_an_event_whose_clock_cannot_be_read_is_not_taken_for_none(unreadable: object) -> None:
    """Where it is all there is, nothing was answered: a silence would follow from it."""
    assert answer_to(module(NUMBER, unreadable)) is None
    assert answer_to(module(NUMBER, unreadable, detail("GWMS_ACCEPT", timeStr="", time=0))) is None


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
        ({"mailNoSource": "EXTERNAL", "status": "pickup"}, True),
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
        ("Latest Tracking Number:\tRC000000003EE", "RC000000003EE"),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_placeholder_is_followed_only_to_another_valid_number(
    other: object, points_to: str | None
) -> None:
    """Not to itself."""
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
        ("1787828878899", utc("2026-08-27 11:07:58.899")),
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
