"""Every fake over one table in memory, for tests that need several ports at once."""

from dataclasses import dataclass

from tests.support.memory_orders import MemoryOrderStore
from tests.support.memory_polling import MemoryPollStore


@dataclass
class MemoryStore(MemoryPollStore, MemoryOrderStore):
    """The table in memory, behind every port but the outbox."""
