"""A year of orders: parcels of every kind, what their buyers do, and how their sources fare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

HOLIDAYS = (date(2026, 2, 10), date(2026, 2, 28))
"""Around the Chinese New Year nothing leaves China."""


@dataclass(frozen=True)
class Scan:
    """An event of a journey, and when the source begins to show it."""

    at: datetime
    shown: datetime
    code: str


@dataclass(frozen=True)
class Deed:
    """Something the buyer does."""

    at: datetime
    method: str
    body: dict[str, object]


@dataclass(frozen=True)
class Parcel:
    """An order with all that happens to it."""

    order_id: str
    kind: str
    added: datetime
    order: dict[str, object]
    journeys: dict[str, tuple[Scan, ...]]
    """What the source shows, by tracking number; a number it never knows is missing."""
    deeds: tuple[Deed, ...]
    mail_type: str | None = None


_ORIGIN = (
    *(("GWMS_ACCEPT", 1.0), ("PU_PICKUP_SUCCESS", 1.5), ("SC_INBOUND_SUCCESS", 1.5)),
    *(("SC_OUTBOUND_SUCCESS", 1.2), ("CC_EX_SUCCESS", 1.3), ("LH_HO_AIRLINE", 1.0)),
)
_ABROAD = (
    *(("LH_DEPART", 1.5), ("LH_ARRIVE", 3.0), ("CC_IM_SUCCESS", 2.0), ("GTMS_ACCEPT", 1.5)),
    ("GTMS_DO_DEPART", 1.2),
)

KINDS = {
    "arrives": 30,
    "silent and arrives": 14,
    "silent and lost": 12,
    "never scanned": 6,
    "stuck at origin": 6,
    "returned": 4,
    "economy, ends at hand-over": 8,
    "declared early": 4,
    "pickup point": 5,
    "failed attempt": 3,
    "customs": 3,
    "delivered and returned": 1,
    "no number": 2,
    "another number": 2,
}


def parcels(random: Random, count: int, begin: datetime, end: datetime) -> Iterator[Parcel]:
    """So many orders, added over the time between."""
    kinds = random.choices(list(KINDS), weights=list(KINDS.values()), k=count)
    span = (end - begin).total_seconds()
    for index, kind in enumerate(kinds):
        added = begin + timedelta(seconds=int(random.random() * span))
        yield _parcel(random, index, kind, added)


def _parcel(random: Random, index: int, kind: str, added: datetime) -> Parcel:
    number = f"LP{index:014}"
    ago = random.choice([0, 0, 0, 1, 3, 10, 35, 90])
    ordered = added - timedelta(days=ago)
    order: dict[str, object] = {
        "order_id": f"o{index}",
        "ordered_on": ordered.date().isoformat(),
        "destination": random.choice(["DE", "FR", "US", "BR", "IN"]),
        "tracking_number": number,
    }
    if random.random() < 0.5:
        ends_on = ordered.date() + timedelta(days=random.randint(45, 110))
        order["protection_ends_on"] = ends_on.isoformat()
    if random.random() < 0.5:
        order["service"] = random.choice(["standard", "standard", "expedited", "economy"])
    scans = tuple(_journey(random, kind, ordered + timedelta(days=random.uniform(0.5, 4))))
    journeys = {number: scans}
    deeds = list(_deeds(random, added))
    if kind == "no number":
        del order["tracking_number"]
        journeys = {}
        if random.random() < 0.7:
            at = added + timedelta(days=random.uniform(1, 30))
            deeds.append(Deed(at, "PATCH", {"tracking_number": number}))
            journeys = {number: tuple(_journey(random, "arrives", at))}
    elif kind == "another number":
        other = f"CNG{index:014}"
        at = added + timedelta(days=random.uniform(5, 40))
        deeds.append(Deed(at, "PATCH", {"tracking_number": other}))
        journeys[other] = tuple(_journey(random, "arrives", at))
    elif kind == "never scanned" and random.random() < 0.5:
        journeys = {}
    return Parcel(
        order_id=f"o{index}",
        kind=kind,
        added=added,
        order=order,
        journeys=journeys,
        deeds=tuple(sorted(deeds, key=lambda deed: deed.at)),
        mail_type="Economy" if kind.startswith("economy") else None,
    )


def _journey(random: Random, kind: str, begins: datetime) -> Iterator[Scan]:  # noqa: C901, PLR0912
    steps: list[tuple[str, float]] = list(_ORIGIN)
    if kind == "never scanned":
        steps = steps[:1]
    elif kind == "stuck at origin":
        steps = steps[: random.randint(2, 4)]
    else:
        steps += _ABROAD
        if kind == "silent and arrives":
            place = random.randint(6, 8)
            code, _ = steps[place]
            steps[place] = (code, random.uniform(13, 50))
        elif kind == "silent and lost":
            steps = steps[: random.randint(5, 9)]
        elif kind == "economy, ends at hand-over":
            steps = steps[:-1]
        elif kind == "declared early":
            steps.insert(3, ("CC_IM_START", 0.2))
        elif kind == "pickup point":
            steps += [("GTMS_STA_SIGNED", 1.1), ("GSTA_INFORM_BUYER", 1.5)]
            if random.random() < 0.7:
                steps.append(("GSTA_SIGN", random.uniform(1, 9)))
        elif kind == "failed attempt":
            steps += [("GTMS_DEL_FAILURE", 0.3), ("GTMS_RE_DELIVERING", 1.2)]
        elif kind == "customs":
            steps.insert(8, ("CC_IM_FAILURE", 1.2))
        elif kind == "returned":
            steps += [("GTMS_SIGN_FAILURE", 1.1), ("RT_INBOUND", 2), ("RT_OUTBOUND", 2)]
    if kind in {"arrives", "silent and arrives", "declared early", "failed attempt", "customs"}:
        steps.append(("GTMS_SIGNED", 0.4))
    if kind == "delivered and returned":
        steps += [("GTMS_SIGNED", 0.4), ("RETURNED", random.uniform(2, 10))]
    at = begins
    for code, pause in steps:
        at += timedelta(days=pause * random.uniform(0.8, 1.6))
        if HOLIDAYS[0] <= at.date() <= HOLIDAYS[1]:
            at += timedelta(days=(HOLIDAYS[1] - at.date()).days + random.uniform(0, 2))
        at = at.replace(second=0, microsecond=0)
        late = random.choice([0, 0, 0.05, 0.5, 1.5]) if random.random() < 0.8 else 4
        yield Scan(at, at + timedelta(days=late), code)


def _deeds(random: Random, added: datetime) -> Sequence[Deed]:
    if random.random() > 0.25:
        return ()
    at = added + timedelta(days=random.uniform(5, 90))
    what = random.choice(["seller_contacted", "dispute_opened", "snooze", "received", "close"])
    body: dict[str, object] = {"action": what}
    if what == "snooze":
        body["until"] = (at.date() + timedelta(days=random.randint(1, 30))).isoformat()
    deeds = [Deed(at, "POST", body)]
    if what in {"dispute_opened", "close"} and random.random() < 0.4:
        later = at + timedelta(days=random.uniform(1, 30))
        deeds.append(Deed(later, "POST", {"action": "reopen"}))
    return deeds
