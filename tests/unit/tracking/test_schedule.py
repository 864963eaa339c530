"""The wheel of slots: every order has its turn, and the same one again and again."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Checkpoint, Stage, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.cadence import cadence, grows_silent_at, next_change_at
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.tracking.codes import stage_of
from stallwatch.tracking.schedule import CADENCES, NEW, PollSchedule, slots_of, turns_of

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NUMBER = "LP00000000000001"
LENGTHS = (5, 10, 15, 20, 30, 60)
"""The lengths of a turn that the stack's parameter takes."""

instants = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
order_ids = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


@settings(deadline=None)
@given(order_ids, st.sampled_from(CADENCES), st.sampled_from(LENGTHS), instants)
def test_every_order_has_a_turn_within_its_cadence(
    order_id: str, hours: int, length: int, now: datetime
) -> None:
    """From any instant on, the slot of any order comes once in a cadence, never less or more."""
    schedule = PollSchedule(length)
    slot = schedule.slot(order_id, hours)

    turns = [
        turn
        for turn in schedule.turns(now, now + timedelta(hours=hours))
        if slot in slots_of(turn, [length])
    ]

    assert 1 == len(turns)
    assert turns[0].start == schedule.next_turn(slot, now)


@settings(deadline=None)
@given(
    order_ids,
    st.sampled_from(CADENCES),
    st.sampled_from(LENGTHS),
    st.sampled_from(LENGTHS),
    instants,
)
def test_no_order_starves_after_the_turn_length_was_changed(
    order_id: str, hours: int, before: int, after: int, now: datetime
) -> None:
    """An order keeps the slot of its former length, which the wheel of the new one serves too."""
    slot = PollSchedule(before).slot(order_id, hours)
    schedule = PollSchedule(after)

    turns = [
        turn
        for turn in schedule.turns(now, now + timedelta(hours=hours))
        if slot in slots_of(turn, {before, after})
    ]

    assert 1 == len(turns)
    assert turns[0].start == schedule.next_turn(slot, now)
    assert turns[0].name in turns_of(slot, [after])


def test_the_clocks_of_a_country_do_not_matter() -> None:
    """On the days on which Europe changes its clocks there are as many turns as on any other."""
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 1)):
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        turns = list(PollSchedule(30).turns(begin, begin + timedelta(days=1)))
        assert 48 == len(turns)
        assert {timedelta(minutes=30)} == {b.start - a.start for a, b in pairwise(turns)}


def test_a_slot_is_told_by_cadence_and_clock() -> None:
    """As the module's documentation has it: `12h0430` has its turns at 04:30 and 16:30."""
    schedule = PollSchedule(30)
    assert ["0430+30", "1630+30"] == turns_of("12h0430", [30])
    assert ["0400+60", "1600+60"] == turns_of("12h0430", [60])
    assert datetime(2026, 6, 15, 16, 30, tzinfo=UTC) == schedule.next_turn("12h0430", NOW)
    assert datetime(2026, 6, 16, 4, 30, tzinfo=UTC) == schedule.next_turn(
        "12h0430", datetime(2026, 6, 15, 16, 30, tzinfo=UTC)
    )
    turn = schedule.turn_at(datetime(2026, 6, 15, 16, 42, 7, 5, tzinfo=UTC))
    assert ("1630+30", timedelta(minutes=30)) == (turn.name, turn.length)
    assert ["03h0130", "06h0430", "12h0430", "24h1630"] == slots_of(turn, [30])


def test_new_orders_wait_for_no_turn() -> None:
    """Every run serves them."""
    assert PollSchedule().next_turn(NEW, NOW) is None
    assert [] == turns_of(NEW, [30])


def test_the_day_s_work_is_spread_evenly() -> None:
    """No slot of a ring holds much more than its share."""
    slots = [PollSchedule(30).slot(f"81{n:014}", 24) for n in range(4800)]
    fullest = max(slots.count(slot) for slot in set(slots))
    assert 48 == len(set(slots))
    assert fullest < 150


@settings(deadline=None)
@given(instants, st.integers(0, 3 * 24 * 60), st.sampled_from(LENGTHS))
def test_turns_follow_on_each_other_without_a_gap(now: datetime, minutes: int, length: int) -> None:
    """What one run leaves, the next takes up: no turn is served twice, and none is left out."""
    until = now + timedelta(minutes=minutes)
    middle = now + timedelta(minutes=minutes // 2)
    schedule = PollSchedule(length)
    assert list(schedule.turns(now, until)) == [
        *schedule.turns(now, middle),
        *schedule.turns(middle, until),
    ]


@settings(deadline=None)
@given(
    order_ids,
    st.sampled_from(CADENCES),
    st.sampled_from(LENGTHS),
    st.sampled_from(CADENCES),
    st.sampled_from(LENGTHS),
    instants,
)
def test_an_order_keeps_its_minute(
    order_id: str, hours: int, length: int, then_hours: int, then_length: int, now: datetime
) -> None:
    """Moved to another ring or another length, right after its turn, it waits for the new cadence
    and less than a turn."""
    turn = PollSchedule(length).next_turn(PollSchedule(length).slot(order_id, hours), now)
    assert turn is not None
    after = PollSchedule(then_length)
    then = after.next_turn(after.slot(order_id, then_hours), turn)
    assert then is not None
    waited = then - turn
    assert waited < timedelta(hours=then_hours, minutes=max(length, then_length))


@settings(deadline=None)
@given(instants)
def test_epoch_minutes_are_rounded_down(instant: datetime) -> None:
    """The minute in which an instant lies."""
    minute = from_epoch_minutes(epoch_minutes(instant))
    assert timedelta(0) <= instant - minute < timedelta(minutes=1)


def order(**given: object) -> Order:
    values = {
        "order_id": "x",
        "ordered_on": (NOW - timedelta(days=20)).date(),
        "destination": "DE",
        "created_at": NOW,
        "incarnation": "0",
        "tracking_number": NUMBER,
        **given,
    }
    return Order(**values)  # type: ignore[arg-type]


def decision(of: Order, *codes: str, days_ago: float = 1, answered: bool = True) -> Decision:
    at = NOW - timedelta(days=days_ago)
    checkpoints = tuple(
        Checkpoint(
            number=NUMBER,
            at=at + timedelta(minutes=index),
            wall=str((at + timedelta(minutes=index)).replace(tzinfo=None)),
            zone="GMT+0",
            code=code,
            stage=stage_of(code)[0],
            flag=stage_of(code)[1],
            text="",
            place=None,
            source="cainiao",
            first_seen=NOW,
        )
        for index, code in enumerate(codes)
    )
    trace = Trace(NUMBER, checkpoints, NOW if answered else None, NOW, known=True)
    return evaluate(of, trace, [], InitialFindings(), NOW, Thresholds())


@pytest.mark.parametrize(
    ("codes", "days_ago", "hours"),
    [
        (["GTMS_DO_DEPART"], 1, 3),
        (["GTMS_STA_SIGNED"], 1, 3),
        (["LH_ARRIVE"], 1, 6),
        (["LH_DEPART", "CC_IM_START"], 1, 6),
        (["GTMS_ACCEPT"], 1, 6),
        (["GTMS_DEL_FAILURE"], 1, 6),
        (["PU_PICKUP_SUCCESS"], 1, 12),
        (["LH_DEPART"], 1, 12),
        (["COMMON_INTRANSIT"], 1, 12),
        (["LH_DEPART"], 11.9, 12),
        (["LH_DEPART"], 12, 24),
        (["GTMS_STA_SIGNED"], 12, 24),
        (["GTMS_SIGNED"], 1, 24),
        (["RT_INBOUND"], 1, 24),
        (["GWMS_ACCEPT"], 1, 24),
        ([], 1, 24),
    ],
)
def test_the_cadence_follows_from_where_the_parcel_is(
    codes: list[str], days_ago: float, hours: int
) -> None:
    """The nearer to the door the more often, and once a day where nothing is expected."""
    assert hours == cadence(order(), decision(order(), *codes, days_ago=days_ago), NOW)


def test_an_exception_keeps_the_cadence_of_the_place_before() -> None:
    """A problem at the destination is still at the destination."""
    assert 6 == cadence(order(), decision(order(), "LH_ARRIVE", "LH_ARRIVE_FAILURE"), NOW)


@pytest.mark.parametrize(("left", "hours"), [(7, 24), (6, 3), (0, 3), (-1, 24)])
def test_near_the_end_of_protection_every_three_hours(left: int, hours: int) -> None:
    """Whatever the parcel does, until the day has passed."""
    near = order(protection_ends_on=NOW.date() + timedelta(days=left))
    assert hours == cadence(near, decision(near, "LH_DEPART", days_ago=15), NOW)


def test_without_a_number_or_after_the_delivery_once_a_day() -> None:
    """Also shortly before protection ends: there is nothing to ask, or nothing to expect."""
    ends_on = NOW.date() + timedelta(days=2)
    bare = order(tracking_number=None, protection_ends_on=ends_on)
    assert 24 == cadence(bare, decision(bare), NOW)
    assert next_change_at(bare, NOW) is None
    delivered = order(protection_ends_on=ends_on)
    seen = decision(delivered, "GTMS_SIGNED")
    assert State.DELIVERED is seen.state
    assert 24 == cadence(delivered, seen, NOW)


def test_the_calendar_changes_the_cadence_twice() -> None:
    """Six days before the end of protection, and the day after it."""
    near = order(protection_ends_on=date(2026, 6, 25))
    first = datetime(2026, 6, 19, tzinfo=UTC)
    second = datetime(2026, 6, 26, tzinfo=UTC)
    assert first == next_change_at(near, NOW)
    assert second == next_change_at(near, first)
    assert next_change_at(near, second) is None
    assert next_change_at(order(), NOW) is None


@settings(deadline=None)
@given(st.integers(-20, 20), instants)
def test_between_two_changes_the_calendar_leaves_the_cadence_alone(
    left: int, now: datetime
) -> None:
    """So an order need not be looked at in between."""
    near = order(protection_ends_on=now.date() + timedelta(days=left))
    seen = decision(order(), "LH_DEPART")
    change = next_change_at(near, now)
    until = change - timedelta(microseconds=1) if change else now + timedelta(days=90)
    middle = now + (until - now) / 2
    assert cadence(near, seen, now) == cadence(near, seen, middle) == cadence(near, seen, until)


def test_silence_slows_the_wheel_at_the_instant_that_is_foretold() -> None:
    """At twelve days, and only once."""
    seen = decision(order(), "LH_DEPART", days_ago=3)
    at = grows_silent_at(seen)
    assert NOW + timedelta(days=9) == at
    later = seen._replace(silent_days=12)
    assert grows_silent_at(later) is None
    assert Stage.DEPARTED_ORIGIN is seen.stage
