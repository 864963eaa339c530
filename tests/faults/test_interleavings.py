"""Two runs at once, in every order of their calls."""

import pytest

from tests.faults.interleave import PAIRS, Pair, explore, world_of_two
from tests.faults.world import running

LONG = {"pull and another number", "adding again and pull"}
"""They take seconds each; `make faults` runs them too."""

SHORT = [pair for pair in PAIRS if pair.name not in LONG]


@pytest.mark.parametrize("pair", SHORT, ids=lambda pair: pair.name)
def test_two_runs_at_once_are_as_one_after_the_other(pair: Pair) -> None:
    """Nothing is sent twice, no word of the buyer is lost, and no order comes back to life."""
    world = world_of_two()
    with running(world):
        explored = explore(pair, world)
    assert set() == explored.wrong
    assert explored.schedules >= 2


def test_each_order_of_two_runs_calls_is_tried() -> None:
    """A request of one call comes before, between and after the fourteen of the other."""
    world = world_of_two()
    (pair,) = (pair for pair in PAIRS if pair.name == "forgetting and sending")
    with running(world):
        explored = explore(pair, world)
    assert explored.schedules == 14
    assert len(explored.ends) == 2
