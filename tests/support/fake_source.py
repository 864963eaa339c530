"""Fakes of a tracking source and of one that wants numbers registered."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stallwatch.tracking.source import (
    Quota,
    Registration,
    SourceResponse,
    TrackingResult,
    Verdict,
)
from tests.support.fake_clock import FakeClock


@dataclass
class FakeSource:
    """A source that answers about the numbers it was given answers for."""

    clock: FakeClock
    name: str = "cainiao"
    answers: dict[str, TrackingResult] = field(default_factory=dict)
    """A number without one gets no answer, unless `knows_all`."""
    knows_all: bool = True
    mute: set[str] = field(default_factory=set)
    """Numbers that get no answer."""
    tells_of_others: bool = False
    """Whether each answer is about a number, too, that nobody asked for."""
    poison: set[str] = field(default_factory=set)
    """Numbers that make any request fail that asks about them."""
    verdicts: deque[Verdict] = field(default_factory=deque)
    """How the next requests go; after them all go well."""
    takes: timedelta = timedelta(0)
    """How long a request takes."""
    asked: list[list[str]] = field(default_factory=list)
    asked_at: list[datetime] = field(default_factory=list)

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        self.asked.append(list(numbers))
        self.asked_at.append(self.clock.now())
        self.clock.at += self.takes
        verdict = self.verdicts.popleft() if self.verdicts else Verdict.OK
        if verdict is Verdict.OK and self.poison & set(numbers):
            verdict = Verdict.FAILING
        if verdict is not Verdict.OK:
            return SourceResponse(verdict, reason="as told")
        found = {}
        for number in numbers:
            answer = self.answers.get(number)
            if answer is None and self.knows_all:
                answer = TrackingResult(number, known=False)
            if answer is not None and number not in self.mute:
                found[number] = answer
        return SourceResponse(Verdict.OK, found, about_others=self.tells_of_others)

    @property
    def numbers_asked(self) -> list[str]:
        return [number for numbers in self.asked for number in numbers]


@dataclass
class FakeRegistry(FakeSource):
    """A source that answers about registered numbers only, from the next request on."""

    name: str = "17track"
    accounts: Counter[str] = field(default_factory=Counter)
    """What was registered, and how many credits each number has cost."""
    credits_left: int = 1000
    lose: deque[str] = field(default_factory=deque)
    """What happens to the next registrations: `before` or `after` they are made, or nothing."""
    registrations: list[list[str]] = field(default_factory=list)
    quotas: int = 0

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        reply = super().ask(numbers)
        if reply.verdict is not Verdict.OK:
            return reply
        known = frozenset(n for n in numbers if n in self.accounts)
        return replace(
            reply,
            answers={n: answer for n, answer in reply.answers.items() if n in known},
            registered=known,
            unregistered=frozenset(numbers) - known,
        )

    def register(self, numbers: Sequence[str]) -> Registration:
        self.registrations.append(list(numbers))
        self.asked_at.append(self.clock.now())
        self.clock.at += self.takes
        fate = self.lose.popleft() if self.lose else ""
        if fate == "before":
            return Registration(Verdict.FAILING, unknown=True, reason="as told")
        accepted = set()
        for number in numbers:
            if number not in self.accounts and self.credits_left:
                self.credits_left -= 1
                self.accounts[number] += 1
                accepted.add(number)
        if fate == "after":
            return Registration(Verdict.FAILING, unknown=True, reason="as told")
        return Registration(
            Verdict.OK, frozenset(accepted), used_up=any(n not in self.accounts for n in numbers)
        )

    def quota(self) -> Quota | None:
        self.quotas += 1
        self.asked_at.append(self.clock.now())
        spent = sum(self.accounts.values())
        return Quota(self.credits_left, self.credits_left + spent)
