"""Two runs at once, in every order of their calls.

Each run is a greenlet that stops before each of its calls to the outside; a schedule says which of
the two goes on. Schedules after which everything is as after another one, and each run has seen the
same, go on equally and are taken once.
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
from tests.faults.journeys import Journey
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.snapshot import Snapshot
from tests.faults.story_beginnings import collectable
from tests.faults.story_steps import ANOTHER, A, B, C, add, at, days, events, next_turn, settle

if TYPE_CHECKING:
    from tests.faults.simulated_calls import Running

Run = Callable[[World], object]


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

    def _stop(self) -> None:
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


def explore(pair: Pair, world: World) -> Explored:
    """Every order of the calls of two runs."""
    serial = _begin(pair, world)
    tree = _Tree()
    ends = set(_ends(pair, world, tree))
    return Explored(_paths(tree.first, tree.children, tree.ways), len(tree.seen), ends, serial)


def first_wrong(pair: Pair, world: World) -> str | None:
    """An end that neither run after the other gives; None where no order of the calls gives one.

    It looks no further than the first.
    """
    serial = _begin(pair, world)
    return next((end for end in _ends(pair, world, _Tree()) if end not in serial), None)


def _begin(pair: Pair, world: World) -> set[str]:
    """Bring a world to where the runs begin; returns the ends of one run after the other."""
    pair.begin(world)
    start = world.save()
    serial = {
        _end_of(world, start, runs) for runs in ((pair.one, pair.other), (pair.other, pair.one))
    }
    world.load(start)
    return serial


@dataclass
class _Tree:
    """The states that the orders of the calls lead through."""

    first: object = None
    seen: set[object] = field(default_factory=set)
    children: dict[object, list[object]] = field(default_factory=dict)
    """The states that follow a state by one call."""
    ways: dict[object, int] = field(default_factory=dict)
    """How many orders lead from a state to an end, where that is known."""


def _ends(pair: Pair, world: World, tree: _Tree) -> Iterator[str]:
    """The end of each order of the calls that leads to a state not seen before."""
    start = world.save()
    frontier: list[tuple[object, tuple[int, ...]]] = [(None, ())]
    while frontier:
        before, schedule = frontier.pop()
        processes = _replay(world, start, (pair.one, pair.other), schedule)
        while True:
            alive = [i for i, process in enumerate(processes) if process.is_alive]
            going_on = tuple((i, hash(tuple(processes[i].seen))) for i in alive)
            key = (world.save().key(), going_on)
            tree.first = tree.first or key
            tree.children.setdefault(before, []).append(key)
            if key in tree.seen or not alive:
                break
            tree.seen.add(key)
            before = key
            frontier += [(key, (*schedule, i)) for i in alive[1:]]
            schedule = (*schedule, alive[0])
            processes[alive[0]].go_on()
        for process in processes:
            process.end()
        if key not in tree.seen:
            tree.seen.add(key)
            tree.ways[key] = 1
            yield _judged(world)


def _paths(key: object, children: dict[object, list[object]], ways: dict[object, int]) -> int:
    """How many schedules lead from a state to an end."""
    if key not in ways:
        ways[key] = sum(_paths(child, children, ways) for child in children[key])
    return ways[key]


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


def pull(world: World) -> object:
    """A run of the pull."""
    return world.pull()


def pull_here(world: World) -> object:
    """A run of the pull on another machine, by the command line."""
    return world.pull_here()


def evaluate(*order_ids: str, sends: bool = True) -> Run:
    """An evaluation that was woken for some orders; it may die before it sends."""

    def run(world: World) -> object:
        return world.evaluate(*order_ids, sends=sends)

    return run


def wake(world: World) -> object:
    """An evaluation that was woken to send."""
    return world.wake()


def digest(world: World) -> object:
    """A run that makes the digest of one instant."""
    return world.make_digest(EPOCH)


def redrive(world: World) -> object:
    """The evaluation does again what it had given up on."""
    return world.redrive()


def request(method: str, path: str, body: object = None) -> Run:
    """A request of the buyer."""

    def run(world: World) -> object:
        return world.api(method, path, body)

    return run


def then(*runs: Run) -> Run:
    """Runs one after the other."""

    def run(world: World) -> None:
        for one in runs:
            one(world)

    return run


def _due(world: World) -> None:
    """An order that is stalled as soon as it is evaluated: its turn has come, nothing was asked."""
    world.journeys[A] = Journey(events((15, "PU_PICKUP_SUCCESS"), (11.6, "SC_INBOUND_SUCCESS")))
    add(world, "a", A, 16)
    settle(world)
    world.now = EPOCH + days(0.5)
    world.now = next_turn(world, "a") + timedelta(seconds=1)


def _touched(world: World) -> None:
    """The same, after the pull has touched it: the evaluation is about to be woken."""
    _due(world)
    world.pull()


def _given_up(world: World) -> None:
    """The same, after the stream's mapping has given up on it."""
    _touched(world)
    world.give_up()


def _raised(world: World) -> None:
    """The same, after the evaluation has raised the alert and died before sending."""
    _touched(world)
    world.evaluate("a", sends=False)
    world.now += timedelta(minutes=20)


def _raised_three(world: World) -> None:
    """Three alerts of one kind, raised and not sent."""
    for order_id, number in (("a", A), ("b", B), ("c", C)):
        world.journeys[number] = Journey(
            events((15, "PU_PICKUP_SUCCESS"), (11.6, "SC_INBOUND_SUCCESS"))
        )
        add(world, order_id, number, 16)
    settle(world)
    world.now = EPOCH + days(1)
    world.pull("a", "b", "c")
    world.evaluate("a", "b", "c", sends=False)
    world.now += timedelta(minutes=20)


def _closed_with_pending(world: World) -> None:
    """An alert is pending and its order was just closed."""
    _raised(world)
    world.api("POST", "/orders/a/actions", {"action": "close"})


def _moving(world: World) -> None:
    """A silent order whose parcel moves again: the next look changes its slot."""
    world.journeys[A] = Journey(
        (
            *events((28, "PU_PICKUP_SUCCESS"), (20, "LH_DEPART")),
            (EPOCH + at(hours=1), EPOCH + at(minutes=30), "LH_ARRIVE"),
        )
    )
    add(world, "a", A, 30)
    settle(world)
    world.now = next_turn(world, "a") + timedelta(seconds=1)


def _moved(world: World) -> None:
    """The same, after the pull has written the news."""
    _moving(world)
    world.pull()
    world.now = next_turn(world, "a") + timedelta(seconds=1)


_DELETE = request("DELETE", "/orders/a")
_SEND_LATER = {"order_id": "a", "ordered_on": "2026-03-20", "tracking_number": A}
_ADD_AGAIN = request("POST", "/orders", _SEND_LATER)
_OTHER_NUMBER = request("PATCH", "/orders/a", {"tracking_number": ANOTHER})
_DISPUTE = request("POST", "/orders/a/actions", {"action": "dispute_opened"})
_SELLER = request("POST", "/orders/a/actions", {"action": "seller_contacted"})
_RECEIVED = request("POST", "/orders/a/actions", {"action": "received"})
_REOPEN = request("POST", "/orders/a/actions", {"action": "reopen"})

PAIRS = (
    Pair("pull and pull", _due, pull, pull),
    Pair("pull and the poll of the command line", _due, pull, pull_here),
    Pair("evaluation and evaluation", _touched, evaluate("a"), evaluate("a")),
    Pair("sending and sending", _raised_three, wake, wake),
    Pair("digest and digest", collectable, digest, digest),
    Pair("digest and sending", _raised, digest, wake),
    Pair("digest and an action", collectable, digest, _RECEIVED),
    Pair("pull and evaluation", _touched, pull, evaluate("a")),
    Pair("evaluation and an action", _touched, evaluate("a"), _DISPUTE),
    Pair("sending and an action", _raised, wake, _DISPUTE),
    Pair("sending and another number", _raised, wake, _OTHER_NUMBER),
    Pair("an action and another number", _touched, _DISPUTE, _OTHER_NUMBER),
    Pair("two actions", _touched, _DISPUTE, _SELLER),
    Pair("pull and another number", _due, pull, _OTHER_NUMBER),
    Pair("evaluation and another number", _touched, evaluate("a"), _OTHER_NUMBER),
    Pair("a slot's change and its run", _moved, evaluate("a", sends=False), pull),
    Pair("deleting and pull", _due, _DELETE, pull),
    Pair("deleting and evaluation", _touched, _DELETE, evaluate("a")),
    Pair("deleting and sending", _raised, _DELETE, wake),
    Pair("deleting and another number", _touched, _DELETE, _OTHER_NUMBER),
    Pair("deleting and a slot's run", _moved, _DELETE, pull),
    Pair("deleting and adding again", _touched, _DELETE, _ADD_AGAIN),
    Pair("deleting and an action", _touched, _DELETE, _DISPUTE),
    Pair("deleting twice", _touched, _DELETE, _DELETE),
    Pair("adding again and pull", _due, then(_DELETE, _ADD_AGAIN), pull),
    Pair("adding again and evaluation", _touched, then(_DELETE, _ADD_AGAIN), evaluate("a")),
    Pair("adding again and sending", _raised, then(_DELETE, _ADD_AGAIN), wake),
    Pair("dropping an alert and reopening", _closed_with_pending, wake, _REOPEN),
    Pair(
        "dropping an alert and reopening with evaluation",
        _closed_with_pending,
        wake,
        then(_REOPEN, evaluate("a", sends=False)),
    ),
    Pair("reopening and evaluation", _closed_with_pending, _REOPEN, evaluate("a")),
    Pair("redrive and evaluation", _given_up, redrive, evaluate("a")),
    Pair("redrive and pull", _given_up, redrive, pull),
    Pair("redrive and redrive", _given_up, redrive, redrive),
    Pair("redrive and an action", _given_up, redrive, _DISPUTE),
    Pair("redrive and deleting", _given_up, redrive, _DELETE),
    Pair("adding twice", lambda world: None, _ADD_AGAIN, _ADD_AGAIN),  # noqa: ARG005
)

__all__ = ["PAIRS", "Explored", "Pair", "explore", "first_wrong", "world_of_two"]
