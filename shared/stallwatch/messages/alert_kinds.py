"""What each kind of alert says has happened.

The words stand in `data/`, under `title.<kind>`, `what.<kind>…` and `sms.<kind>…`. A kind has a
record here only where its sentences need more than `_plain` gives, or differ by reason. What to do
about it is the advice of the order's situation (`advice`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stallwatch.domain.alerts import BANK, DISPUTE, LOST, NOT_RECEIVED, RETURNED, SELLER, SILENCE
from stallwatch.domain.alerts import AlertKind as Kind
from stallwatch.domain.parcels import Flag, Stage
from stallwatch.messages.context import OrderContext
from stallwatch.messages.digest_text import digest_body, digest_summary
from stallwatch.tracking.profiles import CAINIAO, profile_of

if TYPE_CHECKING:
    from stallwatch.messages.alert_text import AlertText


@dataclass(frozen=True, slots=True)
class AlertTexts:
    """The texts of one kind of alert.

    Args:
        what: Makes the sentence that says what happened, and since when.
        sms: Makes the few words of the SMS.
        reasons: The reasons that the kind is raised for; one empty reason where it has none.
        repeats: Whether a repetition is a reminder of something that still stands.
        newest_only: Whether the newest of several says what the others said, in a whole mail.
    """

    what: Callable[["AlertText"], str]
    sms: Callable[["AlertText"], str]
    reasons: tuple[str, ...] = ("",)
    repeats: bool = False
    newest_only: bool = False


# What happened, in a mail.


def _never_scanned(text: "AlertText") -> str:
    context = text.about_order
    if context.number is None:
        variant = "no_number"
    else:
        variant = "known" if context.annotations.get("known") else "not_found"
    return context.text(f"what.never_scanned.{variant}", n=_count(context, "untracked_days"))


def _late(text: "AlertText") -> str:
    context = text.about_order
    days, promised_on = _count(context, "days_in_transit"), context.day("promised_on")
    if promised_on is not None:
        return context.text("what.late.promised", n=days, date=promised_on)
    low, high = context.annotations["window"]
    return context.text(
        "what.late",
        n=days,
        service=context.text(f"service.{context.annotations['service']}"),
        country=context.translations.country(context.order.destination),
        low=low,
        high=high,
    )


def _silence(text: "AlertText") -> str:
    context = text.about_order
    days = _count(context, "silent_days")
    if "last_text" not in context.annotations:
        return context.text("what.refund_claim.no_news", n=days)
    return context.text("what.silence", n=days, date=context.last_update, text=context.last_words)


def _refund_claim(text: "AlertText") -> str:
    if text.alert.reason == SILENCE:
        return _silence(text)
    context = text.about_order
    return context.text(f"what.refund_claim.{_lost_how(text)}", text=context.last_words)


def _protection_ending(text: "AlertText") -> str:
    context = text.about_order
    ends_on = context.order.protection_ends_on or context.today
    left = (ends_on - context.today).days
    key = "what.protection_ending" if left > 0 else "what.protection_ending.today"
    return context.text(key, n=left, date=ends_on)


def _refund_due(text: "AlertText") -> str:
    context = text.about_order
    ended_on = context.order.protection_ends_on or context.today
    return context.text("what.refund_due", n=(context.today - ended_on).days, date=ended_on)


def _action_needed(text: "AlertText") -> str:
    context = text.about_order
    key = f"what.action_needed.{text.alert.reason}"
    if text.alert.nth > 1:
        key = context.translations.first_key(f"{key}.again", key)
    return context.text(key, date=context.last_update, text=context.last_words)


def _delivered(text: "AlertText") -> str:
    context = text.about_order
    return context.text("what.delivered", date=context.day("delivered_on") or context.last_update)


def _plain(text: "AlertText") -> str:
    """A sentence of its own, which takes what it needs of these."""
    context = text.about_order
    return context.text(
        f"what.{text.alert.kind}",
        n=_count(context, "silent_days"),
        date=context.last_update,
        text=context.last_words,
    )


def _unanswered(text: "AlertText") -> str:
    since = datetime.fromisoformat(text.alert.about)
    return text.about_order.text("what.unanswered", n=(text.alert.raised_at - since).days)


def _reminder(text: "AlertText") -> str:
    context, reason = text.about_order, text.alert.reason
    if reason == BANK:
        paid_with = "paypal" if context.annotations.get("paid_with") == "paypal" else "card"
        until = context.key_date("bank_until") or context.today
        return context.text(f"what.reminder.bank.{paid_with}", date=until)
    return context.text(
        f"what.reminder.{reason}",
        date=context.day("word_on") or context.today,
        n=_count(context, "word_days"),
    )


def _source(text: "AlertText") -> str:
    source = profile_of(str(text.alert.facts.get("source", CAINIAO.name))).title
    since = datetime.fromisoformat(text.alert.about)
    return text.translations.text(f"what.{text.alert.kind}", source=source, time=since)


# What happened, in an SMS.


def _sms_never_scanned(text: "AlertText") -> str:
    context = text.about_order
    key = "sms.never_scanned" if context.number is not None else "sms.never_scanned.no_number"
    return context.text(key, n=_count(context, "untracked_days"))


def _sms_late(text: "AlertText") -> str:
    context = text.about_order
    promised_on = context.day("promised_on")
    if promised_on is not None:
        return context.text("sms.late.promised", date=promised_on)
    return context.text("sms.late", n=_count(context, "days_in_transit"))


def _sms_stalled(text: "AlertText") -> str:
    context = text.about_order
    return context.text("sms.stalled", n=_count(context, "silent_days"))


def _sms_refund_claim(text: "AlertText") -> str:
    context = text.about_order
    key = SILENCE if text.alert.reason == SILENCE else _lost_how(text)
    return context.text(f"sms.refund_claim.{key}", n=_count(context, "silent_days"))


def _sms_deadline(text: "AlertText") -> str:
    context = text.about_order
    ends_on = context.order.protection_ends_on or context.today
    return context.text(f"sms.{text.alert.kind}", date=ends_on)


def _sms_reminder(text: "AlertText") -> str:
    context = text.about_order
    until = context.key_date("bank_until") or context.today
    return context.text(f"sms.reminder.{text.alert.reason}", date=until)


def _sms_by_reason(text: "AlertText") -> str:
    return text.about_order.text(f"sms.{text.alert.kind}.{text.alert.reason}")


def _sms_plain(text: "AlertText") -> str:
    return text.translations.text(f"sms.{text.alert.kind}")


# Both.


def _count(context: OrderContext, name: str) -> int:
    """A number of days among the annotations."""
    return int(context.annotations.get(name) or 0)


def _lost_how(text: "AlertText") -> str:
    """How a parcel that will not come was lost: returned, destroyed or lost."""
    if text.alert.reason == LOST:
        return LOST
    return "destroyed" if text.alert.facts.get("destroyed") else RETURNED


_SPECIAL: dict[Kind, AlertTexts] = {
    Kind.NEVER_SCANNED: AlertTexts(_never_scanned, _sms_never_scanned),
    Kind.LATE: AlertTexts(_late, _sms_late),
    Kind.STALLED: AlertTexts(_silence, _sms_stalled),
    Kind.REFUND_CLAIM: AlertTexts(
        _refund_claim, _sms_refund_claim, (SILENCE, RETURNED, LOST), repeats=True
    ),
    Kind.PROTECTION_ENDING: AlertTexts(_protection_ending, _sms_deadline),
    Kind.REFUND_DUE: AlertTexts(_refund_due, _sms_deadline, repeats=True),
    Kind.ACTION_NEEDED: AlertTexts(
        _action_needed,
        _sms_by_reason,
        (
            Stage.READY_FOR_PICKUP,
            Stage.FAILED_ATTEMPT,
            Flag.CUSTOMS,
            Flag.TAX,
            Flag.ADDRESS,
            Flag.CANCELLED,
        ),
        repeats=True,
    ),
    Kind.DELIVERED: AlertTexts(_delivered, _sms_plain),
    Kind.UNANSWERED: AlertTexts(_unanswered, _sms_plain),
    Kind.REMINDER: AlertTexts(_reminder, _sms_reminder, (SELLER, DISPUTE, NOT_RECEIVED, BANK)),
    Kind.SOURCE_DOWN: AlertTexts(_source, _sms_plain),
    Kind.SOURCE_UP: AlertTexts(_source, _sms_plain),
    Kind.DIGEST: AlertTexts(digest_body, digest_summary, newest_only=True),
}
"""The kinds whose sentences need more than `_plain` gives, or that have reasons."""


ALERT_TEXTS: Mapping[Kind, AlertTexts] = {
    kind: _SPECIAL.get(kind, AlertTexts(_plain, _sms_plain)) for kind in Kind
}
"""One record for each kind. A sentence that is missing is an error, and a test names it."""
