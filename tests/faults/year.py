"""A year of the real handlers over the stand-ins, in simulated time.

Orders are added, changed and forgotten through the API; ticks come as the schedule sends them, now
and then two at once; the stream's records come soon, or only with what happens next; the source is
down or refuses for hours and for weeks; the clock of the functions is wrong for a while; and the
stack is deployed anew with other parameters in the middle of it all.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, NamedTuple
from unittest import mock

from stallwatch.aws.lambda_clock import LambdaClock
from tests.faults.nights import NO_NIGHTS, Nights, digests_between
from tests.faults.random_parcels import Parcel, Request, parcels
from tests.faults.simulated_stack import World, deploy, running
from tests.faults.strict_source import Asked, Knowledge, Manners, Outage, StrictSource
from tests.in_memory_aws.sns import StrictSns
from tests.reference.model import KeyDates

BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
DAYS = timedelta(days=1)
GLANCES = 5
"""How many orders the buyer looks at on a day."""


@dataclass(frozen=True)
class Deployment:
    """From when on the stack has which parameters."""

    at: datetime
    every: int
    """Minutes from tick to tick."""
    turn: int
    """Minutes of a turn of the wheel."""
    per_minute: int = 60
    batch: int = 10


@dataclass(frozen=True)
class Shift:
    """A time in which the functions' clock is wrong."""

    begin: datetime
    end: datetime
    by: timedelta


@dataclass(frozen=True)
class Plan:
    """What happens in a year."""

    seed: int
    end: datetime
    parcels: tuple[Parcel, ...]
    outages: tuple[Outage, ...]
    deployments: tuple[Deployment, ...]
    shifts: tuple[Shift, ...]
    nights: Nights = NO_NIGHTS
    digests: tuple[datetime, ...] = ()
    """The instants that digests are scheduled for."""

    def clock(self, at: datetime) -> datetime:
        """What the functions' clock shows at an instant."""
        return at + sum((s.by for s in self.shifts if s.begin <= at < s.end), timedelta())

    def true_time(self, shown: datetime, until: datetime) -> datetime:
        """The instant at which the functions' clock showed a time, not after some other instant."""
        for by in dict.fromkeys((timedelta(), *(shift.by for shift in self.shifts))):
            at = shown - by
            if at <= until and self.clock(at) == shown:
                return at
        return shown

    def deployments_between(self, since: datetime, until: datetime) -> list[Deployment]:
        """What was deployed at some time between two instants."""
        before = [d for d in self.deployments if d.at <= since]
        return [*before[-1:], *(d for d in self.deployments if since < d.at <= until)]


def plan(
    seed: int,
    orders: int,
    days: int,
    *,
    every: int = 15,
    nights: Nights = NO_NIGHTS,
    digest: str = "",
) -> Plan:
    """A year, or a part of one.

    Args:
        seed: What it is drawn from.
        orders: How many orders are added in it.
        days: How long it is.
        every: Minutes from tick to tick, most of the time.
        nights: The quiet hours.
        digest: `daily` or `weekly`, at eight in the zone of the nights; empty for none.
    """
    random = Random(seed)  # noqa: S311
    end = BEGIN + days * DAYS
    outages = tuple(_outages(random, days))
    turn = max(every, 30)
    return Plan(
        seed=seed,
        end=end,
        parcels=tuple(parcels(random, orders, BEGIN, end)),
        outages=outages,
        deployments=(
            Deployment(BEGIN, every, turn),
            *_deployments(random, days, outages, every, turn),
        ),
        shifts=tuple(_shifts(random, days, outages)),
        nights=nights,
        digests=tuple(digests_between(BEGIN, end, digest, nights.zone)),
    )


_OUTAGES = (
    *((0.05, "down"), (0.1, "blocked"), (0.3, "slow"), (0.6, "down"), (1.5, "blocked")),
    *((3.5, "blocked"), (9, "down"), (16, "blocked")),
)
"""How many days each lasts, and what it is like."""


def _outages(random: Random, days: int) -> Iterator[Outage]:
    """Some for each part of the year, never two at once."""
    drawn = list(_OUTAGES)
    random.shuffle(drawn)
    for part, (length, how) in enumerate(drawn):
        room = days / len(drawn)
        lasts = min(length * random.uniform(0.8, 1), room * 0.7)
        begin = BEGIN + (part * room + random.uniform(0.1, room - lasts)) * DAYS
        yield Outage(begin, begin + lasts * DAYS, how)


def _deployments(
    random: Random, days: int, outages: Sequence[Outage], every: int, turn: int
) -> Iterator[Deployment]:
    """Other parameters for some days, and the usual ones again; one in the longest outage."""
    longest = max(outages, key=lambda outage: outage.end - outage.begin)
    instants = [longest.begin + (longest.end - longest.begin) / 2]
    instants += [BEGIN + random.uniform(0, days) * DAYS for _ in range(4)]
    found = []
    for at in instants:
        other = Deployment(
            at=at,
            every=random.choice([10, 30, 60]) if every < 60 else 30,
            turn=random.choice([5, 10, 15, 20, 60]),
            per_minute=random.choice([20, 45, 100]),
            batch=random.choice([3, 20, 40]),
        )
        usual = Deployment(at + random.uniform(1, 6) * DAYS, every, turn)
        found += [other, usual]
    yield from sorted(found, key=lambda deployment: deployment.at)


def _shifts(random: Random, days: int, outages: Sequence[Outage]) -> Iterator[Shift]:
    """A clock that goes ahead or behind, while the source answers: who is told to stay away for
    half an hour can only go by the clock."""
    for by in (90, -300, 1200, -20):
        begin = BEGIN + random.uniform(0, days) * DAYS
        end = begin + random.uniform(0.1, 3) * DAYS
        if not any(o.begin < end + 2 * DAYS and begin < o.end + 2 * DAYS for o in outages):
            yield Shift(begin, end, timedelta(seconds=by))


@dataclass(frozen=True)
class Shown:
    """What the API shows of an order at an instant."""

    at: datetime
    order_id: str
    state: str
    stage: str
    pressing: str | None
    """The kind of alert whose advice holds; None: nothing is asked."""
    advice: str
    dates: Mapping[str, date | None]
    """The key dates by name; None: not shown."""


KEY_DATES = tuple(f.name for f in fields(KeyDates))


@dataclass(frozen=True)
class Message:
    """A message that went out."""

    at: datetime
    run: int
    kind: str
    batch: str
    orders: tuple[tuple[str, str], ...]
    """Order and reason; none for a message about a source."""
    asked: tuple[str, ...] = ()
    """What it asks about each of them."""
    shown: tuple[Shown | None, ...] = ()
    """What the API shows of each of them as it goes out; None: the order is forgotten."""
    shown_when_raised: tuple[Shown | None, ...] = ()
    """What it shows at the instant of the evaluation, where a midnight lies in between."""
    raised: tuple[datetime, ...] = ()
    """When the functions' clock said that each of its alerts was raised."""
    text: str = ""
    """What it says where it is about no order."""
    severity: str = ""


@dataclass(frozen=True)
class Survey:
    """What the API shows of all watched orders, as a digest is made."""

    at: datetime
    scheduled_at: datetime
    watched: int
    pressing: int
    scans: Mapping[str, str]
    """The instant of each one's newest scan; empty: it has none."""


class Pending(NamedTuple):
    """An alert in the table that is not marked as sent."""

    order_id: str
    kind: str
    reason: str
    raised_at: datetime


@dataclass
class Inbox(StrictSns):
    """The topic, and when it got what."""

    now: Callable[[], datetime] = lambda: BEGIN
    run: Callable[[], int] = lambda: 0
    look: Callable[[str, datetime | None], Shown | None] = lambda _, __: None
    """Looks an order up: as it is shown now, or when the functions' clock says something else."""
    clock: Callable[[datetime], datetime] = lambda at: at
    """What the functions' clock shows at an instant."""
    pending: Callable[[], Iterable[Pending]] = tuple
    """The alerts that are not marked as sent."""
    messages: list[Message] = field(default_factory=list)

    def publish(self, **call: Any) -> dict[str, str]:
        answer = super().publish(**call)
        body = json.loads(json.loads(call["Message"])["default"])
        raised_at = datetime.fromisoformat(body["raised_at"])
        told = [
            (order, at)
            for order in body["orders"]
            for at in self._raised(body["kind"], order) or [raised_at]
        ]
        orders = tuple((o["order_id"], o.get("reason", "")) for o, _ in told)
        asked = tuple(o["advice"] for o, _ in told)
        at, run = self.now(), self.run()
        shown = tuple(self.look(order_id, None) for order_id, _ in orders)
        then: tuple[Shown | None, ...] = ()
        if raised_at.date() != self.clock(at).date():
            then = tuple(self.look(o["order_id"], at) for o, at in told)
        self.messages.append(
            Message(
                *(at, run, body["kind"], body["id"], orders, asked, shown, then),
                raised=tuple(at for _, at in told) or (raised_at,),
                text=body.get("text", ""),
                severity=body["severity"],
            )
        )
        return answer

    def _raised(self, kind: str, order: Mapping[str, str]) -> list[datetime]:
        """When the alerts were raised that a message tells of an order.

        Those that waited together are told in one sentence.
        """
        named = order["order_id"], kind, order.get("reason", "")
        return sorted(p.raised_at for p in self.pending() if p[:3] == named)


@dataclass(frozen=True)
class Accepted:
    """A request of the buyer that the API did not refuse."""

    at: datetime
    order_id: str
    request: Request


@dataclass
class Record:
    """What came of a year."""

    plan: Plan
    asked: list[Asked]
    messages: list[Message]
    accepted: list[Accepted]
    manners: Manners
    glances: list[Shown] = field(default_factory=list)
    """What the API showed of some orders now and then."""
    surveys: list[Survey] = field(default_factory=list)
    """What there was to say in each digest."""
    runs: int = 0
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The state and stage of every order in the end."""


class Year:
    """A year under way.

    Args:
        plan: What happens in it.
        world: The world that it happens in, which must be running.
    """

    def __init__(self, plan: Plan, world: World) -> None:
        self.plan = plan
        self.world = world
        self.random = Random(plan.seed)  # noqa: S311
        numbers = {n: number for p in plan.parcels for n, number in p.numbers.items()}
        first = plan.deployments[0]
        self.manners = Manners(first.per_minute, first.batch)
        self.source = StrictSource(
            world,
            Knowledge(numbers, plan.outages),
            self.manners,
            lambda: timedelta(seconds=self.random.uniform(0.1, 0.9)),
        )
        self.inbox = Inbox(
            now=lambda: world.now,
            run=lambda: world.number,
            look=self._look,
            clock=plan.clock,
            pending=self._pending,
        )
        world.sns = self.inbox
        self.accepted: list[Accepted] = []
        self.glances: list[Shown] = []
        self.surveys: list[Survey] = []
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._every = first.every

    def live(self) -> Record:
        """Let it happen."""
        for deployment in self.plan.deployments:
            self._at(deployment.at, lambda d=deployment: self._deploy(d))  # type: ignore[misc]
        for shift in self.plan.shifts:
            self._at(shift.begin, lambda by=shift.by: self._shift(by))  # type: ignore[misc]
            self._at(shift.end, lambda: self._shift(timedelta()))
        for parcel in self.plan.parcels:
            for request in parcel.requests:
                self._at(
                    request.at,
                    lambda p=parcel, r=request: self._ask(p, r),  # type: ignore[misc]
                )
        for instant in self.plan.digests:
            self._at(
                instant + timedelta(seconds=self.random.uniform(0, 50)),
                lambda i=instant: self._digest(i),  # type: ignore[misc]
            )
        self._at(BEGIN + MINUTES, self._tick)
        self._at(BEGIN + DAYS / 2, self._glance)
        while self._agenda and self._agenda[0][0] < self.plan.end:
            at, _, happen = heappop(self._agenda)
            self.world.now = max(self.world.now, at)
            happen()
        return Record(
            self.plan,
            self.source.log,
            self.inbox.messages,
            self.accepted,
            self.manners,
            self.glances,
            self.surveys,
            self.world.runs,
            {
                pk.removeprefix("ORDER#"): (item["state"]["S"], item.get("stage", {"S": ""})["S"])
                for (pk, sk), item in self.world.db.items.items()
                if sk == "WATCH" and "g" not in item
            },
        )

    def _at(self, at: datetime, happen: Callable[[], None]) -> None:
        heappush(self._agenda, (at, next(self._order), happen))

    # What happens.

    def _deploy(self, deployment: Deployment) -> None:
        os.environ.update(
            CHECK_EVERY=f"rate({deployment.every} minutes)",
            TURN_MINUTES=str(deployment.turn),
            CAINIAO_PER_MINUTE=str(deployment.per_minute),
            CAINIAO_BATCH=str(deployment.batch),
        )
        self._every = deployment.every
        self.manners.set_pace(deployment.per_minute, deployment.batch)
        deploy(self.world, self.source)

    def _shift(self, by: timedelta) -> None:
        os.environ["CLOCK_SHIFT"] = str(int(by.total_seconds()))

    def _look(self, order_id: str, clock: datetime | None = None) -> Shown | None:
        """What the API shows of an order; it costs the world neither time nor a call.

        Args:
            order_id: The order.
            clock: What the functions' clock says; None: what it says now.
        """
        world = self.world
        now, world.on_call, on_call = world.now, None, world.on_call
        if clock is not None:
            world.now -= self.plan.clock(now) - clock
        answer = world.api("GET", f"/orders/{order_id}")
        world.now, world.on_call = now, on_call
        if answer["statusCode"] != 200:
            return None
        body = json.loads(answer["body"])
        return Shown(
            at=now,
            order_id=order_id,
            state=body["state"],
            stage=body["stage"],
            pressing=body["pressing"],
            advice=body["advice"],
            dates={
                name: None if body[name] is None else date.fromisoformat(body[name])
                for name in KEY_DATES
            },
        )

    def _glance(self) -> None:
        """The buyer looks at some orders, once a day at any hour."""
        added = sorted({a.order_id for a in self.accepted})
        for order_id in self.random.sample(added, min(len(added), GLANCES)):
            shown = self._look(order_id)
            if shown is not None:
                self.glances.append(shown)
        self._at(self.world.now + self.random.uniform(0.7, 1.3) * DAYS, self._glance)

    def _digest(self, instant: datetime) -> None:
        """The schedule of the digest; now and then it tells the same instant twice."""
        self.surveys.append(self._survey(instant))
        self.world.make_digest(instant)
        if self.random.random() < 0.1:
            again = self.world.now + timedelta(minutes=self.random.uniform(0, 9))
            self._at(again, lambda: self._tell_again(instant))

    def _tell_again(self, instant: datetime) -> None:
        self.surveys.append(self._survey(instant))
        self.world.make_digest(instant)

    def _survey(self, instant: datetime) -> Survey:
        """What the list shows of all watched orders; it costs the world neither time nor a call."""
        world = self.world
        now, world.on_call, on_call = world.now, None, world.on_call
        orders: list[Any] = []
        query: dict[str, str] | None = {"limit": "100", "sort": "urgent"}
        while query is not None:
            body = json.loads(world.api("GET", "/orders", query=query)["body"])
            orders += [order for order in body["orders"] if order["state"] != "closed"]
            cursor = body["next_cursor"]
            # The closed ones come last, but time alone may have closed some before them.
            is_last = cursor is None or all(o["state"] == "closed" for o in body["orders"])
            query = None if is_last else {**query, "cursor": cursor}
        # The list reads no alerts, so it learns only by the next evaluation that a watch has ended.
        shown = (
            json.loads(world.api("GET", f"/orders/{order['order_id']}")["body"])
            for order in orders
            if order["pressing"] is not None
        )
        pressing = sum(order["pressing"] is not None for order in shown)
        world.now, world.on_call = now, on_call
        return Survey(
            at=now,
            scheduled_at=instant,
            watched=len(orders),
            pressing=pressing,
            scans={o["order_id"]: (o["last_checkpoint"] or {"at": ""})["at"] for o in orders},
        )

    def _pending(self) -> Iterator[Pending]:
        """What the index of pending alerts shows."""
        for item in self.world.db.listed("pending"):
            order_id = item["pk"]["S"].removeprefix("ORDER#")
            reason = item.get("reason", {"S": ""})["S"]
            raised_at = datetime.fromisoformat(item["raised_at"]["S"])
            yield Pending(order_id, item["kind"]["S"], reason, raised_at)

    def _ask(self, parcel: Parcel, request: Request) -> None:
        path = f"/orders/{parcel.order_id}"
        at = self.world.now
        if request.method == "POST":
            answer = self.world.api("POST", "/orders", request.body)
        elif request.method == "ACT":
            answer = self.world.api("POST", f"{path}/actions", request.body)
        elif request.method == "DELETE":
            answer = self.world.api("DELETE", path)
        else:
            answer = self.world.api(request.method, path, request.body)
        assert answer is not None
        status = answer["statusCode"]
        assert status < 300 or status in {404, 409, 422}, answer["body"]
        if status < 300:
            self.accepted.append(Accepted(at, parcel.order_id, request))
        if self.random.random() < 0.5:
            self._deliver()
        if self.world.nudges:
            self.world.nudges = 0
            self.world.pull()
        self._deliver()

    def _tick(self) -> None:
        every = self._every * MINUTES
        begun = self.world.now
        if self.random.random() < 0.03:
            self._two_at_once()
        else:
            self.world.pull()
        self._deliver()
        # The schedule keeps to its minutes, but not to the second.
        next_at = BEGIN + ((begun - BEGIN) // every + 1) * every
        self._at(next_at + timedelta(seconds=self.random.uniform(0, 40)), self._tick)

    def _two_at_once(self) -> None:
        """Two ticks: the second begins before one of the calls of the first."""
        world = self.world
        begins = self.random.choice([1, 2, 3, 4, 5, 6, 8, 12, 20])
        calls = count(1)

        def second() -> None:
            if next(calls) == begins:
                world.on_call = None
                world.pull()

        world.on_call = second
        world.pull()
        world.on_call = None

    def _deliver(self) -> None:
        """Deliver the stream's records; now and then they come only after some minutes."""
        if self.random.random() < 0.02:
            late = timedelta(minutes=self.random.uniform(0, self._every / 2))
            self._at(self.world.now + late, self._deliver)
            return
        self.world.now += timedelta(seconds=1)
        while self.world.deliver():
            pass


@contextmanager
def lived(world: World) -> Iterator[World]:
    """The handlers, wired to a world whose functions' clock may be wrong."""
    with (
        running(world),
        mock.patch.object(LambdaClock, "now", lambda clock: world.now + clock.shift),
    ):
        yield world


def live(plan: Plan) -> Record:
    """Let a year happen."""
    nights = plan.nights
    world = World(BEGIN, remember=False, quiet_hours=nights.span, zone=nights.zone)
    with lived(world):
        return Year(plan, world).live()
