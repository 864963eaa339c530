"""Routes that need no key: the page, the documentation of the API, and their assets."""

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.api.context import accepted_language, services_of
from stallwatch.api.page_words import chosen_language
from stallwatch.api.static import ASSETS, PAGE_ASSETS, file_response

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


@router.get("/", include_in_schema=False)
def show_page() -> Response[Any]:
    """The page with the orders, or with `?asset=` one of its files.

    The page may be opened with or without a slash after the stage, and a query alone is the one
    relative address that means the same from both. It comes in the language that was chosen on it,
    else in the first known one that the browser names, else in the stack's.
    """
    name = router.current_event.query_string_parameters.get("asset")
    headers = router.current_event.headers
    if name is not None:
        return file_response(name, headers, PAGE_ASSETS)
    language = (
        chosen_language(headers.get("cookie", ""))
        or accepted_language(headers.get("accept-language", ""))
        or services_of(router).words.language
    )
    return file_response("index.html", headers, ("index.html",), language)


@router.get("/docs", include_in_schema=False)
def show_docs() -> Response[Any]:
    """The documentation of the API, for people."""
    return _respond("docs.html", ("docs.html",))


@router.get("/openapi.json", include_in_schema=False)
def show_openapi() -> Response[Any]:
    """The documentation of the API, for machines."""
    return _respond("openapi.json", ("openapi.json",))


@router.get("/assets/<file>", include_in_schema=False)
def show_asset(file: str) -> Response[Any]:
    """A file that the pages load."""
    return _respond(file, ASSETS)


def _respond(name: str, among: Sequence[str]) -> Response[Any]:
    return file_response(name, router.current_event.headers, among)
