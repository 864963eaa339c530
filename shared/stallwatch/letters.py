"""What is to be told to the buyer, before it has words."""

from dataclasses import dataclass
from datetime import datetime

from stallwatch.model import Alert, Kind, Order


@dataclass(frozen=True, slots=True)
class Pending:
    """Names one raising of an alert."""

    order_id: str
    """Empty for an alert about a source."""
    key: str
    """Where it stands within its order."""
    kind: Kind
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message is made of."""

    batch_id: str
    kind: Kind
    raised_at: datetime
    members: tuple[tuple[Pending, Alert, Order | None], ...]
    """Each alert with its order; none for an alert about a source."""
