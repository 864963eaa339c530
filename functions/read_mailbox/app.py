"""Reads a mailbox for AliExpress's mails, and adds the orders that they tell of.

Invoked by its schedule, with an event of which nothing is needed.
"""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger

from stallwatch.aws import clients
from stallwatch.aws.lambda_clock import Context, LambdaClock
from stallwatch.aws.logs import configure
from stallwatch.aws.parameters import read_secret
from stallwatch.aws.poll_trigger import FunctionTrigger
from stallwatch.aws.settings import Settings
from stallwatch.dynamodb.mailbox import DynamoBookmarkStore
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.table import Table
from stallwatch.gateways.imap import ImapMailbox
from stallwatch.mailbox.access import MailboxAccess
from stallwatch.mailbox.reading import MailboxRun
from stallwatch.orders.documents import DocumentImport, make_order
from stallwatch.orders.service import OrderService

logger = configure(Logger())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:  # noqa: ARG001
    """Read what came in since the last run."""
    settings = Settings.of_environment()
    clock = LambdaClock(context, settings.clock_shift)
    table = Table(clients.dynamodb(), settings.table_name)
    orders = OrderService(
        store=DynamoOrderStore(table),
        start_poll=FunctionTrigger(settings.pull_function),
        schedule=settings.schedule,
        thresholds=settings.thresholds,
        second_source=settings.second_source,
        # A batch of mails tells of few orders.
        import_workers=1,
    )
    make = partial(make_order, home_country=settings.home_country, now=clock.now())
    access = MailboxAccess.of_text(read_secret(clients.parameters(), settings.mailbox))
    with ImapMailbox(access) as mailbox:
        report = MailboxRun(
            mailbox,
            DynamoBookmarkStore(table),
            DocumentImport(orders, make),
            clock.now,
            clock.remaining,
        ).run()
    answer: dict[str, Any] = report.as_dict()
    logger.info("mailbox", extra=answer)
    return answer
