"""`push_alerts` as it is deployed, to real receivers: an ntfy-like server and a mail server."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from stallwatch.push.addresses import PushError
from tests.aws import moto
from tests.aws.moto_stack import Context, World, world_at
from tests.local.machine import ROOT
from tests.simulators.ntfy import Ntfy
from tests.simulators.smtp import Smtp

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NAME = "/stallwatch/push"
TOPIC = "topic-that-nobody-may-see"
ADVICE = "Wait: nothing is lost yet, and a claim opens on 1 August 2026."


@pytest.fixture
def ntfy() -> Iterator[Ntfy]:
    with Ntfy() as built:
        yield built


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        queue = moto.client("sqs").create_queue(QueueName="push-dead-letters")["QueueUrl"]
        built.roles.ids = {**built.roles.ids, "PushUrls": NAME, "PushDeadLetters": queue}
        built.deploy({"PushUrls": NAME}, {})
        yield built


def write(*lines: str) -> None:
    """Write down where alerts go."""
    moto.client("ssm").put_parameter(
        Name=NAME, Value="\n".join(lines), Type="SecureString", Overwrite=True
    )


def sample() -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events/push_alerts/alerts.json").read_text("utf-8"))
    return event


def push(world: World, event: dict[str, Any] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = world.handlers["push_alerts"].handler(event or sample(), Context())
    return answer


def test_an_alert_reaches_phone_and_mailbox(world: World, ntfy: Ntfy) -> None:
    """With its subject, what to do, and the link; and no second time."""
    with Smtp() as smtp:
        write(ntfy.url(TOPIC), smtp.url("me@example.org"))
        assert 2 == push(world)["handed_over"]
        assert 2 == push(world)["already"]
        (mail,) = smtp.mails
    (message,) = ntfy.messages
    assert ("Stalled: order 8123456789012345", TOPIC) == (message["title"], message["topic"])
    assert message["message"].startswith(ADVICE)
    assert message["message"].endswith("/live/#/orders/8123456789012345")
    assert ("Stalled: order 8123456789012345", "me@example.org") == (mail["Subject"], mail["To"])
    assert ADVICE in mail.get_content()


def test_each_address_gets_the_kinds_it_wants(world: World, ntfy: Ntfy) -> None:
    """An alarm of the stack is a kind too."""
    write(ntfy.url("all"), ntfy.url("late") + " late", ntfy.url("stalled") + " stalled, alarm")
    push(world)
    alarm = sample()
    alarm["Records"][0]["Sns"] |= {
        "MessageId": "another",
        "Subject": 'ALARM: "stallwatch-pull-fails"',
        "Message": json.dumps({"AlarmName": "pull-fails", "AlarmDescription": "Checks fail."}),
    }
    push(world, alarm)
    assert [2, 0, 2] == [len(ntfy.of(topic)) for topic in ("all", "late", "stalled")]
    assert "Checks fail." == ntfy.of("stalled")[1]["message"]


def test_what_fails_is_tried_again_and_only_that(world: World, ntfy: Ntfy) -> None:
    """The error makes Lambda try again; the address that has it gets no second one."""
    with Ntfy() as broken:
        broken.status = 503
        write(broken.url("a"), ntfy.url("b"))
        with pytest.raises(PushError, match=r"in these lines: 1$"):
            push(world)
        broken.status = 200
        assert (1, 1) == ((report := push(world))["handed_over"], report["already"])
        assert (1, 1) == (len(broken.messages), len(ntfy.messages))


def test_an_answer_that_is_lost_is_no_answer(world: World, ntfy: Ntfy) -> None:
    """Whether it was taken is not known: it is tried again, so that none is lost."""
    ntfy.loses_answer = True
    write(ntfy.url("a"))
    with pytest.raises(PushError):
        push(world)
    ntfy.loses_answer = False
    push(world)
    assert (2, 2) == (len(ntfy.messages), ntfy.asked)


@pytest.mark.parametrize("bare", [False, True])
def test_what_was_given_up_on_is_handed_over_by_a_redrive(
    world: World, ntfy: Ntfy, *, bare: bool
) -> None:
    """As Lambda leaves it in the queue, and as SNS does; what cannot be read stays there."""
    write(ntfy.url("a"))
    queue = world.roles.ids["PushDeadLetters"]
    letter = sample()["Records"][0]["Sns"] if bare else {"requestPayload": sample()}
    for body in (json.dumps(letter), "{}"):
        moto.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    assert {"letters": 1, "kept": 1} == push(world, {"redrive": True})
    assert 1 == len(ntfy.messages)


@pytest.mark.parametrize("status", [200, 503])
def test_no_address_is_seen_anywhere(
    world: World,
    ntfy: Ntfy,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    status: int,
) -> None:
    """In no log, error or item, whether it works or not; the services' own loggers are silent."""
    caplog.set_level(logging.DEBUG, logger="stallwatch")
    ntfy.status = status
    dead = "ntfy://127.0.0.1:1/" + TOPIC
    write(ntfy.url(TOPIC), dead, f"nonsense://{TOPIC}@example", f"mailto://{TOPIC}:{TOPIC}@[")
    with pytest.raises(PushError) as failed:
        push(world)
    out = capfd.readouterr()
    logged = out.out + out.err + repr([vars(record) for record in caplog.records])
    items = [item.to_json() for row in moto.items_of(world.table).values() for item in row.values()]
    assert "failed_lines" in logged
    for told in (str(failed.value), repr(failed.value), logged, repr(items)):
        assert TOPIC not in told
        assert "127.0.0.1:1" not in told


@pytest.mark.parametrize("text", ["no-address-but-a-secret", "ntfy://secret/a nonsense"])
def test_a_bad_secret_is_an_error_without_its_text(world: World, text: str) -> None:
    """It names the line."""
    write(text)
    with pytest.raises(PushError) as failed:
        push(world)
    assert "line 1" in str(failed.value)
    assert "secret" not in str(failed.value)
