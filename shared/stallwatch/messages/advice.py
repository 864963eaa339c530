"""Advice: what to do now about an order.

Each situation (`domain.alerts.Situation`) has one record: its sentences, and the few words that an
SMS has room for. Message, page and calendar take the advice from here, so they never ask for
different things.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from stallwatch.domain.alerts import Situation
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import Trace
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.context import OrderContext
from stallwatch.messages.translations import Translations, Value
from stallwatch.rules.annotations import annotate_anomalies, annotations_of
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from stallwatch.rules.decision import Decision

_CALLS_FOR_A_LOOK = frozenset(
    {
        AnomalyKind.CHECK_DIGIT,
        AnomalyKind.SCANNED_BEFORE,
        AnomalyKind.DELIVERED_BEFORE,
        AnomalyKind.OTHER_COUNTRY,
        AnomalyKind.DELIVERED_ELSEWHERE,
    }
)

_Addition = Callable[[OrderContext], str | None]


def _no_variant(_: OrderContext) -> str:
    return ""


def _no_date(_: OrderContext) -> date | None:
    return None


@dataclass(frozen=True, slots=True)
class Advice:
    """What is advised in a situation.

    Args:
        short: The key of the few words for an SMS, `short.<short>`.
        key: The situation whose sentence it shares; empty for its own, `advice.<situation>`.
        variant: What is appended to the key.
        names_day: What `{date}` is.
        additions: Sentences that follow where what they name is known.
    """

    short: str
    key: str = ""
    variant: Callable[[OrderContext], str] = _no_variant
    names_day: Callable[[OrderContext], date | None] = _no_date
    additions: Sequence[_Addition] = ()


def _searched_everywhere(context: OrderContext) -> str:
    return "" if context.unsearched else ".looked"


def _destroyed(context: OrderContext) -> str:
    return ".destroyed" if context.annotations.get("destroyed") else ""


def _paid_with(context: OrderContext) -> str:
    return ".paypal" if context.annotations.get("paid_with") == "paypal" else ".card"


def _protection_end(context: OrderContext) -> date | None:
    return context.order.protection_ends_on


def _day_after_protection(context: OrderContext) -> date | None:
    ends_on = context.order.protection_ends_on
    return None if ends_on is None else ends_on + timedelta(days=1)


def _snoozed_until(context: OrderContext) -> date | None:
    return context.day("snoozed_until")


def _last_day(context: OrderContext) -> str | None:
    """The last day for a dispute, and how many days are left."""
    last = context.key_date("refund_until") or context.key_date("dispute_until")
    if last is None:
        return None
    left = (last - context.today).days
    if left <= 0:
        return context.text("add.today")
    return context.text("add.days_left", date=last, n=left)


def _by(context: OrderContext) -> str | None:
    """By when a claim must be made, where a deadline lies ahead."""
    ends_on = context.key_date("protection_ends_on")
    return _last_day(context) if ends_on is None else context.text("add.by", date=ends_on)


def _last_notice(context: OrderContext) -> str | None:
    """That it is urgent: the second notice before AliExpress's date may follow the first soon."""
    return context.text("add.ready_today") if context.annotations.get("last_notice") else None


def _next_step(context: OrderContext) -> str | None:
    """What follows if the seller does not help: the nearer of the claim and the deadline."""
    opens_on, ends_on = context.key_date("claim_opens_on"), context.key_date("protection_ends_on")
    if ends_on is not None and (opens_on is None or ends_on <= opens_on):
        return context.text("add.dispute_from", date=ends_on)
    if opens_on is not None and opens_on > context.today:
        return context.text("add.claim_from", date=opens_on)
    return None


def _clock_ends_on(context: OrderContext) -> date | None:
    """When the clock of the buyer's action ends, if it is shown: the bank's may end before it."""
    reminder_on, since = context.key_date("reminder_on"), context.day("word_on")
    if reminder_on is None or since is None:
        return reminder_on
    return max(reminder_on, since + timedelta(days=context.annotations.get("word_days", 0)))


def _write_again(context: OrderContext) -> str | None:
    """When to write to the seller again, else what follows."""
    again_on = _clock_ends_on(context)
    if again_on is None or again_on <= context.today:
        return _next_step(context)
    return context.text("add.write_again", date=again_on)


def _seller_until(context: OrderContext) -> str | None:
    until = _clock_ends_on(context)
    ahead = until is not None and until > context.today
    return context.text("add.seller_until", date=until) if until is not None and ahead else None


def _late_from(context: OrderContext) -> str | None:
    late_on = context.key_date("late_on")
    ahead = late_on is not None and late_on > context.today
    return context.text("add.late_from", date=late_on) if late_on is not None and ahead else None


def _bank(context: OrderContext) -> str | None:
    """Who can give the money back after AliExpress: PayPal or the card's issuer, and until when."""
    paid_with, until = context.annotations.get("paid_with"), context.key_date("bank_until")
    if until is not None and paid_with in {"paypal", "card"}:
        return context.text(f"add.bank.{paid_with}", date=until)
    # With a date that has passed there is nobody left to ask.
    return None if paid_with in {"paypal", "card"} else context.text("add.bank")


def _anomalies(context: OrderContext) -> str | None:
    """What is odd about the number, but for what the alert itself says."""
    described = context.described(AnomalyKind.UNKNOWN)
    return described[0] if described else None


def _other_number(context: OrderContext) -> str | None:
    """That the parcel may travel under another number, while it is awaited."""
    if situation_of(context) not in _AWAITED:
        return None
    found = (a for a in context.anomalies if a.kind is AnomalyKind.OTHER_NUMBER)
    return next((describe(anomaly, context.translations) for anomaly in found), None)


_OF_CLAIM = Advice("check", "claim_silence", _searched_everywhere, additions=(_by,))

ADVICE: dict[Situation, Advice] = {
    # The watch has ended.
    Situation.CLOSED_RECEIVED: Advice("wait"),
    Situation.CLOSED_REFUNDED: Advice("wait"),
    Situation.CLOSED_LOST: Advice("wait"),
    Situation.CLOSED_BY_BUYER: Advice("wait"),
    Situation.CLOSED_ENDED: Advice("wait"),
    # Marked as delivered.
    Situation.DELIVERED: Advice("delivered", additions=(_last_day,)),
    Situation.DELIVERED_DISPUTED: Advice("close_or_keep"),
    Situation.DELIVERED_OLD: Advice("wait"),
    Situation.NOT_RECEIVED: Advice("carrier_dispute", additions=(_by,)),
    Situation.NOT_RECEIVED_DISPUTED: Advice("open_dispute"),
    # The days of the deadline.
    Situation.REFUND_DUE: Advice("dispute", additions=(_last_day,)),
    Situation.REFUND_DUE_TAKE_FIRST: Advice("take_first", additions=(_last_day,)),
    Situation.PROTECTION_ENDING: Advice(
        "dispute", names_day=_day_after_protection, additions=(_last_notice,)
    ),
    Situation.PROTECTION_ENDING_TAKE_FIRST: Advice(
        "take_first", names_day=_day_after_protection, additions=(_last_notice,)
    ),
    # What only the buyer can do.
    Situation.PICKUP: Advice("pickup"),
    Situation.FAILED_ATTEMPT: Advice("carrier"),
    Situation.CUSTOMS: Advice("carrier"),
    Situation.TAX: Advice("carrier"),
    Situation.ADDRESS: Advice("carrier"),
    Situation.CANCELLED: Advice("order_page"),
    # Claims.
    Situation.CLAIM_SILENCE: _OF_CLAIM,
    Situation.CLAIM_SECOND_PASSED_OVER: _OF_CLAIM,
    Situation.CLAIM_RETURNED: Advice("dispute_now", variant=_destroyed, additions=(_by,)),
    Situation.CLAIM_LOST: Advice("dispute_now", additions=(_by,)),
    Situation.CLAIM_ECONOMY: Advice("carrier_dispute", additions=(_by,)),
    Situation.CLAIM_AFTER_DEADLINE: Advice(
        "service", names_day=_protection_end, additions=(_bank,)
    ),
    # Never scanned.
    Situation.NEVER_SCANNED: Advice("seller", additions=(_anomalies,)),
    Situation.NEVER_SCANNED_UNKNOWN: Advice("seller", additions=(_anomalies,)),
    Situation.NEVER_SCANNED_NO_NUMBER: Advice("seller"),
    Situation.NEVER_SCANNED_AGAIN: Advice("dispute_now"),
    Situation.NEVER_SCANNED_AGAIN_NO_NUMBER: Advice("dispute_now"),
    # Silent or late.
    Situation.STALLED: Advice("seller", additions=(_next_step,)),
    Situation.LATE: Advice("seller"),
    Situation.LATE_ECONOMY: Advice("carrier"),
    # What follows the buyer's own steps.
    Situation.REMINDER_SELLER: Advice("seller", additions=(_next_step,)),
    Situation.REMINDER_DISPUTE: Advice("open_dispute"),
    Situation.REMINDER_NOT_RECEIVED: Advice("dispute", additions=(_last_day,)),
    Situation.REMINDER_BANK: Advice("bank", variant=_paid_with),
    Situation.DISPUTED: Advice("open_dispute", additions=(_seller_until,)),
    Situation.DISPUTE_REJECTED: Advice("open_dispute", additions=(_bank,)),
    Situation.CONTACTED: Advice("wait", additions=(_write_again,)),
    Situation.SNOOZED: Advice("wait", names_day=_snoozed_until),
    # Nothing that AliExpress still decides by itself.
    Situation.DEADLINE_OVER: Advice("service", additions=(_bank,)),
    Situation.OLD_ORDER: Advice("service", additions=(_bank,)),
    Situation.RETURNED: Advice("order_page", additions=(_by,)),
    # Where the parcel is.
    Situation.UNANSWERED: Advice("yourself"),
    Situation.UNANSWERED_DISPUTED: Advice("yourself"),
    Situation.EXCEPTION: Advice("wait"),
    Situation.NO_NUMBER: Advice("wait"),
    Situation.AWAITING_SHIPMENT: Advice("wait"),
    Situation.NOT_FOUND: Advice("wait"),
    Situation.UNKNOWN: Advice("wait"),
    Situation.IN_TRANSIT: Advice("wait", additions=(_late_from,)),
    Situation.IN_TRANSIT_ECONOMY: Advice("wait", additions=(_late_from,)),
    Situation.OUT_FOR_DELIVERY: Advice("home"),
    Situation.WRONG_DATE: Advice("number"),
}
"""One record for each situation; a test fails where one is missing."""


_QUIET = frozenset(
    {
        Situation.DELIVERED,
        Situation.AWAITING_SHIPMENT,
        Situation.NOT_FOUND,
        Situation.IN_TRANSIT,
        Situation.IN_TRANSIT_ECONOMY,
    }
)
"""Situations in which an odd number deserves a look."""


_AWAITED = frozenset(
    {
        Situation.REFUND_DUE,
        Situation.PROTECTION_ENDING,
        Situation.CLAIM_SILENCE,
        Situation.CLAIM_SECOND_PASSED_OVER,
        Situation.CLAIM_ECONOMY,
        Situation.STALLED,
        Situation.LATE,
        Situation.LATE_ECONOMY,
        Situation.REMINDER_SELLER,
        Situation.CONTACTED,
        Situation.IN_TRANSIT,
        Situation.IN_TRANSIT_ECONOMY,
    }
)
"""Situations in which a parcel is awaited that may travel under another number."""


def advise(
    order: Order,
    decision: Decision,
    trace: Trace,
    now: datetime,
    translations: Translations,
    seen: Sequence[Anomaly] = (),
) -> str:
    """What the buyer should do now.

    Args:
        order: The order.
        decision: What its data means now.
        trace: What the sources said.
        now: The present instant.
        translations: The language.
        seen: What is odd about the number.
    """
    annotations = annotations_of(order, decision, trace) | annotate_anomalies(seen)
    return advice_text(OrderContext(order, annotations, now.date(), translations))


def advice_text(context: OrderContext) -> str:
    """The advice in the situation that the annotations name."""
    situation = situation_of(context)
    if situation is None:
        return context.text("advice.see_page", url=context.url)
    if situation in _QUIET:
        odd = next((a for a in context.anomalies if _calls_for_a_look(a, context)), None)
        if odd is not None:
            return context.text("advice.odd", seen=describe(odd, context.translations))
    advice = ADVICE[situation]
    key = f"advice.{advice.key or situation.value}{advice.variant(context)}"
    values: dict[str, Value] = {
        "carrier": context.carrier,
        "carrier_named": context.carrier_named,
        "button": context.text("button.returns"),
        "places": ", ".join(context.text(f"spot.{place}") for place in context.unsearched),
        "url": context.tracking_page or context.url,
        "date": advice.names_day(context) or context.today,
    }
    additions = (add(context) for add in (*advice.additions, _other_number))
    return " ".join([context.text(key, **values), *(text for text in additions if text)])


def short_advice(context: OrderContext) -> str:
    """The advice in the few words that an SMS has room for."""
    situation = situation_of(context)
    return context.text(f"short.{'order_page' if situation is None else ADVICE[situation].short}")


def situation_of(context: OrderContext) -> Situation | None:
    """The situation that the annotations name; None where they name none."""
    situation = context.annotations.get("situation")
    return None if situation is None else Situation(situation)


def _calls_for_a_look(anomaly: Anomaly, context: OrderContext) -> bool:
    """Whether the buyer should check the number though nothing else presses."""
    if anomaly.kind is AnomalyKind.CHECK_DIGIT:
        return not context.annotations.get("scanned")
    return anomaly.kind in _CALLS_FOR_A_LOOK
