"""A stack with an empty table for each test of the API."""

from collections.abc import Iterator

import pytest

from tests.aws.api.client import START, Api
from tests.aws.moto_stack import World, world_at


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def api(world: World) -> Api:
    """The API of an empty stack at its beginning."""
    world.now = START
    world.nudges = 0
    world.cainiao.be("fine")
    world.empty()
    return Api(world)
