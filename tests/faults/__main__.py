"""`make faults`: the real handlers under every fault, nothing lost, nothing doubled.

SEED=7 SCHEDULES=2000 make faults
REPLAY='stalled: 1.3=lost 4.*=late' make faults

Every story is run with every fault and, where `SCHEDULES` is not less than 100,000 (it is 100,000
unless it is given), with every pair of faults; triples (and pairs, where there are fewer) are drawn
by the seed. Then every order of two runs' calls is tried.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from random import Random, SystemRandom
from typing import TypeVar

from tests.faults.explore import Counts, Explorer, Fault, world_of
from tests.faults.interleave import PAIRS, explore, world_of_two
from tests.faults.stories import STORIES, Story
from tests.faults.world import running

ENOUGH = 100_000
"""From so many schedules on every pair of faults is explored."""

DRAWN = 100
"""Triples that are drawn in each story, where every pair is explored."""

WORST = 5
"""So many things that are wrong are told of each story."""

Result = TypeVar("Result")


def main() -> int:
    """Explore, print what was explored, and whether anything was wrong."""
    if replay := os.environ.get("REPLAY"):
        return _replay(replay)
    seed = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
    wanted = int(os.environ.get("SCHEDULES") or ENOUGH)
    print(f"seed {seed}, {wanted:,} schedules wanted\n")
    begun = time.monotonic()
    counts, wrong = Counts(), 0
    with ProcessPoolExecutor() as pool:

        def in_turn(work: Callable[..., Result], *arguments: Iterable[object]) -> Iterable[Result]:
            jobs = [pool.submit(work, *given) for given in zip(*arguments, strict=True)]
            return (job.result() for job in as_completed(jobs))

        indices = range(len(STORIES))
        for line, found in in_turn(_explored, indices, *_work(seed, wanted)):
            counts.add(found)
            _say(line, found)
        _summary(counts, time.monotonic() - begun)
        print()
        for line, bad in in_turn(_interleaved, range(len(PAIRS))):
            print(line, flush=True)
            wrong += bad
    print(f"\n{'WRONG' if counts.found or wrong else 'All is well'} (seed {seed})")
    return 1 if counts.found or wrong else 0


def _work(seed: int, wanted: int) -> tuple[list[int], list[int], list[int]]:
    """For each story: up to how many faults every schedule is run, how many are drawn, a seed."""
    each = len(STORIES)
    faults = 2 if wanted >= ENOUGH else 1
    drawn = DRAWN if faults > 1 else wanted // each
    return [faults] * each, [drawn] * each, [seed] * each


def _explored(index: int, faults: int, drawn: int, seed: int) -> tuple[str, Counts]:
    """Every schedule of a story with at most so many faults, and some with one more."""
    story = STORIES[index]
    random = Random(f"{seed} {story.name}")  # noqa: S311
    begun = time.process_time()
    world = world_of(story)
    with running(world):
        explorer = Explorer(story, world)
        explorer.all_with(faults)
        explorer.draw(random, faults + 1, drawn)
    explorer.counts.seconds = time.process_time() - begun
    return story.name, explorer.counts


def _interleaved(index: int) -> tuple[str, int]:
    """Every order of the calls of two runs."""
    pair = PAIRS[index]
    world = world_of_two()
    with running(world):
        explored = explore(pair, world)
    text = f"  {pair.name:40} {explored.schedules:>10,} orders, {explored.states:>6,} states"
    if explored.wrong:
        text += f"\n    WRONG: {min(explored.wrong)}\n    one after the other: {explored.serial}"
    return text, len(explored.wrong)


def _say(line: str, counts: Counts) -> None:
    print(
        f"  {line:40} {counts.schedules:>8,} schedules, {counts.runs:>7,} runs, "
        f"{counts.healed:>6,} ends",
        flush=True,
    )
    for found in sorted(counts.found, key=lambda found: len(found.schedule))[:WORST]:
        print(f"    WRONG: {found.what}\n    {found.replay}", flush=True)


def _summary(counts: Counts, seconds: float) -> None:
    by_kind: Counter[str] = Counter()
    by_call: Counter[str] = Counter()
    for (call, kind), n in counts.faults.items():
        by_kind[kind] += n
        by_call[call] += n
    print(
        f"\n{counts.schedules:,} schedules in {seconds:.0f} s, with {counts.seconds:.0f} s of"
        f" processor time: {counts.schedules / counts.seconds * 120:,.0f} a minute on two cores"
    )
    print("faults by kind: " + ", ".join(f"{k} {n:,}" for k, n in by_kind.most_common()))
    print("faults by call: " + ", ".join(f"{k} {n:,}" for k, n in by_call.most_common()))
    said = ", ".join(
        f"{what} {counts.wrong[what]}" for what in ("lost", "doubled", "undue", "not healed")
    )
    others = {what for what in counts.wrong if what not in said}
    said += "".join(f", {what} {counts.wrong[what]}" for what in sorted(others))
    print(
        f"{said}; healed {counts.healed:,} different states; "
        f"sent again where the outcome was unknown {counts.repeated:,}"
    )


def _replay(text: str) -> int:
    story, schedule = _read(text)
    world = world_of(story)
    with running(world):
        met, wrong = Explorer(story, world).replay(schedule)
    for call in met:
        if call.kind == "step":
            ways = [f.kind for f in schedule if f.step == int(call.name) and f.call < 0]
            print(f"step {call.name} {call.about}{''.join(f'  <-- {way}' for way in ways)}")
        else:
            mark = f"  <-- {call.fault}" if call.fault else ""
            print(f"  {call.name} {call.about}{mark}")
    print(f"WRONG: {wrong}" if wrong else "All is well")
    return 1 if wrong else 0


def _read(text: str) -> tuple[Story, tuple[Fault, ...]]:
    """A story and a schedule as they are written; kinds may have blanks in them."""
    name, _, faults = text.partition(":")
    parts: list[str] = []
    for word in faults.split():
        if "=" in word:
            parts.append(word)
        else:
            parts[-1] += f" {word}"
    story = next(story for story in STORIES if story.name == name.strip())
    return story, tuple(Fault.of(part) for part in parts)


if __name__ == "__main__":
    sys.exit(main())
