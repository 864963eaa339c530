"""An order that lives: what happens to it, one thing after another, and its evaluations."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from tests.reference.evaluate import evaluate
from tests.reference.model import (
    Answer,
    Evaluation,
    Event,
    Known,
    Memory,
    Numbers,
    Order,
    Second,
    Sent,
    Word,
)
from tests.reference.view import View


class World:
    """An order, what is known of it, and what was raised so far."""

    def __init__(self, order: Order, *, start: datetime, n: Numbers | None = None) -> None:
        self.order = order
        self.n = n or Numbers()
        self.known = Known(asked_since=start if order.number is not None else None)
        self.sent: tuple[Sent, ...] = ()
        self.memory = Memory()

    def answer(
        self,
        at: datetime,
        events: Sequence[Event] = (),
        *,
        known: bool = True,
        status: str | None = None,
        source: str = "cainiao",
    ) -> None:
        """A valid answer about the present number, with the events that it shows first."""
        if self.order.number is None:
            return
        self.show(events)
        answer = Answer(at, self.order.number, known, status, source)
        self.known = replace(self.known, answers=(*self.known.answers, answer))

    def show(self, events: Sequence[Event]) -> None:
        """Events that became known, whatever they came with."""
        self.known = replace(self.known, events=(*self.known.events, *events))

    def answer_others(self, at: datetime) -> None:
        """The source answered, but not about this number."""
        self.known = replace(self.known, others_at=(*self.known.others_at, at))

    def second(self, second: Second | None) -> None:
        """What became of asking the second source."""
        self.known = replace(self.known, second=second)

    def tell(self, *, mail_type: str | None = None, eta: datetime | None = None) -> None:
        """What the source says of the parcel as a whole."""
        self.known = replace(self.known, mail_type=mail_type, eta=eta)

    def say(self, word: Word) -> None:
        """The buyer's word."""
        self.order = replace(self.order, words=(*self.order.words, word))

    def may_say(self, kind: str, now: datetime) -> bool:
        """Whether a word is valid now.

        "`dispute_rejected` (only while a dispute stands)"; "`not_received` (only when delivered)".
        """
        view = View(self.order, self.known, now, self.n, self.sent, self.memory)
        if kind == "dispute_rejected":
            return view.dispute is not None
        return kind != "not_received" or view.delivered

    def change_number(self, number: str, at: datetime) -> None:
        """Another number, or a first one (which "for an order without one is no change")."""
        if number == self.order.number:
            return
        changed_at = self.order.number_changed_at if self.order.number is None else at
        self.order = replace(self.order, number=number, number_changed_at=changed_at)
        self.known = replace(self.known, asked_since=at, second=None)

    def correct(self, **dates: date | None) -> None:
        """Dates that the buyer corrects."""
        self.order = replace(self.order, **dates)  # type: ignore[arg-type]

    def evaluate(self, now: datetime) -> Evaluation:
        """Evaluate the order, and take what is due as sent."""
        decided = evaluate(self.order, self.known, self.sent, self.memory, now, self.n)
        self.sent += decided.due
        self.memory = decided.memory
        return decided
