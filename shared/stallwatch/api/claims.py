"""Routes of the claim file and of the links that open it without the key."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.api.claim_models import ClaimOut
from stallwatch.api.claim_response import (
    TYPES,
    Form,
    Reader,
    claim_response,
    form_for,
    gone_response,
)
from stallwatch.api.context import (
    JSON,
    OrderIdInPath,
    address_of,
    no_content,
    refusals,
    services_of,
)
from stallwatch.api.link_models import LinkOut, LinksOut, NewLinkOut
from stallwatch.claims.service import Link
from stallwatch.domain.errors import MissingError

router = APIGatewayRouter()  # type: ignore[no-untyped-call]

_AS = Query(alias="as", description="The form, for clients that cannot set an `Accept` header")

_FOR = Query(alias="for", description="`bank`: the page is the form for the bank or PayPal")

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


_NOT_FOUND: dict[str, Any] = refusals(404)[404]

_GONE: Any = {
    **_NOT_FOUND,
    "content": {**_NOT_FOUND["content"], "text/html": {"schema": {"type": "string"}}},
}


@router.get(
    "/orders/<order_id>/claim",
    summary="The claim file of an order",
    description=(
        "What is known about the parcel, who reported it, how it was watched, and a checksum:"
        " JSON, a page for `Accept: text/html`, a picture for `image/png` or `image/svg+xml`."
        " Each call makes a file of its own; a link keeps one, so that its forms have the same"
        " checksum."
        " `for=bank` answers the form for the bank, a page for the printer."
    ),
    tags=["Claims"],
    responses={**_CLAIM, **refusals(404, 422)},
)
def get_claim(
    order_id: OrderIdInPath,
    as_: Annotated[Form | None, _AS] = None,
    for_: Annotated[Reader | None, _FOR] = None,
) -> Response[Any]:
    """The claim file of an order."""
    services = services_of(router)
    return _respond(services.claims.make(order_id, services.now), as_, for_)


@router.get(
    "/orders/<order_id>/claim/links",
    summary="List the links to an order's claim file",
    tags=["Claims"],
    responses={
        200: {"description": "The links in use", "content": {JSON: {"model": LinksOut}}},
        **refusals(404, 422),
    },
)
def list_links(order_id: OrderIdInPath) -> LinksOut:
    """List the links to an order's claim file."""
    services = services_of(router)
    links = services.claims.links(order_id, services.now)
    return LinksOut(links=[LinkOut(**_link(link)) for link in links])


@router.post(
    "/orders/<order_id>/claim/links",
    summary="Make a link to an order's claim file",
    description=(
        "It needs no key, keeps the file as it is now, and works for 30 days. Its token is"
        " shown only this once."
    ),
    tags=["Claims"],
    responses={
        201: {"description": "It was made", "content": {JSON: {"model": NewLinkOut}}},
        **refusals(404, 409, 413, 415, 422),
    },
)
def make_link(order_id: OrderIdInPath) -> Response[NewLinkOut]:
    """Make a link to an order's claim file."""
    services = services_of(router)
    link, token = services.claims.link(order_id, services.now)
    made = NewLinkOut(**_link(link), token=token, path=f"claims/{token}")
    return Response(201, JSON, made)


@router.delete(
    "/orders/<order_id>/claim/links/<link_id>",
    summary="Revoke a link",
    description="It has stopped working when this answer comes.",
    tags=["Claims"],
    responses={204: {"description": "It is revoked"}, **refusals(404, 422)},
)
def revoke_link(
    order_id: OrderIdInPath, link_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
) -> Response[None]:
    """Revoke a link."""
    services = services_of(router)
    services.claims.revoke(order_id, link_id, services.now)
    return no_content()


@router.get(
    "/claims/<token>",
    summary="What a link opens",
    description=(
        "Needs no key. A link that was revoked or has expired answers 404; a browser gets a page"
        " that says so."
    ),
    tags=["Claims"],
    responses={**_CLAIM, **refusals(422), 404: _GONE},
)
def open_link(
    token: str,
    as_: Annotated[Form | None, _AS] = None,
    for_: Annotated[Reader | None, _FOR] = None,
) -> Response[Any]:
    """What a link opens."""
    services = services_of(router)
    try:
        file = services.claims.open(token, services.now)
    except MissingError:
        if _form(as_, for_) == "html":
            return gone_response()
        raise
    return _respond(file, as_, for_)


def _respond(file: bytes, as_: Form | None, for_: Reader | None) -> Response[Any]:
    address = f"{address_of(router)}?as=json"
    return claim_response(file, _form(as_, for_), for_bank=for_ == "bank", address=address)


def _form(as_: Form | None, for_: Reader | None) -> Form:
    """The form that is asked for: the bank's is a page, unless another is named."""
    if for_ is not None and as_ is None:
        return "html"
    return form_for(router.current_event.headers.get("accept", ""), as_)


def _link(link: Link) -> dict[str, Any]:
    return {"id": link.id, "made_at": link.made_at, "ends_at": link.ends_at}
