"""Routes of orders: add, list, look up, change and delete them."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.api.context import (
    JSON,
    OrderIdInPath,
    no_content,
    read_cursor,
    refusals,
    services_of,
    words_of,
)
from stallwatch.api.models import (
    NewOrder,
    OrderChanges,
    OrderDetails,
    OrdersPage,
)
from stallwatch.api.views import order_details, order_out
from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.orders import Order, State
from stallwatch.domain.parcels import Stage
from stallwatch.orders.ports import PageQuery, Sort

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


@router.post(
    "/orders",
    summary="Add an order",
    description="The first check follows at once. Sent again, the same order answers 200; a "
    "different order with the same id answers 409.",
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
    description="By default watched orders first, then delivered, then closed ones; of each the"
    " newest first. A page may be short; only a null cursor ends the list.",
    tags=["Orders"],
    responses={
        200: {"description": "A page", "content": {JSON: {"model": OrdersPage}}},
        **refusals(400, 422),
    },
)
def list_orders(
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="An id, a tracking number, or part of a title or of a seller",
        ),
    ] = None,
    sort: Annotated[
        Sort,
        Query(
            description="`urgent`: the most urgent first; `deadline`: the nearest deadline first"
        ),
    ] = Sort.NEWEST,
    stage: Annotated[Stage | None, Query(description="Only orders in this stage")] = None,
    state: Annotated[State | None, Query(description="Only orders in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
) -> OrdersPage:
    """List orders."""
    services, words = services_of(router), words_of(router)
    query = PageQuery(limit=limit, state=state, stage=stage, sort=sort, q=q or None)
    views, following = services.orders.page(query, read_cursor(cursor), services.now)
    return OrdersPage(
        orders=[order_out(view, words) for view in views],
        next_cursor=None if following is None else following.as_text(),
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
    description="Fields that you leave out stay as they are; null clears a field.",
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
    summary="Delete an order",
    description="Once this has answered, nothing new is sent for the order.",
    tags=["Orders"],
    responses={204: {"description": "It is deleted"}, **refusals(404, 422)},
)
def forget_order(order_id: OrderIdInPath) -> Response[None]:
    """Delete an order."""
    services_of(router).orders.forget(order_id)
    return no_content()
