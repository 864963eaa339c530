"""Routes below `/subscriptions`: who gets the alerts."""

from secrets import token_hex
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.alerting.delivery_plan import DeliveryPlan
from stallwatch.alerting.subscriptions import UNCHANGED, Subscription
from stallwatch.api.context import JSON, no_content, page_url_of, refusals, services_of
from stallwatch.api.subscription_models import (
    ConfirmationIn,
    DeliveryOut,
    DigestOut,
    PushOut,
    QuietHoursOut,
    SubscriptionChanges,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionsOut,
    TestMessageOut,
)
from stallwatch.domain.validation import check_endpoint
from stallwatch.messages.compose import Message
from stallwatch.messages.test_message import compose_test
from stallwatch.messages.translations import Translations

router = APIGatewayRouter()  # type: ignore[no-untyped-call]

SubscriptionId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@router.get(
    "/subscriptions",
    summary="List the subscribers",
    tags=["Subscribers"],
    responses={200: {"description": "All", "content": {JSON: {"model": SubscriptionsOut}}}},
)
def list_subscriptions() -> SubscriptionsOut:
    """List the subscribers, with when and how else alerts go out."""
    services = services_of(router)
    return SubscriptionsOut(
        subscriptions=[_subscription_out(s) for s in services.subscriptions.list()],
        delivery=_delivery_out(services.delivery()),
    )


@router.post(
    "/subscriptions",
    summary="Subscribe by e-mail or SMS",
    description="Sent again with other kinds or another language, the same endpoint is changed.",
    tags=["Subscribers"],
    responses={
        200: {"description": "Changed", "content": {JSON: {"model": SubscriptionOut}}},
        201: {"description": "Added", "content": {JSON: {"model": SubscriptionOut}}},
        **refusals(400, 413, 415, 422),
    },
)
def subscribe(given: SubscriptionIn) -> Response[SubscriptionOut]:
    """Add or change a subscriber."""
    services = services_of(router)
    endpoint = check_endpoint(given.protocol, given.endpoint)
    subscription, is_new = services.subscriptions.subscribe(
        given.protocol, endpoint, given.kinds, given.language, services.now
    )
    return Response(201 if is_new else 200, JSON, _subscription_out(subscription))


@router.patch(
    "/subscriptions/<subscription_id>",
    summary="Change a subscriber",
    description="Fields that you leave out stay as they are; null restores the default.",
    tags=["Subscribers"],
    responses={
        200: {"description": "The subscriber", "content": {JSON: {"model": SubscriptionOut}}},
        **refusals(400, 404, 413, 415, 422),
    },
)
def change_subscription(
    subscription_id: SubscriptionId, changes: SubscriptionChanges
) -> SubscriptionOut:
    """Change a subscriber."""
    services = services_of(router)
    given = changes.model_fields_set
    default = services.subscriptions.language
    subscription = services.subscriptions.change(
        subscription_id,
        services.now,
        kinds=changes.kinds if "kinds" in given else UNCHANGED,
        language=(changes.language or default) if "language" in given else UNCHANGED,
    )
    return _subscription_out(subscription)


@router.post(
    "/subscriptions/confirm",
    summary="Confirm a subscription",
    description="With the link in its mail, so that only the owner of the stack can end it: the"
    " unsubscribe link in a forwarded mail does nothing.",
    tags=["Subscribers"],
    responses={204: {"description": "It is confirmed"}, **refusals(400, 413, 415, 422)},
)
def confirm_subscription(confirmation: ConfirmationIn) -> Response[None]:
    """Confirm a subscription."""
    services_of(router).subscriptions.confirm(confirmation.token)
    return no_content()


@router.post(
    "/subscriptions/test",
    summary="Send a test message",
    description="To everyone who has confirmed, whatever kinds they chose, in quiet hours too; "
    "at most once a minute.",
    tags=["Subscribers"],
    responses={
        202: {"description": "It was sent", "content": {JSON: {"model": TestMessageOut}}},
        **refusals(413, 415, 429),
    },
)
def send_test_message() -> Response[TestMessageOut]:
    """Send a test message to all subscribers."""
    services = services_of(router)
    page_url, message_id = page_url_of(router), f"test-{token_hex(16)}"

    def composed(language: str | None) -> Message:
        words = Translations(language or services.subscriptions.language)
        return compose_test(message_id, services.now, page_url, words)

    sent = services.subscriptions.test(composed, services.publish_to_all, services.now)
    return Response(202, JSON, TestMessageOut(messages=sent))


@router.delete(
    "/subscriptions/<subscription_id>",
    summary="Unsubscribe",
    tags=["Subscribers"],
    responses={204: {"description": "Removed"}, **refusals(404, 422)},
)
def unsubscribe(subscription_id: SubscriptionId) -> Response[None]:
    """Remove a subscriber."""
    services = services_of(router)
    services.subscriptions.unsubscribe(subscription_id, services.now)
    return no_content()


def _subscription_out(subscription: Subscription) -> SubscriptionOut:
    subscriber = subscription.subscriber
    return SubscriptionOut(
        id=subscriber.id,
        protocol=subscriber.protocol,
        endpoint=subscriber.endpoint,
        kinds=None if subscription.kinds is None else list(subscription.kinds),
        language=subscription.language,
        confirmed=subscriber.arn is not None,
    )


def _delivery_out(delivery: DeliveryPlan) -> DeliveryOut:
    quiet, digest = delivery.quiet_hours, delivery.digest
    return DeliveryOut(
        quiet_hours=None if quiet is None else QuietHoursOut(start=quiet[0], end=quiet[1]),
        time_zone=delivery.time_zone,
        digest=DigestOut(
            every=digest.every,
            at=digest.at,
            weekday=digest.weekday,
            schedule=digest.schedule,
        ),
        push=PushOut(configured=delivery.has_push),
    )
