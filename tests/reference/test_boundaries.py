"""To the hour: what the reference model decides where two of the rules meet."""

from datetime import datetime, timedelta

import pytest

from tests.reference.cases import NUMBER, START
from tests.reference.evaluate import candidates, first_due
from tests.reference.model import DAY, HOUR, Event, Numbers, Order, Word
from tests.reference.world import World

INSTANT = timedelta(microseconds=1)
WINDOW = 26 * DAY
"""When a standard parcel to a major destination is past its window: more than 25 days."""


def event(code: str, at: datetime, seen: datetime, *, zone: int = 0, source: str = "") -> Event:
    wall = (at + zone * HOUR).strftime("%Y-%m-%d %H:%M:%S")
    return Event(NUMBER, at, wall, code, seen, source or "cainiao")


def world_of(*events: tuple[str, timedelta], at: datetime = START, **given: object) -> World:
    """An order of a month ago whose first answer, at an instant, shows events of some age."""
    given = {"ordered_on": (at - 30 * DAY).date(), "destination": "DE", "number": NUMBER, **given}
    world = World(Order(**given), start=at)  # type: ignore[arg-type]
    world.answer(at, [event(code, at - age, at) for code, age in events])
    return world


def kinds(world: World, now: datetime) -> list[str]:
    return [s.kind for s in world.evaluate(now).due]


@pytest.mark.parametrize(
    ("estimate", "late_after"),
    [
        (None, WINDOW),
        (WINDOW - HOUR, WINDOW),
        (WINDOW, WINDOW + INSTANT),
        (WINDOW + HOUR, WINDOW + HOUR + INSTANT),
        (WINDOW + 30 * DAY - HOUR, WINDOW + 30 * DAY - HOUR + INSTANT),
        (WINDOW + 30 * DAY, WINDOW + 30 * DAY),
        (WINDOW + 60 * DAY, WINDOW + 30 * DAY),
    ],
    ids=["none", "before", "at its end", "after", "before the grace ends", "at its end too", "far"],
)
def test_estimate_and_window(estimate: timedelta | None, late_after: timedelta) -> None:
    """`late` comes with the window or when the estimate has passed, whichever is later.

    An estimate has not passed at its own instant, so at the window's end it is the later one; and
    the grace ends as the window does, with the whole day.
    """
    for transit in (late_after - INSTANT, late_after):
        world = world_of(("PU_PICKUP_SUCCESS", transit), ("LH_ARRIVE", DAY), ordered_on=None)
        world.correct(ordered_on=(START - transit).date())
        eta = None if estimate is None else START - transit + estimate
        world.tell(eta=eta)
        expected = ["late"] if transit == late_after else []
        assert expected == kinds(world, START)


@pytest.mark.parametrize(
    ("silent", "expected"),
    [
        (12 * DAY - INSTANT, []),
        (12 * DAY, ["stalled"]),
        (60 * DAY - INSTANT, ["stalled"]),
        (60 * DAY, ["refund_claim"]),
    ],
)
def test_silence(silent: timedelta, expected: list[str]) -> None:
    """A day of silence counts when it is whole."""
    ordered_on = (START - 62 * DAY).date()
    world = world_of(("PU_PICKUP_SUCCESS", silent), ordered_on=ordered_on)
    if silent < 26 * DAY:
        world.correct(ordered_on=(START - 14 * DAY).date())
    assert expected == kinds(world, START)


@pytest.mark.parametrize(("days", "silent"), [(30, 12), (31, 40)])
def test_filler_counts_until_thirty_days(days: int, silent: int) -> None:
    """A filler exactly 30 days after the last placed update counts; one a day later does not."""
    depart = (12 + 30 if days == 30 else 40) * DAY
    filler = depart - days * DAY
    world = world_of(
        ("PU_PICKUP_SUCCESS", 50 * DAY),
        ("LH_DEPART", depart),
        ("XX_NEW", filler),
        ordered_on=(START - 55 * DAY).date(),
    )
    assert silent == world.evaluate(START).silent_days


def test_equal_instants_are_one_moment() -> None:
    """A departure and an arrival at one instant in two zones: the furthest stage counts."""
    world = world_of(("PU_PICKUP_SUCCESS", 5 * DAY))
    at = START - 2 * DAY
    world.show([event("LH_ARRIVE", at, START), event("TD_TRANS_DEPART", at, START, zone=8)])
    assert "arrived_destination" == world.evaluate(START).stage


def test_equal_wall_clocks_are_one_moment_at_their_latest_instant() -> None:
    """What happened between the two instants of one wall clock is before that moment."""
    world = world_of(("PU_PICKUP_SUCCESS", 5 * DAY))
    at = START - 2 * DAY
    world.show(
        [
            event("LH_DEPART", at, START, zone=8),
            event("LH_HO_AIRLINE", at + 8 * HOUR, START),  # the same wall clock
            event("GTMS_ACCEPT", at + 4 * HOUR, START),
        ]
    )
    # The moment of the departures stands at the later one, after the arrival: it places nothing.
    assert "last_mile_carrier" == world.evaluate(START).stage


@pytest.mark.parametrize(("hours", "again"), [(19, []), (20, ["action_needed"])])
def test_an_attempt_again(hours: int, again: list[str]) -> None:
    """An attempt is told again when answer and event are both 20 hours later."""
    world = world_of(("PU_PICKUP_SUCCESS", 5 * DAY), ("GTMS_DEL_FAILURE", HOUR))
    assert ["action_needed"] == kinds(world, START)
    later = START + hours * HOUR
    world.answer(later, [event("GTMS_DEL_FAILURE", later - HOUR, later)])
    assert again == kinds(world, later)


@pytest.mark.parametrize(
    ("ends_in", "expected"),
    [
        (6, ["stalled"]),
        (5, ["protection_ending"]),
        (0, ["protection_ending"]),
        (-1, ["refund_due"]),
        (-15, ["refund_due"]),
        (-16, []),
    ],
)
def test_days_of_the_deadline(ends_in: int, expected: list[str]) -> None:
    """From 5 days before to 15 days after, both included, only the deadline speaks."""
    ends_on = START.date() + timedelta(days=ends_in)
    world = world_of(("PU_PICKUP_SUCCESS", 13 * DAY), protection_ends_on=ends_on)
    assert expected == kinds(world, START)


def test_snooze_ends_with_the_beginning_of_its_day() -> None:
    """Until its day: at midnight the ladder speaks again."""
    world = world_of(("PU_PICKUP_SUCCESS", 13 * DAY))
    world.say(Word("snooze", START, until=START.date() + timedelta(days=1)))
    assert [] == kinds(world, START)
    midnight = START.replace(hour=0, minute=0) + DAY
    for at, expected in ((midnight - INSTANT, []), (midnight, ["stalled"])):
        world.answer(at)
        assert expected == kinds(world, at)


@pytest.mark.parametrize(("age", "expected"), [(DAY, "refund_claim"), (DAY + INSTANT, "stalled")])
def test_gate_of_the_last_day(age: timedelta, expected: str) -> None:
    """A claim needs an answer of the last 24 hours."""
    world = world_of(
        ("PU_PICKUP_SUCCESS", 70 * DAY), at=START, ordered_on=(START - 72 * DAY).date()
    )
    assert [expected] == kinds(world, START + age)


def test_first_due_finds_the_instant() -> None:
    """The search finds when the silence is 12 whole days, if answers keep coming."""
    world = world_of(("PU_PICKUP_SUCCESS", 2 * DAY + HOUR))
    assert [] == kinds(world, START)
    state = (world.order, world.known, world.sent)
    instants = list(candidates(*state, START, START + 30 * DAY))

    found = first_due(*state, world.memory, instants, answers=True)

    assert found is not None
    assert (START + 10 * DAY - HOUR, "stalled") == (found[0], found[1].due[0].kind)
    assert first_due(*state, world.memory, instants, answers=False) is None


def test_numbers_of_the_rules_decide() -> None:
    """Another number of the rules gives another decision."""
    world = world_of(("PU_PICKUP_SUCCESS", 10 * DAY))
    assert [] == kinds(world, START)
    world.n = Numbers(stalled=10)
    assert ["stalled"] == kinds(world, START)


def test_not_received_opens_the_watch_for_good() -> None:
    """Said after `received`, it opens the watch again, and a return after it changes nothing."""
    world = world_of(("LH_DEPART", 9 * DAY), ("GTMS_SIGNED", 2 * DAY))
    kinds(world, START)
    for hours, word in ((1, "received"), (2, "not_received")):
        world.say(Word(word, START + hours * HOUR))
    assert "delivered" == world.evaluate(START + 3 * HOUR).state

    returned_at = START + DAY
    world.answer(returned_at, [event("RT_INBOUND", returned_at - HOUR, returned_at)])

    assert ("watching", ["refund_claim"]) == (
        world.evaluate(returned_at).state,
        [s.kind for s in world.sent if s.at == returned_at],
    )


@pytest.mark.parametrize(("days_left", "is_shown"), [(6, True), (5, False), (-16, False)])
def test_a_day_of_late_that_has_passed(days_left: int, is_shown: bool) -> None:  # noqa: FBT001
    """In an outage it stays until the days of the deadline begin: in them `late` cannot come."""
    ends_on = START.date() + days_left * DAY
    world = world_of(("PU_PICKUP_SUCCESS", 24 * DAY), ("LH_DEPART", DAY), at=START - 4 * DAY)
    world.correct(protection_ends_on=ends_on)

    decided = world.evaluate(START)

    assert is_shown is (decided.dates.late_on is not None)
    assert [] == [s.kind for s in decided.due if s.kind == "late"]
