"""Drafts: what a buyer may send to the seller, to the carrier, or with the dispute.

Short, polite and factual: what is known, since when, and one question. A draft says only what the
data or the buyer's own notes say, and there is none where none fits. The seller may be written to
in Chinese; everybody else is written to in a language of the alerts.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stallwatch.domain.alerts import Situation
from stallwatch.domain.languages import SELLER_LANGUAGES
from stallwatch.domain.orders import ActionKind, Order
from stallwatch.domain.parcels import Stage
from stallwatch.messages.translations import Translations, Value
from stallwatch.rules.decision import Decision

__all__ = ["SELLER_LANGUAGES", "Draft", "DraftKind", "drafts"]


SELLER_LIMIT = 1000
"""Characters that a message to the seller may have; our own choice, well within the field's."""


DISPUTE_LIMIT = 500
"""Characters that the text of a dispute may have; our own choice, well within the field's."""


_QUOTED = (100, 60, 20)
"""Characters of the carrier's words that are quoted: fewer where the whole is too long."""


class DraftKind(StrEnum):
    """What a draft is for."""

    SELLER_QUESTION = "seller_question"
    SELLER_REMINDER = "seller_reminder"
    CARRIER_QUESTION = "carrier_question"
    DISPUTE = "dispute"
    NO_PARTIAL_REFUND = "no_partial_refund"
    """To the seller, while a dispute stands: less than the whole is not accepted."""
    NO_WITHDRAWAL = "no_withdrawal"
    """To the seller, while a dispute stands: it is not withdrawn."""
    APPEAL = "appeal"
    """To AliExpress, after a dispute was rejected."""


class Theme(StrEnum):
    """What is the matter with a parcel, as the drafts tell it apart."""

    NO_NUMBER = "no_number"
    NEVER_SCANNED = "never_scanned"
    SILENT = "silent"
    LATE = "late"
    """Longer on its way than the service usually takes."""
    PROMISED = "promised"
    """AliExpress's delivery date has passed."""
    DUE = "due"
    """AliExpress's refund date is near or has passed."""
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"
    NOT_RECEIVED = "not_received"
    """Marked as delivered, and the buyer has noted that it is not there."""
    CUSTOMS = "customs"
    TAX = "tax"
    ADDRESS = "address"
    FAILED_ATTEMPT = "failed_attempt"
    PICKUP = "pickup"
    ECONOMY = "economy"
    """Handed over to the local carrier, which scans no more."""
    DISPUTED = "disputed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to copy and send."""

    kind: DraftKind
    language: str
    text: str


_THEMES: dict[Situation, Theme] = {
    Situation.CLAIM_RETURNED: Theme.RETURNED,
    Situation.RETURNED: Theme.RETURNED,
    Situation.CLAIM_LOST: Theme.LOST,
    Situation.CANCELLED: Theme.CANCELLED,
    Situation.NOT_RECEIVED: Theme.NOT_RECEIVED,
    Situation.REMINDER_NOT_RECEIVED: Theme.NOT_RECEIVED,
    Situation.CUSTOMS: Theme.CUSTOMS,
    Situation.TAX: Theme.TAX,
    Situation.ADDRESS: Theme.ADDRESS,
    Situation.FAILED_ATTEMPT: Theme.FAILED_ATTEMPT,
    Situation.PICKUP: Theme.PICKUP,
    Situation.LATE_ECONOMY: Theme.ECONOMY,
    Situation.CLAIM_ECONOMY: Theme.ECONOMY,
    Situation.DISPUTED: Theme.DISPUTED,
    Situation.NOT_RECEIVED_DISPUTED: Theme.DISPUTED,
    Situation.REMINDER_DISPUTE: Theme.DISPUTED,
    Situation.DISPUTE_REJECTED: Theme.REJECTED,
}
"""Situations that are one theme by themselves."""


_BY_FACTS = frozenset(
    {
        Situation.REFUND_DUE,
        Situation.REFUND_DUE_TAKE_FIRST,
        Situation.PROTECTION_ENDING,
        Situation.PROTECTION_ENDING_TAKE_FIRST,
        Situation.CLAIM_SILENCE,
        Situation.CLAIM_SECOND_PASSED_OVER,
        Situation.CLAIM_AFTER_DEADLINE,
        Situation.NEVER_SCANNED,
        Situation.NEVER_SCANNED_UNKNOWN,
        Situation.NEVER_SCANNED_NO_NUMBER,
        Situation.NEVER_SCANNED_AGAIN,
        Situation.NEVER_SCANNED_AGAIN_NO_NUMBER,
        Situation.STALLED,
        Situation.LATE,
        Situation.REMINDER_SELLER,
        Situation.REMINDER_BANK,
        Situation.CONTACTED,
        Situation.DEADLINE_OVER,
        Situation.OLD_ORDER,
    }
)
"""Situations in which the parcel's data say what is the matter."""


_OVERDUE = frozenset(
    {
        Situation.REFUND_DUE,
        Situation.REFUND_DUE_TAKE_FIRST,
        Situation.CLAIM_AFTER_DEADLINE,
        Situation.DEADLINE_OVER,
    }
)
"""Situations in which AliExpress's date for the refund has passed."""


_OF_CARRIER = frozenset({Theme.CUSTOMS, Theme.TAX, Theme.ADDRESS, Theme.FAILED_ATTEMPT,
                         Theme.PICKUP, Theme.ECONOMY, Theme.NOT_RECEIVED})  # fmt: skip
"""What the local carrier can be asked about."""


_ONLY_OF_CARRIER = frozenset({Theme.ADDRESS, Theme.FAILED_ATTEMPT, Theme.PICKUP})


_NO_DISPUTE = frozenset({Theme.CUSTOMS, Theme.TAX, *_ONLY_OF_CARRIER})


_BY_ALIEXPRESS = frozenset({DraftKind.DISPUTE, DraftKind.APPEAL})
"""What AliExpress reads, in a field of its form."""


def drafts(
    order: Order, decision: Decision, stalled_after: int, language: str
) -> tuple[Draft, ...]:
    """The drafts for an order as it stands; none where none fits.

    Args:
        order: The order.
        decision: What its data means now.
        stalled_after: The days of silence after which a parcel has stalled.
        language: One of `SELLER_LANGUAGES`; in one that alerts are not written in there are only
            those to the seller.
    """
    return _Drafting(order, decision, stalled_after, language).made()


class _Drafting:
    """The making of the drafts for one order."""

    def __init__(self, order: Order, decision: Decision, stalled_after: int, language: str) -> None:
        self._order = order
        self._decision = decision
        self._stalled_after = stalled_after
        self._language = language
        self._translations = Translations(language)

    def made(self) -> tuple[Draft, ...]:
        theme = self._theme()
        if theme is Theme.DISPUTED:
            return self._kept(
                (DraftKind.NO_PARTIAL_REFUND, "no_partial"),
                (DraftKind.NO_WITHDRAWAL, "no_withdrawal"),
            )
        if theme is Theme.REJECTED:
            numbered = self._order.tracking_number is not None
            return self._kept((DraftKind.APPEAL, "appeal" if numbered else "appeal.no_number"))
        wanted = []
        if theme is not None and theme not in _ONLY_OF_CARRIER:
            wanted.append((DraftKind.SELLER_QUESTION, f"question.{self._for_seller(theme)}"))
        if self._contacted_on() is not None and theme not in _NO_DISPUTE and self._is_open():
            wanted.append((DraftKind.SELLER_REMINDER, "reminder.dated"))
        if theme in _OF_CARRIER and self._order.tracking_number is not None:
            wanted.append((DraftKind.CARRIER_QUESTION, f"carrier.{theme}"))
        if theme is not None and theme not in _NO_DISPUTE:
            wanted.append((DraftKind.DISPUTE, f"dispute.{self._for_seller(theme)}"))
        return self._kept(*wanted)

    def _kept(self, *wanted: tuple[DraftKind, str]) -> tuple[Draft, ...]:
        """The drafts that the language has."""
        made = []
        for kind, key in wanted:
            if self._translations.has(key):
                limit = DISPUTE_LIMIT if kind in _BY_ALIEXPRESS else SELLER_LIMIT
                texts = (self._filled(kind, key, quoted) for quoted in _QUOTED)
                text = next((text for text in texts if len(text) <= limit), None)
                made.append(Draft(kind, self._language, text or self._filled(kind, key, 0)))
        return tuple(made)

    def _filled(self, kind: DraftKind, key: str, quoted: int) -> str:
        """A draft with so many characters of the carrier's words."""
        values = self._values(quoted)
        text = self._translations.text(key, **values)
        return " ".join([text, *self._grounds(values)]) if kind is DraftKind.DISPUTE else text

    def _grounds(self, values: dict[str, Value]) -> list[str]:
        """What else speaks for the buyer in a dispute."""
        grounds = []
        if self._decision.situation in _OVERDUE and self._order.protection_ends_on is not None:
            grounds.append(self._translations.text("dispute.overdue", **values))
        if self._contacted_on() is not None:
            grounds.append(self._translations.text("dispute.contacted", **values))
        return grounds

    def _is_open(self) -> bool:
        """Whether the seller can still be asked."""
        situation = self._decision.situation
        return situation in _BY_FACTS or situation in _THEMES

    def _theme(self) -> Theme | None:
        """What is the matter, by the situation; None where there is nothing to write about."""
        situation = self._decision.situation
        if situation is Situation.UNANSWERED_DISPUTED:
            return Theme.DISPUTED if self._order.has_open_dispute() else Theme.REJECTED
        if situation in _THEMES:
            return _THEMES[situation]
        return self._theme_of_data() if situation in _BY_FACTS else None

    def _theme_of_data(self) -> Theme | None:
        """What is the matter, by the parcel's data."""
        decision, journey = self._decision, self._decision.journey
        if journey.delivered_at is not None and journey.place is not Stage.RETURNED:
            return Theme.NOT_RECEIVED
        states = {
            Theme.RETURNED: journey.place is Stage.RETURNED,
            Theme.LOST: journey.lost,
            Theme.NO_NUMBER: self._order.tracking_number is None,
            Theme.PICKUP: journey.stay is not None,
            Theme.FAILED_ATTEMPT: journey.attempt is not None,
            Theme.NEVER_SCANNED: not journey.scanned,
            Theme.SILENT: (decision.silent_days or 0) >= self._stalled_after,
            Theme.PROMISED: self._promise_is_broken(),
            Theme.LATE: self._is_late(),
            Theme.DUE: self._order.protection_ends_on is not None
            and decision.situation is not Situation.CONTACTED,
        }
        return next((theme for theme, holds in states.items() if holds), None)

    def _for_seller(self, theme: Theme) -> Theme:
        """The theme of what the seller and AliExpress are told."""
        if theme is not Theme.ECONOMY:
            return theme
        if (self._decision.silent_days or 0) >= self._stalled_after:
            return Theme.SILENT
        return Theme.PROMISED if self._promise_is_broken() else Theme.LATE

    def _promise_is_broken(self) -> bool:
        promised_on, answered_at = self._order.promised_on, self._decision.answered_at
        return (
            promised_on is not None and answered_at is not None and answered_at.date() > promised_on
        )

    def _is_late(self) -> bool:
        answered_at = self._decision.answered_at
        return answered_at is not None and answered_at >= self._decision.late_at

    def _contacted_on(self) -> date | None:
        """When the buyer wrote to the seller, as noted."""
        contacted = self._order.last_said(ActionKind.SELLER_CONTACTED)
        return None if contacted is None else contacted.on or contacted.at.date()

    def _values(self, quoted: int) -> dict[str, Value]:
        order, decision = self._order, self._decision
        journey = decision.journey
        last = journey.last_checkpoint
        # The sentence around it ends with a period of its own.
        last_words = "" if last is None else (last.text or last.code).rstrip(". ")
        counted = {
            Theme.NEVER_SCANNED: decision.untracked_days,
            Theme.SILENT: decision.silent_days,
            Theme.LATE: decision.days_in_transit,
        }
        theme = self._theme()
        for_seller = None if theme is None else self._for_seller(theme)
        delivered_at = journey.delivered_at or decision.last_update
        return {
            "order_id": order.order_number or order.order_id,
            "ordered": order.ordered_on,
            "number": order.tracking_number or "",
            "n": (0 if for_seller is None else counted.get(for_seller)) or 0,
            "date": decision.last_update.date(),
            "text": last_words
            if len(last_words) <= quoted
            else f"{last_words[: max(quoted - 1, 0)].rstrip()}…",
            "promised": order.promised_on or order.ordered_on,
            "due": order.protection_ends_on or order.ordered_on,
            "delivered": delivered_at.date(),
            "contacted": self._contacted_on() or order.ordered_on,
            "refund": self._refund(),
        }

    def _refund(self) -> str:
        """What is asked for, with the price where it is known."""
        order = self._order
        if order.price is None or order.currency is None:
            return self._translations.text("refund.full")
        amount = f"{order.price:f} {order.currency}"
        return self._translations.text("refund.amount", amount=amount)
