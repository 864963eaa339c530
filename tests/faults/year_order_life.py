"""What the stack can know of one order as its year goes on, by the text of the rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tests.faults.random_parcels import Parcel, Scan
from tests.faults.strict_source import Knowledge
from tests.faults.year_judgement import MINUTE, NOTHING, Judgement, Name
from tests.faults.year_log import DAY, Ask, Log
from tests.faults.year_mirror import Mirror, cadence
from tests.faults.year_plan import BEGIN, Plan
from tests.faults.year_record import Accepted, Message, Shown, Survey
from tests.faults.year_voice import Voice
from tests.reference.model import Evaluation, Known, Sent


@dataclass
class Debt:
    since: datetime
    allowed: timedelta


class OrderLife:
    """One order's year as it went: what the buyer did, and what the source was asked."""

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
        self._debts: dict[Name, Debt] = {}
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
        if others != known.others_at:
            known = replace(known, others_at=others)
        return mirror.look(now, known)

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

    def _is_closed(self, at: datetime) -> bool:
        mirror = self._mirror
        return mirror is None or mirror.look(self.plan.clock(at)).state == "closed"

    def _is_wrong(self, at: datetime, what: str) -> None:
        self.judgement.wrong.append(
            f"{at:%Y-%m-%d %H:%M} {self.parcel.order_id} ({self.parcel.kind}): {what}"
        )
