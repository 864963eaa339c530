"""`make faults`: the real handlers under every fault, nothing lost, nothing doubled.

SEED=7 SCHEDULES=100000 make faults
REPLAY='stalled: 1.3=lost 4.*=late' make faults
"""

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import timedelta
from random import Random, SystemRandom

from tests.faults.explore import Counts, Explorer, Fault, Found
from tests.faults.interleave import PAIRS, explore
from tests.faults.stories import STORIES
from tests.faults.world import EPOCH, World, running

ENOUGH = 100_000


def main() -> int:
    """Explore, print what was explored, and whether anything was wrong."""
    if replay := os.environ.get("REPLAY"):
        return _replay(replay)
    seed = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
    wanted = int(os.environ.get("SCHEDULES") or ENOUGH)
    print(f"seed {seed}, {wanted:,} schedules wanted\n")
    begun = time.monotonic()
    counts = Counts()
    counts = Counts()
    wrong = 0
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = [pool.submit(_exhaustive, index, 1) for index in range(len(STORIES))]
        jobs += [pool.submit(_drawn, index, seed, wanted) for index in range(len(STORIES))]
        pairs = [pool.submit(_exhaustive, index, 2) for index in range(len(STORIES))]
        orders = [pool.submit(_interleaved, index) for index in range(len(PAIRS))]
        for job in (*as_completed(jobs), *pairs):
            if job in pairs and counts.schedules >= wanted and job.cancel():
                continue
            line, found = job.result()
            counts.add(found)
            _say(line, found)
        print()
        for order in orders:
            line, bad = order.result()
            print(line)
            wrong += bad
    _summary(counts, seed, time.monotonic() - begun)
    return 1 if counts.found or wrong else 0


def _exhaustive(index: int, faults: int) -> tuple[str, Counts]:
    """Every schedule of a story with at most so many faults."""
    story = STORIES[index]
    world = World(EPOCH)
    with running(world):
        explorer = Explorer(story, world)
        explorer.all_with(faults)
    return f"{story.name:40} every {'pair of faults' if faults > 1 else 'fault'}", explorer.counts


def _drawn(index: int, seed: int, wanted: int) -> tuple[str, Counts]:
    """Schedules of a story with three faults, drawn."""
    story = STORIES[index]
    random = Random(seed + index)  # noqa: S311
    world = World(EPOCH)
    with running(world):
        explorer = Explorer(story, world)
        for _ in range(max(wanted // 1000, 10)):
            explorer.drawn(random, 3)
    return f"{story.name:40} three faults, drawn", explorer.counts


def _interleaved(index: int) -> tuple[str, int]:
    """Every order of the calls of two runs."""
    pair = PAIRS[index]
    world = World(EPOCH, call_takes=timedelta(0), remember=False)
    with running(world):
        explored = explore(pair, world)
    text = (
        f"  {pair.name:40} every order of two runs' calls: {explored.schedules:,} orders, "
        f"{explored.states:,} states"
    )
    if explored.wrong:
        text += f"\n    WRONG: {min(explored.wrong)}\n    one after the other: {explored.serial}"
    return text, len(explored.wrong)


def _say(line: str, counts: Counts) -> None:
    print(
        f"  {line:62} {counts.schedules:>8,} schedules, {counts.runs:>7,} runs, "
        f"{counts.healed:>6,} ends"
    )
    shortest: dict[str, Found] = {}
    for found in counts.found:
        known = shortest.get(found.what)
        if known is None or len(found.schedule) < len(known.schedule):
            shortest[found.what] = found
    for found in list(shortest.values())[:5]:
        faults = " ".join(str(fault) for fault in found.schedule)
        print(f"    WRONG: {found.what}\n    REPLAY='{found.story}: {faults}' make faults")


def _summary(counts: Counts, seed: int, seconds: float) -> None:
    by_kind: Counter[str] = Counter()
    by_call: Counter[str] = Counter()
    for (call, kind), n in counts.faults.items():
        by_kind[kind] += n
        by_call[call] += n
    kinds = Counter(found.what.split(":")[0] for found in counts.found)
    print(f"\n{counts.schedules:,} schedules in {seconds:.0f} s (seed {seed})")
    print("faults by kind: " + ", ".join(f"{k} {n:,}" for k, n in by_kind.most_common()))
    print("faults by call: " + ", ".join(f"{k} {n:,}" for k, n in by_call.most_common()))
    print(
        f"lost {kinds['lost']}, doubled {kinds['doubled']}, undue {kinds['undue']}, "
        f"not healed {kinds['not healed']}; healed {counts.healed:,} different states; "
        f"sent again where the outcome was unknown {counts.repeated:,}"
    )


def _replay(text: str) -> int:
    name, _, faults = text.partition(":")
    story = next(story for story in STORIES if story.name == name.strip())
    schedule = tuple(Fault.of(part) for part in _parts(faults))
    world = World(EPOCH)
    with running(world):
        explorer = Explorer(story, world)
        for call in explorer.replay(schedule):
            mark = f"  <-- {call.fault}" if call.fault else ""
            print(
                f"step {call.name}" if call.kind == "step" else f"  {call.name} {call.about}{mark}"
            )
    for found in explorer.counts.found:
        print(f"WRONG: {found.what}")
    return 1 if explorer.counts.found else 0


def _parts(text: str) -> list[str]:
    """The faults of a written schedule; kinds may have blanks in them."""
    parts: list[str] = []
    for word in text.split():
        if "=" in word:
            parts.append(word)
        else:
            parts[-1] += f" {word}"
    return parts


if __name__ == "__main__":
    sys.exit(main())
