"""Judges a year: what should have been sent and when, by the naive model that looks every hour.

Each order is lived through once more. The naive model is given the answers that the stack got, and
what the stack sent counts as sent. Then it is asked

- every hour, with the answer that the source would give at that hour: what it says is *due*, from
  then on until it is sent. What was said only between two looks, and by the next one no longer, has
  *passed*;
- after every answer that the stack got: what is due then must be sent at once;
- whenever something was sent: what it does not call for is *undue*.

Looks are judged by the log of the source alone: an order that was not asked about for longer than
its cadence and a tick is *starved*.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import ActionKind, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.tracking.source import Verdict
from tests.faults.random_parcels import Parcel, Scan
from tests.faults.reference_model import NaiveOrder, Seen
from tests.faults.strict_source import Asked, Knowledge
from tests.faults.year import BEGIN, Accepted, Message, Plan, Record

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
DAY = timedelta(days=1)

Name = tuple[str, str]
"""Kind and reason of an alert."""


@dataclass
class Tally:
    """What came of one kind of alert."""

    due: int = 0
    sent: int = 0
    undue: int = 0
    missed: int = 0
    late: int = 0
    passed: int = 0
    delay: timedelta = NOTHING
    """The largest, from when it was due to when it was sent."""
    allowed: timedelta = NOTHING
    """What was allowed to the one with the largest."""

    def add(self, other: "Tally") -> None:
        for name in ("due", "sent", "undue", "missed", "late", "passed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if other.delay > self.delay:
            self.delay, self.allowed = other.delay, other.allowed


@dataclass
class Judgement:
    """What came of a year."""

    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    looks: int = 0
    """How often the naive model was asked."""
    starved: int = 0
    gaps: Counter[int] = field(default_factory=Counter)
    """The longest time between two requests about an order, in minutes, by its cadence in hours."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Judgement") -> None:
        for kind, tally in other.kinds.items():
            self.kinds[kind].add(tally)
        self.looks += other.looks
        self.starved += other.starved
        for cadence, minutes in other.gaps.items():
            self.gaps[cadence] = max(self.gaps[cadence], minutes)
        self.wrong += other.wrong


@dataclass(frozen=True)
class Ask:
    """One request about a number."""

    at: datetime
    replied_at: datetime
    answered: bool


@dataclass(frozen=True)
class Span:
    """A stretch of time."""

    begin: datetime
    end: datetime


class Log:
    """The source's log of a year, by number, and when its door was shut to us."""

    def __init__(self, record: Record) -> None:
        self.by_number: dict[str, list[Ask]] = defaultdict(list)
        for asked in record.asked:
            for number, answered in asked.answered.items():
                self.by_number[number].append(Ask(asked.at, asked.replied_at, answered))
        forever = record.plan.end + DAY
        self.shut = list(_spans(record.asked, lambda a: a.verdict is not Verdict.OK, forever))
        """From a request that failed to the next that did not."""
        self.unheard = list(
            _spans(record.asked, lambda a: not any(a.answered.values()), forever, at_reply=True)
        )
        """From a request that was answered about no number to the next that was about any."""
        self._begins = [span.begin for span in self.shut]

    def is_shut(self, at: datetime) -> bool:
        """Whether the source is not to be asked, or not answering, at an instant."""
        index = bisect_right(self._begins, at) - 1
        return index >= 0 and at < self.shut[index].end

    def last_opened(self, after: datetime, until: datetime) -> datetime | None:
        """When the door was last opened again between two instants."""
        ends = [span.end for span in self.shut if after < span.end and span.begin < until]
        return max(ends, default=None)


def _spans(
    log: Iterable[Asked],
    is_without: Callable[[Asked], bool],
    forever: datetime,
    *,
    at_reply: bool = False,
) -> Iterator[Span]:
    since: datetime | None = None
    for asked in log:
        if is_without(asked):
            since = since or (asked.replied_at if at_reply else asked.at)
        elif since is not None:
            yield Span(since, asked.replied_at)
            since = None
    if since is not None:
        yield Span(since, forever)


@dataclass
class _Debt:
    since: datetime
    allowed: timedelta


class OrderJudge:
    """Lives through one order's year once more."""

    def __init__(
        self,
        plan: Plan,
        knowledge: Knowledge,
        log: Log,
        parcel: Parcel,
        accepted: Sequence[Accepted],
        messages: Sequence[Message],
    ) -> None:
        self.plan = plan
        self.knowledge = knowledge
        self.log = log
        self.parcel = parcel
        self.judgement = Judgement()
        self._events = sorted(
            [
                *((a.at, 1, a) for a in accepted),
                *((m.at, 2, m) for m in messages),
                *((a.replied_at, 0, (n, a)) for n in parcel.numbers for a in self._asks(n)),
                *((a.replied_at, 0, (n, a)) for n in self._unknown() for a in self._asks(n)),
            ],
            key=lambda event: event[:2],
        )
        self._debts: dict[Name, _Debt] = {}
        self._owed: dict[Name, datetime] = {}
        self._asked_at: datetime | None = None
        self._fed_until: datetime | None = None
        """Up to when the stack knows what the source shows."""
        self._silent_since: datetime | None = None
        """The first request about the number that was not answered since the last that was: its
        minute, since the ledger of looks is kept in whole ones."""
        self._failed = False
        """Whether the last request about the number was not answered."""
        self._cadence = 24
        self._added_at = BEGIN
        self._said: dict[tuple[ActionKind, object], Mapping[str, Any]] = {}
        """What the buyer has said last, of each kind."""

    def _asks(self, number: str) -> list[Ask]:
        return self.log.by_number.get(number, [])

    def _unknown(self) -> Iterator[str]:
        """Numbers of the order that the source knows nothing of."""
        for request in self.parcel.requests:
            number = request.body.get("tracking_number")
            if isinstance(number, str) and number not in self.parcel.numbers:
                yield number

    # Living.

    def judge(self) -> Judgement:
        """Live through it."""
        self._naive: NaiveOrder | None = None
        look_at = BEGIN
        for at, _, event in [*self._events, (self.plan.end, 3, None)]:
            while look_at < at:
                if self._is_closed(look_at):
                    # Nobody looks at what is closed, until something happens to it.
                    look_at += (at - look_at) // HOUR * HOUR + HOUR
                else:
                    self._look(look_at)
                    look_at += HOUR
            self._happen(event)
        return self.judgement

    def _is_closed(self, at: datetime) -> bool:
        naive = self._naive
        return naive is None or naive.state(self.plan.clock(at)) is State.CLOSED

    def _happen(self, event: Any) -> None:
        if isinstance(event, Accepted):
            self._say(event)
        elif isinstance(event, Message):
            self._sent(event)
        elif event is not None:
            self._asked(*event)

    # What the buyer does.

    def _say(self, accepted: Accepted) -> None:
        request, body = accepted.request, accepted.request.body
        now = self.plan.clock(accepted.at)
        self._owed.clear()
        if self._is_closed(accepted.at):
            # Nobody was looked at meanwhile, and nothing was owed.
            self._asked_at = accepted.at
            self._debts.clear()
        if request.method == "POST":
            if self._naive is None:
                self._added_at = accepted.at
                self._said.clear()
                self._naive = _naive_of(body)
                self._begin_number(accepted.at)
            return
        naive = self._naive
        if request.method == "DELETE" or naive is None:
            self._naive = None
            self._debts.clear()
        elif request.method == "ACT":
            self._hear(naive, body, now)
        else:
            for name, value in body.items():
                self._change(naive, name, value, now)
            if "tracking_number" in body:
                self._begin_number(accepted.at)
        if self._naive is not None:
            self._cadence = max(self._cadence, cadence(self._naive, now))

    def _hear(self, naive: NaiveOrder, body: Mapping[str, Any], now: datetime) -> None:
        """A word of the buyer's; the same again changes nothing."""
        deed = ActionKind(body["action"])
        episode = naive.trace.episode if deed is ActionKind.SELLER_CONTACTED else None
        if deed is ActionKind.REOPEN:
            self._said.clear()
        elif self._said.get((deed, episode)) == body:
            return
        self._said[deed, episode] = body
        until, on = (
            date.fromisoformat(body[name]) if name in body else None for name in ("until", "on")
        )
        naive.say(deed, now, until, on)

    def _change(self, naive: NaiveOrder, name: str, value: object, now: datetime) -> None:
        if name == "tracking_number":
            naive.change_number(str(value), now)
        elif name == "service":
            naive.service = None if value is None else Service(str(value))
        elif name in {"protection_ends_on", "shipped_on"}:
            setattr(naive, name, date.fromisoformat(str(value)))
        else:
            setattr(naive, name, value)

    def _begin_number(self, at: datetime) -> None:
        self._fed_until = self._silent_since = None
        self._failed = False
        self._asked_at = at
        self._cadence = 0

    # What the source says.

    def _real_number(self) -> str | None:
        """The number that the order's own one stands for."""
        number = self._naive.number if self._naive is not None else None
        known = self.parcel.numbers.get(number or "")
        return known.points_to if known is not None and known.points_to else number

    def _asked(self, number: str, ask: Ask) -> None:
        naive = self._naive
        if naive is None or number != self._real_number() or self._is_closed(ask.at):
            return
        self._judge_gap(naive, ask)
        self._asked_at = ask.at
        self._failed = not ask.answered
        now = self.plan.clock(ask.replied_at)
        if not ask.answered:
            self._silent_since = self._silent_since or now.replace(second=0, microsecond=0)
            self._cadence = cadence(naive, now)
            return
        self._silent_since = None
        self._feed(naive, ask.at, now)
        for sent in self._due(naive, ask.replied_at):
            self._owed.setdefault((sent.kind, sent.reason), ask.replied_at)
        self._cadence = cadence(naive, now)

    def _judge_gap(self, naive: NaiveOrder, ask: Ask) -> None:
        """Whether it was asked about in time."""
        last = self._asked_at
        if last is None:
            return
        last = max(last, self.log.last_opened(last, ask.at) or last)
        gap = ask.at - last
        # The calendar alone may have changed it since.
        hours = max(self._cadence, cadence(naive, self.plan.clock(ask.at)))
        self.judgement.gaps[hours] = max(self.judgement.gaps[hours], gap // MINUTE)
        if gap > timedelta(hours=hours) + self._slack(last, ask.at):
            self.judgement.starved += 1
            self._is_wrong(ask.at, f"asked about after {gap} at a cadence of {hours} h")

    def _slack(self, since: datetime, until: datetime) -> timedelta:
        """A tick.

        Where the turns of the wheel were changed since the order was added, it may wait one turn
        more; and where the clock was, as much more as that, and for the tick after it.
        """
        deployed = self.plan.deployments_between(since, until)
        every = max(d.every for d in deployed)
        turns = {d.turn for d in self.plan.deployments_between(self._added_at, until)}
        turn = max(turns) if len(turns) > 1 else 0
        shift = sum(
            (abs(s.by) for s in self.plan.shifts if s.begin <= until and since <= s.end), NOTHING
        )
        return (every * (2 if shift else 1) + turn) * MINUTE + shift

    def _feed(self, naive: NaiveOrder, at: datetime, now: datetime) -> None:
        """Give it what the source shows at an instant."""
        number = self._real_number()
        answer = self.knowledge.answer(number or "", at)
        assert answer is not None
        naive.seen += [
            Seen(
                naive.number or "",
                scan.at,
                (scan.at + timedelta(hours=scan.zone)).strftime("%Y-%m-%d %H:%M:%S"),
                scan.code,
                "cainiao",
                now.replace(microsecond=0),
            )
            for scan in self._shown(number, at)
        ]
        self._fed_until = at
        naive.answered_at = now.replace(microsecond=0)
        naive.known = answer.known or number != naive.number
        naive.mail_type, naive.eta = answer.mail_type, answer.eta

    def _shown(self, number: str | None, at: datetime) -> Iterable[Scan]:
        known = self.parcel.numbers.get(number or "")
        since = self._fed_until
        return (
            scan
            for scan in (known.scans if known is not None and known.known else ())
            if scan.shown <= at and (since is None or scan.shown > since)
        )

    def _would_answer(self, naive: NaiveOrder, at: datetime) -> bool:
        """Whether the source would answer about the number, if it were asked now."""
        if naive.number is None or self.log.is_shut(at) or self.knowledge.outage(at) is not None:
            return False
        if self._failed:
            return False
        return self.knowledge.answer(self._real_number() or "", at) is not None

    @contextmanager
    def _fresh(self, naive: NaiveOrder, at: datetime) -> Iterator[None]:
        """Suppose that the source is asked at this instant."""
        kept = naive.answered_at, naive.known, naive.mail_type, naive.eta
        fed_until, seen = self._fed_until, len(naive.seen)
        if self._would_answer(naive, at):
            self._feed(naive, at, self.plan.clock(at))
        elif naive.answered_at is not None:
            # All that the stack has then is the ledger of looks, which is kept in whole minutes.
            naive.answered_at = naive.answered_at.replace(second=0)
        yield
        naive.answered_at, naive.known, naive.mail_type, naive.eta = kept
        self._fed_until = fed_until
        del naive.seen[seen:]

    # Looking.

    def _due(self, naive: NaiveOrder, at: datetime) -> list[Any]:
        self.judgement.looks += 1
        naive.unanswered_since = self._unanswered_since(at)
        return naive.due(self.plan.clock(at))

    def _unanswered_since(self, at: datetime) -> datetime | None:
        """Since when the number gets no answer, where that is too long, and others get one."""
        since = self._silent_since
        if since is None:
            return None
        asked = self.plan.clock(at) - since
        for span in self.log.unheard:
            if span.end - span.begin >= DAY:
                asked -= max(min(span.end, at) - max(span.begin, since), NOTHING)
        long = asked >= 10 * DAY and not self.log.is_shut(at)
        return since if long else None

    def _look(self, at: datetime) -> None:
        """The look of every hour."""
        naive = self._naive
        if naive is None:
            return
        self._judge_owed(at)
        with self._fresh(naive, at):
            due = {(sent.kind, sent.reason) for sent in self._due(naive, at)}
        for name in due - self._debts.keys():
            hours = max(self._cadence, cadence(naive, self.plan.clock(at)))
            self._debts[name] = _Debt(at, timedelta(hours=hours))
        for name, debt in list(self._debts.items()):
            if name not in due:
                del self._debts[name]
                self.judgement.kinds[name[0]].passed += 1
            elif at - debt.since > debt.allowed + self._slack(debt.since, at) + HOUR:
                del self._debts[name]
                self._miss(name, at, f"due since {debt.since:%Y-%m-%d %H:%M}")
                naive.take([s for s in self._all_due(naive, at) if (s.kind, s.reason) == name])

    def _all_due(self, naive: NaiveOrder, at: datetime) -> list[Any]:
        with self._fresh(naive, at):
            return self._due(naive, at)

    def _judge_owed(self, at: datetime) -> None:
        for name, since in list(self._owed.items()):
            if at - since > self._slack(since, at):
                del self._owed[name]
                self._miss(name, at, f"due at the look of {since:%Y-%m-%d %H:%M}")

    def _miss(self, name: Name, at: datetime, what: str) -> None:
        tally = self.judgement.kinds[name[0]]
        tally.due += 1
        tally.missed += 1
        self._is_wrong(at, f"missed {' '.join(name)}, {what}")

    def _sent(self, message: Message) -> None:
        """Judge what was sent about the order in one run."""
        naive, at = self._naive, message.at
        (reason,) = (r for order_id, r in message.orders if order_id == self.parcel.order_id)
        name = (message.kind, reason)
        tally = self.judgement.kinds[message.kind]
        tally.sent += 1
        called_for = [] if naive is None else self._due(naive, at)
        found = [s for s in called_for if (s.kind, s.reason) == name]
        if naive is None or not found:
            tally.undue += 1
            self._is_wrong(at, f"undue {' '.join(name)}")
            return
        naive.take(found)
        self._owed.pop(name, None)
        tally.due += 1
        debt = self._debts.pop(name, None)
        if debt is None:
            return
        delay = at - debt.since
        allowed = debt.allowed + self._slack(debt.since, at)
        if delay > tally.delay:
            tally.delay, tally.allowed = delay, allowed
        if delay > allowed:
            tally.late += 1
            self._is_wrong(at, f"late {' '.join(name)}, due since {debt.since:%Y-%m-%d %H:%M}")

    def _is_wrong(self, at: datetime, what: str) -> None:
        self.judgement.wrong.append(
            f"{at:%Y-%m-%d %H:%M} {self.parcel.order_id} ({self.parcel.kind}): {what}"
        )


def cadence(order: NaiveOrder, now: datetime) -> int:
    """How many hours may go by between two looks at an order."""
    if order.number is None or order.state(now) is State.DELIVERED:
        return 24
    ends_on = order.protection_ends_on
    if ends_on is not None and 0 <= (ends_on - now.date()).days <= 6:
        return 3
    if (order.silent_days(now) or 0) >= 12:
        return 24
    place = order.trace.place or order.stage
    if place in {Stage.OUT_FOR_DELIVERY, Stage.READY_FOR_PICKUP}:
        return 3
    if place in {
        Stage.ARRIVED_DESTINATION,
        Stage.IMPORT_CUSTOMS,
        Stage.LAST_MILE_CARRIER,
        Stage.FAILED_ATTEMPT,
    }:
        return 6
    if place in {
        Stage.ACCEPTED,
        Stage.ORIGIN_SORTING,
        Stage.EXPORT_CUSTOMS,
        Stage.DEPARTED_ORIGIN,
        Stage.IN_TRANSIT_UNPLACED,
    }:
        return 12
    return 24


def _naive_of(body: Mapping[str, Any]) -> NaiveOrder:
    def day(name: str) -> date | None:
        return date.fromisoformat(body[name]) if name in body else None

    ordered_on = day("ordered_on")
    assert ordered_on is not None
    return NaiveOrder(
        ordered_on=ordered_on,
        destination=body["destination"],
        number=body.get("tracking_number"),
        service=Service(body["service"]) if "service" in body else None,
        remote=body.get("remote"),
        shipped_on=day("shipped_on"),
        protection_ends_on=day("protection_ends_on"),
    )


def judge(record: Record) -> Judgement:
    """Judge a year."""
    judgement = Judgement()
    for part in judged_orders(record, record.plan.parcels):
        judgement.add(part)
    judgement.add(judged_source(record))
    judgement.wrong += record.manners.rude
    return judgement


def judged_orders(record: Record, chosen: Iterable[Parcel]) -> Iterator[Judgement]:
    """What came of some orders, one by one."""
    plan = record.plan
    numbers = {n: number for p in plan.parcels for n, number in p.numbers.items()}
    knowledge, log = Knowledge(numbers, plan.outages), Log(record)
    accepted: dict[str, list[Accepted]] = defaultdict(list)
    for a in record.accepted:
        accepted[a.order_id].append(a)
    messages: dict[str, list[Message]] = defaultdict(list)
    for message in record.messages:
        for order_id, _ in message.orders:
            messages[order_id].append(message)
    for parcel in chosen:
        own = accepted[parcel.order_id], messages[parcel.order_id]
        yield OrderJudge(plan, knowledge, log, parcel, *own).judge()


def judged_source(record: Record) -> Judgement:
    """Whether the owner was told of every long outage and its end."""
    judgement = Judgement()
    every = {d.every for d in record.plan.deployments}
    allowed = 2 * max(every) * MINUTE
    sent = {
        kind: [m.at for m in record.messages if m.kind == kind]
        for kind in (AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP)
    }
    for span in Log(record).unheard:
        if span.end - span.begin < DAY + allowed:
            continue
        for kind, due in (
            (AlertKind.SOURCE_DOWN, span.begin + DAY),
            (AlertKind.SOURCE_UP, span.end),
        ):
            if due + allowed > record.plan.end:
                continue
            tally = judgement.kinds[kind]
            tally.due += 1
            told = [at for at in sent[kind] if due - MINUTE <= at <= due + allowed]
            if not told:
                tally.missed += 1
                judgement.wrong.append(f"{due:%Y-%m-%d %H:%M}: missed {kind}")
                continue
            sent[kind].remove(told[0])
            tally.sent += 1
            tally.add(Tally(delay=told[0] - due, allowed=allowed))
    for kind, left in sent.items():
        for at in left:
            judgement.kinds[kind].undue += 1
            judgement.wrong.append(f"{at:%Y-%m-%d %H:%M}: undue {kind}")
    return judgement
