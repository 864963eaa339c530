"""Sample events of the API's routes: `make generate` writes those that `events/` does not have.

A sample is the event that the gateway sends: the envelope of another sample, with the route's path,
its parameters, and a body that the API's document allows. It may be changed by hand afterwards.
"""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.project.api_table import api_events, document, operation
from tests.support.template import ROOT

FOLDER = ROOT / "events" / "orders_api"

_ENVELOPES = {True: "get_order", False: "open_calendar"}
"""The sample whose headers and identity a new one takes, by whether the route needs the key."""

_OF_FORMAT = {"date": "2026-06-14", "date-time": "2026-06-14T12:00:00Z"}
_OF_TYPE = {"string": "text", "integer": 1, "number": 1, "boolean": True, "null": None}


def file_name(event: str) -> str:
    """What the sample of an event of the template is called."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower()


def write_missing() -> list[Path]:
    """Write the samples that are missing, and return their files."""
    written = []
    for number, (name, route) in enumerate(api_events().items()):
        path = FOLDER / f"{file_name(name)}.json"
        if not path.exists():
            path.write_text(json.dumps(_sample(route, number), indent=2) + "\n", "utf-8")
            written.append(path)
    return written


def _sample(route: Mapping[str, Any], number: int) -> dict[str, Any]:
    needs_key = route.get("Auth", {}).get("ApiKeyRequired", True)
    event: dict[str, Any] = json.loads(
        (FOLDER / f"{_ENVELOPES[needs_key]}.json").read_text("utf-8")
    )
    known = _known_parameters()
    names = re.findall(r"{(\w+)}", route["Path"])
    parameters = {name: known.get(name, "1") for name in names}
    path = route["Path"].format(**parameters)
    body = _body(route)
    event |= {
        "resource": route["Path"],
        "path": path,
        "httpMethod": route["Method"].upper(),
        "pathParameters": parameters or None,
        "body": None if body is None else base64.b64encode(json.dumps(body).encode()).decode(),
        "isBase64Encoded": body is not None,
    }
    headers = {"accept": "application/json"}
    if body is not None:
        headers["content-type"] = "application/json"
    event["headers"] |= headers
    event["multiValueHeaders"] |= {name: [value] for name, value in headers.items()}
    event["requestContext"] |= {
        "resourceId": f"9abd{number:02}",
        "resourcePath": route["Path"],
        "httpMethod": route["Method"].upper(),
        "path": f"/live{path}",
        "requestId": f"0c4d6e8f-1a2b-4c3d-8e9f-a0b1c2d3e5{number:02}",
    }
    return event


def _known_parameters() -> dict[str, str]:
    """The parameters of paths in the samples that there are."""
    known: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.json")):
        known |= json.loads(path.read_text("utf-8"))["pathParameters"] or {}
    return known


def _body(route: Mapping[str, Any]) -> object | None:
    described = (operation(route) or {}).get("requestBody")
    if described is None:
        return None
    return _value(described["content"]["application/json"]["schema"])


def _value(schema: Mapping[str, Any]) -> object:
    """The smallest value that a schema allows."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _value(document()["components"]["schemas"][name])
    for values in ("examples", "enum"):
        if values in schema:
            return schema[values][0]
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    if "anyOf" in schema:
        return _value(schema["anyOf"][0])
    if schema.get("type") == "object":
        wanted = schema.get("required", ())
        return {name: _value(schema["properties"][name]) for name in wanted}
    if schema.get("type") == "array":
        return [_value(schema["items"])] * max(1, schema.get("minItems", 0))
    return _OF_FORMAT.get(schema.get("format", "")) or _OF_TYPE[schema["type"]]
