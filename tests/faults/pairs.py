"""Pairs of runs that may overlap, and where each pair begins."""

from datetime import timedelta

from tests.faults.interleave import Pair, Run
from tests.faults.journeys import Journey
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.story_beginnings import collectable
from tests.faults.story_steps import ANOTHER, A, B, C, add, at, days, events, next_turn, settle


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
