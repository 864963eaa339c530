"""An order at an instant: what the rules ask about it, each as one function of the inputs."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import takewhile

from tests.reference.model import ENDING_WORDS, Memory, Sent, Word, midnight
from tests.reference.reading import Reading
from tests.reference.stage import Update


@dataclass(frozen=True)
class Delivery:
    """The delivery that is the present one."""

    at: datetime
    known_at: datetime
    """When it became known: first seen, or first told by a status that stood until then."""


@dataclass(frozen=True)
class View(Reading):
    """An order, what is known of it, what its buyer said and what was raised for it."""

    sent: tuple[Sent, ...]
    memory: Memory

    # The buyer's words

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words in force: "`reopen` takes all of these words back"."""
        words = self.order.words
        for index in range(len(words), 0, -1):
            if words[index - 1].kind == "reopen":
                return words[index:]
        return words

    def last_word(self, kind: str) -> Word | None:
        """ "Of several the one said last counts"."""
        return next((w for w in reversed(self.words) if w.kind == kind), None)

    @property
    def dispute(self) -> Word | None:
        """The dispute that stands, rejected or not."""
        return self.last_word("dispute_opened")

    @property
    def rejected(self) -> bool:
        """Whether the last dispute was rejected."""
        kinds = [w.kind for w in self.words if w.kind.startswith("dispute_")]
        return bool(kinds) and kinds[-1] == "dispute_rejected"

    @property
    def snoozed(self) -> bool:
        """Whether a snooze stands: "until its day"."""
        word = self.last_word("snooze")
        return word is not None and word.until is not None and self.now < midnight(word.until)

    @property
    def seller_was_contacted(self) -> bool:
        """Whether `seller_contacted` was said in this episode."""
        return any(
            self.episodes_of(word=w).present == self.episode
            for w in self.words
            if w.kind == "seller_contacted"
        )

    @property
    def ended_by_word(self) -> bool:
        """ "`received`, `refunded`, `lost`, `close` end the watch"; `not_received` "said after the
        watch has ended opens it again"."""
        said = [w for w in self.words if w.kind in ENDING_WORDS or w.kind == "not_received"]
        return bool(said) and said[-1].kind in ENDING_WORDS

    # Deliveries

    @cached_property
    def _delivery(self) -> tuple[Delivery | None, Word | None]:
        if not self.delivered:
            return None, None
        scans = self.journey.deliveries
        delivery, not_received = self._first_delivery(scans), None
        changed = self.order.number_changed_at
        withdrawn = [s.withdrawn_at for s in self.spells if s.withdrawn_at is not None]
        for word in self.words:
            if word.kind != "not_received" or (changed is not None and word.said_at < changed):
                continue
            # "the word `not_received` goes with it"
            if any(word.said_at < at for at in withdrawn):
                continue
            # "a delivery scan newer than the word and first seen after it was said is told again
            # and takes the word back"
            new = [
                s for s in scans if s.at > word.counts_from and not word.knew(s.event.first_seen)
            ]
            not_received = None if new else word
            if new:
                first = min(new, key=lambda s: s.at)
                delivery = Delivery(first.at, min(s.event.first_seen for s in new))
        return delivery, not_received

    def _first_delivery(self, scans: tuple[Update, ...]) -> Delivery:
        # The first that was not taken back: a scan of its own ends a spell, and no delivery.
        told = takewhile(lambda spell: spell.withdrawn_at is None, reversed(self.spells))
        spell = min(told, key=lambda spell: spell.since, default=None)
        if not scans:
            assert spell is not None
            return Delivery(spell.since, spell.since)
        at = next(p.at for p in self.journey.path if p.update.stage == "delivered")
        known_at = min(s.event.first_seen for s in scans)
        if spell is not None and spell.since < known_at:
            known_at = spell.since
        return Delivery(at, known_at)

    @property
    def delivery(self) -> Delivery | None:
        """The present delivery, while `delivered` is the stage."""
        return self._delivery[0]

    @property
    def not_received(self) -> Word | None:
        """The word `not_received`, while it stands."""
        return self._delivery[1]

    @property
    def muted_by_delivery(self) -> bool:
        """Whether `delivered` is the stage and was not contradicted."""
        return self.delivered and self.not_received is None

    # What was raised

    @property
    def sent_here(self) -> list[Sent]:
        """What was raised for this number: "a number that the buyer corrects or changes starts it
        anew"."""
        return [s for s in self.sent if s.change == self.order.number_changed_at]

    def message(self, kind: str, reason: str = "", **more: object) -> Sent:
        """An alert that is due now."""
        return Sent(
            kind,
            self.now,
            reason,
            episode=self.episode,
            change=self.order.number_changed_at,
            answer_at=self.counts_to,
            **more,  # type: ignore[arg-type]
        )

    # Old orders

    @property
    def too_old(self) -> bool:
        """Whether the ladder is muted for this order.

        "Decided at the first evaluation, and when `ordered_on` or `protection_ends_on` changes
        anew with the new dates as of the day of the first evaluation: the ladder (a return too) is
        not sent where protection ended more than 15 days ago (no date given: ordered more than 120
        days ago)."
        """
        first_day = self.memory.first_day or self.today
        if self.order.protection_ends_on is not None:
            return (first_day - self.order.protection_ends_on).days > self.n.old_protection
        return (first_day - self.order.ordered_on).days > self.n.old_order

    @property
    def old_delivery(self) -> bool:
        """Whether the present delivery is the one that was old when the first answer showed it."""
        decided, delivery = self.memory.decided_at, self.delivery
        return (
            self.memory.old_delivery
            and decided is not None
            and delivery is not None
            and delivery.known_at <= decided
        )
