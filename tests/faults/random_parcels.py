"""A year of orders: parcels of every kind, and what their buyers do and say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

HOLIDAYS = (date(2026, 2, 10), date(2026, 2, 28))
"""Around the Chinese New Year nothing leaves China."""

SUMMER = (date(2026, 3, 29), date(2026, 10, 25))
"""When European clocks stand an hour ahead."""


@dataclass(frozen=True)
class Scan:
    """An event of a journey, and from when on the source shows it."""

    at: datetime
    shown: datetime
    code: str
    zone: int
    """Hours ahead of Greenwich, as the source says."""


@dataclass(frozen=True)
class Number:
    """What the source knows of a tracking number."""

    scans: tuple[Scan, ...] = ()
    known: bool = True
    mail_type: str | None = None
    eta: datetime | None = None
    points_to: str | None = None
    """The number that this one, a placeholder, stands for."""
    mute: tuple[tuple[datetime, datetime], ...] = ()
    """When the source answers, but not about this number."""


@dataclass(frozen=True)
class Request:
    """Something the buyer asks of the API about an order."""

    at: datetime
    method: str
    body: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Parcel:
    """An order with all that happens to it."""

    order_id: str
    kind: str
    requests: tuple[Request, ...]
    """The first adds it."""
    numbers: dict[str, Number]
    """What the source knows; of any other number it knows nothing."""


KINDS = {
    "arrives": 26,
    "silent and arrives": 14,
    "silent and lost": 12,
    "never scanned": 6,
    "stuck at origin": 6,
    "returned": 4,
    "economy, ends at hand-over": 7,
    "declared early": 4,
    "pickup point": 5,
    "failed attempt": 3,
    "customs": 3,
    "delivered and returned": 1,
    "no number": 3,
    "another number": 3,
    "placeholder": 2,
    "unknown to the source": 2,
    "never answered": 1,
    "no longer answered": 1,
    "now and then unanswered": 2,
    "misdated": 1,
    "forgotten": 1,
}
"""What may become of an order, and how many of a hundred it becomes of."""

_ORIGIN = (
    *(("GWMS_ACCEPT", 1.0), ("PU_PICKUP_SUCCESS", 1.5), ("SC_INBOUND_SUCCESS", 1.5)),
    *(("SC_OUTBOUND_SUCCESS", 1.2), ("CC_EX_SUCCESS", 1.3), ("LH_HO_AIRLINE", 1.0)),
)
_ABROAD = (
    *(("LH_DEPART", 1.5), ("LH_ARRIVE", 3.0), ("CC_IM_SUCCESS", 2.0), ("GTMS_ACCEPT", 1.5)),
    ("GTMS_DO_DEPART", 1.2),
)
_ZONES = {"DE": 1, "FR": 1, "US": -5, "BR": -3, "IN": 5}
_CHANGES = ("protection_ends_on", "service", "shipped_on", "remote")
_WORDS = (
    *("seller_contacted", "seller_contacted", "dispute_opened", "snooze", "snooze"),
    *("received", "refunded", "lost", "close", "not_found_here"),
)


def parcels(random: Random, count: int, begin: datetime, end: datetime) -> Iterator[Parcel]:
    """So many orders, added over the time between: one of each kind, and then as it comes."""
    drawn = random.choices(list(KINDS), weights=list(KINDS.values()), k=max(count - len(KINDS), 0))
    kinds = [*KINDS, *drawn][:count]
    random.shuffle(kinds)
    for index, kind in enumerate(kinds):
        yield _parcel(random, index, kind, begin + random.random() * (end - begin))


def _parcel(random: Random, index: int, kind: str, added: datetime) -> Parcel:
    number, other = f"LP{index:014}", f"CNG{index:014}"
    ordered = added - timedelta(days=random.choice([0, 0, 0, 0, 1, 3, 10, 35, 90]))
    destination = random.choice(list(_ZONES))
    order: dict[str, object] = {
        "order_id": f"o{index}",
        "ordered_on": ordered.date().isoformat(),
        "destination": destination,
        "tracking_number": number,
    }
    if random.random() < 0.5:
        order["protection_ends_on"] = _days_after(ordered, random.randint(30, 110))
    if random.random() < 0.5:
        order["service"] = random.choice(["standard", "standard", "expedited", "economy"])
    if random.random() < 0.2:
        order["shipped_on"] = _days_after(ordered, random.randint(0, 2))
    if random.random() < 0.1:
        order["remote"] = random.random() < 0.5

    def journey(kind: str, begins: datetime) -> Number:
        return _number(random, kind, begins, destination)

    numbers = {number: journey(kind, ordered + timedelta(days=random.uniform(0.5, 4)))}
    requests = [Request(added, "POST", order), *_words(random, added)]
    if kind == "no number":
        del order["tracking_number"]
        at = added + timedelta(days=random.uniform(1, 30))
        numbers = {number: journey("arrives", at)}
        if random.random() < 0.7:
            requests.append(Request(at, "PATCH", {"tracking_number": number}))
    elif kind == "another number":
        at = added + timedelta(days=random.uniform(5, 40))
        numbers[other] = journey(random.choice(["arrives", "silent and lost"]), at)
        requests.append(Request(at, "PATCH", {"tracking_number": other}))
    elif kind == "placeholder":
        numbers = {number: Number(points_to=other), other: numbers[number]}
    elif kind == "forgotten":
        at = added + timedelta(days=random.uniform(1, 60))
        requests.append(Request(at, "DELETE"))
        if random.random() < 0.5:
            requests.append(Request(at + timedelta(seconds=random.choice([1, 9e4])), "POST", order))
    return Parcel(
        order_id=f"o{index}",
        kind=kind,
        requests=tuple(sorted(requests, key=lambda request: request.at)),
        numbers=numbers,
    )


def _days_after(instant: datetime, days: int) -> str:
    return (instant.date() + timedelta(days=days)).isoformat()


def _number(random: Random, kind: str, begins: datetime, destination: str) -> Number:
    scans = tuple(_scans(random, _steps(random, kind), begins, destination))
    mute: tuple[tuple[datetime, datetime], ...] = ()
    if kind == "never answered":
        mute = ((begins - timedelta(days=400), begins + timedelta(days=800)),)
    elif kind == "no longer answered":
        since = begins + timedelta(days=random.uniform(3, 20))
        mute = ((since, since + timedelta(days=random.uniform(8, 60))),)
    elif kind == "now and then unanswered":
        spells = sorted(begins + timedelta(days=random.uniform(0, 60)) for _ in range(12))
        mute = tuple((at, at + timedelta(hours=random.uniform(1, 30))) for at in spells)
    elif kind == "misdated":
        scans = tuple(
            Scan(s.at + timedelta(days=random.choice([0, 0, 0, 3, -40])), s.shown, s.code, s.zone)
            for s in scans
        )
    return Number(
        scans=() if kind == "unknown to the source" else scans,
        known=kind != "unknown to the source",
        mail_type="Economy" if kind.startswith("economy") else None,
        eta=begins + timedelta(days=random.uniform(20, 60)) if random.random() < 0.2 else None,
        mute=mute,
    )


def _steps(random: Random, kind: str) -> list[tuple[str, float]]:  # noqa: C901
    """The codes of a journey, and how many days each takes."""
    steps: list[tuple[str, float]] = list(_ORIGIN)
    if kind == "never scanned":
        return steps[: random.randint(0, 1)]
    if kind == "stuck at origin":
        return steps[: random.randint(2, 4)]
    steps += _ABROAD
    if kind == "silent and arrives":
        place = random.randint(1, 8)
        steps[place] = (steps[place][0], random.uniform(13, 75))
    elif kind == "silent and lost":
        return steps[: random.randint(5, 9)]
    elif kind == "economy, ends at hand-over":
        return steps[:-1]
    elif kind == "declared early":
        steps.insert(3, ("CC_IM_START", 0.2))
        if random.random() < 0.4:
            return steps[: random.randint(4, 6)]
    elif kind == "pickup point":
        steps += [("GTMS_STA_SIGNED", 1.1), ("GSTA_INFORM_BUYER", random.uniform(0.5, 7))]
        steps += [("GSTA_SIGN", random.uniform(1, 12))] if random.random() < 0.7 else []
        return steps
    elif kind == "failed attempt":
        steps += [("GTMS_DEL_FAILURE", 0.3)] * random.randint(1, 2)
        steps += [("GTMS_RE_DELIVERING", 1.2)]
    elif kind == "customs":
        steps.insert(8, (random.choice(["CC_IM_FAILURE", "CUS_TAX"]), 1.2))
    elif kind == "returned":
        steps += [("GTMS_SIGN_FAILURE", 1.1), ("RT_INBOUND", 2.0), ("RT_OUTBOUND", 2.0)]
        return steps if random.random() < 0.6 else [*steps[:-1], ("RT_DESTROY", 9.0)]
    steps.append(("GTMS_SIGNED", 0.4))
    if kind == "delivered and returned":
        steps.append(("RT_INBOUND", random.uniform(2, 10)))
    return steps


def _scans(
    random: Random, steps: list[tuple[str, float]], begins: datetime, destination: str
) -> Iterator[Scan]:
    at = begins
    for code, pause in steps:
        at += timedelta(days=pause * random.uniform(0.8, 1.6))
        is_abroad = (code, pause) not in _ORIGIN
        if not is_abroad and HOLIDAYS[0] <= at.date() <= HOLIDAYS[1]:
            at += timedelta(days=(HOLIDAYS[1] - at.date()).days + random.uniform(1, 2))
        at = at.replace(second=0, microsecond=0)
        late = random.choice([0, 0, 0.05, 0.5, 1.5]) if random.random() < 0.9 else 4
        zone = _zone(destination, at) if is_abroad else 8
        yield Scan(at, at + timedelta(days=late), code, zone)
        if code == "GTMS_ACCEPT" and random.random() < 0.3:
            # The hand-over, told by both in the same minute of their clocks.
            told_at = at + timedelta(hours=zone)
            yield Scan(told_at, at + timedelta(days=late), "CC_HO_OUT_SUCCESS", 0)


def _zone(destination: str, at: datetime) -> int:
    summer = destination in {"DE", "FR"} and SUMMER[0] <= at.date() < SUMMER[1]
    return _ZONES[destination] + summer


def _words(random: Random, added: datetime) -> Iterator[Request]:
    """What the buyer says of an order, and changes of it; most say nothing."""
    at = added
    for _ in range(random.choice([0, 0, 0, 0, 0, 1, 1, 2, 3])):
        at += timedelta(days=random.uniform(1, 60))
        if random.random() < 0.3:
            yield Request(at, "PATCH", _change(random, at))
            continue
        word = random.choice(_WORDS)
        body: dict[str, object] = {"action": word}
        if word == "snooze":
            body["until"] = _days_after(at, random.randint(1, 30))
        elif word == "not_found_here":
            body["answers"] = {"neighbour": at.date().isoformat()}
        elif random.random() < 0.2:
            body["on"] = _days_after(at, -random.randint(0, 3))
        yield Request(at, "ACT", body)
        if word not in {"seller_contacted", "received"} and random.random() < 0.4:
            at += timedelta(days=random.uniform(0.01, 30))
            yield Request(at, "ACT", {"action": "reopen"})


def _change(random: Random, at: datetime) -> dict[str, object]:
    what = random.choice(_CHANGES)
    if what == "service":
        return {what: random.choice(["standard", "expedited", "economy", None])}
    if what == "remote":
        return {what: random.choice([True, False, None])}
    if what == "shipped_on":
        return {what: at.date().isoformat()}
    return {what: _days_after(at, random.randint(0, 40))}
