"""The alerts beside the ladder: deadline, delivery, what only the buyer can do, all-clear."""

from collections.abc import Sequence
from datetime import datetime

from tests.reference.dates import in_the_days, threshold
from tests.reference.model import DAY, HOUR, LADDER, Sent
from tests.reference.view import View

ALARMS = frozenset({"never_scanned", "stalled", "refund_claim"})
USES_UP = frozenset({*LADDER, "delivered", "action_needed", "moving_again"})
FLAGS = frozenset({"customs", "tax", "address", "cancelled"})


def deadline(v: View, due: Sequence[Sent]) -> list[Sent]:
    """ "`protection_ending`, `refund_due`: once a date and threshold; whoever is first seen at a
    later threshold gets only that one; another date starts anew."

    "They never wait for silence, the gate or the source." "`dispute_opened` mutes them", and so
    does a delivery that is not contradicted.
    """
    now = threshold(v)
    if now is None or v.dispute is not None or v.muted_by_delivery:
        return []
    if any(s.uses == now for s in (*v.sent, *due)):
        return []
    return [v.message(now[0], about=now, uses=now)]


def delivered(v: View) -> list[Sent]:
    """ "`delivered`: once an order", and anew for another number, after a delivery by status that
    was withdrawn, and for a delivery that takes `not_received` back. "More than 15 days ago is
    never announced for this order. A delivery that becomes known later is always announced."
    """
    delivery = v.delivery
    if delivery is None or v.old_delivery:
        return []
    since = [s.withdrawn_at for s in v.spells if s.withdrawn_at is not None]
    if any(w.kind == "not_received" for w in v.words) and v.not_received is None:
        # The word was taken back: by the present delivery, where that was first seen after it.
        since.append(delivery.known_at)
    told = [s.at for s in v.sent_here if s.kind == "delivered"]
    if told and all(max(told) >= at for at in since):
        return []
    return [v.message("delivered", about=(delivery.at, delivery.known_at))]


def action_needed(v: View) -> list[Sent]:
    """ "The newest placed update is `ready_for_pickup`, `failed_attempt`, or flagged `customs`,
    `tax`, `address`, `cancelled` (that is the `reason`)".

    A stay at a pickup point is "what stood before" an exception. The text does not say what holds
    of a stay that is first seen with a flagged exception after it: both are told, for nobody else
    tells the buyer where the parcel waits.
    """
    newest = v.journey.newest
    if newest is None or v.delivered:
        return []
    due = pickup(v) if v.journey.place == "ready_for_pickup" else []
    if newest.flag in FLAGS:
        assert newest.flag is not None
        due += attempt_or_flag(v, newest.flag, newest.at) or cancelled_again(v)
    elif newest.stage == "failed_attempt":
        due += attempt_or_flag(v, "failed_attempt", newest.at)
    return due


def notices(v: View) -> list[Sent]:
    """What is said of a parcel beside the ladder and the deadline, but for its delivery."""
    return [*action_needed(v), *unanswered(v)]


def told_actions(v: View, reason: str, nth: int = 1) -> list[Sent]:
    """The `action_needed` of a reason about this number."""
    return [
        s for s in v.sent_here if s.kind == "action_needed" and s.reason == reason and s.nth == nth
    ]


def pickup(v: View) -> list[Sent]:
    """ "Once for each unbroken stay at a pickup point (notices of one stay are one) and its one
    reminder": "again 5 days later, not while an exception is newer"."""
    reason, stay, newest = "ready_for_pickup", v.journey.stay, v.journey.newest

    def of_this_stay(sent: Sent) -> bool:
        return isinstance(sent.about, frozenset) and not stay.isdisjoint(sent.about)

    first = [s for s in told_actions(v, reason) if of_this_stay(s)]
    again = [s for s in told_actions(v, reason, 2) if of_this_stay(s)]
    if not first:
        return [v.message("action_needed", reason, about=stay)]
    waited = v.answered_after(max(s.at for s in first), v.n.pickup_reminder)
    if again or not waited or newest is None or newest.stage == "exception":
        return []
    return [v.message("action_needed", reason, about=stay, nth=2)]


def attempt_or_flag(v: View, reason: str, event_at: datetime) -> list[Sent]:
    """ "Once for each new attempt or flagged update, but for one reason not again before answer and
    event are both 20 hours later than those of the last message, and at most 3 without another
    placed update in between"."""
    told, hours = told_actions(v, reason), v.n.action_hours * HOUR
    if told:
        last, answer = told[-1], v.counts_to
        assert last.event_at is not None
        # A number that comes back may have been told of before anybody answered.
        answered_at = last.answer_at or last.at
        if answer is None or answer - answered_at < hours or event_at - last.event_at < hours:
            return []
    others = [
        p.at
        for p in v.journey.path
        if p.update.flag != reason
        and (p.update.stage != "failed_attempt" or reason != "failed_attempt")
    ]
    in_between = max(others, default=None)
    in_a_row = [
        s
        for s in told
        if in_between is None or (s.event_at is not None and s.event_at > in_between)
    ]
    if len(in_a_row) >= v.n.action_times:
        return []
    return [v.message("action_needed", reason, about=event_at, event_at=event_at)]


def cancelled_again(v: View) -> list[Sent]:
    """ "`cancelled` again 10 days later, not while a dispute stands or a physical scan is
    newer"."""
    newest, scan = v.journey.newest, v.journey.last_scan
    first, again = told_actions(v, "cancelled"), told_actions(v, "cancelled", 2)
    if newest is None or newest.flag != "cancelled" or v.dispute is not None or not first:
        return []
    last = first[-1]
    if (scan is not None and scan > newest.at) or any(s.at >= last.at for s in again):
        return []
    if not v.answered_after(last.at, v.n.cancelled_again):
        return []
    return [v.message("action_needed", "cancelled", nth=2, event_at=newest.at)]


def unanswered(v: View) -> list[Sent]:
    """ "No valid answer about this number for 10 days of asking, while the source answered others,
    or answered about other numbers; once for each spell". Counted to the last such answer."""
    since = max((at for at in (v.known.asked_since, v.answered_at) if at is not None), default=None)
    if v.order.number is None or since is None or v.delivered:
        return []
    others = max((at for at in v.known.others_at if at > since), default=since)
    if others - since < v.n.unanswered * DAY:
        return []
    if any(s.kind == "unanswered" and s.about == since for s in v.sent):
        return []
    return [v.message("unanswered", about=since)]


def took_back(sent: Sent, alarm: Sent) -> bool:
    """Whether a message of a later episode, begun by a scan, was an alarm's one all-clear or used
    it up; another number does not make it due again."""
    begun = sent.episode != alarm.episode and sent.episode[1] is not None
    return sent.kind in USES_UP and sent.at >= alarm.at and begun


def over_since(v: View) -> list[datetime]:
    """Since when an alarm, or a delivery, is over and nothing said so.

    "A newer physical scan after `never_scanned`, `stalled` or `refund_claim`"; "once an alarm, when
    a scan begins an episode". Where a delivery by status is withdrawn and "`delivered` had been
    sent `moving_again` is".
    """
    since = []
    alarm = max((s for s in v.sent if s.kind in ALARMS), key=lambda s: s.at, default=None)
    if alarm is not None and not any(took_back(s, alarm) for s in v.sent):
        begun = v.episodes_of().begun_by_scans
        since += [at for at in begun if at > alarm.at][:1]
        silent = v.silent_days
        if not since and begun and alarm.episode != v.episode and silent is not None:
            # A scan came to count only when another update placed the parcel before it. The text
            # says nothing of it: the alarm was wrong, and is taken back, unless the parcel is
            # silent for 12 days even so.
            since += [v.now] if silent < v.n.stalled else []
    told = [s.at for s in v.sent_here if s.kind == "delivered"]
    for spell in v.spells:
        at = spell.withdrawn_at
        if at is not None and any(spell.since <= t < at for t in told):
            since.append(at)
    # An alarm is used up by "another alert (`delivered`, `action_needed`, the ladder) in the same
    # evaluation".
    spoken = max((s.at for s in v.sent if s.kind in USES_UP), default=None)
    return [at for at in since if spoken is None or at > spoken]


def dispute_stood_since(v: View, since: datetime) -> bool:
    """Whether a dispute stood at some instant since another."""
    stands = False
    for word in v.order.words:
        if word.kind == "dispute_opened":
            stands = True
        elif word.kind == "reopen":
            if stands and word.said_at > since:
                return True
            stands = False
    return stands


def moving_again(v: View, due: Sequence[Sent]) -> list[Sent]:
    """The all-clear, once an alarm.

    "Not while the place is `returned`; another alert in the same evaluation uses it up, a snooze
    only delays it (it then needs a valid answer of the last 24 h; a dispute and the days of the
    deadline use it up even then)." "Not sent in them, nor while a dispute stands; it is used up."
    A corrected date delays it as a snooze does, and asks for the same fresh answer.
    """
    if v.journey.place == "returned" or v.delivered or v.snoozed or v.dispute is not None:
        return []
    if any(s.kind in USES_UP for s in due) or not v.answered_within(v.n.fresh_hours):
        return []
    # What uses one all-clear up leaves the other's alarm as it is.
    is_due = any(
        not dispute_stood_since(v, since) and not in_the_days(v, since.date())
        for since in over_since(v)
    )
    return [v.message("moving_again")] if is_due else []
