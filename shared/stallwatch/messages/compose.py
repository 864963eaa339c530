"""The message of a notification: mail, SMS, and JSON for machines.

A message carries one kind: one order, or several that came due together. Text from outside
(titles, the carrier's words) was cleaned when it came in; here it is only fitted to the channel.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stallwatch.domain.alerts import SEVERITY, Alert, AlertKind, Notification, Severity
from stallwatch.domain.languages import BY_CODE
from stallwatch.domain.orders import Order
from stallwatch.messages.alert_kinds import ALERT_TEXTS
from stallwatch.messages.alert_text import AlertText
from stallwatch.messages.encodings import ascii_line, cut, gsm7
from stallwatch.messages.translations import Translations

SUBJECT_LIMIT = 100


SMS_LIMIT = 148
"""Characters of an SMS: a segment of 160, less the `STALLWATCH> ` that SNS puts in front."""


_NAME_LIMIT = 24
"""Characters of an order's name in an SMS about several."""


_SHORTEST_NAME = 12
"""Characters that an order's name keeps in an SMS whatever else there is to say."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message in every form in which it is published."""

    kind: str
    severity: Severity
    subject: str
    """A line of printable ASCII, at most 100 characters."""
    email: str
    """Plain text."""
    sms: str
    """One segment of GSM-7."""
    default: str
    """JSON for machines."""


def compose(notification: Notification, page_url: str, translations: Translations) -> Message:
    """The message of a notification.

    Args:
        notification: The alerts, all of one kind, each with its order.
        page_url: The address of our page.
        translations: The language.
    """
    kind = notification.kind
    told = _newest_of_each(notification, whole=ALERT_TEXTS[kind].newest_only)
    texts = [AlertText(alert, order, page_url, translations) for alert, order in told]
    letters = BY_CODE[translations.language].ascii_letters
    return Message(
        kind=kind,
        severity=SEVERITY[kind],
        subject=ascii_line(_subject(kind, texts, translations), SUBJECT_LIMIT, letters),
        email=_email(kind, texts, page_url, translations),
        sms=gsm7(_sms(kind, texts, translations), SMS_LIMIT),
        default=_default(notification, texts),
    )


def _newest_of_each(notification: Notification, *, whole: bool) -> list[tuple[Alert, Order | None]]:
    """The alerts that a message tells of, in their order.

    Where several of one order and reason have waited together, the newest says what holds; the
    others would count other days.

    Args:
        notification: The alerts.
        whole: Whether only the newest of all is told.
    """
    newest: dict[tuple[str, ...], Alert] = {}
    orders: dict[tuple[str, ...], Order | None] = {}
    for member, alert, order in notification.members:
        about = () if whole else (member.order_id, alert.reason)
        if about not in newest or newest[about].raised_at <= alert.raised_at:
            newest[about], orders[about] = alert, order
    return [(alert, orders[about]) for about, alert in newest.items()]


def _subject(kind: AlertKind, texts: Sequence[AlertText], translations: Translations) -> str:
    title = translations.text(f"title.{kind}")
    if ALERT_TEXTS[kind].newest_only:
        title = translations.text("sms.order", order=title, text=texts[0].sms())
    if texts[0].order is None:
        return f"Stallwatch: {title}"
    if ALERT_TEXTS[kind].repeats and all(text.alert.nth > 1 for text in texts):
        title = translations.text("title.again", title=title)
    if len(texts) == 1:
        return translations.text("subject.order", title=title, order=texts[0].name)
    return translations.text("subject.orders", title=title, n=len(texts))


def _email(
    kind: AlertKind, texts: Sequence[AlertText], page_url: str, translations: Translations
) -> str:
    if ALERT_TEXTS[kind].newest_only:
        return f"{texts[0].what()}\n\n{translations.text('line.list', url=page_url)}\n"
    blocks = []
    if len(texts) > 1:
        title = translations.text(f"title.{kind}")
        blocks.append(translations.text("subject.orders", title=title, n=len(texts)))
    for text in texts:
        lines = [
            *text.heading(),
            "",
            translations.text("line.what", text=text.what()),
            translations.text("line.do", text=text.advice()),
            *text.notes(),
            "",
            *text.dates(),
            "",
            *text.links(),
        ]
        blocks.append("\n".join(lines).strip())
    if len(texts) > 1 or texts[0].order is None:
        blocks.append(translations.text("line.list", url=page_url))
    return "\n\n\n".join(blocks) + "\n"


def _sms(kind: AlertKind, texts: Sequence[AlertText], translations: Translations) -> str:
    """The SMS; SNS puts the product's name in front."""
    first = texts[0]
    if first.order is None:
        return first.sms()
    if len(texts) == 1:
        return _sms_of_one(first, first.order.order_id, translations)
    return _sms_of_several(kind, texts, translations)


def _sms_of_one(text: AlertText, order_id: str, translations: Translations) -> str:
    """The name is cut before what is said; the number follows a title where it has room."""
    said = gsm7(text.sms(), SMS_LIMIT)
    around = len(gsm7(translations.text("sms.order", order="", text=said), 2 * SMS_LIMIT)) + 1
    name = cut(gsm7(text.name, SMS_LIMIT), max(SMS_LIMIT - around, _SHORTEST_NAME))
    sms = translations.text("sms.order", order=name, text=said)
    numbered = f"{sms} ({order_id})"
    has_title = text.order is not None and text.order.title is not None
    return numbered if has_title and len(numbered) <= SMS_LIMIT else sms


def _sms_of_several(kind: AlertKind, texts: Sequence[AlertText], translations: Translations) -> str:
    """Whole names as far as there is room, then how many more there are."""
    title = translations.text(f"title.{kind}")

    def written(names: Sequence[str]) -> str:
        left = len(texts) - len(names)
        listed = ", ".join([*names, *([f"+{left}"] if left else [])])
        return gsm7(
            translations.text("sms.orders", title=title, n=len(texts), list=listed), 9 * SMS_LIMIT
        )

    names: list[str] = []
    for text in texts:
        longer = [*names, cut(gsm7(text.name, SMS_LIMIT), _NAME_LIMIT)]
        if len(written(longer)) > SMS_LIMIT:
            break
        names = longer
    return written(names)


def _default(notification: Notification, texts: Sequence[AlertText]) -> str:
    return machine_text(
        notification.batch_id,
        notification.kind,
        SEVERITY[notification.kind],
        notification.raised_at,
        [text.machine() for text in texts if text.order is not None],
        texts[0].sms() if ALERT_TEXTS[notification.kind].newest_only else None,
    )


def machine_text(
    message_id: str,
    kind: str,
    severity: Severity,
    raised_at: datetime,
    orders: Sequence[Mapping[str, object]] = (),
    text: str | None = None,
) -> str:
    """A message as machines get it, JSON.

    Args:
        message_id: Its id.
        kind: Its kind.
        severity: Its severity.
        raised_at: The instant of its first alert.
        orders: What is said of each order.
        text: What is said where it is about no order.
    """
    content = {
        "version": 1,
        "id": message_id,
        "kind": kind,
        "severity": severity,
        "raised_at": _rfc3339(raised_at),
        "orders": list(orders),
        **({} if text is None else {"text": text}),
    }
    return json.dumps(content, ensure_ascii=False)


def _rfc3339(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
