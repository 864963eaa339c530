"""Routes about one order: what the buyer did, a check now, and drafts of messages."""

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.api.context import JSON, OrderIdInPath, refusals, services_of, words_of
from stallwatch.api.fields import SellerLanguage
from stallwatch.api.models import ActionIn, DraftOut, DraftsOut, OrderDetails
from stallwatch.api.views import order_details
from stallwatch.domain.orders import Action, SearchPlace
from stallwatch.domain.validation import check_action
from stallwatch.messages.drafts import drafts

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


@router.post(
    "/orders/<order_id>/actions",
    summary="Record what was done about an order",
    description="The same again changes nothing.",
    tags=["Orders"],
    responses={
        200: {"description": "The order", "content": {JSON: {"model": OrderDetails}}},
        **refusals(400, 404, 409, 413, 415, 422),
    },
)
def act_on_order(order_id: OrderIdInPath, given: ActionIn) -> OrderDetails:
    """Record what the buyer has done."""
    services = services_of(router)
    action = Action(
        kind=given.action,
        at=services.now,
        on=given.on,
        until=given.until,
        amount=given.amount,
        answers=_searched_places(given),
        note=given.note,
    )
    order = services.orders.get(order_id, services.now).order
    check_action(action, order, services.now)
    return order_details(services.orders.act(order_id, action, services.now), words_of(router))


def _searched_places(given: ActionIn) -> tuple[tuple[SearchPlace, date], ...]:
    days = {} if given.answers is None else given.answers.model_dump(exclude_none=True)
    return tuple((place, days[place]) for place in SearchPlace if place in days)


@router.delete(
    "/orders/<order_id>/actions/<action_id>",
    summary="Take one action back",
    description="All other actions stay.",
    tags=["Orders"],
    responses={
        200: {
            "description": "The order without it",
            "content": {JSON: {"model": OrderDetails}},
        },
        **refusals(404, 422),
    },
)
def take_back(
    order_id: OrderIdInPath,
    action_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")],
) -> OrderDetails:
    """Take one action back."""
    services = services_of(router)
    view = services.orders.take_back(order_id, action_id, services.now)
    return order_details(view, words_of(router))


@router.post(
    "/orders/<order_id>/check",
    summary="Check an order now",
    description="Outside the schedule, at most once in ten minutes. Answers before the check ends.",
    tags=["Orders"],
    responses={
        202: {"description": "It is being checked", "content": {JSON: {"model": OrderDetails}}},
        **refusals(404, 409, 422, 429),
    },
)
def check_order(order_id: OrderIdInPath) -> Response[OrderDetails]:
    """Check an order now."""
    services = services_of(router)
    services.orders.check_now(order_id, services.now)
    view = services.orders.get(order_id, services.now)
    return Response(202, JSON, order_details(view, words_of(router)))


@router.get(
    "/orders/<order_id>/drafts",
    summary="Drafts for the seller and the dispute",
    description="In the order's language, unless you ask for another. Chinese (`zh`) is for the "
    "seller only.",
    tags=["Orders"],
    responses={
        200: {"description": "The drafts", "content": {JSON: {"model": DraftsOut}}},
        **refusals(404, 422),
    },
)
def draft_words(
    order_id: OrderIdInPath,
    language: Annotated[SellerLanguage | None, Query(description="Default: the order's")] = None,
) -> DraftsOut:
    """Draft what to send about an order."""
    services = services_of(router)
    view = services.orders.get(order_id, services.now)
    chosen = language or view.order.language or services.words.language
    written = drafts(view.order, view.decision, services.orders.thresholds.stalled, chosen)
    return DraftsOut(
        drafts=[DraftOut(kind=d.kind, language=d.language, text=d.text) for d in written]
    )
