"""What the checkpoints of an order say: where the parcel is, and which episode this is.

Nothing here looks at a clock or at alerts; the same checkpoints always read the same, in whatever
order they are given.

An *update* is any checkpoint but an advisory one, one from the future and one from before the
order. Updates with the same wall clock are one *moment*, whatever their zones say, for zones are
loosely kept; it stands at their latest instant, and the furthest stage in it counts. A *physical
scan* is an update that proves somebody had the parcel in hand. An *episode* is a stretch of the
journey: a new one begins with the first scan that is newer than every known one, or with a changed
tracking number, and what was said in an earlier one may be said again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from stallwatch.domain.clock import DAY, days, midnight
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import RANK, Checkpoint, Flag, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.tracking.codes import is_destruction

_HANDED_OVER = RANK[Stage.LAST_MILE_CARRIER]


_DEPARTED = frozenset(s for s in RANK if RANK[s] >= RANK[Stage.DEPARTED_ORIGIN])


_SCANNED = frozenset(s for s in RANK if RANK[s] >= RANK[Stage.ACCEPTED]) | {
    Stage.IN_TRANSIT_UNPLACED
}


# Looked up for each checkpoint of each evaluation, and an enumeration is slow to give its members.
_EARLY = Flag.EARLY


_ADVISORY = Stage.ADVISORY


_DELIVERED = Stage.DELIVERED


_EXCEPTION = Stage.EXCEPTION


_PICKUP = Stage.READY_FOR_PICKUP


_RETURNED = Stage.RETURNED


_UNPLACED = Stage.IN_TRANSIT_UNPLACED


FIRST_EPISODE = "0"
"""The episode before anything began another."""


class SkipReason(StrEnum):
    """Why a checkpoint decides nothing."""

    EARLIER_NUMBER = "earlier_number"
    """It is of a number that the order had before."""
    ADVISORY = "advisory"
    FUTURE = "future"
    """It was dated ahead of the day on which it was first seen."""
    BEFORE_ORDER = "before_order"
    """It is another parcel's, or the order's date is wrong."""


class Event(NamedTuple):
    """A placed moment that may ask something of the buyer."""

    walls: frozenset[str]
    """The wall clocks by which it is known."""
    at: datetime

    @property
    def name(self) -> str:
        """Its first wall clock."""
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
    departed: bool
    delivered_at: datetime | None
    """The first delivery."""
    delivery: Checkpoint | None
    """Who told of it first."""
    longest_silence: timedelta
    """The longest time between two updates, up to the first delivery."""
    destroyed: bool
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

    @property
    def scanned(self) -> bool:
        """Whether there is a physical scan."""
        return self.dispatched is not None

    @property
    def handed_over(self) -> bool:
        """Whether the local carrier has it, or had it last."""
        return self.place is not None and RANK[self.place] >= _HANDED_OVER


_FIRST: Callable[[Any], Any] = itemgetter(0)


_REPORTED: Callable[[Any], Any] = attrgetter("first_seen", "source")


_AT: Callable[[Any], Any] = attrgetter("at")


_Moment = tuple[datetime, list[Checkpoint]]
"""The instant of a moment, and its updates."""


def is_scan(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint proves that somebody had the parcel in hand."""
    return checkpoint.stage in _SCANNED and checkpoint.flag is not _EARLY


def began_with_scan(episode: str) -> bool:
    """Whether an episode began with a scan, and not with the order or a changed number."""
    return episode.startswith("scan ")


def read_journey(order: Order, checkpoints: Sequence[Checkpoint], limits: Thresholds) -> Journey:  # noqa: C901
    """Read the checkpoints of an order's present tracking number."""
    updates, strangers = _updates(order, checkpoints, limits)
    moments = _moments(updates)
    departed = False
    delivered_at: datetime | None = None
    delivery: Checkpoint | None = None
    dispatched: datetime | None = None
    location: Stage | None = None
    newest: tuple[_Moment, Checkpoint] | None = None
    destroyed = False
    stay: list[_Moment] = []
    for moment in moments:
        at, together = moment
        for update in together:
            # Whoever has departed was scanned.
            if not departed:
                if dispatched is None and is_scan(update):
                    dispatched = at
                departed = update.stage in _DEPARTED and update.flag is not _EARLY
            if update.stage is _RETURNED and is_destruction(update.code):
                destroyed = True
        placing = _placing(together, departed=departed, delivered=delivered_at is not None)
        if placing is None:
            continue
        newest = moment, placing
        if delivery is None and (placing.stage is _DELIVERED or len(together) > 1):
            reports = [update for update in together if update.stage is _DELIVERED]
            delivery = min(reports, key=_REPORTED, default=None)
            delivered_at = at if delivery is not None else None
        if placing.stage is _PICKUP or (stay and placing.stage is _EXCEPTION):
            stay.append(moment)
        elif stay:
            stay = []
        if placing.stage is not _EXCEPTION:
            location = placing.stage

    stage = flag = attempt = None
    if newest is not None:
        stage, flag = newest[1].stage, newest[1].flag
        if stage is Stage.FAILED_ATTEMPT:
            attempt = _attempt(*newest, moments)
    episode = _episode(order, moments, limits)
    return Journey(
        stage=stage,
        place=location,
        last_update=moments[-1][0] if moments else None,
        told_at=_told_at(moments) if moments and order.actions else None,
        dispatched=dispatched,
        departed=departed,
        delivered_at=delivered_at,
        longest_silence=timedelta(0)
        if delivered_at is None
        else _longest_silence(moments, delivered_at),
        delivery=delivery,
        destroyed=destroyed,
        newest=None if newest is None else _event(newest[0]),
        flag=None if flag is _EARLY else flag,
        stay=Event(_walls(u for _, together in stay for u in together), stay[0][0])
        if stay
        else None,
        attempt=attempt,
        episode=episode,
        moved=began_with_scan(episode),
        last_checkpoint=_weightiest(moments[-1][1]) if moments else None,
        strangers=strangers,
    )


def _updates(
    order: Order, checkpoints: Iterable[Checkpoint], limits: Thresholds
) -> tuple[list[Checkpoint], bool]:
    number = order.tracking_number
    earliest = midnight(order.ordered_on) - days(limits.stranger)
    updates = []
    strangers = False
    for checkpoint in checkpoints:
        # Almost every one is seen at a glance for what it is.
        if checkpoint.stage is _ADVISORY:
            continue
        if checkpoint.number == number and earliest <= checkpoint.at <= checkpoint.first_seen:
            updates.append(checkpoint)
            continue
        why = set_aside(order, checkpoint, limits)
        if why is None:
            updates.append(checkpoint)
        elif why is SkipReason.BEFORE_ORDER:
            strangers = True
    return updates, strangers


def set_aside(order: Order, checkpoint: Checkpoint, limits: Thresholds) -> SkipReason | None:
    """Why a checkpoint decides nothing; None where it is an update."""
    if checkpoint.number != order.tracking_number:
        return SkipReason.EARLIER_NUMBER
    if checkpoint.stage is Stage.ADVISORY:
        return SkipReason.ADVISORY
    if checkpoint.at > checkpoint.first_seen + days(limits.future):
        return SkipReason.FUTURE
    if checkpoint.at < midnight(order.ordered_on) - days(limits.stranger):
        return SkipReason.BEFORE_ORDER
    return None


def _moments(updates: Sequence[Checkpoint]) -> list[_Moment]:
    """The updates of one wall clock together, at the latest instant that their zones give it."""
    if len({update.wall for update in updates}) == len(updates):
        return _by_instant(updates)
    by_instant: dict[datetime, list[Checkpoint]] = {}
    by_wall: dict[str, list[Checkpoint]] = {}
    for update in updates:
        by_wall.setdefault(update.wall, []).append(update)
    for together in by_wall.values():
        at = together[0].at if len(together) == 1 else max(u.at for u in together)
        by_instant.setdefault(at, []).extend(together)
    return sorted(by_instant.items(), key=_FIRST)


def _by_instant(updates: Sequence[Checkpoint]) -> list[_Moment]:
    """Updates with walls of their own: those of one instant together."""
    moments: list[_Moment] = []
    before: datetime | None = None
    for update in sorted(updates, key=_AT):
        at = update.at
        if at == before:
            moments[-1][1].append(update)
        else:
            moments.append((at, [update]))
            before = at
    return moments


def _event(moment: _Moment) -> Event:
    return Event(_walls(moment[1]), moment[0])


def _walls(updates: Iterable[Checkpoint]) -> frozenset[str]:
    return frozenset([u.wall for u in updates])


def _weight(update: Checkpoint) -> tuple[int, bool, str, str]:
    """What counts among the updates of one moment: the furthest stage, then a flagged one."""
    flagged = update.flag is not None and update.flag is not Flag.EARLY
    return RANK.get(update.stage, -1), flagged, update.code, update.text


def _weightiest(together: Sequence[Checkpoint]) -> Checkpoint:
    return together[0] if len(together) == 1 else max(together, key=_weight)


def _placing(
    together: Iterable[Checkpoint], *, departed: bool, delivered: bool
) -> Checkpoint | None:
    """The update that gives a moment its stage; None where nothing in it is placed."""
    best: Checkpoint | None = None
    for update in together:
        if (
            update.stage is _UNPLACED
            or (update.flag is _EARLY and not departed)
            or (delivered and update.stage is not _RETURNED)
        ):
            continue
        if best is None or _weight(update) > _weight(best):
            best = update
    return best


def _attempt(moment: _Moment, attempt: Checkpoint, moments: Iterable[_Moment]) -> Event:
    """A failed attempt, with the walls under which other sources reported the same."""
    at, together = moment
    reports = (
        u
        for other_at, others in moments
        if abs(other_at - at) <= DAY
        for u in others
        if u.stage is attempt.stage and u.source != attempt.source
    )
    return Event(_walls(together) | _walls(reports), at)


def _longest_silence(moments: Sequence[_Moment], until: datetime) -> timedelta:
    gaps = (two[0] - one[0] for one, two in pairwise(moments) if two[0] <= until)
    return max(gaps, default=timedelta(0))


def _told_at(moments: Sequence[_Moment]) -> datetime:
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


def _episode(order: Order, moments: Sequence[_Moment], limits: Thresholds) -> str:
    """The episode that the journey is in.

    It is the last one that began. An episode begins with what was news then, of all that had been
    seen by then: a scan that is newer than every known one, unless the parcel had been silent for
    long even so, or unless it only repeats what another source had said before.
    """
    changed_at = order.number_changed_at
    silence = days(limits.stalled)
    sights = [u.first_seen for _, together in moments for u in together]
    while sights:
        last = max(sights)
        if changed_at is not None and last < changed_at:
            break
        if _began_at(last, moments, silence):
            return f"scan {stamp(last)}"
        sights = [sight for sight in sights if sight < last]
    return FIRST_EPISODE if changed_at is None else f"number {stamp(changed_at)}"


def _began_at(last: datetime, moments: Sequence[_Moment], silence: timedelta) -> bool:
    """Whether an episode began with what was first seen then.

    The newest scan of all seen by then must have been news, and none of them again.
    """
    newest: datetime | None = None
    for at, together in reversed(moments):
        seen = [update for update in together if update.first_seen <= last]
        if newest is None and seen:
            newest = at
            if last - newest >= silence:
                return False
        scans = [update for update in seen if is_scan(update)]
        for scan in scans:
            if scan.first_seen < last:
                return False
        for scan in scans:
            if not _is_echo(scan, moments):
                return True
    return False


def _is_echo(scan: Checkpoint, moments: Sequence[_Moment]) -> bool:
    """Whether a scan is another source's report of a known one: the same stage within 24 hours."""
    earliest = scan.at - DAY
    for at, together in reversed(moments):
        if at < earliest:
            return False
        for other in together:
            if (
                other.source != scan.source
                and other.stage is scan.stage
                and other.first_seen < scan.first_seen
                and abs(other.at - scan.at) <= DAY
                and is_scan(other)
            ):
                return True
    return False


def stamp(instant: datetime) -> str:
    """An instant to the second, as a name."""
    return f"{instant.isoformat(timespec='seconds').removesuffix('+00:00')}Z"
