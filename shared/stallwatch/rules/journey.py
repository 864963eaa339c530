"""What the checkpoints of an order say: where the parcel is, and which episode this is.

Nothing here looks at a clock or at alerts; the same checkpoints always give the same journey, in
whatever order they are given. What a moment, an update and an episode is stands in `moments` and
`episodes`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

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
    local_times_of,
    moments_of,
    set_aside,
    stamp,
    updates_of,
    weightiest,
)
from stallwatch.rules.walk import Walk
from stallwatch.tracking.codes import canonical

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


# Looked up for each checkpoint of each evaluation, and an enumeration is slow to give its members.
_LOST = Flag.LOST
_ATTEMPT = Stage.FAILED_ATTEMPT
_DELIVERED = Stage.DELIVERED
_UNPLACED = Stage.IN_TRANSIT_UNPLACED


_NO_SILENCE = timedelta(0)


_ASKS_THE_BUYER = frozenset({Flag.CUSTOMS, Flag.TAX, Flag.ADDRESS, Flag.CANCELLED})


class Event(NamedTuple):
    """A placed moment that may ask something of the buyer."""

    local_times: frozenset[str]
    """The local times by which it is known."""
    at: datetime
    streak_after: datetime | None = None
    """The last placed moment before it that was about something else; None where there is none."""

    @property
    def name(self) -> str:
        """Its first local time."""
        return min(self.local_times)


class Journey(NamedTuple):
    """What an order's checkpoints say."""

    stage: Stage | None
    """The stage of the newest placed update; None where nothing is placed."""
    place: Stage | None
    """Where the parcel is: the stage, or what stood before an exception."""
    last_update: datetime | None
    first_reported_at: datetime | None
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
    foreign: bool
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


def read_journey(
    order: Order,
    checkpoints: Sequence[Checkpoint],
    thresholds: Thresholds,
    *,
    first_answer_at: datetime | None = None,
    status_delivered_at: datetime | None = None,
) -> Journey:
    """Read the checkpoints of an order's present tracking number.

    Args:
        order: The order.
        checkpoints: What the sources said, in any order, also of earlier numbers.
        thresholds: The numbers of the rules.
        first_answer_at: When the order's first valid answer was evaluated; its trace begins no
            episode.
        status_delivered_at: When the answers' status first told a delivery, while it stands.
    """
    updates, has_foreign = updates_of(order, checkpoints, thresholds)
    deliveries = [(u.at, u.first_seen) for u in updates if u.stage is _DELIVERED]
    walk = Walk(None if deliveries else status_delivered_at)
    walk.run(moments_of(updates), days(thresholds.filler_days))
    moments, delivered_at = walk.kept, walk.delivered_at
    counted = [u for _, together in moments for u in together] if walk.fillers else updates
    first_scan = _first_scan(counted)
    last_scan = _last_scan(moments, first_scan)
    lost_at = max([u.at for u in counted if u.flag is _LOST], default=None)
    episode = episode_of(order, moments, thresholds, first_scan, first_answer_at)
    placing = None if walk.newest is None else walk.newest[1]
    return Journey(
        stage=walk.stage,
        place=walk.place,
        last_update=moments[-1][0] if moments else None,
        first_reported_at=_first_reported_at(moments) if moments and order.actions else None,
        dispatched=first_scan,
        last_scan=last_scan,
        departed=walk.departed,
        delivered_at=delivered_at,
        longest_silence=_NO_SILENCE
        if delivered_at is None
        else _longest_silence(moments, delivered_at),
        delivery=walk.delivery,
        deliveries=() if delivered_at is None else tuple(sorted(deliveries)),
        destroyed=walk.destroyed,
        lost=lost_at is not None and (last_scan is None or last_scan <= lost_at),
        consolidating=placing is not None and _is_consolidation(placing.code),
        newest=_newest(walk),
        flag=placing.flag if placing is not None and placing.flag in _ASKS_THE_BUYER else None,
        stay=_stay(walk.stay) if walk.stay else None,
        attempt=_attempt(walk) if placing is not None and placing.stage is _ATTEMPT else None,
        episode=episode,
        moved=began_with_scan(episode),
        last_checkpoint=weightiest(moments[-1][1]) if moments else None,
        foreign=has_foreign,
        unplaced=_UNPLACED in {u.stage for u in counted},
        fillers=tuple(walk.fillers),
    )


def _first_scan(counted: Iterable[Checkpoint]) -> datetime | None:
    """The first physical scan; a later moment can hold an earlier instant, for zones differ."""
    first: datetime | None = None
    for update in counted:
        if (first is None or update.at < first) and is_scan(update):
            first = update.at
    return first


@lru_cache(maxsize=2048)
def _is_consolidation(code: str) -> bool:
    """Whether a code is a consolidation warehouse's, where parcels wait for weeks."""
    return canonical(code).removeprefix("AE_").startswith("CW_")


def _last_scan(moments: Sequence[Moment], first_scan: datetime | None) -> datetime | None:
    for _, together in reversed(moments):
        scans = [u.at for u in together if counts_as_scan(u, first_scan)]
        if scans:
            return max(scans)
    return None


def counted_moments(
    order: Order, checkpoints: Sequence[Checkpoint], thresholds: Thresholds
) -> list[Moment]:
    """The moments whose updates count."""
    walk = Walk(None)
    updates, _ = updates_of(order, checkpoints, thresholds)
    walk.run(moments_of(updates), days(thresholds.filler_days))
    return walk.kept


def _newest(walk: Walk) -> Event | None:
    """The newest placed moment."""
    if walk.newest is None:
        return None
    at, together = walk.newest[0]
    return Event(local_times_of(together), at, walk.other_flag_at)


def _stay(moments: Sequence[Moment]) -> Event:
    """A stay at a pickup point, from its first moment on."""
    return Event(local_times_of(u for _, together in moments for u in together), moments[0][0])


def _attempt(walk: Walk) -> Event | None:
    """The newest placed update, with the local times under which other sources reported it."""
    if walk.newest is None:
        return None
    (at, together), attempt = walk.newest
    reports = (
        u
        for other_at, others in walk.kept
        if abs(other_at - at) <= DAY
        for u in others
        if u.stage is attempt.stage and u.source != attempt.source
    )
    return Event(local_times_of(together) | local_times_of(reports), at, walk.other_attempt_at)


def _longest_silence(moments: Sequence[Moment], until: datetime) -> timedelta:
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(moments) if later[0] <= until]
    return max(gaps, default=_NO_SILENCE)


def _first_reported_at(moments: Sequence[Moment]) -> datetime:
    """When the newest moment was first seen, counting other sources' reports of the same."""
    at, together = moments[-1]
    first_reported_at = min(u.first_seen for u in together)
    for other_at, others in reversed(moments[:-1]):
        if at - other_at > DAY:
            break
        for other in others:
            if other.first_seen < first_reported_at and any(
                other.stage is u.stage and other.source != u.source for u in together
            ):
                first_reported_at = other.first_seen
    return first_reported_at
