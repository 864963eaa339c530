"""The ledger of our own watching: an order's last answer follows from the runs of its slot."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stallwatch.tracking.run_log import (
    INDEX_LAG,
    LastCheck,
    LastRun,
    RunRecord,
    last_check,
    rows_after,
    short_name,
)
from stallwatch.tracking.schedule import NEW, PollSchedule, slots_of, turns_of

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
LENGTHS = (30,)
TURNS = (5, 10, 15, 20, 30, 60)
SLOT = "12h0430"
"""Has its turns at 0430 and 1630."""


def row(at: datetime, *, answered: bool = True, silent: bool = False) -> LastRun:
    return LastRun(at, at if answered else None, silent=silent)


def run(at: datetime, *, answered: bool, silent: Mapping[str, datetime] = {}) -> RunRecord:
    return RunRecord(at, answered, silent=silent)


def test_the_newest_run_of_any_of_the_slot_s_turns_counts() -> None:
    """A slot has several turns a day."""
    older, newer = NOW - timedelta(hours=20), NOW - timedelta(hours=8)
    rows = {"1630+30": row(older), "0430+30": row(newer), "1200+30": row(NOW)}
    assert LastCheck(newer, newer) == last_check(rows, LENGTHS, SLOT, NOW - timedelta(days=3))


def test_a_run_without_an_answer_is_a_try_only() -> None:
    """The last answer stays where it was."""
    answered_at, tried_at = NOW - timedelta(hours=20), NOW - timedelta(hours=8)
    rows = {"1630+30": row(answered_at), "0430+30": row(tried_at, answered=False)}
    assert LastCheck(tried_at, answered_at) == last_check(
        rows, LENGTHS, SLOT, NOW - timedelta(days=3)
    )


def test_runs_count_from_five_minutes_after_the_order_came_into_the_slot() -> None:
    """The index lags, so a run just after may have missed it."""
    rows = {"0430+30": row(NOW)}
    assert timedelta(minutes=5) == INDEX_LAG
    assert LastCheck(NOW, NOW) == last_check(rows, LENGTHS, SLOT, NOW - INDEX_LAG)
    assert LastCheck() == last_check(rows, LENGTHS, SLOT, NOW - INDEX_LAG + timedelta(seconds=1))
    assert LastCheck() == last_check(rows, LENGTHS, SLOT, None)


def test_where_some_got_no_answer_the_run_record_must_be_asked() -> None:
    """The row alone does not say which."""
    rows = {"0430+30": row(NOW, silent=True), "1630+30": row(NOW - timedelta(hours=12))}
    assert "0430+30" == last_check(rows, LENGTHS, SLOT, NOW - timedelta(days=3)).turn


def test_new_orders_have_no_turn_to_learn_from() -> None:
    """Their trace alone says when they were asked about."""
    assert LastCheck() == last_check({"0430+30": row(NOW)}, LENGTHS, NEW, NOW - timedelta(days=3))


@settings(deadline=None)
@given(
    st.sampled_from(["03h0115", "06h0030", "12h0045", "24h1320"]),
    st.lists(
        st.tuples(
            st.sampled_from([0, 15, 20, 30, 45, 60, 75, 80]),
            st.sampled_from(TURNS),
            st.sampled_from(["answered", "silent", "not answered"]),
        ),
        min_size=3,
        max_size=12,
    ),
    st.integers(0, 12),
)
@example("06h0030", [(30, 5, "answered"), (0, 60, "answered"), (0, 5, "answered")], 0)
def test_nothing_is_forgotten_whatever_the_lengths_of_the_turns(
    slot: str, served: list[tuple[int, int, str]], entered: int
) -> None:
    """The last look is that of the last run that served the slot, and of no other."""
    lengths = {length for _, length, _ in served}
    since = NOW + timedelta(hours=entered) - INDEX_LAG
    rows: dict[str, LastRun] = {}
    expected = LastCheck()
    for hour, (minute, length, outcome) in enumerate(served):
        at = NOW + timedelta(hours=hour)
        turn = PollSchedule(length).turn_at(NOW + timedelta(minutes=minute))
        answered = outcome != "not answered"
        silent = {"x": at} if outcome == "silent" else {}
        rows = rows_after(rows, turn.name, run(at, answered=answered, silent=silent))
        if slot in slots_of(turn, TURNS) and at >= since + INDEX_LAG:
            expected = replace(expected, tried_at=at)
            if answered:
                expected = LastCheck(at, at, turn.name if silent else None)

    assert expected == last_check(rows, lengths, slot, since)


def test_turns_of_another_length_have_rows_of_their_own() -> None:
    """A shorter one that begins at the same minute has not served what the longer one has."""
    rows = rows_after({}, "1200+60", run(NOW, answered=True, silent={"x": NOW}))
    rows = rows_after(rows, "1200+05", run(NOW + timedelta(days=1), answered=True))
    assert LastCheck(NOW, NOW, "1200+60") == last_check(
        rows, (5, 60), "12h0030", NOW - timedelta(days=3)
    )


@pytest.mark.parametrize("lengths", [TURNS, TURNS[::-1], (20, 15, 30, 10)])
def test_the_rows_of_other_lengths_do_not_stay_for_ever(lengths: tuple[int, ...]) -> None:
    """Once all that a turn served was answered in others, its row says nothing any more."""
    rows: dict[str, LastRun] = {}
    for day, length in enumerate(lengths):
        begin = NOW + timedelta(days=day)
        turns = list(PollSchedule(length).turns(begin, begin + timedelta(days=1)))
        for turn in turns:
            rows = rows_after(rows, turn.name, run(turn.start, answered=True))
        assert {turn.name for turn in turns} == set(rows)


def test_a_turn_without_an_answer_ends_no_other_s_row() -> None:
    """It says nothing of what the others know, and neither does a part of a turn."""
    rows = {"1200+60": row(NOW), "1200+05": row(NOW)}
    later = NOW + timedelta(days=1)
    assert {*rows, "1200+30"} == set(rows_after(rows, "1200+30", run(later, answered=False)))
    assert {"1200+60", "1200+30"} == set(rows_after(rows, "1200+30", run(later, answered=True)))


def test_a_turn_s_row_keeps_the_last_answer() -> None:
    """A run that got none changes only the last try."""
    first = run(NOW - timedelta(days=1), answered=True).row_after(None)
    assert row(NOW - timedelta(days=1)) == first
    second = run(NOW, answered=False).row_after(first)
    assert replace(row(NOW - timedelta(days=1)), tried_at=NOW) == second
    assert row(NOW, answered=False) == run(NOW, answered=False).row_after(None)


def test_a_turn_s_row_keeps_whether_some_were_silent_in_the_answered_run() -> None:
    """A blocked run after it asked nobody, and says nothing about them."""
    silent = run(NOW - timedelta(days=1), answered=True, silent={"x": NOW}).row_after(None)
    blocked = run(NOW, answered=False).row_after(silent)
    assert replace(row(NOW - timedelta(days=1), silent=True), tried_at=NOW) == blocked


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=8), st.integers(0, 8))
def test_no_answer_is_newer_than_the_runs_that_were_answered(
    answered: list[bool], entered: int
) -> None:
    """Whatever the runs, the last answer is that of an answered run after the order came in."""
    turns = turns_of(SLOT, LENGTHS)
    rows: dict[str, LastRun] = {}
    runs = []
    for index, ok in enumerate(answered):
        at = NOW + timedelta(hours=12 * index)
        name = turns[index % 2]
        rows[name] = run(at, answered=ok).row_after(rows.get(name))
        runs.append((at, ok))
    since = NOW + timedelta(hours=12 * entered) - INDEX_LAG

    look = last_check(rows, LENGTHS, SLOT, since)

    counted = [at for at, ok in runs if ok and at >= since + INDEX_LAG]
    assert max(counted, default=None) == look.answered_at


def test_a_short_name_tells_orders_apart_and_says_nothing() -> None:
    """Ten characters that hold nothing of the id."""
    names = {short_name(f"81{n:014}") for n in range(2000)}
    assert 2000 == len(names)
    assert {10} == {len(name) for name in names}
    assert "8123" not in short_name("8123456789012345")
