"""Hands alerts to push services.

Subscribed to the topic of the alerts. An error makes Lambda try again, twice, and then keep the
event in a queue; with `{"redrive": true}` what is kept there is handed over once more.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from stallwatch.aws import clients
from stallwatch.aws.dead_letters import DeadLetters
from stallwatch.aws.lambda_clock import Context, LambdaClock
from stallwatch.aws.logs import configure
from stallwatch.aws.parameters import read_secret
from stallwatch.aws.redrive import push_again
from stallwatch.aws.settings import Settings
from stallwatch.dynamodb.handovers import DynamoHandoverStore
from stallwatch.dynamodb.table import Table
from stallwatch.gateways.apprise import AppriseServices
from stallwatch.push.addresses import PushError, read_addresses
from stallwatch.push.delivery import LAST_HANDOVER, PushDelivery, PushReport
from stallwatch.push.message import read_notification

logger = configure(Logger())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hand over what the event brings, or what was given up on."""
    settings = Settings.of_environment()
    clock = LambdaClock(context, settings.clock_shift)
    delivery = PushDelivery(
        services=AppriseServices(),
        store=DynamoHandoverStore(Table(clients.dynamodb(), settings.table_name)),
        addresses=read_addresses(read_secret(clients.parameters(), settings.push_urls)),
        owner=uuid4().hex,
        now=clock.now,
        remaining=clock.remaining,
    )
    if event.get("redrive"):
        done = push_again(
            DeadLetters(clients.queues(), settings.dead_letters_url),
            push=lambda notifications: not _deliver(delivery, notifications).failed_lines,
            has_time=lambda: clock.remaining() > 2 * LAST_HANDOVER,
        )
        logger.info("redrive", extra=done.as_dict())
        return {**done.as_dict()}
    report = _deliver(delivery, [record["Sns"] for record in event["Records"]])
    if report.failed_lines:
        lines = ", ".join(map(str, report.failed_lines))
        raise PushError(f"not handed over to the addresses in these lines: {lines}")
    return report.as_dict()


def _deliver(delivery: PushDelivery, notifications: Sequence[Mapping[str, Any]]) -> PushReport:
    report = delivery.deliver(map(read_notification, notifications))
    logger.info("push", extra=report.as_dict())
    return report
