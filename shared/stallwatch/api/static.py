"""The page, the API's documentation, and what they are made of."""

from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from stallwatch.domain.errors import MissingError

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}


_ASSETS = ("app.css", "app.js", "words.js", "docs.css", "docs.js", "icon.svg")


_SWAGGER = ("swagger-ui-bundle.min.js", "swagger-ui.min.css")
"""Swagger UI, as Powertools brings it along."""


_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


_POLICIES = {
    # What comes from the API can never become markup.
    "index.html": f"{_STRICT}; require-trusted-types-for 'script'; trusted-types 'none'",
    # Swagger UI's style sheet holds its pictures.
    "docs.html": _STRICT.replace("img-src 'self'", "img-src 'self' data:"),
}


_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


_request = APIGatewayRouter()  # type: ignore[no-untyped-call]
"""Has no routes: it tells what the present request asks for."""


def page() -> Response[Any]:
    """The page with the orders, or with `?asset=` what it is made of.

    The page may be opened with or without a slash after the stage, and a query alone is the one
    address that means the same from both.
    """
    name = _request.current_event.query_string_parameters.get("asset")
    return _file("index.html") if name is None else asset(name)


def docs_page() -> Response[Any]:
    """The API's documentation, for people."""
    return _file("docs.html")


def openapi_document() -> Response[Any]:
    """The API's documentation, for machines."""
    return _file("openapi.json")


def asset(name: str) -> Response[Any]:
    """A file that the pages are made of.

    Raises:
        MissingError: there is none with that name.
    """
    if name not in _ASSETS + _SWAGGER:
        raise MissingError(name)
    return _file(name)


def _file(name: str) -> Response[Any]:
    content = _content(name)
    tag = f'W/"{sha256(content.encode()).hexdigest()[:20]}"'
    headers: dict[str, Any] = {
        **_HEADERS,
        "Content-Security-Policy": _POLICIES.get(name, _STRICT),
        "ETag": tag,
    }
    if _request.current_event.headers.get("if-none-match") == tag:
        return Response(304, body="", headers=headers)
    return Response(200, _TYPES[name.rpartition(".")[2]], content, headers, compress=True)


@lru_cache
def _content(name: str) -> str:
    package = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
    folder = files(package) if name in _SWAGGER else files("stallwatch") / "web"
    return folder.joinpath(name).read_text("utf-8")
