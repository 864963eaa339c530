"""The fault explorer itself: what it tries, what it counts, and what it tells."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from tests.faults import __main__ as command
from tests.faults.call_faults import FAULTS
from tests.faults.explore import Explorer, world_of
from tests.faults.scenarios import IN_MAKE_TEST, STORIES, Story
from tests.faults.schedules import STEP, Fault
from tests.faults.test_breakages import marking_before_publishing
from tests.faults.wired_handlers import running
from tests.support.template import ROOT


def story(name: str) -> Story:
    return next(one for one in STORIES if one.name == name)


@contextmanager
def exploring(name: str) -> Iterator[Explorer]:
    world = world_of(story(name))
    with running(world):
        yield Explorer(story(name), world)


@pytest.mark.parametrize("name", sorted(IN_MAKE_TEST))
def test_every_single_fault_is_survived(name: str) -> None:
    """Nothing is lost, nothing doubled, and everything is as if nothing had gone wrong."""
    with exploring(name) as explorer:
        counts = explorer.all_with(1)
    assert [] == counts.found
    assert counts.schedules > 100


def test_what_is_held_together_is_told_together() -> None:
    """After the quiet hours, in one message; a digest that was held goes out then, once."""
    for name, alerts in (("two held at night", ["stalled"]), ("digest at night", ["digest"])):
        told = story(name)
        world = world_of(told)
        with running(world):
            told.begin(world)
            begun = len(world.published)
            for step in told.steps[:-1]:
                step(world)
                assert begun == len(world.published)
            told.steps[-1](world)
        assert alerts == [message.kind for message in world.published[begun:]]


def test_the_steps_share_the_work_without_a_rest() -> None:
    """Each schedule is one of the step's in which its first fault is."""
    with exploring("no number") as explorer:
        schedules = explorer.all_with(1).schedules
    with exploring("no number") as explorer:
        for step in range(len(explorer.story.steps)):
            explorer.all_from(step, 1)
    assert schedules == explorer.counts.schedules
    with exploring("no number") as explorer:
        assert schedules - 1 == explorer.all_apart(1).schedules


def test_every_call_goes_wrong_in_every_way_of_its_kind() -> None:
    """And nothing is tried that is not counted, or counted that was not tried."""
    with exploring("stalled") as explorer:
        met, _ = explorer.replay(())
        explorer.all_with(1)
    kinds = {call.kind for call in met if call.kind != "step"}
    tried = {(call.split()[-1], fault) for call, fault in explorer.counts.faults}
    assert {"read", "read index", "read many", "write", "ask", "publish"} == kinds
    for kind in kinds:
        missing = set(FAULTS[kind]) - {
            fault for call, fault in explorer.counts.faults if call.startswith(kind)
        }
        # One order alone is in every answer, and no index row of it is the second of a page.
        assert missing <= {"part", "stale 2"}, (kind, missing)
    assert {("deliver", "late"), ("deliver", "twice"), ("deliver", "dropped")} <= tried
    assert {("tick", "skipped"), ("tick", "doubled")} <= tried
    assert explorer.counts.schedules <= 1 + sum(explorer.counts.faults.values())


def test_what_makes_no_difference_makes_no_schedule() -> None:
    """An index that shows its first state cannot show an earlier one."""
    with exploring("new order") as explorer:
        calls, _ = explorer.replay(())
        steps = [i for i, call in enumerate(calls) if call.kind == "step"]
        nudged = calls[steps[2] + 1 : steps[3]]
        index = next(i for i, call in enumerate(nudged) if call.kind == "read index")
        met, _ = explorer.replay((Fault(2, index, "part"),))
    assert all(call.fault is None for call in met)


def test_schedules_are_drawn_by_the_seed_and_counted_once() -> None:
    """Each has all the faults that it should have."""
    with exploring("three late") as explorer:
        for seed in (7, 7, 8):
            explorer.draw(Random(seed), 3, wanted=5)  # noqa: S311
        assert 5 == explorer.counts.schedules
        explorer.draw(Random(7), 3, wanted=6)  # noqa: S311
        assert 6 == explorer.counts.schedules
    assert [] == explorer.counts.found


def test_the_shortest_schedule_that_shows_it_is_told() -> None:
    """What is needless in a schedule is taken out of it."""
    killed = Fault(1, 11, "kill after")
    with marking_before_publishing(), exploring("stalled") as explorer:
        kill = next(
            fault
            for fault in (Fault(3, STEP, "doubled"), *(Fault(4, n, "kill") for n in range(20)))
            if explorer.replay((fault,))[1]
        )
        longer = (killed, Fault(2, STEP, "late"), kill)
        assert explorer.replay(longer)[1]
        assert (kill,) == explorer.shortest(longer)


def test_a_failure_is_replayed_with_the_command_that_it_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows every call and what went wrong; in code that is mended nothing does."""
    monkeypatch.delenv("SEED", raising=False)
    index = STORIES.index(story("no number"))
    with marking_before_publishing():
        command._say("no number", command._explore(index, 1)[1])  # noqa: SLF001
        told = re.search(r"REPLAY='(.+)' make faults", capsys.readouterr().out)
        assert told is not None
        monkeypatch.setenv("REPLAY", told[1])
        assert 1 == command.main()
        shown = capsys.readouterr().out
    assert "WRONG: lost: a never_scanned" in shown
    assert 1 == shown.count("<--")
    assert 0 == command.main()
    assert "All is well" in capsys.readouterr().out


def test_a_schedule_can_be_replayed_from_the_shell() -> None:
    """With faults whose names have blanks in them."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": "shared",
            "REPLAY": "no number: 1.*=late 2.1=kill after",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (ended.returncode, ended.stderr)
    assert "step 1 deliver  <-- late" in ended.stdout
    assert "<-- kill after" in ended.stdout
    assert "All is well" in ended.stdout.splitlines()[-1]
