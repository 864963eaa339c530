"""The routes of the template: which need the key, and how fast they are."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tests.support.transformed import needs, transformed, transformed_resources

# The API.

OPEN = {("GET", "/"), ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/assets/{file}")}
"""What is served to everyone: the page and its parts, which hold no orders."""

NO_KEY_BUT_A_TOKEN = {("GET", "/claims/{token}"), ("GET", "/calendar/{token}")}
"""Opened by a link that nobody can guess."""


def api_routes() -> dict[tuple[str, str], Mapping[str, Any]]:
    """The routes of the API as the gateway gets them."""
    body = transformed()["Resources"]["OrdersApi"]["Properties"]["Body"]
    return {
        (method.upper(), path): operation
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
    }


def test_every_route_needs_the_key_but_the_page() -> None:
    """A route that is added is closed unless it stands here."""
    without = {route for route, found in api_routes().items() if not found.get("security")}
    assert OPEN | NO_KEY_BUT_A_TOKEN == without
    for route, found in api_routes().items():
        assert route in without or [{"api_key": []}] == found["security"]
    body = transformed()["Resources"]["OrdersApi"]["Properties"]["Body"]
    scheme = body["components"]["securitySchemes"]["api_key"]
    assert {"type": "apiKey", "name": "x-api-key", "in": "header"} == scheme


def test_the_gateway_has_the_routes_of_the_code() -> None:
    """No more and no less."""
    app = import_module("stallwatch.api.app").app
    coded = {(route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)) for route in _routes(app)}
    assert coded == api_routes().keys()


def _routes(app: Any) -> list[Any]:
    return [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001


def test_the_key_opens_the_deployed_stage() -> None:
    """Through a plan that keeps a runaway client in check."""
    plan = transformed()["Resources"]["UsagePlan"]["Properties"]
    assert [{"ApiId": {"Ref": "OrdersApi"}, "Stage": "live"}] == plan["ApiStages"]
    assert plan["Throttle"]["RateLimit"] > 0
    joined = transformed()["Resources"]["UsagePlanKey"]["Properties"]
    assert ({"Ref": "ApiKey"}, {"Ref": "UsagePlan"}) == (joined["KeyId"], joined["UsagePlanId"])
    for name in ("ApiKey", "UsagePlan"):
        assert "OrdersApiliveStage" in needs()[name]
    binary = transformed()["Resources"]["OrdersApi"]["Properties"]["Body"]
    assert ["*/*"] == binary["x-amazon-apigateway-binary-media-types"]


def test_another_revision_replaces_the_key() -> None:
    """A key's name is create-only, so a changed revision makes another key."""
    key = transformed()["Resources"]["ApiKey"]["Properties"]
    assert {"Fn::Sub": "${AWS::StackName}-${KeyRevision}"} == key["Name"]


def test_open_routes_are_slower_than_those_with_a_key() -> None:
    """Anybody may call them, and every call has a price."""
    (stage,) = transformed_resources("AWS::ApiGateway::Stage").values()
    rates = {
        setting["ResourcePath"]: setting["ThrottlingRateLimit"]
        for setting in stage["Properties"]["MethodSettings"]
    }
    assert rates["/*"] <= 10
    for _, path in (OPEN | NO_KEY_BUT_A_TOKEN) - {("GET", "/")}:
        assert rates[path] < rates["/*"], path
