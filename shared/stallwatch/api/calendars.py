"""Routes of the calendar of deadlines, and of the addresses that open it without the key."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.api.context import JSON, no_content, page_url_of, refusals, services_of
from stallwatch.api.link_models import CalendarLinkOut, CalendarLinksOut, NewCalendarLinkOut

router = APIGatewayRouter()  # type: ignore[no-untyped-call]

_CALENDAR = "text/calendar; charset=utf-8"


@router.post(
    "/calendar/links",
    summary="Make a calendar address",
    description="It needs no key and does not expire. Its token is shown only this once.",
    tags=["Calendar"],
    responses={
        201: {"description": "It was made", "content": {JSON: {"model": NewCalendarLinkOut}}},
        **refusals(409, 413, 415),
    },
)
def make_calendar_link() -> Response[NewCalendarLinkOut]:
    """Make a calendar address."""
    services = services_of(router)
    link, token = services.calendars.link(services.now)
    path = f"calendar/{token}"
    made = NewCalendarLinkOut(
        id=link.id,
        made_at=link.made_at,
        token=token,
        path=path,
        code=_qr_code(page_url_of(router) + path),
    )
    return Response(201, JSON, made)


@router.get(
    "/calendar/links",
    summary="List the calendar addresses",
    tags=["Calendar"],
    responses={
        200: {"description": "The addresses in use", "content": {JSON: {"model": CalendarLinksOut}}}
    },
)
def list_calendar_links() -> CalendarLinksOut:
    """List the calendar addresses."""
    links = services_of(router).calendars.links()
    return CalendarLinksOut(
        links=[CalendarLinkOut(id=link.id, made_at=link.made_at) for link in links]
    )


@router.delete(
    "/calendar/links/<link_id>",
    summary="Revoke a calendar address",
    description="It has stopped working when this answer comes.",
    tags=["Calendar"],
    responses={204: {"description": "It is revoked"}, **refusals(404, 422)},
)
def revoke_calendar_link(
    link_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")],
) -> Response[None]:
    """Revoke a calendar address."""
    services_of(router).calendars.revoke(link_id)
    return no_content()


@router.get(
    "/calendar/<token>",
    summary="The deadlines as iCalendar",
    description="Needs no key: this is what calendar applications subscribe to.",
    tags=["Calendar"],
    responses={
        200: {
            "description": "All-day entries for the key dates that apply",
            "content": {"text/calendar": {"schema": {"type": "string"}}},
        },
        **refusals(404),
    },
)
def open_calendar(token: str) -> Response[Any]:
    """The deadlines as iCalendar."""
    services = services_of(router)
    text = services.calendars.open(token, page_url_of(router), services.now)
    headers: dict[str, Any] = {
        "Cache-Control": "private, max-age=3600",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return Response(200, _CALENDAR, text, headers)


def _qr_code(url: str) -> list[str]:
    """The QR code of an address under the scheme that phones subscribe to calendars by."""
    import segno  # noqa: PLC0415 # Only who makes an address pays for it.

    code = segno.make_qr(f"webcal:{url.partition(':')[2]}", error="l")
    return ["".join("1" if dark else "0" for dark in row) for row in code.matrix]
