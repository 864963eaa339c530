"""Judges a year: what should have been sent and when, by the reference model that looks every hour.

Each order is lived through once more. The reference model is given the answers that the stack got,
and what the stack sent counts as sent. Then it is asked

- every hour, with the answer that the source would give at that hour: what it says is *due*, from
  then on until it is sent. What was said only between two looks, and by the next one no longer, has
  *passed*;
- after every answer that the stack got: what is due then must be sent at once;
- whenever something was sent: what it does not call for is *undue*.

What quiet hours hold is judged by the instant at which it was raised, and must be sent once they
are over (`year_digests`, which judges the digests too).

Looks are judged by the log of the source alone: an order that was not asked about for longer than
its cadence and a tick is *starved*. What was shown and asked is judged by `year_voice`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from stallwatch.domain.alerts import AlertKind
from tests.faults.random_parcels import Parcel, Scan
from tests.faults.strict_source import Knowledge
from tests.faults.year import BEGIN, Accepted, Message, Plan, Record, Shown, Survey
from tests.faults.year_digests import (
    UNSURE,
    Range,
    deadlines_near,
    judged_digests,
    judged_nights,
)
from tests.faults.year_log import DAY, Ask, Log
from tests.faults.year_mirror import Mirror, cadence
from tests.faults.year_voice import Voice
from tests.reference.model import Evaluation, Known, Sent

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)

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
    """How often the reference model was asked."""
    voices: int = 0
    """How often what was shown or asked was compared with what the rules show."""
    starved: int = 0
    gaps: Counter[int] = field(default_factory=Counter)
    """The longest time between two requests about an order, in minutes, by its cadence in hours."""
    deadlines: dict[datetime, Range] = field(default_factory=dict)
    """How many deadlines are near as a digest is made, by the instant of its survey."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Judgement") -> None:
        for kind, tally in other.kinds.items():
            self.kinds[kind].add(tally)
        self.looks += other.looks
        self.voices += other.voices
        self.starved += other.starved
        for hours, minutes in other.gaps.items():
            self.gaps[hours] = max(self.gaps[hours], minutes)
        for at, near in other.deadlines.items():
            self.deadlines[at] = self.deadlines.get(at, Range()).plus(near)
        self.wrong += other.wrong


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
        glances: Sequence[Shown] = (),
        surveys: Sequence[Survey] = (),
    ) -> None:
        self.plan = plan
        self.knowledge = knowledge
        self.log = log
        self.parcel = parcel
        self.judgement = Judgement()
        self._events = sorted(
            [
                *((a.at, 1, a) for a in accepted),
                *self._raised(messages),
                *((g.at, 3, g) for g in glances),
                *((s.at, 3, s) for s in surveys),
                *((a.replied_at, 0, (n, a)) for n in parcel.numbers for a in self._asks(n)),
                *((a.replied_at, 0, (n, a)) for n in self._unknown() for a in self._asks(n)),
            ],
            key=lambda event: event[:2],
        )
        self._voice = Voice(parcel.order_id, accepted, messages)
        self._mirror: Mirror | None = None
        self._debts: dict[Name, _Debt] = {}
        self._owed: dict[Name, datetime] = {}
        self._held: dict[tuple[str, int], list[Sent]] = {}
        """What was raised in quiet hours and has not gone out, by its message."""
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

    def _raised(self, messages: Sequence[Message]) -> Iterator[tuple[datetime, int, Any]]:
        """The messages about the order, each alert at the instant at which it could go out.

        What was raised in quiet hours is judged as it was raised: the rules go on from there.
        """
        for message in messages:
            for index, (order_id, _) in enumerate(message.orders):
                if order_id != self.parcel.order_id:
                    continue
                raised_at = self.plan.true_time(message.raised[index], message.at)
                if self.plan.nights.is_quiet(raised_at) and raised_at < message.at:
                    yield raised_at, 2, (message, index)
                yield message.at, 2, (message, index)

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
        look_at = BEGIN
        for at, _, event in [*self._events, (self.plan.end, 4, None)]:
            while look_at < at:
                if self._look(look_at):
                    look_at += HOUR
                else:
                    # Nobody looks at what is closed, until something happens to it.
                    look_at += (at - look_at) // HOUR * HOUR + HOUR
            self._happen(at, event)
        self.judgement.wrong += self._voice.wrong
        self.judgement.voices += self._voice.compared
        return self.judgement

    def _is_closed(self, at: datetime) -> bool:
        mirror = self._mirror
        return mirror is None or mirror.look(self.plan.clock(at)).state == "closed"

    def _happen(self, at: datetime, event: Any) -> None:
        if isinstance(event, Accepted):
            self._say(event)
        elif isinstance(event, Shown):
            self._compare(event)
        elif isinstance(event, Survey):
            self._count_deadlines(event)
        elif event is not None and isinstance(event[0], Message):
            self._sent(at, *event)
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
        mirror = self._mirror
        if request.method == "POST":
            if mirror is None:
                self._added_at = accepted.at
                self._mirror = Mirror(body, now)
                self._begin_number(accepted.at)
            return
        if request.method == "DELETE" or mirror is None:
            self._mirror = None
            self._debts.clear()
            return
        if request.method == "ACT":
            mirror.say(body, now)
        elif mirror.change(body, now):
            self._begin_number(accepted.at)
        mirror.settle(now)
        self._cadence = max(self._cadence, cadence(mirror, now))

    def _begin_number(self, at: datetime) -> None:
        self._fed_until = self._silent_since = None
        self._failed = False
        self._asked_at = at
        self._cadence = 0

    # What the source says.

    def _real_number(self) -> str | None:
        """The number that the order's own one stands for."""
        number = self._mirror.order.number if self._mirror is not None else None
        known = self.parcel.numbers.get(number or "")
        return known.points_to if known is not None and known.points_to else number

    def _asked(self, number: str, ask: Ask) -> None:
        mirror = self._mirror
        if mirror is None or number != self._real_number() or mirror.memory.closed:
            return
        if not self._is_closed(ask.at):
            self._judge_gap(mirror, ask)
        self._asked_at = ask.at
        self._failed = not ask.answered
        now = self.plan.clock(ask.replied_at)
        if not ask.answered:
            self._silent_since = self._silent_since or now.replace(second=0, microsecond=0)
            self._cadence = cadence(mirror, now)
            return
        self._silent_since = None
        mirror.known = self._after_answer(mirror, ask.at, now)
        self._fed_until = ask.at
        self.judgement.looks += 1
        for sent in mirror.settle(now).due:
            self._owed.setdefault((sent.kind, sent.reason), ask.replied_at)
        self._cadence = cadence(mirror, now)

    def _judge_gap(self, mirror: Mirror, ask: Ask) -> None:
        """Whether it was asked about in time."""
        last = self._asked_at
        if last is None:
            return
        last = max(last, self.log.last_opened(last, ask.at) or last)
        gap = ask.at - last
        # The calendar alone may have changed it since.
        hours = max(self._cadence, cadence(mirror, self.plan.clock(ask.at)))
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

    def _after_answer(self, mirror: Mirror, at: datetime, now: datetime) -> Known:
        """What is known after an answer of the source's.

        Args:
            mirror: The order.
            at: When the source was asked, in true time.
            now: When the answer came, by the stack's clock.
        """
        number = self._real_number()
        answer = self.knowledge.answer(number or "", at)
        assert answer is not None
        if number != mirror.order.number:
            answer = replace(answer, known=True)
        return mirror.after(now.replace(microsecond=0), self._shown(number, at), answer)

    def _shown(self, number: str | None, at: datetime) -> Iterable[Scan]:
        known = self.parcel.numbers.get(number or "")
        since = self._fed_until
        return (
            scan
            for scan in (known.scans if known is not None and known.known else ())
            if scan.shown <= at and (since is None or scan.shown > since)
        )

    def _would_answer(self, mirror: Mirror, at: datetime) -> bool:
        """Whether the source would answer about the number, if it were asked now."""
        if mirror.order.number is None or self._failed or self.log.is_shut(at):
            return False
        if self.knowledge.outage(at) is not None:
            return False
        return self.knowledge.answer(self._real_number() or "", at) is not None

    def _if_asked(self, mirror: Mirror, at: datetime) -> Known:
        """What would be known if the source were asked at this instant."""
        if self._would_answer(mirror, at):
            return self._after_answer(mirror, at, self.plan.clock(at))
        # A spell without answers is told by the instant at which it began.
        return mirror.known if self._is_unanswered(at) else mirror.in_whole_minutes()

    # Looking.

    def _decided(self, mirror: Mirror, at: datetime, known: Known | None = None) -> Evaluation:
        self.judgement.looks += 1
        known = known or mirror.known
        now = self.plan.clock(at)
        others = (now,) if self._is_unanswered(at) else ()
        return mirror.look(now, replace(known, others_at=others))

    def _is_unanswered(self, at: datetime) -> bool:
        """Whether the number gets no answer for too long, while others get one."""
        since = self._silent_since
        if since is None:
            return False
        asked = self.plan.clock(at) - since
        for span in self.log.unheard:
            if span.end - span.begin >= DAY:
                asked -= max(min(span.end, at) - max(span.begin, since), NOTHING)
        return asked >= 10 * DAY and not self.log.is_shut(at)

    def _look(self, at: datetime) -> bool:
        """The look of every hour; whether the order is watched."""
        mirror = self._mirror
        if mirror is None:
            return False
        decided = self._decided(mirror, at, self._if_asked(mirror, at))
        if decided.state == "closed":
            return False
        if decided.due and self._is_closed(at):
            return False  # What the stack knows has ended the watch: nobody hears the news.
        self._judge_owed(at)
        due = {(sent.kind, sent.reason) for sent in decided.due}
        for name in due - self._debts.keys():
            hours = max(self._cadence, cadence(mirror, self.plan.clock(at)))
            self._debts[name] = _Debt(at, timedelta(hours=hours))
        for name, debt in list(self._debts.items()):
            if name not in due:
                del self._debts[name]
                self.judgement.kinds[name[0]].passed += 1
            elif at - debt.since > debt.allowed + self._slack(debt.since, at) + HOUR:
                del self._debts[name]
                self._miss(name, at, f"due since {debt.since:%Y-%m-%d %H:%M}")
                mirror.take(_named(decided.due, name))
        return True

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

    def _sent(self, at: datetime, message: Message, index: int) -> None:
        """Judge what was sent about the order in one message, at the instant that counts."""
        name = message.kind, message.orders[index][1]
        held = self._held.pop((message.batch, index), None)
        if held is not None and self._mirror is not None:
            # The rules count from the message on, not from its raising.
            self._mirror.went_out(held, at)
            return
        taken = self._judge_sent(at, message, name)
        if at < message.at:
            self._held[message.batch, index] = taken
        elif message.shown:
            # What a night has held tells of the evening before: it is not compared.
            self._voice.hear(message, index)
            self._voice.compare_last(message, index, self._dates)

    def _judge_sent(self, at: datetime, message: Message, name: Name) -> list[Sent]:
        mirror = self._mirror
        tally = self.judgement.kinds[message.kind]
        tally.sent += 1
        found = [] if mirror is None else _named(self._decided(mirror, at).due, name)
        if mirror is None or not found:
            tally.undue += 1
            self._is_wrong(at, f"undue {' '.join(name)}")
            return []
        mirror.take(found)
        self._owed.pop(name, None)
        tally.due += 1
        debt = self._debts.pop(name, None)
        if debt is None:
            return found
        delay = at - debt.since
        allowed = debt.allowed + self._slack(debt.since, at)
        if delay > tally.delay:
            tally.delay, tally.allowed = delay, allowed
        if delay > allowed:
            tally.late += 1
            self._is_wrong(at, f"late {' '.join(name)}, due since {debt.since:%Y-%m-%d %H:%M}")
        return found

    def _dates(self, at: datetime) -> Evaluation | None:
        """What the model decides of the order as the stack knows it."""
        return None if self._mirror is None else self._decided(self._mirror, at)

    def _count_deadlines(self, survey: Survey) -> None:
        """Count the order's deadlines that a digest has to name."""
        if self._mirror is not None and self.parcel.order_id in survey.scans:
            today = self.plan.clock(survey.at).date()
            decided = self._decided(self._mirror, survey.at)
            # Time alone may have ended the watch, and nobody has looked since.
            is_unsure = self._debts or self._owed or decided.state == "closed"
            near = UNSURE if is_unsure else deadlines_near(decided.dates, today)
            self.judgement.deadlines[survey.at] = near

    def _compare(self, shown: Shown) -> None:
        """Compare what the buyer saw with what the model shows."""
        if self._mirror is not None and not self._debts and not self._owed:
            self._voice.compare(shown, self._dates)

    def _is_wrong(self, at: datetime, what: str) -> None:
        self.judgement.wrong.append(
            f"{at:%Y-%m-%d %H:%M} {self.parcel.order_id} ({self.parcel.kind}): {what}"
        )


def _named(due: Iterable[Sent], name: Name) -> list[Sent]:
    return [sent for sent in due if (sent.kind, sent.reason) == name]


def judge(record: Record) -> Judgement:
    """Judge a year."""
    judgement = Judgement()
    for part in judged_orders(record, record.plan.parcels):
        judgement.add(part)
    judgement.add(judged_stack(record))
    judgement.wrong += judged_digests(record, judgement.deadlines)
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
        for order_id in dict.fromkeys(order_id for order_id, _ in message.orders):
            messages[order_id].append(message)
    glances: dict[str, list[Shown]] = defaultdict(list)
    for shown in record.glances:
        glances[shown.order_id].append(shown)
    for parcel in chosen:
        name = parcel.order_id
        own = accepted[name], messages[name], glances[name], record.surveys
        yield OrderJudge(plan, knowledge, log, parcel, *own).judge()


def judged_stack(record: Record) -> Judgement:
    """What no order is needed for: the source, manners towards it, and the nights."""
    judgement = judged_source(record)
    judgement.wrong += [*record.manners.rude, *judged_nights(record)]
    return judgement


def judged_source(record: Record) -> Judgement:
    """Whether the owner was told of every long outage and its end."""
    judgement = Judgement()
    every = {d.every for d in record.plan.deployments}
    allowed = 2 * max(every) * MINUTE
    sent = {
        kind: [m.at for m in record.messages if m.kind == kind]
        for kind in (AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP)
    }
    log = Log(record)
    for span in log.unheard:
        if span.end - span.begin < DAY + allowed:
            continue
        down_at = span.begin + DAY
        if not log.is_shut(down_at):
            # It answers, but about no number that was asked: each check that is due is a request.
            checks = (a.replied_at for a in record.asked if a.replied_at >= down_at - HOUR)
            down_at = max(down_at, next(checks, down_at))
        for kind, due in (
            (AlertKind.SOURCE_DOWN, down_at),
            (AlertKind.SOURCE_UP, span.end),
        ):
            latest = record.plan.nights.put_off(due, due + allowed)
            if latest > due + allowed:
                latest += allowed
            if latest > record.plan.end:
                continue
            tally = judgement.kinds[kind]
            tally.due += 1
            told = [at for at in sent[kind] if due - MINUTE <= at <= latest]
            if not told:
                tally.missed += 1
                judgement.wrong.append(f"{due:%Y-%m-%d %H:%M}: missed {kind}")
                continue
            sent[kind].remove(told[0])
            tally.sent += 1
            tally.add(Tally(delay=told[0] - due, allowed=latest - due))
    for kind, left in sent.items():
        for at in left:
            judgement.kinds[kind].undue += 1
            judgement.wrong.append(f"{at:%Y-%m-%d %H:%M}: undue {kind}")
    return judgement
