"""Plays the reference model's journeys with the product's rules.

What happens is said in the reference model's values; here each beat becomes what the product would
hold in its order and its trace.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stallwatch.domain.actions import change
from stallwatch.domain.alerts import Alert
from stallwatch.domain.orders import Action, ActionKind, Order, PaidWith, Service
from stallwatch.domain.parcels import Checkpoint, SecondOpinion, Stage, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.rules.journey import read_journey
from stallwatch.rules.moments import updates_of
from stallwatch.tracking.codes import stage_of
from tests.reference import journeys as beats
from tests.reference import model

DEFAULTS = Thresholds()


@dataclass
class ProductTwin:
    """An order that lives through a journey by the product's rules."""

    order: Order
    has_second: bool
    trace: Trace = field(init=False)
    alerts: list[Alert] = field(default_factory=list)
    memory: InitialFindings = field(default_factory=InitialFindings)
    asked_since: datetime = beats.START

    def __post_init__(self) -> None:
        self.trace = self._unanswered(())

    @classmethod
    def of(cls, journey: beats.Journey) -> "ProductTwin":
        """The order of a journey, before its first beat."""
        return cls(order_of(journey.order), journey.second)

    def happen(self, beat: beats.Beat) -> None:
        """Let a beat happen."""
        match beat:
            case beats.Answered():
                self._answer(beat)
            case beats.OthersAnswered():
                self._answer_others(beat.at)
            case beats.SecondAsked():
                self._ask_second(beat)
            case beats.Said():
                self._say(beat.word)
            case beats.Renumbered():
                self._renumber(beat)
            case beats.Corrected():
                self.order = replace(self.order, **dict(beat.dates))  # type: ignore[arg-type]
            case beats.Looked():
                pass

    def evaluate(self, now: datetime) -> Decision:
        """Evaluate, and send what is due."""
        decision = self.look(now)
        self.memory = decision.memory
        self.alerts += [replace(alert, sent_at=now) for alert in decision.due]
        return decision

    def look(self, now: datetime, *, answered: bool = False) -> Decision:
        """Evaluate without sending; `answered`: with an answer of that instant, without news."""
        trace = self.trace
        if answered and self.order.tracking_number is not None:
            trace = replace(trace, answered_at=now, unanswered_since=None)
        return evaluate(
            self.order,
            trace,
            self.alerts,
            self.memory,
            now,
            DEFAULTS,
            second_source=self.has_second,
        )

    def _unanswered(self, checkpoints: tuple[Checkpoint, ...]) -> Trace:
        return Trace(
            number=self.order.tracking_number,
            checkpoints=checkpoints,
            asked_at=beats.START,
            second=SecondOpinion() if self.has_second else None,
        )

    def _answer(self, beat: beats.Answered) -> None:
        if self.order.tracking_number is None:
            return
        before = self.trace
        new = tuple(checkpoint_of(event) for event in beat.events)
        has_news = self._has_news(new)
        self.trace = replace(
            before,
            checkpoints=(*before.checkpoints, *new),
            answered_at=beat.at,
            known=beat.known,
            mail_type=beat.mail_type,
            eta=beat.eta,
            unanswered_since=None,
        )
        if any(c.stage is Stage.DELIVERED for c in self._own()):
            return
        if beat.status == "DELIVERED":
            since = before.status_delivered_at or beat.at
            self.trace = replace(self.trace, status_delivered_at=since)
        elif before.status_delivered_at is not None and (beat.status is not None or has_news):
            self.trace = replace(self.trace, status_delivered_at=None, status_withdrawn_at=beat.at)

    def _own(self) -> list[Checkpoint]:
        """The checkpoints of the present number that may count."""
        return updates_of(self.order, self.trace.checkpoints, DEFAULTS)[0]

    def _has_news(self, new: Sequence[Checkpoint]) -> bool:
        """Whether an answer shows an event newer than all that were known."""
        shown = [c.at for c in updates_of(self.order, new, DEFAULTS)[0]]
        known = [c.at for c in self._own()]
        return bool(shown) and (not known or max(shown) > max(known))

    def _answer_others(self, at: datetime) -> None:
        since = self.trace.answered_at or self.asked_since
        if at - since >= timedelta(days=DEFAULTS.unanswered):
            self.trace = replace(self.trace, unanswered_since=since)

    def _ask_second(self, beat: beats.SecondAsked) -> None:
        before = self.trace.second or SecondOpinion()
        if not beat.answered:
            second = replace(before, failing_since=before.failing_since or beat.at)
            self.trace = replace(self.trace, second=second)
            return
        self.trace = replace(
            self.trace,
            checkpoints=(*self.trace.checkpoints, *(checkpoint_of(e) for e in beat.events)),
            answered_at=beat.at,
            known=True,
            unanswered_since=None,
            second=SecondOpinion(answered_at=beat.at),
        )

    def _say(self, word: model.Word) -> None:
        journey = read_journey(
            self.order, self.trace.checkpoints, DEFAULTS, first_answer_at=self.memory.answered_at
        )
        action = Action(
            kind=ActionKind(word.kind),
            at=word.said_at,
            on=word.on,
            until=word.until,
            episode=journey.episode,
        )
        self.order = replace(self.order, actions=(*self.order.actions, action))

    def _renumber(self, beat: beats.Renumbered) -> None:
        self.order = change(self.order, replace(self.order, tracking_number=beat.number), beat.at)
        self.asked_since = beat.at
        kept = (self.trace.mail_type, self.trace.eta)
        self.trace = replace(
            self._unanswered(self.trace.checkpoints), mail_type=kept[0], eta=kept[1]
        )


def order_of(given: model.Order) -> Order:
    """The product's order of a reference model's."""
    return Order(
        order_id="x",
        incarnation="0",
        created_at=beats.START - timedelta(days=1),
        ordered_on=given.ordered_on,
        destination=given.destination,
        tracking_number=given.number,
        service=None if given.service is None else Service(given.service),
        remote=given.remote,
        shipped_on=given.shipped_on,
        protection_ends_on=given.protection_ends_on,
        promised_on=given.promised_on,
        paid_with=None if given.paid_with is None else PaidWith(given.paid_with),
        paid_on=given.paid_on,
    )


def checkpoint_of(event: model.Event) -> Checkpoint:
    """The product's checkpoint of a reference model's event."""
    stage, flag = stage_of(event.code)
    return Checkpoint(
        number=event.number,
        at=event.at,
        wall=event.wall,
        zone="",
        code=event.code,
        stage=stage,
        flag=flag,
        text=event.code,
        place=None,
        source=event.source,
        first_seen=event.first_seen,
    )
