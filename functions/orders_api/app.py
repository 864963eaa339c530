"""Serves the API and the page."""

from typing import Any

from aws_lambda_powertools import Logger

from stallwatch.alerting.subscriptions import Subscriptions
from stallwatch.api.app import respond
from stallwatch.api.context import Services
from stallwatch.aws import clients
from stallwatch.aws.lambda_clock import Context, LambdaClock
from stallwatch.aws.logs import configure
from stallwatch.aws.poll_trigger import FunctionTrigger
from stallwatch.aws.settings import Settings
from stallwatch.aws.sns import SnsPublisher, TopicSubscribers
from stallwatch.calendar.service import Calendars
from stallwatch.claims.service import Claims
from stallwatch.dynamodb.calendars import DynamoCalendarStore
from stallwatch.dynamodb.claims import DynamoClaimStore
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.subscribers import DynamoSubscriberStore
from stallwatch.dynamodb.table import Table
from stallwatch.messages.translations import Translations
from stallwatch.orders.service import OrderService

logger = configure(Logger())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Answer a request."""
    settings = Settings.of_environment()
    table = Table(clients.dynamodb(), settings.table_name)
    orders = OrderService(
        store=DynamoOrderStore(table),
        start_poll=FunctionTrigger(settings.pull_function),
        schedule=settings.schedule,
        thresholds=settings.thresholds,
        second_source=settings.second_source,
    )
    services = Services(
        orders=orders,
        claims=Claims(
            orders=orders,
            link_store=DynamoClaimStore(table),
            thresholds=settings.thresholds,
            source=settings.first_source,
            second_source=settings.second_source,
        ),
        calendars=Calendars(orders, DynamoCalendarStore(table), Translations(settings.language)),
        subscriptions=Subscriptions(
            TopicSubscribers(clients.sns(), settings.topic_arn, settings.translated_topic_arn),
            DynamoSubscriberStore(table),
            settings.language,
        ),
        publish_to_all=SnsPublisher(
            clients.sns_once(),
            settings.topic_arn,
            settings.translated_topic_arn,
            clients.publishing_connections(),
        ).publish_to_all,
        delivery=lambda: settings.delivery,
        home_country=settings.home_country,
        sources=settings.sources,
        words=Translations(settings.language),
        now=LambdaClock(context, settings.clock_shift).now(),
        base_path=settings.base_path,
    )
    return respond(event, context, services)
