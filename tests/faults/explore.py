"""Explores schedules: which call goes wrong, and how, in every way there is.

A story is run step by step. In each step every call may go wrong in every way of its kind, and so
may the delivery of the stream's records; what a step leaves is a state. Schedules that lead to the
same state share its continuation, which is run once: so a schedule is a sequence of calls and
outcomes every stretch of which was run from the very state that it was in. What was meant to go
wrong and made no difference (an index that has no earlier state to show, say) makes no schedule.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from random import Random
from typing import NamedTuple

from stallwatch.dynamodb.items import alert_of_item, trace_of_item
from stallwatch.dynamodb.sources import credits_of_item
from stallwatch.tracking.circuit_breaker import LONGEST_PAUSE
from stallwatch.tracking.schedule import NEW, PollSchedule
from tests.faults.scenarios import Story
from tests.faults.simulated_stack import EPOCH, Call, Snapshot, World

WAYS = {
    "deliver": ("late", "one", "twice", "dropped", "reversed"),
    "tick": ("skipped", "doubled"),
}
"""What may become of the stream's records besides being delivered, and of a tick."""

STEP = -1
"""Stands for the step as a whole, where a fault is in none of its calls."""

DIGEST = ("", "digest")

HEALING = timedelta(hours=27)
"""Longer than the longest cadence, and a lease."""

MOST = 3
"""Faults in one schedule."""

TRIES = 10
"""How often on average a schedule is drawn until it counts."""

RUNS_IN_A_STEP = 100
"""More than there are: a step's runs have numbers of their own, whatever happened before it."""


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

    @property
    def replay(self) -> str:
        """The command that shows it."""
        faults = " ".join(str(fault) for fault in self.schedule)
        return f"REPLAY='{self.story}: {faults}' make faults"


@dataclass
class Counts:
    """What was explored."""

    schedules: int = 0
    runs: int = 0
    """Steps that were run."""
    healed: int = 0
    """Different states that were healed and judged."""
    seconds: float = 0
    """Of processor time."""
    repeated: int = 0
    """Messages that went out twice because the outcome of the first was unknown."""
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What went wrong in the steps that were run, by call and kind."""
    wrong: Counter[str] = field(default_factory=Counter)
    """How many of the healed states were wrong, and in what way."""
    found: list[Found] = field(default_factory=list)
    """The shortest schedule to each thing that was wrong."""

    def add(self, other: "Counts") -> None:
        self.schedules += other.schedules
        self.runs += other.runs
        self.healed += other.healed
        self.seconds += other.seconds
        self.repeated += other.repeated
        self.faults += other.faults
        self.wrong += other.wrong
        self.found += other.found


class Explorer:
    """Explores one story, over a world that is running."""

    def __init__(self, story: Story, world: World) -> None:
        self.story = story
        self.world = world
        self.counts = Counts()
        self._known: dict[tuple[int, int, int], list[int]] = {}
        self._most_in_a_step = MOST
        self._faultless_runs: dict[tuple[int, int], tuple[list[Call], Snapshot]] = {}
        self._judged: dict[int, str] = {}
        self._drawn: set[Schedule] = set()
        story.begin(world)
        self.start = world.save()
        self._faultless = self._end_of_faultless()

    # Exhaustively.

    def all_with(self, faults: int) -> Counts:
        """Explore every schedule with at most so many faults."""
        self.counts.schedules += sum(self._explore(0, self.start, faults, ()))
        return self.counts

    def all_from(self, first: int, faults: int) -> Counts:
        """Explore those of them in which the first fault is in one step.

        The schedule without any fault is taken for one of the first step's.
        """
        state = self.start
        for step in range(first):
            _, state = self._faultless_run(step, state)
        for chosen, after in self._ways(first, state, faults):
            if chosen or first == 0:
                budget = faults - len(chosen) if chosen else 0
                self.counts.schedules += sum(self._explore(first + 1, after, budget, chosen))
        return self.counts

    def all_apart(self, faults: int) -> Counts:
        """Explore every schedule with so many faults, each in a step of its own."""
        self._most_in_a_step = 1
        self.counts.schedules += self._explore(0, self.start, faults, ())[faults]
        return self.counts

    def _explore(self, step: int, state: Snapshot, budget: int, so_far: Schedule) -> list[int]:
        """Go on in every way; how many ways there are with no fault more, with one, and so on."""
        if step == len(self.story.steps):
            self._judge(state, so_far)
            return [1]
        key = (step, state.key(), budget)
        if key in self._known:
            return self._known[key]
        schedules = [0] * (budget + 1)
        for chosen, after in self._ways(step, state, min(budget, self._most_in_a_step)):
            left = budget - len(chosen)
            for more, ways in enumerate(self._explore(step + 1, after, left, so_far + chosen)):
                schedules[len(chosen) + more] += ways
        self._known[key] = schedules
        return schedules

    def _ways(
        self, step: int, state: Snapshot, budget: int, chosen: Schedule = ()
    ) -> Iterator[tuple[Schedule, Snapshot]]:
        """Every way in which a step can go, with at most so many faults more."""
        calls, after = self._run(step, state, chosen)
        if chosen and not _was_met(chosen[-1], calls):
            return
        yield chosen, after
        if budget == 0:
            return
        for fault in self._options_after(chosen, step, state, calls):
            yield from self._ways(step, state, budget - 1, (*chosen, fault))

    def _options_after(
        self, chosen: Schedule, step: int, state: Snapshot, calls: list[Call]
    ) -> list[Fault]:
        """What may go wrong in a step after what goes wrong in it already."""
        first = chosen[-1].call + 1 if chosen else STEP
        ways = self._ways_of(step, state) if first == STEP else ()
        return [
            *(Fault(step, STEP, way) for way in ways),
            *(
                Fault(step, index, kind)
                for index in range(max(first, 0), len(calls))
                for kind in calls[index].faults
            ),
        ]

    def _ways_of(self, step: int, state: Snapshot) -> tuple[str, ...]:
        """What may become of a step as a whole, and makes a difference."""
        name = self.story.steps[step].__name__
        ways = WAYS.get(name, ())
        if name == "deliver":
            orders = len({pk for (pk, _), _ in state.stream})
            made = {"one": len(state.stream) > 1, "reversed": orders > 1}
            ways = tuple(way for way in ways if made.get(way, bool(state.stream)))
        return ways

    def _run(self, step: int, state: Snapshot, chosen: Schedule) -> tuple[list[Call], Snapshot]:
        """Run a step. It begins with a full minute: its calls take no time but when they hang."""
        world = self.world
        world.load(state)
        world.runs = RUNS_IN_A_STEP * (step + 1)
        world.now = _next_minute(world.now)
        world.faults = {fault.call: fault.kind for fault in chosen}
        world.way = world.faults.get(STEP, "as usual")
        world.keep_calls = True
        try:
            self.story.steps[step](world)
        except Exception as error:  # noqa: BLE001 - whatever it is, the schedule must be told
            world.broken = world.broken or f"crashed: step {step}: {error!r}"
        world.keep_calls = False
        calls = world.calls
        if chosen and _was_met(chosen[-1], calls):
            last = chosen[-1]
            about = self.story.steps[step].__name__
            if last.call != STEP:
                about = f"{calls[last.call].kind} {calls[last.call].name}"
            self.counts.faults[about, last.kind] += 1
        self.counts.runs += 1
        return calls, world.save()

    # At random.

    def draw(self, random: Random, faults: int, wanted: int) -> None:
        """Run so many schedules with so many faults in places drawn at random.

        One counts where so many faults were met, and where it was not drawn before: there may be
        fewer than are wanted.
        """
        for _ in range(wanted * TRIES):
            if len(self._drawn) == wanted:
                break
            self._draw_one(random, faults)

    def _draw_one(self, random: Random, faults: int) -> None:
        """One of them. What cannot go wrong in its step any more goes wrong in the next."""
        chosen: Schedule = ()
        state = self.start
        places = [random.randrange(len(self.story.steps)) for _ in range(faults)]
        due = 0
        for step in range(len(self.story.steps)):
            here: Schedule = ()
            calls, after = self._faultless_run(step, state)
            due += places.count(step)
            while due and (options := self._options_after(here, step, state, calls)):
                here = (*here, random.choice(options))
                calls, after = self._run(step, state, here)
                here = tuple(fault for fault in here if _was_met(fault, calls))
                due -= 1
            chosen += here
            state = after
        self._judge(state, chosen)
        if len(chosen) == faults and chosen not in self._drawn:
            self._drawn.add(chosen)
            self.counts.schedules += 1

    def _faultless_run(self, step: int, state: Snapshot) -> tuple[list[Call], Snapshot]:
        key = (step, state.key())
        if key not in self._faultless_runs:
            self._faultless_runs[key] = self._run(step, state, ())
        return self._faultless_runs[key]

    # One schedule.

    def replay(self, schedule: Schedule) -> tuple[list[Call], str]:
        """Run one schedule: every call that it met, and what was wrong after it."""
        state, met = self.start, []
        for step in range(len(self.story.steps)):
            calls, state = self._run(step, state, tuple(f for f in schedule if f.step == step))
            met += [Call("step", str(step), self.story.steps[step].__name__), *calls]
        return met, self._wrong_after(state)

    def shortest(self, schedule: Schedule) -> Schedule:
        """The shortest part of a schedule after which something is wrong too."""
        for size in range(len(schedule)):
            for part in combinations(schedule, size):
                if self.replay(part)[1]:
                    return part
        return schedule

    # Judging.

    def _judge(self, state: Snapshot, schedule: Schedule) -> None:
        what = self._wrong_after(state)
        known = {found.what for found in self.counts.found}
        if what and what not in known:
            part = self.shortest(schedule)
            found = Found(self.story.name, part, self.replay(part)[1])
            if found.what not in known:
                self.counts.found.append(found)

    def _wrong_after(self, state: Snapshot) -> str:
        key = state.key()
        if key not in self._judged:
            wrong = self._what_is_wrong(state)
            self._judged[key] = "; ".join(sorted(wrong))
            self.counts.healed += 1
            self.counts.wrong.update({part.split(":")[0] for part in wrong})
        return self._judged[key]

    def _what_is_wrong(self, state: Snapshot) -> list[str]:
        world = self.world
        world.load(state)
        world.runs = RUNS_IN_A_STEP * (len(self.story.steps) + 1)
        try:
            heal(world, self.story.fine_from)
        except Exception as error:  # noqa: BLE001 - whatever it is, the schedule must be told
            world.broken = world.broken or f"crashed: afterwards: {error!r}"
        story = self.story
        sent = {(o, p.kind, p.language) for p in world.published for o in p.orders}
        may_be = story.optional | ({DIGEST} if world.overlooked else set())
        wanted = {
            (*alert, language) for alert in story.sent - may_be for language in story.languages
        }
        optional = {(*alert, language) for alert in may_be for language in story.languages}
        wrong = [f"lost: {' '.join(alert)}".strip() for alert in wanted - sent]
        wrong += [f"undue: {' '.join(alert)}".strip() for alert in sent - wanted - optional]
        wrong += [f"doubled: {what}" for what in self._doubles()]
        if world.hurried:
            wrong.append("hurried: the source was asked too fast")
        if world.broken:
            wrong.append(world.broken)
        ended = summary(world)
        of_the_stack = tuple(f"STACK {kind} " for order, kind in may_be if not order)
        for name in sorted(ended.keys() | self._faultless.keys()):
            if ended.get(name) != self._faultless.get(name) and not name.startswith(of_the_stack):
                there, faultless = ended.get(name), self._faultless.get(name)
                wrong.append(f"not healed: {name} is {there}, not {faultless}")
        return wrong

    def _doubles(self) -> Iterator[str]:
        """What went out again though its first outcome was known, or as if it were another one."""
        first: dict[tuple[str, ...], tuple[bool, str]] = {}
        for message in self.world.published:
            for order in message.orders:
                name = (order, message.kind, message.language)
                if name in first:
                    unknown, batch = first[name]
                    if not unknown:
                        yield " ".join(name).strip()
                    elif batch != message.batch:
                        yield f"{' '.join(name).strip()}, under another id"
                    self.counts.repeated += 1
                first[name] = message.unknown, message.batch

    def _end_of_faultless(self) -> dict[str, str]:
        state = self.start
        for step in range(len(self.story.steps)):
            _, state = self._run(step, state, ())
        self.world.load(state)
        heal(self.world, self.story.fine_from)
        return summary(self.world)


def _was_met(fault: Fault, calls: list[Call]) -> bool:
    """Whether a fault made a difference where it was wanted."""
    return fault.call == STEP or (fault.call < len(calls) and calls[fault.call].fault is not None)


def _next_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) + timedelta(minutes=1)


def heal(world: World, fine_from: datetime = EPOCH) -> None:
    """Nothing goes wrong any more but with the source, until it is fine again; time goes on."""
    world.faults = {}
    world.way = "as usual"
    # Whoever died may still hold a lease.
    world.now = _next_minute(world.now) + timedelta(minutes=16)
    if world.notifications:
        world.redrive()
    # A number is registered with the second source at one turn, and asked about at the next.
    turns = 2 if world.second else 1
    until = max(world.now, fine_from + LONGEST_PAUSE) + turns * HEALING
    while world.now < until:
        world.pull()
        while world.deliver():
            pass
        world.now = min(_next_instant(world), until) + timedelta(seconds=1)


def _next_instant(world: World) -> datetime:
    soon = world.now + timedelta(minutes=15)
    instants = [world.now + HEALING]
    for (_, sk), item in world.db.items.items():
        if sk == "WATCH" and "slot" in item:
            turn = PollSchedule(30).next_turn(item["slot"]["S"], world.now)
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
        if sk == "ORDER":
            deeds = (action["M"]["deed"]["S"] for action in item.get("actions", {"L": []})["L"])
            number = item.get("tracking_number", {"S": "no number"})["S"]
            said[name] = " ".join(("ordered", number, *deeds))
        if sk == "WATCH":
            said[f"{name} in the watch"] = " ".join(
                item.get(part, {"S": "-"})["S"] for part in ("state", "stage", "slot", "n", "was")
            )
        if sk == "TRACE":
            codes = [c.code for c in trace_of_item(item).open().checkpoints]
            said[f"{name} traced"] = " ".join(codes)
        if sk.startswith("ALERT#"):
            alert = alert_of_item(item)
            # Its key may have the instant in it at which something was seen.
            where = " ".join((name, alert.kind, alert.reason, str(alert.nth)))
            became = next((part for part in ("pending", "refused") if part in item), "sent")
            said[where] = f"{said[where]}, {became}" if where in said else became
        if sk.startswith("CREDITS#"):
            # An attempt that is open is settled before the next registration.
            book = credits_of_item(item)
            attempted = () if book.attempt is None else book.attempt.numbers
            counted = book.spent + sum(world.charged[number] for number in attempted)
            said["credits"] = f"{counted} of {world.charged.total()}"
        if sk in {"PULL", "PUBLISH"} and int(item.get("ends", {"N": "0"})["N"]) > now:
            said[sk] = "held"
    if world.notifications:
        said["dead letters"] = str(len(world.notifications))
    return said


def explorer_of(story: Story) -> Explorer:
    """An explorer of a story, over a world of its own, which must be running."""
    return Explorer(story, world_of(story))


def world_of(story: Story) -> World:
    """A world for a story: a run takes a second, its calls none but when they hang."""
    return World(
        EPOCH,
        call_takes=timedelta(0),
        run_takes=timedelta(seconds=1),
        second=story.second,
        keeps_letters=story.redriven,
        quiet_hours=story.quiet_hours,
    )
