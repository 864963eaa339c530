"""The ladder: `never_scanned`, `late`, `stalled`, `refund_claim`."""

from tests.reference.codes import bare
from tests.reference.dates import after_the_days, in_the_days, rules_late_out, threshold
from tests.reference.model import HANDED_OVER, HOUR, LADDER, Sent, days_between
from tests.reference.view import View


def ladder(v: View) -> list[Sent]:
    """The alert of the ladder that is due: "only the highest that holds is sent".

    "`dispute_opened` mutes the ladder." "The ladder (a return too) is not sent" for old orders.
    "`delivered` mutes all but a return"; after `not_received` "the ladder stays silent".
    """
    if v.too_old or v.dispute is not None or v.delivered:
        return []
    # "returned, destroyed, or flagged `lost` with no newer physical scan (at once, no gate but the
    # buyer's word)"
    if v.journey.place == "returned":
        return gone_claim(v, "returned")
    if is_lost(v):
        return gone_claim(v, "lost")
    # "In them the ladder is silent." "`snooze` mutes `moving_again` and the ladder but a return or
    # a loss, until its day."
    if in_the_days(v) or v.snoozed:
        return []
    silent = v.silent_days
    if silent is None:
        return []
    if silent >= v.n.claim and gate_is_open(v):
        return silence_claim(v)
    # "Afterwards only `refund_claim` comes." "While the newest placed update is flagged
    # `cancelled` and no physical scan is newer, `never_scanned`, `late` and `stalled` are silent."
    if after_the_days(v) or is_cancelled(v):
        return []
    if not v.journey.scans:
        return never_scanned(v)
    if is_stalled(v):
        return stalled(v)
    if is_late(v):
        return late(v)
    return []


def is_lost(v: View) -> bool:
    """ "Flagged `lost` with no newer physical scan"."""
    lost = max((u.at for u in v.journey.updates if u.flag == "lost"), default=None)
    scan = v.journey.last_scan
    return lost is not None and (scan is None or scan <= lost)


def is_cancelled(v: View) -> bool:
    """Whether "the newest placed update is flagged `cancelled` and no physical scan is newer"."""
    newest, scan = v.journey.newest, v.journey.last_scan
    return newest is not None and newest.flag == "cancelled" and (scan is None or scan <= newest.at)


def claims(v: View, reason: str) -> list[Sent]:
    """The claims so far: "each reason counts for itself"."""
    return [s for s in v.sent if s.kind == "refund_claim" and s.reason == reason]


def waits_after_refund_due(v: View) -> bool:
    """ "After them every claim waits until 7 days after the last `refund_due` (by answers)"."""
    told = [s.at for s in v.sent if s.kind == "refund_due"]
    return (
        after_the_days(v)
        and bool(told)
        and not v.answered_after(max(told), v.n.claim_after_refund_due)
    )


def may_repeat(v: View, before: list[Sent]) -> bool:
    """ "`refund_claim`: every 7 days" by answers."""
    return not before or v.answered_after(max(s.at for s in before), v.n.claim_repeat)


def gone_claim(v: View, reason: str) -> list[Sent]:
    """A claim for a return or a loss: "at most 3 times an order".

    "A return or a loss in these days is sent once, if it had not been said before; it names the
    date and uses the day's threshold up. Before and after them it keeps its three."
    """
    # "Where it says "once an order", a number that the buyer changes starts it anew": the text does
    # not say so of "3 times an order", but the new number's parcel is another one.
    before = [s for s in claims(v, reason) if s in v.sent_here]
    if in_the_days(v):
        return [] if before else [v.message("refund_claim", reason, uses=threshold(v))]
    enough = len(before) >= v.n.claim_times
    if enough or not may_repeat(v, before) or waits_after_refund_due(v):
        return []
    return [v.message("refund_claim", reason)]


def silence_claim_is_left(v: View, sent: tuple[Sent, ...]) -> bool:
    """Whether a claim for silence may still come.

    "For `silence` at most 3 times an episode." After the days of the deadline "one for `silence` is
    sent, however many came before".
    """
    before = [s for s in sent if s.kind == "refund_claim" and s.reason == "silence"]
    ends_on = v.order.protection_ends_on
    if ends_on is not None and after_the_days(v):
        return not any((s.at.date() - ends_on).days > v.n.refund_until for s in before)
    return sum(s.episode == v.episode for s in before) < v.n.claim_times


def silence_claim(v: View) -> list[Sent]:
    """A claim for silence, where one is left and the waits have passed."""
    if not silence_claim_is_left(v, v.sent) or waits_after_refund_due(v):
        return []
    if not may_repeat(v, claims(v, "silence")):
        return []
    return [v.message("refund_claim", "silence")]


def gate_is_open(v: View) -> bool:
    """The claim gate.

    "The silence ends in a valid answer of the last 24 h; the second source, if one is configured,
    has answered within 24 h that it was not delivered (one that has failed for 72 h since it was
    first asked about this order is passed over)." "Without a number the clauses on answers do not
    apply." "`ready_for_pickup` mutes the 60 days."
    """
    if v.journey.place == "ready_for_pickup":
        return False
    if v.order.number is None:
        return True
    if not v.answered_within(v.n.gate_hours):
        return False
    second = v.known.second
    if second is None:
        return True
    failing = second.failing_since
    if failing is not None and v.now - failing >= v.n.second_patience_hours * HOUR:
        return True
    answered = second.answered_at
    return answered is not None and v.now - answered <= v.n.second_hours * HOUR


def higher_was_sent(v: View, kind: str) -> bool:
    """ "In an episode never a lower one after a higher"."""
    higher = LADDER[LADDER.index(kind) + 1 :]
    return any(s.kind in higher and s.episode == v.episode for s in v.sent)


def never_scanned(v: View) -> list[Sent]:
    """ "11 days from `shipped_on`, else `ordered_on`, to the last answer; again at 21 days, and 5
    days after the first one at the earliest."

    "Once an order for each of its two thresholds; whoever is first seen past the second gets only
    that one." After a change of number the days count from the change.
    """
    until, n = v.counts_to, v.n
    if until is None or higher_was_sent(v, "never_scanned"):
        return []
    days = days_between(v.start, until)
    told = {s.about: s.at for s in v.sent_here if s.kind == "never_scanned"}
    if days < n.never_scanned or n.never_scanned_again in told:
        return []
    if days < n.never_scanned_again:
        return [] if told else [v.message("never_scanned", about=n.never_scanned)]
    if any(not v.answered_after(at, n.after_never_scanned) for at in told.values()):
        return []
    return [v.message("never_scanned", about=n.never_scanned_again)]


def is_stalled(v: View) -> bool:
    """ "Silent for 12 days, scanned, and past its window or not departed; not in
    `ready_for_pickup`; not within 5 days after `late`; inside the window not while the newest
    placed update is a consolidation warehouse's (`CW_…`)."

    "From `last_mile_carrier` on, an economy parcel is never `stalled`."
    """
    silent, journey = v.silent_days, v.journey
    if silent is None or silent < v.n.stalled or journey.place == "ready_for_pickup":
        return False
    if journey.departed and not v.past_its_window:
        return False
    newest = journey.newest
    waits = newest is not None and bare(newest.event.code).startswith("CW_")
    if waits and not v.past_its_window:
        return False
    if v.service == "economy" and journey.place in HANDED_OVER:
        return False
    # The wait is for the advice, which was given whatever number it was about.
    return all(v.answered_after(s.at, v.n.after_late) for s in v.sent if s.kind == "late")


def stalled(v: View) -> list[Sent]:
    """ "Once an episode"; "`seller_contacted` mutes `late` and `stalled` for this episode"."""
    told = any(s.kind == "stalled" and s.episode == v.episode for s in v.sent)
    if told or v.seller_was_contacted or higher_was_sent(v, "stalled"):
        return []
    return [v.message("stalled")]


def is_late(v: View) -> bool:
    """ "Past its window, scanned, and not in `out_for_delivery`, `failed_attempt`,
    `ready_for_pickup`"."""
    return not rules_late_out(v) and v.past_its_window


def late(v: View) -> list[Sent]:
    """ "Once an order (`late` never after a `stalled` or `refund_claim`)"."""
    over = {"late", "stalled", "refund_claim"}
    if any(s.kind in over for s in v.sent_here) or v.seller_was_contacted:
        return []
    return [] if higher_was_sent(v, "late") else [v.message("late")]
