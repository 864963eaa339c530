"""What is known of an order at an instant: answers, journey, clocks and stage."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from tests.reference.model import (
    DAY,
    HOUR,
    MAJOR_DESTINATIONS,
    Known,
    Numbers,
    Order,
    Word,
    days_between,
    midnight,
)
from tests.reference.stage import (
    Episodes,
    Journey,
    Told,
    episodes,
    may_count,
    read,
    told_by_status,
)


@dataclass(frozen=True)
class Reading:
    """An order and what is known of it, at an instant; each question is one function of these."""

    order: Order
    known: Known
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

    @cached_property
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
