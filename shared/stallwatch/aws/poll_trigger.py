"""Starts runs of the poll at once, beside its schedule."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from stallwatch.aws import clients


@dataclass(frozen=True, slots=True)
class FunctionTrigger:
    """Invokes the function that pulls, and does not wait for it.

    Args:
        function: The function's name.
    """

    function: str

    def __call__(self, order_ids: Sequence[str] = ()) -> None:
        """Start a run.

        Args:
            order_ids: The orders that it is for; none: those whose turn it is.
        """
        payload = {"order_ids": list(order_ids)} if order_ids else {}
        clients.functions().invoke(
            FunctionName=self.function,
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )
