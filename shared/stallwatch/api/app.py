"""The API's routes: read the request, call the desk, show what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from stallwatch.alerting.subscriptions import Subscription, Subscriptions
from stallwatch.api.claim_models import ClaimOut
from stallwatch.api.claim_response import TYPES, Form, claim_response, form_for
from stallwatch.api.fields import SellerLanguage
from stallwatch.api.models import (
    ActionIn,
    CreditsOut,
    DraftOut,
    DraftsOut,
    ErrorOut,
    FieldError,
    LinkOut,
    LinksOut,
    NewLinkOut,
    NewOrder,
    OrderChanges,
    OrderDetails,
    OrdersPage,
    SourceOut,
    StatsOut,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionsOut,
)
from stallwatch.api.static import asset, docs_page, openapi_document, page
from stallwatch.api.stats import experiences_out, money_out
from stallwatch.api.views import order_details, order_out
from stallwatch.claims.service import Claims, Link
from stallwatch.domain.errors import (
    ExistsError,
    MissingError,
    SenselessError,
    UnacceptableError,
    UnreadableError,
)
from stallwatch.domain.orders import Action, Order, SearchPlace, State
from stallwatch.domain.parcels import Stage
from stallwatch.domain.validation import check_action, check_endpoint
from stallwatch.messages.drafts import drafts
from stallwatch.messages.translations import Translations
from stallwatch.orders.ports import OrderStore, PageCursor
from stallwatch.orders.service import OrderService
from stallwatch.polling.registration import Credits
from stallwatch.tracking.profiles import profile_of

MOST_BYTES = 64 * 1024
"""How large a request's body may be."""


JSON = "application/json"


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
"""What Powertools reads besides JSON, and no route takes."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call.

    Args:
        desk: The orders.
        claims: The claim files.
        subscriptions: The subscribers.
        home_country: The destination of an order that names none.
        sources: The names of the sources, the first one first.
        words: The language of the advice.
        now: The instant of the request.
    """

    desk: OrderService
    claims: Claims
    subscriptions: Subscriptions
    home_country: str
    sources: tuple[str, ...]
    words: Translations
    now: datetime


app = APIGatewayRestResolver(enable_validation=True)


def respond(event: dict[str, Any], context: Any, services: Services) -> dict[str, Any]:
    """Answer a request.

    Args:
        event: The gateway's event.
        context: The function's context.
        services: What the routes call.
    """
    refusal = _refusal(event)
    if refusal is not None:
        return {
            "statusCode": refusal.status_code,
            "multiValueHeaders": {"Content-Type": [JSON]},
            "body": refusal.body,
            "isBase64Encoded": False,
        }
    app.context["services"] = services
    return app.resolve(event, context)


def _refusal(event: dict[str, Any]) -> Response[str] | None:
    """What is wrong with a request whatever its route; None where nothing is."""
    if _body_size(event) > MOST_BYTES:
        return _error(413, f"The body must not be larger than {MOST_BYTES // 1024} KiB.")
    kind = APIGatewayProxyEvent(event).headers.get("content-type", "")
    if event.get("body") and kind.strip().lower().startswith(_FORMS):
        return _error(415, "The body must be application/json.")
    return None


def _body_size(event: Mapping[str, Any]) -> int:
    body = event.get("body") or ""
    return len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode())


def _services() -> Services:
    services: Services = app.context["services"]
    return services


# Errors.
Handler = TypeVar("Handler", bound=Callable[..., Response[str]])


def _answers(*errors: type[Exception]) -> Callable[[Handler], Handler]:
    """Registers what answers some errors."""

    def register(handler: Handler) -> Handler:
        app.exception_handler(list(errors))(handler)
        return handler

    return register


def _error(status: int, message: str, errors: Mapping[str, str] | None = None) -> Response[str]:
    found = [FieldError(field=f, reason=r) for f, r in (errors or {}).items()] or None
    body = ErrorOut(message=message, errors=found)
    return Response(status, JSON, body.model_dump_json(exclude_none=True))


def _errors(*statuses: int) -> dict[int, Any]:
    """The refusals of a route, for its documentation."""
    meaning = {
        400: "Unreadable",
        404: "There is no such thing",
        409: "It is another one, or makes no sense now",
        413: "Too large",
        415: "Not JSON",
        422: "Fields are not acceptable",
    }
    return {
        status: {
            "description": meaning[status],
            "content": {JSON: {"model": ErrorOut}},
        }
        for status in statuses
    }


@_answers(MissingError)
def _missing(_: MissingError) -> Response[str]:
    return _error(404, "There is no such thing.")


@_answers(ExistsError)
def _exists(error: ExistsError) -> Response[str]:
    return _error(409, f"There is another order {error} with other content.")


@_answers(SenselessError)
def _senseless(error: SenselessError) -> Response[str]:
    return _error(409, str(error))


@_answers(UnacceptableError)
def _unacceptable(error: UnacceptableError) -> Response[str]:
    return _error(422, "Some fields are not acceptable.", error.reasons)


@_answers(UnreadableError)
def _not_ours(error: UnreadableError) -> Response[str]:
    return _error(400, str(error))


@_answers(UnicodeDecodeError, RecursionError)
def _unreadable(_: Exception) -> Response[str]:
    return _error(400, "The body is not readable JSON.")


@_answers(RequestUnsupportedContentType)
def _unsupported(_: RequestUnsupportedContentType) -> Response[str]:
    return _error(415, "The body must be application/json.")


@_answers(RequestValidationError)
def _invalid(error: RequestValidationError) -> Response[str]:
    reasons = {}
    for found in error.errors():
        kind, where = found["type"], [str(part) for part in found["loc"]]
        if kind == "json_invalid":
            return _error(400, "The body is not readable JSON.")
        in_body, *field = where
        name = ".".join(field) or in_body
        reasons[name] = found["msg"].removeprefix("Value error, ")
    return _error(422, "Some fields are not acceptable.", reasons)


@app.not_found
def _no_route(_: Exception) -> Response[str]:
    return _error(404, "There is no such route.")


# Orders.
OrderIdInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


@app.post(
    "/orders",
    summary="Add an order",
    description="The first check follows at once. The same again answers 200, other content 409.",
    tags=["Orders"],
    responses={
        200: {"description": "It is there already", "content": {JSON: {"model": OrderDetails}}},
        201: {"description": "It was added", "content": {JSON: {"model": OrderDetails}}},
        **_errors(400, 409, 413, 415, 422),
    },
)
def add_order(order: NewOrder) -> Response[OrderDetails]:
    """Add an order."""
    services = _services()
    given = order.model_dump()
    given["destination"] = given["destination"] or services.home_country
    wanted = Order(**given, created_at=services.now, incarnation="")
    seen, is_new = services.desk.add(wanted, services.now)
    return Response(201 if is_new else 200, JSON, order_details(seen, services.words))


@app.get(
    "/orders",
    summary="List orders",
    description="Watched ones first, then delivered, then closed; the newest of each first.",
    tags=["Orders"],
    responses={
        200: {"description": "A page", "content": {JSON: {"model": OrdersPage}}},
        **_errors(400, 422),
    },
)
def list_orders(
    stage: Annotated[Stage | None, Query(description="Only orders in this stage")] = None,
    state: Annotated[State | None, Query(description="Only orders in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
) -> OrdersPage:
    """List orders."""
    services = _services()
    place = None if cursor is None else _place(cursor)
    found, following = services.desk.list(state, limit, place, services.now)
    orders = [order_out(seen, services.words) for seen in found]
    return OrdersPage(
        orders=[order for order in orders if stage is None or order.stage is stage],
        next_cursor=None if following is None else following.as_text(),
    )


@app.get(
    "/orders/<order_id>",
    summary="Look up an order",
    tags=["Orders"],
    responses={
        200: {"description": "The order", "content": {JSON: {"model": OrderDetails}}},
        **_errors(404, 422),
    },
)
def get_order(order_id: OrderIdInPath) -> OrderDetails:
    """Look up an order."""
    services = _services()
    return order_details(services.desk.get(order_id, services.now), services.words)


@app.patch(
    "/orders/<order_id>",
    summary="Change an order",
    description="What is missing stays, null clears.",
    tags=["Orders"],
    responses={
        200: {"description": "The order", "content": {JSON: {"model": OrderDetails}}},
        **_errors(400, 404, 413, 415, 422),
    },
)
def change_order(order_id: OrderIdInPath, changes: OrderChanges) -> OrderDetails:
    """Change an order."""
    services = _services()
    given = changes.model_dump(exclude_unset=True)
    if "ordered_on" in given and given["ordered_on"] is None:
        raise UnacceptableError({"ordered_on": "is needed"})
    if "destination" in given:
        given["destination"] = given["destination"] or services.home_country
    seen = services.desk.change(order_id, given, services.now)
    return order_details(seen, services.words)


@app.delete(
    "/orders/<order_id>",
    summary="Forget an order",
    description="From the answer on nothing new is sent for it.",
    tags=["Orders"],
    responses={204: {"description": "It is forgotten"}, **_errors(404, 422)},
)
def forget_order(order_id: OrderIdInPath) -> Response[None]:
    """Forget an order."""
    _services().desk.forget(order_id)
    return Response(204, body="")  # type: ignore[arg-type]


@app.post(
    "/orders/<order_id>/actions",
    summary="Say what was done about an order",
    description="The same again changes nothing.",
    tags=["Orders"],
    responses={
        200: {"description": "The order", "content": {JSON: {"model": OrderDetails}}},
        **_errors(400, 404, 409, 413, 415, 422),
    },
)
def act_on_order(order_id: OrderIdInPath, action: ActionIn) -> OrderDetails:
    """Take down what the buyer says."""
    services = _services()
    said = Action(
        kind=action.action,
        at=services.now,
        on=action.on,
        until=action.until,
        amount=action.amount,
        answers=_places(action),
    )
    order = services.desk.get(order_id, services.now).order
    check_action(said, order, services.now)
    return order_details(services.desk.act(order_id, said, services.now), services.words)


def _places(action: ActionIn) -> tuple[tuple[SearchPlace, date], ...]:
    given = {} if action.answers is None else action.answers.model_dump(exclude_none=True)
    return tuple((spot, given[spot]) for spot in SearchPlace if spot in given)


@app.get(
    "/orders/<order_id>/drafts",
    summary="Words to send to the seller and for the dispute",
    description="In the order's language, unless another is asked for. Chinese (`zh`) is for the "
    "seller only.",
    tags=["Orders"],
    responses={
        200: {"description": "The drafts", "content": {JSON: {"model": DraftsOut}}},
        **_errors(404, 422),
    },
)
def draft_words(
    order_id: OrderIdInPath,
    language: Annotated[SellerLanguage | None, Query(description="None: the order's")] = None,
) -> DraftsOut:
    """Draft what to send about an order."""
    services = _services()
    seen = services.desk.get(order_id, services.now)
    chosen = language or seen.order.language or services.words.language
    found = drafts(seen.order, seen.decision, services.desk.limits.stalled, chosen)
    return DraftsOut(
        drafts=[DraftOut(kind=d.kind, language=d.language, text=d.text) for d in found]
    )


def _place(cursor: str) -> PageCursor:
    """The place that a cursor stands for.

    Raises:
        UnreadableError: it is not one of ours.
    """
    try:
        return PageCursor.of_text(cursor)
    except ValueError as error:
        raise UnreadableError("The cursor is not one of ours.") from error


# Claims.
_AS = Query(alias="as", description="The form, where no `Accept` header can be set")


_CLAIM: dict[int, Any] = {
    200: {
        "description": "The claim file, a page of it, or its picture",
        "content": {
            JSON: {"model": ClaimOut},
            **{
                kind.partition(";")[0]: {"schema": {"type": "string"}}
                for kind in TYPES.values()
                if kind != JSON
            },
        },
    }
}


def _claim(file: bytes, form: Form | None) -> Response[Any]:
    accept = app.current_event.headers.get("accept", "")
    return claim_response(file, form_for(accept, form))


@app.get(
    "/orders/<order_id>/claim",
    summary="The claim file of an order",
    description=(
        "What is known of the parcel, who said it, how it was watched, and a checksum: JSON, a page"
        " for `Accept: text/html`, a picture for `image/png` or `image/svg+xml`. Each call makes a"
        " file of its own; a link keeps one, so that its forms have the same checksum."
    ),
    tags=["Claims"],
    responses={**_CLAIM, **_errors(404, 422)},
)
def get_claim(order_id: OrderIdInPath, as_: Annotated[Form | None, _AS] = None) -> Response[Any]:
    """The claim file of an order."""
    services = _services()
    return _claim(services.claims.make(order_id, services.now), as_)


@app.get(
    "/orders/<order_id>/claim/links",
    summary="List the links to an order's claim file",
    tags=["Claims"],
    responses={
        200: {"description": "Those that live", "content": {JSON: {"model": LinksOut}}},
        **_errors(404, 422),
    },
)
def list_links(order_id: OrderIdInPath) -> LinksOut:
    """List the links to an order's claim file."""
    services = _services()
    links = services.claims.links(order_id, services.now)
    return LinksOut(links=[LinkOut(**_link(link)) for link in links])


@app.post(
    "/orders/<order_id>/claim/links",
    summary="Make a link to an order's claim file",
    description=(
        "It needs no key, keeps the file as it stands now, and lives for 30 days. Its token is"
        " told this once."
    ),
    tags=["Claims"],
    responses={
        201: {"description": "It was made", "content": {JSON: {"model": NewLinkOut}}},
        **_errors(404, 409, 413, 415, 422),
    },
)
def make_link(order_id: OrderIdInPath) -> Response[NewLinkOut]:
    """Make a link to an order's claim file."""
    services = _services()
    link, token = services.claims.link(order_id, services.now)
    made = NewLinkOut(**_link(link), token=token, path=f"claims/{token}")
    return Response(201, JSON, made)


@app.delete(
    "/orders/<order_id>/claim/links/<link_id>",
    summary="Revoke a link",
    description="From the answer on it opens nothing.",
    tags=["Claims"],
    responses={204: {"description": "It is revoked"}, **_errors(404, 422)},
)
def revoke_link(
    order_id: OrderIdInPath, link_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
) -> Response[None]:
    """Revoke a link."""
    services = _services()
    services.claims.revoke(order_id, link_id, services.now)
    return Response(204, body="")  # type: ignore[arg-type]


@app.get(
    "/claims/<token>",
    summary="What a link opens",
    description="Needs no key. A link that was revoked or has ended is as if it had never been.",
    tags=["Claims"],
    responses={**_CLAIM, **_errors(404, 422)},
)
def open_link(token: str, as_: Annotated[Form | None, _AS] = None) -> Response[Any]:
    """What a link opens."""
    services = _services()
    return _claim(services.claims.open(token, services.now), as_)


def _link(link: Link) -> dict[str, Any]:
    return {"id": link.id, "made_at": link.made_at, "ends_at": link.ends_at}


# Subscribers.
@app.get(
    "/subscriptions",
    summary="List the subscribers",
    tags=["Subscribers"],
    responses={200: {"description": "All", "content": {JSON: {"model": SubscriptionsOut}}}},
)
def list_subscriptions() -> SubscriptionsOut:
    """List the subscribers."""
    found = [_subscription(s) for s in _services().subscriptions.list()]
    return SubscriptionsOut(subscriptions=found)


@app.post(
    "/subscriptions",
    summary="Subscribe by e-mail or SMS",
    description="The same endpoint with other kinds or another language changes them.",
    tags=["Subscribers"],
    responses={
        200: {"description": "Changed", "content": {JSON: {"model": SubscriptionOut}}},
        201: {"description": "Added", "content": {JSON: {"model": SubscriptionOut}}},
        **_errors(400, 413, 415, 422),
    },
)
def subscribe(subscription: SubscriptionIn) -> Response[SubscriptionOut]:
    """Add or change a subscriber."""
    services = _services()
    endpoint = check_endpoint(subscription.protocol, subscription.endpoint)
    found, is_new = services.subscriptions.subscribe(
        subscription.protocol,
        endpoint,
        subscription.kinds,
        subscription.language,
        services.now,
    )
    return Response(201 if is_new else 200, JSON, _subscription(found))


@app.delete(
    "/subscriptions/<subscription_id>",
    summary="Unsubscribe",
    tags=["Subscribers"],
    responses={204: {"description": "Removed"}, **_errors(404, 422)},
)
def unsubscribe(
    subscription_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")],
) -> Response[None]:
    """Remove a subscriber."""
    services = _services()
    services.subscriptions.unsubscribe(subscription_id, services.now)
    return Response(204, body="")  # type: ignore[arg-type]


def _subscription(found: Subscription) -> SubscriptionOut:
    return SubscriptionOut(
        id=found.subscriber.id,
        protocol=found.subscriber.protocol,
        endpoint=found.subscriber.endpoint,
        kinds=None if found.kinds is None else list(found.kinds),
        language=found.language,
        confirmed=found.subscriber.arn is not None,
    )


# Counts.
@app.get(
    "/stats",
    summary="Counts over all orders",
    tags=["Stats"],
    responses={200: {"description": "The counts", "content": {JSON: {"model": StatsOut}}}},
)
def stats() -> StatsOut:
    """Counts over all orders."""
    services = _services()
    totals = services.desk.records.totals()
    return StatsOut(
        orders=dict(totals.states),
        stages=dict(totals.stages),
        alerts=dict(totals.alerts),
        money=money_out(totals.money),
        deliveries=experiences_out(totals.experiences, services.desk.limits),
        sources=[_source(services.desk.records, name) for name in services.sources],
    )


def _source(records: OrderStore, name: str) -> SourceOut:
    health = records.health(name)
    return SourceOut(
        name=name,
        verdict=health.verdict.value,
        down_since=health.down_since,
        next_try_at=health.open_until,
        credits=_credits(records.credits(name)) if profile_of(name).takes_credits else None,
    )


def _credits(found: Credits) -> CreditsOut:
    return CreditsOut(
        spent=found.spent,
        left=None if found.quota is None else found.quota.left,
        total=None if found.quota is None else found.quota.total,
        asked_at=found.quota_at,
    )


# The page.
@app.get("/", include_in_schema=False)
def show_page() -> Response[Any]:
    """The page."""
    return page()


@app.get("/docs", include_in_schema=False)
def show_docs() -> Response[Any]:
    """The API's documentation, for people."""
    return docs_page()


@app.get("/openapi.json", include_in_schema=False)
def show_openapi() -> Response[Any]:
    """The API's documentation, for machines."""
    return openapi_document()


@app.get("/assets/<file>", include_in_schema=False)
def show_asset(file: str) -> Response[Any]:
    """What the pages are made of."""
    return asset(file)
