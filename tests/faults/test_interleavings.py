"""Two runs at once, in every order of their calls."""

from math import comb

import pytest

from tests.faults.interleave import Pair, Run, explore, world_of_two
from tests.faults.pairs import PAIRS
from tests.faults.wired_handlers import running

LONG = {"pull and another number", "adding again and pull", "digest and digest"}
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


def named(name: str) -> Pair:
    (pair,) = (pair for pair in PAIRS if pair.name == name)
    return pair


@pytest.mark.parametrize("name", ["deleting and an action", "redrive and deleting"])
def test_nothing_is_lost_where_one_order_of_two_reads_is_taken_for_both(name: str) -> None:
    """The same states and ends come of it, and the orders are counted all the same."""
    pair, explored = named(name), []
    for both in (False, True):
        world = world_of_two()
        with running(world):
            explored.append(explore(pair, world, both_orders_of_reads=both))
    assert explored[0] == explored[1]


def calls_of(pair: Pair, run: Run) -> int:
    """How many calls one of two runs makes where the other one does not run."""
    world = world_of_two()
    with running(world):
        pair.begin(world)
        run(world)
    return len(world.calls)


def test_each_order_of_two_runs_calls_is_tried() -> None:
    """The two calls of a request stand in every place among those of a sending."""
    pair = named("deleting and sending")
    one, other = calls_of(pair, pair.one), calls_of(pair, pair.other)
    world = world_of_two()
    with running(world):
        explored = explore(pair, world, both_orders_of_reads=True)
    assert comb(one + other, one) == explored.schedules
    assert len(explored.ends) == 2
