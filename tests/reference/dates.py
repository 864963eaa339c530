"""The days of the deadline, the end of the watch, the key dates and the clocks of the words."""

from datetime import date, datetime, timedelta

from tests.reference.model import DAY, LADDER, KeyDates, Sent, Word, midnight
from tests.reference.view import View

NOT_LATE_IN = frozenset({"out_for_delivery", "failed_attempt"})


def plus(day: date, days: int) -> date:
    """A date some days later."""
    return day + timedelta(days=days)


def days_of_the_deadline(v: View) -> tuple[date, date] | None:
    """ "The days of the deadline are those from 5 days before `protection_ends_on` to 15 days after
    it, both included, by today's UTC date. Only the date as it now stands counts."
    """
    ends_on = v.order.protection_ends_on
    if ends_on is None:
        return None
    return plus(ends_on, -v.n.protection_first), plus(ends_on, v.n.refund_until)


def in_the_days(v: View, since: date | None = None) -> bool:
    """Whether today, or any day since another, is one of the days of the deadline."""
    days = days_of_the_deadline(v)
    return days is not None and (since or v.today) <= days[1] and v.today >= days[0]


def after_the_days(v: View) -> bool:
    """Whether the days of the deadline are over."""
    days = days_of_the_deadline(v)
    return days is not None and v.today > days[1]


def threshold(v: View) -> tuple[str, date, int] | None:
    """The threshold of the deadline that today falls under, as kind, date and days.

    "`protection_ends_on` is 5 days away or less; again at 1 day or less; never after it."
    "`protection_ends_on` has passed by 1 day or more; again at 10 and at 14 days; never after 15."
    """
    ends_on = v.order.protection_ends_on
    if ends_on is None:
        return None
    n, left = v.n, (ends_on - v.today).days
    if 0 <= left <= n.protection_first:
        last = left <= n.protection_last
        return "protection_ending", ends_on, n.protection_last if last else n.protection_first
    if left >= 0 or -left > n.refund_until:
        return None
    reached = [t for t in (n.refund_first, n.refund_second, n.refund_third) if -left >= t]
    return ("refund_due", ends_on, max(reached)) if reached else None


def bank_last_day(v: View) -> date | None:
    """The bank's last day.

    "PayPal 180 days after `paid_on`; card 120 days after `promised_on`, else after
    `protection_ends_on`, else after `ordered_on`." "Old orders (they have no bank date)."
    """
    order = v.order
    if order.paid_with is None or v.too_old:
        return None
    if order.paid_with == "paypal":
        return plus(order.paid_on or order.ordered_on, v.n.bank_paypal)
    counted = order.promised_on or order.protection_ends_on or order.ordered_on
    return plus(counted, v.n.bank_card)


def watch_ends_at(v: View) -> datetime:
    """When the watch ends by itself.

    "15 days after the delivery told last, while `delivered` is the stage (counted from the
    delivery, or from the instant at which it was first seen where that is later and the delivery
    was not an old one; not at all after `not_received`), 60 days after the last `refund_claim`, or
    180 days after `ordered_on`; but, while no delivery is known or `not_received` stands, not
    before the 16th day after `protection_ends_on` nor before the day after the bank's last day."
    """
    n = v.n
    end = midnight(v.order.ordered_on) + n.end_after_order * DAY
    claims = [s.at for s in v.sent if s.kind == "refund_claim"]
    if claims:
        end = min(end, max(claims) + n.end_after_claim * DAY)
    delivery = v.delivery
    if delivery is not None and v.not_received is None:
        counted = delivery.at if v.old_delivery else max(delivery.at, delivery.known_at)
        return min(end, counted + n.end_after_delivery * DAY)
    if v.order.protection_ends_on is not None:
        end = max(end, midnight(plus(v.order.protection_ends_on, n.refund_until + 1)))
    last_day = bank_last_day(v)
    if last_day is not None:
        end = max(end, midnight(plus(last_day, 1)))
    return end


# The clocks of the buyer's words


def was_reminded(v: View, reason: str, about: object) -> bool:
    """ "Each word said gives one `reminder`, never two"."""
    return any(s.kind == "reminder" and s.reason == reason and s.about == about for s in v.sent)


def seller_word(v: View) -> Word | None:
    """The word whose clock runs "for its episode", unless news or something else ended it."""
    word = v.last_word("seller_contacted")
    if word is None or v.episodes_of(word=word).present != v.episode:
        return None
    if v.dispute is not None or v.delivered:
        return None
    # "at a pickup point; on the way back"
    if v.journey.place in ("ready_for_pickup", "returned"):
        return None
    # "from 60 days of silence on"
    silent = v.silent_days
    if silent is not None and silent >= v.n.claim:
        return None
    return None if has_news(v, word) else word


def has_news(v: View, word: Word) -> bool:
    """Whether something happened after a word.

    "No update newer than the word (nor one first seen after it was said that is newer than all
    known; the trace of a first answer is no news)."
    """
    updates = v.journey.updates
    if any(u.at > word.counts_from for u in updates):
        return True
    return any(
        not word.knew(u.event.first_seen)
        and u.event.first_seen != v.first_answer_at
        and all(u.at > k.at for k in updates if k.event.first_seen < u.event.first_seen)
        for u in updates
    )


def seller_counts_from(v: View, word: Word, due: tuple[Sent, ...] = ()) -> datetime:
    """ "The word and the last message of the ladder (one of the same evaluation counts)"."""
    return max([word.counts_from, *(s.at for s in (*v.sent, *due) if s.kind in LADDER)])


def seller_reminder(v: View, due: tuple[Sent, ...]) -> list[Sent]:
    """ "The last answer is 3 days later than the word and than the last message of the ladder"."""
    word = seller_word(v)
    if word is None or was_reminded(v, "seller", word.said_at):
        return []
    wait = v.n.seller_reminder
    counted = seller_counts_from(v, word, due)
    if not v.answered_after(counted, wait):
        return []
    # Not while "in the days of the deadline (then never); snoozed (then later)"
    due_at = counted + wait * DAY
    if v.order.number is None:
        came_due = due_at
    else:
        came_due = min(
            a.at for a in v.known.answers if a.number == v.order.number and a.at >= due_at
        )
    if v.snoozed or in_the_days(v, came_due.date()):
        return []
    return [v.message("reminder", "seller", about=word.said_at)]


def dispute_reminder(v: View) -> list[Sent]:
    """ "5 days later, with or without answers"; not while "rejected; delivered and not
    `not_received`"."""
    word = v.dispute
    if word is None or v.rejected or v.muted_by_delivery:
        return []
    due = v.now - word.counts_from >= v.n.dispute_reminder * DAY
    if not due or was_reminded(v, "dispute", word.said_at):
        return []
    return [v.message("reminder", "dispute", about=word.said_at)]


def not_received_day(v: View) -> date | None:
    """ "10 days after the delivery became known, at the earliest the day after the word; names the
    last day (15 days after it became known), never after it." Not while "a dispute stands; a
    `protection_ends_on` has not passed by 15 days": on the 15th day after it has."""
    word, delivery, ends_on = v.not_received, v.delivery, v.order.protection_ends_on
    if word is None or delivery is None or v.dispute is not None:
        return None
    known = delivery.known_at.date()
    day = max(plus(known, v.n.not_received_reminder), plus(word.counts_from.date(), 1))
    if ends_on is not None:
        day = max(day, plus(ends_on, v.n.refund_until))
    return day if day <= plus(known, v.n.dispute_after_delivery) else None


def not_received_reminder(v: View) -> list[Sent]:
    """ "Names the last day (15 days after it became known), never after it"."""
    day, word, delivery = not_received_day(v), v.not_received, v.delivery
    if day is None or word is None or delivery is None:
        return []
    last = plus(delivery.known_at.date(), v.n.dispute_after_delivery)
    if not day <= v.today <= last or was_reminded(v, "not_received", word.said_at):
        return []
    return [v.message("reminder", "not_received", about=word.said_at)]


def bank_reminder(v: View) -> list[Sent]:
    """ "14 days before the bank's last day, never after it"; not while "delivered and not
    `not_received`; old orders". A last day that moves is another one to be reminded of."""
    last = bank_last_day(v)
    about = (v.order.paid_with, last)
    if last is None or v.muted_by_delivery or was_reminded(v, "bank", about):
        return []
    if not plus(last, -v.n.bank_reminder) <= v.today <= last:
        return []
    return [v.message("reminder", "bank", about=about)]


# Key dates


def late_due_on(v: View) -> date:
    """The day on which the parcel is first past its window, if answers keep coming."""
    if v.order.promised_on is not None:
        return plus(v.order.promised_on, 1)
    over = v.dispatched_at + (v.window + 1) * DAY
    if v.known.eta is not None and v.known.eta > over:
        over = min(v.known.eta, over + v.n.estimate_grace * DAY)
    return over.date()


def before_the_days(v: View, day: date) -> bool:
    """ "Where a `protection_ends_on` is given, only if it is earlier than the days"."""
    days = days_of_the_deadline(v)
    return days is None or day < days[0]


def rules_late_out(v: View) -> bool:
    """Whether the parcel is "in `out_for_delivery`, `failed_attempt`, `ready_for_pickup`".

    "`exception` is a stage; where the parcel is (…, a stay at a pickup point, …) is what stood
    before it": of the three only the stay outlasts an exception.
    """
    return v.stage in NOT_LATE_IN or v.journey.place == "ready_for_pickup"


def late_on(v: View, sent: tuple[Sent, ...], *, cancelled: bool) -> date | None:
    """ "Only where `late` can still come"."""
    over = {"late", "stalled", "refund_claim"}
    here = [s for s in sent if s.change == v.order.number_changed_at]
    if v.too_old or cancelled or v.seller_was_contacted or any(s.kind in over for s in here):
        return None
    if rules_late_out(v) or v.journey.place == "returned":
        return None
    day = late_due_on(v)
    # A day that has passed stays until the days of the deadline begin: in them it cannot come.
    return day if before_the_days(v, max(day, v.today)) else None


def claim_opens_on(v: View, *, left: bool) -> date | None:
    """ "Only where a claim for silence is still left: not at a pickup point, not returned; where a
    `protection_ends_on` is given, only if it is earlier than the days of the deadline, or these
    are over"."""
    if v.too_old or not left or v.journey.place in ("ready_for_pickup", "returned"):
        return None
    day = (v.last_update + v.n.claim * DAY).date()
    return day if before_the_days(v, day) or after_the_days(v) else None


def key_dates(
    v: View, sent: tuple[Sent, ...], *, state: str, cancelled: bool, claim_left: bool
) -> KeyDates:
    """The key dates, after what this evaluation raised.

    "Closed: none. Delivered without `not_received`: only `dispute_until`. A dispute stands: only
    `bank_until` (at once) and `reminder_on`."
    """
    if state == "closed":
        return KeyDates()
    delivery, ends_on = v.delivery, v.order.protection_ends_on
    until = None
    if delivery is not None:
        until = plus(delivery.known_at.date(), v.n.dispute_after_delivery)
    if v.muted_by_delivery:
        return KeyDates(dispute_until=until)
    bank = bank_last_day(v)
    if bank is not None and bank < v.today:
        bank = None
    reminder = reminder_on(v, sent)
    if v.dispute is not None:
        return KeyDates(bank_until=bank, reminder_on=reminder)
    # "`protection_ends_on` until it has passed; then `refund_until`, its 15th day after, until that
    # has passed; then `bank_until` (at once where no `protection_ends_on` is)"
    refund = None if ends_on is None else plus(ends_on, v.n.refund_until)
    protected = ends_on is not None and v.today <= ends_on
    refundable = refund is not None and not protected and v.today <= refund
    ladder = not v.delivered
    return KeyDates(
        late_on=late_on(v, sent, cancelled=cancelled) if ladder else None,
        claim_opens_on=claim_opens_on(v, left=claim_left) if ladder else None,
        protection_ends_on=ends_on if protected else None,
        refund_until=refund if refundable else None,
        bank_until=None if protected or refundable else bank,
        dispute_until=until,
        reminder_on=reminder,
    )


def reminder_on(v: View, sent: tuple[Sent, ...]) -> date | None:
    """The nearest day on which a clock of the buyer's words runs out that still can."""
    after = View(v.order, v.known, v.now, v.n, sent, v.memory)
    days = []
    word = seller_word(after)
    if word is not None and not was_reminded(after, "seller", word.said_at):
        due_at = seller_counts_from(after, word) + v.n.seller_reminder * DAY
        days_of = days_of_the_deadline(v)
        spoken = days_of is not None and days_of[0] <= due_at.date() <= days_of[1]
        # "From 60 days of silence on" it does not run.
        if not spoken and due_at < v.last_update + v.n.claim * DAY:
            days.append(due_at.date())
    word = v.dispute
    if word is not None and not v.rejected and not was_reminded(after, "dispute", word.said_at):
        days.append((word.counts_from + v.n.dispute_reminder * DAY).date())
    word, day_after = v.not_received, not_received_day(v)
    if word is not None and day_after is not None and v.delivery is not None:
        last_on = plus(v.delivery.known_at.date(), v.n.dispute_after_delivery)
        if v.today <= last_on and not was_reminded(after, "not_received", word.said_at):
            days.append(day_after)
    last = bank_last_day(v)
    about = (v.order.paid_with, last)
    if last is not None and last >= v.today and not was_reminded(after, "bank", about):
        days.append(plus(last, -v.n.bank_reminder))
    return min(days, default=None)
