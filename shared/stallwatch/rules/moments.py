"""The updates of an order's tracking number, and the moments that they make.

*Update*: a checkpoint that decides something: any but one of an earlier number, an advisory one,
one from the future and one from before the order. *Moment*: the updates of one local time
together, whatever their zones say, for zones are loosely kept; it stands at their latest instant,
and the furthest stage in it counts. *Physical scan*: an update which proves that somebody had the
parcel in hand.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

from stallwatch.domain.clock import days, midnight
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import RANK, Checkpoint, Flag, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.tracking.codes import canonical, code_of_status

# Looked up for each checkpoint of each evaluation, and an enumeration is slow to give its members.
_ADVISORY = Stage.ADVISORY
_EARLY = Flag.EARLY
_UNPLACED = Stage.IN_TRANSIT_UNPLACED


_SCANNED = frozenset(s for s in RANK if RANK[s] >= RANK[Stage.ACCEPTED]) | {_UNPLACED}


_GRAVITY = {
    Flag.EARLY: 0,
    Flag.CUSTOMS: 1,
    Flag.TAX: 1,
    Flag.ADDRESS: 1,
    Flag.CANCELLED: 2,
    Flag.LOST: 3,
}
"""What the buyer can mend counts less than what ends the shipment."""


_AFTER_A_SCAN_ONLY = "COMMON_INTRANSIT"
"""A sign of life that pre-shipment notices carry too (recorded): no scan before another one."""


_FIRST: Callable[[Any], Any] = itemgetter(0)


_AT: Callable[[Any], Any] = attrgetter("at")


_DELIVERED_BY_STATUS = code_of_status("DELIVERED")


Moment = tuple[datetime, list[Checkpoint]]
"""The instant of a moment, and its updates."""


class SkipReason(StrEnum):
    """Why a checkpoint decides nothing."""

    EARLIER_NUMBER = "earlier_number"
    """It is of a number that the order had before."""
    ADVISORY = "advisory"
    FUTURE = "future"
    """It was dated ahead of the day on which it was first seen."""
    BEFORE_ORDER = "before_order"
    """It is another parcel's, or the order's date is wrong."""
    FILLER = "filler"
    """It places nothing, and comes long after the last update that did."""


def is_scan(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint proves by itself that somebody had the parcel in hand."""
    return (
        checkpoint.stage in _SCANNED
        and checkpoint.flag is not _EARLY
        and not (checkpoint.stage is _UNPLACED and _is_sign_of_life(checkpoint.code))
    )


@lru_cache(maxsize=2048)
def _is_sign_of_life(code: str) -> bool:
    """Whether a code is a scan only where another scan came before it."""
    return canonical(code).removeprefix("AE_") == _AFTER_A_SCAN_ONLY


def counts_as_scan(update: Checkpoint, first_scan_at: datetime | None) -> bool:
    """Whether an update is a physical scan, given the first one that is one by itself."""
    if update.stage is _UNPLACED and _is_sign_of_life(update.code):
        return first_scan_at is not None and update.at > first_scan_at
    return update.stage in _SCANNED and update.flag is not _EARLY


def updates_of(
    order: Order, checkpoints: Iterable[Checkpoint], thresholds: Thresholds
) -> tuple[list[Checkpoint], bool]:
    """The updates of the present number, and whether some were left out as older than the order."""
    number = order.tracking_number
    earliest = midnight(order.ordered_on) - days(thresholds.stranger)
    updates = []
    has_foreign = False
    for checkpoint in checkpoints:
        if checkpoint.code == _DELIVERED_BY_STATUS:
            continue  # It is no update: the trace says since when, and whether it stands.
        # Almost every one is seen at a glance for what it is.
        if checkpoint.stage is _ADVISORY:
            continue
        if checkpoint.number == number and earliest <= checkpoint.at <= checkpoint.first_seen:
            updates.append(checkpoint)
            continue
        reason = set_aside(order, checkpoint, thresholds)
        if reason is None:
            updates.append(checkpoint)
        elif reason is SkipReason.BEFORE_ORDER:
            has_foreign = True
    return updates, has_foreign


def set_aside(order: Order, checkpoint: Checkpoint, thresholds: Thresholds) -> SkipReason | None:
    """Why a checkpoint decides nothing; None where it is an update."""
    if checkpoint.number != order.tracking_number:
        return SkipReason.EARLIER_NUMBER
    if checkpoint.stage is Stage.ADVISORY:
        return SkipReason.ADVISORY
    if checkpoint.at > checkpoint.first_seen + days(thresholds.future):
        return SkipReason.FUTURE
    if checkpoint.at < midnight(order.ordered_on) - days(thresholds.stranger):
        return SkipReason.BEFORE_ORDER
    return None


def moments_of(updates: Sequence[Checkpoint]) -> list[Moment]:
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


def _by_instant(updates: Sequence[Checkpoint]) -> list[Moment]:
    """Updates with local_times of their own: those of one instant together."""
    moments: list[Moment] = []
    before: datetime | None = None
    for update in sorted(updates, key=_AT):
        at = update.at
        if at == before:
            moments[-1][1].append(update)
        else:
            moments.append((at, [update]))
            before = at
    return moments


def local_times_of(updates: Iterable[Checkpoint]) -> frozenset[str]:
    """The local times of updates."""
    return frozenset([u.wall for u in updates])


def weight(update: Checkpoint) -> tuple[int, int, str, str]:
    """What counts among the updates of one moment: the furthest stage, then the gravest flag."""
    gravity = 0 if update.flag is None else _GRAVITY[update.flag]
    return RANK.get(update.stage, -1), gravity, update.code, update.text


def weightiest(together: Sequence[Checkpoint]) -> Checkpoint:
    """The update of a moment that counts."""
    return together[0] if len(together) == 1 else max(together, key=weight)


def stamp(instant: datetime) -> str:
    """An instant to the second, as a name."""
    return f"{instant.isoformat(timespec='seconds').removesuffix('+00:00')}Z"
