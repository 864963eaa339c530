"""Looking back on our own watching: what the run records tell of one order, and our gaps."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from stallwatch.claims.history import (
    CheckHistory,
    Gap,
    GapReason,
    Outcome,
    check_history,
    turns_checked_in,
)
from stallwatch.tracking.run_log import RunRecord, short_name
from stallwatch.tracking.schedule import NEW, PollSchedule, SlotStay
from stallwatch.tracking.source import Verdict

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WHEEL = PollSchedule(30)
LENGTHS = (30,)
START = NOW - 20 * DAY
DAILY = "24h0900"


def days_of(*outcomes: RunRecord | None) -> dict[str, list[RunRecord]]:
    """The runs of the daily slot's turn."""
    return {"0900+30": [run for run in outcomes if run is not None]}


def at(day: int) -> datetime:
    """The slot's turn so many days after the start."""
    return START.replace(hour=9) + day * DAY


def back(
    runs: Mapping[str, Sequence[RunRecord]],
    *answers: datetime,
    stays: Sequence[SlotStay] = (SlotStay(DAILY, START),),
    now: datetime = NOW,
    since: datetime = START,
) -> CheckHistory:
    return check_history("x", stays, runs, answers, since, now, LENGTHS)


def test_every_run_of_the_slot_was_a_look() -> None:
    """Answered or not, with the reason, oldest first."""
    seen = back(
        days_of(
            RunRecord(at(4), answered=False, verdict=Verdict.BLOCKED),
            RunRecord(at(1), answered=True, silent={"somebody": at(1)}),
            RunRecord(at(2), answered=True, silent={short_name("x"): at(2)}),
            RunRecord(at(3), answered=False, verdict=Verdict.FAILING),
        )
    )
    assert [
        (at(1), Outcome.ANSWERED),
        (at(2), Outcome.UNANSWERED),
        (at(3), Outcome.FAILING),
        (at(4), Outcome.BLOCKED),
    ] == [(g.at, g.outcome) for g in seen.checks]
    assert 1 == seen.count(Outcome.BLOCKED)


def test_runs_count_while_the_order_sat_in_the_slot() -> None:
    """From five minutes after it came in, until it went on; a run before belonged to others."""
    stays = (SlotStay(DAILY, at(2) - MINUTE), SlotStay("12h0300", at(4)), SlotStay("", at(6)))
    runs = {
        "0900+30": [RunRecord(at(day), answered=True) for day in range(8)],
        "0300+30": [RunRecord(at(day) - 6 * HOUR, answered=True) for day in range(8)],
        "1500+30": [RunRecord(at(day) + 6 * HOUR, answered=True) for day in range(8)],
    }
    expected = [at(3), at(4) + 6 * HOUR, at(5) - 6 * HOUR, at(5) + 6 * HOUR, at(6) - 6 * HOUR]
    assert expected == [g.at for g in back(runs, stays=stays).checks]


def test_only_the_turns_of_its_slots_are_read() -> None:
    """Eight at the most, whatever slots it came through; new ones have none."""
    every = [SlotStay(WHEEL.slot("x", hours), START) for hours in (3, 6, 12, 24)]
    turns = turns_checked_in([SlotStay(NEW, START), *every, SlotStay("", NOW)], LENGTHS)
    assert 8 == len(turns)
    assert turns_checked_in(every[-1:], LENGTHS)[0] in turns


def test_an_answer_outside_of_any_run_is_a_look_too() -> None:
    """The first one, say; one that came during a run is that run's."""
    seen = back(days_of(RunRecord(at(1), answered=True)), START + HOUR, at(1) + 3 * MINUTE)
    assert [START + HOUR, at(1)] == [g.at for g in seen.checks]


def test_what_was_before_the_number_is_left_out() -> None:
    """It was a look at another number."""
    seen = back(
        days_of(RunRecord(at(1), answered=True), RunRecord(at(3), answered=True)), since=at(2)
    )
    assert [at(3)] == [g.at for g in seen.checks]


def test_a_day_between_two_answers_is_no_gap() -> None:
    """The slowest cadence is a day."""
    runs = days_of(*(RunRecord(at(day), answered=True) for day in range(1, 21)))
    assert () == back(runs, START + HOUR).gaps


def test_a_gap_says_why_and_how_often_it_was_tried() -> None:
    """From the answer before to the answer after."""
    blocked = (RunRecord(at(day), answered=False, verdict=Verdict.BLOCKED) for day in range(3, 8))
    runs = days_of(
        RunRecord(at(1), answered=True),
        RunRecord(at(2), answered=False, verdict=Verdict.FAILING),
        *blocked,
        *(RunRecord(at(day), answered=True) for day in range(8, 20)),
    )  # fmt: skip
    assert (Gap(at(1), at(8), GapReason.BLOCKED, 6),) == back(runs, START + HOUR).gaps


def test_a_time_without_any_look_is_a_gap_of_our_own() -> None:
    """The stack stood still; so is the time since the last answer, if it is long."""
    runs = days_of(RunRecord(at(1), answered=True), RunRecord(at(9), answered=True))
    assert (
        Gap(at(1), at(9), GapReason.NOT_LOOKED, 0),
        Gap(at(9), None, GapReason.NOT_LOOKED, 0),
    ) == back(runs, START + HOUR).gaps


def test_after_the_watch_nothing_is_missed() -> None:
    """An order that is closed is not looked at any more."""
    stays = (SlotStay(DAILY, START), SlotStay("", at(2)))
    assert () == back(days_of(RunRecord(at(1), answered=True)), START + HOUR, stays=stays).gaps


def test_an_order_that_is_new_was_in_no_slot_yet() -> None:
    """Nothing is on record of it."""
    seen = back({}, stays=(), now=START + HOUR)
    assert ((), ()) == (seen.checks, seen.gaps)
    assert [] == turns_checked_in((), LENGTHS)


def test_no_answer_at_all_is_one_gap() -> None:
    """From the beginning of the watch on."""
    seen = back({}, now=START + 3 * DAY)
    assert (Gap(START, None, GapReason.NOT_LOOKED, 0),) == seen.gaps
