"""What holds of the reference model whatever happens to an order."""

from collections import Counter
from contextlib import suppress
from random import Random

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from tests.reference.dates import in_the_days
from tests.reference.evaluate import ADVICE, candidates, first_due, hourly
from tests.reference.journeys import Journey, begin, happen, journeys, live
from tests.reference.model import DAY, LADDER, KeyDates
from tests.reference.view import View
from tests.support.effort import examples

CALM = settings(
    deadline=None,
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@CALM
@given(journeys())
def test_a_second_look_says_nothing(journey: Journey) -> None:
    """What was raised counts as sent: the same instant raises nothing again."""
    world = begin(journey)
    for beat in journey.beats:
        happen(world, beat)
        world.evaluate(beat.at)
        again = world.evaluate(beat.at)
        assert () == again.due


@CALM
@given(journeys())
def test_one_voice(journey: Journey) -> None:
    """One message of the ladder at a time, none beside a deadline's, none of a closed order."""
    world = begin(journey)
    for beat in journey.beats:
        happen(world, beat)
        decided = world.evaluate(beat.at)
        kinds = Counter(s.kind for s in decided.due)
        assert sum(kinds[kind] for kind in LADDER) <= 1
        assert all(kinds[kind] <= 1 for kind in ADVICE if kind not in {"reminder", "action_needed"})
        assert len(decided.due) == len({(s.kind, s.reason) for s in decided.due})
        assert not (kinds["protection_ending"] and kinds["refund_due"])
        view = View(world.order, world.known, beat.at, world.n, world.sent, world.memory)
        if in_the_days(view):
            assert not kinds["late"] + kinds["stalled"] + kinds["never_scanned"]
            assert not kinds["moving_again"]
        if decided.state == "closed":
            assert (KeyDates(), ()) == (decided.dates, decided.due)
        assert (decided.advice is None) == (not kinds.keys() & set(ADVICE))


@settings(CALM, max_examples=examples(3))
@given(journeys(beats=8))
def test_no_hour_comes_before_the_candidates(journey: Journey) -> None:
    """No whole hour speaks before the first candidate instant does, with answers and without."""
    world = begin(journey)
    for beat in journey.beats:
        happen(world, beat)
        world.evaluate(beat.at)
    now = journey.beats[-1].at
    horizon = now + 20 * DAY
    state = (world.order, world.known, world.sent, world.memory)
    for answers in (True, False):
        hours = first_due(*state, hourly(now, horizon), answers=answers)
        if hours is not None:
            instants = candidates(*state[:3], now, horizon)
            first = first_due(*state, instants, answers=answers)
            assert first is not None
            assert first[0] <= hours[0]


def test_journeys_reach_every_alert() -> None:
    """The generator draws journeys in which each kind of alert is raised."""
    missing = {*ADVICE, "moving_again"}

    def is_last(journey: Journey) -> bool:
        missing.difference_update(s.kind for _, d in live(journey) for s in d.due)
        return not missing

    with suppress(NoSuchExample):
        find(
            journeys(),
            is_last,
            settings=settings(CALM, max_examples=3000, phases=[Phase.generate], database=None),
            random=Random(9),  # noqa: S311 - nothing secret; of 26 seeds the soonest
        )
    assert set() == missing
