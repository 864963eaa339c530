"""Backends for the store: moto, and AWS's own engine where it can be had."""

from collections.abc import Iterator
from typing import Any

import pytest

from stallwatch.dynamodb.table import Table
from tests.aws import moto
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.local.dynamodb import dynamodb_local
from tests.local.machine import LOCAL
from tests.local.machine import client as local_client
from tests.local.parts import need
from tests.support.template import table_definition


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


@pytest.fixture(scope="session")
def table_in_moto() -> str:
    """The name of a table in moto."""
    with moto.on():
        moto.client("dynamodb").create_table(**table_definition("orders"))
    return "orders"


@pytest.fixture
def moto_table(table_in_moto: str) -> Iterator[Table]:
    """An empty table in moto."""
    with moto.on():
        moto.empty_table(table_in_moto)
        yield Table(moto.new_client("dynamodb"), table_in_moto)


@pytest.fixture
def standin_table() -> Table:
    """An empty table in the stand-in that the fault explorer runs on."""
    client: Any = InMemoryDynamoDb()
    return Table(client, client.name)
