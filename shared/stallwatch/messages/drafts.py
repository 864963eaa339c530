"""Words to send: drafts for the seller and for the dispute, filled in from the order.

Short, polite and factual: what is known, since when, and one question. The seller may be written
to in Chinese; the dispute is read by AliExpress, in the buyer's language.
"""

from dataclasses import dataclass
from enum import StrEnum

from stallwatch.domain.orders import ActionKind, Order
from stallwatch.domain.parcels import Stage
from stallwatch.messages.translations import LANGUAGES, Translations, Value
from stallwatch.rules.decision import Decision

SELLER_LANGUAGES = (*LANGUAGES, "zh")
"""The languages that the seller may be written to in."""


SELLER_LIMIT = 1000
"""Characters that a message to the seller may have; our own choice, well within the field's."""


DISPUTE_LIMIT = 500
"""Characters that the text of a dispute may have; our own choice, well within the field's."""


_QUOTED = 100
"""Characters of the carrier's words that are quoted."""


class DraftKind(StrEnum):
    """What a draft is for."""

    SELLER_QUESTION = "seller_question"
    SELLER_REMINDER = "seller_reminder"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to copy and send."""

    kind: DraftKind
    language: str
    text: str


def drafts(
    order: Order, decision: Decision, stalled_after: int, language: str
) -> tuple[Draft, ...]:
    """The drafts for an order as it stands: two for the seller and one for the dispute.

    Args:
        order: The order.
        decision: What its data means now.
        stalled_after: The days of silence after which a parcel has stalled.
        language: One of `SELLER_LANGUAGES`; in Chinese there is none for the dispute.
    """
    words = Translations(language, "drafts")
    situation = _situation(decision, order, stalled_after)
    values = _values(order, decision, situation)
    contacted = next(
        (a for a in reversed(order.in_force()) if a.kind is ActionKind.SELLER_CONTACTED), None
    )
    reminder = "reminder"
    if contacted is not None:
        values["contacted"] = contacted.on or contacted.at.date()
        reminder = "reminder.dated"
    found = [
        Draft(DraftKind.SELLER_QUESTION, language, words.say(f"question.{situation}", **values)),
        Draft(DraftKind.SELLER_REMINDER, language, words.say(reminder, **values)),
    ]
    if language in LANGUAGES:
        text = words.say(f"dispute.{situation}", **values)
        if contacted is not None:
            text = f"{text} {words.say('dispute.contacted', **values)}"
        found.append(Draft(DraftKind.DISPUTE, language, text))
    return tuple(found)


def _situation(decision: Decision, order: Order, stalled_after: int) -> str:
    """What is the matter with the parcel, as the drafts tell it apart."""
    if decision.reading.place is Stage.RETURNED:
        return "returned"
    if order.tracking_number is None:
        return "no_number"
    if not decision.reading.scanned:
        return "never_scanned"
    return "silent" if (decision.silent_days or 0) >= stalled_after else "late"


def _values(order: Order, decision: Decision, situation: str) -> dict[str, Value]:
    counted = {
        "never_scanned": decision.untracked_days,
        "silent": decision.silent_days,
        "late": decision.days_in_transit,
    }
    last = decision.reading.last_checkpoint
    text = "" if last is None else last.text or last.code
    return {
        "order_id": order.order_id,
        "ordered": order.ordered_on,
        "number": order.tracking_number or "",
        "n": counted.get(situation) or 0,
        "date": decision.last_update.date(),
        "text": text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1].rstrip()}…",
    }
