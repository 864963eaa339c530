"""tracking.fingerprint."""

from collections.abc import Iterable
from hashlib import blake2b

from stallwatch.tracking.source import Event, TrackingResult

_EVENTS_BYTES = 6


_REST_BYTES = 3


UNANSWERED = b"?"
"""Stands in the watch for a trace whose number is unanswered, so that any answer is news."""


SILENT = b"-"
"""The same for one whose silence was written down and is not too long yet: the next answer must
end it, whatever it says."""


# Fingerprints.
def fingerprint(answer: TrackingResult, *, merged: bool = False) -> bytes:
    """What stands for an answer.

    Args:
        answer: The answer.
        merged: Whether the trace keeps events that the answer leaves out. Such a fingerprint is
            never taken for one that an answer can add to.
    """
    return _of_events(answer.events, merged=merged) + _of_rest(answer)


def is_news(answer: TrackingResult, known: bytes | None) -> bool:
    """Whether an answer says something that a fingerprint does not stand for."""
    return known is None or (
        fingerprint(answer) != known and fingerprint(answer, merged=True) != known
    )


def added_to(answer: TrackingResult, known: bytes | None) -> int | None:
    """How many events an answer adds, at the end, to the one that a fingerprint stands for.

    None where it does not simply add to it. No fingerprint stands for no answer yet.
    """
    if known is None:
        return len(answer.events)
    if not answer.events or known in {UNANSWERED, SILENT}:
        return None
    events = known[:_EVENTS_BYTES]
    digest = blake2b(digest_size=_EVENTS_BYTES)
    for count, event in enumerate(answer.events, start=1):
        digest.update(_event_key(event))
        if digest.copy().digest() == events:
            return len(answer.events) - count
    return len(answer.events) if events == _of_events(()) else None


def _event_key(event: Event) -> bytes:
    return f"{event.wall}|{event.zone}|{event.code}\n".encode()


def _of_events(events: Iterable[Event], *, merged: bool = False) -> bytes:
    digest = blake2b(digest_size=_EVENTS_BYTES, person=b"merged" if merged else b"")
    digest.update(b"".join([_event_key(e) for e in events]))
    return digest.digest()


def _of_rest(answer: TrackingResult) -> bytes:
    """A fingerprint of all but the events. Of the estimate only the day counts: it drifts."""
    eta = answer.eta.date() if answer.eta else None
    carrier = answer.carrier.name if answer.carrier else None
    if answer.carrier and answer.carrier.number:
        carrier = f"{carrier} {answer.carrier.number}"
    said = (answer.known, answer.mail_type, eta, carrier, answer.country, answer.points_to)
    return blake2b(repr(said).encode(), digest_size=_REST_BYTES).digest()
