"""The second source as the explorer's worlds have it: it answers about registered numbers only."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, EndpointConnectionError

from stallwatch.tracking.source import Quota, Registration, SourceResponse, Verdict

if TYPE_CHECKING:
    from tests.faults.simulated_stack import World

CREDITS = 100

FASTEST = timedelta(seconds=1) / 3
"""The time between two requests that the service wants at the least."""


class Registry:
    """The second source. What it charges for, the world remembers."""

    name = "17track"

    def __init__(self, world: "World") -> None:
        self._world = world

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        """Answers about the numbers that are registered."""

        def do() -> SourceResponse:
            self._note_request()
            known = frozenset(self._world.charged) & frozenset(numbers)
            return SourceResponse(
                Verdict.OK,
                {n: self._world.answer(self._world.second_journeys, n) for n in sorted(known)},
                registered=known,
                unregistered=frozenset(numbers) - known,
            )

        reply: SourceResponse = self._world.call(
            "ask", "ask the second", f"{len(numbers)} numbers", do
        )
        return reply

    def register(self, numbers: Sequence[str]) -> Registration:
        """Registers numbers, for a credit each that is new."""

        def do() -> Registration:
            self._note_request()
            new = frozenset(numbers) - frozenset(self._world.charged)
            self._world.charged.update(new)
            return Registration(Verdict.OK, new)

        try:
            made: Registration = self._world.call(
                "register", "register", f"{len(numbers)} numbers", do
            )
        except EndpointConnectionError:
            return Registration(Verdict.FAILING, reason="no connection")
        except BotoCoreError:
            return Registration(Verdict.FAILING, unknown=True, reason="no answer")
        return made

    def quota(self) -> Quota | None:
        """What is left of the credits."""

        def do() -> Quota:
            self._note_request()
            return Quota(CREDITS - self._world.charged.total(), CREDITS)

        try:
            quota: Quota = self._world.call("quota", "quota", "", do)
        except BotoCoreError:
            return None
        return quota

    def _note_request(self) -> None:
        world = self._world
        before, world.second_asked_at = world.second_asked_at, world.now
        if before is not None and world.now - before < FASTEST:
            world.hurried += 1
