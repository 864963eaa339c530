"""Two runs at once, in every order of their calls.

Each run is a greenlet that stops before each of its calls to the outside; a schedule says which of
the two goes on. Schedules after which everything is as after another one, and each run has seen the
same, go on equally and are taken once. Where both are about to read, the same comes of it whoever
reads first, and one of the two orders is taken for both (a sleep set: Godefroid, "Partial-Order
Methods for the Verification of Concurrent Systems", chapter 5).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from greenlet import greenlet  # type: ignore[import-untyped,unused-ignore]

from stallwatch.api.app import app
from tests.faults.call_faults import KilledError
from tests.faults.healing import heal, summary
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.snapshot import Snapshot

if TYPE_CHECKING:
    from tests.faults.simulated_calls import Running

Run = Callable[[World], object]

READS = frozenset({"read", "read many", "read index"})
"""The kinds of calls that change nothing.

Nor does what a run does between such a call and its next one, but for letting time pass.
"""


@dataclass(frozen=True)
class Pair:
    """Two runs at once."""

    name: str
    begin: Callable[[World], None]
    one: Run
    other: Run


@dataclass
class Explored:
    """What came of every order of two runs' calls."""

    schedules: int
    """Different orders of the calls."""
    states: int
    ends: set[str]
    """What was sent and what is, in the end."""
    serial: set[str]
    """The same where one run came after the other."""

    @property
    def wrong(self) -> set[str]:
        """What no order of the two runs as wholes gives."""
        return self.ends - self.serial


class _Process:
    """A run that stops before each call."""

    def __init__(self, world: World, run: Run, hub: greenlet) -> None:
        self.world = world
        self.seen: list[str] = []
        self.about_to = ""
        """The kind of the call before which it stands."""
        self._running: Running | None = None
        self._request: dict[str, Any] = {}
        self._hub = hub
        self._greenlet = greenlet(lambda: run(world))

    @property
    def is_alive(self) -> bool:
        return not self._greenlet.dead

    def go_on(self) -> None:
        """Make the call before which it stopped, and go on to the next."""
        self._go_on(self._greenlet.switch)

    def end(self) -> None:
        """Let nothing of it go on after this."""
        if self.is_alive:
            self._go_on(lambda: self._greenlet.throw(KilledError))

    def _go_on(self, switch: Callable[[], object]) -> None:
        self.world.running = self._running
        self.world.on_call = self._stop
        self.world.on_result = self.seen.append
        self._request = _with_request(self._request, switch)
        self._running, self.world.running = self.world.running, None
        self.world.on_call = None
        self.world.on_result = None

    def _stop(self, kind: str) -> None:
        self.about_to = kind
        self._hub.switch()


_OF_A_REQUEST = ("current_event", "lambda_context")


def _with_request(request: Mapping[str, Any], go_on: Callable[[], object]) -> dict[str, Any]:
    """Go on in a process of its own, as far as the API is concerned; what it then remembers.

    A deployed function answers one request at a time. What the API remembers of the one that it
    answers must not be another run's.
    """
    app.context.clear()
    app.context.update(request.get("context", {}))
    for name in _OF_A_REQUEST:
        setattr(BaseRouter, name, request.get(name))
    go_on()
    kept = {name: getattr(BaseRouter, name) for name in _OF_A_REQUEST}
    return {"context": dict(app.context), **kept}


def world_of_two() -> World:
    """A world for two runs at once: as many schedules as possible lead to the same."""
    return World(EPOCH, call_takes=timedelta(0), remember=False, keeps_letters=True)


def explore(pair: Pair, world: World, *, both_orders_of_reads: bool = False) -> Explored:
    """Every order of the calls of two runs.

    Args:
        pair: The runs.
        world: A world for them (`world_of_two`).
        both_orders_of_reads: Whether to try both orders of two reads too; the same comes of it.
    """
    start, serial = _begin(pair, world)
    tree = _Tree()
    ends = set(_ends(pair, world, start, tree, both_orders_of_reads=both_orders_of_reads))
    return Explored(tree.orders(), len(tree.seen), ends, serial)


def first_wrong(pair: Pair, world: World) -> str | None:
    """An end that neither run after the other gives; None where no order of the calls gives one.

    It looks no further than the first.
    """
    start, serial = _begin(pair, world)
    return next((end for end in _ends(pair, world, start, _Tree()) if end not in serial), None)


def _begin(pair: Pair, world: World) -> tuple[Snapshot, set[str]]:
    """Where the runs begin, and the ends of one run after the other."""
    pair.begin(world)
    start = world.save()
    serial = {
        _end_of(world, start, runs) for runs in ((pair.one, pair.other), (pair.other, pair.one))
    }
    return start, serial


@dataclass(frozen=True)
class _State:
    """Where an order of the calls has led: equal ones go on equally."""

    world: int
    """Stands for the state of everything."""
    alive: tuple[tuple[int, int], ...]
    """The runs that have not ended, each with what stands for all that it has seen."""

    @property
    def runs(self) -> list[int]:
        """The runs that have not ended."""
        return [run for run, _ in self.alive]


@dataclass
class _Tree:
    """The states that the orders of the calls lead through."""

    first: _State | None = None
    seen: set[_State] = field(default_factory=set)
    before: dict[_State, _State] = field(default_factory=dict)
    """The states in which the first run is asleep, each with the one before it.

    Both runs were about to read there, and the other one has read. The first one's read is not
    tried after it, since it was tried before it.
    """
    after: dict[tuple[_State, int], _State] = field(default_factory=dict)
    """The state that follows another one by a call of one of the runs."""
    ways: dict[_State, int] = field(default_factory=dict)
    """How many orders lead from a state to an end, where that is known."""

    def meet(self, state: _State, before: _State | None, run: int, *, asleep: bool) -> list[int]:
        """Note a state to which a run's call has led; the runs that have to go on from it."""
        if before is None:
            self.first = state
        else:
            self.after[before, run] = state
        if state in self.seen:
            return []
        self.seen.add(state)
        if before is None or not asleep:
            return state.runs
        self.before[state] = before
        return state.runs[1:]

    def orders(self) -> int:
        """How many orders of the calls there are."""
        assert self.first is not None
        return self._orders_from(self.first)

    def _orders_from(self, state: _State) -> int:
        if state not in self.ways:
            following = [self._orders_from(self._after(state, run)) for run in state.runs]
            self.ways[state] = sum(following) if following else 1
        return self.ways[state]

    def _after(self, state: _State, run: int) -> _State:
        if (state, run) not in self.after:
            return self._after(self._after(self.before[state], 0), 1)
        return self.after[state, run]


def _ends(
    pair: Pair, world: World, start: Snapshot, tree: _Tree, *, both_orders_of_reads: bool = False
) -> Iterator[str]:
    """The end of each order of the calls that leads to a state not seen before."""
    frontier: list[tuple[_State | None, tuple[int, ...], bool]] = [(None, (), False)]
    while frontier:
        before, schedule, asleep = frontier.pop()
        processes = _replay(world, start, (pair.one, pair.other), schedule)
        while True:
            state = _state_of(world, processes)
            is_end = not state.alive and state not in tree.seen
            runs = tree.meet(state, before, schedule[-1] if schedule else 0, asleep=asleep)
            if not runs:
                break
            both_read = all(process.about_to in READS for process in processes)
            if len(runs) > 1:
                frontier.append((state, (*schedule, 1), both_read and not both_orders_of_reads))
            asleep = asleep and both_read
            before = state
            schedule = (*schedule, runs[0])
            processes[runs[0]].go_on()
        for process in processes:
            process.end()
        if is_end:
            yield _judged(world)


def _state_of(world: World, processes: list[_Process]) -> _State:
    alive = [(run, process) for run, process in enumerate(processes) if process.is_alive]
    seen = tuple((run, hash(tuple(process.seen))) for run, process in alive)
    return _State(world.save().key(), seen)


def _replay(
    world: World, start: Snapshot, runs: tuple[Run, Run], schedule: tuple[int, ...]
) -> list[_Process]:
    world.load(start)
    world.keep_calls = True
    hub = greenlet.getcurrent()
    processes = [_Process(world, run, hub) for run in runs]
    for process in processes:
        process.go_on()  # as far as its first call
    for chosen in schedule:
        processes[chosen].go_on()
    return processes


def _end_of(world: World, start: Snapshot, runs: tuple[Run, ...]) -> str:
    world.load(start)
    for run in runs:
        run(world)
    return _judged(world)


def _judged(world: World) -> str:
    """What was sent and what is, after the world has run on."""
    heal(world)
    sent = sorted(f"{order} {p.kind}" for p in world.published for order in p.orders)
    return f"sent: {', '.join(sent)}; " + "; ".join(
        f"{name}: {what}" for name, what in sorted(summary(world).items())
    )
