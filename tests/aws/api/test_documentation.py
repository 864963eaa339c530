"""The documentation of the API, and the pages."""

import pytest
from openapi_schema_validator import OAS31Validator

from stallwatch.api.openapi import openapi
from stallwatch.domain.parcels import Stage
from tests.aws.api.client import DOCUMENT, Api
from tests.aws.moto_stack import Context
from tests.support.template import ROOT


def test_the_documentation_is_made_of_the_code() -> None:
    """The file that is served is what `python -m stallwatch.api.openapi` writes."""
    served = (ROOT / "shared" / "stallwatch" / "web" / "openapi.json").read_text("utf-8")
    assert openapi() == served


def test_every_answer_of_the_documentation_has_a_schema_that_can_be_read() -> None:
    """And every route but the open ones needs the key."""
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    schema = {**content["schema"], "components": DOCUMENT["components"]}
                    OAS31Validator.check_schema(schema)
            refusals = {"429"} if operation.get("security") == [] else {"403", "429"}
            assert refusals <= set(operation["responses"])
    is_open = DOCUMENT["paths"]["/claims/{token}"]["get"]
    assert "403" not in is_open["responses"]
    assert [[], []] == [
        operation["security"]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        if "security" in operation
    ]
    assert [{"key": []}] == DOCUMENT["security"]
    assert {"q", "sort", "stage", "state", "limit", "cursor"} == {
        parameter["name"] for parameter in DOCUMENT["paths"]["/orders"]["get"]["parameters"]
    }
    assert set(Stage) == set(DOCUMENT["components"]["schemas"]["Stage"]["enum"])


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/docs", "text/html"), ("/openapi.json", "application/json")],
)
def test_the_pages_are_served(api: Api, path: str, kind: str) -> None:
    """To everyone, by type."""
    event = {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {},
        "multiValueHeaders": {},
        "requestContext": {"resourcePath": path, "httpMethod": "GET", "stage": "live"},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = api.world.handlers["orders_api"].handler(event, Context())
    assert 200 == answer["statusCode"]
    assert answer["multiValueHeaders"]["Content-Type"][0].startswith(kind)
