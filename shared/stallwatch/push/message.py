"""What a push says: the alert's subject, what to do now, and the link to the order's page.

Made of what every machine gets of the alerts' topic, so that a push says what the mail says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stallwatch.domain.alerts import Severity
from stallwatch.domain.text import clean
from stallwatch.push.addresses import ALARM

_LONGEST_TITLE = 200
_LONGEST_LINE = 600
_MOST_ORDERS = 8
"""Orders that are written out: push services cut long texts."""


@dataclass(frozen=True, slots=True)
class PushMessage:
    """A message for push services."""

    message_id: str
    """The alert's own id, which a repeated message has again."""
    kind: str
    severity: Severity
    title: str
    body: str


def read_notification(sns: Mapping[str, Any]) -> PushMessage:
    """The message that a notification of the topic stands for.

    Args:
        sns: `{"MessageId", "Subject"?, "Message"}`, as SNS gives it to functions and queues.
    """
    title = clean(sns.get("Subject") or "", _LONGEST_TITLE)
    text = str(sns["Message"])
    message_id = str(sns["MessageId"])
    try:
        decoded: Any = json.loads(text)
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        return PushMessage(message_id, ALARM, Severity.ATTENTION, title, clean(text, _LONGEST_LINE))
    if "kind" in decoded and "id" in decoded:
        return _alert(decoded, title)
    description = clean(decoded.get("AlarmDescription") or "", _LONGEST_LINE)
    return PushMessage(message_id, ALARM, Severity.ATTENTION, title, description)


def _alert(told: Mapping[str, Any], title: str) -> PushMessage:
    orders = [order for order in told.get("orders", ()) if isinstance(order, dict)]
    return PushMessage(
        message_id=str(told["id"]),
        kind=str(told["kind"]),
        severity=_severity(told.get("severity")),
        title=title,
        body=_body(orders) or clean(told.get("text") or "", _LONGEST_LINE),
    )


def _body(orders: Sequence[Mapping[str, Any]]) -> str:
    if len(orders) == 1:
        return "\n".join(_lines(orders[0]))
    blocks = [
        "\n".join([clean(str(order.get("order_id") or ""), _LONGEST_LINE), *_lines(order)])
        for order in orders[:_MOST_ORDERS]
    ]
    if len(orders) > _MOST_ORDERS:
        blocks.append(f"+{len(orders) - _MOST_ORDERS}")
    return "\n\n".join(blocks)


def _lines(order: Mapping[str, Any]) -> list[str]:
    lines = (clean(order.get(name) or "", _LONGEST_LINE) for name in ("advice", "url"))
    return [line for line in lines if line]


def _severity(value: object) -> Severity:
    """A severity; one that only a later version knows is taken for `attention`."""
    return next((severity for severity in Severity if severity == value), Severity.ATTENTION)
