"""Hand messages over: to every address that wants them, and to none a second time.

A claim is written before a message is handed over and settled after it. A service that refuses
frees the claim, so that the next try is made at once; a run that dies leaves a claim that runs out
with it. Only a run that dies between the service's answer and the settling hands over twice.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from stallwatch.push.addresses import PushAddress
from stallwatch.push.message import PushMessage
from stallwatch.push.ports import Claim, Handover, HandoverStore, PushServices

_OUTLIVES = timedelta(seconds=10)
"""By how much a claim outlives the run that holds it."""

LAST_HANDOVER = timedelta(seconds=20)
"""What one handover may take: with less time left none is begun."""


@dataclass(slots=True)
class PushReport:
    """What a run did."""

    handed_over: int = 0
    already: int = 0
    """Had been handed over before."""
    failed_lines: tuple[int, ...] = ()
    """The lines of the addresses for which something is left to do."""

    def as_dict(self) -> dict[str, object]:
        """As it is logged."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PushDelivery:
    """Hands messages over.

    Args:
        services: The push services.
        store: What was handed over.
        addresses: Where messages go.
        owner: A token that no other run has.
        now: The present instant.
        remaining: How long the run may still take.
    """

    services: PushServices
    store: HandoverStore
    addresses: Sequence[PushAddress]
    owner: str
    now: Callable[[], datetime]
    remaining: Callable[[], timedelta]

    def deliver(self, messages: Iterable[PushMessage]) -> PushReport:
        """Hand some messages over; what fails for one address keeps no other waiting."""
        report = PushReport()
        failed: set[int] = set()
        for message in messages:
            for address in self.addresses:
                if address.wants(message.kind) and not self._hand_over(message, address, report):
                    failed.add(address.line)
        report.failed_lines = tuple(sorted(failed))
        return report

    def _hand_over(self, message: PushMessage, address: PushAddress, report: PushReport) -> bool:
        """Hand a message over to an address. False where that is left to do."""
        if self.remaining() < LAST_HANDOVER:
            return False
        handover = Handover(message.message_id, address.key, self.owner)
        now = self.now()
        claim = self.store.claim(handover, now + self.remaining() + _OUTLIVES, now)
        if claim is Claim.DONE:
            report.already += 1
        if claim is not Claim.MINE:
            return claim is Claim.DONE
        if not self.services.send(address, message):
            self.store.release(handover)
            return False
        self.store.settle(handover, self.now())
        report.handed_over += 1
        return True
