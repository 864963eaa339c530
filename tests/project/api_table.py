"""The table of the routes in `docs/api.md`, made from the template and the API's document."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stallwatch.api.openapi import openapi
from tests.support.template import resources

OUTSIDE = {
    "/": "The page. No key is needed to load it; it asks for one",
    "/docs": "The documentation for people",
    "/openapi.json": "The documentation for machines",
    "/assets/{file}": "What the pages are made of",
}
"""The routes that serve files: the API's document does not list them."""


_FEW = 5
"""Values of a parameter that a row has room for."""


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The API's document, from the code."""
    read: dict[str, Any] = json.loads(openapi())
    return read


def api_events() -> dict[str, Mapping[str, Any]]:
    """The events of the template that are routes, by name."""
    function = resources("AWS::Serverless::Function")["OrdersApiFunction"]["Properties"]
    return {
        name: event["Properties"]
        for name, event in function["Events"].items()
        if event["Type"] == "Api"
    }


def operation(route: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the document says of a route; None where it does not list it."""
    found: Mapping[str, Any] | None = (
        document()["paths"].get(route["Path"], {}).get(route["Method"].lower())
    )
    return found


def success(route: Mapping[str, Any]) -> tuple[int, ...]:
    """The statuses with which a route does what it is asked for, the one of something new first."""
    described = operation(route)
    if described is None:
        return (200,)
    return tuple(
        sorted((int(s) for s in described["responses"] if s.startswith("2")), reverse=True)
    )


def _does(route: Mapping[str, Any]) -> str:
    described = operation(route)
    if described is None:
        return OUTSIDE[route["Path"]]
    query = [_parameter(p) for p in described.get("parameters", ()) if p["in"] == "query"]
    sentences = [
        described["summary"],
        described.get("description", "").rstrip("."),
        f"Parameters: {', '.join(query)}" if query else "",
    ]
    return ". ".join(filter(None, sentences))


def _parameter(described: Mapping[str, Any]) -> str:
    """A parameter of the query, with the values that it may have where they are few."""
    values = _enum(described["schema"])
    few = 0 < len(values) <= _FEW
    return f"`{described['name']}`" + (f" ({', '.join(values)})" if few else "")


def _enum(schema: Mapping[str, Any]) -> list[str]:
    """The values that a schema lists; none where it lists none."""
    if "$ref" in schema:
        return _enum(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    nested = (_enum(one) for one in schema.get("anyOf", ()))
    return [*map(str, schema.get("enum", ())), *(value for values in nested for value in values)]


def _row(route: Mapping[str, Any]) -> str:
    key = "needed" if route.get("Auth", {}).get("ApiKeyRequired", True) else "not needed"
    statuses = ", ".join(map(str, success(route)))
    return f"| `{route['Method']} {route['Path']}` | {_does(route)} | {statuses} | {key} |"


def table() -> str:
    """A row for each route, in the order of the template; those that serve files come last."""
    routes = sorted(api_events().values(), key=lambda route: operation(route) is None)
    head = ["| route | does | answers | key |", "|---|---|---|---|"]
    return "\n".join([*head, *map(_row, routes)])
