"""Fingerprints: a few bytes that stand for an answer.

The watch holds the fingerprint of the answer that the evaluation has seen; an answer with another
one is news. It has two parts, one of the events and one of everything else, so that an answer that
only adds newer events can be told from the fingerprint alone.
"""

from collections.abc import Iterable
from hashlib import blake2b

from stallwatch.tracking.source import Event, TrackingResult

MOST_EVENTS = 200
"""How many events of a number are kept of one source: more than any journey has."""


_PLAIN_CHARACTERS = 30_000
"""Up to how many characters an answer is written without a look at its size in bytes."""


_EVENTS_BYTES = 6


_REST_BYTES = 3


UNANSWERED = b"?"
"""Stands in the watch for a trace whose number is unanswered, so that any answer is news."""


SILENT = b"-"
"""The same for one whose silence was written down and is not too long yet: the next answer must
end it, whatever it says."""


def fingerprint(answer: TrackingResult, *, merged: bool = False) -> bytes:
    """What stands for an answer.

    Args:
        answer: The answer.
        merged: Whether the trace keeps what the answer leaves out. Such a fingerprint is never
            taken for one that an answer can add to.
    """
    return _of_events(answer.events, merged=merged) + _of_rest(answer)


def is_news(answer: TrackingResult, known: bytes | None) -> bool:
    """Whether an answer says something that a fingerprint does not stand for."""
    return known is None or (
        fingerprint(answer) != known and fingerprint(answer, merged=True) != known
    )


def added_to(answer: TrackingResult, known: bytes | None) -> int | None:
    """How many events an answer adds, at the end, to the one that a fingerprint stands for.

    None where it does not simply add to it, or where what is kept of it must be weighed. No
    fingerprint stands for no answer yet.
    """
    if answer.delivered or _is_large(answer):
        return None
    if known is None:
        return len(answer.events)
    if not answer.events or known in {UNANSWERED, SILENT}:
        return None
    return _added_events(answer, known)


def characters_in(event: Event) -> int:
    """How long the texts of an event are together."""
    return len(event.text) + len(event.code) + len(event.zone) + len(event.place or "")


def _is_large(answer: TrackingResult) -> bool:
    return (
        len(answer.events) > MOST_EVENTS
        or sum(map(characters_in, answer.events)) > _PLAIN_CHARACTERS
    )


def _added_events(answer: TrackingResult, known: bytes) -> int | None:
    events = known[:_EVENTS_BYTES]
    digest = blake2b(digest_size=_EVENTS_BYTES)
    for count, event in enumerate(answer.events, start=1):
        digest.update(event_key(event))
        if digest.copy().digest() == events:
            return len(answer.events) - count
    return len(answer.events) if events == _of_events(()) else None


def event_key(event: Event) -> bytes:
    """What tells an event of a number from every other: its clock and its code."""
    return f"{event.wall}|{event.zone}|{event.code}\n".encode()


def _of_events(events: Iterable[Event], *, merged: bool = False) -> bytes:
    digest = blake2b(digest_size=_EVENTS_BYTES, person=b"merged" if merged else b"")
    digest.update(b"".join([event_key(e) for e in events]))
    return digest.digest()


def _of_rest(answer: TrackingResult) -> bytes:
    """A fingerprint of all but the events. Of the estimate only the day counts: it drifts."""
    eta = answer.eta.date() if answer.eta else None
    carrier = answer.carrier.name if answer.carrier else None
    if answer.carrier and answer.carrier.number:
        carrier = f"{carrier} {answer.carrier.number}"
    fields: tuple[object, ...] = (
        answer.known,
        answer.mail_type,
        eta,
        carrier,
        answer.country,
        answer.points_to,
    )
    if answer.other_number is not None:
        fields += ("other", answer.other_number)
    if answer.delivered is not False:
        fields += ("delivered", answer.delivered)
    return blake2b(repr(fields).encode(), digest_size=_REST_BYTES).digest()
