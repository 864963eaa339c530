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
    statuses: tuple[tuple[datetime, str], ...] = ()
    """From when on which coarse status is told; before the first, and where it is empty, none."""
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
    "delivered, says the status": 2,
    "delivery withdrawn": 2,
    "cancelled": 2,
    "declared lost": 1,
    "waits in consolidation": 2,
    "told by partners": 2,
    "filled with fillers": 1,
    "no number": 3,
    "another number": 3,
    "placeholder": 2,
    "unknown to the source": 2,
    "never answered": 1,
    "no longer answered": 1,
    "now and then unanswered": 2,
    "misdated": 1,
    "deleted": 1,
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
_CHANGES = ("protection_ends_on", "protection_ends_on", "service", "shipped_on", "remote", "dates")
_WORDS = (
    *("seller_contacted", "seller_contacted", "dispute_opened", "snooze", "snooze"),
    *("received", "refunded", "lost", "close", "not_found_here", "not_received"),
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
    order = {
        "order_id": f"o{index}",
        "ordered_on": ordered.date().isoformat(),
        "destination": destination,
        "tracking_number": number,
        **_given(random, ordered),
    }

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
    elif kind == "deleted":
        at = added + timedelta(days=random.uniform(1, 60))
        requests.append(Request(at, "DELETE"))
        if random.random() < 0.5:
            requests.append(Request(at + timedelta(seconds=random.choice([1, 9e4])), "POST", order))
    delivered = [s for n in numbers.values() for s in n.scans if s.code == "GTMS_SIGNED"]
    if delivered and random.random() < 0.15:
        # It is not there, whatever the carrier says.
        at = max(added, delivered[-1].shown) + timedelta(days=random.uniform(0.5, 9))
        requests.append(Request(at, "ACT", {"action": "not_received"}))
    return Parcel(
        order_id=f"o{index}",
        kind=kind,
        requests=tuple(sorted(requests, key=lambda request: request.at)),
        numbers=numbers,
    )


def _given(random: Random, ordered: datetime) -> dict[str, object]:
    """What a buyer may give of an order, and often does not."""
    given: dict[str, object] = {}
    if random.random() < 0.5:
        given["protection_ends_on"] = _days_after(ordered, random.randint(20, 110))
    if random.random() < 0.2:
        given["promised_on"] = _days_after(ordered, random.randint(12, 60))
    if random.random() < 0.3:
        given["paid_with"] = random.choice(["paypal", "card", "card", "other"])
        if random.random() < 0.5:
            given["paid_on"] = ordered.date().isoformat()
    if random.random() < 0.5:
        given["service"] = random.choice(["standard", "standard", "expedited", "economy"])
    if random.random() < 0.2:
        given["shipped_on"] = _days_after(ordered, random.randint(0, 2))
    if random.random() < 0.1:
        given["remote"] = random.random() < 0.5
    return given


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
        statuses=_statuses(random, kind, scans),
        mute=mute,
    )


def _statuses(
    random: Random, kind: str, scans: tuple[Scan, ...]
) -> tuple[tuple[datetime, str], ...]:
    """What the coarse status says beside the scans."""
    if kind not in {"delivered, says the status", "delivery withdrawn"}:
        return ()
    told_at = scans[-1].shown + timedelta(days=random.uniform(0.5, 3))
    told = [(scans[0].shown, "DELIVERING"), (told_at, "DELIVERED")]
    if kind == "delivery withdrawn":
        withdrawn_at = told_at + timedelta(days=random.uniform(0.5, 6))
        told.append((withdrawn_at, random.choice(["DELIVERING", "DELIVERING", ""])))
        if random.random() < 0.5:
            told.append((withdrawn_at + timedelta(days=random.uniform(1, 8)), "DELIVERED"))
    return tuple(told)


Steps = list[tuple[str, float]]
"""The codes of a journey, and how many days each takes."""


def _steps(random: Random, kind: str) -> Steps:
    steps = _steps_that_end_early(random, kind)
    return _steps_to_the_end(random, kind) if steps is None else steps


def _steps_that_end_early(random: Random, kind: str) -> Steps | None:
    """The steps of a parcel whose scans end before it is delivered; None: it is delivered."""
    steps: Steps = [*_ORIGIN, *_ABROAD]
    cut = {
        "never scanned": (0, 1),
        "stuck at origin": (2, 4),
        "silent and lost": (5, 9),
        "economy, ends at hand-over": (len(steps) - 1, len(steps) - 1),
        "delivered, says the status": (len(steps) - 1, len(steps) - 1),
        "cancelled": (1, 3),
        "declared lost": (6, 9),
        "filled with fillers": (7, 7),
        "delivery withdrawn": (len(steps) - 1, len(steps) - 1),
    }
    if kind not in cut:
        return None
    steps = steps[: random.randint(*cut[kind])]
    if kind == "cancelled":
        steps.append(("GWMS_CANCEL", random.uniform(2, 9)))
        steps += [("SC_INBOUND_SUCCESS", 4.0)] if random.random() < 0.3 else []
    elif kind == "declared lost":
        steps.append(("LOST", random.uniform(4, 30)))
    elif kind == "filled with fillers":
        steps += [("XX_TRANSIT", 1.0)] * random.randint(20, 70)
    elif kind == "delivery withdrawn" and random.random() < 0.4:
        # The hand-over is scanned again, before or after the delivery was taken back.
        steps.append(("GTMS_DO_ARRIVE", 9.0))
    return steps


def _steps_to_the_end(random: Random, kind: str) -> Steps:
    """The steps of a parcel that is delivered, returned, or waits where the buyer must come."""
    steps: Steps = [*_ORIGIN, *_ABROAD]
    if kind == "waits in consolidation":
        steps[2:4] = [("CW_INBOUND", 1.0), ("CW_OUTBOUND", random.uniform(13, 40))]
    elif kind == "silent and arrives":
        place = random.randint(1, 8)
        steps[place] = (steps[place][0], random.uniform(13, 75))
    elif kind == "told by partners":
        steps[9:9] = [("CREATE_ORDER", 0.3), ("SC_INBOUND", 0.5)]
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
        if word == "dispute_opened" and random.random() < 0.4:
            at += timedelta(days=random.uniform(1, 12))
            yield Request(at, "ACT", {"action": "dispute_rejected"})
        if word not in {"seller_contacted", "received"} and random.random() < 0.4:
            at += timedelta(days=random.uniform(0.01, 30))
            yield Request(at, "ACT", {"action": "reopen"})


def _change(random: Random, at: datetime) -> dict[str, object]:
    what = random.choice(_CHANGES)
    if what == "service":
        return {what: random.choice(["standard", "expedited", "economy", None])}
    if what == "remote":
        return {what: random.choice([True, False, None])}
    if what == "dates":
        return {"promised_on": _days_after(at, random.randint(0, 40))}
    if what == "shipped_on":
        return {what: at.date().isoformat()}
    return {what: _days_after(at, random.randint(0, 40))}
