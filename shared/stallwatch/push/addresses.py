"""The addresses of push services, as their owner wrote them down in a secret."""

from dataclasses import dataclass, field
from hashlib import sha256

from stallwatch.domain.alerts import TEST, AlertKind
from stallwatch.domain.errors import StallwatchError

ALARM = "alarm"
"""The kind of what the stack says about itself: its alarms."""

KINDS = frozenset({*(kind.value for kind in AlertKind), ALARM})

_MOST = 20
"""Addresses: each is a request within one run of the function."""

_KEY_LENGTH = 32


class PushError(StallwatchError):
    """An alert was not handed over. The message names lines of the secret, never their text."""


@dataclass(frozen=True, slots=True)
class PushAddress:
    """Where alerts go. Its text shows the line alone: the address holds tokens and passwords."""

    line: int
    """Its line in the secret, from 1."""
    url: str = field(repr=False)
    kinds: frozenset[str] = frozenset()
    """The kinds that it wants; none: all."""

    @property
    def key(self) -> str:
        """What it is called where it is kept that something was handed over."""
        return sha256(self.url.encode()).hexdigest()[:_KEY_LENGTH]

    def wants(self, kind: str) -> bool:
        """Whether a message of a kind goes there; a test message always does."""
        return not self.kinds or kind in self.kinds or kind == TEST


def read_addresses(text: str) -> list[PushAddress]:
    """Read the secret: a URL of Apprise a line, then the kinds it wants, by blanks or commas.

    Empty lines and those that begin with `#` are passed over.

    Raises:
        PushError: a line is no URL, or names a kind that there is not.
    """
    found: dict[str, PushAddress] = {}
    for line, content in enumerate(text.splitlines(), 1):
        words = content.split(maxsplit=1)
        if not words or words[0].startswith("#"):
            continue
        url = words[0]
        kinds = frozenset(words[1].replace(",", " ").split()) if len(words) > 1 else frozenset()
        if "://" not in url or kinds - KINDS:
            raise PushError(f"line {line} takes a URL and then kinds of alerts")
        found.setdefault(url, PushAddress(line, url, kinds))
    if len(found) > _MOST:
        raise PushError(f"at most {_MOST} addresses")
    return list(found.values())
