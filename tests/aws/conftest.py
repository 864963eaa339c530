"""Backends for the store: moto, and AWS's own engine where it can be had."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from stallwatch.store.table import Table
from tests.aws.world import REGION
from tests.local.dynamodb import dynamodb_local
from tests.local.machine import LOCAL
from tests.local.machine import client as local_client
from tests.local.parts import need
from tests.template import table_definition


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """The address of DynamoDB Local, started once; skips where it cannot be had."""
    need("dynamodb")
    LOCAL.mkdir(exist_ok=True)
    with dynamodb_local() as endpoint:
        yield endpoint


@pytest.fixture
def local_table(dynamodb_endpoint: str, request: pytest.FixtureRequest) -> Iterator[Table]:
    """An empty table on DynamoDB Local."""
    client = local_client("dynamodb", dynamodb_endpoint)
    name = f"t{abs(hash(request.node.nodeid))}"
    client.create_table(**table_definition(name))
    yield Table(client, name)
    client.delete_table(TableName=name)


@pytest.fixture
def moto_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """An empty table in moto."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(**table_definition("orders"))
        yield Table(client, "orders")
