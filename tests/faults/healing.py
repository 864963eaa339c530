"""How a world heals after its faults, and what must be the same in the end."""

from datetime import datetime, timedelta

from stallwatch.dynamodb.alert_items import alert_of_item
from stallwatch.dynamodb.credits import credits_of_item
from stallwatch.dynamodb.items import trace_of_item
from stallwatch.tracking.circuit_breaker import LONGEST_PAUSE
from stallwatch.tracking.schedule import NEW, PollSchedule
from tests.faults.simulated_stack import EPOCH, World

HEALING = timedelta(hours=27)
"""Longer than the longest cadence, and a lease."""


def next_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) + timedelta(minutes=1)


def heal(world: World, fine_from: datetime = EPOCH) -> None:
    """Nothing goes wrong any more but with the source, until it is fine again; time goes on."""
    world.faults = {}
    world.way = "as usual"
    # Whoever died may still hold a lease.
    world.now = next_minute(world.now) + timedelta(minutes=16)
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
