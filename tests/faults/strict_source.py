"""A strict source: it knows what becomes of parcels, and counts how politely it is asked.

It keeps its own count of everything, in true time, and believes nothing that the asking side says:
how many requests a second and a minute, how many numbers in one, how long after a refusal.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from stallwatch.tracking.source import Event, SourceResponse, TrackingResult, Verdict
from tests.faults.random_parcels import Number
from tests.faults.simulated_stack import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
FIRST_PAUSE = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(days=1)
FAILURES_IN_A_ROW = 3
"""So many failed requests ask for a pause like one refusal."""


@dataclass(frozen=True)
class Outage:
    """A time in which the source does not answer."""

    begin: datetime
    end: datetime
    how: str
    """`down`, `slow` (down, and only after a while) or `blocked`."""


@dataclass
class Knowledge:
    """What the source would answer, whoever asks when."""

    numbers: Mapping[str, Number] = field(default_factory=dict)
    outages: Sequence[Outage] = ()
    _made: dict[tuple[str, int, str], TrackingResult] = field(default_factory=dict)

    def outage(self, at: datetime) -> Outage | None:
        """The outage that there is at an instant."""
        return next((o for o in self.outages if o.begin <= at < o.end), None)

    def answer(self, number: str, at: datetime) -> TrackingResult | None:
        """What it says about a number; None where it says nothing about this one."""
        known = self.numbers.get(number)
        if known is None or not known.known:
            return TrackingResult(number, known=False)
        if any(begin <= at < end for begin, end in known.mute):
            return None
        shown = sum(scan.shown <= at for scan in known.scans)
        status = next((s for since, s in reversed(known.statuses) if since <= at), "")
        if (number, shown, status) not in self._made:
            self._made[number, shown, status] = _answer(number, known, at, status)
        return self._made[number, shown, status]


def _answer(number: str, known: Number, at: datetime, status: str) -> TrackingResult:
    events = (
        Event(
            at=scan.at,
            wall=(scan.at + timedelta(hours=scan.zone)).strftime("%Y-%m-%d %H:%M:%S"),
            zone=f"GMT{scan.zone:+}",
            code=scan.code,
            text=scan.code,
        )
        for scan in known.scans
        if scan.shown <= at
    )
    return TrackingResult(
        number,
        known=True,
        events=tuple(sorted(events)),
        mail_type=known.mail_type,
        eta=known.eta,
        points_to=known.points_to,
        delivered=status == "DELIVERED" if status else None,
    )


@dataclass(frozen=True)
class Asked:
    """A request as the source met it."""

    at: datetime
    """When it was sent, in true time."""
    replied_at: datetime
    verdict: Verdict
    answered: Mapping[str, bool]
    """Of each number, whether there was a valid answer about it."""


class Manners:
    """Watches that whoever asks keeps to the pace, and away after a refusal.

    Args:
        per_minute: How many requests a minute are allowed.
        batch: How many numbers one request may ask about.
    """

    def __init__(self, per_minute: int, batch: int) -> None:
        self.rude: list[str] = []
        """What was done that must not be."""
        self.busiest: Counter[int] = Counter()
        """How many seconds had so many requests in them, of those that had any."""
        self.pauses: list[timedelta] = []
        """The pauses that were asked for, one after the other."""
        self.set_pace(per_minute, batch)
        self._failures = 0
        self._refusals = 0
        self._away_until: datetime | None = None

    def set_pace(self, per_minute: int, batch: int) -> None:
        """Allow another pace from now on."""
        self._batch = batch
        self._windows = (
            (SECOND, ceil(per_minute / 60), deque[datetime]()),
            (MINUTE, per_minute, deque[datetime]()),
        )

    def asked(self, at: datetime, numbers: Sequence[str]) -> None:
        """Somebody asks."""
        if not 0 < len(numbers) <= self._batch or len(set(numbers)) < len(numbers):
            self._is_rude(at, f"{len(numbers)} numbers in one request")
        for length, allowed, sent in self._windows:
            while sent and sent[0] <= at - length:
                sent.popleft()
            sent.append(at)
            if length is SECOND:
                self.busiest[len(sent)] += 1
            if len(sent) > allowed:
                self._is_rude(at, f"{len(sent)} requests in {length}")
        if self._away_until is not None and at < self._away_until:
            self._is_rude(at, f"a request {self._away_until - at} before the end of the pause")

    def replied(self, at: datetime, verdict: Verdict) -> None:
        """What became of it. Whoever is not answered must stay away, longer each time."""
        if verdict is Verdict.OK:
            self._failures = self._refusals = 0
            self._away_until = None
            return
        self._failures += 1
        if verdict is Verdict.FAILING and self._failures < FAILURES_IN_A_ROW:
            return
        pause = min(FIRST_PAUSE * 2 ** min(self._refusals, 10), LONGEST_PAUSE)
        self._refusals += 1
        self.pauses.append(pause)
        # The stack keeps its instants in whole seconds.
        self._away_until = at + pause - SECOND

    def _is_rude(self, at: datetime, what: str) -> None:
        self.rude.append(f"{at:%Y-%m-%d %H:%M:%S.%f}: {what}")


class StrictSource:
    """The source in a world: answers what it knows, minds the manners, and logs every request.

    Args:
        world: The world.
        knowledge: What it answers.
        manners: Counts how it is asked.
        takes: How long a request takes.
    """

    name = "cainiao"

    def __init__(
        self,
        world: World,
        knowledge: Knowledge,
        manners: Manners,
        takes: Callable[[], timedelta] = lambda: SECOND / 4,
    ) -> None:
        self.world = world
        self.knowledge = knowledge
        self.manners = manners
        self.log: list[Asked] = []
        self._takes = takes

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        """Answer a request."""
        self.manners.asked(self.world.now, numbers)
        return self.world.call(  # type: ignore[no-any-return]
            "ask", "ask", f"{len(numbers)} numbers", lambda: self._ask(numbers)
        )

    def _ask(self, numbers: Sequence[str]) -> SourceResponse:
        world, begun = self.world, self.world.now
        outage = self.knowledge.outage(begun)
        world.now += self._takes() if outage is None or outage.how != "slow" else SECOND * 25
        reply = self._reply(numbers, begun, outage)
        self.manners.replied(world.now, reply.verdict)
        answered = {number: number in reply.answers for number in numbers}
        self.log.append(Asked(begun, world.now, reply.verdict, answered))
        return reply

    def _reply(self, numbers: Iterable[str], at: datetime, outage: Outage | None) -> SourceResponse:
        if outage is not None:
            blocked = outage.how == "blocked"
            verdict = Verdict.BLOCKED if blocked else Verdict.FAILING
            return SourceResponse(verdict, reason=f"it is {outage.how}")
        answers = {number: self.knowledge.answer(number, at) for number in numbers}
        return SourceResponse(
            Verdict.OK, {n: answer for n, answer in answers.items() if answer is not None}
        )
