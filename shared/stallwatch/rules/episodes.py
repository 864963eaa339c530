"""Episodes: the stretches of a parcel's journey in which something may be said again.

A new one begins with the first physical scan that is newer than every known one, or with a changed
tracking number. A scan that was registered late ends nothing: the parcel must not have been silent
for long even so. Nor does one that only repeats what another source had reported before, and the
trace of the order's very first answer begins none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from stallwatch.domain.clock import DAY, days
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Checkpoint
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.moments import Moment, counts_as_scan, stamp

FIRST_EPISODE = "0"
"""The episode before anything began another."""


def began_with_scan(episode: str) -> bool:
    """Whether an episode began with a scan, and not with the order or a changed number."""
    return episode.startswith("scan ")


def episode_of(
    order: Order,
    moments: Sequence[Moment],
    thresholds: Thresholds,
    first_scan_at: datetime | None,
    first_answer_at: datetime | None,
) -> str:
    """The episode that the journey is in: the last one that began.

    Args:
        order: The order.
        moments: What its number's updates make, oldest first.
        thresholds: The numbers of the rules.
        first_scan_at: The first physical scan.
        first_answer_at: When the order's first valid answer was evaluated.
    """
    changed_at = order.number_changed_at
    silence = days(thresholds.stalled)
    sights = {u.first_seen for _, together in moments for u in together}
    for sight in sorted(sights, reverse=True):
        if changed_at is not None and sight < changed_at:
            break
        if first_answer_at is not None and sight <= first_answer_at:
            break
        if _began_at(sight, moments, silence, first_scan_at):
            return f"scan {stamp(sight)}"
    return FIRST_EPISODE if changed_at is None else f"number {stamp(changed_at)}"


def first_begun_after(
    since: datetime,
    moments: Sequence[Moment],
    thresholds: Thresholds,
    first_scan_at: datetime | None,
) -> datetime | None:
    """When a scan first began an episode after an instant; None where none did."""
    silence = days(thresholds.stalled)
    sights = {u.first_seen for _, together in moments for u in together}
    for sight in sorted(s for s in sights if s > since):
        if _began_at(sight, moments, silence, first_scan_at):
            return sight
    return None


def _began_at(
    last: datetime,
    moments: Sequence[Moment],
    silence: timedelta,
    first_scan_at: datetime | None,
) -> bool:
    """Whether an episode began with what was first seen then.

    The newest scan of all seen by then must have been news, and none of them a repetition.
    """
    is_newest = True
    for at, together in reversed(moments):
        scans = []
        for update in together:
            if update.first_seen > last:
                continue
            if is_newest and last - at >= silence:
                return False
            is_newest = False
            if counts_as_scan(update, first_scan_at):
                if update.first_seen < last:
                    return False
                scans.append(update)
        for scan in scans:
            if not _is_echo(scan, moments, first_scan_at):
                return True
    return False


def _is_echo(scan: Checkpoint, moments: Sequence[Moment], first_scan_at: datetime | None) -> bool:
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
                and counts_as_scan(other, first_scan_at)
            ):
                return True
    return False
