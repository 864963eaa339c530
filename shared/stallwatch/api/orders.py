"""Routes below `/orders`: add, list, look up, change, forget, act, and draft messages."""

import base64
import json
from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.api.context import (
    JSON,
    OrderIdInPath,
    no_content,
    refusals,
    services_of,
    words_of,
)
from stallwatch.api.fields import SellerLanguage
from stallwatch.api.models import (
    ActionIn,
    DraftOut,
    DraftsOut,
    NewOrder,
    OrderChanges,
    OrderDetails,
    OrdersPage,
)
from stallwatch.api.views import order_details, order_out
from stallwatch.domain.errors import UnacceptableError, UnreadableError
from stallwatch.domain.orders import Action, Order, SearchPlace, State
from stallwatch.domain.parcels import Stage
from stallwatch.domain.validation import check_action
from stallwatch.messages.drafts import drafts
from stallwatch.orders.ports import PageCursor

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


@router.post(
    "/orders",
    summary="Add an order",
    description="The first check follows at once. The same again answers 200, other content 409.",
    tags=["Orders"],
    responses={
        200: {"description": "It is there already", "content": {JSON: {"model": OrderDetails}}},
        201: {"description": "It was added", "content": {JSON: {"model": OrderDetails}}},
        **refusals(400, 409, 413, 415, 422),
    },
)
def add_order(order: NewOrder) -> Response[OrderDetails]:
    """Add an order."""
    services = services_of(router)
    fields = order.model_dump()
    fields["destination"] = fields["destination"] or services.home_country
    wanted = Order(**fields, created_at=services.now, incarnation="")
    view, is_new = services.orders.add(wanted, services.now)
    return Response(201 if is_new else 200, JSON, order_details(view, words_of(router)))


@router.get(
    "/orders",
    summary="List orders",
    description="Watched ones first, then delivered, then closed; the newest of each first.",
    tags=["Orders"],
    responses={
        200: {"description": "A page", "content": {JSON: {"model": OrdersPage}}},
        **refusals(400, 422),
    },
)
def list_orders(
    stage: Annotated[Stage | None, Query(description="Only orders in this stage")] = None,
    state: Annotated[State | None, Query(description="Only orders in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
) -> OrdersPage:
    """List orders."""
    services = services_of(router)
    start = None if cursor is None else _read_cursor(cursor, state)
    views, following = services.orders.list(state, limit, start, services.now)
    orders = [order_out(view, words_of(router)) for view in views]
    return OrdersPage(
        orders=[order for order in orders if stage is None or order.stage is stage],
        next_cursor=None if following is None else _write_cursor(following),
    )


@router.get(
    "/orders/<order_id>",
    summary="Look up an order",
    tags=["Orders"],
    responses={
        200: {"description": "The order", "content": {JSON: {"model": OrderDetails}}},
        **refusals(404, 422),
    },
)
def get_order(order_id: OrderIdInPath) -> OrderDetails:
    """Look up an order."""
    services = services_of(router)
    return order_details(services.orders.get(order_id, services.now), words_of(router))


@router.patch(
    "/orders/<order_id>",
    summary="Change an order",
    description="What is missing stays, null clears.",
    tags=["Orders"],
    responses={
        200: {"description": "The order", "content": {JSON: {"model": OrderDetails}}},
        **refusals(400, 404, 413, 415, 422),
    },
)
def change_order(order_id: OrderIdInPath, changes: OrderChanges) -> OrderDetails:
    """Change an order."""
    services = services_of(router)
    fields = changes.model_dump(exclude_unset=True)
    if "ordered_on" in fields and fields["ordered_on"] is None:
        raise UnacceptableError({"ordered_on": "is needed"})
    if "destination" in fields:
        fields["destination"] = fields["destination"] or services.home_country
    view = services.orders.change(order_id, fields, services.now)
    return order_details(view, words_of(router))


@router.delete(
    "/orders/<order_id>",
    summary="Forget an order",
    description="From the answer on nothing new is sent for it.",
    tags=["Orders"],
    responses={204: {"description": "It is forgotten"}, **refusals(404, 422)},
)
def forget_order(order_id: OrderIdInPath) -> Response[None]:
    """Forget an order."""
    services_of(router).orders.forget(order_id)
    return no_content()


@router.post(
    "/orders/<order_id>/actions",
    summary="Say what was done about an order",
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


@router.get(
    "/orders/<order_id>/drafts",
    summary="Words to send to the seller and for the dispute",
    description="In the order's language, unless another is asked for. Chinese (`zh`) is for the "
    "seller only.",
    tags=["Orders"],
    responses={
        200: {"description": "The drafts", "content": {JSON: {"model": DraftsOut}}},
        **refusals(404, 422),
    },
)
def draft_words(
    order_id: OrderIdInPath,
    language: Annotated[SellerLanguage | None, Query(description="None: the order's")] = None,
) -> DraftsOut:
    """Draft what to send about an order."""
    services = services_of(router)
    view = services.orders.get(order_id, services.now)
    chosen = language or view.order.language or services.words.language
    written = drafts(view.order, view.decision, services.orders.limits.stalled, chosen)
    return DraftsOut(
        drafts=[DraftOut(kind=d.kind, language=d.language, text=d.text) for d in written]
    )


def _write_cursor(cursor: PageCursor) -> str:
    return base64.urlsafe_b64encode(json.dumps([cursor.state, cursor.listed]).encode()).decode()


def _read_cursor(text: str, state: State | None) -> PageCursor:
    """The cursor that a text stands for.

    Raises:
        UnreadableError: it is not one of ours, or goes with another list.
    """
    refused = UnreadableError("The cursor is not one of ours.")
    try:
        name, listed = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
        cursor = PageCursor(State(name), listed)
    except (ValueError, TypeError, RecursionError) as error:
        raise refused from error
    if not isinstance(listed, str) or (state is not None and cursor.state is not state):
        raise refused
    return cursor
