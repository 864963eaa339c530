"""Explores schedules: which call goes wrong, and how, in every way there is.

A story is run step by step. In each step every call may go wrong in every way of its kind, and so
may the delivery of the stream's records; what a step leaves is a state. Schedules that lead to the
same state share its continuation, which is run once: so a schedule is a sequence of calls and
outcomes every stretch of which was run from the very state that it was in. What was meant to go
wrong and made no difference (an index that has no earlier state to show, say) makes no schedule.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from random import Random

from tests.faults.healing import heal, next_minute, summary
from tests.faults.scenarios import Story
from tests.faults.schedules import STEP, Counts, Fault, Found, Schedule
from tests.faults.simulated_calls import Call
from tests.faults.simulated_clients import Published
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.snapshot import Snapshot

WAYS = {
    "deliver": ("late", "one", "twice", "dropped", "reversed"),
    "tick": ("skipped", "doubled"),
}
"""What may become of the stream's records besides being delivered, and of a tick."""

DIGEST = ("", "digest")

MOST = 3
"""Faults in one schedule."""

TRIES = 10
"""How often on average a schedule is drawn until it counts."""

RUNS_IN_A_STEP = 100
"""More than there are: a step's runs have numbers of their own, whatever happened before it."""


class _SoughtError(Exception):
    """What was looked for is found."""


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
        self._sought = ""
        story.begin(world)
        self.start = world.save()
        self._faultless = self._end_of_faultless()

    # Exhaustively.

    def all_with(self, faults: int) -> Counts:
        """Explore every schedule with at most so many faults."""
        self.counts.schedules += sum(self._explore(0, self.start, faults, ()))
        return self.counts

    def first_with(self, faults: int, what: str) -> Found | None:
        """Explore schedules with at most so many faults until something is found.

        It is for an explorer that has explored nothing yet: what is known is not looked at again.

        Args:
            faults: How many.
            what: How the description of what is looked for begins; not empty.
        """
        self._sought = what
        try:
            self._explore(0, self.start, faults, ())
        except _SoughtError:
            return self.counts.found[-1]
        finally:
            self._sought = ""
        return None

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
        world.now = next_minute(world.now)
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
                if self._sought and found.what.startswith(self._sought):
                    raise _SoughtError

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
        wrong += [f"doubled: {what}" for what in _doubles(world.published, self.counts)]
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

    def _end_of_faultless(self) -> dict[str, str]:
        state = self.start
        for step in range(len(self.story.steps)):
            _, state = self._run(step, state, ())
        self.world.load(state)
        heal(self.world, self.story.fine_from)
        return summary(self.world)


def _doubles(published: Sequence[Published], counts: Counts) -> Iterator[str]:
    """What went out again though its first outcome was known, or as if it were another one."""
    first: dict[tuple[str, ...], tuple[bool, str]] = {}
    for message in published:
        for order in message.orders:
            name = (order, message.kind, message.language)
            if name in first:
                unknown, batch = first[name]
                if not unknown:
                    yield " ".join(name).strip()
                elif batch != message.batch:
                    yield f"{' '.join(name).strip()}, under another id"
                counts.repeated += 1
            first[name] = message.unknown, message.batch


def _was_met(fault: Fault, calls: list[Call]) -> bool:
    """Whether a fault made a difference where it was wanted."""
    return fault.call == STEP or (fault.call < len(calls) and calls[fault.call].fault is not None)


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
