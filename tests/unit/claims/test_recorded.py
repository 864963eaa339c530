"""Claims of recorded journeys, cut at their longest silence: nothing is said but what was told."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from stallwatch.claims.page import page
from stallwatch.claims.sentences import WORDS, carrier_line
from stallwatch.sources.cainiao import parse
from tests.local.parts import FACTS, need
from tests.support.builders import an_order
from tests.support.claims import Case, recorded
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
