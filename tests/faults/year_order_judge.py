"""Judges what was sent about one order over the year."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.faults.year_digests import UNSURE, deadlines_near
from tests.faults.year_judgement import HOUR, Judgement, Name
from tests.faults.year_mirror import cadence
from tests.faults.year_order_life import Debt, OrderLife
from tests.faults.year_plan import BEGIN
from tests.faults.year_record import Accepted, Message, Shown, Survey
from tests.reference.model import Evaluation, Sent


class OrderJudge(OrderLife):
    """Lives through one order's year once more."""

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
            self._debts[name] = Debt(at, timedelta(hours=hours))
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


def _named(due: Iterable[Sent], name: Name) -> list[Sent]:
    return [sent for sent in due if (sent.kind, sent.reason) == name]
