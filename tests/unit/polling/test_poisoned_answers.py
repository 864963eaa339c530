"""Answers that tell nonsense once: nothing of it may last, nor may anything private be kept."""

import logging
from typing import Any

import pytest

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.parcels import Stage
from stallwatch.tracking.trace_codec import unpack_events
from tests.support.cainiao_answers import NUMBER, detail, module
from tests.support.played_reports import Outcome, play

LEFT = detail("LH_DEPART", timeStr="2026-05-05 08:00:00")
ARRIVED = detail("LH_ARRIVE")
NEW = detail("NEW_THING", timeStr="2026-05-11 08:00:00")
GOOD = module(NUMBER, ARRIVED, LEFT)


def live(*modules: object, **more: object) -> Outcome:
    """An order whose answers these are, half a day apart; a list holds two entries."""
    looks = [
        {
            "now": f"2026-05-{12 + n // 2:02}T{n % 2 * 12:02}:00:00",
            "cainiao": {"module": told if isinstance(told, list) else [told], "success": True},
            **more,
        }
        for n, told in enumerate(modules)
    ]
    order = {"ordered_on": "2026-05-02", "tracking_number": NUMBER, "destination": "ES"}
    return play({"order": order, "looks": looks, "second_source": False})


def signed_in(*years: str) -> list[dict[str, Any]]:
    """Deliveries at many clocks of some years."""
    return [
        detail("GTMS_SIGNED", timeStr=f"{year}-{month:02}-{day:02} 08:00:00")
        for year in years
        for month in range(1, 11)
        for day in range(1, 21)
    ]


@pytest.mark.parametrize(
    "nonsense",
    [
        module(NUMBER, ARRIVED, LEFT, *signed_in("2099")),
        module(NUMBER, ARRIVED, LEFT, *signed_in("1970", "2001")),
        module(NUMBER, *signed_in("2099"), mailType="x" * 999, destCountry=7),
        [GOOD, module(NUMBER, detail("GTMS_SIGNED"))],
        [module("LP99999999999999", detail("GTMS_SIGNED"))],
        module(NUMBER, detailList="nothing"),
        module(NUMBER, detail("GTMS_SIGNED", timeStr="soon", time=None)),
        module(NUMBER, detail(timeStr="2026-05-10 08:00:01"), LEFT | {"timeZone": "nowhere"}),
        module(NUMBER, NEW, ARRIVED, LEFT, status="DELIVERED"),
    ],
)
def test_what_an_answer_told_once_is_gone_with_the_next(nonsense: object) -> None:
    """The stage is the good answers', and none of them is late, lost or delivered."""
    outcome = live(GOOD, nonsense, GOOD | {"status": "DELIVERING"}, GOOD)
    assert outcome.stage is Stage.ARRIVED_DESTINATION
    assert not {AlertKind.STALLED, AlertKind.LATE, AlertKind.REFUND_CLAIM} & set(outcome.kinds)
    assert live(nonsense, GOOD | {"status": "DELIVERING"}, GOOD).stage is Stage.ARRIVED_DESTINATION


@pytest.mark.parametrize("status", ["RETURNED", "FAILED", "CLEAR_CUSTOMS"])
@pytest.mark.parametrize(
    "then",
    [
        [module(NUMBER, NEW, ARRIVED, LEFT, status="DELIVERING")],
        [module(NUMBER, NEW | {"timeStr": "2026-05-12 08:00:00"}, NEW, ARRIVED, LEFT)],
    ],
)
def test_what_only_the_status_told_stands_only_while_it_is_told(
    status: str, then: list[object]
) -> None:
    """Another status takes it back, or newer events without any."""
    before = live(GOOD, module(NUMBER, NEW, ARRIVED, LEFT, status=status))
    assert before.stage is not Stage.ARRIVED_DESTINATION
    after = live(GOOD, module(NUMBER, NEW, ARRIVED, LEFT, status=status), *then)
    assert after.stage is Stage.ARRIVED_DESTINATION
    assert not any(c.code.startswith("status:") for c in after.seen.trace.checkpoints)


@pytest.mark.parametrize(
    "then",
    [
        module(NUMBER, NEW, ARRIVED, LEFT),
        module(NUMBER),
        module(NUMBER, status="DELIVERING"),
        module(NUMBER, NEW, ARRIVED, LEFT, status="RETURNED"),
        module(NUMBER, detail("COMMON_INTRANSIT", timeStr="2026-05-12 08:00:00"), NEW, ARRIVED,
               status="RETURNED"),
    ],
)  # fmt: skip
def test_what_only_the_status_told_is_not_taken_back_by_silence(then: object) -> None:
    """An answer without a status and without anything newer tells nothing."""
    told = module(NUMBER, NEW, ARRIVED, LEFT, status="RETURNED")
    assert live(GOOD, told, then).stage is Stage.RETURNED


SECRETS = (
    "Ana",
    "García",
    "600123456",
    "600 12",
    "Mayor",
    "28013",
    "ana@",
    "door",
    "40.41",
    "6001",
)


def test_nothing_of_the_receiver_is_kept_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the item of the store, unpacked, nor in any line of a log."""
    receiver = {
        "receiverName": "Ana García",
        "receiver": {"name": "Ana", "phone": "600123456", "address": "Calle Mayor 1"},
        "consigneeAddress": "Calle Mayor 1, 28013 Madrid",
        "destCountry": "Spain,28013 Calle Mayor",
        "destCpInfo": {"cpName": "Correos 600123456", "phone": "600123456", "url": "ana@x.example"},
        "statusDesc": "Waits for ana@example.org, Tel: 6001 23",
        "signaturePicture": "https://img.example.org/door.jpg",
        "location": {"lat": 40.41},
    }
    told = [
        detail(standerdDesc="[Madrid 28013] Delivered, signed by Ana García", picture="door.jpg"),
        detail("NEW_THING", timeStr="2026-05-11 09:00:00", standerdDesc="",
               desc="收件人：Ana García，电话 600123456", receiverName="Ana"),
        detail("NEW 600123456", timeStr="2026-05-11 08:00:00",
               standerdDesc="img.example.org/door.jpg +34 600 12 34 56"),
    ]  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        outcome = live(module(NUMBER, *told, **receiver), module(NUMBER, *told[:2], **receiver))
    record = outcome.store.shelves["parcel"].record
    assert record is not None
    kept = repr((record, unpack_events(record.events), outcome.seen.trace))
    lines = repr([vars(line) for line in caplog.records])
    assert "Madrid" in kept
    assert "NEW_THING" in kept
    assert [] == [secret for secret in SECRETS if secret in kept]
    assert [] == [secret for secret in SECRETS if secret in lines]
    assert NUMBER not in lines


def test_a_code_that_is_not_listed_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """For whoever keeps the lists; what is no code is not."""
    told = detail("ae_never seen-before", timeStr="2026-05-11 08:00:00")
    with caplog.at_level(logging.INFO):
        live(GOOD, module(NUMBER, told, ARRIVED, LEFT), module(NUMBER, told, told, ARRIVED, LEFT))
        live(module(NUMBER, told, detail("ANA 600123456"), detail("Zoë"), detail("")))
    logged = [vars(r) for r in caplog.records if r.message == "code not listed"]
    assert [("cainiao", "AE_NEVER_SEEN_BEFORE")] == [(r["source"], r["code"]) for r in logged]
