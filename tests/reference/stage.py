"""Which checkpoints count, and the stage, the borders and the deliveries that follow from them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache

from tests.reference.codes import bare, stage_of
from tests.reference.model import (
    ABROAD,
    DAY,
    DEPARTED,
    NEAR_TO_FAR,
    ORIGIN,
    SCANNED,
    Answer,
    Event,
    Numbers,
    midnight,
)

GRAVITY: dict[str | None, int] = {"customs": 1, "tax": 1, "address": 1, "cancelled": 2, "lost": 3}
"""Which of two flagged updates counts; an early code asks nothing of anybody."""


@dataclass(frozen=True)
class Update:
    """A checkpoint that may count, with what its code says."""

    event: Event
    stage: str
    flag: str | None

    @property
    def at(self) -> datetime:
        """Its own instant."""
        return self.event.at

    @property
    def is_early(self) -> bool:
        """Whether its code may come before the parcel left."""
        return self.flag == "early"


@dataclass(frozen=True)
class Placed:
    """A moment that moved the stage: its instant, and the update that counts in it."""

    at: datetime
    update: Update


@dataclass(frozen=True)
class Journey:
    """What the checkpoints of one number say."""

    updates: tuple[Update, ...]
    """Those that count."""
    scans: tuple[Update, ...]
    """The physical ones."""
    path: tuple[Placed, ...]
    """The moments that moved the stage, oldest first; a delivery told by status is none."""
    stage: str | None
    """None: no update says one."""
    place: str | None
    """Where the parcel is: the stage, or what stood before an exception."""
    stay: frozenset[Event]
    """The notices of the present stay at a pickup point."""
    departed: bool

    @property
    def newest(self) -> Update | None:
        """The newest placed update."""
        return self.path[-1].update if self.path else None

    @cached_property
    def last_update(self) -> datetime | None:
        """ "Last update: the newest update"."""
        return max((u.at for u in self.updates), default=None)

    @cached_property
    def first_scan(self) -> datetime | None:
        """ "Dispatched: the first physical scan"."""
        return min((u.at for u in self.scans), default=None)

    @cached_property
    def last_scan(self) -> datetime | None:
        """The newest physical scan."""
        return max((u.at for u in self.scans), default=None)

    @cached_property
    def deliveries(self) -> tuple[Update, ...]:
        """The scans that say delivered, oldest first."""
        return tuple(u for u in self.updates if u.stage == "delivered")


@lru_cache(maxsize=20000)
def may_count(
    events: tuple[Event, ...], number: str | None, ordered_on: date, n: Numbers
) -> tuple[Update, ...]:
    """The checkpoints of a number that are not ruled out by themselves.

    "Update: any checkpoint but an advisory one, a future one (dated more than a day after it was
    first seen; it stays ignored when its day comes) and one from more than 2 days before
    `ordered_on`." "The old number's checkpoints stay as evidence and decide nothing."
    """
    updates = []
    for event in events:
        stage, flag = stage_of(event.code)
        future = event.at - event.first_seen > n.future * DAY
        foreign = event.at < midnight(ordered_on) - n.before_the_order * DAY
        if event.number == number and stage != "advisory" and not future and not foreign:
            updates.append(Update(event, stage, flag))
    return tuple(sorted(updates, key=lambda u: u.at))


def moments(updates: Sequence[Update]) -> list[tuple[datetime, list[Update]]]:
    """The updates by moment, oldest first.

    "Updates with the same wall clock (`timeStr`) are one moment whatever their zones say; the
    moment stands at their latest instant." "Equal instants are one moment."
    """
    by_wall: dict[str, list[Update]] = defaultdict(list)
    for update in updates:
        by_wall[update.event.wall].append(update)
    by_instant: dict[datetime, list[Update]] = defaultdict(list)
    for together in by_wall.values():
        by_instant[max(u.at for u in together)] += together
    return sorted(by_instant.items())


def distance(update: Update) -> int:
    """How far along an update is; "`exception` counts only where nothing else is placed"."""
    return NEAR_TO_FAR.index(update.stage) if update.stage in NEAR_TO_FAR else -1


def is_departure(update: Update) -> bool:
    """ "A departure (any other stage from `departed_origin` on, but a return)"."""
    return update.stage in DEPARTED and update.stage != "returned" and not update.is_early


def places(update: Update, *, departed: bool, arrived: bool, departs_here: bool) -> bool:
    """Whether an update places the parcel, after the borders of the moments before its own.

    "`in_transit_unplaced` keeps the stage before it." "Early codes … place nothing before a
    departure." "After a departure an update of `ordered` … `export_customs` places nothing. After
    an arrival neither does `departed_origin`."
    """
    if update.stage == "in_transit_unplaced":
        return False
    if update.is_early:
        return departed or departs_here
    if update.stage in ORIGIN:
        return not departed
    if update.stage == "departed_origin":
        return not arrived
    return True


@lru_cache(maxsize=20000)
def read(
    events: tuple[Event, ...],
    number: str | None,
    ordered_on: date,
    told_at: datetime | None,
    n: Numbers,
) -> Journey:
    """Read the checkpoints of a number.

    Args:
        events: The checkpoints.
        number: The tracking number.
        ordered_on: The day of the order.
        told_at: Since when a status tells of a delivery; None: it does not.
        n: The numbers.
    """
    candidates = may_count(events, number, ordered_on, n)
    path: list[Placed] = []
    placed: list[Update] = []
    place: str | None = None
    stay: frozenset[Event] = frozenset()
    departed = arrived = delivered = False
    # "A delivery that `status` alone told, without a scan of its own"
    told = told_at if not any(u.stage == "delivered" for u in candidates) else None

    for instant, moment in moments(candidates):
        # It "stands at the instant at which it was first told", and "a status undoes no return".
        if told is not None and told < instant:
            if place != "returned":
                delivered, place = True, "delivered"
            told = None
        departs_here = any(map(is_departure, moment))
        placing = [
            u
            for u in moment
            if places(u, departed=departed, arrived=arrived, departs_here=departs_here)
        ]
        placed += placing
        if not placing:
            continue
        # "the furthest stage in it counts"; "among updates of the same stage in one moment, a
        # flagged one is the newest". Of two flagged ones the text says nothing: the graver counts.
        counts = max(placing, key=lambda u: (distance(u), GRAVITY.get(u.flag, 0), u.at))
        # Only a return moves it: "after `delivered` only `returned` moves it, and then nothing but
        # `returned`".
        if delivered and counts.stage != "returned":
            continue
        path.append(Placed(instant, counts))
        if counts.stage == "returned":
            departed = arrived = False  # "a `returned` takes both borders back"
        else:
            departed = departed or departs_here
            arrived = arrived or any(u.stage in ABROAD and not u.is_early for u in placing)
        # Of a delivery and a return in one moment the text says nothing: "near to far", it was
        # delivered and goes back, "and then nothing but `returned`".
        delivered = delivered or any(u.stage == "delivered" for u in placing)
        if counts.stage != "exception":  # "where the parcel is is what stood before it"
            place = counts.stage
            notices = frozenset(u.event for u in placing if u.stage == "ready_for_pickup")
            stay = stay | notices if place == "ready_for_pickup" else frozenset()

    updates = not_only_filler(candidates, placed, n)
    stage = path[-1].update.stage if path else None
    if (told is not None and place != "returned") or (delivered and place == "delivered"):
        stage = place = "delivered"
    if stage is None and any(u.stage == "in_transit_unplaced" for u in updates):
        stage = "in_transit_unplaced"  # "is the stage only where there is no other"
    return Journey(
        updates=tuple(updates),
        scans=tuple(physical_scans(updates)),
        path=tuple(path),
        stage=stage,
        place=place,
        stay=stay,
        # "any placed update from `departed_origin` on, however old"
        departed=any(u.stage in DEPARTED for u in placed),
    )


def not_only_filler(
    updates: Sequence[Update], placed: Sequence[Update], n: Numbers
) -> list[Update]:
    """The updates that count.

    "An update that places nothing counts only until 30 days after the last update that did (none:
    after the first update). Later ones are kept and decide nothing."
    """
    counting = []
    for update in updates:
        before = [p.at for p in placed if p.at <= update.at]
        since = max(before) if before else updates[0].at
        if update in placed or update.at <= since + n.filler * DAY:
            counting.append(update)
    return counting


def physical_scans(updates: Sequence[Update]) -> list[Update]:
    """The physical scans.

    "An update placed at `accepted` or further, or `in_transit_unplaced` (`COMMON_INTRANSIT` only
    after another physical scan); never `ordered`, `exception` or an early code."
    """
    scans = [
        u
        for u in updates
        if u.stage in SCANNED and not u.is_early and bare(u.event.code) != "COMMON_INTRANSIT"
    ]
    first = min((u.at for u in scans), default=None)
    notices = [u for u in updates if bare(u.event.code) == "COMMON_INTRANSIT"]
    return scans + [u for u in notices if first is not None and u.at > first]


@dataclass(frozen=True)
class Told:
    """A spell in which a status alone told of a delivery."""

    since: datetime
    withdrawn_at: datetime | None
    """None: it stands, or the delivery got a scan of its own."""
    stands: bool


def told_by_status(answers: Sequence[Answer], updates: Sequence[Update]) -> list[Told]:
    """The spells in which a status told of a delivery.

    "It stands only while the answers tell it: when a later answer with another `status` or with
    newer events does not (an empty answer, or one without `status` and newer events, tells
    nothing), the stage is again what the scans say."

    Args:
        answers: Of the first source about the present number, oldest first.
        updates: The number's checkpoints that may count.
    """
    spells: list[Told] = []
    since: datetime | None = None
    for answer in answers:
        if answer.status is not None and answer.status.strip().upper() == "DELIVERED":
            since = since or answer.at
        elif since is not None and (answer.status is not None or brings_news(answer, updates)):
            scanned = any(
                u.stage == "delivered" and u.event.first_seen <= answer.at for u in updates
            )
            spells.append(Told(since, None if scanned else answer.at, stands=False))
            since = None
    if since is not None:
        spells.append(Told(since, None, stands=True))
    return spells


def brings_news(answer: Answer, updates: Sequence[Update]) -> bool:
    """Whether an answer showed an event newer than all known ("advisory codes change nothing")."""
    known = [u.at for u in updates if u.event.first_seen < answer.at]
    shown = [
        u.at for u in updates if u.event.first_seen == answer.at and u.event.source == answer.source
    ]
    return bool(shown) and (not known or max(shown) > max(known))


@dataclass(frozen=True)
class Episodes:
    """The episode, and when scans began one."""

    present: tuple[datetime | None, datetime | None]
    """The change of number, and the sight of the scan that began it."""
    begun_by_scans: tuple[datetime, ...]


@lru_cache(maxsize=20000)
def episodes(
    events: tuple[Event, ...],
    number: str | None,
    changed_at: datetime | None,
    ordered_on: date,
    first_answer_at: datetime | None,
    n: Numbers,
) -> Episodes:
    """Find the episodes.

    "A physical scan newer than every known one begins the next, unless … A changed tracking number
    begins one too. The trace of an order's very first answer begins no episode." What counts as an
    update or a scan is judged by all that is known by now: a filler may come to count later.
    """
    begun = []
    own = tuple(e for e in events if e.number == number)
    journey = read(own, number, ordered_on, None, n)
    for now in sorted({e.first_seen for e in own}):
        updates = [u for u in journey.updates if u.event.first_seen <= now]
        scans = [u for u in journey.scans if u.event.first_seen <= now]
        known = [u for u in scans if u.event.first_seen < now]
        newest = max((u.at for u in known), default=None)
        newer = [
            u for u in scans if u.event.first_seen == now and (newest is None or u.at > newest)
        ]
        if not newer or now == first_answer_at or (changed_at is not None and now < changed_at):
            continue
        # It begins none where "the parcel is silent for 12 days even so (a scan registered late
        # ends nothing)".
        last_update = max((u.at for u in updates), default=None)
        silent = last_update is not None and now - last_update >= n.stalled * DAY
        # "or every such scan is a second source's report of one known before (same stage within
        # 24 h)"
        repeated = all(
            scan.event.source != "cainiao"
            and any(scan.stage == k.stage and abs(scan.at - k.at) <= DAY for k in known)
            for scan in newer
        )
        if not silent and not repeated:
            begun.append(now)
    return Episodes((changed_at, begun[-1] if begun else None), tuple(begun))
