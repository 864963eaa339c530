"""A polite guest at the source's door: the pace, the pauses, and who keeps to them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count, pairwise
from typing import Any
from unittest import mock

import pytest

from stallwatch.dynamodb import polling
from stallwatch.dynamodb.progress import progress_of_item
from stallwatch.tracking.source import Verdict
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.story_steps import add, days
from tests.faults.strict_source import SECOND, Knowledge, Manners, Outage, StrictSource
from tests.faults.wired_handlers import deploy
from tests.faults.year import lived

TICK = timedelta(minutes=15)


class Door:
    """A world whose source is strict.

    Args:
        per_minute: The pace that the stack is set to, and that the source allows.
        outages: When the source does not answer.
    """

    def __init__(self, per_minute: int, *outages: Outage) -> None:
        self.world = World(EPOCH, per_minute=per_minute, remember=False)
        self.manners = Manners(per_minute, batch=10)
        self.source = StrictSource(self.world, Knowledge({}, outages), self.manners)
        self._added = 0

    def add(self, count: int) -> None:
        """Orders whose numbers the source does not know yet."""
        for _ in range(count):
            self._added += 1
            add(self.world, f"o{self._added}", f"LP{self._added:014}", 1)

    def settle(self) -> None:
        """Ask about everything that is new, and evaluate it."""
        self.world.pull()
        while self.world.deliver():
            pass

    def live(self, duration: timedelta, between: Callable[[], None] = lambda: None) -> None:
        """Let the schedule run."""
        until = self.world.now + duration
        while self.world.now < until:
            began = self.world.now
            self.settle()
            between()
            self.world.now = max(self.world.now, began + TICK)

    @property
    def requests(self) -> int:
        """How often it was asked."""
        return len(self.source.log)


@contextmanager
def door_of(per_minute: int, *outages: Outage) -> Iterator[Door]:
    """A strict source's door in a running world."""
    door = Door(per_minute, *outages)
    with lived(door.world):
        deploy(door.world, door.source)
        yield door


@pytest.fixture
def door() -> Iterator[Door]:
    """Six requests a minute: whoever forgets when it asked last is soon rude."""
    with door_of(6) as door:
        yield door


def test_the_strict_source_sees_what_is_rude() -> None:
    """Too many in a second, in a minute, in one request, and too soon after a refusal."""
    manners = Manners(per_minute=60, batch=2)
    for seconds, numbers in ((0, "a"), (1, "ab"), (1.9, "a"), (5, "abc"), (7, "aa")):
        manners.asked(EPOCH + timedelta(seconds=seconds), numbers)
    assert 3 == len(manners.rude)
    slow = Manners(per_minute=2, batch=1)
    for seconds in (0, 30, 59):
        slow.asked(EPOCH + timedelta(seconds=seconds), "a")
    assert 1 == len(slow.rude)
    manners.replied(EPOCH, Verdict.BLOCKED)
    manners.asked(EPOCH + timedelta(minutes=29), "a")
    assert 4 == len(manners.rude)
    manners.asked(EPOCH + timedelta(minutes=30), "a")
    assert 4 == len(manners.rude)


def new_orders_in_a_row(door: Door) -> None:
    """Each starts a run of its own, as soon as the one before has ended."""
    for _ in range(8):
        door.add(1)
        door.world.pull()


def test_the_pace_is_kept_from_run_to_run(door: Door) -> None:
    """Whatever starts a run, it knows when the source was asked last."""
    new_orders_in_a_row(door)
    assert 8 == door.requests
    assert [] == door.manners.rude


def test_a_pace_that_is_forgotten_between_runs_is_seen(door: Door) -> None:
    """A breakage: the instant of the last request is not carried over."""
    read = progress_of_item

    def forgetful(item: Any) -> Any:
        return read({name: value for name, value in item.items() if name != "asked_at"})

    with mock.patch.object(polling, "progress_of_item", forgetful):
        new_orders_in_a_row(door)
    assert door.manners.rude


def test_a_failed_run_leaves_its_pace_to_the_next(door: Door) -> None:
    """Wherever the store fails it, or it is killed, and however soon the next one comes."""
    door.add(12)
    before = door.world.save()
    door.world.pull()
    calls = len(door.world.calls)
    assert calls > 10
    for index in range(calls):
        for fault in ("fail", "time out", "lost", "kill"):
            door.world.load(before)
            door.manners.set_pace(6, 10)
            door.world.faults = {index: fault}
            door.world.pull()
            door.world.faults = {}
            for _ in range(3):
                door.world.pull()
            assert [] == door.manners.rude, (index, fault)


def test_two_ticks_at_once_keep_the_pace_together(door: Door) -> None:
    """Before whichever call of the one the other begins."""
    door.add(12)
    before = door.world.save()
    door.world.pull()
    for begins in range(len(door.world.calls)):
        door.world.load(before)
        door.manners.set_pace(6, 10)
        asked = door.requests
        at_once(door.world, begins)
        assert [] == door.manners.rude, begins
        assert asked + 2 <= door.requests


def at_once(world: World, begins: int) -> None:
    """Two ticks: the second begins before one of the calls of the first."""
    calls = iter(range(10**6))

    def second(_: str) -> None:
        if next(calls) == begins:
            world.on_call = None
            world.pull()

    world.on_call = second
    world.pull()
    world.on_call = None


def test_after_an_outage_nobody_rushes() -> None:
    """Three hundred orders that waited are asked about at the set pace, in full batches."""
    with door_of(60, Outage(EPOCH, EPOCH + days(3), "blocked")) as door:
        door.add(300)
        door.live(days(5))
        answered = [asked for asked in door.source.log if asked.at >= EPOCH + days(3)]
        first = answered[:30]
        assert 300 == sum(len(asked.answered) for asked in first)
        assert first[-1].at - first[0].at < timedelta(minutes=1)
        assert [] == door.manners.rude
        assert 1 == max(door.manners.busiest)


def test_the_first_refusal_stops_everyone() -> None:
    """Ticks, new orders, and orders that somebody wants to have checked now."""
    with door_of(60, Outage(EPOCH, EPOCH + days(1), "blocked")) as door:
        door.add(50)
        door.world.pull()
        assert 1 == door.requests

        def everyone() -> None:
            door.add(1)
            door.world.pull()
            door.world.pull("o1", "o2")

        door.live(timedelta(minutes=28), everyone)
        assert 1 == door.requests
        door.live(timedelta(minutes=28), everyone)
        assert 2 == door.requests
        assert [] == door.manners.rude


@pytest.mark.parametrize("how", ["blocked", "down", "slow"])
def test_pauses_grow_to_a_day_and_outlive_a_deployment(how: str) -> None:
    """Half an hour, an hour and so on, with a single request after each, for ten days."""
    with door_of(60, Outage(EPOCH, EPOCH + days(10), how)) as door:
        door.add(40)
        failures = 1 if how == "blocked" else 3
        ticks = count()
        door.live(days(9), lambda: None if next(ticks) % 4 else deploy(door.world, door.source))
        grown = [timedelta(minutes=30) * 2**n for n in range(6)]
        assert [*grown, *[days(1)] * 7] == door.manners.pauses[:13]
        assert failures + len(door.manners.pauses) - 1 == door.requests
        assert [] == door.manners.rude
        probes = [asked.at for asked in door.source.log[failures - 1 :]]
        waits = [later - at for at, later in pairwise(probes)]
        for pause, wait in zip(door.manners.pauses, waits, strict=False):
            assert pause - SECOND <= wait <= pause + 2 * TICK


def test_whoever_answers_again_is_asked_as_before() -> None:
    """After one probe that was answered; the next refusal begins with the shortest pause."""
    outages = (
        Outage(EPOCH, EPOCH + days(2), "blocked"),
        Outage(EPOCH + days(4), EPOCH + days(5), "blocked"),
    )
    with door_of(60, *outages) as door:
        door.add(40)
        door.live(days(5))
        pauses = door.manners.pauses
        assert timedelta(minutes=30) in pauses[3:]
        assert [] == door.manners.rude
        assert all(asked.answered for asked in door.source.log)
