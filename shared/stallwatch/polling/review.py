"""The review after an update: the evaluation looks once at every order that is watched.

What an earlier version wrote of an order lacks what only this version derives, such as its place
among those that press. Time alone would bring each order to its next evaluation, for a calm one in
days. So the first runs after an update have the evaluation look at all of them, the oldest first,
for those are nearest to their claim. From then on a review costs nothing: what was reviewed stands
in the progress, which every run reads.
"""

import logging
from dataclasses import replace
from functools import partial

from stallwatch.domain.clock import Clock
from stallwatch.domain.errors import UnavailableError
from stallwatch.polling.answers import saved
from stallwatch.polling.gate import LAST_REQUEST
from stallwatch.polling.ports import ReviewStore
from stallwatch.polling.state import Progress
from stallwatch.polling.tally import RunReport

_log = logging.getLogger(__name__)

MOST_REVIEWED = 1_000
"""Orders in one run: some ten seconds of it."""


class Review:
    """Has the evaluation look at what an earlier version left, some orders in each run.

    Args:
        store: The watch and the traces.
        clock: The time, and how much of it the run has left.
    """

    def __init__(self, store: ReviewStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, progress: Progress) -> Progress:
        """The progress as a run finds it: before the first run ever, nothing is to be reviewed."""
        if progress.turn_lengths:
            return progress
        return replace(progress, reviewed_version=self._store.version)

    def is_left(self, progress: Progress) -> bool:
        """Whether orders are left to review."""
        return bool(progress.turn_lengths) and progress.reviewed_version < self._store.version

    def go_on(self, progress: Progress, report: RunReport) -> Progress:
        """Review some orders.

        Args:
            progress: The progress as it stands.
            report: Counts those that could not be told of: they wait for their next evaluation.

        Returns:
            The progress after them.
        """
        if not self.is_left(progress):
            return progress
        try:
            rows, following = self._store.watched(progress.review_from, MOST_REVIEWED)
        except UnavailableError:
            # The next run reviews; what this one has asked for is not to be lost for it.
            _log.exception("not reviewed")
            return progress
        for row, place in rows:
            if self._clock.remaining() <= LAST_REQUEST:
                return replace(progress, review_from=place)
            touch = partial(self._store.touch_unanswered, row, self._clock.now(), asked=False)
            report.unsaved += not saved(row, touch)
        if following is not None:
            return replace(progress, review_from=following)
        return replace(progress, reviewed_version=self._store.version, review_from=None)
