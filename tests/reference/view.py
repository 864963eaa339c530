"""An order at an instant: what the rules ask about it, each as one function of the inputs."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile

from tests.reference.model import (
    DAY,
    ENDING_WORDS,
    HOUR,
    MAJOR_DESTINATIONS,
    Known,
    Memory,
    Numbers,
    Order,
    Sent,
    Word,
    days_between,
    midnight,
)
from tests.reference.stage import (
    Episodes,
    Journey,
    Told,
    Update,
    episodes,
    may_count,
    read,
    told_by_status,
)


@dataclass(frozen=True)
class Delivery:
    """The delivery that is the present one."""

    at: datetime
    known_at: datetime
    """When it became known: first seen, or first told by a status that stood until then."""


@dataclass(frozen=True)
class View:
    """An order, what is known of it and what was raised for it, at an instant."""

    order: Order
    known: Known
    sent: tuple[Sent, ...]
    memory: Memory
    now: datetime
    n: Numbers

    @property
    def today(self) -> date:
        """Today's UTC date."""
        return self.now.date()

    # What is known of the number

    @cached_property
    def answered_at(self) -> datetime | None:
        """The last valid answer about this very number; after a change "there is no answer yet"."""
        changed = self.order.number_changed_at
        return max(
            (
                a.at
                for a in self.known.answers
                if a.number == self.order.number and (changed is None or a.at >= changed)
            ),
            default=None,
        )

    @property
    def counts_to(self) -> datetime | None:
        """ "An order without a tracking number has nothing to ask: it counts to now"."""
        return self.now if self.order.number is None else self.answered_at

    @cached_property
    def first_answer_at(self) -> datetime | None:
        """The order's very first valid answer, about whatever number."""
        return min((a.at for a in self.known.answers), default=None)

    @cached_property
    def spells(self) -> list[Told]:
        """The spells in which a status told of a delivery."""
        order = self.order
        return told_by_status(
            sorted(
                (
                    a
                    for a in self.known.answers
                    if a.number == order.number and a.source == "cainiao"
                ),
                key=lambda a: a.at,
            ),
            may_count(self.known.events, order.number, order.ordered_on, self.n),
        )

    @cached_property
    def journey(self) -> Journey:
        """What the checkpoints say."""
        told_at = next((spell.since for spell in self.spells if spell.stands), None)
        order = self.order
        return read(self.known.events, order.number, order.ordered_on, told_at, self.n)

    def episodes_of(self, *, word: Word | None = None) -> Episodes:
        """The episodes so far, or those that were known when a word was said."""
        events = self.known.events
        order = self.order
        changed_at = order.number_changed_at
        if word is not None:
            events = tuple(e for e in events if word.knew(e.first_seen))
            if changed_at is not None and changed_at > word.said_at:
                return Episodes((word.said_at, None), ())  # of another number: never the present
        return episodes(
            events, order.number, changed_at, order.ordered_on, self.first_answer_at, self.n
        )

    @cached_property
    def episode(self) -> tuple[datetime | None, datetime | None]:
        """The present episode."""
        return self.episodes_of().present

    # Clocks

    @property
    def start(self) -> datetime:
        """Where counts begin without an update or scan: the change of number, `shipped_on`, or
        `ordered_on`."""
        order = self.order
        return order.number_changed_at or midnight(order.shipped_on or order.ordered_on)

    @property
    def dispatched_at(self) -> datetime:
        """ "Dispatched: the first physical scan; before one, `shipped_on`, else `ordered_on`"."""
        return self.journey.first_scan or self.start

    @property
    def last_update(self) -> datetime:
        """ "Last update: the newest update; with none, `shipped_on`, else `ordered_on`"."""
        return self.journey.last_update or self.start

    @property
    def silent_days(self) -> int | None:
        """ "Silent days: last update → last answer"."""
        until = self.counts_to
        return None if until is None else days_between(self.last_update, until)

    @property
    def days_in_transit(self) -> int | None:
        """ "Days in transit: dispatched → last answer"."""
        until = self.counts_to
        return None if until is None else days_between(self.dispatched_at, until)

    def answered_after(self, message_at: datetime, days: int) -> bool:
        """Whether a wait has passed: "when the last answer is that much later than the message"."""
        until = self.counts_to
        return until is not None and until - message_at >= days * DAY

    def answered_within(self, hours: int) -> bool:
        """Whether there is a valid answer of the last hours."""
        at = self.answered_at
        return at is not None and self.now - at <= hours * HOUR

    # Stage

    @property
    def stage(self) -> str:
        """The stage. "No placed update: `awaiting_shipment` when there is no number yet, or the
        source knows it; `not_found` when the source does not know it; `unknown` while there is no
        valid answer yet"."""
        if self.journey.stage is not None:
            return self.journey.stage
        if self.order.number is None:
            return "awaiting_shipment"
        if self.answered_at is None:
            return "unknown"
        last = max(
            (a for a in self.known.answers if a.number == self.order.number), key=lambda a: a.at
        )
        return "awaiting_shipment" if last.known else "not_found"

    @property
    def delivered(self) -> bool:
        """Whether `delivered` is the stage."""
        return self.stage == "delivered"

    @property
    def service(self) -> str:
        """ "An order that names no service is `standard`, or `economy` where the source says
        `mailType: Economy`"."""
        if self.order.service is not None:
            return self.order.service
        return "economy" if self.known.mail_type == "Economy" else "standard"

    @property
    def window(self) -> int:
        """The upper number of the window. "`remote: true|false` on an order wins"."""
        remote = self.order.remote
        if remote is None:
            remote = self.order.destination not in MAJOR_DESTINATIONS
        if self.service == "expedited":
            return self.n.expedited
        if self.service == "economy":
            return self.n.economy_remote if remote else self.n.economy_major
        return self.n.standard_remote if remote else self.n.standard_major

    @property
    def past_its_window(self) -> bool:
        """Whether the parcel is past its window at the last answer.

        "`promised_on` replaces window and estimate, and the parcel is past its window from the day
        after it (the last answer ≥ 00:00Z of that day)." "Otherwise: days in transit > the upper
        number; where the carrier's own estimate is later, when that has passed at the last answer,
        but at the latest when days in transit > the upper number + 30."

        An estimate has not passed at its own instant (case "the carrier's estimate holds late back
        until it has passed"), so one that equals the end of the window is the later of the two.
        """
        until, transit = self.counts_to, self.days_in_transit
        if until is None or transit is None:
            return False
        if self.order.promised_on is not None:
            return until >= midnight(self.order.promised_on) + DAY
        if transit <= self.window:
            return False
        eta = self.known.eta
        return eta is None or until > eta or transit > self.window + self.n.estimate_grace

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
