"""Explores schedules: which call goes wrong, and how, in every way there is.

A story is run step by step. In each step every call may go wrong in every way of its kind, and so
may the delivery of the stream's records; what a step leaves is a state. Schedules that lead to the
same state share its continuation, which is run once: so a schedule is a sequence of calls and
outcomes every stretch of which was run from the very state that it was in.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from stallwatch.wheel import NEW, Wheel
from tests.faults.stories import Story
from tests.faults.world import EPOCH, FAULTS, Call, Snapshot, World, running

WAYS = {
    "deliver": ("late", "one", "twice", "dropped", "reversed"),
    "tick": ("skipped", "doubled"),
}
"""What may become of the stream's records besides being delivered, and of a tick."""

STEP = -1
"""Stands for the step as a whole, where a fault is in none of its calls."""

HEALING = timedelta(hours=27)
"""Longer than the longest cadence, and a lease."""


class Fault(NamedTuple):
    """Something that goes wrong in a step."""

    step: int
    call: int
    """Which call of the step, or `STEP`."""
    kind: str

    def __str__(self) -> str:
        return f"{self.step}.{'*' if self.call == STEP else self.call}={self.kind}"

    @classmethod
    def of(cls, text: str) -> "Fault":
        """The fault that is written so."""
        where, _, kind = text.partition("=")
        step, _, call = where.partition(".")
        return cls(int(step), STEP if call == "*" else int(call), kind)


Schedule = tuple[Fault, ...]


@dataclass(frozen=True)
class Found:
    """A schedule after which something was wrong."""

    story: str
    schedule: Schedule
    what: str


@dataclass
class Counts:
    """What was explored."""

    schedules: int = 0
    runs: int = 0
    """Steps that were run."""
    healed: int = 0
    """Different states that were healed and judged."""
    repeated: int = 0
    """Messages that went out twice because the outcome of the first was unknown."""
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        self.schedules += other.schedules
        self.runs += other.runs
        self.healed += other.healed
        self.repeated += other.repeated
        self.faults += other.faults
        self.found += other.found


class Explorer:
    """Explores one story."""

    def __init__(self, story: Story, world: World) -> None:
        self.story = story
        self.world = world
        self.counts = Counts()
        self._known: dict[tuple[int, int, int], int] = {}
        self._judged: dict[int, str] = {}
        story.begin(world)
        world.calls = []
        self.start = world.save()
        self._faultless = self._end_of_faultless()

    # Exhaustively.

    def all_with(self, faults: int) -> int:
        """Explore every schedule with at most so many faults; how many there are."""
        schedules = self._explore(0, self.start, faults, ())
        self.counts.schedules += schedules
        return schedules

    def _explore(self, step: int, state: Snapshot, budget: int, so_far: Schedule) -> int:
        if step == len(self.story.steps):
            self._judge(state, so_far)
            return 1
        key = (step, state.key(), budget)
        if key in self._known:
            return self._known[key]
        schedules = 0
        for chosen, after in self._ways(step, state, budget):
            schedules += self._explore(step + 1, after, budget - len(chosen), so_far + chosen)
        self._known[key] = schedules
        return schedules

    def _ways(
        self, step: int, state: Snapshot, budget: int, chosen: Schedule = ()
    ) -> Iterator[tuple[Schedule, Snapshot]]:
        """Every way in which a step can go, with at most so many faults more."""
        calls, after = self._run(step, state, chosen)
        yield chosen, after
        if budget == 0:
            return
        first = chosen[-1].call + 1 if chosen else STEP
        for fault in self._options(step, state, calls, first):
            yield from self._ways(step, state, budget - 1, (*chosen, fault))

    def _options(
        self, step: int, state: Snapshot, calls: list[Call], first: int
    ) -> Iterator[Fault]:
        name = self.story.steps[step].__name__
        if first == STEP and (name != "deliver" or state.stream):
            for kind in WAYS.get(name, ()):
                yield Fault(step, STEP, kind)
        for index in range(max(first, 0), len(calls)):
            for kind in FAULTS[calls[index].kind]:
                yield Fault(step, index, kind)

    def _run(self, step: int, state: Snapshot, chosen: Schedule) -> tuple[list[Call], Snapshot]:
        world = self.world
        world.load(state)
        world.faults = {fault.call: fault.kind for fault in chosen}
        world.way = world.faults.get(STEP, "as usual")
        world.calls = []
        world.keep_calls = True
        self.story.steps[step](world)
        world.keep_calls = False
        calls = world.calls
        if chosen:
            last = chosen[-1]
            about = self.story.steps[step].__name__
            if last.call != STEP:
                about = f"{calls[last.call].kind} {calls[last.call].name}"
            self.counts.faults[about, last.kind] += 1
        self.counts.runs += 1
        return calls, world.save()

    # At random.

    def drawn(self, random: Random, faults: int) -> Schedule:
        """Run one schedule with so many faults in places drawn at random."""
        chosen: Schedule = ()
        state = self.start
        places = sorted(random.randrange(len(self.story.steps)) for _ in range(faults))
        for step in range(len(self.story.steps)):
            here: Schedule = ()
            calls, after = self._run(step, state, here)
            for _ in range(places.count(step)):
                first = here[-1].call + 1 if here else STEP
                options = list(self._options(step, state, calls, first))
                if options:
                    here = (*here, random.choice(options))
                    calls, after = self._run(step, state, here)
            chosen += here
            state = after
        self._judge(state, chosen)
        self.counts.schedules += 1
        return chosen

    def replay(self, schedule: Schedule) -> list[Call]:
        """Run one schedule, and every call that it met."""
        state, met = self.start, []
        for step in range(len(self.story.steps)):
            calls, state = self._run(step, state, tuple(f for f in schedule if f.step == step))
            met += [Call("step", str(step), ""), *calls]
        self._judge(state, schedule)
        return met

    # Judging.

    def _judge(self, state: Snapshot, schedule: Schedule) -> None:
        key = state.key()
        if key not in self._judged:
            self._judged[key] = self._what_is_wrong(state)
            self.counts.healed += 1
        what = self._judged[key]
        if what:
            self.counts.found.append(Found(self.story.name, schedule, what))

    def _what_is_wrong(self, state: Snapshot) -> str:
        self.world.load(state)
        heal(self.world)
        sent = {(order, p.kind) for p in self.world.published for order in p.orders}
        wrong = [f"lost: {order} {kind}" for order, kind in self.story.sent - sent]
        undue = sent - self.story.sent - self.story.optional
        wrong += [f"undue: {order} {kind}" for order, kind in undue]
        wrong += [f"doubled: {what}" for what in self._doubles()]
        wrong += [f"not healed: {what}" for what in self._differences()]
        return "; ".join(sorted(wrong))

    def _doubles(self) -> Iterator[str]:
        """What went out again although its first outcome was known."""
        first: dict[tuple[str, str], bool] = {}
        for message in self.world.published:
            for order in message.orders:
                name = (order, message.kind)
                if name in first and not first[name]:
                    yield " ".join(name)
                elif name in first:
                    self.counts.repeated += 1
                first[name] = message.unknown

    def _differences(self) -> Iterator[str]:
        ended = summary(self.world)
        for name in sorted(ended.keys() | self._faultless.keys()):
            if ended.get(name) != self._faultless.get(name):
                yield f"{name} is {ended.get(name)}, not {self._faultless.get(name)}"

    def _end_of_faultless(self) -> dict[str, str]:
        state = self.start
        for step in range(len(self.story.steps)):
            _, state = self._run(step, state, ())
        self.world.load(state)
        heal(self.world)
        return summary(self.world)


def heal(world: World) -> None:
    """Nothing goes wrong any more, and time goes on."""
    world.faults = {}
    world.way = "as usual"
    mode, world.source_mode = world.source_mode, lambda now: "fine"  # noqa: ARG005
    until = world.now + HEALING
    # Whoever died may still hold a lease.
    world.now += timedelta(minutes=16)
    while world.now < until:
        world.pull()
        while world.deliver():
            pass
        world.now = min(_next_instant(world), until) + timedelta(seconds=1)
    world.source_mode = mode


def _next_instant(world: World) -> datetime:
    soon = world.now + timedelta(minutes=15)
    instants = [world.now + HEALING]
    for (_, sk), item in world.db.items.items():
        if sk == "WATCH" and "slot" in item:
            turn = Wheel(30).next_turn(item["slot"]["S"], world.now)
            instants.append(soon if item["slot"]["S"] == NEW or turn is None else turn)
        if "pending" in item or (sk == "PULL" and "owner" in item):
            instants.append(soon)
    return min(instants)


def summary(world: World) -> dict[str, str]:
    """What must be the same in the end, whatever went wrong on the way."""
    said: dict[str, str] = {}
    now = world.now.timestamp()
    for (pk, sk), item in world.db.items.items():
        name = pk.removeprefix("ORDER#")
        if sk == "WATCH":
            said[name] = " ".join(
                item.get(part, {"S": "-"})["S"] for part in ("state", "stage", "slot", "n")
            )
        if "pending" in item:
            said[f"{name} {sk}"] = "pending"
        if sk in {"PULL", "PUBLISH"} and int(item.get("ends", {"N": "0"})["N"]) > now:
            said[sk] = "held"
    return said


def explorer_of(story: Story) -> Explorer:
    """An explorer of a story, over a world of its own, which must be running."""
    return Explorer(story, World(EPOCH))


__all__ = ["Counts", "Explorer", "Fault", "Found", "Schedule", "running"]
