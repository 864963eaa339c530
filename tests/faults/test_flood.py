"""A flood: thousands of orders come due at once, and the work is cut wherever it may be."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import Order
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.table import Table
from tests.faults.call_faults import FAULTS
from tests.faults.random_parcels import Number, Scan
from tests.faults.simulated_calls import Call
from tests.faults.simulated_stack import EPOCH, World
from tests.faults.snapshot import Snapshot
from tests.faults.story_steps import days
from tests.faults.strict_source import Knowledge, Manners, Outage, StrictSource
from tests.faults.wired_handlers import deploy, running
from tests.faults.year_record import Inbox
from tests.support.template import template

MOST_IN_A_SECOND = 5
MOST_IN_ONE = 50
DEADLY = {"kill", "kill after", "hang"}
SECOND = timedelta(seconds=1)


class Flood:
    """Orders that were added while the source was down, and an inbox that counts.

    Every third was delivered, every third is at a pickup point, and every third is silent.
    """

    def __init__(self, orders: int) -> None:
        self.world = World(EPOCH, per_minute=60, remember=False)
        self.inbox = Inbox(now=lambda: self.world.now, run=lambda: self.world.number)
        self.world.sns = self.inbox
        self.due: dict[str, str] = {}
        self.numbers: dict[str, Number] = {}
        outage = Outage(EPOCH - days(9), EPOCH, "blocked")
        self.source = StrictSource(
            self.world, Knowledge(self.numbers, [outage]), Manners(60, batch=10)
        )
        for n in range(orders):
            self._add(n)

    def _add(self, n: int) -> None:
        kind, code, ago = (
            (AlertKind.DELIVERED, "GTMS_SIGNED", 1),
            (AlertKind.ACTION_NEEDED, "GTMS_STA_SIGNED", 1),
            (AlertKind.REFUND_CLAIM, "LH_DEPART", 61),
        )[n % 3]
        order_id, number = f"o{n}", f"LP{n:014}"
        self.due[order_id] = kind
        at = EPOCH - days(ago)
        scans = (Scan(at - days(3), at, "PU_PICKUP_SUCCESS", 8), Scan(at, at, code, 1))
        self.numbers[number] = Number(scans)
        added = DynamoOrderStore(Table(self.world.db, self.world.db.name)).create(  # type: ignore[arg-type]
            Order(
                order_id,
                ordered_on=(EPOCH - days(70)).date(),
                destination="DE",
                created_at=EPOCH - days(8),
                incarnation="0",
                tracking_number=number,
            )
        )
        assert added

    def pull(self) -> None:
        """The tick in which all of them come due."""
        self.world.take_records()
        self.world.stream.clear()
        self.world.pull()
        self.world.take_records()

    def deliver(self, limit: int = 10**9) -> None:
        """Deliver the stream's records in batches, as the mapping does."""
        size = template()["Resources"]["EvaluateOrdersFunction"]["Properties"]["Events"]
        size = size["Changes"]["Properties"]["BatchSize"]
        world = self.world
        while world.stream and limit:
            limit -= 1
            rest, world.stream = world.stream[size:], world.stream[:size]
            world.now += SECOND
            world.deliver()
            world.stream += rest

    def raise_all(self) -> None:
        """Raise every alert, and send none: whoever evaluates finds another one sending."""
        world = self.world
        while world.stream:
            names = {pk.removeprefix("ORDER#") for (pk, _), _ in world.stream[:100]}
            world.evaluate(*sorted(names), sends=False)

    def heal(self) -> None:
        """Nothing goes wrong any more, and time goes on."""
        world = self.world
        world.faults = {}
        for _ in range(8):
            self.deliver()
            if not any("pending" in item for item in world.db.items.values()):
                break
            world.now += timedelta(minutes=16)
            world.pull()

    def wrong(self) -> list[str]:
        """What is wrong with what the inbox got."""
        found = []
        at = [message.at for message in self.inbox.messages]
        for first, sixth in zip(at, at[MOST_IN_A_SECOND:], strict=False):
            if sixth - first < SECOND:
                found.append(f"more than {MOST_IN_A_SECOND} messages in the second of {first}")
        batches: dict[tuple[str, str], list[str]] = defaultdict(list)
        for message in self.inbox.messages:
            if len(message.orders) > MOST_IN_ONE:
                found.append(f"{len(message.orders)} orders in one message")
            for order_id, _ in message.orders:
                batches[order_id, message.kind].append(message.batch)
        for order_id, kind in self.due.items():
            if (order_id, kind) not in batches:
                found.append(f"lost: {order_id}")
        for (order_id, kind), names in batches.items():
            if self.due[order_id] != kind:
                found.append(f"undue: {order_id} {kind}")
            if len(set(names)) > 1:
                found.append(f"in two messages: {order_id}")
        return found

    @property
    def repeated(self) -> int:
        """How many messages came again, as the same batch."""
        names = Counter(message.batch for message in self.inbox.messages)
        return sum(n - 1 for n in names.values())


@contextmanager
def flood_of(orders: int) -> Iterator[Flood]:
    """A flood in a running world."""
    flood = Flood(orders)
    with running(flood.world):
        deploy(flood.world, flood.source)
        yield flood


def test_five_thousand_orders_in_one_tick() -> None:
    """Every one is told of once, fifty in a message, and never more than five messages a second."""
    with flood_of(5000) as flood:
        flood.pull()
        assert 5000 == sum(len(asked.answered) for asked in flood.source.log)
        assert [] == flood.source.manners.rude
        flood.deliver()
        assert [] == flood.wrong()
        assert 0 == flood.repeated
        assert Counter(flood.due.values()) == Counter(
            m.kind for m in flood.inbox.messages for _ in m.orders
        )
        assert len(flood.inbox.messages) <= 3 * 5000 / 100


Raised = tuple[Flood, Snapshot, list[Call]]
"""A flood whose alerts are all pending, the state of its world, and the calls of sending them."""


@pytest.fixture(scope="module")
def raised() -> Iterator[Raised]:
    """Two thousand alerts that are all pending, and that one run can send."""
    with flood_of(2000) as flood:
        flood.pull()
        flood.raise_all()
        state = flood.world.save()
        flood.world.wake()
        assert [] == flood.wrong()
        assert 3 * 14 == len(flood.inbox.messages)
        yield flood, state, flood.world.calls


@pytest.mark.parametrize("place", range(6))
def test_wherever_it_is_cut(raised: Raised, place: int) -> None:
    """Killed, or failed by the store or the topic, at a call that is drawn: nobody is left out."""
    flood, state, calls = raised
    random = Random(place)  # noqa: S311
    restart(flood, state)
    # Among so many markings, the other calls would hardly ever be drawn.
    others = [i for i, call in enumerate(calls) if call.name != "update_item"]
    index = random.choice(others if place % 2 else list(range(len(calls))))
    fault = random.choice(FAULTS[calls[index].kind])
    flood.world.faults = {index: fault}
    flood.world.wake()
    flood.heal()
    assert [] == flood.wrong(), (index, fault)
    assert flood.repeated <= 1


@pytest.mark.parametrize("milliseconds", [193, 300, 600])
def test_it_goes_on_where_its_time_ran_out(raised: Raised, milliseconds: int) -> None:
    """However slow the store is: what one run cannot do, or dies of, the next ones do."""
    flood, state, _ = raised
    restart(flood, state)
    flood.world.call_takes = timedelta(milliseconds=milliseconds)
    flood.world.wake()
    first = sum(len(message.orders) for message in flood.inbox.messages)
    assert 0 < first < 2000
    while pending(flood):
        flood.world.now += timedelta(minutes=6)
        flood.world.wake()
    assert [] == flood.wrong()


def pending(flood: Flood) -> bool:
    """Whether anything is still to be sent."""
    return any("pending" in item for item in flood.world.db.items.values())


def restart(flood: Flood, state: Snapshot) -> None:
    """Begin anew with everything pending."""
    flood.world.load(state)
    flood.world.call_takes = timedelta(milliseconds=5)
    flood.inbox.messages.clear()


def test_every_cut_of_a_small_flood() -> None:
    """Every call, and every way in which it can go wrong: nothing lost, no order in two batches."""
    with flood_of(60) as flood:
        flood.pull()
        flood.raise_all()
        state = flood.world.save()
        flood.world.wake()
        calls = list(flood.world.calls)
        for index, call in enumerate(calls):
            if call.name == "update_item" and call.about.startswith("ORDER#") and index % 25:
                continue  # one marking is like another
            for fault in FAULTS[call.kind]:
                restart(flood, state)
                flood.world.faults = {index: fault}
                flood.world.wake()
                flood.heal()
                assert [] == flood.wrong(), (index, call, fault)
                # Only where nobody can know whether it went out may it go out again.
                nobody_knows = call.kind == "publish" or fault in DEADLY
                assert flood.repeated <= nobody_knows, (index, call, fault)


def test_ten_parcels_make_one_clear_mail() -> None:
    """Each kind is one message, that names all of its orders and says what to do."""
    with flood_of(10) as flood:
        flood.inbox.subscribe(TopicArn=flood.inbox.arn, Protocol="email", Endpoint="me@example.org")
        flood.inbox.confirm("me@example.org")
        flood.inbox.subscribe(TopicArn=flood.inbox.arn, Protocol="sms", Endpoint="+4915112345678")
        flood.pull()
        flood.deliver()
        assert [] == flood.wrong()
        assert 3 == len(flood.inbox.messages)
        mails = [d for d in flood.inbox.delivered if d.protocol == "email"]
        assert 3 == len(mails)
        for mail in mails:
            kind = mail.attributes["alert"]
            orders = [order_id for order_id in flood.due if flood.due[order_id] == kind]
            assert len(orders) > 2
            assert all(order_id in mail.text for order_id in orders)
            assert str(len(orders)) in mail.subject
