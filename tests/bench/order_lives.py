"""Orders in the middle of their lives, as many as one likes.

Each order is lived through from its first day: its parcel travels, its slot's turns come, the
product's own reading and rules say what is news and where it sits next. What is handed out is the
order as it stands at one instant, at which its turn has come, with what the source will answer.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from random import Random

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import Alert, AlertRef
from stallwatch.domain.clock import epoch_minutes
from stallwatch.domain.orders import Order, Service
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.delivery_times import DeliveryStats
from stallwatch.orders.snapshot import Counted, OrderSnapshot, WatchEntry
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.fingerprint import is_news
from stallwatch.tracking.schedule import NEW, PollSchedule
from stallwatch.tracking.source import TrackingResult
from stallwatch.tracking.trace_record import TraceRecord, absorb

NOW = datetime(2026, 6, 17, 4, 30, tzinfo=UTC)
"""The beginning of the turn that all orders are due in."""

WHEEL = PollSchedule(30)
DEFAULTS = Thresholds()
DAY = timedelta(days=1)

CHECKPOINTS = 15
"""How many a trace has, about."""

LIVES = 100
"""How many different ones there are with news, and how many without."""

LONGEST = 180
"""Days that an order is watched at the most."""

NEWS = 0.08
"""The share of the checks that find news."""

KINDS = {
    "arrives": 86,
    "is silent for long and arrives": 6,
    "waits at a pickup point": 4,
    "is lost": 2,
    "fails once": 1,
    "is never scanned": 1,
}
"""How the parcels fare, in percent."""

PROTECTED = 0.3
"""The share of the orders whose end of protection was given."""

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


class Find(Enum):
    """What a check comes to."""

    NEWS = auto()
    AGAIN = auto()
    """Nothing new, but its time has come to be looked at again."""
    NOTHING = auto()


@dataclass(frozen=True)
class Life:
    """An order at the instant of its turn, before it is checked."""

    snapshot: OrderSnapshot
    number: str
    source: "SourceEntry"
    """What the source answers about it."""
    find: Find
    """What the check will find."""
    hours: int
    """Its cadence."""
    checks: int
    """How often it was checked so far."""
    changes: int
    """How often a check found news so far."""

    @property
    def order_id(self) -> str:
        """The order."""
        return self.snapshot.order.order_id


def due(count: int, seed: int = 7, *, news: float = NEWS) -> list[Life]:
    """Orders that are due now, of which a share has news.

    What is looked at again without news is as many times rarer than news as it is in a life. Within
    each of the three, every check of a life is as likely as any other. After some hundred lives the
    same ones come again, under other names.
    """
    random = Random(seed)  # noqa: S311
    per_news = _looks_per_news(random)
    with_news = round(count * news)
    again = round(with_news * per_news)
    shares = {Find.NEWS: with_news, Find.AGAIN: again, Find.NOTHING: count - with_news - again}
    named = names(random)
    found = []
    for find, number in shares.items():
        lives = [_life(random, find) for _ in range(min(number, LIVES))]
        found += [_renamed(lives[n % len(lives)], *next(named)) for n in range(number)]
    random.shuffle(found)
    return found


def watched(count: int, seed: int = 11) -> list[Life]:
    """Orders that are watched now, each at any point of its life, in slots all around the wheel.

    They stand as after their last check; after some hundred lives the same ones come again.
    """
    random = Random(seed)  # noqa: S311
    lives: list[Life] = []
    while len(lives) < min(count, 2 * LIVES):
        dice = random.random()
        added = NOW - timedelta(days=200, minutes=random.randrange(1440))
        *_, last = _lived(dice, added, None)
        span = last.at - added
        if random.random() * LONGEST < span / DAY:
            begins = NOW - span * random.random()
            lives.append(next(c for c in _lived(dice, begins, NOW) if c.at >= NOW).life)
    serial = random.randrange(10**9)
    found = []
    for n in range(count):
        life = lives[n % len(lives)]
        renamed = _renamed(life, f"{serial + n:016}", f"LP{serial + n:014}")
        entry = renamed.snapshot.entry
        entry = replace(entry, slot=WHEEL.slot(renamed.order_id, life.hours))
        found.append(replace(renamed, snapshot=replace(renamed.snapshot, entry=entry)))
    return found


def _looks_per_news(random: Random) -> float:
    """How often an order is looked at again without news, for each time that there is news."""
    found = Counter(
        check.life.find
        for _ in range(LIVES)
        for check in _lived(random.random(), NOW - timedelta(days=200), None)
    )
    return found[Find.AGAIN] / found[Find.NEWS]


def names(random: Random) -> Iterator[tuple[str, str]]:
    """Order ids whose turn is now, whatever their cadence, and numbers with the same digits."""
    serial = random.randrange(10**9)
    while True:
        serial += 1
        order_id = f"{serial:016}"
        if WHEEL.slot(order_id, 24) == f"24h{NOW:%H%M}":
            yield order_id, f"LP{serial:014}"


def _renamed(life: Life, order_id: str, number: str) -> Life:
    before = life.snapshot
    order = replace(before.order, order_id=order_id, tracking_number=number)
    listed = f"{order.ordered_on}#{order_id}"
    return replace(
        life,
        number=number,
        source=SourceEntry(number, life.source.scans),
        snapshot=replace(
            before,
            order=order,
            trace=replace(before.trace, number=number),
            entry=replace(before.entry, number=number, listed=listed),
            alerts=tuple(replace(alert, number=number) for alert in before.alerts),
        ),
    )


def _life(random: Random, find: Find) -> Life:
    """An order at one of its checks that find the like.

    A life is lived through once; then one of its checks is drawn among those at the time of day of
    the present turn, where every order has one a day, each as often as there are such checks in a
    day; and it is lived through again, so that this check is now.
    """
    while True:
        seed = random.random()
        added = NOW - timedelta(days=200, minutes=random.randrange(1440))
        checks = [check for check in _lived(seed, added, None) if check.at.time() == NOW.time()]
        checks = [check for check in checks if check.life.find is find]
        if not checks:
            continue
        (chosen,) = random.choices(checks, [24 / check.life.hours for check in checks])
        shift = timedelta(days=(NOW - chosen.at).days)
        *_, last = (c for c in _lived(seed, added + shift, NOW) if c.at <= NOW)
        if last.at == NOW and last.life.find is find:
            return last.life


@dataclass(frozen=True)
class _Checked:
    """A check of a life, before it is made."""

    at: datetime
    life: Life


def _lived(seed: float, added: datetime, until: datetime | None) -> Iterator[_Checked]:
    """The checks of an order's life, one after the other.

    Args:
        seed: Decides all that happens in it.
        added: When the order is added.
        until: At which instant its trace shall have its usual length.
    """
    random = Random(seed)  # noqa: S311
    (kind,) = random.choices(list(KINDS), list(KINDS.values()))
    order_id, number = next(names(random))
    order = Order(
        order_id=order_id,
        ordered_on=added.date(),
        destination=random.choice(["DE", "FR", "US", "ES"]),
        created_at=added,
        incarnation=f"{random.randrange(16**16):016x}",
        tracking_number=number,
        protection_ends_on=_protection(random, added.date()),
        title="A pair of wireless earphones",
    )
    source = SourceEntry(number, journey(random, kind, added, until))
    shelf = Shelf(order)
    now = added + timedelta(seconds=20)
    checks = changes = 0
    while shelf.entry.slot is not None and (until is None or now <= until + DAY):
        answer = source.answer(now)
        if shelf.entry.slot != NEW:
            hours = int(shelf.entry.slot[:2])
            find = shelf.find(answer, now)
            yield _Checked(
                now, Life(shelf.snapshot(), number, source, find, hours, checks, changes)
            )
        checks += 1
        changes += shelf.check(answer, now)
        now = shelf.next_check(now)


def _protection(random: Random, ordered_on: date) -> date | None:
    if random.random() > PROTECTED:
        return None
    return ordered_on + timedelta(days=random.choice([60, 75, 90]))


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


@dataclass
class Shelf:
    """One order's data, for evaluating it without any table."""

    order: Order
    record: TraceRecord = field(init=False)
    entry: WatchEntry = field(init=False)
    alerts: list[Alert] = field(default_factory=list)
    revision: int = 1

    def __post_init__(self) -> None:
        order = self.order
        self.record = TraceRecord(order.tracking_number)
        self.entry = WatchEntry.of_new(order)

    def find(self, answer: TrackingResult, now: datetime) -> Find:
        """What a check comes to."""
        entry, minutes = self.entry, epoch_minutes(now)
        if is_news(answer, entry.fingerprint):
            return Find.NEWS
        instants = [at for at in (entry.rule_at, entry.clock_at) if at is not None]
        return Find.AGAIN if min(instants, default=minutes) <= minutes else Find.NOTHING

    def check(self, answer: TrackingResult, now: datetime) -> bool:
        """What a check writes, and the evaluation that follows. Whether there was news."""
        find = self.find(answer, now)
        if find is Find.NEWS:
            self.record = absorb(self.record, answer, "cainiao", now)
        elif find is Find.AGAIN:
            self.record = replace(self.record, answered_at=now, asked_at=now)
        if find is not Find.NOTHING:
            self.evaluate(now)
        return find is Find.NEWS

    def evaluate(self, now: datetime) -> None:
        """Apply the rules, and take the alerts as sent."""
        Evaluation(self, WHEEL, DEFAULTS).evaluate(self.order.order_id, now)

    def next_check(self, now: datetime) -> datetime:
        """When its slot has its turn next."""
        return WHEEL.next_turn(self.entry.slot or NEW, now) or now + timedelta(minutes=15)

    def snapshot(self) -> OrderSnapshot:
        """Everything of the order."""
        return OrderSnapshot(
            self.order, 1, self.record, self.entry, self.revision, tuple(self.alerts)
        )

    # What the evaluation reads and writes.

    def open(self, order_id: str) -> OrderSnapshot | None:  # noqa: ARG002
        return self.snapshot()

    def keep(
        self,
        snapshot: OrderSnapshot,  # noqa: ARG002
        entry: WatchEntry,
        alerts: Sequence[Alert],
    ) -> list[AlertRef]:
        self.entry, self.revision = entry, self.revision + 1
        self.alerts += [replace(a, sent_at=a.raised_at + timedelta(seconds=2)) for a in alerts]
        return []

    def clear(self, order_id: str) -> Counted | None:
        raise NotImplementedError

    def add_to_totals(self, changes: Mapping[Counted, int]) -> None:
        raise NotImplementedError

    def experience(self, service: Service, destination: str) -> DeliveryStats:  # noqa: ARG002
        return DeliveryStats()

    def sharing(self, order: Order) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def health(self, source: str) -> CircuitBreaker:
        raise NotImplementedError

    def alerts_about_sources(self) -> list[Alert]:
        raise NotImplementedError

    def keep_source_alert(self, alert: Alert) -> None:
        raise NotImplementedError
