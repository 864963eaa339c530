"""The state of a simulated stack, to come back to."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from tests.faults.dead_letters import Letter
from tests.faults.simulated_clients import Published
from tests.in_memory_aws.expressions import Item
from tests.in_memory_aws.stored_items import Key, Tables

if TYPE_CHECKING:
    from tests.faults.simulated_stack import World


EARLIER = 3
"""How many earlier states of an index are remembered from one step to the next."""

_MOST_TEXTS = 20_000

_TEXTS: dict[int, tuple[Item, str]] = {}
"""The texts of items by their identity, each with the item: while it is here, no other has its id.
No item is ever changed, since each write stores a new one."""


def _text_of(item: Item) -> str:
    known = _TEXTS.get(id(item))
    if known is None:
        if len(_TEXTS) >= _MOST_TEXTS:
            _TEXTS.clear()
        known = _TEXTS[id(item)] = item, repr(sorted(item.items()))
    return known[1]


@dataclass
class Snapshot:
    """The state of everything, to come back to."""

    tables: Tables
    earlier: dict[str, list[Any]]
    stream: tuple[tuple[Key, int], ...]
    published: tuple[Published, ...]
    asked: tuple[tuple[datetime, int], ...]
    second_asked_at: datetime | None
    charged: tuple[tuple[str, int], ...]
    lost: tuple[Key, ...]
    notifications: tuple[Letter, ...]
    marked: frozenset[tuple[str, str]]
    now: datetime
    runs: int
    nudges: int
    gone: int
    hurried: int
    overlooked: bool
    broken: str

    def key(self) -> int:
        """Stands for the state: equal states go on equally."""
        items = tuple(sorted((k, _text_of(v)) for k, v in self.tables.items.items()))
        earlier = repr(sorted((n, repr(v)) for n, v in self.earlier.items()))
        return hash(
            (
                items,
                earlier,
                tuple(sorted(self.stream)),
                tuple((p.batch, p.kind, p.orders, p.language, p.unknown) for p in self.published),
                self.asked[-1:],
                self.second_asked_at,
                self.charged,
                self.lost,
                self.notifications,
                self.marked,
                self.now,
                self.nudges,
                self.hurried,
                self.overlooked,
                self.broken,
            )
        )

    @classmethod
    def of(cls, world: "World") -> Self:
        """The state of a world."""
        return cls(
            tables=world.db.save(),
            earlier={name: states[-EARLIER:] for name, states in world.db.earlier.items()},
            stream=tuple(world.stream),
            published=tuple(world.published),
            asked=tuple(world.asked),
            second_asked_at=world.second_asked_at,
            charged=tuple(sorted(world.charged.items())),
            lost=tuple(world.lost),
            notifications=tuple(world.notifications),
            marked=frozenset(world.marked),
            now=world.now,
            runs=world.runs,
            nudges=world.nudges,
            gone=world.gone,
            hurried=world.hurried,
            overlooked=world.overlooked,
            broken=world.broken,
        )

    def restore(self, world: "World") -> None:
        """Bring a world back to this state."""
        world.db.load(self.tables)
        for name, states in self.earlier.items():
            world.db.earlier[name] = list(states)
        world.stream = list(self.stream)
        world.published = list(self.published)
        world.asked = list(self.asked)
        world.second_asked_at = self.second_asked_at
        world.charged = Counter(dict(self.charged))
        world.lost = list(self.lost)
        world.notifications = list(self.notifications)
        world.marked = set(self.marked)
        world.now = self.now
        world.runs = self.runs
        world.nudges = self.nudges
        world.gone = self.gone
        world.hurried = self.hurried
        world.overlooked = self.overlooked
        world.broken = self.broken
