"""The API: refuses what no route can take, hands the rest to the routers, and words errors."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from stallwatch.api import (
    actions,
    calendars,
    claims,
    orders,
    pages,
    stats,
    subscriptions,
    transfers,
)
from stallwatch.api.compression import packed
from stallwatch.api.context import (
    JSON,
    Services,
    accepted_language,
    provide,
    refusal,
    services_of,
)
from stallwatch.domain.errors import (
    ConflictError,
    ExistsError,
    MissingError,
    SenselessError,
    TooSoonError,
    UnacceptableError,
    UnreadableError,
)
from stallwatch.imports.errors import ImportFailedError, ImportTooLargeError

MOST_BYTES = 64 * 1024
"""How large a request's body may be."""

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
"""What Powertools reads besides JSON, and no route takes."""

app = APIGatewayRestResolver(enable_validation=True)
for _routes in (orders, actions, transfers, claims, calendars, subscriptions, stats, pages):
    app.include_router(_routes.router)


def respond(event: dict[str, Any], context: Any, services: Services) -> dict[str, Any]:
    """Answer a request.

    Args:
        event: The gateway's event.
        context: The function's context.
        services: What the routes call.
    """
    refused = _refusal_of(event)
    if refused is not None:
        answer = {
            "statusCode": refused.status_code,
            "multiValueHeaders": {"Content-Type": [JSON]},
            "body": refused.body,
            "isBase64Encoded": False,
        }
        return _in_words(answer, event)
    provide(services)
    answer = _in_words(app.resolve(_named_json(_below(event, services.base_path)), context), event)
    # The gateway documents a string as the body. Powertools makes null of an empty one, which AWS
    # takes too, but not every emulator of it.
    answer = {**answer, "body": answer.get("body") or ""}
    return packed(answer, APIGatewayProxyEvent(event).headers)


def _in_words(answer: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """An answer, which is worded in the language that was asked for where it refuses."""
    if (
        answer["statusCode"] < HTTPStatus.BAD_REQUEST
        or answer.get("isBase64Encoded")
        or not answer.get("body")
    ):
        return answer
    language = accepted_language(APIGatewayProxyEvent(event).headers.get("accept-language", ""))
    if language is None:
        return answer
    from stallwatch.api.refusal_words import translated_body  # noqa: PLC0415

    return {**answer, "body": translated_body(answer["body"], language)}


def _below(event: dict[str, Any], base_path: str) -> dict[str, Any]:
    """An event whose path begins at the API, not at its domain.

    A custom domain that is mapped with a base path has this path in every event, while the
    resource stays the API's own. Requests to the API's first address have none, even where a
    route begins like the base path, so the number of segments decides.
    """
    path: str = event["path"]
    is_below = path == base_path or path.startswith(f"{base_path}/")
    if not base_path or not is_below or _depth(path) == _depth(event["resource"]):
        return event
    return {**event, "path": path.removeprefix(base_path) or "/"}


def _depth(path: str) -> int:
    return len([segment for segment in path.split("/") if segment])


def _refusal_of(event: dict[str, Any]) -> Response[str] | None:
    """What is wrong with a request whatever its route; None where nothing is."""
    body = event.get("body")
    if not body:
        return None
    is_import = event["resource"] == "/orders/import"
    most = transfers.MOST_BYTES if is_import else MOST_BYTES
    if _body_size(event) > most:
        return refusal(413, f"The body must not be larger than {most // 1024} KiB.")
    if is_import:
        # Its content tells what it is, since what is sent as its type rarely does.
        return None
    kind = _media_type(event)
    if kind in _FORMS or (kind.startswith(JSON) and kind != JSON):
        return refusal(415, "The body must be application/json.")
    if kind in {"", JSON}:
        try:
            sent = _json_of(event)
        except (ValueError, RecursionError, binascii.Error):
            return refusal(400, "The body is not readable JSON.")
        if isinstance(sent, list):
            # Powertools would take a list of one object for that object.
            return refusal(422, "The body must be a JSON object.", {"body": "must be an object"})
    return None


def _media_type(event: dict[str, Any]) -> str:
    """What a body is sent as, in lower case and without its parameters."""
    kind: str = APIGatewayProxyEvent(event).headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()


def _named_json(event: dict[str, Any]) -> dict[str, Any]:
    """An event whose JSON is called so in lower case: Powertools knows no other spelling."""
    if _media_type(event) != JSON:
        return event
    others = {name: of for name, of in event["headers"].items() if name.lower() != "content-type"}
    return {**event, "headers": {**others, "content-type": JSON}}


def _body_size(event: Mapping[str, Any]) -> int:
    """The size of a body in bytes, as the client sent it."""
    body: str = event["body"]
    if not event.get("isBase64Encoded"):
        return len(body.encode(errors="surrogatepass"))
    return len(body) * 3 // 4 - body[-2:].count("=")


def _json_of(event: Mapping[str, Any]) -> object:
    """A body as JSON.

    Python raises other errors than its `JSONDecodeError` for bytes that are no text, for deep
    nesting and for integers of more than 4,300 digits, and Powertools would let these through.

    Raises:
        ValueError, RecursionError, binascii.Error: it cannot be read.
    """
    body: str = event["body"]
    sent: object = json.loads(
        base64.b64decode(body).decode() if event.get("isBase64Encoded") else body
    )
    return sent


# Errors.
Handler = TypeVar("Handler", bound=Callable[..., Response[str]])


def _answers(*errors: type[Exception]) -> Callable[[Handler], Handler]:
    """Register what answers some errors."""

    def register(handler: Handler) -> Handler:
        app.exception_handler(list(errors))(handler)
        return handler

    return register


_NAMES = (
    ("/claim/links/", "There is no order with such a link, or the link was revoked or has ended."),
    ("/claims/", "There is no such link, or it was revoked or has ended."),
    ("/calendar/", "There is no such calendar link, or it was revoked."),
    ("/subscriptions/", "There is no such subscriber."),
    ("/assets/", "There is no such file."),
)
"""What is missing where an address has no order in it, by a part of the address."""


@_answers(MissingError)
def _missing(error: MissingError) -> Response[str]:
    path = app.current_event.path
    for part, message in _NAMES:
        if part in path:
            return refusal(404, message)
    if path.startswith("/orders/"):
        order_id, *rest = path.split("/")[2:]
        if rest[:1] == ["actions"] and error.args == (rest[-1],):
            return refusal(404, f"The order {order_id} has no action {rest[-1]}.")
        return refusal(404, f"There is no order {order_id}.")
    return refusal(404, f"There is no {error}.")


@_answers(ExistsError)
def _exists(error: ExistsError) -> Response[str]:
    return refusal(409, f"An order {error} with other content exists already.")


@_answers(SenselessError)
def _senseless(error: SenselessError) -> Response[str]:
    return refusal(409, str(error))


@_answers(TooSoonError)
def _too_soon(error: TooSoonError) -> Response[str]:
    seconds = max(1, ceil((error.again_at - services_of(app).now).total_seconds()))
    refused = refusal(429, f"That was done a moment ago: {error}.")
    refused.headers["Retry-After"] = str(seconds)
    return refused


@_answers(ConflictError)
def _in_each_others_way(_: ConflictError) -> Response[str]:
    # Like too many requests at once at the gateway: the same request works a moment later.
    refused = refusal(429, "Other requests were changing the same at this moment. Try again.")
    refused.headers["Retry-After"] = "1"
    return refused


@_answers(ImportFailedError)
def _import_failed(error: ImportFailedError) -> Response[str]:
    if isinstance(error, ImportTooLargeError):
        return refusal(413, f"{error}.")
    return refusal(422, "The body could not be read.", {"body": str(error)})


@_answers(UnacceptableError)
def _unacceptable(error: UnacceptableError) -> Response[str]:
    return refusal(422, "Some fields are not acceptable.", error.reasons)


@_answers(UnreadableError)
def _unreadable(error: UnreadableError) -> Response[str]:
    return refusal(400, str(error))


@_answers(RequestUnsupportedContentType)
def _unsupported(_: RequestUnsupportedContentType) -> Response[str]:
    return refusal(415, "The body must be application/json.")


@_answers(RequestValidationError)
def _invalid(error: RequestValidationError) -> Response[str]:
    reasons = {}
    for problem in error.errors():
        location, *names = (str(part) for part in problem["loc"])
        field = ".".join(names) or location
        reasons[field] = problem["msg"].removeprefix("Value error, ")
    return refusal(422, "Some fields are not acceptable.", reasons)


@app.not_found
def _no_route(_: Exception) -> Response[str]:
    event = app.current_event
    return refusal(404, f"There is no route {event.http_method} {event.path[:100]}.")
