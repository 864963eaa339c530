"""An order of a year in the reference model's words: what the stack was told, the model is told.

Requests are the buyer's as the API took them, answers the source's as the stack got them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from stallwatch.tracking.source import TrackingResult
from tests.faults.random_parcels import Scan
from tests.reference.evaluate import evaluate
from tests.reference.model import (
    ENDING_WORDS,
    Answer,
    Evaluation,
    Event,
    Known,
    Memory,
    Numbers,
    Order,
    Sent,
    Word,
)
from tests.reference.view import View

DATES = frozenset({"ordered_on", "shipped_on", "protection_ends_on", "promised_on", "paid_on"})
NUMBERS = Numbers()
SAYS_NOTHING = frozenset({"not_found_here"})
"""Words of which the rules know nothing."""

_AGAINST = {
    **dict.fromkeys(ENDING_WORDS, frozenset({"not_received"})),
    "not_received": ENDING_WORDS,
    "dispute_opened": frozenset({"dispute_rejected"}),
    "dispute_rejected": frozenset({"dispute_opened"}),
}
"""What takes a word's effect back, so that saying it again is news."""


class Mirror:
    """The order, what is known of it, and what was sent for it.

    Args:
        body: The order as the API took it.
        at: When that was.
    """

    def __init__(self, body: Mapping[str, Any], at: datetime) -> None:
        given = {name: _value(name, value) for name, value in body.items() if name in _GIVEN}
        number = body.get("tracking_number")
        self.order = Order(number=number, **given)
        self.known = Known(asked_since=at if number is not None else None)
        self.sent: tuple[Sent, ...] = ()
        self.memory = Memory()
        self.settle(at)

    # Looking.

    def look(self, now: datetime, known: Known | None = None) -> Evaluation:
        """What the model decides now; nothing is remembered.

        Args:
            now: The instant.
            known: What is known; None: what the stack knows.
        """
        return evaluate(self.order, known or self.known, self.sent, self.memory, now)

    def settle(self, now: datetime) -> Evaluation:
        """Evaluate as the stack does; what the first evaluations decide is kept."""
        decided = self.look(now)
        self.memory = decided.memory
        return decided

    def view(self, now: datetime) -> View:
        """The order at an instant."""
        return View(self.order, self.known, now, NUMBERS, self.sent, self.memory)

    def take(self, sent: Iterable[Sent]) -> None:
        """Take alerts as sent."""
        self.sent += tuple(sent)

    def went_out(self, held: Sequence[Sent], at: datetime) -> None:
        """Take alerts as sent that were raised before."""
        self.sent = tuple(replace(s, at=at) if s in held else s for s in self.sent)

    # What the buyer does.

    def say(self, body: Mapping[str, Any], now: datetime) -> None:
        """A word of the buyer's; the same again changes nothing."""
        kind = body["action"]
        until, on = (
            date.fromisoformat(body[name]) if name in body else None for name in ("until", "on")
        )
        word = Word(kind, now, on, until, after_answer=True)
        if kind not in SAYS_NOTHING and not self._stands(word):
            self.order = replace(self.order, words=(*self.order.words, word))

    def _stands(self, word: Word) -> bool:
        view = self.view(word.said_at)
        last = next(
            (
                w
                for w in reversed(view.words)
                if _group(w.kind) == _group(word.kind) or w.kind in _AGAINST.get(word.kind, ())
            ),
            None,
        )
        if word.kind == "reopen" or last is None or last.kind != word.kind:
            return False
        if word.kind == "seller_contacted":
            if view.episodes_of(word=last).present != view.episode:
                return False
        elif word.kind == "not_received" and word.said_at - last.said_at > timedelta(days=1):
            return False
        return (last.on, last.until) == (word.on, word.until)

    def change(self, body: Mapping[str, Any], now: datetime) -> bool:
        """The buyer changes what he gave; whether the number is another."""
        number = body.get("tracking_number", self.order.number)
        given = {name: _value(name, value) for name, value in body.items() if name in _GIVEN}
        self.order = replace(self.order, **given)
        if number == self.order.number:
            return False
        changed_at = self.order.number_changed_at if self.order.number is None else now
        self.order = replace(self.order, number=number, number_changed_at=changed_at)
        self.known = replace(self.known, asked_since=now, others_at=(), mail_type=None, eta=None)
        return True

    # What the source says.

    def after(self, at: datetime, scans: Iterable[Scan], result: TrackingResult) -> Known:
        """What is known after an answer about the order's number.

        Args:
            at: When it came, in whole seconds.
            scans: Those that it shows first.
            result: The answer.
        """
        number = self.order.number
        assert number is not None
        at = self._about_the_number(at, timedelta(seconds=1))
        events = [
            Event(
                number,
                scan.at,
                (scan.at + timedelta(hours=scan.zone)).strftime("%Y-%m-%d %H:%M:%S"),
                scan.code,
                at,
            )
            for scan in scans
        ]
        status = {None: None, True: "DELIVERED", False: "DELIVERING"}[result.delivered]
        is_known = result.known or result.points_to is not None
        answer = Answer(at, number, known=is_known, status=status)
        return replace(
            self.known,
            events=(*self.known.events, *events),
            answers=(*self._kept_answers(answer), answer),
            mail_type=result.mail_type,
            eta=result.eta,
        )

    def _kept_answers(self, answer: Answer) -> tuple[Answer, ...]:
        """The answers before one; of a day's that say nothing new the first is enough."""
        told = self.known.answers
        if len(told) > 1:
            last, before = told[-1], told[-2]
            brought = self.known.events[-1:] and self.known.events[-1].first_seen == last.at
            same_day = last.at.date() == before.at.date()
            if same_day and not brought and _says(last) == _says(answer) == _says(before):
                return told[:-1]
        return told

    def in_whole_minutes(self) -> Known:
        """What is known where nothing new is heard: the ledger of looks is kept in minutes."""
        told = self.known.answers
        if len(told) < 2 or any(a.status is not None for a in told):
            return self.known
        minute = told[-1].at.replace(second=0, microsecond=0)
        last = replace(told[-1], at=self._about_the_number(minute, timedelta(minutes=1)))
        return replace(self.known, answers=(*told[:-1], last))

    def _about_the_number(self, at: datetime, unit: timedelta) -> datetime:
        """When an answer came that was rounded down, but not to before the number was changed."""
        changed = self.order.number_changed_at
        return changed if changed is not None and at <= changed < at + unit else at


def _says(answer: Answer) -> tuple[Any, ...]:
    """What an answer tells, whenever it came."""
    return answer.number, answer.known, answer.status, answer.source


def _value(name: str, value: Any) -> Any:
    if name == "paid_with" and value == "other":
        return None  # The rules know two ways of paying.
    return date.fromisoformat(value) if name in DATES and value is not None else value


def _group(kind: str) -> str:
    return "ended" if kind in ENDING_WORDS else kind


_GIVEN = DATES | {"destination", "service", "remote", "paid_with"}


def cadence(mirror: Mirror, now: datetime) -> int:
    """How many hours may go by between two looks at an order."""
    view = mirror.view(now)
    if mirror.order.number is None or view.delivered:
        return 24
    ends_on = mirror.order.protection_ends_on
    if ends_on is not None and 0 <= (ends_on - now.date()).days <= 6:
        return 3
    if (view.silent_days or 0) >= 12:
        return 24
    place = view.journey.place or view.stage
    if place in {"out_for_delivery", "ready_for_pickup"}:
        return 3
    if place in {"arrived_destination", "import_customs", "last_mile_carrier", "failed_attempt"}:
        return 6
    underway = {"accepted", "origin_sorting", "export_customs", "departed_origin"}
    return 12 if place in underway | {"in_transit_unplaced"} else 24
