"""The ledger of our own watching: an order's last answer follows from the runs of its slot."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stallwatch.ledger import SETTLING, Look, Run, TurnRow, last_look, rows_after, short_name
from stallwatch.wheel import NEW, Wheel, slots_of, turns_of

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
LENGTHS = (30,)
TURNS = (5, 15, 20, 30, 60)
SLOT = "12h0430"
"""Has its turns at 0430 and 1630."""


def row(at: datetime, *, answered: bool = True, silent: bool = False) -> TurnRow:
    return TurnRow(at, at if answered else None, silent=silent, minutes=30)


def run(at: datetime, *, answered: bool, silent: Mapping[str, datetime] = {}) -> Run:
    return Run(at, 30, answered, silent=silent)


def test_the_newest_run_of_any_of_the_slot_s_turns_counts() -> None:
    """A slot has several turns a day."""
    older, newer = NOW - timedelta(hours=20), NOW - timedelta(hours=8)
    rows = {"1630": row(older), "0430": row(newer), "1200": row(NOW)}
    assert Look(newer, newer) == last_look(rows, LENGTHS, SLOT, NOW - timedelta(days=3))


def test_a_run_without_an_answer_is_a_try_only() -> None:
    """The last answer stays where it was."""
    answered_at, tried_at = NOW - timedelta(hours=20), NOW - timedelta(hours=8)
    rows = {"1630": row(answered_at), "0430": row(tried_at, answered=False)}
    assert Look(tried_at, answered_at) == last_look(rows, LENGTHS, SLOT, NOW - timedelta(days=3))


def test_runs_count_from_five_minutes_after_the_order_came_into_the_slot() -> None:
    """The index lags, so a run just after may have missed it."""
    rows = {"0430": row(NOW)}
    assert timedelta(minutes=5) == SETTLING
    assert Look(NOW, NOW) == last_look(rows, LENGTHS, SLOT, NOW - SETTLING)
    assert Look() == last_look(rows, LENGTHS, SLOT, NOW - SETTLING + timedelta(seconds=1))
    assert Look() == last_look(rows, LENGTHS, SLOT, None)


def test_where_some_got_no_answer_the_run_record_must_be_asked() -> None:
    """The row alone does not say which."""
    rows = {"0430": row(NOW, silent=True), "1630": row(NOW - timedelta(hours=12))}
    assert "0430" == last_look(rows, LENGTHS, SLOT, NOW - timedelta(days=3)).turn


def test_new_orders_have_no_turn_to_learn_from() -> None:
    """Their trace alone says when they were asked about."""
    assert Look() == last_look({"0430": row(NOW)}, LENGTHS, NEW, NOW - timedelta(days=3))


@given(
    st.sampled_from(["03h0115", "06h0030", "12h0045", "24h1320"]),
    st.lists(
        st.tuples(st.sampled_from([0, 15, 20, 30, 45, 60, 75, 80]), st.sampled_from(TURNS)),
        min_size=3,
        max_size=12,
    ),
)
def test_a_run_tells_only_of_the_slots_that_its_turn_served(
    slot: str, served: list[tuple[int, int]]
) -> None:
    """Turns of other lengths may have begun at the same minute, and served less or more."""
    rows: dict[str, TurnRow] = {}
    looks: set[datetime] = set()
    at = NOW
    for minute, length in served:
        at += timedelta(minutes=5)
        turn = Wheel(length).turn_at(NOW + timedelta(minutes=minute))
        rows = rows_after(rows, turn.name, Run(at, length, answered=True))
        if slot in slots_of(turn, TURNS):
            looks.add(at)

    look = last_look(rows, {length for _, length in served}, slot, NOW - timedelta(days=3))

    assert look.answered_at in {None, *looks}


def test_the_rows_of_shorter_turns_do_not_stay_for_ever() -> None:
    """A longer turn that was answered says all that they said; one that was not says nothing."""
    rows: dict[str, TurnRow] = {}
    for turn in Wheel(5).turns(NOW - timedelta(minutes=1), NOW + timedelta(minutes=59)):
        rows = rows_after(rows, turn.name, Run(turn.start, 5, answered=True))
    assert 12 == len(rows)
    assert 12 == len(rows_after(rows, "1200", Run(NOW, 30, answered=False)))
    rows = rows_after(rows, "1200", Run(NOW, 30, answered=True))
    assert ["1200", "1230", "1235", "1240", "1245", "1250", "1255"] == sorted(rows)


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


@given(st.lists(st.booleans(), max_size=8), st.integers(0, 8))
def test_no_answer_is_newer_than_the_runs_that_were_answered(
    answered: list[bool], entered: int
) -> None:
    """Whatever the runs, the last answer is that of an answered run after the order came in."""
    turns = [name for name, _ in turns_of(SLOT, LENGTHS)]
    rows: dict[str, TurnRow] = {}
    runs = []
    for index, ok in enumerate(answered):
        at = NOW + timedelta(hours=12 * index)
        name = turns[index % 2]
        rows[name] = run(at, answered=ok).row_after(rows.get(name))
        runs.append((at, ok))
    since = NOW + timedelta(hours=12 * entered) - SETTLING

    look = last_look(rows, LENGTHS, SLOT, since)

    counted = [at for at, ok in runs if ok and at >= since + SETTLING]
    assert max(counted, default=None) == look.answered_at


def test_a_short_name_tells_orders_apart_and_says_nothing() -> None:
    """Ten characters that hold nothing of the id."""
    names = {short_name(f"81{n:014}") for n in range(2000)}
    assert 2000 == len(names)
    assert {10} == {len(name) for name in names}
    assert "8123" not in short_name("8123456789012345")
