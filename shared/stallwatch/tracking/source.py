"""What a source answers, in the product's words: the protocol that every source follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from stallwatch.domain.parcels import LocalCarrier


class Verdict(StrEnum):
    """How a request went."""

    OK = "ok"
    """It was answered; single numbers may be missing even so."""
    BLOCKED = "blocked"
    """The source refuses us: every request must stop."""
    FAILING = "failing"
    """It was not answered: an error, a time-out, too many requests, nothing readable."""


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One event of a journey as a source told it; events sort from the oldest to the newest."""

    at: datetime
    """The instant, UTC: the wall clock read in its own zone."""
    wall: str
    """The wall clock as given, `YYYY-MM-DD HH:MM:SS`."""
    zone: str
    """The zone as given."""
    code: str
    text: str = field(compare=False, default="")
    place: str | None = field(compare=False, default=None)


@dataclass(frozen=True, slots=True)
class TrackingResult:
    """A valid answer about one tracking number."""

    number: str
    """The number that was asked."""
    known: bool
    """Whether the source knows the number."""
    events: tuple[Event, ...] = ()
    """Oldest first, each once."""
    mail_type: str | None = None
    eta: datetime | None = None
    """The carrier's own latest estimate of the delivery."""
    carrier: LocalCarrier | None = None
    country: str | None = None
    """Where it goes, as the source names the country."""
    points_to: str | None = None
    """The number that this one, a placeholder without events, stands for."""
    other_number: str | None = None
    """Another number of the source's own that an answer with events names."""
    delivered: bool | None = None
    """Whether the answer says by its status alone that the parcel was delivered.

    False where it has a status that does not say so; None where it has no status.
    """
    delivered_text: str = ""
    """How it words that delivery."""


@dataclass(frozen=True, slots=True)
class SourceResponse:
    """What came of one request."""

    verdict: Verdict
    answers: Mapping[str, TrackingResult] = field(default_factory=dict)
    """By the number that was asked; a number without a valid answer is missing."""
    about_others: bool = False
    """Whether it told about numbers that nobody asked for: no answer, but the source is up."""
    reason: str = ""
    """Why there is no answer, for the log: a few words that name no number."""
    unregistered: frozenset[str] = frozenset()
    """The numbers that the source wants registered before it can answer about them."""
    registered: frozenset[str] = frozenset()
    """The numbers that it says are registered with it, whether it has an answer or not."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of registering numbers."""

    verdict: Verdict
    accepted: frozenset[str] = frozenset()
    """The numbers that were registered anew; each costs a credit."""
    used_up: bool = False
    """Whether the credits did not suffice."""
    unknown: bool = False
    """Whether nobody can tell what was registered."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """The credits of an account."""

    left: int
    total: int


class Source(Protocol):
    """A service that tells where parcels are."""

    @property
    def name(self) -> str:
        """What its checkpoints are marked with."""

    def ask(self, numbers: Sequence[str]) -> SourceResponse:
        """Ask for some numbers in one request. Never raises for what the service does."""


class Registry(Source, Protocol):
    """A source that answers only about numbers that were registered with it, for a credit each."""

    def register(self, numbers: Sequence[str]) -> Registration:
        """Register some numbers in one request."""

    def quota(self) -> Quota | None:
        """The credits that are left; None where there is no answer."""
