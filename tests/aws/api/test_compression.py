"""Large answers are compressed for whoever unpacks them, once, by the function."""

import base64
import gzip
import json
from typing import Any

import pytest

from tests.aws.api.client import Api
from tests.aws.moto_stack import Context
from tests.support.template import ROOT, resources


def ask(api: Api, sample: str, accepted: str | None) -> dict[str, Any]:
    """The answer to the sample of a route, for a client that accepts some codings."""
    event = json.loads((ROOT / "events" / "orders_api" / f"{sample}.json").read_text("utf-8"))
    for headers in (event["headers"], event["multiValueHeaders"]):
        headers.pop("accept-encoding")
    if accepted is not None:
        event["headers"]["accept-encoding"] = accepted
        event["multiValueHeaders"]["accept-encoding"] = [accepted]
    answer: dict[str, Any] = api.world.handlers["orders_api"].handler(event, Context())
    assert 200 == answer["statusCode"]
    return answer


def add_many(api: Api) -> None:
    for n in range(50):
        api.add(title=f"Lamp {n}", order_id=f"{8_190_000_000_000_000 + n}")


@pytest.mark.parametrize("sample", ["list_orders", "export_orders"])
def test_a_large_answer_is_compressed(api: Api, sample: str) -> None:
    """It says the same, in a fifth of the bytes, and caches are told on what it depends."""
    add_many(api)
    plain = ask(api, sample, None)
    packed = ask(api, sample, "gzip, deflate, br")
    content = base64.b64decode(packed["body"])

    assert plain["body"] == gzip.decompress(content).decode()
    assert len(content) < len(plain["body"]) / 5
    assert packed["isBase64Encoded"]
    headers = packed["multiValueHeaders"]
    assert [["gzip"], ["Accept-Encoding"]] == [headers["Content-Encoding"], headers["Vary"]]
    assert plain["multiValueHeaders"]["Content-Type"] == headers["Content-Type"]


@pytest.mark.parametrize("accepted", [None, "identity", "br", "gzip;q=0"])
def test_who_does_not_unpack_it_gets_it_plain(api: Api, accepted: str | None) -> None:
    """As text, without a word of a coding."""
    add_many(api)
    answer = ask(api, "list_orders", accepted)

    assert not answer["isBase64Encoded"]
    assert "Content-Encoding" not in answer["multiValueHeaders"]
    assert 10 == len(json.loads(answer["body"])["orders"])


def test_a_small_answer_is_not_compressed(api: Api) -> None:
    """It would not be smaller by much."""
    answer = ask(api, "list_orders", "gzip")

    assert [] == json.loads(answer["body"])["orders"]


@pytest.mark.parametrize("sample", ["page", "assets", "open_api", "docs"])
def test_a_file_is_compressed_once(api: Api, sample: str) -> None:
    """What was compressed beforehand is text when it is unpacked."""
    answer = ask(api, sample, "gzip")
    content = base64.b64decode(answer["body"])

    assert ["gzip"] == answer["multiValueHeaders"]["Content-Encoding"]
    assert b"\x1f\x8b" != gzip.decompress(content)[:2]


def test_the_gateway_does_not_compress() -> None:
    """AWS does not say that it leaves alone what comes compressed."""
    [(_, gateway)] = resources("AWS::Serverless::Api").items()

    assert "MinimumCompressionSize" not in gateway["Properties"]
