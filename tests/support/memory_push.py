"""Push services and what was handed over, in memory."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from stallwatch.push.addresses import PushAddress
from stallwatch.push.message import PushMessage
from stallwatch.push.ports import Claim, Handover


@dataclass
class MemoryServices:
    """Takes every message but those for the lines that `refuse`; dies on those that `dies_on`."""

    refuse: set[int] = field(default_factory=set)
    dies_on: set[int] = field(default_factory=set)
    took: Counter[tuple[str, int]] = field(default_factory=Counter)

    def send(self, address: PushAddress, message: PushMessage) -> bool:
        if address.line in self.dies_on:
            raise KeyboardInterrupt
        if address.line in self.refuse:
            return False
        self.took[message.message_id, address.line] += 1
        return True


@dataclass
class MemoryHandovers:
    """By message and address: who holds it until when; None once it is done."""

    kept: dict[tuple[str, str], tuple[str, datetime] | None] = field(default_factory=dict)

    def claim(self, handover: Handover, until: datetime, now: datetime) -> Claim:
        place = (handover.message_id, handover.address_key)
        if place in self.kept:
            held = self.kept[place]
            if held is None:
                return Claim.DONE
            if held[0] != handover.owner and held[1] >= now:
                return Claim.HELD
        self.kept[place] = (handover.owner, until)
        return Claim.MINE

    def settle(self, handover: Handover, _now: datetime) -> None:
        self.kept[handover.message_id, handover.address_key] = None

    def release(self, handover: Handover) -> None:
        del self.kept[handover.message_id, handover.address_key]
