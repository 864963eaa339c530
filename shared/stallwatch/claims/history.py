"""Check history: when an order's number was checked, what came of it, and the gaps between.

A check that brings nothing new writes nothing to its order. What is on record of it is the run of
the turn that its slot had, so the checks of an order follow from the slots that it came into and
the runs of their turns. Checks outside of any turn (the first one, one after a change, one that was
asked for) are known by the news they brought.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from stallwatch.tracking.run_log import INDEX_LAG, RunRecord, short_name
from stallwatch.tracking.schedule import SlotStay, turns_of
from stallwatch.tracking.source import Verdict

GAP = timedelta(hours=36)
"""From how long a time without a valid answer on is a gap: the longest cadence is a day."""


LONGEST_RUN = timedelta(minutes=15)
"""How long after its beginning a run may write down what it was answered."""


class Outcome(StrEnum):
    """What came of a check."""

    ANSWERED = "answered"
    """A valid answer about its number."""
    UNANSWERED = "unanswered"
    """The source answered about others, but not about its number."""
    BLOCKED = "blocked"
    """The source refused to be asked."""
    FAILING = "failing"
    """The source was asked and did not answer."""


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """A check of an order's number."""

    at: datetime
    outcome: Outcome


class GapReason(StrEnum):
    """Why there is no answer about a number for a while."""

    BLOCKED = "blocked"
    FAILING = "failing"
    UNANSWERED = "unanswered"
    NOT_LOOKED = "not_looked"
    """Nobody checked."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a valid answer about a number."""

    since: datetime
    """The valid answer before it, or the beginning of the watch."""
    until: datetime | None
    """The valid answer after it; None: it lasts."""
    reason: GapReason
    tries: int
    """How many checks in it failed, as far as they are on record."""


@dataclass(frozen=True, slots=True)
class CheckHistory:
    """All checks of an order's number that are on record, and the gaps between the answers."""

    since: datetime
    """From when on."""
    checks: tuple[CheckRecord, ...]
    """Oldest first."""
    gaps: tuple[Gap, ...]

    def count(self, outcome: Outcome) -> int:
        """How many checks came out like that."""
        return sum(check.outcome is outcome for check in self.checks)


def turns_checked_in(stays: Iterable[SlotStay], lengths: Iterable[int]) -> list[str]:
    """The turns whose runs may have checked an order: eight for each length of a turn.

    Args:
        stays: The slots that it came into.
        lengths: The lengths, in minutes, that turns have had.
    """
    slots = {stay.slot for stay in stays if stay.slot}
    return sorted({name for slot in slots for name in turns_of(slot, lengths)})


def check_history(
    order_id: str,
    stays: Sequence[SlotStay],
    runs: Mapping[str, Sequence[RunRecord]],
    answers: Iterable[datetime],
    since: datetime,
    now: datetime,
    lengths: Iterable[int],
) -> CheckHistory:
    """The check history of an order's number.

    Args:
        order_id: The order.
        stays: The slots that it came into, oldest first.
        runs: The run records of the turns of those slots (`turns_checked_in`), by turn.
        answers: Instants at which there was a valid answer about the number, as its trace and its
            alerts tell; they may be among the runs.
        since: From when on the number was to be watched.
        now: The present instant.
        lengths: The lengths, in minutes, that turns have had.
    """
    on_record = _checks_of_runs(order_id, stays, runs, tuple(lengths))
    checks = [check for check in on_record if since <= check.at <= now]
    for at in sorted(set(answers)):
        if since <= at <= now and not _is_of_a_run(at, checks):
            checks.append(CheckRecord(at, Outcome.ANSWERED))
    checks.sort(key=lambda check: check.at)
    return CheckHistory(since, tuple(checks), tuple(_gaps(checks, since, _end(stays, now))))


def _checks_of_runs(
    order_id: str,
    stays: Sequence[SlotStay],
    runs: Mapping[str, Sequence[RunRecord]],
    lengths: Sequence[int],
) -> Iterable[CheckRecord]:
    name = short_name(order_id)
    for stay, following in pairwise([*stays, None]):
        if stay is None or not stay.slot:
            continue
        until = None if following is None else following.since
        for turn in turns_of(stay.slot, lengths):
            for run in runs.get(turn, ()):
                if run.at >= stay.since + INDEX_LAG and (until is None or run.at < until):
                    yield CheckRecord(run.at, _outcome(run, name))


def _outcome(run: RunRecord, name: str) -> Outcome:
    if run.answered:
        return Outcome.UNANSWERED if name in run.silent else Outcome.ANSWERED
    return Outcome.BLOCKED if run.verdict is Verdict.BLOCKED else Outcome.FAILING


def _is_of_a_run(at: datetime, checks: Iterable[CheckRecord]) -> bool:
    """Whether an answer is that of a check on record."""
    return any(
        check.outcome is Outcome.ANSWERED and timedelta(0) <= at - check.at <= LONGEST_RUN
        for check in checks
    )


def _end(stays: Sequence[SlotStay], now: datetime) -> datetime:
    """Until when the number was to be checked."""
    return stays[-1].since if stays and not stays[-1].slot else now


def _gaps(checks: Sequence[CheckRecord], since: datetime, end: datetime) -> Iterable[Gap]:
    answered = [check.at for check in checks if check.outcome is Outcome.ANSWERED]
    for before, after in pairwise([since, *answered, None]):
        if before is None or (after or end) - before <= GAP:
            continue
        failed = [
            check.outcome
            for check in checks
            if check.outcome is not Outcome.ANSWERED
            and check.at >= before
            and (after is None or check.at < after)
        ]
        reason = GapReason(max(failed, key=failed.count)) if failed else GapReason.NOT_LOOKED
        yield Gap(before, after, reason, len(failed))
