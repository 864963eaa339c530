"""Cainiao with two parcels and one number that it does not know, and the source that asks it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from stallwatch.sources.cainiao import Cainiao
from tests.simulators.cainiao import Simulator
from tests.unit.sources.odd_servers import LONG

NUMBERS = ["LP00000000000001", "LP00000000000002", "LP00000000000003"]
PICKED_UP = datetime(2026, 5, 1, 10, tzinfo=UTC)
ARRIVED = datetime(2026, 5, 9, 10, tzinfo=UTC)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Cainiao with two parcels and one number that it does not know."""
    with Simulator() as server:
        for number in NUMBERS[:2]:
            server.put(
                number,
                [(PICKED_UP, "PU_PICKUP_SUCCESS"), (ARRIVED, "LH_ARRIVE", "[Madrid] x", "GMT+2")],
                status="DELIVERING",
                carrier="Correos",
            )
        yield server


@pytest.fixture
def source(simulator: Simulator) -> Cainiao:
    """The source, in no hurry."""
    return Cainiao(simulator.origin, total_seconds=LONG)
