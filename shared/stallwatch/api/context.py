"""What every router shares: the services of the present request, paths, and refusals."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.alerting.delivery_plan import DeliveryPlan
from stallwatch.alerting.ports import ComposedMessage, Outcome
from stallwatch.alerting.subscriptions import Subscriptions
from stallwatch.api.models import ErrorOut, FieldError
from stallwatch.calendar.service import Calendars
from stallwatch.claims.service import Claims
from stallwatch.domain.errors import UnreadableError
from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.messages.translations import Translations
from stallwatch.orders.ports import PageCursor
from stallwatch.orders.service import OrderService

JSON = "application/json"

OrderIdInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]

_LANGUAGES = {code.lower(): code for code in ALERT_LANGUAGES}

_MEANING = {
    400: "Unreadable",
    404: "Not found",
    409: "Another one exists, or it makes no sense now",
    413: "Too large",
    415: "Not JSON",
    422: "Fields are not acceptable",
    429: "Too soon",
}


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call.

    Args:
        orders: The orders.
        claims: The claim files.
        calendars: The calendar of deadlines.
        subscriptions: The subscribers.
        publish_to_all: Publishes a message that every subscriber gets, whatever each wants.
        delivery: Reads when and how alerts go out, by the stack's parameters.
        home_country: The destination of an order that names none, ISO 3166-1 alpha-2.
        sources: The names of the tracking sources, the first one first.
        words: The language of the advice.
        now: The instant of the request.
        base_path: The path of the own domain below which the API is mapped, such as `/parcels`;
            empty where it is mapped at the root.
    """

    orders: OrderService
    claims: Claims
    calendars: Calendars
    subscriptions: Subscriptions
    publish_to_all: Callable[[ComposedMessage, str | None], Outcome]
    delivery: Callable[[], DeliveryPlan]
    home_country: str
    sources: tuple[str, ...]
    words: Translations
    now: datetime
    base_path: str = ""


_SERVICES: ContextVar[Services] = ContextVar("services")
"""Of the request that is being answered: two at once, in one process, have one each."""


def provide(services: Services) -> None:
    """Set what the routes of this request call."""
    _SERVICES.set(services)


def services_of(router: object) -> Services:  # noqa: ARG001
    """The services of the request that a router, or the resolver, is answering."""
    return _SERVICES.get()


def words_of(router: APIGatewayRouter) -> Translations:
    """The language of the advice in an answer: the first known one that `Accept-Language` names.

    The stack's where the header is missing or names none that is known.
    """
    code = accepted_language(router.current_event.headers.get("accept-language", ""))
    return services_of(router).words if code is None else Translations(code)


def accepted_language(accepted: str) -> str | None:
    """The first known language that an `Accept-Language` header names; None where it names none."""
    for tag in accepted.split(","):
        code, _, quality = (part.strip().lower() for part in tag.partition(";"))
        if quality.replace(" ", "") in {"q=0", "q=0.0"}:
            continue
        for known in (code, code.partition("-")[0]):
            found: str | None = _LANGUAGES.get(known)
            if found is not None:
                return found
    return None


def address_of(router: APIGatewayRouter) -> str:
    """The address of the present request, as its caller wrote it: stage and base path included."""
    event = router.current_event
    path: str = event.raw_event["requestContext"].get("path") or event.path
    scheme = event.headers.get("x-forwarded-proto", "https")
    return f"{scheme}://{event.headers.get('host', '')}{path}"


def page_url_of(router: APIGatewayRouter) -> str:
    """The address of the page as the client of this request reaches it, with a slash at its end."""
    route = router.current_event.path.removeprefix(services_of(router).base_path)
    return address_of(router).removesuffix(route) + "/"


def read_cursor(text: str | None) -> PageCursor | None:
    """The place in a list that a client has carried.

    Raises:
        UnreadableError: it is not one of ours.
    """
    try:
        return None if text is None else PageCursor.of_text(text)
    except ValueError as error:
        raise UnreadableError("This cursor is not valid.") from error


def no_content() -> Response[None]:
    """An answer without content."""
    return Response(204, body="")  # type: ignore[arg-type]


def refusal(status: int, message: str, reasons: Mapping[str, str] | None = None) -> Response[str]:
    """An answer that refuses a request.

    Args:
        status: The HTTP status.
        message: What is wrong, for people.
        reasons: Why each field was refused, by field.
    """
    errors = [FieldError(field=field, reason=why) for field, why in (reasons or {}).items()]
    body = ErrorOut(message=message, errors=errors or None)
    return Response(status, JSON, body.model_dump_json(exclude_none=True))


def refusals(*statuses: int) -> dict[int, Any]:
    """The refusals of a route, for its documentation."""
    return {
        status: {"description": _MEANING[status], "content": {JSON: {"model": ErrorOut}}}
        for status in statuses
    }
