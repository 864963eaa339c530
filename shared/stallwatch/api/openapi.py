"""Writes the API's documentation for machines: `python -m stallwatch.api.openapi`."""

import json
import sys
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, License, Server

from stallwatch import __version__
from stallwatch.api.app import app

_DESCRIPTION = (
    "Stallwatch watches AliExpress parcels that Cainiao carries, and says when one stalls or "
    "qualifies for a refund claim. Every route but what a link opens needs the key in the header "
    "`x-api-key`. Instants are RFC 3339 in UTC, days are dates; a number of days is whole 24-hour "
    "days, rounded down."
)


_IMPORT_BODY = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
"""The body of an import is read as bytes, whatever its type, and no model describes it."""


_TOO_MANY = {
    "description": "Too many requests, or too many at the same order",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}},
}


_OPEN = frozenset({"/claims/{token}", "/calendar/{token}"})
"""What needs no key."""


def openapi() -> str:
    """The document, as JSON."""
    text = app.get_openapi_json_schema(
        title="Stallwatch",
        version=__version__,
        description=_DESCRIPTION,
        license_info=License(name="MIT", identifier="MIT"),
        servers=[Server(url=".")],
        security_schemes={
            "key": APIKey.model_validate({"name": "x-api-key", "in": APIKeyIn.header})
        },
        security=[{"key": []}],
    )
    document: dict[str, Any] = json.loads(text)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if "HTTPValidationError" in json.dumps(operation["responses"].get("422")):
                del operation["responses"]["422"]
            # Powertools documents the null of a function that returns nothing as content.
            operation["responses"].get("204", {}).pop("content", None)
            if path in _OPEN:
                operation["security"] = []
            else:
                operation["responses"]["403"] = {"description": "The key is missing or wrong"}
            operation["responses"].setdefault("429", _TOO_MANY)
    document["paths"]["/orders/import"]["post"]["requestBody"] = _IMPORT_BODY
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused)
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(openapi())
