"""`make faults`: the real handlers under every fault, nothing lost, nothing doubled.

SEED=7 SCHEDULES=2000 make faults
REPLAY='stalled: 1.3=lost 4.*=late' make faults

Every story is run with every fault. Where many more schedules are wanted, two short ones are run
with every three faults in three steps, and story after story, in an order by the seed, with every
pair of faults. Triples are drawn by the seed. Then every order of two runs' calls is tried.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from random import Random, SystemRandom
from typing import Any

from tests.faults.explore import Explorer, world_of
from tests.faults.interleave import explore, world_of_two
from tests.faults.pairs import PAIRS
from tests.faults.scenarios import STORIES, Story
from tests.faults.schedules import Counts, Fault, Found
from tests.faults.wired_handlers import running

ENOUGH = 250_000
"""Schedules, where nobody says how many."""

SHORT = {"no number", "deleted while an alert is pending"}
"""The stories that are run with every three faults in three steps."""

DRAWN = 20_000
"""One schedule in so many is a triple that is drawn, in each story."""

FEW = 10_000
"""Where fewer schedules are missing than these, they are drawn."""

WORST = 5
"""So many things that are wrong are told of each story."""

WORKERS = os.cpu_count() or 1


def main() -> int:
    """Explore, print what was explored, and whether anything was wrong."""
    if replay := os.environ.get("REPLAY"):
        return _replay(replay)
    seed = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
    wanted = int(os.environ.get("SCHEDULES") or ENOUGH)
    print(f"seed {seed}, {wanted:,} schedules wanted\n", flush=True)
    with ProcessPoolExecutor(WORKERS) as pool:
        counts = _explore_all(pool, seed, wanted)
        print()
        wrong = 0
        for line, bad in _together(pool, iter([(_interleaved, i) for i in range(len(PAIRS))])):
            print(line, flush=True)
            wrong += bad
    print(f"\n{'WRONG' if counts.found or wrong else 'All is well'} (seed {seed})")
    return 1 if counts.found or wrong else 0


def _explore_all(pool: ProcessPoolExecutor, seed: int, wanted: int) -> Counts:
    begun = time.monotonic()
    order = Random(seed).sample(range(len(STORIES)), len(STORIES))  # noqa: S311
    counts = Counts()
    singles = {}
    for index, found in _together(pool, iter([(_explore, index, 1) for index in order])):
        _say(f"{STORIES[index].name}: every fault", found)
        singles[index] = found.schedules
        counts.add(found)
    if wanted - counts.schedules >= FEW:
        short = [index for index in order if STORIES[index].name in SHORT]
        for index, found in _together(pool, iter([(_explore_apart, index) for index in short])):
            _say(f"{STORIES[index].name}: every three faults in three steps", found)
            counts.add(found)
        _explore_pairs(pool, order, wanted, counts, singles)
    drawn = max(wanted // DRAWN, (wanted - counts.schedules) // len(STORIES) + 1)
    for index, found in _together(pool, iter([(_draw, index, drawn, seed) for index in order])):
        _say(f"{STORIES[index].name}: three faults, drawn", found)
        counts.add(found)
    _summary(counts, time.monotonic() - begun)
    return counts


def _explore_pairs(
    pool: ProcessPoolExecutor,
    order: list[int],
    wanted: int,
    counts: Counts,
    singles: Mapping[int, int],
) -> None:
    """Every pair of faults, story after story, until there are as many as are wanted.

    The stories with a second source have the most calls, and come last.
    """
    parts = {index: len(STORIES[index].steps) for index in order}
    by_story = {index: Counts() for index in order}

    def work() -> Iterator[tuple[Any, ...]]:
        for index in sorted(order, key=lambda index: STORIES[index].second):
            if counts.schedules < wanted:
                # Those with one fault come again.
                counts.schedules -= singles[index]
                for step in range(parts[index]):
                    yield _explore, index, 2, step

    for index, found in _together(pool, work()):
        counts.add(found)
        by_story[index].add(found)
        parts[index] -= 1
        if not parts[index]:
            _say(f"{STORIES[index].name}: every pair of faults", by_story[index])


def _together(pool: ProcessPoolExecutor, work: Iterator[tuple[Any, ...]]) -> Iterator[Any]:
    """The results of some work, as it gets done; what is next is asked when somebody is free."""
    jobs: set[Future[Any]] = set()
    while True:
        while len(jobs) < WORKERS and (job := next(work, None)) is not None:
            jobs.add(pool.submit(*job))
        if not jobs:
            return
        done, jobs = wait(jobs, return_when=FIRST_COMPLETED)
        for one in done:
            yield one.result()


def _explore(index: int, faults: int, step: int | None = None) -> tuple[int, Counts]:
    """Every schedule of a story with so many faults at the most, the first of them in a step."""

    def work(explorer: Explorer) -> None:
        if step is None:
            explorer.all_with(faults)
        else:
            explorer.all_from(step, faults)

    return index, _explored(STORIES[index], work)


def _explore_apart(index: int) -> tuple[int, Counts]:
    """Every schedule of a story with three faults, each in a step of its own."""
    return index, _explored(STORIES[index], lambda explorer: explorer.all_apart(3))


def _draw(index: int, drawn: int, seed: int) -> tuple[int, Counts]:
    """Some schedules of a story with three faults."""
    random = Random(f"{seed} {STORIES[index].name}")  # noqa: S311
    return index, _explored(STORIES[index], lambda explorer: explorer.draw(random, 3, drawn))


def _explored(story: Story, work: Callable[[Explorer], object]) -> Counts:
    begun = time.process_time()
    world = world_of(story)
    with running(world):
        explorer = Explorer(story, world)
        work(explorer)
    explorer.counts.seconds = time.process_time() - begun
    return explorer.counts


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
        f"  {line:60} {counts.schedules:>8,} schedules, {counts.runs:>7,} runs, "
        f"{counts.healed:>6,} ends",
        flush=True,
    )
    shortest: dict[str, Found] = {}
    for found in sorted(counts.found, key=lambda found: len(found.schedule)):
        shortest.setdefault(found.what, found)
    for found in list(shortest.values())[:WORST]:
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
        f"{said}; healed {counts.healed:,} ends; "
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
