"""polling.silence."""

from datetime import datetime


def _minute_of(now: datetime) -> datetime:
    """The beginning of a silence: in whole minutes like the ledger's, so that it stays the same."""
    return now.replace(second=0, microsecond=0)
