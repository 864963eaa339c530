"""A walk along the moments of a journey: stage, borders, fillers, the delivery, the stay.

What a moment means depends on those before it. *Borders*: after a departure codes of the origin
place nothing, after an arrival departures don't; a return takes both back. *Fillers*: updates that
place nothing count only for some days after the last that did.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from stallwatch.domain.parcels import RANK, Checkpoint, Flag, Stage
from stallwatch.rules.moments import Moment, weight
from stallwatch.tracking.codes import is_destruction

_DEPARTURE = RANK[Stage.DEPARTED_ORIGIN]


_ARRIVAL = RANK[Stage.ARRIVED_DESTINATION]


_LAST_BEFORE_DELIVERY = RANK[Stage.FAILED_ATTEMPT]


# Looked up for each checkpoint of each evaluation, and an enumeration is slow to give its members.
_EARLY = Flag.EARLY
_ATTEMPT = Stage.FAILED_ATTEMPT
_DELIVERED = Stage.DELIVERED
_DEPARTED = Stage.DEPARTED_ORIGIN
_EXCEPTION = Stage.EXCEPTION
_PICKUP = Stage.READY_FOR_PICKUP
_RETURNED = Stage.RETURNED
_UNPLACED = Stage.IN_TRANSIT_UNPLACED


_REPORTED: Callable[[Any], Any] = attrgetter("first_seen", "source")


class Walk:
    """A walk along the moments, oldest first, that keeps what the later ones depend on."""

    __slots__ = (
        "arrived",
        "delivered_at",
        "delivery",
        "departed",
        "destroyed",
        "fillers",
        "kept",
        "left",
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
        self.kept: list[Moment] = []
        self.fillers: list[Checkpoint] = []
        self.stage: Stage | None = None
        self.place: Stage | None = None
        self.newest: tuple[Moment, Checkpoint] | None = None
        self.delivered_at: datetime | None = None
        self.delivery: Checkpoint | None = None
        self.destroyed = False
        self.stay: list[Moment] = []
        self.other_attempt_at: datetime | None = None
        self.other_flag_at: datetime | None = None

    def run(self, moments: Iterable[Moment], filler: timedelta) -> None:
        """Take every moment, and a delivery that status alone tells at its own instant."""
        kept = self.kept
        # The last moment that placed something; before one, the first.
        anchor: datetime | None = None
        for moment in moments:
            at, together = moment
            if self.status_at is not None and at > self.status_at:
                self._deliver_by_status()
            placing = self._placing(together)
            if placing is not None:
                kept.append(moment)
                anchor = at
                # After a delivery nothing moves the parcel but a return.
                if self.delivered_at is None or placing.stage is _RETURNED:
                    self._place(moment, placing)
            elif anchor is None:
                kept.append(moment)
                anchor = at
            elif at <= anchor + filler:
                kept.append(moment)
            else:
                self.fillers += together
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
        if len(together) == 1:
            update = together[0]
            stage = update.stage
            if (
                stage is _UNPLACED
                or (not left and update.flag is _EARLY)
                or (left and RANK.get(stage, _DEPARTURE) < _DEPARTURE)
                or (self.arrived and stage is _DEPARTED)
            ):
                return None
            return update
        if not left:
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
                or (self.left and RANK.get(stage, _DEPARTURE) < _DEPARTURE)
                or (self.arrived and stage is _DEPARTED)
            ):
                continue
            if best is None or weight(update) > weight(best):
                best = update
        return best

    def _place(self, moment: Moment, placing: Checkpoint) -> None:
        at, together = moment
        stage, before = placing.stage, self.newest
        if before is not None:
            if stage is not _ATTEMPT or self.stage is not _ATTEMPT:
                self.other_attempt_at = before[0][0]
            if placing.flag is not before[1].flag:
                self.other_flag_at = before[0][0]
        self.newest = moment, placing
        self.stage = stage
        if self.delivery is None and (stage is _DELIVERED or len(together) > 1):
            reports = [update for update in together if update.stage is _DELIVERED]
            self.delivery = min(reports, key=_REPORTED, default=None)
            if self.delivery is not None and self.delivered_at is None:
                self.delivered_at = at
        if self.stay or stage is _PICKUP:
            if stage is _PICKUP or stage is _EXCEPTION:
                self.stay.append(moment)
            else:
                self.stay = []
        if stage is not _EXCEPTION:
            self.place = stage
            if RANK[stage] >= _DEPARTURE:
                self._pass_borders(together, stage)

    def _pass_borders(self, together: Sequence[Checkpoint], stage: Stage) -> None:
        self.departed = True
        if stage is _RETURNED:
            # A parcel that is shipped again starts anew.
            self.left = self.arrived = False
            if any(is_destruction(u.code) for u in together if u.stage is _RETURNED):
                self.destroyed = True
            return
        self.left = True
        if not self.arrived and RANK[stage] >= _ARRIVAL:
            self.arrived = any(
                u.flag is not _EARLY and _ARRIVAL <= RANK.get(u.stage, -1) <= _LAST_BEFORE_DELIVERY
                for u in together
            )
