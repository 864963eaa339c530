"""The claim file: what it says, and that it says nothing else."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from stallwatch.claims.history import GapReason
from stallwatch.claims.page import page
from stallwatch.claims.picture import picture
from stallwatch.claims.reason import ClaimReason
from stallwatch.claims.sentences import WORDS, carrier_line, odd_lines, second_lines, word_line
from stallwatch.domain.orders import Action, ActionKind, SearchPlace, Service
from stallwatch.domain.parcels import LocalCarrier, SecondOpinion
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.journey import SkipReason
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.source import Verdict
from tests.support.builders import an_answer, an_event, an_order
from tests.support.claims import Case, daily, stalled

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def rule(claim: dict[str, Any], name: str) -> Any:
    return next(r for r in claim["rules"] if r["name"] == name)


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
    case.thresholds = Thresholds.of({"claim": 70, "standard_major_high": 80})
    claim = case.claim()
    assert ("owner", 70, False) == tuple(rule(claim, "claim")[k] for k in ORIGIN)
    assert ("owner", 80, False) == tuple(rule(claim, "window")[k] for k in ORIGIN)
    case.order = replace(case.order, service=Service.ECONOMY)
    case.thresholds = Thresholds()
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
        "also_from": [],
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


def test_the_buyer_s_steps_stand_with_date_channel_and_note() -> None:
    """What is nobody's business, and what was taken back, is not told."""
    case = stalled(NOW)
    said = (
        Action(ActionKind.LOST, NOW - 9 * DAY),
        Action(ActionKind.REOPEN, NOW - 8 * DAY),
        Action(ActionKind.SNOOZE, NOW - 7 * DAY, until=date(2026, 6, 10)),
        Action(
            ActionKind.SELLER_CONTACTED, NOW - 5 * DAY, on=date(2026, 6, 8), note="Wait 10 days."
        ),
        Action(ActionKind.DISPUTE_OPENED, NOW - DAY),
        Action(ActionKind.REFUNDED, NOW, amount=Decimal("10.50")),
    )
    case.order = replace(case.order, actions=said, price=Decimal("12.50"), currency="EUR")
    claim = case.claim()
    assert [
        ("seller_contacted", "2026-06-08", "seller", "Wait 10 days.", None),
        ("dispute_opened", None, "dispute", None, None),
        ("refunded", None, "seller", None, "10.50"),
    ] == [(w["action"], w["on"], w["channel"], w["note"], w["amount"]) for w in claim["buyer"]]
    assert ("12.50", "EUR") == (claim["order"]["price"], claim["order"]["currency"])
    assert word_line(claim["buyer"][0], {}, WORDS) == (
        "2026-06-08: wrote to the seller; note: Wait 10 days."
    )


def test_where_it_was_looked_for_is_evidence() -> None:
    """Each place with its day, as the buyer answered."""
    case = stalled(NOW)
    looked = ((SearchPlace.NEIGHBOUR, date(2026, 6, 10)), (SearchPlace.LOCKER, date(2026, 6, 11)))
    said = Action(ActionKind.NOT_FOUND_HERE, NOW - 3 * DAY, answers=looked)
    case.order = replace(case.order, actions=(said,))
    (word,) = case.claim()["buyer"]
    assert {"neighbour": "2026-06-10", "locker": "2026-06-11"} == word["looked"]
    assert word_line(word, {}, WORDS).endswith(
        "not found: neighbours (2026-06-10), parcel locker (2026-06-11)"
    )
    word["looked"]["neighbour"] = "2026-06-11"
    assert word_line(word, {}, WORDS).endswith(": neighbours, parcel locker (2026-06-11)")
    word["on"] = "2026-06-11"
    assert word_line(word, {}, WORDS).endswith(": neighbours, parcel locker")


def test_what_is_odd_about_the_number_is_told_without_other_orders() -> None:
    """In a sentence, and as data; nobody is accused, and no other order is named."""
    case = stalled(NOW, tracking_number="RB123456784CN")
    case.sharing = ("8000000000000002",)
    claim = case.claim()
    assert ["check_digit"] == [o["what"] for o in claim["observations"]]
    (digit,) = odd_lines(claim, WORDS)
    assert "The check digit of RB123456784CN is wrong" in digit
    assert "8000000000000002" not in json.dumps(claim)
    assert [] == stalled(NOW).claim()["observations"]


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("headline", ClaimReason),
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
    assert [] == list(second_lines(stalled(NOW).claim(), WORDS))


def test_an_event_that_two_sources_report_stands_once() -> None:
    """With the name of the other one; another stage, or another day, is an event of its own."""
    case = stalled(NOW)
    number = case.order.tracking_number or ""
    last = case.answers[-1][1].events[-1]
    echoed = an_event(last.at + timedelta(hours=3), "InTransit_Departure", "Left China")
    later = an_event(last.at + 3 * DAY, "InTransit_Arrival", "Arrived")
    case.second_answers = [(NOW - 2 * DAY, an_answer(number, echoed, later))]
    told = {c["text"]: c["also_from"] for c in case.claim()["checkpoints"]}
    assert ["17track"] == told[last.text]
    assert "Left China" not in told
    assert [] == told["Arrived"]


@pytest.mark.parametrize(
    ("opinion", "told"),
    [
        (SecondOpinion(NOW, known=True), "it lists the number without a scan."),
        (SecondOpinion(NOW), "no record of this number."),
        (SecondOpinion(failing_since=NOW), "no answer yet."),
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
    assert line.startswith("Also checked: 17TRACK")
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
