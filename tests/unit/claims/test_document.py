"""The claim file: what it says, and that it says nothing else."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from stallwatch.claims.document import CHECK, canonical, checksum, is_whole, seal
from stallwatch.claims.history import GapReason
from stallwatch.claims.page import page
from stallwatch.claims.picture import picture
from stallwatch.claims.sentences import WORDS, carrier_line, odd_lines, second_lines, word_line
from stallwatch.domain.orders import Action, ActionKind, SearchPlace, Service
from stallwatch.domain.parcels import LocalCarrier, SecondOpinion
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.journey import SkipReason
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.source import TrackingResult, Verdict
from tests.local.parts import FACTS, need
from tests.support.builders import an_answer, an_event, an_order
from tests.support.claims import Case, daily, recorded, stalled
from tests.support.template import ROOT

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RECORDED = ("delivered_after_48_days_of_silence", "in_customs_after_50_days_of_silence")
JOURNEYS = (
    *RECORDED,
    "economy_handed_over_with_predeclared_customs",
    "synthetic_batch_mixed",
    "synthetic_customs_failure",
    "synthetic_failed_attempt",
    "synthetic_pickup_point",
    "synthetic_returned",
)
PHONE = "+33612345678"


def rule(claim: dict[str, Any], name: str) -> Any:
    return next(r for r in claim["rules"] if r["name"] == name)


def words(value: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, dict):
        for one in value.values():
            yield from words(one)
    elif isinstance(value, list):
        for one in value:
            yield from words(one)
    elif isinstance(value, str):
        yield value


# What it says.


def test_silence_is_counted_from_the_last_scan_to_the_last_answer() -> None:
    """Not to now: what nobody could look at is no silence."""
    case = stalled(NOW)
    claim = case.claim()
    last = case.answers[-1][1].events[-1].at
    assert {
        "days": 61,
        "since": f"{last:%Y-%m-%dT%H:%M:%SZ}",
        "since_what": "scan",
        "until": f"{case.runs[-1].at:%Y-%m-%dT%H:%M:%SZ}",
    } == claim["silence"]
    assert "first_scan" == claim["transit"]["since_what"]
    assert claim["transit"]["until"] == claim["silence"]["until"]


def test_a_parcel_without_a_scan_is_silent_since_it_was_shipped() -> None:
    """Or since it was ordered, where no shipping date is given."""
    empty = [(NOW - 2 * DAY, an_answer("LP00000000000001"))]
    order = an_order(created_at=NOW - 20 * DAY)
    assert "ordered" == Case(order, empty, NOW).claim()["silence"]["since_what"]
    shipped = replace(order, shipped_on=(NOW - 15 * DAY).date())
    claim = Case(shipped, empty, NOW).claim()
    assert ("shipped", 13) == (claim["silence"]["since_what"], claim["silence"]["days"])
    assert rule(claim, "never_scanned")["reached"]
    changed = replace(order, number_changed_at=NOW - 10 * DAY)
    assert "number_changed" == Case(changed, empty, NOW).claim()["silence"]["since_what"]


def test_without_any_answer_no_day_is_counted() -> None:
    """Nothing can be judged."""
    claim = Case(an_order(created_at=NOW - 5 * DAY), [], NOW).claim()
    assert (None, None) == (claim["silence"]["days"], claim["silence"]["until"])
    assert claim["parcel"]["known_to_source"] is None
    assert not any(r["reached"] for r in claim["rules"])


def test_every_number_of_days_names_its_rule_and_where_that_is_from() -> None:
    """The guide's, Cainiao's, our own; or the owner's, where the stack has another."""
    case = stalled(NOW, 65)
    claim = case.claim()
    assert ("cainiao", 12, True) == tuple(rule(claim, "stalled")[k] for k in ORIGIN)
    assert ("guide", 60, True) == tuple(rule(claim, "claim")[k] for k in ORIGIN)
    assert ("guide", 25, True) == tuple(rule(claim, "window")[k] for k in ORIGIN)
    assert 15 == rule(claim, "window")["from_days"]
    case.limits = Thresholds.of({"claim": 70, "standard_major_high": 80})
    claim = case.claim()
    assert ("owner", 70, False) == tuple(rule(claim, "claim")[k] for k in ORIGIN)
    assert ("owner", 80, False) == tuple(rule(claim, "window")[k] for k in ORIGIN)
    case.order = replace(case.order, service=Service.ECONOMY)
    case.limits = Thresholds()
    assert "ours" == rule(case.claim(), "window")["origin"]


ORIGIN = ("origin", "days", "reached")


def test_a_checkpoint_stands_as_its_source_gave_it() -> None:
    """With the wall clock and the zone beside the instant that follows from them."""
    body = {
        "module": [
            {
                "mailNo": "LP00000000000001",
                "mailNoSource": "AE",
                "detailList": [
                    {
                        "timeStr": "2026-06-01 08:30:00",
                        "timeZone": "GMT-3",
                        "standerdDesc": "[Curitiba] Arrived at hub",
                        "actionCode": "SC_INBOUND_SUCCESS",
                    }
                ],
            }
        ],
        "success": True,
    }
    answer = parse(json.dumps(body).encode(), ["LP00000000000001"]).answers["LP00000000000001"]
    case = Case(an_order(created_at=NOW - 19 * DAY), [(NOW - DAY, answer)], NOW)
    (checkpoint,) = case.claim()["checkpoints"]
    assert {
        "at": "2026-06-01T11:30:00Z",
        "as_given": "2026-06-01 08:30:00",
        "zone": "GMT-3",
        "code": "SC_INBOUND_SUCCESS",
        "stage": "origin_sorting",
        "text": "Arrived at hub",
        "place": "Curitiba",
        "source": "cainiao",
        "tracking_number": "LP00000000000001",
        "first_seen_at": "2026-06-14T12:00:00Z",
        "set_aside": None,
    } == checkpoint


def test_what_decides_nothing_is_told_and_says_why() -> None:
    """Advisory, dated ahead, or from before the order: kept, and not counted."""
    events = (
        an_event(NOW - 40 * DAY, "PU_PICKUP_SUCCESS"),
        an_event(NOW - 8 * DAY, "LH_DEPART"),
        an_event(NOW - 3 * DAY, "LAST_MILE_ASN_NOTIFY"),
        an_event(NOW + 9 * DAY, "GTMS_ACCEPT"),
    )
    order = an_order(created_at=NOW - 19 * DAY)
    claim = Case(order, [(NOW - DAY, an_answer("LP00000000000001", *events))], NOW).claim()
    told = {c["code"]: c["set_aside"] for c in claim["checkpoints"]}
    assert {
        "PU_PICKUP_SUCCESS": "before_order",
        "LH_DEPART": None,
        "LAST_MILE_ASN_NOTIFY": "advisory",
        "GTMS_ACCEPT": "future",
    } == told
    assert 7 == claim["silence"]["days"]


def test_our_own_gaps_are_told() -> None:
    """When, why, and how often it was tried."""
    case = stalled(NOW)
    case.runs = daily(case.order, NOW, blocked=dict.fromkeys((30, 31, 32), Verdict.BLOCKED))
    watching = case.claim()["watching"]
    (gap,) = watching["gaps"]
    assert ("blocked", 3) == (gap["reason"], gap["tries"])
    assert 3 == watching["looks"]["blocked"]
    looks = watching["looks"]
    assert looks["on_record"] == sum(
        looks[name] for name in ("answered", "blocked", "failing", "unanswered")
    )


def test_the_buyer_s_words_stand_with_their_dates() -> None:
    """What was taken back says so."""
    case = stalled(NOW)
    said = (
        Action(ActionKind.LOST, NOW - 9 * DAY),
        Action(ActionKind.REOPEN, NOW - 8 * DAY),
        Action(ActionKind.SELLER_CONTACTED, NOW - 5 * DAY, on=date(2026, 6, 8)),
        Action(ActionKind.REFUNDED, NOW, amount=Decimal("10.50")),
    )
    case.order = replace(case.order, actions=said, price=Decimal("12.50"), currency="EUR")
    claim = case.claim()
    assert [
        ("lost", None, None, True),
        ("reopen", None, None, False),
        ("seller_contacted", "2026-06-08", None, False),
        ("refunded", None, "10.50", False),
    ] == [(w["action"], w["on"], w["amount"], w["taken_back"]) for w in claim["buyer"]]
    assert ("12.50", "EUR") == (claim["order"]["price"], claim["order"]["currency"])


def test_where_it_was_looked_for_is_evidence() -> None:
    """Each place with its day, as the buyer answered."""
    case = stalled(NOW)
    looked = ((SearchPlace.NEIGHBOUR, date(2026, 6, 10)), (SearchPlace.LOCKER, date(2026, 6, 11)))
    said = Action(ActionKind.NOT_FOUND_HERE, NOW - 3 * DAY, answers=looked)
    case.order = replace(case.order, actions=(said,))
    (word,) = case.claim()["buyer"]
    assert {"neighbour": "2026-06-10", "locker": "2026-06-11"} == word["looked"]
    assert word_line(word, {}, WORDS).endswith(
        "in vain: neighbours (2026-06-10), parcel locker (2026-06-11)"
    )
    word["looked"]["neighbour"] = "2026-06-11"
    assert word_line(word, {}, WORDS).endswith(": neighbours, parcel locker (2026-06-11)")
    word["on"] = "2026-06-11"
    assert word_line(word, {}, WORDS).endswith(": neighbours, parcel locker")


def test_what_is_odd_about_the_number_is_told_as_it_was_seen() -> None:
    """In a sentence, and as data; nobody is accused."""
    case = stalled(NOW, tracking_number="RB123456784CN")
    case.sharing = ("8000000000000002",)
    claim = case.claim()
    assert ["check_digit", "same_number"] == [o["what"] for o in claim["observations"]]
    digit, same = odd_lines(claim, WORDS)
    assert "The check digit of the number RB123456784CN does not fit" in digit
    assert "8000000000000002" in same
    assert [] == stalled(NOW).claim()["observations"]


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("word", ActionKind),
        ("spot", SearchPlace),
        ("gap", GapReason),
        ("aside", SkipReason),
        ("service", Service),
    ],
)
def test_there_is_a_sentence_for_every_value(family: str, values: type[StrEnum]) -> None:
    """None is shown as it stands in the data."""
    for value in values:
        assert WORDS.has(f"{family}.{value}")


def test_a_second_source_that_there_is_not_is_not_spoken_of() -> None:
    """One that was not asked yet is."""
    case = stalled(NOW)
    assert case.claim()["second_source"] is None
    case.second_source = True
    assert not case.claim()["second_source"]["asked"]


@pytest.mark.parametrize(
    ("opinion", "told"),
    [
        (SecondOpinion(NOW, known=True), "it knows the number and has no scan of this parcel."),
        (SecondOpinion(NOW), "it does not know this number."),
        (SecondOpinion(failing_since=NOW), "asked, no valid answer yet."),
    ],
)
def test_what_the_second_source_knows_is_told(opinion: SecondOpinion, told: str) -> None:
    """Named; and where it has answered, whether it knows the number."""
    case = stalled(NOW)
    case.second_source, case.second = True, opinion
    claim = case.claim()
    assert "17track" == claim["second_source"]["name"]
    known = opinion.known if opinion.answered_at else None
    assert known == claim["second_source"]["known"]
    line, *_ = second_lines(claim, WORDS)
    assert line.startswith("Second source 17TRACK: ")
    assert line.endswith(told)


def test_the_local_carrier_is_told_with_its_own_number() -> None:
    """And its page: that is whom a mediator can ask."""
    case = stalled(NOW)
    at, answer = case.answers[-1]
    carrier = LocalCarrier("Correos", "https://www.correos.es/", "RB123456785CN")
    case.answers = [(at, replace(answer, carrier=carrier))]
    found = case.claim()["parcel"]["local_carrier"]
    assert {
        "name": "Correos",
        "url": "https://www.correos.es/",
        "number": "RB123456785CN",
    } == found
    said = "Correos, which knows the parcel as RB123456785CN, https://www.correos.es/"
    assert said == carrier_line(found, WORDS)
    assert said in page(case.claim(), WORDS)
    assert "RB123456785CN" in picture(case.claim(), WORDS)


def test_economy_s_end_of_tracking_is_told() -> None:
    """A silence after the hand-over proves nothing, and the file says so."""
    events = [
        an_event(NOW - 80 * DAY, "LH_DEPART"),
        an_event(NOW - 70 * DAY, "GTMS_ACCEPT"),
    ]
    order = an_order(ordered_on=(NOW - 90 * DAY).date(), created_at=NOW - 85 * DAY)
    carrier = LocalCarrier("Correos", "https://www.correos.es/")
    answer = an_answer(
        "LP00000000000001", *events, mail_type="Economy", carrier=carrier,
    )  # fmt: skip
    parcel = Case(order, [(NOW - DAY, answer)], NOW).claim()["parcel"]
    assert parcel["tracking_ended_by_design"]
    assert "Correos" == parcel["local_carrier"]["name"]


# Recorded journeys, cut at their longest silence.


def journey(name: str) -> tuple[Case, dict[str, Any]]:
    """A journey cut at its longest silence, and the entry of the answer that tells it."""
    own = ROOT / "tests" / "data" / "cainiao" / f"{name}.json"
    if own.exists():
        return recorded(own)
    need("facts")
    return recorded(FACTS / "upstream" / "cainiao" / f"{name}.json")


@pytest.mark.parametrize("name", JOURNEYS)
def test_nothing_is_said_that_the_answers_do_not_say(name: str) -> None:
    """Event by event, against the answer as it was recorded."""
    case, entry = journey(name)
    claim = case.claim()
    cut = max(c["as_given"] for c in claim["checkpoints"])
    told = [d for d in entry["detailList"] if d["timeStr"] <= cut]
    assert len(told) == len(claim["checkpoints"])
    for said, event in zip(claim["checkpoints"], told, strict=True):
        assert (event["timeStr"], event["timeZone"]) == (said["as_given"], said["zone"])
        assert (event["actionCode"], "cainiao") == (said["code"], said["source"])
        place = f"[{said['place']}] " if said["place"] else ""
        assert place + said["text"] in {
            event["standerdDesc"].strip(),
            f"{place}{event['desc'].strip()}",
        }
        # `GMT+2`, `GMT+0200` or `GMT+02:00`; without a zone it is Beijing's time.
        hours = re.search(r"[+-]\d{1,2}", event["timeZone"] or "+8")
        assert hours is not None
        wall = datetime.fromisoformat(event["timeStr"]).replace(tzinfo=UTC)
        assert f"{wall - timedelta(hours=int(hours[0])):%Y-%m-%dT%H:%M:%SZ}" == said["at"]


@pytest.mark.parametrize("name", JOURNEYS)
def test_nothing_from_outside_is_shown_that_was_not_told(name: str) -> None:
    """All that the page marks as another's words stands in the answer, or is the order's own."""
    case, entry = journey(name)
    claim = case.claim()
    answer = json.dumps(entry, ensure_ascii=False)
    read_here = {"state", "stage", "service", "estimated_delivery"}
    told = {field: value for field, value in claim["parcel"].items() if field not in read_here}
    assert [] == [text for text in words(told) if text not in answer]
    estimated = claim["parcel"]["estimated_delivery"]
    if estimated is not None:
        assert f"{datetime.fromisoformat(estimated).timestamp():.0f}" in answer
    order = [*words(claim["order"]), WORDS.country(claim["order"]["destination"])]
    carrier = claim["parcel"]["local_carrier"]
    if carrier is not None:
        order.append(carrier_line(carrier, WORDS))
    marked = re.findall("<bdi>(.*?)</bdi>", page(claim, WORDS).replace("<wbr>", ""))
    shown = [unescape(text) for text in marked]
    assert len(shown) > len(claim["checkpoints"])
    assert [] == [text for text in shown if text not in order and text not in answer]


@pytest.mark.parametrize(("name", "days"), list(zip(RECORDED, (48, 50), strict=True)))
def test_a_recorded_silence_is_counted(name: str, days: int) -> None:
    """Up to the hour before it ended."""
    need("facts")
    case, _ = recorded(FACTS / "upstream" / "cainiao" / f"{name}.json")
    case.answers = [*case.answers, (case.now, case.answers[0][1])]
    claim = case.claim()
    assert days == claim["silence"]["days"]
    assert claim["silence"]["since"] == claim["checkpoints"][0]["at"]


def test_a_receiver_s_data_has_no_way_in() -> None:
    """Whatever an answer holds besides its events."""
    body = {
        "module": [
            {
                "mailNo": "LP00000000000001",
                "mailNoSource": "AE",
                "receiverName": "Erika Mustermann",
                "destCpInfo": {"cpName": "DHL", "phone": PHONE, "url": "https://dhl.example/"},
                "detailList": [
                    {
                        "timeStr": "2026-06-01 08:30:00",
                        "timeZone": "GMT+8",
                        "standerdDesc": f"Signed, call {PHONE}",
                        "actionCode": "LH_DEPART",
                        "podPicture": "https://pictures.example/door.jpg",
                        "signer": "Erika Mustermann",
                    }
                ],
            }
        ],
        "success": True,
    }
    answer = parse(json.dumps(body).encode(), ["LP00000000000001"]).answers["LP00000000000001"]
    case = Case(an_order(created_at=NOW - 19 * DAY), [(NOW - DAY, answer)], NOW)
    said = "\n".join(words(case.claim()))
    for secret in ("Mustermann", PHONE, "612345678", "pictures.example"):
        assert secret not in said


# The checksum.


def odd() -> Case:
    """A claim with what is hard to write the same everywhere."""
    case = stalled(NOW, title='Ätherisches "Öl" \\ 香水 😀 </script>', seller="☃ & Söhne")
    at, answer = case.answers[-1]
    events = (*answer.events[:-1], replace(answer.events[-1], text="包裹已揽收 \u00a0 é"))
    case.answers = [
        *case.answers[:-1],
        (at, TrackingResult(answer.number, known=True, events=events)),
    ]
    return case


def test_the_same_data_give_the_same_bytes() -> None:
    """In whatever order they are read."""
    claim = odd().claim()
    assert seal(claim) == seal(odd().claim())
    assert seal(claim) == seal(dict(reversed(claim.items())))
    assert checksum(claim) == claim["sha256"]


def test_changing_one_byte_breaks_the_checksum() -> None:
    """Any byte, to whatever it is changed."""
    file = seal(odd().claim())
    assert is_whole(file)
    for place in range(len(file)):
        for other in {ord("0"), ord(" "), file[place] ^ 0x20, file[place] ^ 1} - {file[place]}:
            assert not is_whole(file[:place] + bytes([other]) + file[place + 1 :]), place
    assert not is_whole(file + b"\n")
    assert not is_whole(b"[]")
    assert not is_whole(b"\xff")


def test_the_command_that_is_printed_checks_a_file(tmp_path: Path) -> None:
    """Its output is the checksum that stands in the file."""
    if shutil.which("jq") is None:
        pytest.skip("There is no jq on the PATH")
    claim = odd().claim()
    (tmp_path / "claim.json").write_bytes(seal(claim))
    ran = subprocess.run(
        ["sh", "-c", CHECK], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert claim["sha256"] == ran.stdout.split()[0]


def test_a_check_without_our_code_finds_the_same(tmp_path: Path) -> None:
    """The few lines of Python that the documentation gives."""
    import stallwatch.claims.document  # noqa: PLC0415

    claim = odd().claim()
    (tmp_path / "claim.json").write_bytes(seal(claim))
    doc = stallwatch.claims.document.__doc__ or ""
    code = doc.partition('python3 -c "')[2].partition('"\n')[0].replace("\n    ", " ")
    ran = subprocess.run(
        ["python3", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert claim["sha256"] == ran.stdout.strip()


def test_the_canonical_form_is_what_it_says() -> None:
    """Sorted, without space, in UTF-8, with whole numbers only."""
    assert b'{"a":[1,null,true],"b":"\xc3\xa9\\"/"}' == canonical(
        {"b": 'é"/', "a": [1, None, True]}
    )
    text = seal(odd().claim()).decode()
    assert json.loads(text, parse_float=lambda _: pytest.fail("a fraction"))
