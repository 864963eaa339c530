"""What can go wrong, as callers may handle it.

StallwatchError
├── UnavailableError         the store did not answer: it may have done what was asked, or not
├── ConditionFailedError     a condition of a write did not hold; nothing was written
├── TransactionRefusedError  the same of one part of a transaction
├── ConflictError            what was read is no longer so, again and again
├── MissingError             there is no such thing
├── ExistsError              there is another one with the same name
├── UnreadableError          what was given is not what it should be at all
├── SenselessError           what is asked for makes no sense now
├── TooSoonError             it was asked for a moment ago, and may be again later
├── UnacceptableError        fields of what was given make no sense
├── SecretError              a secret cannot be read (`aws.parameters`)
├── ImportFailedError        a file cannot be read as orders (`imports.errors`)
├── MailboxError             a mailbox cannot be reached or read (`mailbox.access`)
├── PushError                the addresses of push services make no sense (`push.addresses`)
├── CommandError             a command of the command line failed (`cli.errors`)
└── UnansweredError          a request to a source came to nothing (`sources.transport`)
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class StallwatchError(Exception):
    """Anything that Stallwatch raises on purpose."""


class UnavailableError(StallwatchError):
    """The store did not answer: it may have done what was asked, or not."""


class ConditionFailedError(StallwatchError):
    """A condition of a write did not hold; nothing was written.

    Args:
        item: The item as it stands, where it was asked for and exists.
    """

    def __init__(self, item: Mapping[str, Any] | None = None) -> None:
        super().__init__("a condition did not hold")
        self.item = item


class TransactionRefusedError(StallwatchError):
    """A condition in a transaction did not hold, or another write was at it.

    Args:
        reasons: The code of each of its parts, `None` where that part was fine.
    """

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = tuple(reasons)


class ConflictError(StallwatchError):
    """What was read is no longer so, again and again."""


class MissingError(StallwatchError):
    """There is no such thing."""


class ExistsError(StallwatchError):
    """There is another one with the same name."""


class UnreadableError(StallwatchError):
    """What was given is not what it should be at all; the message says what."""


class SenselessError(StallwatchError):
    """What is asked for makes no sense now; the message says why, for the buyer."""


class TooSoonError(StallwatchError):
    """It was asked for a moment ago.

    Args:
        again_at: From when on it may be asked for again.
    """

    def __init__(self, again_at: datetime) -> None:
        super().__init__(f"possible again from {again_at:%H:%M:%S} UTC")
        self.again_at = again_at


class UnacceptableError(StallwatchError):
    """Fields of what was given make no sense.

    Args:
        reasons: Why, by field.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{field} {reason}" for field, reason in reasons.items()))
        self.reasons = dict(reasons)
