"""Subscribers, as the topics have them, and what is kept of each."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from stallwatch.domain.alerts import AlertKind

TEST_PAUSE = timedelta(minutes=1)
"""How long it takes until a test message may be sent again: each may cost an SMS."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What is kept of a subscriber."""

    arn: str | None
    kinds: tuple[AlertKind, ...] | None
    """The alerts that are wanted; None: all."""
    language: str | None = None
    """None: the stack's."""
    forgotten: bool = False
    """It was removed before it was confirmed; should it be confirmed after all, it is removed."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscriber as the topic has it."""

    protocol: str
    endpoint: str
    arn: str | None
    """None while it is not confirmed."""
    translated: bool = False
    """Whether it is one of the topic in other languages."""

    @property
    def id(self) -> str:
        """Its id: it follows from the endpoint, so that an unconfirmed one has one too."""
        name = f"{self.protocol}:{self.endpoint.lower()}"
        return blake2b(name.encode(), digest_size=8).hexdigest()
