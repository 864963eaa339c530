"""The texts of an alert: e-mail, SMS, and what machines get.

A message carries one kind: one order, or several that came due together. Text from outside (titles,
the carrier's words) was cleaned when it came in; here it is only fitted to the channel.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stallwatch.domain.alerts import (
    SEVERITY,
    AlertKind,
    Notification,
    Severity,
)
from stallwatch.messages.alert_text import AlertText
from stallwatch.messages.encodings import ascii_line, gsm7
from stallwatch.messages.translations import Translations

SUBJECT_LIMIT = 100


SMS_LIMIT = 160


_REPEATED = frozenset({AlertKind.REFUND_CLAIM, AlertKind.ACTION_NEEDED})


@dataclass(frozen=True, slots=True)
class Message:
    """A message in every form in which it is published."""

    kind: AlertKind
    severity: Severity
    subject: str
    email: str
    sms: str
    default: str
    """JSON for machines."""


def compose(notification: Notification, page_url: str, words: Translations) -> Message:
    """The texts of a message.

    Args:
        letter: What it is made of.
        page_url: The address of the page.
        words: The language.
    """
    texts = [AlertText(alert, order, page_url, words) for _, alert, order in notification.members]
    return Message(
        kind=notification.kind,
        severity=SEVERITY[notification.kind],
        subject=ascii_line(_subject(notification.kind, texts, words), SUBJECT_LIMIT),
        email=_email(notification.kind, texts, page_url, words),
        sms=gsm7(_sms(notification.kind, texts, words), SMS_LIMIT),
        default=_default(notification, texts),
    )


def _subject(kind: AlertKind, texts: Sequence[AlertText], words: Translations) -> str:
    title = words.say(f"title.{kind}")
    if texts[0].order is None:
        return f"Stallwatch: {title}"
    if kind in _REPEATED and all(text.alert.nth > 1 for text in texts):
        title = words.say("title.again", title=title)
    if len(texts) == 1:
        return words.say("subject.order", title=title, order_id=texts[0].order.order_id)
    return words.say("subject.orders", title=title, n=len(texts))


def _email(kind: AlertKind, texts: Sequence[AlertText], page_url: str, words: Translations) -> str:
    say = words.say
    blocks = []
    if len(texts) > 1:
        blocks.append(say("subject.orders", title=say(f"title.{kind}"), n=len(texts)))
    for text in texts:
        lines = [
            *text.heading(),
            "",
            say("line.what", text=text.what()),
            say("line.do", text=text.do()),
            *text.notes(),
            "",
            *text.dates(),
        ]
        if text.order is not None:
            lines.append(say("line.page", url=text.url))
        blocks.append("\n".join(lines).strip())
    if len(texts) > 1 or texts[0].order is None:
        blocks.append(say("line.list", url=page_url))
    return "\n\n\n".join(blocks) + "\n"


def _sms(kind: AlertKind, texts: Sequence[AlertText], words: Translations) -> str:
    first = texts[0]
    if first.order is None:
        return first.sms()
    if len(texts) == 1:
        return words.say("sms.order", order_id=first.order.order_id, text=first.sms())
    listed = ", ".join(text.order.order_id for text in texts if text.order is not None)
    return words.say("sms.orders", title=words.say(f"title.{kind}"), n=len(texts), list=listed)


def _default(notification: Notification, texts: Sequence[AlertText]) -> str:
    return json.dumps(
        {
            "version": 1,
            "id": notification.batch_id,
            "kind": notification.kind,
            "severity": SEVERITY[notification.kind],
            "raised_at": _rfc3339(notification.raised_at),
            "orders": [text.machine() for text in texts if text.order is not None],
        },
        ensure_ascii=False,
    )


def _rfc3339(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
