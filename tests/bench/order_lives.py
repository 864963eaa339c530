"""Orders in the middle of their lives, as many as one likes.

Each order is lived through from its first day: its parcel travels, its slot's turns come, the
product's own reading and rules say what is news and where it sits next. What is handed out is the
order as it stands at one instant, at which its turn has come, with what the source will answer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from stallwatch.domain.orders import Order
from stallwatch.orders.snapshot import OrderSnapshot
from stallwatch.tracking.schedule import NEW
from tests.bench.order_shelf import WHEEL, Find, Shelf
from tests.bench.parcel_journeys import DAY, KINDS, SourceEntry, journey

NOW = datetime(2026, 6, 17, 4, 30, tzinfo=UTC)
"""The beginning of the turn that all orders are due in."""

LIVES = 100
"""How many different ones there are with news, and how many without."""

LONGEST = 180
"""Days that an order is watched at the most."""

NEWS = 0.08
"""The share of the checks that find news."""

PROTECTED = 0.3
"""The share of the orders whose end of protection was given."""


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
