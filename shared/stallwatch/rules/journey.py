"""What the checkpoints of an order say: where the parcel is, and which episode this is.

Nothing here looks at a clock or at alerts; the same checkpoints always give the same journey, in
whatever order they are given. What a moment, an update and an episode is stands in `moments` and
`episodes`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from stallwatch.domain.clock import DAY, days
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import RANK, Checkpoint, Flag, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.episodes import FIRST_EPISODE, began_with_scan, episode_of
from stallwatch.rules.moments import (
    Moment,
    SkipReason,
    counts_as_scan,
    is_scan,
    moments_of,
    set_aside,
    stamp,
    updates_of,
    walls_of,
    weight,
    weightiest,
)
from stallwatch.tracking.codes import canonical, is_destruction

__all__ = [
    "FIRST_EPISODE",
    "Event",
    "Journey",
    "SkipReason",
    "began_with_scan",
    "is_scan",
    "read_journey",
    "set_aside",
    "stamp",
]

_HANDED_OVER = RANK[Stage.LAST_MILE_CARRIER]


_DEPARTURE = RANK[Stage.DEPARTED_ORIGIN]


_ARRIVAL = RANK[Stage.ARRIVED_DESTINATION]


_LAST_BEFORE_DELIVERY = RANK[Stage.FAILED_ATTEMPT]


# Looked up for each checkpoint of each evaluation, and an enumeration is slow to give its members.
_EARLY = Flag.EARLY
_LOST = Flag.LOST
_ATTEMPT = Stage.FAILED_ATTEMPT
_DELIVERED = Stage.DELIVERED
_EXCEPTION = Stage.EXCEPTION
_PICKUP = Stage.READY_FOR_PICKUP
_RETURNED = Stage.RETURNED
_UNPLACED = Stage.IN_TRANSIT_UNPLACED


_ASKS_THE_BUYER = frozenset({Flag.CUSTOMS, Flag.TAX, Flag.ADDRESS, Flag.CANCELLED})


class Event(NamedTuple):
    """A placed moment that may ask something of the buyer."""

    walls: frozenset[str]
    """The local times by which it is known."""
    at: datetime
    streak_after: datetime | None = None
    """The last placed moment before it that was about something else; None where there is none."""

    @property
    def name(self) -> str:
        """Its first local time."""
        return min(self.walls)


class Journey(NamedTuple):
    """What an order's checkpoints say."""

    stage: Stage | None
    """The stage of the newest placed update; None where nothing is placed."""
    place: Stage | None
    """Where the parcel is: the stage, or what stood before an exception."""
    last_update: datetime | None
    told_at: datetime | None
    """When the last update was first seen, whichever source told it first; None too where the buyer
    has said nothing, which it is compared with."""
    dispatched: datetime | None
    """The first physical scan."""
    last_scan: datetime | None
    """The newest physical scan."""
    departed: bool
    delivered_at: datetime | None
    """The first delivery."""
    delivery: Checkpoint | None
    """Who told of it first; None where only the answers' status tells it."""
    deliveries: tuple[tuple[datetime, datetime], ...]
    """Every delivery's scan: its instant, and when it was first seen."""
    longest_silence: timedelta
    """The longest time between two updates, up to the first delivery."""
    destroyed: bool
    lost: bool
    """Whether the carrier said so, and no physical scan is newer."""
    consolidating: bool
    """Whether the newest placed update is a consolidation warehouse's."""
    newest: Event | None
    """The newest placed moment."""
    flag: Flag | None
    """What only the buyer can do about the newest placed update."""
    stay: Event | None
    """The stay at a pickup point, where the parcel is at one."""
    attempt: Event | None
    """The newest failed attempt with every report of it, where it is the newest placed update."""
    episode: str
    moved: bool
    """Whether a scan began the episode."""
    last_checkpoint: Checkpoint | None
    """The newest update."""
    strangers: bool
    """Whether there are checkpoints from before the order: of another parcel, or a wrong date."""
    unplaced: bool
    """Whether an update says that the parcel is on its way, and not where."""
    fillers: tuple[Checkpoint, ...]
    """Updates that place nothing, too long after the last one that did: they decide nothing."""

    @property
    def scanned(self) -> bool:
        """Whether there is a physical scan."""
        return self.dispatched is not None

    @property
    def handed_over(self) -> bool:
        """Whether the local carrier has it, or had it last."""
        return self.place is not None and RANK[self.place] >= _HANDED_OVER


_REPORTED: Callable[[Any], Any] = attrgetter("first_seen", "source")


class _Walk:
    """A walk along the moments, oldest first, that keeps what the later ones depend on."""

    __slots__ = (
        "anchor",
        "arrived",
        "delivered_at",
        "delivery",
        "departed",
        "destroyed",
        "fillers",
        "kept",
        "left",
        "lost_at",
        "newest",
        "other_attempt_at",
        "other_flag_at",
        "place",
        "stage",
        "status_at",
        "stay",
    )

    def __init__(self, status_at: datetime | None) -> None:
        self.status_at = status_at
        self.departed = False
        self.left = False
        """Whether the border of the origin lies behind it: early codes place, origin's do not."""
        self.arrived = False
        """Whether the border of the destination lies behind it too."""
        self.anchor: datetime | None = None
        """The last moment that placed something; before one, the first."""
        self.kept: list[Moment] = []
        self.fillers: list[Checkpoint] = []
        self.stage: Stage | None = None
        self.place: Stage | None = None
        self.newest: tuple[Moment, Checkpoint] | None = None
        self.delivered_at: datetime | None = None
        self.delivery: Checkpoint | None = None
        self.destroyed = False
        self.lost_at: datetime | None = None
        self.stay: list[Moment] = []
        self.other_attempt_at: datetime | None = None
        self.other_flag_at: datetime | None = None

    def run(self, moments: Iterable[Moment], filler: timedelta) -> None:
        """Take every moment, and a delivery that status alone tells at its own instant."""
        for moment in moments:
            at, together = moment
            if self.status_at is not None and at > self.status_at:
                self._deliver_by_status()
            placing = self._placing(together)
            if placing is not None:
                self.anchor = at
                self.kept.append(moment)
                self._place(moment, placing)
                continue
            if self.anchor is None:
                self.anchor = at
            elif at > self.anchor + filler and self.delivered_at is None:
                self.fillers += together
                continue
            self.kept.append(moment)
        if self.status_at is not None:
            self._deliver_by_status()

    def _deliver_by_status(self) -> None:
        """A delivery without a scan of its own; it undoes no return."""
        if self.place is not _RETURNED and self.delivered_at is None:
            self.stage = self.place = _DELIVERED
            self.delivered_at = self.status_at
            self.newest = None
            self.stay = []
        self.status_at = None

    def _placing(self, together: Sequence[Checkpoint]) -> Checkpoint | None:
        """The update that gives a moment its stage; None where nothing in it is placed."""
        left = self.left
        if not left and len(together) > 1:
            # A code that may come early is placed beside a departure, though not before one.
            left = any(
                u.flag is not _EARLY and _DEPARTURE <= RANK.get(u.stage, -1) < RANK[_RETURNED]
                for u in together
            )
        best: Checkpoint | None = None
        for update in together:
            stage = update.stage
            if (
                stage is _UNPLACED
                or (update.flag is _EARLY and not left)
                or (self.delivered_at is not None and stage is not _RETURNED)
                or (self.left and RANK.get(stage, _DEPARTURE) < _DEPARTURE)
                or (self.arrived and stage is Stage.DEPARTED_ORIGIN)
            ):
                continue
            if best is None or weight(update) > weight(best):
                best = update
        return best

    def _place(self, moment: Moment, placing: Checkpoint) -> None:
        at, together = moment
        stage, flag = placing.stage, placing.flag
        before = self.newest
        if stage is not _ATTEMPT or self.stage is not _ATTEMPT:
            self.other_attempt_at = None if before is None else before[0][0]
        if before is None or flag is not before[1].flag:
            self.other_flag_at = None if before is None else before[0][0]
        self.newest = moment, placing
        self.stage = stage
        if self.delivery is None and (stage is _DELIVERED or len(together) > 1):
            reports = [update for update in together if update.stage is _DELIVERED]
            self.delivery = min(reports, key=_REPORTED, default=None)
            if self.delivery is not None and self.delivered_at is None:
                self.delivered_at = at
        if stage is _PICKUP or (self.stay and stage is _EXCEPTION):
            self.stay.append(moment)
        elif self.stay:
            self.stay = []
        if flag is _LOST:
            self.lost_at = at
        if stage is not _EXCEPTION:
            self.place = stage
            self._pass_borders(together, stage)

    def _pass_borders(self, together: Sequence[Checkpoint], stage: Stage) -> None:
        rank = RANK[stage]
        if rank < _DEPARTURE:
            return
        self.departed = True
        if stage is _RETURNED:
            # A parcel that is shipped again starts anew.
            self.left = self.arrived = False
            if any(is_destruction(u.code) for u in together if u.stage is _RETURNED):
                self.destroyed = True
            return
        self.left = True
        if not self.arrived and rank >= _ARRIVAL:
            self.arrived = any(
                u.flag is not _EARLY and _ARRIVAL <= RANK.get(u.stage, -1) <= _LAST_BEFORE_DELIVERY
                for u in together
            )


def read_journey(
    order: Order,
    checkpoints: Sequence[Checkpoint],
    limits: Thresholds,
    *,
    first_answer_at: datetime | None = None,
    status_delivered_at: datetime | None = None,
) -> Journey:
    """Read the checkpoints of an order's present tracking number.

    Args:
        order: The order.
        checkpoints: What the sources said, in any order, also of earlier numbers.
        limits: The numbers of the rules.
        first_answer_at: When the order's first valid answer was evaluated; its trace begins no
            episode.
        status_delivered_at: When the answers' status first told a delivery, while it stands.
    """
    updates, has_foreign = updates_of(order, checkpoints, limits)
    all_moments = moments_of(updates)
    deliveries = [(u.at, u.first_seen) for u in updates if u.stage is _DELIVERED]
    walk = _Walk(None if deliveries else status_delivered_at)
    walk.run(all_moments, days(limits.filler_days))
    moments = walk.kept
    first_scan = min((u.at for _, ts in moments for u in ts if is_scan(u)), default=None)
    last_scan = _last_scan(moments, first_scan)
    flag = attempt = None
    if walk.newest is not None:
        moment, placing = walk.newest
        flag = placing.flag if placing.flag in _ASKS_THE_BUYER else None
        if placing.stage is _ATTEMPT:
            attempt = _attempt(moment, placing, moments, walk.other_attempt_at)
    episode = episode_of(order, moments, limits, first_scan, first_answer_at)
    delivered_at = walk.delivered_at
    return Journey(
        stage=walk.stage,
        place=walk.place,
        last_update=moments[-1][0] if moments else None,
        told_at=_told_at(moments) if moments and order.actions else None,
        dispatched=first_scan,
        last_scan=last_scan,
        departed=walk.departed,
        delivered_at=delivered_at,
        longest_silence=timedelta(0)
        if delivered_at is None
        else _longest_silence(moments, delivered_at),
        delivery=walk.delivery,
        deliveries=tuple(sorted(deliveries)) if delivered_at is not None else (),
        destroyed=walk.destroyed,
        lost=walk.lost_at is not None and (last_scan is None or last_scan <= walk.lost_at),
        consolidating=walk.newest is not None
        and canonical(walk.newest[1].code).removeprefix("AE_").startswith("CW_"),
        newest=None
        if walk.newest is None
        else Event(walls_of(walk.newest[0][1]), walk.newest[0][0], walk.other_flag_at),
        flag=flag,
        stay=Event(walls_of(u for _, together in walk.stay for u in together), walk.stay[0][0])
        if walk.stay
        else None,
        attempt=attempt,
        episode=episode,
        moved=began_with_scan(episode),
        last_checkpoint=weightiest(moments[-1][1]) if moments else None,
        strangers=has_foreign,
        unplaced=any(u.stage is _UNPLACED for _, together in moments for u in together),
        fillers=tuple(walk.fillers),
    )


def _last_scan(moments: Sequence[Moment], first_scan: datetime | None) -> datetime | None:
    for _, together in reversed(moments):
        scans = [u.at for u in together if counts_as_scan(u, first_scan)]
        if scans:
            return max(scans)
    return None


def counted_moments(
    order: Order, checkpoints: Sequence[Checkpoint], limits: Thresholds
) -> list[Moment]:
    """The moments whose updates count."""
    walk = _Walk(None)
    updates, _ = updates_of(order, checkpoints, limits)
    walk.run(moments_of(updates), days(limits.filler_days))
    return walk.kept


def _attempt(
    moment: Moment, attempt: Checkpoint, moments: Iterable[Moment], other_at: datetime | None
) -> Event:
    """A failed attempt, with the local times under which other sources reported the same."""
    at, together = moment
    reports = (
        u
        for other_moment_at, others in moments
        if abs(other_moment_at - at) <= DAY
        for u in others
        if u.stage is attempt.stage and u.source != attempt.source
    )
    return Event(walls_of(together) | walls_of(reports), at, other_at)


def _longest_silence(moments: Sequence[Moment], until: datetime) -> timedelta:
    gaps = (two[0] - one[0] for one, two in pairwise(moments) if two[0] <= until)
    return max(gaps, default=timedelta(0))


def _told_at(moments: Sequence[Moment]) -> datetime:
    """When the newest moment was first seen, counting other sources' reports of the same."""
    at, together = moments[-1]
    told_at = min(u.first_seen for u in together)
    for other_at, others in reversed(moments[:-1]):
        if at - other_at > DAY:
            break
        for other in others:
            if other.first_seen < told_at and any(
                other.stage is u.stage and other.source != u.source for u in together
            ):
                told_at = other.first_seen
    return told_at
