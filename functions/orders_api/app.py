"""Serves the API and the page."""

from typing import Any

from aws_lambda_powertools import Logger

from stallwatch import clients
from stallwatch.api.routes import Services, respond
from stallwatch.booking import Desk
from stallwatch.claiming import Claims
from stallwatch.clock import Context, LambdaClock
from stallwatch.logs import configure
from stallwatch.notify import TopicSubscribers
from stallwatch.settings import Settings
from stallwatch.store.book import BookStore
from stallwatch.store.claims import ClaimStore
from stallwatch.store.subscribers import SubscriberStore
from stallwatch.store.table import Table
from stallwatch.subscribing import Subscriptions
from stallwatch.words import Words

logger = configure(Logger())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Answer a request."""
    settings = Settings.of_environment()
    table = Table(clients.dynamodb(), settings.table_name)

    def nudge() -> None:
        clients.functions().invoke(
            FunctionName=settings.pull_function, InvocationType="Event", Payload=b"{}"
        )

    desk = Desk(
        records=BookStore(table),
        nudge=nudge,
        wheel=settings.wheel,
        limits=settings.limits,
        second_source=settings.second_source,
    )
    services = Services(
        desk=desk,
        claims=Claims(
            desk=desk,
            shelf=ClaimStore(table),
            limits=settings.limits,
            source=settings.first_source,
            second_source=settings.second_source,
        ),
        subscriptions=Subscriptions(
            TopicSubscribers(clients.sns(), settings.topic_arn, settings.translated_topic_arn),
            SubscriberStore(table),
            settings.language,
        ),
        home_country=settings.home_country,
        sources=settings.sources,
        words=Words(settings.language),
        now=LambdaClock(context, settings.clock_shift).now(),
    )
    return respond(event, context, services)
