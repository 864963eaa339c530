"""How a mailbox is reached, as its owner wrote it down in a secret."""

import json
from dataclasses import dataclass, field
from typing import Any

from stallwatch.domain.errors import StallwatchError

IMAPS = 993
"""The port of IMAP over TLS."""


class MailboxError(StallwatchError):
    """The mailbox cannot be read. The message is ours alone: it holds no address and no secret."""


@dataclass(frozen=True, slots=True)
class MailboxAccess:
    """Where the mailbox is, and who may read it. Its text shows none of that."""

    host: str = field(repr=False)
    user: str = field(repr=False)
    password: str = field(repr=False)
    folder: str = field(default="INBOX", repr=False)
    port: int = field(default=IMAPS, repr=False)
    ca: str | None = field(default=None, repr=False)
    """PEM certificates that are trusted in place of the public ones: a server of one's own."""

    @classmethod
    def of_text(cls, text: str) -> "MailboxAccess":
        """Read `{"host", "user", "password", "folder"?, "port"?, "ca"?}`.

        Raises:
            MailboxError: it is something else.
        """
        try:
            given: Any = json.loads(text)
        except (ValueError, RecursionError):
            raise MailboxError("the secret is no JSON") from None
        if not isinstance(given, dict) or given.keys() - _NAMES:
            raise MailboxError(f"the secret takes an object with {', '.join(sorted(_NAMES))}")
        for name in ("host", "user", "password"):
            if not isinstance(given.get(name), str) or not given[name]:
                raise MailboxError(f"the secret lacks {name}")
        for name in ("folder", "ca"):
            if not isinstance(given.get(name, ""), str):
                raise MailboxError(f"{name} in the secret is no text")
        port = given.get("port", IMAPS)
        if type(port) is not int or not 0 < port < 2**16:
            raise MailboxError("port in the secret is no port")
        if any(
            ord(character) < ord(" ") for name in _ON_THE_LINE for character in given.get(name, "")
        ):
            raise MailboxError("the secret has control characters")
        return cls(
            given["host"],
            given["user"],
            given["password"],
            given.get("folder") or "INBOX",
            port,
            given.get("ca") or None,
        )


_NAMES = {"host", "user", "password", "folder", "port", "ca"}
_ON_THE_LINE = ("host", "user", "password", "folder")
