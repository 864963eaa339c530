"""The rules once more, written a second time from their text alone, sentence by sentence.

Nothing here is shared with the product but the names of things and the numbers: not how a code is
placed, not how a trace is read, not what is remembered. It is slow-witted on purpose. It cannot say
when to look again; it is asked what is due now, and takes what it answers as sent.
"""

import csv
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import ActionKind, Service, State
from stallwatch.domain.parcels import Flag, Stage
from stallwatch.domain.thresholds import MAJOR_DESTINATIONS, Thresholds

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

NEAR_TO_FAR = (
    Stage.ORDERED,
    Stage.ACCEPTED,
    Stage.ORIGIN_SORTING,
    Stage.EXPORT_CUSTOMS,
    Stage.DEPARTED_ORIGIN,
    Stage.ARRIVED_DESTINATION,
    Stage.IMPORT_CUSTOMS,
    Stage.LAST_MILE_CARRIER,
    Stage.OUT_FOR_DELIVERY,
    Stage.READY_FOR_PICKUP,
    Stage.FAILED_ATTEMPT,
    Stage.DELIVERED,
    Stage.RETURNED,
)
HOW_FAR = {stage: distance for distance, stage in enumerate(NEAR_TO_FAR)}
DEPARTED = frozenset(NEAR_TO_FAR[HOW_FAR[Stage.DEPARTED_ORIGIN] :])
HANDED_OVER = frozenset(NEAR_TO_FAR[HOW_FAR[Stage.LAST_MILE_CARRIER] :])
SCANNED = frozenset(NEAR_TO_FAR[HOW_FAR[Stage.ACCEPTED] :]) | {Stage.IN_TRANSIT_UNPLACED}
NOT_LATE_IN = frozenset({Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT, Stage.READY_FOR_PICKUP})
ONLY_THE_BUYER = frozenset({Flag.CUSTOMS, Flag.TAX, Flag.ADDRESS, Flag.CANCELLED})

RUNGS = (AlertKind.NEVER_SCANNED, AlertKind.LATE, AlertKind.STALLED, AlertKind.REFUND_CLAIM)
ALARMS = frozenset({AlertKind.NEVER_SCANNED, AlertKind.STALLED, AlertKind.REFUND_CLAIM})
USES_UP = frozenset({*RUNGS, AlertKind.DELIVERED, AlertKind.ACTION_NEEDED})
END_OF_THE_WATCH = frozenset(
    {ActionKind.RECEIVED, ActionKind.REFUNDED, ActionKind.LOST, ActionKind.CLOSE}
)

FAILURES = "_FAILURE _FAILED _FAIL _REJECT _CANCEL _EXCEPTION _ABNORMAL"
PREFIXES = (
    ("RT_", Stage.RETURNED),
    ("GTMS_", Stage.LAST_MILE_CARRIER),
    ("CC_IM_ CC_HO_ CUS_ CIQ_", Stage.IMPORT_CUSTOMS),
    ("CC_EX_", Stage.EXPORT_CUSTOMS),
    ("LH_ TD_ CC_TRANS_", Stage.DEPARTED_ORIGIN),
    ("PU_ CW_ SC_ GWMS_ WMS_", Stage.ORIGIN_SORTING),
)


@lru_cache(maxsize=1)
def _listed() -> dict[str, tuple[Stage, Flag | None]]:
    text = (
        resources.files("stallwatch").joinpath("tracking/data/action_codes.csv").read_text("utf-8")
    )
    return {
        row["code"].upper(): (Stage(row["stage"]), Flag(row["flag"]) if row["flag"] else None)
        for row in csv.DictReader(text.splitlines())
    }


@lru_cache(maxsize=4096)
def stage_of(code: str) -> tuple[Stage, Flag | None]:
    """The stage and the flag of an action code, listed or not."""
    code = code.strip().upper()  # "Upper-case and trim first"
    bare = code.removeprefix("AE_")  # "`AE_` may stand in front"
    for spelling in (code, bare):
        if spelling in _listed():
            return _listed()[spelling]
    if bare.endswith(tuple(FAILURES.split())):  # "failure endings first"
        return Stage.EXCEPTION, None
    for prefixes, stage in PREFIXES:
        if bare.startswith(tuple(prefixes.split())):
            return stage, None
    return Stage.IN_TRANSIT_UNPLACED, None


@lru_cache(maxsize=4096)
def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def days_between(since: datetime, until: datetime) -> int:
    """ "A number of days is whole 24-hour days, rounded down"; what has not begun is 0."""
    return max((until - since) // DAY, 0)


class Seen(NamedTuple):
    """One event that a source showed."""

    number: str
    at: datetime
    wall: str
    code: str
    source: str
    first_seen: datetime


class Update(NamedTuple):
    """An event that counts, with what its code says."""

    seen: Seen
    stage: Stage
    flag: Flag | None


class Sent(NamedTuple):
    """A message that went out."""

    kind: AlertKind
    reason: str
    about: object
    episode: object
    at: datetime


class Word(NamedTuple):
    """A word of the buyer's that starts a clock."""

    at: datetime
    done_at: datetime


class NaiveTrace:
    """What the events about the present number say, whatever the time is."""

    def __init__(
        self,
        seen: Sequence[Seen],
        number: str | None,
        changed_at: datetime | None,
        ordered_on: date,
        limits: Thresholds,
    ) -> None:
        self.limits = limits
        oldest = midnight(ordered_on) - limits.stranger * DAY
        self.updates: list[Update] = []
        for event in seen:
            # "the old number's checkpoints stay as evidence and decide nothing"
            if event.number != number:
                continue
            stage, flag = stage_of(event.code)
            # "any checkpoint but an advisory one, a future one (dated more than a day after it
            # was first seen) and one from more than 2 days before `ordered_on`"
            if stage is Stage.ADVISORY:
                continue
            if event.at - event.first_seen > limits.future * DAY or event.at < oldest:
                continue
            self.updates.append(Update(event, stage, flag))

        # "an update placed at `accepted` or further, or `in_transit_unplaced`; never `ordered`,
        # `exception` or an *early* code"
        self.scans = [u for u in self.updates if u.stage in SCANNED and u.flag is not Flag.EARLY]
        self.last_update = max((u.seen.at for u in self.updates), default=None)
        self.first_scan = min((u.seen.at for u in self.scans), default=None)

        self.stage: Stage | None = None
        """None: no update says one."""
        self.newest: Update | None = None
        """The newest placed update."""
        self.place: Stage | None = None
        """Where the parcel is: the stage, or what stood before an exception."""
        self.stay: set[Seen] = set()
        """The notices of the present stay at a pickup point."""
        self.first_delivered: datetime | None = None
        self.delivery: Seen | None = None
        """The report of the first delivery that came first."""
        self.departed = any(_departs(u) for u in self.updates)
        self._walk()

        self.episode: object = None
        self.scan_began_at: datetime | None = None
        """When the scan was first seen that began the last episode that a scan began."""
        self._count_episodes(changed_at)

    def _walk(self) -> None:
        # "Updates with the same wall clock are one moment whatever their zones say"
        by_wall: dict[str, list[Update]] = defaultdict(list)
        for update in self.updates:
            by_wall[update.seen.wall].append(update)
        # "it stands at their latest instant"
        moments = [(max(u.seen.at for u in moment), moment) for moment in by_wall.values()]
        departures = [instant for instant, moment in moments if any(map(_departs, moment))]
        left_at = min(departures, default=None)

        counting = []
        for instant, moment in moments:
            # "Early codes are updates, but place nothing before a departure"
            placed = [
                u
                for u in moment
                if u.stage is not Stage.IN_TRANSIT_UNPLACED
                and (u.flag is not Flag.EARLY or (left_at is not None and left_at <= instant))
            ]
            if placed:
                # "the furthest stage in it counts"; "`exception` counts only where nothing else
                # stands in the moment"; "a flagged one is the newest"
                furthest = max(placed, key=lambda u: (_distance(u), u.flag is not None, u.seen.at))
                counting.append((instant, _distance(furthest), furthest, moment))
        counting.sort(key=lambda c: c[:2])

        delivered = False
        for instant, _, update, moment in counting:
            # "After `delivered` only `returned` moves it, and then nothing but `returned`"  # noqa: ERA001
            if delivered and update.stage is not Stage.RETURNED:
                continue
            self.stage, self.newest = update.stage, update
            if update.stage is Stage.DELIVERED:
                delivered = True
                self.first_delivered = instant
                reports = [u.seen for u in moment if u.stage is Stage.DELIVERED]
                self.delivery = min(reports, key=lambda seen: (seen.first_seen, seen.source))
            if update.stage is Stage.EXCEPTION:
                continue  # "where the parcel is is what stood before it"
            self.place = update.stage
            if update.stage is Stage.READY_FOR_PICKUP:
                self.stay |= {u.seen for u in moment if u.stage is Stage.READY_FOR_PICKUP}
            else:
                self.stay = set()

        # "is the stage only where there is no other"
        if self.stage is None and any(u.stage is Stage.IN_TRANSIT_UNPLACED for u in self.updates):
            self.stage = Stage.IN_TRANSIT_UNPLACED

    def _count_episodes(self, changed_at: datetime | None) -> None:
        begun = 0
        known: list[Update] = []
        for first_seen in sorted({u.seen.first_seen for u in self.scans}):
            together = [u for u in self.scans if u.seen.first_seen == first_seen]
            newest_known = max((u.seen.at for u in known), default=None)
            newer = [u for u in together if newest_known is None or u.seen.at > newest_known]
            # "A changed tracking number begins one too": what was seen before it began none since
            since_change = changed_at is None or first_seen >= changed_at
            if newer and since_change and not self._even_so(first_seen, newer, known):
                begun += 1
                self.scan_began_at = first_seen
            known += together
        self.episode = (changed_at, begun)

    def _even_so(self, now: datetime, newer: list[Update], known: list[Update]) -> bool:
        # "unless the parcel is silent for 12 days even so"
        last_update = max(u.seen.at for u in self.updates if u.seen.first_seen <= now)
        if days_between(last_update, now) >= self.limits.stalled:
            return True
        # "or every such scan is a second source's report of one known before (same stage
        # within 24 h)"
        return all(
            scan.seen.source != "cainiao"
            and any(
                scan.stage is other.stage and abs(scan.seen.at - other.seen.at) <= DAY
                for other in known
            )
            for scan in newer
        )


def _departs(update: Update) -> bool:
    return update.stage in DEPARTED and update.flag is not Flag.EARLY


def _distance(update: Update) -> int:
    return HOW_FAR.get(update.stage, -1)


class NaiveOrder:
    """An order, what is known about it, and what was sent for it.

    Set its attributes as the world changes, and ask with `look`.
    """

    def __init__(
        self,
        *,
        ordered_on: date,
        destination: str,
        number: str | None = None,
        service: Service | None = None,
        remote: bool | None = None,
        shipped_on: date | None = None,
        protection_ends_on: date | None = None,
        second_source: bool = False,
        limits: Thresholds | None = None,
    ) -> None:
        self.ordered_on = ordered_on
        self.shipped_on = shipped_on
        self.protection_ends_on = protection_ends_on
        self.service = service
        self.destination = destination
        self.remote = remote
        self.number = number
        self.changed_at: datetime | None = None
        self.limits = limits or Thresholds()

        self.seen: list[Seen] = []
        """Everything that the sources showed, about whatever number; only ever added to."""
        self.answered_at: datetime | None = None
        """The last valid answer about the present number."""
        self.known = False
        self.mail_type: str | None = None
        self.eta: datetime | None = None
        self.unanswered_since: datetime | None = None
        """Set once the spell has become too long."""
        self.second_source = second_source
        self.second_answered_at: datetime | None = None
        self.second_failing_since: datetime | None = None

        self.sent: list[Sent] = []
        self._ended = False
        self._dispute: Word | None = None
        self._contacts: dict[object, Word] = {}
        """The last time that the seller was contacted, by episode."""
        self._snoozed_until: datetime | None = None
        self._looked = False
        self._old_delivery: bool | None = None
        self._too_old = False
        self._alarm_at: datetime | None = None
        """The last alarm, while nothing has said yet that it is over."""
        self._newest: Seen | None = None
        self._count = -1
        self._about: object = None

    def change_number(self, number: str, at: datetime) -> None:
        """Give the order a number; "a first number for an order without one is no change"."""
        if self.number is not None and number != self.number:
            self.changed_at = at
            self.answered_at = None  # "and there is no answer yet"
        self.number = number

    def say(
        self, deed: ActionKind, at: datetime, until: date | None = None, on: date | None = None
    ) -> None:
        """The buyer's word, after everything that was seen up to now."""
        # "A word counts from when it was said, or from the beginning of an earlier day that it
        # names; of several that stand the newest counts"
        done_at = at if on is None or on >= at.date() else midnight(on)
        if deed is ActionKind.REOPEN:  # "takes all of these words back"
            self._ended = False
            self._dispute = None
            self._contacts = {}
            self._snoozed_until = None
        elif deed in END_OF_THE_WATCH:
            self._ended = True
        elif deed is ActionKind.DISPUTE_OPENED:
            self._dispute = Word(at, done_at)
        elif deed is ActionKind.SELLER_CONTACTED:  # "for this episode"
            self._contacts[self.trace.episode] = Word(at, done_at)
        elif deed is ActionKind.SNOOZE and until is not None:  # "until its day"
            self._snoozed_until = midnight(until)

    @property
    def trace(self) -> NaiveTrace:
        """What the events say; read again only when there are new ones."""
        newest = self.seen[-1] if self.seen else None
        number = (self.number, self.changed_at, self.ordered_on)
        if newest is not self._newest or len(self.seen) != self._count or number != self._about:
            self._trace = NaiveTrace(
                self.seen, self.number, self.changed_at, self.ordered_on, self.limits
            )
            self._newest, self._count, self._about = newest, len(self.seen), number
        return self._trace

    @property
    def stage(self) -> Stage:
        """The stage."""
        if self.trace.stage is not None:
            return self.trace.stage
        # "No placed update: `awaiting_shipment` when there is no number yet, or the source knows
        # it; `not_found` when the source does not know it; `unknown` while there is no valid
        # answer yet"
        if self.number is None:
            return Stage.AWAITING_SHIPMENT
        if self.answered_at is None:
            return Stage.UNKNOWN
        return Stage.AWAITING_SHIPMENT if self.known else Stage.NOT_FOUND

    def counts_to(self, now: datetime) -> datetime | None:
        """The end of every count: the last answer, or now where there is nothing to ask."""
        return now if self.number is None else self.answered_at

    def silent_days(self, now: datetime) -> int | None:
        """ "last update → last answer"."""
        until = self.counts_to(now)
        if until is None:
            return None
        return days_between(self.trace.last_update or self._without_update(), until)

    def days_in_transit(self, now: datetime) -> int | None:
        """ "dispatched → last answer"."""
        until = self.counts_to(now)
        if until is None:
            return None
        return days_between(self.trace.first_scan or self._without_update(), until)

    def _without_update(self) -> datetime:
        # "After a change of number, until the new one has an update, last update, dispatched and
        # the 11 days count from the change"
        if self.changed_at is not None and self.trace.last_update is None:
            return self.changed_at
        return midnight(self.shipped_on or self.ordered_on)

    def state(self, now: datetime) -> State:
        """The state."""
        if self._ended or now >= self._watch_ends():
            return State.CLOSED
        return State.DELIVERED if self.stage is Stage.DELIVERED else State.WATCHING

    def _watch_ends(self) -> datetime:
        # "15 days after the first `delivered`, 60 days after the last `refund_claim`, or 180 days
        # after `ordered_on`, but not before the day after `protection_ends_on`"
        limits = self.limits
        end = midnight(self.ordered_on) + limits.end_after_order * DAY
        delivered_at, delivery = self.trace.first_delivered, self.trace.delivery
        if delivered_at is not None and delivery is not None:
            # "Where only the second source knows of that delivery, the 15 days count from when it
            # was first seen"
            if self.second_source and delivery.source == "17track":
                delivered_at = max(delivered_at, delivery.first_seen)
            end = min(end, delivered_at + limits.end_after_delivery * DAY)
        claims = [sent.at for sent in self.sent if sent.kind is AlertKind.REFUND_CLAIM]
        if claims:
            end = min(end, max(claims) + limits.end_after_claim * DAY)
        if self.protection_ends_on is not None:
            end = max(end, midnight(self.protection_ends_on) + DAY)
        return end

    def look(self, now: datetime) -> list[tuple[AlertKind, str]]:
        """What is due now, as kind and reason; it counts as sent."""
        due = self.due(now)
        self.take(due)
        return [(sent.kind, sent.reason) for sent in due]

    def due(self, now: datetime) -> list[Sent]:
        """What should be sent now, after what was sent so far."""
        self._decide_how_old(now)
        if self.state(now) is State.CLOSED:
            return []
        due = [sent for sent in self._due(now) if sent is not None]
        return [*due, *self._moving_again(now, due), *self._reminder(now, due)]

    def take(self, sent: Sequence[Sent]) -> None:
        """Count messages as sent together."""
        self.sent += sent
        # "another alert (`delivered`, `action_needed`, the ladder) in the same evaluation uses it
        # up"
        if self._is_over() and any(s.kind in {*USES_UP, AlertKind.MOVING_AGAIN} for s in sent):
            self._alarm_at = None
        alarms = [s.at for s in sent if s.kind in ALARMS]
        if alarms:
            self._alarm_at = alarms[-1]

    def _decide_how_old(self, now: datetime) -> None:
        # "Decided at the first evaluation and kept"; about a delivery only an answer can say
        limits = self.limits
        if self._old_delivery is None and self.number is not None and self.answered_at is not None:
            delivered_at = self.trace.first_delivered
            self._old_delivery = (
                delivered_at is not None and days_between(delivered_at, now) > limits.old_delivery
            )
        if self._looked:
            return
        self._looked = True
        if self.protection_ends_on is not None:
            self._too_old = (now.date() - self.protection_ends_on).days > limits.old_protection
        else:
            self._too_old = (now.date() - self.ordered_on).days > limits.old_order

    def _due(self, now: datetime) -> list[Sent | None]:
        # "`delivered` mutes all but a return"  # noqa: ERA001
        if self.stage is Stage.DELIVERED:
            return [self._delivered(now)]
        return [
            self._ladder(now),
            self._protection_ending(now),
            self._action_needed(now),
            self._unanswered(now),
        ]

    def _message(
        self, now: datetime, kind: AlertKind, reason: str = "", about: object = None
    ) -> Sent:
        return Sent(kind, reason, about, self.trace.episode, now)

    def _times(self, kind: AlertKind, reason: str = "", about: object = None) -> int:
        return sum(s.kind is kind and s.reason == reason and s.about == about for s in self.sent)

    def _long_after(self, now: datetime, message_at: datetime, days: int) -> bool:
        # "have passed when the last answer is that much later than the message"
        until = self.counts_to(now)
        return until is not None and until - message_at >= days * DAY

    def _delivered(self, now: datetime) -> Sent | None:
        # "once an order"
        if self._old_delivery or self._times(AlertKind.DELIVERED):
            return None
        return self._message(now, AlertKind.DELIVERED)

    def _protection_ending(self, now: datetime) -> Sent | None:
        if self.protection_ends_on is None or self._dispute:
            return None
        left = (self.protection_ends_on - now.date()).days
        if not 0 <= left <= self.limits.protection_first:
            return None
        # "again at 1 day or less"; "whoever is first seen at 1 day gets only that one"
        last = left <= self.limits.protection_last
        about = (self.protection_ends_on, last)
        # "once a date and threshold"
        if self._times(AlertKind.PROTECTION_ENDING, about=about):
            return None
        return self._message(now, AlertKind.PROTECTION_ENDING, about=about)

    def _unanswered(self, now: datetime) -> Sent | None:
        # "once for each spell"
        since = self.unanswered_since
        if self.number is None or since is None or self._times(AlertKind.UNANSWERED, about=since):
            return None
        return self._message(now, AlertKind.UNANSWERED, about=since)

    def _action_needed(self, now: datetime) -> Sent | None:
        newest, stay = self.trace.newest, self.trace.stay
        if newest is None:
            return None
        reason = ""
        if newest.flag in ONLY_THE_BUYER:
            reason = str(newest.flag)
        elif newest.stage is Stage.FAILED_ATTEMPT:
            reason = str(newest.stage)
        if reason:
            # "once for each new attempt or flagged update"
            about = newest.seen.wall
            if self._times(AlertKind.ACTION_NEEDED, reason, about):
                return None
            return self._message(now, AlertKind.ACTION_NEEDED, reason, about)
        if stay:
            # "once for each unbroken stay at a pickup point (notices of one stay are one) and its
            # one reminder"
            reason = str(Stage.READY_FOR_PICKUP)
            told = [
                s
                for s in self.sent
                if s.reason == reason and isinstance(s.about, frozenset) and s.about & stay
            ]
            if not told or (
                len(told) == 1 and self._long_after(now, told[0].at, self.limits.pickup_reminder)
            ):
                return self._message(now, AlertKind.ACTION_NEEDED, reason, frozenset(stay))
        return None

    def _moving_again(self, now: datetime, due: list[Sent]) -> list[Sent]:
        # "not while the place is `returned`"; what was delivered is past alarms; and a snooze
        # "only delays it"
        quiet = self.trace.place is Stage.RETURNED or self.stage is Stage.DELIVERED
        if not self._is_over() or quiet or self._snoozed(now):
            return []
        # "another alert in the same evaluation uses it up"
        used_up = any(sent.kind in USES_UP for sent in due)
        return [] if used_up else [self._message(now, AlertKind.MOVING_AGAIN)]

    def _is_over(self) -> bool:
        """Whether a scan has begun an episode since the last alarm."""
        alarm, scan = self._alarm_at, self.trace.scan_began_at
        return alarm is not None and scan is not None and scan > alarm

    def _reminder(self, now: datetime, due: list[Sent]) -> list[Sent]:
        # "`received`, `refunded`, `lost`, `close` and a delivery end it"  # noqa: ERA001
        if self.stage is Stage.DELIVERED:
            return []
        if self._dispute is not None:
            # "5 days of the calendar, with or without answers"
            word, reason = self._dispute, "dispute"
            over = now - word.done_at >= self.limits.dispute_answer * DAY
        else:
            # "for the episode in which it was said"
            contact = self._contacts.get(self.trace.episode)
            if contact is None:
                return []
            word, reason = contact, "seller"
            # "A snooze delays the reminder"
            over = self._seller_took_long(now, contact, due) and not self._snoozed(now)
        # "once for that word"
        if not over or self._times(AlertKind.REMINDER, reason, word.at):
            return []
        return [self._message(now, AlertKind.REMINDER, reason, word.at)]

    def _seller_took_long(self, now: datetime, word: Word, due: list[Sent]) -> bool:
        trace, limits = self.trace, self.limits
        # "nor for an order that was too old at its first evaluation, nor at a pickup point or on
        # the way back"
        if self._too_old or trace.place in (Stage.READY_FOR_PICKUP, Stage.RETURNED):
            return False
        # "until there is news: an update newer than the word, or one that was first seen after it
        # and is newer than all that was known"
        known = [u.seen.at for u in trace.updates if u.seen.first_seen < word.at]
        new = [u for u in trace.updates if u.seen.first_seen >= word.at]
        newest_known = max(known, default=None)
        if trace.last_update is not None and trace.last_update > word.done_at:
            return False
        if any(newest_known is None or u.seen.at > newest_known for u in new):
            return False
        # "from 60 days of silence up to the last answer on `refund_claim` speaks"
        silent = self.silent_days(now)
        if silent is None or silent >= limits.claim:
            return False
        # "and from 5 days before `protection_ends_on` on `protection_ending` (protection that had
        # ended before the word is no deadline)"
        ends_on = self.protection_ends_on
        if (
            ends_on is not None
            and ends_on >= word.done_at.date()
            and (ends_on - now.date()).days <= limits.protection_first
        ):
            return False
        # "when the last answer is 3 days later than the word and than the last message of the
        # ladder"
        ladder = [sent.at for sent in (*self.sent, *due) if sent.kind in RUNGS]
        return all(
            self._long_after(now, at, limits.seller_reminder) for at in (word.done_at, *ladder)
        )

    def _snoozed(self, now: datetime) -> bool:
        return self._snoozed_until is not None and now < self._snoozed_until

    def _ladder(self, now: datetime) -> Sent | None:
        # "`dispute_opened` mutes `never_scanned`, the ladder"
        if self._too_old or self._dispute:
            return None
        if self.trace.place is Stage.RETURNED:  # "at once, no gate but the buyer's word"
            return self._claim(now, "returned")
        # "`snooze` mutes `never_scanned`, `moving_again` and the ladder but a return"  # noqa: ERA001
        silent = self.silent_days(now)
        if silent is None or self._snoozed(now):
            return None
        # "only the highest that holds is sent"
        if silent >= self.limits.claim and self._gate_is_open(now):
            return self._claim(now, "silence")
        if self.trace.scans:
            if self._is_stalled(now, silent):
                return self._once_an_episode(now, AlertKind.STALLED)
            if self._is_late(now):
                return self._once_an_order(now, AlertKind.LATE)
            return None
        until = self.counts_to(now)
        if until is None or days_between(self._without_update(), until) < self.limits.never_scanned:
            return None
        return self._once_an_order(now, AlertKind.NEVER_SCANNED)

    def _gate_is_open(self, now: datetime) -> bool:
        # "`ready_for_pickup` mutes the 60 days"
        if self.trace.place is Stage.READY_FOR_PICKUP:
            return False
        # "Without a number the clauses on answers do not apply"
        if self.number is None:
            return True
        # "The silence ends in a valid answer of the last 24 h"
        limits = self.limits
        if self.answered_at is None or now - self.answered_at > limits.gate_answer_hours * HOUR:
            return False
        if not self.second_source:
            return True
        # "one that has failed for 72 h since it was first asked about this order is passed over"
        failing = self.second_failing_since
        if failing is not None and now - failing >= limits.second_patience_hours * HOUR:
            return True
        # "has answered within 24 h that it was not delivered"
        answered = self.second_answered_at
        return answered is not None and now - answered <= limits.second_answer_hours * HOUR

    def _claim(self, now: datetime, reason: str) -> Sent | None:
        # "7 days between claims", whatever the reason
        claims = [s for s in self.sent if s.kind is AlertKind.REFUND_CLAIM]
        if claims and not self._long_after(now, claims[-1].at, self.limits.claim_repeat):
            return None
        before = [s for s in claims if s.reason == reason]
        protected_until = self.protection_ends_on
        if reason == "returned":
            # "for `returned` at most 3 times an order"  # noqa: ERA001
            enough = len(before) >= self.limits.claim_times
        elif protected_until is not None and now.date() > protected_until:
            # "after `protection_ends_on` one `silence` claim is sent, however many came before"
            enough = any(s.at.date() > protected_until for s in before)
        else:
            # "for `silence` at most 3 times an episode"
            here = [s for s in before if s.episode == self.trace.episode]
            enough = len(here) >= self.limits.claim_times
        return None if enough else self._message(now, AlertKind.REFUND_CLAIM, reason)

    def _is_stalled(self, now: datetime, silent: int) -> bool:
        trace, limits = self.trace, self.limits
        if silent < limits.stalled:
            return False
        # "past its window **or** not departed; not in `ready_for_pickup`"
        if trace.departed and not self._is_past_its_window(now):
            return False
        if trace.place is Stage.READY_FOR_PICKUP:
            return False
        # "From `last_mile_carrier` on, an economy parcel is never `stalled`"
        if self._service() is Service.ECONOMY and trace.place in HANDED_OVER:
            return False
        # "not within 5 days after `late`"
        return all(
            self._long_after(now, sent.at, limits.stalled_after_late)
            for sent in self.sent
            if sent.kind is AlertKind.LATE
        )

    def _is_late(self, now: datetime) -> bool:
        # "past its window, scanned, and not in `out_for_delivery`, `failed_attempt`,
        # `ready_for_pickup`"
        return self.trace.place not in NOT_LATE_IN and self._is_past_its_window(now)

    def _service(self) -> Service:
        # "An order that names no service is `standard`, or `economy` where the source says
        # `mailType: Economy`"
        if self.service is not None:
            return self.service
        return Service.ECONOMY if self.mail_type == "Economy" else Service.STANDARD

    def _is_past_its_window(self, now: datetime) -> bool:
        until, transit = self.counts_to(now), self.days_in_transit(now)
        if until is None or transit is None:
            return False
        remote = self.remote
        if remote is None:
            remote = self.destination not in MAJOR_DESTINATIONS
        upper = self.limits.window(self._service(), remote=remote).high
        # "days in transit > the upper number; where the carrier's own estimate is later, when that
        # has passed at the last answer, but at the latest when days in transit > the upper number
        # + 30"
        if transit <= upper:
            return False
        return self.eta is None or until > self.eta or transit > upper + self.limits.estimate_grace

    def _muted_for_now(self, kind: AlertKind) -> bool:
        # "`seller_contacted` mutes `late` and `stalled` for this episode"
        episode = self.trace.episode
        if kind in (AlertKind.LATE, AlertKind.STALLED) and episode in self._contacts:
            return True
        # "in an episode never a lower one after a higher"
        higher = RUNGS[RUNGS.index(kind) + 1 :]
        return any(s.kind in higher and s.episode == episode for s in self.sent)

    def _once_an_episode(self, now: datetime, kind: AlertKind) -> Sent | None:
        episode = self.trace.episode
        if any(s.kind is kind and s.episode == episode for s in self.sent):
            return None
        return None if self._muted_for_now(kind) else self._message(now, kind)

    def _once_an_order(self, now: datetime, kind: AlertKind) -> Sent | None:
        if self._times(kind) or self._muted_for_now(kind):
            return None
        # "`late` never after a `stalled` or `refund_claim`"
        over = (AlertKind.STALLED, AlertKind.REFUND_CLAIM)
        if kind is AlertKind.LATE and any(s.kind in over for s in self.sent):
            return None
        return self._message(now, kind)
