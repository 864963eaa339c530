"""The ports of the push: the services, and what was handed over already."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from stallwatch.push.addresses import PushAddress
from stallwatch.push.message import PushMessage


class Claim(StrEnum):
    """What became of asking to hand a message over."""

    MINE = "mine"
    HELD = "held"
    """Another run is at it."""
    DONE = "done"
    """It was handed over."""


class PushServices(Protocol):
    """The push services."""

    def send(self, address: PushAddress, message: PushMessage) -> bool:
        """Hand a message over. False where the service did not take it; raises nothing."""


@dataclass(frozen=True, slots=True)
class Handover:
    """One message for one address, in the hands of one run."""

    message_id: str
    address_key: str
    owner: str = field(repr=False)


class HandoverStore(Protocol):
    """What was handed over, by message and address."""

    def claim(self, handover: Handover, until: datetime, now: datetime) -> Claim:
        """Ask to hand a message over; a claim that has run out can be taken over."""

    def settle(self, handover: Handover, now: datetime) -> None:
        """Keep that it was handed over."""

    def release(self, handover: Handover) -> None:
        """Give a claim back: the service did not take the message."""
