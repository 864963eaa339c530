"""A year of the real handlers over the stand-ins, in simulated time.

Orders are added, changed and deleted through the API; ticks come as the schedule sends them, now
and then two at once; the stream's records come soon, or only with what happens next; the source is
down or refuses for hours and for weeks; the clock of the functions is wrong for a while; and the
stack is deployed anew with other parameters in the middle of it all.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any
from unittest import mock

from stallwatch.aws.lambda_clock import LambdaClock
from tests.faults.random_parcels import Parcel, Request
from tests.faults.simulated_stack import World
from tests.faults.strict_source import Knowledge, Manners, StrictSource
from tests.faults.wired_handlers import deploy, running
from tests.faults.year_plan import BEGIN, DAYS, MINUTES, Deployment, Plan
from tests.faults.year_record import KEY_DATES, Accepted, Inbox, Pending, Record, Shown, Survey

GLANCES = 5
"""How many orders the buyer looks at on a day."""


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

        def second(_: str) -> None:
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
