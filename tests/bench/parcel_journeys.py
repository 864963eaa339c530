"""Journeys of parcels, and what the source answers about them as time goes on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from stallwatch.sources.cainiao import parse
from stallwatch.tracking.source import TrackingResult

DAY = timedelta(days=1)

CHECKPOINTS = 15
"""How many a trace has, about."""

KINDS = {
    "arrives": 86,
    "is silent for long and arrives": 6,
    "waits at a pickup point": 4,
    "is lost": 2,
    "fails once": 1,
    "is never scanned": 1,
}
"""How the parcels fare, in percent."""

_STEPS = (
    ("GWMS_ACCEPT", 1.0, "Shipment information received by warehouse electronically"),
    ("PU_PICKUP_SUCCESS", 1.0, "Received by logistics company"),
    ("SC_INBOUND_SUCCESS", 0.7, "[{}] Processing at sorting center"),
    ("SC_OUTBOUND_SUCCESS", 0.7, "[{}] Departed from sorting center"),
    ("CC_EX_START", 0.5, "Export customs clearance started"),
    ("CC_EX_SUCCESS", 0.5, "Export customs clearance complete"),
    ("LH_HO_IN_SUCCESS", 0.7, "Arrived at departure transport hub"),
    ("LH_HO_AIRLINE", 1.0, "Leaving from departure country/region"),
    ("LH_DEPART", 0.5, "Departed from departure country/region"),
    ("LH_ARRIVE", 5.0, "Arrived at linehaul office"),
    ("CC_HO_IN_SUCCESS", 0.5, "Arrived at customs"),
    ("CC_IM_START", 0.3, "Import customs clearance started"),
    ("CC_IM_SUCCESS", 0.7, "Import customs clearance complete"),
    ("CC_HO_OUT_SUCCESS", 0.7, "Departed from customs"),
    ("GTMS_ACCEPT", 1.5, "[{}] Received by local delivery company"),
    ("GTMS_DO_ARRIVE", 1.5, "[{}] Arrived at local delivery center"),
    ("GTMS_DO_DEPART", 0.7, "[{}] Out for delivery"),
    ("GTMS_SIGNED", 0.3, "Package delivered"),
)
"""Code, mean days since the one before, text."""

_TOWNS = "Dongguan Yiwu Shenzhen Hangzhou Guangzhou Quanzhou Jinhua Leipzig Koeln Bochum".split()
_BEIJING = timedelta(hours=8)


@dataclass(frozen=True)
class Scan:
    """An event of a journey, and when the source begins to show it."""

    at: datetime
    shown: datetime
    code: str
    text: str


def journey(
    random: Random, kind: str, begins: datetime, until: datetime | None = None
) -> tuple[Scan, ...]:
    """What the source shows of a parcel, and when.

    Args:
        random: The dice.
        kind: How the parcel fares.
        begins: When it is ordered.
        until: At which instant its trace shall have its usual length; None: never mind.
    """
    steps = list(_STEPS)
    if kind == "is silent for long and arrives":
        place = random.randint(9, 11)
        code, _, text = steps[place]
        steps[place] = (code, random.uniform(13, 45), text)
    elif kind == "waits at a pickup point":
        steps[-1:] = [
            ("GTMS_STA_SIGNED", 0.5, "Arrived at pick-up point. Package available for collection."),
            ("GSTA_SIGN", random.uniform(1, 8), "Package delivered"),
        ]
    elif kind == "is lost":
        steps = steps[: random.randint(3, 14)]
    elif kind == "fails once":
        steps.insert(-1, ("GTMS_DEL_FAILURE", 0.3, "Delivery Attempt Failure"))
    elif kind == "is never scanned":
        steps = steps[:1]
    at = begins + timedelta(days=random.uniform(0, 1))
    scans = []
    for code, pause, text in steps:
        at += timedelta(days=pause * random.uniform(0.5, 1.5))
        at = at.replace(second=random.randrange(60), microsecond=0)
        shown = at + timedelta(minutes=random.choice([5, 30, 120, 600]))
        scans.append(Scan(at, shown, code, text.format(random.choice(_TOWNS))))
    if until is not None:
        seen = sum(scan.shown <= until - DAY / 4 for scan in scans)
        if 0 < seen < CHECKPOINTS:
            scans[:0] = _notes(random, scans[0], CHECKPOINTS - seen)
    return tuple(scans)


def _notes(random: Random, first: Scan, count: int) -> list[Scan]:
    """Events that fill a short trace, and decide nothing."""
    return [
        Scan(
            first.at - timedelta(minutes=7 * (count - n)),
            first.shown,
            "LAST_MILE_ASN_NOTIFY",
            f"[{random.choice(_TOWNS)}] Carrier update",
        )
        for n in range(count)
    ]


class SourceEntry:
    """What the source answers about one number, as time goes on."""

    def __init__(self, number: str, scans: Sequence[Scan]) -> None:
        self._number = number
        self.scans = scans
        self._answers: dict[int, TrackingResult] = {}

    def answer(self, now: datetime) -> TrackingResult:
        """The answer, as the product reads it."""
        shown = sum(scan.shown <= now for scan in self.scans)
        if shown not in self._answers:
            body = b'{"module":[%s],"success":true}' % self.text(now).encode()
            self._answers[shown] = parse(body, [self._number]).answers[self._number]
        return self._answers[shown]

    def text(self, now: datetime) -> str:
        """The answer's entry."""
        return json.dumps(self._entry(now), separators=(",", ":"))

    def _entry(self, now: datetime) -> Mapping[str, object]:
        shown = sorted((s for s in self.scans if s.shown <= now), key=lambda s: s.at)
        details = [_detail(scan) for scan in reversed(shown)]
        entry: dict[str, object] = {
            "mailNo": self._number,
            "originCountry": "Mainland China",
            "destCountry": "Germany",
            "mailType": "Standard",
            "mailTypeDesc": "Standard",
            "status": "DELIVERING",
            "statusDesc": "Delivering",
            "mailNoSource": "AE",
            "processInfo": {
                "progressStatus": "NORMAL",
                "progressRate": 0.5,
                "type": "NORMAL",
                "progressPointList": [
                    {"pointName": name, "light": True}
                    for name in ("Order", "Departure", "Transit", "Customs", "Delivery")
                ],
            },
            "detailList": details,
            "daysNumber": "12\tday(s)",
        }
        if details:
            entry["latestTrace"] = details[0]
        else:
            entry["status"] = "SELLER_PREPARING"
        return entry


def _detail(scan: Scan) -> Mapping[str, object]:
    wall = (scan.at + _BEIJING).replace(tzinfo=None)
    return {
        "time": int(scan.at.timestamp() * 1000),
        "timeStr": str(wall),
        "desc": scan.text,
        "standerdDesc": scan.text,
        "descTitle": "Carrier note:",
        "timeZone": "GMT+8",
        "actionCode": scan.code,
        "group": {"nodeCode": "NODE", "nodeDesc": "Parcel"},
    }
