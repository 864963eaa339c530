"""What a push says, from what the topic publishes."""

import json
from typing import Any

import pytest

from stallwatch.domain.alerts import Severity
from stallwatch.push.addresses import ALARM
from stallwatch.push.message import read_notification


def notification(message: Any, subject: str | None = "Stalled: USB-C cable") -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {"MessageId": "m1", "Subject": subject, "Message": text}


def alert(*order_ids: str, severity: str = "claim") -> dict[str, Any]:
    return {
        "version": 1,
        "id": "batch1",
        "kind": "stalled",
        "severity": severity,
        "orders": [
            {"order_id": one, "advice": f"Ask about {one}.", "url": f"https://page/#{one}"}
            for one in order_ids
        ],
    }


def test_an_alert_says_its_subject_what_to_do_and_where() -> None:
    """Its id is the alert's, which a repeated message has again, and not SNS's."""
    message = read_notification(notification(alert("81")))
    assert ("batch1", "stalled", Severity.CLAIM) == (
        message.message_id,
        message.kind,
        message.severity,
    )
    assert "Stalled: USB-C cable" == message.title
    assert "Ask about 81.\nhttps://page/#81" == message.body


def test_many_orders_are_named_and_counted() -> None:
    """The first eight of them; push services cut long texts."""
    body = read_notification(notification(alert(*map(str, range(50))))).body
    assert ["0\nAsk about 0.\nhttps://page/#0", "+42"] == [
        body.split("\n\n")[0],
        body.split("\n\n")[-1],
    ]
    assert 9 == len(body.split("\n\n"))


def test_an_alert_about_a_source_has_no_order() -> None:
    """The subject alone says it."""
    assert "" == read_notification(notification(alert())).body


def test_an_alarm_says_what_it_means() -> None:
    """It has an id of SNS's, and the kind `alarm`."""
    told = {
        "AlarmName": "s-pull-fails",
        "AlarmDescription": "Checks fail.",
        "NewStateValue": "ALARM",
    }
    message = read_notification(notification(told, 'ALARM: "s-pull-fails"'))
    assert ("m1", ALARM, 'ALARM: "s-pull-fails"', "Checks fail.") == (
        message.message_id,
        message.kind,
        message.title,
        message.body,
    )


@pytest.mark.parametrize("message", ["", "plain\x00 text", "[1]", "7", "{}", '{"orders": 7}'])
@pytest.mark.parametrize("subject", [None, "", "line\nbreak"])
def test_whatever_is_published_becomes_a_message(message: str, subject: str | None) -> None:
    """Without what cannot be seen."""
    read = read_notification(notification(message, subject))
    assert ALARM == read.kind
    assert (read.title + read.body).isprintable()


def test_a_severity_of_a_later_version() -> None:
    """Is taken for attention."""
    assert Severity.ATTENTION is read_notification(notification(alert(severity="doom"))).severity
