"""Orders for the page to show."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from stallwatch.domain.orders import SearchPlace
from tests.aws.moto_stack import World
from tests.local.demo_parcels import Parcel

Journey = Sequence[tuple[float, str]]
"""Checkpoints: how many days ago, and the code."""

LEFT: Journey = [(73, "PU_PICKUP_SUCCESS"), (70, "SC_OUTBOUND_SUCCESS"), (62, "LH_DEPART")]
"""Left its country and was not seen again, long enough for a claim."""

AT_PICKUP: Journey = [(19, "PU_PICKUP_SUCCESS"), (16, "LH_DEPART"), (1, "GTMS_STA_SIGNED")]
STUCK: Journey = [(31, "PU_PICKUP_SUCCESS"), (29, "SC_INBOUND_SUCCESS")]
MOVING: Journey = [(9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")]
DELIVERED: Journey = [(29, "PU_PICKUP_SUCCESS"), (20, "LH_DEPART"), (3, "GTMS_SIGNED")]


def day(world: World, days_ago: int) -> str:
    """A date."""
    return (world.now - timedelta(days=days_ago)).date().isoformat()


def number_of(order_id: str) -> str:
    """The tracking number of an order of ours."""
    return f"LP{crc32(order_id.encode()):014}"


def tell(world: World, order_id: str, journey: Journey) -> None:
    """Have the carrier tell a journey of an order."""
    world.cainiao.put(
        number_of(order_id), [(world.now - timedelta(days=days), code) for days, code in journey]
    )


def add(
    world: World, order_id: str, journey: Journey = MOVING, *, ordered: int = 80, **given: Any
) -> None:
    """Add an order with a journey; it is not checked yet."""
    tell(world, order_id, journey)
    body: dict[str, Any] = {
        "order_id": order_id,
        "ordered_on": day(world, ordered),
        "tracking_number": number_of(order_id),
        **given,
    }
    status, answer = world.call("POST", "/orders", body)
    assert 201 == status, answer


def add_parcel(world: World, parcel: Parcel) -> None:
    """Add a parcel of the demo as it is on the first day of its story."""
    scans = [(world.now - timedelta(days=days), code) for days, code in parcel.scans]
    world.cainiao.put(parcel.number, scans, carrier=parcel.carrier, destination="Germany")
    given: dict[str, Any] = {
        "order_id": parcel.order_id,
        "title": parcel.title,
        "tracking_number": parcel.number,
        "ordered_on": day(world, parcel.ordered_ago),
        "destination": parcel.destination,
        "service": parcel.service,
    }
    if parcel.protection_in is not None:
        given["protection_ends_on"] = day(world, -parcel.protection_in)
    if parcel.price is not None:
        given |= {"price": parcel.price, "currency": "EUR"}
    status, answer = world.call("POST", "/orders", given)
    assert 201 == status, answer


def live_to_claim(
    world: World, parcel: Parcel, when_stalled: Callable[[], None] = lambda: None
) -> None:
    """Live with a parcel of the demo from its order on, until the buyer can make a claim.

    It is looked at whenever its turn is; Cainiao blocks for three days; the buyer writes to the
    seller at the first alarm, and has looked at home when the time for the claim has come.
    `when_stalled` is called at that first alarm, before the buyer does anything.
    """
    assert world.track is not None
    first_day = world.now + timedelta(days=parcel.ordered_ago)
    scans = [(first_day - timedelta(days=ago), code) for ago, code in parcel.scans]
    told = {"PU_PICKUP_SUCCESS": "InTransit_PickedUp", "LH_DEPART": "InTransit_Departure"}
    texts = {"PU_PICKUP_SUCCESS": "Picked up by the carrier", "LH_DEPART": "Left China"}
    world.track.put(
        parcel.number, [(at, told[code], texts[code]) for at, code in scans if code in told]
    )
    add_parcel(world, replace(parcel, scans=(), ordered_ago=0, protection_in=86))
    blocked_from = world.now + timedelta(days=40)
    path = f"/orders/{parcel.order_id}"
    while True:
        blocked = timedelta(0) <= world.now - blocked_from < timedelta(days=3)
        world.cainiao.be("block_page" if blocked else "fine")
        world.cainiao.put(
            parcel.number, [scan for scan in scans if scan[0] <= world.now], destination="Germany"
        )
        check(world)
        kinds = {message.kind for message in world.messages()}
        if "stalled" in kinds:
            when_stalled()
            world.call("POST", f"{path}/actions", {"action": "seller_contacted"})
            check(world)
        if "refund_claim" in kinds:
            break
        turn = world.call("GET", path)[1]["next_check_at"]
        world.now = datetime.fromisoformat(turn) + timedelta(minutes=1)
    looked = dict.fromkeys(SearchPlace, day(world, 0))
    world.call("POST", f"{path}/actions", {"action": "not_found_here", "answers": looked})
    check(world)


def check(world: World) -> None:
    """Check and evaluate all."""
    world.nudges = 0
    world.pull()
    world.pump()
