"""Every engine that a store can stand on: memory, the stand-in, moto, AWS's own."""

import pytest

from stallwatch.dynamodb.table import Table
from tests.aws.store.contract import Store, over
from tests.support.memory_outbox import MemoryOutbox
from tests.support.memory_store import MemoryStore

TABLES = {"standin": "standin_table", "moto": "moto_table", "dynamodb": "local_table"}

"""The engines, and the fixtures that give a table in each."""


@pytest.fixture(params=["memory", *TABLES])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        memory = MemoryStore()
        return Store(memory, memory, MemoryOutbox(memory), memory, memory, memory)
    return over(request.getfixturevalue(TABLES[request.param]))


@pytest.fixture(params=[*TABLES])
def table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.getfixturevalue(TABLES[request.param])
    return found
